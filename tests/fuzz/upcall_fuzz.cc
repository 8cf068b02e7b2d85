// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as what a multicast routing socket delivers, of either family; what comes out must be
// fit to become an (S,G) entry.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "kernel/mrt_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace smcroute;

void check(const std::optional<Upcall>& upcall, Family family) {
    if (!upcall) {
        return;
    }
    CHECK(upcall->slot < kSlotCount);
    CHECK(upcall->flow.group.family() == family && upcall->flow.source.family() == family);
    CHECK(upcall->flow.group.is_multicast());
    CHECK(!upcall->flow.source.is_multicast() && !upcall->flow.source.is_any());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    check(decode_upcall4(bytes), Family::kIpv4);
    check(decode_upcall6(bytes), Family::kIpv6);
    return 0;
}
