// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show_lines.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/spec.h"
#include "daemon/line_pages.h"
#include "daemon/origin_text.h"

namespace smcroute {

namespace {

std::string words_of(const std::vector<IfPattern>& patterns) {
    std::string text;
    for (const IfPattern& pattern : patterns) {
        text += cat({text.empty() ? "" : " ", to_string(pattern)});
    }
    return text;
}

class RulePages final : public LinePages {
public:
    using LinePages::LinePages;

private:
    bool wants(Kind kind) const override { return kind == Kind::kRule; }
    void show_line(const JoinSpec& /*join*/, const Origin& /*origin*/,
                   std::string& /*out*/) override {}
    void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) override {
        std::string except;
        for (const Prefix& prefix : spec.except) {
            except += cat({except.empty() ? "" : " ", to_string(prefix)});
        }
        out += encode_row({to_string(spec.inbound), source_word(spec.source), except,
                           to_string(spec.group), words_of(spec.outbounds),
                           OriginNames(files_).text(origin)});
    }
};

// A row for each line and each interface that it waits for.
class PendingPages final : public LinePages {
public:
    using LinePages::LinePages;

private:
    bool wants(Kind /*kind*/) const override { return true; }
    void show_line(const JoinSpec& join, const Origin& origin, std::string& out) override {
        append(join.interface, join, origin, out);
    }
    void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) override {
        append(spec.inbound, spec, origin, out);
        for (const IfPattern& outbound : spec.outbounds) {
            append(outbound, spec, origin, out);
        }
    }

    template <typename Line>
    void append(const IfPattern& pattern, const Line& line, const Origin& origin,
                std::string& out) const {
        const auto name = pattern.name();
        if (name && state_.interfaces.find(*name) == nullptr) {
            out +=
                encode_row({to_string(*name), to_string(line), OriginNames(files_).text(origin)});
        }
    }
};

// In the order in which lines and outbounds were written, so that reading them gives the same
// slots, unless lines were merged or taken away since.
class ConfigPages final : public LinePages {
public:
    explicit ConfigPages(const Showable& showable) : LinePages(showable) {
        for (const Family family : kFamilies) {
            auto& order = orders_[index_of(family)];
            for (const IfPattern& name : desired_.named(family, Desired::PhyintLines::kEnabling)) {
                order.emplace(name, order.size());
            }
        }
    }

    // What is shown before all pages.
    std::string phyints() const {
        std::vector<std::pair<uint32_t, const PhyintSpec*>> phyints;
        for (const auto& [pattern, phyint] : desired_.phyints()) {
            phyints.emplace_back(phyint.order, &phyint.spec);
        }
        std::sort(phyints.begin(), phyints.end());
        std::string out;
        for (const auto& [order, spec] : phyints) {
            out += to_string(*spec) + "\n";
        }
        return out;
    }

private:
    bool wants(Kind /*kind*/) const override { return true; }
    void show_line(const JoinSpec& join, const Origin& /*origin*/, std::string& out) override {
        out += to_string(join) + "\n";
    }
    void show_line(const RouteSpec& spec, const Origin& /*origin*/, std::string& out) override {
        // Which name came first; one that came while we were showing is the last.
        const auto& order = orders_[index_of(spec.group.family())];
        const auto place = [&order](const IfPattern& name) {
            const auto it = order.find(name);
            return it == order.end() ? order.size() : it->second;
        };
        RouteSpec line = spec;
        std::stable_sort(
            line.outbounds.begin(), line.outbounds.end(),
            [&place](const IfPattern& a, const IfPattern& b) { return place(a) < place(b); });
        out += to_string(line) + "\n";
    }

    std::array<std::map<IfPattern, size_t>, kFamilies.size()> orders_;
};

// On whatever interface.
bool covers(const JoinSpec& join, const Flow& flow) {
    return join.group.contains(flow.group) && join.source.is_any() == flow.source.is_any() &&
           join.source.contains(flow.source);
}

// The last that there could be.
Flow last_flow() {
    Address::Ipv6Bytes ones;
    ones.fill(0xff);
    const Address last = *Address::from_ipv6(ones);
    return {last, last};
}

// How many memberships a join has led to. They are sorted by interface, and for each by group.
size_t count_joined(const JoinSpec& join, const std::set<Membership>& memberships) {
    const Address first_source = Address::any(join.group.family());
    const Address last_group = join.group.last();
    size_t count = 0;
    for (auto it = memberships.begin(); it != memberships.end();) {
        const auto [ifindex, name, flow] = *it;
        if (join.interface.matches(name)) {
            it = memberships.lower_bound({ifindex, name, {join.group.address(), first_source}});
            for (; it != memberships.end() && it->ifindex == ifindex && it->name == name &&
                   it->flow.group <= last_group;
                 ++it) {
                count += covers(join, it->flow) ? 1U : 0U;
            }
        }
        it = memberships.upper_bound({ifindex, name, last_flow()});
    }
    return count;
}

// The lines that join groups, in the order of interface, source and group; the next page begins
// behind the last line, whatever has come or gone since.
class GroupPages final : public Pages {
public:
    explicit GroupPages(const Showable& showable)
        : state_(showable.state), files_(showable.files) {}

    More next(std::string& out, const Lookout& lookout) override {
        const Desired::Joins& joins = state_.desired.joins();
        auto it = last_ ? joins.upper_bound(*last_) : joins.begin();
        for (size_t rows = 0; it != joins.end(); ++it) {
            const auto& [join, origin] = *it;
            const size_t joined = count_joined(join, state_.installed.memberships());
            out += encode_row({to_string(join.interface), source_word(join.source),
                               to_string(join.group), std::to_string(joined),
                               OriginNames(files_).text(origin)});
            last_ = join;
            if (++rows == kRowsInPage || lookout.sees_urgent()) {
                return More::kYes;
            }
        }
        return More::kNo;
    }

private:
    static constexpr size_t kRowsInPage = 32;

    const RouterState& state_;
    const std::vector<std::string>& files_;
    std::optional<JoinSpec> last_;
};

}  // namespace

Reply show_lines(std::string_view what, const Showable& showable) {
    Reply reply;
    if (what == "rules") {
        reply.pages = std::make_unique<RulePages>(showable);
    } else if (what == "pending") {
        reply.pages = std::make_unique<PendingPages>(showable);
    } else if (what == "config") {
        auto pages = std::make_unique<ConfigPages>(showable);
        reply.out = pages->phyints();
        reply.pages = std::move(pages);
    } else {
        reply.pages = std::make_unique<GroupPages>(showable);
    }
    return reply;
}

}  // namespace smcroute
