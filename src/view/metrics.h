// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows to OpenMetrics text, for Prometheus and its kin. Pure. A table in metrics.cc names every
// metric, the column its value comes from, and its labels.
#pragma once

#include <string>
#include <vector>

#include "view/schema.h"

namespace smcroute {

// The rows of the schemas of these names.
struct MetricRows {
    std::vector<Row> routes;
    std::vector<Row> groups;
    std::vector<Row> interfaces;
    std::vector<Row> status;
};

// Each metric with its type, unit and help, whether it has samples or not; at the end "# EOF". A
// value that a row does not have is left out.
std::string render_metrics(const MetricRows& rows);

}  // namespace smcroute
