// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/path_pool.h"

#include <string>

#include "test.h"

namespace smcroute {

namespace {

IfPattern interface(std::string_view text) { return *IfPattern::parse(text); }

Path path(std::string_view inbound, std::vector<std::string> outbounds) {
    Path result{interface(inbound), {}};
    for (const std::string& outbound : outbounds) {
        result.outbounds.push_back(interface(outbound));
    }
    return result;
}

std::string mentioned(const PathPool& pool) {
    std::string text;
    for (const IfPattern& name : pool.mentioned()) {
        text += to_string(name) + " ";
    }
    return text;
}

}  // namespace

TEST(path_pool_keeps_equal_paths_once) {
    PathPool pool;
    const Path* const first = pool.acquire(path("eth0", {"eth1", "eth2"}));
    EXPECT(pool.acquire(path("eth0", {"eth1", "eth2"})) == first);
    EXPECT(pool.acquire(path("eth0", {"eth1"})) != first);
    EXPECT(*first == path("eth0", {"eth1", "eth2"}));
}

TEST(path_pool_keeps_a_path_until_its_last_release) {
    PathPool pool;
    const Path* const shared = pool.acquire(path("eth0", {"eth1"}));
    pool.acquire(path("eth0", {"eth1"}));
    pool.release(shared);
    EXPECT_EQ(mentioned(pool), "eth0 eth1 ");
    pool.release(shared);
    EXPECT_EQ(mentioned(pool), "");
}

TEST(path_pool_names_interfaces_in_the_order_of_first_mention) {
    PathPool pool;
    pool.acquire(path("eth5", {"eth1", "eth4"}));
    pool.mention(interface("br0"));
    pool.acquire(path("eth0", {"eth5", "eth9+"}));
    EXPECT_EQ(mentioned(pool), "eth5 eth1 eth4 br0 eth0 eth9+ ");
}

TEST(path_pool_keeps_the_place_of_a_name_while_it_is_mentioned) {
    PathPool pool;
    const Path* const first = pool.acquire(path("eth0", {"eth1"}));
    pool.acquire(path("eth2", {"eth1"}));
    pool.release(first);
    EXPECT_EQ(mentioned(pool), "eth1 eth2 ");
    pool.mention(interface("eth0"));
    EXPECT_EQ(mentioned(pool), "eth1 eth2 eth0 ");
}

TEST(path_pool_counts_mentions_beside_those_of_paths) {
    PathPool pool;
    pool.mention(interface("eth0"));
    pool.release(pool.acquire(path("eth0", {})));
    EXPECT_EQ(mentioned(pool), "eth0 ");
    pool.unmention(interface("eth0"));
    EXPECT_EQ(mentioned(pool), "");
}

TEST(path_pool_version_changes_with_the_names_only) {
    PathPool pool;
    const uint64_t empty = pool.version();
    const Path* const only = pool.acquire(path("eth0", {"eth1"}));
    const uint64_t two = pool.version();
    EXPECT(two != empty);
    pool.acquire(path("eth1", {"eth0"}));
    pool.acquire(path("eth0", {"eth1"}));
    pool.release(only);
    pool.mention(interface("eth0"));
    EXPECT_EQ(pool.version(), two);
    pool.mention(interface("eth2"));
    const uint64_t three = pool.version();
    EXPECT(three != two);
    pool.unmention(interface("eth2"));
    EXPECT(pool.version() != three);
}

}  // namespace smcroute
