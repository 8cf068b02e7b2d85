// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Ops to and from the structs of <linux/mroute.h> and <linux/mroute6.h>. Pure. An upcall arrives on
// a raw socket among packets of the family's group management protocol, so what does not decode is
// nothing out of the ordinary.
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
// A MIF takes an ifindex of 16 bits.
void encode_vif6(Slot slot, uint16_t ifindex, mif6ctl& mif);

// An any-source entry takes its iif among its outbounds as well: the kernel passes over one that
// does not have it there, and never sends a packet back through it.
mfcctl encode_entry4(const PutEntry& entry);
mf6cctl encode_entry6(const PutEntry& entry);
// Just the key.
mfcctl encode_entry4(const Flow& flow);
mf6cctl encode_entry6(const Flow& flow);

sioc_sg_req encode_counters4(const Flow& flow);
sioc_sg_req6 encode_counters6(const Flow& flow);

// Nothing for what is not an upcall, for upcalls of other kinds, and for one that could not be
// answered by an (S,G) entry: an unspecified source above all, since an entry for it would hold for
// every source. (An IGMP or MLD report sent from 0.0.0.0 or :: to a joined group does raise one.)
std::optional<Upcall> decode_upcall4(std::span<const std::byte> bytes);
std::optional<Upcall> decode_upcall6(std::span<const std::byte> bytes);

}  // namespace smcroute
