// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/if_name.h"

#include <algorithm>

#include "base/text.h"

namespace smcroute {

namespace {

// The bytes that the kernel's dev_valid_name() refuses, and control bytes, which would garble a
// log.
bool is_bad_byte(char c) {
    return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

}  // namespace

std::optional<IfName> IfName::parse(std::string_view text) {
    if (text.empty() || text.size() > kMaxLength || text == "." || text == "..") {
        return std::nullopt;
    }
    IfName name;
    for (size_t i = 0; i < text.size(); ++i) {
        if (is_bad_byte(text[i])) {
            return std::nullopt;
        }
        name.text_[i] = text[i];
    }
    return name;
}

std::optional<IfPattern> IfPattern::parse(std::string_view text) {
    IfPattern pattern;
    if (text.ends_with('+')) {
        pattern.wildcard_ = true;
        text.remove_suffix(1);
    }
    if (text.empty()) {
        return pattern.wildcard_ ? std::optional(pattern) : std::nullopt;
    }
    const auto stem = IfName::parse(text);
    if (!stem) {
        return std::nullopt;
    }
    pattern.stem_ = *stem;
    return pattern;
}

std::optional<IfPattern> IfPattern::widened(size_t length) const {
    if (stem().size() < length) {
        return std::nullopt;
    }
    IfPattern pattern;
    pattern.wildcard_ = true;
    std::copy_n(stem_.text_.begin(), length, pattern.stem_.text_.begin());
    return pattern;
}

bool IfPattern::matches(const IfName& name) const {
    return wildcard_ ? name.view().starts_with(stem_.view()) : name == stem_;
}

bool IfPattern::covers(const IfPattern& narrow) const {
    return *this == narrow || (wildcard_ && narrow.stem().starts_with(stem()));
}

std::optional<IfName> IfPattern::name() const {
    return wildcard_ ? std::nullopt : std::optional(stem_);
}

std::string joined(const std::vector<IfName>& names) {
    std::string text;
    for (const IfName& name : names) {
        add_word(text, name.view(), ", ");
    }
    return text;
}

std::string to_string(const IfPattern& pattern) {
    return compose("{}{}", pattern.stem(), pattern.is_wildcard() ? "+" : "");
}

}  // namespace smcroute
