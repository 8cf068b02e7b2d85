// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/audit.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/log.h"
#include "base/text.h"
#include "daemon/star_reader.h"

namespace smcroute {

namespace {

// So many parts take five minutes.
constexpr size_t kParts = std::chrono::minutes{5} / Audit::kPause;
// Entries in one part: at most a few milliseconds of work.
constexpr size_t kLeast = 64;
constexpr size_t kMost = 2048;
// At most so many differences of one part are logged in full.
constexpr size_t kLogged = 10;

size_t part_of(size_t all) { return std::clamp(all / kParts + 1, kLeast, kMost); }

// Where the last round stopped in the middle, the next one ends in the middle of a part.
size_t parts_of(size_t all, bool in_the_middle) {
    return (all + part_of(all) - 1) / part_of(all) + (in_the_middle ? 1 : 0);
}

}  // namespace

bool Audit::look_at_interfaces(News news, TimePoint now) {
    const std::vector<DelVif> lost = lost_vifs();
    if (news == News::kRead && (lost.empty() || kernel_.has_link_news())) {
        return false;
    }
    for (const DelVif& vif : lost) {
        log_warning(compose("{}: the kernel had no VIF for {} any more: added again",
                            to_string(vif.family), vif.name.view()));
        note(now);
    }
    std::vector<Op> ops(lost.begin(), lost.end());
    add_leaves(news, ops);
    // A failure is logged and counted.
    (void)applier_.apply(ops);
    return !lost.empty();
}

// Lost VIFs of interfaces that exist.
std::vector<DelVif> Audit::lost_vifs() {
    std::vector<DelVif> lost;
    for (const Family family : kFamilies) {
        for_each_slot(state_.installed.live(family), [&](Slot slot) {
            const Installed::Vif& vif = *state_.installed.vif(family, slot);
            const auto there = kernel_.vif_counters(family, slot);
            if (there && !*there && state_.interfaces.find(vif.ifindex) != nullptr) {
                lost.push_back({family, slot, vif.name});
            }
        });
    }
    return lost;
}

// Adds leaves for interfaces whose VIF is about to be deleted, or, if link events were lost, that
// have no VIF. The youngest first, as in the planner.
void Audit::add_leaves(News news, std::vector<Op>& ops) const {
    std::set<unsigned> remade;
    for (const Op& op : ops) {
        const DelVif& vif = *std::get_if<DelVif>(&op);
        remade.insert(state_.installed.vif(vif.family, vif.slot)->ifindex);
    }
    std::set<unsigned> same;
    for (const Family family : kFamilies) {
        for_each_slot(state_.installed.live(family),
                      [&](Slot slot) { same.insert(state_.installed.vif(family, slot)->ifindex); });
    }
    const auto& memberships = state_.installed.memberships();
    for (auto it = memberships.rbegin(); it != memberships.rend(); ++it) {
        if (remade.contains(it->ifindex) || (news == News::kLost && !same.contains(it->ifindex))) {
            ops.emplace_back(Leave{*it});
        }
    }
}

size_t Audit::parts() const {
    const Installed& installed = state_.installed;
    return installed.empty()
               ? 0
               : std::max({size_t{1}, parts_of(installed.entries().size(), seen_.has_value()),
                           parts_of(installed.stars().size(), seen_star_.has_value())});
}

// A difference does not count while a link event is queued that may explain it.
std::vector<Flow> Audit::look_at_entries(TimePoint now) {
    Differences found;
    look_at_stars(found);
    look_at_sources(found);
    if (kernel_.has_link_news()) {
        return {};
    }
    const auto& [differing, differences] = found;
    for (size_t i = 0; i < differing.size(); ++i) {
        note(now);
        state_.installed.mark_stale(differing[i]);
        if (i < kLogged) {
            log_warning(compose("{}: the kernel had {}: written again", to_string(differing[i]),
                                differences[i]));
        }
    }
    if (differing.size() > kLogged) {
        log_warning(compose("and {}", count_of(differing.size() - kLogged, "more difference")));
    }
    return differing;
}

void Audit::look_at_sources(Differences& differences) {
    const Installed::Entries& entries = state_.installed.entries();
    size_t left = part_of(entries.size());
    auto it = seen_ ? entries.upper_bound(*seen_) : entries.begin();
    for (; left > 0 && it != entries.end(); --left, ++it) {
        seen_ = it->first;
        if (it->second.stale) {
            continue;  // it is known to differ
        }
        if (auto text = difference(kernel_.entry(it->first), it->second)) {
            differences.flows.push_back(it->first);
            differences.texts.push_back(*std::move(text));
        }
    }
    if (it == entries.end()) {
        seen_.reset();
    }
}

void Audit::look_at_stars(Differences& differences) {
    const Installed::Stars& stars = state_.installed.stars();
    StarReader reader(kernel_, state_.installed);
    size_t left = part_of(stars.size());
    auto it = seen_star_ ? stars.upper_bound(*seen_star_) : stars.begin();
    for (; left > 0 && it != stars.end(); --left, ++it) {
        seen_star_ = it->first;
        const Address& group = it->first.group;
        if (it->second.entry.stale) {
            continue;
        }
        if (auto text = difference(reader.entry(it->first), it->second.entry)) {
            differences.flows.push_back({group, Address::any(group.family())});
            differences.texts.push_back(*std::move(text));
        }
    }
    if (it == stars.end()) {
        seen_star_.reset();
    }
}

std::optional<std::chrono::seconds> Audit::since_last(TimePoint now) const {
    return last_found_
               ? std::optional(std::chrono::duration_cast<std::chrono::seconds>(now - *last_found_))
               : std::nullopt;
}

void Audit::note(TimePoint now) {
    ++found_;
    last_found_ = now;
}

// Nothing if it has what is recorded.
std::optional<std::string> Audit::difference(const Result<std::optional<FoundEntry>>& found,
                                             const Installed::Entry& entry) const {
    if (!found) {
        return "no such entry";
    }
    if (!*found || is_same(**found, entry)) {
        return std::nullopt;
    }
    return words_of(**found);
}

bool Audit::is_same(const FoundEntry& found, const Installed::Entry& entry) const {
    const Family family = found.flow.family();
    const Installed& installed = state_.installed;
    std::vector<FoundEntry::Outbound> recorded;
    for_each_slot(entry.outbounds & installed.live(family), [&](Slot slot) {
        recorded.push_back(
            {installed.vif(family, slot)->ifindex, installed.threshold(family, slot)});
    });
    const auto& iif = installed.vif(family, entry.iif);
    return !found.hidden && found.outbounds == recorded &&
           found.iif == (iif ? std::optional(iif->ifindex) : std::nullopt);
}

// "it from eth0 to eth1".
std::string Audit::words_of(const FoundEntry& found) const {
    std::string text = compose("it from {} to", found.iif ? name_of(*found.iif) : "nowhere");
    for (const FoundEntry::Outbound& outbound : found.outbounds) {
        text += compose(" {}", name_of(outbound.ifindex));
    }
    return text + (found.outbounds.empty() ? " nowhere" : "");
}

std::string Audit::name_of(unsigned ifindex) const {
    const Interface* const interface = state_.interfaces.find(ifindex);
    return interface != nullptr ? to_string(interface->name) : compose("interface {}", ifindex);
}

}  // namespace smcroute
