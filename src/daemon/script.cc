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

std::optional<ScriptCall> verified(const ScriptCall& call) {
    if (call.word == "reload" && call.source.empty() && call.group.empty()) {
        return script_call(std::nullopt);
    }
    const auto source = Address::parse(call.source);
    const auto group = Address::parse(call.group);
    if (call.word != "install" || !source || !group || !group->is_multicast() ||
        source->family() != group->family()) {
        return std::nullopt;
    }
    return script_call(Flow{.group = *group, .source = *source});
}

Result<pid_t> spawn_script(const std::string& command, const ScriptCall& call) {
    EnvironmentOverrides environment;
    if (!call.group.empty()) {
        environment = {{"source", call.source}, {"group", call.group}};
    }
    return spawn(command, {call.word}, environment);
}

}  // namespace smcroute
