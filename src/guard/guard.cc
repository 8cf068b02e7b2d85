// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/guard.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file_system.h"
#include "guard/file_desk.h"
#include "guard/held_sockets.h"
#include "guard/protocol.h"
#include "guard/restart_policy.h"
#include "guard/worker.h"
#include "os/background.h"
#include "os/child.h"
#include "os/descriptors.h"
#include "os/memory_file.h"
#include "os/pidfile.h"

namespace smcroute {

namespace {

using Patience = MessageSocket::Wait;

// A worker that was told to end has so long to say its goodbyes.
constexpr std::chrono::seconds kEndsWithin{5};
// One that is stopped (SIGSTOP) is replaced after this.
constexpr std::chrono::seconds kStoppedForGood{10};
// Of one worker's messages so many are taken in one turn.
constexpr int kMessagesPerTurn = 64;

// So many workers may die in a row before they are ready, until the journal, and then the ledger
// too, is held to be the reason.
constexpr int kTrustsAll = 3;
constexpr int kTrustsLedger = 6;

UniqueFd duplicate(int fd) { return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

class Guard final : private Handler {
public:
    Guard(const ServiceSettings& settings, Background& background, bool foreground)
        : settings_(settings), background_(background), foreground_(foreground) {}

    // Opens everything and starts the first worker.
    Status start();
    // Until there is no worker any more, nor to be one. The status to exit with.
    ExitStatus run() {
        loop_->run();
        return exit_status_;
    }

private:
    struct Worker {
        pid_t pid = 0;
        MessageSocket channel;
        bool ready = false;
        std::optional<pid_t> script = std::nullopt;
        TimerId stopped_timer = TimerId::kNone;
    };

    Status open_everything();
    EstateFiles estate() const;
    Status start_worker();
    [[noreturn]] void become_worker(MessageSocket channel);
    void try_worker();

    void on_signal(int signal);
    void on_children();
    void on_worker_end(int wait_status);
    void on_worker_stopped();
    void kill_within(std::chrono::seconds limit);
    void end(ExitStatus status);

    void on_event(uint32_t events) override;
    void take_message(MessageSocket::Message&& message);
    void distrust(std::string_view why);
    void answer(const Status& status, int descriptor = -1);
    void tell(const GuardMessage& message);
    void answer_with(const Result<UniqueFd>& descriptor);

    // What a worker may say. Anything else is distrusted.
    void on(const ReadFile& request);
    void on(const FindFiles& request);
    void on(const OpenMrdisc& request);
    void on(const RunScript& request);
    void on(const TouchPidFile& request);
    void on(const Ready& request);
    void on(const Release& message);
    void on(const Notify& message);
    void on(const Finish& message);
    void on_hold(const Hold& message, std::vector<UniqueFd>&& descriptors);

    const ServiceSettings& settings_;
    Background& background_;
    const bool foreground_;
    ExitStatus exit_status_ = ExitStatus::kOk;
    // In the order of their making; on the way out the pid file goes last, when the kernel has
    // dropped the routes with its sockets.
    std::optional<EventLoop> loop_;
    std::optional<PidFile> pid_file_;
    Notifier notifier_;
    FileSystem files_;
    FileDesk desk_{settings_.config_file, files_};
    RoutingSockets routing_;
    std::optional<Listener> listener_;
    UniqueFd journal_;  // this and the next are the workers' estate (daemon/estate.h)
    UniqueFd ledger_;
    std::optional<UserIdentity> user_;  // that a worker becomes
    HeldSockets held_;
    RestartPolicy policy_;
    std::optional<Worker> worker_;
    TimerId kill_timer_ = TimerId::kNone;
    bool was_ready_ = false;      // whoever waited for the first worker has been told
    bool finishing_ = false;      // the next end of a worker is ours
    bool reload_missed_ = false;  // it came while there was no worker to tell
};

Status Guard::start() {
    auto loop = EventLoop::create();
    if (!loop) {
        return loop.error();
    }
    loop_.emplace(std::move(*loop));
    notifier_ = Notifier::from_environment();
    if (const Status status = raise_fd_limit(); !status) {
        log_warning(status.error().text);
    }
    if (const Status status = open_everything(); !status) {
        return status;
    }
    if (const Status status = loop_->watch_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD},
                                                   [this](int signal) { on_signal(signal); });
        !status) {
        return status;
    }
    return start_worker();
}

Status Guard::open_everything() {
    auto user = settings_.user.empty() ? Result<UserIdentity>(default_user())
                                       : look_up_user(settings_.user);
    if (!user) {
        return user.error();
    }
    user_ = std::move(*user);
    auto routing = open_routing_sockets({.table = settings_.table});
    if (!routing) {
        return routing.error();
    }
    routing_ = std::move(*routing);
    auto listener = Listener::create(settings_.socket);
    if (!listener) {
        return listener.error();
    }
    listener_.emplace(std::move(*listener));
    auto journal = create_memory_file("smcroute-journal");
    auto ledger = create_memory_file("smcroute-ledger");
    if (!journal || !ledger) {
        return journal ? ledger.error() : journal.error();
    }
    journal_ = std::move(*journal);
    ledger_ = std::move(*ledger);
    return {};
}

// A worker that dies before it is ready may do so for what it was left.
EstateFiles Guard::estate() const {
    using Trust = EstateFiles::Trust;
    const int unready = policy_.unready_in_a_row();
    return {.journal = journal_.get(),
            .ledger = ledger_.get(),
            .trust = unready < kTrustsAll      ? Trust::kAll
                     : unready < kTrustsLedger ? Trust::kLedger
                                               : Trust::kNothing};
}

// --- the worker's life

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
    held_.begin_generation();
    return loop_->watch(worker_->channel.fd(), EPOLLIN, *this);
}

// Leaves by exit(): what the guard has on its stack is the guard's, and must not be taken down.
void Guard::become_worker(MessageSocket channel) {
    WorkerStart start{.guard = std::move(channel),
                      .routing = std::move(routing_),
                      .listener = duplicate(listener_->fd()),
                      .estate = estate(),
                      .user = std::move(user_),
                      .user_may_fail = settings_.user.empty(),
                      .guard_pid = getppid(),
                      .owner = geteuid(),
                      .has_manager = notifier_.active(),
                      .watchdog_interval = notifier_.watchdog_interval(),
                      .foreground = foreground_,
                      .log_phase = was_ready_ ? LogPhase::kRunning : LogPhase::kStarting};
    exit(static_cast<int>(run_worker(settings_, std::move(start))));
}

void Guard::try_worker() {
    if (const Status started = start_worker(); !started) {
        log_err(started.error().text);
        loop_->run_at(policy_.next_start(false, loop_->now()), [this] { try_worker(); });
    }
}

void Guard::on_signal(int signal) {
    if (signal == SIGCHLD) {
        on_children();
    } else if (signal == SIGHUP) {
        reload_missed_ = !worker_ || !worker_->ready;
        if (!reload_missed_) {
            tell(ReloadOrder{});
        }
    } else if (!worker_) {
        end(ExitStatus::kOk);
    } else {
        finishing_ = true;
        kill_within(kEndsWithin);
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
    const bool was_ready = worker_->ready;
    loop_->unwatch(worker_->channel.fd());
    loop_->cancel(worker_->stopped_timer);
    loop_->cancel(std::exchange(kill_timer_, TimerId::kNone));
    worker_.reset();
    if (finishing_ || (was_ready && wait_status == 0)) {
        end(ExitStatus::kOk);
        return;
    }
    if (!was_ready_) {
        // It has said why, unless it could not.
        if (!WIFEXITED(wait_status)) {
            log_err(cat({"the worker ", describe_exit(wait_status), " while it started"}));
        }
        end(WIFEXITED(wait_status) ? static_cast<ExitStatus>(WEXITSTATUS(wait_status))
                                   : ExitStatus::kSystem);
        return;
    }
    log_err(cat({"the worker ", describe_exit(wait_status),
                 ": the kernel forwards on while another one takes over"}));
    const auto when = policy_.next_start(was_ready, loop_->now());
    loop_->run_at(when, [this] { try_worker(); });
}

void Guard::kill_within(std::chrono::seconds limit) {
    if (kill_timer_ == TimerId::kNone) {
        kill_timer_ = loop_->run_at(loop_->now() + limit, [this] {
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

// --- what the worker says

void Guard::on_event(uint32_t /*events*/) {
    for (int i = 0; i < kMessagesPerTurn; ++i) {
        auto received = worker_->channel.receive(Patience::kNo);
        if (!received) {
            // It is about to end, and will say how. If it does not, it is of no use.
            loop_->unwatch(worker_->channel.fd());
            kill_within(kEndsWithin);
            return;
        }
        if (!*received) {
            return;
        }
        take_message(std::move(**received));
    }
}

void Guard::take_message(MessageSocket::Message&& message) {
    auto decoded = decode_message(message.bytes);
    if (!decoded) {
        distrust("sends what makes no sense");
        return;
    }
    std::visit(
        [&](const auto& kind) {
            using Kind = std::remove_cvref_t<decltype(kind)>;
            if constexpr (std::is_same_v<Kind, Hold>) {
                on_hold(kind, std::move(message.descriptors));
            } else if constexpr (requires { on(kind); }) {
                on(kind);
            } else {
                distrust("says what is the guard's to say");
            }
        },
        *decoded);
}

void Guard::distrust(std::string_view why) {
    log_err(cat({"the worker ", why, ", replacing it"}));
    kill(worker_->pid, SIGKILL);
}

void Guard::answer(const Status& status, int descriptor) {
    const Answer answer = status ? Answer{} : Answer{status.error().status, status.error().text};
    const std::array descriptors = {descriptor};
    // A worker that does not take its answers is stopped or dead, which is noticed elsewhere.
    (void)worker_->channel.send(
        Patience::kNo, encode_message(answer),
        descriptor < 0 ? std::span<const int>() : std::span<const int>(descriptors));
}

void Guard::answer_with(const Result<UniqueFd>& descriptor) {
    if (descriptor) {
        answer({}, descriptor->get());
    } else {
        answer(descriptor.error());
    }
}

void Guard::tell(const GuardMessage& message) {
    // As in answer().
    (void)worker_->channel.send(Patience::kNo, encode_message(message));
}

void Guard::on(const ReadFile& request) {
    const auto content = desk_.read(request.path);
    if (!content) {
        answer(content.error());
    } else if (!*content) {
        answer({});
    } else {
        answer_with(create_memory_file("configuration", **content));
    }
}

void Guard::on(const FindFiles& request) {
    const auto names = desk_.glob(request.pattern);
    if (!names) {
        answer(names.error());
        return;
    }
    std::string text;
    for (const std::string& name : *names) {
        text.append(name.c_str(), name.size() + 1);
    }
    answer_with(create_memory_file("names", text));
}

void Guard::on(const OpenMrdisc& request) {
    const auto name = IfName::parse(request.name);
    if (!name) {
        distrust("names no interface");
        return;
    }
    answer_with(open_mrdisc_socket(request.family, {.name = *name, .ifindex = request.ifindex}));
}

void Guard::on(const RunScript& request) {
    if (settings_.hook.empty() || worker_->script) {
        distrust("runs a script where there is none to run");
        return;
    }
    const auto child = spawn_script(settings_.hook, {request.word, request.source, request.group});
    if (child) {
        worker_->script = *child;
        answer({});
    } else {
        answer(child.error());
    }
}

void Guard::on(const TouchPidFile& /*request*/) {
    answer(pid_file_ ? pid_file_->touch() : Status());
}

void Guard::on(const Ready& /*request*/) {
    if (!was_ready_) {
        auto pid_file = PidFile::create(settings_.pid_file);
        if (!pid_file) {
            answer(pid_file.error());
            return;
        }
        pid_file_.emplace(std::move(*pid_file));
        files_.expect_no_waiting();
        log_notice("smcroute is ready");
        background_.ready();
        open_log(settings_, foreground_, LogPhase::kRunning);
        was_ready_ = true;
    } else {
        log_notice("another worker has taken over");
    }
    worker_->ready = true;
    held_.drop_older();
    answer({});
    if (std::exchange(reload_missed_, false)) {
        tell(ReloadOrder{});
    }
}

void Guard::on_hold(const Hold& message, std::vector<UniqueFd>&& descriptors) {
    if (descriptors.size() != 1) {
        distrust("has nothing to hold");
        return;
    }
    held_.add(message.id, std::move(descriptors.front()));
}

void Guard::on(const Release& message) { held_.drop(message.id); }

void Guard::on(const Notify& message) { notifier_.tell(message.notice, message.status); }

void Guard::on(const Finish& /*message*/) {
    finishing_ = true;
    kill_within(kEndsWithin);
}

}  // namespace

ExitStatus run_guard(const ServiceSettings& settings) {
    const bool foreground = settings.runs_in_foreground();
    open_log(settings, foreground, LogPhase::kStarting);
    ignore_stray_signals();
    block_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD});
    Background background;
    if (!foreground) {
        const auto parent = background.start();
        if (!parent) {
            log_err(parent.error().text);
            return parent.error().status;
        }
        if (*parent) {
            return static_cast<ExitStatus>(**parent);
        }
    }
    Guard guard(settings, background, foreground);
    const Status started = guard.start();
    if (!started) {
        log_err(started.error().text);
    }
    const ExitStatus status = started ? guard.run() : started.error().status;
    if (status != ExitStatus::kOk) {
        background.failed(status);
    }
    return status;
}

}  // namespace smcroute
