// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The operator's script (-e CMD): what it is called with, and the seam to whoever may run it.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "mcast/route.h"

namespace smcroute {

struct ScriptCall {
    std::string word;    // its argument: "reload" or "install"
    std::string source;  // this and the next in its environment, unless empty
    std::string group;
};

// A reload where there is no flow.
ScriptCall script_call(const std::optional<Flow>& installed);

// The call as script_call() would make it, of words that come from somebody who is not trusted;
// nothing if they are not such a call.
std::optional<ScriptCall> verified(const ScriptCall& call);

// Starts it without waiting.
Result<pid_t> spawn_script(const std::string& command, const ScriptCall& call);

class ScriptRunner {
public:
    virtual ~ScriptRunner() = default;

    // Starts the script; its end is reported to whoever owns the queue. One at a time.
    virtual Status start(const ScriptCall& call) = 0;
    // One that a predecessor has started; its end is reported like that of ours.
    virtual bool is_running() const { return false; }
};

}  // namespace smcroute
