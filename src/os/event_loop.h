// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EventLoop: the one place where the daemon waits. It passes descriptor events to handlers, runs
// timers, and delivers signals like any other event. One thread; a wait ends only when there is
// something to do. An urgent descriptor waits for one call at most, however much else a turn has to
// do.
//
// The invariant: a handler is called only while its registration exists. So a callback may unwatch,
// close and destroy anything, itself included, and events already fetched for it are dropped, even
// if its descriptor number has been reused.
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

    // `events` are epoll flags: those asked for, and EPOLLERR and EPOLLHUP.
    virtual void on_event(uint32_t events) = 0;
};

// For code that only needs to know that something happened.
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

    // A test may use its own clock.
    static Result<EventLoop> create(TimeSource time_source = &Clock::now);

    // Calls the handler for these events, level-triggered unless the flags say otherwise, until
    // unwatch(). The handler must stay alive and the descriptor open until then.
    Status watch(int fd, uint32_t events, Handler& handler);
    // Watches for EPOLLIN one of the few descriptors that are handled before all others of a turn,
    // and are checked again between its calls.
    Status watch_urgent(int fd, Handler& handler);
    // Changes the events of a descriptor that watch() watches, with immediate effect.
    Status change(int fd, uint32_t events);
    // Call it before the descriptor is closed. Harmless for one that is not watched.
    void unwatch(int fd);

    // Blocks these signals (see block_signals()) and calls the handler for each that arrives.
    // At most once for each loop.
    Status watch_signals(std::initializer_list<int> signals, SignalHandler handler);

    // Runs the action once, not before `when`. Timers run in order of their time, after the events
    // of their turn: run_at(now(), ...) in an event handler means "at the end of this turn". A
    // timer added by a timer's action runs in the next turn at the earliest.
    TimerId run_at(Clock::time_point when, std::function<void()> action);
    // Harmless for a timer that has run, and for kNone.
    void cancel(TimerId id);

    // The time at which this turn began.
    Clock::time_point now() const { return now_; }
    // How long this turn has taken so far.
    Clock::duration spent() const { return time_source_() - now_; }

    // Runs turns until stop(); the turn that calls it is completed. A stop() before run() counts.
    void run();
    void stop() { stopped_ = true; }
    // Runs one turn that waits no longer than this. True if it called anything.
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
    std::vector<pollfd> urgent_;  // the urgent ones of by_fd_
    std::vector<Timer> timers_;   // latest first
    std::unique_ptr<Handler> signals_;
    uint64_t next_timer_ = 1;
    uint32_t next_generation_ = 1;
    bool stopped_ = false;
};

// Watches for urgent events on behalf of long work, which should then be interrupted. Asking
// between the parts of the work costs nothing, since the kernel reports by SIGIO (O_ASYNC in
// open(2)); creating and destroying a Lookout takes some microseconds. Only one at a time.
class Lookout {
public:
    // For work that nobody waits for: never sees anything.
    Lookout() = default;
    // Borrows the loop.
    explicit Lookout(EventLoop& loop);
    ~Lookout();
    Lookout(const Lookout&) = delete;
    Lookout& operator=(const Lookout&) = delete;

    // Whether something has become urgent that the loop has not handled yet.
    bool sees_urgent() const;

private:
    EventLoop* loop_ = nullptr;
};

// Blocks these signals, however this process was started: an inherited SIG_IGN is undone, since
// with it children would vanish without a status. Ignores SIGPIPE. Call it before the first fork,
// so that no signal finds the process unprepared.
void block_signals(std::initializer_list<int> signals);

// For a daemon, instead of block_signals(): no other signal may end it either, not even SIGQUIT,
// SIGUSR1 or a real-time signal. Signals that mark a bug (SIGSEGV, SIGABRT and similar) stay
// deadly, and job control, such as Ctrl-Z, is unchanged.
void block_signals_and_ignore_others(std::initializer_list<int> signals);

}  // namespace smcroute
