// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace smcroute {

void check_failed(const char* condition, const char* file, int line) {
    fprintf(stderr, "smcroute: internal error: %s (%s:%d)\n", condition, file, line);
    abort();
}

}  // namespace smcroute
