// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/client.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "config/lexer.h"
#include "control/command.h"
#include "control/monitor.h"
#include "control/reply.h"
#include "control/session.h"
#include "control/table_reader.h"
#include "control/watcher.h"
#include "os/file.h"
#include "os/network_namespace.h"
#include "os/output.h"
#include "os/owned_path.h"
#include "view/json.h"
#include "view/metrics.h"
#include "view/render.h"
#include "view/table.h"
#include "view/watch.h"

namespace smcroute {

namespace {

constexpr timespec kWaitPause{.tv_sec = 0, .tv_nsec = 50'000'000};
constexpr timespec kRateInterval{.tv_sec = 1, .tv_nsec = 0};

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

constexpr std::string_view kName = "smcroute: ";

// The daemon's files.
struct Paths {
    const std::string& socket;
    const std::string& pid_file;
};

// What goes to both is in order where both are one.
void print_to_stderr(std::string_view text) {
    (void)flush_out();  // told at the end
    fwrite(text.data(), 1, text.size(), stderr);
}

void print_error(const Error& error, const ClientStyle& style = {}) {
    print_to_stderr(style.json ? render_json_error(error.text, static_cast<int>(error.status))
                               : cat({kName, error.text, "\n"}));
}

void print_warning(std::string_view text, const ClientStyle& style) {
    print_to_stderr(style.json ? render_json_warning(text) : cat({kWarningName, text, "\n"}));
}

// Prints the warnings that what the daemon complains begins with, and cuts them off.
void print_warnings(std::string& complaint, const ClientStyle& style, std::string_view place) {
    while (complaint.starts_with(kWarningName)) {
        const size_t end = complaint.find('\n');
        const std::string_view line = std::string_view(complaint).substr(0, end);
        print_warning(cat({place, line.substr(kWarningName.size())}), style);
        complaint.erase(0, end == complaint.npos ? end : end + 1);
    }
}

// What the daemon says of a command, after its place if it has one.
void print_complaint(std::string complaint, ExitStatus status, const ClientStyle& style,
                     std::string_view place = {}) {
    print_warnings(complaint, style, place);
    if (complaint.empty()) {
        return;
    }
    if (style.json) {
        complaint =
            render_json_error(cat({place, without_name(complaint)}), static_cast<int>(status));
    } else if (complaint.starts_with(kName)) {
        complaint.insert(kName.size(), place);
    }
    print_to_stderr(complaint);
}

// Takes the rows of an answer; what the daemon complains is printed.
Result<ExitStatus> take_rows(Session& session, const std::vector<std::string>& words,
                             const ClientStyle& style, const Schema& schema, RowSink& sink) {
    std::string complaint;
    const auto status = ask_rows(session, words, schema, sink, complaint);
    if (!status || *status != ExitStatus::kOk) {
        print_complaint(std::move(complaint), status ? *status : status.error().status, style);
    }
    return status;
}

std::unique_ptr<Rendering> rendering_of(const Schema& schema, const ClientStyle& style) {
    const bool bold = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nullptr;
    return start_rendering(schema, {.heading = style.heading, .bold = bold, .json = style.json});
}

void print_rendering(const Rendering& rendering) { rendering.give(put_out); }

// Two readings a second apart. The daemon tells counters and knows nothing of the other reading.
Result<ExitStatus> run_rates(Session& session, const std::vector<std::string>& words,
                             const Schema& schema, const ClientStyle& style) {
    std::optional<Reading> reading;
    std::chrono::steady_clock::time_point read_at;
    for (const bool first : {true, false}) {
        Table counters(rate_counters());
        const auto status = take_rows(session, words, style, counters.schema(), counters);
        if (!status || *status != ExitStatus::kOk) {
            return status;
        }
        const auto now = std::chrono::steady_clock::now();
        reading = take_reading(first ? nullptr : &*reading, std::move(counters),
                               now - std::exchange(read_at, now));
        if (first) {
            nanosleep(&kRateInterval, nullptr);
        }
    }
    const auto rates = rendering_of(schema, style);
    give_rates(*reading, !style.json, *rates);
    print_rendering(*rates);
    return ExitStatus::kOk;
}

// What to say besides where no stream has come yet.
Result<std::string> waiting_rules(Session& session) {
    const auto status = read_table(session, "status");
    if (!status) {
        return status.error();
    }
    const std::string_view rules =
        status->size() > 0 ? status->field(0, column_of(status->schema(), "rules")) : "0";
    return rules == "0"   ? std::string()
           : rules == "1" ? "; 1 rule waits for streams (--show rules)"
                          : cat({"; ", rules, " rules wait for streams (--show rules)"});
}

// Rows arrive as they are; what they look like is decided here, where the terminal is.
Result<ExitStatus> run_show(Session& session, const std::vector<std::string>& words,
                            const Show& show, const ClientStyle& style) {
    Schema schema = *find_schema(show.what);
    std::string empty(schema.empty);
    if (show.group || show.interface) {
        empty = cat({"no routes match '", printable(words.back()), "'"});
    } else if (show.what == "routes" && !style.json) {
        const auto rules = waiting_rules(session);
        if (!rules) {
            return rules.error();
        }
        empty += *rules;
    }
    schema.empty = empty;
    if (show.what == "rates") {
        return run_rates(session, words, schema, style);
    }
    const auto rendering = rendering_of(schema, style);
    const auto status = take_rows(session, words, style, schema, *rendering);
    if (status && *status == ExitStatus::kOk) {
        print_rendering(*rendering);
    }
    return status;
}

// Takes the whole answer before it prints, for the daemon does not wait until a pager has been
// read.
Result<ExitStatus> run_plainly(Session& session, const std::vector<std::string>& words,
                               const ClientStyle& style, std::string_view place = {}) {
    std::string text;
    std::string complaint;
    const auto status = session.run(words, [&text, &complaint](const Frame& frame) {
        (frame.type == FrameType::kOut ? text : complaint) += frame.payload;
    });
    put_out(text);
    print_complaint(std::move(complaint), status ? *status : status.error().status, style, place);
    return status;
}

// All or nothing: what follows a failed question would look like routes that are gone.
Result<ExitStatus> run_metrics(Session& session) {
    std::vector<Table> tables;
    for (const std::string_view what : kMetricTables) {
        auto table = read_table(session, what);
        if (!table) {
            return table.error();
        }
        tables.push_back(std::move(*table));
    }
    put_out(render_metrics(tables));
    return ExitStatus::kOk;
}

// Until the daemon is there again, as the new program or, if that could not start, as the old one.
Result<ExitStatus> run_upgrade(Session& session, const std::vector<std::string>& words,
                               const ClientStyle& style) {
    const auto begun = run_plainly(session, words, style);
    // It may be gone before its answer is out.
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

// Not to set up the routes of a network that this client does not see, where namespaces share /run.
// Where /proc does not tell, as it tells nobody but root, the daemon is asked.
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
    return Error{cat({"the daemon at ", socket_path, " is of network namespace ",
                      describe_network_namespace(theirs), ", this client of ",
                      describe_network_namespace(ours),
                      ": use -i NAME for a daemon of this one, ip netns exec or nsenter to be in "
                      "that one, or -u if that daemon is meant"}),
                 ExitStatus::kNoPermission};
}

void keep_first(ExitStatus& first, ExitStatus status) {
    first = first == ExitStatus::kOk ? status : first;
}

// Nothing if the words are no such command.
template <typename Kind>
std::optional<Kind> parsed_as(const std::vector<std::string>& words) {
    const auto command = parse_command(words);
    const Kind* const kind = command ? std::get_if<Kind>(&*command) : nullptr;
    return kind == nullptr ? std::nullopt : std::optional(*kind);
}

// Asks again until nothing is pending or the time is up; the last complaint is the one to show. Who
// sits at a terminal sees the first one too, after a while.
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

// The lines of a batch, one at a time, so that a feed that never ends is obeyed as it comes.
class BatchReader {
public:
    BatchReader(FILE* file, std::string name) : file_(file), name_(std::move(name)) {}
    BatchReader(const BatchReader&) = delete;
    BatchReader& operator=(const BatchReader&) = delete;
    ~BatchReader() { free(line_); }

    // The next line that has words; nothing at the end. An error is that of its line.
    std::optional<Result<std::vector<std::string>>> next() {
        std::vector<std::string_view> words;
        for (;;) {
            const ssize_t size = getline(&line_, &capacity_, file_);
            if (size < 0) {
                return std::nullopt;
            }
            ++number_;
            LineReader line({line_, static_cast<size_t>(size)});
            if (!line.next()) {
                continue;
            }
            auto bad = split_words(line.line(), words);
            bad = bad ? bad : foreign_space_in(words, line.line());
            if (bad) {
                return Error{bad->text, ExitStatus::kUsage};
            }
            if (!words.empty()) {
                return std::vector<std::string>(words.begin(), words.end());
            }
        }
    }
    // "FILE:12: "
    std::string place() const { return cat({name_, ":", std::to_string(number_), ": "}); }

private:
    FILE* file_;
    std::string name_;
    char* line_ = nullptr;  // getline()'s
    size_t capacity_ = 0;
    size_t number_ = 0;
};

// Commands that go on, or that ask for more than one answer, are not.
bool is_for_batch(const std::vector<std::string>& words) {
    const auto command = parse_command(words);
    return !command || std::holds_alternative<Show>(*command) || !is_for_client(*command);
}

bool names_no_process(const std::string& pid_file) {
    constexpr size_t kLimit = 64;
    const auto text = read_file(pid_file, kLimit);
    const std::string_view line = text && *text ? std::string_view(**text) : "";
    const auto pid = parse_number<pid_t>(line.substr(0, line.find('\n')));
    return pid && *pid > 0 && kill(*pid, 0) != 0 && errno == ESRCH;
}

// Until the daemon is gone, and with it the files that a worker without a guard leaves behind.
Result<ExitStatus> run_kill(Session& session, const Paths& paths,
                            const std::vector<std::string>& words, const ClientStyle& style,
                            std::string_view place = {}) {
    const bool is_orphan = session.is_with_orphan();
    const auto status = run_plainly(session, words, style, place);
    if (!status || *status != ExitStatus::kOk) {
        return status;
    }
    OwnedPath socket(is_orphan ? paths.socket : "");
    OwnedPath pid_file(is_orphan && names_no_process(paths.pid_file) ? paths.pid_file : "");
    if (const Status ended = session.wait_for_end(); !ended) {
        socket.let_go();
        pid_file.let_go();
        return ended.error();
    }
    return status;
}

// After a kill nothing more can be carried out (SPEC R55); whoever wrote more is told.
ExitStatus end_after_kill(BatchReader& lines, const ClientStyle& style) {
    if (!lines.next()) {
        return ExitStatus::kOk;
    }
    print_error({cat({lines.place(), "not carried out: the daemon was killed before"}),
                 ExitStatus::kUnavailable},
                style);
    return ExitStatus::kUnavailable;
}

// Runs every line, up to a kill; the first failure decides.
Result<ExitStatus> run_batch(Session& session, const Paths& paths, const Batch& batch,
                             const ClientStyle& style) {
    const File opened(batch.file.empty() ? nullptr : fopen(batch.file.c_str(), "re"), &fclose);
    if (!batch.file.empty() && !opened) {
        return system_error(cat({"cannot read ", batch.file}), errno);
    }
    BatchReader lines(opened ? opened.get() : stdin, opened ? batch.file : "stdin");
    ExitStatus first_failure = ExitStatus::kOk;
    while (const auto words = lines.next()) {
        if (!*words || !is_for_batch(**words)) {
            const std::string why =
                *words ? cat({(**words)[0], " cannot be in a batch"}) : words->error().text;
            print_error({cat({lines.place(), why}), ExitStatus::kUsage}, style);
            keep_first(first_failure, ExitStatus::kUsage);
            continue;
        }
        const auto show = parsed_as<Show>(**words);
        const bool kills = parsed_as<Kill>(**words).has_value();
        const auto status = show    ? run_show(session, **words, *show, style)
                            : kills ? run_kill(session, paths, **words, style, lines.place())
                                    : run_plainly(session, **words, style, lines.place());
        if (!status) {
            return status;
        }
        keep_first(first_failure, *status);
        (void)flush_out();  // who writes the next line may wait for this answer; told at the end
        if (*status == ExitStatus::kOk && kills) {
            keep_first(first_failure, end_after_kill(lines, style));
            break;
        }
    }
    return first_failure;
}

Result<ExitStatus> run_command(Session& session, const Paths& paths,
                               const std::vector<std::string>& words, const ClientStyle& style) {
    if (const auto show = parsed_as<Show>(words)) {
        return run_show(session, words, *show, style);
    }
    if (parsed_as<Metrics>(words)) {
        return run_metrics(session);
    }
    if (const auto each = parsed_as<Watch>(words)) {
        return watch(session, each->interval, style.json);
    }
    if (parsed_as<Monitor>(words)) {
        return monitor(session, words, style.json);
    }
    if (parsed_as<Kill>(words)) {
        return run_kill(session, paths, words, style);
    }
    if (parsed_as<Upgrade>(words)) {
        return run_upgrade(session, words, style);
    }
    if (const auto wait = parsed_as<Wait>(words)) {
        return wait_until_settled(session, words, *wait, style);
    }
    if (const auto batch = parsed_as<Batch>(words)) {
        return run_batch(session, paths, *batch, style);
    }
    return run_plainly(session, words, style);
}

}  // namespace

ExitStatus run_client(const std::string& socket_path, const std::string& pid_file,
                      std::span<const std::vector<std::string>> commands,
                      const ClientStyle& style) {
    const Paths paths{socket_path, pid_file};
    const bool is_awaited = !parsed_as<Kill>(commands.front());
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
    for (const std::vector<std::string>& words : commands) {
        const auto status = run_command(*session, paths, words, style);
        if (!status) {
            print_error(status.error(), style);
            keep_first(first_failure, status.error().status);
            break;
        }
        keep_first(first_failure, *status);
        if (*status == ExitStatus::kOk && parsed_as<Kill>(words)) {
            break;
        }
    }
    return first_failure;
}

}  // namespace smcroute
