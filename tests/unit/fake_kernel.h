// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// FakeKernel: a kernel that behaves as KERNEL.md says, in memory, for tests that drive the real
// Daemon. It records each op it carried out as a line, has interfaces that come and go, counters,
// queues of upcalls and link events, and refuses whichever op a test tells it to.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
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
    // Null if there is none of that name.
    const Interface* find(std::string_view name) const;
    // The next read_links() says that messages were lost, and brings none.
    void lose_links();
    // What happens to interfaces from now on is told when the next op is carried out, or now that
    // it is not held any more.
    void hold_news(bool hold);
    // Just before the op after `skip` more, this happens.
    void interrupt(size_t skip, std::function<void()> action) {
        interrupt_ = {skip, std::move(action)};
    }
    // Somebody else changes an entry, or takes it away.
    void spoil_entry(const PutEntry& with);
    void lose_entry(const Flow& flow) { entries_.erase(flow); }
    void lose_star(const Installed::StarKey& key) {
        std::erase_if(stars_, [&key](const auto& star) { return star.first == key; });
    }

    void queue_upcall(const Upcall& upcall) { upcalls_.push_back(upcall); }
    // A packet comes in there. It is counted, and where the kernel would ask about it, it does.
    void receive(const Flow& flow, const IfName& inbound);
    // Where it would leave: " eth1:1 eth2:5", the interfaces in order.
    std::string way_of(const Flow& flow, const IfName& inbound) const;
    // Whether no entry judges it: it waits in the kernel for the answer to an upcall.
    bool would_wait(const Flow& flow, const IfName& inbound) const {
        const auto slot = slot_of(flow.family(), inbound);
        return slot && lookup(flow, *slot) == nullptr;
    }

    // The op after `skip` more is refused; no other is.
    void fail_op(size_t skip, int errno_value) { failure_ = {skip, errno_value}; }
    // Every op for which this is the index in Op is refused from now on; nothing ends that.
    void refuse_kind(std::optional<size_t> kind) { refused_kind_ = kind; }
    // Nothing that was to happen at an op still to come happens.
    void calm_down() {
        failure_.reset();
        refused_kind_.reset();
        interrupt_.reset();
        death_.reset();
    }
    void drop_family(Family family) {
        refusals_[index_of(family)] =
            Error{compose("{} multicast routing is not built into this kernel", to_string(family)),
                  ExitStatus::kNoMulticast};
    }
    // Called before every op.
    void watch_ops(std::function<void()> watch) { watch_ = std::move(watch); }
    size_t op_count() const { return op_count_; }
    // Somebody else flushes the table.
    void flush_entries() {
        entries_.clear();
        stars_.clear();
    }

    // The process that uses it dies at the op after `skip` more, just before that is carried out or
    // just after. From then on it gets nothing done.
    void kill_process(size_t skip, bool done) { death_ = {skip, done}; }
    bool has_lost_process() const { return dead_; }
    // Another one takes its place; somebody else has kept all sockets. Unread news about interfaces
    // was the process's own.
    void lose_process();
    // As where an interface has gone and come again with its index, which nobody saw.
    void lose_memberships(unsigned ifindex);

    // Everything the kernel holds, in words and sorted; equal states give equal text.
    std::string dump() const;
    // The same with the names of interfaces in place of slots, which depend on the order of lines.
    std::string dump_by_name() const;
    std::string difference_of_stars(const Installed& installed) const;
    // Empty if `installed` is what the kernel holds, else the first difference.
    std::string difference(const Installed& installed) const;

    const std::optional<Error>& refusal(Family family) const override {
        return refusals_[index_of(family)];
    }
    Status apply(const Op& op) override;
    Result<std::vector<Interface>> interfaces() override;
    Result<FlowCounters> counters(const Flow& flow) override;
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) override;
    Result<std::optional<FoundEntry>> entry(const Flow& flow) override;
    std::vector<unsigned> unicast_route(const Address& address) override {
        return unicast_routes[address];
    }
    Result<std::vector<FoundEntry>> entries(Family family) override;
    Result<std::optional<VifCounters>> vif_counters(Family family, Slot slot) override;
    std::vector<FoundMembership> adopt_memberships() override;
    void release_strangers() override {}
    std::vector<FoundMembership> lost_memberships() override;
    int upcall_fd(Family /*family*/) const override { return -1; }
    int link_fd() const override { return -1; }
    void read_upcalls(Family family, std::vector<Upcall>& upcalls) override;
    bool read_links(std::vector<LinkEvent>& events) override;
    bool has_link_news() const override { return lost_ || !links_.empty(); }

    // The entry sees packets now: by its inbound, and by others.
    void carry(const Flow& flow, uint64_t packets, uint64_t elsewhere = 0);

    std::map<Flow, FlowCounters> flow_counters;
    std::map<std::pair<Family, Slot>, VifCounters> counters_of_vifs;
    std::map<Address, std::vector<unsigned>> unicast_routes;
    std::chrono::steady_clock::time_point now{std::chrono::seconds{1000}};
    bool tells_idle_time = true;
    bool fail_interfaces = false;
    bool fail_entries = false;

private:
    struct Entry {
        Slot iif = 0;
        Ttls ttls{};
        std::chrono::steady_clock::time_point used;
        bool hidden = false;  // for any source: its iif is not among its outbounds
    };
    using StarEntries = std::vector<std::pair<Installed::StarKey, Entry>>;
    struct Member {
        IfName name;        // at the time
        bool lost = false;  // with its interface; the socket has it still
    };
    struct Failure {
        size_t skip;
        int errno_value;
    };
    struct Death {
        size_t skip;
        bool done;
    };
    FoundEntry found(const Flow& flow, const Entry& entry) const;
    // As the kernel looks it up (KERNEL.md 4): the exact entry, else the newest for any source that
    // has the slot among its outbounds or as its iif.
    const Entry* lookup(const Flow& flow, Slot slot) const;
    const Entry* first_of(const Flow& flow) const;
    // Of the VIF in that slot.
    std::optional<unsigned> ifindex_in(Family family, Slot slot) const;
    using Vifs = std::map<std::pair<Family, Slot>, unsigned>;

    void tell_link(const LinkEvent& event) { (news_held_ ? held_ : links_).push_back(event); }
    // "?" if the slot has no VIF or that no interface.
    std::string name_of(Family family, Slot slot) const;
    // Where that interface has its VIF, if it is up.
    std::optional<Slot> slot_of(Family family, const IfName& name) const;
    // " eth1:1 eth2:5", by name; without those whose VIF has gone.
    std::string outbounds_text(Family family, const Ttls& ttls) const;
    Status carry_out(const AddVif& op);
    Status carry_out(const DelVif& op);
    Status carry_out(const PutEntry& op);
    Status carry_out(const DelEntry& op);
    Status carry_out(const Join& op);
    Status carry_out(const Leave& op);

    std::array<std::optional<Error>, kFamilies.size()> refusals_;
    std::map<unsigned, Interface> interfaces_;
    Vifs vifs_;
    std::map<Flow, Entry> entries_;
    StarEntries stars_;  // the oldest first
    std::map<FoundMembership, Member> memberships_;
    std::vector<LinkEvent> links_;
    std::vector<LinkEvent> held_;
    std::vector<Upcall> upcalls_;
    bool lost_ = false;
    bool news_held_ = false;
    std::optional<Death> death_;
    bool dead_ = false;
    std::optional<Failure> failure_;
    std::optional<std::pair<size_t, std::function<void()>>> interrupt_;
    std::optional<size_t> refused_kind_;
    std::function<void()> watch_;
    size_t op_count_ = 0;
};

}  // namespace smcroute
