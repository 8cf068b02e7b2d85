// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/output.h"

#include <cerrno>
#include <cstdio>

namespace smcroute {

namespace {

// stdio remembers that something failed, but not why.
int& first_failure() {
    static int error = 0;
    return error;
}

void note_failure(bool failed) {
    if (failed && first_failure() == 0) {
        first_failure() = errno;
    }
}

}  // namespace

void put_out(std::string_view text) {
    note_failure(fwrite(text.data(), 1, text.size(), stdout) != text.size());
}

bool flush_out() {
    note_failure(fflush(stdout) != 0);
    return first_failure() == 0;
}

Status output_status() {
    if (flush_out()) {
        return {};
    }
    return system_error("cannot write to standard output", first_failure());
}

}  // namespace smcroute
