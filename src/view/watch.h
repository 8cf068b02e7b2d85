// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The output of --watch and `--show rates`: how fast each stream flows, computed from two readings
// of its counters, so that the daemon keeps nothing for it. Pure: rows, time and size in, lines
// out.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "view/table.h"

namespace smcroute {

struct StreamRate {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    double packet_rate = 0;  // per second
    double bit_rate = 0;
    unsigned new_for = 0;  // it is new for so many more readings, this one included
};

struct Reading {
    Table table;
    std::vector<StreamRate> streams;  // one for each row
    bool has_rates = false;           // there was an earlier reading
};

// A stream is called new for so many readings.
inline constexpr unsigned kNewReadings = 5;

// `before` is null the first time. A counter that went back has restarted, like that of a new
// stream. The table has counters: its schema is "routes", or, for rates alone, rate_counters().
Reading take_reading(const Reading* before, Table table, std::chrono::duration<double> elapsed);

// Gives rows of the schema "rates", the busiest streams first, from a reading of rate_counters()
// that has rates. Numbers are scaled for people, otherwise integers.
void give_rates(const Reading& reading, bool for_people, RowSink& sink);

struct ScreenSize {
    size_t rows = 24;
    size_t columns = 80;
};

struct ScreenLine {
    enum class Emphasis : uint8_t { kNone, kHeading, kNew, kFaint };

    std::string text;
    Emphasis emphasis = Emphasis::kNone;
};

// Totals, a heading, and the busiest streams; their state is also given in words, for terminals
// without colours. As many lines and bytes as fit; nothing but printable ASCII.
std::vector<ScreenLine> watch_screen(const Reading& reading, ScreenSize size);

// The screen as bytes for a terminal: starts at the upper left corner and erases what was there.
std::string paint(std::span<const ScreenLine> screen, bool emphasis);

// "12 streams, 1 new, 3 silent, 2 blocked, 1234 packets/s, 9876543 bit/s" and a newline. New
// streams are those that came since the last reading.
std::string watch_line(const Reading& reading);
// The same as a JSON object, on one line.
std::string watch_json(const Reading& reading);

}  // namespace smcroute
