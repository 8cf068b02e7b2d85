// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// GroupLists: which groups are joined on which interface, and by how many sockets, as /proc
// reports.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "mcast/address.h"
#include "os/unique_fd.h"

namespace smcroute {

using InterfaceGroup = std::pair<unsigned, Address>;  // by ifindex
using GroupUsers = std::map<InterfaceGroup, unsigned>;

// Parses the text of /proc/net/igmp or /proc/net/igmp6. Lines that make no sense are left out.
GroupUsers parse_group_list(Family family, std::string_view text);

class GroupLists {
public:
    // Opens both files: later they may be out of reach.
    GroupLists();

    // Nothing if the file cannot be read.
    std::optional<GroupUsers> read(Family family) const;

private:
    std::array<UniqueFd, kFamilies.size()> fds_;
};

}  // namespace smcroute
