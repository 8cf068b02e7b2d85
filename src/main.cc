// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <net/if.h>

#include "config/read_config.h"
#include "control/client.h"
#include "daemon/alone.h"
#include "daemon/file_system.h"
#include "guard/guard.h"
#include "guard/leftovers.h"
#include "options.h"
#include "os/descriptors.h"
#include "os/output.h"
#include "second_names.h"
#include "view/json.h"
#include "why/why.h"

namespace smcroute {

namespace {

// Only names and indexes, which need no privilege.
Interfaces interfaces_here() {
    Interfaces interfaces;
    struct if_nameindex* const all = if_nameindex();
    for (const struct if_nameindex* each = all; each != nullptr && each->if_index != 0; ++each) {
        if (const auto name = IfName::parse(each->if_name)) {
            interfaces.apply({.interface = {.name = *name, .ifindex = each->if_index}});
        }
    }
    if_freenameindex(all);
    return interfaces;
}

ExitStatus status_of(const Result<ExitStatus>& result, const ClientStyle& style) {
    if (!result) {
        print_error(result.error(), style);
    }
    return result ? *result : result.error().status;
}

std::string text_of(const Diagnostic& diagnostic, bool json) {
    const bool is_error = diagnostic.severity == Severity::kError;
    return !json ? render(diagnostic) + '\n'
           : is_error
               ? render_json_error(to_string(diagnostic), static_cast<int>(ExitStatus::kConfig))
               : render_json_warning(to_string(diagnostic));
}

ExitStatus check(const Options& options, CalledAs name) {
    const std::string& path = options.service.config_file;
    const bool json = options.client.json;
    FileSystem files;
    const Interfaces present = interfaces_here();
    ReadConfig config = read_config(path, files, &present);
    if (name == CalledAs::kSmcrouted) {
        judge_as_smcrouted(config, present);
    }
    for (const Diagnostic& diagnostic : config.diagnostics) {
        fputs(text_of(diagnostic, json).c_str(), stderr);
    }
    if (config.missing) {
        print_error({compose("cannot read {}: no such file", path), ExitStatus::kConfig},
                    options.client);
    }
    if (config.missing || has_error(config.diagnostics)) {
        return ExitStatus::kConfig;
    }
    return options.live ? status_of(run_live(std::move(config), json), options.client)
                        : ExitStatus::kOk;
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

ExitStatus diagnose(const Options& options) {
    const ServiceSettings& service = options.service;
    const DiagnosisSettings settings{.socket = service.socket,
                                     .config_file = service.config_file,
                                     .table = service.table,
                                     .watched = options.client.watched,
                                     .json = options.client.json,
                                     .as_config = options.client.as_config};
    FileSystem files;
    files.expect_no_waiting();
    const Command& command = service.commands[0].command;
    const auto* const why = std::get_if<Why>(&command);
    const auto* const trace = std::get_if<Trace>(&command);
    return status_of(why != nullptr ? run_why(why->filter, settings, files)
                                    : run_trace(trace->filter, settings, files),
                     options.client);
}

ExitStatus print(const std::string& text) {
    put_out(text);
    return ExitStatus::kOk;
}

// Output that was asked for and could not be written is a failure, if nothing else has failed
// before. A failure of stderr can be reported only by the status.
ExitStatus with_output(ExitStatus status) {
    const Status written = output_status();
    if (!written) {
        fprintf(stderr, "smcroute: %s\n", written.error().text.c_str());
    }
    const bool failed = !written || ferror(stderr) != 0;
    return failed && status == ExitStatus::kOk ? ExitStatus::kSystem : status;
}

ExitStatus run(const std::string& program, const std::vector<std::string>& arguments) {
    prepare_descriptors();
    const CalledAs name = called_as(program);
    const auto options = parse_options(program, arguments);
    if (!options) {
        const bool json =
            std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
        return wrong_usage(options.error(), json);
    }
    if (!options->warning.empty()) {
        fprintf(stderr, "smcroute: warning: %s\n", options->warning.c_str());
    }
    switch (options->mode) {
        case Options::Mode::kHelp:
            return print(usage_text(name));
        case Options::Mode::kVersion:
            return print(version_text());
        case Options::Mode::kCheck:
            return check(*options, name);
        case Options::Mode::kDaemon:
            if (!options->service.single) {
                return run_guard(options->service, arguments);
            }
            release_store(options->service);
            return run_alone(options->service);
        case Options::Mode::kDiagnosis:
            return diagnose(*options);
        case Options::Mode::kClient:
            return run_client(options->service.socket, options->service.pid_file,
                              options->service.commands, options->client);
    }
    return ExitStatus::kUsage;
}

ExitStatus run_as(const std::string& program, const std::vector<std::string>& arguments) {
    return exit_status(called_as(program), with_output(run(program, arguments)));
}

}  // namespace

}  // namespace smcroute

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return static_cast<int>(smcroute::run_as(argc > 0 ? argv[0] : "", arguments));
}
