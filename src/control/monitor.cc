// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/monitor.h"

#include <cerrno>
#include <cstdio>

#include <poll.h>
#include <unistd.h>

#include "control/reply.h"
#include "os/io.h"
#include "os/output.h"
#include "view/event.h"
#include "view/json.h"

namespace smcroute {

namespace {

// False when nobody reads stdout any more. For a pipe the kernel reports this unasked.
bool wait_for_news(const Session& session) {
    pollfd entries[] = {{.fd = session.fd(), .events = POLLIN, .revents = 0},
                        {.fd = STDOUT_FILENO, .events = 0, .revents = 0}};
    retry([&] { return poll(entries, 2, -1); });
    return entries[1].revents == 0;
}

// Prints events as they come.
class EventPrinter final : public RowSink {
public:
    explicit EventPrinter(bool json) : json_(json) {}

    // Each line is written out before the next one.
    void take(Fields event) override {
        if (has_reader_) {
            const std::string line = json_ ? json_line(event_schema(), event) : event_line(event);
            put_out(line);
            has_reader_ = flush_out();
        }
    }
    // An error when nobody reads any more.
    Status wait_for_more(const Session& session) {
        has_reader_ = has_reader_ && wait_for_news(session);
        return has_reader_ ? Status() : Error{"nobody reads the events", ExitStatus::kUnavailable};
    }
    bool has_reader() const { return has_reader_; }

private:
    const bool json_;
    bool has_reader_ = true;
};

}  // namespace

Result<ExitStatus> monitor(Session& session, std::span<const std::string> words, bool json) {
    (void)flush_out();  // a failure is told at the end
    EventPrinter printer(json);
    RowReader rows(event_schema(), printer);
    std::string complaint;
    bool listens = false;
    const auto status = session.run(words, [&](const Frame& frame) {
        // The first line is due at once, the others when something happens.
        session.wait_with([&] { return printer.wait_for_more(session); });
        listens = true;
        if (frame.type != FrameType::kOut) {
            complaint += frame.payload;
            return;
        }
        rows.take(frame.payload);
    });
    session.wait_with(nullptr);
    if (!printer.has_reader()) {
        return ExitStatus::kOk;
    }
    if (!status && listens && status.error().status == ExitStatus::kUnavailable) {
        return Error{"the daemon closed the connection", ExitStatus::kUnavailable};
    }
    if (status && *status != ExitStatus::kOk) {
        return Error{std::string(without_name(complaint)), *status};
    }
    return status;
}

}  // namespace smcroute
