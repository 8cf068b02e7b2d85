// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/handover.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "in_namespace.h"
#include "os/memory_file.h"
#include "test.h"

namespace smcroute {

namespace {

UniqueFd open_null() { return UniqueFd(open("/dev/null", O_RDONLY)); }

bool is_sealed(int fd) { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

// "upgraded ready worker=PID NAME=FD…", without what is not so. Gives the descriptors up, which
// need not be open.
std::string text_of(std::optional<Handover> handover) {
    if (!handover) {
        return "(none)";
    }
    std::string text =
        compose("{}{}", handover->upgraded ? " upgraded" : "", handover->ready ? " ready" : "");
    if (handover->worker) {
        text += compose(" worker={}", *handover->worker);
    }
    if (handover->script) {
        text += compose(" script={}", *handover->script);
    }
    for (auto& [name, fd] : handover->descriptors) {
        text += compose(" {}={}", name, fd.release());
    }
    return text;
}

std::optional<Handover> decode(std::string_view text) { return decode_handover(text, 5); }

// What a process finds that has `count` descriptors from number 3 on, and its own pid in LISTEN_PID
// unless there is another; "open" for each of these that is there still.
std::string found(int count, const char* fds, const char* names, const char* pid = nullptr) {
    const auto [text, ended_well] = test::written_by_child([&](int fd) {
        constexpr int kOutOfTheWay = 50;
        const int out = fcntl(fd, F_DUPFD, kOutOfTheWay);
        for (int each = 3; each < kOutOfTheWay; ++each) {
            each < 3 + count ? dup2(STDIN_FILENO, each) : close(each);
        }
        setenv("LISTEN_PID", pid != nullptr ? pid : std::to_string(getpid()).c_str(), 1);
        setenv("LISTEN_FDS", fds, 1);
        setenv("LISTEN_FDNAMES", names, 1);
        std::string state = text_of(take_handover());
        for (int each = 3; each < 3 + count; ++each) {
            const int flags = fcntl(each, F_GETFD);
            state += flags < 0 ? " closed" : (flags & FD_CLOEXEC) != 0 ? " sealed" : " open";
        }
        for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
            state += getenv(name) != nullptr ? compose(" {}", name) : "";
        }
        return write(out, state.data(), state.size()) == static_cast<ssize_t>(state.size());
    });
    EXPECT(ended_well);
    return text;
}

}  // namespace

TEST(handover_survives_its_own_text) {
    const Handover handover{.upgraded = 5, .ready = true, .worker = 77, .script = 78};
    const std::vector<NamedDescriptor> descriptors = {
        {"ipv4-table-default", 900}, {"join-77-1", 901}, {"join-77-1", 902}, {"nothing", -1}};
    const std::string text = encode_handover(handover, descriptors);
    const std::string_view all =
        " worker=77 script=78 ipv4-table-default=900 join-77-1=901 join-77-1=902";
    EXPECT_EQ(text, compose("1 pid=5 ready=1{}", all));
    EXPECT_EQ(text_of(decode(text)), compose(" upgraded ready{}", all));
}

TEST(handover_without_a_worker_or_descriptors) {
    EXPECT_EQ(encode_handover({.upgraded = 5}, {}), "1 pid=5 ready=0");
    EXPECT_EQ(text_of(decode("1 pid=5 ready=0")), " upgraded");
    EXPECT_EQ(text_of(decode("1 pid=5 ")), " upgraded");
}

TEST(handover_of_another_version_or_process_is_not_for_us) {
    for (const char* const text : {"", "1 ready=1", "2 pid=5 ready=1", "11 pid=5 ready=1", "trial",
                                   " 1 pid=5 ready=1", "1=1", "1 pid=55 ready=1", "1 pid=5"}) {
        EXPECT_EQ(text_of(decode(text)), "(none)");
    }
}

TEST(handover_leaves_out_what_makes_no_sense) {
    for (const char* const text :
         {"x", "x=", "x=-3", "x=99999999999", "x=3y", "worker=0", "worker=-1", "script=0",
          "ready=yes", " ", "worker=", "ready=0 =", "x=0 y=1 z=2"}) {
        EXPECT_EQ(text_of(decode(compose("1 pid=5 {}", text))), " upgraded");
    }
    EXPECT_EQ(text_of(decode("1 pid=5 x=-1 journal=900 =  ready=1")),
              " upgraded ready journal=900");
}

TEST(handover_gives_descriptors_by_name_and_by_prefix) {
    auto handover = decode("1 pid=5 join-1-1=901 journal=902 join-1-2=903 journal=904");
    EXPECT_EQ(handover->take("joi").release(), -1);
    EXPECT_EQ(handover->take("journal").release(), 902);
    auto joins = handover->take_all("join-");
    EXPECT_EQ(joins.size(), size_t{2});
    EXPECT_EQ(joins[0].first, "join-1-1");
    EXPECT_EQ(joins[0].second.release(), 901);
    EXPECT_EQ(joins[1].second.release(), 903);
    EXPECT_EQ(text_of(std::move(handover)), " upgraded journal=904");
}

TEST(handover_takes_what_is_open_and_seals_it) {
    const int number = open_null().release();  // the handover's from here on
    EXPECT(!is_sealed(number));
    const std::string text = compose("1 pid={} ready=1 closed=90001 journal={}", getpid(), number);
    setenv(kHandoverVariable, text.c_str(), 1);
    Handover handover = take_handover();
    EXPECT(getenv(kHandoverVariable) == nullptr);
    EXPECT(is_sealed(number));
    EXPECT_EQ(handover.descriptors.size(), size_t{1});
    EXPECT_EQ(handover.take("journal").get(), number);
    EXPECT(handover.upgraded && handover.ready);
}

TEST(handover_in_a_file_is_the_same) {
    const std::string own = compose("1 pid={} ", getpid());
    for (const auto& [content, wanted] :
         {std::pair(own + "ready=1 x=90001", " upgraded ready"), std::pair(std::string(), ""),
          std::pair(std::string("1 pid=1 ready=1"), "")}) {
        auto file = create_memory_file("test", content);
        REQUIRE(file);
        setenv(kHandoverVariable, compose("{}list={}", own, file->release()).c_str(), 1);
        EXPECT_EQ(text_of(take_handover()), wanted);
    }
    setenv(kHandoverVariable, compose("{}list=90001", own).c_str(), 1);
    EXPECT_EQ(text_of(take_handover()), "");
}

TEST(handover_that_was_left_to_another_process_is_not_for_us) {
    for (const pid_t pid : {0, getppid()}) {
        setenv(kHandoverVariable, compose("1 pid={} ready=1", pid).c_str(), 1);
        EXPECT_EQ(text_of(take_handover()), "");
    }
}

TEST(handover_from_a_manager_has_its_names) {
    EXPECT_EQ(found(2, "2", "journal:join-5-1"), " journal=3 join-5-1=4 sealed sealed");
    EXPECT_EQ(found(2, "2", "journal"), " journal=3 =4 sealed sealed");
    EXPECT_EQ(found(2, "2", "a:b:c"), " a=3 b=4 sealed sealed");
    EXPECT_EQ(found(2, "1", ""), " =3 sealed open");
}

TEST(handover_from_a_manager_that_counts_too_many) {
    EXPECT_EQ(found(2, "3", "a:b:c"), " a=3 b=4 sealed sealed");
}

TEST(handover_from_a_manager_for_another_process_is_left_alone) {
    EXPECT_EQ(found(1, "1", "journal", "1"), " open");
    EXPECT_EQ(found(1, "1", "journal", ""), " open");
    EXPECT_EQ(found(1, "1", "journal", "x"), " open");
}

TEST(handover_from_a_manager_that_makes_no_sense_is_none) {
    for (const char* const count : {"", "0", "-1", "x", "65537", "99999999999"}) {
        EXPECT_EQ(found(1, count, "journal"), " open");
    }
}

TEST(handover_trial_is_that_word_alone) {
    for (const char* const value : {"trial", "trial ", "1 ready=1", ""}) {
        setenv(kHandoverVariable, value, 1);
        EXPECT_EQ(is_trial(), std::string_view(value) == "trial");
    }
    unsetenv(kHandoverVariable);
    EXPECT(!is_trial());
}

}  // namespace smcroute
