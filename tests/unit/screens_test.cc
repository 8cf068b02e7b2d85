// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a person sees, whole screens at the widths of terminals: compared with the files in
// tests/screens. `UPDATE_SCREENS=1 build/unit-tests screens` writes them again.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "os/file.h"
#include "readings.h"
#include "test.h"
#include "view/dot.h"
#include "view/status_line.h"
#include "view/watch.h"

namespace smcroute {

namespace {

using std::chrono::seconds;

const char* const kLongV6 = "2001:db8:1234:5678:9abc:def0:1234:5678";

Moment moment(bool second) {
    const auto count = [second](const char* packets) { return second ? packets : "0"; };
    return {{{.group = "225.1.2.3",
              .packets = count("1000"),
              .bytes = count("1250000"),
              .oifs = "eth1 eth2 br-9f2c1a7d3e4 vlan100 vlan200"},
             {.group = "225.1.2.4", .packets = count("50"), .bytes = count("3000"), .oifs = "eth3"},
             {.group = "225.1.2.5",
              .packets = count("50"),
              .bytes = count("3000"),
              .wrong_if = count("50"),
              .state = "wrong inbound: comes by eth3"},
             {.group = "225.1.2.6",
              .packets = count("7"),
              .bytes = count("700"),
              .state = "blocked: no rule (nearest smcroute.conf:4 wants source 10.0.0.3)",
              .kind = "blocked",
              .oifs = "",
              .origin = ""},
             {.group = "225.1.2.7",
              .packets = "1234567890",
              .bytes = "1234567890123",
              .state = "silent 12m",
              .oifs = "gr\xc3\xbc\xc3\x9f",
              .idle_s = "725.000"},
             {.group = "225.1.2.8",
              .packets = count("9"),
              .bytes = count("900"),
              .state = "not leaving: no outbound is up",
              .oifs = "eth4",
              .down = "eth4",
              .gone = "tun0"},
             {.group = "ff3e:db8:1234:5678:9abc:def0:1234:5678",
              .state = "no packet yet",
              .source = kLongV6,
              .idle_s = "",
              .origin = "smcroute.d/a-longer-name.conf:17"},
             {.group = "225.9.9.9",
              .packets = "",
              .bytes = "",
              .wrong_if = "",
              .state = "pending: tun0 (missing)",
              .idle_s = "",
              .age_s = ""},
             {.group = "225.0.0.0/8",
              .packets = "",
              .bytes = "",
              .wrong_if = "",
              .state = "rule, 3 streams",
              .kind = "rule",
              .source = "*",
              .idle_s = "",
              .age_s = ""}},
            {{"eth1", count("1000"), count("1250000")},
             {"eth2", count("1000"), count("1250000")},
             {"br-9f2c1a7d3e4", count("1000"), count("1250000")},
             {"vlan100", count("1000"), count("1250000")},
             {"vlan200", count("1000"), count("1250000")},
             {"eth3", "0", "0"},
             {"eth4", "0", "0"}}};
}

Table status(const char* room = "65534") {
    return table_of(*find_schema("status"),
                    std::vector<Row>{{"1.0.0",
                                      "lan2",
                                      "42",
                                      "1795359845",
                                      "11520",
                                      "runs",
                                      "0",
                                      "",
                                      "/etc/lan2.conf",
                                      "refused: /etc/lan2.conf:4:1 has an error (see the log)",
                                      "1795359846",
                                      "120",
                                      "0",
                                      "net:[4026531840]",
                                      "100",
                                      "/run/own/socket",
                                      "8",
                                      "1",
                                      "0",
                                      "1",
                                      "2",
                                      "1",
                                      room,
                                      "on",
                                      "on",
                                      "7",
                                      "7",
                                      "9",
                                      "3",
                                      "1",
                                      "0",
                                      "0",
                                      ""}});
}

template <typename Give>
std::string table_at(size_t width, const char* what, Give give) {
    const auto rendering = start_rendering(*find_schema(what), {.width = width});
    give(*rendering);
    return compose("--- {}\n{}", what, rendering->text());
}

std::string screens_at(size_t width) {
    const Reading reading = reading_of(moment(false), moment(true), seconds(1));
    WatchView view(seconds(1));
    std::string text = compose("{}\n", status_line(status(), width));
    text += table_at(width, "routes", [&](RowSink& sink) { give_routes(reading, sink); });
    text += table_at(width, "rates", [&](RowSink& sink) { give_rates(reading, true, sink); });
    text += table_at(width, "map", [&](RowSink& sink) { give_map(reading, true, sink); });
    text +=
        table_at(width, "interfaces", [&](RowSink& sink) { give_interfaces(reading, true, sink); });
    text += "--- watch\n";
    for (const ScreenLine& line : watch_screen(reading, view, "15:04:05", {12, width})) {
        text += compose("{}\n", line.text);
    }
    return text;
}

// The place of an error is not broken.
void expect_fits(const std::string& text, size_t width) {
    for_each_word(
        text,
        [&](std::string_view line) {
            EXPECT(columns_of(line) <= width || line.find("reload refused") != line.npos);
        },
        '\n');
}

}  // namespace

TEST(screens_are_those_of_the_files) {
    for (const size_t width : {size_t{60}, size_t{80}, size_t{132}}) {
        const std::string path = compose("tests/screens/{}.txt", width);
        const std::string screens = screens_at(width);
        if (getenv("UPDATE_SCREENS") != nullptr) {
            FILE* const file = fopen(path.c_str(), "w");
            REQUIRE(file != nullptr);
            fputs(screens.c_str(), file);
            fclose(file);
        }
        const auto wanted = read_file(path, 1 << 16);
        EXPECT_EQ(screens, wanted && *wanted ? **wanted : compose("there is no {}", path));
        expect_fits(screens, width);
    }
}

TEST(screens_of_a_pipe_have_a_line_for_each_row) {
    const std::string screens = screens_at(0);
    const std::string routes = screens.substr(
        screens.find("--- routes"), screens.find("--- rates") - screens.find("--- routes"));
    EXPECT_EQ(std::count(routes.begin(), routes.end(), '\n'), 11);
}

TEST(map_is_a_graph_for_graphviz) {
    const Reading reading = reading_of(moment(false), moment(true), seconds(1));
    DotText dot;
    give_map(reading, false, dot);
    const std::string text = dot.text();
    EXPECT(text.starts_with("digraph smcroute {\n    rankdir=LR;\n"));
    EXPECT(text.find("    \"eth0\" -> \"eth1\" [label=\"2 streams\\n10.0Mbit/s\"];\n") !=
           text.npos);
    EXPECT(text.find("    \"eth0\" -> \"nowhere\" [label=\"") != text.npos);
    EXPECT(text.ends_with("];\n}\n"));
}

TEST(status_line_says_what_needs_attention) {
    EXPECT_EQ(status_line(status()),
              "lan2 up 3h12m: 8 routes, 1 rule, 1 pending!, reload refused 2m ago! "
              "(/etc/lan2.conf:4:1 has an error (see the log)), table 100, socket /run/own/socket");
    EXPECT(status_line(status("0")).find(", 1 pending!, no room for new streams!, ") !=
           std::string::npos);
}

}  // namespace smcroute
