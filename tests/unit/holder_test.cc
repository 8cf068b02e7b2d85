// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/holder.h"

#include "test.h"

namespace smcroute {

namespace {

constexpr std::string_view kRaw =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops\n"
    "   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "17700 2 00000000c0ffee00 0\n"
    "  27: 00000000:0002 00000000:0000 07 00000000:00000680 00:00000000 00000000     0        0 "
    "17759 3 000000009cef8073 0\n"
    "  27: 0100000A:0002 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "17761 3 000000009cef8074 0\n";

constexpr std::string_view kRaw6 =
    "  sl  local_address                         remote_address                        st tx_queue "
    "rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
    "   98: 00000000000000000000000000000000:003A 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000     0        0 17760 2 00000000d0b39d09 0\n";

using Inodes = std::vector<uint64_t>;

}  // namespace

TEST(holder_finds_the_sockets_of_a_protocol) {
    EXPECT((raw_socket_inodes(kRaw, 2) == Inodes{17759, 17761}));
    EXPECT((raw_socket_inodes(kRaw, 58) == Inodes{}));
    EXPECT((raw_socket_inodes(kRaw6, 58) == Inodes{17760}));
}

TEST(holder_reads_broken_tables_as_empty) {
    EXPECT((raw_socket_inodes("", 2) == Inodes{}));
    EXPECT((raw_socket_inodes("\n\n 1: x:0002\n", 2) == Inodes{}));
    EXPECT((raw_socket_inodes("1: 0:0002 3 4 5 6 7 8 9 inode", 2) == Inodes{}));
    EXPECT((raw_socket_inodes("1: 0:0002 3 4 5 6 7 8 9 5", 2) == Inodes{5}));
}

TEST(holder_finds_who_listens_on_a_path) {
    constexpr std::string_view kUnix =
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 30001 /run/smcroute\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 30002 /run/smcroute\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 30003 /run/smcroute2\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 30004 /x /run/smcroute\n"
        "0000000000000000: 00000002 00000000 00010000 0005 01 30005 /run/smcroute\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 30006\n";
    EXPECT((listener_inodes(kUnix, "/run/smcroute") == Inodes{30001, 30005}));
    EXPECT((listener_inodes(kUnix, "/x /run/smcroute") == Inodes{30004}));
    EXPECT((listener_inodes(kUnix, "/run") == Inodes{}));
    EXPECT((listener_inodes("\n/run\n /run\n1 2 3 00010000 5 6 x /run", "/run") == Inodes{}));
}

TEST(holder_names_up_to_three_processes) {
    EXPECT_EQ(name_holder({}), "another process");
    EXPECT_EQ(name_holder({{"radvd", 9}}), "radvd (process 9)");
    EXPECT_EQ(name_holder({{"radvd", 9}, {"ndppd", 8}}), "radvd (process 9) or ndppd (process 8)");
    EXPECT_EQ(name_holder({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}),
              "a (process 1), b (process 2) or c (process 3)");
}

TEST(holder_prefers_known_multicast_routers) {
    EXPECT_EQ(name_holder({{"radvd", 9}, {"pimd", 1234}, {"ndppd", 8}}), "pimd (process 1234)");
}

}  // namespace smcroute
