// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/mrt_codec.h"

#include <cstring>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

// The structures below are cleared with memset(): `{}` leaves their padding as it was, and the
// whole structure goes to the kernel. A structure small enough to be returned in registers loses
// its padding on the way, so it is filled in place.

static_assert(kSlotCount == MAXVIFS && kSlotCount == MAXMIFS);

in_addr to_in_addr(const Address& address) {
    const Address::Ipv4Bytes bytes = address.ipv4();
    in_addr out{};
    memcpy(&out, bytes.data(), bytes.size());
    return out;
}

sockaddr_in6 to_sockaddr6(const Address& address) {
    sockaddr_in6 out{};
    out.sin6_family = AF_INET6;
    memcpy(&out.sin6_addr, address.ipv6().data(), address.ipv6().size());
    return out;
}

Address from_in_addr(const in_addr& in) {
    Address::Ipv4Bytes bytes{};
    memcpy(bytes.data(), &in, bytes.size());
    return Address::from_ipv4(bytes);
}

std::optional<Address> from_in6_addr(const in6_addr& in) {
    Address::Ipv6Bytes bytes{};
    memcpy(bytes.data(), &in, bytes.size());
    return Address::from_ipv6(bytes);
}

Ttls kernel_ttls(const PutEntry& entry) {
    Ttls ttls = entry.ttls;
    if (entry.flow.source.is_any() && !entry.hidden) {
        ttls[entry.iif] = 1;
    }
    return ttls;
}

// IGMPMSG_* and MRT6MSG_* are the same numbers.
static_assert(IGMPMSG_NOCACHE == MRT6MSG_NOCACHE && IGMPMSG_WRONGVIF == MRT6MSG_WRONGMIF);

std::optional<Upcall> make_upcall(unsigned type, unsigned slot, const Flow& flow) {
    if ((type != IGMPMSG_NOCACHE && type != IGMPMSG_WRONGVIF) || slot >= kSlotCount ||
        !flow.group.is_multicast() || flow.source.is_multicast() || flow.source.is_any()) {
        return std::nullopt;
    }
    const auto kind = type == IGMPMSG_NOCACHE ? Upcall::Kind::kNoCache : Upcall::Kind::kWrongVif;
    return Upcall{kind, static_cast<Slot>(slot), flow};
}

}  // namespace

vifctl encode_vif4(Slot slot, unsigned ifindex) {
    vifctl vif;
    memset(&vif, 0, sizeof vif);
    vif.vifc_vifi = slot;
    vif.vifc_flags = VIFF_USE_IFINDEX;
    vif.vifc_threshold = 1;
    vif.vifc_lcl_ifindex = static_cast<int>(ifindex);
    return vif;
}

void encode_vif6(Slot slot, uint16_t ifindex, mif6ctl& mif) {
    memset(&mif, 0, sizeof mif);
    mif.mif6c_mifi = slot;
    mif.vifc_threshold = 1;
    mif.mif6c_pifi = ifindex;
}

mfcctl encode_entry4(const DelEntry& entry) {
    mfcctl mfc;
    memset(&mfc, 0, sizeof mfc);
    mfc.mfcc_origin = to_in_addr(entry.flow.source);
    mfc.mfcc_mcastgrp = to_in_addr(entry.flow.group);
    mfc.mfcc_parent = entry.iif;
    return mfc;
}

mf6cctl encode_entry6(const DelEntry& entry) {
    mf6cctl mfc;
    memset(&mfc, 0, sizeof mfc);
    mfc.mf6cc_origin = to_sockaddr6(entry.flow.source);
    mfc.mf6cc_mcastgrp = to_sockaddr6(entry.flow.group);
    mfc.mf6cc_parent = entry.iif;
    return mfc;
}

mfcctl encode_entry4(const PutEntry& entry) {
    mfcctl mfc = encode_entry4(DelEntry{entry.flow, entry.iif});
    const Ttls ttls = kernel_ttls(entry);
    static_assert(sizeof mfc.mfcc_ttls == sizeof ttls);
    memcpy(mfc.mfcc_ttls, ttls.data(), ttls.size());
    return mfc;
}

mf6cctl encode_entry6(const PutEntry& entry) {
    mf6cctl mfc = encode_entry6(DelEntry{entry.flow, entry.iif});
    // kSlotCount bits are just the first word; IF_SET() would need <strings.h> and a C cast.
    static_assert(NIFBITS >= kSlotCount);
    mfc.mf6cc_ifset.ifs_bits[0] = outbounds_of(kernel_ttls(entry));
    return mfc;
}

sioc_sg_req encode_counters4(const Flow& flow) {
    sioc_sg_req request;
    memset(&request, 0, sizeof request);
    request.src = to_in_addr(flow.source);
    request.grp = to_in_addr(flow.group);
    return request;
}

sioc_sg_req6 encode_counters6(const Flow& flow) {
    sioc_sg_req6 request;
    memset(&request, 0, sizeof request);
    request.src = to_sockaddr6(flow.source);
    request.grp = to_sockaddr6(flow.group);
    return request;
}

// The message overlays an IPv4 header: im_mbz is where a packet has its protocol, which is never 0.
// Byte 11 holds the slot's upper byte on newer kernels and was zero before.
std::optional<Upcall> decode_upcall4(std::span<const std::byte> bytes) {
    constexpr size_t kUpperSlotByte = 11;
    const auto message = ByteReader(bytes).read<igmpmsg>();
    if (!message || message->im_mbz != 0 || bytes[kUpperSlotByte] != std::byte{0}) {
        return std::nullopt;
    }
    const Flow flow{from_in_addr(message->im_dst), from_in_addr(message->im_src)};
    return make_upcall(message->im_msgtype, message->im_vif, flow);
}

// im6_mbz is where a packet has its ICMPv6 type, which is never 0. The kernel sends 80 bytes; the
// second half of them is not initialised.
std::optional<Upcall> decode_upcall6(std::span<const std::byte> bytes) {
    const auto message = ByteReader(bytes).read<mrt6msg>();
    if (!message || message->im6_mbz != 0) {
        return std::nullopt;
    }
    const auto source = from_in6_addr(message->im6_src);
    const auto group = from_in6_addr(message->im6_dst);
    if (!source || !group) {
        return std::nullopt;
    }
    return make_upcall(message->im6_msgtype, message->im6_mif, {*group, *source});
}

}  // namespace smcroute
