// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/notify.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::microseconds;

// More messages than a socket takes that nobody reads.
constexpr int kMoreThanFits = 1000;

// A service manager's socket, at a path or, with a leading '@', an abstract name.
class Manager {
public:
    explicit Manager(const std::string& name) : name_(name) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof(address.sun_path) - 1);
        if (name.front() == '@') {
            address.sun_path[0] = '\0';
        }
        const size_t size = offsetof(sockaddr_un, sun_path) + name.size();
        fd_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        EXPECT(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                    static_cast<socklen_t>(size)) == 0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Manager() {
        if (name_.front() == '/') {
            unlink(name_.c_str());
        }
    }

    // The next message, or "(none)".
    std::string receive() {
        std::array<char, 1024> buffer;
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(4 * sizeof(int))> control{};
        iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t size = recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC);
        brought_.reset();
        const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        if (size >= 0 && rights != nullptr) {
            EXPECT_EQ(rights->cmsg_len, CMSG_LEN(sizeof(int)));
            int fd = -1;
            memcpy(&fd, CMSG_DATA(rights), sizeof fd);
            brought_.reset(fd);
        }
        return size < 0 ? "(none)" : std::string(buffer.data(), static_cast<size_t>(size));
    }
    // The descriptor that came with it, or -1.
    int brought() const { return brought_.get(); }

private:
    std::string name_;
    UniqueFd fd_;
    UniqueFd brought_;
};

bool same_file(int a, int b) {
    struct stat first {};
    struct stat second {};
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_ino == second.st_ino;
}

std::string unique_name(const char* before) {
    return compose("{}smcroute-test-{}", before, getpid());
}

std::optional<microseconds> interval_for(const char* usec, const std::string& pid) {
    setenv("WATCHDOG_USEC", usec, 1);
    if (!pid.empty()) {
        setenv("WATCHDOG_PID", pid.c_str(), 1);
    }
    const Manager manager(unique_name("@"));
    return Notifier::from_environment().watchdog_interval();
}

}  // namespace

TEST(notifier_sends_each_state_in_the_managers_words) {
    Manager manager(unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    notifier.ready("12 routes, 2 pending, 1 group");
    EXPECT_EQ(manager.receive(), "READY=1\nSTATUS=12 routes, 2 pending, 1 group");
    notifier.status("13 routes");
    EXPECT_EQ(manager.receive(), "STATUS=13 routes");
    notifier.reloading(std::chrono::steady_clock::time_point(std::chrono::milliseconds(1234)));
    EXPECT_EQ(manager.receive(), "RELOADING=1\nMONOTONIC_USEC=1234000");
    notifier.watchdog();
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
    notifier.stopping();
    EXPECT_EQ(manager.receive(), "STOPPING=1");
    EXPECT_EQ(manager.receive(), "(none)");
}

TEST(notifier_stores_a_descriptor_by_name_and_takes_it_out_again) {
    Manager manager(unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    int ends[2] = {-1, -1};
    EXPECT(pipe(ends) == 0);
    const UniqueFd first(ends[0]);
    const UniqueFd second(ends[1]);
    notifier.store("ipv4-table-default", first.get());
    EXPECT_EQ(manager.receive(), "FDSTORE=1\nFDPOLL=0\nFDNAME=ipv4-table-default");
    EXPECT(manager.brought() >= 0 && manager.brought() != first.get());
    EXPECT(same_file(manager.brought(), first.get()));
    notifier.remove("ipv4-table-default");
    EXPECT_EQ(manager.receive(), "FDSTOREREMOVE=1\nFDNAME=ipv4-table-default");
    EXPECT_EQ(manager.brought(), -1);
    notifier.store("closed", -1);
    EXPECT_EQ(manager.receive(), "FDSTORE=1\nFDPOLL=0\nFDNAME=closed");
    EXPECT_EQ(manager.brought(), -1);
    Notifier().store("nobody", first.get());
    EXPECT_EQ(manager.receive(), "(none)");
}

TEST(notifier_waits_for_a_busy_manager_to_store_everything) {
    Manager manager(unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < kMoreThanFits; ++i) {
            notifier.store(std::to_string(i), STDIN_FILENO);
        }
        _exit(0);
    }
    for (int i = 0; i < kMoreThanFits; ++i) {
        std::string message;
        while ((message = manager.receive()) == "(none)" && waitpid(child, nullptr, WNOHANG) == 0) {
            sched_yield();
        }
        EXPECT_EQ(message, compose("FDSTORE=1\nFDPOLL=0\nFDNAME={}", i));
    }
    waitpid(child, nullptr, 0);
}

TEST(notifier_waits_for_a_manager_that_does_not_read_once) {
    Manager manager(unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    for (int i = 0; i < kMoreThanFits; ++i) {
        notifier.stopping();
    }
    EXPECT_EQ(manager.receive(), "STOPPING=1");
}

TEST(notifier_restores_the_environment_for_a_program_in_its_place) {
    setenv("WATCHDOG_USEC", "3000000", 1);
    const Manager manager(unique_name("@"));
    const Notifier notifier = Notifier::from_environment();
    EXPECT(getenv("NOTIFY_SOCKET") == nullptr);
    notifier.restore_environment();
    const Notifier next = Notifier::from_environment();
    EXPECT(next.active());
    EXPECT(next.watchdog_interval() == microseconds(1500000));
    Notifier().restore_environment();
    EXPECT(getenv("NOTIFY_SOCKET") == nullptr && getenv("WATCHDOG_USEC") == nullptr);
}

TEST(notifier_finds_a_manager_at_a_path) {
    Manager manager(unique_name("/tmp/"));
    Notifier notifier = Notifier::from_environment();
    notifier.stopping();
    EXPECT_EQ(manager.receive(), "STOPPING=1");
}

TEST(notifier_status_cannot_become_another_assignment) {
    Manager manager(unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    notifier.status("one\nMAINPID=1");
    EXPECT_EQ(manager.receive(), "STATUS=one?MAINPID=1");
}

TEST(notifier_takes_its_variables_out_of_the_environment) {
    setenv("WATCHDOG_USEC", "1000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    const Manager manager(unique_name("@"));
    (void)Notifier::from_environment();
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
        EXPECT(getenv(name) == nullptr);
    }
}

TEST(notifier_without_a_manager_is_silent) {
    for (const char* name : {"", "@", "/", "vsock:2:1", "/nonexistent/socket"}) {
        setenv("NOTIFY_SOCKET", name, 1);
        setenv("WATCHDOG_USEC", "1000000", 1);
        Notifier notifier = Notifier::from_environment();
        notifier.ready("");
        EXPECT(!notifier.watchdog_interval());
    }
    Notifier().stopping();
}

TEST(notifier_survives_its_manager) {
    std::optional<Manager> manager(std::in_place, unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    manager.reset();
    notifier.watchdog();
    notifier.stopping();
}

TEST(notifier_does_not_block_on_a_manager_that_does_not_read) {
    Manager manager(unique_name("@"));
    Notifier notifier = Notifier::from_environment();
    for (int i = 0; i < 5000; ++i) {
        notifier.watchdog();
    }
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
}

TEST(watchdog_interval_is_half_of_what_the_manager_allows) {
    EXPECT(interval_for("3000000", "") == microseconds(1500000));
    EXPECT(interval_for("3000000", std::to_string(getpid())) == microseconds(1500000));
}

TEST(watchdog_of_another_process_or_of_no_sense_is_none) {
    EXPECT(!interval_for("3000000", std::to_string(getpid() + 1)));
    EXPECT(!interval_for("3000000", "x"));
    EXPECT(!interval_for("", ""));
    EXPECT(!interval_for("0", ""));
    EXPECT(!interval_for("-5", ""));
}

TEST(watchdog_interval_is_a_day_at_most) {
    EXPECT(interval_for("18446744073709551615", "") == std::chrono::hours(24));
}

}  // namespace smcroute
