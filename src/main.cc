// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "config/read_config.h"
#include "control/client.h"
#include "daemon/alone.h"
#include "daemon/file_system.h"
#include "guard/guard.h"
#include "options.h"
#include "os/descriptors.h"
#include "view/json.h"

namespace smcroute {

namespace {

ExitStatus check(const std::string& path) {
    FileSystem files;
    const ReadConfig config = read_config(path, files);
    for (const Diagnostic& diagnostic : config.diagnostics) {
        fprintf(stderr, "%s\n", render(diagnostic).c_str());
    }
    if (config.missing) {
        fprintf(stderr, "smcroute: cannot read %s: no such file\n", path.c_str());
    }
    return config.missing || has_error(config.diagnostics) ? ExitStatus::kConfig : ExitStatus::kOk;
}

ExitStatus wrong_usage(const Error& error, bool json) {
    if (error.text.empty()) {
        fputs(usage_text().c_str(), stderr);
    } else if (json) {
        fputs(render_json_error(error.text, static_cast<int>(error.status)).c_str(), stderr);
    } else {
        fprintf(stderr, "smcroute: %s\n", error.text.c_str());
    }
    return error.status;
}

ExitStatus print(const std::string& text) {
    fputs(text.c_str(), stdout);
    return ExitStatus::kOk;
}

ExitStatus run(const std::vector<std::string>& arguments) {
    prepare_descriptors();
    const auto options = parse_options(arguments);
    if (!options) {
        const bool json =
            std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
        return wrong_usage(options.error(), json);
    }
    switch (options->mode) {
        case Options::Mode::kHelp:
            return print(usage_text());
        case Options::Mode::kVersion:
            return print(version_text());
        case Options::Mode::kCheck:
            return check(options->service.config_file);
        case Options::Mode::kDaemon:
            return options->service.single ? run_alone(options->service)
                                           : run_guard(options->service, arguments);
        case Options::Mode::kClient:
            return run_client(options->service.socket, options->service.commands, options->client);
    }
    return ExitStatus::kUsage;
}

}  // namespace

}  // namespace smcroute

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(smcroute::run(arguments));
}
