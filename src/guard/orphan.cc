// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/orphan.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "control/predecessor.h"
#include "guard/genuine.h"
#include "kernel/holder.h"
#include "os/process.h"

namespace smcroute {

namespace {

using State = Predecessor::State;

// A guard that was killed just now may need this long to be dead.
constexpr std::chrono::milliseconds kDiesWithin{250};

std::string process(pid_t pid) { return compose("process {}", pid); }

// Two daemons that start at once must not both take it. The lock ends with the process that has it,
// and survives an upgrade of that process.
Status lock(const Handover& handover) {
    const auto journal = std::find_if(handover.descriptors.begin(), handover.descriptors.end(),
                                      [](const auto& each) { return each.first == kJournal; });
    struct flock whole {};
    whole.l_type = F_WRLCK;
    if (journal == handover.descriptors.end() ||
        fcntl(journal->second.get(), F_SETLK, &whole) == 0) {
        return {};
    }
    return Error{
        "cannot start: another smcroute is about to take over from the worker that was left",
        ExitStatus::kUnavailable};
}

Result<Handover> checked(Predecessor&& found, const ServiceSettings& settings) {
    Handover handover{.worker = found.pid, .descriptors = std::move(found.descriptors)};
    Notifier nobody;
    keep_genuine(handover, settings, nobody);
    const Status locked = lock(handover);
    return locked ? Result<Handover>(std::move(handover)) : locked.error();
}

// When asked for its descriptors, the worker notices that it is an orphan, and from then on listens
// itself; the second question finds its pid.
Predecessor ask(const std::string& socket) {
    Predecessor found = ask_predecessor(socket);
    const bool dies =
        found.state == State::kRuns && found.pid > 0 && ends_within(found.pid, kDiesWithin);
    const bool unknown = found.state == State::kHandsOver && !is_worker(found.pid);
    return dies || unknown ? ask_predecessor(socket) : std::move(found);
}

// If a daemon runs, its guard has the socket as well.
std::optional<pid_t> find_silent_orphan(const Predecessor& silent, const std::string& socket) {
    const std::vector<Process> holders = find_holders_of_listener(socket);
    if (holders.size() == 1 && holders.front().name == kWorkerName) {
        return holders.front().pid;
    }
    return is_worker(silent.pid) ? std::optional(silent.pid) : std::nullopt;
}

// Its routing sockets have lower numbers than any other that looks like them, and so come first.
Result<Handover> copy_from(pid_t orphan, const ServiceSettings& settings) {
    auto descriptors = descriptors_of(orphan);
    Predecessor found{.pid = orphan};
    for (size_t i = 0; descriptors && i < descriptors->size(); ++i) {
        std::string name = kind_of((*descriptors)[i].get(), settings);
        name = name == kJoin ? join_name(orphan, static_cast<uint32_t>(i)) : name;
        if (!name.empty()) {
            found.descriptors.emplace_back(std::move(name), std::move((*descriptors)[i]));
        }
    }
    if (!found.descriptors.empty()) {
        log_warning(
            compose("the worker that was left ({}) does not answer: its descriptors are copied",
                    process(orphan)));
        return checked(std::move(found), settings);
    }
    log_warning(compose(
        "the worker that was left ({}) does not answer and its descriptors cannot be copied: it is "
        "ended, and {} loaded anew; what clients asked for and streams that were learned are lost",
        process(orphan), settings.config_file));
    const Status ended = end_process(orphan);
    return ended ? Result<Handover>(Handover()) : ended.error();
}

}  // namespace

Result<Handover> take_from_orphan(const ServiceSettings& settings) {
    Predecessor found = ask(settings.socket);
    if (found.state == State::kRuns) {
        return in_the_way(found, settings.socket);
    }
    if (found.state == State::kHandsOver && is_worker(found.pid)) {
        log_notice(compose("taking over from {}, whose guard is gone", process(found.pid)));
        return checked(std::move(found), settings);
    }
    if (const auto orphan = find_silent_orphan(found, settings.socket)) {
        return copy_from(*orphan, settings);
    }
    if (found.state == State::kNone) {
        return Handover();
    }
    found.state = State::kSilent;
    return in_the_way(found, settings.socket);
}

}  // namespace smcroute
