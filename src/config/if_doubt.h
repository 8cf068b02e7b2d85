// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Guesses what was meant where an interface name should stand. The kernel accepts nearly any word
// as a name, and the interface may come later, so none of this is an error. For messages only.
#pragma once

#include <string>

#include "mcast/if_name.h"
#include "mcast/interfaces.h"

namespace smcroute {

// Why this word is hardly a name: "did you mean eth1?" for "eth1,", "'to' is a keyword". Empty if
// the word looks like a name, or an interface has it. If `present` is known, a name that differs
// only in case from an existing one is doubtful too.
std::string typo_in(const IfPattern& word, const Interfaces* present = nullptr);

// "interface eht0 does not exist (did you mean eth0?)", for a name that no interface has.
std::string missing_text(const IfName& name, const Interfaces& present);

}  // namespace smcroute
