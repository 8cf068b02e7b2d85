// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Daemon: owns all state and turns each event (start, reload, command, interface, unknown stream)
// into a change of it, a plan and its application. It neither waits nor reads a clock: descriptors
// and time belong to the Service around it, so that tests drive this very class.
//
// The invariant: after each call what is desired and what is installed differ only in what the
// kernel refused, and then deadline() says when that is tried again.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/read_config.h"
#include "control/command.h"
#include "control/reply.h"
#include "daemon/adoption.h"
#include "daemon/applier.h"
#include "daemon/audit.h"
#include "daemon/event_feed.h"
#include "daemon/hooks.h"
#include "daemon/show.h"
#include "daemon/stream_keeper.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"

namespace smcroute {

struct DaemonSettings {
    std::string config_file;
    bool default_vifs = true;  // false with -N
    StreamKeeper::Settings streams = {};
    std::string version = {};  // and pid: for those who ask
    int pid = 0;
    // "none", "runs", or else how it is gone, and then no file can be read.
    std::string guard = "none";
    std::string last_upgrade = {};  // "", "done" or "went back"
    bool config_named = false;      // by -f
    std::string network = {};       // the namespace; empty: not known
};

// What a predecessor has left behind.
struct Inherited {
    // Its configuration (restore.h), to go on with: no file is read, and what was logged of it is
    // not logged again.
    std::optional<ReadConfig> config = std::nullopt;
    // Its ledger: what is in the kernel is kept, and only what differs is changed.
    std::optional<VifLedger> ledger = std::nullopt;
};

class Daemon {
public:
    // Borrows all but the settings; without a ledger nothing is left for a successor.
    Daemon(DaemonSettings settings, Kernel& kernel, FileSource& files, Hooks& hooks,
           EventFeed& events, Ledger* ledger = nullptr);

    // Learns the interfaces, reads the file and puts all of it into the kernel. Bad lines are
    // logged and left out, the others take effect; only a system error fails. The hook for the load
    // is the caller's, once it is ready. See Inherited for the rest.
    Status start(TimePoint now, Inherited inherited = {});

    // See HostEvents.
    void left_alone(const std::string& how, int self);

    // Reads the file again and makes the running state equal to it. A file with errors changes
    // nothing. The diagnostics are logged, and in the reply too.
    Reply reload(TimePoint now);

    // `by`: what whoever gave the command may do, which has been compared with the command.
    Reply execute(std::span<const std::string> words, TimePoint now, Access by = Access::kChange);
    // A kill command was executed.
    bool stopping() const { return stopping_; }

    // Grows whenever what is desired or which interfaces exist may have changed.
    uint64_t changes() const { return changes_; }
    // "12 routes, 2 pending, 1 group".
    std::string status() const;
    // The same after what was wrong with the last reload, if anything was.
    std::string status_line() const { return last_refusal_ + status(); }

    // For those who show it.
    const RouterState& state() const { return state_; }
    // What Origin.file indexes in it.
    const std::vector<std::string>& files_read() const { return files_read_; }

    // Changes whenever an interface or a `phyint` setting may have changed.
    uint64_t layout_version() const { return layout_version_; }

    // There is something to read.
    void on_upcalls(Family family, TimePoint now);
    void on_links(TimePoint now);

    // When on_deadline() is due, if ever.
    std::optional<TimePoint> deadline() const;
    void on_deadline(TimePoint now);

    // Compares a part of what is recorded with what the kernel holds, and mends what differs (SPEC
    // R62). To be called every Audit::kPause while anything is installed.
    void audit(TimePoint now);

private:
    Reply run(const AddRoute& command, TimePoint now);
    Reply run(const RemoveRoute& command, TimePoint now);
    Reply run(const AddJoin& command, TimePoint now);
    Reply run(const RemoveJoin& command, TimePoint now);
    Reply run(const Reload& command, TimePoint now);
    Reply run(const Diff& command, TimePoint now);
    Reply run(const Wait& command, TimePoint now);
    Reply run(const Show& command, TimePoint now);
    // What the client carries out, a client of ours does not send.
    static Reply refuse(std::string_view name);
    static Reply run(const Batch& /*command*/, TimePoint /*now*/) { return refuse("batch"); }
    static Reply run(const Metrics& /*command*/, TimePoint /*now*/) { return refuse("metrics"); }
    static Reply run(const Watch& /*command*/, TimePoint /*now*/) { return refuse("watch"); }
    Reply run(const Monitor& command, TimePoint now);
    Reply run(const Flush& command, TimePoint now);
    Reply run(const Upgrade& command, TimePoint now);
    Reply run(const Kill& command, TimePoint now);

    Status read_interfaces();
    // True if there were any.
    bool leave_lost_memberships();
    ReadConfig read_at_start();
    // Asks for all interfaces if messages of some were lost. What fails is logged and tried again.
    bool catch_up(TimePoint now);
    void adopt(ReadConfig config, TimePoint now);
    Row status_row(TimePoint now) const;
    // A configuration with errors, and what to say of it.
    struct Refused {
        Reply reply;
        std::vector<Diagnostic> diagnostics;
    };
    Result<ReadConfig, Refused> read_for_reload(Access by);
    static std::string summary_of(const Refused& refused);
    std::vector<IfName> missing_interfaces() const;
    // Logs each, and answers what it said, with the first line that names the interface.
    std::vector<std::string> report_missing_interfaces() const;
    // Those that are names, if what is desired has named something new since that version: once
    // for ten thousand lines that name the same.
    void report_missing(std::span<const IfPattern> named, uint64_t names_before) const;
    bool take_link(const LinkEvent& event, Scope& scope, TimePoint now);
    // `known`: the interface of that index until now, if any.
    void report_link(const Interface* known, const LinkEvent& event) const;
    // For those who listen, when messages about interfaces were lost.
    void tell_links_since(const Interfaces& before);
    bool has_vif(unsigned ifindex) const;
    // A VIF or a membership is held by this index.
    bool is_bound(unsigned ifindex) const;

    ApplyResult settle(const Scope& scope, TimePoint now);
    bool lacks_slots() const;
    void lay_out_slots();
    void report_unfit(Family family, const Layout& before) const;
    void schedule_retry(bool failed, TimePoint now);

    DaemonSettings settings_;
    Kernel& kernel_;
    FileSource& files_;
    Hooks& hooks_;
    EventFeed& events_;
    RouterState state_;
    std::vector<std::string> files_read_;
    Applier applier_;
    StreamKeeper keeper_;
    Audit audit_;
    std::optional<uint64_t> laid_out_names_;  // names_version() at the last layout; none: due
    uint64_t layout_version_ = 0;
    bool links_lost_ = false;      // the interfaces have to be asked for again
    std::vector<Upcall> upcalls_;  // kept for its memory
    std::optional<TimePoint> retry_at_;
    std::chrono::seconds retry_delay_{0};
    uint64_t changes_ = 0;
    uint64_t reloads_ = 0;
    std::string last_refusal_;  // "reload refused: FILE:4:1 has an error …; " since then
    bool stopping_ = false;
};

}  // namespace smcroute
