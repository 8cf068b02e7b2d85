// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/layout.h"

#include <string>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

constexpr Origin kOrigin{1, 0};
constexpr SlotSet kAllSlots = ~SlotSet{0};

IfPattern pattern(std::string_view text) { return *IfPattern::parse(text); }
IfName name(std::string_view text) { return *IfName::parse(text); }

// What a layout depends on, and the slots it has given so far.
struct Bench {
    void link(std::string_view text, unsigned ifindex, bool multicast = true) {
        interfaces.apply(
            {.interface = {name(text), ifindex, true, multicast, text == std::string_view("lo")}});
    }
    void unlink(unsigned ifindex) {
        interfaces.apply({.interface = *interfaces.find(ifindex), .gone = true});
    }
    // eth1, eth2 … with the indexes 101, 102 …
    void link_many(unsigned count) {
        for (unsigned i = 1; i <= count; ++i) {
            link(compose("eth{}", i), 100 + i);
        }
    }
    void enable(std::string_view text) {
        desired.add(PhyintSpec{.interface = pattern(text), .enable = true}, kOrigin);
    }
    void disable(std::string_view text) {
        desired.add(PhyintSpec{.interface = pattern(text), .enable = false}, kOrigin);
    }
    // An IPv4 rule, or with an IPv6 group one of those.
    void add_rule(std::string_view inbound, std::string_view outbound,
                  std::string_view group = "225.1.2.3") {
        const Prefix prefix = *Prefix::parse(group);
        desired.add(
            RouteSpec{
                pattern(inbound), Prefix::any(prefix.family()), prefix, {}, {pattern(outbound)}},
            kOrigin);
    }

    // "0 eth0, 1 eth1", then " unfit: …" and " beyond: …" if any.
    std::string lay(Family family = Family::kIpv4) {
        layout =
            lay_out(family, {desired, interfaces, default_vifs, mentioned, phyint_enables}, slots);
        std::string text;
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            if (layout.vifs[slot]) {
                text += compose("{}{} {}", text.empty() ? "" : ", ", slot,
                                layout.vifs[slot]->name.view());
            }
            EXPECT_EQ((layout.live & slot_bit(slot)) != 0, layout.vifs[slot].has_value());
        }
        for (const IfName& each : layout.unfit) {
            text += compose(" unfit: {}", each.view());
        }
        for (const IfName& each : layout.beyond_ipv6) {
            text += compose(" beyond: {}", each.view());
        }
        return text;
    }
    std::string holder(Slot slot) const {
        return slots.name(slot) ? to_string(*slots.name(slot)) : "nobody";
    }

    Desired desired;
    Interfaces interfaces;
    Slots slots;
    Layout layout;
    bool default_vifs = true;
    SlotSet mentioned = 0;
    bool phyint_enables = false;
};

}  // namespace

TEST(slots_are_found_by_name) {
    Slots slots;
    EXPECT(slots.first_free() == Slot{0});
    slots.assign(0, name("eth0"));
    slots.assign(2, name("eth2"));
    EXPECT(slots.find(name("eth2")) == Slot{2});
    EXPECT(!slots.find(name("eth1")));
    EXPECT(slots.first_free() == Slot{1});
    slots.assign(2, name("eth3"));
    EXPECT(!slots.find(name("eth2")));
}

TEST(slots_that_are_all_given_leave_none_free) {
    Slots slots;
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        slots.assign(slot, name(compose("eth{}", slot)));
    }
    EXPECT(!slots.first_free());
}

TEST(for_each_slot_visits_the_members_lowest_first) {
    std::string text;
    for_each_slot(0x80000005, [&text](Slot slot) { text += std::to_string(slot) + " "; });
    EXPECT_EQ(text, "0 2 31 ");
}

TEST(layout_gives_slots_to_named_interfaces_first_in_the_order_of_the_lines) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.link("eth2", 4);
    bench.link("eth3", 5);
    bench.add_rule("eth2", "eth1");
    bench.enable("eth3");
    EXPECT_EQ(bench.lay(), "0 eth3, 1 eth2, 2 eth1, 3 eth0");
}

TEST(layout_gives_a_wildcard_all_its_interfaces_by_index) {
    Bench bench;
    bench.default_vifs = false;
    bench.link("eth9", 2);
    bench.link("eth1", 3);
    bench.link("br0", 4);
    bench.enable("eth+");
    EXPECT_EQ(bench.lay(), "0 eth9, 1 eth1");
}

TEST(layout_without_default_vifs_asks_phyint_for_enable_unless_every_line_does) {
    Bench bench;
    bench.default_vifs = false;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.desired.add(PhyintSpec{.interface = pattern("eth1"), .ttl_threshold = 5}, kOrigin);
    bench.disable("eth0");
    EXPECT_EQ(bench.lay(), "");
    bench.phyint_enables = true;
    EXPECT_EQ(bench.lay(), "0 eth1");
}

TEST(layout_without_default_vifs_has_named_interfaces_only) {
    Bench bench;
    bench.default_vifs = false;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.link("eth2", 4);
    bench.add_rule("eth1", "eth7");
    EXPECT_EQ(bench.lay(), "0 eth1");
}

TEST(layout_gives_a_joins_interface_a_slot_even_without_default_vifs) {
    Bench bench;
    bench.default_vifs = false;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.desired.add(
        JoinSpec{pattern("eth1"), Prefix::any(Family::kIpv4), *Prefix::parse("225.1.2.3")},
        kOrigin);
    EXPECT_EQ(bench.lay(), "0 eth1");
}

TEST(layout_names_interfaces_for_each_family_apart) {
    Bench bench;
    bench.default_vifs = false;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.add_rule("eth0", "eth9", "225.1.2.3");
    bench.add_rule("eth1", "eth9", "ff0e::1");
    EXPECT_EQ(bench.lay(Family::kIpv4), "0 eth0");
    bench.slots = Slots();
    EXPECT_EQ(bench.lay(Family::kIpv6), "0 eth1");
}

TEST(layout_leaves_out_interfaces_without_multicast_unless_a_line_names_them) {
    Bench bench;
    bench.link("tun0", 2, false);
    bench.link("tun1", 3, false);
    bench.add_rule("tun1", "tun9");
    EXPECT_EQ(bench.lay(), "0 tun1");
}

TEST(layout_has_the_loopback_only_where_a_line_names_it_in_full) {
    Bench bench;
    bench.link("lo", 1);
    bench.link("eth0", 2);
    bench.add_rule("+", "l+");
    EXPECT_EQ(bench.lay(), "0 eth0");
    bench.enable("lo");
    EXPECT_EQ(bench.lay(), "0 eth0, 1 lo");
}

TEST(layout_keeps_disabled_interfaces_out_in_every_case) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.add_rule("eth1", "eth0");
    bench.disable("eth1");
    EXPECT_EQ(bench.lay(), "0 eth0");
}

TEST(layout_lets_a_name_enable_what_a_wildcard_disables) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.disable("eth+");
    bench.enable("eth1");
    EXPECT_EQ(bench.lay(), "0 eth1");
}

TEST(layout_reports_what_did_not_fit_into_the_slots) {
    Bench bench;
    bench.link_many(34);
    bench.enable("eth34");
    bench.lay();
    EXPECT_EQ(bench.layout.live, kAllSlots);
    EXPECT_EQ(bench.holder(0), "eth34");
    REQUIRE(bench.layout.unfit.size() == 2);
    EXPECT_EQ(to_string(bench.layout.unfit[0]), "eth32");
    EXPECT_EQ(to_string(bench.layout.unfit[1]), "eth33");
}

TEST(layout_keeps_a_name_in_its_slot_while_its_interface_is_away) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    EXPECT_EQ(bench.lay(), "0 eth0, 1 eth1");
    bench.unlink(2);
    bench.link("eth2", 4);
    EXPECT_EQ(bench.lay(), "1 eth1, 2 eth2");
    bench.link("eth0", 9);
    EXPECT_EQ(bench.lay(), "0 eth0, 1 eth1, 2 eth2");
    EXPECT_EQ(bench.layout.vifs[0]->ifindex, 9U);
}

TEST(layout_does_not_move_slots_when_the_lines_change_their_order) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    EXPECT_EQ(bench.lay(), "0 eth0, 1 eth1");
    bench.enable("eth1");
    EXPECT_EQ(bench.lay(), "0 eth0, 1 eth1");
}

TEST(layout_gives_the_slot_of_an_absent_interface_away_only_when_no_other_is_left) {
    Bench bench;
    bench.link_many(32);
    bench.lay();
    bench.unlink(105);
    bench.link("new", 200);
    bench.lay();
    EXPECT_EQ(bench.holder(4), "new");
    EXPECT(bench.layout.unfit.empty());
}

TEST(layout_never_gives_away_a_slot_that_an_entry_mentions) {
    Bench bench;
    bench.link_many(32);
    bench.lay();
    bench.unlink(105);
    bench.unlink(107);
    bench.link("new", 200);
    bench.mentioned = slot_bit(4);
    bench.lay();
    EXPECT_EQ(bench.holder(4), "eth5");
    EXPECT_EQ(bench.holder(6), "new");
}

TEST(layout_lets_a_named_interface_displace_one_that_no_line_names) {
    Bench bench;
    bench.link_many(33);
    bench.lay();
    bench.enable("eth1");
    bench.enable("eth33");
    bench.mentioned = slot_bit(1);
    bench.lay();
    EXPECT_EQ(bench.holder(0), "eth1");
    EXPECT_EQ(bench.holder(1), "eth2");
    EXPECT_EQ(bench.holder(2), "eth33");
    REQUIRE(bench.layout.unfit.size() == 1);
    EXPECT_EQ(to_string(bench.layout.unfit[0]), "eth3");
}

TEST(layout_displaces_an_absent_interface_rather_than_a_present_one) {
    Bench bench;
    bench.link_many(32);
    bench.lay();
    bench.unlink(105);
    bench.link("new", 200);
    bench.enable("new");
    bench.lay();
    EXPECT_EQ(bench.holder(0), "eth1");
    EXPECT_EQ(bench.holder(4), "new");
}

TEST(layout_never_displaces_an_interface_for_one_that_no_line_names) {
    Bench bench;
    bench.link_many(32);
    bench.lay();
    const Slots before = bench.slots;
    bench.link("aaa", 1);
    bench.lay();
    REQUIRE(bench.layout.unfit.size() == 1);
    EXPECT_EQ(to_string(bench.layout.unfit[0]), "aaa");
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        EXPECT(bench.slots.name(slot) == before.name(slot));
    }
}

TEST(layout_with_every_slot_mentioned_displaces_nobody) {
    Bench bench;
    bench.link_many(33);
    bench.lay();
    bench.enable("eth33");
    bench.mentioned = kAllSlots;
    bench.lay();
    REQUIRE(bench.layout.unfit.size() == 1);
    EXPECT_EQ(to_string(bench.layout.unfit[0]), "eth33");
}

TEST(layout_names_ipv6_interfaces_whose_index_the_kernel_cannot_hold) {
    Bench bench;
    bench.link("eth0", 65535);
    bench.link("eth1", 65536);
    EXPECT_EQ(bench.lay(Family::kIpv6), "0 eth0 beyond: eth1");
    bench.slots = Slots();
    EXPECT_EQ(bench.lay(Family::kIpv4), "0 eth0, 1 eth1");
}

TEST(layout_takes_the_vif_from_an_ipv6_interface_that_returns_beyond_the_limit) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    EXPECT_EQ(bench.lay(Family::kIpv6), "0 eth0, 1 eth1");
    bench.unlink(2);
    bench.link("eth0", 65541);
    EXPECT_EQ(bench.lay(Family::kIpv6), "1 eth1 beyond: eth0");
}

TEST(layout_has_the_thresholds_of_the_lines_for_ipv4_and_one_for_ipv6) {
    Bench bench;
    bench.link("eth0", 2);
    bench.link("eth1", 3);
    bench.desired.add(PhyintSpec{.interface = pattern("eth1"), .ttl_threshold = uint8_t{16}},
                      kOrigin);
    Ttls expected{};
    expected[0] = 16;
    expected[1] = 1;
    EXPECT_EQ(bench.lay(Family::kIpv4), "0 eth1, 1 eth0");
    EXPECT(bench.layout.thresholds == expected);
    expected[0] = 1;
    EXPECT_EQ(bench.lay(Family::kIpv6), "0 eth1, 1 eth0");
    EXPECT(bench.layout.thresholds == expected);
}

}  // namespace smcroute
