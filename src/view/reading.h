// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How fast each stream flows, and what becomes of it, from two readings of the kernel's counters,
// so that the daemon keeps nothing for it. Pure: rows and time in, rows out.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "view/table.h"

namespace smcroute {

// The rows of "routes" between two answers of "interfaces". What leaves between two readings is
// counted from before the first routes until after the last, so that "nothing has left" is certain.
struct Sample {
    Table before;
    Table routes;
    Table interfaces;
};

// The last minute is told in so many parts.
inline constexpr size_t kParts = 12;

struct StreamRate {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t wrong_if = 0;
    uint64_t came = 0;       // packets by the inbound since the reading before
    uint64_t strayed = 0;    // packets by other interfaces since then
    double packet_rate = 0;  // per second
    double bit_rate = 0;
    double wrong_rate = 0;
    unsigned new_for = 0;                 // it is new for so many more readings, this one included
    std::string state;                    // in words
    std::array<float, kParts> history{};  // packets in the parts of the last minute, latest last
};

struct VifRate {
    std::string key;          // family and name
    uint64_t out_before = 0;  // packets, in the sample's first answer
    uint64_t out_after = 0;   // and in its last
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    bool goes_on = false;  // it was there at the reading before, and has counted on since
    uint64_t left = 0;     // packets out since the reading before
    uint64_t asked = 0;    // packets that were to leave by it
    double bit_rate_in = 0;
    double bit_rate_out = 0;
};

struct Reading {
    Table routes;
    Table interfaces;
    std::vector<StreamRate> streams = {};  // one for each row of routes
    std::vector<VifRate> vifs = {};
    bool has_rates = false;  // there was an earlier reading
    double begun = 0;        // seconds of the latest part of the history
};

// A stream is called new for so many readings.
inline constexpr unsigned kNewReadings = 5;

// `before` is null the first time. A counter that went back has restarted, like that of a new
// stream.
Reading take_reading(const Reading* before, Sample sample, std::chrono::duration<double> elapsed);

// Whether a row of routes is an entry of the kernel: not a rule, nor a route that is pending.
bool is_entry(const Reading& reading, size_t row);

// Whether the state says that packets come and do not leave where they should.
bool is_plight(std::string_view state);

// Sorts rows of routes; those of which none comes first stay in the order of the table.
using ComesFirst = bool (*)(const Reading& reading, size_t a, size_t b);
void sort_rows(const Reading& reading, ComesFirst comes_first, std::vector<size_t>& rows);

// The entries, the busiest first.
std::vector<size_t> busiest(const Reading& reading);
bool is_busier(const Reading& reading, size_t a, size_t b);

// These give rows of the schema of that name, from a reading that has rates. Rates are scaled for
// people, otherwise integers.
void give_routes(const Reading& reading, RowSink& sink);
void give_interfaces(const Reading& reading, bool for_people, RowSink& sink);
void give_rates(const Reading& reading, bool for_people, RowSink& sink);
void give_map(const Reading& reading, bool for_people, RowSink& sink);

// Three digits, as "0", "0.5", "12", "1.23k", "45.6M".
std::string scaled(double value);
// No fraction.
std::string whole(double value);

}  // namespace smcroute
