// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/monitor.h"

#include <cerrno>
#include <cstdio>

#include <poll.h>
#include <unistd.h>

#include "control/reply.h"
#include "view/event.h"
#include "view/render.h"

namespace smcroute {

namespace {

// False when nobody reads stdout any more. For a pipe the kernel says so unasked.
bool wait_for_news(const Session& session) {
    pollfd entries[] = {{.fd = session.fd(), .events = POLLIN, .revents = 0},
                        {.fd = STDOUT_FILENO, .events = 0, .revents = 0}};
    while (poll(entries, 2, -1) < 0 && errno == EINTR) {
    }
    return entries[1].revents == 0;
}

// False when nobody reads any more. Each line is out before the next.
bool print(const std::string& line) {
    fwrite(line.data(), 1, line.size(), stdout);
    return fflush(stdout) == 0;
}

}  // namespace

Result<ExitStatus> monitor(Session& session, std::span<const std::string> words, bool json) {
    fflush(stdout);
    bool has_reader = true;
    std::string complaint;
    session.wait_with([&] { return has_reader = has_reader && wait_for_news(session); });
    const auto status = session.run(words, [&](const Frame& frame) {
        if (frame.type != FrameType::kOut) {
            complaint += frame.payload;
            return;
        }
        Table events(event_schema());
        events.take(frame.payload);
        for (size_t i = 0; i < events.size() && has_reader; ++i) {
            has_reader = print(json ? json_line(events, i) : event_line(events, i));
        }
    });
    session.wait_with(nullptr);
    if (!has_reader) {
        return ExitStatus::kOk;
    }
    if (!status && status.error().status == ExitStatus::kUnavailable) {
        return Error{"the daemon closed the connection", ExitStatus::kUnavailable};
    }
    if (status && *status != ExitStatus::kOk) {
        return Error{std::string(without_name(complaint)), *status};
    }
    return status;
}

}  // namespace smcroute
