// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// ChunkMap: an ordered map for a hundred thousand small elements. They lie side by side in sorted
// chunks: walking them in order takes a cache miss now and then, where a tree or a hash table takes
// one or two for each element, and they need half of the memory. The price is that any insertion or
// removal may move any element: it invalidates iterators and pointers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

namespace smcroute {

template <typename Key, typename Value>
class ChunkMap {
public:
    // Members are named as in std::map.
    using key_type = Key;
    struct Element {
        Key first;
        Value second;
    };
    static_assert(std::is_trivially_copyable_v<Element>);

private:
    using Chunk = std::vector<Element>;

public:
    class Iterator {
    public:
        const Element& operator*() const { return (*chunk_)[at_]; }
        const Element* operator->() const { return &(*chunk_)[at_]; }
        Iterator& operator++() {
            if (++at_ == chunk_->size()) {
                ++chunk_;
                at_ = 0;
            }
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        friend class ChunkMap;
        Iterator(const Chunk* chunk, size_t at) : chunk_(chunk), at_(at) {}

        const Chunk* chunk_;
        size_t at_;
    };

    Iterator begin() const { return {chunks_.data(), 0}; }
    Iterator end() const { return {chunks_.data() + chunks_.size(), 0}; }
    // Counts the chunks.
    size_t size() const {
        return std::accumulate(chunks_.begin(), chunks_.end(), size_t{0},
                               [](size_t sum, const Chunk& chunk) { return sum + chunk.size(); });
    }
    bool empty() const { return chunks_.empty(); }

    // The first element whose key is not less than `key` (lower_bound), or is greater
    // (upper_bound).
    Iterator lower_bound(const Key& key) const { return iterator_at(place_of(key)); }
    Iterator upper_bound(const Key& key) const {
        Iterator it = lower_bound(key);
        return it != end() && it->first == key ? ++it : it;
    }

    // Null if there is none.
    const Value* find(const Key& key) const {
        const Place place = place_of(key);
        return is_at(place, key) ? &chunks_[place.chunk][place.at].second : nullptr;
    }
    Value* find(const Key& key) {
        const Place place = place_of(key);
        return is_at(place, key) ? &chunks_[place.chunk][place.at].second : nullptr;
    }

    // The value of this key, and whether it was inserted now.
    std::pair<Value*, bool> try_emplace(const Key& key, const Value& value = {}) {
        Place place = place_of(key);
        if (is_at(place, key)) {
            return {&chunks_[place.chunk][place.at].second, false};
        }
        place = make_room_at(place);
        Chunk& chunk = chunks_[place.chunk];
        const auto it = chunk.insert(chunk.begin() + offset(place.at), Element{key, value});
        return {&it->second, true};
    }

    // False if there is none.
    bool erase(const Key& key) {
        const Place place = place_of(key);
        if (!is_at(place, key)) {
            return false;
        }
        Chunk& chunk = chunks_[place.chunk];
        chunk.erase(chunk.begin() + offset(place.at));
        if (chunk.size() < kSparse) {
            thin_out(place.chunk);
        }
        return true;
    }

    // Calls `change` with each key and its value, in order.
    template <typename Change>
    void for_each(Change change) {
        for (Chunk& chunk : chunks_) {
            for (Element& element : chunk) {
                change(std::as_const(element.first), element.second);
            }
        }
    }

private:
    // The elements of a full chunk, and the number below which a chunk tries to join a neighbour.
    static constexpr size_t kFull = 64;
    static constexpr size_t kSparse = kFull / 4;

    // The position of an element, or where it would be inserted; then `at` may be the end of the
    // chunk.
    struct Place {
        size_t chunk;
        size_t at;
    };

    static std::ptrdiff_t offset(size_t at) { return static_cast<std::ptrdiff_t>(at); }

    // Keys mostly come in order, and then behind all others.
    Place place_of(const Key& key) const {
        if (!chunks_.empty() && chunks_.back().back().first < key) {
            return {chunks_.size() - 1, chunks_.back().size()};
        }
        const auto above =
            std::upper_bound(chunks_.begin(), chunks_.end(), key,
                             [](const Key& k, const Chunk& c) { return k < c.front().first; });
        if (above == chunks_.begin()) {
            return {0, 0};
        }
        const Chunk& chunk = *std::prev(above);
        const auto it =
            std::lower_bound(chunk.begin(), chunk.end(), key,
                             [](const Element& e, const Key& k) { return e.first < k; });
        return {static_cast<size_t>(above - chunks_.begin()) - 1,
                static_cast<size_t>(it - chunk.begin())};
    }

    bool is_at(const Place& place, const Key& key) const {
        return place.chunk < chunks_.size() && place.at < chunks_[place.chunk].size() &&
               chunks_[place.chunk][place.at].first == key;
    }

    Iterator iterator_at(const Place& place) const {
        if (place.chunk < chunks_.size() && place.at == chunks_[place.chunk].size()) {
            return {chunks_.data() + place.chunk + 1, 0};
        }
        return {chunks_.data() + place.chunk, place.at};
    }

    // Finds a position where the element can be inserted. A full chunk shares with the next one; if
    // that has little room, a new chunk is inserted and the full one is split at the element. So
    // elements that come in order, even at several places in turn, fill their chunks.
    Place make_room_at(const Place& place) {
        if (chunks_.empty()) {
            insert_chunk(0);
        }
        if (chunks_[place.chunk].size() < kFull) {
            return place;
        }
        const size_t next = place.chunk + 1;
        if (next == chunks_.size() || chunks_[next].size() > kFull - kSparse) {
            insert_chunk(next);
        }
        Chunk& chunk = chunks_[place.chunk];
        Chunk& rest = chunks_[next];
        const size_t kept = rest.empty() || place.at == kFull ? std::max(place.at, kSparse)
                                                              : (kFull + rest.size()) / 2;
        rest.insert(rest.begin(), chunk.begin() + offset(kept), chunk.end());
        chunk.erase(chunk.begin() + offset(kept), chunk.end());
        return place.at <= kept && kept < kFull ? place : Place{next, place.at - kept};
    }

    // Reserves all of its room at once: blocks of one size leave no holes in memory.
    void insert_chunk(size_t index) {
        chunks_.emplace(chunks_.begin() + offset(index))->reserve(kFull);
    }

    // A chunk with few elements joins a neighbour that has room for them; an empty one is removed.
    void thin_out(size_t index) {
        if (chunks_[index].empty()) {
            chunks_.erase(chunks_.begin() + offset(index));
            return;
        }
        join_next(index);
        if (index > 0) {
            join_next(index - 1);
        }
    }

    void join_next(size_t index) {
        if (index + 1 < chunks_.size() &&
            chunks_[index].size() + chunks_[index + 1].size() <= kFull / 2) {
            const Chunk& next = chunks_[index + 1];
            chunks_[index].insert(chunks_[index].end(), next.begin(), next.end());
            chunks_.erase(chunks_.begin() + offset(index) + 1);
        }
    }

    std::vector<Chunk> chunks_;  // in order, never empty
};

// Finds keys that are asked for in ascending order by going on from the last one: so two maps are
// compared without a search for each element.
template <typename Map>
class InOrder {
public:
    explicit InOrder(const Map& map) : it_(map.begin()), end_(map.end()) {}

    // Null if there is none.
    auto find(const typename Map::key_type& key)
        -> decltype(&std::declval<typename Map::Iterator>()->second) {
        for (; it_ != end_; ++it_) {
            const auto& element = *it_;
            if (!(element.first < key)) {
                return element.first == key ? &element.second : nullptr;
            }
        }
        return nullptr;
    }

private:
    typename Map::Iterator it_;
    const typename Map::Iterator end_;
};

}  // namespace smcroute
