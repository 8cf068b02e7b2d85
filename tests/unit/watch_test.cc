// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/watch.h"

#include "base/text.h"
#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::seconds;

Row route(const char* group, const char* packets, const char* bytes, const char* state = "static") {
    return {"10.0.0.2",        group, "eth0", "eth1", "", "", "", packets, bytes, "0", "60",
            "smcroute.conf:1", state};
}

// A row of rate_counters().
Row counters(const char* group, const char* packets, const char* bytes, const char* idle = "40") {
    return {"10.0.0.2", group, "eth0", "eth1 eth2", "", "", "", packets, bytes, idle, "static"};
}

// Of two seconds later.
Reading rates_of(const std::vector<Row>& first, const std::vector<Row>& second) {
    const Reading before = take_reading(nullptr, table_of(rate_counters(), first), seconds(0));
    return take_reading(&before, table_of(rate_counters(), second), seconds(2));
}

std::vector<Row> rate_rows(const Reading& reading, bool for_people) {
    RowKeeper keeper;
    give_rates(reading, for_people, keeper);
    return keeper.rows();
}

std::string rates_shown(const Reading& reading) {
    return rendered(*find_schema("rates"), rate_rows(reading, true));
}

std::string rates_in_json(const Reading& reading) {
    return rendered_json(*find_schema("rates"), rate_rows(reading, false));
}

std::string first_row(const std::vector<Row>& rates) {
    std::string line;
    for (const std::string& field : rates.empty() ? Row{} : rates[0]) {
        line += cat({field, "|"});
    }
    return line;
}

// The lines of the screen, each behind a sign for its emphasis.
std::string screen_of(const Reading& reading, ScreenSize size) {
    constexpr std::string_view kSigns = " #+.";  // none, heading, new, faint
    std::string text;
    for (const ScreenLine& line : watch_screen(reading, size)) {
        text += cat({"\n", kSigns.substr(static_cast<size_t>(line.emphasis), 1), line.text});
    }
    return text;
}

Reading reading_of(const Reading* before, const std::vector<Row>& routes, seconds elapsed) {
    return take_reading(before, table_of(*find_schema("routes"), routes), elapsed);
}

Reading first_reading() {
    return reading_of(nullptr,
                      {route("225.0.0.1", "10", "1000"), route("225.0.0.2", "10", "1000"),
                       route("225.0.0.3", "0", "0", "blocked")},
                      seconds(0));
}

// Of two seconds later: one stream is silent, one flows, one is blocked, and one is new.
Reading second_reading() {
    const Reading first = first_reading();
    return reading_of(&first,
                      {route("225.0.0.1", "10", "1000"), route("225.0.0.2", "2010", "2001000"),
                       route("225.0.0.3", "7", "700", "blocked"),
                       route("225.0.0.4", "5000", "6000000", "learned")},
                      seconds(2));
}

Reading of_streams(size_t count) {
    std::vector<Row> rows;
    for (size_t i = 0; i < count; ++i) {
        rows.push_back(route(cat({"225.0.1.", std::to_string(i)}).c_str(), "0", "0"));
    }
    const Reading first = reading_of(nullptr, rows, seconds(0));
    return reading_of(&first, rows, seconds(1));
}

}  // namespace

TEST(watch_first_screen_has_no_rates_yet) {
    EXPECT_EQ(screen_of(first_reading(), {24, 80}), R"(
 smcroute: 3 streams, 0 new, 0 silent, 1 blocked
 measuring
#PPS  BIT/S  STATE    SOURCE    GROUP      IIF   OIFS  ORIGIN
   -      -  -        10.0.0.2  225.0.0.1  eth0  eth1  smcroute.conf:1
   -      -  -        10.0.0.2  225.0.0.2  eth0  eth1  smcroute.conf:1
   -      -  blocked  10.0.0.2  225.0.0.3  eth0  eth1  smcroute.conf:1)");
}

TEST(watch_shows_the_busiest_streams_first) {
    EXPECT_EQ(screen_of(second_reading(), {24, 80}), R"(
 smcroute: 4 streams, 1 new, 1 silent, 1 blocked
 in all 3.50k packets/s, 32.0M bit/s
#  PPS  BIT/S  STATE    SOURCE    GROUP      IIF   OIFS  ORIGIN
+2.50k  24.0M  new      10.0.0.2  225.0.0.4  eth0  eth1  smcroute.conf:1
 1.00k  8.00M  flows    10.0.0.2  225.0.0.2  eth0  eth1  smcroute.conf:1
   3.5  2.80k  blocked  10.0.0.2  225.0.0.3  eth0  eth1  smcroute.conf:1
.    0      0  silent   10.0.0.2  225.0.0.1  eth0  eth1  smcroute.conf:1)");
}

TEST(watch_screen_fits_whatever_the_size) {
    EXPECT_EQ(screen_of(second_reading(), {5, 27}), R"(
 smcroute: 4 streams, 1 new,
 in all 3.50k packets/s, 32.
#  PPS  BIT/S  STATE  SOURCE
+2.50k  24.0M  new    10.0.0
 and 3 more)");
    for (size_t rows = 0; rows < 12; ++rows) {
        for (const size_t columns : {size_t{0}, size_t{1}, size_t{200}}) {
            const auto screen = watch_screen(of_streams(7), {rows, columns});
            EXPECT_EQ(screen.size(), std::min(rows, size_t{10}));
            for (const ScreenLine& line : screen) {
                EXPECT(line.text.size() <= columns);
            }
        }
    }
}

TEST(watch_of_nothing_says_so) {
    const Reading none = reading_of(nullptr, {}, seconds(0));
    EXPECT_EQ(screen_of(none, {24, 80}), R"(
 smcroute: 0 streams, 0 new, 0 silent, 0 blocked
 measuring
 no routes are installed)");
}

TEST(watch_calls_a_stream_new_for_some_readings) {
    Reading reading = reading_of(nullptr, {}, seconds(0));
    std::string words;
    for (unsigned i = 0; i < kNewReadings + 1; ++i) {
        reading = reading_of(&reading, {route("225.0.0.1", "1", "1")}, seconds(1));
        words += screen_of(reading, {24, 80}).find("new    ") != std::string::npos ? "n" : "-";
        EXPECT_EQ(watch_line(reading).find(" 1 new,") != std::string::npos, i == 0);
    }
    EXPECT_EQ(words, "nnnnn-");
}

TEST(watch_takes_a_counter_that_went_back_for_a_new_one) {
    const Reading first = reading_of(nullptr, {route("225.0.0.1", "100", "900")}, seconds(0));
    const Reading second = reading_of(&first, {route("225.0.0.1", "30", "300")}, seconds(3));
    EXPECT_EQ(watch_line(second),
              "1 stream, 0 new, 0 silent, 0 blocked, 10 packets/s, 800 bit/s\n");
}

TEST(watch_line_is_in_plain_numbers) {
    EXPECT_EQ(watch_line(second_reading()),
              "4 streams, 1 new, 1 silent, 1 blocked, 3504 packets/s, 32002800 bit/s\n");
}

TEST(watch_json_is_an_object_of_integers_on_a_line) {
    EXPECT_EQ(watch_json(second_reading()),
              "{\"streams\": 4, \"new\": 1, \"silent\": 1, \"blocked\": 1, "
              "\"packets_per_s\": 3504, \"bits_per_s\": 32002800}\n");
}

TEST(watch_scales_rates_to_three_digits) {
    const Reading none = reading_of(nullptr, {}, seconds(0));
    const struct {
        const char* packets;
        std::string_view shown;
    } rows[] = {{"0", "0"},
                {"5", "0.5"},
                {"99", "9.9"},
                {"100", "10"},
                {"9990", "999"},
                {"9999", "1.00k"},
                {"123400", "12.3k"},
                {"9990000", "999k"},
                {"10000000", "1.00M"},
                {"1234567890123", "123G"},
                {"12345678901234567", "1235T"}};
    for (const auto& [packets, shown] : rows) {
        const Reading reading = reading_of(&none, {route("225.0.0.1", packets, "0")}, seconds(10));
        const std::string all = watch_screen(reading, {24, 80})[1].text;
        EXPECT_EQ(all, cat({"in all ", shown, " packets/s, 0 bit/s"}));
    }
}

TEST(watch_screen_is_printable_whatever_an_interface_is_called) {
    Row odd = route("225.0.0.1", "0", "0");
    odd[2] =
        "a\x9b"
        "b\033[2J";
    const Reading reading = reading_of(nullptr, {odd}, seconds(0));
    EXPECT(screen_of(reading, {24, 80}).find(" a?b?[2J ") != std::string::npos);
}

// With a stream that came between the readings, and without one that went.
TEST(rates_are_a_table_of_the_busiest_streams_first) {
    const Reading reading = rates_of(
        {counters("225.0.0.1", "10", "1000"), counters("225.0.0.2", "10", "1000"),
         counters("225.0.0.9", "10", "1000")},
        {counters("225.0.0.1", "10", "1000", "75000"), counters("225.0.0.2", "1910", "2376000"),
         counters("225.0.0.3", "5000", "6000000", "0"), counters("225.0.0.4", "0", "0", "")});
    EXPECT_EQ(rates_shown(reading),
              "SOURCE    GROUP      IIF   OIFS         PPS  BIT/S  IDLE  STATE\n"
              "10.0.0.2  225.0.0.3  eth0  eth1,eth2  2.50k  24.0M  0.0s  static\n"
              "10.0.0.2  225.0.0.2  eth0  eth1,eth2    950  9.50M  0.0s  static\n"
              "10.0.0.2  225.0.0.1  eth0  eth1,eth2      0      0   75s  static\n"
              "10.0.0.2  225.0.0.4  eth0  eth1,eth2      0      0     -  static\n");
}

TEST(rates_in_json_are_numbers) {
    EXPECT_EQ(
        rates_in_json(rates_of({counters("225.0.0.1", "0", "0"), counters("225.0.0.2", "", "")},
                               {counters("225.0.0.1", "1901", "2375001", "12345"),
                                counters("225.0.0.2", "", "", "")})),
        "[\n"
        R"({"source": "10.0.0.2", "group": "225.0.0.1", "iif": "eth0", "oifs": ["eth1", "eth2"], )"
        R"("oifs_down": [], "oifs_gone": [], "oifs_no_slot": [], )"
        R"("packets_per_s": 950, "bits_per_s": 9500004, "idle_s": 12.345, "state": "static"})"
        ",\n"
        R"({"source": "10.0.0.2", "group": "225.0.0.2", "iif": "eth0", "oifs": ["eth1", "eth2"], )"
        R"("oifs_down": [], "oifs_gone": [], "oifs_no_slot": [], )"
        R"("packets_per_s": null, "bits_per_s": null, "idle_s": null, "state": "static"})"
        "\n]\n");
}

TEST(rates_of_nothing_say_so) {
    EXPECT_EQ(rates_shown(rates_of({counters("225.0.0.1", "1", "1")}, {})),
              "no routes are installed\n");
    EXPECT_EQ(rates_in_json(rates_of({}, {})), "[]\n");
}

// An entry that was replaced begins at nothing: all that it counts came since.
TEST(rates_of_a_counter_that_went_back_are_of_what_it_counts_since) {
    const Reading reading = rates_of({counters("225.0.0.1", "1000000", "100000000")},
                                     {counters("225.0.0.1", "30", "3000")});
    EXPECT_EQ(first_row(rate_rows(reading, false)),
              "10.0.0.2|225.0.0.1|eth0|eth1 eth2||||15|12000|0.040|static|");
}

TEST(rates_tell_in_one_unit_how_long_ago_the_last_packet_came) {
    const struct {
        const char* ms;
        const char* text;
    } spans[] = {{"0", "0.0s"},        {"40", "0.0s"},      {"990", "0.9s"},
                 {"9999", "9.9s"},     {"10000", "10s"},    {"99999", "99s"},
                 {"100000", "1m"},     {"5999999", "99m"},  {"6000000", "1h"},
                 {"172799999", "47h"}, {"172800000", "2d"}, {"31536000000", "365d"}};
    for (const auto& [ms, text] : spans) {
        const Reading reading = rates_of({}, {counters("225.0.0.1", "0", "0", ms)});
        EXPECT_EQ(first_row(rate_rows(reading, true)),
                  cat({"10.0.0.2|225.0.0.1|eth0|eth1 eth2||||0|0|", text, "|static|"}));
    }
}

TEST(paint_erases_each_line_before_it_writes_it) {
    const std::vector<ScreenLine> screen = {{"a"},
                                            {"b", ScreenLine::Emphasis::kHeading},
                                            {"c", ScreenLine::Emphasis::kNew},
                                            {"d", ScreenLine::Emphasis::kFaint}};
    EXPECT_EQ(paint(screen, true),
              "\033[H\033[Ka\r\n\033[K\033[7mb\033[0m\r\n\033[K\033[1mc\033[0m\r\n"
              "\033[K\033[2md\033[0m");
    EXPECT_EQ(paint(screen, false), "\033[H\033[Ka\r\n\033[Kb\r\n\033[Kc\r\n\033[Kd");
}

}  // namespace smcroute
