// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Tables as OpenMetrics text, for Prometheus and similar programs. Pure. A list in metrics.cc names
// every metric, the column its value comes from, and its labels.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "view/table.h"

namespace smcroute {

// The tables that the metrics are made from.
inline constexpr std::array<std::string_view, 4> kMetricTables = {"routes", "groups", "interfaces",
                                                                  "status"};

// `tables` are those of kMetricTables, in that order. Prints each metric with its type, unit and
// help, whether it has samples or not; at the end "# EOF". A value that a row lacks is left out.
std::string render_metrics(std::span<const Table> tables);

}  // namespace smcroute
