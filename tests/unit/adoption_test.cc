// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// A daemon dies, the routing sockets live on, and another takes over: which ops that takes.

#include "daemon/adoption.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "base/text.h"
#include "house.h"
#include "test.h"

namespace smcroute {

namespace {

using State = VifRecord::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeLedger final : public Ledger {
public:
    explicit FakeLedger(FakeKernel& kernel) : kernel_(kernel) {}

    VifLedger kept;
    // Each time, whether the kernel had a VIF in slot 0 of IPv4.
    std::vector<bool> kernel_had_slot;

    void store(const VifLedger& ledger) override {
        kept = ledger;
        kernel_had_slot.push_back(kernel_.vif_counters(Family::kIpv4, 0)->has_value());
    }

private:
    FakeKernel& kernel_;
};

// A house whose daemon may be replaced.
struct Dynasty {
    explicit Dynasty(const std::string& config, seconds silence = seconds{0})
        : house(config), timeout(silence) {
        succeed();
        started = start(nullptr);
    }

    // The daemon dies.
    void kill() {
        house.kernel.lose_process();
        house.kernel.take_lines();
        house.hooks.calls.clear();
        logged.clear();
    }
    // What its successor does to the kernel.
    Lines adopt() {
        const VifLedger left = ledger.kept;
        succeed();
        return start(&left);
    }
    void configure(const std::string& config) { house.files.files["smcroute.conf"] = config; }
    Lines upcall(Slot slot, const char* source, const char* group) {
        const Flow flow = flow_of(source, group);
        house.kernel.queue_upcall({.slot = slot, .flow = flow});
        daemon->on_upcalls(flow.family(), house.now);
        return house.kernel.take_lines();
    }
    Lines links() {
        daemon->on_links(house.now);
        return house.kernel.take_lines();
    }
    Lines pass(milliseconds time) {
        const TimePoint until = house.now + time;
        while (daemon->deadline() && *daemon->deadline() <= until) {
            house.set_time(std::max(house.now, *daemon->deadline()));
            daemon->on_deadline(house.now);
        }
        house.set_time(until);
        return house.kernel.take_lines();
    }
    std::string difference() const { return house.kernel.difference(daemon->state().installed); }

    House house;
    FakeLedger ledger{house.kernel};
    seconds timeout;
    std::optional<Daemon> daemon;
    Lines started;

private:
    void succeed() {
        daemon.emplace(DaemonSettings{"smcroute.conf", false, {timeout, 65536}}, house.kernel,
                       house.files, house.hooks, house.events, &ledger);
    }
    Lines start(const VifLedger* left) {
        const Status status = daemon->start(
            house.now, {.ledger = left == nullptr ? std::nullopt : std::optional(*left)});
        return status ? house.kernel.take_lines() : Lines{status.error().text};
    }
};

Lines sorted(Lines lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
}

constexpr const char* kRoutes =
    "phyint eth2 ttl-threshold 5\n"
    "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n"
    "mroute from eth1 source 1.2.3.4 group 225.1.2.4\n"
    "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\n";

}  // namespace

TEST(adoption_of_what_is_desired_takes_no_op) {
    Dynasty dynasty(kRoutes);
    const std::string before = dynasty.house.kernel.dump();
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), Lines{});
    EXPECT_EQ(logged, Lines{});
    EXPECT_EQ(dynasty.house.kernel.dump(), before);
    EXPECT_EQ(dynasty.difference(), "");
    // And what was adopted is as good as what was installed.
    dynasty.house.kernel.remove_interface(2);
    EXPECT_EQ(dynasty.links(), (Lines{"unvif IPv4 1", "unvif IPv6 1"}));
    dynasty.house.kernel.add_interface("eth1", 9);
    EXPECT_EQ(dynasty.links(), (Lines{"vif IPv4 1 eth1", "vif IPv6 1 eth1"}));
}

TEST(adoption_changes_only_what_the_file_has_changed) {
    Dynasty dynasty(kRoutes);
    dynasty.kill();
    dynasty.configure(
        "phyint eth2 ttl-threshold 5\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.5 to eth1\n"
        "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1 eth2\n");
    // (1.2.3.4, 225.1.2.4) has no route any more: it goes on as a stream that is blocked.
    EXPECT_EQ(sorted(dynasty.adopt()),
              (Lines{"put (1.2.3.4, 225.1.2.5) 0 > 1", "put (2001:db8::1, ff0e::1) 0 > 1 2",
                     "vif IPv6 2 eth2"}));
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_writes_entries_whose_threshold_has_changed) {
    Dynasty dynasty(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.4 to eth2\n");
    dynasty.kill();
    dynasty.configure(
        "phyint eth2 ttl-threshold 7\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.4 to eth2\n");
    EXPECT_EQ(dynasty.adopt(), (Lines{"put (1.2.3.4, 225.1.2.4) 0 > 2:7"}));
    EXPECT_EQ(dynasty.difference(), "");
}

// The kernel does not tell which entries have kept the slot of an interface that is away.
TEST(adoption_writes_a_familys_entries_again_where_an_interface_has_vanished) {
    Dynasty dynasty(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.4 to eth2\n"
        "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\n");
    dynasty.kill();
    dynasty.house.kernel.remove_interface(3);
    dynasty.house.kernel.lose_process();
    EXPECT_EQ(sorted(dynasty.adopt()),
              (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1", "put (1.2.3.4, 225.1.2.4) 0 >"}));
    EXPECT_EQ(dynasty.difference(), "");
    // It comes back to its slot, which nobody else has got.
    dynasty.house.kernel.add_interface("eth5", 8);
    dynasty.house.kernel.add_interface("eth2", 9);
    EXPECT_EQ(dynasty.links(), (Lines{"vif IPv4 2 eth2", "put (1.2.3.4, 225.1.2.4) 0 > 2"}));
    // That was once: now all is known again.
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), Lines{});
}

// A threshold was being changed when the daemon died.
TEST(adoption_completes_a_change_of_threshold) {
    const std::string routes =
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.4 to eth1\n";
    for (const size_t refused : {size_t{0}, size_t{1}}) {
        Dynasty dynasty(routes);
        dynasty.configure(routes + "phyint eth1 ttl-threshold 7\n");
        dynasty.house.kernel.fail_op(refused, ENOBUFS);
        dynasty.daemon->reload(dynasty.house.now);
        dynasty.kill();
        EXPECT(!dynasty.adopt().empty());
        EXPECT_EQ(dynasty.difference(), "");
        dynasty.kill();
        EXPECT_EQ(dynasty.adopt(), Lines{});
    }
}

// The kernel tells no inbound without a VIF: it may be any slot.
TEST(adoption_writes_an_entry_of_unknown_inbound_again) {
    Dynasty dynasty("phyint eth0 enable\nphyint eth1 enable\n");
    dynasty.configure(
        "phyint eth0 enable\nphyint eth1 enable\n"
        "mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    dynasty.house.kernel.fail_op(0, ENOBUFS);
    dynasty.daemon->reload(dynasty.house.now);
    EXPECT_EQ(dynasty.house.kernel.take_lines(), (Lines{"put (1.2.3.4, 225.1.2.3) 2 > 1"}));
    dynasty.kill();
    dynasty.configure(
        "phyint eth0 enable\nphyint eth1 enable\n"
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    EXPECT_EQ(dynasty.adopt(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"}));
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_gives_an_interface_made_again_its_slot) {
    Dynasty dynasty(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2\n"
        "mroute from eth2 source 1.2.3.4 group 225.1.2.4 to eth0\n");
    dynasty.kill();
    dynasty.house.kernel.remove_interface(1);
    dynasty.house.kernel.add_interface("eth0", 9);
    dynasty.house.kernel.lose_process();
    const Lines lines = dynasty.adopt();
    EXPECT_EQ(lines.empty() ? "" : lines.front(), "vif IPv4 0 eth0");
    EXPECT_EQ(sorted(lines), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1",
                                    "put (1.2.3.4, 225.1.2.4) 1 > 0", "vif IPv4 0 eth0"}));
    EXPECT_EQ(dynasty.difference(), "");
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), Lines{});
}

TEST(adoption_ends_as_a_live_rename_does) {
    const std::string config =
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n"
        "mroute from wan0 source 1.2.3.4 group 225.1.2.4 to eth1\n";
    const Interface renamed{*IfName::parse("wan0"), 3, true, true, false};
    Dynasty live(config);
    live.house.kernel.change_interface(renamed);
    const Lines ops = live.links();
    EXPECT_EQ(ops, (Lines{"unvif IPv4 2", "vif IPv4 3 wan0", "put (1.2.3.4, 225.1.2.4) 3 > 1"}));
    Dynasty dynasty(config);
    dynasty.kill();
    dynasty.house.kernel.change_interface(renamed);
    dynasty.house.kernel.lose_process();
    EXPECT_EQ(dynasty.adopt(), ops);
    EXPECT_EQ(dynasty.difference(), "");
    EXPECT_EQ(dynasty.house.kernel.dump(), live.house.kernel.dump());
}

TEST(adoption_keeps_learned_and_blocking_streams_and_their_age) {
    Dynasty dynasty("mroute from eth0 group 225.1.2.0/24 to eth1\n", seconds{60});
    dynasty.upcall(0, "1.2.3.4", "225.1.2.3");
    dynasty.upcall(1, "1.2.3.4", "225.9.9.9");
    dynasty.pass(seconds{40});
    dynasty.house.kernel.carry(flow_of("1.2.3.4", "225.1.2.3"), 1);
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), Lines{});
    EXPECT_EQ(dynasty.house.hooks.calls, Lines{});
    const Streams& streams = dynasty.daemon->state().streams;
    EXPECT_EQ(streams.size(), size_t{2});
    EXPECT_EQ(streams.blocked_count(), size_t{1});
    EXPECT_EQ(dynasty.pass(milliseconds{19999}), Lines{});
    EXPECT_EQ(dynasty.pass(milliseconds{1000}), (Lines{"del (1.2.3.4, 225.9.9.9)"}));
    EXPECT_EQ(dynasty.pass(milliseconds{38000}), Lines{});
    EXPECT_EQ(dynasty.pass(milliseconds{2000}), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_blocks_a_stream_whose_rule_has_gone_and_learns_one_that_has_got_one) {
    Dynasty dynasty("mroute from eth0 group 225.1.2.3 to eth1\n");
    dynasty.upcall(0, "1.2.3.4", "225.1.2.3");
    dynasty.upcall(0, "1.2.3.4", "225.1.2.4");
    dynasty.kill();
    dynasty.configure("mroute from eth0 group 225.1.2.4 to eth1\n");
    EXPECT_EQ(sorted(dynasty.adopt()),
              (Lines{"put (1.2.3.4, 225.1.2.3) 0 >", "put (1.2.3.4, 225.1.2.4) 0 > 1"}));
    EXPECT_EQ(dynasty.house.hooks.calls, (Lines{"install (1.2.3.4, 225.1.2.4)"}));
    EXPECT_EQ(dynasty.daemon->state().streams.blocked_count(), size_t{1});
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_removes_a_stream_whose_inbound_is_away) {
    Dynasty dynasty("mroute from eth0 group 225.1.2.3 to eth1\n");
    dynasty.upcall(0, "1.2.3.4", "225.1.2.3");
    dynasty.kill();
    dynasty.house.kernel.remove_interface(1);
    dynasty.house.kernel.lose_process();
    EXPECT_EQ(dynasty.adopt(), (Lines{"del (1.2.3.4, 225.1.2.3)"}));
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_touches_no_membership_that_stays) {
    Dynasty dynasty("mgroup from eth0 group 225.1.2.3\nmgroup from eth1 group ff0e::1\n");
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), Lines{});
    dynasty.kill();
    dynasty.configure("mgroup from eth0 group 225.1.2.3\nmgroup from eth1 group ff0e::2\n");
    EXPECT_EQ(dynasty.adopt(), (Lines{"join ff0e::2 eth1", "leave ff0e::1 eth1"}));
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_leaves_what_was_joined_on_an_interface_that_has_gone) {
    Dynasty dynasty("mgroup from eth0 group 225.1.2.3\n");
    dynasty.kill();
    dynasty.house.kernel.remove_interface(1);
    dynasty.house.kernel.add_interface("eth0", 9);
    dynasty.house.kernel.lose_process();
    EXPECT_EQ(dynasty.adopt(),
              (Lines{"vif IPv4 0 eth0", "leave 225.1.2.3 ?1", "join 225.1.2.3 eth0"}));
    EXPECT_EQ(dynasty.difference(), "");
}

// The sockets still have them, so that the kernel would refuse to join, and to leave later would
// leave what somebody else has joined.
TEST(adoption_leaves_and_joins_again_what_the_kernel_has_lost) {
    Dynasty dynasty("mgroup from eth0 group 225.1.2.3\nmgroup from eth1 group 225.1.2.3\n");
    dynasty.kill();
    dynasty.house.kernel.lose_memberships(1);
    EXPECT_EQ(dynasty.adopt(), (Lines{"leave 225.1.2.3 eth0", "join 225.1.2.3 eth0"}));
    EXPECT_EQ(logged, (Lines{"joining 1 group again: another interface has come with the index "
                             "of the one it was joined on"}));
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_deletes_vifs_that_the_ledger_does_not_know_before_anything_else) {
    Dynasty dynasty(kRoutes);
    dynasty.kill();
    dynasty.ledger.kept = {};
    const Lines lines = dynasty.adopt();
    REQUIRE(lines.size() > 3);
    EXPECT_EQ(Lines(lines.begin(), lines.begin() + 3),
              (Lines{"unvif IPv4 0", "unvif IPv4 1", "unvif IPv4 2"}));
    EXPECT_EQ(dynasty.difference(), "");
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), Lines{});
}

// The kernel has refused to delete the VIF of eth1, which is called eth2 now.
TEST(adoption_tells_the_entries_of_two_vifs_of_one_interface_apart) {
    Dynasty dynasty("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n");
    dynasty.house.kernel.remove_interface(3);
    dynasty.house.kernel.change_interface({*IfName::parse("eth2"), 2, true, true, false});
    constexpr size_t kDelVif = 1;  // of Op
    dynasty.house.kernel.refuse_kind(kDelVif);
    dynasty.links();
    dynasty.house.kernel.refuse_kind(std::nullopt);
    dynasty.kill();
    dynasty.adopt();
    EXPECT_EQ(dynasty.difference(), "");
}

// The slots of the lost ones count as taken until the entries have been written without them.
TEST(adoption_without_a_ledger_finds_room_for_many_interfaces) {
    Dynasty dynasty("");
    for (unsigned i = 3; i < 30; ++i) {
        dynasty.house.kernel.add_interface(compose("eth{}", i).c_str(), i + 1);
    }
    dynasty.links();
    dynasty.configure("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth+\n");
    dynasty.daemon->reload(dynasty.house.now);
    dynasty.kill();
    dynasty.ledger.kept = {};
    dynasty.adopt();
    EXPECT_EQ(dynasty.difference(), "");
    EXPECT_EQ(dynasty.daemon->state().layouts[0].unfit.size(), size_t{0});
    const Installed::Entry* const entry =
        dynasty.daemon->state().installed.find(flow_of("1.2.3.4", "225.1.2.3"));
    EXPECT(entry != nullptr && std::popcount(entry->outbounds) == 29);
}

// The kernel has an outbound in slot 1 that it does not tell, since eth1 has gone.
TEST(adoption_without_a_ledger_doubts_what_the_kernel_keeps_until_it_is_gone) {
    Dynasty dynasty("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2\n");
    const auto entry = [&dynasty] {
        return dynasty.daemon->state().installed.find(flow_of("1.2.3.4", "225.1.2.3"));
    };
    dynasty.kill();
    dynasty.house.kernel.remove_interface(2);
    dynasty.ledger.kept = {};
    dynasty.configure("mroute from eth0 source 1.2.3.4 group 225.9.9.9 to eth2\n");
    constexpr size_t kDelEntry = 3;  // of Op
    dynasty.house.kernel.refuse_kind(kDelEntry);
    for (int successor = 0; successor < 2; ++successor) {
        dynasty.adopt();
        REQUIRE(entry() != nullptr);
        EXPECT(entry()->stale && (entry()->outbounds & slot_bit(1)) != 0);
        dynasty.kill();
    }
    dynasty.adopt();
    dynasty.house.kernel.refuse_kind(std::nullopt);
    dynasty.pass(seconds{60});
    EXPECT(entry() == nullptr);
    EXPECT_EQ(dynasty.difference(), "");
    EXPECT_EQ(dynasty.house.kernel.dump_by_name(),
              "(1.2.3.4, 225.9.9.9) eth0 > eth2:1\nvif IPv4 eth0\nvif IPv4 eth2\n");
}

TEST(adoption_of_ten_thousand_routes_and_streams_touches_no_entry) {
    std::string config = "mroute from eth0 group 226.0.0.0/8 to eth1\n";
    for (unsigned i = 0; i < 10000; ++i) {
        config += compose("mroute from eth0 source 1.2.3.4 group 225.1.{}.{} to eth1 eth2\n",
                          i / 250, i % 250);
    }
    Dynasty dynasty(config);
    for (unsigned i = 0; i < 1000; ++i) {
        const std::string group = compose("226.1.{}.{}", i / 250, i % 250);
        dynasty.upcall(0, "1.2.3.4", group.c_str());
    }
    dynasty.kill();
    const size_t before = dynasty.house.kernel.op_count();
    EXPECT_EQ(dynasty.adopt(), Lines{});
    EXPECT_EQ(dynasty.house.kernel.op_count(), before);
    EXPECT_EQ(dynasty.daemon->state().installed.entries().size(), size_t{11000});
    EXPECT_EQ(dynasty.difference(), "");
}

TEST(adoption_fails_where_the_kernel_does_not_tell_its_entries) {
    Dynasty dynasty(kRoutes);
    dynasty.kill();
    dynasty.house.kernel.fail_entries = true;
    EXPECT_EQ(dynasty.adopt(), (Lines{strerror(ENOBUFS)}));
}

TEST(ledger_is_written_before_a_vif_is_added_and_after_it_is_deleted) {
    Dynasty dynasty("phyint eth0 enable\n");
    EXPECT(dynasty.ledger.kernel_had_slot == (std::vector<bool>{false, true, true, true}));
    EXPECT(dynasty.ledger.kept[0][0] == (VifRecord{*IfName::parse("eth0"), 1, State::kLive}));
    dynasty.ledger.kernel_had_slot.clear();
    dynasty.configure("phyint eth0 disable\n");
    dynasty.daemon->reload(dynasty.house.now);
    EXPECT(dynasty.ledger.kernel_had_slot == (std::vector<bool>{false, false}));
    EXPECT(dynasty.ledger.kept[0][0] == (VifRecord{*IfName::parse("eth0"), 1, State::kUnused}));
}

TEST(ledger_keeps_the_name_of_a_slot_and_knows_whether_entries_have_it) {
    Dynasty dynasty("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    const IfName eth1 = *IfName::parse("eth1");
    const VifRecords& records = dynasty.ledger.kept[0];
    EXPECT(records[1] == (VifRecord{eth1, 2, State::kLive}));
    EXPECT(!records[2]);
    // The entry keeps the slot, so that the ledger must not call it unused.
    dynasty.house.kernel.remove_interface(2);
    dynasty.links();
    EXPECT(records[1] == (VifRecord{eth1, 2, State::kGone}));
    dynasty.configure("");
    dynasty.daemon->reload(dynasty.house.now);
    EXPECT(records[1] == (VifRecord{eth1, 2, State::kUnused}));
}

TEST(ledger_forgets_a_vif_that_the_kernel_refused) {
    Dynasty dynasty("phyint eth0 enable\n");
    dynasty.configure(
        "phyint eth0 enable\nmroute from eth1 source 1.2.3.4 group 225.1.2.3 to eth0\n");
    dynasty.house.kernel.fail_op(0, ENOBUFS);
    dynasty.daemon->reload(dynasty.house.now);
    EXPECT(dynasty.ledger.kept[0][1] == (VifRecord{*IfName::parse("eth1"), 0, State::kUnused}));
}

// The old VIF has stayed, so the kernel refuses the new one: it is the old one that is there.
TEST(ledger_keeps_a_vif_that_the_kernel_did_not_delete) {
    Dynasty dynasty("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    dynasty.house.kernel.change_interface({*IfName::parse("wan0"), 2, true, true, false});
    dynasty.house.kernel.change_interface({*IfName::parse("eth1"), 9, true, true, false});
    dynasty.house.kernel.fail_op(0, ENOBUFS);
    dynasty.links();
    EXPECT(dynasty.ledger.kept[0][1] == (VifRecord{*IfName::parse("eth1"), 2, State::kLive}));
    dynasty.kill();
    EXPECT_EQ(dynasty.adopt(), (Lines{"unvif IPv4 1", "vif IPv4 1 eth1"}));
    EXPECT_EQ(dynasty.difference(), "");
}

}  // namespace smcroute
