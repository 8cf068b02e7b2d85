// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "second_names.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include <sys/auxv.h>

#include "base/text.h"
#include "config/if_doubt.h"
#include "option_table.h"
#include "os/file.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

using Words = std::vector<std::string>;

// One of their options, and ours that means the same.
struct Letter {
    char letter;
    std::string_view meaning;        // without its dashes; empty: there is none
    std::string_view argument = {};  // then: what follows it, if anything does
};

constexpr std::array kDaemonLetters = {
    Letter{'c', "cache-timeout"}, Letter{'d', "", "SEC"}, Letter{'D', "", "SEC"},
    Letter{'e', "exec"},          Letter{'f', "file"},    Letter{'F', "check"},
    Letter{'h', "help"},          Letter{'i', "ident"},   Letter{'I', "ident"},
    Letter{'l', "log-level"},     Letter{'m', "mrdisc"},  Letter{'n', "foreground"},
    Letter{'N', "no-vifs"},       Letter{'p', "user"},    Letter{'P', "pidfile"},
    Letter{'s', "syslog"},        Letter{'t', "table"},   Letter{'u', "", "FILE"},
    Letter{'S', "", "FILE"},      Letter{'v', "version"},
};
constexpr std::array kClientLetters = {
    Letter{'b', ""},         Letter{'d', ""},        Letter{'h', "help"}, Letter{'i', "ident"},
    Letter{'I', "ident"},    Letter{'j', "json"},    Letter{'p', ""},     Letter{'t', "no-heading"},
    Letter{'u', "", "FILE"}, Letter{'v', "version"},
};

constexpr std::string_view kDaemonUsage =
    "Usage: smcrouted [-hnNsv] [-c SEC] [-d SEC] [-D SEC] [-e CMD] [-f FILE] [-F FILE]\n"
    "                 [-i|-I NAME] [-l LEVEL] [-m SEC] [-p USER[:GROUP]] [-P FILE]\n"
    "                 [-t ID] [-u|-S FILE]\n";
constexpr std::string_view kClientUsage =
    "Usage: smcroutectl [-bdhjptv] [-i|-I NAME] [-u FILE] [COMMAND]\n"
    "\nCommands, which may be shortened:\n"
    "  add IIF [SOURCE] GROUP OIF...       remove IIF [SOURCE] GROUP [OIF...]\n"
    "  join IIF [SOURCE] GROUP             leave IIF [SOURCE] GROUP\n"
    "  show [routes|groups|interfaces|pending]\n"
    "  flush, help, kill, reload, version\n";

std::string_view argument_of(const Letter& letter) {
    const std::span<const OptionWord> words = option_words();
    const auto option = std::find_if(words.begin(), words.end(), [&letter](const OptionWord& each) {
        return each.name == letter.meaning;
    });
    return option == words.end() ? letter.argument : option->argument;
}

Error usage(std::string text) { return {std::move(text), ExitStatus::kUsage}; }

// What was given, in our words where there are any.
struct Given {
    Words options;
    Words rest;                        // words that belong to no option
    std::string socket;                // -u
    std::chrono::seconds delay{0};     // -d SEC
    std::chrono::seconds lifetime{0};  // -D SEC
    bool batch = false;
    bool details = false;
    bool plain = false;
};

Status set_seconds(std::chrono::seconds& to, char letter, std::string_view argument) {
    const auto seconds = parse_number<uint32_t>(argument);
    if (!seconds) {
        const std::string_view option(&letter, 1);
        return usage(compose("-{}: '{}' is not a number of seconds", option, printable(argument)));
    }
    to = std::chrono::seconds(*seconds);
    return {};
}

// An option that none of ours means.
Status set_other(CalledAs name, char letter, std::string_view argument, Given& given) {
    if (letter == 'u' || letter == 'S') {
        given.socket = argument;
    } else if (letter == 'b') {
        given.batch = true;
    } else if (letter == 'p') {
        given.plain = true;
    } else if (name == CalledAs::kSmcroutectl) {
        given.details = true;
    } else {
        return set_seconds(letter == 'd' ? given.delay : given.lifetime, letter, argument);
    }
    return {};
}

Status set(CalledAs name, const Letter& letter, std::string_view argument, Given& given) {
    if (letter.meaning.empty()) {
        return set_other(name, letter.letter, argument, given);
    }
    if (letter.letter == 't' && name == CalledAs::kSmcrouted && argument == "0") {
        return {};  // the default table, as the manual of smcrouted calls it
    }
    given.options.push_back(
        compose("--{}{}{}", letter.meaning, argument_of(letter).empty() ? "" : "=", argument));
    return {};
}

const Letter* find_letter(CalledAs name, char letter) {
    const std::span<const Letter> letters = name == CalledAs::kSmcrouted
                                                ? std::span<const Letter>(kDaemonLetters)
                                                : std::span<const Letter>(kClientLetters);
    const auto it = std::find_if(letters.begin(), letters.end(),
                                 [letter](const Letter& each) { return each.letter == letter; });
    return it == letters.end() ? nullptr : &*it;
}

// The letters of one word, of which the last may want the next word.
Status read_word(CalledAs name, std::string_view word, std::span<const std::string>& next,
                 Given& given) {
    for (word.remove_prefix(1); !word.empty();) {
        const std::string_view shown = word.substr(0, 1);
        const Letter* const letter = find_letter(name, word.front());
        word.remove_prefix(1);
        if (letter == nullptr) {
            return usage(compose("unknown option '-{}' (-h lists them)", printable(shown)));
        }
        std::string_view argument;
        if (const std::string_view wanted = argument_of(*letter); !wanted.empty()) {
            argument = std::exchange(word, {});
            if (argument.empty() && !next.empty()) {
                argument = next.front();
                next = next.subspan(1);
            }
            if (argument.empty()) {
                return usage(compose("missing {} after -{}", wanted, shown));
            }
        }
        if (Status status = set(name, *letter, argument, given); !status) {
            return status;
        }
    }
    return {};
}

// As getopt(3) does: letters may stand in one word, an argument may be attached, and options may
// follow other words.
Result<Given> read_words(CalledAs name, std::span<const std::string> words) {
    Given given;
    while (!words.empty()) {
        const std::string& word = words.front();
        words = words.subspan(1);
        if (word.size() < 2 || word[0] != '-') {
            given.rest.push_back(word);
        } else if (const Status status = read_word(name, word, words, given); !status) {
            return status.error();
        }
    }
    return given;
}

// Whoever gives the second name of our socket means ours.
void set_socket(const Given& given, Options& options) {
    const std::string path = absolute_path(given.socket);
    if (!path.empty() && path != second_name_of(options.service.socket)) {
        options.service.socket = path;
        options.client.any_network = true;
    }
}

// Where we were called, by a name that an upgrade must keep.
std::string path_of(const std::string& program) {
    const auto* const executed = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
    const bool is_path = program.find('/') != program.npos;
    return absolute_path(is_path || executed == nullptr ? program : executed);
}

Result<Options> parse_daemon(const std::string& program, Given given) {
    if (!given.rest.empty()) {
        return usage(
            compose("unexpected '{}' (smcroutectl takes commands)", printable(given.rest[0])));
    }
    given.options.insert(given.options.begin(), {"--daemon", "--no-vifs"});
    auto options = parse_options(given.options);
    if (!options) {
        return options;
    }
    const std::string usual = options->service.socket;
    set_socket(given, *options);
    ServiceSettings& service = options->service;
    service.second_socket = service.socket == usual;
    service.lenient = true;
    service.delay = given.delay;
    service.lifetime = given.lifetime;
    options->warning.clear();
    service.program = path_of(program);
    return options;
}

Result<Options> parse_client(Given given) {
    const bool is_named =
        std::any_of(given.options.begin(), given.options.end(),
                    [](const std::string& word) { return word.starts_with("--ident"); });
    if (given.batch || given.rest.empty()) {
        given.rest = {given.batch ? "batch" : "show"};
    }
    given.options.insert(given.options.end(), given.rest.begin(), given.rest.end());
    auto options = parse_options(given.options);
    if (!options) {
        return options;
    }
    options->client.any_network = is_named;
    set_socket(given, *options);
    options->client.as_smcroutectl = true;
    options->client.details = given.details;
    options->client.plain = given.plain;
    return options;
}

}  // namespace

CalledAs called_as(std::string_view program) {
    const std::string_view name = program.substr(program.rfind('/') + 1);
    return name == "smcrouted"     ? CalledAs::kSmcrouted
           : name == "smcroutectl" ? CalledAs::kSmcroutectl
                                   : CalledAs::kSmcroute;
}

Result<Options> parse_options(const std::string& program, std::span<const std::string> arguments) {
    const CalledAs name = called_as(program);
    if (name == CalledAs::kSmcroute) {
        return parse_options(arguments);
    }
    auto given = read_words(name, arguments);
    if (!given) {
        return given.error();
    }
    return name == CalledAs::kSmcrouted ? parse_daemon(program, *std::move(given))
                                        : parse_client(*std::move(given));
}

std::string usage_text(CalledAs name) {
    if (name == CalledAs::kSmcroute) {
        return usage_text();
    }
    return compose("{}\nThis is another name of smcroute: see smcrouted(8).\n",
                   name == CalledAs::kSmcrouted ? kDaemonUsage : kClientUsage);
}

ExitStatus exit_status(CalledAs name, ExitStatus status) {
    return name == CalledAs::kSmcroutectl && status != ExitStatus::kOk ? ExitStatus::kRefused
                                                                       : status;
}

void judge_as_smcrouted(ReadConfig& config, const Interfaces& present) {
    for (Diagnostic& each : config.diagnostics) {
        if (each.text.find(kNoThreshold) != each.text.npos) {
            each.severity = Severity::kError;
        } else if (each.text.starts_with(kNoFile)) {
            each.severity = Severity::kWarning;
        }
    }
    const auto judge = [&](const IfPattern& pattern, const Origin& origin) {
        const auto name = pattern.name();
        if (name && present.find(*name) == nullptr) {
            Diagnostic& error = config.diagnostics.emplace_back();
            error.file = config.files[origin.file];
            error.line = origin.line;
            error.text = missing_text(*name, present);
        }
    };
    for (const auto& [pattern, phyint] : config.desired.phyints()) {
        judge(pattern, phyint.origin);
    }
    const auto judge_outbounds = [&](const Path& path, const Origin& origin) {
        for (const IfPattern& outbound : path.outbounds) {
            judge(outbound, origin);
        }
    };
    for (const auto& [flow, route] : config.desired.routes()) {
        judge_outbounds(*route.path, route.origin);
    }
    for (const auto& [key, rules] : config.desired.rules().all()) {
        for (const Rule& rule : rules) {
            judge_outbounds(*rule.path, rule.origin);
        }
    }
}

}  // namespace smcroute
