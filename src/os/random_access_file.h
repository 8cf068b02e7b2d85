// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RandomAccessFile: a file, open for reading and writing, whose bytes have places: a memfd, or any
// on a disk. It may be sparse: a place that nobody wrote reads as zero and takes no room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace smcroute {

class RandomAccessFile {
public:
    // Borrows the descriptor. `name` is for errors: "cannot write NAME: No space left on device".
    RandomAccessFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    Result<uint64_t> size() const;
    // Fewer bytes than asked for where the file ends before.
    Result<std::string> read(uint64_t offset, size_t size) const;
    // All of the bytes; after an error any part of them may have been written.
    Status write(uint64_t offset, std::string_view bytes);
    Status truncate(uint64_t size);
    // Punches a hole; does nothing where the file system cannot.
    void punch(uint64_t begin, uint64_t end);

private:
    Error failure(std::string_view verb) const;

    int fd_;
    std::string name_;
};

}  // namespace smcroute
