// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What --watch and `--show rates` show: how fast each stream flows, worked out from two readings of
// its counters, so that the daemon keeps nothing for it. Pure: rows, time and size in, lines out.
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
    double packet_rate = 0;  // a second
    double bit_rate = 0;
    unsigned new_for = 0;  // this and how many more readings call it new
};

struct Reading {
    Table table;
    std::vector<StreamRate> streams;  // one for each row
    bool has_rates = false;           // there was a reading before
};

// For so many readings a stream is called new.
inline constexpr unsigned kNewReadings = 5;

// `before` is null the first time. A counter that went back began anew, as that of a new stream.
// The table has counters: it is of the schema "routes", or, for rates alone, rate_counters().
Reading take_reading(const Reading* before, Table table, std::chrono::duration<double> elapsed);

// Rows of the schema "rates", the busiest streams first, of a reading of rate_counters() that has
// rates. For people numbers are as they read them, otherwise integers.
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

// Totals, a heading, and the busiest streams; what they are is said in words too, for who has no
// colours. As many lines and bytes as fit; nothing but printable ASCII.
std::vector<ScreenLine> watch_screen(const Reading& reading, ScreenSize size);

// The screen as bytes for a terminal: from its upper left corner on, what was there before erased.
std::string paint(std::span<const ScreenLine> screen, bool emphasis);

// "12 streams, 1 new, 3 silent, 2 blocked, 1234 packets/s, 9876543 bit/s" and a newline. New is
// what has come since the last reading.
std::string watch_line(const Reading& reading);
// The same as a JSON object, on one line.
std::string watch_json(const Reading& reading);

}  // namespace smcroute
