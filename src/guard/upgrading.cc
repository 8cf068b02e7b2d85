// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The guard's part in an upgrade: running another program in this process.

#include "guard/guard.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "control/protocol.h"
#include "guard/genuine.h"
#include "guard/upgrade.h"
#include "os/file.h"
#include "os/memory_file.h"

namespace smcroute {

namespace {

// The worker's answer to the client who asks for an upgrade is sent before the upgrade begins.
constexpr std::chrono::milliseconds kAnswerTakes{20};

constexpr const char* kPrevious = "previous";
constexpr const char* kCommand = "command";
constexpr const char* kOldLine = "line-to-worker";
constexpr const char* kWentBack = "went back";

}  // namespace

// Cannot fail, and comes first: whatever fails later, there is a program to go back to.
void Guard::take_over() {
    if (start_.handover.upgraded) {
        last_upgrade_ = start_.handover.went_back ? kWentBack : "done";
        previous_ = start_.handover.take(kPrevious);
        previous_command_ = start_.handover.take(kCommand);
        old_line_ = start_.handover.take(kOldLine);
    }
    script_ = start_.handover.script;
    keep_genuine(start_.handover, settings_, notifier_);
}

Status Guard::prepare_upgrade() {
    if (start_.command[0].empty()) {
        return Error{"cannot upgrade: /proc does not tell where our program is",
                     ExitStatus::kRefused};
    }
    if (upgrade_timer_ != TimerId::kNone) {
        return {};
    }
    const auto directory = directory_of_command();
    const Status tried = directory ? try_program(start_.command) : Status(directory.error());
    if (!tried) {
        return Error{compose("cannot upgrade: {}", tried.error().text), ExitStatus::kRefused};
    }
    // After the answer has reached whoever asked.
    upgrade_timer_ = loop_->run_at(loop_->now() + kAnswerTakes, [this] {
        upgrade_timer_ = TimerId::kNone;
        if (!finishing_) {
            give_up_upgrade(replace_program());
        }
    });
    return {};
}

// Whoever asked waits for another worker, and learns the result from it.
void Guard::give_up_upgrade(const Error& error) {
    log_err(compose("cannot upgrade: {}", error.text));
    last_upgrade_ = kWentBack;
    if (worker_) {
        kill(worker_->pid, SIGKILL);
    }
}

// The directory that paths on the command line are relative to. If there are none, it may be gone.
Result<std::string> Guard::directory_of_command() const {
    const std::string& directory = start_.directory;
    if (access(directory.c_str(), X_OK) == 0) {
        return directory;
    }
    const Error error = system_error(compose("cannot change to directory {}", directory), errno);
    const std::string within = compose("{}/", directory);
    for (const auto path :
         {&ServiceSettings::config_file, &ServiceSettings::socket, &ServiceSettings::pid_file}) {
        if (!directory.empty() && (settings_.*path).starts_with(within)) {
            return error;
        }
    }
    return std::string("/");
}

// Returns only if it fails. The worker runs on until the next guard starts its own.
Error Guard::replace_program() {
    const UniqueFd previous(open("/proc/self/exe", O_PATH | O_CLOEXEC));
    const auto words = encode_words(start_.command);
    auto command = words ? create_memory_file(kCommand, *words) : words.error();
    if (!command) {
        return command.error();
    }
    std::vector<NamedDescriptor> descriptors = everything();
    descriptors.push_back({kPrevious, previous.get()});
    descriptors.push_back({kCommand, command->get()});
    return become(start_.command[0], start_.command, {}, descriptors);
}

std::vector<NamedDescriptor> Guard::everything() const {
    // The worker must not think that it was left alone.
    const int line = worker_ ? worker_->channel.fd() : old_line_.get();
    std::vector<NamedDescriptor> all = {{kOldLine, line}};
    held_.hand_over(all);
    for (const auto& [name, fd] : start_.handover.descriptors) {  // not yet taken
        all.push_back({name, fd.get()});
    }
    if (listener_) {
        all.push_back({kControl, listener_->fd()});
    }
    return all;
}

// `head` has the fields that differ from case to case.
Error Guard::become(const std::string& program, const std::vector<std::string>& command,
                    Handover head, std::span<const NamedDescriptor> descriptors) {
    head.upgraded = getpid();
    // A program before us may already have reported the start.
    head.ready = pid_file_ || start_.handover.ready;
    head.worker = worker_ ? worker_->pid : start_.handover.worker;
    head.script = script_;
    notifier_.restore_environment();
    // The signal is blocked, so it stays pending for the next program, which ends the worker in the
    // middle of its reload.
    if (reload_ordered_ || (worker_ && worker_->state == Worker::State::kReloading)) {
        raise(SIGHUP);
    }
    const auto directory = directory_of_command();
    const Error error = directory ? become_program(program, command, *directory, head, descriptors)
                                  : directory.error();
    Notifier::clear_environment();
    return error;
}

// Uses the previous program's own command line; after that there is nothing to go back to.
void Guard::go_back() {
    if (!previous_) {
        return;
    }
    log_err("going back to the program before the upgrade");
    const UniqueFd program = std::move(previous_);
    const auto words = read_rest(previous_command_.get(), "the command line", kMaxPayload);
    const auto command =
        words ? decode_words(*words) : Result<std::vector<std::string>>(words.error());
    log_err((command ? become(compose("/proc/self/fd/{}", program.get()), *command,
                              {.went_back = true}, everything())
                     : command.error())
                .text);
}

}  // namespace smcroute
