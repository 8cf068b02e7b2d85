// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// The packet tool of the network tests. It sends numbered multicast packets, and counts what
// arrives, so that a test can say "every packet, none twice" instead of "something".
//
//   mcast send GROUP -i IF [-s SOURCE] [-p PORT] [-n COUNT] [-r PPS] [-t TTL] [--size BYTES]
//              [--groups N] [--spoof FIRST [--sources N] [--vlan ID]] [--pace FILE]
//   mcast recv GROUP... -i IF [-p PORT] [--groups N] ENDING    joins, and reads from UDP sockets
//   mcast sniff -i IF ENDING                 joins nothing, and reads every frame of the interface
//              [--report GROUP]
//   mcast filter prerouting|forward|off      drops all packets there, or none any more
//   mcast own IIF OIF SOURCE GROUP...        is a multicast router, and owns the kernel's table
//   ENDING: [-n EXPECTED] [--for SEC] [--idle SEC] [--until GROUP] [--ready FILE] [--live FILE]
//
// send: COUNT packets for each source and group; -r 0 is as fast as possible. --spoof writes whole
// frames, so that the source may be any address. --pace keeps in FILE by how many milliseconds a
// packet was late at most so far: a machine that is busy elsewhere does not keep every rate. recv
// and sniff end when EXPECTED packets are here and nothing followed for a moment, when nothing came
// for --idle after the first packet, when a packet to the --until group arrives (it is not
// counted), after --for, or on SIGTERM. They print one line and exit 0 unless packets came twice or
// their number is not EXPECTED. "overrun=N" is printed where a receiver was too slow for N packets.
// --report counts the frames of IGMP and MLD that name GROUP.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>

#include "filter.h"
#include "owner.h"
#include "packet.h"
#include "support.h"
#include "tally.h"

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// ---- Sending ----

class Sender {
public:
    Sender(const Arguments& arguments, const Address& group)
        : arguments_(arguments),
          ifindex_(interface_index(arguments)),
          port_(arguments.count("-p", 5000)),
          raw_(arguments.has("--spoof")) {
        fd_ = raw_ ? socket(AF_PACKET, SOCK_DGRAM, 0) : socket(group.family, SOCK_DGRAM, 0);
        require(fd_, "socket");
        if (!raw_) {
            set_udp_options(group);
        }
    }

    void send(const Packet& packet) {
        Bytes payload;
        append(payload, packet.stamp);
        payload.resize(std::max<size_t>(payload.size(), arguments_.count("--size", 64)));
        SockAddr to = sock_addr(packet.group, port_, ifindex_);
        if (raw_) {
            payload = whole_packet(packet, payload, port_);
            add_tag(packet.group, payload);
            to = link_layer(packet.group);
        }
        require(
            static_cast<int>(sendto(fd_, payload.data(), payload.size(), 0, to.get(), to.length)),
            "sendto");
    }

private:
    void set_udp_options(const Address& group) const {
        const bool v4 = group.family == AF_INET;
        const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
        const int ttl = static_cast<int>(arguments_.count("-t", 16));
        const int off = 0;
        const ip_mreqn out{
            .imr_multiaddr = {}, .imr_address = {}, .imr_ifindex = static_cast<int>(ifindex_)};
        const auto set = [&](int name, const void* value, size_t size, const char* what) {
            require(setsockopt(fd_, level, name, value, static_cast<socklen_t>(size)), what);
        };
        if (v4) {
            set(IP_MULTICAST_IF, &out, sizeof out, "IP_MULTICAST_IF");
        } else {
            set(IPV6_MULTICAST_IF, &ifindex_, sizeof ifindex_, "IPV6_MULTICAST_IF");
        }
        set(v4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, &ttl, sizeof ttl, "TTL");
        set(v4 ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, &off, sizeof off, "LOOP");
        if (arguments_.has("-s")) {
            SockAddr from = sock_addr(address_argument(arguments_.text("-s")), 0, ifindex_);
            require(bind(fd_, from.get(), from.length), "bind");
        }
    }

    // What follows the protocol of a frame with the tag of a VLAN.
    void add_tag(const Address& group, Bytes& packet) const {
        if (arguments_.has("--vlan")) {
            const auto id = static_cast<uint16_t>(arguments_.count("--vlan", 0));
            const uint16_t protocol = group.family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
            const uint16_t tag[] = {htons(id), htons(protocol)};
            const auto* const bytes = reinterpret_cast<const uint8_t*>(tag);
            packet.insert(packet.begin(), bytes, bytes + sizeof tag);
        }
    }

    SockAddr link_layer(const Address& group) const {
        const bool v4 = group.family == AF_INET;
        const auto protocol = static_cast<uint16_t>(v4 ? ETH_P_IP : ETH_P_IPV6);
        const auto& b = group.bytes;
        const std::array<uint8_t, 6> mac4 = {1,    0,   0x5e, static_cast<uint8_t>(b[1] & 0x7f),
                                             b[2], b[3]};
        const std::array<uint8_t, 6> mac6 = {0x33, 0x33, b[12], b[13], b[14], b[15]};
        sockaddr_ll to{};
        to.sll_family = AF_PACKET;
        to.sll_protocol = htons(arguments_.has("--vlan") ? uint16_t{ETH_P_8021Q} : protocol);
        to.sll_ifindex = static_cast<int>(ifindex_);
        to.sll_halen = 6;
        std::memcpy(to.sll_addr, v4 ? mac4.data() : mac6.data(), 6);
        SockAddr result;
        std::memcpy(&result.storage, &to, result.length = sizeof to);
        return result;
    }

    const Arguments& arguments_;
    unsigned ifindex_;
    unsigned port_;
    bool raw_;
    int fd_ = -1;
};

// The longest pause between two packets, for who judges what came of them.
class Pace {
public:
    // `rate` in packets a second; 0: none is promised.
    Pace(std::string file, double rate)
        : file_(std::move(file)),
          interval_(std::chrono::duration_cast<Clock::duration>(Seconds(rate > 0 ? 1 / rate : 0))) {
    }

    void note(Clock::time_point now) {
        const auto pause =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - last_ - interval_);
        last_ = now;
        if (!file_.empty() && pause > longest_) {
            longest_ = pause;
            write_file(file_, std::to_string(pause.count()) + "\n");
        }
    }

private:
    std::string file_;
    Clock::duration interval_;
    Clock::time_point last_ = Clock::now() - interval_;
    std::chrono::milliseconds longest_{-1};
};

int run_send(const Arguments& arguments) {
    if (arguments.words.size() != 2) {
        die("send needs one group", false);
    }
    const Address group = address_argument(arguments.words[1]);
    const bool spoof = arguments.has("--spoof");
    const unsigned groups = arguments.count("--groups", 1);
    const unsigned sources = spoof ? arguments.count("--sources", 1) : 1;
    const double rate = arguments.number("-r", 500);
    Packet packet;
    packet.ttl = static_cast<int>(arguments.count("-t", 16));
    packet.stamp.count = arguments.count("-n", 1);
    packet.stamp.run = static_cast<uint32_t>(Clock::now().time_since_epoch().count()) ^
                       static_cast<uint32_t>(getpid()) << 16;

    Sender sender(arguments, group);
    Pace pace(arguments.text("--pace"), rate);
    Clock::time_point when = Clock::now();
    for (; packet.stamp.number < packet.stamp.count; ++packet.stamp.number) {
        for (unsigned flow = 0; flow < sources * groups; ++flow) {
            packet.group = group.plus(flow % groups);
            if (spoof) {
                packet.source = address_argument(arguments.text("--spoof")).plus(flow / groups);
            }
            sender.send(packet);
            pace.note(Clock::now());
            if (rate > 0) {
                // What a stall cost is not made up for by a burst: that could overflow the kernel's
                // backlog, and no router would be to blame.
                when =
                    std::max(when + std::chrono::duration_cast<Clock::duration>(Seconds(1 / rate)),
                             Clock::now() - std::chrono::milliseconds(50));
                std::this_thread::sleep_until(when);
            }
        }
    }
    return 0;
}

// ---- Receiving ----

// One open descriptor from which packets can be read.
struct Tap {
    int fd = -1;
    bool whole_frames = false;
};

bool read_packet(const Tap& tap, Packet& packet) {
    std::array<uint8_t, 2048> bytes;
    alignas(cmsghdr) std::array<uint8_t, 256> control;
    SockAddr from;
    iovec io{.iov_base = bytes.data(), .iov_len = bytes.size()};
    msghdr message{};  // field by field: C libraries differ in its padding
    message.msg_name = &from.storage;
    message.msg_namelen = sizeof from.storage;
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = recvmsg(tap.fd, &message, MSG_DONTWAIT);
    if (length < 0) {
        return false;
    }
    packet = Packet{};
    packet.stamp.magic = 0;
    std::span<const uint8_t> rest(bytes.data(), static_cast<size_t>(length));
    if (tap.whole_frames) {
        sockaddr_ll link{};
        std::memcpy(&link, &from.storage, sizeof link);
        if (link.sll_pkttype == PACKET_OUTGOING || !decode_frame(rest, packet)) {
            packet.stamp.magic = 0;
            packet.other.assign(rest.begin(), rest.end());
        }
        return true;
    }
    take(rest, packet.stamp);
    packet.source = address_of(from.storage);
    packet.group.family = packet.source.family;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            std::memcpy(packet.group.bytes.data(), CMSG_DATA(c) + offsetof(in_pktinfo, ipi_addr),
                        4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            std::memcpy(packet.group.bytes.data(), CMSG_DATA(c), 16);
        } else if (c->cmsg_type == IP_TTL || c->cmsg_type == IPV6_HOPLIMIT) {
            std::memcpy(&packet.ttl, CMSG_DATA(c), sizeof packet.ttl);
        }
    }
    return true;
}

Tap open_sniffer(const Arguments& arguments) {
    const Tap tap{.fd = socket(AF_PACKET, SOCK_DGRAM, 0), .whole_frames = true};
    require(tap.fd, "socket");
    grow_buffer(tap.fd);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ALL);
    to.sll_ifindex = static_cast<int>(interface_index(arguments));
    require(bind(tap.fd, reinterpret_cast<sockaddr*>(&to), sizeof to), "bind");
    return tap;
}

Tap open_receiver(const Arguments& arguments, sa_family_t family) {
    const Tap tap{.fd = socket(family, SOCK_DGRAM, 0)};
    require(tap.fd, "socket");
    grow_buffer(tap.fd);
    const int on = 1;
    const bool v4 = family == AF_INET;
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    for (const int name :
         {v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT}) {
        require(setsockopt(tap.fd, level, name, &on, sizeof on), "setsockopt");
    }
    if (!v4) {
        require(setsockopt(tap.fd, level, IPV6_V6ONLY, &on, sizeof on), "IPV6_V6ONLY");
    }
    SockAddr any = sock_addr({.family = family, .bytes = {}}, arguments.count("-p", 5000), 0);
    require(bind(tap.fd, any.get(), any.length), "bind");
    return tap;
}

// Each join has its own socket, for the kernel allows a socket 20 only.
void join(const Arguments& arguments, const Address& group) {
    const int fd = socket(group.family, SOCK_DGRAM, 0);
    require(fd, "socket");
    group_req request{};
    request.gr_interface = interface_index(arguments);
    request.gr_group = sock_addr(group, 0, 0).storage;
    const int level = group.family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    require(setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request), "join");
}

volatile sig_atomic_t told_to_end = 0;

class Receiver {
public:
    explicit Receiver(const Arguments& arguments) : arguments_(arguments) {
        until_ = optional_address("--until");
        reported_ = optional_address("--report");
    }

    int run(const std::vector<Tap>& taps, const std::set<Address>& groups) {
        signal(SIGTERM, [](int) { told_to_end = 1; });
        if (arguments_.has("--ready")) {
            write_file(arguments_.text("--ready"), "ready\n");
        }
        start_ = latest_ = Clock::now();
        while (!is_over()) {
            std::vector<pollfd> polls;
            for (const Tap& tap : taps) {
                polls.push_back({.fd = tap.fd, .events = POLLIN, .revents = 0});
            }
            poll(polls.data(), polls.size(), 20);
            Packet packet;
            for (const Tap& tap : taps) {
                while (read_packet(tap, packet)) {
                    count(packet, groups);
                }
            }
            overrun_ = overrun(taps);
            if (arguments_.has("--live")) {
                write_file(arguments_.text("--live"), summary());
            }
        }
        std::fputs(summary().c_str(), stdout);
        const bool complete = tally_.received() == arguments_.count("-n", 0);
        return tally_.duplicated() == 0 && (complete || !arguments_.has("-n")) ? 0 : 1;
    }

private:
    Address optional_address(const std::string& name) const {
        return arguments_.has(name) ? address_argument(arguments_.text(name)) : Address{};
    }

    void count(const Packet& packet, const std::set<Address>& groups) {
        if (packet.stamp.magic != Stamp{}.magic) {
            reports_ += arguments_.has("--report") && names(packet.other, reported_) ? 1 : 0;
            return;
        }
        if (packet.group == until_) {
            fence_seen_ = true;
        } else if (groups.empty() || groups.count(packet.group) > 0) {
            tally_.add(packet);
            latest_ = Clock::now();
        }
    }

    // IGMP and MLD, whatever their version, hold the bytes of the group behind the IP header.
    static bool names(const Bytes& frame, const Address& group) {
        const auto* first = group.bytes.data();
        return frame.size() > sizeof(iphdr) &&
               std::search(frame.begin() + sizeof(iphdr), frame.end(), first,
                           first + group.length()) != frame.end();
    }

    // The packets for which the kernel had no room in the sockets.
    static size_t overrun(const std::vector<Tap>& taps) {
        size_t sum = 0;
        for (const Tap& tap : taps) {
            std::array<uint32_t, SK_MEMINFO_VARS> info{};
            socklen_t size = sizeof info;
            require(getsockopt(tap.fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size), "SO_MEMINFO");
            sum += info[SK_MEMINFO_DROPS];
        }
        return sum;
    }

    std::string summary() const {
        const std::string reports = " reports=" + std::to_string(reports_);
        const std::string overrun = " overrun=" + std::to_string(overrun_);
        return tally_.summary() + (arguments_.has("--report") ? reports : "") +
               (overrun_ > 0 ? overrun : "") + "\n";
    }

    bool is_over() const {
        const Clock::time_point now = Clock::now();
        const Seconds silent = now - latest_;
        const size_t expected = arguments_.count("-n", 0);
        const bool all_here = expected > 0 && tally_.received() >= expected;
        const bool pause = arguments_.has("--idle") && tally_.received() > 0;
        return told_to_end || fence_seen_ ||
               Seconds(now - start_).count() > arguments_.number("--for", 10) ||
               ((all_here || pause) && silent.count() > arguments_.number("--idle", 0.1));
    }

    const Arguments& arguments_;
    Address until_;
    Address reported_;
    size_t reports_ = 0;
    size_t overrun_ = 0;
    Tally tally_;
    Clock::time_point start_, latest_;
    bool fence_seen_ = false;
};

int run_recv(const Arguments& arguments) {
    std::set<Address> groups;
    std::set<sa_family_t> families;
    for (size_t i = 1; i < arguments.words.size(); ++i) {
        for (unsigned k = 0; k < arguments.count("--groups", 1); ++k) {
            groups.insert(address_argument(arguments.words[i]).plus(k));
        }
    }
    std::set<Address> joined = groups;
    if (arguments.has("--until")) {
        joined.insert(address_argument(arguments.text("--until")));
    }
    std::vector<Tap> taps;
    for (const Address& group : joined) {
        if (families.insert(group.family).second) {
            taps.push_back(open_receiver(arguments, group.family));
        }
        join(arguments, group);
    }
    return Receiver(arguments).run(taps, groups);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = parse_arguments({argv, static_cast<size_t>(argc)});
    const std::string mode = arguments.words.empty() ? "" : arguments.words[0];
    if (mode == "send") {
        return run_send(arguments);
    }
    if (mode == "recv" && arguments.words.size() > 1) {
        return run_recv(arguments);
    }
    if (mode == "sniff") {
        return Receiver(arguments).run({open_sniffer(arguments)}, {});
    }
    if (mode == "filter" && arguments.words.size() == 2) {
        return run_filter(arguments.words[1]);
    }
    if (mode == "own" && arguments.words.size() > 4) {
        return run_own(arguments.words);
    }
    die("usage: mcast send GROUP | recv GROUP... | sniff, with -i IF and options", false);
}
