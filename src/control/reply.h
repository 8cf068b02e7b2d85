// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Reply: what a command answers. A success that has nothing to say is silent.
#pragma once

#include <string>

#include "base/result.h"
#include "base/text.h"

namespace smcroute {

struct Reply {
    ExitStatus status = ExitStatus::kOk;
    std::string out = {};      // for the client's stdout, whole lines
    std::string details = {};  // for its stderr, whole lines
    std::string reason = {};   // of a failure: one clause, shown last as "smcroute: REASON"
};

inline Reply reply_of(const Error& error) { return {.status = error.status, .reason = error.text}; }

// What the client's stderr shows.
inline std::string error_text(const Reply& reply) {
    return reply.reason.empty() ? reply.details
                                : cat({reply.details, "smcroute: ", reply.reason, "\n"});
}

}  // namespace smcroute
