// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// FakeKernel: a kernel that behaves as KERNEL.md says, in memory, for tests that drive the real
// Daemon. It records each op it carried out as a line, has interfaces that come and go, counters,
// queues of upcalls and link events, and refuses whichever op a test tells it to.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "mcast/installed.h"

namespace smcroute {

class FakeKernel final : public Kernel {
public:
    // What a test reads and clears: "vif IPv4 0 eth0", "put (1.2.3.4, 225.1.2.3) 0 > 1 2:5",
    // "del …", "join 225.1.2.3 eth0", "leave …", "unvif IPv4 0".
    std::vector<std::string> lines;

    std::vector<std::string> take_lines() { return std::exchange(lines, {}); }

    // Interfaces; each change is queued as a link event too.
    void add_interface(const char* name, unsigned ifindex);
    void change_interface(const Interface& interface);
    // Deletes the interface and, as the kernel does, its VIFs; entries and memberships stay.
    void remove_interface(unsigned ifindex);
    // The next read_links() says that messages were lost, and brings none.
    void lose_links();

    void queue_upcall(const Upcall& upcall) { upcalls_.push_back(upcall); }

    // The op after `skip` more is refused; no other is.
    void fail_op(size_t skip, int errno_value) { failure_ = {skip, errno_value}; }
    // Every op for which this is the index in Op is refused from now on; nothing ends that.
    void refuse_kind(std::optional<size_t> kind) { refused_kind_ = kind; }
    void drop_family(Family family) { families_[index_of(family)] = false; }
    size_t op_count() const { return op_count_; }
    // Somebody else flushes the table.
    void flush_entries() { entries_.clear(); }

    // The process that used it has died; somebody else has kept the routing sockets. Memberships
    // and unread news about interfaces were the process's own.
    void lose_process();

    // Everything the kernel holds, in words and sorted; equal states give equal text.
    std::string dump() const;
    // The same with the names of interfaces in place of slots, which depend on the order of lines.
    std::string dump_by_name() const;
    // Empty if `installed` is what the kernel holds, else the first difference.
    std::string difference(const Installed& installed) const;

    bool has(Family family) const override { return families_[index_of(family)]; }
    Status apply(const Op& op) override;
    Result<std::vector<Interface>> interfaces() override;
    Result<FlowCounters> counters(const Flow& flow) override;
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) override;
    Result<std::vector<FoundEntry>> entries(Family family) override;
    Result<bool> has_vif(Family family, Slot slot) override;
    int upcall_fd(Family /*family*/) const override { return -1; }
    int link_fd() const override { return -1; }
    void read_upcalls(Family family, std::vector<Upcall>& upcalls) override;
    bool read_links(std::vector<LinkEvent>& events) override;

    // The entry sees packets now: by its inbound, and by others.
    void carry(const Flow& flow, uint64_t packets, uint64_t elsewhere = 0);

    std::map<Flow, FlowCounters> flow_counters;
    std::chrono::steady_clock::time_point now{std::chrono::seconds{1000}};
    bool tells_idle_time = true;
    bool fail_interfaces = false;
    bool fail_entries = false;

private:
    struct Entry {
        Slot iif = 0;
        Ttls ttls{};
        std::chrono::steady_clock::time_point used;
    };
    struct Failure {
        size_t skip;
        int errno_value;
    };
    // Of the VIF in that slot.
    std::optional<unsigned> ifindex_in(Family family, Slot slot) const;
    using Vifs = std::map<std::pair<Family, Slot>, unsigned>;

    // "?" if the slot has no VIF or that no interface.
    std::string name_of(Family family, Slot slot) const;
    Status carry_out(const AddVif& op);
    Status carry_out(const DelVif& op);
    Status carry_out(const PutEntry& op);
    Status carry_out(const DelEntry& op);
    Status carry_out(const Join& op);
    Status carry_out(const Leave& op);

    std::array<bool, 2> families_ = {true, true};
    std::map<unsigned, Interface> interfaces_;
    Vifs vifs_;
    std::map<Flow, Entry> entries_;
    std::set<Membership> memberships_;
    std::vector<LinkEvent> links_;
    std::vector<Upcall> upcalls_;
    bool lost_ = false;
    std::optional<Failure> failure_;
    std::optional<size_t> refused_kind_;
    size_t op_count_ = 0;
};

}  // namespace smcroute
