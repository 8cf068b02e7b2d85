// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// LinePages: lines of the running state, sorted by origin. First an index of their keys is made,
// then they are looked up again one by one: lines removed in between are left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/reply.h"
#include "daemon/show.h"

namespace smcroute {

class LinePages : public Pages {
public:
    explicit LinePages(const Showable& showable);

    More next(std::string& out, const Lookout& lookout) final;

protected:
    enum class Kind : uint8_t { kRoute, kRule, kJoin };

    virtual bool wants(Kind kind) const = 0;
    virtual void show_line(const RouteSpec& spec, const Origin& origin, std::string& out) = 0;
    virtual void show_line(const JoinSpec& join, const Origin& origin, std::string& out) = 0;

    const RouterState& state_;
    const Desired& desired_;
    const std::vector<std::string>& files_;

private:
    struct Key {
        uint16_t file;
        uint32_t line;
        Kind kind;
        Prefix group;
        Prefix source;
        IfPattern inbound;

        Origin origin() const { return {line, file}; }
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    void make_index();
    // `what` describes a route or a rule too: all of it except the outbounds.
    void add(Kind kind, const Origin& origin, const JoinSpec& what);
    void show_next(std::string& out);
    void show(const Key& key, std::string& out);
    void show_rules(const Key& key, std::string& out);

    bool has_index_ = false;
    std::vector<Key> keys_;  // a heap, the first line on top
};

}  // namespace smcroute
