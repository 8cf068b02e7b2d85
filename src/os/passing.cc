// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/passing.h"

#include <array>
#include <cstring>

#include <sys/socket.h>

namespace smcroute {

namespace {

// Room for one descriptor more than is ever sent, so that too many are noticed.
using Control = std::array<std::byte, CMSG_SPACE(sizeof(int) * (kMostPassed + 1))>;

// The argument and result of CMSG_LEN() and similar macros have another type in each C library.
constexpr socklen_t size_of(std::span<const int> descriptors) {
    return static_cast<socklen_t>(descriptors.size_bytes());
}

void append_descriptors(msghdr& header, std::span<const int> descriptors) {
    header.msg_controllen = static_cast<socklen_t>(CMSG_SPACE(size_of(descriptors)));
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = static_cast<socklen_t>(CMSG_LEN(size_of(descriptors)));
    memcpy(CMSG_DATA(control), descriptors.data(), descriptors.size_bytes());
}

void take_descriptors(msghdr& header, std::vector<UniqueFd>& taken) {
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
}

}  // namespace

ssize_t send_passing(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors,
                     int flags) {
    alignas(cmsghdr) Control control{};
    iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        header.msg_control = control.data();
        append_descriptors(header, descriptors);
    }
    return sendmsg(socket, &header, flags | MSG_NOSIGNAL);
}

ssize_t receive_passed(int socket, std::span<std::byte> bytes, std::vector<UniqueFd>& descriptors,
                       bool& whole) {
    alignas(cmsghdr) Control control;
    iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (size >= 0) {
        take_descriptors(header, descriptors);
        whole = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    }
    return size;
}

}  // namespace smcroute
