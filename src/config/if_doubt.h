// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What was probably meant where an interface's name should stand. Nearly any word is a name for the
// kernel, and an interface may come later, so none of this is an error. For messages only.
#pragma once

#include <string>

#include "mcast/if_name.h"
#include "mcast/interfaces.h"

namespace smcroute {

// Why this word is hardly a name: "did you mean eth1?" of "eth1,", "'to' is a keyword". Empty of
// one that looks like a name, or that an interface has. Where it is known which interfaces exist, a
// name that differs from one of these only in case is no name either.
std::string typo_in(const IfPattern& word, const Interfaces* present = nullptr);

// "interface eht0 does not exist (did you mean eth0?)", of a name that no interface has.
std::string missing_text(const IfName& name, const Interfaces& present);

}  // namespace smcroute
