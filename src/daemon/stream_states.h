// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// StreamStates: what becomes of a stream, in words that are true (SPEC R60) as far as one look at
// the kernel's counters tells. Where only an interval would tell, the weaker word is said; a client
// that looks twice puts the stronger one in its place (view/reading.h).
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "daemon/nearest_line.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"

namespace smcroute {

// One look at an entry.
struct StreamLook {
    const Flow& flow;
    const Installed::Entry& entry;
    bool is_covered = false;  // by the route that decides it, or by a rule
    bool waits = false;       // awaits(), and nothing has arrived there yet
    SlotSet down = 0;         // the VIFs that are down
    std::optional<FlowCounters> counters = std::nullopt;
    std::optional<std::chrono::milliseconds> idle = std::nullopt;  // since the last packet
};

class StreamStates {
public:
    // Borrows both.
    StreamStates(const RouterState& state, Kernel& kernel)
        : state_(state), kernel_(kernel), nearest_(state) {}

    // "arrives", "silent 12m", "wrong inbound: comes by eth3", …; nothing if it is not known.
    std::string text(const StreamLook& look, std::span<const std::string> files);

private:
    std::string uncovered_text(const StreamLook& look, std::span<const std::string> files);
    std::string wrong_inbound_text(const StreamLook& look) const;
    bool has_sent(Family family, SlotSet outbounds);

    const RouterState& state_;
    Kernel& kernel_;
    NearestLine nearest_;
    std::array<SlotSet, kFamilies.size()> sent_{};  // the VIFs by which anything ever left
};

}  // namespace smcroute
