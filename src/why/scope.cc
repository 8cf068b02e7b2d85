// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/scope.h"

#include <string>

namespace smcroute {

bool stays_on_link(const Address& group) {
    if (group.family() == Family::kIpv4) {
        const Address::Ipv4Bytes bytes = group.ipv4();
        return bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0;
    }
    return (group.ipv6()[1] & 0xf) <= 2;
}

bool is_no_host(const Address& source) {
    const Address::Ipv4Bytes bytes = source.ipv4();
    return bytes[0] == 0 || bytes[0] == 127 || source == *Address::parse("255.255.255.255");
}

std::string_view relay_for(const Address& group) {
    const std::string text = to_string(group);
    return text == "224.0.0.251" || text == "ff02::fb"
               ? "run an mDNS reflector on this host: avahi-daemon with enable-reflector=yes"
           : text == "ff02::c" ? "send to the SSDP group ff05::c instead, which routers forward"
           : text == "224.0.0.252" || text == "ff02::1:3"
               ? "nothing relays LLMNR: use DNS or mDNS names"
               : "use a group beyond 224.0.0.0/24, or of IPv6 scope 5 or more (ff05::, ff0e::)";
}

}  // namespace smcroute
