// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rules: the wildcard routes, indexed so that finding those that match a stream costs the same with
// five thousand rules as with one. Rules are grouped by shape: the lengths of group prefix, source
// prefix and interface stem; real configurations have few shapes. A lookup is one hash probe for
// each shape in use, and never a scan over rules.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "mcast/path_pool.h"
#include "mcast/prefix.h"
#include "mcast/route.h"

namespace smcroute {

struct RuleKey {
    IfPattern inbound;
    Prefix source;
    Prefix group;

    friend bool operator==(const RuleKey&, const RuleKey&) = default;
};

// One rule under its key. Rules with one key differ in the sources they except.
struct Rule {
    const Path* path;  // in the pool that Desired holds
    std::vector<Prefix> except;
    Origin origin;
    bool nolearn = false;
};

class Rules {
public:
    Rules() = default;
    Rules(Rules&&) = default;
    Rules& operator=(Rules&&) = default;

    // The rules under this key, to be changed in place; created empty if there are none.
    std::vector<Rule>& at(const RuleKey& key);
    std::vector<Rule>* find(const RuleKey& key);
    const std::vector<Rule>* find(const RuleKey& key) const;
    void erase(const RuleKey& key);

    // Calls visit(const Rule&) for each rule that matches, in no particular order.
    template <typename Visit>
    void for_each_match(const IfName& inbound, const Flow& flow, Visit visit) const;
    bool any_match(const IfName& inbound, const Flow& flow) const;
    // Calls visit(const RuleKey&, const Rule&) for each rule whose key covers `key`, including
    // rules with this very key.
    template <typename Visit>
    void for_each_wider(const RuleKey& key, Visit visit) const;

    // Calls visit(const RuleKey&, const Rule&) for each rule that takes this group, from whatever
    // inbound and source.
    template <typename Visit>
    void for_each_of_group(const Address& group, Visit visit) const;

    bool empty() const { return rules_.empty(); }
    // Every key with its rules, in no particular order.
    const auto& all() const { return rules_; }

private:
    struct Shape {
        Family family;
        bool wildcard;
        uint8_t stem_length;  // only for a wildcard
        uint8_t group_length;
        uint8_t source_length;

        friend auto operator<=>(const Shape&, const Shape&) = default;
    };
    struct KeyHash {
        size_t operator()(const RuleKey& key) const noexcept;
    };

    static Shape shape_of(const RuleKey& key);
    // The one key of that shape that can cover `narrow`, if any.
    static std::optional<RuleKey> widen(const RuleKey& narrow, const Shape& shape);

    std::unordered_map<RuleKey, std::vector<Rule>, KeyHash> rules_;
    std::map<Shape, uint32_t> shapes_;  // how many keys have each shape
    // The keys by group: a shape says nothing about a rule whose source or inbound is not known.
    std::unordered_map<Prefix, std::vector<const RuleKey*>> by_group_;
};

// Whether the rule excepts this source.
bool excepts(const Rule& rule, const Address& source);

template <typename Visit>
void Rules::for_each_wider(const RuleKey& key, Visit visit) const {
    for (const auto& [shape, count] : shapes_) {
        const auto wider = widen(key, shape);
        const auto it = wider ? rules_.find(*wider) : rules_.end();
        if (it == rules_.end()) {
            continue;
        }
        for (const Rule& rule : it->second) {
            visit(it->first, rule);
        }
    }
}

template <typename Visit>
void Rules::for_each_of_group(const Address& group, Visit visit) const {
    std::vector<Prefix> seen;
    for (const auto& [shape, count] : shapes_) {
        const auto prefix = Prefix::make(group, shape.group_length);
        if (shape.family != group.family() || !prefix ||
            std::find(seen.begin(), seen.end(), *prefix) != seen.end()) {
            continue;
        }
        seen.push_back(*prefix);
        const auto it = by_group_.find(*prefix);
        if (it == by_group_.end()) {
            continue;
        }
        for (const RuleKey* const key : it->second) {
            for (const Rule& rule : *find(*key)) {
                visit(*key, rule);
            }
        }
    }
}

template <typename Visit>
void Rules::for_each_match(const IfName& inbound, const Flow& flow, Visit visit) const {
    if (rules_.empty()) {
        return;
    }
    const RuleKey key{IfPattern(inbound), Prefix(flow.source), Prefix(flow.group)};
    for_each_wider(key, [&](const RuleKey& /*wider*/, const Rule& rule) {
        if (!excepts(rule, flow.source)) {
            visit(rule);
        }
    });
}

}  // namespace smcroute
