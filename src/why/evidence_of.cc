// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/evidence_of.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "mcast/layout.h"
#include "os/file.h"

namespace smcroute {

namespace {

unsigned setting(const std::string& name) {
    const auto text = read_file(compose("/proc/sys/net/ipv4/conf/{}/rp_filter", name), 64);
    const std::string_view value = text && *text ? std::string_view(**text) : "";
    return parse_number<unsigned>(value.substr(0, value.find('\n'))).value_or(0);
}

Arrival arrival_of(const Traffic::Sum& sum) {
    return {.port = {.name = {}},
            .packets = sum.packets,
            .bytes = sum.bytes,
            .damaged = sum.damaged,
            .ttl_min = sum.ttl_min,
            .ttl_max = sum.ttl_max,
            .largest = sum.largest,
            .may_fragment = sum.may_fragment,
            .vlan = sum.vlan};
}

}  // namespace

EvidenceMaker::EvidenceMaker(const Observation& observation) : observation_(observation) {
    // Without it no way back is known, and then the reverse path is not judged.
    if (auto query = EntryQuery::create(std::nullopt)) {
        query_.emplace(std::move(*query));
    }
    for (const FamilyFacts& facts : observation.families) {
        for (const FoundEntry& entry : facts.entries) {
            entries_[entry.flow].push_back(&entry);
        }
    }
}

std::string EvidenceMaker::name_of(unsigned ifindex) const {
    const Interface* const found = observation_.interfaces.find(ifindex);
    return found == nullptr ? compose("interface {}", ifindex) : to_string(found->name);
}

// 0 if there is none of that name.
unsigned EvidenceMaker::index_of_name(const std::string& name) const {
    const auto if_name = IfName::parse(name);
    const Interface* const found = if_name ? observation_.interfaces.find(*if_name) : nullptr;
    return found == nullptr ? 0 : found->ifindex;
}

Port EvidenceMaker::port_of(const std::string& name, Family family) const {
    Port port{.name = name};
    const auto if_name = IfName::parse(name);
    const Interface* const found = if_name ? observation_.interfaces.find(*if_name) : nullptr;
    if (found == nullptr) {
        port.exists = false;
        port.has_vif = false;
        return port;
    }
    const LinkDetail& link = observation_.links.find(found->ifindex)->second;
    port.up = found->up;
    port.carrier = link.carrier || !found->up;
    port.multicast = found->multicast;
    port.beyond_ipv6 = found->ifindex > UINT16_MAX;
    port.wireguard = link.kind == "wireguard";
    port.snoops = link.snoops;
    port.has_querier = link.has_querier;
    port.mtu = link.mtu;
    port.failed_to_send = link.failed_to_send;
    port.disabled = !observation_.lines.desired().phyint(*if_name).enable.value_or(true);
    const auto& vifs = observation_.of(family).vifs;
    port.has_vif = !vifs || std::find(vifs->begin(), vifs->end(), name) != vifs->end();
    return port;
}

// The kernel's order: an exact entry, else the newest of any source that accepts this inbound.
const FoundEntry* EvidenceMaker::find_entry(const Flow& flow, unsigned ifindex) const {
    const auto exact = entries_.find(flow);
    if (exact != entries_.end()) {
        return exact->second.front();
    }
    const auto any = entries_.find({flow.group, Address::any(flow.family())});
    if (any == entries_.end()) {
        return nullptr;
    }
    const auto accepts = [ifindex](const FoundEntry* entry) {
        return entry->iif == ifindex ||
               std::any_of(entry->outbounds.begin(), entry->outbounds.end(),
                           [ifindex](const auto& each) { return each.ifindex == ifindex; });
    };
    const auto newest = std::find_if(any->second.rbegin(), any->second.rend(), accepts);
    return newest == any->second.rend() ? nullptr : *newest;
}

// IPv4 only; without the way back it cannot be judged.
unsigned EvidenceMaker::rp_filter_of(const std::string& name, Family family) const {
    return family == Family::kIpv4 && query_ ? std::max(setting("all"), setting(name)) : 0;
}

std::vector<std::string> EvidenceMaker::ways_back_to(const Address& source) {
    std::vector<std::string> names;
    for (const unsigned way : query_ ? query_->unicast_route(source) : std::vector<unsigned>()) {
        names.push_back(name_of(way));
    }
    return names;
}

void EvidenceMaker::set_arrivals(const Flow& flow, Evidence& evidence) {
    const Traffic::Stream* const stream = observation_.traffic.find(flow);
    evidence.source_is_local = observation_.own_addresses.contains(flow.source);
    if (stream == nullptr) {
        return;
    }
    // What this host sends begins where its TTL is highest.
    const bool is_ours = evidence.source_is_local && !comes_in(*stream);
    uint8_t highest = 0;
    for (const Traffic::Sum& sum : *stream) {
        highest = std::max(highest, sum.ttl_max);
    }
    for (const Traffic::Sum& sum : *stream) {
        if (sum.goes_out ? !is_ours || sum.ttl_max < highest : sum.packets == 0) {
            continue;
        }
        Arrival& arrival = evidence.arrivals.emplace_back(arrival_of(sum));
        arrival.port = port_of(name_of(sum.ifindex), flow.family());
        arrival.ways_back = ways_back_to(flow.source);
        arrival.is_ours = is_ours;
        arrival.rp_filter = is_ours ? 0 : rp_filter_of(arrival.port.name, flow.family());
    }
}

void EvidenceMaker::want_inbound(const IfPattern& inbound, Evidence& evidence) const {
    if (const auto name = inbound.name()) {
        evidence.inbound = port_of(to_string(*name), evidence.group.family());
    }
}

void EvidenceMaker::set_cover(const Flow& flow, const std::string& inbound, Evidence& evidence) {
    const auto name = IfName::parse(inbound);
    if (!name) {
        return;
    }
    const ConfiguredLines& lines = observation_.lines;
    ConfiguredLines::Cover cover = lines.cover(flow, *name);
    const auto words = [&lines](const auto& line) { return line ? lines.described(*line) : ""; };
    for (const RouteSpec& line : cover.lines) {
        add_word(evidence.line, lines.described(line), " and ");
    }
    evidence.excepted = words(cover.excepted);
    evidence.hidden = words(cover.hidden);
    evidence.nearest = words(cover.nearest);
    evidence.differs = std::move(cover.differs);
    evidence.only_inbound_differs = cover.only_inbound_differs;
    if (!cover.lines.empty()) {
        want_inbound(IfPattern(*name), evidence);
    } else if (cover.nearest) {
        want_inbound(cover.nearest->inbound, evidence);
        for (const IfPattern& each : cover.nearest->outbounds) {
            std::string& to = evidence.nearest_outbounds;
            add_word(to, to_string(each));
        }
    }
    lines_ = std::move(cover.lines);
}

// Of a stream that arrives, the lines for where it does; of another, the line that wants it.
void EvidenceMaker::set_lines(const Suspect& suspect, Evidence& evidence) {
    lines_.clear();
    const ConfiguredLines& lines = observation_.lines;
    evidence.rules_known = lines.are_known() && evidence.owner != Evidence::Owner::kOther;
    if (!suspect.source) {
        if (suspect.rule) {
            lines_ = {*suspect.rule};
        }
    } else if (!evidence.arrivals.empty()) {
        const Flow flow{suspect.group, *suspect.source};
        // Most of it is where it should be, or where it arrives in vain.
        const auto rank = [&](const Arrival& arrival) {
            const auto name = IfName::parse(arrival.port.name);
            const bool is_wanted =
                name && arrival.vlan == 0 && !lines.cover(flow, *name).lines.empty();
            return std::pair(is_wanted, arrival.packets);
        };
        size_t best = 0;
        for (size_t i = 1; i < evidence.arrivals.size(); ++i) {
            best = rank(evidence.arrivals[i]) > rank(evidence.arrivals[best]) ? i : best;
        }
        std::swap(evidence.arrivals[0], evidence.arrivals[best]);
        set_cover(flow, evidence.arrivals[0].port.name, evidence);
        return;
    } else if (const auto* const route = lines.desired().find({suspect.group, *suspect.source})) {
        lines_ = {spec_of({suspect.group, *suspect.source}, *route)};
    }
    if (!lines_.empty()) {
        evidence.line = lines.described(lines_[0]);
        want_inbound(lines_[0].inbound, evidence);
    }
}

void EvidenceMaker::set_entry(const Flow& flow, const std::string& inbound, Evidence& evidence) {
    entry_ = find_entry(flow, index_of_name(inbound));
    if (entry_ == nullptr) {
        return;
    }
    Entry entry{.iif = entry_->iif ? name_of(*entry_->iif) : "",
                .oifs = {},
                .packets = entry_->counters.packets,
                .wrong_if = entry_->counters.wrong_if};
    for (const auto& outbound : entry_->outbounds) {
        entry.oifs.push_back(name_of(outbound.ifindex));
    }
    if (!evidence.inbound && evidence.arrivals.empty() && !entry.iif.empty()) {
        evidence.inbound = port_of(entry.iif, flow.family());
    }
    evidence.entry = std::move(entry);
}

// By full names, and by wildcards where they take part; if nothing does, those that could. Beside
// another router the lines have no effect.
std::set<std::string> EvidenceMaker::outlet_names(const Evidence& evidence) const {
    if (evidence.entry && (lines_.empty() || !evidence.rules_known)) {
        return {evidence.entry->oifs.begin(), evidence.entry->oifs.end()};
    }
    const std::string inbound = evidence.inbound ? evidence.inbound->name : "";
    std::set<std::string> names;
    std::set<std::string> spare;
    for (const RouteSpec& line : lines_) {
        for (const IfPattern& outbound : line.outbounds) {
            if (const auto name = outbound.name()) {
                names.insert(to_string(*name));
                continue;
            }
            for_each_interface(outbound, observation_.interfaces, [&](const Interface& each) {
                const std::string name = to_string(each.name);
                if (name != inbound) {
                    (port_of(name, evidence.group.family()).has_vif ? names : spare).insert(name);
                }
            });
        }
    }
    return names.empty() ? spare : names;
}

void EvidenceMaker::set_outlets(const Flow& flow, Evidence& evidence) const {
    const Traffic::Stream* const stream = observation_.traffic.find(flow);
    for (const std::string& name : outlet_names(evidence)) {
        Outlet outlet{.port = port_of(name, flow.family()), .in_entry = false};
        const unsigned ifindex = index_of_name(name);
        for (size_t i = 0; entry_ != nullptr && i < entry_->outbounds.size(); ++i) {
            if (entry_->outbounds[i].ifindex == ifindex) {
                outlet.in_entry = true;
                outlet.threshold = entry_->outbounds[i].ttl;
            }
        }
        const Traffic::Sum* const sum =
            stream == nullptr ? nullptr : find_leaving(*stream, ifindex);
        outlet.packets = sum == nullptr ? 0 : sum->packets;
        evidence.outlets.push_back(std::move(outlet));
    }
}

// Only where the stream is taken in again does it matter that it comes back.
void EvidenceMaker::set_return(const Flow& flow, Evidence& evidence) const {
    const Traffic::Stream* const stream = observation_.traffic.find(flow);
    if (stream == nullptr || entry_ == nullptr || evidence.outlets.empty()) {
        return;
    }
    for (const Traffic::Sum& sum : *stream) {
        if (sum.again > 0 && entry_->iif == sum.ifindex) {
            evidence.returned = Return{.left_by = evidence.outlets[0].port.name,
                                       .back_by = name_of(sum.ifindex),
                                       .packets = sum.again};
        }
    }
}

Evidence EvidenceMaker::make(const Suspect& suspect) {
    Evidence evidence{.group = suspect.group, .source = suspect.source};
    entry_ = nullptr;
    const Family family = suspect.group.family();
    const FamilyFacts& facts = observation_.of(family);
    evidence.owner = facts.owner;
    evidence.owner_name = facts.owner_name;
    evidence.slots_full = facts.vifs && facts.vifs->size() >= kSlotCount;
    evidence.streams_full = observation_.streams_full;
    evidence.too_big_drops = facts.too_big_drops;
    evidence.reverse_path_drops = family == Family::kIpv4 ? observation_.reverse_path_drops : 0;
    const Flow flow{suspect.group, suspect.source.value_or(Address::any(family))};
    if (suspect.source) {
        set_arrivals(flow, evidence);
    }
    set_lines(suspect, evidence);
    set_entry(flow,
              !evidence.arrivals.empty() ? evidence.arrivals[0].port.name
              : evidence.inbound         ? evidence.inbound->name
                                         : "",
              evidence);
    set_outlets(flow, evidence);
    set_return(flow, evidence);
    if (evidence.inbound) {
        evidence.is_joined =
            facts.joins.contains({index_of_name(evidence.inbound->name), suspect.group});
    }
    return evidence;
}

Evidence EvidenceMaker::suppose(const RouteSpec& line) {
    const Family family = line.group.family();
    Evidence evidence{.group = line.group.address()};
    evidence.is_supposed = true;
    evidence.line = observation_.lines.described(line);
    lines_ = {line};
    entry_ = nullptr;
    want_inbound(line.inbound, evidence);
    set_outlets({evidence.group, Address::any(family)}, evidence);
    const auto limit = [family](Port& port) {
        port.has_vif = family == Family::kIpv4 || !port.beyond_ipv6;
    };
    for (Outlet& outlet : evidence.outlets) {
        limit(outlet.port);
        outlet.in_entry = true;
        outlet.packets = 1;
    }
    if (evidence.inbound && evidence.inbound->exists && evidence.inbound->up) {
        limit(*evidence.inbound);
        Arrival& arrival = evidence.arrivals.emplace_back(
            Arrival{.port = *evidence.inbound, .packets = 1, .ttl_max = UINT8_MAX});
        if (line.source.is_single()) {
            evidence.source = line.source.address();
            arrival.rp_filter = rp_filter_of(arrival.port.name, family);
            arrival.ways_back = ways_back_to(line.source.address());
        }
    }
    return evidence;
}

}  // namespace smcroute
