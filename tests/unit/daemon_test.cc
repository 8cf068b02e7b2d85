// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/daemon.h"

#include <cerrno>
#include <cstring>
#include "base/text.h"
#include "house.h"
#include "test.h"

namespace smcroute {

TEST(start_adds_vifs_and_joins_before_entries) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mgroup from eth0 group 225.1.2.3\n");
    EXPECT_EQ(house.start(), (Lines{"vif IPv4 0 eth0", "vif IPv4 1 eth1", "join 225.1.2.3 eth0",
                                    "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(start_gives_every_multicast_interface_a_vif_in_both_families_by_default) {
    House house("phyint eth2 enable\nphyint eth1 disable\n", true);
    EXPECT_EQ(house.start(),
              (Lines{"vif IPv4 0 eth2", "vif IPv4 1 eth0", "vif IPv6 0 eth2", "vif IPv6 1 eth0"}));
}

TEST(start_applies_the_good_lines_of_a_file_and_logs_the_bad_ones) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 group 10.1.2.3 to eth1\n"
        "mrute from eth0 group 225.1.2.3 to eth1\n"
        "mgroup from eth0 group 225.1.2.3\n");
    EXPECT_EQ(house.start(), (Lines{"vif IPv4 0 eth0", "vif IPv4 1 eth1", "join 225.1.2.3 eth0",
                                    "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT_EQ(
        logged,
        (Lines{"smcroute.conf:2:24: error: '10.1.2.3' is not a multicast group "
               "(224.0.0.0/4 or ff00::/8)",
               "smcroute.conf:3:1: error: unknown keyword 'mrute' (did you mean 'mroute'?)"}));
}

TEST(start_without_a_file_waits_for_commands) {
    House house("");
    house.files.files.clear();
    EXPECT_EQ(house.start(), Lines{});
    EXPECT_EQ(logged, (Lines{"no smcroute.conf, waiting for commands"}));
}

TEST(start_with_a_restored_configuration_reads_no_file_and_repeats_no_warning) {
    House house("mgroup from eth1 group 225.1.1.1\n");
    FakeFiles then;
    then.files["smcroute.conf"] = "mgroup from eth2 group 225.2.2.2\nmgroup from eth9\n";
    EXPECT(house.daemon.start(house.now, {.config = read_config("smcroute.conf", then)}));
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"vif IPv4 0 eth2", "join 225.2.2.2 eth2"}));
    std::string groups;
    house.run({"show", "groups"}).pages->next(groups, {});
    EXPECT_EQ(groups, "*\t225.2.2.2\teth2\t1\tsmcroute.conf:1\n");
    EXPECT_EQ(logged, Lines{});
    EXPECT_EQ(house.hooks.calls, Lines{});
}

TEST(start_fails_only_where_the_interfaces_cannot_be_listed) {
    House house("");
    house.kernel.fail_interfaces = true;
    EXPECT_EQ(house.start(), (Lines{"cannot list the interfaces: No buffer space available"}));
}

TEST(a_missing_interface_is_told_and_waited_for) {
    House house("mroute from eth7 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    EXPECT_EQ(house.start(), (Lines{"vif IPv4 0 eth1"}));
    EXPECT_EQ(logged,
              (Lines{"smcroute.conf:1: interface eth7 does not exist; lines that use it are "
                     "pending"}));
    logged.clear();
    house.kernel.add_interface("eth7", 7);
    house.kernel.add_interface("veth9", 8);
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 1 eth7", "put (1.2.3.4, 225.1.2.3) 1 > 0"}));
    house.kernel.change_interface({*IfName::parse("wan0"), 7, true, true, false});
    for (const bool up : {false, true}) {
        house.kernel.change_interface({*IfName::parse("eth1"), 2, up, true, false});
        house.kernel.change_interface({*IfName::parse("veth9"), 8, up, true, false});
        house.links();
    }
    house.kernel.remove_interface(2);
    house.links();
    EXPECT_EQ(logged, (Lines{"interface eth7 appeared", "interface eth7 is now wan0",
                             "interface eth1 is down: nothing arrives or leaves by it",
                             "interface eth1 is up", "interface eth1 is gone"}));
}

TEST(a_missing_interface_that_a_command_names_is_told_too) {
    House house("");
    house.start();
    logged.clear();
    const auto told = [&house](const Lines& words) {
        EXPECT_EQ(house.run(words).status, ExitStatus::kOk);
        return std::exchange(logged, {});
    };
    EXPECT_EQ(told({"-a", "eth7", "1.2.3.4", "225.1.2.3", "eth1", "eth8"}),
              (Lines{"interface eth7 does not exist; lines that use it are pending",
                     "interface eth8 does not exist; lines that use it are pending"}));
    EXPECT_EQ(told({"-j", "eth9", "225.1.2.3"}),
              (Lines{"interface eth9 does not exist; lines that use it are pending"}));
    EXPECT_EQ(told({"-a", "eth7", "1.2.3.4", "225.1.2.4", "eth8"}), Lines{});
    EXPECT_EQ(told({"-a", "eth0", "225.1.2.3", "eth1", "wlan+"}), Lines{});
    EXPECT_EQ(told({"-j", "eth0", "225.1.2.3"}), Lines{});
    EXPECT_EQ(told({"-r", "eth7", "1.2.3.4", "225.1.2.3"}), Lines{});
}

TEST(an_interface_that_returns_resumes_its_routes_without_a_rewrite) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n"
        "mgroup from eth1 group 225.1.2.3\n");
    house.start();
    house.kernel.remove_interface(2);
    EXPECT_EQ(house.links(), (Lines{"unvif IPv4 1", "leave 225.1.2.3 eth1"}));
    house.kernel.add_interface("veth9", 8);
    EXPECT_EQ(house.links(), Lines{});
    house.kernel.add_interface("eth1", 9);
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 1 eth1", "join 225.1.2.3 eth1"}));
    EXPECT_EQ(house.difference(), "");
}

TEST(an_entry_written_while_an_outbound_was_away_is_written_again_on_its_return) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    house.kernel.remove_interface(2);
    house.links();
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth2"});
    house.kernel.take_lines();
    house.kernel.add_interface("eth1", 9);
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 1 eth1", "put (1.2.3.4, 225.1.2.3) 0 > 1 2"}));
}

TEST(an_index_that_is_given_out_again_at_once_is_another_interface) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mgroup from eth1 group 225.1.2.3\n");
    house.start();
    house.kernel.remove_interface(2);
    house.kernel.add_interface("eth1", 2);
    EXPECT_EQ(house.links(), (Lines{"unvif IPv4 1", "leave 225.1.2.3 eth1", "vif IPv4 1 eth1",
                                    "join 225.1.2.3 eth1"}));
}

TEST(lost_link_messages_are_made_up_for_by_asking_again) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth7\n");
    house.start();
    house.kernel.add_interface("eth7", 7);
    house.kernel.lose_links();
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 1 eth7", "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(asking_again_for_lost_link_messages_is_tried_until_it_succeeds) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth7\n");
    house.start();
    house.kernel.add_interface("eth7", 7);
    house.kernel.lose_links();
    house.kernel.fail_interfaces = true;
    EXPECT_EQ(house.links(), Lines{});
    EXPECT_EQ(house.pass(std::chrono::seconds{1}), Lines{});
    EXPECT_EQ(logged.back(), "cannot list the interfaces: No buffer space available");
    house.kernel.fail_interfaces = false;
    EXPECT_EQ(house.pass(std::chrono::milliseconds{1999}), Lines{});
    EXPECT_EQ(house.pass(std::chrono::milliseconds{1}),
              (Lines{"vif IPv4 1 eth7", "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(an_unknown_stream_gets_one_entry_with_the_union_of_all_matching_rules) {
    House house(
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth0 group 225.0.0.0/8 to eth2\n");
    house.start();
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2"}));
    EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
}

TEST(an_unknown_ipv6_stream_is_routed_as_well) {
    House house("mroute from eth0 group ff0e::1 to eth1\n");
    house.start();
    EXPECT_EQ(house.upcall(0, "2001:db8::1", "ff0e::1"),
              (Lines{"put (2001:db8::1, ff0e::1) 0 > 1"}));
}

TEST(a_stream_without_a_rule_is_blocked_and_calls_no_hook) {
    House house("mroute from eth0 group 225.1.2.3 to eth1\n");
    house.start();
    EXPECT_EQ(house.upcall(1, "1.2.3.4", "225.9.9.9"), (Lines{"put (1.2.3.4, 225.9.9.9) 1 >"}));
    EXPECT_EQ(house.hooks.calls, Lines{});
}

TEST(a_rule_added_later_opens_blocked_streams_and_closes_them_when_it_goes) {
    House house("phyint eth0 enable\nphyint eth1 enable\n");
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.upcall(0, "1.2.3.4", "225.9.9.9");
    EXPECT_EQ(house.run({"-a", "eth0", "225.1.2.3", "eth1"}).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT_EQ(house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.3)"}));
    EXPECT_EQ(house.run({"-r", "eth0", "225.1.2.3"}).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 >"}));
}

TEST(an_exact_route_that_goes_leaves_its_stream_to_the_rule_that_covers_it) {
    House house(
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2\n");
    house.start();
    EXPECT_EQ(house.run({"-r", "eth0", "1.2.3.4", "225.1.2.3"}).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1", "unvif IPv4 2"}));
    EXPECT_EQ(house.run({"-r", "eth0", "225.1.2.3"}).status, ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(),
              (Lines{"put (1.2.3.4, 225.1.2.3) 0 >", "unvif IPv4 0", "unvif IPv4 1"}));
}

TEST(an_upcall_older_than_a_route_does_not_block_it) {
    House house("");
    house.start();
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    house.kernel.take_lines();
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(an_upcall_for_an_entry_that_somebody_flushed_restores_it) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    house.kernel.flush_entries();
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT_EQ(house.difference(), "");
}

TEST(a_stream_on_another_interface_than_its_waiting_route_is_blocked_until_the_route_can_be) {
    House house("mroute from eth7 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), (Lines{"put (1.2.3.4, 225.1.2.3) 0 >"}));
    house.kernel.add_interface("eth7", 7);
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 1 eth7", "put (1.2.3.4, 225.1.2.3) 1 > 0"}));
}

// The kernel says no more of it than that it comes in elsewhere, since it has the route's entry.
TEST(a_route_whose_inbound_has_gone_leaves_its_stream_to_the_rules_until_it_returns) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2\n"
        "mroute from eth1 group 225.1.2.3 to eth2\n");
    house.start();
    house.kernel.remove_interface(1);
    EXPECT_EQ(house.links(), (Lines{"unvif IPv4 0"}));
    EXPECT_EQ(house.upcall(2, "1.2.3.4", "225.1.2.3", Upcall::Kind::kWrongVif),
              (Lines{"put (1.2.3.4, 225.1.2.3) 2 > 1"}));
    EXPECT_EQ(house.hooks.calls, Lines{"install (1.2.3.4, 225.1.2.3)"});
    house.kernel.add_interface("eth0", 9);
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 0 eth0", "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(commands_answer_success_with_silence_and_failure_with_one_line) {
    House house("");
    house.start();
    const Reply added = house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    EXPECT_EQ(error_text(added), "");
    const Reply removed = house.run({"-r", "eth0", "1.2.3.4", "225.1.2.3", "eth2"});
    EXPECT_EQ(removed.status, ExitStatus::kRefused);
    EXPECT_EQ(error_text(removed),
              "smcroute: eth2 is not an outbound of mroute from eth0 source 1.2.3.4 group "
              "225.1.2.3\n");
    const Reply bad = house.run({"-a", "eth0", "1.2.3.4", "5.6.7.8", "eth1"});
    EXPECT_EQ(bad.status, ExitStatus::kUsage);
    EXPECT_EQ(house.run({"-l", "eth0", "225.1.2.3"}).status, ExitStatus::kRefused);
    EXPECT_EQ(house.run({"-k"}).status, ExitStatus::kOk);
    EXPECT(house.daemon.stopping());
}

TEST(commands_that_changed_what_is_desired_are_told_whatever_the_kernel_says) {
    House house("mroute from eth0 group 225.1.2.3 to eth1\n");
    house.start();
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    house.run({"-r", "eth0", "225.9.9.9"});
    house.run({"-a", "eth0", "225.9.9.9"});
    house.kernel.fail_op(0, ENOBUFS);
    EXPECT_EQ(house.run({"-j", "eth0", "225.1.2.3"}).status, ExitStatus::kSystem);
    house.run({"-l", "eth0", "225.1.2.3"});
    house.run({"-l", "eth0", "225.1.2.3"});
    for (const char* const word : {"flush", "reload", "diff", "show", "wait"}) {
        house.run({word});
    }
    house.run({"remove", "eth0", "225.1.2.3"});
    EXPECT_EQ(house.hooks.changes, (Lines{"-a eth0 1.2.3.4 225.1.2.3 eth1", "-j eth0 225.1.2.3",
                                          "-l eth0 225.1.2.3", "remove eth0 225.1.2.3"}));
}

TEST(a_removed_outbound_leaves_the_others_and_the_last_leaves_a_blocking_entry) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n");
    house.start();
    house.run({"-r", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 2", "unvif IPv4 1"}));
    house.run({"-r", "eth0", "1.2.3.4", "225.1.2.3", "eth2"});
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 >", "unvif IPv4 2"}));
    house.run({"-r", "eth0", "1.2.3.4", "225.1.2.3"});
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"del (1.2.3.4, 225.1.2.3)", "unvif IPv4 0"}));
}

TEST(reload_touches_only_what_changed) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.4 to eth1\n"
        "mgroup from eth0 group 225.1.2.3\n");
    house.start();
    EXPECT_EQ(house
                  .reload("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
                          "mroute from eth0 source 1.2.3.4 group 225.1.2.5 to eth1\n"
                          "mgroup from eth0 group 225.1.2.3\n")
                  .status,
              ExitStatus::kOk);
    EXPECT_EQ(house.kernel.take_lines(),
              (Lines{"del (1.2.3.4, 225.1.2.4)", "put (1.2.3.4, 225.1.2.5) 0 > 1"}));
    EXPECT_EQ(house.hooks.calls, (Lines{"reload"}));
}

TEST(reload_of_the_same_file_does_nothing_but_drop_what_clients_added) {
    const std::string config = "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n";
    House house(config);
    house.start();
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth2"});
    house.run({"-a", "eth0", "9.9.9.9", "225.1.2.3", "eth2"});
    house.kernel.take_lines();
    house.reload(config);
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"del (9.9.9.9, 225.1.2.3)",
                                                "put (1.2.3.4, 225.1.2.3) 0 > 1", "unvif IPv4 2"}));
    house.reload(config);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
}

TEST(reload_of_a_file_with_errors_changes_nothing_and_says_so) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    const Reply reply = house.reload("mroute from eth0 group 225.1.2.3 too eth1\n");
    EXPECT_EQ(reply.status, ExitStatus::kConfig);
    EXPECT_EQ(error_text(reply),
              "smcroute.conf:1:34: error: unknown keyword 'too' in mroute (did you mean 'to'?)\n"
              "mroute from eth0 group 225.1.2.3 too eth1\n"
              "                                 ^~~\n"
              "smcroute: smcroute.conf has errors: nothing was changed\n");
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT_EQ(house.hooks.calls, Lines{});
}

TEST(reload_that_is_lenient_leaves_out_lines_with_errors_and_takes_a_missing_file_for_empty) {
    House house("", false, {std::chrono::seconds{0}, 65536}, true);
    house.start();
    const Reply reply = house.reload(
        "nonsense\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    EXPECT_EQ(reply.status, ExitStatus::kOk);
    EXPECT_EQ(reply.details.substr(0, reply.details.find(" (expected")),
              "smcroute: warning: smcroute.conf:1:1: unknown keyword 'nonsense'");
    EXPECT_EQ(house.daemon.status(), "1 route, 0 pending, 0 groups");
    house.files.unreadable = "smcroute.conf";
    EXPECT_EQ(house.daemon.reload(house.now).status, ExitStatus::kConfig);
    EXPECT_EQ(house.daemon.status(), "1 route, 0 pending, 0 groups");
    house.files.unreadable.clear();
    house.files.files.clear();
    EXPECT_EQ(house.daemon.reload(house.now).status, ExitStatus::kOk);
    EXPECT_EQ(house.daemon.status(), "0 routes, 0 pending, 0 groups");
}

TEST(reload_of_a_file_that_is_gone_changes_nothing_and_says_so) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    house.kernel.take_lines();
    house.files.files.clear();
    for (const char* const word : {"--reload", "--diff"}) {
        const Reply reply = house.run({word});
        EXPECT_EQ(reply.status, ExitStatus::kConfig);
        EXPECT_EQ(error_text(reply), "smcroute: there is no smcroute.conf: nothing was changed\n");
        EXPECT_EQ(reply.out, "");
    }
    EXPECT_EQ(logged, (Lines{"there is no smcroute.conf: nothing was changed"}));
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT_EQ(house.hooks.calls, Lines{});
}

TEST(of_a_file_that_is_all_wrong_a_screenful_is_told) {
    std::string text = "mgroup from eth0 group 224.0.0.1\n";
    for (int i = 0; i < 30; ++i) {
        text += "ssh 22/tcp\n";
    }
    House house(text);
    house.start();
    REQUIRE(logged.size() == 21);
    EXPECT_EQ(logged[0].substr(0, 37), "smcroute.conf:2:1: error: unknown key");
    EXPECT_EQ(logged[20],
              "smcroute.conf: error: and 11 more (smcroute -F smcroute.conf shows all)");
    const Reply reply = house.reload(text);
    EXPECT_EQ(reply.status, ExitStatus::kConfig);
    EXPECT_EQ(std::count(reply.details.begin(), reply.details.end(), '\n'), 61);
    EXPECT(reply.details.ends_with("(smcroute -F smcroute.conf shows all)\n"));
}

TEST(commands_warn_of_what_can_hardly_be_meant) {
    House house("phyint eth2 disable\n");
    house.start();
    const std::vector<std::pair<Lines, std::string>> cases = {
        {{"-a", "eht0", "1.2.3.4", "225.1.2.3", "eth1"},
         "interface eht0 does not exist (did you mean eth0?); the route is pending until it does"},
        {{"-a", "eth0", "1.2.3.4", "225.1.2.2", "eth1,eth2"},
         "interface eth1,eth2 does not exist (names are separated by spaces: did you mean eth1 "
         "eth2?); the route is pending until it does"},
        {{"-a", "eth0", "225.1.2.3", "to"},
         "interface to does not exist ('to' is a keyword); the route is pending until it does"},
        {{"-j", "eth9", "225.1.2.3"},
         "interface eth9 does not exist; the join is pending until it does"},
        {{"-a", "eth0", "1.2.3.4", "225.1.2.9", "eth0"},
         "inbound eth0 is also an outbound: packets go back where they came from"},
        {{"-a", "eth0", "224.0.0.251", "eth1"},
         "group 224.0.0.251 is never forwarded by the kernel (link-local scope)"},
        {{"-j", "eth0", "232.1.2.3"},
         "group 232.1.2.3 is source-specific (232.0.0.0/8) but no source is given"},
        {{"-a", "eth0", "1.2.3.4", "225.1.2.4", "eth2"},
         "interface eth2 takes no part in IPv4 routing: disabled by smcroute.conf:1"},
        {{"-j", "eth0", "225.1.2.9"},
         "a join of 225.1.2.9 on eth0, which is its inbound and its outbound: each packet goes out "
         "again and again until its TTL is used up"},
    };
    for (const auto& [words, warning] : cases) {
        const Reply reply = house.run(words);
        EXPECT_EQ(reply.status, ExitStatus::kOk);
        EXPECT_EQ(error_text(reply).substr(0, error_text(reply).find('\n')),
                  "smcroute: warning: " + warning);
    }
}

TEST(a_join_on_what_is_only_an_outbound_draws_a_warning_whichever_came_first) {
    const std::string warning =
        "smcroute: warning: a join of 225.1.2.3 on eth1, which is only its outbound: the kernel "
        "counts each packet once more\n";
    House house(
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth2 source 1.2.3.4 group 225.5.5.5 to eth1\n");
    house.start();
    EXPECT_EQ(error_text(house.run({"-j", "eth1", "225.1.2.3"})), warning);
    EXPECT_EQ(error_text(house.run({"-a", "eth2", "1.2.3.4", "225.1.2.3", "eth1"})), warning);
    EXPECT_EQ(error_text(house.run({"-j", "eth1", "225.5.0.0/16"})),
              "smcroute: warning: a join of 225.5.0.0/16 on eth1, which is only its outbound: the "
              "kernel counts each packet once more\n");
    EXPECT_EQ(error_text(house.run({"-j", "eth0", "225.1.2.3"})), "");
    EXPECT_EQ(error_text(house.run({"-j", "eth1", "225.6.6.6"})), "");
    // Where packets may come in as well, a join is right.
    EXPECT_EQ(error_text(house.run({"-a", "eth1", "225.7.7.7", "eth0"})), "");
    EXPECT_EQ(error_text(house.run({"-a", "eth0", "225.7.7.7", "eth1"})), "");
    EXPECT_EQ(error_text(house.run({"-j", "eth1", "225.7.7.7"})), "");
}

TEST(a_route_that_replaces_the_files_is_told_and_gives_way_to_it_again) {
    House house("\nmroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    logged.clear();
    EXPECT_EQ(error_text(house.run({"-a", "eth2", "1.2.3.4", "225.1.2.3", "eth1"})),
              "smcroute: warning: replaces mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 "
              "of smcroute.conf:2\n");
    EXPECT_EQ(logged, (Lines{"mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth1: replaces "
                             "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 of "
                             "smcroute.conf:2"}));
    EXPECT_EQ(house.daemon.status(), "1 route, 0 pending, 0 groups");
    EXPECT_EQ(error_text(house.run({"-a", "eth1", "1.2.3.4", "225.1.2.3", "eth0"})),
              "smcroute: warning: replaces mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth1 "
              "of a client's command\n");
    logged.clear();
    house.kernel.take_lines();
    EXPECT_EQ(error_text(house.run({"-r", "eth1", "1.2.3.4", "225.1.2.3"})), "");
    EXPECT_EQ(logged, (Lines{"mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 of "
                             "smcroute.conf:2 is back"}));
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT_EQ(house.run({"--diff"}).out, "");
    house.run({"-r", "eth0", "1.2.3.4", "225.1.2.3"});
    EXPECT_EQ(house.kernel.take_lines().front(), "del (1.2.3.4, 225.1.2.3)");
}

TEST(a_reload_that_succeeds_tells_what_is_odd_in_the_file) {
    House house("");
    house.start();
    const Reply reply = house.reload("mroute from eth0 group 224.0.0.251 to eht1\n");
    EXPECT_EQ(reply.status, ExitStatus::kOk);
    EXPECT_EQ(error_text(reply),
              "smcroute: warning: smcroute.conf:1:24: group 224.0.0.251 is never forwarded by the "
              "kernel (link-local scope)\n"
              "smcroute: warning: smcroute.conf:1: interface eht1 does not exist (did you mean "
              "eth1?); lines that use it are pending\n");
}

TEST(a_file_that_f_names_and_that_is_missing_is_told_at_the_start) {
    for (const bool named : {false, true}) {
        House house("");
        house.files.files.clear();
        Daemon daemon({.config_file = "typo.conf", .config_named = named}, house.kernel,
                      house.files, house.hooks, house.events);
        log_open(LogSink::kStderr, LogLevel::kWarning, "smcroute");
        EXPECT(daemon.start(kStart));
        EXPECT_EQ(logged, named ? Lines{"no typo.conf, waiting for commands"} : Lines{});
    }
}

TEST(diff_prints_what_reload_would_change_and_changes_nothing) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    house.files.files["smcroute.conf"] = "mroute from eth0 source 1.2.3.4 group 225.1.2.3\n";
    const Reply reply = house.run({"--diff"});
    EXPECT_EQ(reply.out,
              "- mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
              "+ mroute from eth0 source 1.2.3.4 group 225.1.2.3\n");
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.files.files["smcroute.conf"] = "mroute\n";
    EXPECT_EQ(house.run({"--diff"}).status, ExitStatus::kConfig);
    EXPECT_EQ(logged, Lines{});
}

TEST(diff_shows_those_who_may_only_read_no_text_of_lines_that_are_wrong) {
    House house("");
    house.start();
    house.files.files["smcroute.conf"] =
        "root:secret:0\nphyint eth0 ttl-threshold secret\ninclude secret.d/*\n"
        "include secret.conf\n";
    house.files.matches["secret.d/*"] = {"secret.d/shadow"};
    house.files.files["secret.d/shadow"] = "daemon:secret:1\n";
    const Reply reply = house.daemon.execute(Lines{"--diff"}, house.now, Access::kRead);
    EXPECT_EQ(reply.status, ExitStatus::kConfig);
    EXPECT_EQ(error_text(reply),
              "smcroute.conf:1:1: error\nsmcroute.conf:2:27: error\nsecret.d/shadow:1:1: error\n"
              "smcroute.conf:4:9: error\n"
              "smcroute: smcroute.conf has errors, of which only root is shown the text\n");
    EXPECT(error_text(house.run({"--diff"})).find("daemon:secret:1") != std::string::npos);
}

TEST(wait_is_pending_until_every_named_interface_exists) {
    House house("mroute from eth7 source 1.2.3.4 group 225.1.2.3 to eth8 eth1\n");
    house.start();
    const Reply pending = house.run({"--wait"});
    EXPECT_EQ(pending.status, ExitStatus::kPending);
    EXPECT_EQ(error_text(pending), "smcroute: still waiting for eth7, eth8\n");
    house.kernel.add_interface("eth7", 7);
    house.kernel.add_interface("eth8", 8);
    house.links();
    EXPECT_EQ(house.run({"--wait"}).status, ExitStatus::kOk);
}

TEST(wait_is_pending_while_the_kernel_refuses_something) {
    House house("");
    house.start();
    house.kernel.fail_op(2, ENOMEM);
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    EXPECT_EQ(error_text(house.run({"--wait"})),
              "smcroute: still trying what the kernel has refused (see the log)\n");
    house.pass(std::chrono::seconds{1});
    EXPECT_EQ(house.run({"--wait"}).status, ExitStatus::kOk);
}

TEST(status_counts_routes_and_rules_lines_that_wait_and_groups) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 group 225.1.2.3 to eth7\n"
        "mgroup from eth8 group 225.1.2.3\n");
    EXPECT_EQ(house.daemon.status(), "0 routes, 0 pending, 0 groups");
    house.start();
    EXPECT_EQ(house.daemon.status(), "2 routes, 2 pending, 1 group");
}

TEST(reload_keeps_learned_streams_and_blocks_those_whose_rule_went) {
    House house(
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth0 group 225.1.2.4 to eth1\n");
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.upcall(0, "1.2.3.4", "225.1.2.4");
    house.reload("mroute from eth0 group 225.1.2.3 to eth1\n");
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.4) 0 >"}));
}

TEST(reload_turns_a_route_that_became_a_rule_into_a_learned_stream) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    house.reload("mroute from eth0 group 225.1.2.3 to eth1\n");
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT(house.daemon.state().installed.entries().size() == 1);
}

TEST(reload_rewrites_the_entries_of_an_interface_whose_threshold_changed) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n");
    house.start();
    house.reload(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n"
        "phyint eth2 ttl-threshold 5\n");
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2:5"}));
}

TEST(an_interface_disabled_by_reload_loses_its_vif_after_the_entries) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n", true);
    house.start();
    house.reload("phyint eth1 disable\n");
    EXPECT_EQ(house.kernel.take_lines(),
              (Lines{"del (1.2.3.4, 225.1.2.3)", "unvif IPv4 1", "unvif IPv6 1"}));
}

TEST(a_family_the_kernel_lacks_stops_nothing_of_the_other) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\n");
    house.kernel.drop_family(Family::kIpv6);
    EXPECT_EQ(house.start(),
              (Lines{"vif IPv4 0 eth0", "vif IPv4 1 eth1", "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(a_refused_op_is_reported_to_the_client_and_tried_again_later) {
    House house("phyint eth0 enable\nphyint eth1 enable\n");
    house.start();
    house.kernel.fail_op(0, ENOMEM);
    const Reply reply = house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    EXPECT_EQ(reply.status, ExitStatus::kSystem);
    EXPECT_EQ(error_text(reply), compose("smcroute: cannot install (1.2.3.4, 225.1.2.3): {} (kept, "
                                         "and tried again until it succeeds)\n",
                                         strerror(ENOMEM)));
    EXPECT_EQ(logged,
              (Lines{compose("cannot install (1.2.3.4, 225.1.2.3): {}", strerror(ENOMEM))}));
    REQUIRE(house.daemon.deadline().has_value());
    EXPECT(*house.daemon.deadline() == kStart + std::chrono::seconds{1});
    house.kernel.take_lines();
    house.daemon.on_deadline(kStart + std::chrono::milliseconds{999});
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.daemon.on_deadline(kStart + std::chrono::seconds{1});
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(retries_grow_rarer_up_to_a_minute_while_the_kernel_refuses) {
    House house("");
    house.kernel.refuse_kind(
        Op(PutEntry{.flow = {Address::any(Family::kIpv4), Address::any(Family::kIpv4)}}).index());
    house.start();
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    std::vector<std::string> delays;
    for (int i = 0; i < 9; ++i) {
        const TimePoint due = *house.daemon.deadline();
        delays.push_back(std::to_string((due - house.now) / std::chrono::seconds{1}));
        house.now = due;
        house.daemon.on_deadline(house.now);
    }
    EXPECT_EQ(delays, (Lines{"1", "2", "4", "8", "16", "32", "60", "60", "60"}));
}

TEST(further_failures_do_not_put_off_a_retry) {
    House house("phyint eth0 enable\n");
    house.start();
    house.kernel.take_lines();
    for (const char* const group : {"225.1.1.1", "225.1.1.2", "225.1.1.3"}) {
        house.kernel.fail_op(0, ENOBUFS);
        house.run({"-j", "eth0", group});
        house.set_time(house.now + std::chrono::milliseconds{300});
    }
    REQUIRE(house.daemon.deadline().has_value());
    EXPECT(*house.daemon.deadline() == kStart + std::chrono::seconds{1});
    EXPECT_EQ(house.pass(std::chrono::seconds{1}),
              (Lines{"join 225.1.1.1 eth0", "join 225.1.1.2 eth0", "join 225.1.1.3 eth0"}));
}

TEST(an_unknown_stream_that_the_kernel_refuses_is_tried_again) {
    House house("mroute from eth0 group 225.1.2.3 to eth1\n");
    house.start();
    house.kernel.take_lines();
    house.kernel.fail_op(0, ENOBUFS);
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), Lines{});
    EXPECT_EQ(house.pass(std::chrono::seconds{1}), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(a_silent_stream_that_the_kernel_would_not_remove_is_removed_later) {
    House house("mroute from eth0 group 225.1.2.3 to eth1\n", false,
                {std::chrono::seconds{10}, 65536});
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.fail_op(0, ENOBUFS);
    EXPECT_EQ(house.pass(std::chrono::milliseconds{10'999}), Lines{});
    EXPECT_EQ(house.pass(std::chrono::milliseconds{1}), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
    EXPECT(!house.daemon.deadline().has_value());
}

TEST(more_interfaces_than_slots_are_told_by_name) {
    House house("phyint eth35 enable\n", true);
    for (unsigned i = 3; i < 36; ++i) {
        house.kernel.add_interface(compose("eth{}", i).c_str(), i + 1);
    }
    house.start();
    REQUIRE(logged.size() == 2);
    EXPECT_EQ(logged[0],
              "IPv4: the kernel has 32 slots for interfaces, none is left for eth31, eth32, eth33, "
              "eth34 (phyint IFNAME disable frees one)");
    EXPECT_EQ(house.daemon.state().slots[0].name(0)->view(), "eth35");
}

// --- whatever fails, the daemon knows what is true, and heals

namespace {
// One of everything: start, commands, streams, interfaces that go and return, two reloads.
void live(House& house, void (*after_each)(House&)) {
    const auto step = [&] { after_each(house); };
    (void)house.daemon.start(house.now);
    step();
    house.run({"-a", "eth0", "9.9.9.9", "225.1.2.3", "eth1", "eth2"});
    step();
    house.run({"-j", "eth1", "225.3.3.3"});
    step();
    house.upcall(0, "1.1.1.1", "225.5.5.5");
    step();
    house.upcall(0, "1.1.1.1", "225.6.6.6");
    step();
    house.run({"-a", "eth0", "225.6.6.6", "eth2"});
    step();
    house.run({"-r", "eth0", "9.9.9.9", "225.1.2.3", "eth1"});
    step();
    house.kernel.remove_interface(2);
    house.links();
    step();
    house.kernel.add_interface("eth1", 12);
    house.links();
    step();
    house.kernel.change_interface({*IfName::parse("wan0"), 3, true, true, false});
    house.links();
    step();
    house.run({"-l", "eth1", "225.3.3.3"});
    step();
    house.reload(
        "phyint eth1 ttl-threshold 9\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 wan0\n"
        "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\n"
        "mroute from eth0 group 225.5.5.5 to wan0\n"
        "mgroup from eth0 group ff0e::1\n");
    step();
    house.reload(
        "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\nphyint wan0 disable\n");
    step();
}

const char* const kLifeConfig =
    "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n"
    "mroute from eth0 group 225.5.5.5 to eth1\n"
    "mgroup from eth0 group 225.1.2.3\n"
    "mgroup from eth0 source 1.2.3.4 group 232.1.2.3\n"
    "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\n";

void expect_truth(House& house) { EXPECT_EQ(house.difference(), ""); }

// Until nothing is due any more.
void heal(House& house) {
    for (int i = 0; i < 10 && house.daemon.deadline(); ++i) {
        house.now = *house.daemon.deadline();
        house.daemon.on_deadline(house.now);
    }
}

}  // namespace

TEST(an_undisturbed_life_is_true_after_each_step) {
    House house(kLifeConfig);
    live(house, &expect_truth);
    EXPECT(!house.daemon.deadline().has_value());
}

// Each op of that life fails once, each time in a life of its own. The state must be true after
// each step and, once healed, be that of the undisturbed life.
TEST(whichever_op_fails_the_daemon_stays_true_and_heals) {
    House undisturbed(kLifeConfig);
    live(undisturbed, [](House&) {});
    const size_t ops = undisturbed.kernel.op_count();
    REQUIRE(ops > 30);
    for (size_t i = 0; i < ops; ++i) {
        House house(kLifeConfig);
        house.kernel.fail_op(i, i % 2 == 0 ? ENOMEM : ENOBUFS);
        live(house, &expect_truth);
        heal(house);
        expect_truth(house);
        EXPECT_EQ(compose("{}\n{}", i, house.kernel.dump()),
                  compose("{}\n{}", i, undisturbed.kernel.dump()));
    }
}

TEST(a_kind_of_op_that_always_fails_heals_once_the_kernel_takes_it) {
    for (size_t kind = 0; kind < std::variant_size_v<Op>; ++kind) {
        House refusing(kLifeConfig);
        refusing.kernel.refuse_kind(kind);
        live(refusing, &expect_truth);
        EXPECT(refusing.daemon.deadline().has_value());
        refusing.kernel.refuse_kind(std::nullopt);
        heal(refusing);
        expect_truth(refusing);
    }
}

}  // namespace smcroute
