// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/ctl_tables.h"

#include <vector>

#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

Table config() {
    return table_of(*find_schema("config"),
                    std::vector<Row>{
                        {"phyint eth0 enable"},
                        {"mgroup from eth0 group 225.1.2.3"},
                        {"mroute from eth0 group 225.1.2.3 to eth1 eth2"},
                        {"mroute from eth0 source 10.0.0.0/24 except 10.0.0.9 group 225.1.2.0/24"},
                        {"mroute from eth+ source 10.0.0.1 group 225.1.2.3 to eth1"},
                        {"mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth1"},
                    });
}

Table routes() {
    return table_of(*find_schema("routes"),
                    std::vector<Row>{
                        {"10.0.0.2", "225.1.2.3", "eth0", "eth1 eth2", "eth2", "", "", "12", "3400",
                         "1", "7", "0.001", "x.conf:1", "flows", "static"},
                        {"10.0.0.3", "225.1.2.3", "eth1", "", "", "", "", "0", "0", "0", "7", "",
                         "", "blocked: no rule", "blocked"},
                        {"*", "225.1.2.3", "eth0", "eth1", "", "", "", "", "", "", "", "",
                         "x.conf:2", "rule, no stream yet", "rule"},
                    });
}

Table none(std::string_view what) { return Table(*find_schema(what)); }

constexpr CtlStyle kJson{.rendering = {.json = true}};
constexpr CtlStyle kBare{.rendering = {.heading = false}};

}  // namespace

TEST(ctl_routes_are_rules_before_what_is_in_the_kernel) {
    EXPECT_EQ(ctl_text(routes(), config(), {}),
              "ROUTE (S,G)                  INBOUND  OUTBOUND\n"
              "(*, 225.1.2.3)               eth0     eth1 eth2\n"
              "(10.0.0.0/24, 225.1.2.0/24)  eth0     -\n"
              "(10.0.0.1, 225.1.2.3)        eth+     eth1\n"
              "(10.0.0.2, 225.1.2.3)        eth0     eth1 eth2\n"
              "(10.0.0.3, 225.1.2.3)        eth1     -\n");
    EXPECT_EQ(ctl_text(routes(), none("config"), {.rendering = {}, .details = true}),
              "ROUTE (S,G)            INBOUND  PACKETS  BYTES  INVALID  OUTBOUND\n"
              "(10.0.0.2, 225.1.2.3)  eth0          12   3400        1  eth1 eth2\n"
              "(10.0.0.3, 225.1.2.3)  eth1           0      0        0  -\n");
    EXPECT_EQ(ctl_text(routes(), none("config"), kBare),
              "(10.0.0.2, 225.1.2.3)  eth0  eth1 eth2\n"
              "(10.0.0.3, 225.1.2.3)  eth1  -\n");
    EXPECT_EQ(ctl_text(none("routes"), none("config"), {}), "No multicast routes\n");
}

TEST(ctl_routes_as_json_keep_exact_routes_apart) {
    EXPECT_EQ(
        ctl_text(routes(), config(), kJson),
        "{\"routes\": {\"asm\": [\n"
        "{\"source\": null, \"group\": \"225.1.2.3\", \"iif\": \"eth0\", \"oifs\": [\"eth1\", "
        "\"eth2\"]},\n"
        "{\"source\": \"10.0.0.0/24\", \"group\": \"225.1.2.0/24\", \"iif\": \"eth0\", "
        "\"oifs\": []},\n"
        "{\"source\": \"10.0.0.1\", \"group\": \"225.1.2.3\", \"iif\": \"eth+\", \"oifs\": "
        "[\"eth1\"]}\n"
        "], \"ssm\": [\n"
        "{\"source\": \"10.0.0.2\", \"group\": \"225.1.2.3\", \"iif\": \"eth0\", \"oifs\": "
        "[\"eth1\"]}\n"
        "], \"kernel\": [\n"
        "{\"source\": \"10.0.0.2\", \"group\": \"225.1.2.3\", \"iif\": \"eth0\", \"oifs\": "
        "[\"eth1\", \"eth2\"]},\n"
        "{\"source\": \"10.0.0.3\", \"group\": \"225.1.2.3\", \"iif\": \"eth1\", \"oifs\": []}\n"
        "]}}\n");
}

TEST(ctl_groups_are_the_configured_ones_and_as_json_those_joined_too) {
    const Table groups =
        table_of(*find_schema("groups"), std::vector<Row>{
                                             {"*", "225.1.1.1", "a1", "1", "x.conf:1"},
                                             {"10.0.0.11", "225.1.1.1", "a1", "0", "x.conf:2"},
                                         });
    EXPECT_EQ(ctl_text(groups, groups, {}),
              "GROUP (S,G)             INBOUND\n"
              "(*, 225.1.1.1)          a1\n"
              "(10.0.0.11, 225.1.1.1)  a1\n");
    EXPECT_EQ(ctl_text(groups, groups, {.rendering = {.bold = true}}),
              "\033[7mGROUP (S,G)             INBOUND\033[0m\n"
              "(*, 225.1.1.1)          a1\n"
              "(10.0.0.11, 225.1.1.1)  a1\n");
    EXPECT_EQ(ctl_text(groups, groups, kJson),
              "{\"groups\": {\"conf\": [\n"
              "{\"source\": null, \"group\": \"225.1.1.1\", \"iif\": \"a1\"},\n"
              "{\"source\": \"10.0.0.11\", \"group\": \"225.1.1.1\", \"iif\": \"a1\"}\n"
              "], \"kernel\": [\n"
              "{\"source\": null, \"group\": \"225.1.1.1\", \"iif\": \"a1\"}\n"
              "]}}\n");
}

TEST(ctl_interfaces_have_a_dash_where_there_is_no_vif) {
    const Table interfaces =
        table_of(*find_schema("interfaces"),
                 std::vector<Row>{
                     {"lo", "1", "up", "IPv4", "", "", "", "", "", "", "", "", "loopback"},
                     {"lo", "1", "up", "IPv6", "", "", "", "", "", "", "", "", "loopback"},
                     {"eth0", "12", "up", "IPv4", "0", "1", "5", "6", "7", "8", "", "", ""},
                     {"eth0", "12", "up", "IPv6", "31", "", "5", "6", "7", "8", "", "", ""},
                 });
    EXPECT_EQ(ctl_text(interfaces, interfaces, {}),
              "INDEX  PHYINT  VIF  MIF\n"
              "    1  lo        -    -\n"
              "   12  eth0      0   31\n");
    EXPECT_EQ(ctl_text(interfaces, interfaces, kJson),
              "{\"interfaces\": [\n"
              "{\"index\": 1, \"name\": \"lo\", \"vif\": null, \"mif\": null},\n"
              "{\"index\": 12, \"name\": \"eth0\", \"vif\": 0, \"mif\": 31}\n"
              "]}\n");
}

TEST(ctl_pending_has_each_line_once) {
    const Table pending = table_of(
        *find_schema("pending"),
        std::vector<Row>{
            {"a1", "no such interface", "mroute from a1 group 225.1.1.1 to a2", "x.conf:1"},
            {"a2", "no such interface", "mroute from a1 group 225.1.1.1 to a2", "x.conf:1"},
            {"a1", "no such interface", "mgroup from a1 source 10.0.0.1 group 225.1.1.1",
             "x.conf:2"},
        });
    EXPECT_EQ(ctl_text(pending, pending, {}),
              "PENDING\n"
              "mroute from a1 group 225.1.1.1 to a2\n"
              "mgroup from a1 source 10.0.0.1 group 225.1.1.1\n");
    EXPECT_EQ(ctl_text(none("pending"), none("config"), kBare), "No pending routes or groups\n");
    EXPECT_EQ(ctl_text(pending, pending, kJson),
              "{\"pending\": [\n"
              "{\"kind\": \"mroute\", \"source\": null, \"group\": \"225.1.1.1\", \"iif\": \"a1\", "
              "\"oifs\": [\"a2\"]},\n"
              "{\"kind\": \"mgroup\", \"source\": \"10.0.0.1\", \"group\": \"225.1.1.1\", \"iif\": "
              "\"a1\", \"oifs\": []}\n"
              "]}\n");
}

}  // namespace smcroute
