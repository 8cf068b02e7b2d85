// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show_lines.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/spec.h"
#include "daemon/origin_text.h"

namespace smcroute {

namespace {

// Lines, or steps of making the index.
constexpr size_t kPartsInPage = 64;

std::string words_of(const std::vector<IfPattern>& patterns) {
    std::string text;
    for (const IfPattern& pattern : patterns) {
        text += cat({text.empty() ? "" : " ", to_string(pattern)});
    }
    return text;
}

// Lines of the running state, by where they come from. First an index of their keys is made, step
// by step, then they are looked up again one by one: what has gone in between is left out.
class LinePages : public Pages {
public:
    explicit LinePages(const Showable& showable)
        : state_(showable.state), desired_(showable.state.desired), files_(showable.files) {
        keys_.reserve(desired_.route_count() + desired_.joins().size());
    }

    More next(std::string& out, const Lookout& lookout) final {
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

protected:
    enum class Kind : uint8_t { kRoute, kRule, kJoin };

    virtual bool wants(Kind kind) const = 0;
    virtual void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) = 0;
    virtual void show_line(const JoinSpec& join, const Origin& origin, std::string& out) = 0;

    const RouterState& state_;
    const Desired& desired_;
    const std::vector<std::string>& files_;

private:
    enum class Stage : uint8_t { kRoutes, kRules, kJoins, kShow };
    // So many buckets or lines are gathered in a step.
    static constexpr size_t kGathered = 16;

    struct Key {
        uint16_t file;
        uint32_t line;
        Kind kind;
        Prefix group;
        Prefix source;
        IfPattern inbound;

        Origin origin() const { return {line, file}; }
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    void add(const Origin& origin, Kind kind, const JoinSpec& line) {
        keys_.push_back({origin.file, origin.line, kind, line.group, line.source, line.interface});
        std::push_heap(keys_.begin(), keys_.end(), std::greater());
    }

    void gather() {
        if (stage_ == Stage::kJoins) {
            gather_joins();
            return;
        }
        if (stage_ == Stage::kRoutes) {
            gather_from(desired_.routes(), Stage::kRules,
                        [this](const Flow& flow, const auto& route) {
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

    void gather_joins() {
        const Desired::Joins& joins = desired_.joins();
        auto it = last_join_ ? joins.upper_bound(*last_join_) : joins.begin();
        for (size_t count = 0; it != joins.end() && count < kGathered; ++it, ++count) {
            add(it->second, Kind::kJoin, it->first);
            last_join_ = it->first;
        }
        stage_ = it == joins.end() ? Stage::kShow : stage_;
    }

    // Another number of buckets means that what has not been seen may lie in those that were.
    template <typename Map, typename Add>
    void gather_from(const Map& map, Stage following, Add add_all) {
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

    void show_next(std::string& out) {
        std::pop_heap(keys_.begin(), keys_.end(), std::greater());
        const Key key = keys_.back();
        keys_.pop_back();
        // Rules that differ in what they except may have one key.
        if (keys_.empty() || keys_.front() != key) {
            show(key, out);
        }
    }

    void show(const Key& key, std::string& out) {
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

    void show_rules(const Key& key, std::string& out) {
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

    Stage stage_ = Stage::kRoutes;
    size_t buckets_ = 0;  // of the table that is being gathered from; 0: not begun
    size_t bucket_ = 0;   // the next of them
    std::optional<JoinSpec> last_join_;
    std::vector<Key> keys_;  // a heap, the first line on top
};

class RulePages final : public LinePages {
public:
    using LinePages::LinePages;

private:
    bool wants(Kind kind) const override { return kind == Kind::kRule; }
    void show_line(const JoinSpec& /*join*/, const Origin& /*origin*/,
                   std::string& /*out*/) override {}
    void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) override {
        std::string except;
        for (const Prefix& prefix : spec.except) {
            except += cat({except.empty() ? "" : " ", to_string(prefix)});
        }
        out += encode_row({to_string(spec.inbound), source_word(spec.source), except,
                           to_string(spec.group), words_of(spec.outbounds),
                           origin_text(origin, files_)});
    }
};

// A row for each line and each interface that it waits for.
class PendingPages final : public LinePages {
public:
    using LinePages::LinePages;

private:
    bool wants(Kind /*kind*/) const override { return true; }
    void show_line(const JoinSpec& join, const Origin& origin, std::string& out) override {
        append(join.interface, join, origin, out);
    }
    void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) override {
        append(spec.inbound, spec, origin, out);
        for (const IfPattern& outbound : spec.outbounds) {
            append(outbound, spec, origin, out);
        }
    }

    template <typename Line>
    void append(const IfPattern& pattern, const Line& line, const Origin& origin,
                std::string& out) const {
        const auto name = pattern.name();
        if (name && state_.interfaces.find(*name) == nullptr) {
            out += encode_row({to_string(*name), to_string(line), origin_text(origin, files_)});
        }
    }
};

// In the order in which lines and outbounds were written, so that reading them gives the same
// slots, unless lines were merged or taken away since.
class ConfigPages final : public LinePages {
public:
    explicit ConfigPages(const Showable& showable) : LinePages(showable) {
        for (const Family family : kFamilies) {
            auto& order = orders_[index_of(family)];
            for (const IfPattern& name : desired_.named(family, Desired::PhyintLines::kEnabling)) {
                order.emplace(name, order.size());
            }
        }
    }

    // What is shown before all pages.
    std::string phyints() const {
        std::vector<std::pair<uint32_t, const PhyintSpec*>> phyints;
        for (const auto& [pattern, phyint] : desired_.phyints()) {
            phyints.emplace_back(phyint.order, &phyint.spec);
        }
        std::sort(phyints.begin(), phyints.end());
        std::string out;
        for (const auto& [order, spec] : phyints) {
            out += to_string(*spec) + "\n";
        }
        return out;
    }

private:
    bool wants(Kind /*kind*/) const override { return true; }
    void show_line(const JoinSpec& join, const Origin& /*origin*/, std::string& out) override {
        out += to_string(join) + "\n";
    }
    void show_line(const RouteSpec& spec, const Origin& /*origin*/, std::string& out) override {
        // Which name came first; one that came while we were showing is the last.
        const auto& order = orders_[index_of(spec.group.family())];
        const auto place = [&order](const IfPattern& name) {
            const auto it = order.find(name);
            return it == order.end() ? order.size() : it->second;
        };
        RouteSpec line = spec;
        std::stable_sort(
            line.outbounds.begin(), line.outbounds.end(),
            [&place](const IfPattern& a, const IfPattern& b) { return place(a) < place(b); });
        out += to_string(line) + "\n";
    }

    std::array<std::map<IfPattern, size_t>, kFamilies.size()> orders_;
};

bool covers(const JoinSpec& join, const Membership& membership) {
    return join.interface.matches(membership.name) && join.group.contains(membership.flow.group) &&
           join.source.is_any() == membership.flow.source.is_any() &&
           join.source.contains(membership.flow.source);
}

std::string groups(const Showable& showable) {
    const RouterState& state = showable.state;
    std::string out;
    for (const auto& [join, origin] : state.desired.joins()) {
        size_t joined = 0;
        for (const Membership& membership : state.installed.memberships()) {
            joined += covers(join, membership) ? 1U : 0U;
        }
        out +=
            encode_row({to_string(join.interface), source_word(join.source), to_string(join.group),
                        std::to_string(joined), origin_text(origin, showable.files)});
    }
    return out;
}

}  // namespace

Reply show_lines(std::string_view what, const Showable& showable) {
    Reply reply;
    if (what == "rules") {
        reply.pages = std::make_unique<RulePages>(showable);
    } else if (what == "pending") {
        reply.pages = std::make_unique<PendingPages>(showable);
    } else if (what == "config") {
        auto pages = std::make_unique<ConfigPages>(showable);
        reply.out = pages->phyints();
        reply.pages = std::move(pages);
    } else {
        reply.out = groups(showable);
    }
    return reply;
}

}  // namespace smcroute
