// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// MessageSocket: one end of a pair of sockets between two processes of ours. It carries whole
// messages, each with a few descriptors if need be. What they mean is not known here.
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
    // Longer messages are refused, as a whole, on both ends; so are more descriptors with one.
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

    // The descriptors stay the caller's. kUnavailable if the other end is closed.
    Status send(Patience patience, std::span<const std::byte> bytes,
                std::span<const int> descriptors = {});

    // Nothing if nothing has arrived. kUnavailable at the end, that is when the other end has been
    // closed and everything it sent was taken. Of what does not fit the bounds above nothing is
    // left but that it came, as the only message that is empty.
    Result<std::optional<Message>> receive(Patience patience);

private:
    UniqueFd fd_;
};

}  // namespace smcroute
