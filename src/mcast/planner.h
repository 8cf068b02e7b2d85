// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The planner: the difference between what is desired and what is installed, as a list of ops. It
// alone decides what goes into the kernel. Start, reload, a command, an interface that comes or
// goes and an unknown stream all ask it, each for the scope it may have changed. Parts that are
// equal on both sides produce no op. Pure: it changes nothing, and an op that failed shows up in
// the next plan of that scope.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "mcast/desired.h"
#include "mcast/installed.h"
#include "mcast/interfaces.h"
#include "mcast/layout.h"
#include "mcast/op.h"
#include "mcast/slots.h"
#include "mcast/star_entries.h"
#include "mcast/streams.h"

namespace smcroute {

// Everything a decision depends on. Owned by the daemon.
struct RouterState {
    Desired desired;
    Streams streams;
    Interfaces interfaces;
    std::array<Slots, kFamilies.size()> slots;
    std::array<Layout, kFamilies.size()> layouts;
    Stars stars;  // of desired, slots and layouts
    Installed installed;
};

// Whether this stream's entry waits on another interface than the one where the stream was seen,
// because no rule covers it there. Packets seen elsewhere must not keep the stream from the
// interface where a rule would take it. False if there is no such stream or entry.
bool awaits(const RouterState& state, const Flow& flow);
// For a stream and its entry that have been found.
bool awaits(const RouterState& state, const Stream& stream, const Installed::Entry& entry);

// Every (S,G) with its group in one prefix and its source in another.
struct FlowRange {
    Prefix group;
    Prefix source;
};

// The parts that a change may have touched.
struct Scope {
    bool all_entries = false;
    bool all_joins = false;
    std::vector<Flow> flows = {};        // these entries
    std::vector<FlowRange> ranges = {};  // the entries in these ranges
    std::vector<JoinSpec> joins = {};    // the memberships of these joins

    static Scope everything() { return {.all_entries = true, .all_joins = true}; }
};

class Planner {
public:
    // Borrows the state. Entries and streams may change while the planner is used; desired,
    // interfaces and slots must not, since the planner remembers the slots of each path.
    explicit Planner(const RouterState& state) : state_(state) {}

    // The ops in the order in which they must be applied: VIFs in the way are deleted, VIFs and
    // joins are added, entries change, VIFs and joins no longer wanted are removed. VIFs are always
    // compared; if one changes, all entries are compared too.
    std::vector<Op> plan(const Scope& scope);

    // The op that brings one entry up to date; nothing if it is up to date.
    std::optional<Op> plan_entry(const Flow& flow);

    // The ops for the (*,G) entries of one group.
    std::vector<Op> plan_stars_of(const Address& group);

    // For packets of a group with (*,G) entries that came in there when none took them. Where no
    // rule does, a (*,G) entry without outbounds keeps the kernel from asking again, whoever sends.
    // The packets that wait are released, or dropped, by an entry for their source that goes at
    // once: while they wait, the kernel would not ask about that source again.
    std::vector<Op> plan_stray(const Flow& flow, Slot iif);

    // Whether an exact route decides this entry: the route exists and its inbound has a VIF. A
    // route whose inbound has no VIF leaves the stream to the rules.
    bool has_route(const Flow& flow);

    // The existing interfaces where some rule would take this stream. Costs one probe for each VIF
    // and shape of rule, however many rules there are.
    SlotSet ruled_inbounds(const Flow& flow) const;

private:
    // A path in slots.
    struct ResolvedPath {
        std::optional<Slot> inbound;  // set for an exact inbound that has a slot
        SlotSet outbounds = 0;        // that have a slot, whether the interface exists or not
        bool loops = false;           // the exact inbound is an exact outbound too
    };
    // The entry as it should be.
    struct WantedEntry {
        Slot iif = 0;
        SlotSet outbounds = 0;
        bool is_routed = false;  // an exact route decides it
        bool is_ruled = false;   // some rule takes the stream there
    };

    void plan_vifs(Family family, std::vector<Op>& early, std::vector<Op>& late) const;
    void plan_joins(const Scope& scope, std::vector<Op>& joins, std::vector<Op>& leaves);
    void plan_unwanted_joins(std::vector<Op>& joins, std::vector<Op>& leaves) const;
    void plan_join(const JoinSpec& join, std::vector<Op>& joins, std::vector<Op>& leaves);
    void plan_entries(const Scope& scope, std::vector<Op>& ops);
    // In planner_stars.cc. `late`: what must come after all other entries.
    void plan_stars(const Scope& scope, std::vector<Op>& ops, std::vector<Op>& late);
    void plan_star_group(const Address& group, std::vector<Op>& ops, std::vector<Op>& late);
    void put_stars(const Address& group, const std::vector<StarEntry>& wanted, std::vector<Op>& ops,
                   std::vector<Op>& late) const;
    void put_star(const Address& group, const StarEntry& wanted, SlotSet anew, std::vector<Op>& ops,
                  std::vector<Op>& late) const;
    void drop_stars(const Address& group, SlotSet wanted, std::vector<Op>& late) const;
    bool can_add_in_order(const Address& group, const std::vector<StarEntry>& wanted) const;
    bool is_current(const Address& group, const StarEntry& wanted) const;
    void plan_sources(const Scope& scope, std::vector<Op>& ops);
    void plan_all_entries(std::vector<Op>& ops);
    void plan_range(const FlowRange& range, std::vector<Op>& ops);

    // What both sides have for one flow; null where they have nothing.
    struct Known {
        const Flow& flow;
        const Desired::Route* route;
        const Installed::Entry* have;
    };
    Known known_of(const Flow& flow) const;
    std::optional<Op> plan_entry(const Known& known);

    ResolvedPath resolve(Family family, const Path* path);
    ResolvedPath resolve_anew(Family family, const Path& path) const;
    std::optional<WantedEntry> wanted(const Flow& flow, const Desired::Route* route);
    std::optional<WantedEntry> wanted_of(const Flow& flow, const Stream& stream);
    Slot awaited_slot(Family family, const Stream& stream, SlotSet ruled) const;
    bool is_live(Family family, std::optional<Slot> slot) const;
    WantedEntry wanted_from(const IfName& inbound, Slot iif, const Flow& flow, const Path* own);
    bool is_current(Family family, const Installed::Entry& entry, const WantedEntry& wanted) const;
    Ttls ttls_to(Family family, SlotSet outbounds) const;

    const RouterState& state_;
    // Those asked for before the last one: most planners ask for one only.
    std::unordered_map<const Path*, ResolvedPath> resolved_;
    const Path* last_path_ = nullptr;
    ResolvedPath last_;
    std::set<Membership> joined_;  // joined by this plan: two joins may ask for the same group
};

}  // namespace smcroute
