// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Tables to OpenMetrics text, for Prometheus and its kin. Pure. A list in metrics.cc names every
// metric, the column its value comes from, and its labels.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "view/table.h"

namespace smcroute {

// What the metrics are made of: the tables of these names.
inline constexpr std::array<std::string_view, 4> kMetricTables = {"routes", "groups", "interfaces",
                                                                  "status"};

// `tables` are those of kMetricTables, in their order. Each metric with its type, unit and help,
// whether it has samples or not; at the end "# EOF". A value that a row does not have is left out.
std::string render_metrics(std::span<const Table> tables);

}  // namespace smcroute
