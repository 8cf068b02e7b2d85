// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/handover.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "in_namespace.h"
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
        cat({handover->upgraded ? " upgraded" : "", handover->ready ? " ready" : ""});
    if (handover->worker) {
        text += cat({" worker=", std::to_string(*handover->worker)});
    }
    for (auto& [name, fd] : handover->descriptors) {
        text += cat({" ", name, "=", std::to_string(fd.release())});
    }
    return text;
}

// What a process finds that has `count` descriptors from number 3 on, and its own pid in LISTEN_PID
// unless there is another; "open" for each of these that is there still.
std::string found(int count, const char* fds, const char* names, const char* pid = nullptr) {
    std::array<int, 2> ends{};
    fflush(stdout);
    EXPECT(pipe(ends.data()) == 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        constexpr int kOutOfTheWay = 50;
        const int out = fcntl(write_end.get(), F_DUPFD, kOutOfTheWay);
        for (int fd = 3; fd < kOutOfTheWay; ++fd) {
            fd < 3 + count ? dup2(STDIN_FILENO, fd) : close(fd);
        }
        setenv("LISTEN_PID", pid != nullptr ? pid : std::to_string(getpid()).c_str(), 1);
        setenv("LISTEN_FDS", fds, 1);
        setenv("LISTEN_FDNAMES", names, 1);
        std::string text = text_of(take_handover());
        for (int fd = 3; fd < 3 + count; ++fd) {
            const int flags = fcntl(fd, F_GETFD);
            text += flags < 0 ? " closed" : (flags & FD_CLOEXEC) != 0 ? " sealed" : " open";
        }
        for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
            text += getenv(name) != nullptr ? cat({" ", name}) : "";
        }
        _exit(write(out, text.data(), text.size()) < 0 ? 1 : 0);
    }
    write_end.reset();
    std::string text = test::read_all(read_end.get());
    EXPECT(waitpid(child, nullptr, 0) == child);
    return text;
}

}  // namespace

TEST(handover_survives_its_own_text) {
    Handover handover{.upgraded = true, .ready = true, .worker = 77, .descriptors = {}};
    handover.descriptors.emplace_back("ipv4-table-default", open_null());
    handover.descriptors.emplace_back("join-77-1", open_null());
    handover.descriptors.emplace_back("join-77-1", open_null());
    handover.descriptors.emplace_back("nothing", UniqueFd());
    const std::string text = encode_handover(handover);
    const auto number = [&handover](size_t i) {
        return std::to_string(handover.descriptors[i].second.get());
    };
    EXPECT_EQ(text, cat({"1 ready=1 worker=77 ipv4-table-default=", number(0),
                         " join-77-1=", number(1), " join-77-1=", number(2)}));
    EXPECT_EQ(text_of(decode_handover(text)),
              cat({" upgraded ready worker=77 ipv4-table-default=", number(0),
                   " join-77-1=", number(1), " join-77-1=", number(2)}));
}

TEST(handover_without_a_worker_or_descriptors) {
    EXPECT_EQ(encode_handover({}), "1 ready=0");
    EXPECT_EQ(text_of(decode_handover("1 ready=0")), " upgraded");
    EXPECT_EQ(text_of(decode_handover("1")), " upgraded");
}

TEST(handover_of_another_version_is_not_for_us) {
    for (const char* const text : {"", "2 ready=1", "11 ready=1", "trial", " 1 ready=1", "1=1"}) {
        EXPECT_EQ(text_of(decode_handover(text)), "(none)");
    }
}

TEST(handover_leaves_out_what_makes_no_sense) {
    for (const char* const text :
         {"1 x", "1 x=", "1 x=-3", "1 x=99999999999", "1 x=3y", "1 worker=0", "1 worker=-1",
          "1 ready=yes", "1  ", "1 worker=", "1 ready=0 ="}) {
        EXPECT_EQ(text_of(decode_handover(text)), " upgraded");
    }
    EXPECT_EQ(text_of(decode_handover("1 x=-1 journal=900 =  ready=1")),
              " upgraded ready journal=900");
}

TEST(handover_gives_descriptors_by_name_and_by_prefix) {
    auto handover = decode_handover("1 join-1-1=901 journal=902 join-1-2=903 journal=904");
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
    const std::string text = cat({"1 ready=1 closed=90001 journal=", std::to_string(number)});
    setenv(kHandoverVariable, text.c_str(), 1);
    Handover handover = take_handover();
    EXPECT(getenv(kHandoverVariable) == nullptr);
    EXPECT(is_sealed(number));
    EXPECT_EQ(handover.descriptors.size(), size_t{1});
    EXPECT_EQ(handover.take("journal").get(), number);
    EXPECT(handover.upgraded && handover.ready);
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
