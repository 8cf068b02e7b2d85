// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The floor of the benchmark: the system calls that nobody can do without, in a bare loop, and the
// prober that measures floor and daemon alike.
//
//   floor load FILE PIDFILE
//                         takes VIFs on eth0 and eth1 and adds the entries of the file's lines,
//                         each "mroute from eth0 source S group G to eth1"; the parent returns when
//                         they are in the kernel, and its child holds them until it is killed
//   floor answer PIDFILE  the same with none, then answers each upcall by an entry to eth1
//   floor reload FILE NEW has the routes of FILE, sorted, reads NEW, adds what only that has, and
//                         prints "CPU-NS ELAPSED-NS" of it
//   floor counters COUNT  reads the counters of the entries of the file that run.sh writes for that
//                         count, whoever made them
//   floor client SOCKET WORD...
//                         sends one command that has nothing to say, and ends with its status
//   floor time FILE COMMAND...
//                         runs the command, and writes "ELAPSED-US CPU-NS" of its process
//   floor probe PEER-IN PEER-OUT FIRST-GROUP COUNT WINDOW
//                         sends COUNT packets, each of a new stream, WINDOW of them ahead of what
//                         has come out, and prints "MEDIAN-NS TOTAL-NS LOST". PEER-IN and PEER-OUT
//                         are the other ends of the router's eth0 and eth1.
//
// `load` and `answer` write the pid of their child. Group K is FIRST-GROUP + K.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>

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

int open_router6() {
    const int fd = require(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), "socket");
    set(fd, IPPROTO_IPV6, MRT6_INIT, 1, "MRT6_INIT");
    for (const auto& [slot, name] : {std::pair(0, "eth0"), std::pair(1, "eth1")}) {
        mif6ctl mif{};
        mif.mif6c_mifi = static_cast<mifi_t>(slot);
        mif.vifc_threshold = 1;
        mif.mif6c_pifi = static_cast<uint16_t>(if_nametoindex(name));
        set(fd, IPPROTO_IPV6, MRT6_ADD_MIF, mif, name);
    }
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

void add_entry6(int fd, const in6_addr& source, const in6_addr& group) {
    mf6cctl mfc{};
    mfc.mf6cc_origin.sin6_addr = source;
    mfc.mf6cc_mcastgrp.sin6_addr = group;
    mfc.mf6cc_parent = 0;
    IF_SET(1, &mfc.mf6cc_ifset);
    set(fd, IPPROTO_IPV6, MRT6_ADD_MFC, mfc, "MRT6_ADD_MFC");
}

// Those that run.sh writes into the file: 100 groups for each source.
in_addr source_of(uint32_t index) { return {htonl(0x0a010001 + index / 100)}; }
in_addr group_of(uint32_t index) { return {htonl(0xe1000000 + index % 100)}; }

// The source and the group of a line, as IPv6 addresses where they are.
struct Route {
    int family = AF_INET;
    in6_addr source{};
    in6_addr group{};

    friend bool operator<(const Route& a, const Route& b) { return memcmp(&a, &b, sizeof a) < 0; }
};

// Only lines as run.sh writes them.
bool parse(char* line, Route& route) {
    char* const source = line + strlen("mroute from eth0 source ");
    char* const end_of_source = strchr(source, ' ');
    if (end_of_source == nullptr) {
        return false;
    }
    char* const group = end_of_source + strlen(" group ");
    char* const end_of_group = strchr(group, ' ');
    if (end_of_group == nullptr) {
        return false;
    }
    *end_of_source = *end_of_group = '\0';
    route.family = memchr(source, ':', 5) != nullptr ? AF_INET6 : AF_INET;
    return inet_pton(route.family, source, &route.source) == 1 &&
           inet_pton(route.family, group, &route.group) == 1;
}

// Calls use(Route) for each line.
template <typename Use>
void read_routes(const char* path, Use use) {
    FILE* const file = fopen(path, "re");
    if (file == nullptr) {
        die(path);
    }
    std::array<char, 256> line;
    while (fgets(line.data(), line.size(), file) != nullptr) {
        Route route;
        if (parse(line.data(), route)) {
            use(route);
        }
    }
    fclose(file);
}

// Routers of the families that were needed.
struct Routers {
    int ipv4 = -1;
    int ipv6 = -1;

    void add(const Route& route) {
        if (route.family == AF_INET6) {
            ipv6 = ipv6 < 0 ? open_router6() : ipv6;
            add_entry6(ipv6, route.source, route.group);
            return;
        }
        ipv4 = ipv4 < 0 ? open_router() : ipv4;
        in_addr source;
        in_addr group;
        memcpy(&source, &route.source, sizeof source);
        memcpy(&group, &route.group, sizeof group);
        add_entry(ipv4, source, group);
    }
};

int64_t cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int reload(const char* path, const char* path_of_new) {
    std::vector<Route> routes;
    read_routes(path, [&](const Route& route) { routes.push_back(route); });
    std::sort(routes.begin(), routes.end());
    Routers routers;
    routers.ipv4 = open_router();
    const int64_t cpu = cpu_ns();
    const Clock::time_point begin = Clock::now();
    read_routes(path_of_new, [&](const Route& route) {
        if (!std::binary_search(routes.begin(), routes.end(), route)) {
            routers.add(route);
        }
    });
    const auto elapsed = std::chrono::nanoseconds(Clock::now() - begin);
    printf("%lld %lld\n", static_cast<long long>(cpu_ns() - cpu),
           static_cast<long long>(elapsed.count()));
    return 0;
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

template <typename... Values>
void print_to(const char* path, const char* format, Values... values) {
    FILE* const file = fopen(path, "we");
    if (file == nullptr) {
        die(path);
    }
    fprintf(file, format, values...);
    fclose(file);
}

// Runs the router in a child, and returns when it has done the entries of the file, or answers.
int run_router(const char* path, const char* pid_file) {
    std::array<int, 2> ready;
    require(pipe(ready.data()), "pipe");
    const pid_t child = require(fork(), "fork");
    if (child == 0) {
        Routers routers;
        if (path != nullptr) {
            read_routes(path, [&](const Route& route) { routers.add(route); });
        } else {
            routers.ipv4 = open_router();
        }
        require(static_cast<int>(write(ready[1], "", 1)), "write");
        // Whoever reads our output shall see its end.
        for (const int each : {STDOUT_FILENO, ready[0], ready[1]}) {
            close(each);
        }
        if (path == nullptr) {
            answer(routers.ipv4);
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
    print_to(pid_file, "%d\n", child);
    return 0;
}

// ---- The client ----

// src/control/protocol.h says what the frames are.
int run_client(const char* path, std::span<char*> words) {
    const int fd = require(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    require(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), path);
    std::string payload;
    for (const char* const word : words) {
        payload.append(word, strlen(word) + 1);
    }
    const uint32_t size = htonl(static_cast<uint32_t>(payload.size()));
    std::string frame(reinterpret_cast<const char*>(&size), sizeof size);
    frame += '\1';
    frame += payload;
    require(static_cast<int>(write(fd, frame.data(), frame.size())), "write");
    std::array<char, 4096> answer;
    const ssize_t got = require(static_cast<int>(read(fd, answer.data(), answer.size())), "read");
    // A command that has nothing to say: its status is the last byte.
    return got == 6 ? answer[5] : 1;
}

// ---- The watch ----

int run_timed(const char* path, char** command) {
    const Clock::time_point begin = Clock::now();
    pid_t child = 0;
    if (posix_spawnp(&child, command[0], nullptr, nullptr, command, environ) != 0) {
        die(command[0]);
    }
    int status = 0;
    rusage usage{};
    require(wait4(child, &status, 0, &usage), "wait4");
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    const int64_t cpu_us = (int64_t{usage.ru_utime.tv_sec} + usage.ru_stime.tv_sec) * 1'000'000 +
                           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    print_to(path, "%lld %lld\n", static_cast<long long>(elapsed.count()),
             static_cast<long long>(cpu_us * 1000));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
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
    if (mode == "load" && argc == 4) {
        return run_router(argv[2], argv[3]);
    }
    if (mode == "answer" && argc == 3) {
        return run_router(nullptr, argv[2]);
    }
    if (mode == "time" && argc > 3) {
        return run_timed(argv[2], argv + 3);
    }
    if (mode == "reload" && argc == 4) {
        return reload(argv[2], argv[3]);
    }
    if (mode == "client" && argc > 3) {
        return run_client(argv[2], std::span(argv, static_cast<size_t>(argc)).subspan(3));
    }
    if (mode == "counters" && argc == 3) {
        return read_counters(number(argv[2]));
    }
    if (mode == "probe" && argc == 7) {
        Prober(argv[2], argv[3], {inet_addr(argv[4])}, number(argv[5])).run(number(argv[6]));
        return 0;
    }
    fputs(
        "usage: floor load FILE PIDFILE | answer PIDFILE | reload FILE NEW | counters COUNT |\n"
        "       client SOCKET WORD... | time FILE COMMAND... | probe IN OUT GROUP COUNT WINDOW\n",
        stderr);
    return 64;
}
