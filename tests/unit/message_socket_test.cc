// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/message_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "os/passing.h"
#include "test.h"

namespace smcroute {

namespace {

constexpr auto kNone = MessageSocket::kNone;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string text_of(const MessageSocket::Message& message) {
    return {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
}

struct Bench {
    std::pair<MessageSocket, MessageSocket> ends = std::move(*MessageSocket::create_pair());
    MessageSocket& here = ends.first;
    std::optional<MessageSocket> there = std::move(ends.second);

    // What has arrived here; "nothing" if so, "end" at the end.
    std::string next() {
        const auto received = here.receive(kNone);
        return !received ? "end" : *received ? text_of(**received) : "nothing";
    }
};

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST(message_socket_keeps_messages_apart) {
    Bench bench;
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of("one"))));
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of("two"))));
    EXPECT_EQ(bench.next(), "one");
    EXPECT_EQ(bench.next(), "two");
    EXPECT_EQ(bench.next(), "nothing");
}

TEST(message_socket_carries_descriptors_that_no_child_inherits) {
    Bench bench;
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    const UniqueFd in(pipe_ends[0]);
    const UniqueFd out(pipe_ends[1]);
    EXPECT(static_cast<bool>(
        bench.there->send(kNone, bytes_of("x"), std::array{in.get(), out.get()})));
    auto received = bench.here.receive(MessageSocket::kForever);
    REQUIRE(received && *received);
    REQUIRE((**received).descriptors.size() == 2);
    const UniqueFd& copy = (**received).descriptors[1];
    EXPECT(copy.get() != out.get());
    EXPECT_EQ(fcntl(copy.get(), F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(write(copy.get(), "y", 1), ssize_t{1});
    char byte = 0;
    EXPECT_EQ(read(in.get(), &byte, 1), ssize_t{1});
}

TEST(message_socket_refuses_what_is_too_large) {
    Bench bench;
    const std::string most(MessageSocket::kMaxMessage, 'x');
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of(most))));
    const Status refused = bench.there->send(kNone, bytes_of(most + "x"));
    REQUIRE(!refused);
    EXPECT_EQ(refused.error().text,
              compose("cannot send to the other process: {}", strerror(EMSGSIZE)));
    EXPECT_EQ(bench.next(), most);
    EXPECT_EQ(bench.next(), "nothing");
}

TEST(message_socket_leaves_nothing_of_a_message_that_is_too_large) {
    Bench bench;
    const std::string too_long(MessageSocket::kMaxMessage + 1, 'x');
    REQUIRE(send(bench.there->fd(), too_long.data(), too_long.size(), 0) > 0);
    const std::vector<int> many(MessageSocket::kMaxDescriptors + 1, bench.there->fd());
    REQUIRE(send_passing(bench.there->fd(), bytes_of("x"), many, 0) > 0);
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of("after"))));
    EXPECT_EQ(bench.next(), "");
    EXPECT_EQ(bench.next(), "");
    EXPECT_EQ(bench.next(), "after");
    const auto after = bench.here.receive(std::chrono::milliseconds(1));
    EXPECT(after && !*after);
}

TEST(message_socket_tells_the_end_after_what_was_sent_before) {
    Bench bench;
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of("last words"))));
    bench.there.reset();
    EXPECT_EQ(bench.next(), "last words");
    EXPECT_EQ(bench.next(), "end");
    const Status refused = bench.here.send(kNone, bytes_of("x"));
    REQUIRE(!refused);
    EXPECT_EQ(refused.error().text, "the other process has ended");
    EXPECT_EQ(refused.error().status, ExitStatus::kUnavailable);
}

TEST(message_socket_tells_the_last_words_of_an_end_that_has_not_read_everything) {
    Bench bench;
    EXPECT(static_cast<bool>(bench.here.send(kNone, bytes_of("never read"))));
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of("last"))));
    EXPECT(static_cast<bool>(bench.there->send(kNone, bytes_of("words"))));
    bench.there.reset();
    EXPECT_EQ(bench.next(), "last");
    EXPECT_EQ(bench.next(), "words");
    EXPECT_EQ(bench.next(), "end");
    EXPECT_EQ(bench.next(), "end");
}

TEST(message_socket_does_not_wait_for_a_reader) {
    Bench bench;
    const std::string most(MessageSocket::kMaxMessage, 'x');
    Status status;
    int sent = 0;
    while (status && sent < 10'000) {
        status = bench.there->send(kNone, bytes_of(most));
        ++sent;
    }
    REQUIRE(!status);
    EXPECT_EQ(status.error().text,
              compose("cannot send to the other process: {}", strerror(EAGAIN)));
    EXPECT_EQ(status.error().status, ExitStatus::kSystem);
}

TEST(message_socket_ends_with_its_owner) {
    int fd = -1;
    {
        Bench bench;
        fd = bench.here.fd();
        EXPECT(is_open(fd));
    }
    EXPECT(!is_open(fd));
}

}  // namespace smcroute
