// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The floor of the benchmark: the system calls that nobody can do without, in a bare loop, and the
// prober that measures floor and daemon alike.
//
//   floor load COUNT      takes VIFs on eth0 and eth1 and adds COUNT entries; the parent returns
//                         when they are in the kernel, and its child holds them until it is killed
//   floor answer          the same with none, then answers each upcall by an entry to eth1
//   floor counters COUNT  reads the counters of the entries of "load COUNT", whoever made them
//   floor probe PEER-IN PEER-OUT FIRST-GROUP COUNT WINDOW
//                         sends COUNT packets, each of a new stream, WINDOW of them ahead of what
//                         has come out, and prints "MEDIAN-NS TOTAL-NS LOST". PEER-IN and PEER-OUT
//                         are the other ends of the router's eth0 and eth1.
//
// `load` and `answer` print the pid of their child. Group K is FIRST-GROUP + K; sources as
// route_of() says.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/mroute.h>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
    perror(what);
    exit(2);
}

int require(int result, const char* what) {
    if (result < 0) {
        die(what);
    }
    return result;
}

uint32_t number(const char* text) { return static_cast<uint32_t>(strtoul(text, nullptr, 10)); }

template <typename T>
void set(int fd, int level, int option, const T& value, const char* what) {
    require(setsockopt(fd, level, option, &value, sizeof value), what);
}

// ---- The router ----

void add_vif(int fd, vifi_t slot, const char* name) {
    vifctl vif{};
    vif.vifc_vifi = slot;
    vif.vifc_flags = VIFF_USE_IFINDEX;
    vif.vifc_threshold = 1;
    vif.vifc_lcl_ifindex = static_cast<int>(if_nametoindex(name));
    set(fd, IPPROTO_IP, MRT_ADD_VIF, vif, name);
}

int open_router() {
    const int fd = require(socket(AF_INET, SOCK_RAW, IPPROTO_IGMP), "socket");
    const int buffer = 4 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
        set(fd, SOL_SOCKET, SO_RCVBUF, buffer, "SO_RCVBUF");
    }
    set(fd, IPPROTO_IP, MRT_INIT, 1, "MRT_INIT");
    add_vif(fd, 0, "eth0");
    add_vif(fd, 1, "eth1");
    return fd;
}

void add_entry(int fd, in_addr source, in_addr group) {
    mfcctl mfc{};
    mfc.mfcc_origin = source;
    mfc.mfcc_mcastgrp = group;
    mfc.mfcc_parent = 0;
    mfc.mfcc_ttls[1] = 1;
    set(fd, IPPROTO_IP, MRT_ADD_MFC, mfc, "MRT_ADD_MFC");
}

// Those that run.sh writes into the file: 100 groups for each source.
in_addr source_of(uint32_t index) { return {htonl(0x0a010001 + index / 100)}; }
in_addr group_of(uint32_t index) { return {htonl(0xe1000000 + index % 100)}; }

void load(int fd, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        add_entry(fd, source_of(i), group_of(i));
    }
}

// In the order of a table: by group, then source.
int read_counters(uint32_t count) {
    const int fd = require(socket(AF_INET, SOCK_RAW, IPPROTO_IGMP), "socket");
    for (uint32_t group = 0; group < 100; ++group) {
        for (uint32_t i = group; i < count; i += 100) {
            sioc_sg_req request{};
            request.src = source_of(i);
            request.grp = group_of(i);
            require(ioctl(fd, SIOCGETSGCNT, &request), "SIOCGETSGCNT");
        }
    }
    return 0;
}

[[noreturn]] void answer(int fd) {
    std::array<char, 128> message;
    while (true) {
        const ssize_t size = recv(fd, message.data(), message.size(), 0);
        igmpmsg upcall{};
        if (size >= static_cast<ssize_t>(sizeof upcall)) {
            memcpy(&upcall, message.data(), sizeof upcall);
            if (upcall.im_mbz == 0 && upcall.im_msgtype == IGMPMSG_NOCACHE) {
                add_entry(fd, upcall.im_src, upcall.im_dst);
            }
        }
    }
}

// Runs the router in a child, and returns when it has done `count` entries.
int run_router(uint32_t count, bool answers) {
    std::array<int, 2> ready;
    require(pipe(ready.data()), "pipe");
    const pid_t child = require(fork(), "fork");
    if (child == 0) {
        const int fd = open_router();
        load(fd, count);
        require(static_cast<int>(write(ready[1], "", 1)), "write");
        // Whoever reads our output shall see its end.
        for (const int each : {STDOUT_FILENO, ready[0], ready[1]}) {
            close(each);
        }
        if (answers) {
            answer(fd);
        }
        while (true) {
            pause();
        }
    }
    close(ready[1]);
    char byte = 0;
    if (read(ready[0], &byte, 1) != 1) {
        return 1;
    }
    printf("%d\n", child);
    return 0;
}

// ---- The prober ----

int open_link(const char* name) {
    const int fd = require(socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), "socket");
    const int buffer = 64 << 20;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    sockaddr_ll link{};
    link.sll_family = AF_PACKET;
    link.sll_protocol = htons(ETH_P_IP);
    link.sll_ifindex = static_cast<int>(if_nametoindex(name));
    require(bind(fd, reinterpret_cast<sockaddr*>(&link), sizeof link), name);
    return fd;
}

uint16_t checksum(const iphdr& header) {
    std::array<uint16_t, sizeof header / 2> words;
    memcpy(words.data(), &header, sizeof header);
    uint32_t sum = 0;
    for (const uint16_t word : words) {
        sum += word;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

class Prober {
public:
    Prober(const char* in, const char* out, in_addr first, uint32_t count)
        : in_(open_link(in)),
          out_(open_link(out)),
          first_(ntohl(first.s_addr)),
          sent_(count),
          delays_(count, -1) {
        to_.sll_family = AF_PACKET;
        to_.sll_protocol = htons(ETH_P_IP);
        to_.sll_ifindex = static_cast<int>(if_nametoindex(in));
        to_.sll_halen = 6;
    }

    void run(uint32_t window) {
        const Clock::time_point begin = Clock::now();
        uint32_t next = 0;
        while (next < sent_.size() || next > done_) {
            while (next < sent_.size() && next - done_ < window) {
                send(next++);
            }
            if (!receive()) {
                break;
            }
        }
        const auto total = last_ - begin;
        std::sort(delays_.begin(), delays_.end());
        printf("%lld %lld %zu\n", static_cast<long long>(delays_[delays_.size() / 2]),
               static_cast<long long>(total.count()), delays_.size() - done_);
    }

private:
    void send(uint32_t index) {
        const uint32_t group = first_ + index;
        iphdr header{};
        header.version = 4;
        header.ihl = 5;
        header.tot_len = htons(sizeof header);
        header.ttl = 16;
        header.protocol = 253;  // for experiments (RFC 3692)
        header.saddr = htonl(0x0a020001);
        header.daddr = htonl(group);
        header.check = checksum(header);
        const std::array<uint8_t, 6> mac = {1,
                                            0,
                                            0x5e,
                                            static_cast<uint8_t>(group >> 16 & 0x7f),
                                            static_cast<uint8_t>(group >> 8),
                                            static_cast<uint8_t>(group)};
        memcpy(to_.sll_addr, mac.data(), mac.size());
        sent_[index] = Clock::now();
        require(static_cast<int>(sendto(in_, &header, sizeof header, 0,
                                        reinterpret_cast<const sockaddr*>(&to_), sizeof to_)),
                "sendto");
    }

    // Waits for a packet; false if none came for a second.
    bool receive() {
        pollfd poll_fd{.fd = out_, .events = POLLIN, .revents = 0};
        if (poll(&poll_fd, 1, 1000) <= 0) {
            return false;
        }
        iphdr header{};
        while (recv(out_, &header, sizeof header, MSG_DONTWAIT) ==
               static_cast<ssize_t>(sizeof header)) {
            const uint32_t index = ntohl(header.daddr) - first_;
            if (header.protocol == 253 && index < sent_.size() && delays_[index] < 0) {
                last_ = Clock::now();
                delays_[index] = (last_ - sent_[index]).count();
                ++done_;
            }
        }
        return true;
    }

    int in_;
    int out_;
    uint32_t first_;
    uint32_t done_ = 0;
    std::vector<Clock::time_point> sent_;
    std::vector<Clock::duration::rep> delays_;
    Clock::time_point last_;
    sockaddr_ll to_{};
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "load" && argc == 3) {
        return run_router(number(argv[2]), false);
    }
    if (mode == "answer" && argc == 2) {
        return run_router(0, true);
    }
    if (mode == "counters" && argc == 3) {
        return read_counters(number(argv[2]));
    }
    if (mode == "probe" && argc == 7) {
        Prober(argv[2], argv[3], {inet_addr(argv[4])}, number(argv[5])).run(number(argv[6]));
        return 0;
    }
    fputs("usage: floor load COUNT | answer | counters COUNT | probe IN OUT GROUP COUNT WINDOW\n",
          stderr);
    return 64;
}
