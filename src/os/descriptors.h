// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What the process does once, at its very start, about the descriptors it was given.
#pragma once

#include <vector>

#include "base/result.h"

namespace smcroute {

// Opens /dev/null in place of each of stdin, stdout and stderr that is closed, so that no socket
// gets such a number and is written to as a log; and marks every descriptor above close-on-exec, so
// that no script inherits what we were started with.
void prepare_descriptors();

// Closes every descriptor but stdin, stdout, stderr and these; a negative number among them means
// nothing. For a process just forked.
void close_descriptors_but(std::vector<int> keep);

// Raises the soft limit on open descriptors to the hard one: joins need many sockets.
Status raise_fd_limit();

}  // namespace smcroute
