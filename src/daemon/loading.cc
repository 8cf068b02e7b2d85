// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How the Daemon reads its file, at the start and at a reload, and what it reports about it; the
// rest of the Daemon is in daemon.cc.
#include "daemon/daemon.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "config/if_doubt.h"
#include "config/lint.h"
#include "daemon/host.h"

namespace smcroute {

namespace {

void log_diagnostic(const Diagnostic& diagnostic) {
    const LogLevel level =
        diagnostic.severity == Severity::kError ? LogLevel::kErr : LogLevel::kWarning;
    log_line(level, to_string(diagnostic));
    if (diagnostic.column > 0) {
        const std::string whole = render(diagnostic);
        log_detail(level, std::string_view(whole).substr(whole.find('\n') + 1));
    }
}

std::string missing_line(const IfName& name, const Interfaces& present) {
    return compose("{}; lines that use it are pending", missing_text(name, present));
}

// The first line that names each of these names, which are sorted.
std::vector<Origin> first_mentions(const std::vector<IfName>& names, const Desired& desired) {
    std::vector<Origin> first(names.size(), Origin{.line = UINT32_MAX});
    const auto note = [&](const IfPattern& pattern, const Origin& origin) {
        const auto name = pattern.name();
        const auto it = name ? std::lower_bound(names.begin(), names.end(), *name) : names.end();
        if (it != names.end() && *it == *name) {
            Origin& so_far = first[static_cast<size_t>(it - names.begin())];
            so_far = comes_before(origin, so_far) ? origin : so_far;
        }
    };
    for (const auto& [pattern, phyint] : desired.phyints()) {
        note(pattern, phyint.origin);
    }
    for_each_mention(desired, note);
    return first;
}

// The main file itself, of which then nothing else is said.
bool is_unreadable(const std::vector<Diagnostic>& diagnostics) {
    return !diagnostics.empty() && diagnostics.front().severity == Severity::kError &&
           diagnostics.front().line == 0;
}

// At most as many as for a file with errors.
void warn_of_first(Reply& reply, const std::vector<std::string>& warnings) {
    constexpr size_t kShown = 20;
    for (size_t i = 0; i < std::min(warnings.size(), kShown); ++i) {
        warn(reply, warnings[i]);
    }
    if (warnings.size() > kShown) {
        warn(reply, compose("and {} more (see the log)", warnings.size() - kShown));
    }
}

}  // namespace

void Daemon::note_load(TimePoint now, std::string result) {
    loaded_ = Moment{now, events_.now()};
    load_result_ = std::move(result);
}

ReadConfig Daemon::read_at_start(TimePoint now) {
    ReadConfig config = read_config(settings_.config_file, files_, &state_.interfaces);
    if (config.missing) {
        // A typo in the option's argument is visible only here.
        log_line(settings_.config_named ? LogLevel::kWarning : LogLevel::kNotice,
                 compose("no {}, waiting for commands", settings_.config_file));
    }
    bound(config.diagnostics, settings_.config_file);
    std::for_each(config.diagnostics.begin(), config.diagnostics.end(), log_diagnostic);
    const std::string summary = summary_of(config.diagnostics);
    note_load(now, config.missing    ? compose("no {}", settings_.config_file)
                   : summary.empty() ? "done"
                                     : summary);
    return config;
}

// An include may lead to any file, even to one that not everybody may read.
Result<ReadConfig, Daemon::Refused> Daemon::read_for_reload(Access by) {
    if (settings_.guard.starts_with("gone")) {
        return Refused{reply_of(guard_gone(settings_.guard)), {}};
    }
    ReadConfig config = read_config(settings_.config_file, files_, &state_.interfaces);
    bound(config.diagnostics, settings_.config_file);
    const bool is_read = settings_.lenient ? !is_unreadable(config.diagnostics)
                                           : !config.missing && !has_error(config.diagnostics);
    if (is_read) {
        return config;
    }
    Reply reply{.status = ExitStatus::kConfig};
    for (const Diagnostic& diagnostic : config.diagnostics) {
        reply.details += by == Access::kRead ? compose("{}: {}", place_of(diagnostic),
                                                       to_string(diagnostic.severity))
                                             : render(diagnostic);
        reply.details += '\n';
    }
    reply.reason =
        config.missing ? compose("there is no {}: nothing was changed", settings_.config_file)
        : by == Access::kRead
            ? compose("{} has errors, of which only root is shown the text", settings_.config_file)
            : compose("{} has errors: nothing was changed", settings_.config_file);
    return Refused{std::move(reply), std::move(config.diagnostics)};
}

// The text of a file goes only to the log: readers see this summary.
std::string Daemon::summary_of(std::span<const Diagnostic> diagnostics) {
    const auto is_error = [](const Diagnostic& each) { return each.severity == Severity::kError; };
    const auto first = std::find_if(diagnostics.begin(), diagnostics.end(), is_error);
    if (first == diagnostics.end()) {
        return "";
    }
    const auto more = static_cast<size_t>(std::count_if(first + 1, diagnostics.end(), is_error));
    return compose("{} has an error ({}see the log)", place_of(*first),
                   more == 0 ? "" : compose("{} more; ", more));
}

Reply Daemon::reload(TimePoint now) {
    state_.installed.set_time(now);
    hooks_.reloading();
    auto read = read_for_reload(Access::kChange);
    if (!read) {
        Refused& refused = read.error();
        std::for_each(refused.diagnostics.begin(), refused.diagnostics.end(), log_diagnostic);
        log_err(refused.reply.reason);
        const std::string place = summary_of(refused.diagnostics);
        const std::string summary = place.empty() ? refused.reply.reason : place;
        ++refused_reloads_;
        note_load(now, compose("refused: {}", summary));
        last_refusal_ = compose("reload refused: {}; ", summary);
        events_.record({.what = "reload-refused", .detail = summary});
        hooks_.reload_refused();
        return std::move(refused.reply);
    }
    std::for_each(read->diagnostics.begin(), read->diagnostics.end(), log_diagnostic);
    std::vector<std::string> warnings;
    for (const Diagnostic& diagnostic : read->diagnostics) {
        warnings.push_back(compose("{}: {}", place_of(diagnostic), diagnostic.text));
    }
    adopt(*std::move(read), now);
    Reply reply = reply_of(settle(Scope::everything(), now));
    const std::vector<std::string> missing = report_missing_interfaces();
    warnings.insert(warnings.end(), missing.begin(), missing.end());
    warn_of_first(reply, warnings);
    ++reloads_;
    note_load(now, "done");
    last_refusal_.clear();
    log_notice(compose("reloaded {}: {}", settings_.config_file, status()));
    events_.record({.what = "reloaded", .detail = status()});
    hooks_.reloaded();
    return reply;
}

// Replaces what is desired by `config`. A stream whose exact route goes but which a rule covers
// lives on as a learned one; a stream that has an exact route now becomes the route's once that
// route has an inbound.
void Daemon::adopt(ReadConfig config, TimePoint now) {
    Desired& desired = config.desired;
    InOrder wanted(desired.routes());
    for (const auto& [flow, route] : state_.desired.routes()) {
        const std::optional<IfName> inbound = route.path->inbound.name();
        if (wanted.find(flow) == nullptr && state_.streams.find(flow) == nullptr &&
            state_.installed.find(flow) != nullptr && desired.rules().any_match(*inbound, flow)) {
            keeper_.take_over(flow, *inbound, now);
        }
    }
    state_.desired = std::move(desired);
    files_read_ = std::move(config.files);
    laid_out_names_.reset();
}

std::vector<IfName> Daemon::missing_interfaces() const {
    std::set<IfName> missing;
    for (const Family family : kFamilies) {
        for (const IfPattern& pattern : state_.desired.named(family)) {
            const auto name = pattern.name();
            if (name && state_.interfaces.find(*name) == nullptr) {
                missing.insert(*name);
            }
        }
    }
    return {missing.begin(), missing.end()};
}

std::vector<std::string> Daemon::report_missing_interfaces() const {
    std::vector<std::string> texts;
    const std::vector<IfName> missing = missing_interfaces();
    if (missing.empty()) {
        return texts;
    }
    const std::vector<Origin> origins = first_mentions(missing, state_.desired);
    for (size_t i = 0; i < missing.size(); ++i) {
        texts.push_back(compose("{}: {}", place_of(origins[i], files_read_),
                                missing_line(missing[i], state_.interfaces)));
        log_warning(texts.back());
    }
    return texts;
}

void Daemon::report_missing(std::span<const IfPattern> named, uint64_t names_before) const {
    if (state_.desired.names_version() == names_before) {
        return;
    }
    for (const IfPattern& pattern : named) {
        const auto name = pattern.name();
        if (name && state_.interfaces.find(*name) == nullptr) {
            log_warning(missing_line(*name, state_.interfaces));
        }
    }
}

}  // namespace smcroute
