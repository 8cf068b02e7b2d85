// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Users, groups and capabilities: leaving root behind (`-p USER[:GROUP]`), and whom `--group`
// means. Names are looked up before anything starts, since a name service may take its time;
// becoming that user is then a few system calls.
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

// USER or USER:GROUP, by name or number. Without a group it is the user's own. The user's
// supplementary groups come along.
Result<UserIdentity> look_up_user(std::string_view text);

// Whom to become when the operator names nobody: the user "smcroute" if /etc/passwd has one, else a
// number that no account and no process has, so that nobody else may signal or trace us. No name
// service is asked.
UserIdentity default_user();

struct GroupIdentity {
    std::string name;  // as the operator wrote it
    gid_t gid = 0;
};

// By name or number.
Result<GroupIdentity> look_up_group(const std::string& name);

// Becomes that user. Which capabilities remain is the kernel's rule (capabilities(7)); see below.
Status become_user(const UserIdentity& user);

// Of the capabilities that the process may have, keeps and has these, as bits of the first 32 of
// them, for itself alone; zero: none.
Status keep_capabilities(uint32_t capabilities);

// Becomes that user for good. Of the capabilities held, those for raw sockets and for the network's
// configuration stay (the routing sockets of a table, joins on sockets yet to be opened); none is
// passed on to scripts. An error leaves the process in between: do not go on.
Status drop_privileges(const UserIdentity& user);

}  // namespace smcroute
