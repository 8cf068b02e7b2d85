// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/remedies.h"

#include "base/text.h"

namespace smcroute {

std::string remedy_of_no_link(const Port& port) {
    return port.up ? compose("connect {}", port.name) : compose("ip link set {} up", port.name);
}

std::string remedy_of_silence(const Evidence& evidence) {
    if (evidence.is_joined) {
        return "look at the sender, and for a querier on its switch: a switch that snoops "
               "forgets joins without one";
    }
    const std::string by = evidence.inbound ? evidence.inbound->name : "IIF";
    const std::string group = to_string(evidence.group);
    return compose(
        "mgroup from {} group {}  (now: smcroute -j {} {}), and look whether the sender sends", by,
        group, by, group);
}

std::string remedy_of_filter(const Address& group, std::string_view place) {
    return compose("{} {} -d {} -j ACCEPT",
                   group.family() == Family::kIpv4 ? "iptables" : "ip6tables", place,
                   to_string(group));
}

std::string remedy_of_no_rule(const Evidence& evidence, const std::string& by) {
    const std::string source = evidence.source ? to_string(*evidence.source) : "*";
    const std::string group = to_string(evidence.group);
    const std::string to = evidence.nearest_outbounds.empty() ? "OIF" : evidence.nearest_outbounds;
    return compose("mroute from {} source {} group {} to {}  (now: smcroute -a {} {} {} {})", by,
                   source, group, to, by, source, group, to);
}

}  // namespace smcroute
