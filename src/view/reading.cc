// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/reading.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

// So many packets in a hundred may be missing at an outbound because its counters and those of the
// streams are not read at the same time.
constexpr uint64_t kPerCentUnsure = 2;

constexpr double kSecondsInPart = 60.0 / kParts;

// One field of a table's rows.
class Field {
public:
    Field(const Table& table, std::string_view key)
        : table_(table), column_(column_of(table.schema(), key)) {}

    std::string_view of(size_t row) const { return table_.field(row, column_); }
    uint64_t number(size_t row) const { return parse_number<uint64_t>(of(row)).value_or(0); }

private:
    const Table& table_;
    size_t column_;
};

// Several entries for any source of one group differ in their inbound.
std::string key_of(const Table& routes, size_t row) {
    const std::string_view source = Field(routes, "source").of(row);
    return compose("{}\t{}\t{}", Field(routes, "group").of(row), source,
                   source == "*" ? Field(routes, "iif").of(row) : "");
}

std::string_view family_of(const Table& routes, size_t row) {
    const bool is_ipv6 = Field(routes, "group").of(row).find(':') != std::string_view::npos;
    return is_ipv6 ? "IPv6" : "IPv4";
}

std::string vif_key(std::string_view family, std::string_view name) {
    return compose("{} {}", family, name);
}

void set_rates(StreamRate& stream, const StreamRate* before, double seconds) {
    const bool goes_on = before != nullptr && before->packets <= stream.packets &&
                         before->bytes <= stream.bytes && before->wrong_if <= stream.wrong_if;
    const uint64_t packets = stream.packets - (goes_on ? before->packets : 0);
    const uint64_t bytes = stream.bytes - (goes_on ? before->bytes : 0);
    stream.strayed = stream.wrong_if - (goes_on ? before->wrong_if : 0);
    stream.came = packets - std::min(packets, stream.strayed);
    stream.packet_rate = static_cast<double>(packets) / seconds;
    stream.bit_rate = static_cast<double>(bytes) * 8 / seconds;
    stream.wrong_rate = static_cast<double>(stream.strayed) / seconds;
    stream.new_for = before == nullptr ? kNewReadings : before->new_for - (before->new_for > 0);
}

// `parts` have begun since the reading before.
void go_on_with_history(StreamRate& stream, const StreamRate* before, size_t parts) {
    if (before != nullptr && parts < kParts) {
        std::copy(before->history.begin() + static_cast<std::ptrdiff_t>(parts),
                  before->history.end(), stream.history.begin());
    }
    stream.history.back() += static_cast<float>(stream.came + stream.strayed);
}

// There are 64 at most.
VifRate* find_vif(Reading& reading, std::string_view key) {
    const auto it = std::find_if(reading.vifs.begin(), reading.vifs.end(),
                                 [key](const VifRate& vif) { return vif.key == key; });
    return it == reading.vifs.end() ? nullptr : &*it;
}
const VifRate* find_vif(const Reading& reading, std::string_view key) {
    const auto it = std::find_if(reading.vifs.begin(), reading.vifs.end(),
                                 [key](const VifRate& vif) { return vif.key == key; });
    return it == reading.vifs.end() ? nullptr : &*it;
}

void read_vifs(const Table& interfaces, Reading& reading, uint64_t VifRate::*out) {
    const Field name(interfaces, "interface");
    const Field family(interfaces, "family");
    const Field slot(interfaces, "slot");
    const Field packets_out(interfaces, "packets_out");
    const Field bytes_in(interfaces, "bytes_in");
    const Field bytes_out(interfaces, "bytes_out");
    for (size_t row = 0; row < interfaces.size(); ++row) {
        if (!slot.of(row).empty()) {
            const std::string key = vif_key(family.of(row), name.of(row));
            VifRate* known = find_vif(reading, key);
            VifRate& vif =
                known != nullptr ? *known : reading.vifs.emplace_back(VifRate{.key = key});
            vif.*out = packets_out.number(row);
            vif.bytes_in = bytes_in.number(row);
            vif.bytes_out = bytes_out.number(row);
        }
    }
}

void set_vif_rates(Reading& reading, const Reading& before, double seconds) {
    for (VifRate& vif : reading.vifs) {
        const VifRate* const last = find_vif(before, vif.key);
        if (last == nullptr || vif.out_after < last->out_before || vif.bytes_in < last->bytes_in ||
            vif.bytes_out < last->bytes_out) {
            continue;
        }
        vif.goes_on = true;
        vif.left = vif.out_after - last->out_before;
        vif.bit_rate_in = static_cast<double>(vif.bytes_in - last->bytes_in) * 8 / seconds;
        vif.bit_rate_out = static_cast<double>(vif.bytes_out - last->bytes_out) * 8 / seconds;
    }
}

// Calls visit(name, VifRate*) for each outbound of the row that is up; null if nothing is known.
template <typename Visit>
void for_each_outbound(Reading& reading, size_t row, Visit visit) {
    const std::string down = compose(" {} ", Field(reading.routes, "oifs_down").of(row));
    for_each_word(Field(reading.routes, "oifs").of(row), [&](std::string_view name) {
        if (down.find(compose(" {} ", name)) == down.npos) {
            visit(name, find_vif(reading, vif_key(family_of(reading.routes, row), name)));
        }
    });
}

// What the outbounds, whose counters all streams share, tell of a stream whose packets come.
std::string outcome_of(Reading& reading, size_t row) {
    const uint64_t came = reading.streams[row].came;
    bool leaves = false;
    bool is_sure = true;
    std::string partly;   // the share of what all streams had for an outbound
    std::string lacking;  // outbounds by which nothing left at all
    for_each_outbound(reading, row, [&](std::string_view name, const VifRate* vif) {
        if (vif == nullptr || !vif->goes_on) {
            is_sure = false;
            return;
        }
        const uint64_t missing = vif->asked - std::min(vif->asked, vif->left);
        const uint64_t unsure = std::max<uint64_t>(2, vif->asked * kPerCentUnsure / 100);
        if (vif->left == 0) {
            add_word(lacking, name);
        } else if (missing <= unsure || missing + unsure < came) {
            leaves = true;
        } else {
            is_sure = false;
            const std::string share = std::to_string(vif->left * 100 / vif->asked);
            partly = compose(" ({}% leaves by {})", share, name);
        }
    });
    return leaves ? lacking.empty() ? "flows" : compose("flows, not by {} (TTL too low?)", lacking)
           : is_sure ? "not leaving (TTL too low?)"
                     : compose("arrives{}", partly);
}

bool says_why(std::string_view state) {
    return state.starts_with("blocked") || state.starts_with("excepted") ||
           state.starts_with("not leaving: ");
}

std::string state_of(Reading& reading, size_t row) {
    const StreamRate& stream = reading.streams[row];
    const std::string_view seen = Field(reading.routes, "state").of(row);
    const bool waits =
        seen.starts_with("wrong") && Field(reading.routes, "kind").of(row) == "blocked";
    if (says_why(seen) || waits || Field(reading.routes, "packets").of(row).empty()) {
        return std::string(seen);
    }
    if (stream.came == 0 && stream.strayed == 0) {
        return seen.empty() ? "silent" : std::string(seen);  // it may be a slow one
    }
    if (stream.came == 0) {
        return seen.starts_with("wrong") ? std::string(seen) : "wrong inbound";
    }
    return outcome_of(reading, row);
}

void set_states(Reading& reading) {
    for (size_t row = 0; row < reading.streams.size(); ++row) {
        if (is_entry(reading, row)) {
            for_each_outbound(reading, row, [&](std::string_view /*name*/, VifRate* vif) {
                if (vif != nullptr) {
                    vif->asked += reading.streams[row].came;
                }
            });
        }
    }
    for (size_t row = 0; row < reading.streams.size(); ++row) {
        reading.streams[row].state = is_entry(reading, row)
                                         ? state_of(reading, row)
                                         : std::string(Field(reading.routes, "state").of(row));
    }
}

std::string number_text(double value, int digits, std::string_view unit) {
    char text[32];
    snprintf(text, sizeof text, "%.*f", digits, value);
    return compose("{}{}", text, unit);
}

std::string rate_text(double rate, bool for_people) {
    return for_people ? scaled(rate) : whole(rate);
}

// "0.4s", "45s", "12m", "5h", "3d": of seconds with three decimals, rounded down to whole units.
std::string span_text(std::string_view field) {
    const auto seconds = parse_number<uint64_t>(field.substr(0, field.find('.')));
    if (!seconds || field.size() < 5) {
        return std::string(field);
    }
    return *seconds < 10          ? compose("{}s", field.substr(0, field.size() - 2))
           : *seconds < 100       ? compose("{}s", *seconds)
           : *seconds < 100 * 60  ? compose("{}m", *seconds / 60)
           : *seconds < 48 * 3600 ? compose("{}h", *seconds / 3600)
                                  : compose("{}d", *seconds / 86400);
}

// Gives a row of the schema whose columns are those of the table, but for what `change` returns.
template <typename Change>
void give_row(const Schema& schema, const Table& table, size_t row, RowSink& sink, Change change) {
    Row fields;
    for (const Column& column : schema.columns) {
        std::optional<std::string> field = change(column.key);
        fields.push_back(field ? *std::move(field) : std::string(Field(table, column.key).of(row)));
    }
    sink.take(fields_of(fields));
}

}  // namespace

std::string whole(double value) { return number_text(value, 0, ""); }

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

bool is_entry(const Reading& reading, size_t row) {
    return !Field(reading.routes, "age_s").of(row).empty();
}

bool is_plight(std::string_view state) {
    constexpr std::array<std::string_view, 4> kPlights = {"not leaving", "wrong inbound", "blocked",
                                                          "flows, not"};
    return std::any_of(kPlights.begin(), kPlights.end(),
                       [state](std::string_view plight) { return state.starts_with(plight); });
}

Reading take_reading(const Reading* before, Sample sample, std::chrono::duration<double> elapsed) {
    const double seconds = std::max(elapsed.count(), 0.001);
    Reading reading{.routes = std::move(sample.routes), .interfaces = std::move(sample.interfaces)};
    std::unordered_map<std::string, const StreamRate*> known;
    for (size_t row = 0; before != nullptr && row < before->streams.size(); ++row) {
        known.emplace(key_of(before->routes, row), &before->streams[row]);
    }
    const double begun = before == nullptr ? 0 : before->begun + seconds;
    const auto parts = static_cast<size_t>(begun / kSecondsInPart);
    reading.begun = begun - static_cast<double>(parts) * kSecondsInPart;
    const Field packets(reading.routes, "packets");
    const Field bytes(reading.routes, "bytes");
    const Field wrong_if(reading.routes, "wrong_if");
    for (size_t row = 0; row < reading.routes.size(); ++row) {
        StreamRate stream{.packets = packets.number(row),
                          .bytes = bytes.number(row),
                          .wrong_if = wrong_if.number(row),
                          .state = std::string(Field(reading.routes, "state").of(row))};
        if (before != nullptr) {
            const auto it = known.find(key_of(reading.routes, row));
            const StreamRate* const last = it == known.end() ? nullptr : it->second;
            set_rates(stream, last, seconds);
            go_on_with_history(stream, last, parts);
        }
        reading.streams.push_back(std::move(stream));
    }
    read_vifs(sample.before, reading, &VifRate::out_before);
    read_vifs(reading.interfaces, reading, &VifRate::out_after);
    if (before != nullptr) {
        reading.has_rates = true;
        set_vif_rates(reading, *before, seconds);
        set_states(reading);
    }
    return reading;
}

void sort_rows(const Reading& reading, ComesFirst comes_first, std::vector<size_t>& rows) {
    std::sort(rows.begin(), rows.end(), [&](size_t a, size_t b) {
        return comes_first(reading, a, b) || (!comes_first(reading, b, a) && a < b);
    });
}

bool is_busier(const Reading& reading, size_t a, size_t b) {
    const StreamRate& one = reading.streams[a];
    const StreamRate& other = reading.streams[b];
    return one.packet_rate != other.packet_rate ? one.packet_rate > other.packet_rate
                                                : one.bit_rate > other.bit_rate;
}

std::vector<size_t> busiest(const Reading& reading) {
    std::vector<size_t> order;
    for (size_t row = 0; row < reading.streams.size(); ++row) {
        if (is_entry(reading, row)) {
            order.push_back(row);
        }
    }
    sort_rows(reading, is_busier, order);
    return order;
}

void give_routes(const Reading& reading, RowSink& sink) {
    for (size_t row = 0; row < reading.streams.size(); ++row) {
        give_row(reading.routes.schema(), reading.routes, row, sink, [&](std::string_view key) {
            return key == "state" ? std::optional(reading.streams[row].state) : std::nullopt;
        });
    }
}

// Fields of unknown counters stay empty.
void give_rates(const Reading& reading, bool for_people, RowSink& sink) {
    const Field packets(reading.routes, "packets");
    const Field idle(reading.routes, "idle_s");
    for (const size_t row : busiest(reading)) {
        const StreamRate& stream = reading.streams[row];
        const auto rate = [&](double value) {
            return std::optional(packets.of(row).empty() ? "" : rate_text(value, for_people));
        };
        const auto change = [&](std::string_view key) {
            return key == "packets_per_s"          ? rate(stream.packet_rate)
                   : key == "bits_per_s"           ? rate(stream.bit_rate)
                   : key == "wrong_if_per_s"       ? rate(stream.wrong_rate)
                   : key == "state"                ? std::optional(stream.state)
                   : key == "idle_s" && for_people ? std::optional(span_text(idle.of(row)))
                                                   : std::nullopt;
        };
        give_row(*find_schema("rates"), reading.routes, row, sink, change);
    }
}

void give_interfaces(const Reading& reading, bool for_people, RowSink& sink) {
    const Table& interfaces = reading.interfaces;
    for (size_t row = 0; row < interfaces.size(); ++row) {
        const VifRate* const vif = find_vif(
            reading,
            vif_key(Field(interfaces, "family").of(row), Field(interfaces, "interface").of(row)));
        const bool is_known = vif != nullptr && vif->goes_on;
        give_row(interfaces.schema(), interfaces, row, sink, [&](std::string_view key) {
            return !is_known                 ? std::optional<std::string>()
                   : key == "bits_in_per_s"  ? rate_text(vif->bit_rate_in, for_people)
                   : key == "bits_out_per_s" ? rate_text(vif->bit_rate_out, for_people)
                                             : std::optional<std::string>();
        });
    }
}

void give_map(const Reading& reading, bool for_people, RowSink& sink) {
    struct Arrow {
        std::string_view from;
        std::string_view to;
        size_t streams = 0;
        double packet_rate = 0;
        double bit_rate = 0;
    };
    std::vector<Arrow> arrows;  // at most one for each pair of interfaces
    for (const size_t row : busiest(reading)) {
        const StreamRate& stream = reading.streams[row];
        const std::string_view from = Field(reading.routes, "iif").of(row);
        const auto add = [&](std::string_view to) {
            auto it = std::find_if(arrows.begin(), arrows.end(), [&](const Arrow& arrow) {
                return arrow.from == from && arrow.to == to;
            });
            it = it == arrows.end() ? arrows.insert(it, {from, to}) : it;
            ++it->streams;
            it->packet_rate += stream.packet_rate;
            it->bit_rate += stream.bit_rate;
        };
        const bool is_stuck = is_plight(stream.state) && !stream.state.starts_with("flows");
        const std::string_view outbounds = is_stuck ? "" : Field(reading.routes, "oifs").of(row);
        for_each_word(outbounds, add);
        if (outbounds.empty()) {
            add("");
        }
    }
    std::sort(arrows.begin(), arrows.end(), [](const Arrow& a, const Arrow& b) {
        return a.from != b.from ? a.from < b.from : a.to < b.to;
    });
    for (const Arrow& arrow : arrows) {
        const bool again =
            for_people && &arrow != arrows.data() && (&arrow - 1)->from == arrow.from;
        sink.take(
            fields_of({again ? "\"" : std::string(arrow.from),
                       compose("{}{}", for_people ? "-> " : "",
                               for_people && arrow.to.empty() ? "nowhere" : arrow.to),
                       std::to_string(arrow.streams), rate_text(arrow.packet_rate, for_people),
                       rate_text(arrow.bit_rate, for_people)}));
    }
}

}  // namespace smcroute
