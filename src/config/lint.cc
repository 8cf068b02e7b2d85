// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/lint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "config/pattern_cover.h"

namespace smcroute {

namespace {

// What is peculiar about a group. Of an IPv6 group the scope counts, whatever the flags nibble
// before it says.
struct GroupTraits {
    std::string_view local_scope;  // if no router forwards it: "link-local" and so on
    std::string_view ssm_range;    // if it is source-specific
};

GroupTraits traits_of_ipv4(const Prefix& group) {
    const Address::Ipv4Bytes bytes = group.address().ipv4();
    if (bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0 && group.length() >= 24) {
        return {.local_scope = "link-local", .ssm_range = {}};
    }
    if (bytes[0] == 232 && group.length() >= 8) {
        return {.local_scope = {}, .ssm_range = "232.0.0.0/8"};
    }
    return {};
}

GroupTraits traits_of_ipv6(const Prefix& group) {
    constexpr std::array<std::string_view, 3> kLocalScopes = {"reserved", "interface-local",
                                                              "link-local"};
    const Address::Ipv6Bytes& bytes = group.address().ipv6();
    const size_t scope = bytes[1] & 0xf;
    GroupTraits traits;
    if (scope < kLocalScopes.size() && group.length() >= 16) {
        traits.local_scope = kLocalScopes[scope];
    }
    if ((bytes[1] & 0xf0) == 0x30 && bytes[2] == 0 && bytes[3] == 0 && group.length() >= 32) {
        traits.ssm_range = "ff3x::/32";
    }
    return traits;
}

void judge_group(const Prefix& group, const Prefix& source, std::vector<Warning>& warnings) {
    const GroupTraits traits =
        group.family() == Family::kIpv4 ? traits_of_ipv4(group) : traits_of_ipv6(group);
    if (!traits.local_scope.empty()) {
        warnings.push_back({Clause::kGroup, 0,
                            cat({"group ", to_string(group), " is never forwarded by the kernel (",
                                 traits.local_scope, " scope)"})});
    }
    if (!traits.ssm_range.empty() && source.is_any()) {
        warnings.push_back({Clause::kGroup, 0,
                            cat({"group ", to_string(group), " is source-specific (",
                                 traits.ssm_range, ") but no source is given"})});
    }
}

void judge_excepts(const RouteSpec& route, std::vector<Warning>& warnings) {
    for (const Prefix& except : route.except) {
        if (except.contains(route.source)) {
            warnings.push_back({Clause::kExcept, 0,
                                cat({"except ", to_string(except),
                                     " leaves no source: the line matches nothing"})});
        } else if (!except.overlaps(route.source)) {
            warnings.push_back({Clause::kExcept, 0,
                                cat({"except ", to_string(except), " is outside source ",
                                     to_string(route.source)})});
        }
    }
}

// Only an interface named on both sides: a wildcard never makes an inbound its own outbound.
void judge_outbounds(const RouteSpec& route, std::vector<Warning>& warnings) {
    if (route.inbound.is_wildcard()) {
        return;
    }
    for (size_t i = 0; i < route.outbounds.size(); ++i) {
        if (route.outbounds[i] == route.inbound) {
            warnings.push_back(
                {Clause::kTo, i,
                 cat({"inbound ", to_string(route.inbound),
                      " is also an outbound: packets go back where they came from"})});
        }
    }
}

std::string place_of(const Origin& origin, std::span<const std::string> files) {
    if (origin.file >= files.size()) {
        return "a client's command";
    }
    return cat({files[origin.file], ":", std::to_string(origin.line)});
}

}  // namespace

std::vector<Warning> warnings_of(const RouteSpec& route) {
    std::vector<Warning> warnings;
    judge_outbounds(route, warnings);
    judge_group(route.group, route.source, warnings);
    judge_excepts(route, warnings);
    return warnings;
}

std::vector<Warning> warnings_of(const JoinSpec& join) {
    std::vector<Warning> warnings;
    judge_group(join.group, join.source, warnings);
    return warnings;
}

void ConfigLint::add(const RouteSpec& route, const Origin& origin) {
    if (!route.is_exact()) {
        rules_.push_back({.spec = route, .origin = origin});
    }
    if (route.group.family() == Family::kIpv6) {
        ipv6_outbounds_.insert(route.outbounds.begin(), route.outbounds.end());
    }
}

void ConfigLint::add(const PhyintSpec& phyint, const Origin& origin) {
    // 1 is what every packet that may be forwarded passes.
    if (phyint.ttl_threshold.value_or(1) > 1) {
        thresholds_.push_back({phyint.interface, origin});
    }
}

bool ConfigLint::has_ipv6_outbound(const IfPattern& interface) const {
    const auto& used = ipv6_outbounds_;
    if (interface.is_wildcard()) {
        return std::any_of(used.begin(), used.end(),
                           [&](const IfPattern& outbound) { return overlap(interface, outbound); });
    }
    const std::vector<IfPattern> wider = wider_patterns(interface, kAllStemLengths);
    return std::any_of(wider.begin(), wider.end(),
                       [&](const IfPattern& pattern) { return used.contains(pattern); });
}

std::vector<Diagnostic> ConfigLint::warnings(std::span<const std::string> files) const {
    std::vector<Diagnostic> found;
    const auto warn = [&](const Origin& origin, std::string text) {
        found.push_back({.severity = Severity::kWarning,
                         .file = origin.file < files.size() ? files[origin.file] : "",
                         .line = origin.line,
                         .column = 0,
                         .text = std::move(text),
                         .source_line = {},
                         .width = 0});
    };
    const RuleIndex index(rules_);
    for (const PlacedRule& rule : rules_) {
        if (const PlacedRule* const cover = index.cover_of(rule)) {
            warn(rule.origin, cat({"this rule has no effect of its own: ",
                                   place_of(cover->origin, files), " covers it"}));
        }
    }
    for (const Threshold& threshold : thresholds_) {
        if (has_ipv6_outbound(threshold.interface)) {
            warn(threshold.origin, cat({"the ttl-threshold of ", to_string(threshold.interface),
                                        " does not hold for the IPv6 routes out of it"}));
        }
    }
    return found;
}

}  // namespace smcroute
