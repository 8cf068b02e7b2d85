// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Reply: the answer to a command. A success with nothing to report is silent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "os/event_loop.h"

namespace smcroute {

// The rest of an answer that may be long: the next piece is asked for whenever the client has taken
// the last, so that the daemon never holds more than one. The data may change in between.
class Pages {
public:
    enum class More : uint8_t {
        kNo,  // that was the last one
        kYes,
        kLater,  // when the callback of on_ready() says so
    };

    virtual ~Pages() = default;

    // Appends a piece, small enough that no other client has to wait for it, and ends it early if
    // the lookout sees something urgent.
    virtual More next(std::string& out, const Lookout& lookout) = 0;
    // For an answer that waits for events: the callback is called once after each kLater, when
    // there is more. The call comes in the middle of other work, so it may only make a note.
    virtual void on_ready(std::function<void()> /*ready*/) {}
};

// An open descriptor of ours, and its name.
struct NamedDescriptor {
    std::string name;
    int fd = -1;
};

struct Reply {
    ExitStatus status = ExitStatus::kOk;
    std::string out = {};                           // for the client's stdout, whole lines
    std::string details = {};                       // for its stderr, whole lines
    std::unique_ptr<Pages> pages = {};              // for stdout too, after `out`
    std::vector<NamedDescriptor> descriptors = {};  // passed to the client instead of `out`
    std::string reason = {};  // of a failure: one clause, shown last as "smcroute: REASON"
};

inline Reply reply_of(const Error& error) { return {.status = error.status, .reason = error.text}; }

// For a command that was carried out, but was hardly meant that way.
inline constexpr std::string_view kWarningName = "smcroute: warning: ";
inline void warn(Reply& reply, std::string_view text) {
    reply.details += compose("{}{}\n", kWarningName, text);
}

// The text for the client's stderr.
inline std::string error_text(const Reply& reply) {
    return reply.reason.empty() ? reply.details
                                : compose("{}smcroute: {}\n", reply.details, reply.reason);
}

// A text from error_text(), without our name and the last newline.
inline std::string_view without_name(std::string_view complaint) {
    constexpr std::string_view kName = "smcroute: ";
    complaint.remove_prefix(complaint.starts_with(kName) ? kName.size() : 0);
    complaint.remove_suffix(complaint.ends_with('\n') ? 1 : 0);
    return complaint;
}

}  // namespace smcroute
