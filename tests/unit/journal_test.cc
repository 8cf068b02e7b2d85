// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The journal: what is written (journal.h), what is read (journal_reader.h) and what becomes of it
// (restore.h), on memfds.

#include "daemon/journal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <random>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "daemon/journal_reader.h"
#include "daemon/restore.h"
#include "hex.h"
#include "house.h"
#include "os/unique_fd.h"
#include "random_config.h"
#include "test.h"

namespace smcroute {

namespace {

const Lookout nobody;

struct Memory {
    UniqueFd fd{memfd_create("journal", MFD_CLOEXEC)};
    RandomAccessFile file{fd.get(), "the memory"};

    Memory() = default;
    explicit Memory(std::string_view bytes) { EXPECT(file.write(0, bytes)); }

    std::string bytes() const { return *file.read(0, static_cast<size_t>(*file.size())); }
    int64_t room() const {
        struct stat st {};
        EXPECT_EQ(fstat(fd.get(), &st), 0);
        return int64_t{st.st_blocks} * 512;
    }
};

// Files that a test can change, one that may not be read, and a pattern that matches all in /c/d/.
class Files final : public FileSource {
public:
    std::map<std::string, std::string> texts;

    Result<std::optional<std::string>> read(const std::string& path) override {
        if (path == "/c/locked") {
            return Error{"cannot read /c/locked: Permission denied", ExitStatus::kNoPermission};
        }
        const auto it = texts.find(path);
        return it == texts.end() ? std::nullopt : std::optional(it->second);
    }
    std::vector<std::string> glob(const std::string& /*pattern*/) override {
        std::vector<std::string> names;
        for (const auto& [path, text] : texts) {
            if (path.starts_with("/c/d/")) {
                names.push_back(path);
            }
        }
        return names;
    }
};

std::string text_of(const Origin& origin) { return compose(" @{}:{}", origin.file, origin.line); }

// Everything that a Desired tells, a line each.
Lines all_of(const Desired& desired) {
    Lines lines;
    for (const auto& [flow, route] : desired.routes()) {
        lines.push_back(to_string(spec_of(flow, route)) + text_of(route.origin));
    }
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            lines.push_back(to_string(spec_of(key, rule)) + text_of(rule.origin));
        }
    }
    for (const auto& [join, origin] : desired.joins()) {
        lines.push_back(to_string(join) + text_of(origin));
    }
    for (const auto& [pattern, phyint] : desired.phyints()) {
        lines.push_back(
            compose("{}{} {}", to_string(phyint.spec), text_of(phyint.origin), phyint.order));
    }
    std::sort(lines.begin(), lines.end());
    for (const Family family : kFamilies) {
        std::string names;
        for (const IfPattern& name : desired.named(family)) {
            names += compose(" {}", to_string(name));
        }
        lines.push_back(compose("{}{}", to_string(family), names));
    }
    return lines;
}

Lines all_of(const ReadConfig& config) {
    Lines lines = all_of(config.desired);
    lines.insert(lines.end(), config.files.begin(), config.files.end());
    return lines;
}

Lines restored(int fd) {
    const auto journal = read_journal(fd);
    if (!journal) {
        return {journal.error().text};
    }
    const auto config = restore(*journal);
    return config ? all_of(*config) : Lines{config.error().text};
}

ReadConfig config_of(const std::string& text) {
    Files files;
    files.texts["/c/main"] = text;
    return read_config("/c/main", files);
}

void add_interfaces(FakeKernel& kernel) {
    kernel.add_interface("eth0", 1);
    kernel.add_interface("eth1", 2);
    kernel.add_interface("eth2", 3);
}

std::string shown_by(Daemon& daemon, const std::string& what) {
    Reply reply = daemon.execute(Lines{"show", what}, kStart);
    while (reply.pages && reply.pages->next(reply.out, nobody) == Pages::More::kYes) {
    }
    return std::move(reply.out);
}

// The daemon with a journal, wired as a process does it.
struct Kept final : Hooks {
    Kept()
        : journal(*Journal::create(memory.fd.get())),
          recording(files, journal),
          daemon({"/c/main", false, {std::chrono::seconds{0}, 65536}}, kernel, recording, *this,
                 events) {
        log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
        log_tap(&tap_log);
        logged.clear();
        add_interfaces(kernel);
    }
    ~Kept() override { log_tap(nullptr); }

    void reloading() override { journal.begin_load(); }
    void reload_refused() override { journal.cancel_load(); }
    void reloaded() override { EXPECT(journal.commit_load()); }
    void installed(const Flow& /*flow*/) override {}
    void changed(std::span<const std::string> words) override {
        changes.emplace_back(words.front());
        journal.add_command(words);
        const Status status = journal.commit_commands(daemon.state().desired, daemon.files_read());
        EXPECT_EQ(status ? "" : status.error().text, expected_failure);
    }

    void start(const std::string& config) {
        files.texts["/c/main"] = config;
        journal.begin_load();
        EXPECT(daemon.start(kStart));
        EXPECT(journal.commit_load());
    }
    Reply run(const std::vector<std::string>& words) { return daemon.execute(words, kStart); }
    std::string show(const std::string& what) { return shown_by(daemon, what); }
    // The tables, and what the kernel has.
    std::string shown() { return show("config") + show("rules") + show("groups") + show("routes"); }
    Lines desired() const { return all_of(daemon.state().desired); }

    Memory memory;
    Files files;
    FakeKernel kernel;
    EventFeed events;
    Journal journal;
    RecordingFiles recording;
    Daemon daemon;
    Lines changes;
    std::string expected_failure;  // of the journal, at a command
};

// Another process, which has nothing but the journal of `old`.
struct Heir final : Hooks {
    explicit Heir(const Kept& old)
        : daemon({"/c/main", false, {std::chrono::seconds{0}, 65536}}, kernel, files, *this,
                 events) {
        add_interfaces(kernel);
        logged.clear();
        const auto contents = read_journal(old.memory.fd.get());
        REQUIRE(contents);
        auto config = restore(*contents);
        REQUIRE(config);
        EXPECT(daemon.start(kStart, {.config = std::move(*config)}));
    }
    void reloaded() override { ++calls; }
    void installed(const Flow& /*flow*/) override { ++calls; }
    void changed(std::span<const std::string> /*words*/) override { ++calls; }

    std::string shown() {
        std::string text;
        for (const char* const what : {"config", "rules", "groups", "routes"}) {
            text += shown_by(daemon, what);
        }
        return text;
    }

    Files files;  // empty: the disk is of no use
    FakeKernel kernel;
    EventFeed events;
    Daemon daemon;
    size_t calls = 0;
};

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

constexpr std::string_view kConfig =
    "phyint eth2 enable mrdisc\n"
    "phyint eth0 ttl-threshold 3\n"
    "include d/*.conf\n"
    "include missing\n"
    "include locked\n"
    "mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth1 eth0\n"
    "this is wrong\n"
    "mroute from eth+ except 10.0.0.0/8,1.1.1.1 group 226.0.0.0/8 to eth1\n"
    "mgroup from eth1 group 225.1.2.0/24\n"
    "mroute from eth1 source 2001:db8::1 group ff0e::1 to eth0\n";

}  // namespace

TEST(a_journal_holds_the_answers_to_a_load_then_commands) {
    Kept kept;
    kept.start("include x\n");
    kept.run({"-j", "eth1", "225.1.2.3"});
    if (!test::kCapturesReadable) {
        return;
    }
    EXPECT_EQ(hex_of(kept.memory.bytes()),
              // Magic, start 32, end 90, check.
              "736d63726a6e6c31"
              "2000000000000000"
              "5a00000000000000"
              "dfffffbff4ffffff"
              // A file with its content: /c/main.
              "13000000"
              "01"
              "01"
              "2f632f6d61696e00"
              "696e636c75646520780a"
              // One that is not there: /c/x.
              "06000000"
              "01"
              "00"
              "2f632f7800"
              // A command.
              "12000000"
              "08"
              "2d6a00"
              "6574683100"
              "3232352e312e322e3300");
}

TEST(a_compacted_journal_holds_names_mentions_and_specs) {
    Memory memory;
    auto journal = Journal::create(memory.fd.get());
    REQUIRE(journal);
    const ReadConfig config = config_of(
        "phyint a enable\nmroute from a group 225.1.2.3 to c b\nmgroup from a source 1.1.1.1 group "
        "225.1.1.1");
    EXPECT(journal->compact(config.desired, config.files));
    if (!test::kCapturesReadable) {
        return;
    }
    EXPECT_EQ(hex_of(memory.bytes().substr(kJournalHeaderSize)),
              "07000000032f632f6d61696e"  // /c/main
              "070000000400610063006200"  // IPv4: a c b
              "010000000401"              // IPv6
              "1500000005000001000000706879696e74206120656e61626c65"
              "1900000006000002000000"  // a * "" 225.1.2.3 b c
              "61002a00003232352e312e322e330062006300"
              "1a00000007000003000000"  // a 1.1.1.1 225.1.1.1
              "6100312e312e312e31003232352e312e312e3100");
}

TEST(a_new_journal_is_empty_and_has_nothing_to_restore) {
    Memory memory("old bytes of somebody, longer than a header would be");
    REQUIRE(Journal::create(memory.fd.get()));
    const auto contents = read_journal(memory.fd.get());
    REQUIRE(contents);
    EXPECT(contents->empty());
    EXPECT_EQ(restored(memory.fd.get()),
              Lines{"the journal is damaged at byte 32: there is no snapshot"});
}

TEST(an_heir_has_what_was_loaded_whatever_the_disk_says_now) {
    Kept kept;
    kept.files.texts["/c/d/2.conf"] = "mgroup from eth0 group 225.2.2.2\n";
    kept.files.texts["/c/d/1.conf"] = "mroute from eth0 group 225.3.3.3 to eth2 eth1\n";
    kept.start(std::string(kConfig));
    const Lines before = kept.desired();
    kept.files.texts["/c/main"] = "mgroup from eth0 group 225.9.9.9\n";
    Heir successor(kept);
    EXPECT_EQ(all_of(successor.daemon.state().desired), before);
    EXPECT_EQ(successor.daemon.files_read(), kept.daemon.files_read());
    EXPECT_EQ(successor.shown(), kept.shown());
    EXPECT(before.size() > 8);
}

TEST(an_heir_repeats_no_diagnostics_and_calls_no_hooks) {
    Kept kept;
    kept.start(compose("{}mgroup from eth7 group 225.1.1.1\n", kConfig));
    kept.run({"-a", "eth0", "225.1.1.1", "eth1"});
    EXPECT(!logged.empty());
    const Heir successor(kept);
    EXPECT_EQ(logged, Lines{});
    EXPECT_EQ(successor.calls, 0U);
}

TEST(an_heir_has_what_clients_added_and_not_what_they_removed) {
    Kept kept;
    kept.start(std::string(kConfig));
    kept.run({"-a", "eth0", "9.9.9.9", "225.9.9.9", "eth1"});
    kept.run({"-a", "#1", "225.8.8.8", "to"});
    kept.run({"-r", "eth2", "1.2.3.4", "225.1.2.3", "eth0"});
    kept.run({"-j", "eth2", "225.7.7.7"});
    kept.run({"-l", "eth1", "225.1.2.0/24"});
    EXPECT_EQ(kept.changes, (Lines{"-a", "-a", "-r", "-j", "-l"}));
    Heir successor(kept);
    EXPECT_EQ(all_of(successor.daemon.state().desired), kept.desired());
    EXPECT_EQ(successor.shown(), kept.shown());
}

TEST(a_command_that_changes_nothing_desired_is_no_change) {
    Kept kept;
    kept.start(std::string(kConfig));
    const std::string before = kept.memory.bytes();
    kept.run({"-r", "eth0", "225.9.9.9"});
    kept.run({"-l", "eth0", "225.9.9.9"});
    kept.run({"-a", "eth0", "225.9.9.9"});
    kept.run({"flush"});
    kept.run({"show", "config"});
    kept.run({"diff"});
    EXPECT_EQ(kept.changes, Lines{});
    EXPECT_EQ(hex_of(kept.memory.bytes()), hex_of(before));
}

TEST(a_change_that_the_kernel_refused_is_a_change) {
    Kept kept;
    kept.start("");
    kept.kernel.fail_op(1, ENOBUFS);
    kept.run({"-j", "eth1", "225.1.1.1"});
    EXPECT_EQ(kept.changes, Lines{"-j"});
    EXPECT_EQ(all_of(Heir(kept).daemon.state().desired), kept.desired());
}

TEST(a_reload_begins_the_journal_anew_and_a_refused_one_leaves_it) {
    Kept kept;
    kept.start("mgroup from eth0 group 225.1.1.1\n");
    kept.run({"-j", "eth1", "225.2.2.2"});
    kept.files.texts["/c/main"] = "mgroup from eth0 group 225.3.3.3\nwrong\n";
    EXPECT_EQ(kept.run({"reload"}).status, ExitStatus::kConfig);
    EXPECT_EQ(restored(kept.memory.fd.get()).size(), 5U);
    EXPECT_EQ(all_of(Heir(kept).daemon.state().desired), kept.desired());
    kept.files.texts["/c/main"] = "mgroup from eth0 group 225.3.3.3\n";
    EXPECT_EQ(kept.run({"reload"}).status, ExitStatus::kOk);
    kept.run({"-j", "eth1", "225.4.4.4"});
    EXPECT_EQ(restored(kept.memory.fd.get()), (Lines{"mgroup from eth0 group 225.3.3.3 @0:1",
                                                     "mgroup from eth1 group 225.4.4.4 @65535:0",
                                                     "IPv4 eth0 eth1", "IPv6", "/c/main"}));
}

TEST(a_journal_goes_on_where_another_process_left_it) {
    Kept kept;
    kept.start(std::string(kConfig));
    kept.run({"-j", "eth2", "225.7.7.7"});
    kept.journal.begin_load();
    kept.journal.add_file("/c/main", std::optional(std::string(200'000, '#')));
    const auto contents = read_journal(kept.memory.fd.get());
    REQUIRE(contents);
    Journal second(kept.memory.fd.get(), *contents);
    EXPECT_EQ(*kept.memory.file.size(), contents->end());
    Desired desired;
    second.add_command(Lines{"-j", "eth1", "225.8.8.8"});
    EXPECT(second.commit_commands(desired, {}));
    const auto after = read_journal(kept.memory.fd.get());
    REQUIRE(after);
    EXPECT_EQ(after->commands_at, contents->commands_at);
    EXPECT(after->log.starts_with(contents->log));
    EXPECT_EQ(restored(kept.memory.fd.get()).size(), kept.desired().size() + 2);
}

TEST(records_behind_the_end_of_the_log_do_not_count) {
    Kept kept;
    kept.start("mgroup from eth0 group 225.1.1.1\n");
    const Lines before = restored(kept.memory.fd.get());
    const std::string header = kept.memory.bytes().substr(0, kJournalHeaderSize);
    kept.run({"-j", "eth1", "225.2.2.2"});
    EXPECT(restored(kept.memory.fd.get()) != before);
    EXPECT(kept.memory.file.write(0, header));
    EXPECT_EQ(restored(kept.memory.fd.get()), before);
}

// Whatever byte is another: an error with the place, or something that restore() can judge.
TEST(a_journal_damaged_anywhere_is_an_error_or_another_journal) {
    Kept kept;
    kept.start("include d/*.conf\nmroute from eth0 group 225.1.1.1 to eth1\n");
    kept.run({"-j", "eth1", "225.2.2.2"});
    Memory compacted;
    auto journal = Journal::create(compacted.fd.get());
    REQUIRE(journal);
    EXPECT(journal->compact(kept.daemon.state().desired, kept.daemon.files_read()));
    for (const std::string& whole : {kept.memory.bytes(), compacted.bytes()}) {
        const Lines expected = restored(Memory(whole).fd.get());
        size_t errors = 0;
        for (size_t place = 0; place < whole.size(); ++place) {
            for (const int flip : {0x01, 0x80, 0xff}) {
                std::string bytes = whole;
                bytes[place] = static_cast<char>(bytes[place] ^ flip);
                const Lines lines = restored(Memory(bytes).fd.get());
                const bool is_error = lines[0].starts_with("the journal is damaged at byte ");
                errors += is_error ? 1U : 0U;
                EXPECT(is_error || (place >= kJournalHeaderSize && lines.back() != ""));
            }
            EXPECT(restored(Memory(whole.substr(0, place)).fd.get()) != expected);
        }
        EXPECT(errors > 3 * kJournalHeaderSize);
    }
}

TEST(an_error_tells_where_a_journal_is_damaged_and_how) {
    const auto damage = [](uint64_t start, uint64_t end, std::string_view log) {
        return restored(Memory(encode_journal_header(start, end) + std::string(log)).fd.get())[0];
    };
    constexpr std::string_view kAt = "the journal is damaged at byte ";
    EXPECT_EQ(restored(Memory("not a journal").fd.get())[0],
              compose("{}0: it does not begin as a journal of this version does", kAt));
    EXPECT_EQ(restored(Memory(kJournalMagic).fd.get())[0],
              compose("{}8: the places of the log do not agree with their check", kAt));
    EXPECT_EQ(damage(31, 32, ""), compose("{}8: the log cannot begin there", kAt));
    EXPECT_EQ(damage(33, 32, "abc"), compose("{}8: the log cannot begin there", kAt));
    EXPECT_EQ(damage(32, 36, "abc"), compose("{}16: the log ends behind the end of the file", kAt));
    {
        // Sparse, and longer than any memory.
        const uint64_t end = uint64_t{1} << 50;
        Memory memory(encode_journal_header(32, end));
        EXPECT_EQ(ftruncate(memory.fd.get(), static_cast<off_t>(end)), 0);
        EXPECT_EQ(restored(memory.fd.get())[0],
                  compose("{}16: the log is longer than any journal", kAt));
    }
    EXPECT_EQ(damage(32, 35, "abc"), compose("{}32: a record without its beginning", kAt));
    EXPECT_EQ(damage(33, 38, {"x\0\0\0\0\x0a", 6}),
              compose("{}33: a record of unknown type 10", kAt));
    if (test::kCapturesReadable) {
        EXPECT_EQ(damage(32, 38, {"\2\0\0\0\1x", 6}),
                  compose("{}32: a record of 2 bytes where only 1 are left", kAt));
    }
    EXPECT_EQ(damage(32, 37, {"\0\0\0\0\x08", 5}),
              compose("{}32: a record that does not belong there", kAt));
    EXPECT_EQ(damage(32, 42, {"\0\0\0\0\1\0\0\0\0\3", 10}),
              compose("{}37: a record that does not belong there", kAt));
    EXPECT_EQ(damage(32, 37, {"\0\0\0\0\1", 5}), compose("{}32: a file without its name", kAt));
    EXPECT_EQ(damage(32, 42, {"\0\0\0\0\3\0\0\0\0\6", 10}),
              compose("{}37: an invalid line in the snapshot", kAt));
    EXPECT_EQ(damage(32, 42, {"\0\0\0\0\3\0\0\0\0\x08", 10}),
              compose("{}37: a command that cannot be: malformed command", kAt));
}

TEST(a_load_other_than_the_recorded_one_is_damage) {
    Memory memory;
    auto journal = Journal::create(memory.fd.get());
    REQUIRE(journal);
    const auto record = [&](const Lines& paths, const Lines& globs) {
        journal->begin_load();
        for (const std::string& path : paths) {
            journal->add_file(
                path,
                std::optional(std::string(path == "/c/main" ? "include a\ninclude b*\n" : "")));
        }
        for (const std::string& pattern : globs) {
            journal->add_glob(pattern, {});
        }
        EXPECT(journal->commit_load());
        return restored(memory.fd.get()).back();
    };
    const auto ends_in = [](const std::string& text, const char* end) {
        return text.starts_with("the journal is damaged") && text.ends_with(end);
    };
    EXPECT_EQ(record({"/c/main", "/c/a"}, {"/c/b*"}), "/c/a");
    EXPECT(ends_in(record({"/c/main"}, {"/c/b*"}), ": a load that is not recorded whole"));
    EXPECT(
        ends_in(record({"/c/main", "/c/x"}, {"/c/b*"}), ": another file than the load asks for"));
    EXPECT(
        ends_in(record({"/c/main", "/c/a"}, {"/c/*"}), ": another pattern than the load asks for"));
    EXPECT(ends_in(record({"/c/main", "/c/a"}, {}), ": a load that is not recorded whole"));
    EXPECT(ends_in(record({"/c/main", "/c/a"}, {"/c/b*", "/c/b*"}),
                   ": a file that the load does not ask for"));
}

TEST(commands_in_a_journal_that_cannot_be_are_damage) {
    for (const Lines& words :
         {Lines{"-r", "eth0", "225.1.1.1"}, Lines{"reload"}, Lines{"-j", "eth0"}}) {
        Kept kept;
        kept.start("");
        kept.journal.add_command(words);
        EXPECT(kept.journal.commit_commands(Desired(), {}));
        EXPECT(restored(kept.memory.fd.get())[0].find(": a command that cannot be: ") !=
               std::string::npos);
    }
}

TEST(compaction_keeps_every_configuration) {
    Memory memory;
    auto journal = Journal::create(memory.fd.get());
    REQUIRE(journal);
    RandomConfig random(5);
    for (int i = 0; i < 500; ++i) {
        const ReadConfig config = config_of(random.next());
        EXPECT(journal->compact(config.desired, config.files));
        EXPECT_EQ(restored(memory.fd.get()), all_of(config));
    }
}

TEST(compaction_keeps_what_a_line_of_a_file_cannot_say) {
    Kept kept;
    kept.start(std::string(kConfig));
    kept.run({"-a", "#1", "225.8.8.8", "to", "group", "#2"});
    kept.run({"-a", "from", "1.1.1.1", "225.8.8.8", "source"});
    kept.run({"-j", "except", "225.8.8.8"});
    Lines wide{"-a", "eth0", "225.8.8.9"};
    for (int i = 0; i < 6000; ++i) {
        wide.push_back(compose("interface{}", i));
    }
    kept.run(wide);
    const Lines before = restored(kept.memory.fd.get());
    EXPECT(kept.journal.compact(kept.daemon.state().desired, kept.daemon.files_read()));
    EXPECT_EQ(restored(kept.memory.fd.get()), before);
    kept.run({"-r", "#1", "225.8.8.8", "to"});
    Heir successor(kept);
    EXPECT_EQ(all_of(successor.daemon.state().desired), kept.desired());
    EXPECT_EQ(successor.shown(), kept.shown());
}

TEST(a_route_of_the_file_that_a_client_has_replaced_comes_back_in_an_heir_too) {
    for (const bool compacted : {false, true}) {
        Kept kept;
        kept.start("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
        kept.run({"-a", "eth2", "1.2.3.4", "225.1.2.3", "eth1"});
        if (compacted) {
            EXPECT(kept.journal.compact(kept.daemon.state().desired, kept.daemon.files_read()));
        }
        Heir successor(kept);
        EXPECT_EQ(successor.shown(), kept.shown());
        kept.run({"-r", "eth2", "1.2.3.4", "225.1.2.3"});
        Heir second(kept);
        EXPECT_EQ(all_of(second.daemon.state().desired), kept.desired());
        successor.daemon.execute(Lines{"-r", "eth2", "1.2.3.4", "225.1.2.3"}, kStart);
        EXPECT_EQ(all_of(successor.daemon.state().desired), kept.desired());
        EXPECT_EQ(successor.shown(), kept.shown());
    }
}

TEST(a_route_of_the_file_that_a_client_adds_to_after_it_was_replaced_is_the_files_again) {
    for (const bool compacted : {false, true}) {
        Kept kept;
        kept.start("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
        kept.run({"-a", "eth1", "1.2.3.4", "225.1.2.3", "eth2"});
        kept.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth2"});
        EXPECT_EQ(kept.desired().front(),
                  "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2 @0:1");
        EXPECT(kept.daemon.state().desired.replaced().empty());
        if (compacted) {
            EXPECT(kept.journal.compact(kept.daemon.state().desired, kept.daemon.files_read()));
        }
        EXPECT_EQ(Heir(kept).shown(), kept.shown());
    }
}

TEST(commands_without_end_take_no_room_without_end) {
    Kept kept;
    kept.start("mroute from eth0 group 225.1.2.3 to eth1\n");
    uint64_t longest = 0;
    for (int i = 0; i < 30'000; ++i) {
        kept.run({"-j", "eth0", "225.2.2.2"});
        kept.run({"-l", "eth0", "225.2.2.2"});
        longest = std::max(longest, static_cast<uint64_t>(kept.memory.room()));
    }
    EXPECT(read_journal(kept.memory.fd.get())->start > 1'000'000);
    EXPECT(longest < 1'200'000);
    EXPECT_EQ(restored(kept.memory.fd.get()),
              all_of(config_of("mroute from eth0 group 225.1.2.3 to eth1")));
}

TEST(loads_without_end_take_no_room_without_end) {
    Kept kept;
    kept.start("");
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += std::string(99, '#') + "\n";
    }
    for (int i = 0; i < 20; ++i) {
        kept.files.texts["/c/main"] = text + (i % 2 == 0 ? "wrong" : "");
        kept.run({"reload"});
        EXPECT(kept.memory.room() < 250'000);
        EXPECT_EQ(*kept.memory.file.size(), read_journal(kept.memory.fd.get())->end());
    }
    EXPECT(*kept.memory.file.size() > 1'000'000);
}

TEST(after_a_failure_the_journal_says_what_it_said_and_the_next_command_makes_it_good) {
    Kept kept;
    kept.start("mgroup from eth0 group 225.1.1.1\n");
    const Lines before = restored(kept.memory.fd.get());
    const std::string path = compose("/proc/self/fd/{}", kept.memory.fd.get());
    UniqueFd writable(dup(kept.memory.fd.get()));
    const UniqueFd read_only(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(writable && read_only);
    REQUIRE(dup2(read_only.get(), kept.memory.fd.get()) >= 0);
    kept.expected_failure = "cannot write the journal: Bad file descriptor";
    kept.run({"-j", "eth1", "225.2.2.2"});
    kept.journal.begin_load();
    kept.journal.add_file("/c/main", std::optional(std::string("x")));
    EXPECT_EQ(kept.journal.commit_load().error().text, kept.expected_failure);
    EXPECT_EQ(restored(kept.memory.fd.get()), before);
    REQUIRE(dup2(writable.get(), kept.memory.fd.get()) >= 0);
    kept.expected_failure.clear();
    kept.run({"-j", "eth2", "225.3.3.3"});
    EXPECT_EQ(all_of(Heir(kept).daemon.state().desired), kept.desired());
}

// Loads, commands and compactions as they come: each successor is the same as the one who died.
TEST(every_life_can_be_restored_at_any_moment) {
    std::mt19937 dice(7);
    RandomConfig random(11);
    Kept kept;
    kept.start(random.next());
    for (int i = 0; i < 600; ++i) {
        const auto pick = [&](unsigned count) { return std::to_string(dice() % count); };
        const std::string inbound = dice() % 8 == 0 ? "eth+" : "eth" + pick(3);
        Lines words{std::array{"-a", "-a", "-r", "-j", "-l"}[dice() % 5], inbound};
        if (dice() % 2 == 0) {
            words.push_back("10.0.0." + pick(3));
        }
        words.push_back("225.1.2." + pick(4));
        if (words[0] == "-a" || (words[0] == "-r" && dice() % 2 == 0)) {
            words.push_back("eth" + pick(4));
        }
        if (dice() % 40 == 0) {
            kept.files.texts["/c/d/" + pick(3)] = random.next();
            kept.files.texts["/c/main"] = random.next() + "include d/*\n" + random.next();
            words = {"reload"};
        } else if (dice() % 30 == 0) {
            EXPECT(kept.journal.compact(kept.daemon.state().desired, kept.daemon.files_read()));
        }
        kept.run(words);
        Heir successor(kept);
        EXPECT_EQ(all_of(successor.daemon.state().desired), kept.desired());
        EXPECT_EQ(successor.daemon.files_read(), kept.daemon.files_read());
        const Lines tables{"config", "rules", "groups"};
        for (const std::string& what : tables) {
            EXPECT_EQ(shown_by(successor.daemon, what), kept.show(what));
        }
    }
}

}  // namespace smcroute
