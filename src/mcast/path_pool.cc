// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/path_pool.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"

namespace smcroute {

size_t PathPool::PathHash::operator()(const Path& path) const noexcept {
    size_t hash = path.inbound.hash();
    for (const IfPattern& outbound : path.outbounds) {
        hash = hash * 31 + outbound.hash();
    }
    return hash;
}

const Path* PathPool::acquire(Path path) {
    std::vector<IfPattern> written;  // filled only if its order differs
    if (!std::is_sorted(path.outbounds.begin(), path.outbounds.end(), std::less_equal<>())) {
        written = path.outbounds;
        std::sort(path.outbounds.begin(), path.outbounds.end());
        path.outbounds.erase(std::unique(path.outbounds.begin(), path.outbounds.end()),
                             path.outbounds.end());
    }
    const auto [it, is_new] = uses_.try_emplace(std::move(path), 0);
    ++it->second;
    last_ = &*it;
    if (is_new) {
        mention_path(it->first, written.empty() ? it->first.outbounds : written);
    }
    return &it->first;
}

const Path* PathPool::acquire(const IfPattern& inbound, const std::vector<IfPattern>& outbounds) {
    if (last_ != nullptr && last_->first.inbound == inbound &&
        last_->first.outbounds == outbounds) {
        ++last_->second;
        return &last_->first;
    }
    return acquire(Path{inbound, outbounds});
}

// Each interface once, in the order in which the operator wrote them.
void PathPool::mention_path(const Path& path, const std::vector<IfPattern>& written) {
    mention(path.inbound);
    for (auto it = written.begin(); it != written.end(); ++it) {
        if (std::find(written.begin(), it, *it) == it) {
            mention(*it);
        }
    }
}

void PathPool::release(const Path* path) {
    const auto it = uses_.find(*path);
    CHECK(it != uses_.end());
    if (--it->second > 0) {
        return;
    }
    unmention(path->inbound);
    for (const IfPattern& outbound : path->outbounds) {
        unmention(outbound);
    }
    last_ = last_ == &*it ? nullptr : last_;
    uses_.erase(it);
}

void PathPool::mention(const IfPattern& name) {
    const auto [it, is_new] = mentions_.try_emplace(name);
    ++it->second.count;
    if (is_new) {
        it->second.order = ++version_;
    }
}

void PathPool::unmention(const IfPattern& name) {
    const auto it = mentions_.find(name);
    CHECK(it != mentions_.end());
    if (--it->second.count == 0) {
        mentions_.erase(it);
        ++version_;
    }
}

std::vector<IfPattern> PathPool::mentioned() const {
    std::vector<std::pair<uint64_t, IfPattern>> ordered;
    ordered.reserve(mentions_.size());
    for (const auto& [name, mention] : mentions_) {
        ordered.emplace_back(mention.order, name);
    }
    std::sort(ordered.begin(), ordered.end());
    std::vector<IfPattern> names;
    names.reserve(ordered.size());
    for (const auto& [order, name] : ordered) {
        names.push_back(name);
    }
    return names;
}

}  // namespace smcroute
