// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Desired: what the configuration file and clients asked for. Routes are keyed by (S,G), since the
// kernel holds one MFC entry for each; rules, joins and interface settings stand beside them.
// Nothing here says what the kernel holds. Nothing here fails except a request that contradicts
// what is there.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/result.h"
#include "mcast/flow_map.h"
#include "mcast/interfaces.h"
#include "mcast/path_pool.h"
#include "mcast/route.h"
#include "mcast/rules.h"

namespace smcroute {

class Desired {
public:
    struct Route {
        const Path* path;
        Origin origin;
    };
    using Routes = FlowMap<Route>;
    // Sorted; plain joins (one interface, one group, and one source or any) are kept apart from the
    // rest.
    using Joins = std::map<JoinSpec, Origin>;
    struct Phyint {
        PhyintSpec spec;
        Origin origin;  // from the first line about this interface
        uint32_t order = 0;
        // The line that set each value; meaningful only where the spec has that setting.
        Origin enable_origin{};
        Origin threshold_origin{};
    };
    using Phyints = std::map<IfPattern, Phyint>;

    Desired() = default;
    Desired(Desired&&) = default;
    Desired& operator=(Desired&&) = default;

    // The result of an addition, for the warnings of SPEC R15 and R23.
    struct Added {
        enum class How : uint8_t {
            kNew,
            kMerged,    // its key existed: the outbounds add up
            kReplaced,  // it displaced an exact route for this (S,G) from another inbound
        };
        How how = How::kNew;
        Origin earlier;  // unless kNew: the origin of the existing one

        friend bool operator==(const Added&, const Added&) = default;
    };

    Added add(const RouteSpec& spec, const Origin& origin);
    Added add(const JoinSpec& spec, const Origin& origin);
    Added add(const PhyintSpec& spec, const Origin& origin);

    // A route from a file that a client's route has replaced. It is not in effect, and is again
    // once the client's route is removed.
    struct Replaced {
        Path path;
        Origin origin;
    };

    // Removes the given outbounds, or the whole route or rule if none is given. Removing what is
    // not there is an error and changes nothing.
    Status remove(const RouteSpec& spec);
    Status remove(const JoinSpec& spec);

    const Routes& routes() const { return routes_; }
    // Valid until the next addition or removal; null if there is none.
    const Route* find(const Flow& flow) const { return routes_.find(flow); }
    const std::map<Flow, Replaced>& replaced() const { return replaced_; }
    const Rules& rules() const { return rules_; }

    const Joins& joins() const { return joins_; }
    // Whether any join asks for this membership (an ASM one where the source is any).
    bool wants_join(const Interface& interface, const Flow& flow) const;

    // The settings of one interface, merged from every line that matches it; the more specific line
    // wins.
    PhyintSpec phyint(const IfName& interface) const;
    const Phyints& phyints() const { return phyints_; }
    // The line that disables an interface, if one does.
    std::optional<Origin> disabled_by(const IfName& interface) const;

    // The interfaces that should have a VIF of this family because a line names them, in the order
    // in which slots are given: `phyint` lines (all, or only those that say `enable`), then routes
    // and joins. lay_out() is what respects `phyint … disable`.
    enum class PhyintLines : uint8_t { kAll, kEnabling };
    std::vector<IfPattern> named(Family family, PhyintLines lines = PhyintLines::kAll) const;
    // Only the interfaces that routes and joins name, whatever `phyint` lines say, in the order of
    // first mention.
    std::vector<IfPattern> mentioned(Family family) const {
        return pools_[index_of(family)].mentioned();
    }
    // Adds or removes one mention that belongs to no line: this can fix the order of first mention
    // before the lines are there.
    void mention(Family family, const IfPattern& name) { pool(family).mention(name); }
    void unmention(Family family, const IfPattern& name) { pool(family).unmention(name); }

    // How many rules say nolearn.
    size_t nolearn_count() const { return nolearn_count_; }
    // Exact routes and rules, of both families.
    size_t route_count() const;
    // Calls visit(Family, const Path&, uint32_t uses) for each path of routes and rules.
    template <typename Visit>
    void for_each_path(Visit visit) const {
        for (const Family family : kFamilies) {
            pools_[index_of(family)].for_each(
                [&](const Path& path, uint32_t uses) { visit(family, path, uses); });
        }
    }

    // Changes whenever named() of either family may have changed.
    uint64_t names_version() const;

private:
    Added add_route(const RouteSpec& spec, const Origin& origin);
    Added add_rule(const RouteSpec& spec, const Origin& origin);
    Status remove_route(const RouteSpec& spec);
    Status remove_rule(const RouteSpec& spec);
    // The lines that match an interface, the more specific first.
    std::vector<const Phyint*> phyints_of(const IfName& interface) const;
    PathPool& pool(Family family) { return pools_[index_of(family)]; }
    // Replaces `path` by another one.
    void replace(Family family, const Path*& path, Path with);

    // Declared before the members that point into it.
    std::array<PathPool, kFamilies.size()> pools_;
    Routes routes_;
    std::map<Flow, Replaced> replaced_;
    Rules rules_;
    size_t nolearn_count_ = 0;
    Joins joins_;
    Joins wide_joins_;  // the joins with a wildcard or a prefix, also kept here
    Phyints phyints_;
};

// The line that asks for this route or rule; its outbounds are in the pool's order.
RouteSpec spec_of(const Flow& flow, const Desired::Route& route);
RouteSpec spec_of(const Flow& flow, const Path& path);
RouteSpec spec_of(const RuleKey& key, const Rule& rule);

// Calls visit(const IfPattern&, const Origin&) for each interface that a route, rule or join names,
// once for each mention.
template <typename Visit>
void for_each_mention(const Desired& desired, Visit visit) {
    const auto visit_path = [&visit](const Path& path, const Origin& origin) {
        visit(path.inbound, origin);
        for (const IfPattern& outbound : path.outbounds) {
            visit(outbound, origin);
        }
    };
    for (const auto& [flow, route] : desired.routes()) {
        visit_path(*route.path, route.origin);
    }
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            visit_path(*rule.path, rule.origin);
        }
    }
    for (const auto& [join, origin] : desired.joins()) {
        visit(join.interface, origin);
    }
}

// True for one interface, one group, and one source or any.
bool is_plain(const JoinSpec& join);

}  // namespace smcroute
