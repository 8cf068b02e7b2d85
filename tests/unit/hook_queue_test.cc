// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/hook_queue.h"

#include "base/log.h"
#include "base/text.h"
#include "tables.h"
#include "test.h"
#include "view/schema.h"

namespace smcroute {

namespace {

const Lookout nobody;

using Lines = std::vector<std::string>;

// What was started and logged.
Lines started;
Lines logged;

class FakeRunner final : public ScriptRunner {
public:
    explicit FakeRunner(bool runs_already) : runs(runs_already) {}

    Status start(const ScriptCall& call) override {
        if (fails) {
            return Error{"cannot run hook: No such file or directory"};
        }
        std::string line = compose("hook {}", call.word);
        if (!call.group.empty()) {
            line += compose(" source={} group={}", call.source, call.group);
        }
        started.push_back(line);
        return {};
    }

    bool is_running() const override { return runs; }

    bool fails = false;
    const bool runs;  // a predecessor's
};

void tap(LogLevel level, std::string_view line) {
    logged.push_back(compose("{} {}", static_cast<int>(level), line));
}

struct Bench {
    explicit Bench(std::string command = "hook", bool runs = false)
        : runner(runs), queue(std::move(command), events, runner) {
        started.clear();
        logged.clear();
        log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
        log_tap(&tap);
    }
    ~Bench() { log_tap(nullptr); }

    // The script that was started last ends with this wait status.
    void end(int status = 0) { queue.on_exit(status); }

    FakeRunner runner;
    EventFeed events;
    HookQueue queue;
};

constexpr int exited(int status) { return status << 8; }

// (10.0.0.N, 225.1.2.3).
Flow flow(uint8_t last) {
    return {Address::from_ipv4({225, 1, 2, 3}), Address::from_ipv4({10, 0, 0, last})};
}

}  // namespace

TEST(hook_queue_tells_the_script_what_happened) {
    Bench bench;
    bench.queue.reloaded();
    bench.end();
    bench.queue.installed(flow(1));
    bench.end();
    bench.queue.installed({*Address::parse("ff0e::1"), *Address::parse("2001:db8::1")});
    EXPECT_EQ(started, (Lines{"hook reload", "hook install source=10.0.0.1 group=225.1.2.3",
                              "hook install source=2001:db8::1 group=ff0e::1"}));
    EXPECT_EQ(logged, Lines{});
}

TEST(hook_queue_runs_one_process_at_a_time_in_order) {
    Bench bench;
    bench.queue.installed(flow(1));
    bench.queue.reloaded();
    bench.queue.installed(flow(2));
    EXPECT_EQ(started, Lines{"hook install source=10.0.0.1 group=225.1.2.3"});
    bench.end();
    EXPECT_EQ(started.back(), "hook reload");
    bench.end();
    EXPECT_EQ(started.back(), "hook install source=10.0.0.2 group=225.1.2.3");
    bench.end();
    EXPECT_EQ(started.size(), size_t{3});
}

TEST(hook_queue_folds_reloads_that_wait) {
    Bench bench;
    bench.queue.installed(flow(1));
    bench.queue.reloaded();
    bench.queue.installed(flow(2));
    bench.queue.reloaded();
    bench.queue.reloaded();
    for (int i = 0; i < 5; ++i) {
        bench.end();
    }
    EXPECT_EQ(started, (Lines{"hook install source=10.0.0.1 group=225.1.2.3", "hook reload",
                              "hook install source=10.0.0.2 group=225.1.2.3"}));
}

TEST(hook_queue_runs_a_reload_again_that_comes_while_one_runs) {
    Bench bench;
    bench.queue.reloaded();
    bench.queue.reloaded();
    bench.queue.reloaded();
    bench.end();
    bench.end();
    EXPECT_EQ(started, (Lines{"hook reload", "hook reload"}));
}

TEST(hook_queue_without_a_command_runs_nothing) {
    Bench bench("");
    bench.queue.reloaded();
    bench.queue.installed(flow(1));
    EXPECT_EQ(started, Lines{});
    EXPECT_EQ(logged, Lines{});
}

TEST(hook_queue_is_bounded_and_logs_what_it_dropped) {
    Bench bench;
    for (size_t i = 0; i < 1 + HookQueue::kCapacity + 3; ++i) {
        bench.queue.installed(flow(1));
    }
    EXPECT_EQ(logged, Lines{"2 hook: 1024 calls waiting already, dropping further ones"});
    logged.clear();
    for (size_t i = 0; i < HookQueue::kCapacity; ++i) {
        bench.end();
    }
    EXPECT_EQ(started.size(), HookQueue::kCapacity + 1);
    EXPECT_EQ(logged, Lines{"2 hook: 3 calls dropped while the queue was full"});
}

TEST(hook_queue_logs_each_time_that_it_is_full_anew) {
    Bench bench;
    for (int round = 0; round < 2; ++round) {
        logged.clear();
        for (size_t i = 0; i < HookQueue::kCapacity + 2; ++i) {
            bench.queue.installed(flow(1));
        }
        EXPECT_EQ(logged, Lines{"2 hook: 1024 calls waiting already, dropping further ones"});
        for (size_t i = 0; i <= HookQueue::kCapacity; ++i) {
            bench.end();
        }
    }
}

TEST(hook_queue_logs_a_script_that_fails_and_goes_on) {
    Bench bench;
    bench.queue.reloaded();
    bench.queue.installed(flow(1));
    bench.queue.installed(flow(2));
    bench.end(exited(3));
    bench.end(9);
    bench.end();
    EXPECT_EQ(logged, (Lines{"2 hook reload exited with status 3",
                             "2 hook install was killed by signal 9 (Killed)"}));
    EXPECT_EQ(started.size(), size_t{3});
}

TEST(hook_queue_logs_a_script_that_cannot_be_started) {
    Bench bench;
    bench.runner.fails = true;
    bench.queue.reloaded();
    EXPECT_EQ(logged, Lines{"1 cannot run hook: No such file or directory"});
    bench.runner.fails = false;
    bench.queue.installed(flow(1));
    EXPECT_EQ(started, Lines{"hook install source=10.0.0.1 group=225.1.2.3"});
}

TEST(hook_queue_tells_those_who_listen_of_each_failure) {
    Bench bench;
    const auto pages = bench.events.listen("");
    std::string out;
    pages->next(out, nobody);
    bench.queue.reloaded();
    bench.queue.installed(flow(1));
    bench.end(exited(3));
    bench.end();
    bench.runner.fails = true;
    bench.queue.reloaded();
    out.clear();
    pages->next(out, nobody);
    Lines heard;
    for (const Row& row : rows_of(event_schema(), out)) {
        heard.push_back(compose("{}: {}", row[column_of(event_schema(), "event")],
                                row[column_of(event_schema(), "detail")]));
    }
    EXPECT_EQ(heard, (Lines{"hook-failed: hook reload exited with status 3",
                            "hook-failed: cannot run hook: No such file or directory"}));
}

TEST(hook_queue_empties_itself_while_nothing_can_be_started) {
    Bench bench;
    bench.queue.installed(flow(1));
    bench.queue.installed(flow(2));
    bench.queue.installed(flow(3));
    bench.runner.fails = true;
    bench.end();
    log_flush();
    EXPECT_EQ(logged, (Lines{"1 cannot run hook: No such file or directory",
                             "1 cannot run hook: No such file or directory (1 time more)"}));
    EXPECT_EQ(started.size(), size_t{1});
}

TEST(hook_queue_ignores_an_end_that_it_does_not_wait_for) {
    Bench bench;
    bench.queue.on_exit(exited(1));
    bench.queue.installed(flow(1));
    EXPECT_EQ(started.size(), size_t{1});
    EXPECT_EQ(logged, Lines{});
}

TEST(hook_queue_waits_for_the_end_of_what_a_predecessor_has_started) {
    Bench bench("hook", true);
    bench.queue.reloaded();
    EXPECT_EQ(started, Lines{});
    bench.end(3 << 8);
    EXPECT_EQ(logged, Lines{"2 hook exited with status 3"});
    EXPECT_EQ(started, Lines{"hook reload"});
}

}  // namespace smcroute
