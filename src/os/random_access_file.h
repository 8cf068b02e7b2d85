// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RandomAccessFile: a file, open for reading and writing, that is accessed by offset: a memfd, or
// any file on a disk. It may be sparse: a range that nobody wrote reads as zero and takes no space.
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
    // Returns fewer bytes than asked for if the file ends before.
    Result<std::string> read(uint64_t offset, size_t size) const;
    // Writes all of the bytes; after an error any part of them may have been written.
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
