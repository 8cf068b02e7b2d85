// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/leftovers.h"

#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "guard/genuine.h"
#include "kernel/routing_sockets.h"

namespace smcroute {

namespace {

void release_table(std::string_view name, int fd) {
    for (const Family family : kFamilies) {
        const std::string_view prefix = routing_prefix(family);
        if (name.starts_with(prefix)) {
            end_routing(fd, family);
            log_notice(
                compose("the daemon before this one had the {} routing table \"{}\", which this "
                        "one does not use: its routes are removed",
                        to_string(family), name.substr(prefix.size())));
        }
    }
}

}  // namespace

// The manager may be slow, so the table is given up on the socket itself.
void release_leftovers(Handover& handover, Notifier& manager) {
    size_t joins = 0;
    for (const auto& [name, fd] : std::exchange(handover.descriptors, {})) {
        release_table(name, fd.get());
        joins += name.starts_with(kJoin) ? 1 : 0;
        manager.remove(name);
    }
    if (joins > 0) {
        log_notice(compose(
            "the daemon before this one had {} with groups, which this one does not use: closed",
            count_of(joins, "socket")));
    }
}

void release_store(const ServiceSettings& settings) {
    Handover handover = take_handover();
    close_others(handover, settings.config_file);
    if (handover.descriptors.empty()) {
        return;
    }
    open_log(settings, settings.runs_in_foreground(), LogPhase::kStarting);
    Notifier manager = Notifier::from_environment();
    keep_genuine(handover, settings, manager);
    release_leftovers(handover, manager);
    manager.restore_environment();
}

}  // namespace smcroute
