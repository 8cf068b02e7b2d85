// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors

// Room for what arrives at a socket while nobody reads it.
#pragma once

namespace smcroute {

// Without the privilege (CAP_NET_ADMIN) the kernel gives no more than net.core.rmem_max allows, and
// that is not an error.
void enlarge_receive_buffer(int fd, int bytes);

}  // namespace smcroute
