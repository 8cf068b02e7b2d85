// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What the worker asks of its guard, and what the guard orders.

#include "guard/guarded_host.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/file_system.h"
#include "test.h"
#include "played_guard.h"

namespace smcroute::test {

namespace {

// The content, "(missing)", or the error.
std::string read_by(PlayedGuard& played, const std::string& path) {
    const auto text = played.host().files().read(path);
    return !text ? text_of(text.error()) : text->value_or("(missing)");
}

// The names, or what was logged.
Lines glob_by(PlayedGuard& played, const std::string& pattern) {
    static Lines logged;
    logged.clear();
    log_tap([](LogLevel, std::string_view line) { logged.push_back(compose("log: {}", line)); });
    Lines names = played.host().files().glob(pattern);
    log_tap(nullptr);
    names.insert(names.end(), logged.begin(), logged.end());
    return names;
}

bool is_null(int fd) {
    struct stat st {};
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

// In a process of its own: whether the worker lets go of its terminal once this has answered ready.
bool lets_go(const std::optional<Answer>& answer, bool foreground) {
    const pid_t child = fork();
    if (child == 0) {
        std::array<int, 2> ends{};
        bool is_terminal = pipe(ends.data()) == 0;
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
            is_terminal = is_terminal && dup2(ends[0], fd) == fd;
        }
        PlayedGuard played;
        played.start.foreground = foreground;
        if (answer) {
            played.say(*answer);
        } else {
            played.guard.reset();
        }
        GuardedHost host(played.settings, std::move(played.start),
                         UniqueFd(open("/dev/null", O_RDWR)), GroupLists());
        (void)host.ready();
        _exit(!is_terminal ? 2 : is_null(STDIN_FILENO) && is_null(STDOUT_FILENO) ? 1 : 0);
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

const Error kNoPidFile{"cannot write /run/smcroute.pid: Read-only file system",
                       ExitStatus::kNoPermission};

}  // namespace

TEST(guarded_host_reads_the_file_that_the_guard_has_opened) {
    PlayedGuard played;
    played.answer_with_text("phyint eth0 enable\n", "/c/main belongs to somebody else");
    EXPECT_EQ(read_by(played, "/c/main"), "phyint eth0 enable\n");
    EXPECT_EQ(played.host().files().doubt("/c/main"), "/c/main belongs to somebody else");
    played.answer_with_text("");
    EXPECT_EQ(read_by(played, "/c/empty"), "");
    EXPECT_EQ(played.host().files().doubt("/c/empty"), "");
    EXPECT_EQ(played.heard(), (Lines{"read /c/main", "read /c/empty"}));
}

TEST(guarded_host_tells_a_missing_file_from_one_that_is_refused) {
    PlayedGuard played;
    played.answer();
    EXPECT_EQ(read_by(played, "/c/none"), "(missing)");
    const std::string refusal =
        "cannot read /etc/shadow: nothing that /c/main includes has this name";
    played.say(Answer{ExitStatus::kNoPermission, refusal});
    EXPECT_EQ(read_by(played, "/etc/shadow"), refusal + " (77)");
    played.say(Answer{ExitStatus::kSystem, ""});
    EXPECT_EQ(read_by(played, "/c/other"), " (71)");
    EXPECT_EQ(played.heard(), (Lines{"read /c/none", "read /etc/shadow", "read /c/other"}));
}

TEST(guarded_host_does_not_read_what_is_no_file_or_too_large_a_one) {
    PlayedGuard played;
    const UniqueFd folder(open("/", O_RDONLY | O_DIRECTORY));
    played.say(Answer{}, folder.get());
    EXPECT_EQ(read_by(played, "/c/folder"), "cannot read /c/folder: Is a directory (71)");
    const auto large = create_memory_file("large");
    REQUIRE(large && ftruncate(large->get(), FileSystem::kMaxFileSize + 1) == 0);
    REQUIRE(lseek(large->get(), 1, SEEK_SET) == 1);
    const UniqueFd rest(dup(large->get()));
    played.say(Answer{}, rest.get());
    EXPECT_EQ(played.host().files().read("/c/large")->value_or("").size(),
              FileSystem::kMaxFileSize);
    REQUIRE(lseek(large->get(), 0, SEEK_SET) == 0);
    played.say(Answer{}, large->get());
    EXPECT_EQ(
        read_by(played, "/c/large"),
        compose("cannot read /c/large: it has more than {} bytes (71)", FileSystem::kMaxFileSize));
}

TEST(guarded_host_finds_the_names_that_the_guard_has_found) {
    PlayedGuard played;
    played.answer_with_text({"/c/a b\0/c/\n\0/c/c\0", 17});
    EXPECT_EQ(glob_by(played, "/c/*"), (Lines{"/c/a b", "/c/\n", "/c/c"}));
    played.answer_with_text("");
    EXPECT_EQ(glob_by(played, "/d/*"), Lines());
    EXPECT_EQ(played.heard(), (Lines{"find /c/*", "find /d/*"}));
    // None of this comes from a genuine guard.
    played.answer_with_text({"\0/c/a\0/c/b", 11});
    EXPECT_EQ(glob_by(played, "/c/*"), (Lines{"", "/c/a", "/c/b"}));
}

TEST(guarded_host_finds_nothing_where_the_guard_refuses_and_logs_why) {
    PlayedGuard played;
    played.say(Answer{ExitStatus::kNoPermission, "cannot read /*: nothing names it"});
    EXPECT_EQ(glob_by(played, "/*"), Lines{"log: cannot read /*: nothing names it"});
    played.answer();
    EXPECT_EQ(glob_by(played, "/c/*"), Lines{"log: cannot read /c/*: Bad file descriptor"});
    played.guard.reset();
    EXPECT_EQ(glob_by(played, "/c/*"), Lines{compose("log: {}", PlayedGuard::gone())});
}

TEST(guarded_host_asks_whether_it_may_be_ready_and_hands_on_why_not) {
    PlayedGuard played;
    played.say(Answer{kNoPidFile.status, kNoPidFile.text});
    EXPECT_EQ(text_of(played.host().ready()), text_of(kNoPidFile));
    played.answer();
    EXPECT_EQ(text_of(played.host().ready()), "ok");
    EXPECT_EQ(played.heard(), (Lines{"ready", "ready"}));
}

TEST(guarded_host_lets_go_of_the_terminal_unless_it_must_say_why_it_ends) {
    EXPECT(lets_go(Answer{}, false));
    EXPECT(!lets_go(Answer{}, true));
    EXPECT(!lets_go(Answer{kNoPidFile.status, kNoPidFile.text}, false));
    // It has no guard, and goes on.
    EXPECT(lets_go(std::nullopt, false));
}

TEST(guarded_host_has_the_guard_touch_the_pid_file) {
    PlayedGuard played;
    played.answer();
    EXPECT_EQ(text_of(played.host().touch_pid_file()), "ok");
    played.say(Answer{kNoPidFile.status, kNoPidFile.text});
    EXPECT_EQ(text_of(played.host().touch_pid_file()), text_of(kNoPidFile));
    EXPECT_EQ(played.heard(), (Lines{"touch", "touch"}));
}

TEST(guarded_host_has_the_guard_run_the_script_and_is_told_of_its_end) {
    PlayedGuard played;
    played.attach();
    EXPECT(!played.host().is_running());
    played.answer();
    EXPECT_EQ(text_of(played.host().start({"install", "10.0.0.2", "225.1.2.3"})), "ok");
    EXPECT_EQ(played.turns(), Lines());
    played.say(ScriptEnded{3 << 8});
    EXPECT_EQ(played.turns(), Lines{"script ended: 768"});
    played.say(Answer{ExitStatus::kRefused, "cannot run hook: it still runs"});
    EXPECT_EQ(text_of(played.host().start({"reload", "", ""})),
              "cannot run hook: it still runs (1)");
    EXPECT_EQ(played.turns(), Lines());
    EXPECT_EQ(played.heard(),
              (Lines{"run 'install' '10.0.0.2' '225.1.2.3'", "run 'reload' '' ''"}));
}

TEST(guarded_host_hands_on_why_an_upgrade_is_refused) {
    PlayedGuard played;
    played.say(Answer{ExitStatus::kSystem, "cannot run /usr/sbin/smcroute: Exec format error"});
    EXPECT_EQ(text_of(played.host().upgrade()),
              "cannot run /usr/sbin/smcroute: Exec format error (71)");
    played.answer();
    EXPECT_EQ(text_of(played.host().upgrade()), "ok");
    EXPECT_EQ(played.heard(), (Lines{"upgrade", "upgrade"}));
}

TEST(guarded_host_asks_for_a_socket_of_router_discovery_on_an_interface) {
    PlayedGuard played;
    const Interface interface { .name = *IfName::parse("eth0"), .ifindex = 7 };
    played.say(Answer{ExitStatus::kSystem, "cannot open it"});
    const auto refused = played.host().mrdisc_sockets().open(Family::kIpv6, interface);
    EXPECT_EQ(refused ? "" : text_of(refused.error()), "cannot open it (71)");
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    played.say(Answer{}, socket.get());
    const auto opened = played.host().mrdisc_sockets().open(Family::kIpv4, interface);
    REQUIRE(opened);
    EXPECT(is_same_file((*opened)->fd(), socket.get()));
    EXPECT_EQ(played.heard(), (Lines{"mrdisc IPv6 7 eth0", "mrdisc IPv4 7 eth0"}));
}

TEST(guarded_host_tells_the_manager_through_the_guard_and_waits_for_no_answer) {
    PlayedGuard played;
    played.host().notify(Notice::kReloading, "12 routes");
    played.host().finish();
    EXPECT_EQ(played.heard(), (Lines{"notify 2 '12 routes'", "finish"}));
}

TEST(guarded_host_carries_out_later_what_is_ordered_while_it_waits_for_an_answer) {
    PlayedGuard played;
    played.attach();
    played.say(ReloadOrder{});
    played.say(ScriptEnded{256});
    played.say(StopOrder{"terminated"});
    played.answer_with_text("the file");
    EXPECT_EQ(read_by(played, "/c/main"), "the file");
    EXPECT_EQ(played.events.lines, Lines());
    // The most urgent one first, and one a turn.
    EXPECT(played.turn());
    EXPECT_EQ(played.events.lines, Lines{"stop: terminated"});
    EXPECT_EQ(played.turns(), (Lines{"stop: terminated", "script ended: 256", "reload"}));
}

TEST(guarded_host_takes_orders_in_its_loop) {
    PlayedGuard played;
    played.attach();
    played.say(ReloadOrder{});
    EXPECT_EQ(played.turns(), Lines{"reload"});
    played.say(StopOrder{"interrupted"});
    EXPECT_EQ(played.turns(), Lines{"stop: interrupted"});
    EXPECT_EQ(played.heard(), Lines());
}

TEST(guarded_host_counts_equal_orders_that_wait_as_one) {
    PlayedGuard played;
    played.attach();
    for (int i = 0; i < 3; ++i) {
        played.say(ReloadOrder{});
        played.say(StopOrder{compose("for the {}th time", i)});
    }
    played.answer();
    EXPECT_EQ(text_of(played.host().touch_pid_file()), "ok");
    EXPECT_EQ(played.turns(), (Lines{"stop: for the 2th time", "reload"}));
}

TEST(guarded_host_keeps_what_is_ordered_while_it_starts) {
    PlayedGuard played;
    played.say(ReloadOrder{});
    played.answer();
    EXPECT_EQ(read_by(played, "/c/main"), "(missing)");
    played.attach();
    EXPECT_EQ(played.turns(), Lines{"reload"});
    EXPECT_EQ(played.turns(), Lines());
}

TEST(guarded_host_passes_over_what_is_no_message_and_what_nobody_asked_for) {
    PlayedGuard played;
    played.attach();
    const std::vector<std::byte> rubbish(3, std::byte{0xff});
    const std::vector<int> too_many(MessageSocket::kMaxDescriptors, played.guard->fd());
    played.say(Answer{ExitStatus::kRefused, "to nothing"});
    played.say(rubbish);
    played.say(Hold{1});
    EXPECT_EQ(played.turns(), Lines());
    played.say(rubbish, too_many);
    played.say(Ready{});
    played.answer_with_text("the file");
    EXPECT_EQ(read_by(played, "/c/main"), "the file");
    EXPECT_EQ(played.turns(), Lines());
}

}  // namespace smcroute::test
