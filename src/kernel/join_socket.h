// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// UdpJoinSockets: the real sockets behind Memberships. An unbound UDP socket holds memberships and
// is never given any data. Interfaces are meant by index; they may be down or without an address.
#pragma once

#include "kernel/membership.h"
#include "os/unique_fd.h"

namespace smcroute {

Result<UniqueFd> open_join_socket(Family family);
std::unique_ptr<JoinSocket> make_join_socket(UniqueFd fd, Family family);

class UdpJoinSockets final : public JoinSockets {
public:
    Result<std::unique_ptr<JoinSocket>> open(Family family) override;
};

}  // namespace smcroute
