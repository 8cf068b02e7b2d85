// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as a packet that a tap saw.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "kernel/packet_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace smcroute;
    if (const auto packet = decode_packet(std::as_bytes(std::span(data, size)))) {
        CHECK(packet->flow.group.is_multicast());
        CHECK(packet->flow.source.family() == packet->flow.group.family());
    }
    return 0;
}
