// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/streams.h"

#include <set>

#include "test.h"

namespace smcroute {

namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{seconds{1000}};

Flow flow_number(uint32_t number) {
    return {*Address::parse("225.1.2.3"),
            Address::from_ipv4({10, static_cast<uint8_t>(number >> 16),
                                static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)})};
}

const IfName& eth0() {
    static const IfName name = *IfName::parse("eth0");
    return name;
}

std::string numbers(const std::vector<Flow>& flows) {
    std::string text;
    for (const Flow& flow : flows) {
        text += to_string(flow.source) + " ";
    }
    return text;
}

}  // namespace

TEST(streams_are_due_for_a_check_not_before_its_time_and_soon_after) {
    Streams streams;
    streams.note(flow_number(1), eth0());
    streams.check_at(flow_number(1), kStart + std::chrono::milliseconds{1});
    REQUIRE(streams.next_check().has_value());
    EXPECT(*streams.next_check() >= kStart + std::chrono::milliseconds{1});
    EXPECT(*streams.next_check() <= kStart + std::chrono::milliseconds{1} + Streams::kCheckGrain);
    EXPECT_EQ(numbers(streams.take_due(kStart, 10)), "");
    EXPECT_EQ(numbers(streams.take_due(kStart + seconds{1}, 10)), "10.0.0.1 ");
    EXPECT(!streams.next_check().has_value());
}

TEST(streams_take_no_more_checks_than_asked_for_and_keep_the_rest) {
    Streams streams;
    for (uint32_t i = 0; i < 5; ++i) {
        streams.note(flow_number(i), eth0());
        streams.check_at(flow_number(i), kStart);
    }
    EXPECT(streams.take_due(kStart, 3).size() == 3);
    EXPECT(streams.take_due(kStart, 3).size() == 2);
    EXPECT(!streams.next_check().has_value());
}

TEST(streams_forget_the_check_of_one_that_went_or_was_put_off) {
    Streams streams;
    for (uint32_t i = 1; i <= 3; ++i) {
        streams.note(flow_number(i), eth0());
        streams.check_at(flow_number(i), kStart);
    }
    streams.erase(flow_number(1));
    streams.check_at(flow_number(2), kStart + seconds{5});
    EXPECT_EQ(numbers(streams.take_due(kStart, 10)), "10.0.0.3 ");
    EXPECT_EQ(numbers(streams.take_due(kStart + seconds{5}, 10)), "10.0.0.2 ");
}

// Against a plain set: each is found, and none that went, whatever came and went between.
TEST(streams_are_found_among_others_that_come_and_go) {
    Streams streams;
    std::set<uint32_t> here;
    uint32_t random = 1;
    for (int i = 0; i < 20000; ++i) {
        random = random * 1664525 + 1013904223;
        const uint32_t number = (random >> 16) % (i < 10000 ? 1000 : 50);
        if ((random >> 8) % 8 < 5) {
            streams.note(flow_number(number), number % 2 == 0 ? eth0() : *IfName::parse("eth1"));
            streams.check_at(flow_number(number), kStart + seconds{number});
            here.insert(number);
        } else {
            streams.erase(flow_number(number));
            here.erase(number);
        }
    }
    EXPECT_EQ(streams.size(), here.size());
    for (uint32_t number = 0; number < 1000; ++number) {
        const Stream* const stream = streams.find(flow_number(number));
        EXPECT_EQ(stream != nullptr, here.contains(number));
        EXPECT(stream == nullptr ||
               streams.inbound_of(*stream).view() == (number % 2 == 0 ? "eth0" : "eth1"));
    }
    EXPECT_EQ(streams.take_due(kStart + seconds{1000}, 1000).size(), here.size());
    EXPECT(!streams.next_check().has_value());
}

TEST(streams_that_take_the_place_of_another_have_nothing_of_it) {
    Streams streams;
    streams.note(flow_number(0), eth0());
    streams.note(flow_number(1), eth0());
    streams.note_packets(flow_number(1), 7);
    streams.note_carried_before(flow_number(1), 7);
    streams.wandering(flow_number(1)).carried = 7;
    streams.await_on(flow_number(1), 7);
    streams.set_blocked(flow_number(1), true);
    streams.check_at(flow_number(1), kStart);
    streams.erase(flow_number(1));
    for (const uint32_t number : {2U, 1U}) {
        streams.note(flow_number(number), eth0());
        const Stream& stream = *streams.find(flow_number(number));
        EXPECT(streams.has_packets(flow_number(number), 0));
        EXPECT_EQ(streams.carried_before(stream), uint64_t{0});
        EXPECT(streams.wandering_of(stream) == nullptr);
        EXPECT(!stream.awaited().has_value());
        EXPECT(!stream.blocked());
    }
    EXPECT(!streams.next_check().has_value());
    EXPECT_EQ(streams.blocked_count(), size_t{0});
}

TEST(streams_give_way_in_the_order_in_which_they_were_blocked_or_passed_over) {
    Streams streams;
    for (uint32_t i = 1; i <= 3; ++i) {
        streams.note(flow_number(i), eth0());
        streams.set_blocked(flow_number(i), true);
    }
    streams.pass_over(flow_number(1));
    EXPECT_EQ(to_string(streams.first_blocked()->source), "10.0.0.2");
    streams.set_blocked(flow_number(2), false);
    EXPECT_EQ(to_string(streams.first_blocked()->source), "10.0.0.3");
    streams.erase(flow_number(3));
    EXPECT_EQ(to_string(streams.first_blocked()->source), "10.0.0.1");
    EXPECT(streams.blocked_count() == 1);
}

}  // namespace smcroute
