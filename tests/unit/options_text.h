// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Options as a line of text, to compare whole.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "options.h"

namespace smcroute {

using Words = std::vector<std::string>;

inline Words words_of(std::string_view text) {
    Words words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        words.emplace_back(word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return words;
}

inline std::string_view word_of(Options::Mode mode) {
    constexpr std::string_view kWords[] = {"help",   "version", "check",
                                           "daemon", "client",  "diagnosis"};
    return kWords[static_cast<size_t>(mode)];
}

// " LABEL=VALUE" unless it is what is usual.
inline std::string unless(std::string_view usual, std::string_view label, std::string_view value) {
    return value == usual ? "" : compose(" {}={}", label, value);
}

// The mode, each setting that is not as usual, and the commands: "daemon foreground ident=lan |
// -k". Paths that follow from the name are left out.
inline std::string show(const Options& options) {
    const ServiceSettings& service = options.service;
    const ServiceSettings usual;
    std::string text(word_of(options.mode));
    text += service.foreground ? " foreground" : "";
    text += service.default_vifs ? "" : " no-vifs";
    text += service.syslog ? " syslog" : "";
    text += unless("3", "log", std::to_string(static_cast<int>(service.log_level)));
    text += unless("smcroute", "ident", service.ident);
    text += service.config_file.ends_with(compose("/{}.conf", service.ident))
                ? ""
                : compose(" file={}", service.config_file);
    text += service.pid_file.ends_with(compose("/{}.pid", service.ident))
                ? ""
                : compose(" pidfile={}", service.pid_file);
    text += service.socket.ends_with(compose("/{}", service.ident))
                ? ""
                : compose(" socket={}", service.socket);
    text += unless("", "exec", service.hook);
    text += unless("", "user", service.user);
    text += unless("", "group", service.group);
    text += service.table ? compose(" table={}", *service.table) : "";
    text += unless(std::to_string(usual.cache_timeout.count()), "cache",
                   std::to_string(service.cache_timeout.count()));
    text += unless(std::to_string(usual.mrdisc_interval.count()), "mrdisc",
                   std::to_string(service.mrdisc_interval.count()));
    for (const GivenCommand& command : service.commands) {
        text += " |";
        for (const std::string& word : command.words) {
            text += " " + word;
        }
    }
    return text;
}

}  // namespace smcroute
