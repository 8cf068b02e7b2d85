// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/command.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.h"
#include "config/lexer.h"
#include "config/spec.h"
#include "config/suggest.h"
#include "view/schema.h"

namespace smcroute {

namespace {

Error usage(std::string text) { return {std::move(text), ExitStatus::kUsage}; }

constexpr std::string_view kNolearn = "nolearn";

// IIF [SOURCE] GROUP [nolearn] [OIF...]: if the first address is a group, the source was left out
// (SPEC R3).
struct Positions {
    std::string_view inbound;
    std::string_view source;
    std::string_view group;
    std::span<const std::string> rest;
};

Result<Positions> find_positions(std::span<const std::string> words) {
    for (const std::string_view word : words) {
        if (const auto bad = foreign_space_in({&word, 1}, word)) {
            return usage(compose("'{}': {}", printable(word), bad->text));
        }
    }
    if (words.empty()) {
        return usage("missing the inbound interface");
    }
    Positions positions{.inbound = words[0], .source = {}, .group = {}, .rest = {}};
    words = words.subspan(1);
    if (words.empty()) {
        return usage(compose("missing the group after '{}'", printable(positions.inbound)));
    }
    const auto first = Prefix::parse(words[0]);
    if (!first || !first->address().is_multicast()) {
        const bool may_be_source =
            words.size() > 1 && (words[0] == "*" || Prefix::parse(words[1]).has_value());
        if (!first && !may_be_source) {
            // Judged as the group, so that the message fits what was probably meant.
            positions.group = words[0];
            return positions;
        }
        positions.source = words[0];
        words = words.subspan(1);
        if (words.empty()) {
            return usage(compose("missing the group after '{}'", positions.source));
        }
    }
    positions.group = words[0];
    positions.rest = words.subspan(1);
    return positions;
}

// A hint if the words after the group begin with a source.
std::string_view order_hint(const Positions& positions) {
    const auto address = positions.source.empty() && !positions.rest.empty()
                             ? Prefix::parse(positions.rest.front())
                             : std::nullopt;
    return address && !address->address().is_multicast() ? " (the source stands before the group)"
                                                         : "";
}

Result<RouteSpec> parse_route(std::span<const std::string> words) {
    const auto positions = find_positions(words);
    if (!positions) {
        return positions.error();
    }
    std::span<const std::string> rest = positions->rest;
    const bool nolearn = !rest.empty() && rest.front() == kNolearn;
    rest = rest.subspan(nolearn ? 1 : 0);
    if (std::find(rest.begin(), rest.end(), kNolearn) != rest.end()) {
        return usage(
            "'nolearn' stands once, right behind the group (an interface of that name is "
            "written 'nolearn+')");
    }
    const std::vector<std::string_view> outbounds(rest.begin(), rest.end());
    auto spec = make_route({.inbound = positions->inbound,
                            .source = positions->source,
                            .except = {},
                            .group = positions->group,
                            .outbounds = outbounds,
                            .nolearn = nolearn});
    if (!spec) {
        return usage(compose("{}{}", spec.error().text, order_hint(*positions)));
    }
    return *std::move(spec);
}

Result<JoinSpec> parse_join(std::span<const std::string> words) {
    const auto positions = find_positions(words);
    if (!positions) {
        return positions.error();
    }
    if (!positions->rest.empty()) {
        return usage(compose("unexpected '{}' after the group{}",
                             printable(positions->rest.front()), order_hint(*positions)));
    }
    auto spec = make_join(
        {.interface = positions->inbound, .source = positions->source, .group = positions->group});
    if (!spec) {
        return usage(spec.error().text);
    }
    return *std::move(spec);
}

template <typename Kind, typename Spec>
Result<Command> wrap(Result<Spec> spec) {
    if (!spec) {
        return spec.error();
    }
    return Command(Kind{std::move(*spec)});
}

Result<Command> parse_add(std::span<const std::string> words) {
    auto spec = parse_route(words);
    if (spec && spec->outbounds.empty()) {
        return usage(compose("missing an outbound interface after '{}'", words.back()));
    }
    return wrap<AddRoute>(std::move(spec));
}

Result<Command> parse_remove(std::span<const std::string> words) {
    auto spec = parse_route(words);
    if (spec && spec->nolearn) {
        return usage("'nolearn' belongs to what is added (leave it out here)");
    }
    return wrap<RemoveRoute>(std::move(spec));
}

Result<Command> parse_join_command(std::span<const std::string> words) {
    return wrap<AddJoin>(parse_join(words));
}

Result<Command> parse_leave(std::span<const std::string> words) {
    return wrap<RemoveJoin>(parse_join(words));
}

template <typename Kind>
Result<Command> parse_bare(std::span<const std::string> words) {
    if (!words.empty()) {
        return usage(compose("unexpected '{}'", printable(words.front())));
    }
    return Command(Kind{});
}

Result<Command> parse_wait(std::span<const std::string> words) {
    if (words.size() > 1) {
        return usage(compose("unexpected '{}'", printable(words[1])));
    }
    Wait wait;
    if (!words.empty()) {
        const auto seconds = parse_number<uint32_t>(words[0]);
        if (!seconds) {
            return usage(compose("'{}' is not a number of seconds", printable(words[0])));
        }
        wait.limit = std::chrono::seconds(*seconds);
    }
    return Command(wait);
}

Result<Command> parse_show(std::span<const std::string> words) {
    Show show{.what = std::string(schemas().front().what)};
    if (!words.empty() && find_schema(words[0]) != nullptr) {
        show.what = words[0];
        words = words.subspan(1);
    } else if (!words.empty()) {
        std::vector<std::string_view> known;
        for (const Schema& each : schemas()) {
            known.push_back(each.what);
        }
        // A word like none of them may be a filter.
        if (const std::string hint = hint_for(words[0], known);
            hint.starts_with(" (did") && words[0] != "rule") {
            return usage(compose("'{}' cannot be shown{}", printable(words[0]), hint));
        }
    }
    if (show.what == "status" && !words.empty()) {
        return usage(compose("unexpected '{}'", printable(words.front())));
    }
    for (const std::string& word : words) {
        auto row_word = parse_row_word(word);
        if (!row_word) {
            return row_word.error();
        }
        const bool is_group = row_word->prefix && row_word->prefix->address().is_multicast();
        show.group = is_group && !show.group ? row_word->prefix : show.group;
        show.words.push_back(*std::move(row_word));
    }
    return Command(std::move(show));
}

Result<Command> parse_watch(std::span<const std::string> words) {
    constexpr uint32_t kLongest = 3600;
    if (words.size() > 1) {
        return usage(compose("unexpected '{}'", printable(words[1])));
    }
    const auto seconds =
        words.empty() ? std::optional<uint32_t>(1) : parse_number<uint32_t>(words[0]);
    if (!seconds || *seconds == 0 || *seconds > kLongest) {
        return usage(
            compose("'{}' is not an interval (1 to {} seconds)", printable(words[0]), kLongest));
    }
    return Command(Watch{std::chrono::seconds(*seconds)});
}

// [IIF] [SOURCE] [GROUP], each known by its form.
Result<StreamFilter> parse_filter(std::span<const std::string> words) {
    StreamFilter filter;
    for (const std::string& word : words) {
        const auto again = [&word] { return usage(compose("unexpected '{}'", printable(word))); };
        const auto prefix = Prefix::parse(word);
        if (!prefix && (filter.interface || filter.source || filter.group)) {
            return again();
        }
        if (!prefix) {
            const auto interface = parse_interface_word(word);
            if (!interface) {
                return usage(interface.error().text);
            }
            filter.interface = *interface;
            continue;
        }
        auto& part = prefix->address().is_multicast() ? filter.group : filter.source;
        if (part || filter.group) {
            return again();
        }
        part = *prefix;
    }
    if (filter.source && filter.group && filter.source->family() != filter.group->family()) {
        return usage("source and group are not of one family");
    }
    return filter;
}

template <typename Kind>
Result<Command> parse_filtered(std::span<const std::string> words) {
    const auto filter = parse_filter(words);
    return filter ? Result<Command>(Kind{*filter}) : Result<Command>(filter.error());
}

Result<Command> parse_batch(std::span<const std::string> words) {
    if (words.size() > 1) {
        return usage(compose("unexpected '{}'", printable(words[1])));
    }
    return Command(Batch{words.empty() ? std::string() : words[0]});
}

// The type is written out: an array with a deduced type would lie in writable memory.
constexpr std::array<CommandWord, std::variant_size_v<Command>> kCommands = {{
    {'a', "add", "IIF [SOURCE] GROUP [nolearn] OIF...",
     "route a group from IIF to the OIFs; add OIFs to a route", Access::kChange, Course::kChange,
     parse_add},
    {'r', "remove", "IIF [SOURCE] GROUP [OIF...]", "remove a route, or just these OIFs of it",
     Access::kChange, Course::kChange, parse_remove},
    {'j', "join", "IIF [SOURCE] GROUP", "join a group on an interface", Access::kChange,
     Course::kChange, parse_join_command},
    {'l', "leave", "IIF [SOURCE] GROUP", "leave a group that was joined", Access::kChange,
     Course::kChange, parse_leave},
    {0, "reload", "", "read the configuration file again; report its errors", Access::kChange,
     Course::kLong, parse_bare<Reload>},
    {0, "diff", "", "print what a reload would change, as lines with + and -", Access::kRead,
     Course::kLong, parse_bare<Diff>},
    {0, "wait", "[SEC]", "wait until nothing is pending", Access::kRead, Course::kForClient,
     parse_wait},
    {0, "show", "[WHAT] [FILTER...]",
     "routes|rates|map|rules|groups|interfaces|pending|status|config", Access::kRead,
     Course::kForClient, parse_show},
    {0, "watch", "[SEC]", "show the rate of each stream, every SEC seconds; q quits", Access::kRead,
     Course::kForClient, parse_watch},
    {0, "monitor", "", "print a line for each event as it happens", Access::kRead,
     Course::kForClient, parse_bare<Monitor>},
    {0, "why", "[IIF] [SOURCE] [GROUP]", "tell why streams are not forwarded, and the remedy",
     Access::kRead, Course::kAlone, parse_filtered<Why>},
    {0, "trace", "[IIF] [SOURCE] [GROUP]", "list the streams that arrive, and what routes them",
     Access::kRead, Course::kAlone, parse_filtered<Trace>},
    {0, "metrics", "", "print counters and gauges as OpenMetrics text", Access::kRead,
     Course::kForClient, parse_bare<Metrics>},
    {0, "batch", "[FILE]", "run the commands in FILE or stdin, one a line", Access::kRead,
     Course::kForClient, parse_batch},
    {0, "flush", "", "forget all learned and blocked streams", Access::kChange, Course::kLong,
     parse_bare<Flush>},
    {0, "upgrade", "", "replace the daemon by the program that is installed now", Access::kChange,
     Course::kForClient, parse_bare<Upgrade>},
    {'k', "kill", "", "stop the daemon; return when it is gone", Access::kChange, Course::kEnd,
     parse_bare<Kill>},
}};

// For a line of a batch; on the command line, options are suggested too.
std::string command_hint(std::string_view word) {
    std::vector<std::string_view> names;
    for (const CommandWord& command : kCommands) {
        names.push_back(command.name);
    }
    const std::string_view near = word == "del" ? "remove" : nearest_of(word, names);
    return near.empty() ? "" : compose(" (did you mean '{}'?)", near);
}

}  // namespace

std::span<const CommandWord> command_words() { return kCommands; }

const CommandWord* find_command(std::string_view word) {
    const bool is_letter = word.size() == 2 && word[0] == '-' && word[1] != '\0';
    const std::string_view name = word.starts_with("--") ? word.substr(2) : word;
    for (const CommandWord& command : kCommands) {
        if (is_letter ? command.letter == word[1] : command.name == name) {
            return &command;
        }
    }
    return nullptr;
}

namespace {

const CommandWord* command_of(std::span<const std::string> words) {
    return words.empty() ? nullptr : find_command(words.front());
}

}  // namespace

Access access_of(std::span<const std::string> words) {
    if (!words.empty() && words.front() == kHandOver) {
        return Access::kTakeOver;
    }
    const CommandWord* const command = command_of(words);
    return command == nullptr ? Access::kRead : command->access;
}

std::optional<Course> course_of(std::span<const std::string> words) {
    const CommandWord* const command = command_of(words);
    return command == nullptr ? std::nullopt : std::optional(command->course);
}

Result<Command> parse_command(std::span<const std::string> words) {
    if (words.empty()) {
        return usage("missing a command");
    }
    const CommandWord* const command = find_command(words.front());
    if (command == nullptr) {
        return usage(compose("unknown command '{}'{}", printable(words.front()),
                             command_hint(words.front())));
    }
    auto parsed = command->parse(words.subspan(1));
    if (!parsed) {
        Error error = parsed.error();
        error.text = compose("{}: {}", words.front(), error.text);
        return error;
    }
    return parsed;
}

}  // namespace smcroute
