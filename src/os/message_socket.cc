// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/message_socket.h"

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

#include "os/io.h"
#include "os/passing.h"

namespace smcroute {

namespace {

Error gone() { return {"the other process has ended", ExitStatus::kUnavailable}; }

Error send_error(int errno_value) {
    return errno_value == EPIPE || errno_value == ECONNRESET
               ? gone()
               : system_error("cannot send to the other process", errno_value);
}

// False when the time is up.
bool wait_for(int fd, short events, MessageSocket::Patience patience) {
    if (patience == MessageSocket::kNone) {
        return false;
    }
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    return retry([&] { return poll(&entry, 1, static_cast<int>(patience.count())); }) != 0;
}

}  // namespace

Result<std::pair<MessageSocket, MessageSocket>> MessageSocket::create_pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot make a pair of sockets", errno);
    }
    return std::pair(MessageSocket(UniqueFd(ends[0])), MessageSocket(UniqueFd(ends[1])));
}

Status MessageSocket::send(Patience patience, std::span<const std::byte> bytes,
                           std::span<const int> descriptors) {
    if (bytes.size() > kMaxMessage || descriptors.size() > kMaxDescriptors) {
        return system_error("cannot send to the other process", EMSGSIZE);
    }
    while (retry([&] { return send_passing(fd(), bytes, descriptors, 0); }) < 0) {
        const int error = errno;
        if (error != EAGAIN || !wait_for(fd(), POLLOUT, patience)) {
            return send_error(error);
        }
    }
    return {};
}

Result<std::optional<MessageSocket::Message>> MessageSocket::receive(Patience patience) {
    for (;;) {
        Message message;
        std::array<std::byte, kMaxMessage> bytes;
        bool whole = true;
        const ssize_t size =
            retry([&] { return receive_passed(fd(), bytes, message.descriptors, whole); });
        if (size < 0 && errno == EAGAIN) {
            if (!wait_for(fd(), POLLIN, patience)) {
                return std::optional<Message>();
            }
            continue;
        }
        // The other end was closed before it had read all of ours. The kernel tells that once, and
        // before what it has sent.
        if (size < 0 && errno == ECONNRESET) {
            continue;
        }
        if (size <= 0) {
            return gone();
        }
        if (!whole || message.descriptors.size() > kMaxDescriptors) {
            return std::optional(Message{});
        }
        message.bytes.assign(bytes.begin(), bytes.begin() + size);
        return std::optional(std::move(message));
    }
}

}  // namespace smcroute
