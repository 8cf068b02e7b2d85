// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/descriptors.h"
#include "os/event_loop.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

// Waits for the child's end and leaves its status to be collected.
void wait_for_end(pid_t pid) {
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
}

// What the command did: how it ended and what it wrote.
struct Run {
    std::string output;
    std::string end;
};

Run run(const std::string& command, const std::vector<std::string>& arguments = {},
        const EnvironmentOverrides& overrides = {}) {
    std::array<int, 2> ends{-1, -1};
    EXPECT(pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd output(ends[0]);
    UniqueFd input(ends[1]);
    const UniqueFd saved_stdout(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    dup2(input.get(), STDOUT_FILENO);
    input.reset();
    const auto pid = spawn(command, arguments, overrides);
    dup2(saved_stdout.get(), STDOUT_FILENO);

    Run result;
    if (!pid) {
        result.end = pid.error().text;
        return result;
    }
    wait_for_end(*pid);
    std::array<char, 4096> buffer;
    for (ssize_t size; (size = read(output.get(), buffer.data(), buffer.size())) > 0;) {
        result.output.append(buffer.data(), static_cast<size_t>(size));
    }
    for (const ExitedChild& child : reap()) {
        if (child.pid == *pid) {
            result.end = describe_exit(child.status);
        }
    }
    return result;
}

// A file with this text and mode, gone with the object.
struct Script {
    Script(const std::string& text, mode_t mode) {
        const UniqueFd file(mkstemp(path.data()));
        EXPECT(write(file.get(), text.data(), text.size()) >= 0);
        fchmod(file.get(), mode);
    }
    ~Script() { unlink(path.c_str()); }

    std::string path = "/tmp/smcroute test XXXXXX";
};

}  // namespace

TEST(answer_of_child_comes_from_a_process_that_is_gone) {
    int changed = 0;
    const auto answer = answer_of_child([&changed] {
        changed = 1;
        return compose("{}{}", getpid(), std::string(100000, '.'));
    });
    REQUIRE(answer);
    const auto pid = parse_number<pid_t>(answer->substr(0, answer->find('.')));
    REQUIRE(pid);
    EXPECT_EQ(answer->size(), std::to_string(*pid).size() + 100000);
    EXPECT_EQ(changed, 0);
    EXPECT(kill(*pid, 0) != 0 && errno == ESRCH);
}

TEST(answer_of_child_that_dies_is_an_error) {
    const auto answer = answer_of_child([]() -> std::string {
        raise(SIGKILL);
        return {};
    });
    EXPECT(!answer);
    EXPECT_EQ(answer ? "" : answer.error().text, "a process was killed by signal 9 (Killed)");
}

TEST(spawn_runs_an_executable_file_as_it_stands) {
    const Script script("#!/bin/sh\necho \"$# $1 $2\"\n", 0700);
    const Run result = run(script.path, {"a b", "$HOME"});
    EXPECT_EQ(result.output, "2 a b $HOME\n");
    EXPECT_EQ(result.end, "exited with status 0");
}

TEST(spawn_runs_an_executable_script_without_interpreter_line) {
    const Script script("echo \"$1\"; exit 4\n", 0700);
    const Run result = run(script.path, {"install"});
    EXPECT_EQ(result.output, "install\n");
    EXPECT_EQ(result.end, "exited with status 4");
}

TEST(spawn_gives_anything_else_to_the_shell) {
    const Run result = run("printf '%s|' first", {"a b", "*"});
    EXPECT_EQ(result.output, "first|a b|*|");
    EXPECT_EQ(result.end, "exited with status 0");
}

TEST(spawn_of_a_missing_command_is_told_by_the_shells_status) {
    EXPECT_EQ(run("exec 2>/dev/null; /nonexistent/command").end, "exited with status 127");
}

TEST(spawn_reports_an_interpreter_that_is_missing) {
    const Script script("#!/nonexistent/interpreter\n", 0700);
    EXPECT_EQ(run(script.path).end, "cannot run " + script.path + ": No such file or directory");
}

TEST(spawn_overrides_variables_of_the_environment_and_keeps_the_others) {
    setenv("smcroute_kept", "kept", 1);
    setenv("source", "outside", 1);
    const Run result = run("echo $smcroute_kept $source $group; env | grep -c ^source= #", {},
                           {{"source", "1.2.3.4"}, {"group", "225.1.2.3"}});
    unsetenv("smcroute_kept");
    unsetenv("source");
    EXPECT_EQ(result.output, "kept 1.2.3.4 225.1.2.3\n1\n");
}

TEST(spawn_gives_the_child_default_signals) {
    sigset_t before;
    sigprocmask(SIG_SETMASK, nullptr, &before);
    block_signals({SIGTERM});
    signal(SIGUSR1, SIG_IGN);
    const Run blocked = run("kill -TERM $$; sleep 0; exit 5 #");
    const Run ignored = run("kill -USR1 $$; exit 5 #");
    const Run pipe = run("kill -PIPE $$; exit 5 #");
    signal(SIGUSR1, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    EXPECT_EQ(blocked.end, describe_exit(SIGTERM));
    EXPECT_EQ(ignored.end, describe_exit(SIGUSR1));
    EXPECT_EQ(pipe.end, describe_exit(SIGPIPE));
}

TEST(spawn_gives_the_child_an_empty_stdin) {
    EXPECT_EQ(run("readlink /proc/self/fd/0; wc -c; true").output, "/dev/null\n0\n");
}

TEST(spawn_passes_on_no_other_descriptor) {
    const UniqueFd inherited(open("/dev/null", O_RDONLY));
    prepare_descriptors();
    // One more than the three: the directory that ls reads.
    EXPECT_EQ(run("ls /proc/self/fd | wc -l; true").output, "4\n");
}

TEST(reap_collects_every_ended_child_and_does_not_wait) {
    EXPECT(reap().empty());
    const auto first = spawn("exit 1 #", {}, {});
    const auto second = spawn("exit 2 #", {}, {});
    REQUIRE(first && second);
    wait_for_end(*first);
    wait_for_end(*second);
    EXPECT_EQ(reap().size(), size_t{2});
    EXPECT(reap().empty());
}

TEST(describe_exit_names_status_or_signal) {
    EXPECT_EQ(describe_exit(3 << 8), "exited with status 3");
    EXPECT_EQ(describe_exit(SIGKILL), "was killed by signal 9 (Killed)");
}

}  // namespace smcroute
