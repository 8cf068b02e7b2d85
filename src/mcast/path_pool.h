// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// PathPool: the distinct (inbound, outbounds) pairs that routes and rules use, each kept once. A
// hundred thousand routes usually share a handful of paths, so a route holds a pointer to one, and
// the slots of a path are worked out once for all its routes. The pool also knows which interfaces
// are named, in the order of first mention; slots are given in that order.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "mcast/if_name.h"

namespace smcroute {

struct Path {
    IfPattern inbound;
    std::vector<IfPattern> outbounds;  // sorted, each once

    friend bool operator==(const Path&, const Path&) = default;
};

class PathPool {
public:
    PathPool() = default;
    PathPool(PathPool&&) = default;
    PathPool& operator=(PathPool&&) = default;

    // Takes the outbounds as written, in any order. Returns the pool's copy of this path, valid
    // until release() was called as often as acquire().
    const Path* acquire(Path path);
    // The same; quickest for the path acquired last, which the next line of a file mostly repeats.
    const Path* acquire(const IfPattern& inbound, const std::vector<IfPattern>& outbounds);
    void release(const Path* path);

    // Calls visit(const Path&, uint32_t uses) for each path.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [path, uses] : uses_) {
            visit(path, uses);
        }
    }

    // Adds or removes one mention of an interface outside any path.
    void mention(const IfPattern& name);
    void unmention(const IfPattern& name);

    // Every interface mentioned, in the order of first mention.
    std::vector<IfPattern> mentioned() const;
    // Changes whenever mentioned() may have changed.
    uint64_t version() const { return version_; }

private:
    struct Mention {
        uint64_t order = 0;
        uint32_t count = 0;
    };

    struct PathHash {
        size_t operator()(const Path& path) const noexcept;
    };

    void mention_path(const Path& path, const std::vector<IfPattern>& written);

    std::unordered_map<Path, uint32_t, PathHash> uses_;  // its keys do not move
    std::map<IfPattern, Mention> mentions_;
    std::pair<const Path, uint32_t>* last_ = nullptr;  // the path acquired last, in uses_
    uint64_t version_ = 0;
};

}  // namespace smcroute
