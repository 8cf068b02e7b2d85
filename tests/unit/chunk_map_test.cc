// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/chunk_map.h"

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "test.h"

namespace smcroute {

namespace {

using Numbers = ChunkMap<uint32_t, uint32_t>;
using Reference = std::map<uint32_t, uint32_t>;

template <typename Map>
std::string text_of(const Map& map) {
    std::string text;
    for (const auto& [key, value] : map) {
        text += std::to_string(key) + "=" + std::to_string(value) + " ";
    }
    return text;
}

// The first key from there on, or nothing.
template <typename Map, typename It>
std::string key_at(const Map& map, It it) {
    return it == map.end() ? "" : std::to_string(it->first);
}

// Elements of a chunk lie side by side, and no two chunks do.
size_t chunks_of(const Numbers& numbers) {
    size_t chunks = 0;
    const Numbers::Element* expected = nullptr;
    for (const Numbers::Element& element : numbers) {
        chunks += &element == expected ? 0U : 1U;
        expected = &element + 1;
    }
    return chunks;
}

// How many elements a chunk has of 64 that it has room for, on average, when these keys came in
// turn.
template <typename KeyOf>
size_t filled(KeyOf key_of) {
    constexpr uint32_t kCount = 100000;
    Numbers numbers;
    for (uint32_t i = 0; i < kCount; ++i) {
        numbers.try_emplace(key_of(i), i);
    }
    return numbers.size() / chunks_of(numbers);
}

// Both maps, the one under test and the one that it is to be like, and the same done to both.
struct Twins {
    Numbers numbers;
    Reference reference;

    void put(uint32_t key, uint32_t value) {
        const auto [ours, is_new] = numbers.try_emplace(key, value);
        const auto [theirs, should_be_new] = reference.try_emplace(key, value);
        EXPECT_EQ(is_new, should_be_new);
        EXPECT_EQ(*ours, theirs->second);
        *ours = value;
        theirs->second = value;
    }
    void erase(uint32_t key) { EXPECT_EQ(numbers.erase(key), reference.erase(key) > 0); }

    void expect_same_at(uint32_t key) const {
        const auto it = reference.find(key);
        const uint32_t* const found = numbers.find(key);
        EXPECT_EQ(found != nullptr, it != reference.end());
        EXPECT(found == nullptr || *found == it->second);
        EXPECT_EQ(key_at(numbers, numbers.lower_bound(key)),
                  key_at(reference, reference.lower_bound(key)));
        EXPECT_EQ(key_at(numbers, numbers.upper_bound(key)),
                  key_at(reference, reference.upper_bound(key)));
    }
    void expect_same() const {
        EXPECT_EQ(numbers.size(), reference.size());
        EXPECT_EQ(numbers.empty(), reference.empty());
        EXPECT_EQ(text_of(numbers), text_of(reference));
    }
};

}  // namespace

TEST(chunk_map_that_is_empty_has_nothing) {
    const Twins twins;
    twins.expect_same();
    twins.expect_same_at(0);
}

TEST(chunk_map_takes_keys_in_any_order) {
    constexpr uint32_t kCount = 1000;
    for (const uint32_t step : {1U, kCount - 1, 7U, 37U, 501U}) {
        Twins twins;
        for (uint32_t i = 0; i < kCount; ++i) {
            twins.put(i * step % kCount * 2 + 1, i);
        }
        twins.expect_same();
        for (uint32_t key = 0; key <= 2 * kCount + 1; ++key) {
            twins.expect_same_at(key);
        }
    }
}

TEST(chunk_map_is_like_the_library_s_whatever_is_done_to_it) {
    for (uint32_t seed = 0; seed < 30; ++seed) {
        std::mt19937 engine(seed);
        const auto random = [&engine] { return static_cast<uint32_t>(engine()); };
        Twins twins;
        // It grows and shrinks, in places and as a whole.
        for (uint32_t phase = 0; phase < 12; ++phase) {
            const uint32_t range = 1 + random() % 2000;
            const uint32_t likely_put = random() % 11;
            const uint32_t begin = random() % 2000;
            for (uint32_t i = 0; i < 500; ++i) {
                const uint32_t key = begin + random() % range;
                if (random() % 10 < likely_put) {
                    twins.put(key, random() % 1000);
                } else {
                    twins.erase(key);
                }
                twins.expect_same_at(key);
            }
            twins.expect_same();
        }
        for (uint32_t key = 0; key < 4000; ++key) {
            twins.erase(key);
        }
        twins.expect_same();
    }
}

TEST(chunk_map_fills_its_chunks) {
    EXPECT(filled([](uint32_t i) { return i; }) >= 60);
    EXPECT(filled([](uint32_t i) { return 200000 - i; }) >= 50);
    // In a hundred places in turn, as a file does that has the groups of each source together.
    EXPECT(filled([](uint32_t i) { return i % 100 * 10000 + i / 100; }) >= 58);
    EXPECT(filled([engine = std::mt19937(1)](uint32_t) mutable {
               return static_cast<uint32_t>(engine());
           }) >= 42);
}

TEST(chunk_map_needs_few_chunks_for_what_is_left) {
    Numbers numbers;
    for (uint32_t i = 0; i < 20000; ++i) {
        numbers.try_emplace(i, i);
    }
    for (uint32_t i = 0; i < 20000; ++i) {
        if (i % 50 != 0) {
            numbers.erase(i);
        }
    }
    EXPECT_EQ(numbers.size(), size_t{400});
    EXPECT(numbers.size() / chunks_of(numbers) >= 16);
}

TEST(in_order_finds_what_is_there_and_nothing_else) {
    Numbers numbers;
    for (uint32_t key = 0; key < 1000; key += 3) {
        numbers.try_emplace(key, key);
    }
    InOrder in_order(numbers);
    for (uint32_t key = 0; key < 1100; ++key) {
        const uint32_t* const found = in_order.find(key);
        EXPECT_EQ(found != nullptr, numbers.find(key) != nullptr);
        EXPECT(found == nullptr || *found == key);
        EXPECT(in_order.find(key) == found);
    }
    EXPECT(InOrder(Numbers()).find(1) == nullptr);
}

TEST(chunk_map_changes_values_in_place) {
    Numbers numbers;
    for (uint32_t key = 0; key < 200; ++key) {
        numbers.try_emplace(key, key);
    }
    numbers.for_each([](uint32_t key, uint32_t& value) { value += key % 2; });
    *numbers.find(100) = 7;
    EXPECT_EQ(*numbers.find(99), 100U);
    EXPECT_EQ(*numbers.find(100), 7U);
    EXPECT_EQ(*numbers.find(199), 200U);
}

}  // namespace smcroute
