// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The remedies that take more than a phrase: commands and configuration lines to copy.
#pragma once

#include <string>
#include <string_view>

#include "why/evidence.h"

namespace smcroute {

// An interface that is down, or has no carrier.
std::string remedy_of_no_link(const Port& port);

// A stream of which nothing arrives: ask for it by a join.
std::string remedy_of_silence(const Evidence& evidence);

// A packet filter that drops the group at that place, in iptables' words.
std::string remedy_of_filter(const Address& group, std::string_view place);

// A stream that arrives by "by" and that no line covers.
std::string remedy_of_no_rule(const Evidence& evidence, const std::string& by);

}  // namespace smcroute
