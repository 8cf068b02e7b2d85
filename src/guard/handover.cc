// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/handover.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/environment.h"

namespace smcroute {

namespace {

constexpr std::string_view kVersion = "1";
constexpr int kFirstListenFd = 3;
constexpr int kMostListenFds = 65536;

// Up to the separator, which goes as well.
std::string_view take_piece(std::string_view& text, char separator) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

// No program that we start is to have it.
bool seal(const UniqueFd& fd) { return fcntl(fd.get(), F_SETFD, FD_CLOEXEC) == 0; }

void keep_open_ones(std::vector<Handover::Named>& descriptors) {
    std::vector<Handover::Named> open;
    for (auto& [name, fd] : descriptors) {
        if (seal(fd)) {
            open.emplace_back(name, std::move(fd));
        } else {
            (void)fd.release();
        }
    }
    descriptors = std::move(open);
}

// sd_listen_fds(3). Whatever is meant for another process is left alone.
Handover from_manager() {
    const auto pid = parse_number<pid_t>(take_variable("LISTEN_PID"));
    const auto count = parse_number<int>(take_variable("LISTEN_FDS"));
    const std::string names = take_variable("LISTEN_FDNAMES");
    Handover handover;
    if (pid != getpid() || !count || *count > kMostListenFds) {
        return handover;
    }
    std::string_view rest = names;
    for (int fd = kFirstListenFd; fd < kFirstListenFd + *count; ++fd) {
        handover.descriptors.emplace_back(take_piece(rest, ':'), UniqueFd(fd));
    }
    return handover;
}

}  // namespace

UniqueFd Handover::take(std::string_view name) {
    const auto it = std::find_if(descriptors.begin(), descriptors.end(),
                                 [name](const Named& named) { return named.first == name; });
    if (it == descriptors.end()) {
        return UniqueFd();
    }
    UniqueFd fd = std::move(it->second);
    descriptors.erase(it);
    return fd;
}

std::vector<Handover::Named> Handover::take_all(std::string_view prefix) {
    const auto rest = std::stable_partition(
        descriptors.begin(), descriptors.end(),
        [prefix](const Named& named) { return !named.first.starts_with(prefix); });
    std::vector<Named> taken(std::make_move_iterator(rest),
                             std::make_move_iterator(descriptors.end()));
    descriptors.erase(rest, descriptors.end());
    return taken;
}

bool is_trial() {
    const char* const value = getenv(kHandoverVariable);
    return value != nullptr && value == kTrial;
}

Handover take_handover() {
    const std::string own = take_variable(kHandoverVariable);
    Handover handover = from_manager();
    if (auto upgrade = decode_handover(own)) {
        handover = std::move(*upgrade);
    }
    keep_open_ones(handover.descriptors);
    return handover;
}

std::string encode_handover(const Handover& handover) {
    std::string text(kVersion);
    text += cat({" ready=", handover.ready ? "1" : "0"});
    if (handover.went_back) {
        text += " back=1";
    }
    if (handover.worker) {
        text += cat({" worker=", std::to_string(*handover.worker)});
    }
    for (const auto& [name, fd] : handover.descriptors) {
        if (!fd) {
            continue;
        }
        text += cat({" ", name, "=", std::to_string(fd.get())});
    }
    return text;
}

std::optional<Handover> decode_handover(std::string_view text) {
    if (take_piece(text, ' ') != kVersion) {
        return std::nullopt;
    }
    Handover handover{.upgraded = true};
    while (!text.empty()) {
        std::string_view value = take_piece(text, ' ');
        const std::string_view key = take_piece(value, '=');
        const auto number = parse_number<int>(value);
        if (!number) {
            continue;
        }
        if (key == "ready") {
            handover.ready = *number != 0;
        } else if (key == "back") {
            handover.went_back = *number != 0;
        } else if (key == "worker") {
            // Zero would be our whole process group when it is ended.
            handover.worker = *number > 0 ? std::optional(*number) : std::nullopt;
        } else {
            handover.descriptors.emplace_back(key, UniqueFd(*number));
        }
    }
    return handover;
}

}  // namespace smcroute
