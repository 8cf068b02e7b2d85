// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/schema.h"

#include <array>

#include "base/check.h"

namespace smcroute {

namespace {

constexpr std::array kRoutes = {
    Column{"group", "GROUP"},
    Column{"source", "SOURCE"},
    Column{"iif", "IIF"},
    Column{"packets", "PACKETS", ColumnType::kNumber},
    Column{"bytes", "BYTES", ColumnType::kNumber},
    Column{"wrong_if", "WRONG", ColumnType::kNumber},
    Column{"oifs", "OIFS", ColumnType::kList},
    Column{"origin", "ORIGIN"},
    Column{"state", ""},
};
constexpr std::array kRates = {
    Column{"group", "GROUP"},
    Column{"source", "SOURCE"},
    Column{"iif", "IIF"},
    Column{"packets_per_s", "PPS", ColumnType::kNumber},
    Column{"bits_per_s", "BIT/S", ColumnType::kNumber},
    Column{"idle_ms", "LAST", ColumnType::kNumber},
    Column{"oifs", "OIFS", ColumnType::kList},
    Column{"state", "STATE"},
};
constexpr std::array kRules = {
    Column{"iif", "IIF"},
    Column{"source", "SOURCE"},
    Column{"except", "EXCEPT", ColumnType::kList},
    Column{"group", "GROUP"},
    Column{"oifs", "OIFS", ColumnType::kList},
    Column{"origin", "ORIGIN"},
};
constexpr std::array kGroups = {
    Column{"interface", "INTERFACE"}, Column{"source", "SOURCE"},
    Column{"group", "GROUP"},         Column{"joined", "JOINED", ColumnType::kNumber},
    Column{"origin", "ORIGIN"},
};
constexpr std::array kInterfaces = {
    Column{"interface", "INTERFACE"},
    Column{"ifindex", "IFINDEX", ColumnType::kNumber},
    Column{"flags", "FLAGS", ColumnType::kList},
    Column{"vif", "VIF", ColumnType::kNumber},
    Column{"mif", "MIF", ColumnType::kNumber},
    Column{"ttl_threshold", "TTL", ColumnType::kNumber},
};
constexpr std::array kPending = {
    Column{"interface", "INTERFACE"},
    Column{"line", "LINE"},
    Column{"origin", "ORIGIN"},
};
constexpr std::array kStatus = {
    Column{"version", "version"},
    Column{"pid", "process", ColumnType::kNumber},
    Column{"file", "file"},
    Column{"routes", "routes", ColumnType::kNumber},
    Column{"rules", "rules", ColumnType::kNumber},
    Column{"groups", "groups", ColumnType::kNumber},
    Column{"pending", "pending lines", ColumnType::kNumber},
    Column{"learned", "learned streams", ColumnType::kNumber},
    Column{"blocked", "blocked streams", ColumnType::kNumber},
    Column{"ipv4_vifs", "IPv4 VIFs", ColumnType::kNumber},
    Column{"ipv6_mifs", "IPv6 MIFs", ColumnType::kNumber},
    Column{"upcalls", "upcalls", ColumnType::kNumber},
    Column{"reloads", "reloads", ColumnType::kNumber},
    Column{"failures", "refused by the kernel", ColumnType::kNumber},
};
constexpr std::array kConfig = {
    Column{"line", "LINE"},
};
constexpr std::array kEvents = {
    Column{"time", ""},
    Column{"event", ""},
    Column{"interface", ""},
    Column{"group", ""},
    Column{"source", ""},
    Column{"iif", ""},
    Column{"oifs", "", ColumnType::kList},
    Column{"was", ""},
    Column{"lost", "", ColumnType::kNumber},
    Column{"detail", ""},
};

constexpr std::array kSchemas = {
    Schema{"routes", kRoutes, "no routes are installed"},
    Schema{"rates", kRates, "no routes are installed"},
    Schema{"rules", kRules, "no rules are configured"},
    Schema{"groups", kGroups, "no groups are to be joined"},
    Schema{"interfaces", kInterfaces, "there are no interfaces"},
    Schema{"pending", kPending, "nothing is pending"},
    Schema{"status", kStatus, "", Schema::Form::kSheet},
    Schema{"config", kConfig, "", Schema::Form::kLines},
};
constexpr Schema kEventSchema = {"events", kEvents, "", Schema::Form::kStream};

constexpr std::array kRateCounterColumns = {
    Column{"group", ""}, Column{"source", ""},  Column{"iif", ""},  Column{"packets", ""},
    Column{"bytes", ""}, Column{"idle_ms", ""}, Column{"oifs", ""}, Column{"state", ""},
};
static_assert(kRateCounterColumns.size() == kRates.size());
constexpr Schema kRateCounters{"rates", kRateCounterColumns, ""};

template <typename Visit>
void for_each_piece(std::string_view text, char separator, Visit visit) {
    for (;;) {
        const size_t end = text.find(separator);
        visit(text.substr(0, end));
        if (end == text.npos) {
            return;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::span<const Schema> schemas() { return kSchemas; }

const Schema* find_schema(std::string_view what) {
    for (const Schema& schema : kSchemas) {
        if (schema.what == what) {
            return &schema;
        }
    }
    return nullptr;
}

const Schema& rate_counters() { return kRateCounters; }
const Schema& event_schema() { return kEventSchema; }

size_t column_of(const Schema& schema, std::string_view key) {
    size_t i = 0;
    while (i < schema.columns.size() && schema.columns[i].key != key) {
        ++i;
    }
    CHECK(i < schema.columns.size());
    return i;
}

std::string encode_row(const Row& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
        line += i == 0 ? "" : "\t";
        line += row[i];
    }
    return line + "\n";
}

std::vector<Row> decode_rows(const Schema& schema, std::string_view lines) {
    std::vector<Row> rows;
    for_each_piece(lines, '\n', [&](std::string_view line) {
        if (line.empty() && schema.columns.size() > 1) {
            return;
        }
        Row row;
        for_each_piece(line, '\t', [&row](std::string_view field) { row.emplace_back(field); });
        if (row.size() == schema.columns.size()) {
            rows.push_back(std::move(row));
        }
    });
    if (!rows.empty() && rows.back() == Row{""}) {
        rows.pop_back();  // what follows the last newline is no line
    }
    return rows;
}

}  // namespace smcroute
