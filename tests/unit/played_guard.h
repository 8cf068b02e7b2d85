// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// PlayedGuard: a GuardedHost whose guard is the test. What the guard answers may be sent before the
// worker asks, so that nothing here waits.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <sys/stat.h>

#include "base/text.h"
#include "guard/guarded_host.h"
#include "os/memory_file.h"
#include "test.h"

namespace smcroute::test {

using Lines = std::vector<std::string>;

// A message of the worker's as a line.
struct MessageText {
    std::string operator()(const ReadFile& it) const { return "read " + it.path; }
    std::string operator()(const FindFiles& it) const { return "find " + it.pattern; }
    std::string operator()(const OpenMrdisc& it) const {
        return compose("mrdisc {} {} {}", to_string(it.family), it.ifindex, it.name);
    }
    std::string operator()(const RunScript& it) const {
        return compose("run '{}' '{}' '{}'", it.word, it.source, it.group);
    }
    std::string operator()(const TouchPidFile& /*it*/) const { return "touch"; }
    std::string operator()(const Ready& /*it*/) const { return "ready"; }
    std::string operator()(const UpgradeRequest& /*it*/) const { return "upgrade"; }
    std::string operator()(const Hold& it) const { return compose("hold {}", it.id); }
    std::string operator()(const Release& it) const { return compose("release {}", it.id); }
    std::string operator()(const Notify& it) const {
        return compose("notify {} '{}'", static_cast<int>(it.notice), it.status);
    }
    std::string operator()(const Finish& /*it*/) const { return "finish"; }
    std::string operator()(const auto& /*it*/) const { return "what only the guard says"; }
};

// What the daemon gets to know, each as a line.
class NotedEvents final : public HostEvents {
public:
    Lines lines;

    void reload() override { lines.emplace_back("reload"); }
    void stop(std::string_view why) override { lines.push_back(compose("stop: {}", why)); }
    void script_ended(int wait_status) override {
        lines.push_back(compose("script ended: {}", wait_status));
    }
    void left_alone(const std::string& how, pid_t self) override {
        lines.push_back(compose("left alone by {}: {}", self, how));
    }
};

inline bool is_same_file(int one, int other) {
    struct stat first {};
    struct stat second {};
    return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

class PlayedGuard {
public:
    static constexpr pid_t kGuardPid = 12;

    PlayedGuard() = default;
    // With something else in what the guard gives to its worker.
    template <typename Change>
    explicit PlayedGuard(Change change) {
        change(settings, start);
    }

    // Begins the worker; nothing in `settings` and `start` counts any more.
    GuardedHost& host() {
        if (!host_) {
            host_.emplace(settings, std::move(start), UniqueFd(), GroupLists());
        }
        return *host_;
    }
    void attach() { EXPECT(static_cast<bool>(host().attach(loop_, events))); }

    void say(const GuardMessage& message, int fd = -1) {
        say(encode_message(message), std::span(&fd, fd < 0 ? 0 : 1));
    }
    void say(std::span<const std::byte> bytes, std::span<const int> descriptors = {}) {
        const MessageSocket::Patience none = MessageSocket::kNone;
        EXPECT(static_cast<bool>(guard->send(none, bytes, descriptors)));
    }
    void answer() { say(Answer{}); }
    void answer_with_text(std::string_view text, const std::string& remark = {}) {
        const auto file = create_memory_file("answer", text);
        say(Answer{ExitStatus::kOk, remark}, file ? file->get() : -1);
    }
    // What the worker has said since the last call.
    Lines heard() {
        Lines lines;
        for (;;) {
            auto received = guard->receive(MessageSocket::kNone);
            if (!received || !*received) {
                return lines;
            }
            const auto message = decode_message((**received).bytes);
            lines.push_back(message ? std::visit(MessageText(), *message) : "rubbish");
            brought = std::move((**received).descriptors);
        }
    }
    // Turns of the worker's loop until it has nothing to do. Then what its daemon has got to know.
    Lines turns() {
        while (turn()) {
        }
        return std::exchange(events.lines, {});
    }
    bool turn() { return loop_.run_once(std::chrono::milliseconds(0)); }

    // How a question fails once the guard is gone.
    static std::string gone(std::string_view option = {}) {
        return compose("the guard process is {}", how_gone(option));
    }
    static std::string how_gone(std::string_view option = {}) {
        return compose(
            "gone (pid 12): routing goes on; run 'smcroute -d{}' (or your service) to restore it, "
            "no packet is lost",
            option);
    }

private:
    std::pair<MessageSocket, MessageSocket> ends_ = std::move(*MessageSocket::create_pair());

public:
    std::optional<MessageSocket> guard = std::move(ends_.first);
    std::vector<UniqueFd> brought;  // with the last message that was heard
    NotedEvents events;
    ServiceSettings settings;
    WorkerStart start{.guard = std::move(ends_.second),
                      .routing = {},
                      .listener = {},
                      .facts = {.pid = kGuardPid},
                      .joins = {},
                      .join_ration = 1000,
                      .user = {},
                      .foreground = true};

private:
    std::optional<GuardedHost> host_;
    EventLoop loop_ = std::move(*EventLoop::create());  // ends before what it watches
};

// "ok", or the error and its exit status.
inline std::string text_of(const Status& status) {
    return status
               ? "ok"
               : compose("{} ({})", status.error().text, static_cast<int>(status.error().status));
}

}  // namespace smcroute::test
