// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/ledger_file.h"

#include <string_view>

#include "base/log.h"

namespace smcroute {

Result<std::optional<VifLedger>> LedgerFile::read() const {
    const auto text = file_.read(0, sizeof(VifLedgerBytes));
    if (!text) {
        return text.error();
    }
    if (text->empty()) {
        return std::optional<VifLedger>();
    }
    auto ledger = decode_vif_ledger(std::as_bytes(std::span(*text)));
    if (!ledger) {
        return ledger.error();
    }
    return std::optional(*ledger);
}

void LedgerFile::store(const VifLedger& ledger) {
    const VifLedgerBytes bytes = encode(ledger);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (const Status status = file_.write(0, text); !status) {
        log_err(status.error().text);
    }
}

}  // namespace smcroute
