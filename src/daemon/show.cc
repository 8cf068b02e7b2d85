// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "daemon/origin_text.h"
#include "daemon/show_lines.h"
#include "daemon/shown_outbounds.h"

namespace smcroute {

namespace {

// These rows take some hundred microseconds. Urgent work does not wait for them.
constexpr size_t kRowsInPage = 128;
constexpr size_t kMostColumns = 16;

// The entries in the kernel, as "routes" or "rates", sorted by group and source; the next page
// begins after the last key, whatever has come or gone since.
class RoutePages final : public Pages {
public:
    RoutePages(const Show& command, const Showable& showable)
        : command_(command),
          state_(showable.state),
          kernel_(showable.kernel),
          files_(showable.files),
          outbounds_(showable.state) {}

    More next(std::string& out, const Lookout& lookout) override {
        const Installed::Entries& entries = state_.installed.entries();
        auto it = begin_at_ ? entries.upper_bound(*begin_at_) : first();
        outbounds_.begin();
        for (size_t rows = 0; rows < kRowsInPage; ++rows, ++it) {
            if (!is_within(it)) {
                return More::kNo;
            }
            write(it->first, it->second, out);
            begin_at_ = it->first;
            if (lookout.sees_urgent()) {
                return More::kYes;
            }
        }
        return More::kYes;
    }

private:
    Installed::Entries::Iterator first() const {
        const Installed::Entries& entries = state_.installed.entries();
        return command_.group ? entries.lower_bound({command_.group->address(),
                                                     Address::any(command_.group->family())})
                              : entries.begin();
    }
    bool is_within(Installed::Entries::Iterator it) const {
        return it != state_.installed.entries().end() &&
               (!command_.group || it->first.group <= command_.group->last());
    }

    // An entry without a route that decides it is learned or blocked.
    void write(const Flow& flow, const Installed::Entry& entry, std::string& out) {
        const Slots& slots = state_.slots[index_of(flow.family())];
        const std::optional<IfName>& iif = slots.name(entry.iif);
        if (command_.interface && !(iif && command_.interface->matches(*iif))) {
            return;
        }
        const Desired::Route* route = state_.desired.find(flow);
        if (route != nullptr &&
            (!slots.find(*route->path->inbound.name()) || state_.streams.find(flow) != nullptr)) {
            route = nullptr;  // the route waits for its inbound
        }
        Row row;
        row.reserve(kMostColumns);
        row.push_back(to_string(flow.source));
        row.push_back(to_string(flow.group));
        row.push_back(iif ? to_string(*iif) : "");
        outbounds_.add(flow, entry, route, row);
        add_counters(flow, entry, row);
        const bool forwards = (entry.outbounds & state_.installed.live(flow.family())) != 0;
        add_origin(flow, {route, iif, forwards}, row);
        out += encode_row(row);
    }

    bool tells_rates() const { return command_.what == "rates"; }

    void add_counters(const Flow& flow, const Installed::Entry& entry, Row& row) const {
        const auto counters = kernel_.counters(flow);
        const auto add = [&](uint64_t FlowCounters::*member) {
            row.push_back(counters ? std::to_string((*counters).*member) : "");
        };
        add(&FlowCounters::packets);
        add(&FlowCounters::bytes);
        if (tells_rates()) {
            row.push_back(counters && counters->packets > 0 ? idle_ms(flow) : "");
        } else {
            add(&FlowCounters::wrong_if);
            row.push_back(std::to_string(state_.installed.age_of(entry).count()));
        }
    }

    // Time since the last packet. Before the first packet the kernel counts from when the entry was
    // made.
    std::string idle_ms(const Flow& flow) const {
        const auto idle = kernel_.idle_time(flow);
        return idle && *idle ? std::to_string((*idle)->count()) : "";
    }

    // The reason for an entry, and whether it leads anywhere.
    struct Ground {
        const Desired::Route* route;
        const std::optional<IfName>& iif;
        bool forwards;
    };

    // Adds the entry's origin, unless rates are shown, and its state in a word.
    void add_origin(const Flow& flow, const Ground& ground, Row& row) const {
        const auto& [route, iif, forwards] = ground;
        const std::optional<Origin> origin =
            route != nullptr ? std::optional(route->origin) : first_rule(flow, iif);
        const bool is_awaited = route == nullptr && origin && waits_in_vain(flow);
        if (!tells_rates()) {
            row.push_back(cat({route != nullptr ? ""
                               : is_awaited     ? "awaited by rule "
                               : origin         ? "learned from rule "
                                                : "blocked",
                               origin ? origin_text(*origin, files_) : ""}));
        }
        const bool is_learned = forwards && !is_awaited;
        row.emplace_back(route != nullptr ? "static" : is_learned ? "learned" : "blocked");
    }

    // For a stream that was seen where no rule covers it: true if nothing has arrived where a rule
    // would take it.
    bool waits_in_vain(const Flow& flow) const {
        if (!awaits(state_, flow)) {
            return false;
        }
        const auto counters = kernel_.counters(flow);
        return counters && counters->carried() == state_.streams.find(flow)->carried_before;
    }

    // The first rule that matches an entry without an exact route.
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
    ShownOutbounds outbounds_;
    std::optional<Flow> begin_at_;
};

std::string live_slot(const RouterState& state, Family family, const Interface& interface) {
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const auto& vif = state.installed.vif(family, slot);
        if (vif && vif->ifindex == interface.ifindex) {
            return std::to_string(slot);
        }
    }
    return "";
}

std::string interfaces(const RouterState& state) {
    std::string out;
    for (const auto& [ifindex, interface] : state.interfaces.all()) {
        std::string flags = interface.up ? "up" : "down";
        flags += interface.multicast ? " multicast" : "";
        flags += interface.loopback ? " loopback" : "";
        const std::string vif = live_slot(state, Family::kIpv4, interface);
        const std::string mif = live_slot(state, Family::kIpv6, interface);
        const PhyintSpec settings = state.desired.phyint(interface.name);
        out += encode_row({to_string(interface.name), std::to_string(ifindex), flags, vif, mif,
                           vif.empty() ? "" : std::to_string(settings.ttl_threshold.value_or(1))});
    }
    return out;
}

}  // namespace

Reply show(const Show& command, const Showable& showable) {
    if (command.what == "routes" || command.what == "rates") {
        Reply reply;
        reply.pages = std::make_unique<RoutePages>(command, showable);
        return reply;
    }
    if (command.what == "interfaces") {
        return {.out = interfaces(showable.state)};
    }
    if (command.what == "status") {
        return {.out = encode_row(showable.status)};
    }
    return show_lines(command.what, showable);
}

}  // namespace smcroute
