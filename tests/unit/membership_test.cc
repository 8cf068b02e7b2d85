// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/membership.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "kernel/join_socket.h"
#include "os/memory_file.h"
#include "test.h"

namespace smcroute {

namespace {

// What the kernel would do, with limits of its own and a record of the sockets.
struct FakeSockets final : public JoinSockets {
    using Group = std::pair<unsigned, Address>;  // by ifindex

    struct Socket {
        Family family = Family::kIpv4;
        uint32_t id = 0;
        std::map<Group, std::set<Address>> groups;  // with the sources; none means any
        bool open = true;
    };

    struct Handle final : public JoinSocket {
        Handle(FakeSockets& owner, size_t index) : sockets(owner), id(index) {}
        ~Handle() override {
            if (sockets.alive) {
                sockets.all[id].open = false;
                sockets.closed.push_back(id);
            }
        }
        int join(const Membership& membership) override { return sockets.join(id, membership); }
        int leave(const Membership& membership) override { return sockets.leave(id, membership); }
        bool has(unsigned ifindex, const Flow& flow) const override {
            const auto group = sockets.all[id].groups.find({ifindex, flow.group});
            return group != sockets.all[id].groups.end() &&
                   (flow.source.is_any() ? group->second.empty()
                                         : group->second.contains(flow.source));
        }

        FakeSockets& sockets;
        size_t id;
    };

    Result<std::unique_ptr<JoinSocket>> open(Family family, uint32_t id) override {
        if (open_error) {
            return *open_error;
        }
        all.push_back({});
        all.back().family = family;
        all.back().id = id;
        return std::unique_ptr<JoinSocket>(std::make_unique<Handle>(*this, all.size() - 1));
    }

    // Of what is open, as somebody else has kept it.
    JoinLegacy inherited() override {
        JoinLegacy left{.sockets = {}, .record = record.get(), .trusted = trusted};
        for (size_t i = 0; i < all.size(); ++i) {
            if (all[i].open) {
                left.sockets[all[i].id] = {all[i].family, std::make_unique<Handle>(*this, i)};
            }
        }
        return left;
    }

    std::optional<GroupUsers> group_users(Family family) override {
        ++readings;
        GroupUsers users;
        for (const Socket& socket : all) {
            for (const auto& [group, sources] : socket.groups) {
                if (socket.open && group.second.family() == family && !dead.contains(group)) {
                    ++users[group];
                }
            }
        }
        for (const Group& group : others) {
            ++users[group];
        }
        return tells_users ? std::optional(users) : std::nullopt;
    }

    int join(size_t id, const Membership& membership) {
        ++calls;
        if (dies_at_call == calls) {
            alive = false;
            return EIO;
        }
        Socket& socket = all[id];
        if (socket.family != membership.flow.family()) {
            return EINVAL;
        }
        const Group key{membership.ifindex, membership.flow.group};
        const auto known = socket.groups.find(key);
        const Address& source = membership.flow.source;
        if (known != socket.groups.end()) {
            if (source.is_any() || known->second.empty()) {
                return EADDRINUSE;
            }
            if (known->second.size() >= sources_each) {
                return ENOBUFS;
            }
        } else if (socket.groups.size() >= groups_each) {
            return full_error;
        }
        auto& sources = socket.groups[key];
        if (!source.is_any()) {
            sources.insert(source);
        }
        return 0;
    }

    int leave(size_t id, const Membership& membership) {
        ++calls;
        if (leave_error != 0) {
            return leave_error;
        }
        Socket& socket = all[id];
        const auto known = socket.groups.find({membership.ifindex, membership.flow.group});
        if (known == socket.groups.end()) {
            return EADDRNOTAVAIL;
        }
        known->second.erase(membership.flow.source);
        if (known->second.empty()) {
            socket.groups.erase(known);
        }
        return 0;
    }

    size_t open_count() const {
        size_t count = 0;
        for (const Socket& socket : all) {
            count += socket.open ? 1 : 0;
        }
        return count;
    }

    // Groups on each socket that was ever opened: "20 20 1".
    std::string spread() const {
        std::string text;
        for (const Socket& socket : all) {
            add_word(text, socket.open ? std::to_string(socket.groups.size()) : "-");
        }
        return text;
    }

    std::vector<Socket> all;
    std::vector<size_t> closed;
    bool alive = true;  // the process; its sockets outlive it
    UniqueFd record;    // its record too
    bool trusted = true;
    bool tells_users = true;
    size_t readings = 0;
    std::set<Group> dead;    // the interface has gone, and come again with its index
    std::set<Group> others;  // what others have joined
    size_t dies_at_call = 0;
    size_t groups_each = 20;
    size_t sources_each = 10;
    int full_error = ENOBUFS;
    int leave_error = 0;
    size_t calls = 0;
    std::optional<Error> open_error;
};

struct Fixture {
    FakeSockets sockets;
    Memberships memberships{sockets};
};

Address number(const char* format, unsigned value) {
    std::array<char, 64> text;
    snprintf(text.data(), text.size(), format, value / 256, value % 256);
    return *Address::parse(text.data());
}

Membership any_source(unsigned group, unsigned ifindex = 2) {
    return {ifindex,
            *IfName::parse("eth0"),
            {number("225.1.%u.%u", group), Address::any(Family::kIpv4)}};
}

Membership with_source(unsigned group, unsigned source) {
    return {
        2, *IfName::parse("eth0"), {number("232.1.%u.%u", group), number("10.1.%u.%u", source)}};
}

Membership ipv6(unsigned group) {
    return {2, *IfName::parse("eth0"), {number("ff0e::%x:%x", group), Address::any(Family::kIpv6)}};
}

// What the kernel refuses is no refusal of ours: the daemon keeps it and tries again.
std::string text(const Status& status) {
    if (status) {
        return "ok";
    }
    return status.error().text + (status.error().status == ExitStatus::kSystem ? "" : " for good");
}

}  // namespace

TEST(memberships_open_a_socket_when_the_others_are_full) {
    Fixture f;
    for (unsigned i = 0; i < 41; ++i) {
        EXPECT_EQ(text(f.memberships.join(any_source(i))), "ok");
    }
    EXPECT_EQ(f.sockets.spread(), "20 20 1");
    EXPECT_EQ(f.memberships.size(), 41U);
}

TEST(memberships_go_on_to_another_socket_when_option_memory_ends) {
    Fixture f;
    f.sockets.full_error = ENOMEM;
    for (unsigned i = 0; i < 25; ++i) {
        EXPECT_EQ(text(f.memberships.join(ipv6(i))), "ok");
    }
    EXPECT_EQ(f.sockets.spread(), "20 5");
}

TEST(memberships_keep_families_and_kinds_on_different_sockets) {
    Fixture f;
    Membership same_group = with_source(1, 1);
    same_group.flow.group = any_source(1).flow.group;
    EXPECT_EQ(text(f.memberships.join(any_source(1))), "ok");
    EXPECT_EQ(text(f.memberships.join(same_group)), "ok");
    EXPECT_EQ(text(f.memberships.join(ipv6(1))), "ok");
    EXPECT_EQ(f.sockets.spread(), "1 1 1");
}

TEST(memberships_spread_the_sources_of_a_group) {
    Fixture f;
    for (unsigned i = 0; i < 25; ++i) {
        EXPECT_EQ(text(f.memberships.join(with_source(1, i + 1))), "ok");
    }
    EXPECT_EQ(f.sockets.spread(), "1 1 1");
    EXPECT_EQ(f.sockets.all[2].groups.begin()->second.size(), 5U);
}

TEST(memberships_find_the_sockets_of_an_earlier_group_of_many_sources) {
    Fixture f;
    for (unsigned group = 0; group < 3; ++group) {
        for (unsigned i = 0; i < 100; ++i) {
            EXPECT_EQ(text(f.memberships.join(with_source(group, i + 1))), "ok");
        }
    }
    EXPECT_EQ(f.sockets.open_count(), 10U);
}

TEST(memberships_use_the_room_that_a_left_group_frees) {
    Fixture f;
    for (unsigned i = 0; i < 40; ++i) {
        EXPECT_EQ(text(f.memberships.join(any_source(i))), "ok");
    }
    EXPECT_EQ(text(f.memberships.leave(any_source(3))), "ok");
    EXPECT_EQ(f.sockets.spread(), "19 20");
    EXPECT_EQ(text(f.memberships.join(any_source(100))), "ok");
    EXPECT_EQ(f.sockets.spread(), "20 20");
}

TEST(memberships_use_the_room_that_a_left_source_frees) {
    Fixture f;
    for (unsigned i = 0; i < 30; ++i) {
        EXPECT_EQ(text(f.memberships.join(with_source(1, i + 1))), "ok");
    }
    // Of each ten the first stays.
    for (unsigned i = 0; i < 30; ++i) {
        if (i % 10 != 0) {
            EXPECT_EQ(text(f.memberships.leave(with_source(1, i + 1))), "ok");
        }
    }
    EXPECT_EQ(f.memberships.size(), 3U);
    for (unsigned i = 0; i < 27; ++i) {
        EXPECT_EQ(text(f.memberships.join(with_source(1, 1000 + i))), "ok");
    }
    EXPECT_EQ(f.sockets.spread(), "1 1 1");
}

TEST(memberships_close_a_socket_with_no_members) {
    Fixture f;
    for (unsigned i = 0; i < 21; ++i) {
        EXPECT_EQ(text(f.memberships.join(any_source(i))), "ok");
    }
    EXPECT_EQ(text(f.memberships.leave(any_source(20))), "ok");
    EXPECT_EQ(f.sockets.spread(), "20 -");
    EXPECT_EQ(text(f.memberships.join(with_source(1, 1))), "ok");
    EXPECT_EQ(text(f.memberships.leave(with_source(1, 1))), "ok");
    EXPECT_EQ(text(f.memberships.join(with_source(1, 1))), "ok");
    EXPECT_EQ(f.sockets.spread(), "20 - - 1");
}

TEST(memberships_ask_the_kernel_once_for_a_duplicate) {
    Fixture f;
    EXPECT_EQ(text(f.memberships.join(any_source(1))), "ok");
    Membership renamed = any_source(1);
    renamed.name = *IfName::parse("wan0");
    EXPECT_EQ(text(f.memberships.join(renamed)), "ok");
    EXPECT_EQ(f.sockets.calls, 1U);
    EXPECT_EQ(text(f.memberships.leave(renamed)), "ok");
    EXPECT_EQ(f.memberships.size(), 0U);
}

TEST(memberships_hold_a_group_on_two_interfaces) {
    Fixture f;
    EXPECT_EQ(text(f.memberships.join(any_source(1, 2))), "ok");
    EXPECT_EQ(text(f.memberships.join(any_source(1, 3))), "ok");
    EXPECT_EQ(f.sockets.spread(), "2");
}

TEST(memberships_leave_nothing_that_is_not_joined) {
    Fixture f;
    EXPECT_EQ(text(f.memberships.leave(any_source(1))), "ok");
    EXPECT_EQ(f.sockets.calls, 0U);
}

TEST(memberships_leave_where_the_interface_is_gone) {
    for (const int error : {ENODEV, EADDRNOTAVAIL}) {
        Fixture f;
        EXPECT_EQ(text(f.memberships.join(any_source(1))), "ok");
        f.sockets.leave_error = error;
        EXPECT_EQ(text(f.memberships.leave(any_source(1))), "ok");
        EXPECT_EQ(f.memberships.size(), 0U);
        EXPECT_EQ(f.sockets.open_count(), 0U);
    }
}

TEST(memberships_keep_what_the_kernel_would_not_leave) {
    Fixture f;
    EXPECT_EQ(text(f.memberships.join(any_source(1))), "ok");
    f.sockets.leave_error = EPERM;
    EXPECT_EQ(text(f.memberships.leave(any_source(1))), "Operation not permitted");
    EXPECT_EQ(f.memberships.size(), 1U);
}

TEST(memberships_name_the_remedy_when_an_empty_socket_takes_nothing) {
    Fixture f;
    f.sockets.groups_each = 0;
    EXPECT_EQ(text(f.memberships.join(any_source(1))),
              "No buffer space available (raise net.ipv4.igmp_max_memberships, "
              "net.ipv4.igmp_max_msf or net.core.optmem_max)");
    EXPECT_EQ(text(f.memberships.join(ipv6(1))),
              "No buffer space available (raise net.ipv6.mld_max_msf or net.core.optmem_max)");
    EXPECT_EQ(f.sockets.open_count(), 0U);
    EXPECT_EQ(f.memberships.size(), 0U);
}

TEST(memberships_pass_on_why_no_socket_opens) {
    Fixture f;
    f.sockets.open_error = Error{"Too many open files", ExitStatus::kSystem};
    EXPECT_EQ(text(f.memberships.join(any_source(1))), "Too many open files");
    EXPECT_EQ(text(f.memberships.join(with_source(1, 1))), "Too many open files");
    f.sockets.open_error = std::nullopt;
    EXPECT_EQ(text(f.memberships.join(with_source(1, 1))), "ok");
    EXPECT_EQ(f.memberships.size(), 1U);
}

TEST(memberships_ask_the_kernel_about_once_for_each_join) {
    constexpr unsigned kJoins = 20000;
    Fixture f;
    for (unsigned i = 0; i < kJoins; ++i) {
        EXPECT_EQ(text(f.memberships.join(any_source(i))), "ok");
    }
    EXPECT_EQ(f.sockets.open_count(), kJoins / 20);
    // Each full socket refuses once.
    EXPECT_EQ(f.sockets.calls, kJoins + kJoins / 20 - 1);
}

TEST(memberships_ask_the_kernel_at_most_thrice_for_each_source) {
    constexpr unsigned kJoins = 20000;
    Fixture f;
    for (unsigned i = 0; i < kJoins; ++i) {
        EXPECT_EQ(text(f.memberships.join(with_source(i / 1000, i % 1000 + 1))), "ok");
    }
    EXPECT_EQ(f.sockets.open_count(), 100U);
    EXPECT(f.sockets.calls < 3 * kJoins);
}

TEST(memberships_end_with_the_newest_socket) {
    FakeSockets sockets;
    {
        Memberships memberships(sockets);
        for (unsigned i = 0; i < 60; ++i) {
            EXPECT_EQ(text(memberships.join(any_source(i))), "ok");
        }
    }
    EXPECT(sockets.closed == (std::vector<size_t>{2, 1, 0}));
}

// ---- Going on with the sockets of a predecessor ----

namespace {

struct Successors {
    Successors() {
        sockets.record = std::move(*create_memory_file("memberships"));
        memberships.emplace(sockets);
    }

    // The process dies, and another begins.
    std::string succeed() {
        sockets.alive = false;
        memberships.reset();
        sockets.alive = true;
        memberships.emplace(sockets);
        sockets.calls = 0;
        sockets.dies_at_call = 0;
        std::vector<FoundMembership> adopted = memberships->adopt();
        std::sort(adopted.begin(), adopted.end());
        std::string text;
        for (const FoundMembership& found : adopted) {
            text += compose(
                "{}{}:{}{}", text.empty() ? "" : " ", found.ifindex,
                found.flow.source.is_any() ? "" : compose("{}@", to_string(found.flow.source)),
                to_string(found.flow.group));
        }
        return text;
    }
    void join(const Membership& membership) {
        EXPECT_EQ(text(memberships->join(membership)), "ok");
    }
    void leave(const Membership& membership) {
        EXPECT_EQ(text(memberships->leave(membership)), "ok");
    }

    FakeSockets sockets;
    std::optional<Memberships> memberships;
};

}  // namespace

TEST(memberships_of_a_predecessor_are_gone_on_with_and_not_touched) {
    Successors successors;
    for (unsigned i = 0; i < 41; ++i) {
        successors.join(any_source(i));
    }
    successors.leave(any_source(3));
    successors.join(ipv6(1));
    successors.succeed();
    EXPECT_EQ(successors.memberships->size(), 41U);
    successors.memberships->release_strangers();
    EXPECT_EQ(successors.sockets.spread(), "19 20 1 1");
    EXPECT_EQ(successors.sockets.calls, 0U);
    // As the predecessor would have gone on: with the room that there is, and other ids.
    successors.join(any_source(100));
    successors.leave(any_source(40));
    successors.leave(ipv6(1));
    EXPECT_EQ(successors.sockets.spread(), "20 20 - -");
    for (unsigned i = 200; i < 221; ++i) {
        successors.join(any_source(i));
    }
    EXPECT_EQ(successors.sockets.all.back().id, 6U);
    successors.succeed();
    EXPECT_EQ(successors.memberships->size(), 61U);
}

TEST(memberships_with_sources_are_gone_on_with) {
    Successors successors;
    for (unsigned i = 0; i < 25; ++i) {
        successors.join(with_source(1, i + 1));
    }
    successors.leave(with_source(1, 1));
    successors.succeed();
    EXPECT_EQ(successors.memberships->size(), 24U);
    for (unsigned i = 30; i < 36; ++i) {
        successors.join(with_source(1, i));
    }
    EXPECT_EQ(successors.sockets.spread(), "1 1 1");
}

TEST(memberships_under_way_when_a_process_dies_are_as_the_socket_has_them) {
    for (const bool done : {false, true}) {
        Successors successors;
        successors.join(any_source(1));
        successors.sockets.dies_at_call = successors.sockets.calls + 1;
        EXPECT_EQ(text(successors.memberships->join(any_source(2))), std::string(strerror(EIO)));
        // The record had it before; what came after was another process's.
        JoinRecord record(successors.sockets.record.get());
        record.read();
        EXPECT(record.add(1, 2, any_source(2).flow));
        if (done) {
            successors.sockets.all[0].groups[{2, any_source(2).flow.group}];
        }
        EXPECT_EQ(successors.succeed(), done ? "2:225.1.0.1 2:225.1.0.2" : "2:225.1.0.1");
        successors.join(any_source(2));
        EXPECT_EQ(successors.sockets.spread(), "2");
        EXPECT_EQ(successors.succeed(), "2:225.1.0.1 2:225.1.0.2");
    }
}

TEST(memberships_without_a_record_are_left_when_they_are_joined_anew) {
    Successors successors;
    successors.join(any_source(1));
    successors.sockets.trusted = false;
    EXPECT_EQ(successors.succeed(), "");
    successors.join(any_source(1));
    EXPECT_EQ(successors.sockets.spread(), "1 1");
    successors.memberships->release_strangers();
    EXPECT_EQ(successors.sockets.spread(), "- 1");
    successors.sockets.trusted = true;
    EXPECT_EQ(successors.succeed(), "2:225.1.0.1");
}

TEST(memberships_are_on_the_sockets_of_their_family_whatever_a_record_says) {
    Successors successors;
    successors.join(any_source(1));
    JoinRecord record(successors.sockets.record.get());
    record.read();
    EXPECT(record.add(1, 2, ipv6(1).flow));
    EXPECT(record.add(1, 2, any_source(1).flow));
    EXPECT(record.add(9, 2, any_source(2).flow));
    EXPECT(record.add(1, 3, any_source(1).flow));
    EXPECT_EQ(successors.succeed(), "2:225.1.0.1");
    successors.leave(any_source(1));
    EXPECT_EQ(successors.sockets.spread(), "-");
}

TEST(memberships_know_which_the_kernel_has_lost) {
    Successors successors;
    successors.join(any_source(1));
    successors.join(any_source(2));
    successors.join(ipv6(1));
    for (unsigned i = 0; i < 15; ++i) {
        successors.join(with_source(1, i + 1));
    }
    EXPECT_EQ(successors.memberships->lost().size(), 0U);
    EXPECT_EQ(successors.sockets.readings, 2U);
    const FakeSockets::Group group{2, any_source(2).flow.group};
    successors.sockets.dead.insert(group);
    // That somebody else is there does not help.
    successors.sockets.others.insert({2, any_source(1).flow.group});
    const auto lost = successors.memberships->lost();
    EXPECT_EQ(lost.size(), 1U);
    EXPECT(lost.front() == (FoundMembership{2, any_source(2).flow}));
    successors.sockets.dead.insert({2, with_source(1, 1).flow.group});
    EXPECT_EQ(successors.memberships->lost().size(), 16U);
    successors.sockets.tells_users = false;
    EXPECT_EQ(successors.memberships->lost().size(), 0U);
}

TEST(joins_leave_384_descriptors_to_all_else_or_half_where_there_are_few) {
    EXPECT_EQ(join_ration(65536), size_t{65152});
    EXPECT_EQ(join_ration(768), size_t{384});
    EXPECT_EQ(join_ration(100), size_t{50});
}

}  // namespace smcroute
