// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Kernel: the seam between the router and the operating system. It speaks in ops, addresses and
// names; sockets, structs and numbers of the kernel stay behind it. LinuxKernel is the real one;
// the tests' FakeKernel records. Nothing here blocks.
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

// An upcall: the kernel saw a packet for which it wants an answer.
struct Upcall {
    enum class Kind : uint8_t {
        kNoCache,   // no entry for this (S,G): the kernel keeps up to 4 packets, for 10 s
        kWrongVif,  // there is an entry, but the packet came in elsewhere; at most one in 3 s
    };

    Kind kind = Kind::kNoCache;
    Slot slot = 0;  // the VIF or MIF it came in by
    Flow flow;

    friend bool operator==(const Upcall&, const Upcall&) = default;
};

// What the kernel counted for one entry. `packets` includes `wrong_if` and packets whose TTL was
// too low to go anywhere.
struct FlowCounters {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t wrong_if = 0;

    friend bool operator==(const FlowCounters&, const FlowCounters&) = default;
};

// An entry as the kernel tells of it: by interfaces, and only those whose VIF is there. An entry
// keeps the slots whose VIF has gone, but of these nobody can ask.
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

    friend bool operator==(const FoundEntry&, const FoundEntry&) = default;
};

class Kernel {
public:
    virtual ~Kernel() = default;

    // False where this kernel or namespace cannot route that family.
    virtual bool has(Family family) const = 0;

    // Carries out one op. The error's text is a whole clause without "cannot <describe(op)>: ",
    // which the caller puts before it.
    virtual Status apply(const Op& op) = 0;

    // Every interface of the namespace, freshly asked.
    virtual Result<std::vector<Interface>> interfaces() = 0;

    // The counters of an installed entry; exact key only.
    virtual Result<FlowCounters> counters(const Flow& flow) = 0;

    // How long ago an installed entry last saw a packet, or was made. Nothing where the kernel does
    // not tell (IPv6 before Linux 6.0); an error if there is no such entry.
    virtual Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) = 0;

    // Every entry that is installed, whoever did it; those that wait for an answer are left out.
    virtual Result<std::vector<FoundEntry>> entries(Family family) = 0;

    // Whether there is a VIF in this slot.
    virtual Result<bool> has_vif(Family family, Slot slot) = 0;

    // Descriptors to poll for reading; -1 where there is none.
    virtual int upcall_fd(Family family) const = 0;
    virtual int link_fd() const = 0;

    // Appends what has arrived, at most a bounded batch; a call that appends nothing means that the
    // queue is empty. Messages of no interest or that make no sense are dropped.
    virtual void read_upcalls(Family family, std::vector<Upcall>& upcalls) = 0;
    // As above. False if the kernel lost messages: ask interfaces() again.
    virtual bool read_links(std::vector<LinkEvent>& events) = 0;
};

}  // namespace smcroute
