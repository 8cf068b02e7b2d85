// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/lint.h"

#include <string>
#include <utility>
#include <vector>

#include "config/parser.h"
#include "config/read_config.h"
#include "test.h"

namespace smcroute {

namespace {

const std::vector<std::string> kFiles = {"t.conf"};

// What the lines of a text say, one statement each.
struct Linted : StatementSink {
    explicit Linted(std::string_view text) {
        std::vector<Diagnostic> ignored;
        parse({.name = "t.conf", .text = text, .file = 0}, *this, ignored);
    }

    void on_route(const RouteSpec& route, const Origin& origin) override {
        desired.add(route, origin);
        for (const Warning& warning : warnings_of(route)) {
            single.push_back(warning.text);
        }
    }
    void on_join(JoinSpec&& join, const Origin& origin) override {
        desired.add(join, origin);
        for (const Warning& warning : warnings_of(join)) {
            single.push_back(warning.text);
        }
    }
    void on_phyint(PhyintSpec&& phyint, const Origin& origin) override {
        desired.add(phyint, origin);
    }

    Desired desired;
    std::vector<std::string> single;  // of each line by itself
};

std::vector<std::string> warnings_of_line(std::string_view line) { return Linted(line).single; }

std::vector<std::string> warnings_of_file(std::string_view text) {
    std::vector<std::string> warnings;
    const Linted linted(text);
    for (const Diagnostic& warning : warnings_of(linted.desired, kFiles)) {
        warnings.push_back(render(warning));
    }
    return warnings;
}

using Warnings = std::vector<std::string>;

const Warnings kNone;

}  // namespace

TEST(lint_warns_of_groups_that_the_kernel_never_forwards) {
    const std::vector<std::pair<std::string, std::string>> local = {
        {"224.0.0.1", "link-local"},        {"224.0.0.0/25", "link-local"},
        {"224.0.0.0/24", "link-local"},     {"ff02::1", "link-local"},
        {"ff12::/16", "link-local"},        {"ff01::1", "interface-local"},
        {"ff71:1::/32", "interface-local"}, {"ff00::1", "reserved"},
    };
    for (const auto& [group, scope] : local) {
        EXPECT_EQ(warnings_of_line("mroute from eth0 group " + group + " to eth1"),
                  (Warnings{"group " + group + " is never forwarded by the kernel (" + scope +
                            " scope)"}));
    }
    for (const std::string group : {"224.0.1.1", "224.0.0.0/23", "225.0.0.1", "ff00::/8", "ff05::2",
                                    "ff00::/15", "ff0e::2"}) {
        EXPECT_EQ(warnings_of_line("mroute from eth0 group " + group + " to eth1"), kNone);
    }
}

TEST(lint_warns_of_source_specific_groups_without_a_source) {
    const std::vector<std::pair<std::string, std::string>> specific = {
        {"232.1.2.3", "232.0.0.0/8"},
        {"232.0.0.0/8", "232.0.0.0/8"},
        {"ff3e::1", "ff3x::/32"},
        {"ff35::/32", "ff3x::/32"},
    };
    for (const auto& [group, range] : specific) {
        const Warnings expected = {"group " + group + " is source-specific (" + range +
                                   ") but no source is given"};
        EXPECT_EQ(warnings_of_line("mroute from eth0 group " + group + " to eth1"), expected);
        if (group.find('/') == std::string::npos) {
            EXPECT_EQ(warnings_of_line("mgroup from eth0 group " + group), expected);
        }
    }
    EXPECT_EQ(warnings_of_line("mgroup from eth0 source 10.0.0.1 group 232.1.2.3"), kNone);
    EXPECT_EQ(warnings_of_line("mroute from eth0 source 10.0.0.0/8 group 232.1.2.3"), kNone);
    EXPECT_EQ(warnings_of_line("mroute from eth0 group 232.0.0.0/7 to eth1"), kNone);
    EXPECT_EQ(warnings_of_line("mroute from eth0 group ff3e:1::1 to eth1"), kNone);
}

TEST(lint_warns_of_an_inbound_that_is_also_an_outbound) {
    EXPECT_EQ(warnings_of_line("mroute from eth0 group 225.1.2.3 to eth1 eth0"),
              (Warnings{"inbound eth0 is also an outbound: packets go back where they came from"}));
    EXPECT_EQ(warnings_of_line("mroute from eth0 group 225.1.2.3 to eth+"), kNone);
    EXPECT_EQ(warnings_of_line("mroute from eth+ group 225.1.2.3 to eth+"), kNone);
    EXPECT_EQ(warnings_of_line("mroute from eth+ group 225.1.2.3 to eth0"), kNone);
}

TEST(lint_warns_of_excepts_that_do_nothing_or_leave_nothing) {
    EXPECT_EQ(
        warnings_of_line("mroute from eth0 source 10.1.0.0/16 except 10.2.0.0/16 group 225.1.2.3"),
        (Warnings{"except 10.2.0.0/16 is outside source 10.1.0.0/16"}));
    EXPECT_EQ(
        warnings_of_line("mroute from eth0 source 10.1.0.0/16 except 10.0.0.0/8 group 225.1.2.3"),
        (Warnings{"except 10.0.0.0/8 leaves no source: the line matches nothing"}));
    EXPECT_EQ(
        warnings_of_line("mroute from eth0 source 10.0.0.0/8 except 10.1.0.0/16 group 225.1.2.3"),
        kNone);
    EXPECT_EQ(warnings_of_line("mroute from eth0 except 10.1.0.0/16 group 225.1.2.3"), kNone);
}

TEST(lint_warns_of_a_rule_that_another_covers) {
    const Warnings second = {
        "t.conf:2: warning: this rule has no effect of its own: t.conf:1 covers it"};
    const std::string_view wide =
        "mroute from eth+ source 10.0.0.0/8 group 225.0.0.0/8 to eth1 wlan+\n";
    for (const std::string narrow : {
             "mroute from eth0 source 10.1.0.0/16 group 225.1.0.0/16 to eth1",
             "mroute from eth+ source 10.0.0.0/8 group 225.1.2.3 to wlan0 eth1",
             "mroute from eth1+ source 10.0.0.0/9 group 225.0.0.0/8 to wlan1+",
             "mroute from eth0 source 10.1.0.0/16 group 225.1.2.3",
         }) {
        EXPECT_EQ(warnings_of_file(std::string(wide) + narrow), second);
    }
    EXPECT_EQ(
        warnings_of_file("mroute from eth0 source 10.0.0.0/9 group 225.1.2.3 to eth1\n"
                         "mroute from eth+ source 10.0.0.0/8 group 225.0.0.0/8 to eth1"),
        (Warnings{"t.conf:1: warning: this rule has no effect of its own: t.conf:2 covers it"}));
    for (const std::string other : {
             "mroute from eth0 source 10.1.0.0/16 group 225.1.0.0/16 to eth2",
             "mroute from wlan0 source 10.1.0.0/16 group 225.1.0.0/16 to eth1",
             "mroute from eth0 source 11.0.0.0/16 group 225.1.0.0/16 to eth1",
             "mroute from eth0 group 225.1.0.0/16 to eth1",
             "mroute from eth0 source 10.1.0.0/16 group 226.1.0.0/16 to eth1",
             "mroute from eth0 source 10.1.0.0/16 group 225.1.0.0/16 to w+",
             "mroute from eth0 source 10.1.1.1 group 225.1.2.3 to eth1",
         }) {
        EXPECT_EQ(warnings_of_file(std::string(wide) + other), kNone);
    }
}

TEST(lint_minds_excepts_when_rules_cover_each_other) {
    const std::string wide = "mroute from eth0 except 10.1.0.0/16 group 225.0.0.0/8 to eth1\n";
    EXPECT_EQ(warnings_of_file(wide + "mroute from eth0 source 10.0.0.0/8 group 225.1.1.1 to eth1"),
              kNone);
    EXPECT_EQ(
        warnings_of_file(wide + "mroute from eth0 source 10.2.0.0/16 group 225.1.1.1 to eth1"),
        (Warnings{"t.conf:2: warning: this rule has no effect of its own: t.conf:1 covers it"}));
    EXPECT_EQ(
        warnings_of_file(wide + "mroute from eth0 source 10.0.0.0/8 except 10.0.0.0/15 "
                                "group 225.1.1.1 to eth1"),
        (Warnings{"t.conf:2: warning: this rule has no effect of its own: t.conf:1 covers it"}));
    EXPECT_EQ(
        warnings_of_file("mroute from eth0 except 10.0.0.1 group 225.1.1.1 to eth1\n"
                         "mroute from eth0 except 10.0.0.1,10.0.0.1 group 225.1.1.1 to eth1"),
        (Warnings{"t.conf:2: warning: this rule has no effect of its own: t.conf:1 covers it"}));
}

TEST(lint_knows_that_a_wildcard_does_not_send_back) {
    EXPECT_EQ(warnings_of_file("mroute from eth0 group 225.0.0.0/8 to eth+\n"
                               "mroute from eth0 group 225.1.1.1 to eth0"),
              kNone);
}

TEST(lint_leaves_lines_that_add_up_to_others) {
    EXPECT_EQ(warnings_of_file("mroute from eth0 group 225.1.1.1 to eth1\n"
                               "mroute from eth0 group 225.1.1.1 to eth1"),
              kNone);
}

TEST(lint_warns_of_thresholds_where_ipv6_routes_go_out) {
    const Warnings eth1 = {
        "t.conf:1: warning: the ttl-threshold of eth1 does not hold for the IPv6 routes out of it"};
    const std::string threshold = "phyint eth1 ttl-threshold 5\n";
    EXPECT_EQ(warnings_of_file(threshold + "mroute from eth0 source fe80::1 group ff0e::1 to eth1"),
              eth1);
    EXPECT_EQ(warnings_of_file(threshold + "mroute from eth0 group ff0e::1 to eth+"), eth1);
    EXPECT_EQ(
        warnings_of_file("phyint eth+ ttl-threshold 5\nmroute from eth0 group ff0e::1 to eth1"),
        (Warnings{"t.conf:1: warning: the ttl-threshold of eth+ does not hold for the IPv6 routes "
                  "out of it"}));
    EXPECT_EQ(warnings_of_file(threshold + "mroute from eth0 group ff0e::1 to eth2"), kNone);
    EXPECT_EQ(warnings_of_file(threshold + "mroute from eth0 group 225.1.2.3 to eth1"), kNone);
    EXPECT_EQ(
        warnings_of_file("phyint eth1 ttl-threshold 1\nmroute from eth0 group ff0e::1 to eth1"),
        kNone);
}

TEST(lint_names_the_line_of_a_threshold_that_others_stand_beside) {
    EXPECT_EQ(
        warnings_of_file("phyint eth1 enable\n"
                         "phyint eth1 ttl-threshold 5\n"
                         "phyint eth1 mrdisc\n"
                         "mroute from eth0 group ff05::1 to eth1\n"),
        Warnings{"t.conf:2: warning: the ttl-threshold of eth1 does not hold for the IPv6 routes "
                 "out of it"});
}

TEST(lint_names_the_line_that_disables_among_those_of_an_interface) {
    EXPECT_EQ(warnings_of_file("phyint eth1 ttl-threshold 5\n"
                               "phyint eth1 disable\n"
                               "phyint eth1 mrdisc\n"
                               "mgroup from eth1 group 225.1.2.3\n"),
              Warnings{"t.conf:4: warning: this line uses eth1, which t.conf:2 disables"});
}

TEST(lint_finds_the_cover_of_one_rule_among_thousands) {
    std::string text;
    for (int i = 0; i < 5000; ++i) {
        text += "mroute from eth0 source 10." + std::to_string(i / 250) + "." +
                std::to_string(i % 250) + ".0/24 group 225.1.2.3 to eth1\n";
    }
    text += "mroute from eth+ source 10.7.8.0/23 group 225.0.0.0/8 to eth+\n";
    EXPECT_EQ(
        warnings_of_file(text),
        (Warnings{
            "t.conf:1759: warning: this rule has no effect of its own: t.conf:5001 covers it",
            "t.conf:1760: warning: this rule has no effect of its own: t.conf:5001 covers it"}));
}

TEST(lint_warns_of_lines_that_use_what_the_file_disables) {
    struct OneFile final : FileSource {
        Result<std::optional<std::string>> read(const std::string&) override {
            return std::optional<std::string>(
                "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 eth2\n"
                "mgroup from eth1 group 225.1.2.3\n"
                "phyint eth+ disable\n"
                "phyint eth0 enable\n"
                "phyint eth1 disable\n"
                "mroute from eth0 group 225.1.2.4 to wlan0\n");
        }
        std::vector<std::string> glob(const std::string&) override { return {}; }
    } file;
    Warnings warnings;
    for (const Diagnostic& each : read_config("t.conf", file).diagnostics) {
        warnings.push_back(to_string(each));
    }
    EXPECT_EQ(warnings,
              (Warnings{"t.conf:1: warning: this line uses eth1, which t.conf:5 disables",
                        "t.conf:1: warning: this line uses eth2, which t.conf:3 disables",
                        "t.conf:2: warning: this line uses eth1, which t.conf:5 disables"}));
}

}  // namespace smcroute
