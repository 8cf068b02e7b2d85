// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/daemon.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLastRetry{60};

void log_diagnostic(const Diagnostic& diagnostic) {
    const LogLevel level =
        diagnostic.severity == Severity::kError ? LogLevel::kErr : LogLevel::kWarning;
    log_line(level, to_string(diagnostic));
    if (diagnostic.column > 0) {
        const std::string whole = render(diagnostic);
        log_detail(level, std::string_view(whole).substr(whole.find('\n') + 1));
    }
}

void log_missing(const IfName& name) {
    log_warning(cat({"interface ", name.view(), " does not exist yet: what names it waits"}));
}

}  // namespace

Daemon::Daemon(DaemonSettings settings, Kernel& kernel, FileSource& files, Hooks& hooks,
               EventFeed& events, Ledger* ledger)
    : settings_(std::move(settings)),
      kernel_(kernel),
      files_(files),
      hooks_(hooks),
      events_(events),
      applier_(kernel, state_, hooks, events, ledger),
      keeper_(settings_.streams, kernel, state_, applier_, events) {}

Status Daemon::start(TimePoint now, Legacy legacy) {
    state_.installed.set_time(now);
    if (const Status status = read_interfaces(); !status) {
        return status;
    }
    std::vector<AdoptedEntry> adopted;
    if (legacy.ledger) {
        auto found = adopt_kernel(kernel_, *legacy.ledger, state_);
        if (!found) {
            return found.error();
        }
        applier_.ledger().inherit(found->ledger);
        adopted = std::move(found->entries);
    }
    const bool is_first = !legacy.config;
    adopt(is_first ? read_at_start() : *std::move(legacy.config), now);
    lay_out_slots();
    keeper_.resume(adopted, now);
    // A failure is logged and tried again; what did succeed is worth running.
    if (settle(Scope::everything(), now) && lacks_slots()) {
        // Entries that were in doubt have kept slots from others until now.
        (void)settle(Scope{}, now);
    }
    if (is_first) {
        report_missing_interfaces();
    }
    return {};
}

ReadConfig Daemon::read_at_start() {
    ReadConfig config = read_config(settings_.config_file, files_);
    if (config.missing) {
        log_notice(cat({"no ", settings_.config_file, ", waiting for commands"}));
    }
    std::for_each(config.diagnostics.begin(), config.diagnostics.end(), log_diagnostic);
    return config;
}

std::variant<ReadConfig, Daemon::Refused> Daemon::read_for_reload() {
    ReadConfig config = read_config(settings_.config_file, files_);
    if (!has_error(config.diagnostics)) {
        return config;
    }
    Reply reply{.status = ExitStatus::kConfig};
    for (const Diagnostic& diagnostic : config.diagnostics) {
        reply.details += render(diagnostic) + "\n";
    }
    reply.reason = cat({settings_.config_file, " has errors: nothing was changed"});
    return Refused{std::move(reply), std::move(config.diagnostics)};
}

Reply Daemon::reload(TimePoint now) {
    state_.installed.set_time(now);
    hooks_.reloading();
    auto read = read_for_reload();
    if (Refused* const refused = std::get_if<Refused>(&read)) {
        std::for_each(refused->diagnostics.begin(), refused->diagnostics.end(), log_diagnostic);
        log_err(refused->reply.reason);
        events_.record({.what = "reload-refused", .detail = refused->reply.reason});
        hooks_.reload_refused();
        return std::move(refused->reply);
    }
    ReadConfig& config = *std::get_if<ReadConfig>(&read);
    std::for_each(config.diagnostics.begin(), config.diagnostics.end(), log_diagnostic);
    if (config.missing) {
        log_notice(cat({"no ", settings_.config_file, ", nothing is configured"}));
    }
    adopt(std::move(config), now);
    const ApplyResult result = settle(Scope::everything(), now);
    report_missing_interfaces();
    ++reloads_;
    log_notice(cat({"reloaded ", settings_.config_file, ": ", status()}));
    events_.record({.what = "reloaded", .detail = status()});
    hooks_.reloaded();
    return reply_of(result);
}

// The running state's requests give way to these. A stream whose exact route goes but which a rule
// covers lives on as a learned one; one that has an exact route now is the route's.
void Daemon::adopt(ReadConfig config, TimePoint now) {
    Desired& desired = config.desired;
    for (const auto& [flow, route] : state_.desired.routes()) {
        const std::optional<IfName> inbound = route.path->inbound.name();
        if (desired.find(flow) == nullptr && state_.installed.find(flow) != nullptr &&
            desired.rules().any_match(*inbound, flow)) {
            keeper_.take_over(flow, *inbound, now);
        }
    }
    for (const auto& [flow, route] : desired.routes()) {
        state_.streams.erase(flow);
    }
    state_.desired = std::move(desired);
    files_read_ = std::move(config.files);
    laid_out_names_.reset();
}

std::vector<IfName> Daemon::missing_interfaces() const {
    std::set<IfName> missing;
    for (const Family family : kFamilies) {
        for (const IfPattern& pattern : state_.desired.named(family)) {
            const auto name = pattern.name();
            if (name && state_.interfaces.find(*name) == nullptr) {
                missing.insert(*name);
            }
        }
    }
    return {missing.begin(), missing.end()};
}

void Daemon::report_missing_interfaces() const {
    const std::vector<IfName> missing = missing_interfaces();
    std::for_each(missing.begin(), missing.end(), log_missing);
}

void Daemon::report_missing(std::span<const IfPattern> named, uint64_t names_before) const {
    if (state_.desired.names_version() == names_before) {
        return;
    }
    for (const IfPattern& pattern : named) {
        const auto name = pattern.name();
        if (name && state_.interfaces.find(*name) == nullptr) {
            log_missing(*name);
        }
    }
}

std::string Daemon::status() const {
    const Desired& desired = state_.desired;
    return cat({count_of(desired.route_count(), "route"), ", ", std::to_string(pending_count()),
                " pending, ", count_of(desired.joins().size(), "group")});
}

size_t Daemon::pending_count() const {
    return state_.desired.pending_count(
        [this](const IfName& name) { return state_.interfaces.find(name) != nullptr; });
}

void Daemon::on_upcalls(Family family, TimePoint now) {
    state_.installed.set_time(now);
    upcalls_.clear();
    kernel_.read_upcalls(family, upcalls_);
    const uint64_t failures = applier_.failures();
    keeper_.on_upcalls(upcalls_, now);
    schedule_retry(applier_.failures() != failures, now);
}

Status Daemon::read_interfaces() {
    const auto all = kernel_.interfaces();
    if (!all) {
        return all.error();
    }
    Interfaces fresh;
    for (const Interface& interface : *all) {
        fresh.apply({.interface = interface});
    }
    state_.interfaces = std::move(fresh);
    laid_out_names_.reset();
    return {};
}

// An index that goes and comes again within one batch is another interface: what was bound to the
// old one is let go in between.
bool Daemon::take_link(const LinkEvent& event, TimePoint now) {
    const Interface* const known = state_.interfaces.find(event.interface.ifindex);
    if (known == nullptr && !event.gone && is_bound(event.interface.ifindex)) {
        laid_out_names_.reset();
        // A failure is logged and tried again.
        (void)settle(Scope{.all_joins = true}, now);
    }
    report_link(known, event);
    events_.record_link(known, event);
    return state_.interfaces.apply(event);
}

// Interfaces that a line names matter to whoever wrote the line; the others are many on some hosts.
void Daemon::report_link(const Interface* known, const LinkEvent& event) const {
    std::string text;
    if (event.gone && known != nullptr) {
        text = cat({"interface ", known->name.view(), " is gone"});
    } else if (!event.gone && known == nullptr) {
        text = cat({"interface ", event.interface.name.view(), " appeared"});
    } else if (!event.gone && known->name != event.interface.name) {
        text = cat({"interface ", known->name.view(), " is now ", event.interface.name.view()});
    } else {
        return;
    }
    const auto is_named = [&](Family family) {
        const std::vector<IfPattern> patterns = state_.desired.named(family);
        return std::any_of(patterns.begin(), patterns.end(), [&](const IfPattern& pattern) {
            return names(pattern, event.interface) || (known != nullptr && names(pattern, *known));
        });
    };
    const bool matters = is_named(Family::kIpv4) || is_named(Family::kIpv6);
    log_line(matters ? LogLevel::kNotice : LogLevel::kInfo, text);
}

bool Daemon::is_bound(unsigned ifindex) const {
    const auto has_vif = [&](Family family) {
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            const auto& vif = state_.installed.vif(family, slot);
            if (vif && vif->ifindex == ifindex) {
                return true;
            }
        }
        return false;
    };
    const auto& memberships = state_.installed.memberships();
    return has_vif(Family::kIpv4) || has_vif(Family::kIpv6) ||
           std::any_of(memberships.begin(), memberships.end(),
                       [ifindex](const auto& membership) { return membership.ifindex == ifindex; });
}

bool Daemon::catch_up(TimePoint now) {
    if (!links_lost_) {
        return true;
    }
    const Interfaces before = state_.interfaces;
    if (const Status status = read_interfaces(); !status) {
        log_err(status.error().text);
        schedule_retry(true, now);
        return false;
    }
    links_lost_ = false;
    tell_links_since(before);
    return true;
}

void Daemon::on_links(TimePoint now) {
    state_.installed.set_time(now);
    bool lost = false;
    bool changed = false;
    std::vector<LinkEvent> events;
    do {
        events.clear();
        lost = !kernel_.read_links(events) || lost;
        for (const LinkEvent& event : events) {
            changed = take_link(event, now) || changed;
        }
    } while (!events.empty());
    links_lost_ = links_lost_ || lost;
    if (lost || changed) {
        laid_out_names_.reset();
        // What is known is acted on, even if it is not all.
        (void)catch_up(now);
        // A failure is logged and tried again.
        (void)settle(Scope{.all_joins = true}, now);
    }
}

void Daemon::tell_links_since(const Interfaces& before) {
    for (const auto& [ifindex, interface] : before.all()) {
        if (state_.interfaces.find(ifindex) == nullptr) {
            events_.record_link(&interface, {.interface = interface, .gone = true});
        }
    }
    for (const auto& [ifindex, interface] : state_.interfaces.all()) {
        events_.record_link(before.find(ifindex), {.interface = interface});
    }
}

ApplyResult Daemon::settle(const Scope& scope, TimePoint now) {
    ++changes_;
    lay_out_slots();
    const std::vector<Op> ops = Planner(state_).plan(scope);
    const ApplyResult result = applier_.apply(ops);
    applier_.ledger().forget_unmentioned(state_.installed);
    schedule_retry(!result, now);
    return result;
}

bool Daemon::lacks_slots() const {
    return std::any_of(state_.layouts.begin(), state_.layouts.end(),
                       [](const Layout& layout) { return !layout.unfit.empty(); });
}

void Daemon::lay_out_slots() {
    if (laid_out_names_ == state_.desired.names_version() && !lacks_slots()) {
        return;
    }
    laid_out_names_ = state_.desired.names_version();
    ++layout_version_;
    for (const Family family : kFamilies) {
        if (!kernel_.has(family)) {
            continue;
        }
        const size_t index = index_of(family);
        Layout layout = lay_out(family,
                                {.desired = state_.desired,
                                 .interfaces = state_.interfaces,
                                 .default_vifs = settings_.default_vifs,
                                 .mentioned = state_.installed.mentioned(family)},
                                state_.slots[index]);
        std::swap(layout, state_.layouts[index]);
        report_unfit(family, layout);
    }
}

void Daemon::report_unfit(Family family, const Layout& before) const {
    const Layout& layout = state_.layouts[index_of(family)];
    if (!layout.unfit.empty() && layout.unfit != before.unfit) {
        log_warning(cat({to_string(family), ": the kernel has ", std::to_string(kSlotCount),
                         " slots for interfaces, none is left for ", joined(layout.unfit),
                         " (phyint IFNAME disable frees one)"}));
    }
    if (!layout.beyond_ipv6.empty() && layout.beyond_ipv6 != before.beyond_ipv6) {
        log_warning(cat({"IPv6: the kernel cannot route on an interface index above 65535: ",
                         joined(layout.beyond_ipv6)}));
    }
}

void Daemon::schedule_retry(bool failed, TimePoint now) {
    if (!failed || retry_at_) {
        return;
    }
    retry_delay_ = std::clamp(retry_delay_ * 2, kFirstRetry, kLastRetry);
    retry_at_ = now + retry_delay_;
}

std::optional<TimePoint> Daemon::deadline() const {
    const std::optional<TimePoint> streams = keeper_.deadline();
    return !retry_at_ || (streams && *streams < *retry_at_) ? streams : retry_at_;
}

void Daemon::on_deadline(TimePoint now) {
    state_.installed.set_time(now);
    const uint64_t failures = applier_.failures();
    keeper_.on_deadline(now);
    schedule_retry(applier_.failures() != failures, now);
    if (!retry_at_ || now < *retry_at_) {
        return;
    }
    retry_at_.reset();
    const bool caught_up = catch_up(now);
    if (settle(Scope::everything(), now) && caught_up) {
        retry_delay_ = std::chrono::seconds{0};
    }
}

}  // namespace smcroute
