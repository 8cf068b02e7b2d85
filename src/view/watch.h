// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The output of --watch: what a reading shows on a screen, and what keys change about that. Pure:
// readings, keys, time and size in, lines out.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/reading.h"

namespace smcroute {

struct ScreenSize {
    size_t rows = 24;
    size_t columns = 80;
};

// How the user wants to see it.
class WatchView {
public:
    // kState: what cannot leave or has stopped comes first, then the busiest.
    enum class Sort : uint8_t { kState, kRate, kSource, kGroup, kAge };
    enum class Effect : uint8_t { kNone, kRedraw, kInterval, kQuit };

    explicit WatchView(std::chrono::seconds interval) : interval_(interval) {}

    // Takes the bytes of one or more keys.
    Effect press(std::string_view keys);

    std::chrono::seconds interval() const { return interval_; }
    bool is_paused() const { return paused_; }
    Sort sort() const { return sort_; }
    // Only streams that have this text in a column are shown.
    const std::string& filter() const { return filter_; }
    bool types_filter() const { return typing_; }
    // The first stream shown, if so many are there and this many fit.
    size_t first(size_t total, size_t shown);

private:
    Effect press_one(std::string_view key);
    Effect type(std::string_view key);
    void scroll(std::string_view key);

    std::chrono::seconds interval_;
    Sort sort_ = Sort::kState;
    std::string filter_;
    size_t first_ = 0;
    size_t page_ = 1;
    bool paused_ = false;
    bool typing_ = false;
};

struct ScreenLine {
    enum class Emphasis : uint8_t { kNone, kHeading, kNew, kFaint, kStuck, kStopped };

    std::string text;
    Emphasis emphasis = Emphasis::kNone;
};

// Totals, a heading, the streams, and the keys; the state of a stream is also given in words, for
// terminals without colours. As many lines and columns as fit; what is cut ends in "…". `clock` is
// the time of the reading.
std::vector<ScreenLine> watch_screen(const Reading& reading, WatchView& view,
                                     std::string_view clock, ScreenSize size);

// The screen as bytes for a terminal: starts at the upper left corner and erases what was there.
std::string paint(std::span<const ScreenLine> screen, bool emphasis);

// "12 streams, 1 new, 3 silent, 2 blocked, 1 stuck, 1234 packets/s, 9876543 bit/s" and a newline.
// New streams are those that came since the last reading, stuck ones are those whose packets come
// and do not leave.
std::string watch_line(const Reading& reading);
// The same as a JSON object with the rates of every stream, on one line.
std::string watch_json(const Reading& reading);

}  // namespace smcroute
