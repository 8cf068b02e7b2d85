// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/event_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace smcroute {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kForever = milliseconds::max();

// Job control, or the mark of a bug. SIGSYS is not listed: if the kernel sends it for a system
// call, ignoring it does not stop it.
constexpr std::array kNeverIgnored = {SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV,
                                      SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT};

sigset_t set_of(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) {
        sigaddset(&set, signal);
    }
    return set;
}

class SignalSource : public Handler {
public:
    SignalSource(UniqueFd fd, SignalHandler handler)
        : fd_(std::move(fd)), handler_(std::move(handler)) {}

    int fd() const { return fd_.get(); }

    // Signals that do not fit into one read, or an interrupted read, are reported again:
    // level-triggered.
    void on_event(uint32_t) override {
        std::array<signalfd_siginfo, 8> arrived;
        const ssize_t size = read(fd_.get(), arrived.data(), sizeof(arrived));
        if (size < 0) {
            return;
        }
        const size_t count = static_cast<size_t>(size) / sizeof(signalfd_siginfo);
        for (size_t i = 0; i < count; ++i) {
            handler_(static_cast<int>(arrived[i].ssi_signo));
        }
    }

private:
    UniqueFd fd_;
    SignalHandler handler_;
};

// Blocks the signals that the C library reserves for its threads, of which we have none. It refuses
// to ignore or to block them, so the kernel is asked directly. musl unblocks them when it first
// installs a handler, so one is installed before.
void block_reserved_signals() {
    struct sigaction handled {};
    handled.sa_handler = [](int /*signal*/) {};
    struct sigaction before {};
    sigaction(SIGURG, &handled, &before);
    sigaction(SIGURG, &before, nullptr);
    constexpr int kRealTime = 32;
    constexpr int kBits = sizeof(unsigned long) * CHAR_BIT;
    std::array<unsigned long, 128 / kBits> set{};
    for (int bit = kRealTime - 1; bit < SIGRTMIN - 1; ++bit) {
        set[static_cast<size_t>(bit / kBits)] |= 1UL << bit % kBits;
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, set.data(), nullptr, _NSIG / CHAR_BIT);
}

// Set when the kernel reports something urgent, cleared when the loop is about to check itself.
volatile sig_atomic_t alarm_raised = 0;

void raise_alarm(int /*signal*/) { alarm_raised = 1; }

// Interrupted system calls are restarted.
void listen_to_alarm() {
    struct sigaction action {};
    action.sa_handler = raise_alarm;
    action.sa_flags = SA_RESTART;
    sigaction(SIGIO, &action, nullptr);
    const sigset_t set = set_of({SIGIO});
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

// The data that an event carries through the kernel: descriptor and generation.
uint64_t pack(int fd, uint32_t generation) {
    return uint64_t{generation} << 32 | static_cast<uint32_t>(fd);
}

}  // namespace

Result<EventLoop> EventLoop::create(TimeSource time_source) {
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) {
        return system_error("cannot create an event loop", errno);
    }
    return EventLoop(std::move(epoll), time_source);
}

EventLoop::EventLoop(UniqueFd epoll, TimeSource time_source)
    : epoll_(std::move(epoll)), time_source_(time_source), now_(time_source()) {}

Status EventLoop::watch(int fd, uint32_t events, Handler& handler) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = pack(fd, next_generation_);
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return system_error("cannot watch a descriptor", errno);
    }
    const auto index = static_cast<size_t>(fd);
    if (by_fd_.size() <= index) {
        by_fd_.resize(index + 1);
    }
    by_fd_[index] = {&handler, events, next_generation_++, false};
    return {};
}

Status EventLoop::watch_urgent(int fd, Handler& handler) {
    Status watched = watch(fd, EPOLLIN, handler);
    if (watched) {
        listen_to_alarm();
        (void)fcntl(fd, F_SETOWN, getpid());
        find(fd)->urgent = true;
        urgent_.push_back({.fd = fd, .events = POLLIN, .revents = 0});
        // An inherited descriptor may come from a process that was killed during a Lookout.
        set_alarm(false);
    }
    return watched;
}

Status EventLoop::change(int fd, uint32_t events) {
    Registration* const registration = find(fd);
    CHECK(registration != nullptr && !registration->urgent);
    if (registration->events == events) {
        return {};
    }
    epoll_event event{};
    event.events = events;
    event.data.u64 = pack(fd, registration->generation);
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
        return system_error("cannot watch a descriptor", errno);
    }
    registration->events = events;
    return {};
}

void EventLoop::unwatch(int fd) {
    Registration* const registration = find(fd);
    if (registration == nullptr) {
        return;
    }
    *registration = {};
    std::erase_if(urgent_, [fd](const pollfd& each) { return each.fd == fd; });
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Status EventLoop::watch_signals(std::initializer_list<int> signals, SignalHandler handler) {
    CHECK(signals_ == nullptr);
    block_signals(signals);
    const sigset_t set = set_of(signals);
    UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!fd) {
        return system_error("cannot receive signals", errno);
    }
    auto source = std::make_unique<SignalSource>(std::move(fd), std::move(handler));
    if (Status watched = watch(source->fd(), EPOLLIN, *source); !watched) {
        return watched;
    }
    signals_ = std::move(source);
    return {};
}

TimerId EventLoop::run_at(Clock::time_point when, std::function<void()> action) {
    const auto id = static_cast<TimerId>(next_timer_++);
    // Never before now_, so that a timer added while others are due runs after them.
    when = std::max(when, now_);
    const auto later = [](const Timer& timer, Clock::time_point time) { return timer.when > time; };
    const auto place = std::lower_bound(timers_.begin(), timers_.end(), when, later);
    timers_.insert(place, {when, id, std::move(action)});
    return id;
}

void EventLoop::cancel(TimerId id) {
    std::erase_if(timers_, [id](const Timer& timer) { return timer.id == id; });
}

void EventLoop::run() {
    while (!stopped_) {
        run_once(kForever);
    }
    stopped_ = false;
}

bool EventLoop::run_once(milliseconds max_wait) {
    std::array<epoll_event, 64> events;
    alarm_raised = 0;
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 timeout_ms(max_wait));
    CHECK(count >= 0 || errno == EINTR);
    now_ = time_source_();
    const size_t fetched = count > 0 ? static_cast<size_t>(count) : 0;
    return run_due_timers(dispatch(std::span(events).first(fetched)));
}

EventLoop::Registration* EventLoop::find(int fd) {
    const auto index = static_cast<size_t>(fd);  // -1 is beyond any size
    if (index >= by_fd_.size() || by_fd_[index].handler == nullptr) {
        return nullptr;
    }
    return &by_fd_[index];
}

EventLoop::Registration* EventLoop::find(const epoll_event& event) {
    const uint64_t key = event.data.u64;
    Registration* const registration = find(static_cast<int>(key & UINT32_MAX));
    const bool stands = registration != nullptr && registration->generation == key >> 32;
    return stands ? registration : nullptr;
}

// Rounded up: a wait that ends too early would be a wasted turn.
int EventLoop::timeout_ms(milliseconds max_wait) const {
    milliseconds wait = max_wait;
    if (!timers_.empty() && timers_.back().when <= now_) {
        return 0;  // the usual case while there is work; reading the clock would only delay it
    }
    if (!timers_.empty()) {
        const Clock::duration left = timers_.back().when - time_source_();
        wait = std::min(wait, std::chrono::ceil<milliseconds>(left));
    }
    if (wait == kForever) {
        return -1;
    }
    return static_cast<int>(std::clamp(wait, milliseconds(0), milliseconds(INT_MAX)).count());
}

bool EventLoop::dispatch(std::span<const epoll_event> events) {
    bool called = false;
    for (const epoll_event& event : events) {
        called |= is_urgent(event) && call(event);
    }
    bool called_other = false;
    for (const epoll_event& event : events) {
        if (!is_urgent(event)) {
            if (called_other) {
                dispatch_urgent();
            }
            called_other |= call(event);
        }
    }
    return called || called_other;
}

bool EventLoop::is_urgent(const epoll_event& event) {
    const Registration* const registration = find(event);
    return registration != nullptr && registration->urgent;
}

bool EventLoop::call(const epoll_event& event) {
    const Registration* const registration = find(event);
    if (registration == nullptr) {
        return false;
    }
    const uint32_t wanted = event.events & (registration->events | EPOLLERR | EPOLLHUP);
    if (wanted == 0) {
        return false;
    }
    registration->handler->on_event(wanted);
    return true;
}

// Handles what has become urgent since this turn fetched its events. All is level-triggered: if an
// event is missed because a handler removed another descriptor, the next check finds it.
void EventLoop::dispatch_urgent() {
    static_assert(EPOLLIN == POLLIN && EPOLLERR == POLLERR && EPOLLHUP == POLLHUP);
    alarm_raised = 0;
    if (urgent_.empty() || poll(urgent_.data(), urgent_.size(), 0) <= 0) {
        return;
    }
    for (size_t i = 0; i < urgent_.size(); ++i) {
        if (const short events = std::exchange(urgent_[i].revents, short{0}); events != 0) {
            find(urgent_[i].fd)->handler->on_event(static_cast<uint32_t>(events));
        }
    }
}

// If it fails, urgent events wait for the end of a piece of work.
void EventLoop::set_alarm(bool on) {
    for (const pollfd& each : urgent_) {
        const int flags = fcntl(each.fd, F_GETFL);
        (void)fcntl(each.fd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC);
    }
}

bool EventLoop::run_due_timers(bool called) {
    const auto first_new = static_cast<TimerId>(next_timer_);
    const auto is_due = [this, first_new] {
        return !timers_.empty() && timers_.back().when <= now_ && timers_.back().id < first_new;
    };
    for (; is_due(); called = true) {
        if (called) {
            dispatch_urgent();
        }
        if (is_due()) {
            const std::function<void()> action = std::move(timers_.back().action);
            timers_.pop_back();
            action();
        }
    }
    return called;
}

Lookout::Lookout(EventLoop& loop) : loop_(&loop) {
    alarm_raised = 0;
    loop.set_alarm(true);
    if (poll(loop.urgent_.data(), loop.urgent_.size(), 0) > 0) {
        alarm_raised = 1;  // it was urgent before the alarm was set
    }
}

Lookout::~Lookout() {
    if (loop_ != nullptr) {
        loop_->set_alarm(false);
    }
}

bool Lookout::sees_urgent() const { return loop_ != nullptr && alarm_raised != 0; }

void block_signals(std::initializer_list<int> signals) {
    signal(SIGPIPE, SIG_IGN);
    const sigset_t set = set_of(signals);
    CHECK(sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
    for (const int number : signals) {
        signal(number, SIG_DFL);
    }
}

void block_signals_and_ignore_others(std::initializer_list<int> signals) {
    const auto holds = [](const auto& some, int number) {
        return std::find(some.begin(), some.end(), number) != some.end();
    };
    block_signals(signals);
    for (int number = 1; number <= SIGRTMAX; ++number) {
        if (!holds(signals, number) && !holds(kNeverIgnored, number)) {
            signal(number, SIG_IGN);
        }
    }
    block_reserved_signals();
}

}  // namespace smcroute
