// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// A packet filter for both families: one chain of nf_tables at one hook, which drops everything.
// Made without nft(8), for the base system has none.

#pragma once

#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "packet.h"
#include "support.h"

inline Bytes be32(int number) {
    Bytes bytes;
    append(bytes, htonl(static_cast<uint32_t>(number)));
    return bytes;
}

inline Bytes c_string(const std::string& text) {
    return {text.c_str(), text.c_str() + text.size() + 1};
}

inline Bytes attribute(int type, Bytes value) {
    Bytes bytes;
    append(bytes, nlattr{.nla_len = static_cast<uint16_t>(sizeof(nlattr) + value.size()),
                         .nla_type = static_cast<uint16_t>(type)});
    value.resize((value.size() + 3) / 4 * 4);
    bytes.insert(bytes.end(), value.begin(), value.end());
    return bytes;
}

inline Bytes message(int type, nfgenmsg head, const Bytes& attributes = {}, int flags = 0) {
    Bytes bytes;
    append(bytes, nlmsghdr{.nlmsg_len = static_cast<uint32_t>(sizeof(nlmsghdr) + sizeof head +
                                                              attributes.size()),
                           .nlmsg_type = static_cast<uint16_t>(type),
                           .nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags),
                           .nlmsg_seq = 0,
                           .nlmsg_pid = 0});
    append(bytes, head);
    bytes.insert(bytes.end(), attributes.begin(), attributes.end());
    return bytes;
}

inline Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// HOOK: makes the chain there; "off": removes it. Status 77 if the kernel has no nf_tables.
inline int run_filter(const std::string& hook) {
    constexpr int kTables = NFNL_SUBSYS_NFTABLES << 8;
    const nfgenmsg limit{.nfgen_family = AF_UNSPEC, .version = 0, .res_id = htons(kTables >> 8)};
    const nfgenmsg both{.nfgen_family = NFPROTO_INET, .version = 0, .res_id = 0};
    const int number = hook == "prerouting" ? NF_INET_PRE_ROUTING : NF_INET_FORWARD;
    const Bytes table = attribute(NFTA_TABLE_NAME, c_string("test"));
    const Bytes chain =
        attribute(NFTA_CHAIN_TABLE, c_string("test")) + attribute(NFTA_CHAIN_NAME, c_string(hook)) +
        attribute(NFTA_CHAIN_HOOK | NLA_F_NESTED, attribute(NFTA_HOOK_HOOKNUM, be32(number)) +
                                                      attribute(NFTA_HOOK_PRIORITY, be32(-300))) +
        attribute(NFTA_CHAIN_POLICY, be32(NF_DROP)) +
        attribute(NFTA_CHAIN_TYPE, c_string("filter"));
    const Bytes change =
        hook == "off"
            ? message(kTables | NFT_MSG_DELTABLE, both, table, NLM_F_ACK)
            : message(kTables | NFT_MSG_NEWTABLE, both, table, NLM_F_CREATE) +
                  message(kTables | NFT_MSG_NEWCHAIN, both, chain, NLM_F_CREATE | NLM_F_ACK);
    const Bytes batch =
        message(NFNL_MSG_BATCH_BEGIN, limit) + change + message(NFNL_MSG_BATCH_END, limit);

    const int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
    if (fd < 0) {
        return 77;
    }
    require(static_cast<int>(send(fd, batch.data(), batch.size(), 0)), "nf_tables");
    struct {
        nlmsghdr header;
        nlmsgerr error;
    } reply{};
    require(static_cast<int>(recv(fd, &reply, sizeof reply, 0)), "nf_tables");
    errno = -reply.error.error;
    if (errno == EOPNOTSUPP) {
        return 77;
    }
    require(errno == 0 ? 0 : -1, "nf_tables");
    return 0;
}
