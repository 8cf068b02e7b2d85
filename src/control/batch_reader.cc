// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/batch_reader.h"

#include <array>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "config/lexer.h"
#include "os/io.h"

namespace smcroute {

std::optional<BatchLine> BatchReader::next(bool may_wait) {
    std::vector<std::string_view> words;
    while (const auto text = next_text(may_wait)) {
        ++number_;
        LineReader line(*text);
        if (!line.next()) {
            continue;
        }
        auto bad = split_words(line.line(), words);
        bad = bad ? bad : foreign_space_in(words, line.line());
        std::string place = compose("{}:{}: ", name_, number_);
        if (bad) {
            return BatchLine{std::move(place), Error{bad->text, ExitStatus::kUsage}};
        }
        if (!words.empty()) {
            return BatchLine{std::move(place),
                             std::vector<std::string>(words.begin(), words.end())};
        }
    }
    if (failed_with_ != 0) {
        return BatchLine{
            "", system_error(compose("cannot read {}", name_), std::exchange(failed_with_, 0))};
    }
    return std::nullopt;
}

// With its newline, if it has one. The view is valid until the next call.
std::optional<std::string_view> BatchReader::next_text(bool may_wait) {
    size_t newline = buffer_.find('\n', at_);
    while (newline == buffer_.npos && !at_end_) {
        if (!may_wait) {
            return std::nullopt;
        }
        buffer_.erase(0, at_);
        at_ = 0;
        const size_t looked_at = buffer_.size();
        read_more();
        newline = buffer_.find('\n', looked_at);
    }
    const size_t begin = at_;
    at_ = newline == buffer_.npos ? buffer_.size() : newline + 1;
    if (begin == at_) {
        return std::nullopt;
    }
    return std::string_view(buffer_).substr(begin, at_ - begin);
}

void BatchReader::read_more() {
    std::array<char, 16 * 1024> bytes;
    const ssize_t size = retry([&] { return read(fd_, bytes.data(), bytes.size()); });
    at_end_ = size <= 0;
    failed_with_ = size < 0 ? errno : 0;
    buffer_.append(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
}

}  // namespace smcroute
