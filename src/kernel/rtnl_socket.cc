// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/rtnl_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "kernel/entry_codec.h"
#include "kernel/receive_buffer.h"
#include "os/io.h"

namespace smcroute {

namespace {

// The kernel fills dump datagrams up to this size and sends no larger ones.
constexpr size_t kDatagramSize = 32 * 1024;
using Buffer = std::array<std::byte, kDatagramSize>;

// Changes can spoil a dump; after so many spoilt ones the last is used. Later link events supply
// what it missed of the interfaces, and an unknown entry is written again.
constexpr int kDumpAttempts = 5;

// Datagrams in one read().
constexpr int kAtOnce = 64;

// Bytes, for some thousand messages: making or deleting many interfaces at once is seldom too fast
// for it.
constexpr int kLinkBuffer = 4 * 1024 * 1024;

Result<UniqueFd> open_rtnl() {
    UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!fd) {
        return system_error("cannot open an rtnetlink socket", errno);
    }
    return fd;
}

struct Received {
    std::span<const std::byte> bytes;
    bool from_kernel = false;
    bool cut_off = false;
};

// The next datagram, or nothing with errno set.
std::optional<Received> receive(int fd, Buffer& buffer) {
    sockaddr_nl sender{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t size = retry([&] { return recvmsg(fd, &header, 0); });
    if (size < 0) {
        return std::nullopt;
    }
    return Received{.bytes = std::span(buffer).first(static_cast<size_t>(size)),
                    .from_kernel = sender.nl_pid == 0,
                    .cut_off = (header.msg_flags & MSG_TRUNC) != 0};
}

// A request for everything of one kind, and its name in an error's text.
struct Dump {
    std::span<const std::byte> request;
    std::string_view subject;
};

// Reads one whole answer and decodes each of its datagrams with `decode`; the report covers all of
// them. The kernel has each datagram ready before it is asked for, so there is nothing to wait for.
template <typename Decode>
Result<NetlinkReport> receive_dump(int fd, const Dump& dump, Decode decode) {
    Buffer buffer;
    NetlinkReport whole;
    while (!whole.done) {
        const auto received = receive(fd, buffer);
        if (!received) {
            return system_error(compose("cannot read {}", dump.subject), errno);
        }
        if (!received->from_kernel) {
            continue;
        }
        const NetlinkReport report = decode(received->bytes);
        if (report.error != 0) {
            return system_error(compose("cannot read {}", dump.subject), report.error);
        }
        whole.done = report.done;
        whole.incomplete |= report.incomplete || received->cut_off;
    }
    return whole;
}

// decode(datagram, found) appends to `found`.
template <typename T, typename Decode>
Status read_all(int fd, const Dump& dump, std::vector<T>& found, Decode decode) {
    for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
        found.clear();
        if (send(fd, dump.request.data(), dump.request.size(), 0) < 0) {
            return system_error(compose("cannot ask for {}", dump.subject), errno);
        }
        const auto report =
            receive_dump(fd, dump, [&](auto datagram) { return decode(datagram, found); });
        if (!report) {
            return report.error();
        }
        if (!report->incomplete) {
            break;
        }
    }
    return {};
}

// Makes the kernel leave out what we have not asked for, if it knows how to (Linux 4.20).
void filter_dumps(int fd) {
    const int on = 1;
    (void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

}  // namespace

Result<RtnlSocket> RtnlSocket::create() {
    auto fd = open_rtnl();
    if (!fd) {
        return fd.error();
    }
    enlarge_receive_buffer(fd->get(), kLinkBuffer);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    if (bind(fd->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return system_error("cannot follow the network interfaces", errno);
    }
    return RtnlSocket(std::move(*fd));
}

bool RtnlSocket::read(std::vector<LinkEvent>& events) {
    const size_t before = events.size();
    bool lost = false;
    Buffer buffer;
    for (int count = 0; count < kAtOnce || events.size() == before; ++count) {
        const auto received = receive(fd(), buffer);
        if (!received && errno == ENOBUFS) {
            // Reported once for each overflow; messages still queued come after it.
            lost = true;
            continue;
        }
        if (!received) {
            break;
        }
        if (!received->from_kernel) {
            continue;
        }
        const LinkReport report = decode_links(received->bytes, events);
        lost |= report.incomplete || received->cut_off;
    }
    return !lost;
}

// Does not peek at the next message: that would consume the error of an overflow.
bool RtnlSocket::has_news() const {
    pollfd look{.fd = fd(), .events = POLLIN, .revents = 0};
    return poll(&look, 1, 0) != 0;
}

Result<std::vector<Interface>> dump_interfaces() {
    const auto fd = open_rtnl();
    if (!fd) {
        return fd.error();
    }
    std::vector<LinkEvent> events;
    const LinkDumpRequest request = encode_link_dump();
    const Status status =
        read_all(fd->get(), {request, "the network interfaces"}, events, decode_links);
    if (!status) {
        return status.error();
    }
    std::vector<Interface> interfaces;
    interfaces.reserve(events.size());
    for (const LinkEvent& event : events) {
        interfaces.push_back(event.interface);
    }
    return interfaces;
}

Result<std::vector<LinkDetail>> dump_link_details() {
    const auto fd = open_rtnl();
    if (!fd) {
        return fd.error();
    }
    std::vector<LinkDetail> details;
    const LinkDumpRequest request = encode_link_dump(true);
    const Status status =
        read_all(fd->get(), {request, "the network interfaces"}, details, decode_link_details);
    if (!status) {
        return status.error();
    }
    return details;
}

Result<std::vector<FoundEntry>> dump_entries(Family family, std::optional<uint32_t> table) {
    const auto fd = open_rtnl();
    if (!fd) {
        return fd.error();
    }
    filter_dumps(fd->get());
    std::vector<FoundEntry> entries;
    const auto request = encode_entry_dump(family, table);
    const Status status =
        read_all(fd->get(), {request, "the multicast routes"}, entries,
                 [&](std::span<const std::byte> datagram, std::vector<FoundEntry>& found) {
                     return decode_entries(datagram, family, table, found);
                 });
    if (!status) {
        return status.error();
    }
    return entries;
}

}  // namespace smcroute
