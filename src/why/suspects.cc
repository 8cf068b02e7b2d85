// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/suspects.h"

#include <algorithm>
#include <set>
#include <utility>

#include "why/scope.h"

namespace smcroute {

namespace {

// The prefix has more than one group, or the rule more than one inbound: it may well be unused.
bool expects_a_stream(const RouteSpec& rule) {
    return rule.group.is_single() && !rule.inbound.is_wildcard();
}

class Finder {
public:
    Finder(const Observation& observation, const StreamFilter& filter)
        : observation_(observation), lines_(observation.lines), filter_(filter) {}

    Suspects find() {
        take_routes();
        take_entries();
        take_traffic();
        for (const Flow& flow : flows_) {
            suspects_.list.push_back({flow.group, flow.source});
        }
        take_silent_rules();
        take_what_was_asked_for();
        return std::move(suspects_);
    }

private:
    bool fits(const Flow& flow) const {
        return (!filter_.group || filter_.group->contains(flow.group)) &&
               (!filter_.source || filter_.source->contains(flow.source));
    }
    bool fits(const IfPattern& inbound) const {
        return !filter_.interface || filter_.interface->overlaps(inbound);
    }
    bool fits(unsigned ifindex) const {
        const Interface* const found = observation_.interfaces.find(ifindex);
        return !filter_.interface || (found != nullptr && filter_.interface->matches(found->name));
    }

    void take_routes() {
        for (const auto& [flow, route] : lines_.desired().routes()) {
            if (fits(flow) && fits(route.path->inbound)) {
                flows_.insert(flow);
            }
        }
    }

    // Of ours, what they were made of is looked at; without any packets they tell nothing more.
    void take_entries() {
        for (const FamilyFacts& facts : observation_.families) {
            if (facts.owner == Evidence::Owner::kOurs && filter_.is_empty()) {
                continue;
            }
            for (const FoundEntry& entry : facts.entries) {
                const bool is_one = !entry.flow.source.is_any() && !entry.outbounds.empty();
                if (is_one && fits(entry.flow) && fits(entry.iif.value_or(0))) {
                    flows_.insert(entry.flow);
                }
            }
        }
    }

    void take_traffic() {
        for (const auto& [flow, stream] : observation_.traffic.streams()) {
            if (!fits(flow) || flows_.contains(flow)) {
                continue;
            }
            if (!filter_.is_empty() ? arrives_where_asked(stream) : is_near_a_line(flow, stream)) {
                flows_.insert(flow);
            } else if (filter_.is_empty() && comes_in(stream) && !stays_on_link(flow.group)) {
                ++suspects_.uncovered;
            }
        }
    }

    // What goes out counts for streams that this host sends.
    static bool counts(const Traffic::Stream& stream, const Traffic::Sum& sum) {
        return !sum.goes_out || !comes_in(stream);
    }

    bool arrives_where_asked(const Traffic::Stream& stream) const {
        return std::any_of(stream.begin(), stream.end(), [&](const Traffic::Sum& sum) {
            return counts(stream, sum) && fits(sum.ifindex);
        });
    }

    bool is_near_a_line(const Flow& flow, const Traffic::Stream& stream) const {
        return std::any_of(stream.begin(), stream.end(), [&](const Traffic::Sum& sum) {
            const Interface* const found = observation_.interfaces.find(sum.ifindex);
            if (found == nullptr || !counts(stream, sum)) {
                return false;
            }
            const ConfiguredLines::Cover cover = lines_.cover(flow, found->name);
            return !cover.lines.empty() || cover.nearest || cover.excepted;
        });
    }

    // A rule to whose group nobody sends.
    void take_silent_rules() {
        for (const auto& [key, rules] : lines_.desired().rules().all()) {
            for (const Rule& rule : rules) {
                const RouteSpec line = spec_of(key, rule);
                const Flow any{line.group.address(), Address::any(line.group.family())};
                const bool is_asked =
                    filter_.group ? filter_.group->overlaps(line.group) : expects_a_stream(line);
                if (is_asked && line.group.is_single() && !filter_.source && fits(line.inbound) &&
                    !has_stream_of(any.group)) {
                    suspects_.list.push_back({any.group, std::nullopt, line});
                }
            }
        }
    }

    // If nothing at all is known of what was named, that is to be said.
    void take_what_was_asked_for() {
        if (suspects_.list.empty() && filter_.group) {
            const bool has_source = filter_.source && filter_.source->is_single();
            suspects_.list.push_back(
                {filter_.group->address(),
                 has_source ? std::optional(filter_.source->address()) : std::nullopt});
        }
    }

    bool has_stream_of(const Address& group) const {
        const auto it = flows_.lower_bound({group, Address::any(group.family())});
        return it != flows_.end() && it->group == group;
    }

    const Observation& observation_;
    const ConfiguredLines& lines_;
    const StreamFilter& filter_;
    std::set<Flow> flows_;
    Suspects suspects_;
};

}  // namespace

Suspects find_suspects(const Observation& observation, const StreamFilter& filter) {
    return Finder(observation, filter).find();
}

}  // namespace smcroute
