// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/message_socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

namespace smcroute {

namespace {

// One descriptor more than is allowed, so that too many are seen as such.
constexpr size_t kControlSize = CMSG_SPACE(sizeof(int) * (MessageSocket::kMaxDescriptors + 1));

// What CMSG_LEN() and its like take and give has another type in each C library.
constexpr socklen_t size_of(std::span<const int> descriptors) {
    return static_cast<socklen_t>(descriptors.size_bytes());
}

Error gone() { return {"the other process has gone", ExitStatus::kUnavailable}; }

Error send_error(int errno_value) {
    return errno_value == EPIPE || errno_value == ECONNRESET
               ? gone()
               : system_error("cannot send to the other process", errno_value);
}

void append_descriptors(msghdr& header, std::span<const int> descriptors) {
    header.msg_controllen = static_cast<socklen_t>(CMSG_SPACE(size_of(descriptors)));
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = static_cast<socklen_t>(CMSG_LEN(size_of(descriptors)));
    memcpy(CMSG_DATA(control), descriptors.data(), descriptors.size_bytes());
}

// Every descriptor that came is taken, so that none is left open unseen.
std::vector<UniqueFd> take_descriptors(msghdr& header) {
    std::vector<UniqueFd> taken;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int fd = -1;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            taken.emplace_back(fd);
        }
    }
    return taken;
}

void wait_for(int fd, short events) {
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    while (poll(&entry, 1, -1) < 0 && errno == EINTR) {
    }
}

}  // namespace

Result<std::pair<MessageSocket, MessageSocket>> MessageSocket::create_pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot make a pair of sockets", errno);
    }
    return std::pair(MessageSocket(UniqueFd(ends[0])), MessageSocket(UniqueFd(ends[1])));
}

Status MessageSocket::send(Wait wait, std::span<const std::byte> bytes,
                           std::span<const int> descriptors) {
    if (bytes.size() > kMaxMessage || descriptors.size() > kMaxDescriptors) {
        return system_error("cannot send to the other process", EMSGSIZE);
    }
    alignas(cmsghdr) std::array<std::byte, kControlSize> control{};
    iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        header.msg_control = control.data();
        append_descriptors(header, descriptors);
    }
    while (sendmsg(fd(), &header, MSG_NOSIGNAL) < 0) {
        if (errno == EAGAIN && wait == Wait::kYes) {
            wait_for(fd(), POLLOUT);
        } else if (errno != EINTR) {
            return send_error(errno);
        }
    }
    return {};
}

Result<std::optional<MessageSocket::Message>> MessageSocket::receive(Wait wait) {
    for (;;) {
        alignas(cmsghdr) std::array<std::byte, kControlSize> control;
        Message message;
        message.bytes.resize(kMaxMessage);
        iovec part{.iov_base = message.bytes.data(), .iov_len = message.bytes.size()};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t size = recvmsg(fd(), &header, MSG_CMSG_CLOEXEC);
        if (size < 0 && errno == EAGAIN && wait == Wait::kNo) {
            return std::optional<Message>();
        }
        if (size < 0 && errno == EAGAIN) {
            wait_for(fd(), POLLIN);
            continue;
        }
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return gone();
        }
        message.bytes.resize(static_cast<size_t>(size));
        message.descriptors = take_descriptors(header);
        if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
            message.descriptors.size() <= kMaxDescriptors) {
            return std::optional(std::move(message));
        }
    }
}

}  // namespace smcroute
