// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The output of `--show`, in the form of the schema, for people or for programs. Pure.
#pragma once

#include <memory>

#include "view/rendering.h"

namespace smcroute {

// Borrows the schema.
std::unique_ptr<Rendering> start_rendering(const Schema& schema, const RenderStyle& style);

}  // namespace smcroute
