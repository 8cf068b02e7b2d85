// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How the Daemon carries out each command; the rest of it is in daemon.cc.
#include "daemon/daemon.h"

#include <bit>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "config/lint.h"
#include "daemon/doubts.h"
#include "mcast/desired_diff.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

FlowRange range_of(const RouteSpec& spec) { return {spec.group, spec.source}; }

// The entries that a change of this route or rule may touch.
Scope scope_of(const RouteSpec& spec) {
    Scope scope;
    if (spec.is_exact()) {
        scope.flows = {spec.flow()};
    } else {
        scope.ranges = {range_of(spec)};
    }
    return scope;
}

// Doubts go to the log and to the client. An interface that does not exist was already logged.
template <typename Spec>
void tell(const Spec& spec, std::vector<std::string> doubts, const RouterState& state,
          const std::vector<std::string>& files, Reply& reply) {
    for (const Warning& warning : warnings_of(spec)) {
        doubts.push_back(warning.text);
    }
    for (std::string& doubt : doubts_of(spec, state, files)) {
        doubts.push_back(std::move(doubt));
    }
    for (const std::string& doubt : doubts) {
        log_warning(compose("{}: {}", to_string(spec), doubt));
        warn(reply, doubt);
    }
    for (const std::string& wait : waits_of(spec, state.interfaces)) {
        warn(reply, wait);
    }
}

template <typename Duration>
std::string seconds_text(Duration time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time).count());
}

// "eth7, eth8 (disabled)".
std::string waited_for(const std::map<IfName, NoVif>& pending) {
    std::string text;
    for (const auto& [name, why] : pending) {
        add_word(text, name.view(), ", ");
        text += why == NoVif::kMissing ? "" : compose(" ({})", to_string(why));
    }
    return text;
}

}  // namespace

Reply Daemon::execute(std::span<const std::string> words, TimePoint now, Access by) {
    state_.installed.set_time(now);
    auto command = parse_command(words);
    if (!command) {
        return reply_of(command.error());
    }
    if (Diff* const diff = std::get_if<Diff>(&*command)) {
        diff->by = by;
    }
    const uint64_t changes_before = changes_;
    Reply reply = std::visit([&](const auto& kind) { return run(kind, now); }, *command);
    if (changes_ != changes_before && course_of(words) == Course::kChange) {
        hooks_.changed(words);
    }
    return reply;
}

Reply Daemon::run(const AddRoute& command, TimePoint now) {
    const RouteSpec& spec = command.spec;
    std::vector<std::string> doubts = replacements(spec, state_.desired, files_read_);
    const uint64_t names_before = state_.desired.names_version();
    state_.desired.add(spec, Origin{});
    report_missing({&spec.inbound, 1}, names_before);
    report_missing(spec.outbounds, names_before);
    Reply reply = reply_of(settle(scope_of(spec), now));
    tell(spec, std::move(doubts), state_, files_read_, reply);
    for (const std::string& text : learning_now_) {
        warn(reply, text);  // it was logged
    }
    return reply;
}

Reply Daemon::run(const RemoveRoute& command, TimePoint now) {
    const RouteSpec& spec = command.spec;
    if (const Status status = state_.desired.remove(spec); !status) {
        return reply_of(status.error());
    }
    const Desired::Route* const back =
        spec.is_exact() && spec.outbounds.empty() ? state_.desired.find(spec.flow()) : nullptr;
    if (back != nullptr) {
        log_notice(compose("{} of {} is back", to_string(spec_of(spec.flow(), *back)),
                           place_of(back->origin, files_read_)));
    }
    if (spec.is_exact() && state_.desired.find(spec.flow()) == nullptr &&
        state_.streams.find(spec.flow()) == nullptr && !state_.stars.serves(spec.flow().group) &&
        state_.desired.rules().any_match(*spec.inbound.name(), spec.flow())) {
        keeper_.take_over(spec.flow(), *spec.inbound.name(), now);
    }
    return reply_of(settle(scope_of(spec), now));
}

Reply Daemon::run(const AddJoin& command, TimePoint now) {
    const uint64_t names_before = state_.desired.names_version();
    state_.desired.add(command.spec, Origin{});
    report_missing({&command.spec.interface, 1}, names_before);
    Reply reply = reply_of(settle(Scope{.joins = {command.spec}}, now));
    tell(command.spec, {}, state_, files_read_, reply);
    return reply;
}

Reply Daemon::run(const RemoveJoin& command, TimePoint now) {
    if (const Status status = state_.desired.remove(command.spec); !status) {
        return reply_of(status.error());
    }
    return reply_of(settle(Scope{.joins = {command.spec}}, now));
}

Reply Daemon::run(const Reload& /*command*/, TimePoint now) { return reload(now); }

Reply Daemon::run(const Diff& command, TimePoint /*now*/) {
    auto read = read_for_reload(command.by);
    if (!read) {
        return std::move(read.error().reply);
    }
    Reply reply;
    for (const std::string& line : diff(state_.desired, read->desired)) {
        reply.out += line + "\n";
    }
    return reply;
}

Reply Daemon::run(const Wait& /*command*/, TimePoint /*now*/) {
    if (retry_at_) {
        return {.status = ExitStatus::kPending,
                .reason = "still trying what the kernel has refused (see the log)"};
    }
    std::map<IfName, NoVif> pending = pending_interfaces(state_);
    for (const IfName& missing : missing_interfaces()) {
        pending.emplace(missing, NoVif::kMissing);
    }
    if (!pending.empty()) {
        return {.status = ExitStatus::kPending,
                .reason = compose("still waiting for {}", waited_for(pending))};
    }
    return {};
}

Row Daemon::status_row(TimePoint now) const {
    const Desired& desired = state_.desired;
    const size_t exact = desired.routes().size();
    const size_t blocked = state_.streams.blocked_count();
    const auto routed = [this](Family family) {
        const std::optional<Error>& refusal = kernel_.refusal(family);
        return refusal ? compose("off: {}", refusal->text) : "on";
    };
    const auto vifs = [this](Family family) {
        return std::to_string(std::popcount(state_.installed.live(family)));
    };
    const std::optional<std::chrono::seconds> last_found = audit_.since_last(now);
    return {settings_.version,
            settings_.instance,
            std::to_string(settings_.pid),
            seconds_text(started_.time.time_since_epoch()),
            seconds_text(now - started_.at),
            settings_.guard,
            settings_.worker_restarts,
            settings_.last_upgrade,
            settings_.config_file,
            load_result_,
            loaded_ ? seconds_text(loaded_->time.time_since_epoch()) : "",
            loaded_ ? seconds_text(now - loaded_->at) : "",
            !loaded_                 ? ""
            : load_result_ == "done" ? "1"
                                     : "0",
            settings_.network,
            settings_.table,
            settings_.socket,
            std::to_string(exact),
            std::to_string(desired.route_count() - exact),
            std::to_string(desired.joins().size()),
            std::to_string(pending_count(state_)),
            std::to_string(state_.streams.size() - blocked),
            std::to_string(blocked),
            std::to_string(keeper_.room()),
            routed(Family::kIpv4),
            routed(Family::kIpv6),
            vifs(Family::kIpv4),
            vifs(Family::kIpv6),
            std::to_string(keeper_.upcalls()),
            std::to_string(reloads_),
            std::to_string(refused_reloads_),
            std::to_string(applier_.failures()),
            std::to_string(audit_.found()),
            last_found ? std::to_string(last_found->count()) : ""};
}

Reply Daemon::run(const Show& command, TimePoint now) {
    return show(command, {.state = state_,
                          .kernel = kernel_,
                          .files = files_read_,
                          .status = command.what == "status" ? status_row(now) : Row{}});
}

Reply Daemon::refuse(std::string_view name) {
    return reply_of(Error{compose("{}: the client carries this out", name), ExitStatus::kUsage});
}

Reply Daemon::run(const Monitor& /*command*/, TimePoint /*now*/) {
    return {.pages = events_.listen(status())};
}

Reply Daemon::run(const Flush& /*command*/, TimePoint now) {
    keeper_.forget_all();
    return reply_of(settle(Scope{.all_entries = true}, now));
}

Reply Daemon::run(const Upgrade& /*command*/, TimePoint /*now*/) {
    const Status status = hooks_.upgrade();
    return status ? Reply() : reply_of(status.error());
}

Reply Daemon::run(const Kill& /*command*/, TimePoint /*now*/) {
    stopping_ = true;
    return {};
}

}  // namespace smcroute
