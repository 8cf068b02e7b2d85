// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as an IPv4 packet and as an ICMPv6 message; what is accepted must be what the encoder
// writes for it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "mrdisc/mrdisc_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace smcroute;
using Type = MrdiscMessage::Type;

std::optional<MrdiscMessage> decode6(std::span<const std::byte> bytes, Type type) {
    return decode_mrdisc6(bytes, mrdisc_group(Family::kIpv6, type), 1);
}

void check(const std::optional<MrdiscMessage>& message) {
    if (!message) {
        return;
    }
    CHECK(message->type == Type::kAdvertisement ||
          *message == MrdiscMessage{.type = message->type});
    const std::vector<std::byte> bytes = encode_mrdisc(Family::kIpv6, *message);
    CHECK(decode6(bytes, message->type) == message);
    CHECK(!decode6(std::span(bytes).first(bytes.size() - 1), message->type));
}

// The message as a packet of ours.
void check4(const MrdiscMessage& message) {
    const std::vector<std::byte> payload = encode_mrdisc(Family::kIpv4, message);
    std::vector<std::byte> packet(20);
    packet[0] = std::byte{0x45};
    packet[3] = static_cast<std::byte>(20 + payload.size());
    packet[8] = std::byte{1};
    packet[9] = std::byte{2};
    const Address::Ipv4Bytes group = mrdisc_group(Family::kIpv4, message.type).ipv4();
    std::copy_n(std::as_bytes(std::span(group)).begin(), group.size(), packet.begin() + 16);
    packet.insert(packet.end(), payload.begin(), payload.end());
    CHECK(decode_mrdisc4(packet) == message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const auto& message : {decode_mrdisc4(bytes), decode6(bytes, Type::kAdvertisement),
                                decode6(bytes, Type::kSolicitation)}) {
        check(message);
        if (message) {
            check4(*message);
        }
    }
    return 0;
}
