// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/observation.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <ifaddrs.h>
#include <netinet/in.h>

#include "base/text.h"
#include "control/tables.h"
#include "kernel/holder.h"
#include "kernel/rtnl_socket.h"
#include "os/file.h"
#include "os/network_namespace.h"
#include "why/proc_text.h"

namespace smcroute {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Empty if it cannot be read.
std::string read_proc(const std::string& path) {
    constexpr size_t kLimit = 1 << 20;
    const auto text = read_file(path, kLimit);
    return text ? text->value_or("") : "";
}

bool is_forwarding(Family family) {
    const std::string text = read_proc(compose("/proc/sys/net/{}/conf/all/mc_forwarding",
                                               family == Family::kIpv4 ? "ipv4" : "ipv6"));
    return text.substr(0, text.find('\n')) != "0" && !text.empty();
}

std::optional<Address> address_of(const ifaddrs& entry) {
    if (entry.ifa_addr->sa_family == AF_INET) {
        sockaddr_in address;
        memcpy(&address, entry.ifa_addr, sizeof address);
        return Address::from_ipv4(std::bit_cast<Address::Ipv4Bytes>(address.sin_addr));
    }
    if (entry.ifa_addr->sa_family == AF_INET6) {
        sockaddr_in6 address;
        memcpy(&address, entry.ifa_addr, sizeof address);
        return Address::from_ipv6(std::bit_cast<Address::Ipv6Bytes>(address.sin6_addr));
    }
    return std::nullopt;
}

std::set<Address> own_addresses() {
    std::set<Address> addresses;
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) {
        return addresses;
    }
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
        if (const auto address = each->ifa_addr == nullptr ? std::nullopt : address_of(*each)) {
            addresses.insert(*address);
        }
    }
    freeifaddrs(all);
    return addresses;
}

struct Counters {
    uint64_t reverse_path_drops = 0;
    std::array<uint64_t, kFamilies.size()> too_big{};
};

Counters read_counters() {
    const std::string snmp = read_proc("/proc/self/net/snmp");
    const std::string snmp6 = read_proc("/proc/self/net/snmp6");
    const std::string netstat = read_proc("/proc/self/net/netstat");
    return {.reverse_path_drops = counter_in(netstat, "TcpExt", "IPReversePathFilter"),
            .too_big = {counter_in(snmp, "Ip", "FragFails"), counter6_in(snmp6, "Ip6FragFails")}};
}

// What the daemon says of itself. False if there is none, or it routes another network namespace.
bool ask_daemon(const std::string& socket, Observation& seen) {
    auto session = Session::connect(socket, milliseconds(0));
    const auto status = session ? read_table(*session, "status") : session.error();
    if (!status || status->size() == 0) {
        return false;
    }
    const auto field = [&status](std::string_view key) {
        return status->field(0, column_of(status->schema(), key));
    };
    const std::string ours = network_namespace();
    if (!ours.empty() && !field("network").empty() && field("network") != ours) {
        return false;
    }
    seen.streams_full = field("room") == "0";
    if (!seen.table) {
        seen.table = parse_number<uint32_t>(field("table"));
    }
    for (const Family family : kFamilies) {
        constexpr std::string_view kOff = "off: ";
        const std::string_view state = field(family == Family::kIpv4 ? "ipv4" : "ipv6");
        FamilyFacts& facts = seen.families[index_of(family)];
        if (state != "on") {
            facts.owner = Evidence::Owner::kNobody;
            facts.owner_name = state.substr(state.starts_with(kOff) ? kOff.size() : 0);
        }
    }
    return static_cast<bool>(seen.lines.read(*session));
}

std::vector<FoundEntry> entries_of(Family family, std::optional<uint32_t> table) {
    auto entries = dump_entries(family, table);
    return entries ? std::move(*entries) : std::vector<FoundEntry>();
}

// What was counted between two dumps; an entry that was written anew counts from zero.
void subtract(const std::vector<FoundEntry>& before, std::vector<FoundEntry>& after) {
    std::map<std::pair<Flow, unsigned>, const FlowCounters*> counted;
    for (const FoundEntry& entry : before) {
        counted.emplace(std::pair(entry.flow, entry.iif.value_or(0)), &entry.counters);
    }
    for (FoundEntry& entry : after) {
        const auto it = counted.find({entry.flow, entry.iif.value_or(0)});
        if (it == counted.end() || it->second->packets > entry.counters.packets) {
            continue;
        }
        entry.counters.packets -= it->second->packets;
        entry.counters.bytes -= it->second->bytes;
        entry.counters.wrong_if -= std::min(it->second->wrong_if, entry.counters.wrong_if);
    }
}

void leave_out_ports(const std::vector<LinkDetail>& links, Traffic& traffic) {
    for (const LinkDetail& link : links) {
        const auto master = std::find_if(links.begin(), links.end(), [&link](const auto& each) {
            return each.interface.ifindex == link.master;
        });
        if (master != links.end() && master->kind != "vrf") {
            traffic.leave_out(link.interface.ifindex);
        }
    }
}

void watch(PacketTap& tap, std::chrono::seconds watched, Tell tell, Traffic& traffic) {
    // What left just when the time was over.
    constexpr milliseconds kAfter{50};
    const auto end = Clock::now() + watched;
    auto left = watched;
    std::vector<Sighting> seen;
    for (auto now = Clock::now(); now < end + kAfter; now = Clock::now()) {
        const auto rest = std::chrono::ceil<std::chrono::seconds>(end - now);
        if (tell != nullptr && rest.count() > 0 && rest <= left) {
            tell(rest);
            left = rest - std::chrono::seconds(1);
        }
        const auto until_over = std::chrono::ceil<milliseconds>(end - now);
        const auto patience = now < end ? until_over : until_over + kAfter;
        tap.read(std::clamp(patience, milliseconds(1), milliseconds(1000)), seen);
        const bool is_over = now >= end;
        for (const Sighting& sighting : seen) {
            traffic.add(sighting, is_over);
        }
        seen.clear();
    }
}

void set_links(const std::vector<LinkDetail>& before, const std::vector<LinkDetail>& after,
               Observation& seen) {
    for (const LinkDetail& link : after) {
        seen.interfaces.apply({.interface = link.interface});
        seen.links.emplace(link.interface.ifindex, link);
    }
    for (const LinkDetail& link : before) {
        const auto it = seen.links.find(link.interface.ifindex);
        if (it != seen.links.end() && it->second.failed_to_send >= link.failed_to_send) {
            it->second.failed_to_send -= link.failed_to_send;
        }
    }
}

void set_family(Family family, std::optional<uint32_t> table, FamilyFacts& facts) {
    const auto before = std::exchange(facts.entries, entries_of(family, table));
    subtract(before, facts.entries);
    if (facts.owner != Evidence::Owner::kOurs && is_forwarding(family)) {
        facts.owner = Evidence::Owner::kOther;
        facts.owner_name = find_table_holder(family);
    }
    if (!table) {
        facts.vifs = vif_names(read_proc(family == Family::kIpv4 ? "/proc/self/net/ip_mr_vif"
                                                                 : "/proc/self/net/ip6_mr_vif"));
    }
    if (auto joins = GroupLists().read(family)) {
        facts.joins = std::move(*joins);
    }
}

}  // namespace

Status look_around(ReadConfig config, Observation& seen) {
    const auto links = dump_link_details();
    if (!links) {
        return links.error();
    }
    seen.lines.take(std::move(config));
    set_links({}, *links, seen);
    return {};
}

Status observe(const DiagnosisSettings& settings, FileSource& files, Tell tell, Observation& seen) {
    const auto links = dump_link_details();
    if (!links) {
        return links.error();
    }
    leave_out_ports(*links, seen.traffic);
    seen.table = settings.table;
    if (!ask_daemon(settings.socket, seen)) {
        for (FamilyFacts& facts : seen.families) {
            facts.owner = Evidence::Owner::kNobody;
        }
        seen.lines.take(read_config(settings.config_file, files));
    }
    seen.own_addresses = own_addresses();
    for (const Family family : kFamilies) {
        seen.families[index_of(family)].entries = entries_of(family, seen.table);
    }
    const Counters before = read_counters();
    // What it sees, the counters have not counted yet.
    auto tap = PacketTap::create();
    if (!tap) {
        return tap.error();
    }
    watch(*tap, settings.watched, tell, seen.traffic);
    seen.unseen = tap->lost();
    const Counters after = read_counters();
    seen.reverse_path_drops = after.reverse_path_drops - before.reverse_path_drops;
    for (size_t i = 0; i < kFamilies.size(); ++i) {
        seen.families[i].too_big_drops = after.too_big[i] - before.too_big[i];
    }
    const auto links_after = dump_link_details();
    if (!links_after) {
        return links_after.error();
    }
    set_links(*links, *links_after, seen);
    for (const Family family : kFamilies) {
        set_family(family, seen.table, seen.families[index_of(family)]);
    }
    return {};
}

}  // namespace smcroute
