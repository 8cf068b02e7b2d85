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

// Some ten microseconds: a new stream that comes in between waits for no more.
constexpr size_t kRowsInPage = 32;

// The file that the line is in, relative to where the main file is; nothing for a client's.
std::string_view file_of(const Origin& origin, std::span<const std::string> files) {
    if (origin.file >= files.size()) {
        return {};
    }
    const std::string_view name = files[origin.file];
    const std::string_view home =
        std::string_view(files[0]).substr(0, std::string_view(files[0]).rfind('/') + 1);
    return name.substr(name.starts_with(home) ? home.size() : 0);
}

// "smcroute.conf:12"
void put_origin(RowWriter& row, const Origin& origin, std::span<const std::string> files) {
    const std::string_view file = file_of(origin, files);
    if (file.empty()) {
        row.put("client");
        return;
    }
    row.put(file);
    row.put(":");
    row.put(uint64_t{origin.line});
}

std::string origin_text(const Origin& origin, std::span<const std::string> files) {
    const std::string_view file = file_of(origin, files);
    return file.empty() ? "client" : cat({file, ":", std::to_string(origin.line)});
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
        std::array<Line, kRowsInPage> lines;
        size_t count = 0;
        for (; count < kRowsInPage && is_within(it); ++count, ++it) {
            lines[count] = {&*it, state_.desired.find(it->first)};
        }
        RowWriter row(out);
        for (const Line& line : std::span(lines).first(count)) {
            write(line, row);
        }
        if (count < kRowsInPage) {
            return More::kNo;
        }
        begin_at_ = lines[count - 1].installed->first;
        return More::kYes;
    }

private:
    Installed::Entries::const_iterator first() const {
        const Installed::Entries& entries = state_.installed.entries();
        return command_.group ? entries.lower_bound({command_.group->address(),
                                                     Address::any(command_.group->family())})
                              : entries.begin();
    }
    bool is_within(Installed::Entries::const_iterator it) const {
        return it != state_.installed.entries().end() &&
               (!command_.group || it->first.group <= command_.group->last());
    }

    // Looked up for a page at once, which is quicker than between the questions to the kernel.
    struct Line {
        const Installed::Entries::value_type* installed;
        const Desired::Route* route;  // null: learned or blocked
    };

    void write(const Line& line, RowWriter& row) const {
        const auto& [flow, entry] = *line.installed;
        const Slots& slots = state_.slots[index_of(flow.family())];
        const std::optional<IfName>& iif = slots.name(entry.iif);
        if (command_.interface && !(iif && command_.interface->matches(*iif))) {
            return;
        }
        for (const Address& address : {flow.group, flow.source}) {
            static_assert(kMaxAddressText <= RowWriter::kRoom);
            row.wrote(write_text(row.room(), address));
            row.end_field();
        }
        row.add(iif ? iif->view() : std::string_view());
        add_counters(flow, row);
        if (!tells_rates()) {
            row.add(static_cast<uint64_t>(state_.installed.age_of(entry).count()));
        }
        add_outbounds(entry.outbounds, slots, row);
        add_origin(flow, line.route, iif, row);
        row.end_row();
    }

    bool tells_rates() const { return command_.what == "rates"; }

    void add_counters(const Flow& flow, RowWriter& row) const {
        const auto add = [&row](std::optional<uint64_t> number) {
            if (number) {
                row.put(*number);
            }
            row.end_field();
        };
        const auto counters = kernel_.counters(flow);
        const auto of = [&counters](uint64_t FlowCounters::*member) {
            return counters ? std::optional((*counters).*member) : std::nullopt;
        };
        add(of(&FlowCounters::packets));
        add(of(&FlowCounters::bytes));
        add(tells_rates() ? idle_ms(flow) : of(&FlowCounters::wrong_if));
    }

    std::optional<uint64_t> idle_ms(const Flow& flow) const {
        const auto idle = kernel_.idle_time(flow);
        return idle && *idle ? std::optional(static_cast<uint64_t>((*idle)->count()))
                             : std::nullopt;
    }

    static void add_outbounds(SlotSet outbounds, const Slots& slots, RowWriter& row) {
        std::string_view separator;
        for_each_slot(outbounds, [&](Slot slot) {
            if (const std::optional<IfName>& name = slots.name(slot)) {
                row.put(separator);
                row.put(name->view());
                separator = " ";
            }
        });
        row.end_field();
    }

    // Where the entry comes from, which is no matter of rates, and its state in a word.
    void add_origin(const Flow& flow, const Desired::Route* route, const std::optional<IfName>& iif,
                    RowWriter& row) const {
        const std::optional<Origin> origin =
            route != nullptr ? std::optional(route->origin) : first_rule(flow, iif);
        if (!tells_rates()) {
            row.put(route != nullptr ? "" : origin ? "learned from rule " : "blocked");
            if (origin) {
                put_origin(row, *origin, files_);
            }
            row.end_field();
        }
        row.add(route != nullptr ? "static" : origin ? "learned" : "blocked");
    }

    // That matches an entry without an exact route.
    std::optional<Origin> first_rule(const Flow& flow, const std::optional<IfName>& iif) const {
        std::optional<Origin> first;
        if (iif) {
            state_.desired.rules().for_each_match(*iif, flow, [&first](const Rule& rule) {
                if (!first || std::pair(rule.origin.file, rule.origin.line) <
                                  std::pair(first->file, first->line)) {
                    first = rule.origin;
                }
            });
        }
        return first;
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
