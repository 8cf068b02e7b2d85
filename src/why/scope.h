// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Addresses that no route helps: groups that stay on their link, sources that no host may have.
#pragma once

#include <string_view>

#include "mcast/address.h"

namespace smcroute {

// Groups of one link: 224.0.0.0/24, and IPv6 of scope 0 to 2.
bool stays_on_link(const Address& group);
// What carries such a group over where no router may.
std::string_view relay_for(const Address& group);
// IPv4 sources that the kernel refuses whatever its settings: 0/8, 127/8 and 255.255.255.255.
bool is_no_host(const Address& source);

}  // namespace smcroute
