// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/ledger_file.h"

#include <cstring>
#include <string>

#include "base/byte_reader.h"
#include "base/log.h"

namespace smcroute {

namespace {

constexpr uint64_t kPlaceSize = 4096;

uint64_t place_of(uint64_t number) { return (number % 2) * kPlaceSize; }

}  // namespace

Result<std::optional<VifLedger>> LedgerFile::read() {
    std::optional<VifLedger> newest;
    std::optional<Error> damage;
    for (uint64_t place = 0; place < 2; ++place) {
        const auto text = file_.read(place * kPlaceSize, sizeof(VifLedgerBytes) + sizeof(uint64_t));
        if (!text) {
            return text.error();
        }
        ByteReader reader(std::as_bytes(std::span(*text)));
        const auto bytes = reader.take(sizeof(VifLedgerBytes));
        const auto number = reader.read<uint64_t>();
        if (!bytes || !number || *number == 0) {
            continue;  // not written yet
        }
        auto ledger = decode_vif_ledger(*bytes);
        if (!ledger) {
            damage = ledger.error();
        } else if (*number > last_) {
            last_ = *number;
            newest = std::move(*ledger);
        }
    }
    if (!newest && damage) {
        return *damage;
    }
    return newest;
}

void LedgerFile::store(const VifLedger& ledger) {
    const uint64_t number = last_ + 1;
    const VifLedgerBytes bytes = encode(ledger);
    std::string text(bytes.size() + sizeof number, '\0');
    memcpy(text.data(), bytes.data(), bytes.size());
    memcpy(text.data() + bytes.size(), &number, sizeof number);
    if (const Status status = file_.write(place_of(number), text); !status) {
        log_err(status.error().text);
        return;
    }
    last_ = number;
}

}  // namespace smcroute
