// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/event.h"

#include <cstdio>
#include <ctime>

#include "base/text.h"

namespace smcroute {

std::string event_time(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
    const time_t since_epoch = static_cast<time_t>(seconds.count());
    tm parts{};
    gmtime_r(&since_epoch, &parts);
    char text[64];
    const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + size, sizeof text - size, ".%03dZ",
             static_cast<int>((whole - seconds).count()));
    return text;
}

std::string event_line(Fields event) {
    const auto field = [&](std::string_view key) { return event[column_of(event_schema(), key)]; };
    std::string line = compose("{} {}", field("time"), field("event"));
    // Adds `before`, the field and `after`, if the field is not empty.
    const auto add = [&](std::string_view before, std::string_view key, std::string_view after) {
        if (!field(key).empty()) {
            line += compose("{}{}{}", before, field(key), after);
        }
    };
    add(" ", "interface", "");
    if (!field("group").empty()) {
        line += compose(" ({}, {})", field("source"), field("group"));
    }
    add(" from ", "iif", "");
    add(" to ", "oifs", "");
    add(" by ", "origin", "");
    add(" (was ", "was", ")");
    add(": ", "detail", "");
    return line + "\n";
}

}  // namespace smcroute
