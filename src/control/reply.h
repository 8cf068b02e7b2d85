// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Reply: what a command answers. A success that has nothing to say is silent.
#pragma once

#include <string>

#include "base/result.h"

namespace smcroute {

struct Reply {
    ExitStatus status = ExitStatus::kOk;
    std::string out = {};   // for the client's stdout
    std::string err = {};   // for its stderr, lines without the "smcroute: " that the client adds
};

inline Reply reply_of(const Error& error) {
    return {.status = error.status, .err = error.text + "\n"};
}

}  // namespace smcroute
