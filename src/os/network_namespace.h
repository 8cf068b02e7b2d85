// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Which network namespace this is: routes in one are nothing in another.
#pragma once

#include <string>
#include <string_view>

namespace smcroute {

// That of a process: "net:[4026531840]", as lsns(8) has the number; empty where /proc does not
// tell.
std::string network_namespace(std::string_view process = "self");
// The same after the name that ip-netns(8) gave it, if any: "blue (net:[4026532001])".
std::string describe_network_namespace(const std::string& id);

// Whether a descriptor is that of a socket in another namespace than ours. False also where the
// kernel does not tell (before 4.10, or without CAP_NET_ADMIN).
bool is_of_another_network(int fd);

}  // namespace smcroute
