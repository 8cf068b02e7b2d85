// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/mrdisc_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/text.h"
#include "os/exit_status.h"
#include "os/io.h"
#include "os/unique_fd.h"

namespace smcroute {

namespace {

using Type = MrdiscMessage::Type;

// Router Alert (RFC 2113): type, length, value 0.
constexpr std::array<uint8_t, 4> kRouterAlert4 = {0x94, 4, 0, 0};
// A hop-by-hop header: next header (filled in by the kernel), length 0 for 8 bytes, Router Alert
// (RFC 2711) with value 0, and padding.
constexpr std::array<uint8_t, 8> kRouterAlert6 = {0, 0, 5, 2, 0, 0, 1, 0};

// At most so many packets at a time, so that a flood leaves time for the rest of the daemon.
constexpr int kMaxPacketsAtOnce = 16;
// Larger than any message of the protocol with the largest IPv4 header; a packet that is cut off
// has a wrong length or checksum.
constexpr size_t kMaxPacketSize = 256;

socklen_t sockaddr_size(Family family) {
    return family == Family::kIpv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

// Sets socket options; the first failure counts.
class OptionSetter {
public:
    explicit OptionSetter(int fd) : fd_(fd) {}

    template <typename T>
    OptionSetter& set(int level, int name, const T& value) {
        return set_bytes(level, name, &value, sizeof value);
    }
    OptionSetter& set_bytes(int level, int name, const void* value, socklen_t size) {
        if (error_ == 0 && setsockopt(fd_, level, name, value, size) != 0) {
            error_ = errno;
        }
        return *this;
    }
    int error() const { return error_; }

private:
    int fd_;
    int error_ = 0;
};

int set_up4(int fd, const Interface& interface) {
    const ip_mreqn out{
        .imr_multiaddr = {}, .imr_address = {}, .imr_ifindex = static_cast<int>(interface.ifindex)};
    return OptionSetter(fd)
        .set(IPPROTO_IP, IP_MULTICAST_IF, out)
        .set(IPPROTO_IP, IP_MULTICAST_TTL, 1)
        .set(IPPROTO_IP, IP_MULTICAST_LOOP, 0)
        .set(IPPROTO_IP, IP_OPTIONS, kRouterAlert4)
        // No packets for groups that others have joined.
        .set(IPPROTO_IP, IP_MULTICAST_ALL, 0)
        .error();
}

int set_up6(int fd, const Interface& interface) {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(mrdisc_type_byte(Family::kIpv6, Type::kSolicitation), &filter);
    return OptionSetter(fd)
        .set(IPPROTO_ICMPV6, ICMP6_FILTER, filter)
        .set(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface.ifindex))
        .set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1)
        .set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)
        .set(IPPROTO_IPV6, IPV6_HOPOPTS, kRouterAlert6)
        .set(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
        .set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        .error();
}

int level_of(Family family) { return family == Family::kIpv4 ? IPPROTO_IP : IPPROTO_IPV6; }

// Bind first: the kernel then refuses the ifindex if the name has passed to another interface
// meanwhile.
int set_up(int fd, Family family, const Interface& interface) {
    const int bound = OptionSetter(fd)
                          .set_bytes(SOL_SOCKET, SO_BINDTODEVICE, interface.name.c_str(),
                                     static_cast<socklen_t>(interface.name.view().size() + 1))
                          .error();
    if (bound != 0) {
        return bound;
    }
    const int error = family == Family::kIpv4 ? set_up4(fd, interface) : set_up6(fd, interface);
    if (error != 0) {
        return error;
    }
    group_req request{};
    request.gr_interface = interface.ifindex;
    request.gr_group = sockaddr_of(mrdisc_group(family, Type::kSolicitation), interface.ifindex);
    return OptionSetter(fd).set(level_of(family), MCAST_JOIN_GROUP, request).error();
}

// One datagram and the kernel's information about it.
struct Received {
    std::array<std::byte, kMaxPacketSize> bytes;
    size_t size = 0;
    std::optional<Address> destination;  // for IPv6 only, like hop_limit
    int hop_limit = -1;
};

void read_control(msghdr& header, Received& received) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != IPPROTO_IPV6) {
            continue;
        }
        if (c->cmsg_type == IPV6_HOPLIMIT && c->cmsg_len >= CMSG_LEN(sizeof(int))) {
            memcpy(&received.hop_limit, CMSG_DATA(c), sizeof(int));
        } else if (c->cmsg_type == IPV6_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof(in6_pktinfo))) {
            in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            Address::Ipv6Bytes bytes;
            memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
            received.destination = Address::from_ipv6(bytes);
        }
    }
}

// False if nothing more has arrived.
bool receive(int fd, Received& received) {
    alignas(cmsghdr) std::array<std::byte, 256> control;
    iovec io{received.bytes.data(), received.bytes.size()};
    msghdr header{};
    header.msg_iov = &io;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = recvmsg(fd, &header, MSG_DONTWAIT);
    if (size < 0) {
        return false;
    }
    received.size = static_cast<size_t>(size);
    read_control(header, received);
    return true;
}

std::optional<MrdiscMessage> decode(Family family, const Received& received) {
    const auto bytes = std::span(received.bytes).first(received.size);
    if (family == Family::kIpv4) {
        return decode_mrdisc4(bytes);
    }
    return received.destination ? decode_mrdisc6(bytes, *received.destination, received.hop_limit)
                                : std::nullopt;
}

class RawMrdiscSocket final : public MrdiscSocket {
public:
    RawMrdiscSocket(UniqueFd fd, Family family, unsigned ifindex)
        : fd_(std::move(fd)), family_(family), ifindex_(ifindex) {}

    int fd() const override { return fd_.get(); }

    int send(const MrdiscMessage& message) override {
        const std::vector<std::byte> bytes = encode_mrdisc(family_, message);
        const sockaddr_storage to = sockaddr_of(mrdisc_group(family_, message.type), ifindex_);
        const ssize_t sent = retry([&] {
            return sendto(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                          reinterpret_cast<const sockaddr*>(&to), sockaddr_size(family_));
        });
        return sent < 0 ? errno : 0;
    }

    bool take_solicitations() override {
        bool solicited = false;
        for (int i = 0; i < kMaxPacketsAtOnce; ++i) {
            Received received;
            if (!receive(fd_.get(), received)) {
                break;
            }
            const auto message = decode(family_, received);
            solicited = solicited || (message && message->type == Type::kSolicitation);
        }
        return solicited;
    }

private:
    const UniqueFd fd_;
    const Family family_;
    const unsigned ifindex_;
};

}  // namespace

Result<UniqueFd> open_mrdisc_socket(Family family, const Interface& interface) {
    constexpr int kType = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
    UniqueFd fd(family == Family::kIpv4 ? socket(AF_INET, kType, IPPROTO_IGMP)
                                        : socket(AF_INET6, kType, IPPROTO_ICMPV6));
    const int error = fd ? set_up(fd.get(), family, interface) : errno;
    if (error != 0) {
        return system_error(compose("cannot announce a multicast router on {} ({})",
                                    interface.name.view(), to_string(family)),
                            error, exit_status_of(error));
    }
    return fd;
}

std::unique_ptr<MrdiscSocket> make_mrdisc_socket(UniqueFd fd, Family family, unsigned ifindex) {
    return std::make_unique<RawMrdiscSocket>(std::move(fd), family, ifindex);
}

Result<std::unique_ptr<MrdiscSocket>> RawMrdiscSockets::open(Family family,
                                                             const Interface& interface) {
    auto fd = open_mrdisc_socket(family, interface);
    if (!fd) {
        return fd.error();
    }
    return make_mrdisc_socket(std::move(*fd), family, interface.ifindex);
}

}  // namespace smcroute
