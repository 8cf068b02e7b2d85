// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/linux_kernel.h"

#include <utility>
#include <variant>

namespace smcroute {

namespace {

// Carries out each kind of op.
class Carrier {
public:
    Carrier(const LinuxKernel::Families& families, Memberships& memberships)
        : families_(families), memberships_(memberships) {}

    Status operator()(const AddVif& op) const {
        return with(op.family, [&](Mrt& mrt) { return mrt.add_vif(op); });
    }
    Status operator()(const DelVif& op) const {
        return with(op.family, [&](Mrt& mrt) { return mrt.del_vif(op.slot); });
    }
    Status operator()(const PutEntry& op) const {
        return with(op.flow.family(), [&](Mrt& mrt) { return mrt.put_entry(op); });
    }
    Status operator()(const DelEntry& op) const {
        return with(op.flow.family(), [&](Mrt& mrt) { return mrt.del_entry(op); });
    }
    Status operator()(const Join& op) const { return memberships_.join(op.membership); }
    Status operator()(const Leave& op) const { return memberships_.leave(op.membership); }

private:
    template <typename Call>
    Status with(Family family, Call call) const {
        if (Mrt* const mrt = families_.mrts[index_of(family)].get()) {
            return call(*mrt);
        }
        return *families_.refusals[index_of(family)];
    }

    const LinuxKernel::Families& families_;
    Memberships& memberships_;
};

}  // namespace

Result<std::unique_ptr<LinuxKernel>> LinuxKernel::create(RoutingSockets sockets,
                                                         const KernelOptions& options,
                                                         JoinSockets& join_sockets) {
    Families families{.mrts = {}, .refusals = std::move(sockets.refusals)};
    for (const Family family : kFamilies) {
        if (UniqueFd& fd = sockets.fds[index_of(family)]) {
            families.mrts[index_of(family)] =
                family == Family::kIpv4 ? create_mrt4(std::move(fd)) : create_mrt6(std::move(fd));
        }
    }
    auto links = RtnlSocket::create();
    if (!links) {
        return links.error();
    }
    auto query = EntryQuery::create(options.table);
    if (!query) {
        return query.error();
    }
    return std::make_unique<LinuxKernel>(options, std::move(*links), std::move(*query),
                                         std::move(families), join_sockets);
}

Status LinuxKernel::apply(const Op& op) { return std::visit(Carrier(families_, memberships_), op); }

Result<FlowCounters> LinuxKernel::counters(const Flow& flow) {
    const Family family = flow.family();
    if (const auto& mrt = families_.mrts[index_of(family)]) {
        return mrt->counters(flow);
    }
    return *refusal(family);
}

Result<std::vector<FoundEntry>> LinuxKernel::entries(Family family) {
    return has(family) ? dump_entries(family, table_) : *refusal(family);
}

Result<std::optional<VifCounters>> LinuxKernel::vif_counters(Family family, Slot slot) {
    if (const auto& mrt = families_.mrts[index_of(family)]) {
        return mrt->vif_counters(slot);
    }
    return *refusal(family);
}

int LinuxKernel::upcall_fd(Family family) const {
    const auto& mrt = families_.mrts[index_of(family)];
    return mrt ? mrt->fd() : -1;
}

void LinuxKernel::read_upcalls(Family family, std::vector<Upcall>& upcalls) {
    if (const auto& mrt = families_.mrts[index_of(family)]) {
        mrt->read(upcalls);
    }
}

}  // namespace smcroute
