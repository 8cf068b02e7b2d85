// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/vif_ledger.h"

#include <cstring>

#include "base/byte_reader.h"
#include "base/text.h"

namespace smcroute {

namespace {

// The last character is the version.
constexpr std::array<char, 8> kMagic = {'s', 'm', 'c', 'V', 'I', 'F', 's', '1'};
constexpr size_t kHeaderSize = sizeof kMagic + sizeof(uint32_t);

// A record as bytes; an empty name means no record.
struct Packed {
    std::array<char, IfName::kMaxLength + 1> name;
    uint32_t ifindex;
    uint32_t state;
};
static_assert(sizeof(VifLedgerBytes) ==
              kHeaderSize + sizeof(Packed) * kFamilies.size() * kSlotCount);

// FNV-1a.
uint32_t checksum(std::span<const std::byte> bytes) {
    uint32_t hash = 2166136261U;
    for (const std::byte byte : bytes) {
        hash = (hash ^ static_cast<uint32_t>(byte)) * 16777619U;
    }
    return hash;
}

Packed pack(const VifRecord& record) {
    Packed packed{
        .name = {}, .ifindex = record.ifindex, .state = static_cast<uint32_t>(record.state)};
    const std::string_view name = record.name.view();
    memcpy(packed.name.data(), name.data(), name.size());
    return packed;
}

std::optional<VifRecord> unpack(const Packed& packed) {
    if (packed.name.back() != '\0') {
        return std::nullopt;
    }
    const auto name = IfName::parse(packed.name.data());
    if (!name || packed.state > static_cast<uint32_t>(VifRecord::State::kLive)) {
        return std::nullopt;
    }
    return VifRecord{*name, packed.ifindex, static_cast<VifRecord::State>(packed.state)};
}

Error unreadable(std::string_view why) {
    return {compose("cannot read the ledger of VIFs: {}", why), ExitStatus::kSystem};
}

}  // namespace

VifLedgerBytes encode(const VifLedger& ledger) {
    VifLedgerBytes bytes{};
    std::byte* to = bytes.data() + kHeaderSize;
    for (const VifRecords& records : ledger) {
        for (const std::optional<VifRecord>& record : records) {
            const Packed packed = record ? pack(*record) : Packed{};
            memcpy(to, &packed, sizeof packed);
            to += sizeof packed;
        }
    }
    const uint32_t sum = checksum(std::span(bytes).subspan(kHeaderSize));
    memcpy(bytes.data(), kMagic.data(), sizeof kMagic);
    memcpy(bytes.data() + sizeof kMagic, &sum, sizeof sum);
    return bytes;
}

Result<VifLedger> decode_vif_ledger(std::span<const std::byte> bytes) {
    if (bytes.size() != sizeof(VifLedgerBytes)) {
        return unreadable("it has another size");
    }
    ByteReader reader(bytes);
    if (reader.read<std::array<char, 8>>() != kMagic) {
        return unreadable("it is of another version, or none");
    }
    if (reader.read<uint32_t>() != checksum(bytes.subspan(kHeaderSize))) {
        return unreadable("its checksum is wrong");
    }
    VifLedger ledger;
    for (VifRecords& records : ledger) {
        for (std::optional<VifRecord>& record : records) {
            const auto packed = reader.read<Packed>();
            if (packed && packed->name.front() != '\0') {
                record = unpack(*packed);
                if (!record) {
                    return unreadable("an invalid record");
                }
            }
        }
    }
    return ledger;
}

}  // namespace smcroute
