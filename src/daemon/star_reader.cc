// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/star_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace smcroute {

namespace {

Flow any_source(const Address& group) { return {group, Address::any(group.family())}; }

}  // namespace

bool StarReader::is_alone(const Address& group) const {
    const auto first = installed_.first_star(group);
    const auto next = first == installed_.stars().end() ? first : std::next(first);
    return next == installed_.stars().end() || next->first.group != group;
}

Result<std::optional<FoundEntry>> StarReader::entry(const Installed::StarKey& key) {
    return is_alone(key.group) ? kernel_.entry(any_source(key.group)) : find_in_all(key);
}

std::optional<FlowCounters> StarReader::counters(const Installed::StarKey& key) {
    if (!is_alone(key.group)) {
        return std::nullopt;
    }
    const auto counters = kernel_.counters(any_source(key.group));
    return counters ? std::optional(*counters) : std::nullopt;
}

Result<std::optional<FoundEntry>> StarReader::find_in_all(const Installed::StarKey& key) {
    const Family family = key.group.family();
    auto& all = all_[index_of(family)];
    if (!all && installed_.entries().size() + installed_.stars().size() <= kMostRead) {
        auto found = kernel_.entries(family);
        all = found ? std::optional(*std::move(found)) : std::nullopt;
    }
    const auto& vif = installed_.vif(family, key.iif);
    if (!all || !vif) {
        return std::optional<FoundEntry>();
    }
    const auto it = std::find_if(all->begin(), all->end(), [&](const FoundEntry& each) {
        return each.flow.group == key.group && each.flow.source.is_any() &&
               each.iif == vif->ifindex;
    });
    if (it == all->end()) {
        return Error{"no such entry"};
    }
    return std::optional(*it);
}

}  // namespace smcroute
