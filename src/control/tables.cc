// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/tables.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "control/reply.h"
#include "os/output.h"
#include "view/metrics.h"
#include "view/render.h"
#include "view/table.h"
#include "view/watch.h"

namespace smcroute {

Result<ExitStatus> ask_rows(Session& session, std::span<const std::string> words,
                            const Schema& schema, RowSink& sink, std::string& complaint) {
    RowReader rows(schema, sink);
    const auto status = session.run(words, [&](const Frame& frame) {
        if (frame.type == FrameType::kOut) {
            rows.take(frame.payload);
        } else {
            complaint += frame.payload;
        }
    });
    rows.finish();
    return status;
}

Result<Table> read_table(Session& session, std::string_view what) {
    const std::array<std::string, 2> words = {"show", std::string(what)};
    Table table(*find_schema(what));
    std::string complaint;
    const auto status = ask_rows(session, words, table.schema(), table, complaint);
    if (!status) {
        return status.error();
    }
    if (*status != ExitStatus::kOk) {
        return Error{std::string(without_name(complaint)), *status};
    }
    return table;
}

namespace {

constexpr timespec kRateInterval{.tv_sec = 1, .tv_nsec = 0};

// Takes the rows of an answer; prints the daemon's complaints.
Result<ExitStatus> take_rows(Session& session, const std::vector<std::string>& words,
                             const ClientStyle& style, const Schema& schema, RowSink& sink) {
    std::string complaint;
    const auto status = ask_rows(session, words, schema, sink, complaint);
    if (!status || *status != ExitStatus::kOk) {
        print_complaint(std::move(complaint), status ? *status : status.error().status, style);
    }
    return status;
}

std::unique_ptr<Rendering> rendering_of(const Schema& schema, const ClientStyle& style) {
    const bool bold = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nullptr;
    return start_rendering(schema, {.heading = style.heading, .bold = bold, .json = style.json});
}

void print_rendering(Rendering& rendering) { put_out(rendering.text()); }

// Reads the counters twice, a second apart. The daemon sends counters and knows nothing of the
// other reading.
Result<ExitStatus> run_rates(Session& session, const std::vector<std::string>& words,
                             const Schema& schema, const ClientStyle& style) {
    std::optional<Reading> reading;
    std::chrono::steady_clock::time_point read_at;
    for (const bool first : {true, false}) {
        Table counters(rate_counters());
        const auto status = take_rows(session, words, style, counters.schema(), counters);
        if (!status || *status != ExitStatus::kOk) {
            return status;
        }
        const auto now = std::chrono::steady_clock::now();
        reading = take_reading(first ? nullptr : &*reading, std::move(counters),
                               now - std::exchange(read_at, now));
        if (first) {
            nanosleep(&kRateInterval, nullptr);
        }
    }
    const auto rates = rendering_of(schema, style);
    give_rates(*reading, !style.json, *rates);
    print_rendering(*rates);
    return ExitStatus::kOk;
}

// An additional text if no stream has arrived yet.
Result<std::string> waiting_rules(Session& session) {
    const auto status = read_table(session, "status");
    if (!status) {
        return status.error();
    }
    const std::string_view rules =
        status->size() > 0 ? status->field(0, column_of(status->schema(), "rules")) : "0";
    return rules == "0"   ? std::string()
           : rules == "1" ? "; 1 rule waits for streams (--show rules)"
                          : cat({"; ", rules, " rules wait for streams (--show rules)"});
}

}  // namespace

Result<ExitStatus> run_show(Session& session, const std::vector<std::string>& words,
                            const Show& show, const ClientStyle& style) {
    Schema schema = *find_schema(show.what);
    std::string empty(schema.empty);
    if (show.group || show.interface) {
        empty = cat({"no routes match '", printable(words.back()), "'"});
    } else if (show.what == "routes" && !style.json) {
        const auto rules = waiting_rules(session);
        if (!rules) {
            return rules.error();
        }
        empty += *rules;
    }
    schema.empty = empty;
    if (show.what == "rates") {
        return run_rates(session, words, schema, style);
    }
    const auto rendering = rendering_of(schema, style);
    const auto status = take_rows(session, words, style, schema, *rendering);
    if (status && *status == ExitStatus::kOk) {
        print_rendering(*rendering);
    }
    return status;
}

Result<ExitStatus> run_metrics(Session& session) {
    std::vector<Table> tables;
    for (const std::string_view what : kMetricTables) {
        auto table = read_table(session, what);
        if (!table) {
            return table.error();
        }
        tables.push_back(std::move(*table));
    }
    put_out(render_metrics(tables));
    return ExitStatus::kOk;
}

}  // namespace smcroute
