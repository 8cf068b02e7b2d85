// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/tables.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <time.h>

#include "base/text.h"
#include "control/reply.h"
#include "control/row_filter.h"
#include "os/output.h"
#include "os/terminal.h"
#include "view/ctl_tables.h"
#include "view/dot.h"
#include "view/metrics.h"
#include "view/render.h"
#include "view/status_line.h"
#include "view/table.h"

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
    const std::vector<std::string> words = {"show", std::string(what)};
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

Result<Sample> read_sample(Session& session) {
    auto before = read_table(session, "interfaces");
    if (!before) {
        return before.error();
    }
    auto routes = read_table(session, "routes");
    if (!routes) {
        return routes.error();
    }
    auto interfaces = read_table(session, "interfaces");
    if (!interfaces) {
        return interfaces.error();
    }
    return Sample{*std::move(before), *std::move(routes), *std::move(interfaces)};
}

namespace {

constexpr timespec kRateInterval{.tv_sec = 1, .tv_nsec = 0};
// For a person, who waits for states that are sure.
constexpr timespec kShortInterval{.tv_sec = 0, .tv_nsec = 300'000'000};

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

bool is_for_people(const ClientStyle& style) { return Terminal::shows() && !style.json; }

RenderStyle render_style(const ClientStyle& style) {
    const bool is_terminal = Terminal::shows();
    const auto size = is_terminal ? Terminal::size() : std::nullopt;
    return {.heading = style.heading,
            .bold = is_terminal && getenv("NO_COLOR") == nullptr,
            .json = style.json,
            .width = size ? std::max(size->columns, 20U) : 0};
}

// Reads the counters twice. The daemon sends counters and knows nothing of the other reading.
Result<Reading> read_twice(Session& session, const timespec& interval) {
    auto first = read_sample(session);
    if (!first) {
        return first.error();
    }
    const auto begun = std::chrono::steady_clock::now();
    const Reading before = take_reading(nullptr, *std::move(first), std::chrono::seconds(0));
    nanosleep(&interval, nullptr);
    auto second = read_sample(session);
    if (!second) {
        return second.error();
    }
    return take_reading(&before, *std::move(second), std::chrono::steady_clock::now() - begun);
}

// The tables of which rates are a part.
Status give_sampled(Session& session, const Show& show, const ClientStyle& style, RowSink& sink) {
    const bool is_plain = show.what == "routes" || show.what == "interfaces";
    const auto reading = read_twice(session, is_plain ? kShortInterval : kRateInterval);
    if (!reading) {
        return reading.error();
    }
    if (show.what == "routes") {
        give_routes(*reading, sink);
    } else if (show.what == "interfaces") {
        give_interfaces(*reading, !style.json, sink);
    } else if (show.what == "rates") {
        give_rates(*reading, !style.json, sink);
    } else {
        give_map(*reading, !style.json && !style.dot, sink);
    }
    return {};
}

// What a table says that has no rows.
std::string empty_text(const Show& show, const std::vector<std::string>& words) {
    if (show.words.empty()) {
        return std::string(find_schema(show.what)->empty);
    }
    std::string text;
    for (const std::string& word : std::span(words).last(show.words.size())) {
        add_word(text, printable(word));
    }
    const bool is_stream = show.what == "routes" || show.what == "rates" || show.what == "map";
    return compose("no {} match '{}'",
                   is_stream                ? "routes"
                   : show.what == "pending" ? "pending lines"
                                            : show.what,
                   text);
}

// "smcroute up 3h12m: …", over what a person is shown.
Status print_status_line(Session& session, size_t width) {
    const auto status = read_table(session, "status");
    if (!status) {
        return status.error();
    }
    if (status->size() > 0) {
        put_out(status_line(*status, width) + "\n");
    }
    return {};
}

Result<ExitStatus> show_as_smcroutectl(Session& session, std::string_view what,
                                       const ClientStyle& style) {
    const auto table = read_table(session, what);
    const auto config = table && what == "routes" ? read_table(session, "config") : table;
    if (!config) {
        return config.error();
    }
    const bool reverse = !style.plain && isatty(STDOUT_FILENO) == 1;
    put_out(ctl_text(*table, *config,
                     {.rendering = {.heading = style.heading, .bold = reverse, .json = style.json},
                      .details = style.details}));
    return ExitStatus::kOk;
}

}  // namespace

Result<ExitStatus> run_show(Session& session, const std::vector<std::string>& words,
                            const Show& show, const ClientStyle& style) {
    if (style.as_smcroutectl && is_ctl_table(show.what) && show.words.empty()) {
        return show_as_smcroutectl(session, show.what, style);
    }
    const bool has_line =
        !style.json && !style.dot && style.heading && (show.what == "status" || Terminal::shows());
    if (const Status status =
            has_line ? print_status_line(session, render_style(style).width) : Status();
        !status) {
        return status.error();
    }
    Schema schema = *find_schema(show.what);
    const std::string empty = empty_text(show, words);
    schema.empty = empty;
    const auto rendering = show.what == "map" && style.dot
                               ? std::make_unique<DotText>()
                               : start_rendering(schema, render_style(style));
    RowFilter filter(show.words, *rendering);
    const bool is_sampled =
        show.what == "rates" || show.what == "map" ||
        (is_for_people(style) && (show.what == "routes" || show.what == "interfaces"));
    if (is_sampled) {
        if (const Status status = give_sampled(session, show, style, filter); !status) {
            return status.error();
        }
    } else if (const auto status = take_rows(session, words, style, schema, filter);
               !status || *status != ExitStatus::kOk) {
        return status;
    }
    put_out(rendering->text());
    return ExitStatus::kOk;
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
