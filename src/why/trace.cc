// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/trace.h"

#include <array>
#include <memory>
#include <utility>

#include "base/text.h"
#include "view/render.h"
#include "why/scope.h"

namespace smcroute {

namespace {

constexpr std::array kColumns = {
    Column{"source", "SOURCE"},
    Column{"group", "GROUP"},
    Column{"iif", "IIF"},
    Column{"ttl", "TTL", ColumnType::kNumber},
    Column{"size", "SIZE", ColumnType::kNumber},
    Column{"packets_per_s", "PPS", ColumnType::kNumber},
    Column{"bits_per_s", "BIT/S", ColumnType::kNumber},
    Column{"vlan", "VLAN", ColumnType::kNumber},
    Column{"line", "LINE"},
};
constexpr Schema kTrace = {"trace", kColumns, "no multicast stream arrives"};

class Tracer {
public:
    Tracer(const Observation& observation, const StreamFilter& filter)
        : observation_(observation), filter_(filter) {}

    // Calls visit(const Flow&, const Interface&, const Traffic::Sum&).
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [flow, stream] : observation_.traffic.streams()) {
            if ((filter_.group && !filter_.group->contains(flow.group)) ||
                (filter_.source && !filter_.source->contains(flow.source))) {
                continue;
            }
            for (const Traffic::Sum& sum : stream) {
                const Interface* const inbound = observation_.interfaces.find(sum.ifindex);
                // Of none is what has been in before alone.
                if (!sum.goes_out && sum.packets > 0 && inbound != nullptr &&
                    (!filter_.interface || filter_.interface->matches(inbound->name))) {
                    visit(flow, *inbound, sum);
                }
            }
        }
    }

private:
    const Observation& observation_;
    const StreamFilter& filter_;
};

std::string covering_line(const Observation& observation, const Flow& flow, const IfName& inbound) {
    if (stays_on_link(flow.group)) {
        return "never forwarded";
    }
    const ConfiguredLines::Cover cover = observation.lines.cover(flow, inbound);
    return cover.lines.empty() ? "" : observation.lines.described(cover.lines[0]);
}

std::string table_of(const Observation& observation, const Tracer& tracer,
                     const DiagnosisSettings& settings) {
    const auto seconds = static_cast<uint64_t>(settings.watched.count());
    const auto table =
        start_rendering(kTrace, {.heading = true, .bold = false, .json = settings.json});
    tracer.for_each([&](const Flow& flow, const Interface& inbound, const Traffic::Sum& sum) {
        const Row row = {to_string(flow.source),
                         to_string(flow.group),
                         to_string(inbound.name),
                         std::to_string(sum.ttl_max),
                         std::to_string(sum.largest),
                         std::to_string((sum.packets + seconds / 2) / seconds),
                         std::to_string(sum.bytes * 8 / seconds),
                         sum.vlan == 0 ? "" : std::to_string(sum.vlan),
                         covering_line(observation, flow, inbound.name)};
        table->take(fields_of(row));
    });
    return table->text();
}

// Only what no line covers yet, and what could be routed.
std::string lines_of(const Observation& observation, const Tracer& tracer) {
    std::string text;
    tracer.for_each([&](const Flow& flow, const Interface& inbound, const Traffic::Sum& sum) {
        const bool is_covered = !observation.lines.cover(flow, inbound.name).lines.empty();
        if (sum.vlan == 0 && !is_covered && !stays_on_link(flow.group)) {
            text += compose("mroute from {} source {} group {} to OIF\n", to_string(inbound.name),
                            to_string(flow.source), to_string(flow.group));
        }
    });
    return text.empty() ? "# no stream arrives that no line covers\n"
                        : compose("# In place of OIF, write where each stream is to go.\n{}", text);
}

}  // namespace

std::string trace_text(const Observation& observation, const StreamFilter& filter,
                       const DiagnosisSettings& settings) {
    const Tracer tracer(observation, filter);
    return settings.as_config ? lines_of(observation, tracer)
                              : table_of(observation, tracer, settings);
}

}  // namespace smcroute
