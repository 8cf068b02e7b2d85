// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What `nolearn` does: the real Daemon over a kernel that looks entries up as KERNEL.md says. Every
// mix of up to three rules and two routes over one group and three interfaces must do what its
// lines mean, and so must every change from one to another while packets come in.

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "house.h"
#include "test.h"

namespace smcroute {

namespace {

constexpr const char* kGroup = "225.1.2.3";
constexpr unsigned kInterfaces = 3;
constexpr unsigned kAll = 7;  // a set of interfaces, one bit each
constexpr std::array kSources = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};

IfName eth(unsigned number) { return *IfName::parse(compose("eth{}", number)); }
Flow stream(unsigned source) { return flow_of(kSources[source], kGroup); }

std::string words_of(unsigned set) {
    std::string words;
    for (unsigned i = 0; i < kInterfaces; ++i) {
        words += (set >> i & 1) != 0 ? compose(" eth{}", i) : "";
    }
    return words;
}

// What a line means.
struct Mix {
    struct Rule {
        std::string line;
        unsigned inbounds;
        unsigned outbounds;
        unsigned sources = kAll;
        bool loops = false;
    };
    struct Route {
        unsigned source;
        unsigned inbound;
        unsigned outbounds;
    };
    std::vector<Rule> rules;
    std::vector<Route> routes;

    std::string text() const {
        std::string text = "phyint eth0 enable\nphyint eth1 enable\nphyint eth2 enable\n";
        for (const Rule& rule : rules) {
            text += rule.line + "\n";
        }
        for (const auto& [source, inbound, outbounds] : routes) {
            text += compose("mroute from eth{} source {} group {} to{}\n", inbound,
                            kSources[source], kGroup, words_of(outbounds));
        }
        return text;
    }

    // Where a packet must go that comes in there.
    unsigned meant(unsigned source, unsigned inbound) const {
        unsigned out = 0;
        for (const Rule& rule : rules) {
            if ((rule.inbounds >> inbound & 1) != 0 && (rule.sources >> source & 1) != 0) {
                out |= rule.outbounds & ~(rule.loops ? 0 : 1U << inbound);
            }
        }
        for (const Route& route : routes) {
            if (route.source == source) {
                return route.inbound == inbound ? out | route.outbounds : 0;
            }
        }
        return out;
    }
    std::string route_of(unsigned source) const {
        std::string text;
        for (const Route& route : routes) {
            text += route.source == source
                        ? compose("{}{}", route.inbound, words_of(route.outbounds))
                        : "";
        }
        return text;
    }
    std::string way(unsigned source, unsigned inbound) const {
        std::string way;
        for (unsigned i = 0; i < kInterfaces; ++i) {
            way += (meant(source, inbound) >> i & 1) != 0 ? compose(" eth{}:1", i) : "";
        }
        return way;
    }
};

std::vector<Mix::Rule> all_rules() {
    std::vector<Mix::Rule> rules;
    const auto add = [&rules](std::string from, std::string rest, unsigned inbounds,
                              unsigned outbounds, unsigned sources = kAll, bool loops = false) {
        rules.push_back(
            {compose("mroute from {} {}", from, rest), inbounds, outbounds, sources, loops});
    };
    const std::string group = compose("group {}", kGroup);
    for (unsigned i = 0; i < kInterfaces; ++i) {
        const std::string from = to_string(eth(i));
        for (unsigned outbounds = 1; outbounds <= kAll; ++outbounds) {
            if ((outbounds >> i & 1) == 0) {
                add(from, compose("{} nolearn to{}", group, words_of(outbounds)), 1U << i,
                    outbounds);
            }
        }
        const unsigned next = 1U << (i + 1) % kInterfaces;
        add(from, compose("{} to{}", group, words_of(next)), 1U << i, next);
    }
    add("eth+", compose("{} nolearn to eth0", group), kAll, 1);
    add("eth+", compose("{} nolearn to eth+", group), kAll, kAll);
    add("eth0", compose("{} nolearn to eth0 eth1", group), 1, 3, kAll, true);
    add("eth0", compose("except {} {} nolearn to eth2", kSources[0], group), 1, 4, 6);
    add("eth1", compose("source 10.0.0.0/31 {} nolearn to eth2", group), 2, 4, 1);
    add("eth2", "group 225.1.2.0/24 nolearn to eth1", 4, 2);
    return rules;
}

std::vector<Mix> all_mixes(size_t most_rules) {
    static const std::vector<Mix::Rule> rules = all_rules();
    std::vector<std::vector<Mix::Rule>> choices = {{}};
    for (size_t i = 0; i < rules.size(); ++i) {
        choices.push_back({rules[i]});
        for (size_t j = 0; most_rules > 1 && j < i; ++j) {
            choices.push_back({rules[i], rules[j]});
            for (size_t k = 0; most_rules > 2 && k < j; ++k) {
                choices.push_back({rules[i], rules[j], rules[k]});
            }
        }
    }
    const std::vector<std::vector<Mix::Route>> routes = {
        {},
        {{0, 0, 2}},
        {{0, 1, 4}},
        {{0, 2, 1}},
        {{0, 1, 1}, {1, 1, 4}},
        {{0, 0, 4}, {1, 2, 2}},
        {{0, 2, 3}, {1, 0, 6}},
    };
    std::vector<Mix> mixes;
    for (const auto& of_rules : choices) {
        for (const auto& of_routes : routes) {
            mixes.push_back({of_rules, of_routes});
        }
    }
    return mixes;
}

bool serves(const House& house) {
    return house.daemon.state().stars.serves(*Address::parse(kGroup));
}

// Each stream comes in on each interface; in a group that is learned, one at a time.
std::string misled(House& house, const Mix& mix) {
    for (unsigned source = 0; source < kSources.size(); ++source) {
        for (unsigned inbound = 0; inbound < kInterfaces; ++inbound) {
            if (!serves(house)) {
                house.run({"flush"});
            }
            house.kernel.receive(stream(source), eth(inbound));
            house.daemon.on_upcalls(Family::kIpv4, house.now);
            const std::string way = house.kernel.way_of(stream(source), eth(inbound));
            if (way != mix.way(source, inbound)) {
                return compose("{}{} from eth{} goes to{}, not to{}", mix.text(),
                               to_string(stream(source)), inbound, way, mix.way(source, inbound));
            }
        }
    }
    const std::string difference = house.difference();
    return difference.empty() ? "" : compose("{}{}", mix.text(), difference);
}

// Whether some rule of either sends to where another one takes the group.
bool turn(const Mix& from, const Mix& to) {
    unsigned inbounds = 0;
    unsigned outbounds = 0;
    for (const Mix* const mix : {&from, &to}) {
        for (const Mix::Rule& rule : mix->rules) {
            inbounds |= rule.inbounds;
            outbounds |= rule.outbounds;
        }
    }
    return (inbounds & outbounds) != 0;
}

// While packets come in that go the same way before and after a change, each of them goes that way
// at every step of it, or waits in the kernel for the answer to its upcall.
std::string lost_on_the_way(House& house, const Mix& from, const Mix& to) {
    std::string lost;
    std::vector<std::pair<unsigned, unsigned>> steady;
    const bool served = serves(house);
    for (unsigned source = 0; source < kSources.size(); ++source) {
        for (unsigned inbound = 0; inbound < kInterfaces; ++inbound) {
            const std::string way = to.way(source, inbound);
            const bool turns = turn(from, to) && from.route_of(source) != to.route_of(source);
            if ((served || source == inbound) && !turns && !way.empty() &&
                way == from.way(source, inbound)) {
                steady.emplace_back(source, inbound);
            }
        }
    }
    house.run({"flush"});
    for (const auto& [source, inbound] : steady) {
        house.kernel.receive(stream(source), eth(inbound));
    }
    house.daemon.on_upcalls(Family::kIpv4, house.now);
    house.kernel.watch_ops([&] {
        for (const auto& [source, inbound] : steady) {
            const std::string way = house.kernel.way_of(stream(source), eth(inbound));
            if (way != to.way(source, inbound) &&
                !house.kernel.would_wait(stream(source), eth(inbound))) {
                lost = compose("{}->\n{}{} from eth{} went to{}", from.text(), to.text(),
                               to_string(stream(source)), inbound, way);
            }
        }
    });
    house.kernel.take_lines();
    house.reload(to.text());
    house.kernel.watch_ops(nullptr);
    if (!lost.empty()) {
        for (const std::string& line : house.kernel.take_lines()) {
            lost += "\n" + line;
        }
    }
    return served || serves(house) ? lost : "";
}

// From one to another, in an order without a pattern.
size_t shuffled(size_t i, size_t size) { return i * 7919 % size; }

}  // namespace

TEST(nolearn_does_what_the_lines_mean_in_every_mix) {
    const std::vector<Mix> mixes = all_mixes(3);
    House house(mixes[0].text());
    house.start();
    size_t served = 0;
    for (size_t i = 0; i < mixes.size(); ++i) {
        const Mix& mix = mixes[shuffled(i, mixes.size())];
        house.reload(mix.text());
        const std::string text = misled(house, mix);
        served += serves(house) ? 1 : 0;
        EXPECT_EQ(text, "");
        if (!text.empty()) {
            return;
        }
    }
    EXPECT(served > 800);
}

TEST(nolearn_loses_no_packet_when_the_lines_change) {
    const std::vector<Mix> mixes = all_mixes(3);
    for (const size_t step : {size_t{1}, size_t{101}, size_t{2003}}) {
        House house(mixes[0].text());
        house.start();
        for (size_t i = 0; i < mixes.size(); ++i) {
            const std::string text = lost_on_the_way(house, mixes[i * step % mixes.size()],
                                                     mixes[(i + 1) * step % mixes.size()]);
            EXPECT_EQ(text, "");
            if (!text.empty()) {
                return;
            }
        }
    }
}

TEST(nolearn_adds_the_entries_before_the_learned_streams_go) {
    House house("mroute from eth0 group 225.1.2.3 to eth1\n");
    house.start();
    house.upcall(0, "10.0.0.1", kGroup);
    house.reload("mroute from eth0 group 225.1.2.3 nolearn to eth1\n");
    EXPECT_EQ(house.kernel.take_lines(),
              (Lines{"put (*, 225.1.2.3) 0 > 1", "del (10.0.0.1, 225.1.2.3)"}));
    EXPECT_EQ(house.daemon.state().streams.size(), size_t{0});
    house.reload("mroute from eth0 group 225.1.2.3 nolearn to eth1 # again\n");
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.reload("mroute from eth0 group 225.1.2.3 to eth1\n");
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"del (*, 225.1.2.3) 0"}));
}

// Whoever came first is the older one, and would take packets from the other.
TEST(nolearn_makes_entries_anew_whose_order_does_not_fit) {
    House house("mroute from eth1 group 225.1.2.3 nolearn to eth2\n", true);
    house.start();
    house.run({"-a", "eth0", kGroup, "nolearn", "eth1", "eth2"});
    EXPECT_EQ(house.kernel.take_lines(),
              (Lines{"hide (*, 225.1.2.3) 2", "del (*, 225.1.2.3) 0", "hide (*, 225.1.2.3) 0",
                     "put (*, 225.1.2.3) 0 > 1", "put (*, 225.1.2.3) 2 > 0 1"}));
    house.run({"-r", "eth1", kGroup});
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"del (*, 225.1.2.3) 0"}));
}

TEST(nolearn_releases_packets_that_came_too_early_and_silences_interfaces_without_a_rule) {
    House house("mroute from eth0 group 225.1.2.3 nolearn to eth1\n", true);
    house.start();
    EXPECT_EQ(house.upcall(0, "10.0.0.1", kGroup),
              (Lines{"put (10.0.0.1, 225.1.2.3) 0 > 1", "del (10.0.0.1, 225.1.2.3)"}));
    EXPECT_EQ(house.upcall(2, "10.0.0.1", kGroup),
              (Lines{"put (*, 225.1.2.3) 2 >", "put (10.0.0.1, 225.1.2.3) 2 >",
                     "del (10.0.0.1, 225.1.2.3)"}));
    EXPECT_EQ(house.upcall(2, "10.0.0.2", kGroup),
              (Lines{"put (10.0.0.2, 225.1.2.3) 2 >", "del (10.0.0.2, 225.1.2.3)"}));
    EXPECT_EQ(house.upcall(1, "10.0.0.3", kGroup, Upcall::Kind::kWrongVif), Lines{});
    house.run({"flush"});
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.kernel.flush_entries();
    EXPECT_EQ(house.upcall(0, "10.0.0.1", kGroup),
              (Lines{"put (*, 225.1.2.3) 0 > 1", "del (*, 225.1.2.3) 2",
                     "put (10.0.0.1, 225.1.2.3) 0 > 1", "del (10.0.0.1, 225.1.2.3)"}));
}

TEST(nolearn_entries_that_were_lost_are_mended) {
    House house(
        "mroute from eth0 group 225.1.2.3 nolearn to eth1\n"
        "mroute from eth2 group 225.1.2.3 nolearn to eth1\n"
        "mroute from eth0 group ff0e::3 nolearn to eth1\n");
    house.start();
    (void)house.daemon.audit(house.now);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    house.kernel.lose_star({*Address::parse(kGroup), 2});
    house.kernel.lose_star({*Address::parse("ff0e::3"), 0});
    (void)house.daemon.audit(house.now);
    EXPECT_EQ(
        house.kernel.take_lines(),
        (Lines{"put (*, 225.1.2.3) 0 > 1", "put (*, 225.1.2.3) 2 > 1", "put (*, ff0e::3) 0 > 1"}));
    EXPECT_EQ(house.difference(), "");
}

TEST(nolearn_entry_waits_for_the_vif_of_its_inbound) {
    House house("mroute from eth0 group 225.1.2.3 nolearn to eth1\n");
    house.kernel.fail_op(0, ENOMEM);
    EXPECT_EQ(house.start(), (Lines{"vif IPv4 1 eth1"}));
    EXPECT_EQ(house.pass(std::chrono::seconds{2}),
              (Lines{"vif IPv4 0 eth0", "put (*, 225.1.2.3) 0 > 1"}));
    house.kernel.remove_interface(1);
    EXPECT_EQ(house.links(), (Lines{"unvif IPv4 0", "del (*, 225.1.2.3) 0"}));
    house.kernel.add_interface("eth0", 9);
    EXPECT_EQ(house.links(), (Lines{"vif IPv4 0 eth0", "put (*, 225.1.2.3) 0 > 1"}));
}

TEST(nolearn_tells_the_client_why_a_group_is_learned) {
    House house("mroute from eth0 group 225.1.2.3 nolearn to eth1\n", true);
    house.start();
    const Reply reply = house.run({"-a", "eth2", "225.1.2.0/24", "eth1"});
    EXPECT_EQ(reply.status, ExitStatus::kOk);
    EXPECT_EQ(reply.details,
              "smcroute: warning: 225.1.2.3 is learned in spite of nolearn: the rule of a client's "
              "command learns\n");
    EXPECT_EQ(house.kernel.take_lines().back(), "del (*, 225.1.2.3) 0");
    EXPECT_EQ(house.run({"-r", "eth0", kGroup, "nolearn"}).reason,
              "-r: 'nolearn' belongs to what is added (leave it out here)");
    EXPECT_EQ(house.run({"-a", "eth0", kGroup, "eth1", "nolearn"}).reason,
              "-a: 'nolearn' stands once, right behind the group (an interface of that name is "
              "written 'nolearn+')");
}

}  // namespace smcroute
