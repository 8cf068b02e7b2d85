// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/guarded_host.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <unistd.h>

#include "daemon/file_system.h"
#include "guard/handover.h"
#include "kernel/join_socket.h"
#include "os/descriptors.h"
#include "os/file.h"

namespace smcroute {

namespace {

// Longer than the guard takes for anything, including the trial of another program; shorter than a
// client waits for us.
constexpr std::chrono::seconds kGuardAnswersWithin{8};

}  // namespace

// A socket that the guard has a duplicate of.
class GuardedHost::HeldJoinSocket final : public JoinSocket {
public:
    HeldJoinSocket(GuardedHost& host, std::unique_ptr<JoinSocket> socket, uint32_t id)
        : host_(host), socket_(std::move(socket)), id_(id) {}
    ~HeldJoinSocket() override {
        host_.join_sockets_.erase(id_);
        if (!host_.ending_) {
            host_.tell(Release{id_});
        }
    }
    HeldJoinSocket(const HeldJoinSocket&) = delete;
    HeldJoinSocket& operator=(const HeldJoinSocket&) = delete;

    int join(const Membership& membership) override { return socket_->join(membership); }
    int leave(const Membership& membership) override { return socket_->leave(membership); }
    bool has(unsigned ifindex, const Flow& flow) const override {
        return socket_->has(ifindex, flow);
    }

private:
    GuardedHost& host_;
    const std::unique_ptr<JoinSocket> socket_;
    const uint32_t id_;
};

GuardedHost::GuardedHost(const ServiceSettings& settings, WorkerStart start, UniqueFd null,
                         GroupLists group_lists)
    : settings_(settings),
      start_(std::move(start)),
      null_(std::move(null)),
      group_lists_(std::move(group_lists)) {}

Status GuardedHost::attach(EventLoop& loop, HostEvents& events) {
    loop_ = &loop;
    events_ = &events;
    carry_out_later();
    return loop.watch(start_.guard.fd(), EPOLLIN, *this);
}

Result<RoutingSockets> GuardedHost::routing_sockets() {
    for (const Family family : kFamilies) {
        if (const UniqueFd& fd = start_.routing.fds[index_of(family)]) {
            given_.push_back({routing_name(family, settings_.table), fd.get()});
        }
    }
    return std::move(start_.routing);
}

Result<Listener> GuardedHost::listener() {
    given_.push_back({kControl, start_.listener.get()});
    return Listener::adopt(std::move(start_.listener), settings_.socket);
}

Status GuardedHost::ready() {
    const auto told = ask(Ready{});
    ready_ = true;
    const bool goes_on = told || told.error().status == ExitStatus::kUnavailable;
    if (goes_on && !start_.foreground) {
        leave_terminal(null_.get());
        open_log(settings_, start_.foreground, LogPhase::kRunning);
    }
    return told ? Status() : told.error();
}

Status GuardedHost::touch_pid_file() {
    const auto touched = ask(TouchPidFile{});
    return touched ? Status() : touched.error();
}

void GuardedHost::finish() {
    ending_ = true;
    tell(Finish{});
}

Status GuardedHost::upgrade() {
    const auto begun = ask(UpgradeRequest{});
    return begun ? Status() : begun.error();
}

void GuardedHost::notify(Notice notice, std::string_view status) {
    tell(Notify{notice, std::string(status)});
}

Status GuardedHost::start(const ScriptCall& call) {
    const auto started = ask(RunScript{call.word, call.source, call.group});
    return started ? Status() : started.error();
}

Result<std::optional<std::string>> GuardedHost::read(const std::string& path) {
    const auto file = ask(ReadFile{path});
    if (!file) {
        return file.error();
    }
    if (!*file) {
        return std::optional<std::string>();
    }
    auto text = read_rest(file->get(), path, FileSystem::kMaxFileSize);
    return text ? Result<std::optional<std::string>>(std::optional(std::move(*text)))
                : text.error();
}

std::vector<std::string> GuardedHost::glob(const std::string& pattern) {
    const auto file = ask(FindFiles{pattern});
    const auto text = file ? read_rest(file->get(), pattern, FileSystem::kMaxFileSize)
                           : Result<std::string>(file.error());
    if (!text) {
        log_err(text.error().text);
        return {};
    }
    std::vector<std::string> names;
    for (std::string_view rest = *text; !rest.empty();) {
        const size_t size = std::min(rest.find('\0'), rest.size());
        names.emplace_back(rest.substr(0, size));
        rest.remove_prefix(std::min(rest.size(), size + 1));
    }
    return names;
}

Result<std::unique_ptr<JoinSocket>> GuardedHost::open(Family family, uint32_t id) {
    auto fd = open_join_socket(family, start_.join_ration);
    if (!fd) {
        return fd.error();
    }
    join_sockets_[id] = fd->get();
    tell(Hold{id}, std::array{fd->get()});
    return std::unique_ptr<JoinSocket>(
        std::make_unique<HeldJoinSocket>(*this, make_join_socket(std::move(*fd), family), id));
}

JoinLegacy GuardedHost::inherited() {
    JoinLegacy inherited{.sockets = {},
                         .record = start_.facts.saved_state.memberships,
                         .trusted = start_.facts.saved_state.trust == SavedStateFiles::Trust::kAll};
    for (const auto& [id, number] : std::exchange(start_.joins, {})) {
        UniqueFd fd(number);
        if (const auto family = join_socket_family(number)) {
            join_sockets_[id] = number;
            auto socket = make_join_socket(std::move(fd), *family);
            inherited.sockets[id] = {
                *family, std::make_unique<HeldJoinSocket>(*this, std::move(socket), id)};
        } else {
            tell(Release{id});
        }
    }
    return inherited;
}

Result<std::unique_ptr<MrdiscSocket>> GuardedHost::open(Family family, const Interface& interface) {
    auto fd = ask(OpenMrdisc{family, interface.ifindex, to_string(interface.name)});
    if (!fd) {
        return fd.error();
    }
    return make_mrdisc_socket(std::move(*fd), family, interface.ifindex);
}

Result<UniqueFd> GuardedHost::ask(const GuardMessage& question) {
    while (answer_due_) {
        const auto heard = take_next();
        if (!heard || !*heard) {
            return heard ? no_answer() : heard.error();
        }
    }
    if (const Status sent = start_.guard.send(patience(), encode_message(question)); !sent) {
        return sent.error().status == ExitStatus::kUnavailable ? guard_gone(gone()) : no_answer();
    }
    for (;;) {
        auto received = start_.guard.receive(patience());
        if (!received) {
            return guard_gone(gone());
        }
        if (!*received) {
            answer_due_ = true;
            return no_answer();
        }
        const auto message = decode_message((**received).bytes);
        if (!message) {
            continue;
        }
        const Answer* const answer = std::get_if<Answer>(&*message);
        if (answer == nullptr) {
            take(*message);
            continue;
        }
        if (answer->status != ExitStatus::kOk) {
            return Error{answer->reason, answer->status};
        }
        remark_ = answer->reason;
        auto& descriptors = (**received).descriptors;
        return descriptors.empty() ? UniqueFd() : std::move(descriptors.front());
    }
}

// If the guard is gone, that is noticed soon enough. A guard that has not taken a few hundred
// messages is of no use to us, nor we to it: it must not believe what is no longer true, and it
// starts another worker when it runs again.
void GuardedHost::tell(const GuardMessage& message, std::span<const int> descriptors) {
    if (is_deaf_) {
        return;
    }
    const Status sent = start_.guard.send(patience(), encode_message(message), descriptors);
    if (!sent && sent.error().status != ExitStatus::kUnavailable) {
        is_deaf_ = true;
        take(StopOrder{no_answer().text});
    }
}

MessageSocket::Patience GuardedHost::patience() const {
    return ready_ ? MessageSocket::Patience(kGuardAnswersWithin) : MessageSocket::kForever;
}

void GuardedHost::take(const GuardMessage& message) {
    if (std::holds_alternative<ReloadOrder>(message)) {
        reload_ = true;
    } else if (const auto* const stop = std::get_if<StopOrder>(&message)) {
        stop_ = *stop;
    } else if (const auto* const ended = std::get_if<ScriptEnded>(&message)) {
        script_ended_ = *ended;
    } else if (std::holds_alternative<Answer>(message)) {
        answer_due_ = false;
    }
    carry_out_later();
}

void GuardedHost::carry_out_later() {
    const bool any = stop_ || script_ended_ || reload_;
    if (loop_ != nullptr && any && later_ == TimerId::kNone) {
        later_ = loop_->run_at(loop_->now(), [this] {
            later_ = TimerId::kNone;
            carry_out_order();
            carry_out_later();
        });
    }
}

void GuardedHost::on_event(uint32_t /*events*/) { hear(); }

// False if there was no message.
bool GuardedHost::hear() {
    const auto heard = take_next();
    if (!heard) {
        lose_guard();
    }
    return heard && *heard;
}

// As hear(); the error means that the guard is gone.
Result<bool> GuardedHost::take_next() {
    const auto received = start_.guard.receive(MessageSocket::kNone);
    if (!received) {
        return guard_gone(gone());
    }
    if (const auto message = *received ? decode_message((**received).bytes) : std::nullopt) {
        take(*message);
    }
    return received->has_value();
}

// Carries out the most urgent order, in a turn of its own: anyone who waits for us need not wait
// for all of them.
void GuardedHost::carry_out_order() {
    if (stop_) {
        ending_ = true;
        events_->stop(std::exchange(stop_, {})->why);
    } else if (script_ended_) {
        events_->script_ended(std::exchange(script_ended_, {})->status);
    } else if (std::exchange(reload_, false)) {
        events_->reload();
    }
}

// A service manager has the descriptors, and may wait for our end before it starts a guard that
// takes them over. Without one routing goes on, whoever starts a guard again and when. From now on
// clients see our process, and so does a new daemon, which ends the process that listens.
void GuardedHost::lose_guard() {
    loop_->unwatch(start_.guard.fd());
    ending_ = true;
    alone_ = true;
    if (start_.facts.has_manager) {
        events_->stop("the guard process is gone");
        return;
    }
    for (const NamedDescriptor& given : given_) {
        if (given.name == kControl) {
            listen_anew(given.fd);
        }
    }
    events_->left_alone(gone(), getpid());
}

std::string GuardedHost::gone() const {
    const std::string name =
        settings_.ident == "smcroute" ? "" : compose(" -i {}", settings_.ident);
    return compose(
        "gone (pid {}): routing goes on; run 'smcroute -d{}' (or your service) to restore it, no "
        "packet is lost",
        start_.facts.pid, name);
}

Error GuardedHost::no_answer() const {
    const std::string pid = std::to_string(start_.facts.pid);
    return {compose("the guard process (pid {}) does not answer: 'kill -CONT {}' lets it go on if "
                    "it is stopped",
                    pid, pid),
            ExitStatus::kUnavailable};
}

// The guard may have died so recently that we have not noticed yet.
Result<std::vector<NamedDescriptor>> GuardedHost::hand_over() {
    while (!alone_ && hear()) {
    }
    carry_out_later();
    if (!alone_) {
        return Host::hand_over();
    }
    std::vector<NamedDescriptor> all = given_;
    all.push_back({kJournal, start_.facts.saved_state.journal});
    all.push_back({kLedger, start_.facts.saved_state.ledger});
    all.push_back({kRecord, start_.facts.saved_state.memberships});
    for (const auto& [id, fd] : join_sockets_) {
        all.push_back({join_name(kKeptJoin, id), fd});
    }
    return all;
}

}  // namespace smcroute
