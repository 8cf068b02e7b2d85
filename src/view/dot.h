// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The rows of "map" as a graph for Graphviz: an edge for each pair of interfaces.
#pragma once

#include <string>

#include "view/rendering.h"

namespace smcroute {

class DotText final : public Rendering {
public:
    void take(Fields row) override;
    std::string text() override;

private:
    std::string edges_;
};

}  // namespace smcroute
