// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/ctl_tables.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "view/json.h"
#include "view/render.h"
#include "view/table_text.h"

namespace smcroute {

namespace {

constexpr std::array kRouteText = {
    Column{"", "ROUTE (S,G)"},
    Column{"", "INBOUND"},
    Column{"", "OUTBOUND"},
};
constexpr std::array kDetailedText = {
    Column{"", "ROUTE (S,G)"},
    Column{"", "INBOUND"},
    Column{"", "PACKETS", ColumnType::kNumber},
    Column{"", "BYTES", ColumnType::kNumber},
    Column{"", "INVALID", ColumnType::kNumber},
    Column{"", "OUTBOUND"},
};
constexpr std::array kGroupText = {
    Column{"", "GROUP (S,G)"},
    Column{"", "INBOUND"},
};
constexpr std::array kPendingText = {
    Column{"", "PENDING"},
};
constexpr Schema kRouteTable{"", kRouteText, "No multicast routes"};
constexpr Schema kDetailedTable{"", kDetailedText, "No multicast routes"};
constexpr Schema kGroupTable{"", kGroupText, "No multicast groups"};
constexpr Schema kPendingTable{"", kPendingText, ""};

// An object has the middle of these.
constexpr std::array kKeys = {
    Column{"kind", ""},
    Column{"source", ""},
    Column{"group", ""},
    Column{"iif", ""},
    Column{"oifs", "", ColumnType::kList},
};
constexpr Schema kLineObjects{"", kKeys, ""};
constexpr Schema kRouteObjects{"", std::span(kKeys).subspan(1), ""};
constexpr Schema kGroupObjects{"", std::span(kKeys).subspan(1, 3), ""};

// In both forms.
constexpr std::array kPhyints = {
    Column{"index", "INDEX", ColumnType::kNumber},
    Column{"name", "PHYINT"},
    Column{"vif", "VIF", ColumnType::kNumber},
    Column{"mif", "MIF", ColumnType::kNumber},
};
constexpr Schema kInterfaceTable{"", kPhyints, "No interfaces"};

// A route or group.
struct Line {
    std::string_view kind = {};
    std::string_view source = {};  // empty: any
    std::string_view group = {};
    std::string_view iif = {};
    std::string_view oifs = {};
};

std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

// A line as "config" and "pending" have it: "mroute from eth0 source S group G to eth1 eth2".
Line read_line(std::string_view text) {
    Line line{.kind = take_word(text)};
    while (!text.empty()) {
        const std::string_view keyword = take_word(text);
        if (keyword == "to") {
            line.oifs = std::exchange(text, {});
        } else if (keyword == "from") {
            line.iif = take_word(text);
        } else if (keyword == "source") {
            line.source = take_word(text);
        } else if (keyword == "group") {
            line.group = take_word(text);
        }
    }
    return line;
}

bool is_rule(const Line& line) {
    const auto is_range = [](std::string_view text) { return text.find('/') != text.npos; };
    return line.source.empty() || is_range(line.source) || is_range(line.group) ||
           line.iif.ends_with('+');
}

// The fields of a table by their keys.
std::string_view field(const Table& table, size_t row, std::string_view key) {
    return table.field(row, column_of(table.schema(), key));
}

Line entry_of(const Table& routes, size_t row) {
    return {.source = field(routes, row, "source"),
            .group = field(routes, row, "group"),
            .iif = field(routes, row, "iif"),
            .oifs = field(routes, row, "oifs")};
}

// Calls visit(row) for each entry in the kernel: rules, and routes that wait, have no age.
template <typename Visit>
void for_each_entry(const Table& routes, Visit visit) {
    for (size_t row = 0; row < routes.size(); ++row) {
        if (!field(routes, row, "age_s").empty()) {
            visit(row);
        }
    }
}

std::string flow_of(const Line& line) {
    return compose("({}, {})", line.source.empty() ? "*" : line.source, line.group);
}

std::string without_newline(std::string text) {
    text.pop_back();
    return text;
}

// An array of objects, each with the schema's part of a line.
class Objects {
public:
    explicit Objects(const Schema& schema) : schema_(schema), rows_(schema) {}

    void add(const Line& line) {
        const std::array fields = {line.kind, line.source, line.group, line.iif, line.oifs};
        const auto first = static_cast<size_t>(schema_.columns.data() - kKeys.data());
        rows_.take(Fields(fields).subspan(first, schema_.columns.size()));
    }
    std::string text() { return without_newline(rows_.text()); }

private:
    const Schema& schema_;
    JsonText rows_;
};

RenderStyle plain(const CtlStyle& style) { return {.heading = style.rendering.heading}; }

// The heading in reverse video, if that is wanted.
std::string finish(std::string text, const CtlStyle& style) {
    if (style.rendering.bold && style.rendering.heading) {
        text.insert(text.find('\n'), "\033[0m");
        text.insert(0, "\033[7m");
    }
    return text;
}

using Counters = std::array<std::string_view, 3>;

void give_route(RowSink& table, const Line& line, const CtlStyle& style, const Counters& counters) {
    const std::string flow = flow_of(line);
    const std::array brief = {std::string_view(flow), line.iif, line.oifs};
    const std::array detailed = {brief[0],    brief[1],    counters[0],
                                 counters[1], counters[2], brief[2]};
    table.take(style.details ? Fields(detailed) : Fields(brief));
}

// Calls visit(const Line&) for each mroute of "config".
template <typename Visit>
void for_each_route(const Table& config, Visit visit) {
    for (size_t row = 0; row < config.size(); ++row) {
        if (const Line line = read_line(config.field(row, 0)); line.kind == "mroute") {
            visit(line);
        }
    }
}

std::string routes_as_json(const Table& routes, const Table& config) {
    Objects rules(kRouteObjects);
    Objects exact(kRouteObjects);
    Objects kernel(kRouteObjects);
    for_each_route(config, [&](const Line& line) { (is_rule(line) ? rules : exact).add(line); });
    for_each_entry(routes, [&](size_t row) { kernel.add(entry_of(routes, row)); });
    return compose("{\"routes\": {\"asm\": {}, \"ssm\": {}, \"kernel\": {}}}\n", rules.text(),
                   exact.text(), kernel.text());
}

std::string routes_text(const Table& routes, const Table& config, const CtlStyle& style) {
    if (style.rendering.json) {
        return routes_as_json(routes, config);
    }
    TableText table(style.details ? kDetailedTable : kRouteTable, plain(style));
    for_each_route(config, [&](const Line& line) {
        if (is_rule(line)) {
            give_route(table, line, style, {});
        }
    });
    for_each_entry(routes, [&](size_t row) {
        give_route(table, entry_of(routes, row), style,
                   {field(routes, row, "packets"), field(routes, row, "bytes"),
                    field(routes, row, "wrong_if")});
    });
    return finish(table.text(), style);
}

std::string groups_text(const Table& groups, const CtlStyle& style) {
    TableText table(kGroupTable, plain(style));
    Objects configured(kGroupObjects);
    Objects kernel(kGroupObjects);
    for (size_t row = 0; row < groups.size(); ++row) {
        const std::string_view source = field(groups, row, "source");
        const Line line{.source = source == "*" ? "" : source,
                        .group = field(groups, row, "group"),
                        .iif = field(groups, row, "interface")};
        const std::string flow = flow_of(line);
        table.take(std::array<std::string_view, 2>{flow, line.iif});
        configured.add(line);
        if (field(groups, row, "joined") != "0") {
            kernel.add(line);
        }
    }
    return style.rendering.json ? compose("{\"groups\": {\"conf\": {}, \"kernel\": {}}}\n",
                                          configured.text(), kernel.text())
                                : finish(table.text(), style);
}

// "interfaces" has a row for each family; here both are one.
std::string interfaces_text(const Table& interfaces, const CtlStyle& style) {
    const bool json = style.rendering.json;
    const auto rows =
        start_rendering(kInterfaceTable, {.heading = style.rendering.heading, .json = json});
    for (size_t row = 0; row < interfaces.size();) {
        const std::string_view index = field(interfaces, row, "ifindex");
        const std::string_view name = field(interfaces, row, "interface");
        std::string_view vif;
        std::string_view mif;
        for (; row < interfaces.size() && field(interfaces, row, "ifindex") == index; ++row) {
            (field(interfaces, row, "family") == "IPv4" ? vif : mif) =
                field(interfaces, row, "slot");
        }
        rows->take(std::array{index, name, vif, mif});
    }
    return json ? compose("{\"interfaces\": {}}\n", without_newline(rows->text()))
                : finish(rows->text(), style);
}

// "pending" has a row for each interface that a line waits for; here a line is shown once.
std::string pending_text(const Table& pending, const CtlStyle& style) {
    TableText table(kPendingTable, plain(style));
    Objects objects(kLineObjects);
    for (size_t row = 0; row < pending.size(); ++row) {
        const std::string_view text = field(pending, row, "line");
        if (row == 0 || text != field(pending, row - 1, "line")) {
            table.take({&text, 1});
            objects.add(read_line(text));
        }
    }
    return style.rendering.json  ? compose("{\"pending\": {}}\n", objects.text())
           : pending.size() == 0 ? "No pending routes or groups\n"
                                 : finish(table.text(), style);
}

}  // namespace

bool is_ctl_table(std::string_view what) {
    return what == "routes" || what == "groups" || what == "interfaces" || what == "pending";
}

std::string ctl_text(const Table& table, const Table& config, const CtlStyle& style) {
    const std::string_view what = table.schema().what;
    return what == "routes"       ? routes_text(table, config, style)
           : what == "groups"     ? groups_text(table, style)
           : what == "interfaces" ? interfaces_text(table, style)
                                  : pending_text(table, style);
}

}  // namespace smcroute
