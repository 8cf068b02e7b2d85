// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/unix_socket.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

// A directory for the test's sockets, with the one path that they use.
struct SocketDirectory {
    SocketDirectory() {
        EXPECT(mkdtemp(name.data()) != nullptr);
        path = name + "/socket";
    }
    ~SocketDirectory() {
        unlink(path.c_str());
        rmdir(name.c_str());
    }
    bool has_socket() const {
        struct stat st {};
        return lstat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode);
    }

    std::string name = "/tmp/smcroute-test-XXXXXX";
    std::string path;
};

// A socket file that nobody listens on, as a killed daemon leaves it.
void leave_stale_socket(const std::string& path, int type) {
    const UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

void make_file(const std::string& path) {
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    EXPECT(static_cast<bool>(fd));
}

bool holds_in_a_child(const std::function<bool()>& body) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(body() ? 0 : 1);
    }
    int status = 1;
    return waitpid(child, &status, 0) == child && status == 0;
}

// True if the body is true in a child process to which file modes apply, whoever runs the test.
bool holds_without_capabilities(const std::function<bool()>& body) {
    return holds_in_a_child([&body] {
        constexpr std::array<uint32_t, 2> kVersion3OfSelf = {0x20080522, 0};
        constexpr std::array<uint32_t, 6> kNone{};
        return syscall(SYS_capset, kVersion3OfSelf.data(), kNone.data()) == 0 && body();
    });
}

}  // namespace

TEST(listener_accepts_a_client_and_knows_who_it_is) {
    const SocketDirectory directory;
    auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    const auto client = connect_unix(directory.path);
    REQUIRE(client);
    const auto accepted = listener->accept();
    REQUIRE(accepted && *accepted);
    const auto peer = peer_credentials(accepted->get());
    REQUIRE(peer);
    EXPECT_EQ(peer->pid, getpid());
    EXPECT_EQ(peer->uid, getuid());
    EXPECT_EQ(peer->gid, getgid());
}

TEST(listener_without_a_client_answers_an_empty_descriptor) {
    const SocketDirectory directory;
    auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    const auto accepted = listener->accept();
    REQUIRE(accepted);
    EXPECT(!*accepted);
}

TEST(accepted_connection_does_not_block_and_the_clients_does) {
    const SocketDirectory directory;
    auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    const auto client = connect_unix(directory.path);
    REQUIRE(client);
    const auto accepted = listener->accept();
    REQUIRE(accepted && *accepted);
    EXPECT((fcntl(accepted->get(), F_GETFL) & O_NONBLOCK) != 0);
    EXPECT((fcntl(client->get(), F_GETFL) & O_NONBLOCK) == 0);
    for (const int fd : {listener->fd(), accepted->get(), client->get()}) {
        EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    }
}

TEST(listener_socket_is_private_whatever_the_umask_is) {
    const SocketDirectory directory;
    for (const mode_t mask : {0000U, 0022U, 0777U}) {
        const mode_t before = umask(mask);
        const auto listener = Listener::create(directory.path);
        EXPECT_EQ(umask(before), mask);
        REQUIRE(listener);
        struct stat st {};
        REQUIRE(stat(directory.path.c_str(), &st) == 0);
        EXPECT_EQ(st.st_mode & 07777, 0600U);
    }
}

TEST(listener_opened_to_a_group_is_writable_for_it_and_nobody_else) {
    const SocketDirectory directory;
    for (const mode_t mask : {0000U, 0777U}) {
        const mode_t before = umask(mask);
        const auto listener = Listener::create(directory.path, getegid());
        EXPECT_EQ(umask(before), mask);
        REQUIRE(listener);
        struct stat st {};
        REQUIRE(lstat(directory.path.c_str(), &st) == 0);
        EXPECT_EQ(st.st_mode & 07777, 0660U);
        EXPECT_EQ(st.st_gid, getegid());
        EXPECT_EQ(st.st_uid, geteuid());
    }
}

TEST(listener_that_may_not_be_given_to_a_group_is_none) {
    const SocketDirectory directory;
    constexpr gid_t kForeign = 4000000002;
    EXPECT(holds_without_capabilities([&] {
        const auto listener = Listener::create(directory.path, kForeign);
        const auto text = [&directory](int errno_value) {
            return compose("cannot open {} to group 4000000002: {}", directory.path,
                           strerror(errno_value));
        };
        // EINVAL in a user namespace that does not know the group.
        return !listener &&
               (listener.error().text == text(EPERM) || listener.error().text == text(EINVAL));
    }));
    EXPECT(!directory.has_socket());
}

TEST(peer_is_in_its_own_group_and_its_supplementary_ones) {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd one(ends[0]);
    const UniqueFd other(ends[1]);
    const auto peer = peer_credentials(one.get());
    REQUIRE(peer);
    EXPECT(peer_is_in_group(one.get(), *peer, getegid()));
    std::vector<gid_t> groups(static_cast<size_t>(getgroups(0, nullptr)));
    REQUIRE(getgroups(static_cast<int>(groups.size()), groups.data()) ==
            static_cast<int>(groups.size()));
    for (const gid_t group : groups) {
        EXPECT(peer_is_in_group(one.get(), *peer, group));
    }
    EXPECT(!peer_is_in_group(one.get(), *peer, 4000000002));
}

TEST(peer_may_have_more_supplementary_groups_than_a_guess_holds) {
    EXPECT(holds_in_a_child([] {
        std::vector<gid_t> groups(1000);
        std::iota(groups.begin(), groups.end(), gid_t{70000});
        if (setgroups(groups.size(), groups.data()) != 0) {
            return true;  // not root, or in a user namespace: the test before has to do
        }
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            return false;
        }
        const auto peer = peer_credentials(ends[0]);
        return peer && peer_is_in_group(ends[0], *peer, 70999) &&
               !peer_is_in_group(ends[0], *peer, 71000);
    }));
}

TEST(listener_replaces_a_stale_socket) {
    const SocketDirectory directory;
    leave_stale_socket(directory.path, SOCK_STREAM);
    EXPECT(Listener::create(directory.path));
}

TEST(listener_does_not_replace_a_live_socket) {
    const SocketDirectory directory;
    auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    const auto second = Listener::create(directory.path);
    REQUIRE(!second);
    EXPECT_EQ(second.error().text, directory.path + " is in use by a running daemon");
    EXPECT_EQ(second.error().status, ExitStatus::kUnavailable);
    EXPECT(connect_unix(directory.path));
}

TEST(listener_does_not_remove_a_socket_of_another_kind) {
    const SocketDirectory directory;
    UniqueFd other(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    directory.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    const auto listener = Listener::create(directory.path);
    REQUIRE(!listener);
    EXPECT_EQ(listener.error().text, directory.path + " is in use by another program");
    EXPECT(directory.has_socket());
}

TEST(listener_does_not_remove_a_file) {
    const SocketDirectory directory;
    make_file(directory.path);
    const auto listener = Listener::create(directory.path);
    REQUIRE(!listener);
    EXPECT_EQ(listener.error().text,
              compose("cannot listen on {}: it exists and is not a socket", directory.path));
    EXPECT_EQ(access(directory.path.c_str(), F_OK), 0);
}

TEST(listener_takes_its_socket_away) {
    const SocketDirectory directory;
    {
        auto listener = Listener::create(directory.path);
        REQUIRE(listener);
        const Listener moved = std::move(*listener);
        EXPECT(directory.has_socket());
    }
    EXPECT(!directory.has_socket());
}

TEST(listener_leaves_the_socket_of_a_successor) {
    const SocketDirectory directory;
    std::optional<Listener> first;
    {
        auto listener = Listener::create(directory.path);
        REQUIRE(listener);
        first.emplace(std::move(*listener));
    }
    unlink(directory.path.c_str());
    const auto second = Listener::create(directory.path);
    REQUIRE(second);
    first.reset();
    EXPECT(directory.has_socket());
}

// Its clients wait for that process to end.
TEST(listener_that_is_inherited_is_known_by_the_process_that_has_it_now) {
    const SocketDirectory directory;
    auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    EXPECT(holds_in_a_child([&] {
        const Listener ours = Listener::inherit(UniqueFd(dup(listener->fd())), directory.path);
        const auto client = connect_unix(directory.path);
        const auto peer = client ? peer_credentials(client->get()) : client.error();
        return peer && peer->pid == getpid();
    }));
}

TEST(listener_reports_a_missing_directory) {
    const auto listener = Listener::create("/nonexistent/socket");
    REQUIRE(!listener);
    EXPECT_EQ(listener.error().text,
              "cannot listen on /nonexistent/socket: No such file or directory");
}

TEST(listener_without_permission_says_so) {
    const SocketDirectory directory;
    chmod(directory.name.c_str(), 0500);
    EXPECT(holds_without_capabilities([&] {
        const auto listener = Listener::create(directory.path);
        return !listener && listener.error().status == ExitStatus::kNoPermission &&
               listener.error().text ==
                   compose("cannot listen on {}: Permission denied", directory.path);
    }));
    chmod(directory.name.c_str(), 0700);
}

TEST(listener_turns_clients_away_when_descriptors_run_out) {
    const SocketDirectory directory;
    auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    const auto client = connect_unix(directory.path);
    REQUIRE(client);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    // The lowest free number is the first that is not allowed.
    const int lowest_free = UniqueFd(dup(client->get())).get();
    const rlimit none_left{static_cast<rlim_t>(lowest_free), before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none_left) == 0);

    const auto refused = listener->accept();
    const auto next = listener->accept();

    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(!refused);
    EXPECT_EQ(refused.error().text,
              compose("cannot accept a client on {}: {}", directory.path, strerror(EMFILE)));
    EXPECT(next && !*next);
    char byte = 0;
    EXPECT_EQ(read(client->get(), &byte, 1), 0);
    pollfd waiting{listener->fd(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 0), 0);
}

TEST(client_without_a_daemon_is_told_so) {
    const SocketDirectory directory;
    const auto missing = connect_unix(directory.path);
    REQUIRE(!missing);
    EXPECT_EQ(
        missing.error().text,
        compose("cannot connect to the daemon at {}: No such file or directory (is it running?)",
                directory.path));
    EXPECT_EQ(missing.error().status, ExitStatus::kUnavailable);

    leave_stale_socket(directory.path, SOCK_STREAM);
    const auto refused = connect_unix(directory.path);
    REQUIRE(!refused);
    EXPECT_EQ(refused.error().text,
              compose("cannot connect to the daemon at {}: Connection refused (is it running?)",
                      directory.path));
    EXPECT_EQ(refused.error().status, ExitStatus::kUnavailable);
}

TEST(client_without_permission_is_told_so) {
    const SocketDirectory directory;
    const auto listener = Listener::create(directory.path);
    REQUIRE(listener);
    chmod(directory.path.c_str(), 0);
    EXPECT(holds_without_capabilities([&] {
        const auto client = connect_unix(directory.path);
        return !client && client.error().status == ExitStatus::kNoPermission &&
               client.error().text == compose(
                                          "cannot connect to the daemon at {}: Permission denied "
                                          "(run this as root or as the daemon's user)",
                                          directory.path);
    }));
}

TEST(socket_path_that_does_not_fit_is_an_error) {
    const std::string longest(107, 'x');
    const std::string too_long = longest + "x";
    const auto client = connect_unix(too_long);
    REQUIRE(!client);
    EXPECT_EQ(client.error().text,
              compose("the socket path \"{}\" must have 1 to 107 bytes", too_long));
    EXPECT_EQ(client.error().status, ExitStatus::kUsage);
    EXPECT(!Listener::create(too_long));
    EXPECT(!Listener::create(""));
    const auto fits = connect_unix(longest);
    REQUIRE(!fits);
    EXPECT_EQ(fits.error().status, ExitStatus::kUnavailable);
}

}  // namespace smcroute
