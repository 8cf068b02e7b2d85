// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Observation: everything that is looked at once for all streams, before, during and after the time
// of watching. Reads the kernel's tables and /proc, asks the daemon if there is one, and changes
// nothing.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/loader.h"
#include "kernel/entry_query.h"
#include "kernel/group_list.h"
#include "kernel/rtnl_codec.h"
#include "why/evidence.h"
#include "why/lines.h"
#include "why/traffic.h"

namespace smcroute {

struct DiagnosisSettings {
    std::string socket;                            // of the daemon
    std::string config_file;                       // if there is no daemon
    std::optional<uint32_t> table = std::nullopt;  // none: the daemon's
    std::chrono::seconds watched{5};
    bool json = false;
    bool as_config = false;
};

// What concerns one family of addresses.
struct FamilyFacts {
    std::vector<FoundEntry> entries;  // the counters are those of the time of watching
    Evidence::Owner owner = Evidence::Owner::kOurs;
    std::string owner_name;
    std::optional<std::vector<std::string>> vifs;  // by name; nothing if they are not known
    GroupUsers joins;
    uint64_t too_big_drops = 0;
};

struct Observation {
    std::optional<uint32_t> table;  // of the kernel; none: the default one
    ConfiguredLines lines;
    bool streams_full = false;             // the daemon has no room to learn one more
    std::map<unsigned, LinkDetail> links;  // by ifindex
    Interfaces interfaces;                 // the same
    std::set<Address> own_addresses;
    std::array<FamilyFacts, kFamilies.size()> families;
    Traffic traffic;
    uint64_t reverse_path_drops = 0;
    unsigned unseen = 0;  // packets

    const FamilyFacts& of(Family family) const { return families[index_of(family)]; }
};

// `tell`, if there is one, is called each second with the time that is left.
using Tell = void (*)(std::chrono::seconds left);
Status observe(const DiagnosisSettings& settings, FileSource& files, Tell tell, Observation& seen);

// Without watching: those lines, and the interfaces of this machine.
Status look_around(ReadConfig config, Observation& seen);

}  // namespace smcroute
