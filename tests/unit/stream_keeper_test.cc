// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/stream_keeper.h"

#include "house.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr StreamKeeper::Settings kMinute{seconds{60}, 65536};
constexpr const char* kRule = "mroute from eth0 group 225.1.2.3 to eth1\n";
constexpr const char* kTwoInbounds =
    "mroute from eth0 group 225.1.2.3 to eth2\n"
    "mroute from eth1 group 225.1.2.3 to eth2\n";

const Flow& stream() {
    static const Flow flow = flow_of("1.2.3.4", "225.1.2.3");
    return flow;
}

Lines arrives_on(House& house, Slot slot) {
    return house.upcall(slot, "1.2.3.4", "225.1.2.3", Upcall::Kind::kWrongVif);
}

}  // namespace

TEST(a_silent_learned_entry_goes_after_its_time_and_not_before) {
    House house(kRule, false, kMinute);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    EXPECT_EQ(house.pass(milliseconds{59999}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1001}), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
    EXPECT(house.daemon.state().streams.size() == 0);
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(a_silent_blocking_entry_goes_as_well) {
    House house(kRule, false, kMinute);
    house.start();
    house.upcall(1, "1.2.3.4", "225.1.2.3");
    EXPECT_EQ(house.pass(seconds{61}), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
}

TEST(an_entry_is_judged_by_its_own_last_packet) {
    House house(kRule, false, kMinute);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.pass(milliseconds{45500});
    house.kernel.carry(stream(), 1);
    EXPECT_EQ(house.pass(milliseconds{59999}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1001}), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
}

TEST(where_the_kernel_tells_no_idle_time_counters_decide) {
    House house(kRule, false, kMinute);
    house.kernel.tells_idle_time = false;
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.carry(stream(), 4);
    EXPECT_EQ(house.pass(seconds{119}), Lines{});
    EXPECT_EQ(house.pass(seconds{2}), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
}

TEST(a_time_out_of_zero_keeps_entries_and_wakes_nobody) {
    House house(kRule);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(static_routes_never_expire) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n", false, kMinute);
    house.start();
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(an_entry_that_the_kernel_lost_is_forgotten_at_its_check) {
    House house(kRule, false, kMinute);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.flush_entries();
    house.pass(seconds{61});
    EXPECT(house.daemon.state().streams.size() == 0);
    EXPECT(house.daemon.state().installed.entries().empty());
}

TEST(flush_removes_learned_and_blocking_entries_and_leaves_routes) {
    House house(cat({kRule, "mroute from eth0 source 9.9.9.9 group 225.1.2.3 to eth1\n"}));
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.upcall(0, "1.2.3.4", "225.9.9.9");
    EXPECT_EQ(house.run({"--flush"}).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(),
              (Lines{"del (1.2.3.4, 225.1.2.3)", "del (1.2.3.4, 225.9.9.9)"}));
    EXPECT_EQ(house.run({"--flush"}).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
}

TEST(beyond_the_bound_the_longest_idle_blocking_entry_gives_way) {
    House house(kRule, false, {seconds{0}, 3});
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");  // learned: never evicted
    house.upcall(0, "1.1.1.1", "225.9.9.9");
    house.upcall(0, "2.2.2.2", "225.9.9.9");
    house.pass(seconds{10});
    house.kernel.carry(flow_of("1.1.1.1", "225.9.9.9"), 1);  // in use
    EXPECT_EQ(house.upcall(0, "3.3.3.3", "225.9.9.9"),
              (Lines{"del (2.2.2.2, 225.9.9.9)", "put (3.3.3.3, 225.9.9.9) 0 >"}));
    EXPECT(house.daemon.state().streams.size() == 3);
}

TEST(with_nothing_to_evict_new_streams_stay_out_with_one_warning_a_minute) {
    House house("mroute from eth0 group 225.0.0.0/8 to eth1\n", false, {seconds{0}, 2});
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.1.1");
    house.upcall(0, "1.2.3.4", "225.1.1.2");
    const std::string warning =
        "2 learned streams: no room for another, new ones are not forwarded";
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.1.3"), Lines{});
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.1.4"), Lines{});
    EXPECT_EQ(logged, Lines{warning});
    logged.clear();
    log_flush();
    house.pass(seconds{60});
    house.upcall(0, "1.2.3.4", "225.1.1.5");
    EXPECT_EQ(logged, Lines{warning});
}

TEST(a_stream_moves_once_its_old_inbound_is_silent) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.carry(stream(), 100, 1);
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    EXPECT_EQ(house.pass(milliseconds{999}), Lines{});
    house.kernel.carry(stream(), 0, 50);
    EXPECT_EQ(house.pass(milliseconds{1}), (Lines{"put (1.2.3.4, 225.1.2.3) 2 > 1"}));
    EXPECT_EQ(logged, (Lines{"(1.2.3.4, 225.1.2.3) moved from eth0 to eth1"}));
}

TEST(a_stream_stays_while_its_old_inbound_carries_packets) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    arrives_on(house, 2);
    for (int i = 0; i < 5; ++i) {
        house.kernel.carry(stream(), 1, 1);
        EXPECT_EQ(house.pass(milliseconds{1000}), Lines{});
    }
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(a_stream_that_falls_silent_while_watched_moves_at_the_next_look) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    arrives_on(house, 2);
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(house.pass(milliseconds{1000}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1000}), (Lines{"put (1.2.3.4, 225.1.2.3) 2 > 1"}));
}

TEST(a_stream_is_watched_on_while_the_kernel_goes_on_to_report_it) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    arrives_on(house, 2);
    for (int i = 0; i < 2; ++i) {
        house.kernel.carry(stream(), 1, 1);
        EXPECT_EQ(house.pass(milliseconds{1000}), Lines{});
    }
    house.pass(milliseconds{999});
    arrives_on(house, 2);
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(house.pass(milliseconds{1}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1000}), (Lines{"put (1.2.3.4, 225.1.2.3) 2 > 1"}));
}

TEST(a_stream_never_moves_twice_within_three_seconds) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    arrives_on(house, 2);
    house.pass(milliseconds{1000});
    arrives_on(house, 0);
    EXPECT_EQ(house.pass(milliseconds{3000}), Lines{});
    arrives_on(house, 0);
    EXPECT_EQ(house.pass(milliseconds{1001}), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(a_stream_stays_where_no_rule_covers_the_new_inbound) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    EXPECT_EQ(arrives_on(house, 1), Lines{});
    EXPECT_EQ(house.pass(seconds{5}), Lines{});
}

TEST(a_blocked_stream_moves_at_once_to_an_inbound_that_a_rule_covers) {
    House house("phyint eth0 enable\nmroute from eth1 group 225.1.2.3 to eth2\n");
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    EXPECT_EQ(arrives_on(house, 1), (Lines{"put (1.2.3.4, 225.1.2.3) 1 > 2"}));
    EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
}

TEST(an_exact_route_does_not_move) {
    House house(cat({kTwoInbounds, "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2\n"}));
    house.start();
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    EXPECT_EQ(house.pass(seconds{5}), Lines{});
}

TEST(seventy_thousand_streams_without_a_rule_take_bounded_memory_and_few_lines) {
    House house(kRule, false, {seconds{60}, 65536});
    house.start();
    std::vector<Upcall> burst;
    for (uint32_t i = 0; i < 70000; ++i) {
        const Address source =
            Address::from_ipv4({10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8),
                                static_cast<uint8_t>(i)});
        house.kernel.queue_upcall({.flow = {*Address::parse("225.9.9.9"), source}});
    }
    house.daemon.on_upcalls(Family::kIpv4, house.now);
    EXPECT(house.daemon.state().streams.size() == 65536);
    EXPECT(house.daemon.state().installed.entries().size() == 65536);
    EXPECT_EQ(logged, Lines{});
    house.kernel.take_lines();
    house.pass(seconds{62});
    EXPECT(house.daemon.state().streams.size() == 0);
}

}  // namespace smcroute
