// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/watcher.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "control/tables.h"
#include "os/event_loop.h"
#include "os/io.h"
#include "os/output.h"
#include "os/terminal.h"
#include "view/watch.h"

namespace smcroute {

namespace {

using Clock = EventLoop::Clock;

constexpr std::chrono::hours kLong{1};

// The time of day.
std::string clock_text() {
    const time_t now = time(nullptr);
    tm parts{};
    localtime_r(&now, &parts);
    char text[16];
    strftime(text, sizeof text, "%H:%M:%S", &parts);
    return text;
}

class Watcher {
public:
    Watcher(Session& session, EventLoop& loop, std::chrono::seconds interval, bool json)
        : session_(session), loop_(loop), json_(json), view_(interval) {}
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() { session_.wait_with(nullptr); }

    Status prepare() {
        session_.wait_with([this] { return wait_for_daemon(); });
        if (Status status = loop_.watch(session_.fd(), EPOLLIN, on_daemon_); !status) {
            return status;
        }
        if (json_ || !Terminal::shows()) {
            return {};
        }
        if (Status status = loop_.watch_signals(
                {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH},
                [this](int signal) { (signal == SIGWINCH ? resized_ : stopping_) = true; });
            !status) {
            return status;
        }
        terminal_.emplace();  // with signals handled, so that the terminal is restored
        return Terminal::types() ? loop_.watch(STDIN_FILENO, EPOLLIN, on_keys_) : Status();
    }

    // Runs until it is told to stop.
    Status run() {
        while (!stopping_) {
            auto sample = read_sample(session_);
            if (!sample) {
                return stopping_ ? Status() : sample.error();
            }
            const bool is_first = !reading_;
            const Clock::time_point now = Clock::now();
            reading_ =
                take_reading(is_first ? nullptr : &*reading_, *std::move(sample), now - read_at_);
            read_at_ = now;
            clock_ = clock_text();
            show();
            if (Status status = wait(is_first); !status) {
                return status;
            }
        }
        return {};
    }

private:
    Status wait_for_daemon() {
        bool told = reading_.has_value();
        bool due = false;
        const TimerId notice = loop_.run_at(Clock::now() + Session::kTellsAfter, [&] {
            if (terminal_ && !std::exchange(told, true)) {
                terminal_->write(compose("waiting for {}\r\n", session_.daemon_name()));
            }
        });
        const TimerId limit =
            loop_.run_at(Clock::now() + Session::kAnswersWithin, [&] { due = true; });
        daemon_spoke_ = false;
        while (!daemon_spoke_ && !stopping_ && !due) {
            turn();
        }
        loop_.cancel(notice);
        loop_.cancel(limit);
        return stopping_       ? Error{"the answer was not waited for", ExitStatus::kUnavailable}
               : daemon_spoke_ ? Status()
                               : session_.no_answer();
    }

    // Until the next reading is due: the second one soon, so that there is something to see. Counts
    // from the last one, not from the request: a daemon with a lot to send is left in peace.
    Status wait(bool is_first) {
        daemon_spoke_ = false;
        while (!stopping_ && !daemon_spoke_) {
            const auto interval = is_first ? std::chrono::seconds(1) : view_.interval();
            bool due = false;
            interval_changed_ = false;
            const TimerId timer = loop_.run_at(read_at_ + interval, [&due] { due = true; });
            while ((!due || view_.is_paused()) && !daemon_spoke_ && !stopping_ &&
                   !interval_changed_) {
                turn();
            }
            loop_.cancel(timer);
            if (due && !interval_changed_) {
                break;
            }
        }
        return daemon_spoke_ && !stopping_
                   ? Error{"the daemon closed the connection", ExitStatus::kUnavailable}
                   : Status();
    }

    void turn() {
        loop_.run_once(kLong);
        if (std::exchange(resized_, false) && reading_) {
            show();
        }
    }

    void show() {
        if (!terminal_) {
            if (reading_->has_rates) {
                print(json_ ? watch_json(*reading_) : watch_line(*reading_));
            }
            return;
        }
        ScreenSize size;
        if (const auto known = Terminal::size()) {
            size = {.rows = known->rows, .columns = known->columns};
        }
        const std::vector<ScreenLine> screen = watch_screen(*reading_, view_, clock_, size);
        // Below the last line there may be the rest of an earlier, longer screen.
        terminal_->write(paint(screen, getenv("NO_COLOR") == nullptr) +
                         (screen.size() < size.rows ? "\r\n\033[J" : ""));
    }

    void print(std::string_view line) {
        put_out(line);
        stopping_ = !flush_out();  // stop if nobody reads any more
    }

    void read_keys() {
        char keys[64];
        const ssize_t size = retry([&] { return read(STDIN_FILENO, keys, sizeof keys); });
        if (size < 0 && errno == EAGAIN) {
            return;
        }
        const std::string_view typed(keys, size > 0 ? static_cast<size_t>(size) : 0);
        const WatchView::Effect effect =
            typed.empty() ? WatchView::Effect::kQuit : view_.press(typed);
        stopping_ = stopping_ || effect == WatchView::Effect::kQuit;
        interval_changed_ = interval_changed_ || effect == WatchView::Effect::kInterval;
        resized_ = resized_ || effect != WatchView::Effect::kNone;
    }

    Session& session_;
    EventLoop& loop_;
    const bool json_;
    std::optional<Terminal> terminal_;  // none: lines
    Callback on_daemon_{[this] { daemon_spoke_ = true; }};
    Callback on_keys_{[this] { read_keys(); }};
    std::optional<Reading> reading_;
    Clock::time_point read_at_;
    bool daemon_spoke_ = false;
    bool stopping_ = false;
    bool resized_ = false;  // or else to be shown again
    bool interval_changed_ = false;
    WatchView view_;
    std::string clock_;  // of the last reading
};

}  // namespace

Result<ExitStatus> watch(Session& session, std::chrono::seconds interval, bool json) {
    (void)flush_out();           // a failure is told at the end
    const SavedSignals signals;  // before the loop, which blocks some
    auto loop = EventLoop::create();
    if (!loop) {
        return loop.error();
    }
    Watcher watcher(session, *loop, interval, json);
    if (const Status status = watcher.prepare(); !status) {
        return status.error();
    }
    if (const Status status = watcher.run(); !status) {
        return status.error();
    }
    return ExitStatus::kOk;
}

}  // namespace smcroute
