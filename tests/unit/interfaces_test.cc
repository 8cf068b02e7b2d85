// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/interfaces.h"

#include <string>

#include "test.h"

namespace smcroute {

namespace {

IfName name(std::string_view text) { return *IfName::parse(text); }

LinkEvent arrival(unsigned ifindex, std::string_view text, bool loopback = false) {
    return {.interface = {name(text), ifindex, true, true, loopback}};
}

LinkEvent departure(unsigned ifindex, std::string_view text) {
    return {.interface = {name(text), ifindex, true, true, false}, .gone = true};
}

// "1 lo, 2 eth0", and whether each is found by both its name and its index.
std::string dump(const Interfaces& interfaces) {
    std::string text;
    for (const auto& [ifindex, interface] : interfaces.all()) {
        text +=
            (text.empty() ? "" : ", ") + std::to_string(ifindex) + " " + to_string(interface.name);
        EXPECT(interfaces.find(ifindex) == &interface);
        EXPECT(interfaces.find(interface.name) == &interface);
    }
    return text;
}

std::string named(std::string_view pattern, const Interfaces& interfaces) {
    std::string text;
    for_each_interface(*IfPattern::parse(pattern), interfaces, [&](const Interface& interface) {
        text += to_string(interface.name) + " ";
    });
    return text;
}

}  // namespace

TEST(interfaces_are_found_by_name_and_by_index) {
    Interfaces interfaces;
    EXPECT(interfaces.apply(arrival(2, "eth0")));
    EXPECT(interfaces.apply(arrival(1, "lo", true)));
    EXPECT_EQ(dump(interfaces), "1 lo, 2 eth0");
    EXPECT(interfaces.find(name("eth1")) == nullptr);
    EXPECT(interfaces.find(3) == nullptr);
}

TEST(interfaces_say_whether_an_event_changed_anything) {
    Interfaces interfaces;
    LinkEvent event = arrival(2, "eth0");
    EXPECT(interfaces.apply(event));
    EXPECT(!interfaces.apply(event));
    event.interface.up = false;
    EXPECT(interfaces.apply(event));
    EXPECT(!interfaces.find(2)->up);
    EXPECT(!interfaces.apply(departure(3, "eth1")));
    EXPECT(interfaces.apply(departure(2, "eth0")));
    EXPECT(!interfaces.apply(departure(2, "eth0")));
    EXPECT_EQ(dump(interfaces), "");
}

TEST(interface_that_is_renamed_keeps_its_index) {
    Interfaces interfaces;
    interfaces.apply(arrival(2, "eth0"));
    EXPECT(interfaces.apply(arrival(2, "lan0")));
    EXPECT_EQ(dump(interfaces), "2 lan0");
    EXPECT(interfaces.find(name("eth0")) == nullptr);
}

TEST(interface_that_returns_under_its_name_has_its_new_index) {
    Interfaces interfaces;
    interfaces.apply(arrival(2, "eth0"));
    interfaces.apply(departure(2, "eth0"));
    interfaces.apply(arrival(7, "eth0"));
    EXPECT_EQ(dump(interfaces), "7 eth0");
}

TEST(late_departure_does_not_take_the_name_from_its_new_owner) {
    Interfaces interfaces;
    interfaces.apply(arrival(2, "eth0"));
    interfaces.apply(arrival(7, "eth0"));
    EXPECT(interfaces.apply(departure(2, "eth0")));
    EXPECT_EQ(dump(interfaces), "7 eth0");
}

TEST(interfaces_may_swap_their_names) {
    Interfaces interfaces;
    interfaces.apply(arrival(2, "eth0"));
    interfaces.apply(arrival(3, "eth1"));
    interfaces.apply(arrival(2, "tmp"));
    interfaces.apply(arrival(3, "eth0"));
    interfaces.apply(arrival(2, "eth1"));
    EXPECT_EQ(dump(interfaces), "2 eth1, 3 eth0");
}

TEST(pattern_names_interfaces_by_index_and_the_loopback_only_in_full) {
    Interfaces interfaces;
    interfaces.apply(arrival(1, "lo", true));
    interfaces.apply(arrival(5, "eth0"));
    interfaces.apply(arrival(3, "eth1"));
    interfaces.apply(arrival(4, "br0"));
    EXPECT_EQ(named("eth+", interfaces), "eth1 eth0 ");
    EXPECT_EQ(named("+", interfaces), "eth1 br0 eth0 ");
    EXPECT_EQ(named("l+", interfaces), "");
    EXPECT_EQ(named("lo", interfaces), "lo ");
    EXPECT_EQ(named("eth2", interfaces), "");
}

}  // namespace smcroute
