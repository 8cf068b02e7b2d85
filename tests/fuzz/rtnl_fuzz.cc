// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as an rtnetlink datagram; what comes out must be usable as it is.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "kernel/rtnl_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace smcroute;
    std::vector<LinkEvent> events;
    const LinkReport report = decode_links(std::as_bytes(std::span(data, size)), events);
    CHECK(report.error >= 0);
    for (const LinkEvent& event : events) {
        CHECK(event.interface.ifindex != 0);
        CHECK(IfName::parse(event.interface.name.view()).has_value());
    }
    std::vector<LinkDetail> details;
    (void)decode_link_details(std::as_bytes(std::span(data, size)), details);
    for (const LinkDetail& detail : details) {
        CHECK(detail.interface.ifindex != 0);
        CHECK(detail.kind.size() <= IfName::kMaxLength);
    }
    return 0;
}
