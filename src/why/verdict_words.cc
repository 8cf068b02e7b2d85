// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/verdict_words.h"

#include <array>
#include <cstddef>

namespace smcroute {

namespace {

// smcroute(8) lists these words: tests/man/check.sh compares.
constexpr std::array kVerdicts = {
    VerdictWord{"never-forwarded", "the group is one that no router forwards"},
    VerdictWord{"no-packets", "nothing arrives"},
    VerdictWord{"no-daemon", "no multicast router runs"},
    VerdictWord{"table-taken", "another program owns the table"},
    VerdictWord{"local-source", "this host itself is the source"},
    VerdictWord{"reverse-path", "the reverse path filter drops it"},
    VerdictWord{"disabled", "a phyint line keeps the interface out"},
    VerdictWord{"no-multicast-flag", "the interface carries no multicast"},
    VerdictWord{"full", "no room is left"},
    VerdictWord{"no-vif", "the interface takes no part"},
    VerdictWord{"filtered", "a packet filter drops it"},
    VerdictWord{"wrong-inbound", "it arrives by another interface"},
    VerdictWord{"excepted", "the rule excepts its source"},
    VerdictWord{"shadowed", "a route of its own hides the rule"},
    VerdictWord{"no-rule", "no line covers it"},
    VerdictWord{"blocked", "its entry leads nowhere"},
    VerdictWord{"loops-back", "it goes out where it came in"},
    VerdictWord{"outbound-missing", "the outbound is not there, or not in the entry"},
    VerdictWord{"outbound-down", "the outbound is down"},
    VerdictWord{"ttl-too-low", "its packets have no hop left"},
    VerdictWord{"too-big", "its packets do not fit the outbound"},
    VerdictWord{"storm", "the same packets come back"},
    VerdictWord{"forwarded", "it flows: look downstream"},
};
static_assert(kVerdicts.size() == static_cast<size_t>(Verdict::kForwarded) + 1);

}  // namespace

const VerdictWord& word_of(Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }

}  // namespace smcroute
