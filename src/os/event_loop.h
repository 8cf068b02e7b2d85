// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EventLoop: the one place where the daemon waits. It hands descriptor events to handlers, runs
// timers, and delivers signals like any other event. One thread; a wait ends only when there is
// something to do. What is urgent waits for one call at most, however much else a turn has to do.
//
// The invariant: a handler is called only for a registration that still stands. So a callback may
// unwatch, close and destroy anything, itself included, and events already fetched for it are
// dropped, even if its descriptor number has been given out again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

class Handler {
public:
    virtual ~Handler() = default;

    // `events` as epoll spells them: those asked for, and EPOLLERR and EPOLLHUP.
    virtual void on_event(uint32_t events) = 0;
};

// For whom it is enough to know that something happened.
class Callback final : public Handler {
public:
    explicit Callback(std::function<void()> action) : action_(std::move(action)) {}
    void on_event(uint32_t /*events*/) override { action_(); }

private:
    std::function<void()> action_;
};

using SignalHandler = std::function<void(int signal)>;

enum class TimerId : uint64_t { kNone };

class EventLoop {
public:
    using Clock = std::chrono::steady_clock;
    using TimeSource = Clock::time_point (*)();

    // A test may bring a clock of its own.
    static Result<EventLoop> create(TimeSource time_source = &Clock::now);

    // Calls the handler for these events, level-triggered unless they say otherwise, until
    // unwatch(). The handler must stay alive and the descriptor open until then.
    Status watch(int fd, uint32_t events, Handler& handler);
    // Watches for EPOLLIN one of the few descriptors that come before all others of a turn, and are
    // looked at again between its calls.
    Status watch_urgent(int fd, Handler& handler);
    // Other events for a descriptor that watch() watches, at once.
    Status change(int fd, uint32_t events);
    // Before the descriptor is closed. Harmless for one that is not watched.
    void unwatch(int fd);

    // Blocks these signals (see block_signals()) and calls the handler for each that arrives.
    // At most once for each loop.
    Status watch_signals(std::initializer_list<int> signals, SignalHandler handler);

    // Runs the action once, not before `when`. Timers run in order of their time, after the events
    // of their turn: run_at(now(), ...) in an event handler means "at the end of this turn". What a
    // timer's action adds runs in the next turn at the earliest.
    TimerId run_at(Clock::time_point when, std::function<void()> action);
    // Harmless for a timer that has run, and for kNone.
    void cancel(TimerId id);

    // The time at which this turn began.
    Clock::time_point now() const { return now_; }
    // How long it has taken so far.
    Clock::duration spent() const { return time_source_() - now_; }

    // Turns until stop(); the turn in which that is called is completed. A stop() before run()
    // counts.
    void run();
    void stop() { stopped_ = true; }
    // One turn that waits no longer than this. True if it called anything.
    bool run_once(std::chrono::milliseconds max_wait);

private:
    struct Registration {
        Handler* handler = nullptr;
        uint32_t events = 0;
        uint32_t generation = 0;
        bool urgent = false;
    };
    struct Timer {
        Clock::time_point when;
        TimerId id;
        std::function<void()> action;
    };

    friend class Lookout;

    EventLoop(UniqueFd epoll, TimeSource time_source);

    // Whether SIGIO is sent when a descriptor becomes urgent.
    void set_alarm(bool on);

    Registration* find(int fd);
    Registration* find(const epoll_event& event);
    int timeout_ms(std::chrono::milliseconds max_wait) const;
    bool dispatch(std::span<const epoll_event> events);
    bool is_urgent(const epoll_event& event);
    bool call(const epoll_event& event);
    void dispatch_urgent();
    bool run_due_timers(bool called);

    UniqueFd epoll_;
    TimeSource time_source_;
    Clock::time_point now_;
    std::vector<Registration> by_fd_;
    std::vector<pollfd> urgent_;  // those of by_fd_ that are so
    std::vector<Timer> timers_;   // latest first
    std::unique_ptr<Handler> signals_;
    uint64_t next_timer_ = 1;
    uint32_t next_generation_ = 1;
    bool stopped_ = false;
};

// Looks out for what becomes urgent, on behalf of work so long that it should break off for it.
// Asking between its parts costs nothing, since the kernel tells by SIGIO (O_ASYNC in open(2)); to
// begin and to end take some microseconds. One at a time.
class Lookout {
public:
    // For work that nobody waits for: sees nothing.
    Lookout() = default;
    // Borrows the loop.
    explicit Lookout(EventLoop& loop);
    ~Lookout();
    Lookout(const Lookout&) = delete;
    Lookout& operator=(const Lookout&) = delete;

    // Something has become urgent that the loop has not found yet.
    bool sees_urgent() const;

private:
    EventLoop* loop_ = nullptr;
};

// Blocks these signals, for whatever way this process was started: an inherited SIG_IGN is undone,
// since with it children would vanish without a status. Ignores SIGPIPE. Call it before the first
// fork, so that no signal finds the process unprepared.
void block_signals(std::initializer_list<int> signals);

// For a daemon, instead of block_signals(): no other signal shall end it either, be it SIGQUIT,
// SIGUSR1 or a real-time one. What marks a bug (SIGSEGV, SIGABRT and their like) stays deadly, and
// job control, as of Ctrl-Z, stays what it is.
void block_signals_and_ignore_others(std::initializer_list<int> signals);

}  // namespace smcroute
