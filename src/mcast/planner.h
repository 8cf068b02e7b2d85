// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The planner: the difference between what is desired and what is installed, as a list of ops. It
// is the only thing that decides what goes into the kernel; start, reload, a command, an interface
// that comes or goes and an unknown stream all ask it, each for the scope it may have changed. What
// is equal on both sides produces no op. Pure: it changes nothing, and what fails to be applied
// shows up in the next plan of that scope.
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
#include "mcast/streams.h"

namespace smcroute {

// Everything a decision depends on. Owned by the daemon.
struct RouterState {
    Desired desired;
    Streams streams;
    Interfaces interfaces;
    std::array<Slots, kFamilies.size()> slots;
    std::array<Layout, kFamilies.size()> layouts;
    Installed installed;
};

// Whether the entry of this stream waits for it on another interface than where it was seen: no
// rule covers it there. Packets that come elsewhere must not keep it from where a rule would take
// it. False where there is no such stream or entry.
bool awaits(const RouterState& state, const Flow& flow);

// Every (S,G) with its group in one prefix and its source in another.
struct FlowRange {
    Prefix group;
    Prefix source;
};

// What a change may have touched.
struct Scope {
    bool all_entries = false;
    bool all_joins = false;
    std::vector<Flow> flows = {};        // these entries
    std::vector<FlowRange> ranges = {};  // the entries in these ranges
    std::vector<JoinSpec> joins = {};    // the memberships of these

    static Scope everything() { return {.all_entries = true, .all_joins = true}; }
};

class Planner {
public:
    // Borrows the state. Entries and streams may change while the planner is used; what is desired,
    // the interfaces and their slots must not, since it remembers what a path means.
    explicit Planner(const RouterState& state) : state_(state) {}

    // The ops in the order in which they are to be applied: VIFs that are in the way leave, VIFs
    // and joins arrive, entries change, VIFs and joins that are no longer wanted leave. VIFs are
    // always compared; where one changes, all entries are.
    std::vector<Op> plan(const Scope& scope);

    // The op that brings one entry up to date; nothing if it is so.
    std::optional<Op> plan_entry(const Flow& flow);

    // Whether an exact route decides this entry: there is one and its inbound has a VIF. One that
    // has none leaves a stream to the rules.
    bool has_route(const Flow& flow);

    // The interfaces that exist where some rule would take this stream: so many probes as there are
    // VIFs and shapes of rules, however many rules there are.
    SlotSet ruled_inbounds(const Flow& flow) const;

private:
    // What a path means in slots.
    struct ResolvedPath {
        std::optional<Slot> inbound;  // only of an exact inbound that has a slot
        SlotSet outbounds = 0;        // with a slot, whether the interface exists or not
        bool loops = false;           // the exact inbound is an exact outbound too
    };
    // What an entry should be.
    struct WantedEntry {
        Slot iif = 0;
        SlotSet outbounds = 0;
        bool is_routed = false;  // an exact route decides it
    };

    void plan_vifs(Family family, std::vector<Op>& early, std::vector<Op>& late) const;
    void plan_joins(const Scope& scope, std::vector<Op>& joins, std::vector<Op>& leaves);
    void plan_unwanted_joins(std::vector<Op>& joins, std::vector<Op>& leaves) const;
    void plan_join(const JoinSpec& join, std::vector<Op>& joins, std::vector<Op>& leaves);
    void plan_entries(const Scope& scope, std::vector<Op>& ops);
    void plan_all_entries(std::vector<Op>& ops);
    void plan_range(const FlowRange& range, std::vector<Op>& ops);

    const ResolvedPath& resolve(Family family, const Path* path);
    std::optional<WantedEntry> wanted(const Flow& flow);
    std::optional<WantedEntry> wanted_of(const Flow& flow, const Stream& stream);
    Slot awaited_slot(Family family, const Stream& stream, SlotSet ruled) const;
    bool is_live(Family family, std::optional<Slot> slot) const;
    WantedEntry wanted_from(const IfName& inbound, Slot iif, const Flow& flow, const Path* own);
    bool is_current(Family family, const Installed::Entry& entry, const WantedEntry& wanted) const;

    const RouterState& state_;
    std::unordered_map<const Path*, ResolvedPath> resolved_;
    std::set<Membership> joined_;  // by this plan: two joins may ask for the same
};

}  // namespace smcroute
