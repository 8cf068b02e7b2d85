// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/notify.h"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::microseconds;

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
        const ssize_t size = recv(fd_.get(), buffer.data(), buffer.size(), 0);
        return size < 0 ? "(none)" : std::string(buffer.data(), static_cast<size_t>(size));
    }

private:
    std::string name_;
    UniqueFd fd_;
};

std::string unique_name(const char* before) {
    return cat({before, "smcroute-test-", std::to_string(getpid())});
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
