// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/route_pages.h"

#include <cstdio>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/spec.h"
#include "daemon/line_pages.h"
#include "daemon/origin_text.h"
#include "daemon/shown_outbounds.h"
#include "daemon/star_reader.h"
#include "daemon/stream_states.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

// These rows take some hundred microseconds. Urgent work does not wait for them.
constexpr size_t kRowsInPage = 128;
constexpr size_t kMostColumns = 16;

// How many streams each rule has, by what tells it from the others.
using RuleId = std::tuple<Prefix, Prefix, IfPattern, std::vector<Prefix>>;
using StreamCounts = std::map<RuleId, size_t>;

std::string seconds_text(std::chrono::milliseconds time) {
    char text[32];
    snprintf(text, sizeof text, "%lld.%03d", static_cast<long long>(time.count() / 1000),
             static_cast<int>(time.count() % 1000));
    return text;
}

std::string pending_text(Family family, const IfPattern& inbound, const RouterState& state) {
    if (const auto why = why_pending(family, inbound, state)) {
        return compose("pending: {} ({})", to_string(inbound), to_string(*why));
    }
    return state.layouts[index_of(family)].made
               ? "pending: refused by the kernel"
               : compose("pending: {} is not routed", to_string(family));
}

void add_empty(Row& row, size_t count) { row.resize(row.size() + count); }

// The rules, in the order in which they were written.
class RuleRows final : public LinePages {
public:
    RuleRows(const Showable& showable, ShownOutbounds& outbounds, const StreamCounts& streams,
             const std::optional<Prefix>& group)
        : LinePages(showable), outbounds_(outbounds), streams_(streams), group_(group) {}

private:
    bool wants(Kind kind) const override { return kind == Kind::kRule; }
    void show_line(const JoinSpec& /*join*/, const Origin& /*origin*/,
                   std::string& /*out*/) override {}
    void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) override {
        const Family family = spec.group.family();
        if (group_ && !group_->overlaps(spec.group)) {
            return;
        }
        Row row = {source_word(spec.source), to_string(spec.group), to_string(spec.inbound)};
        const Path path{spec.inbound, spec.outbounds};
        outbounds_.begin();
        outbounds_.add(family, path, row);
        add_empty(row, 5);
        row.push_back(origin_text(origin, files_));
        row.push_back(state_text(spec));
        row.emplace_back("rule");
        add_row(out, row);
    }

    std::string state_text(const RouteSpec& spec) const {
        const auto it = streams_.find({spec.group, spec.source, spec.inbound, spec.except});
        if (it != streams_.end()) {
            return compose("rule, {}", count_of(it->second, "stream"));
        }
        if (spec.nolearn && !why_learns(spec) && state_.stars.serves(spec.group.address())) {
            return "rule, not learned";
        }
        return why_pending(spec.group.family(), spec.inbound, state_)
                   ? compose("rule, {}", pending_text(spec.group.family(), spec.inbound, state_))
                   : "rule, no stream yet";
    }

    ShownOutbounds& outbounds_;
    const StreamCounts& streams_;
    const std::optional<Prefix> group_;
};

// The next page begins after the last key, whatever has come or gone since.
class RoutePages final : public Pages {
public:
    RoutePages(const Show& command, const Showable& showable)
        : group_(command.group),
          state_(showable.state),
          kernel_(showable.kernel),
          files_(showable.files),
          outbounds_(showable.state),
          states_(showable.state, showable.kernel),
          stars_(showable.kernel, showable.state.installed),
          rules_(showable, outbounds_, streams_, command.group) {}

    More next(std::string& out, const Lookout& lookout) override {
        if (at_rules_) {
            return rules_.next(out, lookout);
        }
        auto entry = next_of(state_.installed.entries());
        auto route = next_of(state_.desired.routes());
        auto star = next_star();
        outbounds_.begin();
        for (size_t rows = 0; rows < kRowsInPage; ++rows) {
            const std::optional<Flow> flow = first_of(entry, route);
            // Entries for any source stand before the others of their group.
            if (star != state_.installed.stars().end() &&
                (!flow || star->first.group <= flow->group)) {
                write_star(star->first, star->second.entry, out);
                star_after_ = (star++)->first;
            } else if (!flow) {
                at_rules_ = true;
                return More::kYes;
            } else {
                write_next(*flow, entry, route, out);
            }
            if (lookout.sees_urgent()) {
                break;
            }
        }
        return More::kYes;
    }

private:
    // The streams of every rule are counted, so all entries are looked at if there are rules.
    bool looks_at_all() const { return !group_ || !state_.desired.rules().empty(); }
    template <typename Map>
    typename Map::Iterator next_of(const Map& map) const {
        return begin_after_ ? map.upper_bound(*begin_after_)
               : looks_at_all()
                   ? map.begin()
                   : map.lower_bound({group_->address(), Address::any(group_->family())});
    }
    // The smaller key of both; nothing at the end.
    template <typename Entry, typename Route>
    std::optional<Flow> first_of(Entry entry, Route route) const {
        const bool no_entry = entry == state_.installed.entries().end();
        const bool no_route = route == state_.desired.routes().end();
        if (no_entry && no_route) {
            return std::nullopt;
        }
        const Flow flow =
            no_route || (!no_entry && entry->first < route->first) ? entry->first : route->first;
        return looks_at_all() || flow.group <= group_->last() ? std::optional(flow) : std::nullopt;
    }
    // The few of other groups are passed over by write_star().
    Installed::Stars::const_iterator next_star() const {
        const Installed::Stars& stars = state_.installed.stars();
        return star_after_ ? stars.upper_bound(*star_after_) : stars.begin();
    }
    bool is_shown(const Flow& flow) const { return !group_ || group_->contains(flow.group); }

    // Both, where both have the flow, which is the next of either.
    template <typename Entry, typename Route>
    void write_next(const Flow& flow, Entry& entry, Route& route, std::string& out) {
        begin_after_ = flow;
        const bool is_route = route != state_.desired.routes().end() && route->first == flow;
        if (entry != state_.installed.entries().end() && entry->first == flow) {
            write(entry->first, entry->second, out);
            ++entry;
        } else {
            write_pending(route->first, route->second, out);
        }
        if (is_route) {
            ++route;
        }
    }

    static Row begin_row(std::string source, const Address& group,
                         const std::optional<IfName>& iif) {
        Row row;
        row.reserve(kMostColumns);
        row.push_back(std::move(source));
        row.push_back(to_string(group));
        row.push_back(iif ? to_string(*iif) : "");
        return row;
    }

    void write_star(const Installed::StarKey& key, const Installed::Entry& entry,
                    std::string& out) {
        const Family family = key.group.family();
        const Flow flow{key.group, Address::any(family)};
        const std::optional<IfName>& iif = state_.slots[index_of(family)].name(key.iif);
        const std::optional<Origin> rule = take_rules(flow, iif);
        if (!is_shown(flow)) {
            return;
        }
        Row row = begin_row("*", key.group, iif);
        outbounds_.add(family, entry, paths_, row);
        StreamLook look{.flow = flow,
                        .entry = entry,
                        .is_covered = rule.has_value(),
                        .down = outbounds_.down(family)};
        const auto found = stars_.entry(key);
        const bool is_known = found && *found;
        look.counters = is_known ? std::optional((*found)->counters) : stars_.counters(key);
        const bool is_used = look.counters && look.counters->packets > 0;
        look.idle = is_known && is_used ? (*found)->idle : std::nullopt;
        add_counters(look, row);
        row.push_back(rule ? origin_text(*rule, files_) : "");
        row.push_back(states_.text(look, files_));
        row.emplace_back(rule ? "static" : "blocked");
        add_row(out, row);
    }

    // An entry without a route that decides it is learned or blocked.
    void write(const Flow& flow, const Installed::Entry& entry, std::string& out) {
        const Slots& slots = state_.slots[index_of(flow.family())];
        const std::optional<IfName>& iif = slots.name(entry.iif);
        const Desired::Route* route = state_.desired.find(flow);
        if (route != nullptr &&
            (!slots.find(*route->path->inbound.name()) || state_.streams.find(flow) != nullptr)) {
            route = nullptr;  // the route waits for its inbound
        }
        const std::optional<Origin> rule = take_rules(flow, iif);
        if (!is_shown(flow)) {
            return;
        }
        if (route != nullptr) {
            paths_.push_back(route->path);
        }
        Row row = begin_row(to_string(flow.source), flow.group, iif);
        outbounds_.add(flow.family(), entry, paths_, row);
        StreamLook look{.flow = flow,
                        .entry = entry,
                        .is_covered = route != nullptr || rule,
                        .down = outbounds_.down(flow.family())};
        look_at_counters(look);
        add_counters(look, row);
        look.waits = route == nullptr && rule && waits_in_vain(look);
        const std::optional<Origin> origin = route != nullptr ? route->origin : rule;
        row.push_back(origin ? origin_text(*origin, files_) : "");
        row.push_back(states_.text(look, files_));
        const bool forwards = (entry.outbounds & state_.installed.live(flow.family())) != 0;
        row.emplace_back(route != nullptr          ? "static"
                         : forwards && !look.waits ? "learned"
                                                   : "blocked");
        add_row(out, row);
    }

    void write_pending(const Flow& flow, const Desired::Route& route, std::string& out) {
        if (!is_shown(flow)) {
            return;
        }
        Row row = {to_string(flow.source), to_string(flow.group), to_string(route.path->inbound)};
        outbounds_.add(flow.family(), *route.path, row);
        add_empty(row, 5);
        row.push_back(origin_text(route.origin, files_));
        row.push_back(pending_text(flow.family(), route.path->inbound, state_));
        row.emplace_back("static");
        add_row(out, row);
    }

    // Leaves the paths of the rules that match in paths_, counts the stream for them, and returns
    // where the first of them was written.
    std::optional<Origin> take_rules(const Flow& flow, const std::optional<IfName>& iif) {
        std::optional<Origin> first;
        paths_.clear();
        if (!iif) {
            return first;
        }
        const bool is_stream = state_.streams.find(flow) != nullptr;
        const RuleKey narrow{IfPattern(*iif), Prefix(flow.source), Prefix(flow.group)};
        state_.desired.rules().for_each_wider(narrow, [&](const RuleKey& key, const Rule& rule) {
            if (excepts(rule, flow.source)) {
                return;
            }
            paths_.push_back(rule.path);
            if (is_stream) {
                ++streams_[{key.group, key.source, key.inbound, rule.except}];
            }
            if (!first || comes_before(rule.origin, *first)) {
                first = rule.origin;
            }
        });
        return first;
    }

    // Before its first packet the kernel counts the idle time from when the entry was made.
    void look_at_counters(StreamLook& look) const {
        if (const auto counters = kernel_.counters(look.flow)) {
            look.counters = *counters;
        }
        if (look.counters && look.counters->packets > 0) {
            const auto idle = kernel_.idle_time(look.flow);
            look.idle = idle ? *idle : std::nullopt;
        }
    }

    void add_counters(const StreamLook& look, Row& row) const {
        if (look.counters) {
            row.push_back(std::to_string(look.counters->packets));
            row.push_back(std::to_string(look.counters->bytes));
            row.push_back(std::to_string(look.counters->wrong_if));
        } else {
            add_empty(row, 3);
        }
        row.push_back(std::to_string(state_.installed.age_of(look.entry).count()));
        row.push_back(look.idle ? seconds_text(*look.idle) : "");
    }

    // For a stream that was seen where no rule covers it: true if nothing has arrived where a rule
    // would take it.
    bool waits_in_vain(const StreamLook& look) const {
        return awaits(state_, look.flow) && look.counters &&
               look.counters->carried() ==
                   state_.streams.carried_before(*state_.streams.find(look.flow));
    }

    const std::optional<Prefix> group_;
    const RouterState& state_;
    Kernel& kernel_;
    const std::vector<std::string>& files_;
    ShownOutbounds outbounds_;
    StreamStates states_;
    StarReader stars_;
    StreamCounts streams_;
    RuleRows rules_;  // borrows the members above
    // The last ones written.
    std::optional<Flow> begin_after_;
    std::optional<Installed::StarKey> star_after_;
    std::vector<const Path*> paths_;
    bool at_rules_ = false;
};

}  // namespace

std::unique_ptr<Pages> route_pages(const Show& command, const Showable& showable) {
    return std::make_unique<RoutePages>(command, showable);
}

}  // namespace smcroute
