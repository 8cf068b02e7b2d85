// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/join_record.h"

#include <string>

#include "base/text.h"
#include "os/memory_file.h"
#include "test.h"

namespace smcroute {

namespace {

Flow flow(const char* source, const char* group) {
    return {*Address::parse(group), *Address::parse(source)};
}

std::string text(const std::vector<JoinRecord::Entry>& entries) {
    std::string text;
    for (const JoinRecord::Entry& entry : entries) {
        text += compose("{}: socket {}, {} {}\n", entry.place, entry.socket, entry.ifindex,
                        to_string(entry.flow));
    }
    return text;
}

struct Bench {
    UniqueFd file = std::move(*create_memory_file("record"));

    std::string left() const { return text(JoinRecord(file.get()).read()); }
};

}  // namespace

TEST(join_record_tells_a_successor) {
    Bench bench;
    JoinRecord record(bench.file.get());
    EXPECT_EQ(text(record.read()), "");
    EXPECT_EQ(*record.add(1, 2, flow("0.0.0.0", "225.1.2.3")), 0U);
    EXPECT_EQ(*record.add(7, 3, flow("10.0.0.9", "232.1.2.3")), 1U);
    EXPECT_EQ(*record.add(8, 4, flow("::", "ff0e::1")), 2U);
    EXPECT_EQ(bench.left(),
              "0: socket 1, 2 (*, 225.1.2.3)\n"
              "1: socket 7, 3 (10.0.0.9, 232.1.2.3)\n"
              "2: socket 8, 4 (*, ff0e::1)\n");
    record.remove(1);
    EXPECT_EQ(bench.left(), "0: socket 1, 2 (*, 225.1.2.3)\n2: socket 8, 4 (*, ff0e::1)\n");
    EXPECT_EQ(*record.add(9, 3, flow("::", "ff0e::2")), 1U);
    EXPECT_EQ(*record.add(9, 3, flow("::", "ff0e::3")), 3U);
}

TEST(join_record_goes_on_where_a_predecessor_ended) {
    Bench bench;
    JoinRecord first(bench.file.get());
    EXPECT(first.add(1, 2, flow("0.0.0.0", "225.1.2.3")));
    EXPECT(first.add(1, 2, flow("0.0.0.0", "225.1.2.4")));
    first.remove(0);
    JoinRecord second(bench.file.get());
    EXPECT_EQ(text(second.read()), "1: socket 1, 2 (*, 225.1.2.4)\n");
    EXPECT_EQ(*second.add(1, 2, flow("0.0.0.0", "225.1.2.5")), 0U);
    EXPECT_EQ(*second.add(1, 2, flow("0.0.0.0", "225.1.2.6")), 2U);
    JoinRecord third(bench.file.get());
    third.clear();
    EXPECT_EQ(text(third.read()), "");
}

TEST(join_record_leaves_out_what_makes_no_sense) {
    const std::string nonsense(40 * 3, '\x55');
    const auto file = create_memory_file("record", nonsense);
    JoinRecord record(file->get());
    EXPECT_EQ(text(record.read()), "");
    EXPECT_EQ(*record.add(1, 2, flow("0.0.0.0", "225.1.2.3")), 2U);
    // A family of each, no group, and half a place.
    Bench bench;
    JoinRecord other(bench.file.get());
    EXPECT(other.add(1, 2, flow("::", "225.1.2.3")));
    EXPECT(other.add(1, 2, flow("0.0.0.0", "10.1.2.3")));
    RandomAccessFile raw(bench.file.get(), "record");
    EXPECT(raw.write(80, "half"));
    EXPECT_EQ(bench.left(), "");
    EXPECT(raw.truncate(uint64_t{1} << 40));
    EXPECT_EQ(bench.left(), "");
}

TEST(join_record_without_a_file_does_nothing) {
    JoinRecord record(-1);
    EXPECT_EQ(text(record.read()), "");
    EXPECT(record.add(1, 2, flow("0.0.0.0", "225.1.2.3")));
    record.remove(0);
    record.clear();
}

}  // namespace smcroute
