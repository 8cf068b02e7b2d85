// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr size_t kRowsInPage = 64;

// "smcroute.conf:12": relative to where the main file is.
std::string origin_text(const Origin& origin, std::span<const std::string> files) {
    if (origin.file >= files.size()) {
        return "client";
    }
    std::string_view name = files[origin.file];
    const std::string_view home =
        std::string_view(files[0]).substr(0, std::string_view(files[0]).rfind('/') + 1);
    if (name.starts_with(home)) {
        name.remove_prefix(home.size());
    }
    return cat({name, ":", std::to_string(origin.line)});
}

std::string words_of(const std::vector<IfPattern>& patterns) {
    std::string text;
    for (const IfPattern& pattern : patterns) {
        text += cat({text.empty() ? "" : " ", to_string(pattern)});
    }
    return text;
}

std::string source_text(const Prefix& source) { return source.is_any() ? "*" : to_string(source); }

// The entries in the kernel, as "routes" or "rates", in the order of group and source; the next
// page begins behind the last key, whatever has come or gone since.
class RoutePages final : public Pages {
public:
    RoutePages(const Show& command, const Showable& showable)
        : command_(command),
          state_(showable.state),
          kernel_(showable.kernel),
          files_(showable.files) {}

    More next(std::string& out) override {
        const Installed::Entries& entries = state_.installed.entries();
        auto it = begin_at_ ? entries.upper_bound(*begin_at_) : first();
        for (size_t rows = 0; rows < kRowsInPage; ++rows, ++it) {
            if (it == entries.end() || (command_.group && it->first.group > last_group())) {
                return More::kNo;
            }
            append(it->first, it->second, out);
            begin_at_ = it->first;
        }
        return More::kYes;
    }

private:
    Installed::Entries::const_iterator first() const {
        const Installed::Entries& entries = state_.installed.entries();
        return command_.group ? entries.lower_bound({command_.group->address(),
                                                     Address::any(command_.group->family())})
                              : entries.begin();
    }
    Address last_group() const { return command_.group->last(); }

    void append(const Flow& flow, const Installed::Entry& entry, std::string& out) const {
        const Slots& slots = state_.slots[index_of(flow.family())];
        const std::optional<IfName>& iif = slots.name(entry.iif);
        if (command_.interface && !(iif && command_.interface->matches(*iif))) {
            return;
        }
        std::string oifs;
        for_each_slot(entry.outbounds, [&](Slot slot) {
            if (const std::optional<IfName>& name = slots.name(slot)) {
                oifs += cat({oifs.empty() ? "" : " ", name->view()});
            }
        });
        Row row = {to_string(flow.group), to_string(flow.source), iif ? to_string(*iif) : ""};
        append_counters(flow, row);
        row.push_back(oifs);
        append_origin(flow, iif, row);
        out += encode_row(command_.what == "rates" ? counters_of(flow, row) : row);
    }

    // The row of rate_counters(), given that of "routes".
    Row counters_of(const Flow& flow, const Row& route) const {
        Row row;
        for (const Column& column : rate_counters().columns) {
            row.push_back(column.key == "idle_ms"
                              ? idle_text(flow)
                              : route[column_of(*find_schema("routes"), column.key)]);
        }
        return row;
    }

    std::string idle_text(const Flow& flow) const {
        const auto idle = kernel_.idle_time(flow);
        return idle && *idle ? std::to_string((*idle)->count()) : "";
    }

    void append_counters(const Flow& flow, Row& row) const {
        const auto counters = kernel_.counters(flow);
        for (const auto member :
             {&FlowCounters::packets, &FlowCounters::bytes, &FlowCounters::wrong_if}) {
            row.push_back(counters ? std::to_string((*counters).*member) : "");
        }
    }

    // Where the entry comes from, and its state in a word.
    void append_origin(const Flow& flow, const std::optional<IfName>& iif, Row& row) const {
        if (const Desired::Route* const route = state_.desired.find(flow)) {
            row.push_back(origin_text(route->origin, files_));
            row.emplace_back("static");
            return;
        }
        std::optional<Origin> first;
        if (iif) {
            state_.desired.rules().for_each_match(*iif, flow, [&first](const Rule& rule) {
                if (!first || std::pair(rule.origin.file, rule.origin.line) <
                                  std::pair(first->file, first->line)) {
                    first = rule.origin;
                }
            });
        }
        row.push_back(first ? cat({"learned from rule ", origin_text(*first, files_)}) : "blocked");
        row.emplace_back(first ? "learned" : "blocked");
    }

    const Show command_;
    const RouterState& state_;
    Kernel& kernel_;
    const std::vector<std::string>& files_;
    std::optional<Flow> begin_at_;
};

// The shorter tables, in one piece.
class Tables {
public:
    explicit Tables(const Showable& showable)
        : state_(showable.state), desired_(showable.state.desired), files_(showable.files) {}

    std::string rules() const {
        std::string out;
        for (const auto& [origin, spec] : ordered_specs(false)) {
            std::string except;
            for (const Prefix& prefix : spec.except) {
                except += cat({except.empty() ? "" : " ", to_string(prefix)});
            }
            out += encode_row({to_string(spec.inbound), source_text(spec.source), except,
                               to_string(spec.group), words_of(spec.outbounds),
                               origin_text(origin, files_)});
        }
        return out;
    }

    std::string groups() const {
        std::string out;
        for (const auto& [join, origin] : desired_.joins()) {
            size_t joined = 0;
            for (const Membership& membership : state_.installed.memberships()) {
                joined += covers(join, membership) ? 1U : 0U;
            }
            out += encode_row({to_string(join.interface), source_text(join.source),
                               to_string(join.group), std::to_string(joined),
                               origin_text(origin, files_)});
        }
        return out;
    }

    std::string interfaces() const {
        std::string out;
        for (const auto& [ifindex, interface] : state_.interfaces.all()) {
            std::string flags = interface.up ? "up" : "down";
            flags += interface.multicast ? " multicast" : "";
            flags += interface.loopback ? " loopback" : "";
            const std::string vif = live_slot(Family::kIpv4, interface);
            const std::string mif = live_slot(Family::kIpv6, interface);
            const PhyintSpec settings = desired_.phyint(interface.name);
            out +=
                encode_row({to_string(interface.name), std::to_string(ifindex), flags, vif, mif,
                            vif.empty() ? "" : std::to_string(settings.ttl_threshold.value_or(1))});
        }
        return out;
    }

    // A row for each line and each interface that it waits for.
    std::string pending() const {
        std::string out;
        const auto append = [&](const IfPattern& pattern, const std::string& line,
                                const Origin& origin) {
            const auto name = pattern.name();
            if (name && state_.interfaces.find(*name) == nullptr) {
                out += encode_row({to_string(*name), line, origin_text(origin, files_)});
            }
        };
        for (const auto& [join, origin] : desired_.joins()) {
            append(join.interface, to_string(join), origin);
        }
        for (const bool exact : {true, false}) {
            for (const auto& [origin, spec] : ordered_specs(exact)) {
                append(spec.inbound, to_string(spec), origin);
                for (const IfPattern& outbound : spec.outbounds) {
                    append(outbound, to_string(spec), origin);
                }
            }
        }
        return out;
    }

    // In the order in which lines and outbounds were written, so that reading them gives the same
    // slots, unless lines were merged or taken away since.
    std::string config() const {
        std::vector<std::pair<uint32_t, const PhyintSpec*>> phyints;
        for (const auto& [pattern, phyint] : desired_.phyints()) {
            phyints.emplace_back(phyint.order, &phyint.spec);
        }
        std::sort(phyints.begin(), phyints.end());
        std::string out;
        for (const auto& [order, spec] : phyints) {
            out += to_string(*spec) + "\n";
        }
        const std::array orders = {mention_order(Family::kIpv4), mention_order(Family::kIpv6)};
        std::vector<std::pair<Origin, std::string>> lines;
        for (const bool exact : {true, false}) {
            for (auto& [origin, spec] : ordered_specs(exact)) {
                const auto& order = orders[index_of(spec.group.family())];
                std::sort(spec.outbounds.begin(), spec.outbounds.end(),
                          [&order](const IfPattern& a, const IfPattern& b) {
                              return order.find(a)->second < order.find(b)->second;
                          });
                lines.emplace_back(origin, to_string(spec) + "\n");
            }
        }
        for (const auto& [join, origin] : desired_.joins()) {
            lines.emplace_back(origin, to_string(join) + "\n");
        }
        std::stable_sort(lines.begin(), lines.end(),
                         [](const auto& a, const auto& b) { return before(a.first, b.first); });
        for (const auto& [origin, line] : lines) {
            out += line;
        }
        return out;
    }

private:
    using Specs = std::vector<std::pair<Origin, RouteSpec>>;

    // Which name came first, for each that a route or a join has.
    std::map<IfPattern, size_t> mention_order(Family family) const {
        std::map<IfPattern, size_t> order;
        for (const IfPattern& name : desired_.named(family, Desired::PhyintLines::kEnabling)) {
            order.emplace(name, order.size());
        }
        return order;
    }

    static bool before(const Origin& a, const Origin& b) {
        return std::pair(a.file, a.line) < std::pair(b.file, b.line);
    }

    static bool covers(const JoinSpec& join, const Membership& membership) {
        return join.interface.matches(membership.name) &&
               join.group.contains(membership.flow.group) &&
               join.source.is_any() == membership.flow.source.is_any() &&
               join.source.contains(membership.flow.source);
    }

    // The exact routes or the rules, by where they come from, then by their key.
    Specs ordered_specs(bool exact) const {
        Specs specs;
        if (exact) {
            for (const auto& [flow, route] : desired_.routes()) {
                specs.emplace_back(route.origin, spec_of(flow, route));
            }
        } else {
            for (const auto& [key, rules] : desired_.rules().all()) {
                for (const Rule& rule : rules) {
                    specs.emplace_back(rule.origin, spec_of(key, rule));
                }
            }
        }
        std::sort(specs.begin(), specs.end(), [](const auto& a, const auto& b) {
            const auto key = [](const RouteSpec& spec) {
                return std::tie(spec.group, spec.source, spec.inbound, spec.except);
            };
            return before(a.first, b.first) ||
                   (!before(b.first, a.first) && key(a.second) < key(b.second));
        });
        return specs;
    }

    std::string live_slot(Family family, const Interface& interface) const {
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            const auto& vif = state_.installed.vif(family, slot);
            if (vif && vif->ifindex == interface.ifindex) {
                return std::to_string(slot);
            }
        }
        return "";
    }

    const RouterState& state_;
    const Desired& desired_;
    const std::vector<std::string>& files_;
};

}  // namespace

Reply show(const Show& command, const Showable& showable) {
    if (command.what == "routes" || command.what == "rates") {
        Reply reply;
        reply.pages = std::make_unique<RoutePages>(command, showable);
        return reply;
    }
    const Tables tables(showable);
    std::string out = command.what == "rules"        ? tables.rules()
                      : command.what == "groups"     ? tables.groups()
                      : command.what == "interfaces" ? tables.interfaces()
                      : command.what == "pending"    ? tables.pending()
                      : command.what == "config"     ? tables.config()
                                                     : encode_row(showable.status);
    return {.out = std::move(out)};
}

}  // namespace smcroute
