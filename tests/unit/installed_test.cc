// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/installed.h"

#include <initializer_list>

#include "test.h"

namespace smcroute {

namespace {

constexpr Family kIpv4 = Family::kIpv4;
constexpr Family kIpv6 = Family::kIpv6;

IfName name(std::string_view text) { return *IfName::parse(text); }
Flow flow(std::string_view source, std::string_view group) {
    return {*Address::parse(group), *Address::parse(source)};
}

const Flow kFlow = flow("1.2.3.4", "225.1.2.3");
const Flow kOther = flow("1.2.3.5", "225.1.2.3");

struct Out {
    Slot slot;
    uint8_t ttl = 1;
};

PutEntry put(const Flow& flow, Slot iif, std::initializer_list<Out> outs) {
    PutEntry op{.flow = flow, .iif = iif};
    for (const Out& out : outs) {
        op.ttls[out.slot] = out.ttl;
    }
    return op;
}

// With VIFs 0 to 2 of both families.
Installed three_vifs() {
    Installed installed;
    for (Slot slot = 0; slot < 3; ++slot) {
        const IfName each = name("eth" + std::to_string(slot));
        installed.record(AddVif{kIpv4, slot, each, slot + 2U});
        installed.record(AddVif{kIpv6, slot, each, slot + 2U});
    }
    return installed;
}

// "0 > 1 2", with " stale" behind it; "none" where there is no entry.
std::string entry(const Installed& installed, const Flow& flow) {
    const Installed::Entry* const found = installed.find(flow);
    if (found == nullptr) {
        return "none";
    }
    std::string text = std::to_string(Slot{found->iif}) + " >";
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        text += (found->outbounds & slot_bit(slot)) != 0 ? " " + std::to_string(slot) : "";
    }
    return text + (found->stale ? " stale" : "");
}

}  // namespace

TEST(installed_starts_with_nothing) {
    const Installed installed;
    EXPECT_EQ(installed.live(kIpv4), SlotSet{0});
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0});
    EXPECT(installed.entries().empty());
    EXPECT(installed.memberships().empty());
    EXPECT_EQ(entry(installed, kFlow), "none");
}

TEST(installed_records_a_vif_for_its_family_only) {
    Installed installed;
    installed.record(AddVif{kIpv6, 3, name("eth0"), 7});
    EXPECT_EQ(installed.live(kIpv6), slot_bit(3));
    EXPECT_EQ(installed.live(kIpv4), SlotSet{0});
    REQUIRE(installed.vif(kIpv6, 3));
    EXPECT_EQ(to_string(installed.vif(kIpv6, 3)->name), "eth0");
    EXPECT_EQ(installed.vif(kIpv6, 3)->ifindex, 7U);
}

TEST(installed_records_that_a_vif_went) {
    Installed installed = three_vifs();
    installed.record(DelVif{kIpv4, 1, name("eth1")});
    EXPECT_EQ(installed.live(kIpv4), SlotSet{0b101});
    EXPECT_EQ(installed.live(kIpv6), SlotSet{0b111});
}

TEST(installed_records_an_entry_and_its_replacement) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1}, {2}}));
    EXPECT_EQ(entry(installed, kFlow), "0 > 1 2");
    installed.record(put(kFlow, 2, {{1}}));
    EXPECT_EQ(entry(installed, kFlow), "2 > 1");
    EXPECT_EQ(installed.entries().size(), size_t{1});
}

TEST(installed_records_that_an_entry_went) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1}}));
    installed.record(DelEntry{kFlow});
    installed.record(DelEntry{kFlow});
    EXPECT_EQ(entry(installed, kFlow), "none");
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0});
}

TEST(installed_leaves_out_an_outbound_without_a_vif_as_the_kernel_does) {
    Installed installed = three_vifs();
    installed.record(DelVif{kIpv4, 1, name("eth1")});
    installed.record(put(kFlow, 0, {{1}, {2}, {9}}));
    EXPECT_EQ(entry(installed, kFlow), "0 > 2");
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0b101});
}

TEST(installed_entry_keeps_the_slot_of_a_vif_that_goes_later) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1}}));
    installed.record(DelVif{kIpv4, 1, name("eth1")});
    installed.record(DelVif{kIpv4, 0, name("eth0")});
    EXPECT_EQ(entry(installed, kFlow), "0 > 1");
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0b011});
}

TEST(installed_mentions_a_slot_until_its_last_entry_goes) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1}}));
    installed.record(put(kOther, 1, {}));
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0b011});
    EXPECT_EQ(installed.mentioned(kIpv6), SlotSet{0});
    installed.record(put(kFlow, 0, {{2}}));
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0b111});
    installed.record(DelEntry{kOther});
    EXPECT_EQ(installed.mentioned(kIpv4), SlotSet{0b101});
}

TEST(installed_counts_an_inbound_that_is_an_outbound_too_once) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{0}, {1}}));
    installed.record(put(kFlow, 1, {}));
    EXPECT_EQ(installed.mentioned(kIpv4), slot_bit(1));
}

TEST(installed_knows_the_threshold_with_which_a_slot_was_written) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1, 5}}));
    EXPECT_EQ(installed.threshold(kIpv4, 1), 5);
    EXPECT_EQ(installed.threshold(kIpv6, 1), 0);
}

TEST(installed_entries_with_another_threshold_become_stale_until_their_turn) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1, 1}}));
    installed.record(put(kOther, 0, {{1, 1}, {2, 1}}));
    installed.record(put(flow("1.2.3.6", "225.1.2.3"), 1, {{2, 1}}));
    installed.record(put(kFlow, 0, {{1, 5}}));
    EXPECT_EQ(entry(installed, kFlow), "0 > 1");
    EXPECT_EQ(entry(installed, kOther), "0 > 1 2 stale");
    EXPECT_EQ(entry(installed, flow("1.2.3.6", "225.1.2.3")), "1 > 2");
    installed.record(put(kOther, 0, {{1, 5}, {2, 1}}));
    EXPECT_EQ(entry(installed, kOther), "0 > 1 2");
    EXPECT_EQ(entry(installed, kFlow), "0 > 1");
}

TEST(installed_threshold_of_one_family_leaves_the_other_alone) {
    Installed installed = three_vifs();
    const Flow flow6 = flow("2001:db8::1", "ff0e::1");
    installed.record(put(flow6, 0, {{1, 1}}));
    installed.record(put(kFlow, 0, {{1, 5}}));
    EXPECT_EQ(entry(installed, flow6), "0 > 1");
}

TEST(installed_marks_an_entry_stale_until_it_is_written_again) {
    Installed installed = three_vifs();
    installed.record(put(kFlow, 0, {{1}}));
    installed.mark_stale(kFlow);
    installed.mark_stale(kOther);
    EXPECT_EQ(entry(installed, kFlow), "0 > 1 stale");
    EXPECT_EQ(entry(installed, kOther), "none");
    installed.record(put(kFlow, 0, {{1}}));
    EXPECT_EQ(entry(installed, kFlow), "0 > 1");
}

TEST(installed_records_memberships_by_index) {
    Installed installed;
    const Membership first{2, name("eth0"), flow("0.0.0.0", "225.1.2.3")};
    const Membership second{3, name("eth0"), flow("0.0.0.0", "225.1.2.3")};
    installed.record(Join{first});
    installed.record(Join{second});
    installed.record(Leave{first});
    EXPECT(installed.memberships() == std::set<Membership>{second});
}

TEST(installed_entries_have_an_age_that_a_replacement_keeps) {
    Installed installed = three_vifs();
    installed.set_time(TimePoint{} + std::chrono::seconds{1000});
    installed.record(put(kFlow, 0, {{1}}));
    installed.set_time(TimePoint{} + std::chrono::milliseconds{1059'999});
    installed.record(put(kFlow, 0, {{2}}));
    installed.record(put(kOther, 0, {{1}}));
    installed.set_time(TimePoint{} + std::chrono::seconds{1060});
    EXPECT_EQ(installed.age_of(*installed.find(kFlow)).count(), 60);
    EXPECT_EQ(installed.age_of(*installed.find(kOther)).count(), 1);
    installed.record(DelEntry{kOther});
    installed.record(put(kOther, 0, {{1}}));
    EXPECT_EQ(installed.age_of(*installed.find(kOther)).count(), 0);
}

TEST(installed_entry_that_was_adopted_is_as_old_as_its_adoption) {
    Installed installed = three_vifs();
    installed.set_time(TimePoint{} + std::chrono::seconds{1000});
    installed.adopt(put(kFlow, 0, {{1}}), 0);
    installed.set_time(TimePoint{} + std::chrono::seconds{1007});
    EXPECT_EQ(installed.age_of(*installed.find(kFlow)).count(), 7);
}

TEST(installed_ages_are_right_for_years) {
    using std::chrono::days;
    for (const int step : {1, 7, 29, 31, 400, 800, 1600}) {
        Installed installed = three_vifs();
        TimePoint now{std::chrono::seconds{50}};
        installed.set_time(now);
        installed.record(put(kFlow, 0, {{1}}));
        for (int day = 0; day < 5000; day += step) {
            installed.set_time(now + days{day});
            EXPECT_EQ(installed.age_of(*installed.find(kFlow)).count(), day * 86400LL);
            installed.record(DelEntry{kOther});
            installed.record(put(kOther, 0, {{1}}));
            installed.set_time(now + days{day} + std::chrono::seconds{5});
            EXPECT_EQ(installed.age_of(*installed.find(kOther)).count(), 5);
        }
    }
}

}  // namespace smcroute
