// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// The other side of Multicast Router Discovery (RFC 4286), for the network tests.
//
//   mrdisc_peer watch IF FILE     appends a line to FILE for each message of the protocol that
//                                 arrives on IF, until killed; the first line is "ready":
//                                   MS FAMILY SOURCE > GROUP ttl=N alert=yes|no sum=ok|bad BYTES
//                                 MS is a clock, BYTES the message in hex, its checksum as "...."
//   mrdisc_peer solicit IF 4|6 [TTL [COUNT]]   asks who is there, COUNT times
//
// It shares nothing with the program that it tests.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "packet.h"
#include "support.h"

namespace {

unsigned index_of(const char* name) {
    const unsigned index = if_nametoindex(name);
    return index != 0 ? index : (die(name), 0U);
}

// ---- Watching ----

struct Message {
    Address source;
    Address group;
    int ttl = 0;
    bool alert = false;
    bool sum_ok = false;
    std::span<const uint8_t> bytes;
};

bool decode4(std::span<const uint8_t> packet, Message& message) {
    iphdr header{};
    std::span<const uint8_t> rest = packet;
    if (!take(rest, header) || header.version != 4 || header.protocol != IPPROTO_IGMP) {
        return false;
    }
    const size_t size = header.ihl * 4U;
    const size_t total = ntohs(header.tot_len);
    if (size < sizeof header || total < size || packet.size() < total) {
        return false;
    }
    const auto options = packet.subspan(sizeof header, size - sizeof header);
    static constexpr std::array<uint8_t, 4> kAlert = {0x94, 4, 0, 0};
    message.alert = options.size() == 4 && std::memcmp(options.data(), kAlert.data(), 4) == 0;
    message.source.family = message.group.family = AF_INET;
    std::memcpy(message.source.bytes.data(), &header.saddr, 4);
    std::memcpy(message.group.bytes.data(), &header.daddr, 4);
    message.ttl = header.ttl;
    message.bytes = packet.first(total).subspan(size);
    message.sum_ok = internet_checksum(message.bytes) == 0;
    return !message.bytes.empty() && message.bytes[0] >= 0x30 && message.bytes[0] <= 0x32;
}

bool decode6(std::span<const uint8_t> packet, Message& message) {
    ip6_hdr header{};
    std::span<const uint8_t> rest = packet;
    if (!take(rest, header) || rest.size() < ntohs(header.ip6_plen)) {
        return false;
    }
    rest = rest.first(ntohs(header.ip6_plen));
    uint8_t next = header.ip6_nxt;
    if (next == IPPROTO_HOPOPTS && rest.size() >= 8) {
        static constexpr std::array<uint8_t, 4> kAlert = {5, 2, 0, 0};
        next = rest[0];
        message.alert = rest[1] == 0 && std::memcmp(&rest[2], kAlert.data(), 4) == 0;
        rest = rest.subspan(8);
    }
    message.source.family = message.group.family = AF_INET6;
    std::memcpy(message.source.bytes.data(), &header.ip6_src, 16);
    std::memcpy(message.group.bytes.data(), &header.ip6_dst, 16);
    message.ttl = header.ip6_hlim;
    message.bytes = rest;
    Bytes summed;
    append(summed, header.ip6_src);
    append(summed, header.ip6_dst);
    summed.insert(summed.end(), rest.begin(), rest.end());
    const auto pseudo = static_cast<uint32_t>(rest.size() + IPPROTO_ICMPV6);
    message.sum_ok = internet_checksum(summed, pseudo) == 0;
    return next == IPPROTO_ICMPV6 && !rest.empty() && rest[0] >= 151 && rest[0] <= 153;
}

std::string hex(std::span<const uint8_t> bytes) {
    std::string text;
    for (size_t i = 0; i < bytes.size(); ++i) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x", bytes[i]);
        text += i == 2 || i == 3 ? ".." : digits.data();
    }
    return text;
}

void report(FILE* file, const Message& message) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    std::fprintf(file, "%lld IPv%c %s > %s ttl=%d alert=%s sum=%s %s\n", static_cast<long long>(ms),
                 message.group.family == AF_INET ? '4' : '6', message.source.to_string().c_str(),
                 message.group.to_string().c_str(), message.ttl, message.alert ? "yes" : "no",
                 message.sum_ok ? "ok" : "bad", hex(message.bytes).c_str());
    std::fflush(file);
}

[[noreturn]] void watch(const char* interface, const char* path) {
    const int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
    require(fd, "socket");
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ALL);
    to.sll_ifindex = static_cast<int>(index_of(interface));
    require(bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), "bind");
    packet_mreq all{};
    all.mr_ifindex = to.sll_ifindex;
    all.mr_type = PACKET_MR_ALLMULTI;
    require(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all), "ALLMULTI");
    FILE* const file = std::fopen(path, "a");
    if (file == nullptr) {
        die(path);
    }
    std::fputs("ready\n", file);
    std::fflush(file);
    for (;;) {
        std::array<uint8_t, 2048> buffer;
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const ssize_t size = recvfrom(fd, buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from), &length);
        if (size < 0 || from.sll_pkttype == PACKET_OUTGOING) {
            continue;
        }
        const std::span<const uint8_t> packet(buffer.data(), static_cast<size_t>(size));
        Message message;
        if (from.sll_protocol == htons(ETH_P_IP)
                ? decode4(packet, message)
                : from.sll_protocol == htons(ETH_P_IPV6) && decode6(packet, message)) {
            report(file, message);
        }
    }
}

// ---- Asking ----

void send_to(int fd, const Bytes& bytes, const char* group, unsigned ifindex) {
    SockAddr to = sock_addr(address_argument(group), 0, ifindex);
    require(static_cast<int>(sendto(fd, bytes.data(), bytes.size(), 0, to.get(), to.length)),
            "sendto");
}

void solicit(const char* interface, bool v4, int ttl, long count) {
    const auto ifindex = static_cast<int>(index_of(interface));
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    const int fd =
        v4 ? socket(AF_INET, SOCK_RAW, IPPROTO_IGMP) : socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    require(fd, "socket");
    const auto set = [&](int name, const void* value, size_t size) {
        require(setsockopt(fd, level, name, value, static_cast<socklen_t>(size)), "setsockopt");
    };
    const ip_mreqn out{.imr_multiaddr = {}, .imr_address = {}, .imr_ifindex = ifindex};
    const std::array<uint8_t, 4> alert4 = {0x94, 4, 0, 0};
    const std::array<uint8_t, 8> alert6 = {0, 0, 5, 2, 0, 0, 1, 0};
    if (v4) {
        set(IP_MULTICAST_IF, &out, sizeof out);
        set(IP_MULTICAST_TTL, &ttl, sizeof ttl);
        set(IP_OPTIONS, alert4.data(), alert4.size());
    } else {
        set(IPV6_MULTICAST_IF, &ifindex, sizeof ifindex);
        set(IPV6_MULTICAST_HOPS, &ttl, sizeof ttl);
        set(IPV6_HOPOPTS, alert6.data(), alert6.size());
    }
    for (long i = 0; i < count; ++i) {
        if (v4) {
            send_to(fd, {0x31, 0, 0xce, 0xff}, "224.0.0.2", 0);
        } else {
            send_to(fd, {152, 0, 0, 0}, "ff02::2", static_cast<unsigned>(ifindex));
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "watch" && argc == 4) {
        watch(argv[2], argv[3]);
    }
    const auto number = [&](int index) {
        return argc > index ? std::strtol(argv[index], nullptr, 10) : 1;
    };
    if (mode == "solicit" && argc >= 4 && argc <= 6) {
        solicit(argv[2], std::string(argv[3]) == "4", static_cast<int>(number(4)), number(5));
        return 0;
    }
    die("usage: mrdisc_peer watch IF FILE | solicit IF 4|6 [TTL [COUNT]]", false);
}
