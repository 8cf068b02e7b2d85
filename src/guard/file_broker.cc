// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/file_broker.h"

#include "base/text.h"
#include "config/lexer.h"

namespace smcroute {

Result<std::optional<std::string>> FileBroker::read(const std::string& path) {
    if (path == main_) {
        named_.clear();
    } else if (!named_.contains(path)) {
        return refusal(path);
    }
    auto content = files_.read(path);
    if (content && *content) {
        note_includes(path, **content);
    }
    return content;
}

Result<std::vector<std::string>> FileBroker::glob(const std::string& pattern) {
    if (!named_.contains(pattern)) {
        return refusal(pattern);
    }
    std::vector<std::string> names = files_.glob(pattern);
    named_.insert(names.begin(), names.end());
    return names;
}

// Most files do not contain the word at all; they are not split into lines.
void FileBroker::note_includes(const std::string& path, std::string_view text) {
    constexpr std::string_view kInclude = "include";
    if (text.find(kInclude) == text.npos) {
        return;
    }
    std::vector<std::string_view> words;
    for (LineReader lines(text); lines.next();) {
        // The worker reports lines that cannot be split.
        (void)split_words(lines.line(), words);
        if (words.size() > 1 && words[0] == kInclude) {
            named_.insert(include_target(path, words[1]));
        }
    }
}

Error FileBroker::refusal(const std::string& name) const {
    return Error{compose("cannot read {}: nothing that {} includes has this name",
                         printable(name, 200), main_),
                 ExitStatus::kNoPermission};
}

}  // namespace smcroute
