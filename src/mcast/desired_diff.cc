// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/desired_diff.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

// A line, sorted by its subject and not by its outbounds, so that a removal and the addition that
// belongs to it stand together.
struct Line {
    std::string key;
    bool added = false;
    std::string text;

    friend auto operator<=>(const Line&, const Line&) = default;
};

class Collector {
public:
    explicit Collector(bool added) : added_(added) {}

    void add(const RouteSpec& spec) {
        RouteSpec bare = spec;
        bare.outbounds.clear();
        lines_.push_back({to_string(bare), added_, to_string(spec)});
    }
    template <typename Spec>
    void add(const Spec& spec) {
        lines_.push_back({to_string(spec), added_, to_string(spec)});
    }

    std::vector<Line> take() { return std::move(lines_); }

private:
    bool added_;
    std::vector<Line> lines_;
};

bool has_rule(const Desired& desired, const RuleKey& key, const Rule& rule) {
    const std::vector<Rule>* const rules = desired.rules().find(key);
    return rules != nullptr && std::any_of(rules->begin(), rules->end(), [&](const Rule& other) {
               return other.except == rule.except && other.nolearn == rule.nolearn &&
                      *other.path == *rule.path;
           });
}

// The lines that `desired` has and `other` does not.
std::vector<Line> only_in(const Desired& desired, const Desired& other, bool added) {
    Collector lines(added);
    for (const auto& [pattern, phyint] : desired.phyints()) {
        const auto it = other.phyints().find(pattern);
        if (it == other.phyints().end() || it->second.spec != phyint.spec) {
            lines.add(phyint.spec);
        }
    }
    for (const auto& [join, origin] : desired.joins()) {
        if (!other.joins().contains(join)) {
            lines.add(join);
        }
    }
    for (const auto& [flow, route] : desired.routes()) {
        const Desired::Route* const counterpart = other.find(flow);
        if (counterpart == nullptr || *counterpart->path != *route.path) {
            lines.add(spec_of(flow, route));
        }
    }
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            if (!has_rule(other, key, rule)) {
                lines.add(spec_of(key, rule));
            }
        }
    }
    return lines.take();
}

}  // namespace

std::vector<std::string> diff(const Desired& from, const Desired& to) {
    std::vector<Line> lines = only_in(from, to, false);
    const std::vector<Line> added = only_in(to, from, true);
    lines.insert(lines.end(), added.begin(), added.end());
    std::sort(lines.begin(), lines.end());
    std::vector<std::string> text;
    text.reserve(lines.size());
    for (const Line& line : lines) {
        text.push_back(compose("{}{}", line.added ? "+ " : "- ", line.text));
    }
    return text;
}

}  // namespace smcroute
