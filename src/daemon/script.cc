// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/script.h"

#include "os/child.h"

namespace smcroute {

ScriptCall script_call(const std::optional<Flow>& installed) {
    return installed
               ? ScriptCall{"install", to_string(installed->source), to_string(installed->group)}
               : ScriptCall{"reload", "", ""};
}

Result<pid_t> spawn_script(const std::string& command, const ScriptCall& call) {
    EnvironmentOverrides environment;
    if (!call.group.empty()) {
        environment = {{"source", call.source}, {"group", call.group}};
    }
    return spawn(command, {call.word}, environment);
}

}  // namespace smcroute
