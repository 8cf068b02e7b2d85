// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/nearest_line.h"

#include <utility>

#include "base/text.h"
#include "daemon/origin_text.h"

namespace smcroute {

std::string NearestLine::text(const Flow& flow, const IfName& inbound,
                              std::span<const std::string> files) {
    make_index();
    std::optional<Line> line = route_of(flow.group);
    if (!line || !line->inbound.matches(inbound)) {
        const std::optional<Line> rule = rule_of(flow.group, inbound);
        line = rule && (!line || rule->inbound.matches(inbound)) ? rule : line;
    }
    if (!line) {
        return "";
    }
    const bool from_there = line->inbound.matches(inbound);
    const bool is_clients = line->origin.file >= files.size();
    const bool by_it = line->source.contains(flow.source);
    return from_there && by_it
               ? ""
               : compose("{} wants{}{}{}",
                         is_clients ? "route of a client" : origin_text(line->origin, files),
                         from_there ? "" : compose(" inbound {}", to_string(line->inbound)),
                         from_there || by_it ? "" : " and",
                         by_it ? "" : compose(" source {}", to_string(line->source)));
}

void NearestLine::make_index() {
    if (std::exchange(has_index_, true)) {
        return;
    }
    for (const auto& [key, rules] : state_.desired.rules().all()) {
        lengths_[index_of(key.group.family())].insert(key.group.length());
        for (const Rule& rule : rules) {
            const Line line{key.inbound, key.source, rule.origin};
            const auto [it, is_new] = rules_[key.group].try_emplace(key.inbound, line);
            if (comes_before(rule.origin, it->second.origin)) {
                it->second = line;
            }
        }
    }
}

std::optional<NearestLine::Line> NearestLine::route_of(const Address& group) const {
    const auto it = state_.desired.routes().lower_bound({group, Address::any(group.family())});
    if (it == state_.desired.routes().end() || it->first.group != group) {
        return std::nullopt;
    }
    return Line{it->second.path->inbound, Prefix(it->first.source), it->second.origin};
}

std::optional<NearestLine::Line> NearestLine::rule_of(const Address& group,
                                                      const IfName& inbound) const {
    std::optional<Line> found;
    for (const uint8_t length : lengths_[index_of(group.family())]) {
        const auto it = rules_.find(*Prefix::make(group, length));
        if (it == rules_.end()) {
            continue;
        }
        for (const auto& [pattern, line] : it->second) {
            found = !found || pattern.matches(inbound) ? line : found;
        }
    }
    return found;
}

}  // namespace smcroute
