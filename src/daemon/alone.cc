// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/alone.h"

#include <csignal>
#include <utility>

#include <unistd.h>

#include "control/predecessor.h"
#include "daemon/file_system.h"
#include "kernel/join_socket.h"
#include "os/background.h"
#include "os/child.h"
#include "os/descriptors.h"
#include "os/pidfile.h"
#include "os/privileges.h"

namespace smcroute {

namespace {

class Alone final : public Host {
public:
    Alone(const ServiceSettings& settings, Background& background, bool foreground)
        : settings_(settings), background_(background), foreground_(foreground) {}

    // Comes before anything else: the steps that may fail without leaving a trace.
    Status prepare() {
        notifier_ = Notifier::from_environment();
        if (const Predecessor found = ask_predecessor(settings_.socket);
            found.state != Predecessor::State::kNone) {
            return in_the_way(found, settings_.socket);
        }
        const auto limit = raise_fd_limit();
        if (!limit) {
            return limit.error();
        }
        join_sockets_.emplace(join_ration(*limit));
        auto identities = look_up_identities(settings_);
        if (!identities) {
            return identities.error();
        }
        user_ = std::move(identities->user);
        facts_ = {.pid = getpid(),
                  .access = std::move(identities->access),
                  .has_manager = notifier_.active(),
                  .watchdog_interval = notifier_.watchdog_interval()};
        files_.trust(facts_.access.owner);
        return {};
    }

    const HostFacts& facts() const override { return facts_; }

    Status attach(EventLoop& loop, HostEvents& events) override {
        events_ = &events;
        return loop.watch_signals({SIGHUP, SIGINT, SIGTERM, SIGCHLD},
                                  [this](int signal) { on_signal(signal); });
    }

    Result<RoutingSockets> routing_sockets() override {
        return open_routing_sockets(settings_.kernel_options());
    }
    Result<Listener> listener() override {
        return Listener::create(settings_.socket, facts_.access.group());
    }
    FileSource& files() override { return files_; }
    JoinSockets& join_sockets() override { return *join_sockets_; }
    MrdiscSockets& mrdisc_sockets() override { return mrdisc_sockets_; }

    Status ready() override {
        auto pid_file = PidFile::create(settings_.pid_file);
        if (!pid_file) {
            return pid_file.error();
        }
        pid_file_.emplace(std::move(*pid_file));
        if (const Status status = user_ ? drop_privileges(*user_) : Status(); !status) {
            return status;
        }
        files_.expect_no_waiting();
        log_notice("smcroute is ready");
        background_.ready();
        open_log(settings_, foreground_, LogPhase::kRunning);
        return {};
    }

    Status touch_pid_file() override { return pid_file_->touch(); }
    void finish() override {}
    Status upgrade() override {
        return Error{"cannot upgrade a daemon without a guard (--single): restart it",
                     ExitStatus::kRefused};
    }
    void notify(Notice notice, std::string_view status) override { notifier_.tell(notice, status); }

    Status start(const ScriptCall& call) override {
        const auto child = spawn_script(settings_.hook, call);
        if (!child) {
            return child.error();
        }
        script_ = *child;
        return {};
    }

private:
    void on_signal(int signal) {
        if (signal == SIGHUP) {
            events_->reload();
        } else if (signal != SIGCHLD) {
            events_->stop(signal == SIGINT ? "interrupted" : "terminated");
        } else {
            reap_children();
        }
    }

    // As process 1 we also get the orphans of other processes.
    void reap_children() {
        for (const ExitedChild& child : reap()) {
            if (script_ == child.pid) {
                script_.reset();
                events_->script_ended(child.status);
            }
        }
    }

    const ServiceSettings& settings_;
    Background& background_;
    const bool foreground_;
    HostEvents* events_ = nullptr;      // once attached
    std::optional<UserIdentity> user_;  // to become, once all is open
    HostFacts facts_;
    std::optional<PidFile> pid_file_;
    Notifier notifier_;
    FileSystem files_;
    std::optional<UdpJoinSockets> join_sockets_;
    RawMrdiscSockets mrdisc_sockets_;
    std::optional<pid_t> script_;
};

}  // namespace

ExitStatus run_alone(const ServiceSettings& settings) {
    const bool foreground = settings.runs_in_foreground();
    open_log(settings, foreground, LogPhase::kStarting);
    block_signals_and_ignore_others({SIGHUP, SIGINT, SIGTERM, SIGCHLD});
    Background background;
    if (!foreground) {
        if (const Status left = background.start(); !left) {
            log_err(left.error().text);
            return left.error().status;
        }
    }
    // The pid file is removed last, when the kernel has dropped the routes with its sockets.
    Alone host(settings, background, foreground);
    const Status prepared = host.prepare();
    if (!prepared) {
        log_err(prepared.error().text);
        return prepared.error().status;
    }
    return run_service(settings, host);
}

}  // namespace smcroute
