// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/event_loop.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/text.h"
#include "os/child.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::milliseconds;
using Clock = EventLoop::Clock;

// A clock that only the test moves.
Clock::time_point hand_time;
Clock::time_point read_hand_time() { return hand_time; }

EventLoop make_loop() {
    hand_time = Clock::time_point(std::chrono::hours(1));
    auto loop = EventLoop::create(&read_hand_time);
    return std::move(*loop);
}

struct Pair {
    Pair() {
        std::array<int, 2> ends{-1, -1};
        EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
               0);
        near.reset(ends[0]);
        far.reset(ends[1]);
    }
    int fd() const { return near.get(); }
    void make_readable() const { EXPECT(write(far.get(), "x", 1) == 1); }
    void take() const {
        std::array<char, 64> bytes;
        EXPECT(read(near.get(), bytes.data(), bytes.size()) > 0);
    }

    UniqueFd near;
    UniqueFd far;
};

struct CallHandler : Handler {
    void on_event(uint32_t events) override {
        ++calls;
        last_events = events;
        if (action) {
            action();
        }
    }

    std::function<void()> action;
    int calls = 0;
    uint32_t last_events = 0;
};

// Puts the process's signals back as they were.
struct SignalState {
    SignalState() {
        sigprocmask(SIG_SETMASK, nullptr, &mask);
        for (size_t i = 1; i < actions.size(); ++i) {
            sigaction(static_cast<int>(i), nullptr, &actions[i]);
        }
    }
    ~SignalState() {
        for (size_t i = 1; i < actions.size(); ++i) {
            sigaction(static_cast<int>(i), &actions[i], nullptr);
        }
        sigprocmask(SIG_SETMASK, &mask, nullptr);
    }

    sigset_t mask;
    std::array<struct sigaction, 65> actions{};
};

}  // namespace

TEST(event_loop_calls_the_handler_with_the_events) {
    EventLoop loop = make_loop();
    const Pair pair;
    CallHandler handler;
    REQUIRE(loop.watch(pair.fd(), EPOLLIN, handler));
    EXPECT(!loop.run_once(milliseconds(0)));
    pair.make_readable();
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT_EQ(handler.calls, 1);
    EXPECT_EQ(handler.last_events, uint32_t{EPOLLIN});
}

TEST(event_loop_reports_what_cannot_be_watched) {
    EventLoop loop = make_loop();
    CallHandler handler;
    const Status watched = loop.watch(-1, EPOLLIN, handler);
    REQUIRE(!watched);
    EXPECT_EQ(watched.error().text, "cannot watch a descriptor: Bad file descriptor");
}

TEST(event_loop_change_selects_other_events) {
    EventLoop loop = make_loop();
    const Pair pair;
    CallHandler handler;
    REQUIRE(loop.watch(pair.fd(), EPOLLIN, handler));
    pair.make_readable();
    REQUIRE(loop.change(pair.fd(), 0));
    EXPECT(!loop.run_once(milliseconds(0)));
    REQUIRE(loop.change(pair.fd(), EPOLLOUT));
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT_EQ(handler.last_events, uint32_t{EPOLLOUT});
}

TEST(event_loop_tells_of_a_hang_up_unasked) {
    EventLoop loop = make_loop();
    Pair pair;
    CallHandler handler;
    REQUIRE(loop.watch(pair.fd(), 0, handler));
    pair.far.reset();
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT_EQ(handler.last_events, uint32_t{EPOLLHUP});
}

TEST(event_loop_unwatch_ends_the_calls) {
    EventLoop loop = make_loop();
    const Pair pair;
    CallHandler handler;
    REQUIRE(loop.watch(pair.fd(), EPOLLIN, handler));
    pair.make_readable();
    loop.unwatch(pair.fd());
    loop.unwatch(pair.fd());
    loop.unwatch(-1);
    EXPECT(!loop.run_once(milliseconds(0)));
    EXPECT_EQ(handler.calls, 0);
}

TEST(event_loop_handler_may_destroy_itself) {
    EventLoop loop = make_loop();
    auto pair = std::make_unique<Pair>();
    auto handler = std::make_unique<CallHandler>();
    REQUIRE(loop.watch(pair->fd(), EPOLLIN, *handler));
    pair->make_readable();
    handler->action = [&] {
        loop.unwatch(pair->fd());
        pair.reset();
        // The closure goes with the handler, so nothing of it is used after this.
        handler.reset();
    };
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT(handler == nullptr);
    EXPECT(!loop.run_once(milliseconds(0)));
}

TEST(event_loop_handler_may_destroy_another_whose_event_is_already_fetched) {
    EventLoop loop = make_loop();
    std::array<Pair, 2> pairs;
    std::array<std::unique_ptr<CallHandler>, 2> handlers;
    int calls = 0;
    for (size_t i = 0; i < 2; ++i) {
        handlers[i] = std::make_unique<CallHandler>();
        handlers[i]->action = [&, other = 1 - i] {
            ++calls;
            loop.unwatch(pairs[other].fd());
            handlers[other].reset();
        };
        REQUIRE(loop.watch(pairs[i].fd(), EPOLLIN, *handlers[i]));
        pairs[i].make_readable();
    }
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT_EQ(calls, 1);
}

TEST(event_loop_drops_a_fetched_event_when_its_number_has_a_new_owner) {
    EventLoop loop = make_loop();
    std::array<Pair, 2> pairs;
    std::array<CallHandler, 2> handlers;
    CallHandler successor;
    for (size_t i = 0; i < 2; ++i) {
        handlers[i].action = [&, other = 1 - i] {
            loop.unwatch(pairs[other].fd());
            EXPECT(loop.watch(pairs[other].fd(), EPOLLIN, successor));
        };
        REQUIRE(loop.watch(pairs[i].fd(), EPOLLIN, handlers[i]));
        pairs[i].make_readable();
    }
    loop.run_once(milliseconds(0));
    EXPECT_EQ(handlers[0].calls + handlers[1].calls, 1);
    EXPECT_EQ(successor.calls, 0);
}

TEST(event_loop_drops_a_fetched_event_that_is_no_longer_wanted) {
    EventLoop loop = make_loop();
    std::array<Pair, 2> pairs;
    std::array<CallHandler, 2> handlers;
    for (size_t i = 0; i < 2; ++i) {
        handlers[i].action = [&, other = 1 - i] { EXPECT(loop.change(pairs[other].fd(), 0)); };
        REQUIRE(loop.watch(pairs[i].fd(), EPOLLIN, handlers[i]));
        pairs[i].make_readable();
    }
    loop.run_once(milliseconds(0));
    EXPECT_EQ(handlers[0].calls + handlers[1].calls, 1);
}

TEST(event_loop_serves_more_descriptors_than_one_batch_holds) {
    EventLoop loop = make_loop();
    std::vector<Pair> pairs(100);
    CallHandler handler;
    for (const Pair& pair : pairs) {
        REQUIRE(loop.watch(pair.fd(), EPOLLIN | EPOLLET, handler));
        pair.make_readable();
    }
    while (loop.run_once(milliseconds(0))) {
    }
    EXPECT_EQ(handler.calls, 100);
}

TEST(timer_does_not_run_before_its_time) {
    EventLoop loop = make_loop();
    int runs = 0;
    loop.run_at(loop.now() + milliseconds(5), [&] { ++runs; });
    hand_time += milliseconds(4);
    EXPECT(!loop.run_once(milliseconds(0)));
    hand_time += milliseconds(1);
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT(!loop.run_once(milliseconds(0)));
    EXPECT_EQ(runs, 1);
}

TEST(timers_run_in_order_of_time_then_of_creation) {
    EventLoop loop = make_loop();
    std::string order;
    const auto start = loop.now();
    loop.run_at(start + milliseconds(3), [&] { order += "d"; });
    loop.run_at(start + milliseconds(1), [&] { order += "b"; });
    loop.run_at(start + milliseconds(1), [&] { order += "c"; });
    loop.run_at(start - milliseconds(1), [&] { order += "a"; });
    hand_time += milliseconds(3);
    loop.run_once(milliseconds(0));
    EXPECT_EQ(order, "abcd");
}

TEST(cancelled_timer_does_not_run) {
    EventLoop loop = make_loop();
    std::string order;
    const TimerId first = loop.run_at(loop.now(), [&] { order += "a"; });
    TimerId second = TimerId::kNone;
    loop.run_at(loop.now(), [&] {
        order += "b";
        loop.cancel(second);
    });
    second = loop.run_at(loop.now(), [&] { order += "c"; });
    loop.cancel(first);
    loop.cancel(TimerId::kNone);
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT(!loop.run_once(milliseconds(0)));
    EXPECT_EQ(order, "b");
}

TEST(timer_added_by_a_timer_waits_for_the_next_turn) {
    EventLoop loop = make_loop();
    int runs = 0;
    std::function<void()> again = [&] {
        ++runs;
        loop.run_at(loop.now() - milliseconds(1), again);
    };
    loop.run_at(loop.now(), again);
    loop.run_at(loop.now(), [&] { EXPECT_EQ(runs, 1); });
    loop.run_once(milliseconds(0));
    EXPECT_EQ(runs, 1);
    loop.run_once(milliseconds(0));
    EXPECT_EQ(runs, 2);
}

TEST(timer_for_now_runs_after_all_events_of_the_turn) {
    EventLoop loop = make_loop();
    std::array<Pair, 3> pairs;
    CallHandler handler;
    int calls_before_timer = 0;
    handler.action = [&] { loop.run_at(loop.now(), [&] { calls_before_timer = handler.calls; }); };
    for (const Pair& pair : pairs) {
        REQUIRE(loop.watch(pair.fd(), EPOLLIN, handler));
        pair.make_readable();
    }
    loop.run_once(milliseconds(0));
    EXPECT_EQ(calls_before_timer, 3);
}

TEST(event_loop_handles_what_is_urgent_before_all_else) {
    EventLoop loop = make_loop();
    const std::array<Pair, 3> pairs;
    CallHandler handler;
    CallHandler on_urgent;
    std::string order;
    handler.action = [&order] { order += "w"; };
    on_urgent.action = [&] {
        order += "u";
        pairs[2].take();
    };
    REQUIRE(loop.watch(pairs[0].fd(), EPOLLIN, handler));
    REQUIRE(loop.watch(pairs[1].fd(), EPOLLIN, handler));
    REQUIRE(loop.watch_urgent(pairs[2].fd(), on_urgent));
    for (const Pair& pair : pairs) {
        pair.make_readable();
    }
    loop.run_at(loop.now(), [&order] { order += "t"; });
    loop.run_once(milliseconds(0));
    EXPECT_EQ(order, "uwwt");
}

TEST(event_loop_lets_what_is_urgent_wait_for_one_call_at_most) {
    EventLoop loop = make_loop();
    const Pair urgent;
    CallHandler on_urgent;
    std::string order;
    on_urgent.action = [&] {
        order += "u";
        urgent.take();
    };
    REQUIRE(loop.watch_urgent(urgent.fd(), on_urgent));
    const auto work = [&] {
        order += "w";
        urgent.make_readable();
    };
    std::array<Pair, 3> pairs;
    CallHandler handler;
    handler.action = work;
    for (const Pair& pair : pairs) {
        REQUIRE(loop.watch(pair.fd(), EPOLLIN, handler));
        pair.make_readable();
    }
    loop.run_at(loop.now(), work);
    loop.run_at(loop.now(), work);
    loop.run_once(milliseconds(0));
    EXPECT_EQ(order, "wuwuwuwuw");
    order.clear();
    loop.run_once(milliseconds(0));
    EXPECT_EQ(order, "uwuwuw");
}

TEST(lookout_sees_what_becomes_urgent_while_it_looks_and_what_was_before) {
    EventLoop loop = make_loop();
    const Pair urgent;
    CallHandler handler;
    REQUIRE(loop.watch_urgent(urgent.fd(), handler));
    {
        const Lookout lookout(loop);
        EXPECT(!lookout.sees_urgent());
        urgent.make_readable();
        EXPECT(lookout.sees_urgent());
    }
    {
        const Lookout lookout(loop);
        EXPECT(lookout.sees_urgent());
        urgent.take();
    }
    const Lookout lookout(loop);
    EXPECT(!lookout.sees_urgent());
    EXPECT_EQ(handler.calls, 0);
}

TEST(lookout_sees_nothing_else_and_leaves_the_kernel_to_tell_nobody) {
    EventLoop loop = make_loop();
    const Pair urgent;
    const Pair other;
    CallHandler handler;
    const int flags = fcntl(urgent.fd(), F_GETFL);
    // Left so by somebody who was killed meanwhile.
    REQUIRE(fcntl(urgent.fd(), F_SETFL, flags | O_ASYNC) == 0);
    REQUIRE(loop.watch_urgent(urgent.fd(), handler));
    EXPECT_EQ(fcntl(urgent.fd(), F_GETFL), flags);
    REQUIRE(loop.watch(other.fd(), EPOLLIN, handler));
    {
        const Lookout lookout(loop);
        other.make_readable();
        EXPECT(!lookout.sees_urgent());
        EXPECT_EQ(fcntl(urgent.fd(), F_GETFL), flags | O_ASYNC);
        EXPECT_EQ(fcntl(other.fd(), F_GETFL) & O_ASYNC, 0);
    }
    EXPECT_EQ(fcntl(urgent.fd(), F_GETFL), flags);
    EXPECT(!Lookout().sees_urgent());
}

TEST(event_loop_goes_on_with_the_rest_though_something_is_always_urgent) {
    EventLoop loop = make_loop();
    const std::array<Pair, 3> pairs;
    CallHandler on_urgent;
    CallHandler handler;
    int timers = 0;
    REQUIRE(loop.watch_urgent(pairs[0].fd(), on_urgent));
    REQUIRE(loop.watch(pairs[1].fd(), EPOLLIN, handler));
    REQUIRE(loop.watch(pairs[2].fd(), EPOLLIN, handler));
    for (const Pair& pair : pairs) {
        pair.make_readable();
    }
    for (int i = 0; i < 2; ++i) {
        loop.run_at(loop.now(), [&timers] { ++timers; });
    }
    loop.run_once(milliseconds(0));
    EXPECT_EQ(handler.calls, 2);
    EXPECT_EQ(timers, 2);
}

TEST(event_loop_urgent_handlers_may_unwatch_each_other_and_cancel_the_next_timer) {
    EventLoop loop = make_loop();
    const std::array<Pair, 2> pairs;
    std::array<CallHandler, 2> handlers;
    int runs = 0;
    TimerId last = TimerId::kNone;
    loop.run_at(loop.now(), [&] {
        pairs[0].make_readable();
        pairs[1].make_readable();
    });
    last = loop.run_at(loop.now(), [&runs] { ++runs; });
    for (size_t i = 0; i < pairs.size(); ++i) {
        handlers[i].action = [&] {
            loop.unwatch(pairs[0].fd());
            loop.unwatch(pairs[1].fd());
            loop.cancel(last);
        };
        REQUIRE(loop.watch_urgent(pairs[i].fd(), handlers[i]));
    }
    loop.run_once(milliseconds(0));
    EXPECT_EQ(handlers[0].calls + handlers[1].calls, 1);
    EXPECT_EQ(runs, 0);
    EXPECT(!loop.run_once(milliseconds(0)));
}

TEST(event_loop_reads_the_clock_once_per_turn) {
    EventLoop loop = make_loop();
    const auto start = loop.now();
    hand_time += milliseconds(7);
    EXPECT(loop.now() == start);
    loop.run_at(start, [&] {
        hand_time += milliseconds(7);
        EXPECT(loop.now() == start + milliseconds(7));
    });
    loop.run_once(milliseconds(0));
    EXPECT(loop.now() == start + milliseconds(7));
}

TEST(event_loop_sleeps_until_its_timer_and_stops_when_told) {
    auto created = EventLoop::create();
    REQUIRE(created);
    EventLoop& loop = *created;
    const auto due = Clock::now() + std::chrono::microseconds(1500);
    int turns_for_nothing = 0;
    loop.run_at(due, [&] {
        EXPECT(Clock::now() >= due);
        loop.stop();
    });
    while (!loop.run_once(milliseconds::max())) {
        ++turns_for_nothing;
    }
    EXPECT_EQ(turns_for_nothing, 0);
}

TEST(event_loop_stop_before_run_counts) {
    EventLoop loop = make_loop();
    loop.stop();
    loop.run();
    loop.run_at(loop.now(), [&] { loop.stop(); });
    loop.run();
}

TEST(event_loop_delivers_signals_as_events) {
    const SignalState saved;
    EventLoop loop = make_loop();
    std::vector<std::string> names;
    const auto note = [&](int number) { names.push_back(std::to_string(number)); };
    REQUIRE(loop.watch_signals({SIGHUP, SIGUSR1}, note));
    raise(SIGHUP);
    raise(SIGUSR1);
    raise(SIGHUP);
    EXPECT(names.empty());
    EXPECT(loop.run_once(milliseconds(0)));
    EXPECT(!loop.run_once(milliseconds(0)));
    EXPECT_EQ(names, (std::vector<std::string>{std::to_string(SIGHUP), std::to_string(SIGUSR1)}));
}

TEST(event_loop_delivers_signals_that_were_ignored_before) {
    const SignalState saved;
    signal(SIGHUP, SIG_IGN);
    EventLoop loop = make_loop();
    int calls = 0;
    REQUIRE(loop.watch_signals({SIGHUP}, [&](int) { ++calls; }));
    raise(SIGHUP);
    loop.run_once(milliseconds(0));
    EXPECT_EQ(calls, 1);
}

TEST(signals_blocked_before_the_loop_are_not_lost) {
    const SignalState saved;
    block_signals({SIGHUP});
    raise(SIGHUP);
    EventLoop loop = make_loop();
    int calls = 0;
    REQUIRE(loop.watch_signals({SIGHUP}, [&](int) { ++calls; }));
    loop.run_once(milliseconds(0));
    EXPECT_EQ(calls, 1);
}

// How a child ends that is a daemon in this and sends itself these signals.
std::string end_of_daemon_that_gets(std::initializer_list<int> signals) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit none{};
        setrlimit(RLIMIT_CORE, &none);
        for (const int number : signals) {
            signal(number, SIG_DFL);  // a sanitizer has taken some
        }
        block_signals_and_ignore_others({SIGHUP});
        for (const int number : signals) {
            kill(getpid(), number);
        }
        sigset_t pending;
        sigpending(&pending);
        _exit(sigismember(&pending, SIGHUP));
    }
    const std::optional<int> status = wait_for_exit(child);
    return status ? describe_exit(*status) : "";
}

TEST(a_daemon_keeps_what_it_watches_and_ends_by_no_other_signal) {
    EXPECT_EQ(end_of_daemon_that_gets({SIGHUP}), "exited with status 1");
    const std::array own = {SIGHUP,  SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
                            SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT};
    for (int number = 1; number <= SIGRTMAX; ++number) {
        if (std::find(own.begin(), own.end(), number) == own.end()) {
            EXPECT_EQ(compose("{} {}", number, end_of_daemon_that_gets({number})),
                      compose("{} exited with status 0", number));
        }
    }
}

TEST(signals_that_mark_a_bug_stay_deadly) {
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) {
        EXPECT_EQ(end_of_daemon_that_gets({number}), describe_exit(number));
    }
}

}  // namespace smcroute
