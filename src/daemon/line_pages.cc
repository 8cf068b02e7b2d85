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

void LinePages::add(Kind kind, const Line& line) {
    const auto& [origin, what] = line;
    keys_.push_back({origin.file, origin.line, kind, what.group, what.source, what.interface});
    std::push_heap(keys_.begin(), keys_.end(), std::greater());
}

void LinePages::gather() {
    if (stage_ == Stage::kRoutes) {
        gather_after(last_route_, Kind::kRoute, desired_.routes(), Stage::kRules,
                     [](const Flow& flow, const Desired::Route& route) {
                         return Line{
                             route.origin,
                             {route.path->inbound, Prefix(flow.source), Prefix(flow.group)}};
                     });
    } else if (stage_ == Stage::kRules) {
        gather_rules();
    } else {
        gather_after(last_join_, Kind::kJoin, desired_.joins(), Stage::kShow,
                     [](const JoinSpec& join, const Origin& origin) {
                         return Line{origin, join};
                     });
    }
}

// Of a map in order.
template <typename Last, typename Map, typename LineOf>
void LinePages::gather_after(std::optional<Last>& last, Kind kind, const Map& map, Stage following,
                             LineOf line_of) {
    auto it = last ? map.upper_bound(*last) : map.begin();
    for (size_t count = 0; wants(kind) && it != map.end() && count < kGathered; ++it, ++count) {
        const auto& [key, value] = *it;
        add(kind, line_of(key, value));
        last = key;
    }
    if (!wants(kind) || it == map.end()) {
        stage_ = following;
    }
}

// Another number of buckets means that what has not been seen may lie in those that were.
void LinePages::gather_rules() {
    const auto& map = desired_.rules().all();
    if (!wants(Kind::kRule)) {
        stage_ = Stage::kJoins;
        return;
    }
    if (buckets_ != map.bucket_count()) {
        std::erase_if(keys_, [](const Key& key) { return key.kind == Kind::kRule; });
        std::make_heap(keys_.begin(), keys_.end(), std::greater());
        buckets_ = map.bucket_count();
        bucket_ = 0;
    }
    const size_t end = std::min(buckets_, bucket_ + kGathered);
    for (; bucket_ < end; ++bucket_) {
        for (auto it = map.cbegin(bucket_); it != map.cend(bucket_); ++it) {
            for (const Rule& rule : it->second) {
                add(Kind::kRule,
                    {rule.origin, {it->first.inbound, it->first.source, it->first.group}});
            }
        }
    }
    if (bucket_ == buckets_) {
        stage_ = Stage::kJoins;
    }
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
