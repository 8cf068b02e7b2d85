// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/packet_tap.h"

#include <array>
#include <cerrno>
#include <optional>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "kernel/receive_buffer.h"
#include "os/exit_status.h"

namespace smcroute {

namespace {

// As many packets as fit into a fraction of a second of a busy machine.
constexpr int kTapBuffer = 32 * 1024 * 1024;
constexpr unsigned kMessages = 64;

// By the protocol, the first byte of the destination: 224 to 239, or ff. A SOCK_DGRAM tap begins at
// the IP header.
constexpr uint32_t kProtocol = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL);
constexpr std::array<sock_filter, 10> kFilter = {{
    {BPF_LD | BPF_H | BPF_ABS, 0, 0, kProtocol},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, ETH_P_IP},
    {BPF_LD | BPF_B | BPF_ABS, 0, 0, 16},
    {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf0},
    {BPF_JMP | BPF_JEQ | BPF_K, 3, 4, 0xe0},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, ETH_P_IPV6},
    {BPF_LD | BPF_B | BPF_ABS, 0, 0, 24},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0xff},
    {BPF_RET | BPF_K, 0, 0, kTappedBytes},
    {BPF_RET | BPF_K, 0, 0, 0},
}};

Status attach_filter(int fd) {
    auto code = kFilter;
    const sock_fprog program{.len = static_cast<unsigned short>(code.size()),
                             .filter = code.data()};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
        return system_error("cannot filter the packets", errno);
    }
    return {};
}

void set_options(int fd) {
    enlarge_receive_buffer(fd, kTapBuffer);
    const int on = 1;
    (void)setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
}

uint16_t vlan_of(msghdr& header) {
    constexpr unsigned kVlanBits = 0xfff;
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr;
         each = CMSG_NXTHDR(&header, each)) {
        if (each->cmsg_level == SOL_PACKET && each->cmsg_type == PACKET_AUXDATA) {
            tpacket_auxdata data;
            memcpy(&data, CMSG_DATA(each), sizeof data);
            const bool is_tagged = (data.tp_status & TP_STATUS_VLAN_VALID) != 0;
            return static_cast<uint16_t>(is_tagged ? data.tp_vlan_tci & kVlanBits : 0U);
        }
    }
    return 0;
}

struct Frame {
    std::array<std::byte, kTappedBytes> bytes;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> control;
    sockaddr_ll from;
    iovec part;
};

std::optional<Sighting> sighting_of(Frame& frame, mmsghdr& message) {
    // To another host: the kernel ignores it.
    if (frame.from.sll_pkttype == PACKET_OTHERHOST) {
        return std::nullopt;
    }
    const auto packet = decode_packet(std::span(frame.bytes).first(message.msg_len));
    if (!packet) {
        return std::nullopt;
    }
    return Sighting{.packet = *packet,
                    .ifindex = static_cast<unsigned>(frame.from.sll_ifindex),
                    .goes_out = frame.from.sll_pkttype == PACKET_OUTGOING,
                    .vlan = vlan_of(message.msg_hdr)};
}

}  // namespace

Result<PacketTap> PacketTap::create() {
    UniqueFd fd(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
        const int cause = errno;
        return system_error(
            cause == EPERM ? "cannot watch packets (run this as root)" : "cannot watch packets",
            cause, exit_status_of(cause));
    }
    set_options(fd.get());
    if (const Status filtered = attach_filter(fd.get()); !filtered) {
        return filtered.error();
    }
    // Only now does anything arrive. Outgoing packets are seen by who asks for all protocols.
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return system_error("cannot watch packets", errno);
    }
    return PacketTap(std::move(fd));
}

void PacketTap::read(std::chrono::milliseconds patience, std::vector<Sighting>& seen) {
    pollfd look{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&look, 1, static_cast<int>(patience.count())) <= 0) {
        return;
    }
    std::array<Frame, kMessages> frames;
    std::array<mmsghdr, kMessages> messages{};
    for (size_t i = 0; i < kMessages; ++i) {
        frames[i].part = {.iov_base = frames[i].bytes.data(), .iov_len = frames[i].bytes.size()};
        msghdr& header = messages[i].msg_hdr;
        header.msg_name = &frames[i].from;
        header.msg_namelen = sizeof frames[i].from;
        header.msg_iov = &frames[i].part;
        header.msg_iovlen = 1;
        header.msg_control = frames[i].control.data();
        header.msg_controllen = sizeof frames[i].control;
    }
    const int count = recvmmsg(fd_.get(), messages.data(), kMessages, 0, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<size_t>(i);
        if (const auto sighting = sighting_of(frames[index], messages[index])) {
            seen.push_back(*sighting);
        }
    }
}

unsigned PacketTap::lost() {
    tpacket_stats counts{};
    socklen_t size = sizeof counts;
    return getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &counts, &size) == 0
               ? counts.tp_drops
               : 0;
}

}  // namespace smcroute
