// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/why.h"

#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "os/output.h"
#include "view/json.h"
#include "why/evidence_of.h"
#include "why/report.h"
#include "why/suspects.h"
#include "why/trace.h"

namespace smcroute {

namespace {

// Looks, and tells a user at a terminal how long that takes.
Status watch_and_tell(const DiagnosisSettings& settings, FileSource& files, Observation& seen) {
    const bool is_told = isatty(STDERR_FILENO) == 1;
    const Tell tell = [](std::chrono::seconds left) {
        fprintf(stderr, "\rsmcroute: watching packets, %lld s left ",
                static_cast<long long>(left.count()));
    };
    Status status = observe(settings, files, is_told ? tell : nullptr, seen);
    if (is_told) {
        fputs("\r\x1b[K", stderr);
    }
    return status;
}

void tell_of_unseen(const Observation& observation, bool json) {
    if (observation.unseen > 0) {
        const std::string text = compose("{} came too fast to be seen: the counts are too low",
                                         count_of(observation.unseen, "packet"));
        fputs(json ? render_json_warning(text).c_str()
                   : compose("smcroute: warning: {}\n", text).c_str(),
              stderr);
    }
}

}  // namespace

Result<ExitStatus> run_why(const StreamFilter& filter, const DiagnosisSettings& settings,
                           FileSource& files) {
    Observation seen;
    if (const Status status = watch_and_tell(settings, files, seen); !status) {
        return status.error();
    }
    tell_of_unseen(seen, settings.json);
    const Suspects suspects = find_suspects(seen, filter);
    EvidenceMaker maker(seen);
    Report report({.json = settings.json,
                   .is_asked = !filter.is_empty(),
                   .seconds = static_cast<unsigned>(settings.watched.count())});
    for (const Suspect& suspect : suspects.list) {
        Judged judged{.evidence = maker.make(suspect), .findings = {}};
        judged.findings = judge(judged.evidence);
        report.add(judged);
    }
    put_out(report.text());
    if (suspects.uncovered > 0 && !settings.json) {
        put_out(compose("{}{} that no line covers (smcroute --trace lists them)\n",
                        count_of(suspects.uncovered, "stream"),
                        suspects.uncovered == 1 ? " arrives" : " arrive"));
    }
    return report.is_ok() ? ExitStatus::kOk : ExitStatus::kRefused;
}

Result<ExitStatus> run_live(ReadConfig config, bool json) {
    Observation seen;
    if (const Status status = look_around(std::move(config), seen); !status) {
        return status.error();
    }
    EvidenceMaker maker(seen);
    std::multimap<Origin, RouteSpec, decltype(&comes_before)> lines(&comes_before);
    seen.lines.for_each(
        [&lines](const RouteSpec& line, const Origin& origin) { lines.emplace(origin, line); });
    std::string text;
    for (const auto& [origin, line] : lines) {
        const auto findings = judge(maker.suppose(line));
        const std::string name = seen.lines.described(line);
        if (!flows(findings)) {
            text += json ? compose("{}{}", text.empty() ? "\n" : ",\n", json_of(name, findings))
                         : compose("{}\n{}", name, text_of(findings));
        }
    }
    const bool is_ok = text.empty();
    put_out(json ? json_of(is_ok, "lines", text) : text);
    return is_ok ? ExitStatus::kOk : ExitStatus::kRefused;
}

Result<ExitStatus> run_trace(const StreamFilter& filter, const DiagnosisSettings& settings,
                             FileSource& files) {
    Observation seen;
    if (const Status status = watch_and_tell(settings, files, seen); !status) {
        return status.error();
    }
    tell_of_unseen(seen, settings.json);
    put_out(trace_text(seen, filter, settings));
    return ExitStatus::kOk;
}

}  // namespace smcroute
