// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/verdict.h"

#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "test.h"

namespace smcroute::test {

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kLine = "smcroute.conf:1: mroute from eth0 group 225.1.2.3 to eth1";

Arrival arrival(std::string name, uint64_t packets = 50) {
    return {.port = {.name = std::move(name)},
            .packets = packets,
            .bytes = packets * 92,
            .ttl_min = 16,
            .ttl_max = 16,
            .largest = 92,
            .ways_back = {"eth0"}};
}

Outlet outlet(std::string name, uint64_t packets = 50) {
    return {.port = {.name = std::move(name)}, .packets = packets};
}

// A stream that flows from eth0 to eth1.
Evidence healthy(bool is_v6 = false) {
    Evidence evidence{.group = *Address::parse(is_v6 ? "ff0e::123" : "225.1.2.3"),
                      .source = Address::parse(is_v6 ? "fd00::2" : "10.0.0.2")};
    evidence.inbound = Port{.name = "eth0"};
    evidence.line = kLine;
    evidence.arrivals = {arrival("eth0")};
    evidence.entry = Entry{.iif = "eth0", .oifs = {"eth1"}, .packets = 50};
    evidence.outlets = {outlet("eth1")};
    return evidence;
}

// What takes away all that is behind the entry, and what is behind its packets.
void take_no_entry(Evidence& e) {
    e.entry.reset();
    e.outlets[0].packets = 0;
    e.outlets[0].in_entry = false;
}
void count_nothing(Evidence& e) {
    e.entry->packets = 0;
    e.outlets[0].packets = 0;
}
void let_nothing_out(Evidence& e) { e.outlets[0].packets = 0; }
void let_nothing_arrive(Evidence& e) {
    e.arrivals.clear();
    count_nothing(e);
}
void take_no_line(Evidence& e) {
    e.line.clear();
    e.entry->oifs.clear();
    e.outlets.clear();
}

// "code: sentence -> remedy" for each finding.
Lines said(const Evidence& evidence) {
    Lines lines;
    for (const Finding& finding : judge(evidence)) {
        lines.push_back(compose("{}: {}{}{}", word_of(finding.verdict).code, finding.sentence,
                                finding.remedy.empty() ? "" : " -> ", finding.remedy));
    }
    return lines;
}

std::string codes(const Evidence& evidence) {
    std::string text;
    for (const Finding& finding : judge(evidence)) {
        add_word(text, word_of(finding.verdict).code);
    }
    return text;
}

struct Case {
    std::function<void(Evidence&)> fault;
    std::string said;
};

void check(const std::vector<Case>& cases, bool is_v6 = false) {
    for (const auto& [fault, expected] : cases) {
        Evidence evidence = healthy(is_v6);
        fault(evidence);
        EXPECT_EQ(said(evidence), Lines{expected});
    }
}

}  // namespace

TEST(verdict_of_a_stream_that_flows_is_to_look_downstream) {
    check({
        {[](Evidence&) {},
         "forwarded: it is forwarded to eth1: if receivers lack it, the reason is behind there"},
        {[](Evidence& e) {
             e.outlets[0].port.snoops = true;
             e.outlets[0].port.has_querier = true;
         },
         "forwarded: it is forwarded to eth1: if receivers lack it, the reason is behind there -> "
         "bridge mdb show dev eth1  (that bridge passes it on only where it was joined)"},
    });
    EXPECT_EQ(codes(healthy(true)), "forwarded");
}

TEST(verdict_of_a_stream_that_does_not_arrive_names_the_cause) {
    check({
        {let_nothing_arrive,
         "no-packets: no packet to 225.1.2.3 arrived by eth0, and the group is not joined there: a "
         "switch that snoops does not pass it on -> mgroup from eth0 group 225.1.2.3  (now: "
         "smcroute -j eth0 225.1.2.3), and look whether the sender sends"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.is_joined = true;
         },
         "no-packets: no packet to 225.1.2.3 arrived by eth0, though the group is joined there -> "
         "look at the sender, and for a querier on its switch: a switch that snoops forgets joins "
         "without one"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.inbound.reset();
         },
         "no-packets: no packet to 225.1.2.3 arrived by any interface -> mgroup from IIF group "
         "225.1.2.3  (now: smcroute -j IIF 225.1.2.3), and look whether the sender sends"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.inbound->exists = false;
             e.inbound->has_vif = false;
         },
         "no-vif: there is no interface eth0 -> ip -br link lists those that are there; correct "
         "the name in the line"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.inbound->up = false;
         },
         "no-packets: the inbound eth0 is down -> ip link set eth0 up"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.inbound->carrier = false;
         },
         "no-packets: the inbound eth0 has no carrier -> connect eth0"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.inbound->snoops = true;
         },
         "no-packets: no packet to 225.1.2.3 arrived by eth0, a bridge that snoops and has no "
         "querier -> ip link set eth0 type bridge mcast_querier 1"},
        {[](Evidence& e) {
             let_nothing_arrive(e);
             e.inbound->multicast = false;
         },
         "no-multicast-flag: nothing arrives by eth0, and it lacks the multicast flag -> ip link "
         "set eth0 multicast on"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].damaged = 50;
         },
         "no-packets: all packets that arrive by eth0 have a wrong IP checksum: the kernel drops "
         "them -> look for the device that spoils them; if it is this card: ethtool -K eth0 rx "
         "off"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].vlan = 7;
         },
         "no-packets: it arrives by eth0 with the tag of VLAN 7, and so not at eth0 itself -> ip "
         "link add link eth0 name eth0.7 type vlan id 7, and write that name in the line"},
    });
}

TEST(verdict_of_a_group_of_one_link_names_what_relays_it) {
    const auto group = [](std::string_view text) {
        return [text](Evidence& e) {
            e.group = *Address::parse(text);
            count_nothing(e);
            e.entry.reset();
        };
    };
    check({
        {group("224.0.0.251"),
         "never-forwarded: 224.0.0.251 is a group of one link only: no router forwards it, and the "
         "kernel does not either -> run an mDNS reflector on this host: avahi-daemon with "
         "enable-reflector=yes"},
        {group("224.0.0.252"),
         "never-forwarded: 224.0.0.252 is a group of one link only: no router forwards it, and the "
         "kernel does not either -> nothing relays LLMNR: use DNS or mDNS names"},
        {group("224.0.0.5"),
         "never-forwarded: 224.0.0.5 is a group of one link only: no router forwards it, and the "
         "kernel does not either -> use a group beyond 224.0.0.0/24, or of IPv6 scope 5 or more "
         "(ff05::, ff0e::)"},
        {group("ff02::c"),
         "never-forwarded: ff02::c is a group of one link only: no router forwards it, and the "
         "kernel does not either -> send to the SSDP group ff05::c instead, which routers forward"},
    });
}

TEST(verdict_before_the_routing_names_owner_filter_and_interface) {
    check({
        {[](Evidence& e) {
             take_no_entry(e);
             e.owner = Evidence::Owner::kNobody;
             e.arrivals[0].port.has_vif = false;
         },
         "no-daemon: no multicast router runs: the kernel forwards no IPv4 multicast -> smcroute "
         "-d"},
        {[](Evidence& e) {
             take_no_entry(e);
             e.owner = Evidence::Owner::kOther;
             e.owner_name = "pimd (process 12)";
             e.rules_known = false;
         },
         "table-taken: pimd (process 12) owns the multicast routing table: the line has no effect "
         "-> stop pimd (process 12), then smcroute -d"},
        {[](Evidence& e) {
             count_nothing(e);
             e.source_is_local = true;
         },
         "local-source: 10.0.0.2 is an address of this host, and the packets come from another: "
         "the kernel drops them -> give the sender another address than 10.0.0.2"},
        {[](Evidence& e) {
             count_nothing(e);
             e.source_is_local = true;
             e.arrivals[0].is_ours = true;
         },
         "local-source: 10.0.0.2 is this host itself: it sends by eth0 and does not let the kernel "
         "see its packets -> let the program set IP_MULTICAST_LOOP (IPV6_MULTICAST_LOOP) to 1"},
        {[](Evidence& e) {
             take_no_line(e);
             e.source_is_local = true;
             e.arrivals[0] = arrival("eth4");
             e.arrivals[0].is_ours = true;
             e.entry.reset();
         },
         "local-source: 10.0.0.2 is this host itself: it sends by eth4, so that is where its "
         "packets are routed from -> write from eth4 in the line, or: ip route add 225.1.2.3 dev "
         "eth0"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].rp_filter = 1;
             e.arrivals[0].ways_back = {"eth4"};
             e.reverse_path_drops = 50;
         },
         "reverse-path: the reverse path filter drops what comes from 10.0.0.2 by eth0: the route "
         "back to it is by eth4 (50 packets dropped) -> sysctl -w net.ipv4.conf.all.rp_filter=2 "
         "net.ipv4.conf.eth0.rp_filter=2"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].rp_filter = 2;
             e.arrivals[0].ways_back.clear();
         },
         "reverse-path: the reverse path filter drops what comes from 10.0.0.2 by eth0: no unicast "
         "route leads back to it -> ip route add 10.0.0.2/32 dev eth0  (or: sysctl -w "
         "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0)"},
        {[](Evidence& e) {
             count_nothing(e);
             e.source = *Address::parse("127.0.0.1");
         },
         "reverse-path: 127.0.0.1 is no address that a host may send from: the kernel drops it -> "
         "give the sender an address"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].port.disabled = true;
             e.arrivals[0].port.has_vif = false;
         },
         "disabled: the inbound eth0 is disabled by a phyint line -> phyint eth0 enable  (instead "
         "of disable)"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].port.multicast = false;
             e.arrivals[0].port.has_vif = false;
         },
         "no-multicast-flag: the inbound eth0 lacks the multicast flag, and so takes no part -> ip "
         "link set eth0 multicast on"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].port.has_vif = false;
             e.slots_full = true;
         },
         "full: the inbound eth0 got no slot: 32 other interfaces have all of the kernel's table "
         "-> phyint NAME disable  (for an interface that routes nothing, or start with -N)"},
        {[](Evidence& e) {
             count_nothing(e);
             e.arrivals[0].port.has_vif = false;
         },
         "no-vif: the inbound eth0 takes no part: it has no VIF -> phyint eth0 enable  (smcroute "
         "--show pending says more)"},
        {[](Evidence& e) {
             e.entry.reset();
             e.outlets[0].in_entry = false;
             e.outlets[0].packets = 0;
             e.streams_full = true;
         },
         "full: the daemon has learned as many streams as it can: this one got no entry -> write "
         "nolearn behind the group in the rules of groups with many sources, or let silent streams "
         "go sooner: -c SEC"},
        {count_nothing,
         "filtered: 50 packets arrived by eth0 and none reached the routing: a packet filter drops "
         "them before -> iptables -t raw -I PREROUTING -d 225.1.2.3 -j ACCEPT  (or see nft list "
         "ruleset: the hooks ingress and prerouting)"},
    });
    check({{[](Evidence& e) {
                count_nothing(e);
                e.arrivals[0].port.has_vif = false;
                e.arrivals[0].port.beyond_ipv6 = true;
            },
            "no-vif: the inbound eth0 takes no part in IPv6: its index is above 65535 -> make eth0 "
            "again with a lower one: ip link add eth0 index NUMBER ..."},
           {[](Evidence& e) {
                count_nothing(e);
                e.arrivals[0].port.has_vif = false;
            },
            "no-vif: the inbound eth0 takes no part: it has no MIF -> phyint eth0 enable  "
            "(smcroute --show pending says more)"}},
          true);
}

TEST(verdict_without_a_line_names_the_nearest) {
    check({
        {[](Evidence& e) {
             take_no_line(e);
             e.arrivals[0] = arrival("eth3");
             e.nearest = kLine;
             e.only_inbound_differs = true;
         },
         "wrong-inbound: it arrives by eth3, and smcroute.conf:1: mroute from eth0 group 225.1.2.3 "
         "to eth1 wants eth0 -> write from eth3 in that line, or look at the cabling"},
        {[](Evidence& e) {
             take_no_line(e);
             e.excepted = kLine;
         },
         "excepted: the rule excepts 10.0.0.2: smcroute.conf:1: mroute from eth0 group 225.1.2.3 "
         "to eth1 -> take 10.0.0.2 out of the except of that rule"},
        {[](Evidence& e) {
             take_no_line(e);
             e.nearest =
                 "smcroute.conf:2: mroute from eth3 source 10.0.0.2 group 225.1.2.3 to eth2";
             e.hidden = kLine;
         },
         "shadowed: a route of its own is for this stream, and hides smcroute.conf:1: mroute from "
         "eth0 group 225.1.2.3 to eth1 -> remove smcroute.conf:2: mroute from eth3 source 10.0.0.2 "
         "group 225.1.2.3 to eth2, or correct its inbound"},
        {take_no_line,
         "no-rule: no line covers it -> mroute from eth0 source 10.0.0.2 group 225.1.2.3 to OIF  "
         "(now: smcroute -a eth0 10.0.0.2 225.1.2.3 OIF)"},
        {[](Evidence& e) {
             take_no_line(e);
             e.nearest =
                 "smcroute.conf:4: mroute from eth0 source 10.0.0.3 group 225.1.2.3 to eth1";
             e.nearest_outbounds = "eth1 eth2";
             e.differs = "its source is 10.0.0.3";
         },
         "no-rule: no line covers it; the nearest is smcroute.conf:4: mroute from eth0 source "
         "10.0.0.3 group 225.1.2.3 to eth1: its source is 10.0.0.3 -> mroute from eth0 source "
         "10.0.0.2 group 225.1.2.3 to eth1 eth2  (now: smcroute -a eth0 10.0.0.2 225.1.2.3 eth1 "
         "eth2)"},
        {[](Evidence& e) {
             take_no_line(e);
             e.entry.reset();
             e.rules_known = false;
             e.owner = Evidence::Owner::kOther;
             e.owner_name = "pimd (process 12)";
         },
         "no-rule: pimd (process 12) has no route for it -> add it to the routes of pimd (process "
         "12)"},
        {[](Evidence& e) {
             take_no_line(e);
             e.rules_known = false;
             e.owner = Evidence::Owner::kOther;
             e.owner_name = "pimd (process 12)";
         },
         "blocked: the kernel's entry has no outbound: the stream ends here -> ask pimd (process "
         "12) for the reason"},
        {[](Evidence& e) {
             e.arrivals[0] = arrival("eth3");
             e.entry->wrong_if = 50;
             e.outlets[0].packets = 0;
         },
         "wrong-inbound: it arrives by eth3, and the kernel's entry wants eth0 -> write from eth3 "
         "in the line"},
    });
}

TEST(verdict_behind_the_entry_names_the_outbound) {
    check({
        {[](Evidence& e) {
             e.entry->oifs.push_back("eth0");
             e.outlets.push_back(outlet("eth0"));
         },
         "loops-back: it goes out by eth0, where it came in: each packet is doubled -> take eth0 "
         "out of the outbounds"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.outlets[0].port.exists = false;
         },
         "outbound-missing: there is no interface eth1 -> ip -br link lists those that are there; "
         "correct the name in the line"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.outlets[0].in_entry = false;
         },
         "outbound-missing: the kernel's entry lacks eth1, which the line names -> smcroute "
         "--reload"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.outlets[0].port.up = false;
         },
         "outbound-down: the outbound eth1 is down -> ip link set eth1 up"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.outlets[0].port.carrier = false;
         },
         "outbound-down: the outbound eth1 has no carrier -> connect eth1"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.outlets[0].in_entry = false;
             e.outlets[0].port.has_vif = false;
             e.outlets[0].port.disabled = true;
         },
         "disabled: the outbound eth1 is disabled by a phyint line -> phyint eth1 enable  (instead "
         "of disable)"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.arrivals[0].ttl_min = e.arrivals[0].ttl_max = 1;
         },
         "ttl-too-low: its packets arrive with TTL 1, and none is left for the next hop: the "
         "kernel drops them -> let the sender use TTL 2 or more (IP_MULTICAST_TTL); or here: "
         "iptables -t mangle -A PREROUTING -d 225.1.2.3 -j TTL --ttl-set 2"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.outlets[0].threshold = 20;
         },
         "ttl-too-low: its packets arrive with TTL 16, and eth1 takes none below 21 -> let the "
         "sender use TTL 21 or more (IP_MULTICAST_TTL); or here: iptables -t mangle -A PREROUTING "
         "-d 225.1.2.3 -j TTL --ttl-set 21"},
        {[](Evidence& e) {
             let_nothing_out(e);
             e.arrivals[0].largest = 1500;
             e.outlets[0].port.mtu = 1400;
         },
         "too-big: its packets of 1500 bytes do not fit the MTU of eth1, 1400, and forbid "
         "fragments -> ip link set eth1 mtu 1500  (or let the sender send smaller packets)"},
        {let_nothing_out,
         "filtered: 50 packets were routed to eth1 and none left: a packet filter drops them -> "
         "iptables -I FORWARD -d 225.1.2.3 -j ACCEPT  (or see nft list ruleset: the hooks forward, "
         "postrouting and egress; and tc -s qdisc)"},
        {[](Evidence& e) {
             e.outlets[0].port.name = "wg0";
             e.outlets[0].port.wireguard = true;
             e.outlets[0].port.failed_to_send = 50;
         },
         "no-multicast-flag: wg0 is WireGuard and has no peer for 225.1.2.3: 50 packets failed -> "
         "add 225.1.2.3/32 to AllowedIPs of the peer that is to get it"},
        {[](Evidence& e) {
             e.returned = Return{"eth1", "eth0", 12};
         },
         "storm: the same packets come back: they leave by eth1 and arrive again by eth0 (12 "
         "packets) -> find the way from eth1 to eth0, or take eth1 out of the outbounds"},
    });
    check(
        {{[](Evidence& e) {
              let_nothing_out(e);
              e.arrivals[0].ttl_min = e.arrivals[0].ttl_max = 1;
          },
          "ttl-too-low: its packets arrive with hop limit 1, and none is left for the next hop: "
          "the kernel drops them -> let the sender use hop limit 2 or more (IPV6_MULTICAST_HOPS); "
          "or here: ip6tables -t mangle -A PREROUTING -d ff0e::123 -j HL --hl-set 2"},
         {[](Evidence& e) {
              e.too_big_drops = 10;
              e.arrivals[0].largest = 1500;
              e.outlets[0].port.mtu = 1400;
          },
          "too-big: its packets of 1500 bytes do not fit the MTU of eth1, 1400 -> ip link set eth1 "
          "mtu 1500  (or let the sender send smaller packets)"}},
        true);
}

TEST(verdicts_of_several_faults_come_in_the_order_of_the_path) {
    const auto low_ttl = [](Evidence& e) { e.arrivals[0].ttl_max = 1; };
    const auto down = [](Evidence& e) { e.outlets[0].port.up = false; };
    const auto all = [](Evidence e, const std::vector<std::function<void(Evidence&)>>& faults) {
        for (const auto& fault : faults) {
            fault(e);
        }
        return codes(e);
    };
    EXPECT_EQ(all(healthy(), {let_nothing_out, low_ttl, down}), "outbound-down ttl-too-low");
    EXPECT_EQ(all(healthy(), {count_nothing, low_ttl,
                              [](Evidence& e) {
                                  e.arrivals[0].rp_filter = 1;
                                  e.arrivals[0].ways_back = {"eth4"};
                              }}),
              "reverse-path ttl-too-low");
    EXPECT_EQ(all(healthy(), {let_nothing_arrive, down}), "no-packets outbound-down");
    EXPECT_EQ(all(healthy(), {take_no_entry, low_ttl,
                              [](Evidence& e) { e.owner = Evidence::Owner::kNobody; }}),
              "no-daemon ttl-too-low");
    EXPECT_EQ(all(healthy(), {count_nothing, down,
                              [](Evidence& e) {
                                  e.arrivals[0].port.disabled = true;
                                  e.arrivals[0].port.has_vif = false;
                              }}),
              "disabled outbound-down");
    EXPECT_EQ(all(healthy(true), {let_nothing_out, low_ttl,
                                  [](Evidence& e) {
                                      e.arrivals[0].largest = 1500;
                                      e.outlets[0].port.mtu = 1400;
                                  }}),
              "ttl-too-low too-big");
}

TEST(verdict_says_once_what_holds_for_several_outbounds) {
    Evidence evidence = healthy();
    evidence.outlets = {outlet("eth1", 0), outlet("eth2", 0)};
    evidence.entry->oifs = {"eth1", "eth2"};
    evidence.arrivals[0].ttl_max = 1;
    EXPECT_EQ(codes(evidence), "ttl-too-low");
    evidence.arrivals[0].ttl_max = 16;
    evidence.outlets[0].port.up = evidence.outlets[1].port.up = false;
    EXPECT_EQ(codes(evidence), "outbound-down outbound-down");
}

}  // namespace smcroute::test
