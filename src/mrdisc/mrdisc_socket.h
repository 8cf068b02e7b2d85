// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// MrdiscSocket: sends and receives Multicast Router Discovery on one interface with one family.
// Each interface has sockets of its own: closing them undoes everything, an interface that has
// vanished leaves nothing behind, and the kernel's limit of groups for a socket does not matter. It
// is an abstract class, so that Mrdisc is tested without a network; RawMrdiscSockets has the real
// ones.
//
// These sockets are separate from the routing sockets, and must be: IP_ROUTER_ALERT on a routing
// socket would end all forwarding.
#pragma once

#include <memory>

#include "base/result.h"
#include "mcast/address.h"
#include "mcast/interfaces.h"
#include "mrdisc/mrdisc_codec.h"
#include "os/unique_fd.h"

namespace smcroute {

class MrdiscSocket {
public:
    virtual ~MrdiscSocket() = default;

    // Readable when something has arrived.
    virtual int fd() const = 0;
    // 0 or an errno. Never waits.
    virtual int send(const MrdiscMessage& message) = 0;
    // Takes some of the packets that have arrived; true if one was a valid solicitation.
    virtual bool take_solicitations() = 0;
};

class MrdiscSockets {
public:
    virtual ~MrdiscSockets() = default;

    virtual Result<std::unique_ptr<MrdiscSocket>> open(Family family,
                                                       const Interface& interface) = 0;
};

// Needs CAP_NET_RAW; using the opened socket does not.
Result<UniqueFd> open_mrdisc_socket(Family family, const Interface& interface);
std::unique_ptr<MrdiscSocket> make_mrdisc_socket(UniqueFd fd, Family family, unsigned ifindex);

class RawMrdiscSockets final : public MrdiscSockets {
public:
    Result<std::unique_ptr<MrdiscSocket>> open(Family family, const Interface& interface) override;
};

}  // namespace smcroute
