// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/loader.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kGlobBytes = "*?[";

bool is_pattern(std::string_view word) { return word.find_first_of(kGlobBytes) != word.npos; }

// Up to and including the last '/'.
std::string_view directory_of(std::string_view path) { return path.substr(0, path.rfind('/') + 1); }

// A directory's name must not become part of a pattern.
std::string glob_quoted(std::string_view text) {
    std::string quoted;
    for (const char c : text) {
        if (c == '\\' || kGlobBytes.find(c) != kGlobBytes.npos) {
            quoted += '\\';
        }
        quoted += c;
    }
    return quoted;
}

// One spelling for the paths of one file: without empty, "." and ".." components. Only for
// detecting files that were already read, since with symbolic links a ".." may lead elsewhere.
std::string spelling_of(std::string_view path) {
    std::vector<std::string_view> kept;
    for (std::string_view rest = path; !rest.empty();) {
        const size_t slash = std::min(rest.find('/'), rest.size());
        const std::string_view component = rest.substr(0, slash);
        if (component == ".." && !kept.empty() && kept.back() != "..") {
            kept.pop_back();
        } else if (!component.empty() && component != ".") {
            kept.push_back(component);
        }
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    std::string spelling = path.starts_with('/') ? "/" : "";
    for (const std::string_view component : kept) {
        spelling += compose("{}/", component);
    }
    return spelling;
}

// Passes statements through and follows includes, recursing through the parser.
class Loader : public StatementSink {
public:
    Loader(FileSource& source, StatementSink& sink, const Interfaces* present)
        : source_(source), sink_(sink), present_(present) {}

    LoadResult load_main(const std::string& path);

    void on_route(const RouteSpec& route, const Origin& origin) override {
        sink_.on_route(route, origin);
    }
    void on_join(JoinSpec&& join, const Origin& origin) override {
        sink_.on_join(std::move(join), origin);
    }
    void on_phyint(PhyintSpec&& phyint, const Origin& origin) override {
        sink_.on_phyint(std::move(phyint), origin);
    }
    Status on_include(std::string_view pattern, const Origin& origin) override;

private:
    Status include_file(const std::string& path, bool must_exist);
    Status check_nesting(const std::string& path) const;
    void parse_file(const std::string& path, std::string_view text);
    std::string chain_to(const std::string& path) const;

    FileSource& source_;
    StatementSink& sink_;
    const Interfaces* present_;
    LoadResult result_;
    std::unordered_set<std::string> seen_;  // files read or being read
    std::vector<std::string> open_;         // files being read, the main file first
};

LoadResult Loader::load_main(const std::string& path) {
    const auto content = source_.read(path);
    if (!content) {
        result_.files.push_back(path);
        result_.diagnostics.push_back({.severity = Severity::kError,
                                       .file = path,
                                       .line = 0,
                                       .column = 0,
                                       .text = content.error().text,
                                       .source_line = {},
                                       .width = 0});
    } else if (!content->has_value()) {
        result_.files.push_back(path);
        result_.missing = true;
    } else {
        parse_file(path, **content);
    }
    return std::move(result_);
}

void Loader::parse_file(const std::string& path, std::string_view text) {
    const auto index = static_cast<uint16_t>(result_.files.size());
    result_.files.push_back(path);
    seen_.insert(spelling_of(path));
    open_.push_back(path);
    if (std::string doubt = source_.doubt(path); !doubt.empty()) {
        result_.diagnostics.push_back({.severity = Severity::kWarning,
                                       .file = path,
                                       .text = std::move(doubt),
                                       .source_line = {}});
    }
    parse({.name = path, .text = text, .file = index, .present = present_}, *this,
          result_.diagnostics);
    open_.pop_back();
}

Status Loader::on_include(std::string_view pattern, const Origin&) {
    const std::string target = include_target(open_.back(), pattern);
    if (!is_pattern(pattern)) {
        return include_file(target, true);
    }
    std::vector<std::string> paths = source_.glob(target);
    std::sort(paths.begin(), paths.end());
    std::optional<Error> first_error;
    for (const std::string& path : paths) {
        const Status status = include_file(path, false);
        if (!status && !first_error) {
            first_error = status.error();
        }
    }
    return first_error ? Status(*std::move(first_error)) : Status();
}

// The file is read whole before its text is parsed, and kept until then: nested files are held at
// once, kMaxIncludeDepth at most.
Status Loader::include_file(const std::string& path, bool must_exist) {
    if (Status status = check_nesting(path); !status) {
        return status;
    }
    if (seen_.contains(spelling_of(path))) {
        return {};
    }
    const auto content = source_.read(path);
    if (!content) {
        return content.error();
    }
    if (content->has_value()) {
        parse_file(path, **content);
    } else if (must_exist) {
        return Error{compose("{}{}", kNoFile, printable(path, 200)), ExitStatus::kConfig};
    }
    return {};
}

Status Loader::check_nesting(const std::string& path) const {
    const std::string name = spelling_of(path);
    const bool is_open = std::any_of(open_.begin(), open_.end(), [&](const std::string& open) {
        return spelling_of(open) == name;
    });
    if (is_open) {
        return Error{compose("include cycle: {}", chain_to(path)), ExitStatus::kConfig};
    }
    if (open_.size() > kMaxIncludeDepth) {
        return Error{
            compose("includes nested more than {} deep: {}", kMaxIncludeDepth, chain_to(path)),
            ExitStatus::kConfig};
    }
    if (result_.files.size() >= kMaxFiles) {
        return Error{compose("more than {} files", kMaxFiles), ExitStatus::kConfig};
    }
    return {};
}

// "a.conf -> b.conf -> a.conf"
std::string Loader::chain_to(const std::string& path) const {
    std::string chain;
    for (const std::string& file : open_) {
        chain += compose("{} -> ", printable(file, 200));
    }
    return chain + printable(path, 200);
}

}  // namespace

std::string include_target(std::string_view file, std::string_view word) {
    const std::string_view base = word.starts_with('/') ? "" : directory_of(file);
    return is_pattern(word) ? compose("{}{}", glob_quoted(base), word)
                            : compose("{}{}", base, word);
}

LoadResult load(const std::string& path, FileSource& source, StatementSink& sink,
                const Interfaces* present) {
    return Loader(source, sink, present).load_main(path);
}

}  // namespace smcroute
