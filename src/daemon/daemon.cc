// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/daemon.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "config/lint.h"
#include "daemon/host.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLastRetry{60};

// Comparing more memberships with the kernel takes too long to be done every minute.
constexpr size_t kMostGroupsLookedAt = 4096;

// "225.1.2.3 is learned in spite of nolearn: smcroute.conf:7 takes it too, and learns".
std::string learning_text(const Address& group, const StarGroup& why,
                          std::span<const std::string> files) {
    return compose("{} is learned in spite of nolearn: {}", to_string(group),
                   why.why == WhyLearns::kOther
                       ? compose("the rule of {} learns", place_of(why.because, files))
                       : std::string(to_string(*why.why)));
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
      keeper_(settings_.streams, kernel, state_, applier_, events),
      audit_(kernel, state_, applier_) {
    events_.name_files(files_read_);
}

Status Daemon::start(TimePoint now, Inherited inherited) {
    state_.installed.set_time(now);
    started_ = {now, events_.now()};
    if (const Status status = read_interfaces(); !status) {
        return status;
    }
    adopt_memberships(kernel_, state_);
    leave_lost_memberships();
    std::vector<AdoptedEntry> adopted;
    if (inherited.ledger) {
        auto found = adopt_kernel(kernel_, *inherited.ledger, state_);
        if (!found) {
            return found.error();
        }
        applier_.ledger().inherit(found->ledger);
        adopted = std::move(found->entries);
    }
    const bool is_first = !inherited.config;
    adopt(is_first ? read_at_start(now) : *std::move(inherited.config), now);
    lay_out_slots();
    Scope everything = Scope::everything();
    settle_stars(everything);
    keeper_.resume(adopted, now);
    // A failure is logged and tried again; the parts that did succeed are worth running.
    (void)settle(everything, now);
    kernel_.release_strangers();
    if (!adopted.empty()) {
        (void)audit(now);  // what differed is in the log
    }
    if (is_first) {
        report_missing_interfaces();
    }
    return {};
}

void Daemon::left_alone(const std::string& how, int self) {
    settings_.guard = how;
    settings_.pid = self;
    log_err(guard_gone(how).text);
}

// The next plan joins them again. What a socket still has of an interface that has gone would be
// refused to it as joined already, and would be left on the one that has the index now. Where none
// has it, the plan leaves them.
bool Daemon::leave_lost_memberships() {
    const std::vector<FoundMembership> all = kernel_.lost_memberships();
    const std::set<FoundMembership> lost(all.begin(), all.end());
    std::vector<Op> leaves;
    for (const Membership& membership : state_.installed.memberships()) {
        if (lost.contains({membership.ifindex, membership.flow}) &&
            state_.interfaces.find(membership.ifindex) != nullptr) {
            leaves.push_back(Leave{membership});
        }
    }
    if (!leaves.empty()) {
        log_warning(
            compose("joining {} again: another interface has come with the index of the one it was "
                    "joined on",
                    count_of(leaves.size(), "group")));
        // A failure is logged; a membership that does not exist need not be left.
        (void)applier_.apply(leaves);
    }
    return !leaves.empty();
}

std::string Daemon::status() const {
    const Desired& desired = state_.desired;
    return compose("{}, {} pending, {}", count_of(desired.route_count(), "route"),
                   pending_count(state_), count_of(desired.joins().size(), "group"));
}

void Daemon::on_upcalls(Family family, TimePoint now) {
    state_.installed.set_time(now);
    upcalls_.clear();
    kernel_.read_upcalls(family, upcalls_);
    const uint64_t failures = applier_.failures();
    keeper_.on_upcalls(upcalls_, now);
    applier_.confirm();
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

// An index that goes and comes back within one batch is another interface: whatever was bound to
// the old one is removed in between. `scope` gets the entries that are not trusted any more,
// whether the interface still has a VIF or a command has removed it since.
bool Daemon::take_link(const LinkEvent& event, Scope& scope, TimePoint now) {
    const Interface* const known = state_.interfaces.find(event.interface.ifindex);
    if (event.gone && known != nullptr) {
        const std::vector<Flow> distrusted = applier_.distrust_unconfirmed();
        scope.flows.insert(scope.flows.end(), distrusted.begin(), distrusted.end());
    }
    if (known == nullptr && !event.gone && is_bound(event.interface.ifindex)) {
        laid_out_names_.reset();
        // A failure is logged and tried again.
        (void)settle(Scope{.all_joins = true}, now);
    }
    report_link(known, event);
    events_.record_link(known, event);
    return state_.interfaces.apply(event);
}

// Interfaces that a line names matter to the operator; on some hosts there are many others.
void Daemon::report_link(const Interface* known, const LinkEvent& event) const {
    std::string text;
    if (event.gone && known != nullptr) {
        text = compose("interface {} is gone", known->name.view());
    } else if (!event.gone && known == nullptr) {
        text = compose("interface {} appeared", event.interface.name.view());
    } else if (!event.gone && known->name != event.interface.name) {
        text = compose("interface {} is now {}", known->name.view(), event.interface.name.view());
    } else if (!event.gone && known->up != event.interface.up) {
        text = compose("interface {}{}", known->name.view(),
                       known->up ? " is down: nothing arrives or leaves by it" : " is up");
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

bool Daemon::has_vif(unsigned ifindex) const {
    const auto is_in = [&](Family family) {
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            const auto& vif = state_.installed.vif(family, slot);
            if (vif && vif->ifindex == ifindex) {
                return true;
            }
        }
        return false;
    };
    return is_in(Family::kIpv4) || is_in(Family::kIpv6);
}

bool Daemon::is_bound(unsigned ifindex) const {
    const auto& memberships = state_.installed.memberships();
    return has_vif(ifindex) ||
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
    applier_.set_behind_news(false);
    tell_links_since(before);
    (void)applier_.distrust_unconfirmed();  // all entries will be compared
    audit_.look_at_interfaces(Audit::News::kLost, now);
    leave_lost_memberships();
    return true;
}

bool Daemon::audit(TimePoint now) {
    if (links_lost_) {
        return true;  // a missing entry may have gone with an interface
    }
    state_.installed.set_time(now);
    const bool lost_joins =
        state_.installed.memberships().size() <= kMostGroupsLookedAt && leave_lost_memberships();
    const bool interfaces_differ = audit_.look_at_interfaces(Audit::News::kRead, now) || lost_joins;
    const std::vector<Flow> differing = audit_.look_at_entries(now);
    if (!interfaces_differ && differing.empty()) {
        return true;
    }
    // A failure is logged and tried again.
    (void)settle(Scope{.all_joins = interfaces_differ, .flows = differing}, now);
    return false;
}

void Daemon::on_links(TimePoint now) {
    state_.installed.set_time(now);
    bool lost = false;
    bool changed = false;
    Scope scope{.all_joins = true};
    std::vector<LinkEvent> events;
    applier_.set_behind_news(true);
    do {
        events.clear();
        lost = !kernel_.read_links(events) || lost;
        for (const LinkEvent& event : events) {
            changed = take_link(event, scope, now) || changed;
        }
    } while (!events.empty());
    links_lost_ = links_lost_ || lost;
    applier_.set_behind_news(links_lost_);
    if (lost || changed) {
        laid_out_names_.reset();
        // Acts on what is known, even if it is incomplete.
        (void)catch_up(now);
        // A failure is logged and tried again. Entries that are not trusted any more are written
        // again.
        scope.all_entries = lost;
        (void)settle(scope, now);
        keeper_.on_links(now);
    }
    applier_.confirm();
    if (lost) {
        (void)audit(now);  // further parts follow at the usual pace
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

// Entries that go may have kept slots from interfaces that lack one.
ApplyResult Daemon::settle(const Scope& part, TimePoint now) {
    ++changes_;
    lay_out_slots();
    Scope scope = part;
    settle_stars(scope);
    const bool lacked_slots = lacks_slots();
    ApplyResult result = carry_out(scope);
    if (result && lacked_slots) {
        lay_out_slots();
        scope = {};
        settle_stars(scope);
        result = carry_out(scope);
    }
    schedule_retry(!result, now);
    return result;
}

ApplyResult Daemon::carry_out(const Scope& scope) {
    const std::vector<Op> ops = Planner(state_).plan(scope);
    ApplyResult result = applier_.apply(ops);
    applier_.confirm();
    applier_.ledger().forget_unmentioned(state_.installed);
    return result;
}

void Daemon::settle_stars(Scope& scope) {
    learning_now_.clear();
    if (state_.desired.nolearn_count() == 0 && state_.stars.groups().empty()) {
        return;
    }
    const StarInput input{state_.desired, state_.slots, state_.layouts};
    std::vector<Address> changed;
    if (scope.all_entries || stars_layout_ != layout_version_) {
        stars_layout_ = layout_version_;
        changed = state_.stars.update(input);
    } else {
        for (const FlowRange& range : scope.ranges) {
            const std::vector<Address> more = state_.stars.update(input, range.group);
            changed.insert(changed.end(), more.begin(), more.end());
        }
    }
    for (const Address& group : changed) {
        leave_to_kernel(group, scope);
    }
    if (scope.all_entries) {
        for (const auto& [group, unused] : state_.stars.groups()) {
            leave_to_kernel(group, scope);
        }
    }
    report_learning(changed);
}

// Adds all entries of the group to the scope, and those of routes that have none. If the kernel
// serves the group, none of its streams is learned.
void Daemon::leave_to_kernel(const Address& group, Scope& scope) {
    if (state_.stars.serves(group)) {
        keeper_.forget(group);
    }
    if (scope.all_entries) {
        return;
    }
    const Flow first{group, Address::any(group.family())};
    scope.ranges.push_back({Prefix(group), Prefix::any(group.family())});
    const Desired::Routes& routes = state_.desired.routes();
    for (auto it = routes.lower_bound(first); it != routes.end() && it->first.group == group;
         ++it) {
        if (state_.installed.find(it->first) == nullptr) {
            scope.flows.push_back(it->first);
        }
    }
}

void Daemon::report_learning(const std::vector<Address>& changed) {
    constexpr size_t kAtMost = 10;
    for (const Address& group : changed) {
        const StarGroup* const found = state_.stars.find(group);
        if (found != nullptr && found->why) {
            learning_now_.push_back(learning_text(group, *found, files_read_));
        }
    }
    for (size_t i = 0; i < std::min(learning_now_.size(), kAtMost); ++i) {
        log_warning(learning_now_[i]);
    }
    if (learning_now_.size() > kAtMost) {
        log_warning(compose("and {} (smcroute --show rules)",
                            count_of(learning_now_.size() - kAtMost, "more group")));
    }
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
                                 .mentioned = state_.installed.mentioned(family),
                                 .phyint_enables = settings_.lenient},
                                state_.slots[index]);
        std::swap(layout, state_.layouts[index]);
        report_unfit(family, layout);
    }
}

void Daemon::report_unfit(Family family, const Layout& before) const {
    const Layout& layout = state_.layouts[index_of(family)];
    if (!layout.unfit.empty() && layout.unfit != before.unfit) {
        log_warning(
            compose("{}: the kernel has {} slots for interfaces, none is left for {} (phyint "
                    "IFNAME disable frees one)",
                    to_string(family), kSlotCount, joined(layout.unfit)));
    }
    if (!layout.beyond_ipv6.empty() && layout.beyond_ipv6 != before.beyond_ipv6) {
        log_warning(compose("IPv6: the kernel cannot route on an interface index above 65535: {}",
                            joined(layout.beyond_ipv6)));
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
    applier_.confirm();
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
