// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "options.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "config/suggest.h"
#include "control/command.h"
#include "mrdisc/announcer.h"
#include "os/file.h"

namespace smcroute {

namespace {

#ifndef SMCROUTE_VERSION
#define SMCROUTE_VERSION "unknown"
#endif
#ifndef SMCROUTE_SYSCONFDIR
#define SMCROUTE_SYSCONFDIR "/etc"
#endif
#ifndef SMCROUTE_RUNSTATEDIR
#define SMCROUTE_RUNSTATEDIR "/var/run"
#endif

// Beyond this an ID is no table of the kernel's (KERNEL.md 1: IPv6 takes less than 1e8).
constexpr uint32_t kMaxTable = 99'999'999;

// What is collected before defaults that depend on other options are filled in.
struct Draft {
    ClientStyle client;
    ServiceSettings service;
    bool daemon = false;
    bool help = false;
    bool version = false;
    bool check = false;
};

struct OptionWord {
    char letter;  // 0: long name only
    std::string_view name;
    std::string_view argument;  // empty: takes none
    std::string_view help;
    // An error says what is wrong with the argument.
    Status (*set)(Draft& draft, std::string_view argument);
};

Error usage(std::string text) { return {std::move(text), ExitStatus::kUsage}; }

Status set_log_level(Draft& draft, std::string_view argument) {
    const auto level = parse_log_level(argument);
    if (!level) {
        return usage(cat({"'", printable(argument),
                          "' is no log level (none, err, warning, notice, info, debug)"}));
    }
    draft.service.log_level = *level;
    return {};
}

Status set_ident(Draft& draft, std::string_view argument) {
    if (argument.empty() || argument.find('/') != argument.npos) {
        return usage(cat({"'", printable(argument), "' is no name for an instance"}));
    }
    draft.service.ident = argument;
    return {};
}

Status set_table(Draft& draft, std::string_view argument) {
    draft.service.table = parse_number<uint32_t>(argument);
    if (!draft.service.table || *draft.service.table == 0 || *draft.service.table > kMaxTable) {
        return usage(cat(
            {"'", printable(argument), "' is no table ID (1 to ", std::to_string(kMaxTable), ")"}));
    }
    return {};
}

Status set_mrdisc(Draft& draft, std::string_view argument) {
    const auto seconds = parse_number<unsigned>(argument);
    draft.service.mrdisc_interval = std::chrono::seconds(seconds.value_or(0));
    if (draft.service.mrdisc_interval < Announcer::kMinInterval ||
        draft.service.mrdisc_interval > Announcer::kMaxInterval) {
        return usage(cat({"'", printable(argument), "' is no interval (4 to 180 seconds)"}));
    }
    return {};
}

Status set_cache_timeout(Draft& draft, std::string_view argument) {
    const auto seconds = parse_number<uint32_t>(argument);
    if (!seconds) {
        return usage(cat({"'", printable(argument), "' is no number of seconds"}));
    }
    draft.service.cache_timeout = std::chrono::seconds(*seconds);
    return {};
}

Status set_json(Draft& draft, std::string_view /*argument*/) {
    draft.client.json = true;
    return {};
}

Status set_no_heading(Draft& draft, std::string_view /*argument*/) {
    draft.client.heading = false;
    return {};
}

Status set_check(Draft& draft, std::string_view argument) {
    draft.check = true;
    draft.service.config_file = argument;
    return {};
}

Status set_daemon(Draft& draft, std::string_view /*argument*/) {
    draft.daemon = true;
    return {};
}

Status set_foreground(Draft& draft, std::string_view /*argument*/) {
    draft.daemon = true;
    draft.service.foreground = true;
    return {};
}

Status set_no_vifs(Draft& draft, std::string_view /*argument*/) {
    draft.service.default_vifs = false;
    return {};
}

Status set_syslog(Draft& draft, std::string_view /*argument*/) {
    draft.service.syslog = true;
    return {};
}

Status set_help(Draft& draft, std::string_view /*argument*/) {
    draft.help = true;
    return {};
}

Status set_version(Draft& draft, std::string_view /*argument*/) {
    draft.version = true;
    return {};
}

template <std::string ServiceSettings::*member>
Status set_text(Draft& draft, std::string_view argument) {
    draft.service.*member = argument;
    return {};
}

// Relative to where we were started, wherever the daemon goes.
template <std::string ServiceSettings::*member>
Status set_path(Draft& draft, std::string_view argument) {
    draft.service.*member = absolute_path(std::string(argument));
    return {};
}

Status set_single(Draft& draft, std::string_view /*argument*/) {
    draft.service.single = true;
    return {};
}

constexpr std::array kOptions = {
    OptionWord{'d', "daemon", "", "start the daemon; return when it is ready", set_daemon},
    OptionWord{'n', "foreground", "", "start it in the foreground, logging to stderr",
               set_foreground},
    OptionWord{'f', "file", "FILE", "configuration file", set_path<&ServiceSettings::config_file>},
    OptionWord{'N', "no-vifs", "", "no VIF but on interfaces that a line or command names",
               set_no_vifs},
    OptionWord{'e', "exec", "CMD", "run CMD after each load and for each learned route",
               set_text<&ServiceSettings::hook>},
    OptionWord{'L', "log-level", "LEVEL", "none, err, warning, notice, info or debug",
               set_log_level},
    OptionWord{'s', "syslog", "", "log to syslog, as is usual unless in the foreground",
               set_syslog},
    OptionWord{'i', "ident", "NAME", "another instance: its own file, socket, pid file", set_ident},
    OptionWord{'m', "mrdisc", "SEC", "announce a router that often where phyint says mrdisc",
               set_mrdisc},
    OptionWord{'P', "pidfile", "FILE", "pid file", set_path<&ServiceSettings::pid_file>},
    OptionWord{'u', "socket", "FILE", "control socket, for daemon and client",
               set_path<&ServiceSettings::socket>},
    OptionWord{'p', "user", "USER[:GROUP]", "go on as that user after the start",
               set_text<&ServiceSettings::user>},
    OptionWord{0, "group", "NAME", "let that group use the commands that change nothing",
               set_text<&ServiceSettings::group>},
    OptionWord{'t', "table", "ID", "use that multicast routing table of the kernel", set_table},
    OptionWord{'c', "cache-timeout", "SEC", "drop learned streams silent for so long; 0: never",
               set_cache_timeout},
    OptionWord{0, "single", "", "one process, without a guard that outlives a crash", set_single},
    OptionWord{0, "json", "", "show and complain in JSON", set_json},
    OptionWord{0, "no-heading", "", "show tables without a heading", set_no_heading},
    OptionWord{'F', "check", "FILE", "check a configuration file and exit", set_check},
    OptionWord{'v', "version", "", "print the version and exit", set_version},
    OptionWord{'h', "help", "", "print this text and exit", set_help},
};

const OptionWord* find_letter(char letter) {
    const auto* const it = std::find_if(kOptions.begin(), kOptions.end(),
                                        [letter](const auto& o) { return o.letter == letter; });
    return it == kOptions.end() ? nullptr : &*it;
}

const OptionWord* find_long(std::string_view name) {
    const auto* const it = std::find_if(kOptions.begin(), kOptions.end(),
                                        [name](const auto& o) { return o.name == name; });
    return it == kOptions.end() ? nullptr : &*it;
}

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

class Parser {
public:
    explicit Parser(std::span<const std::string> words) : words_(words) {}

    Result<Draft> parse() {
        while (!words_.empty()) {
            const std::string& word = take();
            const Status status = !is_option(word)         ? unexpected(word)
                                  : word.starts_with("--") ? parse_long(word)
                                                           : parse_letters(word);
            if (!status) {
                return status.error();
            }
        }
        return std::move(draft_);
    }

private:
    const std::string& take() {
        const std::string& word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

    Status unexpected(const std::string& word) const {
        return usage(
            cat({"unexpected '", printable(word), "'",
                 last_.empty() ? ": a command begins with '-'" : cat({" after ", last_})}));
    }

    Status parse_long(const std::string& word) {
        const size_t equals = word.find('=');
        const std::string_view name = std::string_view(word).substr(2, equals - 2);
        const std::string bare = cat({"--", name});
        if (find_command(bare) != nullptr) {
            if (equals != word.npos) {
                return words_apart(bare, word);
            }
            take_command(word);
            return {};
        }
        const OptionWord* const option = find_long(name);
        if (option == nullptr) {
            return unknown(bare);
        }
        last_ = bare;
        if (equals != word.npos && option->argument.empty()) {
            return usage(cat({last_, " takes no argument"}));
        }
        if (equals != word.npos) {
            return set(*option, std::string_view(word).substr(equals + 1));
        }
        return set_with_next(*option);
    }

    // "-dn", "-nf FILE", "-Ldebug", "-a" or, at the end, "-da".
    Status parse_letters(const std::string& word) {
        for (size_t i = 1; i < word.size(); ++i) {
            last_ = cat({"-", {&word[i], 1}});
            const OptionWord* const option = find_letter(word[i]);
            const bool at_end = i + 1 == word.size();
            if (option == nullptr && find_command(last_) != nullptr) {
                if (!at_end) {
                    return words_apart(last_, word);
                }
                take_command(last_);
                return {};
            }
            if (option == nullptr) {
                return unknown(last_);
            }
            if (!option->argument.empty() && !at_end) {
                return set(*option, std::string_view(word).substr(i + 1));
            }
            if (const Status status = set_with_next(*option); !status) {
                return status;
            }
        }
        return {};
    }

    Status set_with_next(const OptionWord& option) {
        if (option.argument.empty()) {
            return option.set(draft_, {});
        }
        if (words_.empty() || is_option(words_.front())) {
            return missing_argument(option);
        }
        return set(option, take());
    }

    Status missing_argument(const OptionWord& option) const {
        return usage(cat({"missing ", option.argument, " after ", last_}));
    }

    // An option's argument may be attached to it, a command's may not.
    static Status words_apart(const std::string& command, const std::string& word) {
        return usage(
            cat({"'", printable(word), "': what follows ", command, " must be words of its own"}));
    }

    Status set(const OptionWord& option, std::string_view argument) {
        if (argument.empty()) {
            return missing_argument(option);
        }
        const Status status = option.set(draft_, argument);
        return status ? status : usage(cat({last_, ": ", status.error().text}));
    }

    // Its arguments run to the next word that begins with '-' (SPEC R2).
    void take_command(const std::string& word) {
        std::vector<std::string> command = {word};
        while (!words_.empty() && !is_option(words_.front())) {
            command.push_back(take());
        }
        last_ = word;
        draft_.service.commands.push_back(std::move(command));
    }

    static Status unknown(const std::string& word) {
        std::vector<std::string> known;
        for (const CommandWord& command : command_words()) {
            known.push_back(cat({"--", command.name}));
        }
        for (const OptionWord& option : kOptions) {
            known.push_back(cat({"--", option.name}));
        }
        const std::vector<std::string_view> names(known.begin(), known.end());
        const std::string hint = hint_for(word, names);
        return usage(cat({"unknown option '", printable(word), "'",
                          hint.starts_with(" (did") ? hint : " (smcroute -h lists them)"}));
    }

    std::span<const std::string> words_;
    Draft draft_;
    std::string last_;  // the option or command before the current word
};

void fill_in_paths(ServiceSettings& settings) {
    if (settings.config_file.empty()) {
        settings.config_file = cat({SMCROUTE_SYSCONFDIR "/", settings.ident, ".conf"});
    }
    if (settings.pid_file.empty()) {
        settings.pid_file = cat({SMCROUTE_RUNSTATEDIR "/", settings.ident, ".pid"});
    }
    if (settings.socket.empty()) {
        settings.socket = cat({SMCROUTE_RUNSTATEDIR "/", settings.ident});
    }
}

// What a client does over a connection is not for a daemon that is only starting: one that waited
// for interfaces before it reports ready would keep its starter waiting.
Status refuse_client_only(const ServiceSettings& settings) {
    for (const std::vector<std::string>& words : settings.commands) {
        const auto command = parse_command(words);
        if (command && is_for_client(*command)) {
            return usage(cat({words.front(), " needs a running daemon: call it after -d"}));
        }
    }
    return {};
}

// The commands are parsed here too, so that a wrong one fails before anything is done.
Status check_commands(const ServiceSettings& settings) {
    for (const std::vector<std::string>& words : settings.commands) {
        if (const auto command = parse_command(words); !command) {
            return command.error();
        }
    }
    return {};
}

// Metrics are a format of their own, which a program that asked for JSON could not read.
Status refuse_metrics_in_json(const Options& options) {
    for (const std::vector<std::string>& words : options.service.commands) {
        const auto command = parse_command(words);
        if (options.client.json && command && std::holds_alternative<Metrics>(*command)) {
            return usage(cat({words.front(), " has a format of its own: leave out --json"}));
        }
    }
    return {};
}

std::string usage_row(char letter, std::string_view name, std::string_view argument,
                      std::string_view help) {
    constexpr size_t kHelpColumn = 28;
    std::string row = letter == 0 ? "      " : cat({"  -", {&letter, 1}, ", "});
    row += cat({"--", name, argument.empty() ? "" : " ", argument});
    row += row.size() < kHelpColumn - 1 ? std::string(kHelpColumn - row.size(), ' ')
                                        : cat({"\n", std::string(kHelpColumn, ' ')});
    return cat({row, help, "\n"});
}

}  // namespace

Result<Options> parse_options(std::span<const std::string> arguments) {
    if (arguments.empty()) {
        return usage("");
    }
    auto draft = Parser(arguments).parse();
    if (!draft) {
        return draft.error();
    }
    Options options{.client = draft->client, .service = std::move(draft->service)};
    options.service.version = SMCROUTE_VERSION;
    fill_in_paths(options.service);
    if (draft->help || draft->version || draft->check) {
        options.mode = draft->help      ? Options::Mode::kHelp
                       : draft->version ? Options::Mode::kVersion
                                        : Options::Mode::kCheck;
        return options;
    }
    if (const Status status = check_commands(options.service); !status) {
        return status.error();
    }
    if (draft->daemon) {
        options.mode = Options::Mode::kDaemon;
        if (const Status status = refuse_client_only(options.service); !status) {
            return status.error();
        }
    } else if (options.service.commands.empty()) {
        return usage("nothing to do: neither -d nor a command was given");
    }
    if (const Status status = refuse_metrics_in_json(options); !status) {
        return status.error();
    }
    return options;
}

std::string usage_text() {
    std::string text =
        "Usage: smcroute -d|-n [OPTION...] [COMMAND...]   start the daemon\n"
        "       smcroute [OPTION...] COMMAND...           send commands to it\n"
        "\nOptions:\n";
    for (const OptionWord& option : kOptions) {
        text += usage_row(option.letter, option.name, option.argument, option.help);
    }
    text += "\nCommands:\n";
    for (const CommandWord& command : command_words()) {
        text += usage_row(command.letter, command.name, command.arguments, command.help);
    }
    return text + "\nSee smcroute(8) and smcroute.conf(5).\n";
}

std::string version_text() { return "smcroute " SMCROUTE_VERSION "\n"; }

}  // namespace smcroute
