// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/protocol.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

// Calls visit(field) for each field, for writing and for reading alike.
template <typename Visit>
void for_each_field(auto& message, Visit visit) {
    using Kind = std::remove_cvref_t<decltype(message)>;
    if constexpr (std::is_same_v<Kind, ReadFile>) {
        visit(message.path);
    } else if constexpr (std::is_same_v<Kind, FindFiles>) {
        visit(message.pattern);
    } else if constexpr (std::is_same_v<Kind, OpenMrdisc>) {
        visit(message.family);
        visit(message.ifindex);
        visit(message.name);
    } else if constexpr (std::is_same_v<Kind, RunScript>) {
        visit(message.word);
        visit(message.source);
        visit(message.group);
    } else if constexpr (std::is_same_v<Kind, Hold> || std::is_same_v<Kind, Release>) {
        visit(message.id);
    } else if constexpr (std::is_same_v<Kind, Notify>) {
        visit(message.notice);
        visit(message.status);
    } else if constexpr (std::is_same_v<Kind, Answer>) {
        visit(message.status);
        visit(message.reason);
    } else if constexpr (std::is_same_v<Kind, StopOrder>) {
        visit(message.why);
    } else if constexpr (std::is_same_v<Kind, ScriptEnded>) {
        visit(message.status);
    } else {
        static_assert(std::is_empty_v<Kind>);
    }
}

class Writer {
public:
    template <typename Number>
    void operator()(const Number& value) {
        const auto bytes = std::as_bytes(std::span(&value, 1));
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    void operator()(const std::string& text) {
        const auto size = static_cast<uint16_t>(std::min(text.size(), kMaxText));
        (*this)(size);
        const auto bytes = std::as_bytes(std::span(text)).first(size);
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte> take() { return std::move(out_); }

private:
    std::vector<std::byte> out_;
};

class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : in_(bytes) {}

    // Every field was there, and nothing more.
    bool complete() const { return good_ && in_.remaining() == 0; }
    void refuse() { good_ = false; }

    template <typename Number>
    void operator()(Number& value) {
        const auto read = in_.read<Number>();
        good_ = good_ && read;
        value = read.value_or(Number{});
    }
    void operator()(std::string& text) {
        uint16_t size = 0;
        (*this)(size);
        const auto bytes = size <= kMaxText ? in_.take(size) : std::nullopt;
        good_ = good_ && bytes;
        if (bytes) {
            text.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        }
    }
    // The enumerations whose values come from the other side.
    void operator()(Family& family) {
        const uint8_t value = read_below(kFamilies.size());
        family = kFamilies[value];
    }
    void operator()(Notice& notice) {
        notice = static_cast<Notice>(read_below(static_cast<size_t>(Notice::kWatchdog) + 1));
    }
    void operator()(ExitStatus& status) { status = static_cast<ExitStatus>(read_below(256)); }

private:
    uint8_t read_below(size_t bound) {
        uint8_t value = 0;
        (*this)(value);
        good_ = good_ && value < bound;
        return value < bound ? value : uint8_t{0};
    }

    ByteReader in_;
    bool good_ = true;
};

template <size_t kType>
std::optional<GuardMessage> decode_as(std::span<const std::byte> fields) {
    std::variant_alternative_t<kType, GuardMessage> message;
    Reader reader(fields);
    for_each_field(message, [&reader](auto& field) { reader(field); });
    return reader.complete() ? std::optional<GuardMessage>(std::move(message)) : std::nullopt;
}

template <size_t... kTypes>
constexpr auto decoders(std::index_sequence<kTypes...> /*types*/) {
    return std::array{&decode_as<kTypes>...};
}
// Indexed by the type number.
constexpr auto kDecoders = decoders(std::make_index_sequence<std::variant_size_v<GuardMessage>>());

}  // namespace

std::vector<std::byte> encode_message(const GuardMessage& message) {
    Writer writer;
    writer(static_cast<uint8_t>(message.index()));
    std::visit(
        [&writer](const auto& kind) {
            for_each_field(kind, [&writer](const auto& field) { writer(field); });
        },
        message);
    return writer.take();
}

std::optional<GuardMessage> decode_message(std::span<const std::byte> bytes) {
    const size_t type = bytes.empty() ? kDecoders.size() : static_cast<size_t>(bytes[0]);
    return type < kDecoders.size() ? kDecoders[type](bytes.subspan(1)) : std::nullopt;
}

}  // namespace smcroute
