// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/metrics.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kRoutes = "routes";
constexpr std::string_view kGroups = "groups";
constexpr std::string_view kInterfaces = "interfaces";
constexpr std::string_view kStatus = "status";

enum class MetricType : uint8_t { kGauge, kCounter };

// Labels are named as the columns that they show.
using Labels = std::span<const std::string_view>;
constexpr std::array<std::string_view, 5> kRouteLabels = {"group", "source", "iif", "oifs",
                                                          "state"};
constexpr std::array<std::string_view, 3> kGroupLabels = {"interface", "source", "group"};
constexpr std::array<std::string_view, 1> kInterfaceLabels = {"interface"};
constexpr std::array<std::string_view, 1> kBuildLabels = {"version"};

struct Metric {
    std::string_view name;  // of a counter without "_total", which its samples add
    MetricType type;
    std::string_view unit;  // empty, or the end of the name
    std::string_view help;
    std::string_view table;
    std::string_view value;  // a column; empty: always 1
    Labels labels = {};
};

// The build information is a gauge, not of the type "info", which readers of the older text format,
// such as textfile collectors, refuse.
constexpr std::array kMetrics = {
    Metric{"smcroute_build_info", MetricType::kGauge, "", "The version of the daemon that runs.",
           kStatus, "", kBuildLabels},
    Metric{"smcroute_routes", MetricType::kGauge, "",
           "Routes with an exact source and group that were asked for.", kStatus, "routes"},
    Metric{"smcroute_rules", MetricType::kGauge, "", "Routes for any source or for a range.",
           kStatus, "rules"},
    Metric{"smcroute_groups", MetricType::kGauge, "", "Lines that ask to join a group.", kStatus,
           "groups"},
    Metric{"smcroute_pending", MetricType::kGauge, "",
           "Lines that wait for an interface to appear.", kStatus, "pending"},
    Metric{"smcroute_learned", MetricType::kGauge, "", "Entries that a rule has made for a stream.",
           kStatus, "learned"},
    Metric{"smcroute_blocked", MetricType::kGauge, "", "Entries for streams that no rule matches.",
           kStatus, "blocked"},
    Metric{"smcroute_ipv4_vifs", MetricType::kGauge, "",
           "Interfaces that take part in IPv4 routing; 32 at most.", kStatus, "ipv4_vifs"},
    Metric{"smcroute_ipv6_mifs", MetricType::kGauge, "",
           "Interfaces that take part in IPv6 routing; 32 at most.", kStatus, "ipv6_mifs"},
    Metric{"smcroute_upcalls", MetricType::kCounter, "",
           "Reports of the kernel about unknown or moved streams.", kStatus, "upcalls"},
    Metric{"smcroute_reloads", MetricType::kCounter, "", "Reloads of the configuration file.",
           kStatus, "reloads"},
    Metric{"smcroute_failures", MetricType::kCounter, "", "Changes that the kernel refused.",
           kStatus, "failures"},
    Metric{"smcroute_route_packets", MetricType::kCounter, "packets",
           "Packets that matched the entry.", kRoutes, "packets", kRouteLabels},
    Metric{"smcroute_route_bytes", MetricType::kCounter, "bytes",
           "Bytes in packets that matched the entry.", kRoutes, "bytes", kRouteLabels},
    Metric{"smcroute_route_wrong_interface_packets", MetricType::kCounter, "packets",
           "Packets that arrived on another interface than the entry's.", kRoutes, "wrong_if",
           kRouteLabels},
    Metric{"smcroute_group_memberships", MetricType::kGauge, "memberships",
           "Memberships that the kernel holds for a join.", kGroups, "joined", kGroupLabels},
    Metric{"smcroute_interface_vif", MetricType::kGauge, "",
           "The number of the interface in IPv4 routing.", kInterfaces, "vif", kInterfaceLabels},
    Metric{"smcroute_interface_mif", MetricType::kGauge, "",
           "The number of the interface in IPv6 routing.", kInterfaces, "mif", kInterfaceLabels},
    Metric{"smcroute_interface_ttl_threshold", MetricType::kGauge, "",
           "IPv4 packets leave by it only with a greater TTL.", kInterfaces, "ttl_threshold",
           kInterfaceLabels},
};

// The text format is UTF-8, the name of an interface any bytes: those that are not become '?'.
std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const size_t size = utf8_size(text);
        if (text[0] == '\\' || text[0] == '"') {
            out += '\\';
        }
        out += size == 0 ? "?" : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

std::string label_text(Labels labels, std::span<const size_t> columns, const Table& table,
                       size_t row) {
    std::string text;
    for (size_t i = 0; i < labels.size(); ++i) {
        text += cat(
            {i == 0 ? "{" : ",", labels[i], "=\"", escaped(table.field(row, columns[i])), "\""});
    }
    return text + (labels.empty() ? "" : "}");
}

void append_samples(const Metric& metric, std::string_view name, const Table& table,
                    std::string& out) {
    std::vector<size_t> columns;
    for (const std::string_view label : metric.labels) {
        columns.push_back(column_of(table.schema(), label));
    }
    const size_t value = metric.value.empty() ? 0 : column_of(table.schema(), metric.value);
    for (size_t row = 0; row < table.size(); ++row) {
        const std::string_view number = metric.value.empty() ? "1" : table.field(row, value);
        if (!number.empty()) {
            out += cat({name, metric.type == MetricType::kCounter ? "_total" : "",
                        label_text(metric.labels, columns, table, row), " ", number, "\n"});
        }
    }
}

const Table& table_of(const Metric& metric, std::span<const Table> tables) {
    const auto* const what = std::find(kMetricTables.begin(), kMetricTables.end(), metric.table);
    return tables[static_cast<size_t>(what - kMetricTables.begin())];
}

}  // namespace

std::string render_metrics(std::span<const Table> tables) {
    CHECK(tables.size() == kMetricTables.size());
    std::string out;
    for (const Metric& metric : kMetrics) {
        const std::string_view name = metric.name;
        out +=
            cat({"# TYPE ", name, metric.type == MetricType::kCounter ? " counter\n" : " gauge\n"});
        if (!metric.unit.empty()) {
            out += cat({"# UNIT ", name, " ", metric.unit, "\n"});
        }
        out += cat({"# HELP ", name, " ", metric.help, "\n"});
        append_samples(metric, name, table_of(metric, tables), out);
    }
    return out + "# EOF\n";
}

}  // namespace smcroute
