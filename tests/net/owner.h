// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// A multicast router that is not smcroute: it owns the kernel's table of each family of which it is
// given a stream, has two interfaces in it, forwards that stream from the first to the second, and
// sleeps.

#pragma once

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/mroute.h>
#include <linux/mroute6.h>

#include "packet.h"
#include "support.h"

inline unsigned interface_named(const std::string& name) {
    const unsigned index = if_nametoindex(name.c_str());
    require(index == 0 ? -1 : 0, name.c_str());
    return index;
}

inline void own4(const std::string& iif, const std::string& oif, const Address& source,
                 const Address& group) {
    const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
    const int one = 1;
    require(setsockopt(fd, IPPROTO_IP, MRT_INIT, &one, sizeof one), "MRT_INIT");
    vifi_t slot = 0;
    for (const std::string& name : {iif, oif}) {
        vifctl vif{};
        vif.vifc_vifi = slot++;
        vif.vifc_flags = VIFF_USE_IFINDEX;
        vif.vifc_threshold = 1;
        vif.vifc_lcl_ifindex = static_cast<int>(interface_named(name));
        require(setsockopt(fd, IPPROTO_IP, MRT_ADD_VIF, &vif, sizeof vif), "MRT_ADD_VIF");
    }
    mfcctl entry{};
    std::memcpy(&entry.mfcc_origin, source.bytes.data(), 4);
    std::memcpy(&entry.mfcc_mcastgrp, group.bytes.data(), 4);
    entry.mfcc_ttls[1] = 1;
    require(setsockopt(fd, IPPROTO_IP, MRT_ADD_MFC, &entry, sizeof entry), "MRT_ADD_MFC");
}

inline void own6(const std::string& iif, const std::string& oif, const Address& source,
                 const Address& group) {
    const int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    const int one = 1;
    require(setsockopt(fd, IPPROTO_IPV6, MRT6_INIT, &one, sizeof one), "MRT6_INIT");
    mifi_t slot = 0;
    for (const std::string& name : {iif, oif}) {
        mif6ctl mif{};
        mif.mif6c_mifi = slot++;
        mif.vifc_threshold = 1;
        mif.mif6c_pifi = static_cast<uint16_t>(interface_named(name));
        require(setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MIF, &mif, sizeof mif), "MRT6_ADD_MIF");
    }
    mf6cctl entry{};
    std::memcpy(&entry.mf6cc_origin.sin6_addr, source.bytes.data(), 16);
    std::memcpy(&entry.mf6cc_mcastgrp.sin6_addr, group.bytes.data(), 16);
    entry.mf6cc_ifset.ifs_bits[0] = 1U << 1;
    require(setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MFC, &entry, sizeof entry), "MRT6_ADD_MFC");
}

// WORDS: own IIF OIF, and SOURCE GROUP for each stream, one of a family.
inline int run_own(const std::vector<std::string>& words) {
    for (size_t i = 3; i + 1 < words.size(); i += 2) {
        const Address source = address_argument(words[i]);
        (source.family == AF_INET ? own4 : own6)(words[1], words[2], source,
                                                 address_argument(words[i + 1]));
    }
    std::puts("ready");
    std::fflush(stdout);
    return pause();
}
