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
#include "view/render.h"

namespace smcroute {

namespace {

using Emphasis = ScreenLine::Emphasis;

constexpr std::array kColumns = {
    Column{"packets_per_second", "PACKETS/S", ColumnType::kNumber},
    Column{"bits_per_second", "BIT/S", ColumnType::kNumber},
    Column{"state", "STATE"},
    Column{"group", "GROUP"},
    Column{"source", "SOURCE"},
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
constexpr Schema kTotals{"totals", kTotalColumns, "", Schema::Form::kSheet};

const Schema& routes() {
    static const Schema& schema = *find_schema("routes");
    return schema;
}

const std::string& field(const Row& row, std::string_view key) {
    return row[column_of(routes(), key)];
}

// Where the rows of a schema have what makes a stream.
class StreamColumns {
public:
    explicit StreamColumns(const Schema& schema)
        : group_(column_of(schema, "group")),
          source_(column_of(schema, "source")),
          packets_(column_of(schema, "packets")),
          bytes_(column_of(schema, "bytes")) {}

    std::string key_of(const Row& row) const { return cat({row[group_], "\t", row[source_]}); }
    uint64_t packets_of(const Row& row) const { return number(row[packets_]); }
    uint64_t bytes_of(const Row& row) const { return number(row[bytes_]); }

private:
    static uint64_t number(const std::string& field) {
        return parse_number<uint64_t>(field).value_or(0);
    }

    size_t group_, source_, packets_, bytes_;
};

void set_rates(Stream& stream, const Stream* before, double seconds) {
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

bool is_blocked(const Stream& stream) { return field(stream.row, "state") == "blocked"; }

Totals totals_of(const Reading& reading) {
    Totals totals;
    for (const Stream& stream : reading.streams) {
        totals.arrived += stream.new_for == kNewReadings ? 1U : 0U;
        totals.silent += reading.has_rates && stream.packet_rate == 0 ? 1U : 0U;
        totals.blocked += is_blocked(stream) ? 1U : 0U;
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

// "0.4s", "45s", "12m", "5h", "3d": begun units do not count.
std::string span_text(uint64_t ms) {
    const uint64_t seconds = ms / 1000;
    return seconds < 10    ? cat({std::to_string(seconds), ".", std::to_string(ms / 100 % 10), "s"})
           : seconds < 100 ? cat({std::to_string(seconds), "s"})
           : seconds < 100 * 60  ? cat({std::to_string(seconds / 60), "m"})
           : seconds < 48 * 3600 ? cat({std::to_string(seconds / 3600), "h"})
                                 : cat({std::to_string(seconds / 86400), "d"});
}

std::string_view state_word(const Reading& reading, const Stream& stream) {
    return is_blocked(stream)        ? "blocked"
           : stream.new_for > 0      ? "new"
           : !reading.has_rates      ? ""
           : stream.packet_rate == 0 ? "silent"
                                     : "flows";
}

Emphasis emphasis_of(const Reading& reading, const Stream& stream) {
    return stream.new_for > 0                             ? Emphasis::kNew
           : reading.has_rates && stream.packet_rate == 0 ? Emphasis::kFaint
                                                          : Emphasis::kNone;
}

Row screen_row(const Reading& reading, const Stream& stream) {
    Row row = {reading.has_rates ? scaled(stream.packet_rate) : "",
               reading.has_rates ? scaled(stream.bit_rate) : "",
               std::string(state_word(reading, stream))};
    for (const std::string_view key : {"group", "source", "iif", "oifs", "origin"}) {
        row.push_back(printable(field(stream.row, key), 512));
    }
    return row;
}

// The busiest streams first, those alike in the order of the table.
std::vector<size_t> busiest(const std::vector<Stream>& streams, size_t count) {
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

// What is not known of the counters stays empty.
Row rate_row(const Stream& stream, bool for_table) {
    const auto rate_text = [for_table](double rate) {
        return for_table ? scaled(rate) : number_text(rate, 0, "");
    };
    Row row = stream.row;
    std::string& packets = row[column_of(rate_counters(), "packets")];
    packets = packets.empty() ? "" : rate_text(stream.packet_rate);
    std::string& bytes = row[column_of(rate_counters(), "bytes")];
    bytes = bytes.empty() ? "" : rate_text(stream.bit_rate);
    std::string& idle = row[column_of(rate_counters(), "idle_ms")];
    const auto ms = parse_number<uint64_t>(idle);
    idle = ms && for_table ? span_text(*ms) : idle;
    return row;
}

// The table of the busiest streams, heading first.
void append_table(const Reading& reading, size_t count, std::vector<ScreenLine>& screen) {
    const std::vector<size_t> order = busiest(reading.streams, count);
    std::vector<Row> rows;
    std::vector<Emphasis> emphasis = {order.empty() ? Emphasis::kNone : Emphasis::kHeading};
    for (const size_t i : order) {
        rows.push_back(screen_row(reading, reading.streams[i]));
        emphasis.push_back(emphasis_of(reading, reading.streams[i]));
    }
    const std::string text = render_table(kScreen, rows, {});
    std::string_view rest = text;
    for (const Emphasis each : emphasis) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        screen.push_back({std::string(line), each});
        rest.remove_prefix(line.size() + 1);
    }
}

}  // namespace

Reading take_reading(const Reading* before, std::vector<Row> rows,
                     std::chrono::duration<double> elapsed, const Schema& schema) {
    const double seconds = std::max(elapsed.count(), 0.001);
    const StreamColumns columns(schema);
    std::unordered_map<std::string, const Stream*> known;
    if (before != nullptr) {
        for (const Stream& stream : before->streams) {
            known.emplace(columns.key_of(stream.row), &stream);
        }
    }
    Reading reading{.streams = {}, .has_rates = before != nullptr};
    for (Row& row : rows) {
        Stream stream{.row = std::move(row)};
        stream.packets = columns.packets_of(stream.row);
        stream.bytes = columns.bytes_of(stream.row);
        if (before != nullptr) {
            const auto it = known.find(columns.key_of(stream.row));
            set_rates(stream, it == known.end() ? nullptr : it->second, seconds);
        }
        reading.streams.push_back(std::move(stream));
    }
    return reading;
}

std::vector<Row> rate_rows(const Reading& reading, bool for_table) {
    std::vector<Row> rows;
    for (const size_t i : busiest(reading.streams, reading.streams.size())) {
        rows.push_back(rate_row(reading.streams[i], for_table));
    }
    return rows;
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
        // Erased before it is written: a full line leaves the cursor on its last character.
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
    const std::array<Row, 1> rows = {
        Row{std::to_string(reading.streams.size()), std::to_string(totals.arrived),
            std::to_string(totals.silent), std::to_string(totals.blocked),
            number_text(totals.packet_rate, 0, ""), number_text(totals.bit_rate, 0, "")}};
    return render_json(kTotals, rows);
}

}  // namespace smcroute
