// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Sends and receives bytes with descriptors on a Unix socket (SCM_RIGHTS), like sendmsg() and
// recvmsg().
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <sys/types.h>

#include "os/unique_fd.h"

namespace smcroute {

// The kernel allows 253 with one message.
inline constexpr size_t kMostPassed = 200;

// Returns the size sent, or -1 and errno. The caller keeps the descriptors, kMostPassed at most.
ssize_t send_passing(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors,
                     int flags);

// Returns the size received, or -1 and errno. If bytes or descriptors of the message were cut off,
// `whole` is false; the descriptors that came, closed by exec(), are still appended, so that none
// is left open unnoticed.
ssize_t receive_passed(int socket, std::span<std::byte> bytes, std::vector<UniqueFd>& descriptors,
                       bool& whole);

}  // namespace smcroute
