// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/genuine.h"

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "in_namespace.h"
#include "kernel/mrt.h"
#include "kernel/routing_sockets.h"
#include "os/descriptors.h"
#include "os/memory_file.h"
#include "os/unix_socket.h"
#include "test.h"

namespace smcroute {

namespace {

UniqueFd datagram_socket(int domain) { return UniqueFd(socket(domain, SOCK_DGRAM, 0)); }

// The names for which it would be taken.
std::string good_for(int fd, const ServiceSettings& settings) {
    std::string names;
    for (const char* const name : {"ipv4-table-default", "ipv6-table-default", "control", "journal",
                                   "ledger", "join-1-2", "line-to-worker", ""}) {
        names += fault_of(name, fd, settings).empty() ? compose("{} ", name) : "";
    }
    return names;
}

}  // namespace

TEST(descriptors_are_taken_for_what_they_are) {
    ServiceSettings settings;
    const auto journal = create_memory_file("smcroute-journal");
    const auto other = create_memory_file("smcroute-journals");
    REQUIRE(journal && other);
    EXPECT_EQ(good_for(journal->get(), settings), "journal ledger ");
    EXPECT_EQ(kind_of(journal->get(), settings), "journal");
    EXPECT_EQ(kind_of(other->get(), settings), "");
    for (const int domain : {AF_INET, AF_INET6}) {
        if (const UniqueFd join = datagram_socket(domain)) {
            EXPECT_EQ(good_for(join.get(), settings), "join-1-2 ");
            EXPECT_EQ(kind_of(join.get(), settings), "join-");
        }
    }
    const UniqueFd file(open("/dev/null", O_RDWR));
    const UniqueFd local = datagram_socket(AF_UNIX);
    const UniqueFd stream(socket(AF_INET, SOCK_STREAM, 0));
    for (const int fd : {file.get(), local.get(), stream.get(), -1}) {
        EXPECT_EQ(good_for(fd, settings), "");
        EXPECT_EQ(kind_of(fd, settings), "");
    }
}

TEST(control_socket_is_the_one_that_listens_on_our_path) {
    std::string directory = "/tmp/smcroute-test-XXXXXX";
    REQUIRE(mkdtemp(directory.data()) != nullptr);
    ServiceSettings settings;
    settings.socket = directory + "/socket";
    {
        auto listener = Listener::create(settings.socket);
        REQUIRE(listener);
        EXPECT_EQ(good_for(listener->fd(), settings), "control ");
        EXPECT_EQ(kind_of(listener->fd(), settings), "control");
        const auto client = connect_unix(settings.socket);
        REQUIRE(client);
        EXPECT_EQ(good_for(client->get(), settings), "");
        settings.socket += "2";
        EXPECT_EQ(good_for(listener->fd(), settings), "");
        settings.socket.pop_back();
        // One that nobody can reach any more is of no use.
        EXPECT(unlink(settings.socket.c_str()) == 0);
        EXPECT_EQ(good_for(listener->fd(), settings), "");
    }
    EXPECT(rmdir(directory.c_str()) == 0);
}

TEST(control_socket_that_was_shut_down_does_not_listen) {
    ServiceSettings settings;
    settings.socket = compose("/tmp/smcroute-test-{}", getpid());
    auto listener = Listener::create(settings.socket);
    REQUIRE(listener);
    const auto waiting = connect_unix(settings.socket);
    EXPECT_EQ(listening_path(listener->fd()), settings.socket);
    EXPECT(shutdown(listener->fd(), SHUT_RD) == 0);
    EXPECT_EQ(listening_path(listener->fd()), "");
    EXPECT_EQ(fault_of(kControl, listener->fd(), settings),
              "does not listen on our control socket");
}

TEST(names_of_descriptors) {
    EXPECT_EQ(routing_name(Family::kIpv4, std::nullopt), "ipv4-table-default");
    EXPECT_EQ(routing_name(Family::kIpv6, 100), "ipv6-table-100");
    EXPECT_EQ(join_name(12, 3), "join-12-3");
}

TEST(routing_socket_is_genuine_as_long_as_it_owns_the_table_of_its_name) {
    const auto faults = test::in_namespace([] {
        const ServiceSettings settings;
        const auto fd = open_mrt_socket(Family::kIpv4, 100);
        const auto other = open_mrt_socket(Family::kIpv4, std::nullopt);
        if (!fd || !other) {
            return test::kSkip;
        }
        const auto fault = [&](std::string_view name) {
            return compose("{}; ", fault_of(name, fd->get(), settings));
        };
        std::string text = compose("{}{}{}{}{}{}", fault("ipv4-table-100"),
                                   fault("ipv4-table-default"), fault("ipv4-table-101"),
                                   fault("ipv4-table-"), fault("ipv6-table-100"), fault("join-1"));
        end_routing(fd->get(), Family::kIpv4);
        text += fault("ipv4-table-100");
        const UniqueFd raw(socket(AF_INET, SOCK_RAW, IPPROTO_IGMP));
        return text += fault_of("ipv4-table-default", raw.get(), settings);
    });
    if (faults) {
        EXPECT_EQ(*faults,
                  "; does not own that table; does not own that table; is not a multicast routing "
                  "socket; is not a multicast routing socket; is not a datagram socket; does not "
                  "own that table; does not own that table");
    }
}

TEST(sockets_of_another_network_namespace_are_not_genuine) {
    const auto faults = test::in_namespace([] {
        const ServiceSettings settings;
        std::array<Result<UniqueFd>, 2> routing = {open_mrt_socket(Family::kIpv4, std::nullopt),
                                                   open_mrt_socket(Family::kIpv6, std::nullopt)};
        const UniqueFd join = datagram_socket(AF_INET);
        if (!routing[0] || !routing[1] || unshare(CLONE_NEWNET) != 0) {
            return test::kSkip;
        }
        return compose("{}; {}; {}", fault_of("ipv4-table-default", routing[0]->get(), settings),
                       fault_of("ipv6-table-default", routing[1]->get(), settings),
                       fault_of("join-1", join.get(), settings));
    });
    if (faults) {
        EXPECT_EQ(*faults,
                  "is of another network namespace; is of another network namespace; is of another "
                  "network namespace");
    }
}

// Given what is no memory file for the journal, and two names that say nothing.
TEST(keep_genuine_lets_go_of_the_rest_and_tells_the_first_by_name) {
    static std::vector<std::string> told;
    log_tap([](LogLevel, std::string_view line) { told.emplace_back(line); });
    Notifier nobody;
    const auto give = [&](Handover handover) {
        for (const char* const name : {"ledger", "journal", "previous", "control"}) {
            handover.descriptors.emplace_back(name, name == std::string_view("ledger")
                                                        ? *create_memory_file("smcroute-ledger")
                                                        : UniqueFd(open("/dev/null", O_RDWR)));
        }
        keep_genuine(handover, ServiceSettings(), nobody);
        EXPECT_EQ(handover.descriptors.size(), size_t{1});
        EXPECT(handover.has("ledger"));
    };
    give({});
    give({.upgraded = getpid()});
    give({.worker = 12});
    log_tap(nullptr);
    REQUIRE(told.size() == 3);
    EXPECT_EQ(told[0],
              "the service manager has handed over \"journal\", which is not a memory file: it is "
              "not used, nor are 2 more");
    EXPECT_EQ(told[1],
              "the program before this one has handed over \"journal\", which is not a memory "
              "file: it is not used, nor are 2 more");
    EXPECT_EQ(told[2],
              "process 12 has handed over \"journal\", which is not a memory file: it is not used, "
              "nor are 2 more");
}

TEST(control_socket_does_not_come_from_a_manager) {
    ServiceSettings settings;
    settings.socket = compose("/tmp/smcroute-test-{}", getpid());
    const auto listener = Listener::create(settings.socket);
    REQUIRE(listener);
    log_tap([](LogLevel, std::string_view) {});
    Notifier nobody;
    for (const bool upgraded : {false, true}) {
        Handover handover;
        handover.upgraded = upgraded ? std::optional(getpid()) : std::nullopt;
        handover.descriptors.emplace_back(kControl, duplicate(listener->fd()));
        keep_genuine(handover, settings, nobody);
        EXPECT_EQ(handover.has(kControl), upgraded);
    }
    log_tap(nullptr);
}

}  // namespace smcroute
