// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Which network namespace this is: routes in one do not exist in another.
#pragma once

#include <string>
#include <string_view>

namespace smcroute {

// The namespace of a process: "net:[4026531840]", with the number that lsns(8) shows; empty if
// /proc does not tell.
std::string network_namespace(std::string_view process = "self");
// The same, after the name that ip-netns(8) gave it, if any: "blue (net:[4026532001])".
std::string describe_network_namespace(const std::string& id);

// Whether the descriptor is a socket in another namespace than ours. Also false if the kernel does
// not tell (before 4.10, or without CAP_NET_ADMIN).
bool is_of_another_network(int fd);

}  // namespace smcroute
