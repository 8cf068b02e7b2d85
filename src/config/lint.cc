// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/lint.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "mcast/star_entries.h"

namespace smcroute {

namespace {

// The peculiarities of a group. For an IPv6 group the scope counts, whatever the flags nibble
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
                            compose("group {} is never forwarded by the kernel ({} scope)",
                                    to_string(group), traits.local_scope)});
    }
    if (!traits.ssm_range.empty() && source.is_any()) {
        warnings.push_back({Clause::kGroup, 0,
                            compose("group {} is source-specific ({}) but no source is given",
                                    to_string(group), traits.ssm_range)});
    }
}

void judge_excepts(const RouteSpec& route, std::vector<Warning>& warnings) {
    for (const Prefix& except : route.except) {
        if (except.contains(route.source)) {
            warnings.push_back({Clause::kExcept, 0,
                                compose("except {} leaves no source: the line matches nothing",
                                        to_string(except))});
        } else if (!except.overlaps(route.source)) {
            warnings.push_back({Clause::kExcept, 0,
                                compose("except {} is outside source {}", to_string(except),
                                        to_string(route.source))});
        }
    }
}

void judge_nolearn(const RouteSpec& route, std::vector<Warning>& warnings) {
    if (!route.nolearn) {
        return;
    }
    if (route.is_exact()) {
        warnings.push_back({Clause::kNolearn, 0,
                            "nolearn has no effect: a route with one source and one group is "
                            "never learned"});
    } else if (const auto why = why_learns(route)) {
        warnings.push_back(
            {Clause::kNolearn, 0,
             compose("nolearn has no effect, this rule learns: {}", to_string(*why))});
    }
}

// Considers only an interface named on both sides: a wildcard never makes an inbound its own
// outbound.
void judge_outbounds(const RouteSpec& route, std::vector<Warning>& warnings) {
    if (route.inbound.is_wildcard()) {
        return;
    }
    for (size_t i = 0; i < route.outbounds.size(); ++i) {
        if (route.outbounds[i] == route.inbound) {
            warnings.push_back(
                {Clause::kTo, i,
                 compose("inbound {} is also an outbound: packets go back where they came from",
                         to_string(route.inbound))});
        }
    }
}

// A rule of the configuration being checked.
struct Seen {
    const RuleKey& key;
    const Rule& rule;
};

// True if no source of `narrow` is lost to an except of `wide`.
bool keeps_sources(const Seen& wide, const Seen& narrow) {
    return std::all_of(wide.rule.except.begin(), wide.rule.except.end(), [&](const Prefix& lost) {
        return !lost.overlaps(narrow.key.source) ||
               std::any_of(narrow.rule.except.begin(), narrow.rule.except.end(),
                           [&](const Prefix& except) { return except.contains(lost); });
    });
}

// True if `wide` sends wherever `narrow` does. A wildcard does not send back to the inbound, a name
// does.
bool has_outbounds(const Seen& wide, const Seen& narrow) {
    const auto& offered = wide.rule.path->outbounds;
    const auto& wanted = narrow.rule.path->outbounds;
    return std::all_of(wanted.begin(), wanted.end(), [&](const IfPattern& outbound) {
        const bool is_loop = !outbound.is_wildcard() && outbound.overlaps(narrow.key.inbound);
        return std::any_of(offered.begin(), offered.end(), [&](const IfPattern& offer) {
            return is_loop ? offer == outbound : offer.covers(outbound);
        });
    });
}

// For two rules where `wide` has the wider key.
bool adds_all_of(const Seen& wide, const Seen& narrow) {
    return keeps_sources(wide, narrow) && has_outbounds(wide, narrow);
}

auto line_of(const Origin& origin) { return std::pair(origin.file, origin.line); }

// The line of another rule that makes this one superfluous. If two rules cover each other (one
// lists an except twice), only the later is reported. The search stops after more comparisons than
// any real configuration needs: thousands of rules that differ only in their excepts would each be
// compared with all others.
std::optional<Origin> cover_of(const Seen& narrow, const Rules& rules) {
    constexpr size_t kManyPairs = 4096;  // of excepts and outbounds
    size_t budget = 100;
    std::optional<Origin> found;
    rules.for_each_wider(narrow.key, [&](const RuleKey& key, const Rule& rule) {
        const Seen wide{key, rule};
        if (found || budget == 0 || &rule == &narrow.rule ||
            (rule.except.size() + rule.path->outbounds.size()) *
                    (narrow.rule.except.size() + narrow.rule.path->outbounds.size()) >
                kManyPairs) {
            return;
        }
        --budget;
        if (adds_all_of(wide, narrow) && (line_of(rule.origin) < line_of(narrow.rule.origin) ||
                                          key != narrow.key || !adds_all_of(narrow, wide))) {
            found = rule.origin;
        }
    });
    return found;
}

// In the order of the lines, without duplicates.
using Warnings = std::set<std::tuple<uint16_t, uint32_t, std::string>>;

Warnings covered_rules(const Desired& desired, std::span<const std::string> files) {
    Warnings warnings;
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            if (const auto cover = cover_of({key, rule}, desired.rules())) {
                warnings.emplace(rule.origin.file, rule.origin.line,
                                 compose("this rule has no effect of its own: {} covers it",
                                         place_of(*cover, files)));
            }
        }
    }
    return warnings;
}

Warnings thresholds_of_ipv6(const Desired& desired) {
    std::set<IfPattern> used;
    desired.for_each_path([&](Family family, const Path& path, uint32_t /*uses*/) {
        if (family == Family::kIpv6) {
            used.insert(path.outbounds.begin(), path.outbounds.end());
        }
    });
    Warnings warnings;
    for (const auto& [interface, phyint] : desired.phyints()) {
        // Every packet that may be forwarded exceeds threshold 1.
        if (phyint.spec.ttl_threshold.value_or(1) > 1 &&
            std::any_of(used.begin(), used.end(), [&pattern = interface](const IfPattern& name) {
                return name.overlaps(pattern);
            })) {
            warnings.emplace(
                phyint.threshold_origin.file, phyint.threshold_origin.line,
                compose("the ttl-threshold of {} does not hold for the IPv6 routes out of it",
                        to_string(interface)));
        }
    }
    return warnings;
}

// Each disabled interface that some line uses, and the line that disables it.
std::map<IfPattern, Origin> disabled_and_used(const Desired& desired) {
    std::map<IfPattern, Origin> disabled;
    for (const Family family : kFamilies) {
        for (const IfPattern& pattern : desired.mentioned(family)) {
            const auto name = pattern.name();
            if (const auto origin = name ? desired.disabled_by(*name) : std::nullopt) {
                disabled.emplace(pattern, *origin);
            }
        }
    }
    return disabled;
}

Warnings uses_of_disabled(const Desired& desired, std::span<const std::string> files) {
    const std::map<IfPattern, Origin> disabled = disabled_and_used(desired);
    Warnings warnings;
    if (disabled.empty()) {
        return warnings;
    }
    for_each_mention(desired, [&](const IfPattern& pattern, const Origin& origin) {
        if (const auto it = disabled.find(pattern); it != disabled.end()) {
            warnings.emplace(origin.file, origin.line,
                             compose("this line uses {}, which {} disables", to_string(pattern),
                                     place_of(it->second, files)));
        }
    });
    return warnings;
}

}  // namespace

std::string place_of(const Origin& origin, std::span<const std::string> files) {
    if (origin.file >= files.size()) {
        return "a client's command";
    }
    return compose("{}:{}", files[origin.file], origin.line);
}

std::vector<Warning> warnings_of(const RouteSpec& route) {
    std::vector<Warning> warnings;
    judge_outbounds(route, warnings);
    judge_group(route.group, route.source, warnings);
    judge_excepts(route, warnings);
    judge_nolearn(route, warnings);
    return warnings;
}

std::vector<Warning> warnings_of(const JoinSpec& join) {
    std::vector<Warning> warnings;
    judge_group(join.group, join.source, warnings);
    return warnings;
}

std::vector<Diagnostic> warnings_of(const Desired& desired, std::span<const std::string> files) {
    std::vector<Diagnostic> found;
    for (const Warnings& warnings :
         std::array{covered_rules(desired, files), thresholds_of_ipv6(desired),
                    uses_of_disabled(desired, files)}) {
        for (const auto& [file, line, text] : warnings) {
            found.push_back({.severity = Severity::kWarning,
                             .file = file < files.size() ? files[file] : "",
                             .line = line,
                             .column = 0,
                             .text = text,
                             .source_line = {},
                             .width = 0});
        }
    }
    return found;
}

}  // namespace smcroute
