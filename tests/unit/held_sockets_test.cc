// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/held_sockets.h"

#include <string>

#include <fcntl.h>

#include "test.h"

namespace smcroute {

namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

struct Bench {
    HeldSockets sockets;

    // Its number.
    int add(uint32_t id, const char* name) {
        UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
        const int number = fd.get();
        sockets.add(id, {name, std::move(fd)});
        return number;
    }
    std::string names() const {
        std::string text;
        sockets.for_each([&text](uint32_t id, const HeldSockets::Held& held) {
            text += std::to_string(id) + held.name;
        });
        return text;
    }
};

}  // namespace

TEST(held_sockets_are_taken_one_by_one) {
    Bench bench;
    const int a = bench.add(1, "a");
    const int b = bench.add(2, "b");
    EXPECT_EQ(bench.sockets.take(1).name, "a");
    EXPECT(!is_open(a) && is_open(b));
    EXPECT_EQ(bench.sockets.take(1).name, "");
    EXPECT(!bench.sockets.take(3).socket);
    EXPECT_EQ(bench.names(), "2b");
}

TEST(held_sockets_have_room_for_another_id_above_all) {
    Bench bench;
    EXPECT_EQ(bench.sockets.next_id(), 1U);
    bench.add(7, "a");
    bench.add(3, "b");
    EXPECT_EQ(bench.sockets.next_id(), 8U);
    EXPECT_EQ(bench.names(), "3b7a");
}

TEST(held_sockets_close_all_at_their_end) {
    int a;
    int b;
    {
        Bench bench;
        a = bench.add(1, "a");
        b = bench.add(2, "b");
    }
    EXPECT(!is_open(a) && !is_open(b));
}

}  // namespace smcroute
