// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Bytes on a Unix socket with descriptors along (SCM_RIGHTS), as sendmsg() and recvmsg() would.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <sys/types.h>

#include "os/unique_fd.h"

namespace smcroute {

// The kernel takes 253 with one message.
inline constexpr size_t kMostPassed = 200;

// The size sent, or -1 and errno. The descriptors, kMostPassed at most, stay the caller's.
ssize_t send_passing(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors,
                     int flags);

// The size received, or -1 and errno. Of a message that was cut at either end `whole` is false;
// whatever descriptors came, closed by exec(), are appended all the same, so that none is left open
// unseen.
ssize_t receive_passed(int socket, std::span<std::byte> bytes, std::vector<UniqueFd>& descriptors,
                       bool& whole);

}  // namespace smcroute
