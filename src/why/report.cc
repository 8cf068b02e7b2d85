// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/report.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "view/json.h"

namespace smcroute {

namespace {

constexpr std::string_view kStop = "   <-- stops here";

std::string name_of(const Evidence& evidence) {
    return compose("({}, {})", evidence.source ? to_string(*evidence.source) : "*",
                   to_string(evidence.group));
}

std::string inbound_of(const Evidence& evidence) {
    return !evidence.arrivals.empty() ? evidence.arrivals[0].port.name
           : evidence.inbound         ? evidence.inbound->name
                                      : "";
}

std::string range_of(unsigned low, unsigned high) {
    return compose("{}{}{}", low, low == high ? "" : "-", low == high ? "" : std::to_string(high));
}

// "120", "36.8k", "1.2M" bits a second.
std::string rate_of(uint64_t bytes, unsigned seconds) {
    const uint64_t bits = bytes * 8 / std::max(seconds, 1U);
    const auto scaled = [bits](uint64_t unit, std::string_view letter) {
        return compose("{}.{}{}", bits / unit, bits % unit * 10 / unit, letter);
    };
    return bits < 1000        ? std::to_string(bits)
           : bits < 1'000'000 ? scaled(1000, "k")
                              : scaled(1'000'000, "M");
}

std::string describe(const Arrival& arrival, bool is_v4, unsigned seconds) {
    return compose("{}{}: {}, {}bit/s, {}{}, up to {} bytes{}",
                   arrival.is_ours ? "sent by this host by " : "", arrival.port.name,
                   count_of(arrival.packets, "packet"), rate_of(arrival.bytes, seconds),
                   is_v4 ? "TTL " : "hop limit ", range_of(arrival.ttl_min, arrival.ttl_max),
                   arrival.largest, arrival.vlan == 0 ? "" : compose(", VLAN {}", arrival.vlan));
}

class Sheet {
public:
    Sheet(const Judged& judged, unsigned seconds)
        : e_(judged.evidence), findings_(judged.findings), seconds_(seconds) {}

    // What follows the heading.
    std::string text() {
        add_steps();
        text_ += text_of(findings_);
        return std::move(text_);
    }

private:
    void add(Step step, std::string_view name, std::string_view what,
             std::optional<size_t> outlet = std::nullopt) {
        constexpr size_t kWidth = 10;
        const Finding& first = findings_[0];
        const bool stops = first.step == step && first.verdict != Verdict::kForwarded &&
                           !has_stopped_ && (!outlet || first.outlet == outlet);
        has_stopped_ |= stops;
        text_ += compose("    {}{}{}{}\n", name,
                         std::string(kWidth - std::min(kWidth, name.size()), ' '), what,
                         stops ? kStop : "");
    }

    void add_steps() {
        const bool is_v4 = e_.group.family() == Family::kIpv4;
        std::string arrives;
        for (const Arrival& arrival : e_.arrivals) {
            add_word(arrives, describe(arrival, is_v4, seconds_), "; ");
        }
        add(Step::kArrives, "arrives",
            arrives.empty() ? compose("nothing in {} s", seconds_) : arrives);
        add(Step::kAccepted, "accepted", accepted(is_v4));
        add(Step::kMatched, "matched",
            !e_.line.empty() ? e_.line
            : e_.rules_known ? "no line"
                             : "lines are not known");
        add(Step::kEntry, "entry", entry());
        for (size_t i = 0; i < e_.outlets.size(); ++i) {
            const Outlet& outlet = e_.outlets[i];
            add(findings_[0].step == Step::kLeft ? Step::kLeft : Step::kOutbound,
                compose("to {}", outlet.port.name),
                compose("{} left{}", count_of(outlet.packets, "packet"), state_of(outlet)), i);
        }
    }

    std::string accepted(bool is_v4) const {
        const std::string owner = e_.owner == Evidence::Owner::kOurs ? "smcroute routes"
                                  : e_.owner == Evidence::Owner::kNobody
                                      ? "nobody routes"
                                      : compose("{} routes", e_.owner_name);
        if (e_.arrivals.empty() || !is_v4) {
            return owner;
        }
        const Arrival& arrival = e_.arrivals[0];
        const std::string ways = list_of(arrival.ways_back);
        return compose("{}; reverse path filter {}, route back {}", owner,
                       arrival.rp_filter == 0 ? "off" : std::to_string(arrival.rp_filter),
                       ways.empty() ? "none" : ways);
    }

    std::string entry() const {
        if (!e_.entry) {
            return "none";
        }
        std::string oifs;
        for (const std::string& oif : e_.entry->oifs) {
            oifs += compose(" {}", oif);
        }
        return compose("{} ->{}, {}, {} by a wrong inbound",
                       e_.entry->iif.empty() ? "no VIF" : e_.entry->iif,
                       oifs.empty() ? " nowhere" : oifs, count_of(e_.entry->packets, "packet"),
                       e_.entry->wrong_if);
    }

    static std::string state_of(const Outlet& outlet) {
        const Port& port = outlet.port;
        return !port.exists           ? " (gone)"
               : !port.up             ? " (down)"
               : !port.carrier        ? " (no carrier)"
               : !port.has_vif        ? " (takes no part)"
               : outlet.threshold > 1 ? compose(" (TTL threshold {})", outlet.threshold)
                                      : "";
    }

    const Evidence& e_;
    const std::vector<Finding>& findings_;
    const unsigned seconds_;
    std::string text_;
    bool has_stopped_ = false;
};

std::string flowing_line(const Judged& judged, unsigned seconds) {
    const Evidence& evidence = judged.evidence;
    std::string outlets;
    for (const Outlet& outlet : evidence.outlets) {
        outlets += compose(" {} ({})", outlet.port.name, outlet.packets);
    }
    const Arrival& arrival = evidence.arrivals[0];
    return compose("{} flows from {} ({}, {}bit/s) to{}\n", name_of(evidence), arrival.port.name,
                   count_of(arrival.packets, "packet"), rate_of(arrival.bytes, seconds), outlets);
}

void append_names(std::string& out, std::string_view key, const std::vector<std::string>& words) {
    out += compose(", \"{}\": [", key);
    for (size_t i = 0; i < words.size(); ++i) {
        out += i == 0 ? "" : ", ";
        append_json_string(out, words[i]);
    }
    out += ']';
}

// Two keys with lists, and the end of the object.
void append_findings(std::string& out, const std::vector<Finding>& findings) {
    std::vector<std::string> verdicts;
    std::vector<std::string> remedies;
    for (const Finding& finding : findings) {
        verdicts.emplace_back(word_of(finding.verdict).code);
        if (!finding.remedy.empty()) {
            remedies.push_back(finding.remedy);
        }
    }
    append_names(out, "verdicts", verdicts);
    append_names(out, "remedies", remedies);
    out += '}';
}

void append_object(std::string& out, const Judged& judged) {
    const Evidence& evidence = judged.evidence;
    const auto add = [&out](std::string_view key, const std::string& value) {
        out += compose("\"{}\": ", key);
        if (value.empty()) {
            out += "null";
        } else {
            append_json_string(out, value);
        }
        out += ", ";
    };
    out += '{';
    add("source", evidence.source ? to_string(*evidence.source) : "");
    add("group", to_string(evidence.group));
    add("iif", inbound_of(evidence));
    const uint64_t arrived = evidence.arrivals.empty() ? 0 : evidence.arrivals[0].packets;
    out += compose("\"packets_in\": {}, \"oifs\": [", arrived);
    for (const Outlet& outlet : evidence.outlets) {
        out += &outlet == &evidence.outlets.front() ? "{\"name\": " : ", {\"name\": ";
        append_json_string(out, outlet.port.name);
        out += compose(", \"packets_out\": {}}", outlet.packets);
    }
    out += ']';
    append_findings(out, judged.findings);
}

}  // namespace

std::string text_of(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        text += compose("  {}: {}.\n", word_of(finding.verdict).code, finding.sentence);
        if (!finding.remedy.empty()) {
            text += compose("      remedy: {}\n", finding.remedy);
        }
    }
    return text;
}

std::string json_of(bool is_ok, std::string_view key, std::string_view objects) {
    return compose("{\"ok\": {}, \"{}\": [{}{}]}\n", is_ok ? "true" : "false", key, objects,
                   objects.empty() ? "" : "\n");
}

std::string json_of(std::string_view line, const std::vector<Finding>& findings) {
    std::string text = "{\"line\": ";
    append_json_string(text, line);
    append_findings(text, findings);
    return text;
}

std::string heading_of(const Judged& judged) {
    const std::string inbound = inbound_of(judged.evidence);
    return compose("{}{}: {}\n", name_of(judged.evidence),
                   inbound.empty() ? "" : compose(" from {}", inbound),
                   word_of(judged.findings[0].verdict).meaning);
}

std::string text_of(const Judged& judged, unsigned seconds) {
    return flows(judged.findings) ? flowing_line(judged, seconds)
                                  : heading_of(judged) + Sheet(judged, seconds).text();
}

void Report::add(const Judged& judged) {
    const bool is_flowing = flows(judged.findings);
    std::string& text = is_flowing ? flowing_ : stopped_;
    size_t& count = is_flowing ? flowing_count_ : stopped_count_;
    if (style_.json) {
        stopped_ += stopped_.empty() ? "\n" : ",\n";
        append_object(stopped_, judged);
    } else if (style_.is_asked || count < kShown) {
        text += text_of(judged, style_.seconds);
    } else if (!is_flowing) {
        text += heading_of(judged);
    }
    ++count;
}

std::string Report::text() const {
    if (style_.json) {
        return json_of(is_ok(), "streams", stopped_);
    }
    if (flowing_count_ + stopped_count_ == 0) {
        return style_.is_asked ? "nothing of that kind is configured, and none arrives\n"
                               : "no line asks for a stream, and none arrives that a line covers\n";
    }
    const bool is_count = flowing_count_ > kShown && !style_.is_asked;
    return compose("{}{}", stopped_,
                   is_count ? compose("{} flow\n", count_of(flowing_count_, "stream")) : flowing_);
}

}  // namespace smcroute
