// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EvidenceMaker: from an Observation, what there is to say about one stream.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "why/evidence.h"
#include "why/observation.h"
#include "why/suspects.h"

namespace smcroute {

class EvidenceMaker {
public:
    explicit EvidenceMaker(const Observation& observation);

    Evidence make(const Suspect& suspect);
    // As if packets arrived as the line wants them, and it were in the kernel.
    Evidence suppose(const RouteSpec& line);

private:
    Port port_of(const std::string& name, Family family) const;
    unsigned rp_filter_of(const std::string& name, Family family) const;
    std::vector<std::string> ways_back_to(const Address& source);
    void set_arrivals(const Flow& flow, Evidence& evidence);
    void set_lines(const Suspect& suspect, Evidence& evidence);
    void set_cover(const Flow& flow, const std::string& inbound, Evidence& evidence);
    void set_entry(const Flow& flow, const std::string& inbound, Evidence& evidence);
    std::set<std::string> outlet_names(const Evidence& evidence) const;
    void set_outlets(const Flow& flow, Evidence& evidence) const;
    void want_inbound(const IfPattern& inbound, Evidence& evidence) const;
    void set_return(const Flow& flow, Evidence& evidence) const;
    const FoundEntry* find_entry(const Flow& flow, unsigned ifindex) const;
    std::string name_of(unsigned ifindex) const;
    unsigned index_of_name(const std::string& name) const;

    const Observation& observation_;
    std::optional<EntryQuery> query_;
    std::map<Flow, std::vector<const FoundEntry*>> entries_;
    // Of the stream that is being looked at.
    std::vector<RouteSpec> lines_;
    const FoundEntry* entry_ = nullptr;
};

}  // namespace smcroute
