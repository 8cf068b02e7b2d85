// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The journal (journal.h) as a file, in the byte order of the machine, since no other machine reads
// it:
//
//     8 bytes   kJournalMagic
//     u64       start of the log
//     u64       end of the log
//     u64       check of the two
//
// and somewhere behind it the log: records without gaps, first a snapshot, then commands.
//
//     u32       length of the payload
//     u8        RecordType
//     n bytes   payload
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace smcroute {

inline constexpr std::string_view kJournalMagic = "smcrjnl1";  // with the version
inline constexpr size_t kJournalHeaderSize = 32;
inline constexpr size_t kRecordHeaderSize = 5;
// A log that claims to be longer is damaged; believing it could exhaust memory.
inline constexpr uint64_t kMaxJournal = uint64_t{512} << 20;

// "Words" each end with a NUL byte; an origin is the u16 and the u32 of Origin.
enum class RecordType : uint8_t {
    // A snapshot of a load: every answer of the FileSource, in the order of the questions. The
    // first is the main file.
    kFile = 1,  // u8 RecordedFile, the path as a word, then the text of the file or of the error
    kGlob = 2,  // words: the pattern, then the names it matched
    // A compacted snapshot. It uses words and not the lines of a file, since a client may use names
    // that a line cannot ("#1", "to").
    kName = 3,     // the path of a file that Origin.file indexes; the main file first
    kMention = 4,  // u8 index of the family, words: the interfaces in the order of first mention
    kPhyint = 5,   // origin, the line
    kRoute = 6,    // origin, words: inbound, source, excepts with commas, group, outbounds
    kJoin = 7,     // origin, words: interface, source, group
    // After either kind of snapshot.
    kCommand = 8,  // words
    // In a compacted snapshot: as kRoute, of a rule that says nolearn.
    kNolearn = 9,
};

enum class RecordedFile : uint8_t { kMissing = 0, kContent = 1, kError = 2 };

// The third number in the header. It is no protection against malice: it detects a header that is
// half old, or a stray number.
inline uint64_t journal_check(uint64_t start, uint64_t end) {
    return ~(start ^ std::rotl(end, 29));
}

}  // namespace smcroute
