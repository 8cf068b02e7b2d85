// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Ops to and from the structs of <linux/mroute.h> and <linux/mroute6.h>. Pure. Upcalls arrive on a
// raw socket among packets of the family's group management protocol, so a message that does not
// decode is normal.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <net/if.h>
#include <netinet/in.h>

#include <linux/mroute.h>
#include <linux/mroute6.h>

#include "kernel/kernel.h"
#include "mcast/op.h"

namespace smcroute {

vifctl encode_vif4(Slot slot, unsigned ifindex);
// A MIF holds a 16-bit ifindex.
void encode_vif6(Slot slot, uint16_t ifindex, mif6ctl& mif);

// An any-source entry lists its iif among its oifs as well, unless it is hidden: the kernel ignores
// an entry without it, and never sends a packet back through it.
mfcctl encode_entry4(const PutEntry& entry);
mf6cctl encode_entry6(const PutEntry& entry);
// Just the key.
mfcctl encode_entry4(const DelEntry& entry);
mf6cctl encode_entry6(const DelEntry& entry);

sioc_sg_req encode_counters4(const Flow& flow);
sioc_sg_req6 encode_counters6(const Flow& flow);

// Nothing for a message that is no upcall, for upcalls of other kinds, and for an upcall that an
// (S,G) entry could not answer: above all an unspecified source, since an entry for it would hold
// for every source. (An IGMP or MLD report sent from 0.0.0.0 or :: to a joined group does raise
// one.)
std::optional<Upcall> decode_upcall4(std::span<const std::byte> bytes);
std::optional<Upcall> decode_upcall6(std::span<const std::byte> bytes);

}  // namespace smcroute
