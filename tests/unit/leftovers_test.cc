// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/leftovers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "in_namespace.h"
#include "kernel/mrt.h"
#include "kernel/routing_sockets.h"
#include "os/memory_file.h"
#include "test.h"

namespace smcroute {

namespace {

using Lines = std::vector<std::string>;

// A service manager at an abstract address, which is in the environment.
class Manager {
public:
    Manager() {
        const std::string name = compose("@smcroute-leftovers-{}", getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof(address.sun_path) - 1);
        address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        fd_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        EXPECT(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Manager() { unsetenv("NOTIFY_SOCKET"); }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    // The names that it was told to remove from its store.
    Lines removed() const {
        constexpr std::string_view kRemove = "FDSTOREREMOVE=1\nFDNAME=";
        Lines names;
        std::array<char, 1024> buffer;
        for (ssize_t size; (size = recv(fd_.get(), buffer.data(), buffer.size(), 0)) > 0;) {
            const std::string_view text(buffer.data(), static_cast<size_t>(size));
            EXPECT(text.starts_with(kRemove));
            names.emplace_back(text.substr(std::min(text.size(), kRemove.size())));
        }
        return names;
    }

private:
    UniqueFd fd_;
};

UniqueFd any_file() { return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC)); }

// What is logged when descriptors of these names are released.
Lines logged_for(const Lines& names, Notifier& manager) {
    static Lines logged;
    logged.clear();
    Handover handover;
    std::vector<int> fds;
    for (const std::string& name : names) {
        handover.descriptors.emplace_back(name, any_file());
        fds.push_back(handover.descriptors.back().second.get());
    }
    log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
    log_tap([](LogLevel, std::string_view line) { logged.emplace_back(line); });
    release_leftovers(handover, manager);
    log_tap(nullptr);
    EXPECT(handover.descriptors.empty());
    for (const int fd : fds) {
        EXPECT(fcntl(fd, F_GETFD) < 0);
    }
    return logged;
}

std::string lost(std::string_view family, std::string_view table) {
    return compose(
        "the daemon before this one had the {} routing table \"{}\", which this one does not use: "
        "its routes are removed",
        family, table);
}

std::string closed(std::string_view sockets) {
    return compose(
        "the daemon before this one had {} with groups, which this one does not use: closed",
        sockets);
}

// In a process that was started with a journal, a join socket, what is no ledger, and a stranger's
// descriptor: what it says and what is left when it has released its store.
void start_alone() {
    const auto journal = create_memory_file("smcroute-journal");
    const UniqueFd join(socket(AF_INET, SOCK_DGRAM, 0));
    const UniqueFd other = any_file();
    constexpr int kOutOfTheWay = 50;
    std::array<int, 4> given{};
    for (size_t i = 0; i < given.size(); ++i) {
        const int fds[] = {journal ? journal->get() : -1, join.get(), other.get(), other.get()};
        given[i] = fcntl(fds[i], F_DUPFD, kOutOfTheWay);
    }
    for (int i = 0; i < 4; ++i) {
        dup2(given[static_cast<size_t>(i)], 3 + i);
    }
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "3", 1);
    setenv("LISTEN_FDNAMES", "journal:join-5-1:ledger", 1);
    ServiceSettings settings;
    settings.foreground = true;
    release_store(settings);
    for (int fd = 3; fd < kOutOfTheWay; ++fd) {
        if (fcntl(fd, F_GETFD) >= 0) {
            fprintf(stderr, "%d is open\n", fd);
        }
    }
    fprintf(stderr, "%s\n", getenv("NOTIFY_SOCKET") == nullptr ? "no address" : "the address");
}

std::string said_by(void (*body)()) {
    const auto [text, ended_well] = test::written_by_child([&](int fd) {
        unsetenv("JOURNAL_STREAM");
        dup2(fd, STDERR_FILENO);
        body();
        return true;
    });
    EXPECT(ended_well);
    return text;
}

bool is_free(Family family) { return static_cast<bool>(open_mrt_socket(family, std::nullopt)); }

// Others still have the sockets, as the service manager does.
std::string give_up_tables() {
    Handover handover;
    std::vector<UniqueFd> kept;
    for (const Family family : kFamilies) {
        auto socket = open_mrt_socket(family, std::nullopt);
        if (!socket) {
            return test::kSkip;
        }
        kept.emplace_back(dup(socket->get()));
        handover.descriptors.emplace_back(routing_name(family, std::nullopt), std::move(*socket));
    }
    std::string text = is_free(Family::kIpv4) || is_free(Family::kIpv6) ? "free before, " : "";
    Notifier nobody;
    log_open(LogSink::kStderr, LogLevel::kNone, "smcroute");
    release_leftovers(handover, nobody);
    text += is_free(Family::kIpv4) ? "free" : "owned";
    return text + (is_free(Family::kIpv6) ? " free" : " owned");
}

}  // namespace

TEST(leftovers_are_closed_and_removed_from_the_store_by_their_names) {
    const Manager service;
    Notifier manager = Notifier::from_environment();
    const Lines names = {"journal", "ipv4-table-9", "join-5-1", "ipv6-table-default",
                         "join-kept-2"};
    EXPECT_EQ(logged_for(names, manager),
              (Lines{lost("IPv4", "9"), lost("IPv6", "default"), closed("2 sockets")}));
    EXPECT_EQ(service.removed(), names);
}

TEST(leftovers_are_told_of_only_if_routes_or_groups_end_with_them) {
    Notifier nobody;
    EXPECT_EQ(logged_for({}, nobody), Lines());
    EXPECT_EQ(logged_for({"journal", "ledger", "memberships-1", "control"}, nobody), Lines());
    EXPECT_EQ(logged_for({"join-1"}, nobody), Lines{closed("1 socket")});
}

TEST(leftovers_give_up_their_tables_though_others_hold_the_sockets) {
    if (const auto text = test::in_namespace(&give_up_tables)) {
        EXPECT_EQ(*text, "free free");
    }
}

TEST(leftovers_of_a_daemon_that_is_alone_now_are_all_released_with_what_else_is_open) {
    const Manager service;
    EXPECT_EQ(said_by(&start_alone),
              compose("smcroute: the service manager has handed over \"ledger\", which is not a "
                      "memory file: it is not used\nsmcroute: {}\nthe address\n",
                      closed("1 socket")));
    EXPECT_EQ(service.removed(), (Lines{"ledger", "journal", "join-5-1"}));
}

TEST(leftovers_are_not_looked_for_where_nothing_was_handed_over) {
    const Manager service;
    EXPECT_EQ(said_by([] {
                  unsetenv("LISTEN_FDS");
                  release_store({});
                  fprintf(stderr, "%s\n", getenv("NOTIFY_SOCKET") == nullptr ? "gone" : "there");
              }),
              "there\n");
    EXPECT_EQ(service.removed(), Lines());
}

}  // namespace smcroute
