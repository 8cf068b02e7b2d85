// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/event.h"

#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::milliseconds;

std::string time_at(int64_t since_epoch_ms) {
    return event_time(std::chrono::system_clock::time_point{milliseconds{since_epoch_ms}});
}

std::string line_of(const Row& row) { return event_line(fields_of(row)); }

}  // namespace

TEST(event_time_is_utc_with_milliseconds) {
    EXPECT_EQ(time_at(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(time_at(1795359845123), "2026-11-22T15:04:05.123Z");
    EXPECT_EQ(time_at(951782399999), "2000-02-28T23:59:59.999Z");
    EXPECT_EQ(time_at(-1), "1969-12-31T23:59:59.999Z");
}

TEST(event_line_has_what_the_row_has) {
    EXPECT_EQ(line_of({"T", "learned", "", "10.0.0.1", "225.1.2.3", "eth0", "eth1 eth2",
                       "smcroute.conf:3", "", "", ""}),
              "T learned (10.0.0.1, 225.1.2.3) from eth0 to eth1 eth2 by smcroute.conf:3\n");
    EXPECT_EQ(line_of({"T", "moved", "", "fd00::2", "ff0e::1", "eth1", "eth2", "", "eth0", "", ""}),
              "T moved (fd00::2, ff0e::1) from eth1 to eth2 (was eth0)\n");
    EXPECT_EQ(
        line_of({"T", "expired", "", "10.0.0.1", "225.1.2.3", "eth0", "", "", "", "", "silent"}),
        "T expired (10.0.0.1, 225.1.2.3) from eth0: silent\n");
    EXPECT_EQ(line_of({"T", "renamed", "wan0", "", "", "", "", "", "eth0", "", ""}),
              "T renamed wan0 (was eth0)\n");
    EXPECT_EQ(line_of({"T", "lost", "", "", "", "", "", "", "", "12", "12 events"}),
              "T lost: 12 events\n");
}

TEST(event_schema_is_none_of_the_tables) {
    EXPECT(find_schema(event_schema().what) == nullptr);
    EXPECT_EQ(event_schema().columns.front().key, "time");
}

}  // namespace smcroute
