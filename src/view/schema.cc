// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/schema.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/text.h"

namespace smcroute {

namespace {

// All tables describe a stream in the order of the commands: source, group, inbound, outbounds.
constexpr std::array kRoutes = {
    Column{"source", "SOURCE"},
    Column{"group", "GROUP"},
    Column{"iif", "IIF"},
    Column{"oifs", "OIFS", ColumnType::kOutbounds},
    Column{"oifs_down", "", ColumnType::kList},
    Column{"oifs_gone", "", ColumnType::kList},
    Column{"oifs_no_slot", "", ColumnType::kList},
    Column{"packets", "PACKETS", ColumnType::kNumber},
    Column{"bytes", "BYTES", ColumnType::kNumber},
    Column{"wrong_if", "WRONG", ColumnType::kNumber},
    Column{"age_s", "AGE", ColumnType::kAge},
    Column{"idle_s", "", ColumnType::kDecimal},
    Column{"origin", "ORIGIN"},
    Column{"state", "STATE"},
    Column{"kind", ""},
};
// The client makes these rows and the next ones of two readings of routes.
constexpr std::array kRates = {
    Column{"source", "SOURCE"},
    Column{"group", "GROUP"},
    Column{"iif", "IIF"},
    Column{"oifs", "OIFS", ColumnType::kOutbounds},
    Column{"oifs_down", "", ColumnType::kList},
    Column{"oifs_gone", "", ColumnType::kList},
    Column{"oifs_no_slot", "", ColumnType::kList},
    Column{"packets_per_s", "PPS", ColumnType::kNumber},
    Column{"bits_per_s", "BIT/S", ColumnType::kNumber},
    Column{"wrong_if_per_s", "", ColumnType::kNumber},
    Column{"idle_s", "IDLE", ColumnType::kDecimal},
    Column{"origin", "ORIGIN"},
    Column{"state", "STATE"},
    Column{"kind", ""},
};
constexpr std::array kMap = {
    Column{"iif", "FROM"},
    Column{"oif", "TO"},
    Column{"streams", "STREAMS", ColumnType::kNumber},
    Column{"packets_per_s", "PPS", ColumnType::kNumber},
    Column{"bits_per_s", "BIT/S", ColumnType::kNumber},
};
constexpr std::array kRules = {
    Column{"source", "SOURCE"},
    Column{"group", "GROUP"},
    Column{"iif", "IIF"},
    Column{"oifs", "OIFS", ColumnType::kList},
    Column{"except", "EXCEPT", ColumnType::kList},
    Column{"nolearn", "NOLEARN"},
    Column{"origin", "ORIGIN"},
};
constexpr std::array kGroups = {
    Column{"source", "SOURCE"},       Column{"group", "GROUP"},
    Column{"interface", "INTERFACE"}, Column{"joined", "JOINED", ColumnType::kNumber},
    Column{"origin", "ORIGIN"},
};
constexpr std::array kInterfaces = {
    Column{"interface", "INTERFACE"},
    Column{"ifindex", "IFINDEX", ColumnType::kNumber},
    Column{"flags", "FLAGS", ColumnType::kList},
    Column{"family", "FAMILY"},
    Column{"slot", "SLOT", ColumnType::kNumber},
    Column{"ttl_threshold", "TTL", ColumnType::kNumber},
    Column{"packets_in", "PKTS-IN", ColumnType::kNumber},
    Column{"bytes_in", "BYTES-IN", ColumnType::kNumber},
    Column{"packets_out", "PKTS-OUT", ColumnType::kNumber},
    Column{"bytes_out", "BYTES-OUT", ColumnType::kNumber},
    Column{"bits_in_per_s", "BIT/S-IN", ColumnType::kNumber},
    Column{"bits_out_per_s", "BIT/S-OUT", ColumnType::kNumber},
    Column{"no_slot", "NO-SLOT"},
};
constexpr std::array kPending = {
    Column{"interface", "INTERFACE"},
    Column{"reason", "REASON"},
    Column{"line", "LINE"},
    Column{"origin", "ORIGIN"},
};
constexpr std::array kStatus = {
    Column{"version", "version"},
    Column{"instance", "instance"},
    Column{"pid", "pid", ColumnType::kNumber},
    Column{"start_time", "", ColumnType::kNumber},
    Column{"up_s", "up", ColumnType::kAge},
    Column{"guard", "guard"},
    Column{"worker_restarts", "worker restarts", ColumnType::kNumber},
    Column{"last_upgrade", "last upgrade"},
    Column{"file", "file"},
    Column{"last_load", "last load"},
    Column{"last_load_time", "", ColumnType::kNumber},
    Column{"last_load_s", "last load, ago", ColumnType::kAge},
    Column{"last_load_ok", "", ColumnType::kNumber},
    Column{"network", "network"},
    Column{"table", "table", ColumnType::kNumber},
    Column{"socket", "socket"},
    Column{"routes", "routes", ColumnType::kNumber},
    Column{"rules", "rules", ColumnType::kNumber},
    Column{"groups", "groups", ColumnType::kNumber},
    Column{"pending", "pending lines", ColumnType::kNumber},
    Column{"learned", "learned streams", ColumnType::kNumber},
    Column{"blocked", "blocked streams", ColumnType::kNumber},
    Column{"room", "room for streams", ColumnType::kNumber},
    Column{"ipv4", "IPv4"},
    Column{"ipv6", "IPv6"},
    Column{"ipv4_vifs", "IPv4 VIFs", ColumnType::kNumber},
    Column{"ipv6_mifs", "IPv6 MIFs", ColumnType::kNumber},
    Column{"upcalls", "upcalls", ColumnType::kNumber},
    Column{"reloads", "reloads", ColumnType::kNumber},
    Column{"refused_reloads", "refused reloads", ColumnType::kNumber},
    Column{"failures", "failures", ColumnType::kNumber},
    Column{"differences", "differences mended", ColumnType::kNumber},
    Column{"last_difference_s", "last difference, ago", ColumnType::kAge},
};
constexpr std::array kConfig = {
    Column{"line", "LINE"},
};
constexpr std::array kEvents = {
    Column{"time", ""},
    Column{"event", ""},
    Column{"interface", ""},
    Column{"source", ""},
    Column{"group", ""},
    Column{"iif", ""},
    Column{"oifs", "", ColumnType::kList},
    Column{"origin", ""},
    Column{"was", ""},
    Column{"lost", "", ColumnType::kNumber},
    Column{"detail", ""},
};

constexpr std::array kSchemas = {
    Schema{"routes", kRoutes, "no routes are installed"},
    Schema{"rates", kRates, "no routes are installed"},
    Schema{"map", kMap, "no routes are installed"},
    Schema{"rules", kRules, "no rules are configured"},
    Schema{"groups", kGroups, "no groups are configured"},
    Schema{"interfaces", kInterfaces, "there are no interfaces"},
    Schema{"pending", kPending, "nothing is pending"},
    Schema{"status", kStatus, "", Schema::Form::kSheet},
    Schema{"config", kConfig, "", Schema::Form::kLines},
};
constexpr Schema kEventSchema = {"events", kEvents, "", Schema::Form::kStream};

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

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

const Schema& event_schema() { return kEventSchema; }

size_t column_of(const Schema& schema, std::string_view key) {
    size_t i = 0;
    while (i < schema.columns.size() && schema.columns[i].key != key) {
        ++i;
    }
    CHECK(i < schema.columns.size());
    return i;
}

std::string age_text(std::string_view seconds) {
    const auto age = parse_number<uint64_t>(seconds);
    if (!age) {
        return std::string(seconds);
    }
    const uint64_t minutes = *age / 60;
    const uint64_t hours = minutes / 60;
    return minutes == 0 ? compose("{}s", *age)
           : hours == 0 ? compose("{}m", minutes)
           : hours < 24 ? compose("{}h{}m", hours, minutes % 60)
                        : compose("{}d", hours / 24);
}

void add_row(std::string& out, const Row& row) {
    for (const std::string& field : row) {
        const auto begin = static_cast<std::ptrdiff_t>(out.size());
        out += field;
        std::replace_if(out.begin() + begin, out.end(), is_control, '?');
        out += '\t';
    }
    out.back() = '\n';
}

std::string encode_row(const Row& row) {
    std::string line;
    add_row(line, row);
    return line;
}

}  // namespace smcroute
