// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/watch.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <string_view>
#include <unordered_map>
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
    Column{"state", "STATE"},
    Column{"source", "SOURCE"},
    Column{"group", "GROUP"},
    Column{"iif", "IIF"},
    Column{"oifs", "OIFS"},
    Column{"origin", "ORIGIN"},
};
constexpr Schema kScreen{"watch", kColumns, "no routes are installed"};

constexpr std::array kTotalColumns = {
    Column{"streams", "", ColumnType::kNumber},       Column{"new", "", ColumnType::kNumber},
    Column{"silent", "", ColumnType::kNumber},        Column{"blocked", "", ColumnType::kNumber},
    Column{"packets_per_s", "", ColumnType::kNumber}, Column{"bits_per_s", "", ColumnType::kNumber},
};
constexpr Schema kTotals{"totals", kTotalColumns, ""};

// The columns that identify and count a stream, in the rows of a table.
class StreamColumns {
public:
    explicit StreamColumns(const Table& table)
        : table_(table),
          group_(column_of(table.schema(), "group")),
          source_(column_of(table.schema(), "source")),
          packets_(column_of(table.schema(), "packets")),
          bytes_(column_of(table.schema(), "bytes")) {}

    std::string key(size_t row) const {
        return cat({table_.field(row, group_), "\t", table_.field(row, source_)});
    }
    uint64_t packets(size_t row) const { return number(table_.field(row, packets_)); }
    uint64_t bytes(size_t row) const { return number(table_.field(row, bytes_)); }

private:
    static uint64_t number(std::string_view field) {
        return parse_number<uint64_t>(field).value_or(0);
    }

    const Table& table_;
    size_t group_, source_, packets_, bytes_;
};

void set_rates(StreamRate& stream, const StreamRate* before, double seconds) {
    const bool goes_on =
        before != nullptr && before->packets <= stream.packets && before->bytes <= stream.bytes;
    const uint64_t packets = stream.packets - (goes_on ? before->packets : 0);
    const uint64_t bytes = stream.bytes - (goes_on ? before->bytes : 0);
    stream.packet_rate = static_cast<double>(packets) / seconds;
    stream.bit_rate = static_cast<double>(bytes) * 8 / seconds;
    stream.new_for = before == nullptr ? kNewReadings : before->new_for - (before->new_for > 0);
}

struct Totals {
    size_t arrived = 0;
    size_t silent = 0;
    size_t blocked = 0;
    double packet_rate = 0;
    double bit_rate = 0;
};

bool is_blocked(const Reading& reading, size_t row) {
    return reading.table.field(row, column_of(reading.table.schema(), "state")) == "blocked";
}

Totals totals_of(const Reading& reading) {
    Totals totals;
    for (size_t row = 0; row < reading.streams.size(); ++row) {
        const StreamRate& stream = reading.streams[row];
        totals.arrived += stream.new_for == kNewReadings ? 1U : 0U;
        totals.silent += reading.has_rates && stream.packet_rate == 0 ? 1U : 0U;
        totals.blocked += is_blocked(reading, row) ? 1U : 0U;
        totals.packet_rate += stream.packet_rate;
        totals.bit_rate += stream.bit_rate;
    }
    return totals;
}

std::string counts_text(const Reading& reading, const Totals& totals) {
    return cat({count_of(reading.streams.size(), "stream"), ", ", std::to_string(totals.arrived),
                " new, ", std::to_string(totals.silent), " silent, ",
                std::to_string(totals.blocked), " blocked"});
}

std::string number_text(double value, int digits, std::string_view unit) {
    char text[32];
    snprintf(text, sizeof text, "%.*f", digits, value);
    return cat({text, unit});
}

// Three digits, as "0", "0.5", "12", "1.23k", "45.6M".
std::string scaled(double value) {
    if (value == 0) {
        return "0";
    }
    if (value < 999.5) {
        return number_text(value, value < 9.95 ? 1 : 0, "");
    }
    constexpr std::array<std::string_view, 4> kUnits = {"k", "M", "G", "T"};
    size_t unit = 0;
    for (value /= 1000; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) {
        value /= 1000;
    }
    return number_text(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, kUnits[unit]);
}

// "0.4s", "45s", "12m", "5h", "3d": rounded down to whole units.
std::string span_text(uint64_t ms) {
    const uint64_t seconds = ms / 1000;
    return seconds < 10    ? cat({std::to_string(seconds), ".", std::to_string(ms / 100 % 10), "s"})
           : seconds < 100 ? cat({std::to_string(seconds), "s"})
           : seconds < 100 * 60  ? cat({std::to_string(seconds / 60), "m"})
           : seconds < 48 * 3600 ? cat({std::to_string(seconds / 3600), "h"})
                                 : cat({std::to_string(seconds / 86400), "d"});
}

std::string_view state_word(const Reading& reading, size_t row) {
    const StreamRate& stream = reading.streams[row];
    return is_blocked(reading, row)  ? "blocked"
           : stream.new_for > 0      ? "new"
           : !reading.has_rates      ? ""
           : stream.packet_rate == 0 ? "silent"
                                     : "flows";
}

Emphasis emphasis_of(const Reading& reading, const StreamRate& stream) {
    return stream.new_for > 0                             ? Emphasis::kNew
           : reading.has_rates && stream.packet_rate == 0 ? Emphasis::kFaint
                                                          : Emphasis::kNone;
}

// A row of kScreen; its last columns are the table's columns with the same keys.
Row screen_row(const Reading& reading, size_t row) {
    const StreamRate& stream = reading.streams[row];
    Row fields = {reading.has_rates ? scaled(stream.packet_rate) : "",
                  reading.has_rates ? scaled(stream.bit_rate) : "",
                  std::string(state_word(reading, row))};
    for (const Column& column : std::span(kColumns).subspan(fields.size())) {
        const size_t from = column_of(reading.table.schema(), column.key);
        const auto field = [&](size_t more) { return reading.table.field(row, from + more); };
        fields.push_back(printable(column.key == "oifs"
                                       ? outbounds_text(field(0), field(1), field(2), field(3))
                                       : std::string(field(0)),
                                   512));
    }
    return fields;
}

// The busiest streams first, equal ones in the order of the table.
std::vector<size_t> busiest(const std::vector<StreamRate>& streams, size_t count) {
    std::vector<size_t> order(streams.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(order.begin(), end, order.end(), [&streams](size_t a, size_t b) {
        const auto key = [&streams](size_t i) {
            return std::pair(streams[i].packet_rate, streams[i].bit_rate);
        };
        return key(a) > key(b) || (key(a) == key(b) && a < b);
    });
    order.erase(end, order.end());
    return order;
}

// Fields of unknown counters stay empty.
Row rate_row(const Reading& reading, size_t row, bool for_people) {
    const auto rate_text = [for_people](double rate) {
        return for_people ? scaled(rate) : number_text(rate, 0, "");
    };
    const std::span<const Column> columns = reading.table.schema().columns;
    Row fields;
    for (size_t i = 0; i < columns.size(); ++i) {
        std::string field(reading.table.field(row, i));
        if (columns[i].key == "packets" && !field.empty()) {
            field = rate_text(reading.streams[row].packet_rate);
        } else if (columns[i].key == "bytes" && !field.empty()) {
            field = rate_text(reading.streams[row].bit_rate);
        } else if (columns[i].key == "idle_ms") {
            const auto ms = parse_number<uint64_t>(field);
            field = !ms          ? field
                    : for_people ? span_text(*ms)
                                 : number_text(static_cast<double>(*ms) / 1000, 3, "");
        }
        fields.push_back(std::move(field));
    }
    return fields;
}

// The table of the busiest streams, heading first.
void append_table(const Reading& reading, size_t count, std::vector<ScreenLine>& screen) {
    const std::vector<size_t> order = busiest(reading.streams, count);
    TableText table(kScreen, {});
    std::vector<Emphasis> emphasis = {order.empty() ? Emphasis::kNone : Emphasis::kHeading};
    for (const size_t i : order) {
        table.take(fields_of(screen_row(reading, i)));
        emphasis.push_back(emphasis_of(reading, reading.streams[i]));
    }
    const std::string text = table.text();
    std::string_view rest = text;
    for (const Emphasis each : emphasis) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        screen.push_back({std::string(line), each});
        rest.remove_prefix(line.size() + 1);
    }
}

}  // namespace

Reading take_reading(const Reading* before, Table table, std::chrono::duration<double> elapsed) {
    const double seconds = std::max(elapsed.count(), 0.001);
    std::unordered_map<std::string, const StreamRate*> known;
    if (before != nullptr) {
        const StreamColumns columns(before->table);
        for (size_t row = 0; row < before->streams.size(); ++row) {
            known.emplace(columns.key(row), &before->streams[row]);
        }
    }
    std::vector<StreamRate> streams;
    const StreamColumns columns(table);
    for (size_t row = 0; row < table.size(); ++row) {
        StreamRate stream{.packets = columns.packets(row), .bytes = columns.bytes(row)};
        if (before != nullptr) {
            const auto it = known.find(columns.key(row));
            set_rates(stream, it == known.end() ? nullptr : it->second, seconds);
        }
        streams.push_back(stream);
    }
    return {std::move(table), std::move(streams), before != nullptr};
}

void give_rates(const Reading& reading, bool for_people, RowSink& sink) {
    for (const size_t row : busiest(reading.streams, reading.streams.size())) {
        sink.take(fields_of(rate_row(reading, row, for_people)));
    }
}

std::vector<ScreenLine> watch_screen(const Reading& reading, ScreenSize size) {
    constexpr size_t kAbove = 3;  // totals and heading
    const Totals totals = totals_of(reading);
    std::vector<ScreenLine> screen = {
        {cat({"smcroute: ", counts_text(reading, totals)})},
        {reading.has_rates ? cat({"in all ", scaled(totals.packet_rate), " packets/s, ",
                                  scaled(totals.bit_rate), " bit/s"})
                           : "measuring"},
    };
    const size_t room = std::max(size.rows, kAbove) - kAbove;
    const size_t total = reading.streams.size();
    const size_t shown = total <= room ? total : room - (room > 0 ? 1 : 0);
    if (size.rows >= kAbove) {
        append_table(reading, shown, screen);
    }
    if (shown < total) {
        screen.push_back({cat({"and ", std::to_string(total - shown), " more"})});
    }
    screen.resize(std::min(screen.size(), size.rows));
    for (ScreenLine& line : screen) {
        line.text.resize(std::min(line.text.size(), size.columns));
    }
    return screen;
}

std::string paint(std::span<const ScreenLine> screen, bool emphasis) {
    std::string out = "\033[H";
    for (size_t i = 0; i < screen.size(); ++i) {
        const ScreenLine& line = screen[i];
        const Emphasis how = emphasis ? line.emphasis : Emphasis::kNone;
        // Erase before writing: a full line leaves the cursor on its last character.
        out += cat({i == 0 ? "" : "\r\n", "\033[K",
                    how == Emphasis::kHeading ? "\033[7m"
                    : how == Emphasis::kNew   ? "\033[1m"
                    : how == Emphasis::kFaint ? "\033[2m"
                                              : "",
                    line.text, how == Emphasis::kNone ? "" : "\033[0m"});
    }
    return out;
}

std::string watch_line(const Reading& reading) {
    const Totals totals = totals_of(reading);
    return cat({counts_text(reading, totals), ", ", number_text(totals.packet_rate, 0, ""),
                " packets/s, ", number_text(totals.bit_rate, 0, ""), " bit/s\n"});
}

std::string watch_json(const Reading& reading) {
    const Totals totals = totals_of(reading);
    const Row row = {std::to_string(reading.streams.size()), std::to_string(totals.arrived),
                     std::to_string(totals.silent),          std::to_string(totals.blocked),
                     number_text(totals.packet_rate, 0, ""), number_text(totals.bit_rate, 0, "")};
    return json_line(kTotals, fields_of(row));
}

}  // namespace smcroute
