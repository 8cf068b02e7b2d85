// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Finds out who holds the multicast routing table if we do not. The kernel does not report it, but
// the owner has a raw IGMP or ICMPv6 socket, which /proc lists for this network namespace, and
// /proc shows which processes have it open. Only for an error's text: the answer is a good guess.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mcast/address.h"

namespace smcroute {

struct Process {
    std::string name;
    int pid = 0;
};

// The inodes of the sockets of `protocol` in the text of /proc/net/raw or /proc/net/raw6.
std::vector<uint64_t> raw_socket_inodes(std::string_view table, unsigned protocol);

// "pimd (process 1234)". Several become "pimd (process 1234) or radvd (process 99)", at most three;
// if some are known multicast routers only those count. None is "another process".
std::string name_holder(std::vector<Process> candidates);

// The inodes of the sockets that listen on that path in the text of /proc/net/unix, even if the
// path names another file by now.
std::vector<uint64_t> listener_inodes(std::string_view table, std::string_view path);

// Every process that has a socket of this network namespace listening on that path, as far as we
// may look into it. Reads /proc.
std::vector<Process> find_holders_of_listener(const std::string& path);

// The holder of the family's table. Reads /proc.
std::string find_table_holder(Family family);

}  // namespace smcroute
