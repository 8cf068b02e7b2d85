// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/status_line.h"

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kRefused = "refused: ";

std::string loaded_text(std::string_view last, std::string_view ago) {
    const std::string when = compose(" {} ago", age_text(ago));
    return last.starts_with(kRefused)
               ? compose("reload refused{}! ({})", when, last.substr(kRefused.size()))
           : last == "done" ? compose("loaded{}", when)
                            : compose("loaded{}! ({})", when, last);
}

}  // namespace

std::string status_line(const Table& status, size_t width) {
    const auto field = [&status](std::string_view key) {
        return status.field(0, column_of(status.schema(), key));
    };
    const auto count = [&field](std::string_view key, std::string_view singular) {
        return count_of(parse_number<size_t>(field(key)).value_or(0), singular);
    };
    std::string line = compose("{} up {}: {}", field("instance"), age_text(field("up_s")),
                               count("routes", "route"));
    size_t used = columns_of(line);
    const auto add = [&](const std::string& part) {
        const size_t needed = columns_of(part) + 3;
        const bool fits = width == 0 || used + needed <= width;
        used = fits ? used + needed - 1 : needed + 1;
        line += compose("{}{}", fits ? ", " : ",\n    ", part);
    };
    add(count("rules", "rule"));
    add(compose("{} pending{}", field("pending"), field("pending") != "0" ? "!" : ""));
    if (field("room") == "0") {
        add("no room for new streams!");
    }
    if (!field("last_load").empty()) {
        add(loaded_text(field("last_load"), field("last_load_s")));
    }
    if (!field("table").empty()) {
        add(compose("table {}", field("table")));
    }
    if (!field("socket").ends_with(compose("run/{}", field("instance")))) {
        add(compose("socket {}", field("socket")));
    }
    return line;
}

}  // namespace smcroute
