// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// JoinRecord: which memberships each join socket has, in a file that outlives the process, since
// the kernel does not report them for a socket. A membership is recorded from before it is joined
// until after it is left. So whenever we are killed, the record may have one too many, but never
// one too few: its reader asks each socket whether a membership is there (JoinSocket::has()).
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "mcast/route.h"
#include "os/random_access_file.h"

namespace smcroute {

class JoinRecord {
public:
    using Place = uint32_t;

    struct Entry {
        Place place = 0;
        uint32_t socket = 0;  // its id, never zero
        unsigned ifindex = 0;
        Flow flow;
    };

    // Borrows the descriptor. Negative: there will be no successor, and nothing is written.
    explicit JoinRecord(int fd);

    // Reads what a predecessor left, before the first add(). Entries that make no sense are left
    // out.
    std::vector<Entry> read();
    // Forgets what a predecessor left.
    void clear();

    Result<Place> add(uint32_t socket, unsigned ifindex, const Flow& flow);
    void remove(Place place);

private:
    bool active_;
    RandomAccessFile file_;
    Place end_ = 0;
    std::vector<Place> free_;  // below the end
};

}  // namespace smcroute
