// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/service.h"

#include <csignal>
#include <functional>
#include <memory>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "control/server.h"
#include "daemon/daemon.h"
#include "daemon/file_system.h"
#include "daemon/hook_queue.h"
#include "kernel/join_socket.h"
#include "kernel/linux_kernel.h"
#include "mrdisc/mrdisc.h"
#include "os/background.h"
#include "os/child.h"
#include "os/descriptors.h"
#include "os/event_loop.h"
#include "os/memory.h"
#include "os/notify.h"
#include "os/pidfile.h"
#include "os/privileges.h"

namespace smcroute {

namespace {

constexpr std::chrono::seconds kRepeatsShownAfter{10};
constexpr std::chrono::seconds kStatusPause{1};

class Callback final : public Handler {
public:
    explicit Callback(std::function<void()> action) : action_(std::move(action)) {}
    void on_event(uint32_t /*events*/) override { action_(); }

private:
    std::function<void()> action_;
};

class Service final : public CommandHandler, public Hooks {
public:
    explicit Service(const ServiceSettings& settings)
        : settings_(settings), hook_queue_(settings.hook) {}

    // Everything before the first turn of the loop. The error ends the process.
    Status start();
    void report_ready();
    void run() { loop_->run(); }

private:
    Status open_kernel();
    Status carry_out_commands();
    Status become_user();
    Status watch();
    void watch_fd(int fd, std::function<void()> action, Status& status);
    void on_signal(int signal);
    void announce();
    void after_event();
    void keep_watchdog();
    void tell_ready();
    void keep_status();

    Reply execute(std::span<const std::string> words) override;
    void reloading() override;
    void reload_refused() override;
    void reloaded() override;
    void installed(const Flow& flow) override { hook_queue_.installed(flow); }

    const ServiceSettings& settings_;
    // In the order of their making; on the way out the pid file goes last, when the kernel has
    // dropped the routes with its sockets.
    std::optional<EventLoop> loop_;
    std::optional<UserIdentity> user_;
    std::optional<PidFile> pid_file_;
    Notifier notifier_;
    HookQueue hook_queue_;
    FileSystem files_;
    UdpJoinSockets join_sockets_;
    std::unique_ptr<LinuxKernel> kernel_;
    std::optional<Daemon> daemon_;
    RawMrdiscSockets mrdisc_sockets_;
    std::optional<Mrdisc> mrdisc_;
    uint64_t announced_layout_ = 0;
    std::unique_ptr<Server> server_;
    std::vector<std::unique_ptr<Callback>> callbacks_;
    std::optional<TimePoint> armed_;
    TimerId deadline_timer_ = TimerId::kNone;
    bool ready_ = false;  // whoever waited for us has been told
    uint64_t told_changes_ = 0;
    TimerId status_timer_ = TimerId::kNone;
    TimerId repeats_timer_ = TimerId::kNone;
};

Status Service::start() {
    auto loop = EventLoop::create();
    if (!loop) {
        return loop.error();
    }
    loop_.emplace(std::move(*loop));
    notifier_ = Notifier::from_environment();
    if (const Status status = raise_fd_limit(); !status) {
        log_warning(status.error().text);
    }
    if (!settings_.user.empty()) {
        auto user = look_up_user(settings_.user);
        if (!user) {
            return user.error();
        }
        user_ = std::move(*user);
    }
    if (const Status status = open_kernel(); !status) {
        return status;
    }
    daemon_.emplace(DaemonSettings{settings_.config_file,
                                   settings_.default_vifs,
                                   {.timeout = settings_.cache_timeout},
                                   settings_.version,
                                   getpid()},
                    *kernel_, files_, *this);
    if (const Status status = daemon_->start(loop_->now()); !status) {
        return status;
    }
    mrdisc_.emplace(*loop_, mrdisc_sockets_, settings_.mrdisc_interval);
    auto server = Server::create(*loop_, settings_.socket, *this);
    if (!server) {
        return server.error();
    }
    server_ = std::move(*server);
    if (const Status status = watch(); !status) {
        return status;
    }
    if (const Status status = carry_out_commands(); !status) {
        return status;
    }
    auto pid_file = PidFile::create(settings_.pid_file);
    if (!pid_file) {
        return pid_file.error();
    }
    pid_file_.emplace(std::move(*pid_file));
    if (const Status status = become_user(); !status) {
        return status;
    }
    after_event();
    return {};
}

// For whoever waits for it: scripts by the hook, the service manager by its socket.
void Service::report_ready() {
    ready_ = true;
    files_.expect_no_waiting();
    hook_queue_.reloaded();
    tell_ready();
    keep_watchdog();
}

Status Service::open_kernel() {
    const KernelOptions options{.table = settings_.table};
    auto sockets = open_routing_sockets(options);
    if (!sockets) {
        return sockets.error();
    }
    auto kernel = LinuxKernel::create(std::move(*sockets), options, join_sockets_);
    if (!kernel) {
        return kernel.error();
    }
    kernel_ = std::move(*kernel);
    for (const Family family : kFamilies) {
        if (const std::optional<Error>& refusal = kernel_->refusal(family)) {
            log_notice(cat({"going on without ", to_string(family), ": ", refusal->text}));
        }
    }
    return {};
}

// What is refused ends the start; what the kernel refused for now is logged and tried again.
Status Service::carry_out_commands() {
    for (const std::vector<std::string>& words : settings_.commands) {
        const Reply reply = daemon_->execute(words, loop_->now());
        if (reply.status != ExitStatus::kOk && reply.status != ExitStatus::kSystem) {
            return Error{reply.reason, reply.status};
        }
    }
    if (daemon_->stopping()) {
        loop_->stop();  // as soon as it runs
    }
    return {};
}

Status Service::become_user() { return user_ ? drop_privileges(*user_) : Status(); }

Status Service::watch() {
    Status status = loop_->watch_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD},
                                         [this](int signal) { on_signal(signal); });
    for (const Family family : kFamilies) {
        watch_fd(
            kernel_->upcall_fd(family),
            [this, family] { daemon_->on_upcalls(family, loop_->now()); }, status);
    }
    watch_fd(
        kernel_->link_fd(), [this] { daemon_->on_links(loop_->now()); }, status);
    return status;
}

void Service::watch_fd(int fd, std::function<void()> action, Status& status) {
    if (!status || fd < 0) {
        return;
    }
    callbacks_.push_back(std::make_unique<Callback>([this, action = std::move(action)] {
        action();
        after_event();
    }));
    status = loop_->watch(fd, EPOLLIN, *callbacks_.back());
}

void Service::on_signal(int signal) {
    if (signal == SIGCHLD) {
        for (const ExitedChild& child : reap()) {
            hook_queue_.on_exit(child);
        }
    } else if (signal == SIGHUP) {
        // The daemon has logged what went wrong.
        (void)daemon_->reload(loop_->now());
    } else {
        log_notice(signal == SIGINT ? "interrupted, stopping" : "terminated, stopping");
        notifier_.stopping();
        loop_->stop();
    }
    after_event();
}

Reply Service::execute(std::span<const std::string> words) {
    Reply reply = daemon_->execute(words, loop_->now());
    if (daemon_->stopping()) {
        log_notice("stopping at a client's request");
        notifier_.stopping();
        loop_->stop();
    }
    after_event();
    return reply;
}

void Service::reloading() {
    if (ready_) {
        // Not the turn's time: a manager takes no reload for its own that began before it asked.
        notifier_.reloading(EventLoop::Clock::now());
    }
}

void Service::reload_refused() {
    if (ready_) {
        tell_ready();
    }
}

void Service::reloaded() {
    // Two configurations were in memory for a moment; give the room of one back.
    give_memory_back();
    if (!ready_) {
        return;  // by a command given with -d; report_ready() is still to come
    }
    hook_queue_.reloaded();
    if (const Status status = pid_file_->touch(); !status) {
        log_warning(status.error().text);
    }
    tell_ready();
}

void Service::keep_watchdog() {
    if (const auto interval = notifier_.watchdog_interval()) {
        notifier_.watchdog();
        loop_->run_at(loop_->now() + *interval, [this] { keep_watchdog(); });
    }
}

void Service::tell_ready() {
    notifier_.ready(daemon_->status());
    told_changes_ = daemon_->changes();
}

// At most once a second, and only if somebody listens and has not been told with a ready() since.
void Service::keep_status() {
    if (!notifier_.active() || told_changes_ == daemon_->changes() ||
        status_timer_ != TimerId::kNone) {
        return;
    }
    status_timer_ = loop_->run_at(loop_->now() + kStatusPause, [this] {
        status_timer_ = TimerId::kNone;
        if (told_changes_ != daemon_->changes()) {
            told_changes_ = daemon_->changes();
            notifier_.status(daemon_->status());
        }
    });
}

// Where a `phyint` line says so and there is a VIF, we announce a router.
void Service::announce() {
    if (announced_layout_ == daemon_->layout_version()) {
        return;
    }
    announced_layout_ = daemon_->layout_version();
    const RouterState& state = daemon_->state();
    for (const Family family : kFamilies) {
        std::vector<Interface> marked;
        for (const std::optional<Interface>& vif : state.layouts[index_of(family)].vifs) {
            if (vif && state.desired.phyint(vif->name).mrdisc.value_or(false)) {
                marked.push_back(*vif);
            }
        }
        mrdisc_->set_interfaces(family, marked, loop_->now());
    }
}

// Sets the timers for what the daemon and the log want to do later.
void Service::after_event() {
    keep_status();
    announce();
    if (daemon_->deadline() != armed_) {
        loop_->cancel(deadline_timer_);
        armed_ = daemon_->deadline();
        if (armed_) {
            deadline_timer_ = loop_->run_at(*armed_, [this] {
                armed_.reset();
                daemon_->on_deadline(loop_->now());
                after_event();
            });
        }
    }
    if (log_holds_repeats() && repeats_timer_ == TimerId::kNone) {
        repeats_timer_ = loop_->run_at(loop_->now() + kRepeatsShownAfter, [this] {
            repeats_timer_ = TimerId::kNone;
            log_flush();
        });
    }
}

void open_log(const ServiceSettings& settings, bool foreground, bool starting) {
    const bool to_syslog = settings.syslog || !foreground;
    const LogSink sink = !to_syslog ? LogSink::kStderr
                         : starting ? LogSink::kBoth
                                    : LogSink::kSyslog;
    log_open(sink, settings.log_level, settings.ident);
}

}  // namespace

ExitStatus run_service(const ServiceSettings& settings) {
    // Process 1 has nobody to return to: a container ends with it.
    const bool foreground = settings.foreground || getpid() == 1;
    open_log(settings, foreground, true);
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
    Service service(settings);
    if (const Status status = service.start(); !status) {
        log_err(status.error().text);
        background.failed(status.error().status);
        return status.error().status;
    }
    log_notice("smcroute is ready");
    background.ready();
    open_log(settings, foreground, false);
    service.report_ready();
    service.run();
    log_flush();
    return ExitStatus::kOk;
}

}  // namespace smcroute
