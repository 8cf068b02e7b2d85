// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The planner against a model of the kernel and a plain reading of what is desired: whatever was
// there before, after a plan the kernel forwards exactly that, and the next plan is empty. The
// cases are random but the same in each run.

#include "mcast/planner.h"

#include <algorithm>
#include <map>
#include <set>

#include "router.h"
#include "test.h"

namespace smcroute::test {

namespace {

class Dice {
public:
    explicit Dice(uint32_t seed) : state_(seed * 2654435761U + 1) {}

    // 0 to sides - 1.
    unsigned roll(unsigned sides) {
        state_ = state_ * 1664525U + 1013904223U;
        return (state_ >> 10) % sides;
    }
    bool one_in(unsigned sides) { return roll(sides) == 0; }
    template <size_t size>
    std::string_view pick(const char* const (&words)[size]) {
        return words[roll(size)];
    }

private:
    uint32_t state_;
};

constexpr const char* kNames[] = {"eth0", "eth1", "eth2", "eth3", "lan0", "lan1", "lo"};
constexpr const char* kPatterns[] = {"eth0", "eth1", "eth2", "lan0", "lo", "eth+", "lan+", "+"};
constexpr const char* kSources4[] = {"10.0.0.1", "10.0.0.2", "10.1.0.1", "20.0.0.1"};
constexpr const char* kSources6[] = {"2001:db8::1", "2001:db8::2"};
constexpr const char* kGroups4[] = {"225.1.2.2", "225.1.2.3", "225.1.9.9", "232.1.1.1"};
constexpr const char* kGroups6[] = {"ff0e::2", "ff0e::3"};
constexpr const char* kSourcePrefixes4[] = {"0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.1"};
constexpr const char* kGroupPrefixes4[] = {"225.1.2.2", "225.1.2.3", "225.1.2.0/24", "224.0.0.0/4"};
constexpr const char* kSourcePrefixes6[] = {"::/0", "2001:db8::/126", "2001:db8::1"};
constexpr const char* kGroupPrefixes6[] = {"ff0e::2", "ff0e::/64", "ff00::/8"};

RouteSpec random_route(Dice& dice) {
    const bool exact = dice.one_in(2);
    const bool ipv4 = !dice.one_in(3);
    const std::string_view source = ipv4    ? dice.pick(exact ? kSources4 : kSourcePrefixes4)
                                    : exact ? dice.pick(kSources6)
                                            : dice.pick(kSourcePrefixes6);
    const std::string_view group = ipv4    ? dice.pick(exact ? kGroups4 : kGroupPrefixes4)
                                   : exact ? dice.pick(kGroups6)
                                           : dice.pick(kGroupPrefixes6);
    RouteSpec spec = route(dice.pick(kPatterns), source, group);
    for (unsigned count = dice.roll(4); count > 0; --count) {
        spec.outbounds.push_back(pattern(dice.pick(kPatterns)));
    }
    if (!exact && dice.one_in(3)) {
        spec.except.push_back(*Prefix::parse(ipv4 ? "10.0.0.2/31" : "2001:db8::2"));
    }
    return spec;
}

JoinSpec random_join(Dice& dice) {
    if (dice.one_in(3)) {
        return {pattern(dice.pick(kPatterns)), *Prefix::parse("10.0.0.0/31"),
                *Prefix::parse("232.1.1.0/31")};
    }
    return join(dice.pick(kPatterns), dice.one_in(2) ? "225.1.2.2/31" : dice.pick(kGroups6));
}

PhyintSpec random_phyint(Dice& dice) {
    PhyintSpec spec{.interface = pattern(dice.pick(kPatterns))};
    if (dice.one_in(2)) {
        spec.enable = !dice.one_in(3);
    }
    if (dice.one_in(2)) {
        spec.ttl_threshold = static_cast<uint8_t>(1 + dice.roll(3));
    }
    return spec;
}

Flow random_flow(Dice& dice) {
    return dice.one_in(3) ? flow(dice.pick(kSources6), dice.pick(kGroups6))
                          : flow(dice.pick(kSources4), dice.pick(kGroups4));
}

Desired random_desired(Dice dice) {
    Desired desired;
    for (unsigned count = dice.roll(10); count > 0; --count) {
        desired.add(random_route(dice), kOrigin);
    }
    for (unsigned count = dice.roll(4); count > 0; --count) {
        desired.add(random_join(dice), kOrigin);
    }
    for (unsigned count = dice.roll(4); count > 0; --count) {
        desired.add(random_phyint(dice), kOrigin);
    }
    return desired;
}

// What the kernel would do with each op, and a complaint about ops that make no sense to it.
struct ModelKernel {
    struct Entry {
        Slot iif;
        Ttls ttls;
    };

    void carry_out(const Op& op, const Interfaces& interfaces) {
        bool accepted = true;
        if (const auto* const add = std::get_if<AddVif>(&op)) {
            accepted = interfaces.find(add->ifindex) != nullptr &&
                       !holds(add->family, add->ifindex) &&
                       vifs.emplace(std::pair(add->family, add->slot), add->ifindex).second;
        } else if (const auto* const del = std::get_if<DelVif>(&op)) {
            vifs.erase({del->family, del->slot});
        } else if (const auto* const put = std::get_if<PutEntry>(&op)) {
            Entry entry{put->iif, put->ttls};
            for (Slot slot = 0; slot < kSlotCount; ++slot) {
                entry.ttls[slot] =
                    vifs.contains({put->flow.family(), slot}) ? entry.ttls[slot] : uint8_t{0};
            }
            entries.insert_or_assign(put->flow, entry);
        } else if (const auto* const del_entry = std::get_if<DelEntry>(&op)) {
            accepted = entries.erase(del_entry->flow) == 1;
        } else if (const auto* const joined = std::get_if<Join>(&op)) {
            const Membership& membership = joined->membership;
            accepted = interfaces.find(membership.ifindex) != nullptr &&
                       memberships.emplace(membership.ifindex, membership.flow).second;
        } else if (const auto* const left = std::get_if<Leave>(&op)) {
            const Membership& membership = left->membership;
            accepted = memberships.erase({membership.ifindex, membership.flow}) == 1;
        }
        EXPECT_EQ(accepted ? "" : line_of(op), "");
    }
    bool holds(Family family, unsigned ifindex) const {
        return std::any_of(vifs.begin(), vifs.end(), [=](const auto& vif) {
            return vif.first.first == family && vif.second == ifindex;
        });
    }
    void unlink(unsigned ifindex) {
        std::erase_if(vifs, [ifindex](const auto& vif) { return vif.second == ifindex; });
    }

    // What a packet meets: VIFs, entries with an inbound that is there, memberships. Sorted.
    Lines dump(const Interfaces& interfaces) const {
        std::set<std::string> lines;
        for (const auto& [key, ifindex] : vifs) {
            lines.insert(
                compose("{} {}", to_string(key.first), interfaces.find(ifindex)->name.view()));
        }
        for (const auto& [flow, entry] : entries) {
            const auto iif = vifs.find({flow.family(), entry.iif});
            if (iif == vifs.end()) {
                continue;
            }
            std::set<std::string> outbounds;
            for (Slot slot = 0; slot < kSlotCount; ++slot) {
                const auto vif = vifs.find({flow.family(), slot});
                if (entry.ttls[slot] != 0 && vif != vifs.end()) {
                    outbounds.insert(compose(" {}:{}", interfaces.find(vif->second)->name.view(),
                                             entry.ttls[slot]));
                }
            }
            std::string line =
                compose("{} {} >", to_string(flow), interfaces.find(iif->second)->name.view());
            for (const std::string& outbound : outbounds) {
                line += outbound;
            }
            lines.insert(line);
        }
        for (const auto& [ifindex, flow] : memberships) {
            const Interface* const interface = interfaces.find(ifindex);
            lines.insert(compose("join {} {}", to_string(flow),
                                 interface == nullptr ? "nowhere" : interface->name.view()));
        }
        return {lines.begin(), lines.end()};
    }

    std::map<std::pair<Family, Slot>, unsigned> vifs;
    std::map<Flow, Entry> entries;
    std::set<std::pair<unsigned, Flow>> memberships;
};

// The same as ModelKernel::dump(), from what is desired alone.
struct Oracle {
    bool has_vif(Family family, const Interface& interface) const {
        const std::vector<IfPattern> named = state.desired.named(
            family, default_vifs ? Desired::PhyintLines::kAll : Desired::PhyintLines::kEnabling);
        const bool is_named = std::any_of(named.begin(), named.end(), [&](const IfPattern& each) {
            return names(each, interface);
        });
        return state.desired.phyint(interface.name).enable.value_or(true) &&
               (is_named || (default_vifs && interface.multicast && !interface.loopback));
    }

    void add_path(const Path& path, const Flow& flow, const IfName& inbound) {
        const IfPattern itself(inbound);
        const bool loops = path.inbound == itself &&
                           std::count(path.outbounds.begin(), path.outbounds.end(), itself) > 0;
        for (const IfPattern& outbound : path.outbounds) {
            for (const auto& [ifindex, interface] : state.interfaces.all()) {
                if (names(outbound, interface) && has_vif(flow.family(), interface) &&
                    (loops || interface.name != inbound)) {
                    const uint8_t ttl =
                        flow.family() == Family::kIpv6
                            ? uint8_t{1}
                            : state.desired.phyint(interface.name).ttl_threshold.value_or(1);
                    outbounds.insert(compose(" {}:{}", interface.name.view(), ttl));
                }
            }
        }
    }

    void add_entry(const Flow& flow, const IfName& inbound, const Path* own) {
        const Interface* const interface = state.interfaces.find(inbound);
        if (interface == nullptr || !has_vif(flow.family(), *interface)) {
            return;
        }
        outbounds.clear();
        if (own != nullptr) {
            add_path(*own, flow, inbound);
        }
        for (const auto& [key, rules] : state.desired.rules().all()) {
            for (const Rule& rule : rules) {
                if (key.inbound.matches(inbound) && key.group.contains(flow.group) &&
                    key.source.contains(flow.source) && !excepts(rule, flow.source)) {
                    add_path(*rule.path, flow, inbound);
                }
            }
        }
        std::string line = compose("{} {} >", to_string(flow), inbound.view());
        for (const std::string& outbound : outbounds) {
            line += outbound;
        }
        lines.insert(line);
    }

    bool is_ruled(const Flow& flow, const IfName& inbound) const {
        for (const auto& [key, rules] : state.desired.rules().all()) {
            for (const Rule& rule : rules) {
                if (key.inbound.matches(inbound) && key.group.contains(flow.group) &&
                    key.source.contains(flow.source) && !excepts(rule, flow.source)) {
                    return true;
                }
            }
        }
        return false;
    }

    // Where a rule takes it; if none does where it was seen, the first by name where one would.
    IfName inbound_of(const Stream& stream) const {
        const Flow& flow = stream.flow();
        const IfName& heard_on = state.streams.inbound_of(stream);
        std::set<IfName> ruled;
        for (const auto& [ifindex, interface] : state.interfaces.all()) {
            if (has_vif(flow.family(), interface) && is_ruled(flow, interface.name)) {
                ruled.insert(interface.name);
            }
        }
        const Interface* const seen_on = state.interfaces.find(heard_on);
        const bool is_awaited = seen_on != nullptr && has_vif(flow.family(), *seen_on) &&
                                !is_ruled(flow, heard_on) && !ruled.empty();
        return is_awaited ? *ruled.begin() : heard_on;
    }

    Lines dump() {
        for (const auto& [ifindex, interface] : state.interfaces.all()) {
            for (const Family family : kFamilies) {
                if (has_vif(family, interface)) {
                    lines.insert(compose("{} {}", to_string(family), interface.name.view()));
                }
            }
            for (const auto& [join, origin] : state.desired.joins()) {
                if (names(join.interface, interface)) {
                    for_each_flow(join, [&, name = interface.name](const Flow& flow) {
                        lines.insert(compose("join {} {}", to_string(flow), name.view()));
                    });
                }
            }
        }
        for (const auto& [flow, route] : state.desired.routes()) {
            if (const auto inbound = route.path->inbound.name()) {
                add_entry(flow, *inbound, route.path);
            }
        }
        state.streams.for_each([this](const Stream& stream) {
            add_entry(stream.flow(), inbound_of(stream), nullptr);
        });
        return {lines.begin(), lines.end()};
    }

    const RouterState& state;
    bool default_vifs;
    std::set<std::string> lines = {};
    std::set<std::string> outbounds = {};
};

struct World {
    explicit World(bool default_vifs) { router.default_vifs = default_vifs; }

    void settle(const Scope& scope = Scope::everything()) {
        for (const Op& op : router.plan(scope)) {
            kernel.carry_out(op, router.state.interfaces);
            router.state.installed.record(op);
        }
    }
    // Nothing is left to do, and the kernel forwards what is desired.
    void expect_settled() {
        Lines rest;
        for (const Op& op : router.plan()) {
            rest.push_back(line_of(op));
        }
        EXPECT_EQ(rest, Lines{});
        EXPECT_EQ(kernel.dump(router.state.interfaces),
                  (Oracle{router.state, router.default_vifs}.dump()));
    }

    // Routes have no streams, as in the daemon.
    void adopt(Desired desired) {
        router.state.desired = std::move(desired);
        for (const auto& [flow, route] : router.state.desired.routes()) {
            router.state.streams.erase(flow);
        }
    }
    void hear_some(Dice& dice) {
        for (unsigned count = dice.roll(6); count > 0; --count) {
            const Flow heard = random_flow(dice);
            if (router.state.desired.find(heard) == nullptr) {
                router.hear(heard, dice.pick(kNames));
            }
        }
    }
    // One interface comes, goes, is renamed, or is made again.
    void relink(Dice& dice) {
        const std::string_view text = dice.pick(kNames);
        Interfaces& interfaces = router.state.interfaces;
        const Interface* const there = interfaces.find(name(text));
        unsigned ifindex = next_ifindex_++;
        if (there != nullptr && dice.one_in(3)) {
            const std::string_view other = dice.pick(kNames);
            if (interfaces.find(name(other)) != nullptr) {
                return;
            }
            Interface renamed = *there;
            renamed.name = name(other);
            interfaces.apply({.interface = renamed});
            return;
        }
        if (there != nullptr) {
            kernel.unlink(there->ifindex);
            router.unlink(there->ifindex);
            if (dice.one_in(2)) {
                return;
            }
        }
        interfaces.apply({.interface = {name(text), ifindex, true, !dice.one_in(5),
                                        text == std::string_view("lo")}});
    }

    Router router;
    ModelKernel kernel;

private:
    unsigned next_ifindex_ = 10;
};

constexpr uint32_t kRounds = 300;

}  // namespace

TEST(planner_is_done_after_one_plan_whatever_was_there_before) {
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        Dice dice(seed);
        World world(dice.one_in(2));
        for (int step = 0; step < 4; ++step) {
            for (unsigned count = dice.roll(4); count > 0; --count) {
                world.relink(dice);
            }
            world.adopt(random_desired(Dice(dice.roll(1U << 20))));
            world.hear_some(dice);
            world.settle();
            world.expect_settled();
        }
    }
}

TEST(planner_comes_to_the_same_from_another_state_as_from_nothing) {
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        Dice dice(seed);
        World old(dice.one_in(2));
        old.adopt(random_desired(Dice(dice.roll(1U << 20))));
        old.hear_some(dice);
        old.settle();
        const Dice same(dice.roll(1U << 20));
        old.adopt(random_desired(same));
        old.settle();
        World fresh(old.router.default_vifs);
        fresh.adopt(random_desired(same));
        const Streams& streams = old.router.state.streams;
        streams.for_each([&](const Stream& stream) {
            fresh.router.hear(stream.flow(), streams.inbound_of(stream).view());
        });
        fresh.settle();
        EXPECT_EQ(old.kernel.dump(old.router.state.interfaces),
                  fresh.kernel.dump(fresh.router.state.interfaces));
    }
}

TEST(planner_needs_no_more_than_the_scope_of_a_change_of_interfaces) {
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        Dice dice(seed);
        World world(dice.one_in(2));
        world.adopt(random_desired(Dice(dice.roll(1U << 20))));
        world.hear_some(dice);
        world.settle();
        for (int step = 0; step < 6; ++step) {
            world.relink(dice);
            world.settle(Scope{.all_joins = true});
            world.expect_settled();
        }
    }
}

TEST(planner_needs_no_more_than_the_scope_of_a_route_or_join) {
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        Dice dice(seed);
        World world(dice.one_in(2));
        Desired& desired = world.router.state.desired;
        world.adopt(random_desired(Dice(dice.roll(1U << 20))));
        world.hear_some(dice);
        world.settle();
        for (int step = 0; step < 8; ++step) {
            const RouteSpec spec = random_route(dice);
            const JoinSpec member = random_join(dice);
            if (dice.one_in(2)) {
                desired.add(spec, kOrigin);
                desired.add(member, kOrigin);
            } else {
                // What is not there is an error that changes nothing.
                (void)desired.remove(spec);
                (void)desired.remove(member);
            }
            Scope scope{.joins = {member}};
            if (spec.is_exact()) {
                world.router.state.streams.erase(spec.flow());
                scope.flows = {spec.flow()};
            } else {
                scope.ranges = {{spec.group, spec.source}};
            }
            world.settle(scope);
            world.expect_settled();
        }
    }
}

}  // namespace smcroute::test
