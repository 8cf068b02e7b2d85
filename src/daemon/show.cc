// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "daemon/route_pages.h"
#include "daemon/show_lines.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

std::optional<Slot> live_slot(const RouterState& state, Family family, const Interface& interface) {
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const auto& vif = state.installed.vif(family, slot);
        if (vif && vif->ifindex == interface.ifindex) {
            return slot;
        }
    }
    return std::nullopt;
}

// Adds the slot, the threshold, the counters, and the reason if there is no slot.
void add_vif(const Showable& showable, Family family, const Interface& interface, Row& row) {
    const RouterState& state = showable.state;
    const auto slot = live_slot(state, family, interface);
    const auto why = slot ? std::nullopt : why_no_vif(family, interface.name, state);
    row.push_back(slot ? std::to_string(*slot) : "");
    const uint8_t ttl = state.desired.phyint(interface.name).ttl_threshold.value_or(1);
    row.push_back(slot && family == Family::kIpv4 ? std::to_string(ttl) : "");
    const auto counters = slot ? showable.kernel.vif_counters(family, *slot)
                               : Result<std::optional<VifCounters>>(std::nullopt);
    const auto add = [&](uint64_t VifCounters::*member) {
        row.push_back(counters && *counters ? std::to_string((**counters).*member) : "");
    };
    add(&VifCounters::packets_in);
    add(&VifCounters::bytes_in);
    add(&VifCounters::packets_out);
    add(&VifCounters::bytes_out);
    row.resize(row.size() + 2);  // the client works out the rates
    row.emplace_back(slot ? "" : why ? to_string(*why) : "not routed");
}

// A row for each interface and family.
std::string interfaces(const Showable& showable) {
    std::string out;
    for (const auto& [ifindex, interface] : showable.state.interfaces.all()) {
        std::string flags = interface.up ? "up" : "down";
        flags += interface.multicast ? " multicast" : "";
        flags += interface.loopback ? " loopback" : "";
        for (const Family family : kFamilies) {
            Row row = {to_string(interface.name), std::to_string(ifindex), flags,
                       std::string(to_string(family))};
            add_vif(showable, family, interface, row);
            add_row(out, row);
        }
    }
    return out;
}

}  // namespace

Reply show(const Show& command, const Showable& showable) {
    if (command.what == "routes") {
        Reply reply;
        reply.pages = route_pages(command, showable);
        return reply;
    }
    if (command.what == "rates" || command.what == "map") {
        return reply_of(Error{compose("the client makes {} of routes and interfaces", command.what),
                              ExitStatus::kUsage});
    }
    if (command.what == "interfaces") {
        return {.out = interfaces(showable)};
    }
    if (command.what == "status") {
        return {.out = encode_row(showable.status)};
    }
    return show_lines(command.what, showable);
}

}  // namespace smcroute
