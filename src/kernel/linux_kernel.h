// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// LinuxKernel: the real Kernel. It has the multicast routing sockets of both families, the sockets
// that hold memberships and the socket for link events, all of the network namespace it was created
// in. Destroying it removes everything it installed and joined, unless another process holds those
// sockets too.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "kernel/entry_query.h"
#include "kernel/kernel.h"
#include "kernel/membership.h"
#include "kernel/mrt.h"
#include "kernel/routing_sockets.h"
#include "kernel/rtnl_socket.h"

namespace smcroute {

class LinuxKernel final : public Kernel {
public:
    // Needs no privilege. The sockets may be new, or come from another LinuxKernel with the same
    // options, with whatever is installed on them. `join_sockets` must outlive this.
    static Result<std::unique_ptr<LinuxKernel>> create(RoutingSockets sockets,
                                                       const KernelOptions& options,
                                                       JoinSockets& join_sockets);

    // For create(): each family either has an Mrt or a refusal.
    struct Families {
        std::array<std::unique_ptr<Mrt>, kFamilies.size()> mrts;
        std::array<std::optional<Error>, kFamilies.size()> refusals;
    };
    LinuxKernel(const KernelOptions& options, RtnlSocket links, EntryQuery query, Families families,
                JoinSockets& join_sockets)
        : table_(options.table),
          links_(std::move(links)),
          query_(std::move(query)),
          memberships_(join_sockets),
          families_(std::move(families)) {}

    const std::optional<Error>& refusal(Family family) const override {
        return families_.refusals[index_of(family)];
    }
    Status apply(const Op& op) override;
    Result<std::vector<Interface>> interfaces() override { return dump_interfaces(); }
    Result<FlowCounters> counters(const Flow& flow) override;
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) override {
        return query_.idle_time(flow);
    }
    Result<std::optional<FoundEntry>> entry(const Flow& flow) override {
        return query_.entry(flow);
    }
    std::vector<unsigned> unicast_route(const Address& address) override {
        return query_.unicast_route(address);
    }
    Result<std::vector<FoundEntry>> entries(Family family) override;
    Result<std::optional<VifCounters>> vif_counters(Family family, Slot slot) override;
    std::vector<FoundMembership> adopt_memberships() override { return memberships_.adopt(); }
    void release_strangers() override { memberships_.release_strangers(); }
    std::vector<FoundMembership> lost_memberships() override { return memberships_.lost(); }
    int upcall_fd(Family family) const override;
    int link_fd() const override { return links_.fd(); }
    void read_upcalls(Family family, std::vector<Upcall>& upcalls) override;
    bool read_links(std::vector<LinkEvent>& events) override { return links_.read(events); }
    bool has_link_news() const override { return links_.has_news(); }

private:
    std::optional<uint32_t> table_;
    RtnlSocket links_;
    EntryQuery query_;
    Memberships memberships_;
    Families families_;
};

}  // namespace smcroute
