// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/evidence_of.h"

#include "base/text.h"
#include "one_file.h"
#include "test.h"
#include "why/verdict.h"

namespace smcroute::test {

namespace {

const Address kGroup = *Address::parse("225.1.2.3");
const Address kSource = *Address::parse("10.99.0.2");

// eth1, eth2 and eth3 with the indexes 1001 to 1003, all up and with VIFs.
Observation observation(std::string config) {
    OneFile file(std::move(config));
    Observation seen;
    seen.lines.take(read_config("/etc/x.conf", file));
    std::vector<std::string> names;
    for (const unsigned number : {1U, 2U, 3U}) {
        const std::string name = compose("eth{}", number);
        const Interface interface {
            .name = *IfName::parse(name), .ifindex = 1000 + number, .up = true, .multicast = true
        };
        seen.interfaces.apply({.interface = interface});
        seen.links.emplace(interface.ifindex,
                           LinkDetail{.interface = interface, .mtu = 1500, .carrier = true});
        names.push_back(name);
    }
    for (FamilyFacts& facts : seen.families) {
        facts.vifs = names;
    }
    return seen;
}

void let_arrive(Observation& seen, unsigned ifindex, const Flow& flow = {kGroup, kSource}) {
    seen.traffic.add(
        {.packet = {.flow = flow, .ttl = 9, .size = 100, .digest = ifindex}, .ifindex = ifindex});
}

std::vector<FoundEntry>& entries_of(Observation& seen) { return seen.families[0].entries; }

FoundEntry entry(const Address& source, unsigned iif, std::vector<unsigned> oifs) {
    FoundEntry found{.flow = {kGroup, source}, .iif = iif, .outbounds = {}, .idle = {}};
    for (const unsigned oif : oifs) {
        found.outbounds.push_back({oif, 1});
    }
    found.counters.packets = 1;
    return found;
}

// "GROUP SOURCE" of each stream that is to be judged, and how many are not.
std::string suspects(const Observation& seen, const StreamFilter& filter = {}) {
    const Suspects found = find_suspects(seen, filter);
    std::string text;
    for (const Suspect& each : found.list) {
        text +=
            compose("{} {}; ", to_string(each.group), each.source ? to_string(*each.source) : "*");
    }
    return text + std::to_string(found.uncovered);
}

Evidence evidence(const Observation& seen) { return EvidenceMaker(seen).make({kGroup, kSource}); }

std::string names_of(const std::vector<Outlet>& outlets) {
    std::string text;
    for (const Outlet& outlet : outlets) {
        text += compose("{}{}{}{}", text.empty() ? "" : " ", outlet.port.name,
                        outlet.in_entry ? "" : "!", outlet.port.exists ? "" : "?");
    }
    return text;
}

}  // namespace

TEST(suspects_are_what_lines_want_and_what_arrives_near_a_line) {
    Observation seen = observation(
        "mroute from eth1 source 10.99.0.2 group 225.1.2.3 to eth2\n"
        "mroute from eth1 group 225.7.7.7 to eth2\n"
        "mroute from eth1 group 225.9.0.0/16 to eth2\n");
    EXPECT_EQ(suspects(seen), "225.1.2.3 10.99.0.2; 225.7.7.7 *; 0");
    const auto flow = [](std::string_view group) {
        return Flow{*Address::parse(group), *Address::parse("10.99.0.3")};
    };
    let_arrive(seen, 1001, flow("225.1.2.3"));
    let_arrive(seen, 1001, flow("225.7.7.7"));
    let_arrive(seen, 1001, flow("225.9.9.9"));
    let_arrive(seen, 1001, flow("239.1.1.1"));
    let_arrive(seen, 1001, flow("224.0.0.251"));
    EXPECT_EQ(suspects(seen),
              "225.1.2.3 10.99.0.2; 225.1.2.3 10.99.0.3; 225.7.7.7 10.99.0.3; 225.9.9.9 "
              "10.99.0.3; 1");
}

TEST(suspects_that_are_asked_for_need_no_line) {
    Observation seen = observation("mroute from eth1 source 10.99.0.2 group 225.1.2.3 to eth2\n");
    let_arrive(seen, 1002, {*Address::parse("224.0.0.251"), kSource});
    EXPECT_EQ(suspects(seen, {.group = Prefix::parse("224.0.0.251")}), "224.0.0.251 10.99.0.2; 0");
    EXPECT_EQ(suspects(seen, {.interface = IfPattern::parse("eth2")}), "224.0.0.251 10.99.0.2; 0");
    EXPECT_EQ(suspects(seen, {.interface = IfPattern::parse("eth1")}), "225.1.2.3 10.99.0.2; 0");
    EXPECT_EQ(suspects(seen, {.source = Prefix::parse("10.0.0.0/10")}), "0");
    EXPECT_EQ(suspects(seen, {.group = Prefix::parse("225.8.8.8")}), "225.8.8.8 *; 0");
}

TEST(suspects_beside_another_router_are_its_entries) {
    Observation seen = observation("");
    entries_of(seen) = {entry(kSource, 1001, {1002})};
    EXPECT_EQ(suspects(seen), "0");
    seen.families[0].owner = Evidence::Owner::kOther;
    EXPECT_EQ(suspects(seen), "225.1.2.3 10.99.0.2; 0");
}

TEST(evidence_has_the_entry_that_the_kernel_would_take) {
    Observation seen = observation("mroute from eth1 group 225.1.2.3 to eth2 eth9\n");
    let_arrive(seen, 1001);
    EXPECT(!evidence(seen).entry);
    EXPECT_EQ(names_of(evidence(seen).outlets), "eth2! eth9!?");
    const Address any = Address::any(Family::kIpv4);
    entries_of(seen) = {entry(any, 1001, {1003}), entry(any, 1001, {1002}),
                        entry(any, 1003, {1002})};
    EXPECT_EQ(evidence(seen).entry->iif, "eth1");
    EXPECT_EQ(names_of(evidence(seen).outlets), "eth2 eth9!?");
    entries_of(seen).push_back(entry(kSource, 1003, {}));
    EXPECT_EQ(evidence(seen).entry->iif, "eth3");
    EXPECT_EQ(names_of(evidence(seen).outlets), "eth2! eth9!?");
}

TEST(evidence_of_an_any_source_entry_that_holds_the_inbound_as_outbound) {
    Observation seen = observation("");
    let_arrive(seen, 1002);
    entries_of(seen) = {entry(Address::any(Family::kIpv4), 1001, {1002})};
    EXPECT_EQ(evidence(seen).entry->iif, "eth1");
    entries_of(seen) = {entry(Address::any(Family::kIpv4), 1001, {1003})};
    EXPECT(!evidence(seen).entry);
}

TEST(evidence_counts_where_a_line_wants_the_stream_first) {
    Observation seen = observation("mroute from eth2 group 225.1.2.3 to eth3\n");
    let_arrive(seen, 1001);
    seen.traffic.add(
        {.packet = {.flow = {kGroup, kSource}, .ttl = 9, .digest = 7}, .ifindex = 1001});
    EXPECT_EQ(evidence(seen).arrivals[0].port.name, "eth1");
    EXPECT(evidence(seen).only_inbound_differs);
    let_arrive(seen, 1002);
    EXPECT_EQ(evidence(seen).arrivals[0].port.name, "eth2");
    EXPECT_EQ(evidence(seen).line, "x.conf:1: mroute from eth2 group 225.1.2.3 to eth3");
}

TEST(evidence_of_wildcard_outbounds_has_those_that_take_part) {
    Observation seen = observation("mroute from eth1 group 225.1.2.3 to eth+\n");
    let_arrive(seen, 1001);
    EXPECT_EQ(names_of(evidence(seen).outlets), "eth2! eth3!");
    seen.families[0].vifs = std::vector<std::string>{"eth1", "eth3"};
    EXPECT_EQ(names_of(evidence(seen).outlets), "eth3!");
    seen.families[0].vifs = std::vector<std::string>{"eth1"};
    EXPECT_EQ(names_of(evidence(seen).outlets), "eth2! eth3!");
}

TEST(evidence_of_packets_that_come_back_where_they_are_taken_in) {
    Observation seen = observation("mroute from eth1 group 225.1.2.3 to eth2\n");
    entries_of(seen) = {entry(kSource, 1001, {1002})};
    let_arrive(seen, 1001);
    seen.traffic.add(
        {.packet = {.flow = {kGroup, kSource}, .ttl = 8, .digest = 1001}, .ifindex = 1003});
    EXPECT(!evidence(seen).returned);
    seen.traffic.add(
        {.packet = {.flow = {kGroup, kSource}, .ttl = 8, .digest = 1001}, .ifindex = 1001});
    const auto returned = evidence(seen).returned;
    REQUIRE(returned.has_value());
    EXPECT_EQ(compose("{} {}", returned->left_by, returned->back_by), "eth2 eth1");
}

TEST(evidence_of_what_this_host_sends_is_where_it_sends) {
    Observation seen = observation("mroute from eth1 source 10.99.0.2 group 225.1.2.3 to eth2\n");
    seen.own_addresses = {kSource};
    const auto leaves = [&seen](unsigned ifindex, uint8_t ttl) {
        seen.traffic.add({.packet = {.flow = {kGroup, kSource}, .ttl = ttl, .digest = 1},
                          .ifindex = ifindex,
                          .goes_out = true});
    };
    leaves(1001, 9);
    leaves(1002, 8);
    const Evidence found = evidence(seen);
    EXPECT_EQ(found.arrivals.size(), 1U);
    EXPECT_EQ(found.arrivals[0].port.name, "eth1");
    EXPECT(found.arrivals[0].is_ours);
    EXPECT_EQ(found.outlets[0].packets, 1U);
}

}  // namespace smcroute::test
