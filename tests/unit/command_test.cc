// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/command.h"

#include <algorithm>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using Words = std::vector<std::string>;

// "a b" as {"a", "b"}.
Words words_of(std::string_view text) {
    Words words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        words.emplace_back(word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return words;
}

// " eth0 10.0.0.0/8 225.1.2.3", without what is not given.
std::string words_of(const StreamFilter& filter) {
    return (filter.interface ? " " + to_string(*filter.interface) : "") +
           (filter.source ? " " + to_string(*filter.source) : "") +
           (filter.group ? " " + to_string(*filter.group) : "");
}

struct Describe {
    std::string operator()(const AddRoute& command) const {
        return "add " + to_string(command.spec);
    }
    std::string operator()(const RemoveRoute& command) const {
        return "remove " + to_string(command.spec);
    }
    std::string operator()(const AddJoin& command) const {
        return "add " + to_string(command.spec);
    }
    std::string operator()(const RemoveJoin& command) const {
        return "remove " + to_string(command.spec);
    }
    std::string operator()(const Diff& /*command*/) const { return "diff"; }
    std::string operator()(const Wait& command) const {
        return command.limit ? "wait " + std::to_string(command.limit->count()) : "wait";
    }
    std::string operator()(const Metrics& /*command*/) const { return "metrics"; }
    std::string operator()(const Watch& command) const {
        return "watch " + std::to_string(command.interval.count());
    }
    std::string operator()(const Monitor& /*command*/) const { return "monitor"; }
    std::string operator()(const Why& command) const { return "why" + words_of(command.filter); }
    std::string operator()(const Trace& command) const {
        return "trace" + words_of(command.filter);
    }
    std::string operator()(const Flush& /*command*/) const { return "flush"; }
    std::string operator()(const Kill& /*command*/) const { return "kill"; }
    template <typename Other>
    std::string operator()(const Other& /*command*/) const {
        return "something else";
    }
};

// The command in words, or the error's text.
std::string parse(const Words& words) {
    const auto command = parse_command(words);
    if (!command) {
        EXPECT_EQ(command.error().status, ExitStatus::kUsage);
        return command.error().text;
    }
    return std::visit(Describe{}, *command);
}

struct Row {
    std::string_view words;
    std::string_view expected;
};

void expect_rows(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        EXPECT_EQ(compose("{} => {}", row.words, parse(words_of(row.words))),
                  compose("{} => {}", row.words, row.expected));
    }
}

}  // namespace

TEST(command_add_takes_a_route_or_rule) {
    expect_rows({
        {"-a eth0 1.2.3.4 225.1.2.3 eth1",
         "add mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1"},
        {"--add eth0 1.2.3.4 225.1.2.3 eth1 eth2",
         "add mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2"},
        {"add eth+ 10.1.2.3/8 225.1.2.3/16 +",
         "add mroute from eth+ source 10.0.0.0/8 group 225.1.0.0/16 to +"},
        {"-a eth0 2001:db8::1 ff0e::1 eth1",
         "add mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1"},
        {"-a eth0 225.1.2.3 eth0 eth0", "add mroute from eth0 group 225.1.2.3 to eth0 eth0"},
    });
}

TEST(command_source_may_be_left_out_or_stand_for_any) {
    expect_rows({
        {"-a eth0 225.1.2.3 eth1", "add mroute from eth0 group 225.1.2.3 to eth1"},
        {"-a eth0 0.0.0.0 225.1.2.3 eth1", "add mroute from eth0 group 225.1.2.3 to eth1"},
        {"-a eth0 0.0.0.0/0 225.1.2.3 eth1", "add mroute from eth0 group 225.1.2.3 to eth1"},
        {"-a eth0 * 225.1.2.3 eth1", "add mroute from eth0 group 225.1.2.3 to eth1"},
        {"-a eth0 :: ff0e::1 eth1", "add mroute from eth0 group ff0e::1 to eth1"},
        {"-a eth0 * ff0e::1 eth1", "add mroute from eth0 group ff0e::1 to eth1"},
        {"-j eth0 * 225.1.2.3", "add mgroup from eth0 group 225.1.2.3"},
    });
}

TEST(command_remove_takes_a_route_with_or_without_outbounds) {
    expect_rows({
        {"-r eth0 1.2.3.4 225.1.2.3", "remove mroute from eth0 source 1.2.3.4 group 225.1.2.3"},
        {"-r eth0 225.1.2.3 eth1", "remove mroute from eth0 group 225.1.2.3 to eth1"},
        {"--remove eth0 ff0e::1", "remove mroute from eth0 group ff0e::1"},
    });
}

TEST(command_join_and_leave_take_a_group) {
    expect_rows({
        {"-j eth0 225.1.2.3", "add mgroup from eth0 group 225.1.2.3"},
        {"join eth0 1.2.3.4 232.1.2.3", "add mgroup from eth0 source 1.2.3.4 group 232.1.2.3"},
        {"-l eth+ ff0e::/120", "remove mgroup from eth+ group ff0e::/120"},
        {"--leave eth0 10.0.0.0/24 232.1.2.3",
         "remove mgroup from eth0 source 10.0.0.0/24 group 232.1.2.3"},
    });
}

TEST(command_that_takes_nothing_refuses_more_words) {
    expect_rows({
        {"-k", "kill"},
        {"--kill", "kill"},
        {"-k now", "-k: unexpected 'now'"},
        {"--reload /etc/x", "--reload: unexpected '/etc/x'"},
    });
    const auto reload = parse_command(Words{"--reload"});
    EXPECT(reload && std::holds_alternative<Reload>(*reload));
}

TEST(command_wait_takes_seconds_or_nothing) {
    expect_rows({
        {"--wait", "wait"},
        {"--wait 0", "wait 0"},
        {"wait 4294967295", "wait 4294967295"},
        {"--wait 1s", "--wait: '1s' is not a number of seconds"},
        {"--wait 4294967296", "--wait: '4294967296' is not a number of seconds"},
        {"--wait 1 2", "--wait: unexpected '2'"},
    });
}

TEST(command_watch_takes_an_interval_or_nothing) {
    expect_rows({
        {"--watch", "watch 1"},
        {"watch 3600", "watch 3600"},
        {"--watch 0", "--watch: '0' is not an interval (1 to 3600 seconds)"},
        {"--watch 3601", "--watch: '3601' is not an interval (1 to 3600 seconds)"},
        {"--watch 1.5", "--watch: '1.5' is not an interval (1 to 3600 seconds)"},
        {"--watch 1 2", "--watch: unexpected '2'"},
    });
}

TEST(command_why_takes_parts_of_a_stream_by_their_form) {
    expect_rows({
        {"--why", "why"},
        {"why eth0", "why eth0"},
        {"--why 10.0.0.0/8", "why 10.0.0.0/8"},
        {"--why 225.1.2.3", "why 225.1.2.3"},
        {"--why eth+ fd00::2 ff0e::/16", "why eth+ fd00::2 ff0e::/16"},
        {"--trace eth0 225.0.0.0/8", "trace eth0 225.0.0.0/8"},
        {"--why eth0 eth1", "--why: unexpected 'eth1'"},
        {"--why 225.1.2.3 eth0", "--why: unexpected 'eth0'"},
        {"--why 225.1.2.3 10.0.0.2", "--why: unexpected '10.0.0.2'"},
        {"--why 225.1.2.3 225.1.2.4", "--why: unexpected '225.1.2.4'"},
        {"--why 10.0.0.2 ff0e::1", "--why: source and group are not of one family"},
    });
    EXPECT(course_of(Words{"--why"}) == Course::kAlone);
}

TEST(command_metrics_stands_alone) {
    expect_rows({
        {"--metrics", "metrics"},
        {"metrics now", "metrics: unexpected 'now'"},
    });
}

TEST(command_monitor_stands_alone_and_is_for_a_client) {
    expect_rows({
        {"--monitor", "monitor"},
        {"monitor eth0", "monitor: unexpected 'eth0'"},
    });
    EXPECT(course_of(Words{"--monitor"}) == Course::kForClient);
}

TEST(command_says_which_word_is_missing) {
    expect_rows({
        {"-a", "-a: missing the inbound interface"},
        {"-a eth0", "-a: missing the group after 'eth0'"},
        {"-a eth0 1.2.3.4", "-a: missing the group after '1.2.3.4'"},
        {"-a eth0 225.1.2.3", "-a: missing an outbound interface after '225.1.2.3'"},
        {"-a eth0 1.2.3.4 225.1.2.3", "-a: missing an outbound interface after '225.1.2.3'"},
        {"--join", "--join: missing the inbound interface"},
        {"leave eth0 *", "leave: '*' is not a group (write 224.0.0.0/4 or ff00::/8 for all)"},
    });
}

TEST(command_says_which_word_is_wrong) {
    expect_rows({
        {"-a 10.0.0.1 225.1.2.3 eth1", "-a: '10.0.0.1' is an address, not an interface name"},
        {"-a eth0/1 225.1.2.3 eth1", "-a: 'eth0/1' is not an interface name"},
        {"-a eth0 225.1.2.300 eth1", "-a: '225.1.2.300' is not an address"},
        {"-a eth0 1.2.3.400 225.1.2.3 eth1", "-a: '1.2.3.400' is not an address"},
        {"-a eth0 1.2.3.4 eth1 eth2", "-a: 'eth1' is not an address"},
        {"-a eth0 eth1 225.1.2.3", "-a: 'eth1' is not an address"},
        {"-r eth0 225.1.2.300", "-r: '225.1.2.300' is not an address"},
        {"-a eth0 1.2.3.4 10.0.0.1 eth1",
         "-a: '10.0.0.1' is not a multicast group (224.0.0.0/4 or ff00::/8)"},
        {"-a eth0 1.2.3.4/33 225.1.2.3 eth1", "-a: '1.2.3.4/33' has a prefix length over 32"},
        {"-a eth0 2001:db8::1 225.1.2.3 eth1", "-a: '2001:db8::1' is IPv6, but the group is IPv4"},
        {"-a eth0 0.0.0.0 ff0e::1 eth1",
         "-a: '0.0.0.0' is IPv4, but the group is IPv6 (write '*' for any source)"},
        {"-a eth0 225.1.2.3 225.1.2.4 eth1",
         "-a: '225.1.2.4' is an address, not an interface name"},
        {"-a eth0 225.1.2.3 an-interface-name-too-long",
         "-a: 'an-interface-name-too-long' is too long for an interface name (at most 15 bytes)"},
        {"-j eth0 225.1.2.3 eth1", "-j: unexpected 'eth1' after the group"},
        {"-j eth0 225.0.0.0/8",
         "-j: '225.0.0.0/8' holds more than 65536 groups to join (expected "
         "/16 or longer; 'phyint eth0 mrdisc' has switches send all groups)"},
        {"-j eth0 225.1.2.3 10.0.0.1",
         "-j: unexpected '10.0.0.1' after the group (the source stands before the group)"},
        {"-a eth0 225.1.2.3 10.0.0.1 eth1",
         "-a: '10.0.0.1' is an address, not an interface name (the source stands before the "
         "group)"},
    });
}

TEST(command_words_with_a_space_that_looks_like_ours_are_told) {
    EXPECT_EQ(parse({"-a", "eth0", "225.1.2.3",
                     "eth1\xc2\xa0"
                     "eth2"}),
              "-a: 'eth1??eth2': no-break space (U+00A0) in column 5 (only plain spaces and tabs "
              "separate words)");
}

TEST(command_that_there_is_not_is_named) {
    expect_rows({
        {"-x eth0", "unknown command '-x'"},
        {"rem eth0 225.1.2.3", "unknown command 'rem' (did you mean 'remove'?)"},
        {"del eth0 225.1.2.3", "unknown command 'del' (did you mean 'remove'?)"},
        {"jion eth0 225.1.2.3", "unknown command 'jion' (did you mean 'join'?)"},
        {"-", "unknown command '-'"},
        {"--", "unknown command '--'"},
        {"a", "unknown command 'a'"},
        {"--a", "unknown command '--a'"},
        {"-add", "unknown command '-add' (did you mean 'add'?)"},
        {"ADD", "unknown command 'ADD' (did you mean 'add'?)"},
        {"-d", "unknown command '-d'"},
    });
    EXPECT_EQ(parse({}), "missing a command");
    EXPECT_EQ(parse({""}), "unknown command ''");
}

TEST(command_errors_show_no_byte_that_a_terminal_acts_on) {
    EXPECT_EQ(parse({"\x1b[2J"}), "unknown command '?[2J'");
    EXPECT_EQ(parse({"-a", "\x1b[2J"}), "-a: missing the group after '?[2J'");
    EXPECT_EQ(parse({"-a", "\n", "225.1.2.3", "eth1"}), "-a: '?' is not an interface name");
    EXPECT_EQ(parse({"-k", "\t"}), "-k: unexpected '?'");
}

TEST(command_without_a_letter_is_not_found_by_a_nul_byte) {
    EXPECT(find_command(std::string_view("-\0", 2)) == nullptr);
}

TEST(command_words_parse_by_letter_and_by_name_alike) {
    for (const CommandWord& command : command_words()) {
        const Words rest = words_of(command.arguments.starts_with("IIF") ? "eth0 225.1.2.3" : "");
        const auto parse_as = [&](std::string word) {
            Words words = {std::move(word)};
            words.insert(words.end(), rest.begin(), rest.end());
            if (command.name == "add") {
                words.emplace_back("eth1");
            }
            return parse(words);
        };
        const std::string by_name = parse_as(std::string(command.name));
        EXPECT_EQ(by_name.starts_with(compose("{}: ", command.name)), false);
        EXPECT_EQ(parse_as(compose("--{}", command.name)), by_name);
        if (command.letter != 0) {
            EXPECT_EQ(parse_as(compose("-{}", std::string_view(&command.letter, 1))), by_name);
        }
    }
}

TEST(command_access_is_that_of_what_it_does) {
    Words changing;
    for (const CommandWord& command : command_words()) {
        const Words words = {compose("--{}", command.name)};
        EXPECT(access_of(words) == command.access);
        if (command.access == Access::kChange) {
            changing.emplace_back(command.name);
        }
    }
    EXPECT_EQ(changing,
              (Words{"add", "remove", "join", "leave", "reload", "flush", "upgrade", "kill"}));
    EXPECT(access_of(Words{"-a"}) == Access::kChange);
    EXPECT(access_of(Words{"nothing"}) == Access::kRead);
    EXPECT(access_of({}) == Access::kRead);
}

TEST(command_words_are_told_apart_by_letter_and_name) {
    for (const CommandWord& command : command_words()) {
        EXPECT(find_command(command.name) == &command);
        EXPECT(command.letter == 0 ||
               find_command(compose("-{}", std::string_view(&command.letter, 1))) == &command);
        EXPECT(!command.help.empty());
    }
}

}  // namespace smcroute
