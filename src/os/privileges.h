// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Users, groups and capabilities: giving up root (`-p USER[:GROUP]`), and the group of `--group`.
// Names are looked up before anything starts, since a name service may be slow; becoming that user
// is then a few system calls.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace smcroute {

struct UserIdentity {
    std::string name;  // as the operator wrote it
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // supplementary ones
};

// USER or USER:GROUP, by name or number. Without GROUP it is the user's own group. The user's
// supplementary groups are included.
Result<UserIdentity> look_up_user(std::string_view text);

// The user to become when the operator names nobody: the user "smcroute" if /etc/passwd has one,
// else a number that no account and no process has, so that nobody else may signal or trace us. No
// name service is asked.
UserIdentity default_user();

struct GroupIdentity {
    std::string name;  // as the operator wrote it
    gid_t gid = 0;
};

// By name or number.
Result<GroupIdentity> look_up_group(const std::string& name);

// Becomes that user. The kernel's rules decide which capabilities remain (capabilities(7)); see
// below.
Status become_user(const UserIdentity& user);

// Keeps, and makes effective, only these capabilities, as far as the process may have them; bits of
// the first 32 of them. They are not inherited; zero: none.
Status keep_capabilities(uint32_t capabilities);

// Becomes that user for good. Of the capabilities held, those for raw sockets and network
// configuration stay (for the routing sockets of a table, and for joins on sockets opened later);
// none is passed on to scripts. An error leaves the process half changed: do not go on.
Status drop_privileges(const UserIdentity& user);

}  // namespace smcroute
