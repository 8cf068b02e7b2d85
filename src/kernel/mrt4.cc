// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <array>
#include <cerrno>
#include <cstring>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <linux/filter.h>
#include <linux/mroute.h>

#include "kernel/mrt.h"
#include "kernel/mrt_codec.h"

namespace smcroute {

namespace {

class Mrt4 final : public Mrt {
public:
    explicit Mrt4(UniqueFd fd) : Mrt(std::move(fd), IPPROTO_IP, decode_upcall4) {}

    Status add_vif(const AddVif& vif) override {
        return set(MRT_ADD_VIF, encode_vif4(vif.slot, vif.ifindex));
    }

    Status del_vif(Slot slot) override {
        return set(MRT_DEL_VIF, encode_vif4(slot, 0), EADDRNOTAVAIL);
    }

    Status put_entry(const PutEntry& entry) override {
        const bool any = entry.flow.source.is_any();
        return set(any ? MRT_ADD_MFC_PROXY : MRT_ADD_MFC, encode_entry4(entry));
    }

    Status del_entry(const DelEntry& entry) override {
        const bool any = entry.flow.source.is_any();
        return set(any ? MRT_DEL_MFC_PROXY : MRT_DEL_MFC, encode_entry4(entry), ENOENT);
    }

    Result<std::optional<VifCounters>> vif_counters(Slot slot) const override {
        sioc_vif_req request{};
        request.vifi = slot;
        return counters_from(ioctl(fd(), SIOCGETVIFCNT, &request), request);
    }

    Result<FlowCounters> counters(const Flow& flow) const override {
        sioc_sg_req request = encode_counters4(flow);
        if (ioctl(fd(), SIOCGETSGCNT, &request) != 0) {
            return Error{strerror(errno)};
        }
        return FlowCounters{request.pktcnt, request.bytecnt, request.wrong_if};
    }
};

}  // namespace

// Upcalls pass a socket's filter just like packets. Without a filter every IGMP report of the
// network would wake the daemon, and a flood of them would leave no room for upcalls.
void accept_only_upcalls4(int fd) {
    constexpr uint32_t kProtocolByte = 9;
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kProtocolByte),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    // The decoder drops packets too, so failing to set the filter is harmless.
    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

std::unique_ptr<Mrt> create_mrt4(UniqueFd fd) { return std::make_unique<Mrt4>(std::move(fd)); }

}  // namespace smcroute
