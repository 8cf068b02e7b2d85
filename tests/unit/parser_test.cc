// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/parser.h"

#include <string>
#include <utility>
#include <vector>

#include "config/if_doubt.h"
#include "config/spec.h"
#include "test.h"

namespace smcroute {

namespace {

using Lines = std::vector<std::string>;

// What a text comes to: each statement as "LINE STATEMENT", each diagnostic as it is shown.
struct Parsed : StatementSink {
    explicit Parsed(std::string_view text) {
        std::vector<Diagnostic> found;
        parse({.name = "t.conf", .text = text, .file = 3}, *this, found);
        for (const Diagnostic& diagnostic : found) {
            diagnostics.push_back(render(diagnostic));
        }
    }

    void on_route(const RouteSpec& route, const Origin& origin) override {
        note(to_string(route), origin);
    }
    void on_join(JoinSpec&& join, const Origin& origin) override { note(to_string(join), origin); }
    void on_phyint(PhyintSpec&& phyint, const Origin& origin) override {
        note(to_string(phyint), origin);
    }
    Status on_include(std::string_view pattern, const Origin& origin) override {
        note("include " + std::string(pattern), origin);
        return pattern == "bad" ? Status(Error{"cannot read bad", ExitStatus::kConfig}) : Status();
    }

    void note(const std::string& text, const Origin& origin) {
        EXPECT_EQ(origin.file, 3);
        statements.push_back(std::to_string(origin.line) + " " + text);
    }

    std::vector<std::string> statements;
    std::vector<std::string> diagnostics;
};

// The only statement of a good line.
std::string statement(std::string_view line) {
    const Parsed parsed(line);
    EXPECT_EQ(parsed.diagnostics, std::vector<std::string>{});
    return parsed.statements.size() == 1 ? parsed.statements[0] : "";
}

// The only diagnostic of a bad line, of which nothing takes effect.
std::string complaint(std::string_view line) {
    const Parsed parsed(line);
    EXPECT_EQ(parsed.statements, std::vector<std::string>{});
    return parsed.diagnostics.size() == 1 ? parsed.diagnostics[0] : "";
}

// What a line comes to that is taken although something in it is odd: the statement if there is
// one, then the first line of each diagnostic.
Lines remarks(std::string_view text) {
    const Parsed parsed(text);
    Lines lines = parsed.statements;
    for (const std::string& diagnostic : parsed.diagnostics) {
        lines.push_back(diagnostic.substr(0, diagnostic.find('\n')));
    }
    return lines;
}

// As it is warned of in "phyint eth1,".
std::string typo(const std::string& name, const Interfaces* present = nullptr) {
    const auto pattern = IfPattern::parse(name);
    return pattern ? typo_in(*pattern, present) : "no name";
}

Interfaces interfaces_of(std::initializer_list<const char*> names) {
    Interfaces interfaces;
    unsigned ifindex = 0;
    for (const char* const name : names) {
        interfaces.apply({.interface = {.name = *IfName::parse(name), .ifindex = ++ifindex}});
    }
    return interfaces;
}

}  // namespace

TEST(parser_takes_the_classic_lines) {
    EXPECT_EQ(statement("phyint wlan0 disable"), "1 phyint wlan0 disable");
    EXPECT_EQ(statement("phyint eth0 enable ttl-threshold 5"),
              "1 phyint eth0 enable ttl-threshold 5");
    EXPECT_EQ(statement("mgroup from eth0 group 225.1.2.3"), "1 mgroup from eth0 group 225.1.2.3");
    EXPECT_EQ(statement("mroute from eth0 group 225.1.2.3 source 192.168.1.42 to eth1 eth2"),
              "1 mroute from eth0 source 192.168.1.42 group 225.1.2.3 to eth1 eth2");
    EXPECT_EQ(statement("mroute from eth0 group 225.3.2.1 to eth1 eth2"),
              "1 mroute from eth0 group 225.3.2.1 to eth1 eth2");
}

TEST(parser_takes_clauses_in_any_order) {
    const std::string_view expected =
        "1 mroute from eth0 source 10.0.0.0/8 except 10.1.0.0/16,10.2.0.1 group 225.1.0.0/16 to "
        "eth+";
    EXPECT_EQ(statement("mroute from eth0 source 10.0.0.0/8 except 10.1.0.0/16,10.2.0.1 "
                        "group 225.1.0.0/16 to eth+"),
              expected);
    EXPECT_EQ(statement("mroute group 225.1.0.0/16 except 10.1.0.0/16,10.2.0.1 source 10.0.0.0/8 "
                        "from eth0 to eth+"),
              expected);
    EXPECT_EQ(statement("ssmgroup group ff3e::1 source fe80::1 from eth0"),
              "1 mgroup from eth0 source fe80::1 group ff3e::1");
    EXPECT_EQ(statement("phyint eth+ ttl-threshold 255 mrdisc disable"),
              "1 phyint eth+ disable mrdisc ttl-threshold 255");
}

TEST(parser_takes_a_route_without_outbounds) {
    EXPECT_EQ(statement("mroute from eth0 group 225.1.2.3"), "1 mroute from eth0 group 225.1.2.3");
    EXPECT_EQ(complaint("mroute from eth0 group 225.1.2.3 to"),
              "t.conf:1:34: error: missing interface name after 'to'\n"
              "mroute from eth0 group 225.1.2.3 to\n"
              "                                 ^~");
}

TEST(parser_takes_a_phyint_that_only_names_its_interface) {
    EXPECT_EQ(statement("phyint eth0"), "1 phyint eth0");
}

TEST(parser_takes_three_ways_to_write_any_source) {
    const std::string_view any4 = "1 mroute from eth0 group 225.1.2.3 to eth1";
    EXPECT_EQ(statement("mroute from eth0 source * group 225.1.2.3 to eth1"), any4);
    EXPECT_EQ(statement("mroute from eth0 source 0.0.0.0 group 225.1.2.3 to eth1"), any4);
    EXPECT_EQ(statement("mroute from eth0 source 10.0.0.0/0 group 225.1.2.3 to eth1"), any4);
    EXPECT_EQ(statement("mroute from eth0 source :: group ff0e::1"),
              "1 mroute from eth0 group ff0e::1");
    EXPECT_EQ(statement("mroute from eth0 source * group ff0e::1"),
              "1 mroute from eth0 group ff0e::1");
    EXPECT_EQ(statement("mroute from eth0 source 0.0.0.0/8 group 225.1.2.3"),
              "1 mroute from eth0 source 0.0.0.0/8 group 225.1.2.3");
}

TEST(parser_clears_bits_below_a_prefix_length) {
    EXPECT_EQ(statement("mroute from eth0 source 10.1.2.3/8 group 225.1.2.3/12"),
              "1 mroute from eth0 source 10.0.0.0/8 group 225.0.0.0/12");
}

TEST(parser_reports_the_column_of_bad_group) {
    EXPECT_EQ(complaint("mroute from eth0 group 225.1.2.3.4 to eth1"),
              "t.conf:1:24: error: '225.1.2.3.4' is not an address\n"
              "mroute from eth0 group 225.1.2.3.4 to eth1\n"
              "                       ^~~~~~~~~~~");
    EXPECT_EQ(complaint("mroute from eth0 group 10.0.0.1 to eth1"),
              "t.conf:1:24: error: '10.0.0.1' is not a multicast group (224.0.0.0/4 or ff00::/8)\n"
              "mroute from eth0 group 10.0.0.1 to eth1\n"
              "                       ^~~~~~~~");
    EXPECT_EQ(
        complaint("mgroup from eth0 group 224.0.0.0/3"),
        "t.conf:1:24: error: '224.0.0.0/3' is not a multicast group (224.0.0.0/4 or ff00::/8)\n"
        "mgroup from eth0 group 224.0.0.0/3\n"
        "                       ^~~~~~~~~~~");
    EXPECT_EQ(complaint("mgroup from eth0 group *"),
              "t.conf:1:24: error: '*' is not a group (write 224.0.0.0/4 or ff00::/8 for all)\n"
              "mgroup from eth0 group *\n"
              "                       ^");
}

TEST(parser_says_what_is_wrong_with_an_address) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"10.0.0.256", "is not an address"},
        {"10.0.0.0/33", "has a prefix length over 32"},
        {"10.0.0.0/", "has no valid prefix length (expected 0-32 after the '/')"},
        {"10.0.0.0/8/8", "has no valid prefix length (expected 0-32 after the '/')"},
        {"10.0.0.0/-1", "has no valid prefix length (expected 0-32 after the '/')"},
        {"2001:db8::/129", "has a prefix length over 128"},
        {"fe80::1%eth0", "has a zone (write 'fe80::1')"},
        {"::ffff:10.0.0.1", "is an IPv4-mapped address (write '10.0.0.1')"},
        {"::ffff:a00:1", "is not an address"},
        {"/8", "is not an address"},
        {"225.1.2.3", "is a multicast group, not a source"},
        {"2001:db8::1", "is IPv6, but the group is IPv4"},
        {"::", "is IPv6, but the group is IPv4 (write '*' for any source)"},
    };
    for (const auto& [word, text] : cases) {
        const std::string line = "mroute from eth0 group 225.1.2.3 source " + word + " to eth1";
        EXPECT_EQ(complaint(line), "t.conf:1:41: error: '" + word + "' " + text + "\n" + line +
                                       "\n" + std::string(40, ' ') + "^" +
                                       std::string(word.size() - 1, '~'));
    }
}

TEST(parser_says_what_is_wrong_with_an_interface_name) {
    EXPECT_EQ(complaint("phyint interface0123456 enable"),
              "t.conf:1:8: error: 'interface0123456' is too long for an interface name (at most 15 "
              "bytes)\n"
              "phyint interface0123456 enable\n"
              "       ^~~~~~~~~~~~~~~~");
    EXPECT_EQ(complaint("mroute from a/b group 225.1.2.3"),
              "t.conf:1:13: error: 'a/b' is not an interface name\n"
              "mroute from a/b group 225.1.2.3\n"
              "            ^~~");
    EXPECT_EQ(complaint("mroute from eth0 group 225.1.2.3 to 10.0.0.1"),
              "t.conf:1:37: error: '10.0.0.1' is an address, not an interface name\n"
              "mroute from eth0 group 225.1.2.3 to 10.0.0.1\n"
              "                                    ^~~~~~~~");
    EXPECT_EQ(statement("phyint interface012345+"), "1 phyint interface012345+");
}

TEST(parser_suggests_the_keyword_that_was_meant) {
    EXPECT_EQ(complaint("mroutes from eth0 group 225.1.2.3"),
              "t.conf:1:1: error: unknown keyword 'mroutes' (did you mean 'mroute'?)\n"
              "mroutes from eth0 group 225.1.2.3\n"
              "^~~~~~~");
    EXPECT_EQ(complaint("Mroute from eth0 group 225.1.2.3"),
              "t.conf:1:1: error: unknown keyword 'Mroute' (did you mean 'mroute'?)\n"
              "Mroute from eth0 group 225.1.2.3\n"
              "^~~~~~");
    EXPECT_EQ(complaint("route add"),
              "t.conf:1:1: error: unknown keyword 'route' (did you mean 'mroute'?)\n"
              "route add\n"
              "^~~~~");
    EXPECT_EQ(
        complaint("table 5"),
        "t.conf:1:1: error: unknown keyword 'table' (expected 'mroute', 'mgroup', 'ssmgroup', "
        "'phyint' or 'include')\n"
        "table 5\n"
        "^~~~~");
    EXPECT_EQ(complaint("mroute form eth0 group 225.1.2.3"),
              "t.conf:1:8: error: unknown keyword 'form' in mroute (did you mean 'from'?)\n"
              "mroute form eth0 group 225.1.2.3\n"
              "       ^~~~");
    EXPECT_EQ(complaint("mroute from eth0 gro 225.1.2.3"),
              "t.conf:1:18: error: unknown keyword 'gro' in mroute (did you mean 'group'?)\n"
              "mroute from eth0 gro 225.1.2.3\n"
              "                 ^~~");
}

TEST(parser_leaves_out_what_other_releases_let_pass_behind_a_phyint) {
    EXPECT_EQ(remarks("phyint eth0 ttl-treshold enable"),
              (Lines{"1 phyint eth0 enable",
                     "t.conf:1:13: warning: unknown keyword 'ttl-treshold' in phyint is left out "
                     "(did you mean 'ttl-threshold'?)"}));
    EXPECT_EQ(remarks("phyint eth0 upstream"),
              (Lines{"1 phyint eth0",
                     "t.conf:1:13: warning: unknown keyword 'upstream' in phyint is left out "
                     "(expected 'enable', 'disable', 'mrdisc' or 'ttl-threshold')"}));
    EXPECT_EQ(remarks("phyint eth0 disabled mrdisc"),
              (Lines{"1 phyint eth0 disable mrdisc",
                     "t.conf:1:13: warning: 'disabled' is taken for 'disable'"}));
    EXPECT_EQ(
        remarks("phyint eth0 enabled"),
        (Lines{"1 phyint eth0 enable", "t.conf:1:13: warning: 'enabled' is taken for 'enable'"}));
    EXPECT_EQ(remarks("phyint eth0 threshold 5 enable"),
              (Lines{"1 phyint eth0 enable ttl-threshold 5",
                     "t.conf:1:13: warning: 'threshold' is taken for 'ttl-threshold'"}));
}

TEST(parser_lets_the_last_of_words_that_contradict_each_other_hold) {
    EXPECT_EQ(remarks("phyint eth0 enable disable"),
              (Lines{"1 phyint eth0 disable",
                     "t.conf:1:20: warning: both 'enable' and 'disable' in phyint: 'disable' "
                     "holds"}));
    EXPECT_EQ(
        remarks("phyint eth0 disable enabled"),
        (Lines{"1 phyint eth0 enable", "t.conf:1:21: warning: 'enabled' is taken for 'enable'",
               "t.conf:1:21: warning: both 'enable' and 'disable' in phyint: 'enable' "
               "holds"}));
    EXPECT_EQ(remarks("phyint eth0 enable enable"),
              (Lines{"1 phyint eth0 enable", "t.conf:1:20: warning: duplicate 'enable'"}));
    EXPECT_EQ(remarks("phyint eth0 mrdisc mrdisc"),
              (Lines{"1 phyint eth0 mrdisc", "t.conf:1:20: warning: duplicate 'mrdisc'"}));
    EXPECT_EQ(remarks("phyint eth0 ttl-threshold 1 ttl-threshold 2"),
              (Lines{"1 phyint eth0 ttl-threshold 2",
                     "t.conf:1:29: warning: duplicate 'ttl-threshold': the last holds"}));
}

// Lines that are alike are read in a shorter way.
TEST(parser_warns_of_slashes_in_each_line_that_has_them) {
    const std::string line = "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 // a\n";
    const std::string warning = ":58: warning: '//' is taken for a comment ('#' begins one)";
    const Lines remarked = remarks(line + line);
    EXPECT_EQ(Lines(remarked.end() - 2, remarked.end()),
              (Lines{"t.conf:1" + warning, "t.conf:2" + warning}));
}

TEST(parser_takes_two_slashes_for_a_comment) {
    EXPECT_EQ(remarks("mroute from eth0 group 225.1.2.3 to eth1 // to eth2"),
              (Lines{"1 mroute from eth0 group 225.1.2.3 to eth1",
                     "t.conf:1:42: warning: '//' is taken for a comment ('#' begins one)"}));
    EXPECT_EQ(remarks("//mroute from eth0 group 225.1.2.3 to eth1"),
              (Lines{"t.conf:1:1: warning: '//mroute' is taken for a comment ('#' begins one)"}));
    EXPECT_EQ(remarks("include //etc/a.conf //b"),
              (Lines{"1 include //etc/a.conf",
                     "t.conf:1:22: warning: '//b' is taken for a comment ('#' begins one)"}));
}

TEST(parser_names_a_space_that_is_none_of_ours) {
    EXPECT_EQ(
        complaint("mroute from\xc2\xa0"
                  "eth0 group 225.1.2.3 to eth1"),
        "t.conf:1:12: error: no-break space (U+00A0) in column 12 (only plain spaces and tabs "
        "separate words)\n"
        "mroute from??eth0 group 225.1.2.3 to eth1\n"
        "           ^~");
    EXPECT_EQ(complaint("mgroup from eth0 group\xe3\x80\x80"
                        "225.1.2.3"),
              "t.conf:1:23: error: ideographic space (U+3000) in column 23 (only plain spaces and "
              "tabs separate words)\n"
              "mgroup from eth0 group???225.1.2.3\n"
              "                      ^~~");
    EXPECT_EQ(statement("phyint eth0 # \xc2\xa0"), "1 phyint eth0");
    EXPECT_EQ(statement("include a\xc2\xa0"
                        "b"),
              "1 include a\xc2\xa0"
              "b");
}

TEST(parser_doubts_words_that_are_hardly_names) {
    const Parsed parsed(
        "mroute from eth0 group 225.1.2.3 to eth1, eth2\n"
        "mroute from eth0@if3 group 225.1.2.3 to eth1\n"
        "mgroup from \"eth0\" group 225.1.2.3\n"
        "phyint to enable\n");
    EXPECT_EQ(parsed.statements.size(), size_t{4});
    EXPECT_EQ(
        parsed.diagnostics,
        (Lines{"t.conf:1:37: warning: interface name 'eth1,' is probably mistyped (did you "
               "mean eth1?)\n"
               "mroute from eth0 group 225.1.2.3 to eth1, eth2\n"
               "                                    ^~~~~",
               "t.conf:2:13: warning: interface name 'eth0@if3' is probably mistyped (did you "
               "mean eth0?)\n"
               "mroute from eth0@if3 group 225.1.2.3 to eth1\n"
               "            ^~~~~~~~",
               "t.conf:3:13: warning: interface name '\"eth0\"' is probably mistyped (did you "
               "mean eth0?)\n"
               "mgroup from \"eth0\" group 225.1.2.3\n"
               "            ^~~~~~",
               "t.conf:4:8: warning: interface name 'to' is probably mistyped ('to' is a "
               "keyword)\n"
               "phyint to enable\n"
               "       ^~"}));
}

TEST(parser_doubts_each_line_of_many_that_are_alike) {
    EXPECT_EQ(Parsed("mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1;\n"
                     "mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth1;\n")
                  .diagnostics.size(),
              size_t{2});
}

TEST(a_typo_is_told_from_a_name) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"eth1,", "did you mean eth1?"},
        {"eth1;", "did you mean eth1?"},
        {"eth1,eth2", "names are separated by spaces: did you mean eth1 eth2?"},
        {"'eth1'", "did you mean eth1?"},
        {"\xe2\x80\x9c"
         "eth1\xe2\x80\x9d",
         "did you mean eth1?"},
        {"eth1#", "did you mean eth1?"},
        {"eth0@if3", "did you mean eth0?"},
        {"eth*", "did you mean eth+?"},
        {"e*h0", "'*' has no meaning here"},
        {"!eth0", "'!' has no meaning here"},
        {"$IF", "'$' has no meaning here"},
        {"from", "'from' is a keyword"},
        {"group", "'group' is a keyword"},
    };
    for (const auto& [name, expected] : cases) {
        EXPECT_EQ(name + ": " + typo(name), name + ": " + expected);
    }
    for (const std::string name :
         {"eth0", "eth+", "+", "br-lan", "eth0.10", "wg_1", "too", "\xc3\xa4"}) {
        EXPECT_EQ(typo(name), "");
    }
}

TEST(a_name_that_some_interface_has_is_no_typo) {
    const Interfaces present = interfaces_of({"to", "eth1,", "eth0"});
    for (const std::string name : {"to", "eth1,", "eth0", "wan0"}) {
        EXPECT_EQ(typo(name, &present), "");
    }
    EXPECT_EQ(typo("ETH0", &present), "did you mean eth0?");
}

TEST(a_missing_interface_is_told_with_the_one_that_was_probably_meant) {
    const Interfaces present = interfaces_of({"lo", "eth0", "eth1", "br-lan", "lan0"});
    const auto told = [&present](const char* name) {
        return missing_text(*IfName::parse(name), present);
    };
    EXPECT_EQ(told("eht0"), "interface eht0 does not exist (did you mean eth0?)");
    EXPECT_EQ(told("Eth1"), "interface Eth1 does not exist (did you mean eth1?)");
    EXPECT_EQ(told("br_lan"), "interface br_lan does not exist (did you mean br-lan?)");
    EXPECT_EQ(
        told("eth1,eth2"),
        "interface eth1,eth2 does not exist (names are separated by spaces: did you mean eth1 "
        "eth2?)");
    // Another number is another interface, and so is another first letter.
    EXPECT_EQ(told("eth3"), "interface eth3 does not exist");
    EXPECT_EQ(told("wan0"), "interface wan0 does not exist");
}

TEST(parser_suggests_the_keyword_that_an_address_lacks) {
    EXPECT_EQ(complaint("mroute from eth0 225.1.2.3 to eth1"),
              "t.conf:1:18: error: unexpected address '225.1.2.3' in mroute (did you mean 'group "
              "225.1.2.3'?)\n"
              "mroute from eth0 225.1.2.3 to eth1\n"
              "                 ^~~~~~~~~");
    EXPECT_EQ(complaint("mgroup from eth0 10.0.0.1 group 232.1.1.1"),
              "t.conf:1:18: error: unexpected address '10.0.0.1' in mgroup (did you mean 'source "
              "10.0.0.1'?)\n"
              "mgroup from eth0 10.0.0.1 group 232.1.1.1\n"
              "                 ^~~~~~~~");
}

TEST(parser_reports_missing_words_at_the_keyword) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"mroute", "1: error: missing 'from' in mroute\nmroute\n^~~~~~"},
        {"mroute from eth0", "1: error: missing 'group' in mroute\nmroute from eth0\n^~~~~~"},
        {"mgroup group ff0e::1",
         "1: error: missing 'from' in mgroup\nmgroup group ff0e::1\n^~~~~~"},
        {"mroute from", "8: error: missing interface name after 'from'\nmroute from\n       ^~~~"},
        {"mroute from source 10.0.0.1",
         "8: error: missing interface name after 'from'\nmroute from source 10.0.0.1\n       ^~~~"},
        {"mgroup from eth0 group",
         "18: error: missing address after 'group'\nmgroup from eth0 group\n" +
             std::string(17, ' ') + "^~~~~"},
        {"phyint", "1: error: missing interface name after 'phyint'\nphyint\n^~~~~~"},
        {"phyint eth0 ttl-threshold",
         "13: error: missing number after 'ttl-threshold' (expected 1-255)\n"
         "phyint eth0 ttl-threshold\n            ^~~~~~~~~~~~~"},
        {"include", "1: error: missing file name or pattern after 'include'\ninclude\n^~~~~~~"},
    };
    for (const auto& [line, expected] : cases) {
        EXPECT_EQ(complaint(line), "t.conf:1:" + expected);
    }
}

TEST(parser_refuses_words_that_are_too_many) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"mroute from eth0 from eth1 group 225.1.2.3", "18: error: duplicate 'from'"},
        {"mroute from eth0 group 225.1.2.3 to eth1 to eth2", "42: error: duplicate 'to'"},
        {"mroute from eth0 to eth1 group 225.1.2.3", "26: error: 'group' must stand before 'to'"},
        {"mroute from eth0 group 225.1.2.3 to eth1 source 10.0.0.1",
         "42: error: 'source' must stand before 'to'"},
        {"mgroup from eth0 except 10.0.0.1 group 225.1.2.3",
         "18: error: 'except' does not belong in mgroup"},
        {"mgroup from eth0 group 225.1.2.3 sorce 10.0.0.1",
         "34: error: unknown keyword 'sorce' in mgroup (did you mean 'source'?)"},
        {"mgroup from eth0 group 225.1.2.3 10.0.0.1",
         "34: error: unexpected address '10.0.0.1' in mgroup (did you mean 'source 10.0.0.1'?)"},
        {"mgroup from eth0 surplus",
         "18: error: unknown keyword 'surplus' in mgroup (expected 'from', 'source' or 'group')"},
        {"mroute from eth0 group 225.1.2.3 surplus",
         "34: error: unknown keyword 'surplus' in mroute (expected 'from', 'source', 'except', "
         "'group', 'nolearn' or 'to')"},
    };
    for (const auto& [line, expected] : cases) {
        const std::string text = complaint(line);
        EXPECT_EQ(text.substr(0, text.find('\n')), "t.conf:1:" + expected);
    }
}

TEST(parser_leaves_out_words_that_mean_nothing_behind_a_whole_line) {
    EXPECT_EQ(remarks("mgroup from eth0 group 225.1.2.3 surplus 1"),
              (Lines{"1 mgroup from eth0 group 225.1.2.3",
                     "t.conf:1:34: warning: unknown word 'surplus' in mgroup is left out"}));
    EXPECT_EQ(
        remarks("include a b c"),
        (Lines{"1 include a",
               "t.conf:1:11: warning: 'b' is left out (an include names one file or pattern)"}));
}

TEST(parser_keeps_thresholds_between_1_and_255) {
    for (const auto& [word, taken] : std::vector<std::pair<std::string, std::string>>{
             {"0", "1"}, {"256", "255"}, {"99999999999", "255"}}) {
        EXPECT_EQ(
            remarks("phyint eth0 ttl-threshold " + word),
            (Lines{"1 phyint eth0 ttl-threshold " + taken, "t.conf:1:27: warning: '" + word +
                                                               "' is not a threshold (expected "
                                                               "1-255): " +
                                                               taken + " is taken"}));
    }
    for (const std::string word : {"-1", "1x"}) {
        EXPECT_EQ(complaint("phyint eth0 ttl-threshold " + word),
                  "t.conf:1:27: error: '" + word + "' is not a threshold (expected 1-255)\n" +
                      "phyint eth0 ttl-threshold " + word + "\n" + std::string(26, ' ') + "^" +
                      std::string(word.size() - 1, '~'));
    }
}

TEST(parser_leaves_the_outbounds_of_a_join_out) {
    EXPECT_EQ(remarks("mgroup from eth0 group 225.1.2.3 to eth1"),
              (Lines{"1 mgroup from eth0 group 225.1.2.3",
                     "t.conf:1:34: warning: 'to' does not belong in mgroup and is left out"}));
}

TEST(parser_points_into_a_list_of_excepts) {
    EXPECT_EQ(complaint("mroute from eth0 except 10.0.0.1,10.0.0,10.0.0.3 group 225.1.2.3"),
              "t.conf:1:34: error: '10.0.0' is not an address\n"
              "mroute from eth0 except 10.0.0.1,10.0.0,10.0.0.3 group 225.1.2.3\n"
              "                                 ^~~~~~");
    EXPECT_EQ(complaint("mroute from eth0 except 10.0.0.1, group 225.1.2.3"),
              "t.conf:1:25: error: empty address after 'except' (expected ADDR[/LEN],... without "
              "spaces)\n"
              "mroute from eth0 except 10.0.0.1, group 225.1.2.3\n"
              "                        ^~~~~~~~~");
    EXPECT_EQ(complaint("mroute from eth0 except * group 225.1.2.3"),
              "t.conf:1:25: error: '*' after 'except' leaves no source\n"
              "mroute from eth0 except * group 225.1.2.3\n"
              "                        ^");
}

TEST(parser_bounds_the_joins_of_a_line) {
    EXPECT_EQ(statement("mgroup from eth0 group 239.1.0.0/16"),
              "1 mgroup from eth0 group 239.1.0.0/16");
    EXPECT_EQ(statement("mgroup from eth0 source 10.0.0.0/24 group 239.1.1.0/24"),
              "1 mgroup from eth0 source 10.0.0.0/24 group 239.1.1.0/24");
    EXPECT_EQ(
        complaint("mgroup from eth0 group 239.0.0.0/15"),
        "t.conf:1:24: warning: '239.0.0.0/15' holds more than 65536 groups to join (expected /16 "
        "or longer; 'phyint eth0 mrdisc' has switches send all groups): the line is left out\n"
        "mgroup from eth0 group 239.0.0.0/15\n"
        "                       ^~~~~~~~~~~~");
    EXPECT_EQ(
        complaint("mgroup from eth0 source 2001:db8::/64 group ff3e::1"),
        "t.conf:1:25: warning: '2001:db8::/64' and 'ff3e::1' together stand for more than 65536 "
        "joins ('phyint eth0 mrdisc' has switches send all groups): the line is left out\n"
        "mgroup from eth0 source 2001:db8::/64 group ff3e::1\n"
        "                        ^~~~~~~~~~~~~");
}

TEST(parser_keeps_tabs_so_that_the_caret_is_right) {
    EXPECT_EQ(complaint("\tmroute\tfrom eth0\tgroup\t1.2.3.4"),
              "t.conf:1:25: error: '1.2.3.4' is not a multicast group (224.0.0.0/4 or ff00::/8)\n"
              "\tmroute\tfrom eth0\tgroup\t1.2.3.4\n"
              "\t      \t         \t     \t^~~~~~~");
}

TEST(parser_shows_foreign_bytes_as_question_marks) {
    EXPECT_EQ(complaint("m\x1b from \xc3\xa4"),
              "t.conf:1:2: error: control byte 0x1b (only text, spaces and tabs may stand here)\n"
              "m? from ??\n"
              " ^");
    EXPECT_EQ(complaint("mr\xc3\xb6ute"),
              "t.conf:1:1: error: unknown keyword 'mr??ute' (did you mean 'mroute'?)\n"
              "mr??ute\n"
              "^~~~~~~");
}

TEST(parser_shows_the_part_of_a_long_line_around_the_word) {
    const std::string line = "mroute from eth0 group 225.1.2.3 to " + std::string(200, ' ') +
                             "a/b" + std::string(200, ' ') + "eth2";
    EXPECT_EQ(complaint(line), "t.conf:1:237: error: 'a/b' is not an interface name\n..." +
                                   std::string(40, ' ') + "a/b" + std::string(57, ' ') + "...\n" +
                                   std::string(43, ' ') + "^~~");
}

TEST(parser_reports_a_line_that_is_too_long_and_reads_on) {
    const Parsed parsed("phyint eth0\n" + std::string(70000, 'x') + "\nphyint eth1\n");
    EXPECT_EQ(parsed.statements, (std::vector<std::string>{"1 phyint eth0", "3 phyint eth1"}));
    REQUIRE(parsed.diagnostics.size() == 1);
    EXPECT_EQ(parsed.diagnostics[0].substr(0, 57),
              "t.conf:2:65537: error: line longer than 65536 bytes\n...xx");
}

TEST(parser_takes_the_good_lines_of_a_bad_file_and_reports_every_bad_one) {
    const Parsed parsed(
        "phyint eth0 enable\r\n"
        "mroute from eth0 group 225.1.2.3 too eth1\r\n"
        "mgroup from eth0 group 225.1.2.3   # joined\r\n"
        "\r\n"
        "mgroup from eth0 grp 225.1.2.3\r\n"
        "include conf.d/*.conf");
    EXPECT_EQ(parsed.statements, (std::vector<std::string>{"1 phyint eth0 enable",
                                                           "3 mgroup from eth0 group 225.1.2.3",
                                                           "6 include conf.d/*.conf"}));
    EXPECT_EQ(parsed.diagnostics,
              (std::vector<std::string>{
                  "t.conf:2:34: error: unknown keyword 'too' in mroute (did you mean 'to'?)\n"
                  "mroute from eth0 group 225.1.2.3 too eth1\n"
                  "                                 ^~~",
                  "t.conf:5:18: error: unknown keyword 'grp' in mgroup (did you mean 'group'?)\n"
                  "mgroup from eth0 grp 225.1.2.3\n"
                  "                 ^~~"}));
}

TEST(parser_reads_a_line_like_the_last_as_if_it_stood_alone) {
    const std::string first = "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 # a\n";
    const std::vector<std::string> others = {
        "mroute from eth0 source 10.0.0.2 group 225.1.2.4 to eth1 # a",
        "mroute from eth0 source * group ff0e::1 to eth1 # a",
        "mroute from eth0 source 10.0.0.2 group 225.1.2.4 to eth1 # b",
        "mroute from eth0 source 10.0.0.2 group 225.1.2.4 to eth2 # a",
        "mroute from eth0 source 10.0.0.2 group 225.1.2.4 to eth1",
        "mroute from eth0 source 10.0.0.2 group 225.1.2.4",
        "mroute from eth0 group 225.1.2.4 to eth1 # a",
        "mroute from eth1 source 10.0.0.2 group 225.1.2.4 to eth1 # a",
        "mroute from eth0 source 10.0.0.2  group 225.1.2.4 to eth1 # a",
        "mroute from eth0 source 10.0.0.2 group 10.0.0.3 to eth1 # a",
        "mroute from eth0 source 10.0.0.256 group 225.1.2.4 to eth1 # a",
        "mroute from eth0 source ff0e::1 group 225.1.2.4 to eth1 # a",
        "mroute from eth0 source  group 225.1.2.4 to eth1 # a",
        "mroute from eth0 source 10.0.0.2 group 232.1.1.1#x to eth1 # a",
        "mroute from eth0 source 10.0.0.2 group 224.0.0.1 to eth1 # a",
    };
    for (const std::string& other : others) {
        const Parsed after(first + other);
        const Parsed alone("\n" + other);
        const std::vector<std::string> statements(after.statements.begin() + 1,
                                                  after.statements.end());
        EXPECT_EQ(statements, alone.statements);
        EXPECT_EQ(after.diagnostics, alone.diagnostics);
    }
}

TEST(parser_takes_either_order_and_no_source_from_the_line_before) {
    const Parsed parsed(
        "mroute from eth0 group 225.1.2.3 source 10.0.0.1 to eth1\n"
        "mroute from eth0 group 225.1.2.4 source 10.0.0.2 to eth1\n"
        "mroute from eth0 group 225.1.2.3\n"
        "mroute from eth0 group ff0e::1\n");
    EXPECT_EQ(parsed.statements,
              (std::vector<std::string>{
                  "1 mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1",
                  "2 mroute from eth0 source 10.0.0.2 group 225.1.2.4 to eth1",
                  "3 mroute from eth0 group 225.1.2.3", "4 mroute from eth0 group ff0e::1"}));
    EXPECT_EQ(parsed.diagnostics, std::vector<std::string>{});
}

TEST(parser_reports_a_failed_include_at_its_pattern) {
    const Parsed parsed("include bad");
    EXPECT_EQ(
        parsed.diagnostics,
        (std::vector<std::string>{"t.conf:1:9: error: cannot read bad\ninclude bad\n        ^~~"}));
}

TEST(parser_points_a_warning_at_the_word_and_takes_the_line) {
    const Parsed parsed("mroute from eth0 group 232.1.1.1 to eth1 eth0");
    EXPECT_EQ(parsed.statements,
              (std::vector<std::string>{"1 mroute from eth0 group 232.1.1.1 to eth1 eth0"}));
    EXPECT_EQ(
        parsed.diagnostics,
        (std::vector<std::string>{
            "t.conf:1:42: warning: inbound eth0 is also an outbound: packets go back where they "
            "came from\n"
            "mroute from eth0 group 232.1.1.1 to eth1 eth0\n"
            "                                         ^~~~",
            "t.conf:1:24: warning: group 232.1.1.1 is source-specific (232.0.0.0/8) but no "
            "source is given\n"
            "mroute from eth0 group 232.1.1.1 to eth1 eth0\n"
            "                       ^~~~~~~~~"}));
}

TEST(spec_words_of_a_command_are_judged_like_those_of_a_file) {
    const std::vector<std::string_view> outbounds = {"eth1", "eth/2"};
    const auto made = make_route({.inbound = "eth0",
                                  .source = {},
                                  .except = {},
                                  .group = "225.1.2.3",
                                  .outbounds = outbounds});
    REQUIRE(!made);
    EXPECT_EQ(made.error().text, "'eth/2' is not an interface name");
    EXPECT(made.error().word.data() == outbounds[1].data());
}

}  // namespace smcroute
