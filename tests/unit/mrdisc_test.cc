// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/mrdisc.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

EventLoop::Clock::time_point hand_time;
EventLoop::Clock::time_point read_hand_time() { return hand_time; }

// Sockets that write down what happens to them.
struct FakeSockets final : public MrdiscSockets {
    struct Socket final : public MrdiscSocket {
        Socket(FakeSockets& owner, std::string label)
            : sockets(owner),
              name(std::move(label)),
              event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
            sockets.all.insert(this);
        }
        ~Socket() override {
            sockets.all.erase(this);
            sockets.lines.push_back(compose("{} closed", name));
        }
        int fd() const override { return event.get(); }
        int send(const MrdiscMessage& message) override {
            const bool termination = message.type == MrdiscMessage::Type::kTermination;
            sockets.lines.push_back(
                compose("{}{}", name, termination ? " termination" : " advertisement"));
            return sockets.send_error;
        }
        bool take_solicitations() override {
            uint64_t count = 0;
            return read(event.get(), &count, sizeof count) == sizeof count;
        }

        FakeSockets& sockets;
        std::string name;
        UniqueFd event;
    };

    Result<std::unique_ptr<MrdiscSocket>> open(Family family, const Interface& interface) override {
        const std::string name = compose("{} {}", interface.name.view(), to_string(family));
        if (refused == family) {
            return Error{compose("cannot open {}", name)};
        }
        lines.push_back(compose("{} opened", name));
        return std::unique_ptr<MrdiscSocket>(std::make_unique<Socket>(*this, name));
    }

    Lines take_lines() { return std::exchange(lines, {}); }
    void solicit() const {
        for (const Socket* const socket : all) {
            const uint64_t one = 1;
            EXPECT(write(socket->fd(), &one, sizeof one) == sizeof one);
        }
    }

    Lines lines;
    std::set<Socket*> all;
    std::optional<Family> refused;
    int send_error = 0;
};

Interface interface(std::string_view name, unsigned ifindex, bool up = true) {
    return {.name = *IfName::parse(name), .ifindex = ifindex, .up = up, .multicast = true};
}

std::vector<std::string> warnings;
void tap(LogLevel /*level*/, std::string_view line) { warnings.emplace_back(line); }

struct Bed {
    Bed() {
        warnings.clear();
        log_open(LogSink::kStderr, LogLevel::kWarning, "smcroute");
        log_tap(&tap);
    }
    ~Bed() {
        log_tap(nullptr);
        log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
    }

    static EventLoop make_loop() {
        hand_time = EventLoop::Clock::time_point(std::chrono::hours(1));
        auto loop = EventLoop::create(&read_hand_time);
        return std::move(*loop);
    }
    void set(Family family, const std::vector<Interface>& interfaces) {
        mrdisc.set_interfaces(family, interfaces, loop.now());
    }
    // How many turns of the loop had something to do.
    int pass(seconds time) {
        int turns = 0;
        for (const auto end = hand_time + time; hand_time < end; hand_time += milliseconds(100)) {
            turns += loop.run_once(milliseconds(0)) ? 1 : 0;
        }
        return turns;
    }

    EventLoop loop = make_loop();
    FakeSockets sockets;
    Mrdisc mrdisc{loop, sockets, seconds(20)};
};

}  // namespace

TEST(mrdisc_without_interfaces_opens_nothing_and_never_wakes) {
    Bed bed;
    bed.set(Family::kIpv4, {});
    bed.set(Family::kIpv6, {interface("eth0", 2, false)});
    EXPECT_EQ(bed.pass(seconds(100)), 0);
    EXPECT_EQ(bed.sockets.lines, Lines{});
}

TEST(mrdisc_announces_on_each_family_and_wakes_for_nothing_else) {
    Bed bed;
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    EXPECT_EQ(bed.pass(seconds(10)), 3);
    EXPECT_EQ(bed.sockets.take_lines(),
              (Lines{"eth0 IPv4 opened", "eth0 IPv4 advertisement", "eth0 IPv4 advertisement",
                     "eth0 IPv4 advertisement"}));
    bed.set(Family::kIpv6, {interface("eth0", 2)});
    EXPECT_EQ(bed.pass(seconds(10)), 3);
    EXPECT_EQ(bed.sockets.take_lines(),
              (Lines{"eth0 IPv6 opened", "eth0 IPv6 advertisement", "eth0 IPv6 advertisement",
                     "eth0 IPv6 advertisement"}));
}

TEST(mrdisc_with_the_same_interfaces_does_nothing) {
    Bed bed;
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    bed.sockets.refused = Family::kIpv4;
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    EXPECT_EQ(bed.sockets.lines, Lines{"eth0 IPv4 opened"});
}

TEST(mrdisc_says_goodbye_before_it_closes_a_socket) {
    Bed bed;
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    bed.set(Family::kIpv4, {});
    EXPECT_EQ(bed.sockets.lines,
              (Lines{"eth0 IPv4 opened", "eth0 IPv4 termination", "eth0 IPv4 closed"}));
    EXPECT_EQ(bed.pass(seconds(100)), 0);
}

TEST(mrdisc_says_goodbye_at_its_end) {
    FakeSockets sockets;
    {
        EventLoop loop = Bed::make_loop();
        Mrdisc mrdisc(loop, sockets, seconds(20));
        mrdisc.set_interfaces(Family::kIpv4, {interface("eth0", 2)}, loop.now());
    }
    EXPECT_EQ(sockets.lines,
              (Lines{"eth0 IPv4 opened", "eth0 IPv4 termination", "eth0 IPv4 closed"}));
}

TEST(mrdisc_closes_the_socket_of_an_interface_that_is_down_and_opens_it_again) {
    Bed bed;
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    bed.set(Family::kIpv4, {interface("eth0", 2, false)});
    EXPECT_EQ(bed.pass(seconds(100)), 0);
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    EXPECT_EQ(bed.sockets.lines,
              (Lines{"eth0 IPv4 opened", "eth0 IPv4 closed", "eth0 IPv4 opened"}));
}

TEST(mrdisc_opens_a_new_socket_for_an_interface_that_was_created_again) {
    Bed bed;
    bed.set(Family::kIpv6, {interface("eth0", 2)});
    bed.set(Family::kIpv6, {interface("eth0", 7)});
    EXPECT_EQ(bed.sockets.lines, (Lines{"eth0 IPv6 opened", "eth0 IPv6 opened",
                                        "eth0 IPv6 termination", "eth0 IPv6 closed"}));
}

TEST(mrdisc_answers_a_solicitation) {
    Bed bed;
    bed.set(Family::kIpv4, {interface("eth0", 2), interface("eth1", 3)});
    bed.pass(seconds(10));
    bed.sockets.take_lines();
    bed.sockets.solicit();
    bed.pass(seconds(3));
    Lines answers = bed.sockets.take_lines();
    std::sort(answers.begin(), answers.end());
    EXPECT_EQ(answers, (Lines{"eth0 IPv4 advertisement", "eth1 IPv4 advertisement"}));
}

TEST(mrdisc_leaves_out_what_cannot_be_opened_and_tries_again_when_interfaces_change) {
    Bed bed;
    bed.sockets.refused = Family::kIpv6;
    bed.set(Family::kIpv6, {interface("eth0", 2)});
    bed.set(Family::kIpv6, {interface("eth0", 2)});
    EXPECT_EQ(warnings, Lines{"cannot open eth0 IPv6"});
    EXPECT_EQ(bed.pass(seconds(100)), 0);
    bed.sockets.refused.reset();
    bed.set(Family::kIpv6, {interface("eth0", 2), interface("eth1", 3)});
    EXPECT_EQ(bed.sockets.lines, (Lines{"eth0 IPv6 opened", "eth1 IPv6 opened"}));
}

TEST(mrdisc_logs_a_failure_to_send_once) {
    Bed bed;
    bed.set(Family::kIpv4, {interface("eth0", 2)});
    bed.set(Family::kIpv4, {interface("wan0", 2)});
    bed.sockets.send_error = ENOBUFS;
    bed.pass(seconds(100));
    EXPECT_EQ(warnings, Lines{"cannot announce a multicast router on wan0 (IPv4): "
                              "No buffer space available"});
}

TEST(mrdisc_does_not_mind_an_interface_without_ipv6_address_nor_a_goodbye_that_fails) {
    Bed bed;
    bed.set(Family::kIpv6, {interface("eth0", 2)});
    bed.sockets.send_error = EADDRNOTAVAIL;
    bed.pass(seconds(10));
    bed.sockets.send_error = ENODEV;
    bed.mrdisc.stop();
    EXPECT_EQ(warnings, Lines{});
}

}  // namespace smcroute
