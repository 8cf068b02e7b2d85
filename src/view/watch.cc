// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/watch.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "view/json.h"
#include "view/table_text.h"

namespace smcroute {

namespace {

using Emphasis = ScreenLine::Emphasis;

constexpr std::array kColumns = {
    Column{"packets_per_s", "PPS", ColumnType::kNumber},
    Column{"bits_per_s", "BIT/S", ColumnType::kNumber},
    Column{"", "MINUTE", ColumnType::kNumber},  // never cut
    Column{"source", "SOURCE"},
    Column{"group", "GROUP"},
    Column{"iif", "IIF"},
    Column{"oifs", "OIFS"},
    Column{"state", "STATE"},
    Column{"origin", "ORIGIN"},
};
constexpr Schema kScreen{"watch", kColumns, "no routes are installed"};

constexpr size_t kWide = 100;  // columns of a screen with room for more

constexpr std::array<std::string_view, 5> kSorts = {"state", "rate", "source", "group", "age"};

struct Totals {
    size_t streams = 0;
    size_t arrived = 0;
    size_t silent = 0;
    size_t blocked = 0;
    size_t stuck = 0;
    double packet_rate = 0;
    double bit_rate = 0;
};

std::string_view field_of(const Reading& reading, size_t row, std::string_view key) {
    return reading.routes.field(row, column_of(reading.routes.schema(), key));
}

bool is_blocked(const Reading& reading, size_t row) {
    return field_of(reading, row, "kind") == "blocked";
}

bool is_silent(const Reading& reading, size_t row) {
    return reading.has_rates && reading.streams[row].packet_rate == 0;
}

bool is_stuck(const Reading& reading, size_t row) {
    return !is_blocked(reading, row) && reading.streams[row].packet_rate > 0 &&
           is_plight(reading.streams[row].state);
}

// It cannot leave although a line is about its group. Of others there may always be some.
bool is_urgent(const Reading& reading, size_t row) {
    return is_stuck(reading, row) ||
           (reading.streams[row].packet_rate > 0 &&
            reading.streams[row].state.starts_with("blocked: no rule (nearest"));
}

// It came in the last minute, and does not now.
bool has_stopped(const Reading& reading, size_t row) {
    const auto& history = reading.streams[row].history;
    return is_silent(reading, row) &&
           std::any_of(history.begin(), history.end(), [](float packets) { return packets > 0; });
}

Totals totals_of(const Reading& reading) {
    Totals totals;
    for (size_t row = 0; row < reading.streams.size(); ++row) {
        if (!is_entry(reading, row)) {
            continue;
        }
        const StreamRate& stream = reading.streams[row];
        ++totals.streams;
        totals.arrived += stream.new_for == kNewReadings ? 1U : 0U;
        totals.silent += is_silent(reading, row) ? 1U : 0U;
        totals.blocked += is_blocked(reading, row) ? 1U : 0U;
        totals.stuck += is_stuck(reading, row) ? 1U : 0U;
        totals.packet_rate += stream.packet_rate;
        totals.bit_rate += stream.bit_rate;
    }
    return totals;
}

std::string counts_text(const Totals& totals) {
    return compose("{}, {} new, {} silent, {} blocked, {} stuck",
                   count_of(totals.streams, "stream"), totals.arrived, totals.silent,
                   totals.blocked, totals.stuck);
}

Emphasis emphasis_of(const Reading& reading, size_t row) {
    return is_urgent(reading, row)            ? Emphasis::kStuck
           : has_stopped(reading, row)        ? Emphasis::kStopped
           : reading.streams[row].new_for > 0 ? Emphasis::kNew
           : is_silent(reading, row)          ? Emphasis::kFaint
                                              : Emphasis::kNone;
}

// A character for each part of the last minute, the latest last, or for two of them where there is
// little room; the highest is the stream's most.
std::string spark_of(const StreamRate& stream, bool is_short) {
    constexpr std::array<std::string_view, 9> kLevels = {
        "\u00b7", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
    const float most = *std::max_element(stream.history.begin(), stream.history.end());
    const size_t step = is_short ? 2 : 1;
    std::string text;
    for (size_t i = 0; i < kParts; i += step) {
        const float packets = std::max(stream.history[i], stream.history[i + step - 1]);
        const float level = most == 0 ? 0 : packets / most * 8;
        text += kLevels[packets > 0 ? std::max<size_t>(static_cast<size_t>(level), 1) : 0];
    }
    return text;
}

std::string state_text(const Reading& reading, size_t row) {
    const StreamRate& stream = reading.streams[row];
    return stream.new_for > 0 ? compose("new, {}", stream.state) : stream.state;
}

// A row of kScreen.
Row screen_row(const Reading& reading, size_t row, bool is_narrow = false) {
    const StreamRate& stream = reading.streams[row];
    const auto field = [&](std::string_view key) { return field_of(reading, row, key); };
    Row fields = {reading.has_rates ? scaled(stream.packet_rate) : "",
                  reading.has_rates ? scaled(stream.bit_rate) : "",
                  spark_of(stream, is_narrow),
                  std::string(field("source")),
                  std::string(field("group")),
                  printable(field("iif")),
                  printable(outbounds_text(field("oifs"), field("oifs_down"), field("oifs_gone"),
                                           field("oifs_no_slot")),
                            512),
                  printable(state_text(reading, row), 512),
                  printable(field("origin"), 512)};
    return fields;
}

bool passes(const Reading& reading, size_t row, const std::string& filter) {
    if (filter.empty()) {
        return true;
    }
    const Row fields = screen_row(reading, row);
    return std::any_of(fields.begin() + 3, fields.end(), [&filter](const std::string& field) {
        return field.find(filter) != field.npos;
    });
}

// The lower comes first.
int rank_of(const Reading& reading, size_t row) {
    return is_urgent(reading, row)     ? 0
           : has_stopped(reading, row) ? 1
           : !is_silent(reading, row)  ? 2
                                       : 3;
}

uint64_t age_of(const Reading& reading, size_t row) {
    return parse_number<uint64_t>(field_of(reading, row, "age_s")).value_or(0);
}

// The streams that the view shows, in its order.
std::vector<size_t> ordered(const Reading& reading, const WatchView& view) {
    std::vector<size_t> order = busiest(reading);
    std::erase_if(order, [&](size_t row) { return !passes(reading, row, view.filter()); });
    // By rank, rate, source, group and age.
    constexpr std::array<ComesFirst, 5> kOrders = {
        [](const Reading& in, size_t a, size_t b) {
            const int rank = rank_of(in, a) - rank_of(in, b);
            return rank != 0 ? rank < 0 : is_busier(in, a, b);
        },
        is_busier,
        [](const Reading& in, size_t a, size_t b) {
            return field_of(in, a, "source") < field_of(in, b, "source");
        },
        [](const Reading& /*in*/, size_t a, size_t b) { return a < b; },
        [](const Reading& in, size_t a, size_t b) { return age_of(in, a) < age_of(in, b); }};
    sort_rows(reading, kOrders[static_cast<size_t>(view.sort())], order);
    return order;
}

// The table of these streams, heading first.
void append_table(const Reading& reading, std::span<const size_t> rows, size_t width,
                  std::vector<ScreenLine>& screen) {
    TableText table(kScreen, {.width = std::max<size_t>(width, 1), .cut = true});
    std::vector<Emphasis> emphasis = {rows.empty() ? Emphasis::kNone : Emphasis::kHeading};
    for (const size_t row : rows) {
        table.take(fields_of(screen_row(reading, row, width < kWide)));
        emphasis.push_back(emphasis_of(reading, row));
    }
    auto each = emphasis.begin();
    const std::string text = table.text();
    for_each_word(
        text,
        [&](std::string_view line) {
            screen.push_back({std::string(line), *each++});
        },
        '\n');
}

std::string second_line(const Reading& reading, const Totals& totals, const WatchView& view) {
    if (!reading.has_rates) {
        return "measuring";
    }
    const bool filters = view.types_filter() || !view.filter().empty();
    return compose(
        "in all {} packets/s, {} bit/s; every {} s, by {}{}{}", scaled(totals.packet_rate),
        scaled(totals.bit_rate), view.interval().count(), kSorts[static_cast<size_t>(view.sort())],
        filters ? compose(", with '{}{}", view.filter(), view.types_filter() ? "_'" : "'") : "",
        view.is_paused() ? ", PAUSED" : "");
}

std::string last_line(size_t first, size_t shown, size_t total) {
    const std::string place =
        shown < total ? compose("{}-{} of {}  ", first + 1, first + shown, total) : "";
    return compose("{}q quit  s sort  / filter  p pause  + - interval  \u2191\u2193 PgUp PgDn",
                   place);
}

std::string rates_json(const Reading& reading) {
    const Schema& schema = *find_schema("rates");
    JsonText rates(schema);
    give_rates(reading, false, rates);
    std::string text = rates.text();
    std::erase(text, '\n');
    return text;
}

}  // namespace

std::vector<ScreenLine> watch_screen(const Reading& reading, WatchView& view,
                                     std::string_view clock, ScreenSize size) {
    constexpr size_t kAround = 4;  // totals, heading and keys
    const Totals totals = totals_of(reading);
    std::string top = compose("smcroute: {}", counts_text(totals));
    if (top.size() + 2 + clock.size() <= size.columns) {
        top += compose("{}{}", std::string(size.columns - top.size() - clock.size(), ' '), clock);
    }
    std::vector<ScreenLine> screen = {{std::move(top)}, {second_line(reading, totals, view)}};
    if (size.rows >= kAround) {
        const std::vector<size_t> order = ordered(reading, view);
        const size_t room = size.rows - kAround;
        const size_t first = view.first(order.size(), room);
        const size_t shown = std::min(room, order.size() - first);
        append_table(reading, std::span(order).subspan(first, shown), size.columns, screen);
        screen.push_back({last_line(first, shown, order.size()), Emphasis::kFaint});
    }
    screen.resize(std::min(screen.size(), size.rows));
    for (ScreenLine& line : screen) {
        line.text = cut_text(line.text, size.columns);
    }
    return screen;
}

std::string paint(std::span<const ScreenLine> screen, bool emphasis) {
    constexpr std::array<std::string_view, 6> kCodes = {"",        "\033[7m",    "\033[1m",
                                                        "\033[2m", "\033[1;31m", "\033[33m"};
    std::string out = "\033[H";
    for (size_t i = 0; i < screen.size(); ++i) {
        const ScreenLine& line = screen[i];
        const Emphasis how = emphasis ? line.emphasis : Emphasis::kNone;
        // Erase before writing: a full line leaves the cursor on its last character.
        out += compose("{}\033[K{}{}{}", i == 0 ? "" : "\r\n", kCodes[static_cast<size_t>(how)],
                       line.text, how == Emphasis::kNone ? "" : "\033[0m");
    }
    return out;
}

std::string watch_line(const Reading& reading) {
    const Totals totals = totals_of(reading);
    return compose("{}, {} packets/s, {} bit/s\n", counts_text(totals), whole(totals.packet_rate),
                   whole(totals.bit_rate));
}

std::string watch_json(const Reading& reading) {
    const Totals totals = totals_of(reading);
    return compose(
        "{\"streams\": {}, \"new\": {}, \"silent\": {}, \"blocked\": {}, \"stuck\": {}, "
        "\"packets_per_s\": {}, \"bits_per_s\": {}, \"rates\": {}}\n",
        totals.streams, totals.arrived, totals.silent, totals.blocked, totals.stuck,
        whole(totals.packet_rate), whole(totals.bit_rate), rates_json(reading));
}

}  // namespace smcroute
