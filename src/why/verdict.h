// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The verdict: why a stream is not forwarded, a pure function of its Evidence. Each reason has a
// code that does not change, a sentence and a remedy; several may hold, and the one that stops the
// stream first is first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "why/evidence.h"
#include "why/verdict_words.h"

namespace smcroute {

// How far a stream gets.
enum class Step : uint8_t { kArrives, kAccepted, kMatched, kEntry, kOutbound, kLeft };

struct Finding {
    Verdict verdict = Verdict::kForwarded;
    Step step = Step::kLeft;
    std::string sentence;
    std::string remedy;  // a command or a line of the file; empty: nothing to do here
    // Which of the outlets of its evidence it is about.
    std::optional<size_t> outlet = std::nullopt;
};

// Not empty; kForwarded stands alone.
std::vector<Finding> judge(const Evidence& evidence);

inline bool flows(const std::vector<Finding>& findings) {
    return findings.front().verdict == Verdict::kForwarded;
}

}  // namespace smcroute
