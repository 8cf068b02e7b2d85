// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <algorithm>
#include <array>

#include "view/watch.h"

namespace smcroute {

namespace {

constexpr std::array<int, 8> kIntervals = {1, 2, 5, 10, 30, 60, 600, 3600};
constexpr size_t kLongestFilter = 40;

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// A key is a byte, or ESC with what follows it up to the byte that ends the sequence.
std::string_view first_key(std::string_view keys) {
    if (keys.size() < 3 || keys[0] != '\033' || (keys[1] != '[' && keys[1] != 'O')) {
        return keys.substr(0, 1);
    }
    const size_t end = keys.find_first_not_of("0123456789;", 2);
    return keys.substr(0, end == keys.npos ? keys.size() : end + 1);
}

}  // namespace

WatchView::Effect WatchView::press(std::string_view keys) {
    Effect effect = Effect::kNone;
    while (!keys.empty()) {
        const std::string_view key = first_key(keys);
        keys.remove_prefix(key.size());
        const bool quits = key == "\003" || (!typing_ && is_one_of(key, {"q", "Q"}));
        if (quits) {
            return Effect::kQuit;
        }
        effect = std::max(effect, typing_ ? type(key) : press_one(key));
    }
    return effect;
}

WatchView::Effect WatchView::press_one(std::string_view key) {
    if (is_one_of(key, {"+", "-"})) {
        const auto now = static_cast<int>(interval_.count());
        auto it = std::lower_bound(kIntervals.begin(), kIntervals.end(), now);
        if (key == "+") {
            it = std::upper_bound(kIntervals.begin(), kIntervals.end() - 1, now);
        } else if (it != kIntervals.begin()) {
            --it;
        }
        interval_ = std::chrono::seconds(*it);
        return Effect::kInterval;
    }
    if (key == "s") {
        sort_ =
            sort_ == Sort::kAge ? Sort::kState : static_cast<Sort>(static_cast<uint8_t>(sort_) + 1);
        first_ = 0;
    } else if (key == "/") {
        typing_ = true;
        filter_.clear();
    } else if (key == "\033") {
        filter_.clear();
    } else if (is_one_of(key, {"p", " "})) {
        paused_ = !paused_;
    } else {
        scroll(key);
    }
    return Effect::kRedraw;
}

// Enter keeps the filter, Escape takes it away.
WatchView::Effect WatchView::type(std::string_view key) {
    if (is_one_of(key, {"\r", "\n", "\033"})) {
        typing_ = false;
        filter_ = key == "\033" ? "" : filter_;
    } else if (is_one_of(key, {"\x7f", "\b"})) {
        filter_.resize(filter_.size() - (filter_.empty() ? 0 : 1));
    } else if (key.size() == 1 && key[0] >= ' ' && filter_.size() < kLongestFilter) {
        filter_ += key;
    }
    first_ = 0;
    return Effect::kRedraw;
}

void WatchView::scroll(std::string_view key) {
    const auto back = [this](size_t rows) { first_ -= std::min(first_, rows); };
    if (is_one_of(key, {"\033[A", "\033OA", "k"})) {
        back(1);
    } else if (is_one_of(key, {"\033[B", "\033OB", "j"})) {
        ++first_;
    } else if (key == "\033[5~") {
        back(page_);
    } else if (key == "\033[6~") {
        first_ += page_;
    } else if (is_one_of(key, {"\033[H", "\033OH", "\033[1~", "g"})) {
        first_ = 0;
    } else if (is_one_of(key, {"\033[F", "\033OF", "\033[4~", "G"})) {
        first_ = SIZE_MAX / 2;
    }
}

size_t WatchView::first(size_t total, size_t shown) {
    page_ = std::max<size_t>(shown, 1);
    first_ = std::min(first_, total - std::min(total, shown));
    return first_;
}

}  // namespace smcroute
