// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show_lines.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/spec.h"
#include "daemon/line_pages.h"
#include "daemon/origin_text.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

std::string words_of(const std::vector<IfPattern>& patterns) {
    std::string text;
    for (const IfPattern& pattern : patterns) {
        add_word(text, to_string(pattern));
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
            add_word(except, to_string(prefix));
        }
        add_row(out, {source_word(spec.source), to_string(spec.group), to_string(spec.inbound),
                      words_of(spec.outbounds), except, nolearn_text(spec),
                      origin_text(origin, files_)});
    }

    // Empty if the rule does not say nolearn.
    std::string nolearn_text(const RouteSpec& spec) const {
        const StarGroup* const group = state_.stars.find(spec.group.address());
        const auto own = why_learns(spec);
        if (!spec.nolearn || own || group == nullptr || !group->why) {
            return !spec.nolearn ? "" : own ? compose("no: {}", to_string(*own)) : "yes";
        }
        return group->why == WhyLearns::kOther
                   ? compose("no: the rule of {} learns", origin_text(group->because, files_))
                   : compose("no: {}", to_string(*group->why));
    }
};

// One row for each line and each interface that it waits for.
class PendingPages final : public LinePages {
public:
    using LinePages::LinePages;

private:
    bool wants(Kind /*kind*/) const override { return true; }
    void show_line(const JoinSpec& join, const Origin& origin, std::string& out) override {
        append(join.interface, why_join_pending(join, state_), to_string(join), origin, out);
    }
    void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) override {
        const Family family = spec.group.family();
        append(spec.inbound, why_pending(family, spec.inbound, state_), to_string(spec), origin,
               out);
        for (const IfPattern& outbound : spec.outbounds) {
            append(outbound, why_pending(family, outbound, state_), to_string(spec), origin, out);
        }
    }

    void append(const IfPattern& named, std::optional<NoVif> why, const std::string& line,
                const Origin& origin, std::string& out) const {
        if (why) {
            add_row(out, {to_string(named), std::string(to_string(*why)), line,
                          origin_text(origin, files_)});
        }
    }
};

// Lines and outbounds in the order in which they were written, so that reading them gives the same
// slots, unless lines were merged or removed since.
class ConfigPages final : public LinePages {
public:
    explicit ConfigPages(const Showable& showable) : LinePages(showable) {
        for (const Family family : kFamilies) {
            auto& order = events_[index_of(family)];
            for (const IfPattern& name : desired_.named(family, Desired::PhyintLines::kEnabling)) {
                order.emplace(name, order.size());
            }
        }
    }

    // Shown before all pages.
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
        // Sorts by first mention; a name that appeared while we were showing comes last.
        const auto& order = events_[index_of(spec.group.family())];
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

    std::array<std::map<IfPattern, size_t>, kFamilies.size()> events_;
};

// The lines that join groups, sorted by interface, source and group; the next page begins after the
// last line, whatever has come or gone since.
class GroupPages final : public Pages {
public:
    explicit GroupPages(const Showable& showable)
        : state_(showable.state), files_(showable.files) {}

    More next(std::string& out, const Lookout& lookout) override {
        const Desired::Joins& joins = state_.desired.joins();
        auto it = last_ ? joins.upper_bound(*last_) : joins.begin();
        for (size_t rows = 0; it != joins.end(); ++it) {
            const auto& [join, origin] = *it;
            const size_t joined = state_.installed.count_joined(join);
            add_row(out,
                    {source_word(join.source), to_string(join.group), to_string(join.interface),
                     std::to_string(joined), origin_text(origin, files_)});
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
