// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/guard.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <utility>

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/leftovers.h"
#include "guard/orphan.h"
#include "guard/upgrade.h"
#include "guard/worker.h"
#include "kernel/join_socket.h"
#include "os/child.h"
#include "os/descriptors.h"
#include "os/privileges.h"
#include "os/process.h"

namespace smcroute {

namespace {

// A worker that is about to end, or was told to, has this long to finish.
constexpr std::chrono::seconds kEndsWithin{5};
// A stopped worker (SIGSTOP) is replaced after this.
constexpr std::chrono::seconds kStoppedForGood{10};

// After so many workers in a row died before they were ready, the journal, and later the ledger
// too, is taken for the reason.
constexpr int kTrustsAll = 3;
constexpr int kTrustsLedger = 6;

}  // namespace

Guard::Guard(const ServiceSettings& settings, Start start)
    : settings_(settings), start_(std::move(start)) {}

Status Guard::start() {
    notifier_ = Notifier::from_environment();
    take_over();
    const auto limit = raise_fd_limit();
    if (!limit) {
        return limit.error();
    }
    fd_limit_ = *limit;
    if (const Status status = start_.handover.upgraded ? Status() : find_orphan(); !status) {
        return status;
    }
    has_routes_ = !start_.handover.descriptors.empty();
    auto loop = EventLoop::create();
    if (!loop) {
        return loop.error();
    }
    loop_.emplace(std::move(*loop));
    if (const Status status = open_everything(); !status) {
        return status;
    }
    if (const Status status = loop_->watch_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR2},
                                                   [this](int signal) { on_signal(signal); });
        !status) {
        return status;
    }
    if (const Status ended = end_old_worker(); !ended) {
        return ended;
    }
    name_socket_again();
    if (settings_.lifetime > std::chrono::seconds{0}) {
        loop_->run_at(loop_->now() + settings_.lifetime, [this] { end_by(SIGTERM); });
    }
    return start_worker();
}

// An orphan's descriptors are newer than those in the service manager's store, and have the same
// names.
Status Guard::find_orphan() {
    auto orphan = take_from_orphan(settings_);
    if (!orphan) {
        return orphan.error();
    }
    auto& ours = start_.handover.descriptors;
    ours.insert(ours.begin(), std::make_move_iterator(orphan->descriptors.begin()),
                std::make_move_iterator(orphan->descriptors.end()));
    start_.handover.worker = orphan->worker;
    return {};
}

// Ends the old worker, that of the program before us or of a guard that died. Our worker will do
// what it was about to do. If we fail before this point, it goes on; so the control socket, which
// we remove when we end, becomes ours only now.
Status Guard::end_old_worker() {
    if (start_.handover.worker) {
        if (const Status ended = end_process(*start_.handover.worker); !ended) {
            return ended;
        }
        start_.handover.worker.reset();
    }
    if (UniqueFd control = start_.handover.take(kControl)) {
        listener_.emplace(Listener::inherit(std::move(control), settings_.socket));
    }
    old_line_.reset();
    release_leftovers(start_.handover, notifier_);
    return {};
}

ExitStatus Guard::run() {
    loop_->run();
    return exit_status_;
}

Status Guard::open_everything() {
    if (const Status status = held_.open(start_.handover); !status) {
        return status;
    }
    auto identities = look_up_identities(settings_);
    if (!identities) {
        return identities.error();
    }
    identities_ = std::move(*identities);
    files_.trust(identities_.access.owner);
    if (settings_.user.empty()) {
        identities_.user = default_user();
    }
    return start_.handover.has(kControl) ? Status() : listen();
}

Status Guard::listen() {
    auto listener = Listener::create(settings_.socket, identities_.access.group());
    if (!listener) {
        return listener.error();
    }
    listener_.emplace(std::move(*listener));
    return {};
}

// The socket is the same, whatever becomes of its second name. One that a daemon before us has left
// behind is ours, too.
void Guard::name_socket_again() {
    const std::string name = second_name_of(settings_.socket);
    if (!settings_.second_socket && !links_to(name, settings_.socket)) {
        return;
    }
    auto link = OwnedPath::link(name, settings_.socket);
    if (!link) {
        log_warning(link.error().text);
        return;
    }
    second_socket_ = *std::move(link);
}

// If workers die before they are ready, the reason may be what a predecessor left.
SavedStateFiles Guard::saved_state() const {
    using Trust = SavedStateFiles::Trust;
    const int unready = policy_.unready_in_a_row();
    return {.journal = held_.journal(),
            .ledger = held_.ledger(),
            .memberships = held_.record(),
            .trust = unready < kTrustsAll      ? Trust::kAll
                     : unready < kTrustsLedger ? Trust::kLedger
                                               : Trust::kNothing};
}

// Repairs what guard and workers share, since the last worker may have done anything with it.
Status Guard::renew() {
    if (listening_path(listener_->fd()).empty()) {
        log_err(compose("the worker has shut down the control socket: listening on {} again",
                        settings_.socket));
        if (const Status status = listen(); !status) {
            return status;
        }
    }
    listen_anew(listener_->fd());
    return held_.renew();
}

Status Guard::start_worker() {
    auto ends = MessageSocket::create_pair();
    if (!ends) {
        return ends.error();
    }
    const pid_t pid = fork();
    if (pid < 0) {
        return system_error("cannot start a worker", errno);
    }
    if (pid == 0) {
        become_worker(std::move(ends->second));
    }
    ++workers_;
    worker_.emplace(Worker{.pid = pid, .channel = std::move(ends->first)});
    return loop_->watch(worker_->channel.fd(), EPOLLIN, *this);
}

// Leaves by exit(): the objects on the guard's stack belong to the guard, and must not be
// destroyed.
void Guard::become_worker(MessageSocket channel) {
    WorkerStart start{.guard = std::move(channel),
                      .routing = held_.duplicate_routing(),
                      .listener = duplicate(listener_->fd()),
                      .facts = {.pid = getppid(),
                                .access = identities_.access,
                                .guard = "runs",
                                .worker_restarts = std::to_string(workers_),
                                .last_upgrade = last_upgrade_,
                                .saved_state = saved_state(),
                                .has_manager = notifier_.active(),
                                .watchdog_interval = notifier_.watchdog_interval()},
                      .joins = held_.joins(),
                      .join_ration = join_ration(fd_limit_),
                      .user = identities_.user,
                      .user_may_fail = settings_.user.empty(),
                      .script_runs = script_.has_value(),
                      .foreground = start_.foreground,
                      .log_phase = pid_file_ ? LogPhase::kRunning : LogPhase::kStarting};
    exit(static_cast<int>(run_worker(settings_, std::move(start))));
}

void Guard::start_later(bool was_ready) {
    loop_->run_at(policy_.next_start(was_ready, loop_->now()), [this] {
        const Status renewed = renew();
        if (const Status started = renewed ? start_worker() : renewed; !started) {
            log_err(started.error().text);
            start_later(false);
        }
    });
}

void Guard::on_signal(int signal) {
    if (signal == SIGCHLD) {
        on_children();
    } else if (signal == SIGUSR2) {
        if (const Status status = prepare_upgrade(); !status) {
            log_err(status.error().text);
        }
    } else if (signal == SIGHUP) {
        reload_ordered_ = true;
        order_reload();
    } else {
        end_by(signal);
    }
}

// One reload at a time, however often it is ordered: it reads the files as they are from now on.
void Guard::order_reload() {
    if (reload_ordered_ && worker_ && worker_->state == Worker::State::kReady) {
        worker_->state = Worker::State::kToldToReload;
        tell(ReloadOrder{});
    }
}

void Guard::end_by(int signal) {
    if (std::exchange(finishing_, true)) {
        return;
    }
    held_.withdraw_journal();
    if (!worker_) {
        end(ExitStatus::kOk);
    } else {
        expect_end();
        tell(StopOrder{signal == SIGINT ? "interrupted" : "terminated"});
    }
}

// As process 1 we also get the orphans of other processes.
void Guard::on_children() {
    if (worker_) {
        on_worker_stopped();
    }
    for (const ExitedChild& child : reap()) {
        if (worker_ && child.pid == worker_->pid) {
            on_worker_end(child.status);
        } else if (script_ == child.pid) {
            script_.reset();
            if (worker_) {
                tell(ScriptEnded{child.status});
            }
        }
    }
}

// SIGCHLD reports this too, so that it needs no polling.
void Guard::on_worker_stopped() {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(worker_->pid), &info, WSTOPPED | WCONTINUED | WNOHANG) !=
            0 ||
        info.si_pid == 0) {
        return;
    }
    loop_->cancel(std::exchange(worker_->stopped_timer, TimerId::kNone));
    if (info.si_code == CLD_STOPPED) {
        worker_->stopped_timer = loop_->run_at(loop_->now() + kStoppedForGood, [this] {
            worker_->stopped_timer = TimerId::kNone;
            log_err("the worker has been stopped for too long, replacing it");
            kill(worker_->pid, SIGKILL);
        });
    }
}

void Guard::on_worker_end(int wait_status) {
    worker_->ended = true;
    hear_out();
    const bool was_ready = worker_->state != Worker::State::kStarting;
    loop_->unwatch(worker_->channel.fd());
    loop_->cancel(worker_->stopped_timer);
    loop_->cancel(std::exchange(kill_timer_, TimerId::kNone));
    worker_.reset();
    if (finishing_) {
        on_last_end(was_ready, wait_status);
        return;
    }
    if (!was_ready_) {
        on_first_end(wait_status);
        return;
    }
    log_err(compose("the worker {}: the kernel forwards on while another one takes over",
                    describe_exit(wait_status)));
    start_later(was_ready);
}

// The worker has said why, unless it could not.
void Guard::on_first_end(int wait_status) {
    if (!WIFEXITED(wait_status)) {
        log_err(compose("the worker {} while it started", describe_exit(wait_status)));
    }
    go_back();
    if (has_routes_) {
        start_later(false);
        return;
    }
    end(WIFEXITED(wait_status) ? static_cast<ExitStatus>(WEXITSTATUS(wait_status))
                               : ExitStatus::kSystem);
}

// Being killed on the way out is no fault: we do that, and so may others who do not want to wait.
// Nor is it that a worker which was to replace another could not start, and has said why.
void Guard::on_last_end(bool was_ready, int wait_status) {
    const bool was_killed = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
    const bool has_given_up = was_ready_ && !was_ready && WIFEXITED(wait_status);
    const bool is_fault = wait_status != 0 && !was_killed && !has_given_up;
    if (is_fault) {
        log_err(compose("the worker {} while it ended", describe_exit(wait_status)));
    }
    end(is_fault ? ExitStatus::kSystem : ExitStatus::kOk);
}

void Guard::expect_end() {
    if (kill_timer_ == TimerId::kNone) {
        kill_timer_ = loop_->run_at(loop_->now() + kEndsWithin, [this] {
            kill_timer_ = TimerId::kNone;
            log_warning("the worker does not end, killing it");
            kill(worker_->pid, SIGKILL);
        });
    }
}

void Guard::end(ExitStatus status) {
    exit_status_ = status;
    loop_->stop();
}

namespace {

ExitStatus answer_trial() {
    fwrite(kTrialAnswer.data(), 1, kTrialAnswer.size(), stdout);
    return fflush(stdout) == 0 ? ExitStatus::kOk : ExitStatus::kSystem;
}

// What starts the system need not wait for this, so a daemon waits in the background.
void wait_for_start(const ServiceSettings& settings, const Guard::Start& start) {
    if (settings.delay == std::chrono::seconds{0} || start.handover.upgraded) {
        return;
    }
    if (!start.foreground) {
        if (fork() > 0) {
            _exit(0);
        }
        setsid();
    }
    constexpr int64_t kLongest = std::numeric_limits<time_t>::max();  // of 32 bits in places
    timespec left{
        .tv_sec = static_cast<time_t>(std::min<int64_t>(settings.delay.count(), kLongest)),
        .tv_nsec = 0};
    while (nanosleep(&left, &left) != 0) {
    }
}

// What a program before us has done is not repeated: nobody waits for the start any more.
Status become_daemon(const ServiceSettings& settings, const Guard::Start& start) {
    const bool goes_on = start.handover.ready;
    open_log(settings, start.foreground, goes_on ? LogPhase::kRunning : LogPhase::kStarting);
    block_signals_and_ignore_others({SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR2});
    if (start.foreground) {
        return {};
    }
    if (goes_on) {
        // As the program before us did.
        return chdir("/") == 0 ? Status() : system_error("cannot change to directory /", errno);
    }
    return start.background.start();
}

}  // namespace

ExitStatus run_guard(const ServiceSettings& settings, std::span<const std::string> arguments) {
    if (is_trial()) {
        return answer_trial();
    }
    Handover handover = take_handover();
    close_others(handover, settings.config_file);
    Background background;
    Guard::Start start{.background = background,
                       .foreground = settings.runs_in_foreground(),
                       .handover = std::move(handover),
                       .command = {settings.program.empty() ? program_path() : settings.program},
                       .directory = current_directory()};
    start.command.insert(start.command.end(), arguments.begin(), arguments.end());
    wait_for_start(settings, start);
    if (const Status status = become_daemon(settings, start); !status) {
        log_err(status.error().text);
        return status.error().status;
    }
    Guard guard(settings, std::move(start));
    const Status started = guard.start();
    if (!started) {
        log_err(started.error().text);
        guard.go_back();
    }
    return started ? guard.run() : started.error().status;
}

}  // namespace smcroute
