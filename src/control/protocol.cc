// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/protocol.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/text.h"

namespace smcroute {

namespace {

uint8_t byte_at(std::string_view bytes, size_t index) { return static_cast<uint8_t>(bytes[index]); }

bool is_frame_type(uint8_t value) {
    return value >= static_cast<uint8_t>(FrameType::kCommand) &&
           value <= static_cast<uint8_t>(FrameType::kDone);
}

void append_frame(std::string& frames, FrameType type, std::string_view payload) {
    CHECK(payload.size() <= kMaxPayload);
    const auto size = static_cast<uint32_t>(payload.size());
    const std::array<char, kFrameHeaderSize> header = {
        static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
        static_cast<char>(size), static_cast<char>(type)};
    frames.append(header.data(), header.size()).append(payload);
}

}  // namespace

std::string encode_frame(FrameType type, std::string_view payload) {
    std::string frame;
    append_frame(frame, type, payload);
    return frame;
}

void append_text(std::string& frames, FrameType type, std::string_view text) {
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, kMaxPayload);
        append_frame(frames, type, piece);
        text.remove_prefix(piece.size());
    }
}

std::string encode_done(ExitStatus status) {
    const char byte = static_cast<char>(status);
    return encode_frame(FrameType::kDone, {&byte, 1});
}

Result<std::string> encode_words(std::span<const std::string> words) {
    std::string payload;
    for (const std::string& word : words) {
        if (word.find('\0') != std::string::npos) {
            return Error{compose("'{}' contains a NUL byte", printable(word)), ExitStatus::kUsage};
        }
        payload += word;
        payload += '\0';
    }
    if (payload.size() > kMaxPayload) {
        return Error{compose("{}: the command is longer than {}", words.front(),
                             count_of(kMaxPayload, "byte")),
                     ExitStatus::kUsage};
    }
    return payload;
}

Result<std::vector<std::string>> decode_words(std::string_view payload) {
    if (payload.empty() || payload.back() != '\0') {
        return Error{"malformed command", ExitStatus::kUsage};
    }
    std::vector<std::string> words;
    words.reserve(static_cast<size_t>(std::count(payload.begin(), payload.end(), '\0')));
    while (!payload.empty()) {
        const std::string_view word = payload.substr(0, payload.find('\0'));
        words.emplace_back(word);
        payload.remove_prefix(word.size() + 1);
    }
    return words;
}

void FrameDecoder::drop_consumed() {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
}

void FrameDecoder::shrink() {
    if (buffered() == 0) {
        drop_consumed();
        buffer_.shrink_to_fit();
    }
}

Result<std::optional<Frame>> FrameDecoder::next() {
    const std::string_view rest = std::string_view(buffer_).substr(consumed_);
    if (rest.size() < kFrameHeaderSize) {
        drop_consumed();
        return std::optional<Frame>();
    }
    const size_t size = static_cast<size_t>(byte_at(rest, 0)) << 24 |
                        static_cast<size_t>(byte_at(rest, 1)) << 16 |
                        static_cast<size_t>(byte_at(rest, 2)) << 8 | byte_at(rest, 3);
    const uint8_t type = byte_at(rest, 4);
    if (size > kMaxPayload || !is_frame_type(type)) {
        return Error{"malformed frame", ExitStatus::kUsage};
    }
    if (rest.size() < kFrameHeaderSize + size) {
        drop_consumed();
        return std::optional<Frame>();
    }
    consumed_ += kFrameHeaderSize + size;
    return std::optional(Frame{static_cast<FrameType>(type), rest.substr(kFrameHeaderSize, size)});
}

}  // namespace smcroute
