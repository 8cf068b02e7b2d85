// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Gives free memory of our heap back to the system. Only glibc keeps so much that it must be asked.
#pragma once

#include <malloc.h>

namespace smcroute {

inline void give_memory_back() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace smcroute
