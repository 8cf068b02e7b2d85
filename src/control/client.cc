// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/client.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "control/batch_reader.h"
#include "control/monitor.h"
#include "control/session.h"
#include "control/spelling.h"
#include "control/tables.h"
#include "control/watcher.h"
#include "os/file.h"
#include "os/network_namespace.h"
#include "os/output.h"
#include "os/owned_path.h"
#include "os/unique_fd.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

constexpr timespec kWaitPause{.tv_sec = 0, .tv_nsec = 50'000'000};

// The daemon's files.
struct Paths {
    const std::string& socket;
    const std::string& pid_file;
};

// Waits until the daemon is there again, as the new program or, if that could not start, as the old
// one.
Result<ExitStatus> run_upgrade(Session& session, const std::vector<std::string>& words,
                               const ClientStyle& style) {
    const auto begun = run_plainly(session, words, style);
    // The daemon may be gone before its answer is sent.
    const bool lost = !begun && begun.error().status == ExitStatus::kUnavailable;
    if (!lost && (!begun || *begun != ExitStatus::kOk)) {
        return begun;
    }
    if (const Status back = session.reconnect(); !back) {
        return back.error();
    }
    const auto status = read_table(session, "status");
    if (!status) {
        return status.error();
    }
    const size_t column = column_of(status->schema(), "last_upgrade");
    if (status->size() > 0 && status->field(0, column) != "done") {
        return Error{"the new program could not start: the one before goes on (see the log)",
                     ExitStatus::kRefused};
    }
    return ExitStatus::kOk;
}

// Refuses to set up routes in a network that this client does not see, if namespaces share /run. If
// /proc does not tell the daemon's namespace, as it tells only root, the daemon is asked.
Status check_network(Session& session, const std::string& socket_path) {
    const std::string ours = network_namespace();
    if (network_namespace(std::to_string(session.daemon())) == ours) {
        return {};
    }
    const auto status = read_table(session, "status");
    if (!status) {
        return status.error();
    }
    const std::string theirs(
        status->size() == 0 ? "" : status->field(0, column_of(status->schema(), "network")));
    if (ours.empty() || theirs.empty() || ours == theirs) {
        return {};
    }
    return Error{
        compose("the daemon at {} is of network namespace {}, this client of {}: use -i NAME for a "
                "daemon of this one, ip netns exec or nsenter to be in that one, or -u if that "
                "daemon is meant",
                socket_path, describe_network_namespace(theirs), describe_network_namespace(ours)),
        ExitStatus::kNoPermission};
}

void keep_first(ExitStatus& first, ExitStatus status) {
    first = first == ExitStatus::kOk ? status : first;
}

// Asks again until nothing is pending or the time is up; the last complaint is shown. A user at a
// terminal also sees the first one, after a while.
Result<ExitStatus> wait_until_settled(Session& session, const std::vector<std::string>& words,
                                      const Wait& wait, const ClientStyle& style) {
    const auto start = std::chrono::steady_clock::now();
    bool told = isatty(STDERR_FILENO) != 1;
    for (;;) {
        std::string complaint;
        const auto status =
            session.run(words, [&complaint](const Frame& frame) { complaint += frame.payload; });
        const auto waited = std::chrono::steady_clock::now() - start;
        const bool last = wait.limit && waited >= *wait.limit;
        if (!status || *status != ExitStatus::kPending || last) {
            print_complaint(std::move(complaint), status ? *status : status.error().status, style);
            return status;
        }
        if (!told && waited >= Session::kTellsAfter) {
            told = true;
            print_complaint(std::move(complaint), *status, style);
        }
        nanosleep(&kWaitPause, nullptr);
    }
}

bool names_no_process(const std::string& pid_file) {
    constexpr size_t kLimit = 64;
    const auto text = read_file(pid_file, kLimit);
    const std::string_view line = text && *text ? std::string_view(**text) : "";
    const auto pid = parse_number<pid_t>(line.substr(0, line.find('\n')));
    return pid && *pid > 0 && kill(*pid, 0) != 0 && errno == ESRCH;
}

// Waits until the daemon is gone, and removes the files that a worker without a guard leaves
// behind.
Result<ExitStatus> run_kill(Session& session, const Paths& paths,
                            const std::vector<std::string>& words, const ClientStyle& style,
                            std::string_view place = {}) {
    const bool is_orphan = session.is_with_orphan();
    const auto status = run_plainly(session, words, style, place);
    if (!status || *status != ExitStatus::kOk) {
        return status;
    }
    OwnedPath socket(is_orphan ? paths.socket : "");
    const std::string second = second_name_of(paths.socket);
    OwnedPath link(is_orphan && links_to(second, paths.socket) ? second : "");
    OwnedPath pid_file(is_orphan && names_no_process(paths.pid_file) ? paths.pid_file : "");
    if (const Status ended = session.wait_for_end(); !ended) {
        socket.let_go();
        link.let_go();
        pid_file.let_go();
        return ended.error();
    }
    return status;
}

// Runs the lines of a batch in order, up to a kill; the first failure decides. Changes of routes
// and groups are sent ahead as long as lines are there. All other commands wait until everything
// sent before has been answered.
class BatchRun {
public:
    BatchRun(Session& session, const Paths& paths, const ClientStyle& style, BatchReader& lines)
        : session_(session), paths_(paths), style_(style), lines_(lines) {}

    ExitStatus run() {
        while (!killed_) {
            auto line = lines_.next(sent_.empty());
            if (!line && sent_.empty()) {
                return first_failure_;
            }
            // Lines of our own batches are written out, or they are a mistake.
            if (line && line->words && style_.as_smcroutectl) {
                line->words = spell_out(*std::move(line->words));
            }
            if (const Status status = line ? take(*line) : take_answer(); !status) {
                fail(status.error());
                return first_failure_;
            }
        }
        // After a kill nothing more can be carried out (SPEC R55); lines after it are reported.
        if (const auto line = lines_.next(true)) {
            fail({compose("{}not carried out: the daemon was killed before", line->place),
                  ExitStatus::kUnavailable});
        }
        return first_failure_;
    }

private:
    // So many commands of at most so many bytes, and their unread answers, fit into a socket.
    static constexpr size_t kSentAhead = 128;
    static constexpr size_t kShort = 512;

    Status take(const BatchLine& line) {
        if (!line.words) {
            const Error& error = line.words.error();
            return refuse({compose("{}{}", line.place, error.text), error.status});
        }
        const std::vector<std::string>& words = *line.words;
        const std::optional<Course> course = course_of(words);
        if (course == Course::kChange && is_short(words)) {
            return send_ahead(line);
        }
        // The daemon says why a command is wrong.
        const auto command = parse_command(words);
        const Show* const show = command ? std::get_if<Show>(&*command) : nullptr;
        const bool is_apart = course == Course::kForClient || course == Course::kAlone;
        if (is_apart && command && show == nullptr) {
            return refuse(
                {compose("{}{} cannot be in a batch", line.place, words[0]), ExitStatus::kUsage});
        }
        if (Status status = take_answers(); !status) {
            return status;
        }
        const bool kills = command && std::holds_alternative<Kill>(*command);
        const auto status = show != nullptr ? run_show(session_, words, *show, style_)
                            : kills         ? run_kill(session_, paths_, words, style_, line.place)
                                            : run_plainly(session_, words, style_, line.place);
        killed_ = kills && status && *status == ExitStatus::kOk;
        return keep(status);
    }

    static bool is_short(const std::vector<std::string>& words) {
        size_t size = 0;
        for (const std::string& word : words) {
            size += word.size() + 1;
        }
        return size <= kShort;
    }

    Status send_ahead(const BatchLine& line) {
        if (const Status queued = session_.queue(*line.words); !queued) {
            return refuse(
                {compose("{}{}", line.place, queued.error().text), queued.error().status});
        }
        sent_.push_back(line.place);
        return sent_.size() < kSentAhead ? Status() : take_answers(kSentAhead / 2);
    }

    Status take_answer() {
        const std::string place = std::move(sent_.front());
        sent_.pop_front();
        return keep(print_answer(session_, style_, place));
    }

    // Takes all answers but `left`.
    Status take_answers(size_t left = 0) {
        while (sent_.size() > left) {
            if (Status status = take_answer(); !status) {
                return status;
            }
        }
        return {};
    }

    Status keep(const Result<ExitStatus>& status) {
        if (!status) {
            return status.error();
        }
        keep_first(first_failure_, *status);
        if (sent_.empty()) {
            (void)flush_out();  // the next line's writer may wait; a failure is told at the end
        }
        return {};
    }

    // A line that is not carried out.
    Status refuse(const Error& why) {
        const Status status = take_answers();
        fail(why);
        return status;
    }
    void fail(const Error& error) {
        print_error(error, style_);
        keep_first(first_failure_, error.status);
    }

    Session& session_;
    const Paths& paths_;
    const ClientStyle& style_;
    BatchReader& lines_;
    std::deque<std::string> sent_;  // the places of unanswered commands
    ExitStatus first_failure_ = ExitStatus::kOk;
    bool killed_ = false;
};

Result<ExitStatus> run_batch(Session& session, const Paths& paths, const Batch& batch,
                             const ClientStyle& style) {
    const UniqueFd file(batch.file.empty() ? -1 : open(batch.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!batch.file.empty() && !file) {
        return system_error(compose("cannot read {}", batch.file), errno);
    }
    BatchReader lines(file ? file.get() : STDIN_FILENO, file ? batch.file : "stdin");
    return BatchRun(session, paths, style, lines).run();
}

Result<ExitStatus> run_command(Session& session, const Paths& paths, const GivenCommand& given,
                               const ClientStyle& style) {
    const auto& [words, command] = given;
    if (const auto* const show = std::get_if<Show>(&command)) {
        return run_show(session, words, *show, style);
    }
    if (std::holds_alternative<Metrics>(command)) {
        return run_metrics(session);
    }
    if (const auto* const each = std::get_if<Watch>(&command)) {
        return watch(session, each->interval, style.json);
    }
    if (std::holds_alternative<Monitor>(command)) {
        return monitor(session, words, style.json);
    }
    if (std::holds_alternative<Kill>(command)) {
        return run_kill(session, paths, words, style);
    }
    if (std::holds_alternative<Upgrade>(command)) {
        return run_upgrade(session, words, style);
    }
    if (const auto* const wait = std::get_if<Wait>(&command)) {
        return wait_until_settled(session, words, *wait, style);
    }
    if (const auto* const batch = std::get_if<Batch>(&command)) {
        return run_batch(session, paths, *batch, style);
    }
    return run_plainly(session, words, style);
}

}  // namespace

ExitStatus run_client(const std::string& socket_path, const std::string& pid_file,
                      std::span<const GivenCommand> commands, const ClientStyle& style) {
    const Paths paths{socket_path, pid_file};
    const bool is_awaited = !std::holds_alternative<Kill>(commands.front().command);
    auto session =
        Session::connect(socket_path, is_awaited ? Session::kPatience : std::chrono::seconds{0});
    if (!session) {
        print_error(session.error(), style);
        return session.error().status;
    }
    if (const Status same = style.any_network ? Status() : check_network(*session, socket_path);
        !same) {
        print_error(same.error(), style);
        return same.error().status;
    }
    ExitStatus first_failure = ExitStatus::kOk;
    for (const GivenCommand& given : commands) {
        const auto status = run_command(*session, paths, given, style);
        if (!status) {
            print_error(status.error(), style);
            keep_first(first_failure, status.error().status);
            break;
        }
        keep_first(first_failure, *status);
        if (*status == ExitStatus::kOk && std::holds_alternative<Kill>(given.command)) {
            break;
        }
    }
    return first_failure;
}

}  // namespace smcroute