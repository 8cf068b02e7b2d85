// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/status_line.h"

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kRefused = "refused: ";

std::string loaded_text(std::string_view last, std::string_view ago) {
    const std::string when = cat({" ", age_text(ago), " ago"});
    return last.empty() ? ""
           : last.starts_with(kRefused)
               ? cat({", reload refused", when, "! (", last.substr(kRefused.size()), ")"})
           : last == "done" ? cat({", loaded", when})
                            : cat({", loaded", when, "! (", last, ")"});
}

}  // namespace

std::string status_line(const Table& status) {
    const auto field = [&status](std::string_view key) {
        return status.field(0, column_of(status.schema(), key));
    };
    const auto count = [&field](std::string_view key, std::string_view singular) {
        return count_of(parse_number<size_t>(field(key)).value_or(0), singular);
    };
    const bool pending = field("pending") != "0";
    const bool is_usual = field("socket").ends_with(cat({"run/", field("instance")}));
    return cat({field("instance"), " up ", age_text(field("up_s")), ": ", count("routes", "route"),
                ", ", count("rules", "rule"), ", ", field("pending"), " pending",
                pending ? "!" : "", loaded_text(field("last_load"), field("last_load_s")),
                field("table").empty() ? "" : ", table ", field("table"),
                is_usual ? "" : ", socket ", is_usual ? "" : field("socket")});
}

}  // namespace smcroute
