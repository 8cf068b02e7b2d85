// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/event_feed.h"

#include <algorithm>
#include <cerrno>

#include "house.h"
#include "tables.h"
#include "test.h"
#include "view/event.h"

namespace smcroute {

namespace {

const Lookout nobody;

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kTime = "2026-11-22T15:04:05.123Z ";

// One who listens from now on and has heard that it does.
class Ear {
public:
    explicit Ear(EventFeed& feed) : pages_(feed.listen("status")) {
        pages_->on_ready([this] { ++calls; });
        heard();
    }

    // A line for each event that has come since the last call, without its time.
    Lines heard() {
        Lines lines;
        Pages::More more = Pages::More::kYes;
        while (more == Pages::More::kYes) {
            std::string page;
            more = pages_->next(page, nobody);
            EXPECT(page.size() < 2 * EventFeed::kPageSize);
            for (const Row& event : rows_of(event_schema(), page)) {
                const std::string line = event_line(fields_of(event));
                EXPECT(line.starts_with(kTime));
                lines.push_back(line.substr(kTime.size(), line.size() - kTime.size() - 1));
            }
        }
        EXPECT(more == Pages::More::kLater);
        return lines;
    }

    int calls = 0;

private:
    std::unique_ptr<Pages> pages_;
};

// "event: N" for each N.
void record(EventFeed& feed, size_t first, size_t count) {
    for (size_t i = first; i < first + count; ++i) {
        feed.record({.what = "event", .detail = std::to_string(i)});
    }
}

Lines events(size_t first, size_t count) {
    Lines lines;
    for (size_t i = first; i < first + count; ++i) {
        lines.push_back(compose("event: {}", i));
    }
    return lines;
}

int clock_reads = 0;
std::chrono::system_clock::time_point counting_clock() {
    ++clock_reads;
    return {};
}

constexpr const char* kRule = "mroute from eth0 group 225.1.2.3 to eth1 eth2\n";

}  // namespace

TEST(event_feed_without_a_listener_keeps_nothing_and_reads_no_clock) {
    clock_reads = 0;
    EventFeed feed(&counting_clock);
    EXPECT(!feed.wanted());
    record(feed, 0, 10);
    EXPECT_EQ(clock_reads, 0);
    const auto pages = feed.listen("3 routes");
    EXPECT(feed.wanted());
    std::string page;
    EXPECT(pages->next(page, nobody) == Pages::More::kLater);
    EXPECT_EQ(page, "1970-01-01T00:00:00.000Z\tlistening\t\t\t\t\t\t\t\t\t3 routes\n");
}

TEST(event_feed_goes_on_behind_pages_that_are_still_there) {
    EventFeed feed(&stopped_wall_clock);
    const auto pages = feed.listen("");
    record(feed, 0, 1);
    std::string text(EventFeed::kPageSize, 'x');
    EXPECT(pages->next(text, nobody) == Pages::More::kLater);
}

TEST(event_feed_tells_every_listener_everything_from_its_beginning_on) {
    EventFeed feed(&stopped_wall_clock);
    Ear first(feed);
    record(feed, 0, 2);
    Ear second(feed);
    record(feed, 2, 1);
    EXPECT_EQ(first.heard(), events(0, 3));
    EXPECT_EQ(second.heard(), events(2, 1));
    record(feed, 3, 1);
    EXPECT_EQ(second.heard(), events(3, 1));
    EXPECT_EQ(first.heard(), events(3, 1));
    EXPECT_EQ(first.heard(), Lines{});
}

TEST(event_feed_calls_a_listener_that_waits_once) {
    EventFeed feed(&stopped_wall_clock);
    Ear ear(feed);
    record(feed, 0, 3);
    EXPECT_EQ(ear.calls, 1);
    ear.heard();
    EXPECT_EQ(ear.calls, 1);
    record(feed, 3, 3);
    EXPECT_EQ(ear.calls, 2);
}

TEST(event_feed_tells_who_falls_behind_how_much_is_lost_and_goes_on) {
    EventFeed feed(&stopped_wall_clock);
    Ear slow(feed);
    Ear quick(feed);
    record(feed, 0, EventFeed::kCapacity);
    EXPECT_EQ(quick.heard(), events(0, EventFeed::kCapacity));
    record(feed, EventFeed::kCapacity, 3);
    Lines expected = events(3, EventFeed::kCapacity);
    expected.insert(expected.begin(), "lost: 3 events");
    EXPECT_EQ(slow.heard(), expected);
    EXPECT_EQ(quick.heard(), events(EventFeed::kCapacity, 3));
    record(feed, 0, EventFeed::kCapacity + 1);
    expected = events(1, EventFeed::kCapacity);
    expected.insert(expected.begin(), "lost: 1 event");
    EXPECT_EQ(quick.heard(), expected);
}

TEST(event_feed_tells_the_number_of_lost_events_as_a_number) {
    EventFeed feed(&stopped_wall_clock);
    const auto pages = feed.listen("");
    std::string page;
    pages->next(page, nobody);
    record(feed, 0, EventFeed::kCapacity + 7);
    page.clear();
    pages->next(page, nobody);
    const std::vector<Row> rows = rows_of(event_schema(), page);
    REQUIRE(!rows.empty());
    EXPECT_EQ(rows[0][column_of(event_schema(), "lost")], "7");
    EXPECT_EQ(rows[1][column_of(event_schema(), "lost")], "");
}

TEST(event_feed_forgets_a_listener_that_goes_at_any_time) {
    EventFeed feed(&stopped_wall_clock);
    Ear stays(feed);
    {
        const Ear waits(feed);
        Ear lags(feed);
        record(feed, 0, 2);
        lags.heard();
        record(feed, 2, EventFeed::kCapacity);
    }
    record(feed, EventFeed::kCapacity + 2, 1);
    EXPECT_EQ(stays.heard().front(), "lost: 3 events");
    EXPECT(feed.wanted());
}

TEST(event_feed_makes_a_line_of_whatever_the_words_are) {
    EventFeed feed(&stopped_wall_clock);
    Ear ear(feed);
    feed.record({.what = "event", .detail = "a\tb\nc\x1b[2J"});
    EXPECT_EQ(ear.heard(), Lines{"event: a?b?c?[2J"});
}

TEST(a_monitor_hears_that_it_listens_and_what_runs) {
    House house(kRule);
    house.start();
    const Reply reply = house.run({"--monitor"});
    REQUIRE(reply.pages != nullptr);
    std::string page;
    EXPECT(reply.pages->next(page, nobody) == Pages::More::kLater);
    const std::vector<Row> events = rows_of(event_schema(), page);
    REQUIRE(events.size() == 1);
    EXPECT_EQ(event_line(fields_of(events[0])),
              compose("{}listening: 1 route, 0 pending, 0 groups\n", kTime));
}

TEST(a_stream_is_told_when_it_is_learned_and_when_it_is_blocked) {
    House house(kRule);
    house.start();
    Ear ear(house.events);
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    house.upcall(0, "10.0.0.1", "225.7.7.7");
    const Lines expected = {
        "learned (10.0.0.1, 225.1.2.3) from eth0 to eth1 eth2 by smcroute.conf:1",
        "blocked (10.0.0.1, 225.7.7.7) from eth0"};
    EXPECT_EQ(ear.heard(), expected);
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    house.upcall(0, "10.0.0.1", "225.7.7.7");
    EXPECT_EQ(ear.heard(), Lines{});
}

TEST(a_stream_is_told_when_rules_turn_it_and_not_when_only_its_outbounds_change) {
    House house(kRule);
    house.start();
    house.upcall(0, "10.0.0.1", "225.7.7.7");
    Ear ear(house.events);
    house.run({"--add", "eth0", "225.7.0.0/16", "eth1"});
    EXPECT_EQ(ear.heard(), Lines{"learned (10.0.0.1, 225.7.7.7) from eth0 to eth1 by client"});
    house.run({"--add", "eth0", "225.7.7.7", "eth2"});
    EXPECT_EQ(ear.heard(), Lines{});
    house.run({"--remove", "eth0", "225.7.0.0/16"});
    house.run({"--remove", "eth0", "225.7.7.7"});
    EXPECT_EQ(ear.heard(), Lines{"blocked (10.0.0.1, 225.7.7.7) from eth0"});
}

TEST(an_exact_route_is_no_event) {
    House house("");
    house.start();
    Ear ear(house.events);
    house.run({"--add", "eth0", "10.0.0.1", "225.1.2.3", "eth1"});
    house.run({"--remove", "eth0", "10.0.0.1", "225.1.2.3"});
    EXPECT_EQ(ear.heard(), Lines{});
}

TEST(a_stream_that_the_kernel_refuses_is_not_told) {
    House house(kRule);
    house.start();
    Ear ear(house.events);
    house.kernel.fail_op(0, ENOBUFS);
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    EXPECT_EQ(ear.heard(), Lines{});
}

TEST(a_stream_that_moves_is_told_with_where_it_was) {
    House house(
        "mroute from eth0 group 225.1.2.3 to eth2\n"
        "mroute from eth1 group 225.1.2.3 to eth2\n");
    house.start();
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    Ear ear(house.events);
    house.kernel.carry(flow_of("10.0.0.1", "225.1.2.3"), 100);
    house.upcall(2, "10.0.0.1", "225.1.2.3", Upcall::Kind::kWrongVif);
    EXPECT_EQ(ear.heard(), Lines{});
    house.pass(seconds{3});
    EXPECT_EQ(ear.heard(),
              Lines{"moved (10.0.0.1, 225.1.2.3) from eth1 to eth2 by smcroute.conf:2 (was eth0)"});
}

TEST(a_stream_that_goes_is_told_with_why) {
    House house(kRule, false, {seconds{60}, 2});
    house.start();
    Ear ear(house.events);
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    house.upcall(0, "10.0.0.1", "225.7.7.7");
    house.set_time(house.now + seconds{10});
    ear.heard();
    house.upcall(0, "10.0.0.1", "225.8.8.8");
    const Lines made_room = {"expired (10.0.0.1, 225.7.7.7) from eth0: made room for another",
                             "blocked (10.0.0.1, 225.8.8.8) from eth0"};
    EXPECT_EQ(ear.heard(), made_room);
    house.pass(seconds{51});
    EXPECT_EQ(
        ear.heard(),
        Lines{"expired (10.0.0.1, 225.1.2.3) from eth0 to eth1 eth2 by smcroute.conf:1: silent"});
    house.run({"--flush"});
    EXPECT_EQ(ear.heard(), Lines{"expired (10.0.0.1, 225.8.8.8) from eth0: flushed"});
}

TEST(an_interface_is_told_when_it_comes_goes_and_changes) {
    House house("");
    house.start();
    Ear ear(house.events);
    const auto heard_of = [&](const Interface& interface) {
        house.kernel.change_interface(interface);
        house.links();
        return ear.heard();
    };
    const IfName eth1 = *IfName::parse("eth1");
    const IfName wan0 = *IfName::parse("wan0");
    EXPECT_EQ(heard_of({eth1, 2, false, true, false}), Lines{"down eth1"});
    EXPECT_EQ(heard_of({eth1, 2, false, false, false}), Lines{});
    EXPECT_EQ(heard_of({wan0, 2, false, true, false}), Lines{"renamed wan0 (was eth1)"});
    EXPECT_EQ(heard_of({wan0, 2, true, true, false}), Lines{"up wan0"});
    house.kernel.remove_interface(2);
    house.links();
    EXPECT_EQ(ear.heard(), Lines{"gone wan0"});
    house.kernel.add_interface("tun0", 9);
    house.links();
    EXPECT_EQ(ear.heard(), (Lines{"appeared tun0", "up tun0"}));
}

TEST(interfaces_are_told_also_when_the_messages_about_them_were_lost) {
    House house("");
    house.start();
    Ear ear(house.events);
    house.kernel.remove_interface(2);
    house.kernel.add_interface("tun0", 9);
    house.kernel.change_interface({*IfName::parse("eth2"), 3, false, true, false});
    house.kernel.lose_links();
    house.links();
    EXPECT_EQ(ear.heard(), (Lines{"gone eth1", "down eth2", "appeared tun0", "up tun0"}));
}

TEST(a_reload_is_told_with_what_runs_and_its_refusal_with_where_but_no_text_of_the_file) {
    House house(kRule);
    house.start();
    Ear ear(house.events);
    house.reload(compose("{}mgroup from eth0 group 225.1.2.3\n", kRule));
    EXPECT_EQ(ear.heard(), Lines{"reloaded: 1 route, 0 pending, 1 group"});
    house.reload("mrute\n");
    EXPECT_EQ(ear.heard(), Lines{"reload-refused: smcroute.conf:1:1 has an error (see the log)"});
    EXPECT_EQ(house.daemon.status_line(),
              "reload refused: smcroute.conf:1:1 has an error (see the log); "
              "1 route, 0 pending, 1 group");
    house.reload("mrute\nmrote\nphyint\n");
    EXPECT_EQ(ear.heard(),
              Lines{"reload-refused: smcroute.conf:1:1 has an error (2 more; see the log)"});
    house.reload("");
    EXPECT_EQ(house.daemon.status_line(), "0 routes, 0 pending, 0 groups");
}

}  // namespace smcroute
