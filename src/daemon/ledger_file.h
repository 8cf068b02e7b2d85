// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// LedgerFile: the ledger in a memory file that outlives the process. It is smaller than a page and
// written by one pwrite(), which the kernel does not interrupt within a page when the process is
// killed: the file has either the new ledger or the old one.
#pragma once

#include <optional>

#include "base/result.h"
#include "daemon/ledger.h"
#include "os/random_access_file.h"

namespace smcroute {

class LedgerFile final : public Ledger {
public:
    // Borrows the descriptor.
    explicit LedgerFile(int fd) : file_(fd, "the ledger of VIFs") {}

    // The ledger stored last; nothing if none was ever stored.
    Result<std::optional<VifLedger>> read() const;

    void store(const VifLedger& ledger) override;

private:
    RandomAccessFile file_;
};

}  // namespace smcroute
