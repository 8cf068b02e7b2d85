// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Whatever happens to a router, and at whichever op its daemon dies: with a successor it ends where
// it would have ended without, and a second successor finds nothing to do. The lives are random but
// the same in each run.

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "base/text.h"
#include "daemon/daemon.h"
#include "house.h"
#include "random_config.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::seconds;

// A kernel whose caller dies at an op: just before the kernel has carried it out, or just after.
class MortalKernel final : public Kernel {
public:
    explicit MortalKernel(FakeKernel& kernel) : kernel_(kernel) {}

    void die_at(size_t op, bool done) {
        ops_left_ = op;
        done_ = done;
    }
    bool dead() const { return dead_; }
    void live_again() {
        dead_ = false;
        ops_left_.reset();
    }

    Status apply(const Op& op) override {
        if (!dead_ && ops_left_ && (*ops_left_)-- == 0) {
            dead_ = true;
            if (done_) {
                (void)kernel_.apply(op);  // nobody is left to hear
            }
        }
        return dead_ ? Error{"dead"} : kernel_.apply(op);
    }
    bool has(Family family) const override { return kernel_.has(family); }
    Result<std::vector<Interface>> interfaces() override { return kernel_.interfaces(); }
    Result<FlowCounters> counters(const Flow& flow) override { return kernel_.counters(flow); }
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) override {
        return kernel_.idle_time(flow);
    }
    Result<std::vector<FoundEntry>> entries(Family family) override {
        return kernel_.entries(family);
    }
    Result<bool> has_vif(Family family, Slot slot) override {
        return kernel_.has_vif(family, slot);
    }
    int upcall_fd(Family family) const override { return kernel_.upcall_fd(family); }
    int link_fd() const override { return kernel_.link_fd(); }
    void read_upcalls(Family family, std::vector<Upcall>& upcalls) override {
        kernel_.read_upcalls(family, upcalls);
    }
    bool read_links(std::vector<LinkEvent>& events) override { return kernel_.read_links(events); }

private:
    FakeKernel& kernel_;
    std::optional<size_t> ops_left_;
    bool done_ = false;
    bool dead_ = false;
};

class MortalLedger final : public Ledger {
public:
    explicit MortalLedger(const MortalKernel& kernel) : kernel_(kernel) {}

    VifLedger kept;

    void store(const VifLedger& ledger) override {
        if (!kernel_.dead()) {
            kept = ledger;
        }
    }

private:
    const MortalKernel& kernel_;
};

// One thing that happens.
struct Reconfigure {
    std::string config;
};
struct Arrive {  // of a stream
    Flow flow;
};
struct Relink {  // an interface comes, goes, is renamed or made again
    std::string name;
    std::string other;
    unsigned ifindex;
    unsigned how;
};
using Step = std::variant<Reconfigure, Arrive, Relink>;

std::vector<Flow> all_flows() {
    std::vector<Flow> flows;
    for (const char* const source : {"10.0.0.1", "10.0.0.2"}) {
        for (const char* const group : {"225.1.2.0", "225.1.2.1", "225.1.2.2", "225.1.2.3"}) {
            flows.push_back(flow_of(source, group));
        }
    }
    for (const char* const group : {"ff0e::1", "ff0e::2", "ff0e::3"}) {
        flows.push_back(flow_of("2001:db8::1", group));
    }
    return flows;
}

// Where the packets of a stream come in.
IfName arrival(const Flow& flow) {
    return *IfName::parse(cat({"eth", std::to_string(flow.group.ipv6()[15] % 4)}));
}

std::vector<Step> random_life(unsigned seed) {
    std::mt19937 random(seed);
    RandomConfig configs(seed);
    const std::vector<Flow> flows = all_flows();
    std::vector<Step> steps;
    for (unsigned i = 0; i < 14; ++i) {
        switch (random() % 4) {
            case 0:
                steps.push_back(Reconfigure{configs.next()});
                break;
            case 1:
                steps.push_back(Relink{cat({"eth", std::to_string(random() % 5)}),
                                       cat({"eth", std::to_string(random() % 5)}), 100 + i,
                                       static_cast<unsigned>(random() % 3)});
                break;
            default:
                steps.push_back(Arrive{flows[random() % flows.size()]});
                break;
        }
    }
    return steps;
}

class World {
public:
    World(const std::string& config, bool default_vifs) : default_vifs_(default_vifs) {
        files_.files["smcroute.conf"] = config;
        for (unsigned i = 0; i < 4; ++i) {
            kernel_.add_interface(cat({"eth", std::to_string(i)}).c_str(), i + 1);
        }
        kernel_.lose_process();
        succeed(nullptr);
    }

    void die_at(size_t op, bool done) { gate_.die_at(op, done); }
    bool dead() const { return gate_.dead(); }
    size_t op_count() const { return kernel_.op_count(); }

    // What happens to the machine, and then what the daemon does about it.
    void happen(const Step& step) {
        if (const auto* const config = std::get_if<Reconfigure>(&step)) {
            files_.files["smcroute.conf"] = config->config;
        } else if (const auto* const relink = std::get_if<Relink>(&step)) {
            change_link(*relink);
        }
    }
    void react(const Step& step) {
        if (std::get_if<Reconfigure>(&step) != nullptr) {
            (void)daemon_->reload(now_);
        } else if (const auto* const arrive = std::get_if<Arrive>(&step)) {
            ask(arrive->flow);
        } else {
            daemon_->on_links(now_);
        }
    }
    void adopt() {
        kernel_.lose_process();
        gate_.live_again();
        const VifLedger left = ledger_.kept;
        succeed(&left);
    }

    // All streams arrive until nothing changes.
    void settle() {
        for (int round = 0; round < 3; ++round) {
            for (const Flow& flow : all_flows()) {
                ask(flow);
            }
            pass(seconds{5});
        }
    }

    std::string difference() const { return kernel_.difference(daemon_->state().installed); }
    std::string dump() const { return kernel_.dump(); }
    Lines take_lines() { return kernel_.take_lines(); }

    // What becomes of packets: VIFs, memberships, and the entries of routes and of streams that
    // arrive by their inbound. Sorted.
    Lines outcome() {
        Lines lines;
        for (const Family family : kFamilies) {
            for (Slot slot = 0; slot < kSlotCount; ++slot) {
                if (const auto& vif = daemon_->state().installed.vif(family, slot)) {
                    lines.push_back(cat({to_string(family), " ", vif->name.view()}));
                }
            }
            for (const FoundEntry& entry : entries(family)) {
                add_outcome(entry, lines);
            }
        }
        for (const Membership& membership : daemon_->state().installed.memberships()) {
            lines.push_back(cat({"member ", to_string(membership.flow), membership.name.view()}));
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    // The kernel tells all of its entries, and the ledger has no slot of which it may not.
    bool in_doubt() {
        for (const Family family : kFamilies) {
            for (const FoundEntry& entry : entries(family)) {
                if (!entry.iif) {
                    return true;
                }
            }
            for (const auto& record : ledger_.kept[index_of(family)]) {
                if (record && record->state == VifRecord::State::kGone) {
                    return true;
                }
            }
        }
        return false;
    }

private:
    void succeed(const VifLedger* left) {
        daemon_.emplace(DaemonSettings{"smcroute.conf", default_vifs_, {seconds{0}, 65536}}, gate_,
                        files_, hooks_, events_, &ledger_);
        EXPECT(daemon_->start(now_,
                              {.ledger = left == nullptr ? std::nullopt : std::optional(*left)}));
    }

    std::vector<FoundEntry> entries(Family family) { return *kernel_.entries(family); }

    const Interface* find(const std::string& name) {
        all_ = *kernel_.interfaces();
        const auto it = std::find_if(all_.begin(), all_.end(), [&name](const Interface& each) {
            return each.name.view() == name;
        });
        return it == all_.end() ? nullptr : &*it;
    }

    void change_link(const Relink& relink) {
        const Interface* const there = find(relink.name);
        if (there == nullptr) {
            kernel_.add_interface(relink.name.c_str(), relink.ifindex);
            return;
        }
        const unsigned ifindex = there->ifindex;
        if (relink.how == 0) {
            if (find(relink.other) == nullptr) {
                kernel_.change_interface(
                    {*IfName::parse(relink.other), ifindex, true, true, false});
            }
            return;
        }
        kernel_.remove_interface(ifindex);
        if (relink.how == 1) {
            kernel_.add_interface(relink.name.c_str(), relink.ifindex);
        }
    }

    // A packet arrives; the kernel may have a question about it.
    void ask(const Flow& flow) {
        const Interface* const interface = find(to_string(arrival(flow)));
        const auto slot = interface == nullptr ? std::nullopt : slot_of(flow, interface->ifindex);
        if (!slot) {
            return;
        }
        const std::vector<FoundEntry> all = entries(flow.family());
        const auto it = std::find_if(all.begin(), all.end(),
                                     [&flow](const auto& entry) { return entry.flow == flow; });
        const bool known = it != all.end();
        if (known && it->iif == interface->ifindex) {
            return;
        }
        kernel_.queue_upcall({.kind = known ? Upcall::Kind::kWrongVif : Upcall::Kind::kNoCache,
                              .slot = *slot,
                              .flow = flow});
        daemon_->on_upcalls(flow.family(), now_);
    }

    std::optional<Slot> slot_of(const Flow& flow, unsigned ifindex) const {
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            const auto& vif = daemon_->state().installed.vif(flow.family(), slot);
            if (vif && vif->ifindex == ifindex) {
                return slot;
            }
        }
        return std::nullopt;
    }

    void pass(seconds time) {
        const TimePoint until = now_ + time;
        while (daemon_->deadline() && *daemon_->deadline() <= until) {
            now_ = std::max(now_, *daemon_->deadline());
            kernel_.now = now_;
            daemon_->on_deadline(now_);
        }
        now_ = until;
        kernel_.now = now_;
    }

    // A route whose inbound is away decides nothing for a daemon that has never seen it. A stream
    // that does not arrive, since it was a route before, may have ended at one and not at another.
    void add_outcome(const FoundEntry& entry, Lines& lines) {
        const Desired::Route* const route = daemon_->state().desired.find(entry.flow);
        const std::vector<Flow> arriving = all_flows();
        if (route == nullptr &&
            std::find(arriving.begin(), arriving.end(), entry.flow) == arriving.end()) {
            return;
        }
        const Interface* const in = route != nullptr ? find(to_string(*route->path->inbound.name()))
                                                     : find(to_string(arrival(entry.flow)));
        if (in == nullptr || entry.iif != in->ifindex || entry.outbounds.empty()) {
            return;
        }
        Lines outbounds;
        for (const auto& [ifindex, ttl] : entry.outbounds) {
            const auto it = std::find_if(all_.begin(), all_.end(), [index = ifindex](auto& each) {
                return each.ifindex == index;
            });
            outbounds.push_back(cat({" ", it->name.view(), ":", std::to_string(ttl)}));
        }
        std::sort(outbounds.begin(), outbounds.end());
        std::string line = cat({to_string(entry.flow), " ", in->name.view(), " >"});
        for (const std::string& outbound : outbounds) {
            line += outbound;
        }
        lines.push_back(line);
    }

    bool default_vifs_;
    FakeKernel kernel_;
    MortalKernel gate_{kernel_};
    MortalLedger ledger_{gate_};
    FakeFiles files_;
    FakeHooks hooks_;
    EventFeed events_;
    TimePoint now_ = kStart;
    std::optional<Daemon> daemon_;
    std::vector<Interface> all_;
};

bool is_join(const std::string& line) { return line.starts_with("join "); }

// Nothing but joins, which are every daemon's own.
void expect_idle_adoption(World& world, unsigned seed) {
    world.take_lines();
    const std::string before = world.dump();
    const bool in_doubt = world.in_doubt();
    world.adopt();
    Lines lines = world.take_lines();
    std::erase_if(lines, is_join);
    EXPECT_EQ(in_doubt ? Lines{} : lines, Lines{});
    EXPECT_EQ(world.difference(), "");
    if (!in_doubt) {
        EXPECT_EQ(cat({std::to_string(seed), ":\n", world.dump()}),
                  cat({std::to_string(seed), ":\n", before}));
    }
}

// Lives through the steps; from the op at which the daemon dies, so many steps pass without one.
bool live(World& world, const std::vector<Step>& steps, unsigned absent) {
    bool died = false;
    unsigned alone = 0;  // so many steps more
    for (const Step& step : steps) {
        world.happen(step);
        if (alone > 0) {
            if (--alone == 0) {
                world.adopt();
            }
            continue;
        }
        world.react(step);
        if (world.dead()) {
            died = true;
            alone = absent;
            if (alone == 0) {
                world.adopt();
            }
        }
    }
    if (alone > 0) {
        world.adopt();
    }
    return died;
}

}  // namespace

TEST(adoption_leads_to_where_an_undisturbed_daemon_would_be) {
    log_open(LogSink::kStderr, LogLevel::kNone, "smcroute");
    unsigned deaths = 0;
    unsigned certain = 0;
    for (unsigned seed = 0; seed < 400; ++seed) {
        std::mt19937 random(seed);
        const std::string config = RandomConfig(seed + 1000).next();
        const bool default_vifs = random() % 2 == 0;
        const std::vector<Step> steps = random_life(seed);
        World undisturbed(config, default_vifs);
        const size_t first = undisturbed.op_count();
        live(undisturbed, steps, 0);
        const size_t ops = undisturbed.op_count() - first;
        World world(config, default_vifs);
        world.die_at(ops == 0 ? 0 : random() % ops, random() % 2 == 0);
        deaths += live(world, steps, static_cast<unsigned>(random() % 3)) ? 1 : 0;
        undisturbed.settle();
        world.settle();
        EXPECT_EQ(undisturbed.difference(), "");
        EXPECT_EQ(world.difference(), "");
        Lines expected = undisturbed.outcome();
        Lines actual = world.outcome();
        const std::string label = cat({"seed ", std::to_string(seed)});
        expected.push_back(label);
        actual.push_back(label);
        EXPECT_EQ(actual, expected);
        certain += world.in_doubt() ? 0 : 1;
        expect_idle_adoption(world, seed);
    }
    EXPECT(deaths > 300);
    EXPECT(certain > 100);
}

}  // namespace smcroute
