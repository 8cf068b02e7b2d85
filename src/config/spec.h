// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Turns words into specs: the one place that judges what an operator wrote for a route, a join or
// an interface. The config parser and the command parser both call it, so that a file line and a
// command are accepted and refused alike, in the same words. The callers' grammar decides which
// word is which.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/diagnostic.h"
#include "mcast/route.h"

namespace smcroute {

// A join may stand for at most 2 to this power addresses, sources times groups (SPEC R27).
inline constexpr unsigned kMaxJoinBits = 16;

// Single words. An Error names the word and what was expected; its status is kUsage.

// IFNAME or a wildcard such as "eth+". An IPv4 address is refused although the kernel would accept
// it as a name: it can only be a word in the wrong place.
Result<IfPattern> parse_interface_word(std::string_view word);
// GROUP[/LEN], a multicast group or a prefix inside 224.0.0.0/4 or ff00::/8.
Result<Prefix> parse_group_word(std::string_view word);
// ADDR[/LEN] of that family and not multicast. "*", an all-zero address or a length of 0 means any.
Result<Prefix> parse_source_word(std::string_view word, Family family);
// The word for a source; "*" for any.
std::string source_word(const Prefix& source);

// The words of a route; those not given are empty.
struct RouteWords {
    std::string_view inbound;
    std::string_view source;
    std::string_view except;  // ADDR[/LEN][,ADDR[/LEN]...]
    std::string_view group;
    std::span<const std::string_view> outbounds;
    bool nolearn = false;
};

struct JoinWords {
    std::string_view interface;
    std::string_view source;
    std::string_view group;
};

// The spec, or the first word that is not valid; the inbound and the group are judged first.
// Inbound and group must be given.
Result<RouteSpec, BadWord> make_route(const RouteWords& words);
Result<JoinSpec, BadWord> make_join(const JoinWords& words);

}  // namespace smcroute
