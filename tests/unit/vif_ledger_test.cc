// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/vif_ledger.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "test.h"

namespace smcroute {

namespace {

VifLedger example() {
    VifLedger ledger;
    ledger[0][0] = VifRecord{*IfName::parse("eth0"), 2, VifRecord::State::kLive};
    ledger[0][31] = VifRecord{*IfName::parse("fifteen_letters"), 4, VifRecord::State::kGone};
    ledger[1][7] = VifRecord{*IfName::parse("e"), UINT32_MAX, VifRecord::State::kUnused};
    return ledger;
}

std::string error_of(std::span<const std::byte> bytes) {
    const auto ledger = decode_vif_ledger(bytes);
    return ledger ? "none" : ledger.error().text;
}

}  // namespace

TEST(vif_ledger_comes_back_from_its_bytes) {
    const auto back = decode_vif_ledger(encode(example()));
    EXPECT(back && *back == example());
    const auto empty = decode_vif_ledger(encode(VifLedger{}));
    EXPECT(empty && *empty == VifLedger{});
}

TEST(vif_ledger_fits_a_page) { EXPECT(sizeof(VifLedgerBytes) <= 4096); }

TEST(vif_ledger_refuses_other_sizes_and_versions) {
    const VifLedgerBytes bytes = encode(example());
    EXPECT_EQ(error_of(std::span(bytes).first(bytes.size() - 1)),
              "cannot read the ledger of VIFs: it has another size");
    EXPECT_EQ(error_of({}), "cannot read the ledger of VIFs: it has another size");
    EXPECT_EQ(error_of(VifLedgerBytes{}),
              "cannot read the ledger of VIFs: it is of another version, or none");
}

TEST(vif_ledger_refuses_what_was_half_written) {
    const VifLedgerBytes from = encode(VifLedger{});
    const VifLedgerBytes to = encode(example());
    for (size_t done = 0; done < to.size(); ++done) {
        VifLedgerBytes mixed = from;
        memcpy(mixed.data(), to.data(), done);
        const auto ledger = decode_vif_ledger(mixed);
        EXPECT(ledger ? mixed == from || mixed == to : mixed != from && mixed != to);
    }
}

TEST(vif_ledger_refuses_every_changed_byte) {
    for (size_t at = 0; at < sizeof(VifLedgerBytes); ++at) {
        VifLedgerBytes bytes = encode(example());
        bytes[at] ^= std::byte{0x41};
        EXPECT(!decode_vif_ledger(bytes));
    }
}

// With a checksum that fits: what is left is for the records' own checks.
TEST(vif_ledger_refuses_records_that_make_no_sense) {
    constexpr size_t kHeader = 12;
    const auto with = [](size_t at, std::byte value) {
        VifLedgerBytes bytes = encode(example());
        bytes[kHeader + at] = value;
        uint32_t sum = 2166136261U;
        for (const std::byte byte : std::span(bytes).subspan(kHeader)) {
            sum = (sum ^ static_cast<uint32_t>(byte)) * 16777619U;
        }
        memcpy(bytes.data() + 8, &sum, sizeof sum);
        return bytes;
    };
    const std::string refusal = "cannot read the ledger of VIFs: an invalid record";
    EXPECT_EQ(error_of(with(0, std::byte{'a'})), "none");
    EXPECT_EQ(error_of(with(0, std::byte{'/'})), refusal);
    // The state is a number in the order of the machine.
    constexpr bool kLittle = std::endian::native == std::endian::little;
    EXPECT_EQ(error_of(with(kLittle ? 20 : 23, std::byte{3})), refusal);
    EXPECT_EQ(error_of(with(kLittle ? 23 : 20, std::byte{1})), refusal);
    // The name of slot 31 without its end.
    EXPECT_EQ(error_of(with(31 * 24 + 15, std::byte{'x'})), refusal);
}

}  // namespace smcroute
