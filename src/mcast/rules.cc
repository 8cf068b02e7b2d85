// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/rules.h"

#include <algorithm>

#include "base/check.h"

namespace smcroute {

bool excepts(const Rule& rule, const Address& source) {
    return std::any_of(rule.except.begin(), rule.except.end(),
                       [&source](const Prefix& prefix) { return prefix.contains(source); });
}

size_t Rules::KeyHash::operator()(const RuleKey& key) const noexcept {
    return (std::hash<Prefix>{}(key.group) * 31 + std::hash<Prefix>{}(key.source)) * 31 +
           std::hash<IfPattern>{}(key.inbound);
}

Rules::Shape Rules::shape_of(const RuleKey& key) {
    const bool wildcard = key.inbound.is_wildcard();
    return {.family = key.group.family(),
            .wildcard = wildcard,
            .stem_length = static_cast<uint8_t>(wildcard ? key.inbound.stem().size() : 0),
            .group_length = key.group.length(),
            .source_length = key.source.length()};
}

std::optional<RuleKey> Rules::widen(const RuleKey& narrow, const Shape& shape) {
    if (shape.family != narrow.group.family() || shape.source_length > narrow.source.length() ||
        shape.group_length > narrow.group.length() ||
        (narrow.inbound.is_wildcard() && !shape.wildcard)) {
        return std::nullopt;
    }
    const auto inbound =
        shape.wildcard ? narrow.inbound.widened(shape.stem_length) : std::optional(narrow.inbound);
    const auto source = Prefix::make(narrow.source.address(), shape.source_length);
    const auto group = Prefix::make(narrow.group.address(), shape.group_length);
    if (!inbound || !source || !group) {
        return std::nullopt;
    }
    return RuleKey{*inbound, *source, *group};
}

std::vector<Rule>& Rules::at(const RuleKey& key) {
    const auto [it, is_new] = rules_.try_emplace(key);
    if (is_new) {
        ++shapes_[shape_of(key)];
        by_group_[key.group].push_back(&it->first);
    }
    return it->second;
}

std::vector<Rule>* Rules::find(const RuleKey& key) {
    const auto it = rules_.find(key);
    return it == rules_.end() ? nullptr : &it->second;
}

const std::vector<Rule>* Rules::find(const RuleKey& key) const {
    const auto it = rules_.find(key);
    return it == rules_.end() ? nullptr : &it->second;
}

void Rules::erase(const RuleKey& key) {
    const auto it = rules_.find(key);
    if (it == rules_.end()) {
        return;
    }
    const auto of_group = by_group_.find(key.group);
    CHECK(of_group != by_group_.end());
    std::erase(of_group->second, &it->first);
    if (of_group->second.empty()) {
        by_group_.erase(of_group);
    }
    rules_.erase(it);
    const auto shape = shapes_.find(shape_of(key));
    CHECK(shape != shapes_.end());
    if (--shape->second == 0) {
        shapes_.erase(shape);
    }
}

bool Rules::any_match(const IfName& inbound, const Flow& flow) const {
    bool any = false;
    for_each_match(inbound, flow, [&any](const Rule&) { any = true; });
    return any;
}

}  // namespace smcroute
