// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/predecessor.h"

#include <cstdlib>
#include <functional>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "control/protocol.h"
#include "os/passing.h"
#include "os/unix_socket.h"
#include "test.h"

namespace smcroute {

namespace {

using State = Predecessor::State;

// Another process that listens, and answers each connection so, once.
class Other {
public:
    explicit Other(const std::function<void(int)>& answer) {
        EXPECT(mkdtemp(directory_.data()) != nullptr);
        path = directory_ + "/socket";
        auto listener = Listener::create(path);
        process_ = fork();
        if (process_ == 0) {
            listen_anew(listener->fd());
            pollfd entry{.fd = listener->fd(), .events = POLLIN, .revents = 0};
            poll(&entry, 1, 10'000);
            const auto client = listener->accept();
            answer(client && *client ? client->get() : -1);
            char byte = 0;
            fcntl(client->get(), F_SETFL, 0);
            while (recv(client->get(), &byte, 1, 0) > 0) {
            }
            _exit(0);
        }
        listener_.emplace(std::move(*listener));
    }
    ~Other() {
        waitpid(process_, nullptr, 0);
        listener_.reset();
        EXPECT(rmdir(directory_.c_str()) == 0);
    }
    Other(const Other&) = delete;
    Other& operator=(const Other&) = delete;

    std::string path;

private:
    std::string directory_ = "/tmp/smcroute-test-XXXXXX";
    pid_t process_ = 0;
    std::optional<Listener> listener_;
};

void send_text(int socket, std::string_view text, std::span<const int> descriptors = {}) {
    (void)send_passing(socket, std::as_bytes(std::span(text)), descriptors, 0);
}

// A frame of so many names with so many descriptors.
void hand_over(int socket, size_t names, size_t descriptors) {
    std::string text;
    for (size_t i = 0; i < names; ++i) {
        text += compose("join-7-{}\n", i);
    }
    send_text(socket, encode_frame(FrameType::kOut, text),
              std::vector<int>(descriptors, STDERR_FILENO));
}

}  // namespace

TEST(predecessor_is_none_where_nobody_listens) {
    EXPECT(ask_predecessor("/tmp/smcroute-no-such-socket").state == State::kNone);
}

TEST(predecessor_that_runs_is_told_with_what_to_do) {
    const Other other([](int socket) {
        send_text(socket, encode_frame(FrameType::kErr, "smcroute: it runs\n") +
                              encode_done(ExitStatus::kUnavailable));
    });
    const Predecessor found = ask_predecessor(other.path);
    EXPECT(found.state == State::kRuns);
    EXPECT(found.descriptors.empty());
    EXPECT_EQ(in_the_way({.state = State::kRuns, .pid = 12}, "/run/x").text,
              "cannot start: smcroute runs already (process 12, socket /run/x); for another one "
              "beside it give it a name and a table of its own (-i NAME -t ID)");
    EXPECT_EQ(in_the_way({.state = State::kHandsOver}, "/run/x").text,
              "cannot start: the worker of a guard that was killed routes on (socket /run/x); "
              "without --single it is taken over, and -k ends it");
}

TEST(predecessor_hands_over_descriptors_with_their_names) {
    const Other other([](int socket) {
        hand_over(socket, kMostPassed, kMostPassed);
        hand_over(socket, 3, 3);
        send_text(socket, encode_done(ExitStatus::kOk));
    });
    const Predecessor found = ask_predecessor(other.path);
    EXPECT(found.state == State::kHandsOver);
    REQUIRE(found.descriptors.size() == kMostPassed + 3);
    EXPECT_EQ(found.descriptors[kMostPassed + 2].first, "join-7-2");
    for (const auto& [name, fd] : found.descriptors) {
        EXPECT(fcntl(fd.get(), F_GETFD) == FD_CLOEXEC);
    }
}

TEST(predecessor_whose_names_and_descriptors_differ_is_not_believed) {
    const Other other([](int socket) {
        hand_over(socket, 3, 2);
        hand_over(socket, 2, 3);
        hand_over(socket, 1, 1);
        send_text(socket, encode_done(ExitStatus::kOk));
    });
    const Predecessor found = ask_predecessor(other.path);
    EXPECT(found.state == State::kHandsOver);
    EXPECT_EQ(found.descriptors.size(), 1U);
}

TEST(predecessor_that_does_not_know_the_question_is_as_good_as_silent) {
    for (const std::string& answer :
         {encode_done(ExitStatus::kUsage), encode_done(ExitStatus::kNoPermission),
          std::string("\xff\xff\xff\xff rubbish")}) {
        const Other other([&answer](int socket) { send_text(socket, answer); });
        EXPECT(ask_predecessor(other.path).state == State::kSilent);
    }
}

}  // namespace smcroute
