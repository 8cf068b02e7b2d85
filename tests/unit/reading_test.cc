// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/reading.h"

#include "base/text.h"
#include "readings.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::seconds;

// The state after a second in which so many packets came, so many of them elsewhere, and so many
// left by eth1.
struct Second {
    unsigned came = 0;
    unsigned strayed = 0;
    unsigned left = 0;
};
std::string state_after(const Second& second, RouteRow route = {}) {
    const Moment first{{route}, {{}}};
    route.packets = std::to_string(second.came + second.strayed);
    route.wrong_if = std::to_string(second.strayed);
    const Moment then{{route}, {{"eth1", std::to_string(second.left), "0"}}};
    return reading_of(first, then, seconds(1)).streams[0].state;
}

template <typename Give>
std::vector<Row> rows_from(Give give) {
    RowKeeper keeper;
    give(keeper);
    return keeper.rows();
}

std::vector<Row> rate_rows(const Reading& reading, bool for_people) {
    return rows_from([&](RowSink& sink) { give_rates(reading, for_people, sink); });
}

std::string first_row(const std::vector<Row>& rows) {
    std::string line;
    for (const std::string& field : rows.empty() ? Row{} : rows[0]) {
        line += compose("{}|", field);
    }
    return line;
}

// Streams of 100 packets a second each for these outbounds, by which so many packets left.
std::vector<std::string> states_of(const std::vector<std::string>& oifs,
                                   const std::vector<VifRow>& left) {
    Moment first;
    Moment then{{}, left};
    for (size_t i = 0; i < oifs.size(); ++i) {
        RouteRow route{.group = compose("225.0.0.{}", i), .oifs = oifs[i]};
        first.routes.push_back(route);
        route.packets = "100";
        then.routes.push_back(route);
    }
    for (const VifRow& vif : left) {
        first.vifs.push_back({vif.name});
    }
    const Reading reading = reading_of(first, then, seconds(1));
    std::vector<std::string> states;
    for (const StreamRate& stream : reading.streams) {
        states.push_back(stream.state);
    }
    return states;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST(reading_says_of_each_stream_what_becomes_of_it) {
    EXPECT_EQ(state_after({.came = 50, .left = 50}), "flows");
    EXPECT_EQ(state_after({.came = 50, .left = 0}), "not leaving (TTL too low?)");
    EXPECT_EQ(state_after({.came = 1, .left = 0}), "not leaving (TTL too low?)");
    EXPECT_EQ(state_after({.strayed = 50}, {.state = "wrong inbound: comes by eth3"}),
              "wrong inbound: comes by eth3");
    EXPECT_EQ(state_after({.strayed = 50}), "wrong inbound");
    EXPECT_EQ(state_after({.came = 50, .strayed = 50, .left = 50}), "flows");
}

TEST(reading_leaves_what_the_daemon_knows_for_certain) {
    for (const char* const state :
         {"blocked: no rule", "excepted by smcroute.conf:4", "not leaving: no outbound is up"}) {
        EXPECT_EQ(state_after({.came = 50, .left = 50}, {.state = state}), state);
    }
    EXPECT_EQ(
        state_after({.came = 50}, {.state = "wrong inbound: comes by eth3", .kind = "blocked"}),
        "wrong inbound: comes by eth3");
}

TEST(reading_of_a_stream_without_packets_is_what_was_seen) {
    EXPECT_EQ(state_after({}, {.state = "silent 12m"}), "silent 12m");
    EXPECT_EQ(state_after({}, {.state = "no packet yet"}), "no packet yet");
    EXPECT_EQ(state_after({}, {.state = "arrives"}), "arrives");  // a slow one
    EXPECT_EQ(state_after({}, {.state = ""}), "silent");
}

TEST(reading_says_the_weaker_where_streams_share_an_outbound) {
    const std::string some = "arrives (50% leaves by eth1)";
    EXPECT_EQ(states_of({"eth1", "eth1"}, {{"eth1", "100"}}), (Lines{some, some}));
    EXPECT_EQ(states_of({"eth1", "eth1"}, {{"eth1", "200"}}), (Lines{"flows", "flows"}));
    EXPECT_EQ(states_of({"eth1", "eth1"}, {{"eth1", "197"}}), (Lines{"flows", "flows"}));
    EXPECT_EQ(states_of({"eth1 eth2", "eth2"}, {{"eth1", "100"}, {"eth2", "100"}}),
              (Lines{"flows", "arrives (50% leaves by eth2)"}));
    EXPECT_EQ(states_of({"eth1 eth2"}, {{"eth1", "100"}, {"eth2", "0"}}),
              Lines{"flows, not by eth2 (TTL too low?)"});
}

TEST(reading_asks_no_outbound_that_is_down_or_new) {
    EXPECT_EQ(state_after({.came = 50, .left = 50}, {.oifs = "eth1 eth2", .down = "eth2"}),
              "flows");
    RouteRow route;
    const Moment first{{route}, {}};
    route.packets = "50";
    EXPECT_EQ(reading_of(first, {{route}, {{}}}, seconds(1)).streams[0].state, "arrives");
}

TEST(rates_are_a_table_of_the_busiest_streams_first) {
    const Reading reading = reading_of(
        {{{.group = "225.0.0.1", .packets = "10", .bytes = "1000"},
          {.group = "225.0.0.2", .packets = "10", .bytes = "1000"},
          {.group = "225.0.0.9", .packets = "10", .bytes = "1000"}},
         {{}}},
        {{{.group = "225.0.0.1",
           .packets = "10",
           .bytes = "1000",
           .state = "silent 1m",
           .idle_s = "75.000"},
          {.group = "225.0.0.2", .packets = "1910", .bytes = "2376000"},
          {.group = "225.0.0.3", .packets = "5000", .bytes = "6000000", .idle_s = "0.000"},
          {.group = "225.0.0.4", .state = "no packet yet", .idle_s = ""},
          {.group = "225.0.0.0/8",
           .packets = "",
           .state = "rule, 1 stream",
           .kind = "rule",
           .source = "*",
           .age_s = ""}},
         {{"eth1", "6900"}}},
        seconds(2));
    EXPECT_EQ(rendered(*find_schema("rates"), rate_rows(reading, true)),
              "SOURCE    GROUP      IIF   OIFS    PPS  BIT/S  IDLE  ORIGIN           STATE\n"
              "10.0.0.2  225.0.0.3  eth0  eth1  2.50k  24.0M  0.0s  smcroute.conf:1  flows\n"
              "10.0.0.2  225.0.0.2  eth0  eth1    950  9.50M  0.0s  smcroute.conf:1  flows\n"
              "10.0.0.2  225.0.0.1  eth0  eth1      0      0   75s  smcroute.conf:1  silent 1m\n"
              "10.0.0.2  225.0.0.4  eth0  eth1      0      0     -  smcroute.conf:1  "
              "no packet yet\n");
}

TEST(rates_in_json_are_numbers) {
    const Reading reading =
        reading_of({{{}, {.group = "225.0.0.2", .packets = "", .bytes = "", .idle_s = ""}}, {{}}},
                   {{{.packets = "1901", .bytes = "2375001", .idle_s = "12.345"},
                     {.group = "225.0.0.2", .packets = "", .bytes = "", .state = "", .idle_s = ""}},
                    {{"eth1", "1901"}}},
                   seconds(2));
    EXPECT_EQ(
        rendered_json(*find_schema("rates"), rate_rows(reading, false)),
        "[\n"
        R"({"source": "10.0.0.2", "group": "225.0.0.1", "iif": "eth0", "oifs": ["eth1"], )"
        R"("oifs_down": [], "oifs_gone": [], "oifs_no_slot": [], )"
        R"("packets_per_s": 950, "bits_per_s": 9500004, "wrong_if_per_s": 0, "idle_s": 12.345, )"
        R"("origin": "smcroute.conf:1", "state": "flows", "kind": "static"})"
        ",\n"
        R"({"source": "10.0.0.2", "group": "225.0.0.2", "iif": "eth0", "oifs": ["eth1"], )"
        R"("oifs_down": [], "oifs_gone": [], "oifs_no_slot": [], )"
        R"("packets_per_s": null, "bits_per_s": null, "wrong_if_per_s": null, "idle_s": null, )"
        R"("origin": "smcroute.conf:1", "state": null, "kind": "static"})"
        "\n]\n");
}

// An entry that was replaced begins at nothing: all that it counts came since.
TEST(rates_of_a_counter_that_went_back_are_of_what_it_counts_since) {
    const Reading reading = reading_of({{{.packets = "1000000", .bytes = "100000000"}}},
                                       {{{.packets = "30", .bytes = "3000"}}}, seconds(2));
    EXPECT_EQ(first_row(rate_rows(reading, false)),
              "10.0.0.2|225.0.0.1|eth0|eth1||||15|12000|0|0.040|smcroute.conf:1|arrives|static|");
}

TEST(rates_tell_in_one_unit_how_long_ago_the_last_packet_came) {
    const struct {
        const char* idle_s;
        const char* text;
    } spans[] = {{"0.000", "0.0s"},     {"0.040", "0.0s"},    {"0.990", "0.9s"},
                 {"9.999", "9.9s"},     {"10.000", "10s"},    {"99.999", "99s"},
                 {"100.000", "1m"},     {"5999.999", "99m"},  {"6000.000", "1h"},
                 {"172799.999", "47h"}, {"172800.000", "2d"}, {"31536000.000", "365d"}};
    for (const auto& [idle_s, text] : spans) {
        const Reading reading = reading_of({{}}, {{{.idle_s = idle_s}}}, seconds(1));
        const std::vector<Row> rows = rate_rows(reading, true);
        EXPECT_EQ(rows[0][column_of(*find_schema("rates"), "idle_s")], text);
    }
}

TEST(rates_are_scaled_to_three_digits) {
    const struct {
        double rate;
        std::string_view shown;
    } rows[] = {{0, "0"},
                {0.5, "0.5"},
                {9.9, "9.9"},
                {10, "10"},
                {999, "999"},
                {999.9, "1.00k"},
                {12340, "12.3k"},
                {999000, "999k"},
                {1000000, "1.00M"},
                {123456789012.3, "123G"},
                {1234567890123456.7, "1235T"}};
    for (const auto& [rate, shown] : rows) {
        EXPECT_EQ(scaled(rate), shown);
    }
}

TEST(map_has_a_row_for_each_pair_of_interfaces) {
    const Reading reading = reading_of(
        {{{.group = "225.0.0.1", .oifs = "eth1 eth2"},
          {.group = "225.0.0.2"},
          {.group = "225.0.0.3", .state = "blocked: no rule", .oifs = ""}},
         {{"eth1"}, {"eth2"}}},
        {{{.group = "225.0.0.1", .packets = "100", .bytes = "10000", .oifs = "eth1 eth2"},
          {.group = "225.0.0.2", .packets = "50", .bytes = "5000"},
          {.group = "225.0.0.3",
           .packets = "7",
           .bytes = "700",
           .state = "blocked: no rule",
           .oifs = ""}},
         {{"eth1", "150"}, {"eth2", "100"}}},
        seconds(1));
    const auto map = [&](bool for_people) {
        return rows_from([&](RowSink& sink) { give_map(reading, for_people, sink); });
    };
    EXPECT_EQ(rendered(*find_schema("map"), map(true)),
              "FROM  TO          STREAMS  PPS  BIT/S\n"
              "eth0  -> nowhere        1  7.0  5.60k\n"
              "\"     -> eth1           2  150   120k\n"
              "\"     -> eth2           1  100  80.0k\n");
    EXPECT(rendered_json(*find_schema("map"), map(false))
               .find(R"({"iif": "eth0", "oif": null, "streams": 1, "packets_per_s": 7, )"
                     R"("bits_per_s": 5600})") != std::string::npos);
}

TEST(interfaces_have_the_rates_of_what_leaves) {
    const Reading reading =
        reading_of({{}, {{"eth1", "10", "1000"}}}, {{}, {{"eth1", "20", "3000"}}}, seconds(2));
    const auto rows = rows_from([&](RowSink& sink) { give_interfaces(reading, true, sink); });
    EXPECT_EQ(first_row(rows), "eth1|3|up multicast|IPv4|1|1|0|0|20|3000|0|8.00k||");
}

}  // namespace smcroute
