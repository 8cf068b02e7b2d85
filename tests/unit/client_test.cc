// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/client.h"

#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "control/predecessor.h"
#include "control/protocol.h"
#include "os/io.h"
#include "os/memory_file.h"
#include "os/network_namespace.h"
#include "os/unix_socket.h"
#include "played_daemon.h"
#include "test.h"
#include "view/schema.h"

namespace smcroute {

namespace {

using test::content_of;
using test::DaemonFixture;
using test::PlayedDaemon;
using Words = std::vector<std::string>;

std::string ok() { return encode_done(ExitStatus::kOk); }
std::string err(std::string_view text, ExitStatus status = ExitStatus::kRefused) {
    return encode_frame(FrameType::kErr, text) + encode_done(status);
}

// The row of `show status`, empty but for this column.
std::string status_row(std::string_view column, const std::string& value) {
    const Schema& schema = *find_schema("status");
    Row row(schema.columns.size());
    row[column_of(schema, column)] = value;
    return encode_frame(FrameType::kOut, encode_row(row)) + ok();
}

// What the client prints, and its status.
struct Told {
    int status = -1;
    std::string out;
    std::string err;
};

Told tell(const DaemonFixture& fixture, const std::vector<Words>& lines,
          const ClientStyle& style = {}) {
    std::vector<GivenCommand> commands;
    for (const Words& words : lines) {
        commands.push_back({words, *parse_command(words)});
    }
    const UniqueFd files[] = {std::move(*create_memory_file("out")),
                              std::move(*create_memory_file("err"))};
    fflush(stdout);
    const UniqueFd out(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    const UniqueFd err(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    dup2(files[0].get(), STDOUT_FILENO);
    dup2(files[1].get(), STDERR_FILENO);
    const ExitStatus status = run_client(fixture.socket, fixture.pid_file, commands, style);
    fflush(stdout);
    dup2(out.get(), STDOUT_FILENO);
    dup2(err.get(), STDERR_FILENO);
    return {static_cast<int>(status), content_of(files[0].get()), content_of(files[1].get())};
}

void expect(const Told& told, int status, const std::string& err, const std::string& out = {}) {
    EXPECT_EQ(told.status, status);
    EXPECT_EQ(told.err, err);
    EXPECT_EQ(told.out, out);
}

constexpr const char* kClosed = "smcroute: the daemon closed the connection before it answered\n";
const Words kReload = {"reload"};
const Words kKill = {"kill"};
const ClientStyle kJson{.json = true};

// Answers each command with the next of these, and closes the connection after the last.
std::function<void(PlayedDaemon&)> answering(const Words& answers) {
    return [answers](PlayedDaemon& daemon) {
        daemon.accept();
        for (const std::string& answer : answers) {
            if (daemon.hear().empty()) {
                return;
            }
            daemon.say(answer);
        }
    };
}

void write_file(const std::string& path, std::string_view text) {
    const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    EXPECT(write_all(file.get(), text));
}

// The number of a process that has ended.
std::string number_of_nobody() {
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    EXPECT(waitpid(child, nullptr, 0) == child);
    return compose("{}\n", child);
}

// Whether the end of a process can be waited for; an emulator of the kernel may not know how.
bool sees_ends() {
    const UniqueFd self(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
    return static_cast<bool>(self);
}

// A worker without a guard, which leaves its files.
void live_as_orphan(PlayedDaemon& daemon) {
    prctl(PR_SET_NAME, kWorkerName);
    daemon.accept();
    daemon.say(daemon.hear() == "kill" ? ok() : err("smcroute: what?\n"));
    _exit(0);
}

// In a network namespace of its own, which it calls by another number.
void live_elsewhere(PlayedDaemon& daemon) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 && unshare(CLONE_NEWNET) != 0) {
        daemon.note("skip");
    }
    daemon.accept();
    for (std::string heard; !(heard = daemon.hear()).empty();) {
        daemon.say(heard == "show status" ? status_row("network", "net:[1]") : ok());
    }
}

std::string other_network(const DaemonFixture& fixture, const std::string& theirs) {
    return compose(
        "smcroute: the daemon at {} is of network namespace {}, this client of {}: use -i NAME for "
        "a daemon of this one, ip netns exec or nsenter to be in that one, or -u if that daemon is "
        "meant\n",
        fixture.socket, theirs, describe_network_namespace(network_namespace()));
}

}  // namespace

TEST(client_without_a_daemon_says_so_in_text_and_in_json) {
    const DaemonFixture fixture;
    const std::string text = fixture.refusal("No such file or directory (is it running?)");
    expect(tell(fixture, {kKill}), 69, text);
    expect(tell(fixture, {kKill, kReload}, kJson), 69,
           compose("{\"error\": \"{}\", \"status\": 69}\n", text.substr(10, text.size() - 11)));
}

TEST(client_without_permission_says_at_once_who_has_it) {
    const DaemonFixture fixture([](PlayedDaemon& daemon) { daemon.accept(); });
    EXPECT(chmod(fixture.socket.c_str(), 0) == 0);
    const pid_t child = fork();
    if (child == 0) {
        constexpr std::array<uint32_t, 2> kVersion3OfSelf = {0x20080522, 0};
        constexpr std::array<uint32_t, 6> kNone{};
        const bool weak = syscall(SYS_capset, kVersion3OfSelf.data(), kNone.data()) == 0;
        const Told told = tell(fixture, {kReload});
        _exit(weak && told.status == 77 &&
                      told.err == fixture.refusal("Permission denied (run this as root or as the "
                                                  "daemon's user)")
                  ? 0
                  : 1);
    }
    int status = -1;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(chmod(fixture.socket.c_str(), 0600) == 0 && connect_unix(fixture.socket));
}

TEST(client_prints_what_it_is_answered_and_goes_on_after_a_failure) {
    const std::string first = encode_frame(FrameType::kOut, "one\n") +
                              encode_frame(FrameType::kErr, "smcroute: warning: odd\n") +
                              encode_frame(FrameType::kOut, "two") +
                              err("smcroute: no\nhint\n", ExitStatus::kConfig);
    const Words answers = {first, ok(), err("smcroute: nor this\n")};
    const std::vector<Words> commands = {kReload, {"flush"}, {"remove", "eth0", "225.1.2.3"}};
    {
        const DaemonFixture fixture(answering(answers));
        expect(tell(fixture, commands), 78,
               "smcroute: warning: odd\nsmcroute: no\nhint\nsmcroute: nor this\n", "one\ntwo");
        EXPECT_EQ(fixture.heard(), "reload; flush; remove eth0 225.1.2.3; ");
    }
    const DaemonFixture fixture(answering(answers));
    expect(tell(fixture, commands, kJson), 78,
           "{\"warning\": \"odd\"}\n{\"error\": \"no\\u000ahint\", \"status\": 78}\n"
           "{\"error\": \"nor this\", \"status\": 1}\n",
           "one\ntwo");
}

TEST(client_called_smcroutectl_prints_the_reason_alone) {
    const DaemonFixture fixture(
        answering({err("smcroute: warning: odd\nsmcroute: 1: no\nsmcroute: not so\n")}));
    expect(tell(fixture, {kReload}, {.as_smcroutectl = true}), 1, "smcroute: not so\n");
}

TEST(client_whose_daemon_closes_in_the_middle_says_so_and_sends_no_more) {
    const std::string done = ok();
    const std::string text = encode_frame(FrameType::kOut, "half\n");
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"", ""},
        {done.substr(0, 3), ""},
        {done.substr(0, done.size() - 1), ""},
        {text, "half\n"},
        {text + text.substr(0, text.size() - 1), "half\n"}};
    for (const auto& [answer, out] : rows) {
        const DaemonFixture fixture(answering({answer}));
        expect(tell(fixture, {kReload, {"flush"}}), 69, kClosed, out);
        EXPECT_EQ(fixture.heard(), "reload; ");
    }
}

TEST(client_shows_nothing_of_a_table_that_breaks_off) {
    const Schema& schema = *find_schema("groups");
    const DaemonFixture fixture(answering({encode_frame(
        FrameType::kOut, encode_row(Row(schema.columns.size(), "1")) + "half a row")}));
    expect(tell(fixture, {{"show", "groups"}}), 69, kClosed);
}

TEST(client_keeps_the_first_failure_when_the_daemon_is_lost) {
    const DaemonFixture fixture(answering({err("smcroute: no\n"), ""}));
    expect(tell(fixture, {kReload, kReload, {"flush"}}), 1, compose("smcroute: no\n{}", kClosed));
    EXPECT_EQ(fixture.heard(), "reload; reload; ");
}

TEST(client_takes_no_garbage_for_an_answer) {
    const std::string garbage = "smcroute: invalid answer from the daemon: malformed frame\n";
    const std::string text = encode_frame(FrameType::kErr, "smcroute: no\n");
    for (const std::string& bytes :
         {std::string("HTTP/1.1 400 Bad Request\r\n"), std::string("\0\0\0\1\5x", 6),
          std::string(5, '\0'), std::string("\0\1\0\1\2", 5)}) {
        const DaemonFixture fixture(answering({bytes}));
        expect(tell(fixture, {kReload, {"flush"}}), 71, garbage);
        const DaemonFixture other(
            answering({encode_done(static_cast<ExitStatus>(200)), text + bytes}));
        expect(tell(other, {kReload, kReload}), 200, compose("smcroute: no\n{}", garbage));
    }
}

TEST(client_that_kills_returns_when_the_daemon_is_gone) {
    const DaemonFixture fixture([](PlayedDaemon& daemon) {
        daemon.accept();
        (void)daemon.hear();
        daemon.say(ok());
        if (sees_ends()) {
            daemon.close();
        }
        poll(nullptr, 0, 5);
        daemon.note("ended");
    });
    expect(tell(fixture, {kKill, kReload}), 0, "");
    EXPECT_EQ(fixture.heard(), "kill; ended; ");
}

TEST(client_goes_on_when_the_daemon_refuses_to_be_killed) {
    const DaemonFixture fixture(
        answering({err("smcroute: not by you\n", ExitStatus::kNoPermission), ok()}));
    expect(tell(fixture, {kKill, kReload}), 77, "smcroute: not by you\n");
    EXPECT_EQ(fixture.heard(), "kill; reload; ");
}

TEST(client_that_kills_an_orphan_removes_its_files) {
    const DaemonFixture fixture(live_as_orphan);
    write_file(fixture.pid_file, number_of_nobody());
    EXPECT(symlink("socket", (fixture.socket + ".sock").c_str()) == 0);
    expect(tell(fixture, {kKill}), 0, "");
    EXPECT(!fixture.has(fixture.socket) && !fixture.has(fixture.socket + ".sock"));
    EXPECT(!fixture.has(fixture.pid_file));
}

TEST(client_that_kills_an_orphan_leaves_what_belongs_to_others) {
    for (const std::string& number : {compose("{}\n", getpid()), std::string("?\n"),
                                      std::string("0\n"), std::string("-1\n"), std::string()}) {
        const DaemonFixture fixture(live_as_orphan);
        write_file(fixture.pid_file, number);
        write_file(fixture.socket + ".sock", "");
        expect(tell(fixture, {kKill}), 0, "");
        EXPECT(!fixture.has(fixture.socket) && fixture.has(fixture.socket + ".sock"));
        EXPECT(fixture.has(fixture.pid_file));
    }
}

TEST(client_removes_no_file_of_a_daemon_with_a_guard) {
    const DaemonFixture fixture([](PlayedDaemon& daemon) {
        daemon.accept();
        (void)daemon.hear();
        daemon.say(ok());
        _exit(0);
    });
    write_file(fixture.pid_file, number_of_nobody());
    expect(tell(fixture, {kKill}), 0, "");
    EXPECT(fixture.has(fixture.socket) && fixture.has(fixture.pid_file));
}

TEST(client_waits_as_long_as_something_is_pending) {
    const std::string pending = err("smcroute: eth9 is missing\n", ExitStatus::kPending);
    const DaemonFixture fixture(answering({pending, ok(), pending}));
    expect(tell(fixture, {{"wait"}, {"wait", "0"}}), 75, "smcroute: eth9 is missing\n");
    EXPECT_EQ(fixture.heard(), "wait; wait; wait 0; ");
}

TEST(client_that_upgrades_waits_for_the_daemon_to_be_back) {
    // The daemon may be gone before it has answered.
    for (const std::string& answer : {ok(), std::string()}) {
        for (const std::string result : {"done", "went back"}) {
            const DaemonFixture fixture([&](PlayedDaemon& daemon) {
                answering({answer})(daemon);
                daemon.close();
                answering({status_row("last_upgrade", result), ok()})(daemon);
            });
            const bool is_done = result == "done";
            expect(tell(fixture, {{"upgrade"}, kReload}), is_done ? 0 : 1,
                   is_done ? ""
                           : "smcroute: the new program could not start: the one before goes on "
                             "(see the log)\n");
            EXPECT_EQ(fixture.heard(),
                      compose("upgrade; show status; {}", is_done ? "reload; " : ""));
        }
    }
}

TEST(client_whose_upgrade_is_refused_stays_with_the_daemon) {
    const DaemonFixture fixture(
        answering({err("smcroute: cannot run it\n", ExitStatus::kSystem), ok()}));
    expect(tell(fixture, {{"upgrade"}, kReload}), 71, "smcroute: cannot run it\n");
    EXPECT_EQ(fixture.heard(), "upgrade; reload; ");
}

TEST(client_sends_the_changes_of_a_batch_ahead_and_gives_each_answer_its_place) {
    const DaemonFixture fixture([](PlayedDaemon& daemon) {
        daemon.accept();
        const std::string heard = daemon.hear() + daemon.hear() + daemon.hear();
        daemon.say(ok() + err("smcroute: warning: odd\nsmcroute: no\n"));
        daemon.say(heard.empty() ? "" : err("smcroute: not so\n", ExitStatus::kConfig));
        (void)daemon.hear();
        daemon.say(ok());
    });
    write_file(fixture.pid_file, "add a 225.1.1.1\nadd b 225.1.1.1\n\nadd c 225.1.1.1\nreload\n");
    const std::string place = compose("smcroute: {}:", fixture.pid_file);
    expect(tell(fixture, {{"batch", fixture.pid_file}}), 1,
           compose("smcroute: warning: {}:2: odd\n{}2: no\n{}4: not so\n", fixture.pid_file, place,
                   place));
    EXPECT_EQ(fixture.heard(), "add a 225.1.1.1; add b 225.1.1.1; add c 225.1.1.1; reload; ");
}

TEST(client_tells_the_answers_to_a_batch_that_came_before_the_daemon_was_lost) {
    const DaemonFixture fixture([](PlayedDaemon& daemon) {
        daemon.accept();
        daemon.note(daemon.hear() + daemon.hear() + daemon.hear());
        daemon.say(err("smcroute: no\n"));
    });
    write_file(fixture.pid_file, "add a 225.1.1.1\nadd b 225.1.1.1\nadd c 225.1.1.1\n");
    const Told told = tell(fixture, {{"batch", fixture.pid_file}});
    EXPECT_EQ(told.err, compose("smcroute: {}:1: no\n{}", fixture.pid_file, kClosed));
    EXPECT_EQ(told.status, 1);
}

TEST(client_changes_nothing_in_another_network_unless_that_is_meant) {
    for (const bool is_meant : {false, true}) {
        const DaemonFixture fixture(live_elsewhere);
        const Told told = tell(fixture, {kReload}, {.any_network = is_meant});
        const std::string heard = fixture.heard();
        if (heard.starts_with("skip")) {
            printf("skipped: no network namespace\n");
        } else if (is_meant) {
            expect(told, 0, "");
            EXPECT_EQ(heard, "reload; ");
        } else {
            expect(told, 77, other_network(fixture, "net:[1]"));
            EXPECT_EQ(heard, "show status; ");
        }
    }
}

}  // namespace smcroute
