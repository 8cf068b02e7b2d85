// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Desired: what was asked for, by the configuration file and by clients. Routes are keyed by (S,G),
// since the kernel holds one entry for each; rules, joins and interface settings stand beside them.
// Nothing here says what the kernel holds, and nothing here can fail but for a request that makes
// no sense against what is there.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/chunk_map.h"
#include "base/result.h"
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
    using Routes = ChunkMap<Flow, Route>;
    // In order; plain ones (one interface, one source or any, one group) and the rest apart.
    using Joins = std::map<JoinSpec, Origin>;
    struct Phyint {
        PhyintSpec spec;
        Origin origin;  // the first of its lines
        uint32_t order = 0;
        // The lines whose word holds; each makes sense where the spec has that setting.
        Origin enable_origin{};
        Origin threshold_origin{};
    };
    using Phyints = std::map<IfPattern, Phyint>;

    Desired() = default;
    Desired(Desired&&) = default;
    Desired& operator=(Desired&&) = default;

    // What became of an addition, for the warnings of SPEC R15 and R23.
    struct Added {
        enum class How : uint8_t {
            kNew,
            kMerged,    // its key was there: the outbounds add up
            kReplaced,  // an exact route for this (S,G) from another inbound gave way
        };
        How how = How::kNew;
        Origin earlier;  // unless kNew: where the other came from

        friend bool operator==(const Added&, const Added&) = default;
    };

    Added add(const RouteSpec& spec, const Origin& origin);
    Added add(const JoinSpec& spec, const Origin& origin);
    Added add(const PhyintSpec& spec, const Origin& origin);

    // A route of a file that a client's has replaced. It is not asked for, and is again once that
    // is removed.
    struct Replaced {
        Path path;
        Origin origin;
    };

    // Takes the outbounds away, or with none given the whole route or rule. What is not there is an
    // error, and then nothing has changed.
    Status remove(const RouteSpec& spec);
    Status remove(const JoinSpec& spec);

    const Routes& routes() const { return routes_; }
    // Until the next addition or removal; null if there is none.
    const Route* find(const Flow& flow) const { return routes_.find(flow); }
    const std::map<Flow, Replaced>& replaced() const { return replaced_; }
    const Rules& rules() const { return rules_; }

    const Joins& joins() const { return joins_; }
    // Whether any join asks for this membership: an ASM one where the source is any.
    bool wants_join(const Interface& interface, const Flow& flow) const;

    // The settings of one interface: those of each line that matches it, the more specific first.
    PhyintSpec phyint(const IfName& interface) const;
    const Phyints& phyints() const { return phyints_; }
    // The line that keeps an interface out, if one does.
    std::optional<Origin> disabled_by(const IfName& interface) const;

    // The interfaces that are to have a VIF of this family because a line names them, in the order
    // in which slots are given: `phyint` lines (all, or only those that say `enable`), then routes
    // and joins. A `phyint … disable` is lay_out()'s to respect.
    enum class PhyintLines : uint8_t { kAll, kEnabling };
    std::vector<IfPattern> named(Family family, PhyintLines lines = PhyintLines::kAll) const;
    // Those of routes and joins alone, whatever `phyint` lines say, in the order of first mention.
    std::vector<IfPattern> mentioned(Family family) const {
        return pools_[index_of(family)].mentioned();
    }
    // Counts one more, or one less, mention outside any line: an order of first mention can be made
    // before the lines are there.
    void mention(Family family, const IfPattern& name) { pool(family).mention(name); }
    void unmention(Family family, const IfPattern& name) { pool(family).unmention(name); }

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
    // The lines that match, the more specific first.
    std::vector<const Phyint*> phyints_of(const IfName& interface) const;
    PathPool& pool(Family family) { return pools_[index_of(family)]; }
    // Puts another path in the place of `path`.
    void replace(Family family, const Path*& path, Path with);

    // Declared before what points into it.
    std::array<PathPool, kFamilies.size()> pools_;
    Routes routes_;
    std::map<Flow, Replaced> replaced_;
    Rules rules_;
    Joins joins_;
    Joins wide_joins_;  // the joins with a wildcard or a prefix, once more
    Phyints phyints_;
};

// The line that asks for this route or rule, its outbounds in the pool's order.
RouteSpec spec_of(const Flow& flow, const Desired::Route& route);
RouteSpec spec_of(const Flow& flow, const Path& path);
RouteSpec spec_of(const RuleKey& key, const Rule& rule);

// Calls visit(const IfPattern&, const Origin&) for each interface that a route, rule or join names,
// as often as it is named.
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
