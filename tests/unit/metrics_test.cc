// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/metrics.h"

#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

using Rows = std::vector<Row>;

// The rows of each table that metrics are made of.
struct Example {
    Rows routes, groups, interfaces, status;
};

Example example() {
    return {
        .routes = {{"10.0.0.2", "225.1.2.3", "eth0", "eth1 eth2", "eth2", "eth3", "eth4", "12",
                    "1200", "3", "60", "0.1", "smcroute.conf:1", "flows", "static"},
                   {"fd00::2", "ff0e::1:2:3", "eth0", "", "", "", "", "0", "0", "0", "7", "", "",
                    "blocked: no rule", "blocked"},
                   {"*", "225.0.0.0/8", "eth0", "", "", "", "", "", "", "", "", "",
                    "smcroute.conf:3", "rule, no stream yet", "rule"}},
        .groups = {{"*", "225.1.2.3", "eth0", "1", "smcroute.conf:2"}},
        .interfaces = {{"lo", "1", "up loopback", "IPv4", "", "", "", "", "", "", "", "",
                        "no multicast flag"},
                       {"eth0", "2", "up multicast", "IPv4", "0", "1", "12", "1200", "3", "300", "",
                        "", ""},
                       {"eth0", "2", "up multicast", "IPv6", "1", "", "0", "0", "0", "0", "", "",
                        ""}},
        .status = {{"1.0.0",
                    "smcroute",
                    "42",
                    "1795359845",
                    "60",
                    "runs",
                    "14",
                    "",
                    "/etc/smcroute.conf",
                    "done",
                    "1795359846",
                    "59",
                    "1",
                    "",
                    "",
                    "/run/smcroute",
                    "1",
                    "2",
                    "1",
                    "4",
                    "5",
                    "6",
                    "12",
                    "on",
                    "on",
                    "7",
                    "8",
                    "9",
                    "10",
                    "3",
                    "11",
                    "2",
                    "13"}},
    };
}

std::string metrics_of(const Example& rows) {
    return render_metrics(std::array{table_of(*find_schema("routes"), rows.routes),
                                     table_of(*find_schema("groups"), rows.groups),
                                     table_of(*find_schema("interfaces"), rows.interfaces),
                                     table_of(*find_schema("status"), rows.status)});
}

constexpr std::string_view kExample =
    R"(# TYPE smcroute_build_info gauge
# HELP smcroute_build_info The version of the daemon that runs.
smcroute_build_info{version="1.0.0"} 1
# TYPE smcroute_routes gauge
# HELP smcroute_routes Routes with an exact source and group that were asked for.
smcroute_routes 1
# TYPE smcroute_rules gauge
# HELP smcroute_rules Routes for any source or for a range.
smcroute_rules 2
# TYPE smcroute_groups gauge
# HELP smcroute_groups Lines that ask to join a group.
smcroute_groups 1
# TYPE smcroute_pending gauge
# HELP smcroute_pending Lines that wait for an interface.
smcroute_pending 4
# TYPE smcroute_learned gauge
# HELP smcroute_learned Entries of streams that a rule forwards.
smcroute_learned 5
# TYPE smcroute_blocked gauge
# HELP smcroute_blocked Entries of streams that are forwarded nowhere.
smcroute_blocked 6
# TYPE smcroute_room gauge
# HELP smcroute_room Streams that can still be learned.
smcroute_room 12
# TYPE smcroute_ipv4_vifs gauge
# HELP smcroute_ipv4_vifs Interfaces that take part in IPv4 routing; 32 at most.
smcroute_ipv4_vifs 7
# TYPE smcroute_ipv6_mifs gauge
# HELP smcroute_ipv6_mifs Interfaces that take part in IPv6 routing; 32 at most.
smcroute_ipv6_mifs 8
# TYPE smcroute_upcalls counter
# HELP smcroute_upcalls Reports of the kernel about unknown or moved streams.
smcroute_upcalls_total 9
# TYPE smcroute_reloads counter
# HELP smcroute_reloads Reloads of the configuration file.
smcroute_reloads_total 10
# TYPE smcroute_refused_reloads counter
# HELP smcroute_refused_reloads Reloads that were refused because of errors in the file.
smcroute_refused_reloads_total 3
# TYPE smcroute_start_time_seconds gauge
# UNIT smcroute_start_time_seconds seconds
# HELP smcroute_start_time_seconds When the daemon started, since the epoch.
smcroute_start_time_seconds 1795359845
# TYPE smcroute_worker_restarts counter
# HELP smcroute_worker_restarts How often a worker has followed one that ended, since the guard started.
smcroute_worker_restarts_total 14
# TYPE smcroute_last_load_time_seconds gauge
# UNIT smcroute_last_load_time_seconds seconds
# HELP smcroute_last_load_time_seconds When the file was last read, since the epoch.
smcroute_last_load_time_seconds 1795359846
# TYPE smcroute_last_load_success gauge
# HELP smcroute_last_load_success 1 if all of it was good, else 0.
smcroute_last_load_success 1
# TYPE smcroute_failures counter
# HELP smcroute_failures Changes that the kernel refused.
smcroute_failures_total 11
# TYPE smcroute_differences counter
# HELP smcroute_differences Places where the kernel did not hold what the daemon had recorded; all mended.
smcroute_differences_total 2
# TYPE smcroute_last_difference_age_seconds gauge
# UNIT smcroute_last_difference_age_seconds seconds
# HELP smcroute_last_difference_age_seconds Time since the last of these differences was found.
smcroute_last_difference_age_seconds 13
# TYPE smcroute_route_packets counter
# UNIT smcroute_route_packets packets
# HELP smcroute_route_packets Packets that matched the entry.
smcroute_route_packets_total{source="10.0.0.2",group="225.1.2.3",iif="eth0"} 12
smcroute_route_packets_total{source="fd00::2",group="ff0e::1:2:3",iif="eth0"} 0
# TYPE smcroute_route_bytes counter
# UNIT smcroute_route_bytes bytes
# HELP smcroute_route_bytes Bytes in packets that matched the entry.
smcroute_route_bytes_total{source="10.0.0.2",group="225.1.2.3",iif="eth0"} 1200
smcroute_route_bytes_total{source="fd00::2",group="ff0e::1:2:3",iif="eth0"} 0
# TYPE smcroute_route_wrong_interface_packets counter
# UNIT smcroute_route_wrong_interface_packets packets
# HELP smcroute_route_wrong_interface_packets Packets that arrived on another interface than the entry's.
smcroute_route_wrong_interface_packets_total{source="10.0.0.2",group="225.1.2.3",iif="eth0"} 3
smcroute_route_wrong_interface_packets_total{source="fd00::2",group="ff0e::1:2:3",iif="eth0"} 0
# TYPE smcroute_group_memberships gauge
# UNIT smcroute_group_memberships memberships
# HELP smcroute_group_memberships Memberships that the kernel holds for a join.
smcroute_group_memberships{source="*",group="225.1.2.3",interface="eth0"} 1
# TYPE smcroute_interface_slot gauge
# HELP smcroute_interface_slot The number of the interface in the routing of the family.
smcroute_interface_slot{interface="eth0",family="IPv4"} 0
smcroute_interface_slot{interface="eth0",family="IPv6"} 1
# TYPE smcroute_interface_ttl_threshold gauge
# HELP smcroute_interface_ttl_threshold IPv4 packets leave by it only with a greater TTL.
smcroute_interface_ttl_threshold{interface="eth0",family="IPv4"} 1
# TYPE smcroute_interface_packets_in counter
# HELP smcroute_interface_packets_in Multicast packets that came in by it and matched an entry.
smcroute_interface_packets_in_total{interface="eth0",family="IPv4"} 12
smcroute_interface_packets_in_total{interface="eth0",family="IPv6"} 0
# TYPE smcroute_interface_bytes_in counter
# HELP smcroute_interface_bytes_in Their bytes.
smcroute_interface_bytes_in_total{interface="eth0",family="IPv4"} 1200
smcroute_interface_bytes_in_total{interface="eth0",family="IPv6"} 0
# TYPE smcroute_interface_packets_out counter
# HELP smcroute_interface_packets_out Multicast packets that left by it.
smcroute_interface_packets_out_total{interface="eth0",family="IPv4"} 3
smcroute_interface_packets_out_total{interface="eth0",family="IPv6"} 0
# TYPE smcroute_interface_bytes_out counter
# HELP smcroute_interface_bytes_out Their bytes.
smcroute_interface_bytes_out_total{interface="eth0",family="IPv4"} 300
smcroute_interface_bytes_out_total{interface="eth0",family="IPv6"} 0
# EOF
)";

// The label values of the one interface with this name.
std::string interface_label(const std::string& name) {
    const std::string text =
        metrics_of({.routes = {},
                    .groups = {},
                    .interfaces = {{name, "1", "", "IPv4", "0", "", "", "", "", "", "", "", ""}},
                    .status = {}});
    const size_t begin = text.find("_slot{") + 6;
    return text.substr(begin, text.find(",family=") - begin);
}

}  // namespace

TEST(metrics_are_open_metrics_text) { EXPECT_EQ(metrics_of(example()), kExample); }

TEST(metrics_leave_out_what_is_not_known) {
    Example rows = example();
    rows.routes[0][7] = "";  // packets
    const std::string text = metrics_of(rows);
    EXPECT(text.find("smcroute_route_packets_total{source=\"10.0.0.2\",group=\"225.1.2.3\"") ==
           text.npos);
    EXPECT(text.find("smcroute_route_bytes_total{source=\"10.0.0.2\",group=\"225.1.2.3\"") !=
           text.npos);
}

TEST(metrics_without_rows_are_described_all_the_same) {
    const std::string text = metrics_of({});
    EXPECT(text.find("\nsmcroute_") == text.npos);
    EXPECT(text.find("# TYPE smcroute_route_bytes counter\n") != text.npos);
    EXPECT(text.ends_with("\n# EOF\n"));
}

TEST(metrics_escape_label_values) {
    EXPECT_EQ(interface_label(R"(a"b\c)"), R"(interface="a\"b\\c")");
}

TEST(metrics_are_utf8_whatever_an_interface_is_called) {
    EXPECT_EQ(interface_label("gr\xc3\xbc\xc3\x9f"), "interface=\"gr\xc3\xbc\xc3\x9f\"");
    EXPECT_EQ(interface_label("a\xfc"
                              "b\xc3"),
              "interface=\"a?b?\"");
    EXPECT_EQ(interface_label("\xe2\x82"), "interface=\"??\"");
}

}  // namespace smcroute
