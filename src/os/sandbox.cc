// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/sandbox.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace smcroute {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||
                            __has_feature(memory_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// Without CAP_SETPCAP the capabilities stay; no_new_privs keeps the process from gaining any
// through them.
void empty_bounding_set() {
    for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) {
        ++capability;
    }
}

// ---- Landlock: the kernel's interface (landlock(7)), which is newer than many kernel headers ----

struct LandlockRuleset {
    uint64_t handled_access_fs = 0;
    uint64_t handled_access_net = 0;
    uint64_t scoped = 0;
};

// Each version of the interface includes all of the previous one.
LandlockRuleset all_that_is_known_to(long version) {
    constexpr uint64_t kBindTcp = 1U << 0;
    constexpr uint64_t kConnectTcp = 1U << 1;
    constexpr uint64_t kAbstractUnixSocket = 1U << 0;
    constexpr uint64_t kSignal = 1U << 1;
    // Versions 2, 3 and 5 added one right each: to link elsewhere, to truncate, to ioctl().
    const int file_rights = 13 + (version >= 2) + (version >= 3) + (version >= 5);
    LandlockRuleset ruleset{.handled_access_fs = (uint64_t{1} << file_rights) - 1};
    if (version >= 4) {
        ruleset.handled_access_net = kBindTcp | kConnectTcp;
    }
    if (version >= 6) {
        ruleset.scoped = kAbstractUnixSocket | kSignal;
    }
    return ruleset;
}

// A ruleset that handles everything and has no rule grants nothing. Datagrams on a socket that was
// connected before can still be sent.
bool enter_landlock() {
#ifdef SYS_landlock_create_ruleset
    constexpr uint32_t kAskForVersion = 1;
    const long version = syscall(SYS_landlock_create_ruleset, nullptr, size_t{0}, kAskForVersion);
    if (version < 1) {
        return false;
    }
    const LandlockRuleset ruleset = all_that_is_known_to(version);
    const long fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
    if (fd < 0) {
        return false;
    }
    const bool entered = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(static_cast<int>(fd));
    return entered;
#else
    return false;
#endif
}

// The filter comes last: it refuses the calls that the other steps use.
void confine(Confinement& confinement, bool debugging) {
    confinement.landlock = enter_landlock();
    confinement.seccomp =
        install_syscall_filter(debugging ? RefusedCall::kFailsAndIsReported : RefusedCall::kFails);
}

}  // namespace

Result<Confinement> enter_sandbox(const SandboxSettings& settings) {
    Confinement confinement;
    confinement.left_out = kSanitized;
    // syslog() writes local time, and the time zone's file is about to be out of reach.
    tzset();
    empty_bounding_set();
    if (settings.user) {
        if (const Status changed = become_user(*settings.user); !changed) {
            if (!settings.user_may_fail) {
                return changed.error();
            }
            confinement.user_kept = changed.error();
        }
    }
    if (const Status dropped = keep_capabilities(0); !dropped) {
        return dropped.error();
    }
    const bool traceable = kSanitized || settings.debugging;
    if (prctl(PR_SET_DUMPABLE, traceable ? 1 : 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return system_error("cannot set no_new_privs", errno);
    }
    if (!kSanitized) {
        confine(confinement, settings.debugging);
    }
    return confinement;
}

}  // namespace smcroute
