// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What is said of the streams that were judged: as text for a person, as JSON for a program. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "why/evidence.h"
#include "why/verdict.h"

namespace smcroute {

struct Judged {
    Evidence evidence;
    std::vector<Finding> findings;
};

// The stream and the meaning of its first verdict, in a line.
std::string heading_of(const Judged& judged);
// The path of one stream as steps, the verdicts and remedies. One that flows has one line.
std::string text_of(const Judged& judged, unsigned seconds);
// Verdicts and remedies alone; in JSON with the line that they are about.
std::string text_of(const std::vector<Finding>& findings);
std::string json_of(std::string_view line, const std::vector<Finding>& findings);
// {"ok": …, KEY: […]}
std::string json_of(bool is_ok, std::string_view key, std::string_view objects);
// All streams together, added one by one. As JSON: {"ok": …, "streams": […]}
class Report {
public:
    struct Style {
        bool json = false;
        bool is_asked = false;  // somebody named streams: all are shown in full
        unsigned seconds = 5;   // of watching
    };
    explicit Report(const Style& style) : style_(style) {}

    void add(const Judged& judged);
    bool is_ok() const { return stopped_count_ == 0; }
    std::string text() const;

private:
    // Of more streams, those that flow are only counted, and of others only the headings are shown.
    static constexpr size_t kShown = 50;

    const Style style_;
    std::string stopped_;  // in JSON, all
    std::string flowing_;
    size_t stopped_count_ = 0;
    size_t flowing_count_ = 0;
};

}  // namespace smcroute
