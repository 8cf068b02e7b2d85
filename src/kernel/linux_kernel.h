// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// LinuxKernel: the Kernel that is one. It owns the multicast routing sockets of both families, the
// sockets that hold memberships and the one for news about interfaces, all of the network namespace
// it was created in. Destroying it removes everything it installed and joined.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "kernel/entry_query.h"
#include "kernel/join_socket.h"
#include "kernel/kernel.h"
#include "kernel/membership.h"
#include "kernel/mrt.h"
#include "kernel/rtnl_socket.h"

namespace smcroute {

struct KernelOptions {
    std::optional<uint32_t> table;  // the default table if not given
};

class LinuxKernel final : public Kernel {
public:
    // A family that this kernel cannot route is left out, see refusal(); an error is that neither
    // can be routed (kNoMulticast), that another process owns a table (kUnavailable), or that
    // privilege is missing (kNoPermission).
    static Result<std::unique_ptr<LinuxKernel>> create(const KernelOptions& options);

    // What create() has opened; each family either is there or was refused.
    struct Families {
        std::array<std::unique_ptr<Mrt>, kFamilies.size()> mrts;
        std::array<std::optional<Error>, kFamilies.size()> refusals;
    };
    LinuxKernel(RtnlSocket links, EntryQuery query, Families families)
        : links_(std::move(links)), query_(std::move(query)), families_(std::move(families)) {}

    // Why has(family) is false.
    const std::optional<Error>& refusal(Family family) const {
        return families_.refusals[index_of(family)];
    }

    bool has(Family family) const override { return families_.mrts[index_of(family)] != nullptr; }
    Status apply(const Op& op) override;
    Result<std::vector<Interface>> interfaces() override { return dump_interfaces(); }
    Result<FlowCounters> counters(const Flow& flow) override;
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) override {
        return query_.idle_time(flow);
    }
    int upcall_fd(Family family) const override;
    int link_fd() const override { return links_.fd(); }
    void read_upcalls(Family family, std::vector<Upcall>& upcalls) override;
    bool read_links(std::vector<LinkEvent>& events) override { return links_.read(events); }

private:
    RtnlSocket links_;
    EntryQuery query_;
    UdpJoinSockets join_sockets_;
    Memberships memberships_{join_sockets_};
    Families families_;
};

}  // namespace smcroute
