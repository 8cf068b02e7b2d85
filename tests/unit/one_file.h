// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// OneFile: a configuration of one text, or of no file at all, for tests.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/loader.h"

namespace smcroute::test {

class OneFile final : public FileSource {
public:
    OneFile() = default;
    explicit OneFile(std::string text) : text_(std::move(text)) {}

    Result<std::optional<std::string>> read(const std::string& /*path*/) override { return text_; }
    std::vector<std::string> glob(const std::string& /*pattern*/) override { return {}; }

private:
    std::optional<std::string> text_;
};

}  // namespace smcroute::test
