// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/service.h"

#include <functional>
#include <memory>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "control/server.h"
#include "daemon/daemon.h"
#include "daemon/saved_state.h"
#include "daemon/event_feed.h"
#include "daemon/hook_queue.h"
#include "kernel/linux_kernel.h"
#include "mrdisc/mrdisc.h"
#include "os/event_loop.h"
#include "os/memory.h"
#include "os/network_namespace.h"

namespace smcroute {

namespace {

constexpr std::chrono::seconds kRepeatsShownAfter{10};
constexpr std::chrono::seconds kStatusPause{1};

class Service final : public CommandHandler, public Hooks, public HostEvents {
public:
    Service(const ServiceSettings& settings, Host& host)
        : settings_(settings),
          host_(host),
          hook_queue_(settings.hook, events_, host),
          saved_(host.files()) {}

    // Everything before the first turn of the loop. An error ends the process.
    Status start();
    void report_ready();
    void run() { loop_->run(); }

private:
    Status open_kernel();
    void report_refusal(Family family) const;
    Status start_daemon();
    Status open_server();
    Status carry_out_commands();
    Status watch();
    void watch_fd(int fd, std::function<void()> action, Status& status);
    void announce();
    void after_event();
    void follow_up();
    void keep_watchdog();
    void tell_ready();
    void keep_status();
    void keep_audit();

    // CommandHandler
    Reply execute(std::span<const std::string> words, Access access) override;
    void before_answers() override { saved_.commit_changes(*daemon_); }
    // Hooks
    void reloading() override;
    void reload_refused() override;
    void reloaded() override;
    void changed(std::span<const std::string> words) override { saved_.changed(words); }
    Status upgrade() override { return host_.upgrade(); }
    void installed(const Flow& flow) override { hook_queue_.installed(flow); }
    // HostEvents
    void reload() override;
    void stop(std::string_view why) override;
    void script_ended(int wait_status) override;
    void left_alone(const std::string& how, pid_t self) override;

    Reply hand_over();

    const ServiceSettings& settings_;
    Host& host_;
    EventFeed events_;
    HookQueue hook_queue_;
    SavedState saved_;
    bool is_successor_ =
        false;  // of a daemon that died, which has already done what is done only once
    std::optional<EventLoop> loop_;
    // Destroyed after the members below: a client that told us to end takes the end of its
    // connection as the end of everything.
    std::unique_ptr<Server> server_;
    std::unique_ptr<LinuxKernel> kernel_;
    std::optional<Daemon> daemon_;
    std::optional<Mrdisc> mrdisc_;
    uint64_t announced_layout_ = 0;
    std::vector<std::unique_ptr<Callback>> callbacks_;
    std::optional<TimePoint> armed_;
    TimerId deadline_timer_ = TimerId::kNone;
    bool ready_ = false;  // readiness has been reported
    uint64_t told_changes_ = 0;
    TimerId status_timer_ = TimerId::kNone;
    TimerId repeats_timer_ = TimerId::kNone;
    TimerId audit_timer_ = TimerId::kNone;
    size_t audits_left_ = 0;
    bool has_happened_ = false;  // since these were counted
};

Status Service::start() {
    auto loop = EventLoop::create();
    if (!loop) {
        return loop.error();
    }
    loop_.emplace(std::move(*loop));
    if (const Status status = open_kernel(); !status) {
        return status;
    }
    if (const Status status = start_daemon(); !status) {
        return status;
    }
    mrdisc_.emplace(*loop_, host_.mrdisc_sockets(), settings_.mrdisc_interval);
    if (const Status status = open_server(); !status) {
        return status;
    }
    if (const Status status = watch(); !status) {
        return status;
    }
    if (const Status status = is_successor_ ? Status() : carry_out_commands(); !status) {
        return status;
    }
    announce();  // being ready includes announcing ourselves
    const Status told = host_.ready();
    if (!told && !(is_successor_ && told.error().status == ExitStatus::kUnavailable)) {
        return told;
    }
    if (daemon_->stopping()) {
        host_.finish();
        loop_->stop();  // as soon as it runs
    }
    after_event();
    return {};
}

Status Service::start_daemon() {
    const HostFacts& host = host_.facts();
    auto inherited = saved_.open(host.saved_state);
    if (!inherited) {
        return inherited.error();
    }
    is_successor_ = inherited->config.has_value();
    daemon_.emplace(DaemonSettings{settings_.config_file,
                                   settings_.default_vifs,
                                   {.timeout = settings_.cache_timeout},
                                   settings_.version,
                                   host.pid,
                                   host.guard,
                                   host.worker_restarts,
                                   host.last_upgrade,
                                   settings_.config_named,
                                   host.access.network,
                                   settings_.ident,
                                   settings_.table ? std::to_string(*settings_.table) : "",
                                   settings_.socket,
                                   settings_.lenient},
                    *kernel_, saved_.files(), *this, events_, saved_.ledger());
    if (is_successor_) {
        return daemon_->start(loop_->now(), std::move(*inherited));
    }
    saved_.begin_load();
    Status status = daemon_->start(loop_->now(), std::move(*inherited));
    saved_.commit_load();
    return status;
}

// Reports ready to whoever waits for it: scripts by the hook, the service manager by its socket.
void Service::report_ready() {
    ready_ = true;
    if (!is_successor_) {
        hook_queue_.reloaded();
    }
    tell_ready();
    keep_watchdog();
    // Besides what is kept, the file's text and the plan were in memory.
    give_memory_back();
}

Status Service::open_kernel() {
    auto sockets = host_.routing_sockets();
    if (!sockets) {
        return sockets.error();
    }
    auto kernel =
        LinuxKernel::create(std::move(*sockets), settings_.kernel_options(), host_.join_sockets());
    if (!kernel) {
        return kernel.error();
    }
    kernel_ = std::move(*kernel);
    for (const Family family : kFamilies) {
        report_refusal(family);
    }
    return {};
}

void Service::report_refusal(Family family) const {
    const std::optional<Error>& refusal = kernel_->refusal(family);
    if (!refusal || refusal->status == ExitStatus::kOk) {
        return;
    }
    const bool v4 = family == Family::kIpv4;
    log_warning(compose(
        "going on without {}: {}{}{}", to_string(family), refusal->text,
        refusal->status == ExitStatus::kUnavailable ? " (stop it and restart smcroute, or " : " (",
        v4 ? "-6 asks for IPv6 alone)" : "-4 asks for IPv4 alone)"));
}

Status Service::open_server() {
    auto listener = host_.listener();
    if (!listener) {
        return listener.error();
    }
    auto server = Server::create(*loop_, std::move(*listener), host_.facts().access, *this);
    if (!server) {
        return server.error();
    }
    server_ = std::move(*server);
    return {};
}

// A refused command ends the start; an op that the kernel refused for now is logged and tried
// again.
Status Service::carry_out_commands() {
    for (const GivenCommand& given : settings_.commands) {
        const Reply reply = daemon_->execute(given.words, loop_->now());
        if (reply.status != ExitStatus::kOk && reply.status != ExitStatus::kSystem) {
            return Error{reply.reason, reply.status};
        }
    }
    saved_.commit_changes(*daemon_);
    return {};
}

Status Service::watch() {
    Status status = host_.attach(*loop_, *this);
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
    status = loop_->watch_urgent(fd, *callbacks_.back());
}

void Service::reload() {
    // The daemon has logged what went wrong.
    (void)daemon_->reload(loop_->now());
    after_event();
}

void Service::stop(std::string_view why) {
    log_notice(compose("{}, stopping", why));
    host_.notify(Notice::kStopping, {});
    loop_->stop();
}

void Service::script_ended(int wait_status) {
    hook_queue_.on_exit(wait_status);
    after_event();
}

void Service::left_alone(const std::string& how, pid_t self) { daemon_->left_alone(how, self); }

Reply Service::hand_over() {
    saved_.commit_changes(*daemon_);
    auto descriptors = host_.hand_over();
    return descriptors ? Reply{.descriptors = std::move(*descriptors)}
                       : reply_of(descriptors.error());
}

Reply Service::execute(std::span<const std::string> words, Access access) {
    if (words.front() == kHandOver) {
        return hand_over();
    }
    Reply reply = daemon_->execute(words, loop_->now(), access);
    if (daemon_->stopping()) {
        host_.finish();
        stop("stopped by a client (-k)");
    }
    after_event();
    return reply;
}

void Service::reloading() {
    saved_.commit_changes(*daemon_);
    saved_.begin_load();
    if (ready_) {
        host_.notify(Notice::kReloading, {});
    }
}

void Service::reload_refused() {
    saved_.cancel_load();
    if (ready_) {
        tell_ready();
    }
}

void Service::reloaded() {
    saved_.commit_load();
    // Two configurations were in memory for a moment; give the memory of one back.
    give_memory_back();
    if (!ready_) {
        return;  // from a command given with -d; report_ready() is still to come
    }
    hook_queue_.reloaded();
    if (const Status status = host_.touch_pid_file(); !status) {
        log_warning(status.error().text);
    }
    tell_ready();
}

void Service::keep_watchdog() {
    if (const auto interval = host_.facts().watchdog_interval) {
        host_.notify(Notice::kWatchdog, {});
        loop_->run_at(loop_->now() + *interval, [this] { keep_watchdog(); });
    }
}

void Service::tell_ready() {
    host_.notify(Notice::kReady, daemon_->status_line());
    told_changes_ = daemon_->changes();
}

// At most once a second, and only if a manager listens and tell_ready() has not told it since.
void Service::keep_status() {
    if (!host_.facts().has_manager || told_changes_ == daemon_->changes() ||
        status_timer_ != TimerId::kNone) {
        return;
    }
    status_timer_ = loop_->run_at(loop_->now() + kStatusPause, [this] {
        status_timer_ = TimerId::kNone;
        if (told_changes_ != daemon_->changes()) {
            told_changes_ = daemon_->changes();
            host_.notify(Notice::kStatus, daemon_->status_line());
        }
    });
}

// Checks everything once after anything has happened, for that may have made a difference. No timer
// wakes a daemon to which nothing happens.
void Service::keep_audit() {
    if (audit_timer_ != TimerId::kNone || (audits_left_ == 0 && !has_happened_)) {
        return;
    }
    audit_timer_ = loop_->run_at(loop_->now() + Audit::kPause, [this] {
        audit_timer_ = TimerId::kNone;
        if (std::exchange(has_happened_, false)) {
            audits_left_ = daemon_->audit_parts();
        }
        if (audits_left_ == 0) {
            return;
        }
        --audits_left_;
        if (daemon_->audit(loop_->now())) {
            follow_up();
        } else {
            after_event();
        }
    });
}

// Announces a router on each VIF whose `phyint` line asks for it.
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

void Service::after_event() {
    has_happened_ = true;
    follow_up();
}

// Reports to whoever follows the daemon's state, and sets timers for what the daemon and the log
// must do later.
void Service::follow_up() {
    keep_status();
    keep_audit();
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

}  // namespace

bool ServiceSettings::runs_in_foreground() const { return foreground || getpid() == 1; }

void open_log(const ServiceSettings& settings, bool foreground, LogPhase phase) {
    const bool to_syslog = settings.syslog || !foreground;
    const LogSink sink = !to_syslog                     ? LogSink::kStderr
                         : phase == LogPhase::kStarting ? LogSink::kBoth
                                                        : LogSink::kSyslog;
    log_open(sink, settings.log_level, settings.ident);
}

Result<Identities> look_up_identities(const ServiceSettings& settings) {
    Identities identities;
    if (!settings.user.empty()) {
        auto user = look_up_user(settings.user);
        if (!user) {
            return user.error();
        }
        identities.user = std::move(*user);
    }
    if (!settings.group.empty()) {
        auto group = look_up_group(settings.group);
        if (!group) {
            return group.error();
        }
        identities.access.readers = std::move(*group);
    }
    identities.access.starter = geteuid();
    identities.access.network = network_namespace();
    identities.access.owner = identities.user ? identities.user->uid : geteuid();
    return identities;
}

ExitStatus run_service(const ServiceSettings& settings, Host& host) {
    Service service(settings, host);
    if (const Status status = service.start(); !status) {
        log_err(status.error().text);
        return status.error().status;
    }
    service.report_ready();
    service.run();
    log_flush();
    return ExitStatus::kOk;
}

}  // namespace smcroute
