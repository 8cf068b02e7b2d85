// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/join_record.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/byte_reader.h"
#include "base/log.h"

namespace smcroute {

namespace {

// An entry in the file; socket 0 means that the place is free. Addresses are IPv6, or in
// IPv4-mapped form.
struct Packed {
    uint32_t socket;
    uint32_t ifindex;
    Address::Ipv6Bytes group;
    Address::Ipv6Bytes source;
};

// Limits a reader's memory, whatever the file claims.
constexpr JoinRecord::Place kMostPlaces = 1 << 20;

constexpr uint64_t offset_of(JoinRecord::Place place) { return uint64_t{place} * sizeof(Packed); }

Address unpack(const Address::Ipv6Bytes& bytes) {
    const auto v6 = Address::from_ipv6(bytes);
    return v6 ? *v6 : Address::from_ipv4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

std::optional<Flow> flow_of(const Packed& packed) {
    const Flow flow{unpack(packed.group), unpack(packed.source)};
    const bool is_sound = flow.group.is_multicast() && flow.source.family() == flow.group.family();
    return is_sound ? std::optional(flow) : std::nullopt;
}

void log_failure(const Status& status) {
    if (!status) {
        log_err(status.error().text);
    }
}

}  // namespace

JoinRecord::JoinRecord(int fd) : active_(fd >= 0), file_(fd, "the record of memberships") {}

std::vector<JoinRecord::Entry> JoinRecord::read() {
    std::vector<Entry> entries;
    if (!active_) {
        return entries;
    }
    const auto size = file_.size();
    const auto bytes =
        size ? file_.read(0, static_cast<size_t>(std::min(*size, offset_of(kMostPlaces))))
             : size.error();
    if (!bytes) {
        log_err(bytes.error().text);
        return entries;
    }
    ByteReader reader(std::as_bytes(std::span(*bytes)));
    while (const auto packed = reader.read<Packed>()) {
        const Place place = end_++;
        const auto flow = packed->socket != 0 ? flow_of(*packed) : std::nullopt;
        if (flow) {
            entries.push_back({place, packed->socket, packed->ifindex, *flow});
        } else {
            free_.push_back(place);
        }
    }
    return entries;
}

void JoinRecord::clear() {
    if (active_) {
        log_failure(file_.truncate(0));
    }
}

Result<JoinRecord::Place> JoinRecord::add(uint32_t socket, unsigned ifindex, const Flow& flow) {
    if (!active_) {
        return Place{0};
    }
    const bool is_new = free_.empty();
    const Place place = is_new ? end_ : free_.back();
    if (place >= kMostPlaces) {
        return Error{"there are too many memberships", ExitStatus::kSystem};
    }
    const Packed packed{socket, ifindex, flow.group.ipv6(), flow.source.ipv6()};
    const std::string_view bytes(reinterpret_cast<const char*>(&packed), sizeof packed);
    if (const Status written = file_.write(offset_of(place), bytes); !written) {
        return written.error();
    }
    if (is_new) {
        ++end_;
    } else {
        free_.pop_back();
    }
    return place;
}

void JoinRecord::remove(Place place) {
    if (!active_) {
        return;
    }
    const std::string nothing(sizeof(Packed), '\0');
    log_failure(file_.write(offset_of(place), nothing));
    free_.push_back(place);
}

}  // namespace smcroute
