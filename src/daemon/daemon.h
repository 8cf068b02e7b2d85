// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Daemon: owns all state. It turns each event (start, reload, command, interface, unknown stream)
// into a change of that state, a plan and its application. It neither waits nor reads a clock:
// descriptors and time belong to the Service around it, so that tests drive this very class.
//
// The invariant: after each call, desired and installed differ only in what the kernel refused, and
// then deadline() says when that is tried again.
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
    std::string version = {};  // shown to clients, like pid
    int pid = 0;
    // "none", "runs", or the way it is gone; if it is gone, no file can be read.
    std::string guard = "none";
    std::string worker_restarts = {};  // as HostFacts::worker_restarts
    std::string last_upgrade = {};     // "", "done" or "went back"
    bool config_named = false;         // whether -f named the file
    std::string network = {};          // the network namespace; empty: not known
    std::string instance = "smcroute";
    std::string table = {};   // the kernel's routing table; empty: the default one
    std::string socket = {};  // the control socket
    // The rules of smcrouted: a reload leaves out lines with errors as a start does, and takes a
    // missing file for an empty one; `phyint` enables by itself.
    bool lenient = false;
};

// What a predecessor left.
struct Inherited {
    // Its configuration (restore.h), to continue with: no file is read, and what was logged about
    // it is not logged again.
    std::optional<ReadConfig> config = std::nullopt;
    // Its ledger: what is in the kernel is kept, and only differences are changed.
    std::optional<VifLedger> ledger = std::nullopt;
};

class Daemon {
public:
    // Borrows all except the settings; without a ledger nothing is left for a successor.
    Daemon(DaemonSettings settings, Kernel& kernel, FileSource& files, Hooks& hooks,
           EventFeed& events, Ledger* ledger = nullptr);

    // Reads the interfaces and the file, and puts everything into the kernel. Bad lines are logged
    // and left out, the others take effect; only a system error fails. The caller calls the hook
    // for the load, once it is ready. See Inherited for the rest.
    Status start(TimePoint now, Inherited inherited = {});

    // See HostEvents.
    void left_alone(const std::string& how, int self);

    // Reads the file again and makes the running state equal to it. A file with errors changes
    // nothing. The diagnostics are logged and also put into the reply.
    Reply reload(TimePoint now);

    // `by`: the access of the client; the caller has checked that it allows the command.
    Reply execute(std::span<const std::string> words, TimePoint now, Access by = Access::kChange);
    // A kill command was executed.
    bool stopping() const { return stopping_; }

    // Grows whenever what is desired or which interfaces exist may have changed.
    uint64_t changes() const { return changes_; }
    // "12 routes, 2 pending, 1 group".
    std::string status() const;
    // The same, preceded by the error of the last reload, if it was refused.
    std::string status_line() const { return last_refusal_ + status(); }

    // For code that shows the state.
    const RouterState& state() const { return state_; }
    // The names that Origin.file indexes in that state.
    const std::vector<std::string>& files_read() const { return files_read_; }

    // Changes whenever an interface or a `phyint` setting may have changed.
    uint64_t layout_version() const { return layout_version_; }

    // Call these when there is something to read.
    void on_upcalls(Family family, TimePoint now);
    void on_links(TimePoint now);

    // When on_deadline() is due, if at all.
    std::optional<TimePoint> deadline() const;
    void on_deadline(TimePoint now);

    // Compares a part of what is recorded with what the kernel holds, and repairs differences (SPEC
    // R62). False if there was one. Must be called audit_parts() times, each after
    // Audit::kPause, when anything has happened.
    bool audit(TimePoint now);
    size_t audit_parts() const { return audit_.parts(); }

private:
    Reply run(const AddRoute& command, TimePoint now);
    Reply run(const RemoveRoute& command, TimePoint now);
    Reply run(const AddJoin& command, TimePoint now);
    Reply run(const RemoveJoin& command, TimePoint now);
    Reply run(const Reload& command, TimePoint now);
    Reply run(const Diff& command, TimePoint now);
    Reply run(const Wait& command, TimePoint now);
    Reply run(const Show& command, TimePoint now);
    // The client carries these out itself; our client does not send them.
    static Reply refuse(std::string_view name);
    static Reply run(const Batch& /*command*/, TimePoint /*now*/) { return refuse("batch"); }
    static Reply run(const Metrics& /*command*/, TimePoint /*now*/) { return refuse("metrics"); }
    static Reply run(const Watch& /*command*/, TimePoint /*now*/) { return refuse("watch"); }
    Reply run(const Monitor& command, TimePoint now);
    static Reply run(const Why& /*command*/, TimePoint /*now*/) { return refuse("why"); }
    static Reply run(const Trace& /*command*/, TimePoint /*now*/) { return refuse("trace"); }
    Reply run(const Flush& command, TimePoint now);
    Reply run(const Upgrade& command, TimePoint now);
    Reply run(const Kill& command, TimePoint now);

    Status read_interfaces();
    // True if there were any.
    bool leave_lost_memberships();
    ReadConfig read_at_start(TimePoint now);
    // Asks for all interfaces if link events were lost. A failure is logged and tried again.
    bool catch_up(TimePoint now);
    void adopt(ReadConfig config, TimePoint now);
    Row status_row(TimePoint now) const;
    // A refused configuration, and the reply that reports it.
    struct Refused {
        Reply reply;
        std::vector<Diagnostic> diagnostics;
    };
    Result<ReadConfig, Refused> read_for_reload(Access by);
    // The place of the first error, and how many more there are; nothing without one.
    static std::string summary_of(std::span<const Diagnostic> diagnostics);
    std::vector<IfName> missing_interfaces() const;
    // Logs each missing interface with the first line that names it, and returns what it logged.
    std::vector<std::string> report_missing_interfaces() const;
    // Reports those names whose interface is missing, if anything new was named since that version
    // of the names: only once for ten thousand lines that name the same.
    void report_missing(std::span<const IfPattern> named, uint64_t names_before) const;
    bool take_link(const LinkEvent& event, Scope& scope, TimePoint now);
    // `known`: the interface with that index until now, if any.
    void report_link(const Interface* known, const LinkEvent& event) const;
    // Reports changes of interfaces to monitors (--monitor) after link events were lost.
    void tell_links_since(const Interfaces& before);
    bool has_vif(unsigned ifindex) const;
    // Whether a VIF or a membership uses this index.
    bool is_bound(unsigned ifindex) const;

    ApplyResult settle(const Scope& scope, TimePoint now);
    ApplyResult carry_out(const Scope& scope);
    bool lacks_slots() const;
    void lay_out_slots();
    // Decides which groups the kernel serves by itself, after the slots are laid out. What that
    // changes is added to the scope.
    void settle_stars(Scope& scope);
    void leave_to_kernel(const Address& group, Scope& scope);
    void report_learning(const std::vector<Address>& changed);
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
    // The groups that are learned in spite of nolearn since the last change, as texts.
    std::vector<std::string> learning_now_;
    std::optional<uint64_t> stars_layout_;    // layout_version_ when the groups were judged
    std::optional<uint64_t> laid_out_names_;  // names_version() at the last layout; none: due
    uint64_t layout_version_ = 0;
    bool links_lost_ = false;      // all interfaces must be asked for again
    std::vector<Upcall> upcalls_;  // a member, to reuse its memory
    std::optional<TimePoint> retry_at_;
    std::chrono::seconds retry_delay_{0};
    uint64_t changes_ = 0;
    // A moment, to tell how long ago it was and when.
    struct Moment {
        TimePoint at{};
        std::chrono::system_clock::time_point time{};
    };
    Moment started_;
    std::optional<Moment> loaded_;  // the last time that the file was read, or should have been
    std::string load_result_;       // "done", "refused: FILE:4:1 has an error …"
    void note_load(TimePoint now, std::string result);
    uint64_t reloads_ = 0;
    uint64_t refused_reloads_ = 0;
    std::string last_refusal_;  // if so, "reload refused: FILE:4:1 has an error …; "
    bool stopping_ = false;
};

}  // namespace smcroute
