// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/spec.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace smcroute {

namespace {

Error bad(std::string_view word, std::string_view rest) {
    return {compose("{} {}", quoted(word), rest), ExitStatus::kUsage};
}

bool looks_like_ipv4(std::string_view word) {
    return word.find_first_not_of("0123456789./") == std::string_view::npos &&
           Prefix::parse(word).has_value();
}

// The smallest length at which every address in a multicast prefix is multicast.
unsigned multicast_bits(Family family) { return family == Family::kIpv4 ? 4 : 8; }

// Why the part before a '/' is no address.
Error not_an_address(std::string_view word, std::string_view address) {
    const std::string_view tail = address.substr(address.rfind(':') + 1);
    if (address.starts_with("::") && Address::parse(tail) && tail.find('.') != tail.npos) {
        return bad(word, compose("is an IPv4-mapped address (write '{}')", tail));
    }
    const size_t zone = address.find('%');
    if (zone != address.npos && Address::parse(address.substr(0, zone))) {
        return bad(word, compose("has a zone (write '{}')", address.substr(0, zone)));
    }
    return bad(word, "is not an address");
}

Error why_no_prefix(std::string_view word) {
    const size_t slash = word.find('/');
    const auto address = Address::parse(word.substr(0, slash));
    if (!address) {
        return not_an_address(word, word.substr(0, slash));
    }
    const std::string bits = std::to_string(address_bits(address->family()));
    if (parse_number<unsigned>(word.substr(slash + 1))) {
        return bad(word, compose("has a prefix length over {}", bits));
    }
    return bad(word, compose("has no valid prefix length (expected 0-{} after the '/')", bits));
}

// The family is judged before the value: if they differ, the group is usually the wrong word.
Error other_family(std::string_view word, const Prefix& source, Family family) {
    const bool is_any = source.address().is_any();
    return bad(word, compose("is {}, but the group is {}{}", to_string(source.family()),
                             to_string(family), is_any ? " (write '*' for any source)" : ""));
}

// Every all-zero address begins with one of these bytes, and few other addresses do.
bool may_be_zero(std::string_view word) { return word.front() == '0' || word.front() == ':'; }

Result<Prefix> parse_except_word(std::string_view word, Family family) {
    if (word.empty()) {
        return Error{"empty address after 'except' (expected ADDR[/LEN],... without spaces)",
                     ExitStatus::kUsage};
    }
    auto except = parse_source_word(word, family);
    if (except && except->is_any()) {
        return bad(word, "after 'except' leaves no source");
    }
    return except;
}

// Appends the prefixes of a comma-separated list.
std::optional<BadWord> add_excepts(std::string_view list, Family family,
                                   std::vector<Prefix>& excepts) {
    for (size_t begin = 0; begin <= list.size();) {
        const size_t end = std::min(list.find(',', begin), list.size());
        const std::string_view word = list.substr(begin, end - begin);
        const auto except = parse_except_word(word, family);
        if (!except) {
            return BadWord{word.empty() ? list : word, except.error().text};
        }
        excepts.push_back(*except);
        begin = end + 1;
    }
    return std::nullopt;
}

std::optional<BadWord> add_outbounds(std::span<const std::string_view> words,
                                     std::vector<IfPattern>& outbounds) {
    outbounds.reserve(words.size());
    for (const std::string_view word : words) {
        const auto outbound = parse_interface_word(word);
        if (!outbound) {
            return BadWord{word, outbound.error().text};
        }
        outbounds.push_back(*outbound);
    }
    return std::nullopt;
}

unsigned host_bits(const Prefix& prefix) {
    return static_cast<unsigned>(address_bits(prefix.family())) - prefix.length();
}

// For so many groups the router should announce itself (mrdisc) instead.
BadWord too_many_joins(const JoinWords& words, const Prefix& group) {
    const std::string most = std::to_string(1U << kMaxJoinBits);
    const std::string remedy =
        compose("'phyint {} mrdisc' has switches send all groups)", words.interface);
    if (host_bits(group) <= kMaxJoinBits) {
        return {words.source,
                compose("'{}' and '{}' together stand for more than {} joins ({}", words.source,
                        words.group, most, remedy),
                Severity::kWarning};
    }
    const std::string length = std::to_string(address_bits(group.family()) - kMaxJoinBits);
    return {words.group,
            compose("'{}' holds more than {} groups to join (expected /{} or longer; {}",
                    words.group, most, length, remedy),
            Severity::kWarning};
}

}  // namespace

Result<IfPattern> parse_interface_word(std::string_view word) {
    const auto pattern = IfPattern::parse(word);
    if (!pattern) {
        const size_t length = word.size() - (word.ends_with('+') ? 1 : 0);
        if (length > IfName::kMaxLength) {
            return bad(word, compose("is too long for an interface name (at most {} bytes)",
                                     IfName::kMaxLength));
        }
        return bad(word, "is not an interface name");
    }
    if (word.front() >= '0' && word.front() <= '9' && looks_like_ipv4(word)) {
        return bad(word, "is an address, not an interface name");
    }
    return *pattern;
}

Result<Prefix> parse_group_word(std::string_view word) {
    const auto group = Prefix::parse(word);
    if (!group) {
        return word == "*" ? bad(word, "is not a group (write 224.0.0.0/4 or ff00::/8 for all)")
                           : why_no_prefix(word);
    }
    if (group->address().is_multicast() && group->length() >= multicast_bits(group->family())) {
        return *group;
    }
    return bad(word, "is not a multicast group (224.0.0.0/4 or ff00::/8)");
}

Result<Prefix> parse_source_word(std::string_view word, Family family) {
    if (word == "*") {
        return Prefix::any(family);
    }
    const auto source = Prefix::parse(word);
    if (!source) {
        return why_no_prefix(word);
    }
    if (source->family() != family) {
        return other_family(word, *source, family);
    }
    if (source->address().is_multicast()) {
        return bad(word, "is a multicast group, not a source");
    }
    if (may_be_zero(word) && source->is_single() && source->address().is_any()) {
        return Prefix::any(family);
    }
    return *source;
}

std::string source_word(const Prefix& source) { return source.is_any() ? "*" : to_string(source); }

Result<RouteSpec, BadWord> make_route(const RouteWords& words) {
    const auto inbound = parse_interface_word(words.inbound);
    if (!inbound) {
        return BadWord{words.inbound, inbound.error().text};
    }
    const auto group = parse_group_word(words.group);
    if (!group) {
        return BadWord{words.group, group.error().text};
    }
    const Family family = group->family();
    const auto source = parse_source_word(words.source.empty() ? "*" : words.source, family);
    if (!source) {
        return BadWord{words.source, source.error().text};
    }
    RouteSpec route{*inbound, *source, *group, {}, {}, words.nolearn};
    if (!words.except.empty()) {
        if (auto bad_word = add_excepts(words.except, family, route.except)) {
            return *std::move(bad_word);
        }
    }
    if (auto bad_word = add_outbounds(words.outbounds, route.outbounds)) {
        return *std::move(bad_word);
    }
    return route;
}

Result<JoinSpec, BadWord> make_join(const JoinWords& words) {
    const auto interface = parse_interface_word(words.interface);
    if (!interface) {
        return BadWord{words.interface, interface.error().text};
    }
    const auto group = parse_group_word(words.group);
    if (!group) {
        return BadWord{words.group, group.error().text};
    }
    const auto source =
        parse_source_word(words.source.empty() ? "*" : words.source, group->family());
    if (!source) {
        return BadWord{words.source, source.error().text};
    }
    const unsigned bits = host_bits(*group) + (source->is_any() ? 0 : host_bits(*source));
    if (bits > kMaxJoinBits) {
        return too_many_joins(words, *group);
    }
    return JoinSpec{*interface, *source, *group};
}

}  // namespace smcroute
