// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// House: the real Daemon between a fake kernel, fake files and fake hooks, with three interfaces
// (eth0 to eth2, ifindex 1 to 3) and a hand-turned clock.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "daemon/daemon.h"
#include "daemon/event_feed.h"
#include "fake_kernel.h"

namespace smcroute {

using Lines = std::vector<std::string>;

inline constexpr TimePoint kStart{std::chrono::seconds{1000}};

inline std::chrono::system_clock::time_point stopped_wall_clock() {
    return std::chrono::system_clock::time_point{std::chrono::milliseconds{1795359845123}};
}

inline std::vector<std::string> logged;

inline void tap_log(LogLevel /*level*/, std::string_view line) { logged.emplace_back(line); }

class FakeFiles final : public FileSource {
public:
    std::map<std::string, std::string> files;
    std::map<std::string, Lines> matches;  // of patterns
    std::string unreadable;

    Result<std::optional<std::string>> read(const std::string& path) override {
        if (path == unreadable) {
            return Error{compose("cannot read {}", path), ExitStatus::kSystem};
        }
        const auto it = files.find(path);
        return it == files.end() ? std::nullopt : std::optional(it->second);
    }
    std::vector<std::string> glob(const std::string& pattern) override { return matches[pattern]; }
};

class FakeHooks final : public Hooks {
public:
    Lines calls;
    Lines changes;  // commands

    void changed(std::span<const std::string> words) override {
        std::string command;
        for (const std::string& word : words) {
            add_word(command, word);
        }
        changes.push_back(command);
    }
    void reloaded() override { calls.emplace_back("reload"); }
    void installed(const Flow& flow) override {
        calls.push_back(compose("install {}", to_string(flow)));
    }
};

inline Flow flow_of(const char* source, const char* group) {
    return {*Address::parse(group), *Address::parse(source)};
}

struct House {
    // Streams stay for ever unless the settings say otherwise.
    explicit House(const std::string& config, bool default_vifs = false,
                   const StreamKeeper::Settings& streams = {std::chrono::seconds{0}, 65536},
                   bool lenient = false)
        : daemon({.config_file = "smcroute.conf",
                  .default_vifs = default_vifs,
                  .streams = streams,
                  .lenient = lenient},
                 kernel, files, hooks, events) {
        files.files["smcroute.conf"] = config;
        log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
        log_tap(&tap_log);
        logged.clear();
        for (unsigned i = 0; i < 3; ++i) {
            kernel.add_interface(compose("eth{}", i).c_str(), i + 1);
        }
        kernel.lose_links();
        std::vector<LinkEvent> none;
        kernel.read_links(none);
    }
    ~House() { log_tap(nullptr); }

    Lines start() {
        const Status status = daemon.start(now);
        return status ? kernel.take_lines() : Lines{status.error().text};
    }
    Reply run(const std::vector<std::string>& words) { return daemon.execute(words, now); }
    Reply reload(const std::string& config) {
        files.files["smcroute.conf"] = config;
        return daemon.reload(now);
    }
    Lines upcall(Slot slot, const char* source, const char* group,
                 Upcall::Kind kind = Upcall::Kind::kNoCache) {
        const Flow flow = flow_of(source, group);
        kernel.queue_upcall({.kind = kind, .slot = slot, .flow = flow});
        daemon.on_upcalls(flow.family(), now);
        return kernel.take_lines();
    }
    // Time passes; whatever becomes due on the way is done at its time.
    Lines pass(std::chrono::milliseconds time) {
        const TimePoint until = now + time;
        while (daemon.deadline() && *daemon.deadline() <= until) {
            set_time(std::max(now, *daemon.deadline()));
            daemon.on_deadline(now);
        }
        set_time(until);
        return kernel.take_lines();
    }
    void set_time(TimePoint time) {
        now = time;
        kernel.now = time;
    }
    Lines links() {
        daemon.on_links(now);
        return kernel.take_lines();
    }
    std::string difference() const { return kernel.difference(daemon.state().installed); }

    FakeKernel kernel;
    FakeFiles files;
    FakeHooks hooks;
    EventFeed events{&stopped_wall_clock};
    TimePoint now = kStart;
    Daemon daemon;
};

}  // namespace smcroute
