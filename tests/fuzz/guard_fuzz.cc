// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as a message between the guard and its worker. What is taken is what its encoding says
// again, byte by byte: there is one way to say a thing.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "guard/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace smcroute;
    const auto bytes = std::as_bytes(std::span(data, size));
    if (const auto message = decode_message(bytes)) {
        const std::vector<std::byte> again = encode_message(*message);
        CHECK(std::equal(bytes.begin(), bytes.end(), again.begin(), again.end()));
    }
    return 0;
}
