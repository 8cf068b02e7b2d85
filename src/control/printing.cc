// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/printing.h"

#include <cstdio>

#include "base/text.h"
#include "control/reply.h"
#include "os/output.h"
#include "view/json.h"

namespace smcroute {

namespace {

constexpr std::string_view kName = "smcroute: ";

// Flushes stdout first: if both go to one place, the texts are in order.
void print_to_stderr(std::string_view text) {
    (void)flush_out();  // a failure is told at the end
    fwrite(text.data(), 1, text.size(), stderr);
}

void print_warning(std::string_view text, const ClientStyle& style) {
    if (style.as_smcroutectl) {
        return;
    }
    print_to_stderr(style.json ? render_json_warning(text) : compose("{}{}\n", kWarningName, text));
}

// Prints the warnings at the beginning of the daemon's complaint, and cuts them off.
void print_warnings(std::string& complaint, const ClientStyle& style, std::string_view place) {
    while (complaint.starts_with(kWarningName)) {
        const size_t end = complaint.find('\n');
        const std::string_view line = std::string_view(complaint).substr(0, end);
        print_warning(compose("{}{}", place, line.substr(kWarningName.size())), style);
        complaint.erase(0, end == complaint.npos ? end : end + 1);
    }
}

}  // namespace

void print_error(const Error& error, const ClientStyle& style) {
    print_to_stderr(style.json ? render_json_error(error.text, static_cast<int>(error.status))
                               : compose("{}{}\n", kName, error.text));
}

void print_complaint(std::string complaint, ExitStatus status, const ClientStyle& style,
                     std::string_view place) {
    print_warnings(complaint, style, place);
    if (complaint.empty()) {
        return;
    }
    if (style.as_smcroutectl) {
        // The last line is the reason.
        complaint.erase(0, complaint.rfind('\n', complaint.size() - 2) + 1);
    }
    if (style.json) {
        complaint = render_json_error(compose("{}{}", place, without_name(complaint)),
                                      static_cast<int>(status));
    } else if (complaint.starts_with(kName)) {
        complaint.insert(kName.size(), place);
    }
    print_to_stderr(complaint);
}

Result<ExitStatus> print_answer(Session& session, const ClientStyle& style,
                                std::string_view place) {
    std::string text;
    std::string complaint;
    const auto status = session.take_answer([&text, &complaint](const Frame& frame) {
        (frame.type == FrameType::kOut ? text : complaint) += frame.payload;
    });
    put_out(text);
    print_complaint(std::move(complaint), status ? *status : status.error().status, style, place);
    return status;
}

Result<ExitStatus> run_plainly(Session& session, const std::vector<std::string>& words,
                               const ClientStyle& style, std::string_view place) {
    const Status queued = session.queue(words);
    return queued ? print_answer(session, style, place) : Result<ExitStatus>(queued.error());
}

}  // namespace smcroute
