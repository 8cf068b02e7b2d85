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
    std::string dropped;

    // Its number.
    int add(uint32_t id, const char* name) {
        UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
        const int number = fd.get();
        sockets.add(id, {name, std::move(fd)});
        return number;
    }
    void drop(uint32_t id) {
        sockets.drop(id, [this](const HeldSockets::Held& held) { note(held); });
    }
    void drop_older() {
        sockets.drop_older([this](const HeldSockets::Held& held) { note(held); });
    }
    std::string names() const {
        std::string text;
        sockets.for_each([&text](const HeldSockets::Held& held) { text += held.name; });
        return text;
    }

private:
    void note(const HeldSockets::Held& held) {
        dropped += held.name;
        EXPECT(is_open(held.socket.get()));  // told before
    }
};

}  // namespace

TEST(held_sockets_are_dropped_one_by_one_and_closed) {
    Bench bench;
    bench.sockets.begin_generation();
    const int a = bench.add(1, "a");
    const int b = bench.add(2, "b");
    bench.drop(1);
    EXPECT(!is_open(a) && is_open(b));
    bench.drop(1);
    bench.drop(3);
    EXPECT_EQ(bench.dropped, "a");
    EXPECT_EQ(bench.names(), "b");
}

TEST(held_sockets_of_a_dead_worker_are_not_its_successors_to_drop) {
    Bench bench;
    bench.sockets.begin_generation();
    const int a = bench.add(1, "a");
    bench.sockets.begin_generation();
    const int b = bench.add(1, "b");
    bench.drop(1);
    EXPECT(is_open(a) && !is_open(b));
    EXPECT_EQ(bench.dropped, "b");
}

TEST(held_sockets_of_all_dead_workers_go_together_the_newest_first) {
    Bench bench;
    for (const char* const names : {"ab", "cd"}) {
        bench.sockets.begin_generation();
        bench.add(1, std::string(names, 1).c_str());
        bench.add(2, names + 1);
    }
    bench.sockets.begin_generation();
    const int e = bench.add(1, "e");
    bench.drop_older();
    EXPECT_EQ(bench.dropped, "dcba");
    EXPECT(is_open(e));
    bench.drop_older();
    EXPECT_EQ(bench.names(), "e");
}

TEST(held_sockets_that_were_handed_over_belong_to_no_worker_of_ours) {
    Bench bench;
    bench.add(1, "a");
    bench.sockets.begin_generation();
    bench.add(1, "b");
    bench.drop_older();
    EXPECT_EQ(bench.dropped, "a");
    EXPECT_EQ(bench.names(), "b");
}

TEST(held_sockets_close_all_at_their_end) {
    int a;
    int b;
    {
        Bench bench;
        a = bench.add(1, "a");
        bench.sockets.begin_generation();
        b = bench.add(1, "b");
    }
    EXPECT(!is_open(a) && !is_open(b));
}

}  // namespace smcroute
