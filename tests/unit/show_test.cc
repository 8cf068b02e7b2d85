// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/show.h"

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "house.h"
#include "mcast/desired_diff.h"
#include "random_config.h"
#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

// False after the last page.
bool turn(Pages& pages, std::string& out, const Lookout& lookout = {}) {
    return pages.next(out, lookout) == Pages::More::kYes;
}

// Turns the pages that are left, and looks at each.
template <typename Look>
std::string rest_of(Pages& pages, const Lookout& lookout, Look look) {
    std::string rest;
    for (bool more = true; more;) {
        std::string page;
        more = turn(pages, page, lookout);
        look(page);
        rest += page;
    }
    return rest;
}

std::string rest_of(Pages& pages) {
    return rest_of(pages, {}, [](const std::string& /*page*/) {});
}

// A loop in which something urgent always waits, so that a page ends as soon as it can.
class Hurry final : private Handler {
public:
    Hurry() : loop_(std::move(*EventLoop::create())) {
        std::array<int, 2> ends{-1, -1};
        EXPECT(pipe2(ends.data(), O_CLOEXEC) == 0);
        near_.reset(ends[0]);
        far_.reset(ends[1]);
        EXPECT(write(far_.get(), "x", 1) == 1);
        EXPECT(static_cast<bool>(loop_.watch_urgent(near_.get(), *this)));
        lookout_.emplace(loop_);
    }
    const Lookout& lookout() const { return *lookout_; }

private:
    void on_event(uint32_t /*events*/) override {}

    EventLoop loop_;
    UniqueFd near_;
    UniqueFd far_;
    std::optional<Lookout> lookout_;
};

// All that the daemon answers, the pages included.
std::string answer_of(House& house, const Lines& words) {
    Lines command = {"--show"};
    command.insert(command.end(), words.begin(), words.end());
    Reply reply = house.run(command);
    EXPECT_EQ(error_text(reply), "");
    return reply.out + (reply.pages ? rest_of(*reply.pages) : "");
}

// As a client without a terminal shows it, except for rates.
std::string shown(House& house, const Lines& words) {
    const Schema& schema = *find_schema(words[0]);
    return rendered(schema, rows_of(schema, answer_of(house, words)));
}

// With each kind of line, and what the lines do: entries of each origin, and counters.
const char* const kConfig =
    "phyint eth1 ttl-threshold 5\n"
    "mgroup from eth0 group 225.1.2.3\n"
    "mgroup from eth0 source 10.0.0.1 group 232.1.1.0/30\n"
    "mgroup from tun0 group ff0e::1\n"
    "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 eth2\n"
    "mroute from eth0 source 2001:db8::1 group ff0e::1 to tun0 eth1\n"
    "mroute from eth0 group 225.9.0.0/16 to eth1\n"
    "mroute from eth0 source 10.0.0.0/8 except 10.1.0.0/16,10.2.0.1 group 225.9.9.0/24 to eth2\n"
    "mroute from eth+ group ff05::/16 to eth2\n";

struct Furnished : House {
    Furnished() : House(kConfig) {
        start();
        run({"--add", "eth2", "10.0.0.7", "225.1.2.4", "eth0"});
        run({"--join", "eth2", "ff05::7"});
        upcall(0, "10.0.0.2", "225.9.9.9");
        upcall(0, "10.1.0.2", "225.9.9.9");
        upcall(0, "10.0.0.2", "226.1.1.1");
        upcall(0, "2001:db8::2", "ff05::2");
        kernel.flow_counters[flow_of("10.0.0.1", "225.1.2.3")] = {
            .packets = 12, .bytes = 16032, .wrong_if = 1};
    }
};

// A line for each row of routes: "SOURCE GROUP: STATE (KIND)".
Lines states_of(const std::string& answer) {
    const Schema& schema = *find_schema("routes");
    Lines states;
    for (const Row& row : rows_of(schema, answer)) {
        states.push_back(compose("{} {}: {} ({})", row[0], row[1], row[column_of(schema, "state")],
                                 row[column_of(schema, "kind")]));
    }
    return states;
}

// A line for each row: "SOURCE GROUP".
Lines flows_of(const std::string& answer) {
    Lines flows;
    for (const Row& row : rows_of(*find_schema("routes"), answer)) {
        flows.push_back(compose("{} {}", row[0], row[1]));
    }
    return flows;
}

// Many exact routes, with sources of 10.0.x.y.
std::string source_of(unsigned i) { return compose("10.0.{}.{}", i / 250, i % 250 + 1); }
std::string many_routes(unsigned count) {
    std::string text;
    for (unsigned i = 0; i < count; ++i) {
        text += compose("mroute from eth0 source {} group 225.1.2.3 to eth1\n", source_of(i));
    }
    return text;
}

// The command that adds what the line of a file asks for; nothing if a client cannot.
Lines command_of(std::string_view line) {
    Lines words;
    for (std::string_view rest = line; !rest.empty();) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        if (word == "phyint" || word == "except") {
            return {};
        }
        if (word == "mroute" || word == "mgroup") {
            words.emplace_back(word == "mroute" ? "add" : "join");
        } else if (word != "from" && word != "source" && word != "group" && word != "to") {
            words.emplace_back(word);
        }
    }
    return words[0] == "add" && line.find(" to ") == line.npos ? Lines{} : words;
}

// Runs what a client can of the lines; how many that were.
size_t add_as_client(House& house, const std::string& lines) {
    size_t count = 0;
    for (std::string_view rest = lines; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() + 1);
        const Lines command = command_of(line);
        if (!command.empty()) {
            EXPECT_EQ(house.run(command).reason, "");
            ++count;
        }
    }
    return count;
}

// What RandomConfig's lines may match comes in by each interface that is there.
void send_streams(House& house) {
    for (unsigned i = 0; i < 2 * 4 * 5; ++i) {
        const bool ipv6 = i % 2 == 1;
        const std::string group = compose("{}{}", ipv6 ? "ff0e::" : "225.1.2.", i / 2 % 4);
        const std::string source = compose("{}{}", ipv6 ? "2001:db8::" : "10.0.0.", i / 8);
        const IfName name = *IfName::parse(compose("eth{}", i % 3));
        const auto slot = house.daemon.state().slots[ipv6 ? 1 : 0].find(name);
        if (slot) {
            house.upcall(*slot, source.c_str(), group.c_str());
        }
    }
}

ptrdiff_t line_count(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST(show_routes_with_every_origin) {
    Furnished house;
    EXPECT_EQ(
        shown(house, {"routes"}),
        R"(SOURCE       GROUP         IIF   OIFS             PACKETS  BYTES  WRONG  AGE  ORIGIN           STATE
10.0.0.1     225.1.2.3     eth0  eth1,eth2             12  16032      1   0s  smcroute.conf:5  not leaving (TTL too low?)
10.0.0.7     225.1.2.4     eth2  eth0                   0      0      0   0s  client           no packet yet
10.0.0.2     225.9.9.9     eth0  eth1,eth2              0      0      0   0s  smcroute.conf:7  no packet yet
10.1.0.2     225.9.9.9     eth0  eth1                   0      0      0   0s  smcroute.conf:7  no packet yet
10.0.0.2     226.1.1.1     eth0  -                      0      0      0   0s  -                blocked: no rule
2001:db8::2  ff05::2       eth0  eth2                   0      0      0   0s  smcroute.conf:9  no packet yet
2001:db8::1  ff0e::1       eth0  eth1,tun0(gone)        0      0      0   0s  smcroute.conf:6  no packet yet
*            225.9.0.0/16  eth0  eth1                   -      -      -    -  smcroute.conf:7  rule, 2 streams
10.0.0.0/8   225.9.9.0/24  eth0  eth2                   -      -      -    -  smcroute.conf:8  rule, 1 stream
*            ff05::/16     eth+  eth2                   -      -      -    -  smcroute.conf:9  rule, 1 stream
)");
}

// Also on the page of another turn, and also after the entry was written again.
TEST(show_routes_tells_for_how_long_entries_have_been_there) {
    Furnished house;
    house.pass(std::chrono::seconds{75});
    house.run({"--add", "eth0", "10.0.0.9", "225.1.2.3", "eth1"});
    house.run({"--add", "eth0", "10.0.0.1", "225.1.2.3", "eth0"});
    house.upcall(0, "10.0.0.3", "225.9.9.9");
    house.pass(std::chrono::hours{3} + std::chrono::minutes{7});
    Lines ages;
    for (const Row& row :
         rows_of(*find_schema("routes"), answer_of(house, {"routes", "225.0.0.0/8"}))) {
        ages.push_back(compose("{} {}", row[0], row[column_of(*find_schema("routes"), "age_s")]));
    }
    EXPECT_EQ(ages, (Lines{"10.0.0.1 11295", "10.0.0.9 11220", "10.0.0.7 11295", "10.0.0.2 11295",
                           "10.0.0.3 11220", "10.1.0.2 11295", "* ", "10.0.0.0/8 "}));
}

TEST(show_routes_of_a_group_or_a_range_and_the_rules_for_it) {
    Furnished house;
    const auto flows = [&house](const char* filter) {
        return flows_of(answer_of(house, {"routes", filter}));
    };
    EXPECT_EQ(flows("225.1.2.3"), Lines{"10.0.0.1 225.1.2.3"});
    EXPECT_EQ(flows("225.1.2.0/24"), (Lines{"10.0.0.1 225.1.2.3", "10.0.0.7 225.1.2.4"}));
    EXPECT_EQ(flows("ff00::/8"),
              (Lines{"2001:db8::2 ff05::2", "2001:db8::1 ff0e::1", "* ff05::/16"}));
    EXPECT_EQ(flows("225.9.1.1"), Lines{"* 225.9.0.0/16"});
    EXPECT_EQ(flows("239.1.1.1"), Lines{});
    // Of all its streams, not only of those in the range.
    EXPECT_EQ(states_of(answer_of(house, {"routes", "225.9.1.1"})),
              Lines{"* 225.9.0.0/16: rule, 2 streams (rule)"});
}

TEST(show_routes_tells_how_long_ago_the_last_packet_came) {
    Furnished house;
    house.set_time(house.now + std::chrono::milliseconds(2500));
    house.kernel.carry(flow_of("10.0.0.2", "225.9.9.9"), 3);
    house.set_time(house.now + std::chrono::milliseconds(40));
    const size_t idle_s = column_of(*find_schema("routes"), "idle_s");
    Lines idle;
    for (const Row& row : rows_of(*find_schema("routes"), answer_of(house, {"routes"}))) {
        idle.push_back(row[idle_s]);
    }
    EXPECT_EQ(idle, (Lines{"2.540", "", "0.040", "", "", "", "", "", "", ""}));
}

// One look tells this much; the words that take two are those of reading_test.
TEST(show_routes_tells_what_becomes_of_a_stream) {
    House house(
        "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1\n"
        "mroute from eth1 source 10.0.0.1 group 225.1.2.4 to eth2\n"
        "mroute from eth0 source 10.0.0.0/8 except 10.0.0.9 group 225.2.0.0/16 to eth1\n"
        "mroute from tun0 source 10.0.0.1 group 225.1.2.5 to eth1\n"
        "mroute from tun0 group 225.6.0.0/16 to eth1\n"
        "mroute from eth0 source 10.0.0.1 group 225.1.2.6\n");
    house.start();
    const auto state = [&house](const char* group) {
        const Lines states = states_of(answer_of(house, {"routes", group}));
        return states.empty() ? "" : states[0];
    };
    const Flow flow = flow_of("10.0.0.1", "225.1.2.3");
    EXPECT_EQ(state("225.1.2.3"), "10.0.0.1 225.1.2.3: no packet yet (static)");
    house.kernel.carry(flow, 3);
    EXPECT_EQ(state("225.1.2.3"), "10.0.0.1 225.1.2.3: not leaving (TTL too low?) (static)");
    house.kernel.counters_of_vifs[{Family::kIpv4, Slot{1}}].packets_out = 1;
    EXPECT_EQ(state("225.1.2.3"), "10.0.0.1 225.1.2.3: arrives (static)");
    house.set_time(house.now + std::chrono::minutes(12));
    EXPECT_EQ(state("225.1.2.3"), "10.0.0.1 225.1.2.3: silent 12m (static)");
    house.kernel.tells_idle_time = false;
    EXPECT_EQ(state("225.1.2.3"), "10.0.0.1 225.1.2.3:  (static)");
    house.kernel.tells_idle_time = true;
    house.kernel.carry(flow, 1);
    Interface eth1 = *house.daemon.state().interfaces.find(*IfName::parse("eth1"));
    eth1.up = false;
    house.kernel.change_interface(eth1);
    house.links();
    EXPECT_EQ(state("225.1.2.3"), "10.0.0.1 225.1.2.3: not leaving: no outbound is up (static)");
    house.kernel.carry(flow_of("10.0.0.1", "225.1.2.6"), 1);
    EXPECT_EQ(state("225.1.2.6"), "10.0.0.1 225.1.2.6: not leaving: no outbound (static)");
    house.kernel.carry(flow_of("10.0.0.1", "225.1.2.4"), 0, 3);
    EXPECT_EQ(state("225.1.2.4"), "10.0.0.1 225.1.2.4: wrong inbound (static)");
    house.upcall(0, "10.0.0.1", "225.1.2.4", Upcall::Kind::kWrongVif);
    EXPECT_EQ(state("225.1.2.4"), "10.0.0.1 225.1.2.4: wrong inbound: comes by eth0 (static)");
    EXPECT_EQ(state("225.1.2.5"), "10.0.0.1 225.1.2.5: pending: tun0 (missing) (static)");
    EXPECT_EQ(state("225.6.1.1"), "* 225.6.0.0/16: rule, pending: tun0 (missing) (rule)");
    EXPECT_EQ(state("225.2.1.1"), "10.0.0.0/8 225.2.0.0/16: rule, no stream yet (rule)");
}

TEST(show_routes_tells_why_a_stream_is_blocked) {
    House house(
        "mroute from eth0 source 10.0.0.3 group 225.4.0.1 to eth1\n"
        "mroute from eth1 group 225.1.2.0/24 to eth2\n"
        "mroute from eth0 source 10.0.0.0/24 except 10.0.0.9 group 225.2.0.0/16 to eth1\n"
        "mroute from eth1 source 10.9.0.0/16 group 225.3.0.0/16 to eth2\n");
    house.start();
    const struct {
        const char* source;
        const char* group;
        std::string_view state;
    } streams[] = {
        {"10.0.0.4", "225.4.0.1",
         "blocked: no rule (nearest smcroute.conf:1 wants source 10.0.0.3)"},
        {"10.0.0.4", "225.1.2.4", "wrong inbound: comes by eth0"},
        {"10.0.0.9", "225.2.0.1", "excepted by smcroute.conf:3"},
        {"10.1.0.9", "225.2.0.1",
         "blocked: no rule (nearest smcroute.conf:3 wants source 10.0.0.0/24)"},
        {"10.0.0.4", "225.3.0.1",
         "blocked: no rule (nearest smcroute.conf:4 wants inbound eth1 and source 10.9.0.0/16)"},
        {"10.0.0.4", "225.5.0.1",
         "blocked: no rule (nearest route of a client wants source 10.0.0.5)"},
        {"10.0.0.4", "239.1.1.1", "blocked: no rule"},
    };
    house.run({"-a", "eth0", "10.0.0.5", "225.5.0.1", "eth1"});
    for (const auto& [source, group, state] : streams) {
        house.upcall(0, source, group);
        const Lines states = states_of(answer_of(house, {"routes", group}));
        const std::string wanted = compose("{} {}: {} (blocked)", source, group, state);
        EXPECT(std::find(states.begin(), states.end(), wanted) != states.end());
    }
}

TEST(show_status_tells_how_many_more_streams_can_be_learned) {
    House house("mroute from eth0 group 225.1.2.0/24 to eth1\n", false,
                {std::chrono::seconds{0}, 2});
    house.start();
    const auto has_room = [&house](std::string_view room) {
        return shown(house, {"status"}).find(compose("room for streams:     {}\n", room)) !=
               std::string::npos;
    };
    house.upcall(0, "10.0.0.1", "225.1.2.1");
    house.upcall(0, "10.0.0.1", "230.1.2.1");
    EXPECT(has_room("1"));
    house.upcall(0, "10.0.0.1", "225.1.2.2");
    EXPECT(has_room("0"));
}

TEST(streams_learned_in_spite_of_the_bound_leave_no_room) {
    House house(
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 1.1.1.1 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 2.2.2.2 group 225.1.2.3 to eth1\n",
        false, {std::chrono::seconds{0}, 1});
    house.start();
    // Each goes on as a learned stream.
    house.run({"remove", "eth0", "1.1.1.1", "225.1.2.3"});
    house.run({"remove", "eth0", "2.2.2.2", "225.1.2.3"});
    EXPECT_EQ(house.daemon.state().streams.size(), size_t{2});
    EXPECT(shown(house, {"status"}).find("room for streams:     0\n") != std::string::npos);
}

TEST(show_routes_counts_the_streams_of_each_rule) {
    House house(
        "mroute from eth0 group 225.1.0.0/16 to eth1\n"
        "mroute from eth0 source 10.0.0.0/8 except 10.0.0.1 group 225.1.2.3 to eth2\n"
        "mroute from eth0 source 10.0.0.0/8 except 10.0.0.2 group 225.1.2.3 to tun0\n"
        "mroute from eth0 source 10.0.0.1 group 225.1.9.9 to eth1\n");
    house.start();
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    house.upcall(0, "10.0.0.2", "225.1.2.3");
    house.upcall(0, "10.0.0.3", "225.1.2.3");
    Lines states = states_of(answer_of(house, {"routes"}));
    states.erase(states.begin(), states.begin() + 4);
    EXPECT_EQ(states, (Lines{"* 225.1.0.0/16: rule, 3 streams (rule)",
                             "10.0.0.0/8 225.1.2.3: rule, 2 streams (rule)",
                             "10.0.0.0/8 225.1.2.3: rule, 2 streams (rule)"}));
}

TEST(show_leaves_rates_to_the_client) {
    House house("");
    house.start();
    for (const char* const what : {"rates", "map"}) {
        EXPECT_EQ(house.run({"--show", what}).reason,
                  compose("the client makes {} of routes and interfaces", what));
    }
}

TEST(show_routes_marks_outbounds_that_are_down_gone_or_without_a_slot) {
    House house(
        "phyint eth2 disable\n"
        "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 eth2 tun0\n");
    house.start();
    house.kernel.add_interface("tun0", 9);
    house.links();
    house.kernel.remove_interface(9);
    Interface eth1 = *house.daemon.state().interfaces.find(*IfName::parse("eth1"));
    eth1.up = false;
    house.kernel.change_interface(eth1);
    house.links();
    EXPECT_EQ(shown(house, {"routes"}),
              "SOURCE    GROUP      IIF   OIFS                                 "
              "PACKETS  BYTES  WRONG  AGE  ORIGIN           STATE\n"
              "10.0.0.1  225.1.2.3  eth0  eth1(down),tun0(gone),eth2(no slot)  "
              "      0      0      0   0s  smcroute.conf:2  no packet yet\n");
    const Schema& schema = *find_schema("routes");
    EXPECT(rendered_json(schema, rows_of(schema, answer_of(house, {"routes"})))
               .find(R"("oifs": ["eth1"], "oifs_down": ["eth1"], "oifs_gone": ["tun0"], )"
                     R"("oifs_no_slot": ["eth2"])") != std::string::npos);
}

// A rule's outbounds may all have gone, or never have been there: the stream is blocked.
TEST(show_routes_and_status_agree_on_what_is_blocked) {
    House house(
        "mroute from eth0 group 225.1.2.0/24 to tun0\n"
        "mroute from eth0 group 225.1.3.0/24 to eth1\n");
    house.start();
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    house.upcall(0, "10.0.0.1", "225.1.3.3");
    const auto states = [&house] {
        const std::string status = shown(house, {"status"});
        std::string text = status.substr(status.find("blocked streams:") + 22, 1);
        for (const Row& row : rows_of(*find_schema("routes"), answer_of(house, {"routes"}))) {
            text += compose(" {}", row[column_of(*find_schema("routes"), "kind")]);
        }
        return text;
    };
    EXPECT_EQ(states(), "1 blocked learned rule rule");
    house.kernel.remove_interface(2);
    house.links();
    EXPECT_EQ(states(), "2 blocked blocked rule rule");
    house.kernel.add_interface("tun0", 8);
    house.kernel.add_interface("eth1", 9);
    house.links();
    EXPECT_EQ(states(), "0 learned learned rule rule");
}

TEST(show_routes_leaves_out_an_outbound_that_no_ttl_exceeds) {
    House house(
        "phyint eth1 ttl-threshold 255\n"
        "mroute from eth0 group 225.1.2.0/24 to eth1\n"
        "mroute from eth0 source 10.0.0.1 group 225.1.4.4 to eth1 eth2\n");
    house.start();
    EXPECT_EQ(house.upcall(0, "10.0.0.1", "225.1.2.3"), Lines{"put (10.0.0.1, 225.1.2.3) 0 >"});
    const auto outbounds = [&house] {
        Lines all;
        for (const Row& row : rows_of(*find_schema("routes"), answer_of(house, {"routes"}))) {
            all.push_back(compose("{} {} {}", row[1], row[3], row.back()));
        }
        return all;
    };
    EXPECT_EQ(outbounds(),
              (Lines{"225.1.2.3  blocked", "225.1.4.4 eth2 static", "225.1.2.0/24 eth1 rule"}));
    EXPECT_EQ(house.difference(), "");
    house.reload("mroute from eth0 group 225.1.2.0/24 to eth1\n");
    EXPECT_EQ(outbounds(), (Lines{"225.1.2.3 eth1 learned", "225.1.2.0/24 eth1 rule"}));
}

TEST(show_routes_does_not_take_a_route_that_waits_for_its_inbound_for_the_entry) {
    House house(
        "mroute from eth0 group 225.1.2.0/24 to eth1\n"
        "mroute from tun0 source 10.0.0.1 group 225.1.2.3 to eth1\n"
        "mroute from tun0 source 10.0.0.1 group 226.1.2.3 to eth1\n");
    house.start();
    house.upcall(0, "10.0.0.1", "225.1.2.3");
    house.upcall(0, "10.0.0.1", "226.1.2.3");
    EXPECT_EQ(states_of(answer_of(house, {"routes"})),
              (Lines{"10.0.0.1 225.1.2.3: no packet yet (learned)",
                     "10.0.0.1 226.1.2.3: blocked: no rule (nearest smcroute.conf:3 wants inbound "
                     "tun0) (blocked)",
                     "* 225.1.2.0/24: rule, 1 stream (rule)"}));
    EXPECT(shown(house, {"status"}).find("blocked streams:      1\n") != std::string::npos);
}

TEST(show_pending_says_why_a_line_waits) {
    House house(
        "phyint eth1 disable\n"
        "mgroup from eth1 group 225.1.2.3\n"
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth0 group ff0e::1 to big0\n");
    house.start();
    house.kernel.add_interface("big0", 70000);
    house.links();
    EXPECT_EQ(answer_of(house, {"pending"}),
              "eth1\tdisabled\tmroute from eth0 group 225.1.2.3 to eth1\tsmcroute.conf:3\n"
              "big0\tindex above 65535\tmroute from eth0 group ff0e::1 to big0\t"
              "smcroute.conf:4\n");
    EXPECT_EQ(house.daemon.status(), "2 routes, 2 pending, 1 group");
    const Reply reply = house.run({"--wait"});
    EXPECT_EQ(reply.status, ExitStatus::kPending);
    EXPECT_EQ(reply.reason, "still waiting for big0 (index above 65535), eth1 (disabled)");
}

TEST(show_pending_has_the_joins_that_were_refused_and_none_that_overlap) {
    House house(
        "mgroup from eth0 group 225.1.2.0/30\n"
        "mgroup from eth0 source 10.0.0.0/31 group 232.1.1.0/31\n"
        "mgroup from eth+ group 225.1.2.0\n"
        "mgroup from eth+ group 225.1.2.1\n"
        "mgroup from wlan+ group 225.1.2.1\n");
    house.kernel.fail_op(3, ENOBUFS);
    house.start();
    EXPECT_EQ(answer_of(house, {"pending"}),
              "eth0\tnot joined\tmgroup from eth0 group 225.1.2.0/30\tsmcroute.conf:1\n"
              "eth+\tnot joined\tmgroup from eth+ group 225.1.2.0\tsmcroute.conf:3\n");
    EXPECT_EQ(house.daemon.status(), "0 routes, 2 pending, 5 groups");
    house.pass(std::chrono::seconds{1});
    EXPECT_EQ(answer_of(house, {"pending"}), "");
}

TEST(show_pending_names_the_interface_that_found_no_slot) {
    std::string config = "mroute from eth0 group 225.1.2.3 to";
    House house("");
    for (unsigned i = 3; i < kSlotCount + 1; ++i) {
        house.kernel.add_interface(compose("eth{}", i).c_str(), i + 1);
    }
    for (unsigned i = 1; i < kSlotCount; ++i) {
        config += compose(" eth{}", i);
    }
    house.files.files["smcroute.conf"] =
        compose("{}\nmroute from eth32 group 225.1.2.4 to eth1\n", config);
    house.start();
    EXPECT_EQ(answer_of(house, {"pending"}),
              "eth32\tno slot\tmroute from eth32 group 225.1.2.4 to eth1\tsmcroute.conf:2\n");
    EXPECT_EQ(house.run({"--wait"}).reason, "still waiting for eth32 (no slot)");
}

TEST(show_rules) {
    Furnished house;
    EXPECT_EQ(
        shown(house, {"rules"}),
        "SOURCE      GROUP         IIF   OIFS  EXCEPT                NOLEARN  ORIGIN\n"
        "*           225.9.0.0/16  eth0  eth1  -                     -        smcroute.conf:7\n"
        "10.0.0.0/8  225.9.9.0/24  eth0  eth2  10.1.0.0/16,10.2.0.1  -        smcroute.conf:8\n"
        "*           ff05::/16     eth+  eth2  -                     -        smcroute.conf:9\n");
}

TEST(show_groups_counts_what_is_joined) {
    Furnished house;
    EXPECT_EQ(shown(house, {"groups"}),
              "SOURCE    GROUP         INTERFACE  JOINED  ORIGIN\n"
              "*         225.1.2.3     eth0            1  smcroute.conf:2\n"
              "10.0.0.1  232.1.1.0/30  eth0            4  smcroute.conf:3\n"
              "*         ff05::7       eth2            1  client\n"
              "*         ff0e::1       tun0            0  smcroute.conf:4\n");
}

TEST(show_groups_in_pages_counts_what_overlaps_and_leaves_out_the_rest) {
    House house(
        "mgroup from eth+ group 225.1.2.0/29\n"
        "mgroup from eth0 group 225.1.2.3\n"
        "mgroup from eth1 source 10.0.0.0/30 group 232.1.1.0/31\n"
        "mgroup from eth1 source 10.0.0.1 group 232.1.1.1\n"
        "mgroup from eth+ group ff05::10/126\n"
        "mgroup from eth2 source 2001:db8::1 group ff3e::1\n");
    house.start();
    const std::string all =
        "*\tff05::10/126\teth+\t12\tsmcroute.conf:5\n"
        "*\t225.1.2.0/29\teth+\t24\tsmcroute.conf:1\n"
        "*\t225.1.2.3\teth0\t1\tsmcroute.conf:2\n"
        "10.0.0.0/30\t232.1.1.0/31\teth1\t8\tsmcroute.conf:3\n"
        "10.0.0.1\t232.1.1.1\teth1\t1\tsmcroute.conf:4\n"
        "2001:db8::1\tff3e::1\teth2\t1\tsmcroute.conf:6\n";
    EXPECT_EQ(answer_of(house, {"groups"}), all);
    const Hurry hurry;
    Reply reply = house.run({"--show", "groups"});
    size_t pages = 0;
    EXPECT_EQ(rest_of(*reply.pages, hurry.lookout(),
                      [&pages](const std::string& page) {
                          EXPECT(line_count(page) <= 1);
                          ++pages;
                      }),
              all);
    EXPECT(pages >= 6);
}

TEST(show_interfaces) {
    Furnished house;
    Interface eth2 = *house.daemon.state().interfaces.find(*IfName::parse("eth2"));
    eth2.up = false;
    house.kernel.change_interface(eth2);
    house.links();
    EXPECT_EQ(
        shown(house, {"interfaces"}),
        R"(INTERFACE  IFINDEX  FLAGS           FAMILY  SLOT  TTL  PKTS-IN  BYTES-IN  PKTS-OUT  BYTES-OUT  BIT/S-IN  BIT/S-OUT  NO-SLOT
eth0             1  up,multicast    IPv4       0    1        0         0         0          0         -          -  -
eth0             1  up,multicast    IPv6       0    -        0         0         0          0         -          -  -
eth1             2  up,multicast    IPv4       1    5        0         0         0          0         -          -  -
eth1             2  up,multicast    IPv6       1    -        0         0         0          0         -          -  -
eth2             3  down,multicast  IPv4       2    1        0         0         0          0         -          -  -
eth2             3  down,multicast  IPv6       2    -        0         0         0          0         -          -  -
)");
}

TEST(show_pending_is_a_row_for_each_interface_waited_for) {
    Furnished house;
    EXPECT_EQ(shown(house, {"pending"}),
              "INTERFACE  REASON   LINE                                                            "
              "ORIGIN\n"
              "tun0       missing  mgroup from tun0 group ff0e::1                                  "
              "smcroute.conf:4\n"
              "tun0       missing  mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1 tun0  "
              "smcroute.conf:6\n");
}

TEST(show_status) {
    Furnished house;
    EXPECT_EQ(shown(house, {"status"}), R"(version:              -
instance:             smcroute
pid:                  0
up:                   0s
guard:                none
worker restarts:      -
last upgrade:         -
file:                 smcroute.conf
last load:            done
last load, ago:       0s
network:              -
table:                -
socket:               -
routes:               3
rules:                3
groups:               4
pending lines:        2
learned streams:      3
blocked streams:      1
room for streams:     65533
IPv4:                 on
IPv6:                 on
IPv4 VIFs:            3
IPv6 MIFs:            3
upcalls:              4
reloads:              0
refused reloads:      0
failures:             0
differences mended:   0
last difference, ago: -
)");
}

TEST(show_status_tells_of_differences_between_record_and_kernel) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    house.kernel.flush_entries();
    (void)house.daemon.audit(house.now);
    house.pass(std::chrono::minutes{3});
    const std::string text = shown(house, {"status"});
    EXPECT(text.find("differences mended:   1\n"
                     "last difference, ago: 3m\n") != text.npos);
}

TEST(show_status_says_why_a_family_is_not_routed) {
    House house("");
    house.kernel.drop_family(Family::kIpv6);
    house.start();
    const std::string text = shown(house, {"status"});
    EXPECT(text.find("\nIPv4:                 on\n"
                     "IPv6:                 off: IPv6 multicast routing is not built into this "
                     "kernel\n") != text.npos);
}

TEST(show_config_has_the_lines_of_the_file_and_of_clients) {
    Furnished house;
    EXPECT_EQ(answer_of(house, {"config"}),
              compose("{}mroute from eth2 source 10.0.0.7 group 225.1.2.4 to eth0\nmgroup from "
                      "eth2 group ff05::7\n",
                      kConfig));
}

TEST(show_says_of_an_empty_daemon_that_there_is_nothing) {
    House house("");
    house.start();
    EXPECT_EQ(shown(house, {"routes"}), "no routes are installed\n");
    EXPECT_EQ(shown(house, {"rules"}), "no rules are configured\n");
    EXPECT_EQ(shown(house, {"groups"}), "no groups are configured\n");
    EXPECT_EQ(shown(house, {"pending"}), "nothing is pending\n");
    EXPECT_EQ(shown(house, {"config"}), "");
}

TEST(show_origins_name_files_as_the_main_file_would) {
    House house("include /etc/more.conf\n");
    house.files.files["/etc/more.conf"] = "mroute from eth0 group 225.1.2.3 to eth1\n";
    house.start();
    EXPECT_EQ(answer_of(house, {"rules"}), "*\t225.1.2.3\teth0\teth1\t\t\t/etc/more.conf:1\n");
}

TEST(show_origins_in_a_file_of_an_odd_name_break_no_row) {
    House house("include /etc/a*.conf\n");
    house.files.matches["/etc/a*.conf"] = {"/etc/a\tb.conf"};
    house.files.files["/etc/a\tb.conf"] =
        "mroute from eth0 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 10.0.0.1 group 225.9.9.9 to eth1\n";
    house.start();
    EXPECT_EQ(answer_of(house, {"rules"}), "*\t225.1.2.3\teth0\teth1\t\t\t/etc/a?b.conf:1\n");
    EXPECT_EQ(
        answer_of(house, {"routes"}),
        "10.0.0.1\t225.9.9.9\teth0\teth1\t\t\t\t0\t0\t0\t0\t\t/etc/a?b.conf:2\tno packet "
        "yet\tstatic\n"
        "*\t225.1.2.3\teth0\teth1\t\t\t\t\t\t\t\t\t/etc/a?b.conf:1\trule, no stream yet\trule\n");
}

TEST(show_leaves_counters_empty_that_the_kernel_does_not_tell) {
    House house("mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1\n");
    house.start();
    house.kernel.flush_entries();
    EXPECT_EQ(answer_of(house, {"routes"}),
              "10.0.0.1\t225.1.2.3\teth0\teth1\t\t\t\t\t\t\t0\t\tsmcroute.conf:1\t\tstatic\n");
}

TEST(show_routes_in_pages_each_bounded_and_together_complete) {
    House house(many_routes(1000));
    house.start();
    Reply reply = house.run({"--show"});
    EXPECT_EQ(reply.out, "");
    size_t pages = 0;
    const std::string all = rest_of(*reply.pages, {}, [&pages](const std::string& page) {
        EXPECT(page.size() < 16384);
        ++pages;
    });
    EXPECT(pages > 5);
    const Lines flows = flows_of(all);
    EXPECT_EQ(std::set<std::string>(flows.begin(), flows.end()).size(), 1000U);
}

TEST(show_pages_end_behind_the_row_during_which_something_became_urgent) {
    const Hurry hurry;
    for (const char* const what : {"routes", "config"}) {
        House house(many_routes(300));
        house.start();
        Reply reply = house.run({"--show", what});
        size_t pages = 0;
        const std::string all =
            rest_of(*reply.pages, hurry.lookout(), [&pages](const std::string& page) {
                EXPECT(line_count(page) <= 1);
                ++pages;
            });
        EXPECT(pages > 300);
        EXPECT_EQ(all, answer_of(house, {what}));
    }
}

// An entry that is there all the time is told exactly once, whatever comes and goes around it.
TEST(show_pages_stay_ordered_and_complete_while_routes_come_and_go) {
    House house(many_routes(1000));
    house.start();
    std::mt19937 random(4);
    std::set<unsigned> gone;
    const Hurry hurry;
    Reply reply = house.run({"--show"});
    const auto change_something = [&](const std::string& /*page*/) {
        const unsigned victim = static_cast<unsigned>(random() % 1000);
        if (gone.insert(victim).second) {
            house.run({"--remove", "eth0", source_of(victim), "225.1.2.3"});
        }
        house.run({"--add", "eth0", source_of(1000 + static_cast<unsigned>(random() % 1000)),
                   "225.1.2.3", "eth1"});
        house.upcall(0, "10.9.9.9", "226.1.1.1");
    };
    const std::string all = rest_of(*reply.pages, hurry.lookout(), change_something);
    std::vector<Flow> flows;
    for (const Row& row : rows_of(*find_schema("routes"), all)) {
        flows.push_back(flow_of(row[0].c_str(), row[1].c_str()));
    }
    EXPECT(std::is_sorted(flows.begin(), flows.end()));
    EXPECT(std::adjacent_find(flows.begin(), flows.end()) == flows.end());
    const std::set<Flow> told(flows.begin(), flows.end());
    for (unsigned i = 0; i < 1000; ++i) {
        const bool stayed = !gone.contains(i);
        EXPECT(!stayed || told.contains(flow_of(source_of(i).c_str(), "225.1.2.3")));
    }
    EXPECT(gone.size() > 100 && gone.size() < 900);
}

// The names of the files that were read, and all else that pages refer to, are new ones then.
TEST(show_pages_go_on_over_a_reload) {
    House house(many_routes(200));
    house.start();
    Reply reply = house.run({"--show"});
    std::string all;
    EXPECT(turn(*reply.pages, all));
    house.files.files["other.conf"] = many_routes(200);
    EXPECT_EQ(error_text(house.reload("include other.conf\n")), "");
    all += rest_of(*reply.pages);
    const std::vector<Row> rows = rows_of(*find_schema("routes"), all);
    EXPECT_EQ(rows.size(), 200U);
    EXPECT_EQ(rows.front()[12], "smcroute.conf:1");
    EXPECT_EQ(rows.back()[12], "other.conf:200");
}

TEST(show_pages_end_when_everything_is_taken_away) {
    House house(many_routes(200));
    house.start();
    Reply reply = house.run({"--show"});
    std::string all;
    EXPECT(turn(*reply.pages, all));
    const std::string first_page = all;
    EXPECT_EQ(error_text(house.reload("")), "");
    EXPECT_EQ(rest_of(*reply.pages), "");
    EXPECT_EQ(all, first_page);
}

TEST(show_config_comes_in_pages_too_and_leaves_out_what_has_gone) {
    House house(many_routes(1000) +
                "mroute from eth0 group 226.0.0.0/8 to eth2\n"
                "mgroup from eth0 group 225.1.2.3\n");
    house.start();
    const Hurry hurry;
    Reply reply = house.run({"--show", "config"});
    EXPECT_EQ(reply.out, "");
    bool changed = false;
    const auto change_once = [&](const std::string& page) {
        if (!page.empty() && !std::exchange(changed, true)) {
            house.run({"--remove", "eth0", source_of(998), "225.1.2.3"});
            house.run({"--remove", "eth0", "226.0.0.0/8"});
            house.run({"--leave", "eth0", "225.1.2.3"});
            // Came later, so it is not told, and the tables under the index are other ones now.
            for (unsigned i = 2000; i < 4000; ++i) {
                house.run({"--add", "eth0", source_of(i), "225.1.2.3", "eth1"});
            }
        }
    };
    const std::string all = rest_of(*reply.pages, hurry.lookout(), change_once);
    std::string expected = many_routes(1000);
    const std::string gone =
        compose("mroute from eth0 source {} group 225.1.2.3 to eth1\n", source_of(998));
    EXPECT_EQ(all, expected.erase(expected.find(gone), gone.size()));
}

TEST(show_config_has_what_there_was_when_it_began) {
    House house(many_routes(1000));
    house.start();
    const Hurry hurry;
    Reply reply = house.run({"--show", "config"});
    std::string all;
    EXPECT(turn(*reply.pages, all, hurry.lookout()));
    EXPECT_EQ(all, "");
    for (unsigned i = 1000; i < 5000; ++i) {
        house.run({"--add", "eth0", source_of(i), "225.1.2.3", "eth1"});
    }
    all += rest_of(*reply.pages);
    EXPECT_EQ(all, many_routes(1000));
}

TEST(show_rules_of_one_key_are_each_told_once) {
    House house(
        "mroute from eth0 source 10.0.0.0/8 except 10.0.0.2 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 10.0.0.0/8 except 10.0.0.1 group 225.1.2.3 to eth2\n");
    house.start();
    EXPECT_EQ(answer_of(house, {"rules"}),
              "10.0.0.0/8\t225.1.2.3\teth0\teth1\t10.0.0.2\t\tsmcroute.conf:1\n"
              "10.0.0.0/8\t225.1.2.3\teth0\teth2\t10.0.0.1\t\tsmcroute.conf:2\n");
}

// What config shows is the same configuration and does the same in the kernel, to streams too: for
// lines of a file and of clients, IPv4 and IPv6. It has the same slots as well, unless lines were
// merged or a client named an interface that the file does not.
TEST(show_config_read_again_is_equal_for_two_hundred_generated_configurations) {
    RandomConfig random(4);
    size_t with_equal_slots = 0;
    size_t of_clients = 0;
    for (int i = 0; i < 200; ++i) {
        const std::string text = random.next();
        House house(text, i % 2 == 0);
        house.start();
        const size_t commands = i % 4 < 2 ? 0 : add_as_client(house, random.next());
        const std::string config = answer_of(house, {"config"});
        FakeFiles files;
        files.files["saved"] = config;
        const ReadConfig saved = read_config("saved", files);
        EXPECT(!has_error(saved.diagnostics));
        EXPECT_EQ(diff(house.daemon.state().desired, saved.desired), Lines{});
        House fresh(config, i % 2 == 0);
        fresh.start();
        const bool equal_slots = commands == 0 && line_count(config) == line_count(text);
        of_clients += commands;
        with_equal_slots += equal_slots ? 1U : 0U;
        for (const bool with_streams : {false, true}) {
            if (with_streams) {
                send_streams(house);
                send_streams(fresh);
            }
            EXPECT_EQ(house.difference(), "");
            EXPECT_EQ(fresh.difference(), "");
            EXPECT_EQ(fresh.kernel.dump_by_name(), house.kernel.dump_by_name());
            EXPECT(!equal_slots || fresh.kernel.dump() == house.kernel.dump());
        }
        EXPECT(!equal_slots || answer_of(fresh, {"config"}) == config);
    }
    EXPECT(with_equal_slots > 20 && of_clients > 200);
}

}  // namespace smcroute
