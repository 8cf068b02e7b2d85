// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/lines.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/lint.h"
#include "config/spec.h"
#include "control/tables.h"
#include "daemon/origin_text.h"

namespace smcroute {

namespace {

// One text as the only file.
class OneText final : public FileSource {
public:
    explicit OneText(std::string text) : text_(std::move(text)) {}

    Result<std::optional<std::string>> read(const std::string& /*path*/) override {
        return std::optional(text_);
    }
    std::vector<std::string> glob(const std::string& /*pattern*/) override { return {}; }

private:
    std::string text_;
};

// A line's words but its outbounds, by which the tables tell it from others.
std::string key_of(std::string_view inbound, std::string_view source, std::string_view group,
                   std::string_view except) {
    return compose("{} {} {} {}", inbound, source, group, except);
}

std::string key_of(const RouteSpec& line) {
    std::string except;
    for (const Prefix& prefix : line.except) {
        add_word(except, to_string(prefix));
    }
    return key_of(to_string(line.inbound), source_word(line.source), to_string(line.group), except);
}

// From the daemon's tables of rules and of routes; the latter has learned entries as well.
Status read_places(Session& session, std::string_view what,
                   std::map<std::string, std::string>& places) {
    const auto table = read_table(session, what);
    if (!table) {
        return table.error();
    }
    const Schema& schema = table->schema();
    const bool has_except = what == "rules";
    const size_t inbound = column_of(schema, "iif");
    const size_t source = column_of(schema, "source");
    const size_t group = column_of(schema, "group");
    const size_t origin = column_of(schema, "origin");
    for (size_t row = 0; row < table->size(); ++row) {
        const std::string_view except =
            has_except ? table->field(row, column_of(schema, "except")) : "";
        places.emplace(key_of(table->field(row, inbound), table->field(row, source),
                              table->field(row, group), except),
                       table->field(row, origin));
    }
    return {};
}

}  // namespace

Status ConfiguredLines::read(Session& session) {
    const auto config = read_table(session, "config");
    if (!config) {
        return config.error();
    }
    std::string text;
    for (size_t row = 0; row < config->size(); ++row) {
        text += compose("{}\n", config->field(row, 0));
    }
    OneText source(std::move(text));
    desired_ = read_config("", source).desired;
    for (const std::string_view what : {"rules", "routes"}) {
        if (Status status = read_places(session, what, places_); !status) {
            return status;
        }
    }
    known_ = true;
    return {};
}

void ConfiguredLines::take(ReadConfig config) {
    known_ = !config.missing;
    desired_ = std::move(config.desired);
    const auto place = [&](const RouteSpec& line, const Origin& origin) {
        places_.emplace(key_of(line), origin_text(origin, config.files));
    };
    for (const auto& [flow, route] : desired_.routes()) {
        place(spec_of(flow, route), route.origin);
    }
    for (const auto& [key, rules] : desired_.rules().all()) {
        for (const Rule& rule : rules) {
            place(spec_of(key, rule), rule.origin);
        }
    }
}

std::string ConfiguredLines::described(const RouteSpec& line) const {
    const auto place = places_.find(key_of(line));
    return compose("{}{}{}", place == places_.end() ? "" : place->second,
                   place == places_.end() ? "" : ": ", to_string(line));
}

ConfiguredLines::Cover ConfiguredLines::cover(const Flow& flow, const IfName& inbound) const {
    Cover cover;
    const Desired::Route* const route = desired_.find(flow);
    const bool is_routed = route != nullptr && route->path->inbound.matches(inbound);
    if (is_routed) {
        cover.lines.push_back(spec_of(flow, *route));
        return cover;
    }
    const RuleKey key{IfPattern(inbound), Prefix(flow.source), Prefix(flow.group)};
    desired_.rules().for_each_wider(key, [&](const RuleKey& wider, const Rule& rule) {
        if (excepts(rule, flow.source)) {
            cover.excepted = spec_of(wider, rule);
        } else if (route != nullptr) {
            cover.hidden = spec_of(wider, rule);
        } else {
            cover.lines.push_back(spec_of(wider, rule));
        }
    });
    if (route != nullptr) {
        cover.nearest = spec_of(flow, *route);
        cover.only_inbound_differs = true;
    } else if (cover.lines.empty()) {
        find_nearest(flow, inbound, cover);
    }
    return cover;
}

// By the group above all, for a line for another group is about something else.
void ConfiguredLines::find_nearest(const Flow& flow, const IfName& inbound, Cover& cover) const {
    int best = 0;
    const auto consider = [&](const RouteSpec& line) {
        const bool source_fits = line.source.contains(flow.source);
        const bool inbound_fits = line.inbound.matches(inbound);
        const int score =
            1 + (source_fits ? 2 : 0) + (inbound_fits ? 2 : 0) + (line.group.is_single() ? 1 : 0);
        if (score <= best) {
            return;
        }
        best = score;
        cover.nearest = line;
        cover.only_inbound_differs = source_fits && !inbound_fits;
        cover.differs = compose(
            "{}{}{}", source_fits ? "" : compose("its source is {}", source_word(line.source)),
            source_fits || inbound_fits ? "" : ", and ",
            inbound_fits ? "" : compose("its inbound is {}", to_string(line.inbound)));
    };
    const Desired::Routes& routes = desired_.routes();
    auto route = routes.lower_bound({flow.group, Address::any(flow.family())});
    for (; route != routes.end() && route->first.group == flow.group; ++route) {
        consider(spec_of(route->first, route->second));
    }
    // A line for nearly every group is no hint that this one was meant.
    const unsigned tells_nothing = flow.family() == Family::kIpv4 ? 4 : 16;
    for (const auto& [key, rules] : desired_.rules().all()) {
        for (const Rule& rule : rules) {
            if (key.group.length() > tells_nothing && key.group.contains(flow.group) &&
                !excepts(rule, flow.source)) {
                consider(spec_of(key, rule));
            }
        }
    }
}

}  // namespace smcroute
