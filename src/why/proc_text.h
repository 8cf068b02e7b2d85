// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The texts of /proc/net that a diagnosis reads. Pure; what makes no sense is left out, or zero.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace smcroute {

// A counter in the text of /proc/net/snmp or netstat: "Ip", "FragFails".
uint64_t counter_in(std::string_view text, std::string_view protocol, std::string_view name);
// A counter in the text of /proc/net/snmp6: "Ip6FragFails".
uint64_t counter6_in(std::string_view text, std::string_view name);
// The interfaces in the text of /proc/net/ip_mr_vif or ip6_mr_vif.
std::vector<std::string> vif_names(std::string_view text);

}  // namespace smcroute
