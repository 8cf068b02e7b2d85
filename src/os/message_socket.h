// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// MessageSocket: one end of a pair of sockets between two processes of ours. It carries whole
// messages, each with a few descriptors if needed. Nothing here knows what they mean.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

class MessageSocket {
public:
    // Both ends refuse longer messages as a whole, and messages with more descriptors.
    static constexpr size_t kMaxMessage = 8 * 1024;
    static constexpr size_t kMaxDescriptors = 4;

    struct Message {
        std::vector<std::byte> bytes;
        std::vector<UniqueFd> descriptors;  // close-on-exec
    };

    static Result<std::pair<MessageSocket, MessageSocket>> create_pair();
    explicit MessageSocket(UniqueFd fd) : fd_(std::move(fd)) {}

    // To watch for reading.
    int fd() const { return fd_.get(); }

    // How long to wait for room, or for a message.
    using Patience = std::chrono::milliseconds;
    static constexpr Patience kNone{0};
    static constexpr Patience kForever{-1};

    // The caller keeps its descriptors. kUnavailable if the other end is closed.
    Status send(Patience patience, std::span<const std::byte> bytes,
                std::span<const int> descriptors = {});

    // Nothing if nothing has arrived. kUnavailable at the end, that is when the other end has been
    // closed and everything it sent was taken. A message beyond the limits above arrives as an
    // empty message; no other message is empty.
    Result<std::optional<Message>> receive(Patience patience);

private:
    UniqueFd fd_;
};

}  // namespace smcroute
