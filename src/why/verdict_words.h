// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The names of the verdicts: codes for programs, which do not change, and what each means.
// smcroute(8) lists both.
#pragma once

#include <cstdint>
#include <string_view>

namespace smcroute {

// In the order of kVerdicts.
enum class Verdict : uint8_t {
    kNeverForwarded,
    kNoPackets,
    kNoDaemon,
    kTableTaken,
    kLocalSource,
    kReversePath,
    kDisabled,
    kNoMulticastFlag,
    kFull,
    kNoVif,
    kFiltered,
    kWrongInbound,
    kExcepted,
    kShadowed,
    kNoRule,
    kBlocked,
    kLoopsBack,
    kOutboundMissing,
    kOutboundDown,
    kTtlTooLow,
    kTooBig,
    kStorm,
    kForwarded,
};

struct VerdictWord {
    std::string_view code;     // in JSON and text
    std::string_view meaning;  // in the manual
};

const VerdictWord& word_of(Verdict verdict);

}  // namespace smcroute
