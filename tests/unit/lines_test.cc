// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/lines.h"

#include <algorithm>

#include "base/text.h"
#include "one_file.h"
#include "test.h"

namespace smcroute::test {

namespace {

// "line; line | hidden … | excepted … | nearest …: what differs", what there is of it.
std::string cover(const ConfiguredLines& lines, std::string_view inbound, std::string_view source,
                  std::string_view group) {
    const ConfiguredLines::Cover found =
        lines.cover({*Address::parse(group), *Address::parse(source)}, *IfName::parse(inbound));
    std::vector<std::string> covering;
    for (const RouteSpec& line : found.lines) {
        covering.push_back(lines.described(line));
    }
    std::sort(covering.begin(), covering.end());
    std::string text;
    for (const std::string& line : covering) {
        add_word(text, line, "; ");
    }
    const auto add = [&](std::string_view name, const std::optional<RouteSpec>& line) {
        text += line ? compose(" | {} {}", name, lines.described(*line)) : "";
    };
    add("hidden", found.hidden);
    add("excepted", found.excepted);
    add("nearest", found.nearest);
    return text + (found.differs.empty() ? "" : compose(": {}", found.differs)) +
           (found.only_inbound_differs ? ": only the inbound" : "");
}

}  // namespace

TEST(lines_cover_a_stream_by_its_route_or_by_all_rules) {
    OneFile file(
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth+ group 225.1.0.0/16 to eth2\n"
        "mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth3\n");
    ConfiguredLines lines;
    lines.take(read_config("/etc/x.conf", file));
    EXPECT(lines.are_known());
    EXPECT_EQ(cover(lines, "eth0", "10.0.0.2", "225.1.2.3"),
              "x.conf:3: mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth3");
    EXPECT_EQ(cover(lines, "eth0", "10.0.0.3", "225.1.2.3"),
              "x.conf:1: mroute from eth0 group 225.1.2.3 to eth1; "
              "x.conf:2: mroute from eth+ group 225.1.0.0/16 to eth2");
    EXPECT_EQ(cover(lines, "eth9", "10.0.0.2", "225.1.2.3"),
              " | hidden x.conf:2: mroute from eth+ group 225.1.0.0/16 to eth2 | nearest "
              "x.conf:3: mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth3: only the "
              "inbound");
}

TEST(lines_name_the_nearest_and_what_differs) {
    OneFile file(
        "mroute from eth0 source 10.0.0.3 group 225.1.2.3 to eth1\n"
        "mroute from eth0 group 225.4.0.0/16 except 10.0.0.2 to eth1\n"
        "mroute from eth0 group 224.0.0.0/4 to eth1\n"
        "mroute from eth0 group ff00::/8 to eth1\n");
    ConfiguredLines lines;
    lines.take(read_config("/etc/x.conf", file));
    EXPECT_EQ(cover(lines, "eth9", "10.0.0.2", "225.1.2.3"),
              " | nearest x.conf:1: mroute from eth0 source 10.0.0.3 group 225.1.2.3 to eth1: its "
              "source is 10.0.0.3, and its inbound is eth0");
    EXPECT_EQ(cover(lines, "eth9", "10.0.0.3", "225.1.2.3"),
              " | nearest x.conf:1: mroute from eth0 source 10.0.0.3 group 225.1.2.3 to eth1: only "
              "the inbound");
    EXPECT_EQ(cover(lines, "eth9", "10.0.0.2", "225.7.7.7"), "");
    EXPECT_EQ(cover(lines, "eth9", "fd00::2", "ff0e::1"), "");
}

TEST(lines_tell_a_rule_that_excepts_the_source) {
    OneFile file("mroute from eth0 except 10.0.0.2 group 225.1.2.3 to eth1\n");
    ConfiguredLines lines;
    lines.take(read_config("/etc/x.conf", file));
    EXPECT_EQ(cover(lines, "eth0", "10.0.0.2", "225.1.2.3"),
              " | excepted x.conf:1: mroute from eth0 except 10.0.0.2 group 225.1.2.3 to eth1");
}

TEST(lines_of_no_file_are_not_known) {
    OneFile none;
    ConfiguredLines lines;
    EXPECT(!lines.are_known());
    lines.take(read_config("/etc/x.conf", none));
    EXPECT(!lines.are_known());
}

}  // namespace smcroute::test
