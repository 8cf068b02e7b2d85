// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/linux_kernel.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "in_namespace.h"
#include "kernel/join_socket.h"
#include "test.h"

namespace smcroute::test {

namespace {

constexpr unsigned kLoopback = 1;

using Scenario = std::string (*)(LinuxKernel& kernel);

Result<std::unique_ptr<LinuxKernel>> create_kernel(JoinSockets& join_sockets) {
    auto sockets = open_routing_sockets({});
    if (!sockets) {
        return sockets.error();
    }
    return LinuxKernel::create(std::move(*sockets), {}, join_sockets);
}

// The scenario with a kernel of both families.
std::optional<std::string> with_kernel(Scenario scenario) {
    return in_namespace([scenario] {
        UdpJoinSockets join_sockets{1000};
        const auto kernel = create_kernel(join_sockets);
        if (!kernel) {
            return kernel.error().status == ExitStatus::kNoMulticast ? kSkip : kernel.error().text;
        }
        if (!(*kernel)->has(Family::kIpv4) || !(*kernel)->has(Family::kIpv6)) {
            return kSkip;
        }
        return scenario(**kernel);
    });
}

// What the kernel refuses is no refusal of ours: the daemon keeps it and tries again.
std::string text(const Status& status) {
    if (status) {
        return "ok";
    }
    return status.error().text + (status.error().status == ExitStatus::kSystem ? "" : " for good");
}

IfName lo() { return *IfName::parse("lo"); }

Flow flow(std::string_view group, std::string_view source) {
    return {*Address::parse(group), *Address::parse(source)};
}

std::string text(const Result<FlowCounters>& counters) {
    return counters ? compose("{} packets", counters->packets) : counters.error().text;
}

std::string route(LinuxKernel& kernel) {
    std::string lines;
    for (const Flow& it : {flow("225.1.2.3", "10.9.9.9"), flow("ff0e::123", "2001:db8::9")}) {
        const AddVif vif{it.family(), 5, lo(), kLoopback};
        const PutEntry entry{it, 5, {}};
        lines += compose("{}: {}", to_string(it), text(kernel.apply(vif)));
        lines += compose(", again {}", text(kernel.apply(vif)));
        lines += compose(", entry {}", text(kernel.apply(entry)));
        lines += compose(", again {}", text(kernel.apply(entry)));
        lines += compose(", {}", text(kernel.counters(it)));
        lines += compose(", delete {}", text(kernel.apply(DelEntry{it})));
        lines += compose(", again {}", text(kernel.apply(DelEntry{it})));
        lines += compose(", {}", text(kernel.counters(it)));
        lines += compose(", {}", text(kernel.apply(DelVif{it.family(), 5, lo()})));
        lines += compose(", again {}\n", text(kernel.apply(DelVif{it.family(), 5, lo()})));
    }
    return lines;
}

std::string join(LinuxKernel& kernel) {
    std::string lines;
    for (const Flow& it : {flow("225.1.2.3", "0.0.0.0"), flow("232.1.2.3", "10.9.9.9"),
                           flow("ff0e::123", "::"), flow("ff3e::123", "2001:db8::9")}) {
        const Membership membership{kLoopback, lo(), it};
        const Membership nowhere{4711, *IfName::parse("eth0"), it};
        lines += compose("{}: {}", to_string(it), text(kernel.apply(Join{membership})));
        lines += compose(", again {}", text(kernel.apply(Join{membership})));
        lines += compose(", leave {}", text(kernel.apply(Leave{membership})));
        lines += compose(", again {}", text(kernel.apply(Leave{membership})));
        lines += compose(", elsewhere {}\n", text(kernel.apply(Join{nowhere})));
    }
    return lines;
}

std::string text(const Result<std::optional<VifCounters>>& answer) {
    return !answer ? answer.error().text : *answer ? "yes" : "no";
}

// What a kernel says of slots 4 to 6 and of its entries, "(1.2.3.4, 225.1.2.3) 1 > 1:5".
std::string text_of_installed(LinuxKernel& kernel, Family family) {
    std::string lines = compose("{}:", to_string(family));
    for (const Slot slot : {Slot{4}, Slot{5}, Slot{6}}) {
        lines += compose(" {}", text(kernel.vif_counters(family, slot)));
    }
    const auto entries = kernel.entries(family);
    for (const FoundEntry& entry : entries ? *entries : std::vector<FoundEntry>{}) {
        lines += compose(", {} {} >", to_string(entry.flow),
                         entry.iif ? std::to_string(*entry.iif) : "?");
        for (const auto& [ifindex, ttl] : entry.outbounds) {
            lines += compose(" {}:{}", ifindex, ttl);
        }
    }
    return lines + "\n";
}

RoutingSockets duplicates(const RoutingSockets& sockets) {
    RoutingSockets copies;
    for (const Family family : kFamilies) {
        copies.fds[index_of(family)].reset(dup(sockets.fds[index_of(family)].get()));
    }
    return copies;
}

// One process installs and goes, another finds it and goes on, while somebody holds the sockets.
std::string hand_over(const KernelOptions& options) {
    UdpJoinSockets join_sockets{1000};
    auto held = open_routing_sockets(options);
    if (!held) {
        return held.error().status == ExitStatus::kNoMulticast ? kSkip : held.error().text;
    }
    if (!held->fds[0] || !held->fds[1]) {
        return kSkip;
    }
    auto first = LinuxKernel::create(duplicates(*held), options, join_sockets);
    for (const Flow& it : {flow("225.1.2.3", "10.9.9.9"), flow("ff0e::123", "2001:db8::9")}) {
        const uint8_t ttl = it.family() == Family::kIpv4 ? 5 : 1;
        PutEntry entry{it, 5, {}};
        entry.ttls[5] = ttl;
        if (!first || !(*first)->apply(AddVif{it.family(), 5, lo(), kLoopback}) ||
            !(*first)->apply(entry)) {
            return "could not install";
        }
    }
    (*first).reset();
    auto second = LinuxKernel::create(std::move(*held), options, join_sockets);
    if (!second) {
        return second.error().text;
    }
    std::string lines;
    for (const Family family : kFamilies) {
        lines += text_of_installed(**second, family);
        lines += compose("{}\n", text((*second)->apply(DelVif{family, 5, lo()})));
        lines += text_of_installed(**second, family);
    }
    return lines;
}

std::string add_far_vifs(LinuxKernel& kernel) {
    std::string lines;
    for (const Family family : kFamilies) {
        lines += compose("{}\n", text(kernel.apply(AddVif{family, 0, lo(), 65537})));
    }
    return lines;
}

std::string open_twice(LinuxKernel&) {
    const auto second = open_routing_sockets({});
    return second ? "opened"
                  : compose("{}, status {}", second.error().text,
                            static_cast<int>(second.error().status));
}

std::string look_around(LinuxKernel& kernel) {
    std::string lines;
    const auto interfaces = kernel.interfaces();
    for (const Interface& it : interfaces ? *interfaces : std::vector<Interface>{}) {
        if (it.name == lo()) {
            lines += compose("lo is {}{}{}{}\n", it.ifindex, it.loopback ? ", loopback" : "",
                             it.multicast ? ", multicast" : "", it.up ? ", up" : "");
        }
    }
    std::vector<LinkEvent> events;
    lines += kernel.read_links(events) ? "nothing lost, " : "lost, ";
    lines += compose("{} events\n", events.size());
    std::vector<Upcall> upcalls;
    for (const Family family : kFamilies) {
        kernel.read_upcalls(family, upcalls);
        lines += kernel.upcall_fd(family) >= 0 ? "polled, " : "not polled, ";
    }
    return lines + compose("{} upcalls\n", upcalls.size());
}

}  // namespace

TEST(linux_kernel_carries_out_ops_and_forgives_repeated_deletion) {
    const auto transcript = with_kernel(route);
    if (transcript) {
        const std::string course = compose(
            ": ok, again {}, entry ok, again ok, 0 packets, delete ok, again ok, {}, ok, again "
            "ok\n",
            strerror(EADDRINUSE), strerror(EADDRNOTAVAIL));
        EXPECT_EQ(*transcript,
                  compose("(10.9.9.9, 225.1.2.3){}(2001:db8::9, ff0e::123){}", course, course));
    }
}

TEST(linux_kernel_joins_and_leaves) {
    const auto transcript = with_kernel(join);
    if (transcript) {
        EXPECT_EQ(
            *transcript,
            "(*, 225.1.2.3): ok, again ok, leave ok, again ok, elsewhere No such device\n"
            "(10.9.9.9, 232.1.2.3): ok, again ok, leave ok, again ok, elsewhere No such device\n"
            "(*, ff0e::123): ok, again ok, leave ok, again ok, elsewhere No such device\n"
            "(2001:db8::9, ff3e::123): ok, again ok, leave ok, again ok, elsewhere No such "
            "device\n");
    }
}

// What the first has installed outlives it with the sockets. When the VIF goes the kernel keeps its
// slot in the entry, but does not tell.
TEST(linux_kernel_finds_what_another_has_installed_on_the_same_sockets) {
    for (const KernelOptions& options : {KernelOptions{}, KernelOptions{.table = 1000}}) {
        const auto transcript = in_namespace([&options] { return hand_over(options); });
        if (transcript) {
            EXPECT_EQ(*transcript,
                      "IPv4: no yes no, (10.9.9.9, 225.1.2.3) 1 > 1:5\n"
                      "ok\n"
                      "IPv4: no no no, (10.9.9.9, 225.1.2.3) ? >\n"
                      "IPv6: no yes no, (2001:db8::9, ff0e::123) 1 > 1:1\n"
                      "ok\n"
                      "IPv6: no no no, (2001:db8::9, ff0e::123) ? >\n");
        }
    }
}

// 65537 is 1, the loopback interface, in 16 bits.
TEST(linux_kernel_never_wraps_an_ifindex) {
    const auto transcript = with_kernel(add_far_vifs);
    if (transcript) {
        EXPECT_EQ(*transcript, compose("{}\nits ifindex 65537 is above 65535, the highest that "
                                       "IPv6 multicast routing can use\n",
                                       strerror(EADDRNOTAVAIL)));
    }
}

TEST(linux_kernel_says_that_the_table_is_taken) {
    const auto transcript = with_kernel(open_twice);
    if (transcript) {
        EXPECT_EQ(*transcript,
                  "another process owns the IPv4 and IPv6 multicast routing tables, status 69");
    }
}

TEST(linux_kernel_sees_interfaces_and_has_nothing_to_read) {
    const auto transcript = with_kernel(look_around);
    if (transcript) {
        EXPECT_EQ(*transcript,
                  "lo is 1, loopback\nnothing lost, 0 events\npolled, polled, 0 upcalls\n");
    }
}

TEST(routing_sockets_are_known_from_others) {
    const auto transcript = in_namespace([] {
        const auto sockets = open_routing_sockets({});
        if (!sockets || !sockets->fds[0] || !sockets->fds[1]) {
            return sockets || sockets.error().status == ExitStatus::kNoMulticast
                       ? kSkip
                       : sockets.error().text;
        }
        const UniqueFd udp4(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const UniqueFd udp6(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const UniqueFd raw(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP));
        const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
        std::string text;
        for (const int fd : {sockets->fds[0].get(), sockets->fds[1].get(), udp4.get(), udp6.get(),
                             raw.get(), file.get(), -1}) {
            text += compose("{}{},", is_routing_socket(fd, Family::kIpv4) ? "4" : "",
                            is_routing_socket(fd, Family::kIpv6) ? "6" : "");
        }
        return text;
    });
    if (transcript) {
        EXPECT_EQ(*transcript, "4,6,,,,,,");
    }
}

}  // namespace smcroute::test
