// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as the kernel's answer to a question for its entries; what comes out must be usable as
// it is.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "kernel/entry_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace smcroute;
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const Family family : kFamilies) {
        for (const std::optional<uint32_t> table :
             {std::optional<uint32_t>(), std::optional(1000U)}) {
            std::vector<FoundEntry> entries;
            const NetlinkReport report = decode_entries(bytes, family, table, entries);
            CHECK(report.error >= 0);
            for (const FoundEntry& entry : entries) {
                CHECK(entry.flow.family() == family && entry.flow.source.family() == family);
                CHECK(entry.flow.group.is_multicast());
                for (const auto& [ifindex, ttl] : entry.outbounds) {
                    CHECK(ifindex != 0 && ttl != 0);
                }
            }
        }
    }
    for (const Family family : kFamilies) {
        (void)decode_route_answer(bytes, family);
    }
    return 0;
}
