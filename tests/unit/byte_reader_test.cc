// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/byte_reader.h"

#include <array>
#include <cstdint>

#include "test.h"

namespace smcroute {

namespace {

constexpr std::array kBytes = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                               std::byte{5}};

}  // namespace

TEST(byte_reader_reads_one_value_after_another) {
    ByteReader reader(kBytes);
    EXPECT(reader.read<uint8_t>() == 1);
    const auto pair = reader.read<std::array<uint8_t, 2>>();
    EXPECT(pair == (std::array<uint8_t, 2>{2, 3}));
    EXPECT_EQ(reader.remaining(), size_t{2});
}

TEST(byte_reader_reads_numbers_in_host_order) {
    const uint32_t number = 0x01020304;
    ByteReader reader(std::as_bytes(std::span(&number, 1)));
    EXPECT(reader.read<uint32_t>() == number);
    EXPECT_EQ(reader.remaining(), size_t{0});
}

TEST(byte_reader_read_past_the_end_changes_nothing) {
    ByteReader reader(kBytes);
    EXPECT(reader.skip(3));
    EXPECT(!reader.read<uint32_t>());
    EXPECT_EQ(reader.remaining(), size_t{2});
    EXPECT(reader.read<uint8_t>() == 4);
}

TEST(byte_reader_take_borrows_exactly_the_bytes_asked_for) {
    ByteReader reader(kBytes);
    EXPECT(reader.skip(1));
    const auto taken = reader.take(3);
    REQUIRE(taken);
    EXPECT(taken->data() == kBytes.data() + 1);
    EXPECT_EQ(taken->size(), size_t{3});
    EXPECT_EQ(reader.remaining(), size_t{1});
}

TEST(byte_reader_take_past_the_end_changes_nothing) {
    ByteReader reader(kBytes);
    EXPECT(!reader.take(6));
    EXPECT(!reader.take(SIZE_MAX));
    EXPECT(!reader.skip(6));
    EXPECT_EQ(reader.remaining(), size_t{5});
}

TEST(byte_reader_of_nothing_gives_nothing_but_nothing) {
    ByteReader reader({});
    EXPECT(!reader.read<uint8_t>());
    EXPECT(reader.skip(0));
    const auto taken = reader.take(0);
    EXPECT(taken && taken->empty());
}

}  // namespace smcroute
