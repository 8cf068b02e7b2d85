// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The loader: turns one configuration file and all it includes (SPEC R12, R13) into statements and
// diagnostics. Files come through FileSource, so that nothing here touches a disk. Each file is
// read at most once a load: an include of a file that was already read adds nothing (it may be
// named by itself and by a pattern); an include of a file that is still being read is a cycle, an
// error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/diagnostic.h"
#include "config/parser.h"

namespace smcroute {

inline constexpr size_t kMaxIncludeDepth = 16;
// As many as Origin.file can index, without kClient.
inline constexpr size_t kMaxFiles = 65534;

class FileSource {
public:
    virtual ~FileSource() = default;

    // The file's content; nothing if there is no such file. An Error names the file and the cause.
    virtual Result<std::optional<std::string>> read(const std::string& path) = 0;
    // The paths that a glob(3) pattern matches, in any order. A '\\' in it quotes the next byte.
    virtual std::vector<std::string> glob(const std::string& pattern) = 0;
    // A warning about the file read last, for example that its owner is not to be trusted.
    virtual std::string doubt(const std::string& /*path*/) { return {}; }
};

// The name that an `include` of this word in that file asks the FileSource for: for glob() if the
// word is a pattern, else for read().
std::string include_target(std::string_view file, std::string_view word);

struct LoadResult {
    std::vector<std::string> files;       // indexed by Origin.file; the main file first
    std::vector<Diagnostic> diagnostics;  // in the order in which the text was read
    bool missing = false;                 // there is no main file; that is no error
};

// Passes the statements to `sink` in the order of the text, those of an included file at the place
// of its include. The caller decides whether errors forbid using what the sink received. `present`
// are the interfaces that exist, if known: for warnings.
LoadResult load(const std::string& path, FileSource& source, StatementSink& sink,
                const Interfaces* present = nullptr);

}  // namespace smcroute
