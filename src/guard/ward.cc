// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/ward.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/file_system.h"
#include "kernel/join_socket.h"
#include "os/background.h"
#include "os/file.h"

namespace smcroute {

namespace {

using Patience = MessageSocket::Wait;

Error guard_gone() {
    return {"the guard process is gone (restart smcroute)", ExitStatus::kUnavailable};
}

}  // namespace

// A socket of which the guard has a duplicate.
class Ward::HeldJoinSocket final : public JoinSocket {
public:
    HeldJoinSocket(Ward& ward, std::unique_ptr<JoinSocket> socket, uint32_t id)
        : ward_(ward), socket_(std::move(socket)), id_(id) {}
    ~HeldJoinSocket() override {
        if (!ward_.ending_) {
            ward_.tell(Release{id_});
        }
    }
    HeldJoinSocket(const HeldJoinSocket&) = delete;
    HeldJoinSocket& operator=(const HeldJoinSocket&) = delete;

    int join(const Membership& membership) override { return socket_->join(membership); }
    int leave(const Membership& membership) override { return socket_->leave(membership); }

private:
    Ward& ward_;
    const std::unique_ptr<JoinSocket> socket_;
    const uint32_t id_;
};

Ward::Ward(const ServiceSettings& settings, WorkerStart start, UniqueFd null)
    : settings_(settings), start_(std::move(start)), null_(std::move(null)) {}

Status Ward::attach(EventLoop& loop, Orders& orders) {
    loop_ = &loop;
    orders_ = &orders;
    carry_out_later();
    return loop.watch(start_.guard.fd(), EPOLLIN, *this);
}

Result<Listener> Ward::listener() {
    return Listener::adopt(std::move(start_.listener), settings_.socket);
}

Status Ward::ready() {
    if (const auto told = ask(Ready{}); !told) {
        return told.error();
    }
    if (!start_.foreground) {
        leave_terminal(null_.get());
        open_log(settings_, start_.foreground, LogPhase::kRunning);
    }
    return {};
}

Status Ward::touch_pid_file() {
    const auto touched = ask(TouchPidFile{});
    return touched ? Status() : touched.error();
}

void Ward::finish() {
    ending_ = true;
    tell(Finish{});
}

Status Ward::upgrade() {
    const auto begun = ask(UpgradeRequest{});
    return begun ? Status() : begun.error();
}

void Ward::notify(Notice notice, std::string_view status) {
    tell(Notify{notice, std::string(status)});
}

Status Ward::start(const ScriptCall& call) {
    const auto started = ask(RunScript{call.word, call.source, call.group});
    return started ? Status() : started.error();
}

Result<std::optional<std::string>> Ward::read(const std::string& path) {
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

std::vector<std::string> Ward::glob(const std::string& pattern) {
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

Result<std::unique_ptr<JoinSocket>> Ward::open(Family family) {
    auto fd = open_join_socket(family);
    if (!fd) {
        return fd.error();
    }
    const uint32_t id = ++last_held_;
    tell(Hold{id}, std::array{fd->get()});
    return std::unique_ptr<JoinSocket>(
        std::make_unique<HeldJoinSocket>(*this, make_join_socket(std::move(*fd), family), id));
}

Result<std::unique_ptr<MrdiscSocket>> Ward::open(Family family, const Interface& interface) {
    auto fd = ask(OpenMrdisc{family, interface.ifindex, to_string(interface.name)});
    if (!fd) {
        return fd.error();
    }
    return make_mrdisc_socket(std::move(*fd), family, interface.ifindex);
}

Result<UniqueFd> Ward::ask(const GuardMessage& question) {
    if (const Status sent = start_.guard.send(Patience::kYes, encode_message(question)); !sent) {
        return sent.error().status == ExitStatus::kUnavailable ? guard_gone() : sent.error();
    }
    for (;;) {
        auto received = start_.guard.receive(Patience::kYes);
        if (!received) {
            return guard_gone();
        }
        const auto message = decode_message((**received).bytes);
        if (!message) {
            continue;
        }
        const Answer* const answer = std::get_if<Answer>(&*message);
        if (answer == nullptr) {
            waiting_.push_back(*message);
            carry_out_later();
            continue;
        }
        if (answer->status != ExitStatus::kOk) {
            return Error{answer->reason, answer->status};
        }
        auto& descriptors = (**received).descriptors;
        return descriptors.empty() ? UniqueFd() : std::move(descriptors.front());
    }
}

// What the guard does not hear because it is gone, its absence is noticed for soon enough.
void Ward::tell(const GuardMessage& message, std::span<const int> descriptors) {
    (void)start_.guard.send(Patience::kYes, encode_message(message), descriptors);
}

void Ward::carry_out_later() {
    if (loop_ != nullptr && !waiting_.empty() && later_ == TimerId::kNone) {
        later_ = loop_->run_at(loop_->now(), [this] {
            later_ = TimerId::kNone;
            carry_out_orders();
        });
    }
}

void Ward::on_event(uint32_t /*events*/) {
    const auto received = start_.guard.receive(Patience::kNo);
    if (!received) {
        lose_guard();
        return;
    }
    const auto message = *received ? decode_message((**received).bytes) : std::nullopt;
    if (message) {
        waiting_.push_back(*message);
        carry_out_orders();
    }
}

void Ward::carry_out_orders() {
    while (!waiting_.empty()) {
        const GuardMessage order = std::move(waiting_.front());
        waiting_.pop_front();
        if (std::holds_alternative<ReloadOrder>(order)) {
            orders_->reload();
        } else if (const auto* const stop = std::get_if<StopOrder>(&order)) {
            ending_ = true;
            orders_->stop(stop->why);
        } else if (const auto* const ended = std::get_if<ScriptEnded>(&order)) {
            orders_->script_ended(ended->status);
        }
    }
}

// Without a service manager, which would start a guard that takes over, nobody is helped if the
// routes go as well.
void Ward::lose_guard() {
    loop_->unwatch(start_.guard.fd());
    ending_ = true;
    if (start_.has_manager) {
        orders_->stop("the guard process is gone");
        return;
    }
    log_err(
        "the guard process is gone: routing goes on, but there are no reloads, scripts or "
        "restarts any more (restart smcroute)");
}

}  // namespace smcroute
