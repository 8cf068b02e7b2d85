// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// IfName: the name of a network interface, valid by construction (1 to 15 bytes, no '/', white
// space or control byte, not "." or ".."). IfPattern: what an operator writes where an interface is
// meant: a name, or a name's beginning followed by '+' ("eth+", "+").
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smcroute {

class IfName {
public:
    // The kernel's IFNAMSIZ - 1.
    static constexpr size_t kMaxLength = 15;

    static std::optional<IfName> parse(std::string_view text);

    std::string_view view() const { return text_.data(); }
    const char* c_str() const { return text_.data(); }

    // Sorted as text: the NUL padding sorts before any byte of a name.
    friend auto operator<=>(const IfName& a, const IfName& b) {
        return memcmp(a.text_.data(), b.text_.data(), a.text_.size()) <=> 0;
    }
    friend bool operator==(const IfName& a, const IfName& b) {
        return a.half(0) == b.half(0) && a.half(1) == b.half(1);
    }

    size_t hash() const {
        uint64_t mixed = (half(0) ^ 0x9e3779b97f4a7c15U) * 0xff51afd7ed558ccdU;
        mixed = (mixed ^ (mixed >> 32) ^ half(1)) * 0xc4ceb9fe1a85ec53U;
        return static_cast<size_t>(mixed ^ (mixed >> 29));
    }

private:
    friend class IfPattern;
    IfName() = default;

    // Eight bytes of text_ as they lie in memory.
    uint64_t half(size_t index) const {
        uint64_t value = 0;
        memcpy(&value, text_.data() + index * sizeof value, sizeof value);
        return value;
    }

    std::array<char, kMaxLength + 1> text_{};  // NUL-padded
};

inline std::string to_string(const IfName& name) { return std::string(name.view()); }
// "eth0, eth1".
std::string joined(const std::vector<IfName>& names);

class IfPattern {
public:
    static std::optional<IfPattern> parse(std::string_view text);
    explicit IfPattern(const IfName& name) : stem_(name) {}

    bool is_wildcard() const { return wildcard_; }
    bool matches(const IfName& name) const;
    // True if this matches every name that `narrow` matches.
    bool covers(const IfPattern& narrow) const;
    // True if one interface can match both.
    bool overlaps(const IfPattern& other) const { return covers(other) || other.covers(*this); }
    // The wildcard whose stem is the first `length` bytes of this stem; nothing if this stem is
    // shorter.
    std::optional<IfPattern> widened(size_t length) const;
    // The interface name, if this is not a wildcard.
    std::optional<IfName> name() const;
    size_t hash() const { return stem_.hash() + (wildcard_ ? 1 : 0); }
    // The part before the '+', or the whole name.
    std::string_view stem() const { return stem_.view(); }

    friend auto operator<=>(const IfPattern&, const IfPattern&) = default;
    friend bool operator==(const IfPattern&, const IfPattern&) = default;

private:
    IfPattern() = default;

    IfName stem_;
    bool wildcard_ = false;
};

std::string to_string(const IfPattern& pattern);

}  // namespace smcroute

template <>
struct std::hash<smcroute::IfName> {
    size_t operator()(const smcroute::IfName& name) const noexcept { return name.hash(); }
};

template <>
struct std::hash<smcroute::IfPattern> {
    size_t operator()(const smcroute::IfPattern& pattern) const noexcept { return pattern.hash(); }
};
