// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// LedgerFile: the ledger in a file that outlives the process. There are two places in it, written
// in turn, each with the number of the writing behind the ledger's bytes (which tell by themselves
// whether they are whole): whenever the process is killed, the last or the one before is there. The
// number comes last since before it is there, the bytes are whole.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "daemon/ledger.h"
#include "os/random_access_file.h"

namespace smcroute {

class LedgerFile final : public Ledger {
public:
    // Borrows the descriptor.
    explicit LedgerFile(int fd) : file_(fd, "the ledger of VIFs") {}

    // What was stored last; nothing if nothing ever was. Call it before the first store().
    Result<std::optional<VifLedger>> read();

    void store(const VifLedger& ledger) override;

private:
    RandomAccessFile file_;
    uint64_t last_ = 0;
};

}  // namespace smcroute
