// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows of routes and interfaces for the tests of what is made of two readings of them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tables.h"
#include "view/reading.h"

namespace smcroute {

// A row of "routes".
struct RouteRow {
    std::string group = "225.0.0.1";
    std::string packets = "0";
    std::string bytes = "0";
    std::string wrong_if = "0";
    std::string state = "arrives";
    std::string kind = "static";
    std::string source = "10.0.0.2";
    std::string oifs = "eth1";
    std::string down = {};
    std::string gone = {};
    std::string idle_s = "0.040";
    std::string age_s = "60";
    std::string origin = "smcroute.conf:1";

    Row row() const {
        return {source, group,    "eth0", oifs,   down,   gone,  "",  packets,
                bytes,  wrong_if, age_s,  idle_s, origin, state, kind};
    }
};

// Packets and bytes that have left by a VIF for IPv4.
struct VifRow {
    std::string name = "eth1";
    std::string packets_out = "0";
    std::string bytes_out = "0";

    Row row() const {
        return {name, "3",         "up multicast", "IPv4", "1", "1", "0",
                "0",  packets_out, bytes_out,      "",     "",  ""};
    }
};

struct Moment {
    std::vector<RouteRow> routes;
    std::vector<VifRow> vifs = {};
};

inline Reading reading_of(const Reading* before, const Moment& moment,
                          std::chrono::duration<double> elapsed = std::chrono::seconds(0)) {
    std::vector<Row> routes;
    for (const RouteRow& route : moment.routes) {
        routes.push_back(route.row());
    }
    std::vector<Row> vifs;
    for (const VifRow& vif : moment.vifs) {
        vifs.push_back(vif.row());
    }
    const Table interfaces = table_of(*find_schema("interfaces"), vifs);
    return take_reading(before, {interfaces, table_of(*find_schema("routes"), routes), interfaces},
                        elapsed);
}

inline Reading reading_of(const Moment& first, const Moment& second,
                          std::chrono::duration<double> elapsed) {
    const Reading before = reading_of(nullptr, first);
    return reading_of(&before, second, elapsed);
}

}  // namespace smcroute
