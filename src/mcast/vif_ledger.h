// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// VifLedger: what a daemon has to leave behind so that another can go on with its routing sockets:
// which name has which slot, and by which ifindex its VIF was added. The kernel does not tell it
// all (the interfaces of IPv6 VIFs only for the default table), and of a name that is away it knows
// nothing. A value of fixed size, also as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "mcast/if_name.h"
#include "mcast/op.h"

namespace smcroute {

struct VifRecord {
    enum class State : uint8_t {
        kUnused,  // no VIF, and no entry has the slot among its outbounds
        kGone,    // no VIF that could be trusted; entries may have kept the slot
        kLive,    // a VIF of this ifindex, if the slot is occupied; else the same as kGone
    };

    IfName name;
    unsigned ifindex = 0;  // of the VIF that was added last
    State state = State::kUnused;

    friend bool operator==(const VifRecord&, const VifRecord&) = default;
};

// By family and slot.
using VifRecords = std::array<std::optional<VifRecord>, kSlotCount>;
using VifLedger = std::array<VifRecords, kFamilies.size()>;

// For a reader on the same machine. Under a page.
using VifLedgerBytes = std::array<std::byte, 12 + 24 * kFamilies.size() * kSlotCount>;
VifLedgerBytes encode(const VifLedger& ledger);
// Half of one and half of another is an error, as is whatever else encode() would not make.
Result<VifLedger> decode_vif_ledger(std::span<const std::byte> bytes);

}  // namespace smcroute
