// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "option_table.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "base/text.h"
#include "mrdisc/announcer.h"
#include "os/file.h"

namespace smcroute {

namespace {

// A higher ID is no table of the kernel (KERNEL.md 1: IPv6 takes less than 1e8).
constexpr uint32_t kMaxTable = 99'999'999;

Error usage(std::string text) { return {std::move(text), ExitStatus::kUsage}; }

Status set_log_level(Draft& draft, std::string_view argument) {
    const auto level = parse_log_level(argument);
    if (!level) {
        return usage(compose("'{}' is not a log level (none, err, warning, notice, info, debug)",
                             printable(argument)));
    }
    draft.service.log_level = *level;
    return {};
}

Status set_ident(Draft& draft, std::string_view argument) {
    if (argument.empty() || argument.find('/') != argument.npos) {
        return usage(compose("'{}' is not a name for an instance", printable(argument)));
    }
    draft.service.ident = argument;
    return {};
}

Status set_table(Draft& draft, std::string_view argument) {
    draft.service.table = parse_number<uint32_t>(argument);
    if (!draft.service.table || *draft.service.table == 0 || *draft.service.table > kMaxTable) {
        return usage(compose("'{}' is not a table ID (1 to {})", printable(argument), kMaxTable));
    }
    return {};
}

Status set_mrdisc(Draft& draft, std::string_view argument) {
    const auto seconds = parse_number<unsigned>(argument);
    draft.service.mrdisc_interval = std::chrono::seconds(seconds.value_or(0));
    if (draft.service.mrdisc_interval < Announcer::kMinInterval ||
        draft.service.mrdisc_interval > Announcer::kMaxInterval) {
        return usage(compose("'{}' is not an interval (4 to 180 seconds)", printable(argument)));
    }
    return {};
}

Status set_watched(Draft& draft, std::string_view argument) {
    constexpr uint32_t kLongest = 3600;
    const auto seconds = parse_number<uint32_t>(argument).value_or(0);
    if (seconds == 0 || seconds > kLongest) {
        return usage(compose("'{}' is not a time to watch (1 to {} seconds)", printable(argument),
                             kLongest));
    }
    draft.client.watched = std::chrono::seconds(seconds);
    return {};
}

Status set_cache_timeout(Draft& draft, std::string_view argument) {
    const auto seconds = parse_number<uint32_t>(argument);
    if (!seconds) {
        return usage(compose("'{}' is not a number of seconds", printable(argument)));
    }
    draft.service.cache_timeout = std::chrono::seconds(*seconds);
    return {};
}

Status set_check(Draft& draft, std::string_view argument) {
    draft.check = true;
    draft.service.config_file = argument;
    return {};
}

Status set_foreground(Draft& draft, std::string_view /*argument*/) {
    draft.daemon = true;
    draft.service.foreground = true;
    return {};
}

template <bool Draft::*member>
Status set_mode(Draft& draft, std::string_view /*argument*/) {
    draft.*member = true;
    return {};
}

template <bool ServiceSettings::*member, bool value>
Status set_service(Draft& draft, std::string_view /*argument*/) {
    draft.service.*member = value;
    return {};
}

template <bool ClientStyle::*member, bool value>
Status set_client(Draft& draft, std::string_view /*argument*/) {
    draft.client.*member = value;
    return {};
}

template <std::string ServiceSettings::*member>
Status set_text(Draft& draft, std::string_view argument) {
    draft.service.*member = argument;
    return {};
}

// Relative to the directory where we were started, wherever the daemon goes.
template <std::string ServiceSettings::*member>
Status set_path(Draft& draft, std::string_view argument) {
    draft.service.*member = absolute_path(std::string(argument));
    return {};
}

constexpr std::array kOptions = {
    OptionWord{'d', "daemon", "", "start the daemon; return when it is ready",
               set_mode<&Draft::daemon>},
    OptionWord{'n', "foreground", "", "start it in the foreground, logging to stderr",
               set_foreground},
    OptionWord{'f', "file", "FILE", "configuration file", set_path<&ServiceSettings::config_file>},
    OptionWord{'N', "no-vifs", "", "add VIFs only for interfaces that a line or command names",
               set_service<&ServiceSettings::default_vifs, false>},
    OptionWord{'e', "exec", "CMD", "run CMD after each load and for each learned route",
               set_text<&ServiceSettings::hook>},
    OptionWord{'L', "log-level", "LEVEL", "none, err, warning, notice, info or debug",
               set_log_level},
    OptionWord{'s', "syslog", "", "log to syslog (the default with -d)",
               set_service<&ServiceSettings::syslog, true>},
    OptionWord{'i', "ident", "NAME", "another instance: its own file, socket, pid file", set_ident},
    OptionWord{'m', "mrdisc", "SEC", "seconds between announcements where phyint says mrdisc",
               set_mrdisc},
    OptionWord{'P', "pidfile", "FILE", "pid file", set_path<&ServiceSettings::pid_file>},
    OptionWord{'u', "socket", "FILE", "control socket, for daemon and client",
               set_path<&ServiceSettings::socket>},
    OptionWord{'p', "user", "USER[:GROUP]", "run as this user after the start",
               set_text<&ServiceSettings::user>},
    OptionWord{0, "group", "NAME", "let this group use the commands that change nothing",
               set_text<&ServiceSettings::group>},
    OptionWord{'t', "table", "ID", "use this multicast routing table of the kernel", set_table},
    OptionWord{'4', "ipv4", "", "route IPv4 only (with -6: both)",
               set_service<&ServiceSettings::ipv4, true>},
    OptionWord{'6', "ipv6", "", "route IPv6 only (with -4: both)",
               set_service<&ServiceSettings::ipv6, true>},
    OptionWord{'c', "cache-timeout", "SEC", "drop learned streams after SEC of silence; 0: never",
               set_cache_timeout},
    OptionWord{0, "single", "", "run as one process, without a guard",
               set_service<&ServiceSettings::single, true>},
    OptionWord{0, "json", "", "print tables and errors as JSON",
               set_client<&ClientStyle::json, true>},
    OptionWord{0, "no-heading", "", "show tables without a heading",
               set_client<&ClientStyle::heading, false>},
    OptionWord{0, "dot", "", "show map: print it as a graph for Graphviz",
               set_client<&ClientStyle::dot, true>},
    OptionWord{0, "seconds", "SEC", "how long --why and --trace watch packets (5)", set_watched},
    OptionWord{0, "config", "", "print what --trace sees as configuration lines",
               set_client<&ClientStyle::as_config, true>},
    OptionWord{'F', "check", "FILE", "check a configuration file and exit", set_check},
    OptionWord{0, "live", "", "with -F: judge the file by this machine's interfaces too",
               set_mode<&Draft::live>},
    OptionWord{'v', "version", "", "print the version and exit", set_mode<&Draft::version>},
    OptionWord{'h', "help", "", "print this text and exit", set_mode<&Draft::help>},
};

}  // namespace

std::span<const OptionWord> option_words() { return kOptions; }

}  // namespace smcroute
