// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/desired.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

Path with_added(const Path& path, const std::vector<IfPattern>& outbounds) {
    Path sum = path;
    sum.outbounds.insert(sum.outbounds.end(), outbounds.begin(), outbounds.end());
    return sum;
}

bool has_outbound(const Path& path, const IfPattern& outbound) {
    return std::binary_search(path.outbounds.begin(), path.outbounds.end(), outbound);
}

Path with_removed(const Path& path, const std::vector<IfPattern>& outbounds) {
    Path rest{path.inbound, {}};
    for (const IfPattern& outbound : path.outbounds) {
        if (std::find(outbounds.begin(), outbounds.end(), outbound) == outbounds.end()) {
            rest.outbounds.push_back(outbound);
        }
    }
    return rest;
}

// The route without its outbounds, as the operator would write it.
std::string name_of(const RouteSpec& spec) {
    RouteSpec bare = spec;
    bare.outbounds.clear();
    return to_string(bare);
}

Error no_such_outbound(const IfPattern& outbound, const RouteSpec& spec) {
    return {compose("{} is not an outbound of {}", to_string(outbound), name_of(spec))};
}

// Fills in what `to` leaves unset.
void overlay(PhyintSpec& to, const PhyintSpec& from) {
    to.enable = to.enable ? to.enable : from.enable;
    to.mrdisc = to.mrdisc ? to.mrdisc : from.mrdisc;
    to.ttl_threshold = to.ttl_threshold ? to.ttl_threshold : from.ttl_threshold;
}

}  // namespace

RouteSpec spec_of(const Flow& flow, const Path& path) {
    return {path.inbound, Prefix(flow.source), Prefix(flow.group), {}, path.outbounds, false};
}

RouteSpec spec_of(const Flow& flow, const Desired::Route& route) {
    return spec_of(flow, *route.path);
}

RouteSpec spec_of(const RuleKey& key, const Rule& rule) {
    return {key.inbound, key.source, key.group, rule.except, rule.path->outbounds, rule.nolearn};
}

bool is_plain(const JoinSpec& join) {
    return !join.interface.is_wildcard() && join.group.is_single() &&
           (join.source.is_any() || join.source.is_single());
}

void Desired::replace(Family family, const Path*& path, Path with) {
    const Path* const old = path;
    path = pool(family).acquire(std::move(with));
    pool(family).release(old);
}

Desired::Added Desired::add(const RouteSpec& spec, const Origin& origin) {
    return spec.is_exact() ? add_route(spec, origin) : add_rule(spec, origin);
}

Desired::Added Desired::add_route(const RouteSpec& spec, const Origin& origin) {
    const Family family = spec.group.family();
    const auto [route, is_new] = routes_.try_emplace(spec.flow(), Route{nullptr, origin});
    if (is_new) {
        route->path = pool(family).acquire(spec.inbound, spec.outbounds);
        return {};
    }
    const Origin earlier = route->origin;
    if (route->path->inbound != spec.inbound) {
        const auto hidden = replaced_.find(spec.flow());
        if (hidden != replaced_.end() && hidden->second.path.inbound == spec.inbound) {
            // The file's route is in effect again, and this adds to it.
            replace(family, route->path, with_added(hidden->second.path, spec.outbounds));
            route->origin = hidden->second.origin;
            replaced_.erase(hidden);
            return {Added::How::kReplaced, earlier};
        }
        if (earlier.file != Origin::kClient && origin.file == Origin::kClient) {
            replaced_.emplace(spec.flow(), Replaced{*route->path, earlier});
        }
        replace(family, route->path, Path{spec.inbound, spec.outbounds});
        route->origin = origin;
        return {Added::How::kReplaced, earlier};
    }
    replace(family, route->path, with_added(*route->path, spec.outbounds));
    return {Added::How::kMerged, earlier};
}

Desired::Added Desired::add_rule(const RouteSpec& spec, const Origin& origin) {
    const Family family = spec.group.family();
    std::vector<Rule>& rules = rules_.at({spec.inbound, spec.source, spec.group});
    std::vector<Prefix> except = spec.except;
    std::sort(except.begin(), except.end());
    const auto same = std::find_if(rules.begin(), rules.end(),
                                   [&except](const Rule& rule) { return rule.except == except; });
    if (same == rules.end()) {
        nolearn_count_ += spec.nolearn ? 1 : 0;
        rules.push_back({pool(family).acquire(spec.inbound, spec.outbounds), std::move(except),
                         origin, spec.nolearn});
        return {};
    }
    nolearn_count_ += spec.nolearn && !same->nolearn ? 1 : 0;
    same->nolearn = same->nolearn || spec.nolearn;
    replace(family, same->path, with_added(*same->path, spec.outbounds));
    return {Added::How::kMerged, same->origin};
}

Status Desired::remove(const RouteSpec& spec) {
    return spec.is_exact() ? remove_route(spec) : remove_rule(spec);
}

Status Desired::remove_route(const RouteSpec& spec) {
    Route* const route = routes_.find(spec.flow());
    if (route == nullptr) {
        return Error{compose("there is no {}", name_of(spec))};
    }
    if (route->path->inbound != spec.inbound) {
        return Error{compose("there is no {}: it is routed from {}", name_of(spec),
                             to_string(route->path->inbound))};
    }
    const Family family = spec.group.family();
    if (spec.outbounds.empty()) {
        pool(family).release(route->path);
        routes_.erase(spec.flow());
        if (const auto replaced = replaced_.extract(spec.flow())) {
            add_route(spec_of(spec.flow(), replaced.mapped().path), replaced.mapped().origin);
        }
        return {};
    }
    for (const IfPattern& outbound : spec.outbounds) {
        if (!has_outbound(*route->path, outbound)) {
            return no_such_outbound(outbound, spec);
        }
    }
    replace(family, route->path, with_removed(*route->path, spec.outbounds));
    return {};
}

// If the command gives no `except`, a removal covers every rule with that key, whatever sources
// they except.
Status Desired::remove_rule(const RouteSpec& spec) {
    const RuleKey key{spec.inbound, spec.source, spec.group};
    std::vector<Rule>* const rules = rules_.find(key);
    if (rules == nullptr) {
        return Error{compose("there is no {}", name_of(spec))};
    }
    for (const IfPattern& outbound : spec.outbounds) {
        if (std::none_of(rules->begin(), rules->end(), [&outbound](const Rule& rule) {
                return has_outbound(*rule.path, outbound);
            })) {
            return no_such_outbound(outbound, spec);
        }
    }
    const Family family = spec.group.family();
    for (Rule& rule : *rules) {
        if (spec.outbounds.empty()) {
            nolearn_count_ -= rule.nolearn ? 1 : 0;
            pool(family).release(rule.path);
        } else {
            replace(family, rule.path, with_removed(*rule.path, spec.outbounds));
        }
    }
    if (spec.outbounds.empty()) {
        rules_.erase(key);
    }
    return {};
}

Desired::Added Desired::add(const JoinSpec& spec, const Origin& origin) {
    const auto [it, is_new] = joins_.try_emplace(spec, origin);
    if (!is_new) {
        return {Added::How::kMerged, it->second};
    }
    if (!is_plain(spec)) {
        wide_joins_.emplace(spec, origin);
    }
    pool(spec.group.family()).mention(spec.interface);
    return {};
}

Status Desired::remove(const JoinSpec& spec) {
    if (joins_.erase(spec) == 0) {
        return Error{compose("there is no {}", to_string(spec))};
    }
    wide_joins_.erase(spec);
    pool(spec.group.family()).unmention(spec.interface);
    return {};
}

bool Desired::wants_join(const Interface& interface, const Flow& flow) const {
    const Prefix source = flow.source.is_any() ? Prefix::any(flow.family()) : Prefix(flow.source);
    const Prefix group(flow.group);
    if (joins_.contains({IfPattern(interface.name), source, group})) {
        return true;
    }
    return std::any_of(wide_joins_.begin(), wide_joins_.end(), [&](const auto& entry) {
        const JoinSpec& join = entry.first;
        return names(join.interface, interface) && join.group.contains(group) &&
               join.source.is_any() == source.is_any() && join.source.contains(source);
    });
}

Desired::Added Desired::add(const PhyintSpec& spec, const Origin& origin) {
    const auto order = static_cast<uint32_t>(phyints_.size());
    const auto [it, is_new] = phyints_.try_emplace(spec.interface, Phyint{spec, origin, order});
    Phyint& phyint = it->second;
    if (spec.enable) {
        phyint.enable_origin = origin;
    }
    if (spec.ttl_threshold) {
        phyint.threshold_origin = origin;
    }
    if (is_new) {
        return {};
    }
    PhyintSpec merged = spec;
    overlay(merged, phyint.spec);
    phyint.spec = merged;
    return {Added::How::kMerged, phyint.origin};
}

std::vector<const Desired::Phyint*> Desired::phyints_of(const IfName& interface) const {
    std::vector<const Phyint*> matching;
    for (const auto& [pattern, phyint] : phyints_) {
        if (pattern.matches(interface)) {
            matching.push_back(&phyint);
        }
    }
    std::stable_sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
        const auto rank = [](const PhyintSpec& spec) {
            return std::pair(!spec.interface.is_wildcard(), spec.interface.stem().size());
        };
        return rank(a->spec) > rank(b->spec);
    });
    return matching;
}

PhyintSpec Desired::phyint(const IfName& interface) const {
    PhyintSpec settings{.interface = IfPattern(interface)};
    for (const Phyint* const phyint : phyints_of(interface)) {
        overlay(settings, phyint->spec);
    }
    return settings;
}

std::optional<Origin> Desired::disabled_by(const IfName& interface) const {
    for (const Phyint* const phyint : phyints_of(interface)) {
        if (phyint->spec.enable) {
            return *phyint->spec.enable ? std::nullopt : std::optional(phyint->enable_origin);
        }
    }
    return std::nullopt;
}

std::vector<IfPattern> Desired::named(Family family, PhyintLines lines) const {
    std::vector<IfPattern> names;
    for (const auto& [pattern, phyint] : phyints_) {
        if (lines == PhyintLines::kAll || phyint.spec.enable.value_or(false)) {
            names.push_back(pattern);
        }
    }
    std::sort(names.begin(), names.end(), [this](const IfPattern& a, const IfPattern& b) {
        return phyints_.find(a)->second.order < phyints_.find(b)->second.order;
    });
    const std::vector<IfPattern> others = mentioned(family);
    names.insert(names.end(), others.begin(), others.end());
    return names;
}

size_t Desired::route_count() const {
    size_t count = 0;
    for (const PathPool& pool : pools_) {
        pool.for_each([&count](const Path&, uint32_t uses) { count += uses; });
    }
    return count;
}

uint64_t Desired::names_version() const {
    return pools_[0].version() + pools_[1].version() + phyints_.size();
}

}  // namespace smcroute
