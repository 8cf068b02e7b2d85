// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// IfName: the name of a network interface, valid by construction (1 to 15 bytes, no '/', white
// space or control byte, not "." or ".."). IfPattern: what an operator writes where an interface is
// meant: a name, or a name's beginning followed by '+' ("eth+", "+").
#pragma once

#include <array>
#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace smcroute {

class IfName {
public:
    // IFNAMSIZ - 1 of the kernel.
    static constexpr size_t kMaxLength = 15;

    static std::optional<IfName> parse(std::string_view text);

    std::string_view view() const { return text_.data(); }
    const char* c_str() const { return text_.data(); }

    friend auto operator<=>(const IfName& a, const IfName& b) { return a.view() <=> b.view(); }
    friend bool operator==(const IfName& a, const IfName& b) { return a.text_ == b.text_; }

private:
    friend class IfPattern;
    IfName() = default;

    std::array<char, kMaxLength + 1> text_{};  // NUL-padded
};

inline std::string to_string(const IfName& name) { return std::string(name.view()); }

class IfPattern {
public:
    static std::optional<IfPattern> parse(std::string_view text);
    explicit IfPattern(const IfName& name) : stem_(name) {}
    // The wildcard whose stem is the first `length` bytes of this name; nothing if it is shorter.
    static std::optional<IfPattern> with_stem_of(const IfName& name, size_t length);

    bool is_wildcard() const { return wildcard_; }
    bool matches(const IfName& name) const;
    // The interface, where this is not a wildcard.
    std::optional<IfName> name() const;
    // What stands before the '+', or the whole name.
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
    size_t operator()(const smcroute::IfName& name) const noexcept {
        return std::hash<std::string_view>{}(name.view());
    }
};

template <>
struct std::hash<smcroute::IfPattern> {
    size_t operator()(const smcroute::IfPattern& pattern) const noexcept {
        return std::hash<std::string_view>{}(pattern.stem()) + (pattern.is_wildcard() ? 1 : 0);
    }
};
