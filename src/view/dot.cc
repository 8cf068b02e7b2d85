// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/dot.h"

#include "base/text.h"
#include "view/reading.h"
#include "view/schema.h"

namespace smcroute {

namespace {

std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) {
        text += compose("{}{}", c == '"' || c == '\\' ? "\\" : "", std::string_view(&c, 1));
    }
    return text + "\"";
}

}  // namespace

void DotText::take(Fields row) {
    const Schema& schema = *find_schema("map");
    const auto field = [&](std::string_view key) { return row[column_of(schema, key)]; };
    const auto streams = parse_number<size_t>(field("streams")).value_or(0);
    const auto bits = parse_number<uint64_t>(field("bits_per_s")).value_or(0);
    edges_ += compose("    {} -> {} [label=\"{}\\n{}bit/s\"];\n", quoted(field("iif")),
                      quoted(field("oif").empty() ? "nowhere" : field("oif")),
                      count_of(streams, "stream"), scaled(static_cast<double>(bits)));
}

std::string DotText::text() {
    return compose("digraph smcroute {\n    rankdir=LR;\n{}}\n", edges_);
}

}  // namespace smcroute
