// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// VifLedger: what a daemon leaves behind so that a successor can go on with its routing sockets:
// which name has which slot, and the ifindex that its VIF was added with. The kernel does not
// report all of it (the interfaces of IPv6 VIFs only for the default table), and it knows nothing
// of a name whose interface is gone. A value of fixed size, also as bytes.
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
        kGone,    // no VIF to rely on; entries may still use the slot
        kLive,    // a VIF with this ifindex, if the slot is occupied; else like kGone
    };

    IfName name;
    unsigned ifindex = 0;  // of the VIF added last
    State state = State::kUnused;

    friend bool operator==(const VifRecord&, const VifRecord&) = default;
};

// Indexed by family and slot.
using VifRecords = std::array<std::optional<VifRecord>, kSlotCount>;
using VifLedger = std::array<VifRecords, kFamilies.size()>;

// To be read on the same machine. Smaller than a page.
using VifLedgerBytes = std::array<std::byte, 12 + 24 * kFamilies.size() * kSlotCount>;
VifLedgerBytes encode(const VifLedger& ledger);
// Fails if the bytes mix two ledgers, or are anything else that encode() does not make.
Result<VifLedger> decode_vif_ledger(std::span<const std::byte> bytes);

}  // namespace smcroute
