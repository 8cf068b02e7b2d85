// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/flow_map.h"

#include <map>

#include "test.h"

namespace smcroute {

namespace {

// Of both families, few enough to meet again.
Flow random_flow(uint32_t& random) {
    random = random * 1664525 + 1013904223;
    const auto group = static_cast<uint8_t>(random >> 16 & 3);
    const auto source = static_cast<uint8_t>(random >> 20 & 0x7f);
    if ((random >> 30) != 0) {
        return {Address::from_ipv4({static_cast<uint8_t>(224 + group), 0, 0, 1}),
                Address::from_ipv4({static_cast<uint8_t>(source * 2), 0, 0, source})};
    }
    return {*Address::from_ipv6({0xff, 0x0e, group}), *Address::from_ipv6({source, 1})};
}

using Numbers = FlowMap<uint32_t>;
using Model = std::map<Flow, uint32_t>;

// All that a place in each tells.
void expect_same(const Numbers& map, Numbers::Iterator at, const Model& model,
                 Model::const_iterator expected) {
    REQUIRE(static_cast<bool>(at == map.end()) == (expected == model.end()));
    if (expected != model.end()) {
        EXPECT_EQ(to_string(at->first), to_string(expected->first));
        EXPECT_EQ(at->second, expected->second);
    }
}

}  // namespace

TEST(flow_map_keeps_both_families_in_the_order_of_flows) {
    Numbers map;
    Model model;
    uint32_t random = 1;
    for (uint32_t i = 0; i < 5000; ++i) {
        const Flow flow = random_flow(random);
        if (i % 3 != 0) {
            EXPECT_EQ(map.try_emplace(flow, i).second, model.try_emplace(flow, i).second);
        } else {
            EXPECT_EQ(map.erase(flow), model.erase(flow) > 0);
        }
        const Flow other = random_flow(random);
        EXPECT_EQ(map.find(other) != nullptr, model.contains(other));
        expect_same(map, map.lower_bound(other), model, model.lower_bound(other));
        expect_same(map, map.upper_bound(other), model, model.upper_bound(other));
    }
    EXPECT_EQ(map.size(), model.size());
    auto at = map.begin();
    for (auto expected = model.begin(); expected != model.end(); ++expected, ++at) {
        expect_same(map, at, model, expected);
    }
    expect_same(map, at, model, model.end());
    InOrder in_order(map);
    for (const auto& [flow, number] : model) {
        EXPECT_EQ(*in_order.find(flow), number);
    }
}

TEST(flow_map_of_one_family_ends_where_it_should) {
    Numbers map;
    EXPECT(map.empty());
    EXPECT(map.begin() == map.end());
    const Flow ipv4{*Address::parse("225.1.2.3"), *Address::parse("1.2.3.4")};
    const Flow ipv6{*Address::parse("ff0e::1"), *Address::parse("2001:db8::1")};
    for (const Flow& flow : {ipv4, ipv6}) {
        map.try_emplace(flow, 7);
        EXPECT_EQ(to_string((*map.begin()).first), to_string(flow));
        auto at = map.begin();
        EXPECT(++at == map.end());
        EXPECT(map.upper_bound(flow) == map.end());
        EXPECT(map.erase(flow) && map.empty());
    }
}

}  // namespace smcroute
