// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/report.h"

#include "base/text.h"
#include "test.h"

namespace smcroute::test {

namespace {

Judged judged(Evidence evidence) {
    auto findings = judge(evidence);
    return {std::move(evidence), std::move(findings)};
}

Evidence stream_of(uint8_t ttl, uint64_t left) {
    Evidence evidence{.group = *Address::parse("225.1.2.3"), .source = Address::parse("10.0.0.2")};
    evidence.line = "smcroute.conf:1: mroute from eth0 group 225.1.2.3 to eth1";
    evidence.arrivals = {{.port = {.name = "eth0"},
                          .packets = 50,
                          .bytes = 4600,
                          .ttl_min = ttl,
                          .ttl_max = ttl,
                          .largest = 92,
                          .ways_back = {"eth0"}}};
    evidence.entry = Entry{.iif = "eth0", .oifs = {"eth1"}, .packets = 50};
    evidence.outlets = {{.port = {.name = "eth1"}, .packets = left}};
    return evidence;
}

}  // namespace

TEST(report_has_one_line_for_a_stream_that_flows) {
    EXPECT_EQ(text_of(judged(stream_of(16, 50)), 1),
              "(10.0.0.2, 225.1.2.3) flows from eth0 (50 packets, 36.8kbit/s) to eth1 (50)\n");
}

TEST(report_shows_the_steps_and_where_a_stream_stops) {
    EXPECT_EQ(text_of(judged(stream_of(1, 0)), 5),
              "(10.0.0.2, 225.1.2.3) from eth0: its packets have no hop left\n"
              "    arrives   eth0: 50 packets, 7.3kbit/s, TTL 1, up to 92 bytes\n"
              "    accepted  smcroute routes; reverse path filter off, route back eth0\n"
              "    matched   smcroute.conf:1: mroute from eth0 group 225.1.2.3 to eth1\n"
              "    entry     eth0 -> eth1, 50 packets, 0 by a wrong inbound\n"
              "    to eth1   0 packets left   <-- stops here\n"
              "  ttl-too-low: its packets arrive with TTL 1, and none is left for the next hop: "
              "the kernel drops them.\n"
              "      remedy: let the sender use TTL 2 or more (IP_MULTICAST_TTL); or here: "
              "iptables -t mangle -A "
              "PREROUTING -d 225.1.2.3 -j TTL --ttl-set 2\n");
}

TEST(report_of_a_group_without_a_sender_has_what_there_is) {
    Evidence evidence{.group = *Address::parse("ff0e::1")};
    evidence.rules_known = false;
    EXPECT_EQ(text_of(judged(evidence), 5),
              "(*, ff0e::1): nothing arrives\n"
              "    arrives   nothing in 5 s   <-- stops here\n"
              "    accepted  smcroute routes\n"
              "    matched   lines are not known\n"
              "    entry     none\n"
              "  no-packets: no packet to ff0e::1 arrived by any interface.\n"
              "      remedy: mgroup from IIF group ff0e::1  (now: smcroute -j IIF ff0e::1), and "
              "look whether the sender sends\n");
}

TEST(report_as_json_has_every_stream) {
    Evidence silent{.group = *Address::parse("ff0e::1")};
    silent.outlets = {{.port = {.name = "a\"b"}}};
    Report report({.json = true});
    EXPECT_EQ(report.text(), "{\"ok\": true, \"streams\": []}\n");
    report.add(judged(stream_of(16, 49)));
    report.add(judged(silent));
    EXPECT_EQ(report.text(),
              "{\"ok\": false, \"streams\": [\n"
              "{\"source\": \"10.0.0.2\", \"group\": \"225.1.2.3\", \"iif\": \"eth0\", "
              "\"packets_in\": 50, \"oifs\": [{\"name\": \"eth1\", \"packets_out\": 49}], "
              "\"verdicts\": [\"forwarded\"], \"remedies\": []},\n"
              "{\"source\": null, \"group\": \"ff0e::1\", \"iif\": null, \"packets_in\": 0, "
              "\"oifs\": [{\"name\": \"a\\\"b\", \"packets_out\": 0}], \"verdicts\": "
              "[\"no-packets\"], \"remedies\": [\"mgroup from IIF group ff0e::1  (now: smcroute "
              "-j IIF ff0e::1), and look whether the sender sends\"]}\n"
              "]}\n");
    EXPECT(!report.is_ok());
}

}  // namespace smcroute::test
