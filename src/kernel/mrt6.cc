// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <linux/mroute6.h>

#include "base/text.h"
#include "kernel/mrt.h"
#include "kernel/mrt_codec.h"

namespace smcroute {

namespace {

class Mrt6 final : public Mrt {
public:
    explicit Mrt6(UniqueFd fd) : Mrt(std::move(fd), IPPROTO_IPV6, decode_upcall6) {}

    Status add_vif(const AddVif& vif) override {
        using MifIndex = decltype(mif6ctl::mif6c_pifi);
        constexpr unsigned kHighest = std::numeric_limits<MifIndex>::max();
        if (vif.ifindex > kHighest) {
            // Cut to 16 bits, the ifindex would name another interface.
            return Error{
                compose(
                    "its ifindex {} is above {}, the highest that IPv6 multicast routing can use",
                    vif.ifindex, kHighest),
                ExitStatus::kSystem};
        }
        mif6ctl mif;
        encode_vif6(vif.slot, static_cast<MifIndex>(vif.ifindex), mif);
        return set(MRT6_ADD_MIF, mif);
    }

    Status del_vif(Slot slot) override {
        const mifi_t mif = slot;
        return set(MRT6_DEL_MIF, mif, EADDRNOTAVAIL);
    }

    Status put_entry(const PutEntry& entry) override {
        const bool any = entry.flow.source.is_any();
        return set(any ? MRT6_ADD_MFC_PROXY : MRT6_ADD_MFC, encode_entry6(entry));
    }

    Status del_entry(const DelEntry& entry) override {
        const bool any = entry.flow.source.is_any();
        return set(any ? MRT6_DEL_MFC_PROXY : MRT6_DEL_MFC, encode_entry6(entry), ENOENT);
    }

    Result<std::optional<VifCounters>> vif_counters(Slot slot) const override {
        sioc_mif_req6 request{};
        request.mifi = slot;
        return counters_from(ioctl(fd(), SIOCGETMIFCNT_IN6, &request), request);
    }

    Result<FlowCounters> counters(const Flow& flow) const override {
        sioc_sg_req6 request = encode_counters6(flow);
        if (ioctl(fd(), SIOCGETSGCNT_IN6, &request) != 0) {
            return Error{strerror(errno)};
        }
        return FlowCounters{request.pktcnt, request.bytecnt, request.wrong_if};
    }
};

}  // namespace

// The ICMPv6 type filter always lets upcalls pass.
void accept_only_upcalls6(int fd) {
    icmp6_filter filter{};
    ICMP6_FILTER_SETBLOCKALL(&filter);
    // The decoder drops packets too, so failing to set the filter is harmless.
    (void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
}

std::unique_ptr<Mrt> create_mrt6(UniqueFd fd) { return std::make_unique<Mrt6>(std::move(fd)); }

}  // namespace smcroute
