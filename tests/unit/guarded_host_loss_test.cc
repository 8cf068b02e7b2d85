// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// A worker that loses its guard, and what the two hold together until then.

#include "guard/guarded_host.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/descriptors.h"
#include "os/unix_socket.h"
#include "test.h"
#include "played_guard.h"

namespace smcroute::test {

namespace {

// From now on the guard is a process of its own, which ends after one question.
template <typename Do>
pid_t become_apart(PlayedGuard& played, Do answer) {
    const pid_t child = fork();
    if (child == 0) {
        const auto question = played.guard->receive(MessageSocket::kForever);
        answer();
        _exit(question && *question ? 0 : 1);
    }
    played.guard.reset();
    return child;
}

void wait_for_end(pid_t child) {
    int status = -1;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

UniqueFd any_file() { return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC)); }

int udp_socket(int domain) { return socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

std::string named(std::string ident, void (*change)(WorkerStart&) = nullptr) {
    PlayedGuard played([&](ServiceSettings& settings, WorkerStart& start) {
        settings.ident = std::move(ident);
        if (change != nullptr) {
            change(start);
        }
    });
    played.attach();
    played.guard.reset();
    const Lines lines = played.turns();
    return lines.size() == 1 ? lines[0] : compose("{} events", lines.size());
}

// The process that a client sees behind the socket.
pid_t listener_of(const std::string& path) {
    const auto client = connect_unix(path);
    const auto peer = client ? peer_credentials(client->get()) : PeerCredentials();
    return peer ? peer->pid : 0;
}

// Another process listens on the socket.
pid_t have_another_listen(int socket) {
    const pid_t child = fork();
    if (child == 0) {
        listen_anew(socket);
        _exit(0);
    }
    EXPECT(waitpid(child, nullptr, 0) == child);
    return child;
}

std::string names_of(const Result<std::vector<NamedDescriptor>>& all) {
    std::string text;
    for (const NamedDescriptor& one : all ? *all : std::vector<NamedDescriptor>{}) {
        EXPECT(is_open(one.fd));
        text += one.name + " ";
    }
    return all ? text : text_of(all.error());
}

}  // namespace

TEST(guarded_host_whose_guard_dies_with_the_question_is_told_what_to_do) {
    PlayedGuard played;
    played.attach();
    const pid_t guard = become_apart(played, [] {});
    EXPECT_EQ(text_of(played.host().touch_pid_file()), PlayedGuard::gone() + " (69)");
    wait_for_end(guard);
    // Any other question as well, before and after the loop has noticed.
    EXPECT_EQ(text_of(played.host().upgrade()), PlayedGuard::gone() + " (69)");
    EXPECT_EQ(played.turns(),
              Lines{compose("left alone by {}: {}", getpid(), PlayedGuard::how_gone())});
    EXPECT_EQ(text_of(played.host().start({"reload", "", ""})), PlayedGuard::gone() + " (69)");
    EXPECT_EQ(text_of(played.host().files().read("/c/main").error()),
              PlayedGuard::gone() + " (69)");
    EXPECT_EQ(text_of(played.host().ready()), PlayedGuard::gone() + " (69)");
    EXPECT_EQ(played.turns(), Lines());
}

TEST(guarded_host_takes_the_answer_of_a_guard_that_died_after_it) {
    PlayedGuard played;
    played.attach();
    const pid_t guard = become_apart(played, [&played] {
        played.say(ReloadOrder{});
        played.answer_with_text("last words");
    });
    const auto text = played.host().files().read("/c/main");
    EXPECT_EQ(text ? text->value_or("(missing)") : text.error().text, "last words");
    wait_for_end(guard);
    EXPECT_EQ(
        played.turns(),
        (Lines{compose("left alone by {}: {}", getpid(), PlayedGuard::how_gone()), "reload"}));
}

TEST(guarded_host_carries_out_what_was_ordered_while_a_question_was_lost) {
    PlayedGuard played;
    played.attach();
    const pid_t guard = become_apart(played, [&played] {
        played.say(ReloadOrder{});
        played.say(StopOrder{"terminated"});
    });
    EXPECT_EQ(text_of(played.host().touch_pid_file()), PlayedGuard::gone() + " (69)");
    wait_for_end(guard);
    EXPECT_EQ(played.turns(),
              (Lines{compose("left alone by {}: {}", getpid(), PlayedGuard::how_gone()),
                     "stop: terminated", "reload"}));
}

TEST(guarded_host_says_which_daemon_is_to_be_started_again) {
    const std::string self = compose("left alone by {}: ", getpid());
    EXPECT_EQ(named("smcroute"), self + PlayedGuard::how_gone());
    EXPECT_EQ(named("blue"), self + PlayedGuard::how_gone(" -i blue"));
}

TEST(guarded_host_ends_without_its_guard_where_a_manager_starts_another) {
    EXPECT_EQ(named("smcroute", [](WorkerStart& start) { start.facts.has_manager = true; }),
              "stop: the guard process is gone");
}

TEST(guarded_host_without_its_guard_tells_nobody_anything) {
    PlayedGuard played;
    played.attach();
    auto socket = played.host().join_sockets().open(Family::kIpv4, 1);
    REQUIRE(socket);
    played.guard.reset();
    played.host().notify(Notice::kStatus, "12 routes");
    (void)played.host().join_sockets().open(Family::kIpv4, 2);
    EXPECT_EQ(played.turns().size(), size_t{1});
    socket->reset();
    played.host().finish();
    EXPECT_EQ(played.turns(), Lines());
}

TEST(guarded_host_carries_out_what_the_guard_ordered_before_it_died) {
    PlayedGuard played;
    played.attach();
    played.say(ReloadOrder{});
    played.say(ScriptEnded{9});
    played.guard.reset();
    EXPECT_EQ(text_of(played.host().touch_pid_file()), PlayedGuard::gone() + " (69)");
    EXPECT_EQ(played.turns(),
              (Lines{"reload", "script ended: 9",
                     compose("left alone by {}: {}", getpid(), PlayedGuard::how_gone())}));
}

TEST(guarded_host_lets_the_guard_hold_a_join_socket_until_it_is_closed) {
    PlayedGuard played;
    auto one = played.host().join_sockets().open(Family::kIpv4, 7);
    REQUIRE(one);
    EXPECT_EQ(played.heard(), Lines{"hold 7"});
    REQUIRE(played.brought.size() == 1);
    EXPECT_EQ(socket_option(played.brought[0].get(), SO_DOMAIN), AF_INET);
    auto two = played.host().join_sockets().open(Family::kIpv4, 8);
    REQUIRE(two);
    EXPECT_EQ(played.heard(), Lines{"hold 8"});
    one->reset();
    EXPECT_EQ(played.heard(), Lines{"release 7"});
    played.host().finish();
    two->reset();
    EXPECT_EQ(played.heard(), Lines{"finish"});
}

TEST(guarded_host_that_is_told_to_stop_leaves_its_join_sockets_with_the_guard) {
    PlayedGuard played;
    played.attach();
    auto socket = played.host().join_sockets().open(Family::kIpv4, 7);
    REQUIRE(socket);
    played.say(StopOrder{"terminated"});
    EXPECT_EQ(played.turns(), Lines{"stop: terminated"});
    socket->reset();
    EXPECT_EQ(played.heard(), Lines{"hold 7"});
}

TEST(guarded_host_opens_no_more_join_sockets_than_its_ration) {
    PlayedGuard played([](ServiceSettings&, WorkerStart& start) { start.join_ration = 0; });
    EXPECT(!played.host().join_sockets().open(Family::kIpv4, 7));
    EXPECT_EQ(played.heard(), Lines());
}

TEST(guarded_host_takes_over_the_join_sockets_and_has_the_rest_released) {
    const int udp = udp_socket(AF_INET);
    const int other = any_file().release();
    PlayedGuard played([&](ServiceSettings&, WorkerStart& start) {
        start.joins = {{3, udp}, {4, other}};
        start.facts.saved_state.memberships = 55;
        start.facts.saved_state.trust = SavedStateFiles::Trust::kLedger;
    });
    JoinLegacy left = played.host().join_sockets().inherited();
    REQUIRE(left.sockets.size() == 1);
    EXPECT_EQ(left.sockets.begin()->first, 3U);
    EXPECT(left.sockets.begin()->second.family == Family::kIpv4);
    EXPECT_EQ(left.record, 55);
    EXPECT(!left.trusted);
    EXPECT(is_open(udp) && !is_open(other));
    EXPECT_EQ(played.heard(), Lines{"release 4"});
    EXPECT(played.host().join_sockets().inherited().sockets.empty());
    left.sockets.clear();
    EXPECT(!is_open(udp));
    EXPECT_EQ(played.heard(), Lines{"release 3"});
}

TEST(guarded_host_hands_over_nothing_while_its_guard_runs) {
    PlayedGuard played;
    played.attach();
    played.say(ReloadOrder{});
    EXPECT_EQ(names_of(played.host().hand_over()), "the daemon runs (process 12) (69)");
    EXPECT_EQ(played.turns(), Lines{"reload"});
}

// Though its loop has not noticed yet that the guard is gone.
TEST(guarded_host_without_its_guard_hands_over_everything) {
    const UniqueFd files[] = {any_file(), any_file(), any_file()};
    PlayedGuard played([&](ServiceSettings& settings, WorkerStart& start) {
        settings.table = 7;
        start.routing.fds = {any_file(), any_file()};
        start.listener = any_file();
        start.facts.saved_state = {files[0].get(), files[1].get(), files[2].get()};
        start.joins = {{3, udp_socket(AF_INET)}};
    });
    played.attach();
    const auto routing = played.host().routing_sockets();
    const auto listener = played.host().listener();
    const JoinLegacy joins = played.host().join_sockets().inherited();
    auto opened = played.host().join_sockets().open(Family::kIpv4, 5);
    const auto closed = played.host().join_sockets().open(Family::kIpv4, 6);
    REQUIRE(routing && listener && opened && closed);
    opened->reset();
    EXPECT_EQ(played.heard(), (Lines{"hold 5", "hold 6", "release 5"}));
    played.say(ReloadOrder{});
    played.guard.reset();
    EXPECT_EQ(names_of(played.host().hand_over()),
              "ipv4-table-7 ipv6-table-7 control journal ledger memberships-1 join-kept-3 "
              "join-kept-6 ");
    EXPECT_EQ(
        played.turns(),
        (Lines{compose("left alone by {}: {}", getpid(), PlayedGuard::how_gone()), "reload"}));
}

TEST(guarded_host_without_its_guard_is_seen_by_whoever_connects) {
    std::string directory = "/tmp/smcroute-test-XXXXXX";
    REQUIRE(mkdtemp(directory.data()) != nullptr);
    const std::string path = directory + "/socket";
    {
        auto made = Listener::create(path);
        REQUIRE(made);
        PlayedGuard played([&](ServiceSettings&, WorkerStart& start) {
            start.listener = UniqueFd(dup(made->fd()));
        });
        played.attach();
        const auto listener = played.host().listener();
        REQUIRE(listener);
        const pid_t other = have_another_listen(listener->fd());
        EXPECT_EQ(listener_of(path), other);
        played.guard.reset();
        EXPECT_EQ(played.turns().size(), size_t{1});
        EXPECT_EQ(listener_of(path), getpid());
    }
    EXPECT(rmdir(directory.c_str()) == 0);
}

}  // namespace smcroute::test
