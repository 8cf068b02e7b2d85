// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "options.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "config/suggest.h"
#include "control/command.h"
#include "control/spelling.h"
#include "option_table.h"

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

Error usage(std::string text) { return {std::move(text), ExitStatus::kUsage}; }

template <typename Matches>
const OptionWord* find_option(Matches matches) {
    const std::span<const OptionWord> words = option_words();
    const auto it = std::find_if(words.begin(), words.end(), matches);
    return it == words.end() ? nullptr : &*it;
}

const OptionWord* find_letter(char letter) {
    return find_option([letter](const OptionWord& option) { return option.letter == letter; });
}

const OptionWord* find_long(std::string_view name) {
    return find_option([name](const OptionWord& option) { return option.name == name; });
}

bool is_long_name(std::string_view name) {
    return find_long(name) != nullptr || find_command(compose("--{}", name)) != nullptr;
}

// For letters of releases 2.2 to 2.6 that have another meaning here.
std::string_view hint_for_former(std::string_view word) {
    return word == "-I"   ? "did you mean '-i'?"
           : word == "-S" ? "did you mean '-u'?"
           : word == "-b" ? "did you mean '--batch'?"
           : word == "-D" ? "-d returns when the daemon is ready"
                          : "";
}

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

class Parser {
public:
    explicit Parser(std::span<const std::string> words) : words_(words) {}

    Result<Draft> parse() {
        while (!words_.empty()) {
            const std::string& word = take();
            const Status status = !is_option(word)         ? take_word(word)
                                  : word.starts_with("--") ? parse_long(word)
                                                           : parse_letters(word);
            if (!status) {
                return status.error();
            }
        }
        return std::move(draft_);
    }

    // The commands are parsed here too, so that a wrong one fails before anything is done.
    Result<std::vector<GivenCommand>> commands() {
        std::vector<GivenCommand> all;
        for (std::vector<std::string>& words : commands_) {
            auto command = parse_command(words);
            if (!command) {
                return wrong_command(words, command.error());
            }
            all.push_back({std::move(words), std::move(*command)});
        }
        return all;
    }

private:
    const std::string& take() {
        const std::string& word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

    // A command without its dashes, which may be shortened.
    Status take_word(const std::string& word) {
        auto words = spell_out(with_arguments(word));
        if (!words) {
            return words.error();
        }
        if (words->front() == "help" || words->front() == "version") {
            return parse_long(compose("--{}", words->front()));
        }
        if (find_command(words->front()) == nullptr) {
            return unexpected(word);
        }
        last_ = word;
        commands_.push_back(*std::move(words));
        return {};
    }

    Status unexpected(const std::string& word) const {
        const bool is_option_name = find_long(word) != nullptr;
        const std::string near =
            is_option_name ? compose("--{}", word) : std::string(near_command(word));
        return usage(
            compose("unexpected '{}'{}{}", printable(word),
                    last_.empty() ? ": there is no such command" : compose(" after {}", last_),
                    !near.empty()   ? compose(" (did you mean '{}'?)", near)
                    : last_.empty() ? " (smcroute -h lists them)"
                                    : ""));
    }

    static std::string_view near_command(std::string_view word) {
        std::vector<std::string_view> names;
        for (const CommandWord& command : command_words()) {
            names.push_back(command.name);
        }
        return nearest_of(word, names);
    }

    Status parse_long(const std::string& word) {
        const size_t equals = word.find('=');
        const std::string_view name = std::string_view(word).substr(2, equals - 2);
        const std::string bare = compose("--{}", name);
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
            return usage(compose("{} takes no argument", last_));
        }
        if (equals != word.npos) {
            return set(*option, std::string_view(word).substr(equals + 1));
        }
        return set_with_next(*option);
    }

    // "-dn", "-nf FILE", "-Ldebug", "-a" or, at the end, "-da".
    Status parse_letters(const std::string& word) {
        if (word.size() > 2 && is_long_name(std::string_view(word).substr(1))) {
            return usage(compose("unknown option '{}' (did you mean '-{}'?)", word, word));
        }
        for (size_t i = 1; i < word.size(); ++i) {
            last_ = compose("-{}", std::string_view(&word[i], 1));
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
        return usage(compose("missing {} after {}", option.argument, last_));
    }

    // An option's argument may be attached to it, a command's may not.
    static Status words_apart(const std::string& command, const std::string& word) {
        return usage(
            compose("'{}': what follows {} must be separate words", printable(word), command));
    }

    Status set(const OptionWord& option, std::string_view argument) {
        if (argument.empty()) {
            return missing_argument(option);
        }
        const Status status = option.set(draft_, argument);
        return status ? status : usage(compose("{}: {}", last_, status.error().text));
    }

    void take_command(const std::string& word) {
        commands_.push_back(with_arguments(word));
        last_ = word;
    }

    // A command's arguments run to the next word that begins with '-' (SPEC R2).
    std::vector<std::string> with_arguments(const std::string& word) {
        std::vector<std::string> command = {word};
        while (!words_.empty() && !is_option(words_.front())) {
            command.push_back(take());
        }
        return command;
    }

    static Status unknown(const std::string& word) {
        std::vector<std::string> known;
        for (const CommandWord& command : command_words()) {
            known.push_back(compose("--{}", command.name));
        }
        for (const OptionWord& option : option_words()) {
            known.push_back(compose("--{}", option.name));
        }
        const std::vector<std::string_view> names(known.begin(), known.end());
        const std::string_view near = nearest_of(word, names);
        const std::string_view former = hint_for_former(word);
        const std::string hint = !former.empty() ? std::string(former)
                                 : near.empty()  ? "smcroute -h lists them"
                                                 : compose("did you mean '{}'?", near);
        return usage(compose("unknown option '{}' ({})", printable(word), hint));
    }

    // In releases 2.2 to 2.6 this was the log level.
    static Error wrong_command(const std::vector<std::string>& words, const Error& error) {
        const bool is_level =
            words.size() == 2 && words[0] == "-l" && parse_log_level(words[1]).has_value();
        return is_level ? usage(compose("-l leaves a group (did you mean '-L {}'?)", words[1]))
                        : error;
    }

    std::span<const std::string> words_;
    std::vector<std::vector<std::string>> commands_;
    Draft draft_;
    std::string last_;  // the option or command before the current word
};

void fill_in_paths(ServiceSettings& settings) {
    settings.config_named = !settings.config_file.empty();
    if (settings.config_file.empty()) {
        settings.config_file = compose("{}{}.conf", SMCROUTE_SYSCONFDIR "/", settings.ident);
    }
    if (settings.pid_file.empty()) {
        settings.pid_file = compose("{}{}.pid", SMCROUTE_RUNSTATEDIR "/", settings.ident);
    }
    if (settings.socket.empty()) {
        settings.socket = compose("{}{}", SMCROUTE_RUNSTATEDIR "/", settings.ident);
    }
}

// Neither a daemon nor another command has a part in it.
Status refuse_beside(const std::vector<GivenCommand>& commands, bool starts_daemon) {
    for (const GivenCommand& given : commands) {
        if (course_of(given.words) == Course::kAlone && (starts_daemon || commands.size() > 1)) {
            return usage(compose("{} must be called by itself", given.words[0]));
        }
    }
    return {};
}

// A daemon that waited for interfaces before it reports ready would keep its caller waiting.
Status refuse_for_daemon(const std::vector<GivenCommand>& commands) {
    for (const GivenCommand& given : commands) {
        if (course_of(given.words) == Course::kForClient) {
            return usage(compose("{} needs a running daemon: call it after -d", given.words[0]));
        }
    }
    return {};
}

// Metrics have a format of their own, which a program that asked for JSON could not read.
Status refuse_in_json(const std::vector<GivenCommand>& commands) {
    for (const GivenCommand& given : commands) {
        if (std::holds_alternative<Metrics>(given.command)) {
            return usage(compose("{} has a format of its own: leave out --json", given.words[0]));
        }
    }
    return {};
}

std::string usage_row(char letter, std::string_view name, std::string_view argument,
                      std::string_view help) {
    constexpr size_t kHelpColumn = 28;
    std::string row = letter == 0 ? "      " : compose("  -{}, ", std::string_view(&letter, 1));
    row += compose("--{}{}{}", name, argument.empty() ? "" : " ", argument);
    row += row.size() < kHelpColumn - 1 ? std::string(kHelpColumn - row.size(), ' ')
                                        : compose("\n{}", std::string(kHelpColumn, ' '));
    return compose("{}{}\n", row, help);
}

// Refuses commands that do not go together, or not with what else is given.
Status refuse_wrong(const std::vector<GivenCommand>& commands, bool daemon, bool json) {
    if (!daemon && commands.empty()) {
        return usage("nothing to do: neither -d nor a command was given");
    }
    if (Status beside = refuse_beside(commands, daemon); !beside) {
        return beside;
    }
    if (Status status = daemon ? refuse_for_daemon(commands) : Status(); !status) {
        return status;
    }
    return json ? refuse_in_json(commands) : Status();
}

}  // namespace

Result<Options> parse_options(std::span<const std::string> arguments) {
    if (arguments.empty()) {
        return usage("");
    }
    Parser parser(arguments);
    auto draft = parser.parse();
    if (!draft) {
        return draft.error();
    }
    Options options{.client = draft->client, .service = std::move(draft->service)};
    options.service.version = SMCROUTE_VERSION;
    // A user who names a socket means that daemon, whatever its network namespace.
    options.client.any_network = !options.service.socket.empty();
    fill_in_paths(options.service);
    options.live = draft->live;
    if (draft->live && !draft->check) {
        return usage("--live belongs to -F");
    }
    if (draft->help || draft->version || draft->check) {
        options.mode = draft->help      ? Options::Mode::kHelp
                       : draft->version ? Options::Mode::kVersion
                                        : Options::Mode::kCheck;
        if (draft->daemon && !draft->help) {
            options.warning = draft->version ? "no daemon was started: -v only prints the version"
                                             : "no daemon was started: -F only checks the file";
        }
        return options;
    }
    auto commands = parser.commands();
    if (!commands) {
        return commands.error();
    }
    options.service.commands = std::move(*commands);
    options.mode = draft->daemon ? Options::Mode::kDaemon : Options::Mode::kClient;
    const Status status =
        refuse_wrong(options.service.commands, draft->daemon, options.client.json);
    if (!status) {
        return status.error();
    }
    if (!draft->daemon && course_of(options.service.commands[0].words) == Course::kAlone) {
        options.mode = Options::Mode::kDiagnosis;
    }
    return options;
}

std::string usage_text() {
    std::string text =
        "Usage: smcroute -d|-n [OPTION...] [COMMAND...]   start the daemon\n"
        "       smcroute [OPTION...] COMMAND...           send commands to it\n"
        "\nOptions:\n";
    for (const OptionWord& option : option_words()) {
        text += usage_row(option.letter, option.name, option.argument, option.help);
    }
    text += "\nCommands (their names do without dashes, and may be shortened):\n";
    for (const CommandWord& command : command_words()) {
        text += usage_row(command.letter, command.name, command.arguments, command.help);
    }
    return text + "\nSee smcroute(8) and smcroute.conf(5).\n";
}

std::string version_text() { return "smcroute " SMCROUTE_VERSION "\n"; }

}  // namespace smcroute
