// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors

// What most files take from the C++ library, read before each of them in a build with PCH=1 (see
// the Makefile).
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
