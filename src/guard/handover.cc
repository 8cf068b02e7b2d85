// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/handover.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/descriptors.h"
#include "os/environment.h"
#include "os/file.h"

namespace smcroute {

namespace {

constexpr int kFirstListenFd = 3;
constexpr int kMostListenFds = 65536;
constexpr size_t kLongestList = size_t{1} << 26;

// The version of the format, and the process that it is for.
std::string begin_of(pid_t process) { return compose("1 pid={} ", process); }

// Takes the text up to the separator; the separator is dropped.
std::string_view take_piece(std::string_view& text, char separator) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

// No program that we start may inherit it.
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

// sd_listen_fds(3). Variables meant for another process are ignored.
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

std::string routing_name(Family family, std::optional<uint32_t> table) {
    return compose("{}{}", routing_prefix(family), table ? std::to_string(*table) : "default");
}

std::string join_name(std::string_view prefix, uint32_t id) { return compose("{}{}", prefix, id); }

std::string join_name(pid_t worker, uint32_t number) {
    return compose("{}{}-{}", kJoin, worker, number);
}

bool Handover::has(std::string_view name) const {
    return std::any_of(descriptors.begin(), descriptors.end(),
                       [name](const Named& named) { return named.first == name; });
}

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
    auto upgrade = decode_handover(own, getpid());
    if (const UniqueFd list = upgrade ? upgrade->take(kWholeList) : UniqueFd()) {
        const auto text = read_rest(list.get(), kWholeList, kLongestList);
        upgrade = text ? decode_handover(*text, getpid()) : std::nullopt;
    }
    if (upgrade) {
        handover = std::move(*upgrade);
    }
    keep_open_ones(handover.descriptors);
    return handover;
}

void close_others(const Handover& handover, std::string_view file) {
    std::vector<int> keep;
    for (const std::string_view directory : {"/dev/fd/", "/proc/self/fd/"}) {
        if (file.starts_with(directory)) {
            keep.push_back(parse_number<int>(file.substr(directory.size())).value_or(-1));
        }
    }
    for (const auto& [name, fd] : handover.descriptors) {
        keep.push_back(fd.get());
    }
    close_descriptors_but(std::move(keep));
}

std::string encode_handover(const Handover& handover,
                            std::span<const NamedDescriptor> descriptors) {
    std::string text = begin_of(*handover.upgraded);
    text += handover.ready ? "ready=1" : "ready=0";
    if (handover.went_back) {
        text += " back=1";
    }
    if (handover.worker) {
        text += compose(" worker={}", *handover.worker);
    }
    if (handover.script) {
        text += compose(" script={}", *handover.script);
    }
    for (const NamedDescriptor& each : descriptors) {
        text += each.fd < 0 ? "" : compose(" {}={}", each.name, each.fd);
    }
    return text;
}

std::optional<Handover> decode_handover(std::string_view text, pid_t process) {
    const std::string begin = begin_of(process);
    if (!text.starts_with(begin)) {
        return std::nullopt;
    }
    text.remove_prefix(begin.size());
    Handover handover{.upgraded = process};
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
        } else if (key == "worker" || key == "script") {
            // Process id 0 would signal our whole process group when it is ended.
            (key == "worker" ? handover.worker : handover.script) =
                *number > 0 ? std::optional(*number) : std::nullopt;
        } else if (*number > STDERR_FILENO) {
            handover.descriptors.emplace_back(key, UniqueFd(*number));
        }
    }
    return handover;
}

}  // namespace smcroute
