// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/verdict.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "why/scope.h"

namespace smcroute {

namespace {

std::string packets(uint64_t count) { return count_of(count, "packet"); }

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += cat({text.empty() ? "" : ", ", word});
    }
    return text;
}

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

    using Pieces = std::initializer_list<std::string_view>;
    void find(Verdict verdict, Step step, Pieces sentence, Pieces remedy) {
        findings_.push_back({verdict, step, cat(sentence), cat(remedy), outlet_});
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
    bool is_taken_in() const { return carried() > 0; }
    bool leads_on() const { return is_taken_in() && !e_.entry->oifs.empty(); }
    bool arrives_where_wanted() const {
        return arrival_ != nullptr && e_.entry && e_.entry->iif == arrival_->port.name;
    }

    void judge_group() {
        if (stays_on_link(e_.group)) {
            find(Verdict::kNeverForwarded, Step::kArrives,
                 {group(),
                  " is a group of one link only: no router forwards it, and the "
                  "kernel does not either"},
                 {relay_for(e_.group)});
        }
    }

    void judge_arrival() {
        if (arrival_ == nullptr) {
            judge_silence();
        } else if (arrival_->damaged == arrival_->packets) {
            find(Verdict::kNoPackets, Step::kArrives,
                 {"all packets that arrive by ", arrival_->port.name,
                  " have a wrong IP checksum: the kernel drops them"},
                 {"look for the device that spoils them; if it is this card: ethtool -K ",
                  arrival_->port.name, " rx off"});
        } else if (arrival_->vlan != 0) {
            const std::string id = std::to_string(arrival_->vlan);
            find(Verdict::kNoPackets, Step::kArrives,
                 {"it arrives by ", arrival_->port.name, " with the tag of VLAN ", id,
                  ", and so not at ", arrival_->port.name, " itself"},
                 {"ip link add link ", arrival_->port.name, " name ", arrival_->port.name, ".", id,
                  " type vlan id ", id, ", and write that name in the line"});
        }
    }

    // Nothing arrives: because nobody sends, or because of the inbound.
    void judge_silence() {
        if (!e_.inbound && e_.is_supposed) {
            return;
        }
        if (!e_.inbound) {
            find(Verdict::kNoPackets, Step::kArrives,
                 {"no packet to ", group(), " arrived by any interface"}, {ask_remedy()});
            return;
        }
        const Port& port = *e_.inbound;
        if (!port.exists) {
            find(Verdict::kNoVif, Step::kArrives, {"there is no interface ", port.name},
                 {"ip -br link lists those that are there; correct the name in the line"});
        } else if (!port.up || !port.carrier) {
            find(
                Verdict::kNoPackets, Step::kArrives,
                {"the inbound ", port.name, port.up ? " has no carrier" : " is down"},
                {port.up ? cat({"connect ", port.name}) : cat({"ip link set ", port.name, " up"})});
        } else if (!port.multicast) {
            find(Verdict::kNoMulticastFlag, Step::kArrives,
                 {"nothing arrives by ", port.name, ", and it lacks the multicast flag"},
                 {"ip link set ", port.name, " multicast on"});
        } else {
            const bool is_mute_bridge = port.snoops && !port.has_querier;
            find(Verdict::kNoPackets, Step::kArrives,
                 {"no packet to ", group(), " arrived by ", port.name,
                  is_mute_bridge ? ", a bridge that snoops and has no querier"
                  : e_.is_joined ? ", though the group is joined there"
                                 : ", and the group is not joined there: a switch that snoops "
                                   "does not pass it on"},
                 {is_mute_bridge ? cat({"ip link set ", port.name, " type bridge mcast_querier 1"})
                                 : ask_remedy()});
        }
    }

    std::string ask_remedy() const {
        if (e_.is_joined) {
            return "look at the sender, and for a querier on its switch: a switch that snoops "
                   "forgets joins without one";
        }
        const std::string where = e_.inbound ? e_.inbound->name : "IIF";
        return cat({"mgroup from ", where, " group ", group(), "  (now: smcroute -j ", where, " ",
                    group(), "), and look whether the sender sends"});
    }

    void judge_table() {
        if (e_.owner == Evidence::Owner::kNobody && !e_.owner_name.empty()) {
            find(Verdict::kNoDaemon, Step::kAccepted,
                 {"the daemon runs and does not route ", to_string(e_.group.family()), ": ",
                  e_.owner_name},
                 {"start it again without what keeps it from that"});
        } else if (e_.owner == Evidence::Owner::kNobody) {
            find(Verdict::kNoDaemon, Step::kAccepted,
                 {"no multicast router runs: the kernel forwards no ", to_string(e_.group.family()),
                  " multicast"},
                 {"smcroute -d"});
        } else if (e_.owner == Evidence::Owner::kOther && !e_.line.empty() && !leads_on()) {
            find(Verdict::kTableTaken, Step::kAccepted,
                 {e_.owner_name, " owns the multicast routing table: the line has no effect"},
                 {"stop ", e_.owner_name, ", then smcroute -d"});
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
                 {"the daemon has learned as many streams as it can: this one got no entry"},
                 {"write nolearn behind the group in the rules of groups with many sources, or let "
                  "silent streams go sooner: -c SEC"});
        } else if (is_lost) {
            find(Verdict::kFiltered, Step::kAccepted,
                 {packets(arrival_->packets), " arrived by ", arrival_->port.name,
                  " and none reached the routing: a packet filter drops them before"},
                 {pass_remedy("-t raw -I PREROUTING"),
                  "  (or see nft list ruleset: the hooks ingress and prerouting)"});
        }
    }

    std::string pass_remedy(std::string_view where) const {
        return cat({is_v4() ? "iptables " : "ip6tables ", where, " -d ", group(), " -j ACCEPT"});
    }

    void judge_local() {
        if (arrival_ != nullptr && !arrival_->is_ours) {
            find(Verdict::kLocalSource, Step::kAccepted,
                 {source(),
                  " is an address of this host, and the packets come from another: "
                  "the kernel drops them"},
                 {"give the sender another address than ", source()});
            return;
        }
        const std::string& by = arrival_ != nullptr ? arrival_->port.name : "";
        const bool is_wanted = e_.inbound && e_.inbound->name == by;
        find(
            Verdict::kLocalSource, Step::kAccepted,
            {by.empty() ? cat({source(), " is this host itself, and it sends nothing to ", group()})
             : is_wanted ? cat({source(), " is this host itself: it sends by ", by,
                                " and does not let the kernel see its packets"})
                         : cat({source(), " is this host itself: it sends by ", by,
                                ", so that is where its packets are routed from"})},
            {by.empty() ? cat({"ip route get ", group(), " shows by which interface it would send"})
             : is_wanted ? "let the program set IP_MULTICAST_LOOP (IPV6_MULTICAST_LOOP) to 1"
                         : cat({"write from ", by, " in the line, or: ip route add ", group(),
                                " dev ", e_.inbound ? e_.inbound->name : "IIF"})});
    }

    void judge_reverse_path() {
        if (!is_v4() || arrival_->is_ours || is_taken_in()) {
            return;
        }
        if (e_.source && is_no_host(*e_.source)) {
            find(Verdict::kReversePath, Step::kAccepted,
                 {source(), " is no address that a host may send from: the kernel drops it"},
                 {"give the sender an address"});
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
        const std::string way = ways.empty() ? "no unicast route leads back to it"
                                             : cat({"the route back to it is by ", list_of(ways)});
        find(
            Verdict::kReversePath, Step::kAccepted,
            {"the reverse path filter drops what comes from ", source(), " by ", name, ": ", way,
             e_.reverse_path_drops == 0 ? ""
                                        : cat({" (", packets(e_.reverse_path_drops), " dropped)"})},
            {ways.empty() ? cat({"ip route add ", source(), "/32 dev ", name,
                                 "  (or: sysctl -w net.ipv4.conf.all.rp_filter=0 "
                                 "net.ipv4.conf.",
                                 name, ".rp_filter=0)"})
                          : cat({"sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.", name,
                                 ".rp_filter=2"})});
    }

    // Whether the interface takes part in the routing.
    bool judge_vif(const Port& port, Step step, std::string_view role) {
        const std::string where = cat({"the ", role, " ", port.name});
        if (port.disabled) {
            find(Verdict::kDisabled, step, {where, " is disabled by a phyint line"},
                 {"phyint ", port.name, " enable  (instead of disable)"});
        } else if (port.has_vif || e_.owner == Evidence::Owner::kNobody) {
            return port.has_vif;
        } else if (!port.multicast) {
            find(Verdict::kNoMulticastFlag, step,
                 {where, " lacks the multicast flag, and so takes no part"},
                 {"ip link set ", port.name, " multicast on"});
        } else if (port.beyond_ipv6 && !is_v4()) {
            find(Verdict::kNoVif, step, {where, " takes no part in IPv6: its index is above 65535"},
                 {"make ", port.name, " again with a lower one: ip link add ", port.name,
                  " index NUMBER ..."});
        } else if (e_.slots_full) {
            find(Verdict::kFull, step,
                 {where, " got no slot: 32 other interfaces have all of the kernel's table"},
                 {"phyint NAME disable  (for an interface that routes nothing, or start with -N)"});
        } else {
            find(Verdict::kNoVif, step,
                 {where, " takes no part: it has no ", is_v4() ? "VIF" : "MIF"},
                 {e_.owner == Evidence::Owner::kOurs
                      ? cat({"phyint ", port.name, " enable  (smcroute --show pending says more)"})
                      : cat({"tell ", e_.owner_name, " to use ", port.name})});
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
                 {"a route of its own is for this stream, and hides ", e_.hidden},
                 {"remove ", e_.nearest, ", or correct its inbound"});
        } else if (!e_.excepted.empty()) {
            find(Verdict::kExcepted, Step::kMatched,
                 {"the rule excepts ", source(), ": ", e_.excepted},
                 {"take ", source(), " out of the except of that rule"});
        } else if (e_.only_inbound_differs) {
            find(Verdict::kWrongInbound, Step::kMatched,
                 {"it arrives by ", by, ", and ", e_.nearest, " wants ",
                  e_.inbound ? e_.inbound->name : "another interface"},
                 {"write from ", by, " in that line, or look at the cabling"});
        } else {
            find_no_rule(by);
        }
    }

    void find_no_rule(const std::string& by) {
        const bool is_other = !e_.rules_known && e_.owner == Evidence::Owner::kOther;
        find(Verdict::kNoRule, Step::kMatched,
             {is_other ? cat({e_.owner_name, " has no route for it"})
              : e_.nearest.empty()
                  ? "no line covers it"
                  : cat({"no line covers it; the nearest is ", e_.nearest, ": ", e_.differs})},
             {is_other ? cat({"add it to the routes of ", e_.owner_name}) : suggestion(by)});
    }

    std::string suggestion(const std::string& by) const {
        const std::string to = e_.nearest_outbounds.empty() ? "OIF" : e_.nearest_outbounds;
        return cat({"mroute from ", by, " source ", source(), " group ", group(), " to ", to,
                    "  (now: smcroute -a ", by, " ", source(), " ", group(), " ", to, ")"});
    }

    void judge_entry() {
        if (!e_.entry || (e_.line.empty() && e_.rules_known)) {
            return;
        }
        const Entry& entry = *e_.entry;
        if (arrival_ != nullptr && !entry.iif.empty() && !arrives_where_wanted() &&
            !is_taken_in()) {
            find(Verdict::kWrongInbound, Step::kEntry,
                 {"it arrives by ", arrival_->port.name, ", and the kernel's entry wants ",
                  entry.iif},
                 {e_.owner == Evidence::Owner::kOther
                      ? cat({"correct the route of ", e_.owner_name})
                      : cat({"write from ", arrival_->port.name, " in the line"})});
        } else if (entry.oifs.empty() && e_.outlets.empty()) {
            find(Verdict::kBlocked, Step::kEntry,
                 {"the kernel's entry has no outbound: the stream ends here"},
                 {e_.owner == Evidence::Owner::kOther
                      ? cat({"ask ", e_.owner_name, " for the reason"})
                      : "add the outbounds: smcroute -a IIF SOURCE GROUP OIF"});
        }
    }

    void judge_outlet(const Outlet& outlet) {
        const Port& port = outlet.port;
        if (!port.exists) {
            find(Verdict::kOutboundMissing, Step::kOutbound, {"there is no interface ", port.name},
                 {"ip -br link lists those that are there; correct the name in the line"});
            return;
        }
        const bool returns = arrival_ != nullptr && arrival_->port.name == port.name;
        if (returns && outlet.in_entry) {
            find(Verdict::kLoopsBack, Step::kOutbound,
                 {"it goes out by ", port.name, ", where it came in: each packet is doubled"},
                 {"take ", port.name, " out of the outbounds"});
            return;
        }
        const bool has_vif = judge_vif(port, Step::kOutbound, "outbound");
        if (!port.up || !port.carrier) {
            find(
                Verdict::kOutboundDown, Step::kOutbound,
                {"the outbound ", port.name, port.up ? " has no carrier" : " is down"},
                {port.up ? cat({"connect ", port.name}) : cat({"ip link set ", port.name, " up"})});
        } else if (has_vif && !outlet.in_entry && is_taken_in()) {  // else it waits for its inbound
            find(Verdict::kOutboundMissing, Step::kOutbound,
                 {"the kernel's entry lacks ", port.name, ", which the line names"},
                 {e_.owner == Evidence::Owner::kOurs ? "smcroute --reload" : ""});
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
                 {packets(carried()), " were routed to ", port.name,
                  " and none left: a packet filter drops them"},
                 {pass_remedy("-I FORWARD"),
                  "  (or see nft list ruleset: the hooks forward, postrouting and egress; and "
                  "tc -s qdisc)"});
        }
        if (port.wireguard && outlet.packets > 0 && port.failed_to_send > 0) {
            find(Verdict::kNoMulticastFlag, Step::kLeft,
                 {port.name, " is WireGuard and has no peer for ", group(), ": ",
                  packets(port.failed_to_send), " failed"},
                 {"add ", group(), is_v4() ? "/32" : "/128",
                  " to AllowedIPs of the peer that is to get it"});
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
             {outlet.threshold <= 1 ? cat({"its packets arrive with ", word, ttl,
                                           ", and none is left for the next "
                                           "hop: the kernel drops them"})
                                    : cat({"its packets arrive with ", word, ttl, ", and ",
                                           outlet.port.name, " takes none below ", needed})},
             {"let the sender use ", word, needed, " or more (",
              is_v4() ? "IP_MULTICAST_TTL); or here: iptables -t mangle -A PREROUTING -d "
                      : "IPV6_MULTICAST_HOPS); or here: ip6tables -t mangle -A PREROUTING -d ",
              group(), is_v4() ? " -j TTL --ttl-set " : " -j HL --hl-set ", needed});
    }

    void find_too_big(const Port& port) {
        find(Verdict::kTooBig, Step::kOutbound,
             {"its packets of ", std::to_string(arrival_->largest), " bytes do not fit the MTU of ",
              port.name, ", ", std::to_string(port.mtu), is_v4() ? ", and forbid fragments" : ""},
             {"ip link set ", port.name, " mtu ", std::to_string(arrival_->largest),
              "  (or let the sender send smaller packets)"});
    }

    void judge_return() {
        if (e_.returned) {
            find(Verdict::kStorm, Step::kLeft,
                 {"the same packets come back: they leave by ", e_.returned->left_by,
                  " and arrive again by ", e_.returned->back_by, " (",
                  packets(e_.returned->packets), ")"},
                 {"find the way from ", e_.returned->left_by, " to ", e_.returned->back_by,
                  ", or take ", e_.returned->left_by, " out of the outbounds"});
        }
    }

    Finding success() const {
        std::string names;
        std::string remedy;
        for (const Outlet& outlet : e_.outlets) {
            const Port& port = outlet.port;
            names += cat({names.empty() ? "" : ", ", port.name});
            if (port.snoops && port.has_querier) {
                remedy = cat({"bridge mdb show dev ", port.name,
                              "  (that bridge passes it on only where it was joined)"});
            }
        }
        return {Verdict::kForwarded, Step::kLeft,
                cat({"it is forwarded to ", names,
                     ": if receivers lack it, the reason is behind there"}),
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
