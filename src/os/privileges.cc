// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/privileges.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/byte_reader.h"
#include "base/text.h"
#include "os/child.h"
#include "os/exit_status.h"

namespace smcroute {

namespace {

// The kernel's interface for capabilities (capabilities(7)); libc has no functions for it.
constexpr uint32_t kCapabilityVersion3 = 0x20080522;
constexpr uint32_t kCapNetAdmin = 1U << 12;
constexpr uint32_t kCapNetRaw = 1U << 13;

constexpr gid_t kNoGroup = UINT32_MAX;

struct CapabilityHeader {
    uint32_t version = kCapabilityVersion3;
    int pid = 0;  // ourselves
};

struct CapabilitySets {
    uint32_t effective = 0;
    uint32_t permitted = 0;
    uint32_t inheritable = 0;
};

// A number must be below the highest one, which the system calls take for "unchanged".
std::optional<uint32_t> parse_id(std::string_view text) {
    const auto id = parse_number<uint32_t>(text);
    return id == UINT32_MAX ? std::nullopt : id;
}

std::vector<gid_t> groups_of(const char* user, gid_t gid) {
    int count = 64;
    std::vector<gid_t> groups(static_cast<size_t>(count));
    while (getgrouplist(user, gid, groups.data(), &count) < 0) {
        groups.resize(static_cast<size_t>(count));
    }
    groups.resize(static_cast<size_t>(count));
    return groups;
}

// What libc knows about a name: its ids, or none.
using Ids = std::vector<uint32_t>;

Ids ids_of_user(const std::string& name, std::optional<uid_t> number) {
    const passwd* entry = getpwnam(name.c_str());
    if (entry == nullptr && number) {
        entry = getpwuid(*number);
    }
    if (entry == nullptr) {
        return {};
    }
    const Ids own = {entry->pw_uid, entry->pw_gid};
    Ids ids = groups_of(entry->pw_name, own[1]);
    ids.insert(ids.begin(), own.begin(), own.end());
    return ids;
}

Ids ids_of_group(const std::string& name) {
    const group* const entry = getgrnam(name.c_str());
    return entry != nullptr ? Ids{entry->gr_gid} : Ids{};
}

// Runs in a process of its own: libc keeps the modules that it loads for this (nsswitch.conf),
// which may be several times as large as the whole guard.
Result<Ids> look_up(std::string_view what, const std::string& name,
                    const std::function<Ids()>& ids_of) {
    const auto answer = answer_of_child([&] {
        const Ids ids = ids_of();
        return std::string(reinterpret_cast<const char*>(ids.data()),
                           ids.size() * sizeof(uint32_t));
    });
    if (!answer) {
        return Error{compose("cannot look up {} \"{}\": {}", what, name, answer.error().text),
                     answer.error().status};
    }
    Ids ids;
    ByteReader in(std::as_bytes(std::span(*answer)));
    while (const auto id = in.read<uint32_t>()) {
        ids.push_back(*id);
    }
    return ids;
}

Error usage_error(std::string text) { return Error{std::move(text), ExitStatus::kUsage}; }

// A number need not be known to the system, but then nothing is known about its groups.
Result<UserIdentity> find_user(const std::string& name) {
    const auto number = parse_id(name);
    const auto ids = look_up("user", name, [&] { return ids_of_user(name, number); });
    if (!ids) {
        return ids.error();
    }
    if (!ids->empty()) {
        return UserIdentity{name, (*ids)[0], (*ids)[1], {ids->begin() + 2, ids->end()}};
    }
    if (number) {
        return UserIdentity{name, *number, kNoGroup, {}};
    }
    return usage_error(compose("there is no user \"{}\"", name));
}

// Nobody assigns these ids: they follow the ranges of systemd-homed and of systemd's containers,
// and the range of DynamicUser= follows them (systemd.io/UIDS-GIDS).
constexpr uid_t kFirstUnusedUser = 60578;
constexpr uid_t kUnusedUsers = 606;

struct CloseFile {
    void operator()(FILE* file) const { fclose(file); }
};

// As far as we can see them.
bool has_processes(uid_t user) {
    errno = 0;
    getpriority(PRIO_USER, user);
    return errno != ESRCH;
}

bool is_already(const UserIdentity& user) {
    return getuid() == user.uid && geteuid() == user.uid && getgid() == user.gid &&
           getegid() == user.gid && user.uid != 0;
}

}  // namespace

Result<GroupIdentity> look_up_group(const std::string& name) {
    const auto ids = look_up("group", name, [&] { return ids_of_group(name); });
    if (!ids) {
        return ids.error();
    }
    const auto gid = ids->empty() ? parse_id(name) : std::optional((*ids)[0]);
    if (!gid) {
        return usage_error(compose("there is no group \"{}\"", name));
    }
    return GroupIdentity{name, *gid};
}

Result<UserIdentity> look_up_user(std::string_view text) {
    const size_t colon = text.find(':');
    auto user = find_user(std::string(text.substr(0, colon)));
    if (!user) {
        return user;
    }
    if (colon != std::string_view::npos) {
        const auto group = look_up_group(std::string(text.substr(colon + 1)));
        if (!group) {
            return group.error();
        }
        user->gid = group->gid;
    }
    if (user->gid == kNoGroup) {
        return usage_error(
            compose("user {} has no group: say which, as in {}:GROUP", user->name, user->name));
    }
    return user;
}

// Two daemons that start at once begin to search at different ids.
UserIdentity default_user() {
    std::vector<uid_t> known;
    const std::unique_ptr<FILE, CloseFile> accounts(fopen("/etc/passwd", "re"));
    while (const passwd* const entry = accounts ? fgetpwent(accounts.get()) : nullptr) {
        if (std::string_view(entry->pw_name) == "smcroute" && entry->pw_uid != 0) {
            return {entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
        }
        known.push_back(entry->pw_uid);
    }
    uid_t uid = 0;
    for (uid_t i = 0; i < kUnusedUsers; ++i) {
        uid = kFirstUnusedUser + (static_cast<uid_t>(getpid()) + i) % kUnusedUsers;
        if (std::find(known.begin(), known.end(), uid) == known.end() && !has_processes(uid)) {
            break;
        }
    }
    return {std::to_string(uid), uid, uid, {}};
}

Status become_user(const UserIdentity& user) {
    if (setgroups(user.groups.size(), user.groups.data()) != 0 ||
        setresgid(user.gid, user.gid, user.gid) != 0 ||
        setresuid(user.uid, user.uid, user.uid) != 0) {
        return system_error(compose("cannot become user {}", user.name), errno,
                            exit_status_of(errno));
    }
    return {};
}

// The ambient capabilities go with the inheritable ones.
Status keep_capabilities(uint32_t capabilities) {
    CapabilityHeader header;
    std::array<CapabilitySets, 2> sets;  // of 32 capabilities each
    if (syscall(SYS_capget, &header, sets.data()) == 0) {
        const uint32_t kept = sets[0].permitted & capabilities;
        sets = {CapabilitySets{kept, kept, 0}, CapabilitySets{}};
        if (syscall(SYS_capset, &header, sets.data()) == 0) {
            return {};
        }
    }
    return system_error("cannot give up capabilities", errno);
}

// Without PR_SET_KEEPCAPS, the change of user would remove all capabilities.
Status drop_privileges(const UserIdentity& user) {
    if (is_already(user)) {
        return {};
    }
    if (prctl(PR_SET_KEEPCAPS, 1) != 0) {
        return system_error("cannot keep capabilities", errno);
    }
    const Status changed = become_user(user);
    return changed ? keep_capabilities(kCapNetAdmin | kCapNetRaw) : changed;
}

}  // namespace smcroute
