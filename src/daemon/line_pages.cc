// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/line_pages.h"

#include <algorithm>
#include <functional>

namespace smcroute {

namespace {

// Lines, or steps of making the index.
constexpr size_t kPartsInPage = 64;

// So many buckets or lines are gathered in a step.
constexpr size_t kGathered = 16;

}  // namespace

LinePages::LinePages(const Showable& showable)
    : state_(showable.state), desired_(showable.state.desired), files_(showable.files) {
    keys_.reserve(desired_.route_count() + desired_.joins().size());
}

Pages::More LinePages::next(std::string& out, const Lookout& lookout) {
    size_t parts = 0;
    do {
        if (stage_ != Stage::kShow) {
            gather();
        } else if (!keys_.empty()) {
            show_next(out);
        } else {
            return More::kNo;
        }
    } while (++parts < kPartsInPage && !lookout.sees_urgent());
    return More::kYes;
}

void LinePages::add(const Origin& origin, Kind kind, const JoinSpec& line) {
    keys_.push_back({origin.file, origin.line, kind, line.group, line.source, line.interface});
    std::push_heap(keys_.begin(), keys_.end(), std::greater());
}

// Another number of buckets means that what has not been seen may lie in those that were.
template <typename Map, typename Add>
void LinePages::gather_from(const Map& map, Stage following, Add add_all) {
    const Kind kind = stage_ == Stage::kRoutes ? Kind::kRoute : Kind::kRule;
    if (buckets_ != map.bucket_count()) {
        std::erase_if(keys_, [kind](const Key& key) { return key.kind == kind; });
        std::make_heap(keys_.begin(), keys_.end(), std::greater());
        buckets_ = map.bucket_count();
        bucket_ = 0;
    }
    const size_t end = wants(kind) ? std::min(buckets_, bucket_ + kGathered) : bucket_;
    for (; bucket_ < end; ++bucket_) {
        for (auto it = map.cbegin(bucket_); it != map.cend(bucket_); ++it) {
            add_all(it->first, it->second);
        }
    }
    if (bucket_ == buckets_ || !wants(kind)) {
        stage_ = following;
        buckets_ = 0;
    }
}

void LinePages::gather() {
    if (stage_ == Stage::kJoins) {
        gather_joins();
        return;
    }
    if (stage_ == Stage::kRoutes) {
        gather_from(desired_.routes(), Stage::kRules, [this](const Flow& flow, const auto& route) {
            add(route.origin, Kind::kRoute,
                {route.path->inbound, Prefix(flow.source), Prefix(flow.group)});
        });
        return;
    }
    gather_from(desired_.rules().all(), wants(Kind::kJoin) ? Stage::kJoins : Stage::kShow,
                [this](const RuleKey& key, const std::vector<Rule>& rules) {
                    for (const Rule& rule : rules) {
                        add(rule.origin, Kind::kRule, {key.inbound, key.source, key.group});
                    }
                });
}

void LinePages::gather_joins() {
    const Desired::Joins& joins = desired_.joins();
    auto it = last_join_ ? joins.upper_bound(*last_join_) : joins.begin();
    for (size_t count = 0; it != joins.end() && count < kGathered; ++it, ++count) {
        add(it->second, Kind::kJoin, it->first);
        last_join_ = it->first;
    }
    stage_ = it == joins.end() ? Stage::kShow : stage_;
}

void LinePages::show_next(std::string& out) {
    std::pop_heap(keys_.begin(), keys_.end(), std::greater());
    const Key key = keys_.back();
    keys_.pop_back();
    // Rules that differ in what they except may have one key.
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
