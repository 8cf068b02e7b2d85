// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The operator's script (-e CMD): its argument and environment, and the seam to whoever may run it.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "mcast/route.h"

namespace smcroute {

struct ScriptCall {
    std::string word;    // the argument: "reload" or "install"
    std::string source;  // this and `group` go into the environment, unless empty
    std::string group;
};

// Without a flow it is a reload.
ScriptCall script_call(const std::optional<Flow>& installed);

// Checks a call from an untrusted sender. Returns the call as script_call() would make it; nothing
// if it is not such a call.
std::optional<ScriptCall> verified(const ScriptCall& call);

// Starts it without waiting.
Result<pid_t> spawn_script(const std::string& command, const ScriptCall& call);

class ScriptRunner {
public:
    virtual ~ScriptRunner() = default;

    // Starts the script; its end is reported to the owner of the queue. Only one runs at a time.
    virtual Status start(const ScriptCall& call) = 0;
    // Whether a script that a predecessor started still runs; its end is reported like that of
    // ours.
    virtual bool is_running() const { return false; }
};

}  // namespace smcroute
