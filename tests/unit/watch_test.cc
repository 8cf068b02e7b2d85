// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/watch.h"

#include "base/text.h"
#include "readings.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::seconds;

// The lines of the screen, each behind a sign for its emphasis.
std::string screen_of(const Reading& reading, WatchView& view, ScreenSize size) {
    constexpr std::string_view kSigns = " #+.!~";  // none, heading, new, faint, stuck, stopped
    std::string text;
    for (const ScreenLine& line : watch_screen(reading, view, "15:04:05", size)) {
        text += compose("\n{}{}", kSigns.substr(static_cast<size_t>(line.emphasis), 1), line.text);
    }
    return text;
}

std::string screen_of(const Reading& reading, ScreenSize size) {
    WatchView view(seconds(1));
    return screen_of(reading, view, size);
}

Moment first_moment() {
    return {{{.group = "225.0.0.1", .packets = "10", .bytes = "1000"},
             {.group = "225.0.0.2", .packets = "10", .bytes = "1000"},
             {.group = "225.0.0.3",
              .state = "blocked: no rule",
              .kind = "blocked",
              .oifs = "",
              .origin = ""},
             {.group = "225.0.0.5", .oifs = "eth2"}},
            {{"eth1"}, {"eth2"}}};
}

Reading first_reading() { return reading_of(nullptr, first_moment()); }

// Of two seconds later: one stream is silent, one flows, one is blocked, one is new, and one does
// not leave.
Moment second_moment() {
    return {{{.group = "225.0.0.1", .packets = "10", .bytes = "1000", .state = "silent 2s"},
             {.group = "225.0.0.2", .packets = "2010", .bytes = "2001000"},
             {.group = "225.0.0.3",
              .packets = "7",
              .bytes = "700",
              .state = "blocked: no rule",
              .kind = "blocked",
              .oifs = "",
              .origin = ""},
             {.group = "225.0.0.4", .packets = "5000", .bytes = "6000000", .kind = "learned"},
             {.group = "225.0.0.5", .packets = "20", .bytes = "2000", .oifs = "eth2"}},
            {{"eth1", "7000"}, {"eth2", "0"}}};
}
Reading second_reading() {
    const Reading first = first_reading();
    return reading_of(&first, second_moment(), seconds(2));
}

Reading of_streams(size_t count) {
    Moment moment;
    for (size_t i = 0; i < count; ++i) {
        moment.routes.push_back({.group = compose("225.0.1.{}", i)});
    }
    return reading_of(moment, moment, seconds(1));
}

// The last bytes of the groups on a screen, in their order.
std::string groups_of(const Reading& reading, WatchView& view, size_t rows = 24) {
    std::string groups;
    for (const ScreenLine& line : watch_screen(reading, view, "", {rows, 132})) {
        const size_t at = line.text.find("225.0.");
        if (at != line.text.npos) {
            const std::string_view rest = std::string_view(line.text).substr(at + 8);
            add_word(groups, rest.substr(0, rest.find(' ')));
        }
    }
    return groups;
}

}  // namespace

TEST(watch_first_screen_has_no_rates_yet) {
    EXPECT_EQ(screen_of(first_reading(), {6, 80}), R"(
 smcroute: 4 streams, 0 new, 0 silent, 1 blocked, 0 stuck                15:04:05
 measuring
#PPS  BIT/S  MINUTE  SOURCE    GROUP      IIF   OIFS  STATE    ORIGIN
   -      -  ······  10.0.0.2  225.0.0.1  eth0  eth1  arrives  smcroute.conf:1
   -      -  ······  10.0.0.2  225.0.0.2  eth0  eth1  arrives  smcroute.conf:1
.1-2 of 4  q quit  s sort  / filter  p pause  + - interval  ↑↓ PgUp PgDn)");
}

TEST(watch_shows_first_what_does_not_leave_and_what_has_stopped) {
    const Reading second = second_reading();
    Moment moment = second_moment();
    moment.routes[1].packets = "4010";
    moment.routes[1].bytes = "4001000";
    moment.routes[4].packets = "40";
    moment.vifs[0].packets_out = "9000";
    EXPECT_EQ(screen_of(reading_of(&second, moment, seconds(2)), {24, 120}), R"(
 smcroute: 5 streams, 0 new, 3 silent, 1 blocked, 1 stuck                                                        15:04:05
 in all 1.01k packets/s, 8.00M bit/s; every 1 s, by state
#  PPS  BIT/S        MINUTE  SOURCE    GROUP      IIF   OIFS  STATE                       ORIGIN
!   10      0  ···········█  10.0.0.2  225.0.0.5  eth0  eth2  not leaving (TTL too low?)  smcroute.conf:1
~    0      0  ···········█  10.0.0.2  225.0.0.3  eth0  -     blocked: no rule            -
~    0      0  ···········█  10.0.0.2  225.0.0.4  eth0  eth1  new, arrives                smcroute.conf:1
 1.00k  8.00M  ···········█  10.0.0.2  225.0.0.2  eth0  eth1  flows                       smcroute.conf:1
.    0      0  ············  10.0.0.2  225.0.0.1  eth0  eth1  silent 2s                   smcroute.conf:1
.q quit  s sort  / filter  p pause  + - interval  ↑↓ PgUp PgDn)");
}

TEST(watch_is_sorted_by_a_key) {
    const Reading reading = second_reading();
    WatchView view(seconds(1));
    EXPECT_EQ(groups_of(reading, view), "5 4 2 3 1");
    view.press("s");
    EXPECT_EQ(groups_of(reading, view), "4 2 5 3 1");
    view.press("ss");
    EXPECT_EQ(groups_of(reading, view), "1 2 3 4 5");
    EXPECT(view.press("ss") == WatchView::Effect::kRedraw);
    EXPECT_EQ(groups_of(reading, view), "5 4 2 3 1");
}

TEST(watch_is_filtered_by_typing) {
    const Reading reading = second_reading();
    WatchView view(seconds(1));
    view.press("/block");
    EXPECT_EQ(groups_of(reading, view), "3");
    EXPECT(screen_of(reading, view, {24, 100}).find(", by state, with 'block_'\n") !=
           std::string::npos);
    view.press("q\x7f\r");
    EXPECT_EQ(view.filter(), "block");
    EXPECT(view.press("q") == WatchView::Effect::kQuit);
    view.press("\033");
    EXPECT_EQ(groups_of(reading, view), "5 4 2 3 1");
    view.press("/nothing\r");
    EXPECT_EQ(groups_of(reading, view), "");
}

TEST(watch_scrolls_within_what_there_is) {
    const Reading reading = of_streams(9);
    WatchView view(seconds(1));
    const auto after = [&](std::string_view keys) {
        view.press(keys);
        return groups_of(reading, view, 7);
    };
    EXPECT_EQ(after(""), "0 1 2");
    EXPECT_EQ(after("\033[B"), "1 2 3");
    EXPECT_EQ(after("\033[6~"), "4 5 6");
    EXPECT_EQ(after("jj\033[B"), "6 7 8");
    EXPECT_EQ(after("\033[A"), "5 6 7");
    EXPECT_EQ(after("\033[5~"), "2 3 4");
    EXPECT_EQ(after("G"), "6 7 8");
    EXPECT_EQ(after("k"), "5 6 7");
    EXPECT_EQ(after("\033[H"), "0 1 2");
    EXPECT_EQ(after("\033[A"), "0 1 2");
}

TEST(watch_changes_its_interval_and_pauses_by_keys) {
    WatchView view(seconds(7));
    EXPECT(view.press("+") == WatchView::Effect::kInterval);
    EXPECT_EQ(view.interval().count(), 10);
    view.press("-");
    EXPECT_EQ(view.interval().count(), 5);
    view.press("----");
    EXPECT_EQ(view.interval().count(), 1);
    view.press("+++++++++");
    EXPECT_EQ(view.interval().count(), 3600);
    EXPECT(!view.is_paused());
    view.press("p");
    EXPECT(view.is_paused());
    EXPECT(screen_of(second_reading(), view, {24, 80}).find(", PAUSED\n") != std::string::npos);
    view.press(" ");
    EXPECT(!view.is_paused());
    EXPECT(view.press("x") == WatchView::Effect::kRedraw);
    for (const char* const key : {"q", "Q", "\003"}) {
        EXPECT(view.press(key) == WatchView::Effect::kQuit);
    }
}

TEST(watch_shows_the_last_minute) {
    Moment moment{{{}}, {}};
    Reading reading = reading_of(nullptr, moment);
    for (unsigned i = 1; i <= 30; ++i) {
        moment.routes[0].packets = std::to_string(i < 20 ? i * i : 400);
        reading = reading_of(&reading, moment, std::chrono::duration<double>(2.5));
    }
    const std::string screen = screen_of(reading, {5, 132});
    EXPECT(screen.find("  ▃▄▅▆▇█▄·····  ") != screen.npos);
}

TEST(watch_screen_fits_whatever_the_size) {
    EXPECT_EQ(screen_of(second_reading(), {5, 27}), R"(
 smcroute: 5 streams, 1 new…
 in all 3.51k packets/s, 32…
#PPS BIT/S MINUTE SOURCE   …
! 10 8.00k ·····█ 10.0.0.2 …
.1-1 of 5  q quit  s sort  …)");
    WatchView view(seconds(1));
    for (size_t rows = 0; rows < 12; ++rows) {
        for (const size_t columns : {size_t{0}, size_t{1}, size_t{200}}) {
            const auto screen = watch_screen(of_streams(7), view, "15:04:05", {rows, columns});
            EXPECT_EQ(screen.size(),
                      rows < 4 ? std::min(rows, size_t{2}) : std::min(rows, size_t{11}));
            for (const ScreenLine& line : screen) {
                EXPECT(columns_of(line.text) <= columns);
            }
        }
    }
}

TEST(watch_of_nothing_says_so) {
    const Reading none = reading_of(nullptr, {});
    EXPECT_EQ(screen_of(none, {24, 80}), R"(
 smcroute: 0 streams, 0 new, 0 silent, 0 blocked, 0 stuck                15:04:05
 measuring
 no routes are installed
.q quit  s sort  / filter  p pause  + - interval  ↑↓ PgUp PgDn)");
}

TEST(watch_calls_a_stream_new_for_some_readings) {
    Reading reading = reading_of(nullptr, {});
    std::string words;
    for (unsigned i = 0; i < kNewReadings + 1; ++i) {
        reading = reading_of(&reading, {{{}}}, seconds(1));
        words += screen_of(reading, {24, 80}).find(" new, arr") != std::string::npos ? "n" : "-";
        EXPECT_EQ(watch_line(reading).find(" 1 new,") != std::string::npos, i == 0);
    }
    EXPECT_EQ(words, "nnnnn-");
}

TEST(watch_takes_a_counter_that_went_back_for_a_new_one) {
    const Reading second = reading_of({{{.packets = "100", .bytes = "900"}}},
                                      {{{.packets = "30", .bytes = "300"}}}, seconds(3));
    EXPECT_EQ(watch_line(second),
              "1 stream, 0 new, 0 silent, 0 blocked, 0 stuck, 10 packets/s, 800 bit/s\n");
}

TEST(watch_line_is_in_plain_numbers) {
    EXPECT_EQ(watch_line(second_reading()),
              "5 streams, 1 new, 1 silent, 1 blocked, 1 stuck, 3514 packets/s, 32010800 bit/s\n");
}

TEST(watch_json_is_an_object_with_every_stream_on_a_line) {
    const std::string json = watch_json(second_reading());
    EXPECT_EQ(json.substr(0, json.find(", \"rates\"")),
              "{\"streams\": 5, \"new\": 1, \"silent\": 1, \"blocked\": 1, \"stuck\": 1, "
              "\"packets_per_s\": 3514, \"bits_per_s\": 32010800");
    EXPECT_EQ(json.find('\n'), json.size() - 1);
    for (const char* const group : {"225.0.0.1", "225.0.0.2", "225.0.0.3", "225.0.0.4"}) {
        EXPECT(json.find(compose("\"group\": \"{}\"", group)) != json.npos);
    }
    EXPECT(json.ends_with("}]}\n"));
}

TEST(watch_screen_is_printable_whatever_an_interface_is_called) {
    const Reading reading = reading_of(nullptr, {{{.oifs = "a\x9b"
                                                           "b\033[2J"}}});
    EXPECT(screen_of(reading, {24, 80}).find(" a?b?[2J ") != std::string::npos);
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
