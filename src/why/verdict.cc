// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/verdict.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "why/remedies.h"
#include "why/scope.h"

namespace smcroute {

namespace {

std::string packets(uint64_t count) { return count_of(count, "packet"); }

class Judge {
public:
    explicit Judge(const Evidence& evidence) : e_(evidence), arrival_(counted(evidence)) {}

    std::vector<Finding> judge() {
        judge_group();
        judge_arrival();
        judge_table();
        judge_acceptance();
        judge_match();
        judge_entry();
        for (size_t i = 0; i < e_.outlets.size(); ++i) {
            outlet_ = i;
            judge_outlet(e_.outlets[i]);
        }
        outlet_.reset();
        judge_return();
        auto findings = in_order();
        if (findings.empty()) {
            findings.push_back(success());
        }
        return findings;
    }

private:
    static const Arrival* counted(const Evidence& evidence) {
        const bool any = !evidence.arrivals.empty() && evidence.arrivals[0].packets > 0;
        return any ? &evidence.arrivals[0] : nullptr;
    }

    // By the steps of the path; what concerns several outbounds alike is said once.
    std::vector<Finding> in_order() {
        std::vector<Finding> ordered;
        for (int step = 0; step <= static_cast<int>(Step::kLeft); ++step) {
            for (Finding& each : findings_) {
                const auto same = [&each](const Finding& other) {
                    return other.verdict == each.verdict && other.remedy == each.remedy;
                };
                if (static_cast<int>(each.step) == step &&
                    std::none_of(ordered.begin(), ordered.end(), same)) {
                    ordered.push_back(each);
                }
            }
        }
        return ordered;
    }

    void find(Verdict verdict, Step step, std::string_view sentence, std::string_view remedy) {
        findings_.push_back({verdict, step, std::string(sentence), std::string(remedy), outlet_});
    }
    bool is_v4() const { return e_.group.family() == Family::kIpv4; }
    std::string group() const { return to_string(e_.group); }
    std::string source() const { return e_.source ? to_string(*e_.source) : "*"; }
    // Packets that the entry took in by its own inbound. The two counts are not of one moment.
    uint64_t carried() const {
        return e_.entry && e_.entry->packets > e_.entry->wrong_if
                   ? e_.entry->packets - e_.entry->wrong_if
                   : 0;
    }
    bool is_of_other() const { return e_.owner == Evidence::Owner::kOther; }
    bool is_taken_in() const { return carried() > 0; }
    bool leads_on() const { return is_taken_in() && !e_.entry->oifs.empty(); }
    bool arrives_where_wanted() const {
        return arrival_ != nullptr && e_.entry && e_.entry->iif == arrival_->port.name;
    }

    void judge_group() {
        if (stays_on_link(e_.group)) {
            find(Verdict::kNeverForwarded, Step::kArrives,
                 compose("{} is a group of one link only: no router forwards it, and the kernel "
                         "does not either",
                         group()),
                 relay_for(e_.group));
        }
    }

    void judge_arrival() {
        if (arrival_ == nullptr) {
            judge_silence();
            return;
        }
        const std::string& by = arrival_->port.name;
        if (arrival_->damaged == arrival_->packets) {
            find(Verdict::kNoPackets, Step::kArrives,
                 compose("all packets that arrive by {} have a wrong IP checksum: the kernel drops "
                         "them",
                         by),
                 compose("look for the device that spoils them; if it is this card: ethtool -K {} "
                         "rx off",
                         by));
        } else if (arrival_->vlan != 0) {
            find(Verdict::kNoPackets, Step::kArrives,
                 compose("it arrives by {} with the tag of VLAN {}, and so not at {} itself", by,
                         arrival_->vlan, by),
                 compose("ip link add link {} name {}.{} type vlan id {}, and write that name in "
                         "the line",
                         by, by, arrival_->vlan, arrival_->vlan));
        }
    }

    void find_no_port(Verdict verdict, Step step, const std::string& name) {
        find(verdict, step, compose("there is no interface {}", name),
             "ip -br link lists those that are there; correct the name in the line");
    }

    // Nothing arrives: because nobody sends, or because of the inbound.
    void judge_silence() {
        if (!e_.inbound && e_.is_supposed) {
            return;
        }
        if (!e_.inbound) {
            find(Verdict::kNoPackets, Step::kArrives,
                 compose("no packet to {} arrived by any interface", group()),
                 remedy_of_silence(e_));
            return;
        }
        const Port& port = *e_.inbound;
        if (!port.exists) {
            find_no_port(Verdict::kNoVif, Step::kArrives, port.name);
        } else if (!port.up || !port.carrier) {
            find(Verdict::kNoPackets, Step::kArrives,
                 compose("the inbound {}{}", port.name, port.up ? " has no carrier" : " is down"),
                 remedy_of_no_link(port));
        } else if (!port.multicast) {
            find(Verdict::kNoMulticastFlag, Step::kArrives,
                 compose("nothing arrives by {}, and it lacks the multicast flag", port.name),
                 compose("ip link set {} multicast on", port.name));
        } else {
            const bool is_mute_bridge = port.snoops && !port.has_querier;
            find(Verdict::kNoPackets, Step::kArrives,
                 compose("no packet to {} arrived by {}{}", group(), port.name,
                         is_mute_bridge ? ", a bridge that snoops and has no querier"
                         : e_.is_joined
                             ? ", though the group is joined there"
                             : ", and the group is not joined there: a switch that snoops "
                               "does not pass it on"),
                 is_mute_bridge ? compose("ip link set {} type bridge mcast_querier 1", port.name)
                                : remedy_of_silence(e_));
        }
    }

    void judge_table() {
        if (e_.owner == Evidence::Owner::kNobody && !e_.owner_name.empty()) {
            find(Verdict::kNoDaemon, Step::kAccepted,
                 compose("the daemon runs and does not route {}: {}", to_string(e_.group.family()),
                         e_.owner_name),
                 "start it again without what keeps it from that");
        } else if (e_.owner == Evidence::Owner::kNobody) {
            find(Verdict::kNoDaemon, Step::kAccepted,
                 compose("no multicast router runs: the kernel forwards no {} multicast",
                         to_string(e_.group.family())),
                 "smcroute -d");
        } else if (e_.owner == Evidence::Owner::kOther && !e_.line.empty() && !leads_on()) {
            find(Verdict::kTableTaken, Step::kAccepted,
                 compose("{} owns the multicast routing table: the line has no effect",
                         e_.owner_name),
                 compose("stop {}, then smcroute -d", e_.owner_name));
        }
    }

    void judge_acceptance() {
        if (e_.source_is_local && !is_taken_in()) {
            judge_local();
        }
        if (arrival_ == nullptr) {
            if (e_.inbound && e_.inbound->exists) {
                judge_vif(*e_.inbound, Step::kAccepted, "inbound");
            }
            return;
        }
        judge_reverse_path();
        // An interface that no line wants is not to blame.
        const bool is_wanted = !e_.line.empty() || !e_.rules_known;
        const bool has_vif = is_wanted && judge_vif(arrival_->port, Step::kAccepted, "inbound");
        const bool is_lost = has_vif && findings_.empty() && !e_.source_is_local &&
                             !e_.is_supposed &&
                             (e_.entry.has_value() ? e_.entry->packets == 0 : !e_.line.empty());
        if (is_lost && !e_.entry && e_.streams_full) {
            find(Verdict::kFull, Step::kEntry,
                 "the daemon has learned as many streams as it can: this one got no entry",
                 "write nolearn behind the group in the rules of groups with many sources, or let "
                 "silent streams go sooner: -c SEC");
        } else if (is_lost) {
            find(Verdict::kFiltered, Step::kAccepted,
                 compose("{} arrived by {} and none reached the routing: a packet filter drops "
                         "them before",
                         packets(arrival_->packets), arrival_->port.name),
                 compose("{}  (or see nft list ruleset: the hooks ingress and prerouting)",
                         remedy_of_filter(e_.group, "-t raw -I PREROUTING")));
        }
    }

    void judge_local() {
        if (arrival_ != nullptr && !arrival_->is_ours) {
            find(Verdict::kLocalSource, Step::kAccepted,
                 compose("{} is an address of this host, and the packets come from another: the "
                         "kernel drops them",
                         source()),
                 compose("give the sender another address than {}", source()));
            return;
        }
        const std::string& by = arrival_ != nullptr ? arrival_->port.name : "";
        const bool is_wanted = e_.inbound && e_.inbound->name == by;
        find(Verdict::kLocalSource, Step::kAccepted,
             by.empty()
                 ? compose("{} is this host itself, and it sends nothing to {}", source(), group())
             : is_wanted ? compose("{} is this host itself: it sends by {} and does not let the "
                                   "kernel see its packets",
                                   source(), by)
                         : compose("{} is this host itself: it sends by {}, so that is where its "
                                   "packets are routed from",
                                   source(), by),
             by.empty() ? compose("ip route get {} shows by which interface it would send", group())
             : is_wanted ? "let the program set IP_MULTICAST_LOOP (IPV6_MULTICAST_LOOP) to 1"
                         : compose("write from {} in the line, or: ip route add {} dev {}", by,
                                   group(), e_.inbound ? e_.inbound->name : "IIF"));
    }

    void judge_reverse_path() {
        if (!is_v4() || arrival_->is_ours || is_taken_in()) {
            return;
        }
        if (e_.source && is_no_host(*e_.source)) {
            find(Verdict::kReversePath, Step::kAccepted,
                 compose("{} is no address that a host may send from: the kernel drops it",
                         source()),
                 "give the sender an address");
            return;
        }
        if (arrival_->rp_filter == 0) {
            return;
        }
        const auto& ways = arrival_->ways_back;
        const bool by_here = std::find(ways.begin(), ways.end(), arrival_->port.name) != ways.end();
        if (by_here || (arrival_->rp_filter == 2 && !ways.empty())) {
            return;
        }
        const std::string& name = arrival_->port.name;
        const std::string way = ways.empty()
                                    ? "no unicast route leads back to it"
                                    : compose("the route back to it is by {}", list_of(ways));
        find(Verdict::kReversePath, Step::kAccepted,
             compose("the reverse path filter drops what comes from {} by {}: {}{}", source(), name,
                     way,
                     e_.reverse_path_drops == 0
                         ? ""
                         : compose(" ({} dropped)", packets(e_.reverse_path_drops))),
             ways.empty()
                 ? compose("ip route add {}/32 dev {}  (or: sysctl -w "
                           "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{}.rp_filter=0)",
                           source(), name, name)
                 : compose("sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.{}.rp_filter=2",
                           name));
    }

    // Whether the interface takes part in the routing.
    bool judge_vif(const Port& port, Step step, std::string_view role) {
        const std::string where = compose("the {} {}", role, port.name);
        if (port.disabled) {
            find(Verdict::kDisabled, step, compose("{} is disabled by a phyint line", where),
                 compose("phyint {} enable  (instead of disable)", port.name));
        } else if (port.has_vif || e_.owner == Evidence::Owner::kNobody) {
            return port.has_vif;
        } else if (!port.multicast) {
            find(Verdict::kNoMulticastFlag, step,
                 compose("{} lacks the multicast flag, and so takes no part", where),
                 compose("ip link set {} multicast on", port.name));
        } else if (port.beyond_ipv6 && !is_v4()) {
            find(Verdict::kNoVif, step,
                 compose("{} takes no part in IPv6: its index is above 65535", where),
                 compose("make {} again with a lower one: ip link add {} index NUMBER ...",
                         port.name, port.name));
        } else if (e_.slots_full) {
            find(Verdict::kFull, step,
                 compose("{} got no slot: 32 other interfaces have all of the kernel's table",
                         where),
                 "phyint NAME disable  (for an interface that routes nothing, or start with -N)");
        } else {
            find(Verdict::kNoVif, step,
                 compose("{} takes no part: it has no {}", where, is_v4() ? "VIF" : "MIF"),
                 e_.owner == Evidence::Owner::kOurs
                     ? compose("phyint {} enable  (smcroute --show pending says more)", port.name)
                     : compose("tell {} to use {}", e_.owner_name, port.name));
        }
        return false;
    }

    void judge_match() {
        // What is said of a local source says where its packets are routed from.
        const bool is_exempt = arrival_ == nullptr || !e_.line.empty() || arrival_->is_ours;
        if (is_exempt || (!e_.rules_known && e_.entry)) {
            return;
        }
        const std::string& by = arrival_->port.name;
        if (!e_.hidden.empty()) {
            find(Verdict::kShadowed, Step::kMatched,
                 compose("a route of its own is for this stream, and hides {}", e_.hidden),
                 compose("remove {}, or correct its inbound", e_.nearest));
        } else if (!e_.excepted.empty()) {
            find(Verdict::kExcepted, Step::kMatched,
                 compose("the rule excepts {}: {}", source(), e_.excepted),
                 compose("take {} out of the except of that rule", source()));
        } else if (e_.only_inbound_differs) {
            find(Verdict::kWrongInbound, Step::kMatched,
                 compose("it arrives by {}, and {} wants {}", by, e_.nearest,
                         e_.inbound ? e_.inbound->name : "another interface"),
                 compose("write from {} in that line, or look at the cabling", by));
        } else {
            find_no_rule(by);
        }
    }

    void find_no_rule(const std::string& by) {
        const bool is_other = !e_.rules_known && is_of_other();
        find(Verdict::kNoRule, Step::kMatched,
             is_other ? compose("{} has no route for it", e_.owner_name)
             : e_.nearest.empty()
                 ? "no line covers it"
                 : compose("no line covers it; the nearest is {}: {}", e_.nearest, e_.differs),
             is_other ? compose("add it to the routes of {}", e_.owner_name)
                      : remedy_of_no_rule(e_, by));
    }

    void judge_entry() {
        if (!e_.entry || (e_.line.empty() && e_.rules_known)) {
            return;
        }
        const Entry& entry = *e_.entry;
        if (arrival_ != nullptr && !entry.iif.empty() && !arrives_where_wanted() &&
            !is_taken_in()) {
            find(Verdict::kWrongInbound, Step::kEntry,
                 compose("it arrives by {}, and the kernel's entry wants {}", arrival_->port.name,
                         entry.iif),
                 is_of_other() ? compose("correct the route of {}", e_.owner_name)
                               : compose("write from {} in the line", arrival_->port.name));
        } else if (entry.oifs.empty() && e_.outlets.empty()) {
            find(Verdict::kBlocked, Step::kEntry,
                 "the kernel's entry has no outbound: the stream ends here",
                 is_of_other() ? compose("ask {} for the reason", e_.owner_name)
                               : "add the outbounds: smcroute -a IIF SOURCE GROUP OIF");
        }
    }

    void judge_outlet(const Outlet& outlet) {
        const Port& port = outlet.port;
        if (!port.exists) {
            find_no_port(Verdict::kOutboundMissing, Step::kOutbound, port.name);
            return;
        }
        const bool returns = arrival_ != nullptr && arrival_->port.name == port.name;
        if (returns && outlet.in_entry) {
            find(Verdict::kLoopsBack, Step::kOutbound,
                 compose("it goes out by {}, where it came in: each packet is doubled", port.name),
                 compose("take {} out of the outbounds", port.name));
            return;
        }
        const bool has_vif = judge_vif(port, Step::kOutbound, "outbound");
        if (!port.up || !port.carrier) {
            find(Verdict::kOutboundDown, Step::kOutbound,
                 compose("the outbound {}{}", port.name, port.up ? " has no carrier" : " is down"),
                 remedy_of_no_link(port));
        } else if (has_vif && !outlet.in_entry && is_taken_in()) {  // else it waits for its inbound
            find(Verdict::kOutboundMissing, Step::kOutbound,
                 compose("the kernel's entry lacks {}, which the line names", port.name),
                 e_.owner == Evidence::Owner::kOurs ? "smcroute --reload" : "");
        }
        if (arrival_ != nullptr) {
            judge_packets(outlet, has_vif);
        }
    }

    void judge_packets(const Outlet& outlet, bool has_vif) {
        const Port& port = outlet.port;
        if (outlet.packets == 0 && arrival_->ttl_max <= outlet.threshold) {
            find_low_ttl(outlet);
        }
        const bool is_big = arrival_->largest > port.mtu && !(is_v4() && arrival_->may_fragment);
        if (is_big && (outlet.packets == 0 || e_.too_big_drops > 0)) {
            find_too_big(port);
        }
        const bool was_sent = has_vif && port.up && port.carrier && outlet.in_entry;
        if (outlet.packets == 0 && was_sent && is_taken_in() && !is_stopped()) {
            find(Verdict::kFiltered, Step::kLeft,
                 compose("{} were routed to {} and none left: a packet filter drops them",
                         packets(carried()), port.name),
                 compose("{}  (or see nft list ruleset: the hooks forward, postrouting and egress; "
                         "and tc -s qdisc)",
                         remedy_of_filter(e_.group, "-I FORWARD")));
        }
        if (port.wireguard && outlet.packets > 0 && port.failed_to_send > 0) {
            find(Verdict::kNoMulticastFlag, Step::kLeft,
                 compose("{} is WireGuard and has no peer for {}: {} failed", port.name, group(),
                         packets(port.failed_to_send)),
                 compose("add {}{} to AllowedIPs of the peer that is to get it", group(),
                         is_v4() ? "/32" : "/128"));
        }
    }

    // Whether anything found so far keeps it from leaving by this outlet.
    bool is_stopped() const {
        return std::any_of(findings_.begin(), findings_.end(), [this](const Finding& each) {
            return each.step < Step::kOutbound || each.outlet == outlet_;
        });
    }

    void find_low_ttl(const Outlet& outlet) {
        const std::string ttl = std::to_string(arrival_->ttl_max);
        const std::string needed = std::to_string(outlet.threshold + 1);
        const std::string_view word = is_v4() ? "TTL " : "hop limit ";
        find(Verdict::kTtlTooLow, Step::kOutbound,
             outlet.threshold <= 1
                 ? compose("its packets arrive with {}{}, and none is left for the next hop: the "
                           "kernel drops them",
                           word, ttl)
                 : compose("its packets arrive with {}{}, and {} takes none below {}", word, ttl,
                           outlet.port.name, needed),
             compose("let the sender use {}{} or more ({}{}{}{}", word, needed,
                     is_v4()
                         ? "IP_MULTICAST_TTL); or here: iptables -t mangle -A PREROUTING -d "
                         : "IPV6_MULTICAST_HOPS); or here: ip6tables -t mangle -A PREROUTING -d ",
                     group(), is_v4() ? " -j TTL --ttl-set " : " -j HL --hl-set ", needed));
    }

    void find_too_big(const Port& port) {
        find(Verdict::kTooBig, Step::kOutbound,
             compose("its packets of {} bytes do not fit the MTU of {}, {}{}", arrival_->largest,
                     port.name, port.mtu, is_v4() ? ", and forbid fragments" : ""),
             compose("ip link set {} mtu {}  (or let the sender send smaller packets)", port.name,
                     arrival_->largest));
    }

    void judge_return() {
        if (e_.returned) {
            find(Verdict::kStorm, Step::kLeft,
                 compose("the same packets come back: they leave by {} and arrive again by {} ({})",
                         e_.returned->left_by, e_.returned->back_by, packets(e_.returned->packets)),
                 compose("find the way from {} to {}, or take {} out of the outbounds",
                         e_.returned->left_by, e_.returned->back_by, e_.returned->left_by));
        }
    }

    Finding success() const {
        std::string names;
        std::string remedy;
        for (const Outlet& outlet : e_.outlets) {
            const Port& port = outlet.port;
            add_word(names, port.name, ", ");
            if (port.snoops && port.has_querier) {
                remedy = compose(
                    "bridge mdb show dev {}  (that bridge passes it on only where it was joined)",
                    port.name);
            }
        }
        return {Verdict::kForwarded, Step::kLeft,
                compose("it is forwarded to {}: if receivers lack it, the reason is behind there",
                        names),
                std::move(remedy)};
    }

    const Evidence& e_;
    const Arrival* const arrival_;
    std::optional<size_t> outlet_;  // that is being judged
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge(const Evidence& evidence) { return Judge(evidence).judge(); }

}  // namespace smcroute
