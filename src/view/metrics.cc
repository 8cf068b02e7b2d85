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

enum class MetricType : uint8_t { kGauge, kCounter };

// Labels have the names of the columns that they show.
using Labels = std::span<const std::string_view>;
constexpr std::array<std::string_view, 3> kRouteLabels = {"source", "group", "iif"};
constexpr std::array<std::string_view, 3> kGroupLabels = {"source", "group", "interface"};
constexpr std::array<std::string_view, 2> kInterfaceLabels = {"interface", "family"};
constexpr std::array<std::string_view, 1> kBuildLabels = {"version"};

struct Metric {
    std::string_view name;  // after "smcroute_"; samples of a counter add "_total"
    MetricType type;
    std::string_view unit;  // empty, or the last part of the name
    std::string_view help;
    std::string_view table;
    std::string_view value;  // a column; empty: always 1
    Labels labels = {};
};

// Has the name of the column that it shows.
constexpr Metric of_daemon(std::string_view name, MetricType type, std::string_view help) {
    return {name, type, "", help, "status", name};
}

constexpr Metric of_route(std::string_view name, std::string_view unit, std::string_view value,
                          std::string_view help) {
    return {name, MetricType::kCounter, unit, help, "routes", value, kRouteLabels};
}

constexpr Metric of_interface(MetricType type, std::string_view name, std::string_view unit,
                              std::string_view value, std::string_view help) {
    return {name, type, unit, help, "interfaces", value, kInterfaceLabels};
}

// The build information is a gauge, not of the type "info": readers of the older text format, such
// as textfile collectors, refuse that.
constexpr std::array kMetrics = {
    Metric{"build_info", MetricType::kGauge, "", "The version of the daemon that runs.", "status",
           "", kBuildLabels},
    of_daemon("routes", MetricType::kGauge,
              "Routes with an exact source and group that were asked for."),
    of_daemon("rules", MetricType::kGauge, "Routes for any source or for a range."),
    of_daemon("groups", MetricType::kGauge, "Lines that ask to join a group."),
    of_daemon("pending", MetricType::kGauge, "Lines that wait for an interface."),
    of_daemon("learned", MetricType::kGauge, "Entries of streams that a rule forwards."),
    of_daemon("blocked", MetricType::kGauge, "Entries of streams that are forwarded nowhere."),
    of_daemon("room", MetricType::kGauge, "Streams that can still be learned."),
    of_daemon("ipv4_vifs", MetricType::kGauge,
              "Interfaces that take part in IPv4 routing; 32 at most."),
    of_daemon("ipv6_mifs", MetricType::kGauge,
              "Interfaces that take part in IPv6 routing; 32 at most."),
    of_daemon("upcalls", MetricType::kCounter,
              "Reports of the kernel about unknown or moved streams."),
    of_daemon("reloads", MetricType::kCounter, "Reloads of the configuration file."),
    of_daemon("refused_reloads", MetricType::kCounter,
              "Reloads that were refused because of errors in the file."),
    Metric{"start_time_seconds", MetricType::kGauge, "seconds",
           "When the daemon started, since the epoch.", "status", "start_time"},
    of_daemon("worker_restarts", MetricType::kCounter,
              "How often a worker has followed one that ended, since the guard started."),
    Metric{"last_load_time_seconds", MetricType::kGauge, "seconds",
           "When the file was last read, since the epoch.", "status", "last_load_time"},
    Metric{"last_load_success", MetricType::kGauge, "", "1 if all of it was good, else 0.",
           "status", "last_load_ok"},
    of_daemon("failures", MetricType::kCounter, "Changes that the kernel refused."),
    of_daemon("differences", MetricType::kCounter,
              "Places where the kernel did not hold what the daemon had recorded; all mended."),
    Metric{"last_difference_age_seconds", MetricType::kGauge, "seconds",
           "Time since the last of these differences was found.", "status", "last_difference_s"},
    of_route("route_packets", "packets", "packets", "Packets that matched the entry."),
    of_route("route_bytes", "bytes", "bytes", "Bytes in packets that matched the entry."),
    of_route("route_wrong_interface_packets", "packets", "wrong_if",
             "Packets that arrived on another interface than the entry's."),
    Metric{"group_memberships", MetricType::kGauge, "memberships",
           "Memberships that the kernel holds for a join.", "groups", "joined", kGroupLabels},
    of_interface(MetricType::kGauge, "interface_slot", "", "slot",
                 "The number of the interface in the routing of the family."),
    of_interface(MetricType::kGauge, "interface_ttl_threshold", "", "ttl_threshold",
                 "IPv4 packets leave by it only with a greater TTL."),
    of_interface(MetricType::kCounter, "interface_packets_in", "", "packets_in",
                 "Multicast packets that came in by it and matched an entry."),
    of_interface(MetricType::kCounter, "interface_bytes_in", "", "bytes_in", "Their bytes."),
    of_interface(MetricType::kCounter, "interface_packets_out", "", "packets_out",
                 "Multicast packets that left by it."),
    of_interface(MetricType::kCounter, "interface_bytes_out", "", "bytes_out", "Their bytes."),
};

// The text format is UTF-8, the name of an interface any bytes: bytes that are not UTF-8 become
// '?'.
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
        text += compose("{}{}=\"{}\"", i == 0 ? "{" : ",", labels[i],
                        escaped(table.field(row, columns[i])));
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
            out += compose("{}{}{} {}\n", name, metric.type == MetricType::kCounter ? "_total" : "",
                           label_text(metric.labels, columns, table, row), number);
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
        const std::string name = compose("smcroute_{}", metric.name);
        out += compose("# TYPE {}{}", name,
                       metric.type == MetricType::kCounter ? " counter\n" : " gauge\n");
        if (!metric.unit.empty()) {
            out += compose("# UNIT {} {}\n", name, metric.unit);
        }
        out += compose("# HELP {} {}\n", name, metric.help);
        append_samples(metric, name, table_of(metric, tables), out);
    }
    return out + "# EOF\n";
}

}  // namespace smcroute
