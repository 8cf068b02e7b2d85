// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/session.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "os/unix_socket.h"
#include "test.h"

namespace smcroute {

TEST(session_hears_why_it_is_refused_though_the_daemon_has_closed_before_it_spoke) {
    std::string directory = "/tmp/smcroute-test-XXXXXX";
    REQUIRE(mkdtemp(directory.data()) != nullptr);
    {
        auto listener = Listener::create(directory + "/socket");
        REQUIRE(listener);
        auto session = Session::connect(directory + "/socket");
        REQUIRE(session);
        auto client = listener->accept();
        REQUIRE(client && *client);
        const std::string answer =
            encode_frame(FrameType::kErr, "no") + encode_done(ExitStatus::kNoPermission);
        EXPECT_EQ(send(client->get(), answer.data(), answer.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(answer.size()));
        client->reset();
        std::string said;
        const auto status = session->run(std::vector<std::string>{"show"},
                                         [&said](const Frame& frame) { said += frame.payload; });
        REQUIRE(status);
        EXPECT(*status == ExitStatus::kNoPermission);
        EXPECT_EQ(said, "no");
        const auto gone =
            session->run(std::vector<std::string>{"show"}, [](const Frame& /*frame*/) {});
        REQUIRE(!gone);
        EXPECT_EQ(gone.error().text, "the daemon closed the connection before it answered");
    }
    EXPECT(rmdir(directory.c_str()) == 0);
}

}  // namespace smcroute
