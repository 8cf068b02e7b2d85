// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/line_pages.h"

#include <algorithm>
#include <functional>

namespace smcroute {

namespace {

constexpr size_t kLinesInPage = 64;

}  // namespace

LinePages::LinePages(const Showable& showable)
    : state_(showable.state), desired_(showable.state.desired), files_(showable.files) {}

// The index is made in a turn of its own: for 100,000 lines it takes some 20 ms.
Pages::More LinePages::next(std::string& out, const Lookout& lookout) {
    if (!has_index_) {
        make_index();
        return More::kYes;
    }
    for (size_t lines = 0; lines < kLinesInPage; ++lines) {
        if (keys_.empty()) {
            return More::kNo;
        }
        show_next(out);
        if (lookout.sees_urgent()) {
            break;
        }
    }
    return More::kYes;
}

void LinePages::make_index() {
    has_index_ = true;
    keys_.reserve(desired_.route_count() + desired_.joins().size());
    for (const auto& [flow, route] : desired_.routes()) {
        add(Kind::kRoute, route.origin,
            {route.path->inbound, Prefix(flow.source), Prefix(flow.group)});
    }
    for (const auto& [key, rules] : desired_.rules().all()) {
        for (const Rule& rule : rules) {
            add(Kind::kRule, rule.origin, {key.inbound, key.source, key.group});
        }
    }
    for (const auto& [join, origin] : desired_.joins()) {
        add(Kind::kJoin, origin, join);
    }
    std::make_heap(keys_.begin(), keys_.end(), std::greater());
}

void LinePages::add(Kind kind, const Origin& origin, const JoinSpec& what) {
    if (wants(kind)) {
        keys_.push_back({origin.file, origin.line, kind, what.group, what.source, what.interface});
    }
}

void LinePages::show_next(std::string& out) {
    std::pop_heap(keys_.begin(), keys_.end(), std::greater());
    const Key key = keys_.back();
    keys_.pop_back();
    // Rules that differ only in their excepts have the same key.
    if (keys_.empty() || keys_.front() != key) {
        show(key, out);
    }
}

void LinePages::show(const Key& key, std::string& out) {
    if (key.kind == Kind::kRoute) {
        const Flow flow{key.group.address(), key.source.address()};
        const Desired::Route* const route = desired_.find(flow);
        if (route != nullptr && route->origin == key.origin()) {
            show_line(spec_of(flow, *route), key.origin(), out);
        }
    } else if (key.kind == Kind::kRule) {
        show_rules(key, out);
    } else {
        const JoinSpec join{key.inbound, key.source, key.group};
        if (desired_.joins().contains(join)) {
            show_line(join, key.origin(), out);
        }
    }
}

void LinePages::show_rules(const Key& key, std::string& out) {
    const RuleKey rule_key{key.inbound, key.source, key.group};
    const std::vector<Rule>* const rules = desired_.rules().find(rule_key);
    std::vector<RouteSpec> specs;
    if (rules == nullptr) {
        return;
    }
    for (const Rule& rule : *rules) {
        if (rule.origin == key.origin()) {
            specs.push_back(spec_of(rule_key, rule));
        }
    }
    std::sort(specs.begin(), specs.end(),
              [](const auto& a, const auto& b) { return a.except < b.except; });
    for (const RouteSpec& spec : specs) {
        show_line(spec, key.origin(), out);
    }
}

}  // namespace smcroute
