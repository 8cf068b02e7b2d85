// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The library's own handler demangles and prints the type of an uncaught exception. The program is
// built without exceptions, so that is never of use, and it brings 50 kB of demangler with it.

#include <cstdlib>

namespace __gnu_cxx {

void __verbose_terminate_handler();

void __verbose_terminate_handler() {
    abort();
}

}  // namespace __gnu_cxx
