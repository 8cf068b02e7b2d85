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
    House house(compose("{}mroute from eth0 source 9.9.9.9 group 225.1.2.3 to eth1\n", kRule));
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

// Learned on eth0, a hundred packets in its first ten seconds: its mean interval is below a second.
void start_a_stream_with_a_rhythm(House& house) {
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    for (int i = 0; i < 10; ++i) {
        house.kernel.carry(stream(), 10);
        house.pass(seconds{1});
    }
    logged.clear();
}

// A look at each of three seconds, during which the old inbound carries nothing.
const Lines kMovesToEth1{"put (1.2.3.4, 225.1.2.3) 2 > 1"};
const Lines kMovesToEth0{"put (1.2.3.4, 225.1.2.3) 0 > 1"};

TEST(a_stream_moves_once_its_old_inbound_has_been_silent_for_three_seconds) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    EXPECT_EQ(house.pass(milliseconds{2999}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1}), kMovesToEth1);
    EXPECT_EQ(logged, (Lines{"(1.2.3.4, 225.1.2.3) moved from eth0 to eth1"}));
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(a_stream_stays_while_its_old_inbound_carries_packets_at_all) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    for (int i = 0; i < 20; ++i) {
        house.kernel.carry(stream(), 1, 1);
        arrives_on(house, 2);
        EXPECT_EQ(house.pass(milliseconds{2900}), Lines{});
    }
    house.pass(seconds{3});
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(a_stream_whose_old_inbound_falls_silent_while_watched_moves_within_four_seconds) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    arrives_on(house, 2);
    house.pass(milliseconds{1500});
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(house.pass(milliseconds{1500}), Lines{});
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(milliseconds{1999}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1}), kMovesToEth1);
}

// 10 s between packets, each seen on eth0 and then, by way of another router, on eth1.
void send_slowly(House& house, int packets) {
    for (int i = 0; i < packets; ++i) {
        house.kernel.carry(stream(), 1, 1);
        EXPECT_EQ(arrives_on(house, 2), Lines{});
        EXPECT_EQ(house.pass(seconds{10}), Lines{});
    }
}

TEST(a_sender_of_one_packet_in_ten_seconds_seen_from_both_sides_stays_where_it_is) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    send_slowly(house, 20);
    EXPECT_EQ(logged, Lines{});
}

TEST(a_slow_stream_moves_after_four_of_its_own_mean_intervals) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    send_slowly(house, 20);
    for (int i = 0; i < 3; ++i) {
        house.kernel.carry(stream(), 0, 1);
        arrives_on(house, 2);
        EXPECT_EQ(house.pass(seconds{10}), Lines{});
    }
    house.kernel.carry(stream(), 0, 1);
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(seconds{10}), kMovesToEth1);
}

TEST(a_stream_seen_a_few_times_only_has_no_rhythm_and_moves_after_a_minute) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.carry(stream(), 3);
    for (int i = 0; i < 6; ++i) {
        arrives_on(house, 2);
        EXPECT_EQ(house.pass(seconds{10}), Lines{});
    }
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(seconds{1}), kMovesToEth1);
}

TEST(a_stream_does_not_move_after_a_pause_of_all_its_inbounds) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    house.kernel.carry(stream(), 1, 1);
    arrives_on(house, 2);
    house.pass(std::chrono::minutes{10});
    arrives_on(house, 2);  // a copy overtakes the packet
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(house.pass(seconds{60}), Lines{});
}

TEST(a_stream_moves_back_at_once_when_the_first_inbound_carries_again) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(seconds{3}), kMovesToEth1);
    house.kernel.carry(stream(), 10, 1);
    EXPECT_EQ(arrives_on(house, 0), kMovesToEth0);
    EXPECT_EQ(logged, (Lines{"(1.2.3.4, 225.1.2.3) moved from eth0 to eth1",
                             "(1.2.3.4, 225.1.2.3) moved from eth1 to eth0"}));
}

// Two routers that send each other's packets back would go on for ever.
TEST(a_stream_that_left_its_first_inbound_again_goes_back_only_after_silence) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    arrives_on(house, 2);
    house.pass(seconds{3});
    arrives_on(house, 0);
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    EXPECT_EQ(house.pass(milliseconds{2999}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1}), kMovesToEth1);
    EXPECT_EQ(arrives_on(house, 0), Lines{});
    EXPECT_EQ(house.pass(milliseconds{2999}), Lines{});
    EXPECT_EQ(house.pass(milliseconds{1}), kMovesToEth0);
}

constexpr unsigned kEth0 = 1;
constexpr unsigned kEth1 = 2;

TEST(a_stream_moves_at_once_to_where_the_unicast_route_to_its_source_leads) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    house.kernel.unicast_routes[stream().source] = {kEth1};
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(arrives_on(house, 2), kMovesToEth1);
    EXPECT_EQ(arrives_on(house, 0), Lines{});
    // The route changes.
    house.kernel.unicast_routes[stream().source] = {kEth0};
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(arrives_on(house, 0), kMovesToEth0);
}

TEST(a_unicast_route_that_leads_to_both_inbounds_or_to_neither_moves_nothing) {
    for (const std::vector<unsigned>& next_hops : {std::vector<unsigned>{kEth0, kEth1}, {3}}) {
        House house(kTwoInbounds);
        start_a_stream_with_a_rhythm(house);
        house.kernel.unicast_routes[stream().source] = next_hops;
        EXPECT_EQ(arrives_on(house, 2), Lines{});
        EXPECT_EQ(house.pass(milliseconds{2999}), Lines{});
    }
}

TEST(a_stream_moves_away_from_silence_whatever_the_unicast_route_says_and_does_not_hurry_back) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    house.kernel.unicast_routes[stream().source] = {kEth0};
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(seconds{3}), kMovesToEth1);
    EXPECT_EQ(arrives_on(house, 0), kMovesToEth0);
    // Where the route leads to the new inbound alone, the first is not the right one.
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(seconds{3}), kMovesToEth1);
    house.kernel.unicast_routes[stream().source] = {kEth1};
    EXPECT_EQ(arrives_on(house, 0), Lines{});
}

TEST(a_stream_whose_old_inbound_is_down_or_gone_moves_at_once) {
    for (const bool gone : {false, true}) {
        House house(kTwoInbounds);
        start_a_stream_with_a_rhythm(house);
        if (gone) {
            house.kernel.remove_interface(kEth0);
        } else {
            house.kernel.change_interface({*IfName::parse("eth0"), kEth0, false, true, false});
        }
        house.links();
        EXPECT_EQ(arrives_on(house, 2), kMovesToEth1);
    }
}

TEST(a_stream_whose_inbound_goes_down_after_it_was_reported_elsewhere_moves_with_that) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    house.kernel.carry(stream(), 1, 1);
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    house.kernel.change_interface({*IfName::parse("eth0"), kEth0, false, true, false});
    EXPECT_EQ(house.links(), kMovesToEth1);
    house.kernel.change_interface({*IfName::parse("eth0"), kEth0, true, true, false});
    EXPECT_EQ(house.links(), Lines{});
    EXPECT_EQ(arrives_on(house, 0), kMovesToEth0);
}

TEST(a_stream_reported_twice_in_one_moment_moves_once_when_its_inbound_goes_down) {
    House house(kTwoInbounds);
    start_a_stream_with_a_rhythm(house);
    arrives_on(house, 2);
    EXPECT_EQ(house.pass(seconds{3}), kMovesToEth1);
    house.kernel.unicast_routes[stream().source] = {kEth1};
    EXPECT_EQ(arrives_on(house, 0), Lines{});
    house.kernel.unicast_routes.clear();
    EXPECT_EQ(arrives_on(house, 0), kMovesToEth0);
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    house.kernel.change_interface({*IfName::parse("eth0"), kEth0, false, true, false});
    EXPECT_EQ(house.links(), kMovesToEth1);
}

TEST(a_stream_stays_where_no_rule_covers_the_new_inbound) {
    House house(kTwoInbounds);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    EXPECT_EQ(arrives_on(house, 1), Lines{});
    EXPECT_EQ(house.pass(seconds{5}), Lines{});
}

constexpr const char* kOneRuledInbound =
    "phyint eth0 enable\nmroute from eth1 group 225.1.2.3 to eth2\n";
const Lines kWaitsOnEth1{"put (1.2.3.4, 225.1.2.3) 1 > 2"};

TEST(a_stream_seen_where_no_rule_covers_it_is_awaited_where_one_does) {
    House house(kOneRuledInbound);
    house.start();
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), kWaitsOnEth1);
    // Nothing has come yet: it counts as blocked, and no script runs for it.
    EXPECT_EQ(house.hooks.calls, Lines{});
    EXPECT(house.daemon.state().streams.blocked_count() == 1);
    house.kernel.carry(stream(), 0, 500);
    EXPECT_EQ(arrives_on(house, 0), Lines{});
    EXPECT_EQ(house.hooks.calls, Lines{});
    // One packet on eth1, however many come by eth0.
    house.kernel.carry(stream(), 1, 500);
    EXPECT_EQ(arrives_on(house, 0), Lines{});
    EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
    EXPECT(house.daemon.state().streams.blocked_count() == 0);
}

TEST(a_stream_whose_packets_of_both_interfaces_wait_in_the_kernel_is_learned_at_once) {
    House house(kOneRuledInbound);
    house.start();
    house.kernel.flow_counters[stream()] = {.packets = 2, .bytes = 200, .wrong_if = 1};
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), kWaitsOnEth1);
    EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
}

TEST(of_several_interfaces_a_stream_is_awaited_first_where_the_unicast_route_leads) {
    for (const bool has_route : {false, true}) {
        House house(
            "phyint eth0 enable\nmroute from eth1 group 225.1.2.3 to eth0\n"
            "mroute from eth2 group 225.1.2.3 to eth0\n");
        house.start();
        if (has_route) {
            house.kernel.unicast_routes[stream().source] = {3};
        }
        EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"),
                  (Lines{has_route ? "put (1.2.3.4, 225.1.2.3) 2 > 0"
                                   : "put (1.2.3.4, 225.1.2.3) 1 > 0"}));
        // In vain: next time on the other one.
        house.kernel.carry(stream(), 0, 100);
        EXPECT_EQ(arrives_on(house, 0), (Lines{has_route ? "put (1.2.3.4, 225.1.2.3) 1 > 0"
                                                         : "put (1.2.3.4, 225.1.2.3) 2 > 0"}));
        // Seen where a rule takes it.
        EXPECT_EQ(arrives_on(house, has_route ? 2 : 1),
                  (Lines{has_route ? "put (1.2.3.4, 225.1.2.3) 2 > 0"
                                   : "put (1.2.3.4, 225.1.2.3) 1 > 0"}));
        EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
    }
}

TEST(an_awaited_stream_is_a_route_at_once_when_a_rule_comes_for_where_it_was_seen) {
    House house(kOneRuledInbound);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.run({"-a", "eth0", "225.1.2.3", "eth2"});
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 2"}));
    EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
    house.run({"-r", "eth0", "225.1.2.3"});
    EXPECT_EQ(house.kernel.take_lines(), kWaitsOnEth1);
}

TEST(a_blocked_stream_is_awaited_when_a_rule_comes_for_another_interface) {
    House house("phyint eth0 enable\nphyint eth1 enable\nphyint eth2 enable\n");
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.carry(stream(), 100);
    house.run({"-a", "eth1", "225.1.2.3", "eth2"});
    EXPECT_EQ(house.kernel.take_lines(), kWaitsOnEth1);
    // What the blocking entry has counted before is no proof.
    arrives_on(house, 0);
    EXPECT_EQ(house.hooks.calls, Lines{});
    EXPECT(house.daemon.state().streams.blocked_count() == 1);
}

TEST(an_awaited_stream_gives_way_like_a_blocked_one_unless_it_has_come) {
    House house(kOneRuledInbound, false, {seconds{0}, 2});
    house.start();
    house.upcall(0, "1.1.1.1", "225.1.2.3");
    house.upcall(0, "2.2.2.2", "225.1.2.3");
    house.kernel.carry(flow_of("1.1.1.1", "225.1.2.3"), 1);
    house.pass(seconds{10});
    EXPECT_EQ(house.upcall(0, "3.3.3.3", "225.1.2.3"),
              (Lines{"del (2.2.2.2, 225.1.2.3)", "put (3.3.3.3, 225.1.2.3) 1 > 2"}));
}

constexpr const char* kRuleAndPendingRoute =
    "mroute from eth0 group 225.1.2.3 to eth1\n"
    "mroute from late0 source 1.2.3.4 group 225.1.2.3 to eth1\n";

TEST(a_learned_stream_goes_on_while_the_inbound_of_its_exact_route_does_not_exist) {
    House house(kRule);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.take_lines();
    EXPECT_EQ(house.reload(kRuleAndPendingRoute).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT_EQ(house.reload(kRule).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.run({"-a", "late0", "1.2.3.4", "225.1.2.3", "eth1"});
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.run({"-r", "late0", "1.2.3.4", "225.1.2.3"});
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT(house.daemon.state().streams.size() == 1);
}

TEST(an_exact_route_takes_its_learned_stream_when_its_inbound_appears) {
    House house(kRule);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.reload(kRuleAndPendingRoute);
    house.kernel.take_lines();
    house.kernel.add_interface("late0", 9);
    const Lines lines = house.links();
    EXPECT_EQ(lines.back(), "put (1.2.3.4, 225.1.2.3) 2 > 1");
    EXPECT(house.daemon.state().streams.size() == 0);
    // Also where its entry need not change.
    House same(kRule);
    same.start();
    same.upcall(0, "1.2.3.4", "225.1.2.3");
    same.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    EXPECT(same.daemon.state().streams.size() == 0);
}

TEST(an_exact_route_does_not_move) {
    House house(
        compose("{}mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2\n", kTwoInbounds));
    house.start();
    EXPECT_EQ(arrives_on(house, 2), Lines{});
    EXPECT_EQ(house.pass(seconds{5}), Lines{});
}

TEST(of_a_burst_of_streams_the_newest_is_answered_first_and_of_few_the_oldest) {
    for (const unsigned count : {3U, 64U, 65U, 200U}) {
        House house(kRule);
        house.start();
        for (unsigned i = 0; i < count; ++i) {
            house.kernel.queue_upcall(
                {.flow = flow_of(compose("10.0.0.{}", i).c_str(), "225.1.2.3")});
        }
        house.daemon.on_upcalls(Family::kIpv4, house.now);
        const Lines lines = house.kernel.take_lines();
        REQUIRE(lines.size() == count);
        for (unsigned i = 0; i < count; ++i) {
            const std::string source = compose("(10.0.0.{},", count > 64 ? count - 1 - i : i);
            EXPECT(lines[i].find(source) != std::string::npos);
        }
    }
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
