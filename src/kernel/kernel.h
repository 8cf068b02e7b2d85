// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Kernel: the seam between the router and the operating system. It takes ops, addresses and names;
// the kernel's sockets, structs and numbers stay behind it. LinuxKernel is the real one; the tests'
// FakeKernel records. Nothing here blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "mcast/interfaces.h"
#include "mcast/op.h"
#include "mcast/route.h"

namespace smcroute {

// An upcall: the kernel saw a packet and asks what to do with it.
struct Upcall {
    enum class Kind : uint8_t {
        kNoCache,   // no entry for this (S,G): the kernel keeps up to 4 packets, for 10 s
        kWrongVif,  // there is an entry, but the packet came in elsewhere; at most one in 3 s
    };

    Kind kind = Kind::kNoCache;
    Slot slot = 0;  // the VIF or MIF by which the packet came in
    Flow flow;

    friend bool operator==(const Upcall&, const Upcall&) = default;
};

// The kernel's counters for one entry. `packets` includes `wrong_if` and packets whose TTL was too
// low to go anywhere.
struct FlowCounters {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t wrong_if = 0;

    // Packets that came in by the entry's own inbound.
    uint64_t carried() const { return packets - wrong_if; }

    friend bool operator==(const FlowCounters&, const FlowCounters&) = default;
};

// The kernel's counters for one VIF: what came in by it and matched an entry, and what left by it.
struct VifCounters {
    uint64_t packets_in = 0;
    uint64_t bytes_in = 0;
    uint64_t packets_out = 0;
    uint64_t bytes_out = 0;

    friend bool operator==(const VifCounters&, const VifCounters&) = default;
};

// An entry as the kernel reports it: by interfaces, and only those whose VIF exists. An entry keeps
// slots whose VIF has gone, but nobody can ask for these.
struct FoundEntry {
    struct Outbound {
        unsigned ifindex = 0;
        uint8_t ttl = 1;  // as in Ttls

        friend bool operator==(const Outbound&, const Outbound&) = default;
    };

    Flow flow;
    std::optional<unsigned> iif;                    // an ifindex
    std::vector<Outbound> outbounds;                // by slot
    std::optional<std::chrono::milliseconds> idle;  // as Kernel::idle_time()
    FlowCounters counters = {};
    bool hidden = false;  // as in PutEntry, or because its iif had no VIF when it was written

    friend bool operator==(const FoundEntry&, const FoundEntry&) = default;
};

// A membership as a kernel keeps it; see Membership.
struct FoundMembership {
    unsigned ifindex = 0;
    Flow flow;

    friend auto operator<=>(const FoundMembership&, const FoundMembership&) = default;
};

class Kernel {
public:
    virtual ~Kernel() = default;

    // Why the family is not routed: this kernel or namespace cannot, another process owns its
    // table, or nobody wants it (kOk). Nothing if it is routed.
    virtual const std::optional<Error>& refusal(Family family) const = 0;
    bool has(Family family) const { return !refusal(family); }

    // Carries out one op. The error's text is a whole clause; the caller puts "cannot
    // <describe(op)>: " before it.
    virtual Status apply(const Op& op) = 0;

    // Every interface of the namespace, freshly asked.
    virtual Result<std::vector<Interface>> interfaces() = 0;

    // The counters of an installed entry; the key must match exactly. For any source the kernel
    // knows only one of the group's entries by this question, by idle_time() and by entry();
    // entries() tells them all.
    virtual Result<FlowCounters> counters(const Flow& flow) = 0;
    // Of them the packets that arrived on the entry's own inbound; nothing without an entry.
    std::optional<uint64_t> carried(const Flow& flow) {
        const auto found = counters(flow);
        return found ? std::optional(found->carried()) : std::nullopt;
    }

    // How long ago an installed entry last saw a packet, or was made. Nothing if the kernel does
    // not report it (IPv6 before Linux 6.0); an error if there is no such entry.
    virtual Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) = 0;

    // An installed entry as the kernel has it now; nothing if the kernel does not report it, as
    // above; an error if there is no such entry.
    virtual Result<std::optional<FoundEntry>> entry(const Flow& flow) = 0;

    // The ifindexes of the interfaces by which unicast routes lead to this address, more than one
    // for equal-cost paths. Empty if no route leads there, or the kernel does not report it.
    virtual std::vector<unsigned> unicast_route(const Address& address) = 0;

    // Every installed entry, whoever installed it; unresolved ones are left out. Those for any
    // source of one group stand in the order in which they were added.
    virtual Result<std::vector<FoundEntry>> entries(Family family) = 0;

    // The counters of the VIF in this slot; nothing if there is none.
    virtual Result<std::optional<VifCounters>> vif_counters(Family family, Slot slot) = 0;

    // The memberships that a predecessor left on sockets that are ours now. Call it once, before
    // anything is joined.
    virtual std::vector<FoundMembership> adopt_memberships() = 0;
    // Leaves whatever else a predecessor joined. Call it when all that is wanted is joined: a group
    // joined twice is then never left in between.
    virtual void release_strangers() = 0;
    // Memberships that we joined and the kernel no longer has: their interface is gone, and another
    // one has its ifindex now. Empty if the kernel does not report it.
    virtual std::vector<FoundMembership> lost_memberships() = 0;

    // Descriptors to poll for reading; -1 where there is none.
    virtual int upcall_fd(Family family) const = 0;
    virtual int link_fd() const = 0;

    // Appends the messages that have arrived, at most a bounded batch; a call that appends nothing
    // means that the queue is empty. Messages that are of no interest or make no sense are dropped.
    virtual void read_upcalls(Family family, std::vector<Upcall>& upcalls) = 0;
    // As above. False if the kernel lost messages: ask interfaces() again.
    virtual bool read_links(std::vector<LinkEvent>& events) = 0;
    // Whether read_links() has something to report. The kernel queues the event for a deleted
    // interface before it carries out another op: if nothing is queued, every VIF that an op before
    // this call relied on was there.
    virtual bool has_link_news() const = 0;
};

}  // namespace smcroute
