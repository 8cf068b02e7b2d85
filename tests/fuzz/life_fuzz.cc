// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as the life of a router: the real Daemon with its journal and ledger over FakeKernel,
// to which files, commands, packets, interfaces, refusals, other programs and death happen, each
// byte one choice. News of interfaces are read late or never, and an interface may go, or the
// daemon die, at any op. What must hold whenever it has come to rest:
//
// - what it believes to be installed is what the kernel holds;
// - a daemon that knows nothing but the same lines does the same with every packet;
// - a successor with a compacted journal desires the same and finds nothing to do.
//
// LIFE_TRACE=1 tells the life.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/daemon.h"
#include "daemon/saved_state.h"
#include "daemon/journal_reader.h"
#include "daemon/restore.h"
#include "house.h"
#include "random_config.h"
#include "same_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace smcroute;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Trust = SavedStateFiles::Trust;

constexpr const char* kFile = "smcroute.conf";
// Longer than any retry, or any silence after which a stream goes or may move.
constexpr seconds kLong{62};

const bool traced = getenv("LIFE_TRACE") != nullptr;

void tell(std::string_view what, std::string_view detail = {}) {
    if (traced) {
        printf("%.*s %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(detail.size()), detail.data());
        fflush(stdout);
    }
}

void trace_log(LogLevel /*level*/, std::string_view line) { tell("    log:", line); }

// Tells the lines that only one has.
void check_equal(std::string_view what, std::string_view is, std::string_view should_be) {
    if (is == should_be) {
        return;
    }
    const auto tell_missing = [](std::string_view in, std::string_view of, char sign) {
        for (size_t begin = 0, end = 0; begin < of.size(); begin = end + 1) {
            end = std::min(of.find('\n', begin), of.size());
            const std::string line(of.substr(begin, end - begin));
            if (in.find(line) == in.npos) {
                fprintf(stderr, "%c %s\n", sign, line.c_str());
            }
        }
    };
    fprintf(stderr, "%.*s (-) is not what it should be (+):\n", static_cast<int>(what.size()),
            what.data());
    tell_missing(should_be, is, '-');
    tell_missing(is, should_be, '+');
    abort();
}

std::string text_of(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + " ";
    }
    return text;
}

// Zeros when there are no more.
class Bytes {
public:
    explicit Bytes(std::span<const uint8_t> bytes) : rest_(bytes) {}

    bool empty() const { return rest_.empty(); }
    unsigned next() {
        if (rest_.empty()) {
            return 0;
        }
        const unsigned byte = rest_.front();
        rest_ = rest_.subspan(1);
        return byte;
    }
    unsigned below(unsigned count) { return next() % count; }
    bool one_in(unsigned count) { return below(count) == 1; }

private:
    std::span<const uint8_t> rest_;
};

// A stream, and where its packets come in unless they stray.
struct Source {
    Flow flow;
    IfName home;
};

IfName eth(unsigned number) { return *IfName::parse(compose("eth{}", number)); }

const std::vector<Source>& all_sources() {
    static const std::vector<Source> sources = [] {
        std::vector<Source> all;
        for (unsigned i = 0; i < 4; ++i) {
            const std::string group = compose("225.1.2.{}", i);
            all.push_back({flow_of("10.0.0.1", group.c_str()), eth(i)});
            all.push_back({flow_of("10.0.0.2", group.c_str()), eth(i)});
            all.push_back({flow_of("2001:db8::1", compose("ff0e::{}", i).c_str()), eth(i)});
        }
        return all;
    }();
    return sources;
}

// What a daemon needs beside a kernel, and no more.
struct Running {
    Running(const DaemonSettings& settings, FakeKernel& its_kernel)
        : kernel(its_kernel), daemon(settings, kernel, files, hooks, events) {}

    FakeKernel& kernel;
    FakeFiles files;
    FakeHooks hooks;
    EventFeed events{&stopped_wall_clock};
    Daemon daemon;
};

void answer(Daemon& daemon, TimePoint now) {
    for (const Family family : kFamilies) {
        daemon.on_upcalls(family, now);
    }
}

void arrive_all(FakeKernel& kernel, Daemon& daemon, TimePoint now) {
    for (const auto& [flow, home] : all_sources()) {
        kernel.receive(flow, home);
    }
    answer(daemon, now);
}

void pass(FakeKernel& kernel, Daemon& daemon, TimePoint& now, milliseconds time) {
    const TimePoint until = now + time;
    while (daemon.deadline() && *daemon.deadline() <= until) {
        now = std::max(now, *daemon.deadline());
        kernel.now = now;
        daemon.on_deadline(now);
    }
    now = until;
    kernel.now = now;
}

// What becomes of packets: VIFs, memberships, and where each stream leaves.
std::string outcome(const FakeKernel& kernel) {
    std::string text;
    const std::string all = kernel.dump_by_name();
    for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        end = all.find('\n', begin) + 1;
        text += all[begin] == '(' ? "" : all.substr(begin, end - begin);
    }
    for (const auto& [flow, home] : all_sources()) {
        text += compose("{} {} >{}\n", to_string(flow), home.view(), kernel.way_of(flow, home));
    }
    return text;
}

struct Memory {
    int fd = memfd_create("life", MFD_CLOEXEC);
    RandomAccessFile file{fd, "the memory"};

    int emptied() {
        CHECK(file.truncate(0));
        return fd;
    }
};

class Life final : public Hooks, public Ledger {
public:
    explicit Life(Bytes& bytes);

    void live();

private:
    // What the daemon says.
    void reloading() override { saved_->begin_load(); }
    void reload_refused() override { saved_->cancel_load(); }
    void reloaded() override { note_load(); }
    void changed(std::span<const std::string> words) override;
    void installed(const Flow& /*flow*/) override {}
    void store(const VifLedger& ledger) override;

    bool dead() const { return kernel_.has_lost_process(); }
    void note_load();
    void succeed(Trust trust);
    bool start(Trust trust);

    // What happens to it.
    void step();
    void configure();
    void command();
    void packet();
    void relink();
    void change_link(const Interface& there);
    void refuse();
    void meddle();
    void die();
    void look();

    std::string name() { return to_string(eth(bytes_.below(5))); }

    // Comes to rest, and looks whether all of the above holds.
    void rest();
    bool in_doubt();
    void check_heir();
    void check_fresh();

    Bytes& bytes_;
    DaemonSettings settings_;
    FakeKernel kernel_;
    FakeFiles files_;
    EventFeed events_{&stopped_wall_clock};
    TimePoint now_ = kStart;
    int journal_;
    int ledger_;
    VifLedger kept_;           // in it
    std::string loaded_;       // the file, when it was read last
    std::vector<Lines> said_;  // what clients have changed since
    std::optional<SavedState> saved_;
    std::optional<Daemon> daemon_;
    std::unique_ptr<Pages> listener_;
    unsigned next_ifindex_ = 10;
};

Life::Life(Bytes& bytes) : bytes_(bytes) {
    static Memory journal;
    static Memory ledger;
    journal_ = journal.emptied();
    ledger_ = ledger.emptied();
    settings_ = {.config_file = kFile,
                 .default_vifs = !bytes_.one_in(2),
                 .streams = {seconds{bytes_.one_in(2) ? 60 : 0}, bytes_.one_in(8) ? 4U : 65536U}};
    kernel_.tells_idle_time = !bytes_.one_in(8);
    if (bytes_.one_in(16)) {
        kernel_.drop_family(kFamilies[bytes_.below(2)]);
    }
    for (unsigned i = 0; i < 4; ++i) {
        kernel_.add_interface(to_string(eth(i)).c_str(), i + 1);
    }
    kernel_.lose_process();
    files_.files[kFile] = RandomConfig([this] { return bytes_.next(); }).next();
    tell("file", files_.files[kFile]);
    succeed(Trust::kAll);
}

void Life::live() {
    while (!bytes_.empty()) {
        step();
    }
    rest();
    if (settings_.streams.capacity > all_sources().size()) {
        check_fresh();
    }
}

void Life::note_load() {
    if (!dead()) {
        saved_->commit_load();
        loaded_ = files_.files[kFile];
        said_.clear();
    }
}

void Life::changed(std::span<const std::string> words) {
    if (!dead()) {
        saved_->changed(words);
        saved_->commit_changes(*daemon_);
        said_.emplace_back(words.begin(), words.end());
    }
}

void Life::store(const VifLedger& ledger) {
    if (!dead()) {
        kept_ = ledger;
        saved_->ledger()->store(ledger);
    }
}

void Life::succeed(Trust trust) {
    kernel_.lose_process();
    while (!start(trust)) {
        kernel_.fail_interfaces = false;
        kernel_.fail_entries = false;
    }
}

bool Life::start(Trust trust) {
    listener_.reset();
    daemon_.reset();
    saved_.emplace(files_);
    auto inherited = saved_->open({.journal = journal_, .ledger = ledger_, .trust = trust});
    CHECK(inherited);
    const bool is_first = !inherited->config;
    tell("start", is_first ? "from the file" : "from the journal");
    daemon_.emplace(settings_, kernel_, saved_->files(), *this, events_, this);
    if (is_first) {
        saved_->begin_load();
    }
    const Status status = daemon_->start(now_, *std::move(inherited));
    if (is_first) {
        note_load();
    }
    return static_cast<bool>(status);
}

void Life::step() {
    const unsigned choice = bytes_.below(20);
    if (choice >= 12 && choice < 16) {
        relink();
    } else if (choice == 16) {
        refuse();
    } else if (choice == 17) {
        meddle();
    } else if (dead()) {
        if (bytes_.one_in(2)) {
            succeed(bytes_.one_in(8)   ? Trust::kLedger
                    : bytes_.one_in(8) ? Trust::kNothing
                                       : Trust::kAll);
        }
    } else if (choice < 4) {
        command();
    } else if (choice < 9) {
        packet();
    } else if (choice == 9) {
        configure();
    } else if (choice < 12) {
        tell("news are read");
        daemon_->on_links(now_);
    } else if (choice == 18) {
        die();
    } else {
        look();
    }
    kernel_.take_lines();
}

void Life::configure() {
    if (!bytes_.one_in(4)) {
        files_.files[kFile] = RandomConfig([this] { return bytes_.next(); }).next();
        files_.files[kFile] += bytes_.one_in(8) ? "wrong\n" : "";
        tell("file", files_.files[kFile]);
    }
    if (!bytes_.one_in(8)) {
        tell("reload");
        (void)daemon_->reload(now_);
    }
}

void Life::command() {
    Lines words{std::array{"-a", "-a", "-r", "-r", "-j", "-l", "flush"}[bytes_.below(7)]};
    const bool ipv6 = bytes_.one_in(3);
    if (words[0] != "flush") {
        words.push_back(bytes_.one_in(6) ? "eth+" : name());
        if (bytes_.one_in(2)) {
            words.push_back(compose("{}{}{}", ipv6 ? "2001:db8::" : "10.0.0.", bytes_.below(3),
                                    !bytes_.one_in(4) ? ""
                                    : ipv6            ? "/126"
                                                      : "/30"));
        }
        words.push_back(compose("{}{}{}", ipv6 ? "ff0e::" : "225.1.2.", bytes_.below(4),
                                !bytes_.one_in(4) ? ""
                                : ipv6            ? "/126"
                                                  : "/30"));
    }
    if (words[0] == "-a" && bytes_.one_in(2)) {
        words.push_back("nolearn");
    }
    if (words[0] == "-a" || (words[0] == "-r" && bytes_.one_in(3))) {
        words.push_back(bytes_.one_in(6) ? "eth+" : name());
    }
    tell("command", text_of(words));
    (void)daemon_->execute(words, now_);
}

// The daemon may come to know of it later.
void Life::packet() {
    const auto& [flow, home] = all_sources()[bytes_.below(12)];
    const IfName inbound = bytes_.one_in(3) ? eth(bytes_.below(4)) : home;
    tell("packet", compose("{} on {}", to_string(flow), inbound.view()));
    kernel_.receive(flow, inbound);
    if (!bytes_.one_in(4)) {
        answer(*daemon_, now_);
    }
}

void Life::relink() {
    const std::string text = name();
    const bool held = bytes_.one_in(6);
    kernel_.hold_news(held);
    if (const Interface* const there = kernel_.find(text)) {
        change_link(*there);
    } else {
        tell("interface appears", text);
        kernel_.add_interface(text.c_str(), next_ifindex_++);
    }
    if (!dead() && !held && bytes_.one_in(2)) {
        tell("news are read");
        daemon_->on_links(now_);
    }
}

void Life::change_link(const Interface& there) {
    Interface changed = there;
    switch (bytes_.below(6)) {
        case 0:
            changed.up = !changed.up;
            break;
        case 1:
            changed.multicast = !changed.multicast;
            break;
        case 2: {
            const std::string other = name();
            changed.name = kernel_.find(other) == nullptr ? *IfName::parse(other) : changed.name;
            break;
        }
        case 3:
            tell("interface goes", changed.name.view());
            kernel_.remove_interface(changed.ifindex);
            return;
        case 4:
            kernel_.remove_interface(changed.ifindex);
            break;
        default:
            kernel_.remove_interface(changed.ifindex);
            changed.ifindex = next_ifindex_++;
            break;
    }
    tell("interface is", compose("{} {}", changed.name.view(), changed.ifindex));
    kernel_.change_interface(changed);
}

// From now on, until it has come to rest.
void Life::refuse() {
    constexpr std::array kErrors = {ENOMEM, ENOBUFS, EPERM, EADDRINUSE, EINVAL, ENODEV};
    const unsigned kind = bytes_.below(8);
    tell("refuse", std::to_string(kind));
    if (kind < std::variant_size_v<Op>) {
        kernel_.refuse_kind(kind);
    } else if (kind == 6) {
        const int error = kErrors[bytes_.below(kErrors.size())];
        kernel_.fail_op(bytes_.below(6), error);
    } else {
        kernel_.refuse_kind(std::nullopt);
        kernel_.fail_interfaces = bytes_.one_in(2);
        kernel_.fail_entries = bytes_.one_in(2);
    }
}

// What others do.
void Life::meddle() {
    const Flow& flow = all_sources()[bytes_.below(12)].flow;
    const unsigned what = bytes_.below(5);
    tell("meddle", std::to_string(what));
    if (what == 0) {
        kernel_.lose_links();
    } else if (what == 1) {
        kernel_.lose_entry(flow);
    } else if (what == 2) {
        kernel_.flush_entries();
    } else if (what == 3) {
        kernel_.unicast_routes[flow.source] = {bytes_.below(5) + 1};
    } else {
        // In the middle of whatever the daemon does next.
        kernel_.interrupt(bytes_.below(4), [this] {
            if (const Interface* const there = kernel_.find(name())) {
                change_link(*there);
            }
        });
    }
}

void Life::die() {
    if (bytes_.one_in(4)) {
        succeed(Trust::kAll);
    } else {
        const unsigned op = bytes_.below(8);
        tell("dies at op", std::to_string(op));
        kernel_.kill_process(op, bytes_.one_in(2));
    }
}

void Life::look() {
    const unsigned what = bytes_.below(14);
    if (what == 0) {
        rest();
    } else if (what == 1) {
        tell("audit");
        daemon_->audit(now_);
    } else if (what < 4) {
        static const Lookout nobody;
        constexpr std::array kTables = {"routes", "rules",   "groups", "interfaces",
                                        "rates",  "pending", "status", "config"};
        Reply reply = daemon_->execute(Lines{"show", kTables[bytes_.below(8)]}, now_);
        while (reply.pages && reply.pages->next(reply.out, nobody) == Pages::More::kYes) {
        }
    } else if (what == 4) {
        listener_ = daemon_->execute(Lines{"monitor"}, now_).pages;
    } else {
        constexpr std::array<milliseconds, 5> kTimes = {milliseconds{1}, milliseconds{900},
                                                        seconds{4}, kLong, seconds{4000}};
        const milliseconds time = kTimes[bytes_.below(5)];
        tell("time passes", std::to_string(time.count()));
        pass(kernel_, *daemon_, now_, time);
    }
}

void Life::rest() {
    tell("rest");
    kernel_.calm_down();
    kernel_.fail_interfaces = false;
    kernel_.fail_entries = false;
    kernel_.hold_news(false);
    if (dead()) {
        succeed(Trust::kAll);
    }
    daemon_->on_links(now_);
    answer(*daemon_, now_);
    pass(kernel_, *daemon_, now_, kLong);
    daemon_->audit(now_);
    check_equal("the kernel", kernel_.difference(daemon_->state().installed), "");
    check_heir();
}

// The kernel tells all of its entries, and the ledger has no slot of which it may not.
bool Life::in_doubt() {
    for (const Family family : kFamilies) {
        const auto entries = *kernel_.entries(family);
        const auto& records = kept_[index_of(family)];
        if (std::any_of(entries.begin(), entries.end(), [](auto& each) { return !each.iif; }) ||
            std::any_of(records.begin(), records.end(), [](auto& each) {
                return each && each->state == VifRecord::State::kGone;
            })) {
            return true;
        }
    }
    return false;
}

void Life::check_heir() {
    const auto left = read_journal(journal_);
    CHECK(left);
    const auto config = restore(*left);
    CHECK(config);
    check_same(config->desired, daemon_->state().desired);
    static Memory memory;
    auto journal = Journal::create(memory.emptied());
    CHECK(journal && journal->compact(config->desired, config->files));
    const auto compacted = read_journal(memory.fd);
    CHECK(compacted);
    auto restored = restore(*compacted);
    CHECK(restored);
    check_same(restored->desired, config->desired);

    FakeKernel twin = kernel_;
    twin.lose_process();
    twin.take_lines();
    const std::string before = twin.dump();
    Running successor(settings_, twin);
    CHECK(successor.daemon.start(now_, {.config = std::move(*restored), .ledger = kept_}));
    check_equal("the successor's kernel", twin.difference(successor.daemon.state().installed), "");
    if (!in_doubt()) {
        check_equal("what the successor did", text_of(twin.take_lines()), "");
        check_equal("what the successor holds", twin.dump(), before);
    }
}

void Life::check_fresh() {
    FakeKernel kernel;
    kernel.tells_idle_time = kernel_.tells_idle_time;
    kernel.unicast_routes = kernel_.unicast_routes;
    kernel.now = now_;
    for (const Family family : kFamilies) {
        if (!kernel_.has(family)) {
            kernel.drop_family(family);
        }
    }
    const std::vector<Interface> interfaces = *kernel_.interfaces();
    for (const Interface& interface : interfaces) {
        kernel.change_interface(interface);
    }
    kernel.lose_process();
    Running fresh(settings_, kernel);
    fresh.files.files[kFile] = loaded_;
    tell("fresh");
    CHECK(fresh.daemon.start(now_));
    for (const Lines& words : said_) {
        (void)fresh.daemon.execute(words, now_);
    }
    TimePoint now = now_;
    for (int round = 0; round < 4; ++round) {
        arrive_all(kernel_, *daemon_, now_);
        pass(kernel_, *daemon_, now_, kLong);
        arrive_all(kernel, fresh.daemon, now);
        pass(kernel, fresh.daemon, now, kLong);
    }
    arrive_all(kernel_, *daemon_, now_);
    arrive_all(kernel, fresh.daemon, now);
    check_equal("the outcome", outcome(kernel_), outcome(kernel));
    check_equal("the kernel", kernel_.difference(daemon_->state().installed), "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    log_open(LogSink::kStderr, traced ? LogLevel::kDebug : LogLevel::kNone, "smcroute");
    log_tap(traced ? &trace_log : nullptr);
    Bytes bytes(std::span(data, size));
    Life(bytes).live();
    return 0;
}
