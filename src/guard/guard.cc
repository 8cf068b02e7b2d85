// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/guard.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "control/protocol.h"
#include "guard/upgrade.h"
#include "guard/worker.h"
#include "os/child.h"
#include "os/descriptors.h"
#include "os/file.h"
#include "os/memory_file.h"
#include "os/privileges.h"

namespace smcroute {

namespace {

// A worker that is about to end, or was told to, has so long to say its goodbyes.
constexpr std::chrono::seconds kEndsWithin{5};
// One that is stopped (SIGSTOP) is replaced after this.
constexpr std::chrono::seconds kStoppedForGood{10};

// So many workers may die in a row before they are ready, until the journal, and then the ledger
// too, is held to be the reason.
constexpr int kTrustsAll = 3;
constexpr int kTrustsLedger = 6;

// The worker's answer to the client who asks for an upgrade is on its way before it begins.
constexpr std::chrono::milliseconds kAnswerTakes{20};

constexpr const char* kControl = "control";
constexpr const char* kPrevious = "previous";
constexpr const char* kCommand = "command";
constexpr const char* kOldLine = "line-to-worker";

}  // namespace

Guard::Guard(const ServiceSettings& settings, Start start)
    : settings_(settings), start_(std::move(start)) {}

Status Guard::start() {
    notifier_ = Notifier::from_environment();
    take_over();
    auto loop = EventLoop::create();
    if (!loop) {
        return loop.error();
    }
    loop_.emplace(std::move(*loop));
    if (const Status status = raise_fd_limit(); !status) {
        log_warning(status.error().text);
    }
    if (const Status status = open_everything(); !status) {
        return status;
    }
    if (const Status status = loop_->watch_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR2},
                                                   [this](int signal) { on_signal(signal); });
        !status) {
        return status;
    }
    end_old_worker();
    return start_worker();
}

// That of the program before us. What it was about to do, the next one does.
void Guard::end_old_worker() {
    if (const std::optional<pid_t> worker = std::exchange(start_.handover.worker, std::nullopt)) {
        if (kill(*worker, SIGKILL) == 0) {
            (void)wait_for_exit(*worker);  // how it ended is our doing
        } else {
            log_err(system_error("cannot end the old worker", errno).text);
        }
    }
    old_line_.reset();
    start_.handover.descriptors.clear();  // what nobody has taken
}

ExitStatus Guard::run() {
    loop_->run();
    return exit_status_;
}

// Cannot fail, and comes first: whatever fails then, there is a program to go back to.
void Guard::take_over() {
    if (start_.handover.upgraded) {
        last_upgrade_ = start_.handover.went_back ? "went back" : "done";
    }
    previous_ = start_.handover.take(kPrevious);
    previous_command_ = start_.handover.take(kCommand);
    old_line_ = start_.handover.take(kOldLine);
    if (UniqueFd control = start_.handover.take(kControl)) {
        listener_.emplace(Listener::inherit(std::move(control), settings_.socket));
    }
    has_routes_ = !start_.handover.descriptors.empty();
}

Status Guard::open_everything() {
    if (const Status status = holdings_.open(start_.handover); !status) {
        return status;
    }
    auto identities = look_up_identities(settings_);
    if (!identities) {
        return identities.error();
    }
    identities_ = std::move(*identities);
    if (settings_.user.empty()) {
        identities_.user = default_user();
    }
    if (listener_) {
        return {};
    }
    auto listener = Listener::create(settings_.socket, identities_.access.group());
    if (!listener) {
        return listener.error();
    }
    listener_.emplace(std::move(*listener));
    return {};
}

// A worker that dies before it is ready may do so for what it was left.
EstateFiles Guard::estate() const {
    using Trust = EstateFiles::Trust;
    const int unready = policy_.unready_in_a_row();
    return {.journal = holdings_.journal(),
            .ledger = holdings_.ledger(),
            .trust = unready < kTrustsAll      ? Trust::kAll
                     : unready < kTrustsLedger ? Trust::kLedger
                                               : Trust::kNothing};
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
    worker_.emplace(Worker{.pid = pid, .channel = std::move(ends->first)});
    holdings_.begin_generation(pid);
    return loop_->watch(worker_->channel.fd(), EPOLLIN, *this);
}

// Leaves by exit(): what the guard has on its stack is the guard's, and must not be taken down.
void Guard::become_worker(MessageSocket channel) {
    WorkerStart start{.guard = std::move(channel),
                      .routing = holdings_.duplicate_routing(),
                      .listener = duplicate(listener_->fd()),
                      .estate = estate(),
                      .user = identities_.user,
                      .user_may_fail = settings_.user.empty(),
                      .guard_pid = getppid(),
                      .access = identities_.access,
                      .last_upgrade = last_upgrade_,
                      .has_manager = notifier_.active(),
                      .watchdog_interval = notifier_.watchdog_interval(),
                      .foreground = start_.foreground,
                      .log_phase = pid_file_ ? LogPhase::kRunning : LogPhase::kStarting};
    exit(static_cast<int>(run_worker(settings_, std::move(start))));
}

void Guard::start_later(bool was_ready) {
    loop_->run_at(policy_.next_start(was_ready, loop_->now()), [this] {
        if (const Status started = start_worker(); !started) {
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
        if (worker_ && worker_->ready) {
            tell(ReloadOrder{});
        }
    } else {
        end_by(signal);
    }
}

void Guard::end_by(int signal) {
    finishing_ = true;
    holdings_.withdraw_journal();
    if (!worker_) {
        end(ExitStatus::kOk);
    } else {
        expect_end();
        tell(StopOrder{signal == SIGINT ? "interrupted" : "terminated"});
    }
}

// As process 1 we are given the orphans of others as well.
void Guard::on_children() {
    if (worker_) {
        on_worker_stopped();
    }
    for (const ExitedChild& child : reap()) {
        if (worker_ && child.pid == worker_->pid) {
            on_worker_end(child.status);
        } else if (worker_ && worker_->script == child.pid) {
            worker_->script.reset();
            tell(ScriptEnded{child.status});
        }
    }
}

// SIGCHLD tells of this too, so that it costs no watching.
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
    const bool was_ready = worker_->ready;
    loop_->unwatch(worker_->channel.fd());
    loop_->cancel(worker_->stopped_timer);
    loop_->cancel(std::exchange(kill_timer_, TimerId::kNone));
    worker_.reset();
    if (finishing_) {
        on_last_end(wait_status);
        return;
    }
    if (!was_ready_) {
        on_first_end(wait_status);
        return;
    }
    log_err(cat({"the worker ", describe_exit(wait_status),
                 ": the kernel forwards on while another one takes over"}));
    start_later(was_ready);
}

// It has said why, unless it could not.
void Guard::on_first_end(int wait_status) {
    if (!WIFEXITED(wait_status)) {
        log_err(cat({"the worker ", describe_exit(wait_status), " while it started"}));
    }
    go_back();
    if (has_routes_) {
        start_later(false);
        return;
    }
    end(WIFEXITED(wait_status) ? static_cast<ExitStatus>(WEXITSTATUS(wait_status))
                               : ExitStatus::kSystem);
}

// To be killed on the way out is no fault, for us or whoever else does not want to wait.
void Guard::on_last_end(int wait_status) {
    const bool was_killed = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
    const bool is_fault = wait_status != 0 && !was_killed;
    if (is_fault) {
        log_err(cat({"the worker ", describe_exit(wait_status), " while it ended"}));
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

// --- another program

Status Guard::prepare_upgrade() {
    if (start_.command[0].empty()) {
        return Error{"cannot upgrade: /proc does not tell where our program is",
                     ExitStatus::kRefused};
    }
    if (const Status status = try_program(start_.command); !status) {
        return Error{cat({"cannot upgrade: ", status.error().text}), ExitStatus::kRefused};
    }
    // After the answer to whoever asked for it.
    loop_->run_at(loop_->now() + kAnswerTakes, [this] {
        if (!finishing_) {
            log_err(cat({"cannot upgrade: ", replace_program().text}));
        }
    });
    return {};
}

// The worker runs on until the next guard starts its own; if that does not come to it, it has not
// noticed anything.
Error Guard::replace_program() {
    Handover handover = everything();
    handover.descriptors.emplace_back(kPrevious, UniqueFd(open("/proc/self/exe", O_PATH)));
    const auto words = encode_words(start_.command);
    auto command = words ? create_memory_file(kCommand, *words) : words.error();
    if (!command) {
        return command.error();
    }
    handover.descriptors.emplace_back(kCommand, inheritable_duplicate(command->get()));
    return become_program(start_.command[0], start_.command, start_.directory, handover);
}

Handover Guard::everything() const {
    // Those who wait for the start may have been told by a program before us.
    Handover handover{.upgraded = true, .ready = pid_file_ || start_.handover.ready};
    handover.worker = worker_ ? worker_->pid : start_.handover.worker;
    // It is not to think that it was left alone.
    const int line = worker_ ? worker_->channel.fd() : old_line_.get();
    handover.descriptors.emplace_back(kOldLine, inheritable_duplicate(line));
    holdings_.hand_over(handover);
    for (const auto& [name, fd] : start_.handover.descriptors) {  // not yet taken
        handover.descriptors.emplace_back(name, inheritable_duplicate(fd.get()));
    }
    if (listener_) {
        handover.descriptors.emplace_back(kControl, inheritable_duplicate(listener_->fd()));
    }
    notifier_.restore_environment();
    // Blocked, so that it waits for whoever comes next, who ends the worker in the midst of it.
    if (reload_ordered_ || (worker_ && worker_->reloading)) {
        raise(SIGHUP);
    }
    return handover;
}

// With the command line that it had, and nothing to go back to in its turn.
void Guard::go_back() {
    if (!previous_) {
        return;
    }
    log_err("going back to the program before the upgrade");
    const UniqueFd program = std::move(previous_);
    Handover handover = everything();
    handover.went_back = true;
    const auto words = read_rest(previous_command_.get(), "the command line", kMaxPayload);
    const auto command =
        words ? decode_words(*words) : Result<std::vector<std::string>>(words.error());
    log_err((command ? become_program(cat({"/proc/self/fd/", std::to_string(program.get())}),
                                      *command, start_.directory, handover)
                     : command.error())
                .text);
}

namespace {

ExitStatus answer_trial() {
    fwrite(kTrialAnswer.data(), 1, kTrialAnswer.size(), stdout);
    return fflush(stdout) == 0 ? ExitStatus::kOk : ExitStatus::kSystem;
}

// What a program before us has done is not done again: signals that wait for us would be lost, and
// nobody waits for the start any more.
Status become_daemon(const ServiceSettings& settings, const Guard::Start& start) {
    const bool goes_on = start.handover.ready;
    open_log(settings, start.foreground, goes_on ? LogPhase::kRunning : LogPhase::kStarting);
    if (!start.handover.upgraded) {
        ignore_stray_signals();
    }
    block_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR2});
    if (start.foreground) {
        return {};
    }
    if (goes_on) {
        (void)chdir("/");  // as it did before
        return {};
    }
    return start.background.start();
}

}  // namespace

ExitStatus run_guard(const ServiceSettings& settings, std::span<const std::string> arguments) {
    if (is_trial()) {
        return answer_trial();
    }
    Background background;
    Guard::Start start{.background = background,
                       .foreground = settings.runs_in_foreground(),
                       .handover = take_handover(),
                       .command = {program_path()},
                       .directory = current_directory()};
    start.command.insert(start.command.end(), arguments.begin(), arguments.end());
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
