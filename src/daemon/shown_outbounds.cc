// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/shown_outbounds.h"

#include <string_view>
#include <utility>

#include "base/text.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

// Adds each word once, even if two lines ask for the same.
void add_words(std::string& words, std::string_view more) {
    for_each_word(more, [&words](std::string_view word) {
        if (compose(" {} ", words).find(compose(" {} ", word)) == std::string::npos) {
            add_word(words, word);
        }
    });
}

}  // namespace

void ShownOutbounds::begin() {
    absent_.clear();
    for (const Family family : kFamilies) {
        SlotSet& down = down_[index_of(family)];
        down = 0;
        for_each_slot(state_.installed.live(family), [&](Slot slot) {
            const unsigned ifindex = state_.installed.vif(family, slot)->ifindex;
            const Interface* const interface = state_.interfaces.find(ifindex);
            down |= interface == nullptr || !interface->up ? slot_bit(slot) : 0;
        });
    }
}

void ShownOutbounds::add(Family family, const Installed::Entry& entry,
                         std::span<const Path* const> paths, Row& row) {
    words_ = {};
    add_slots(family, entry);
    for (const Path* const path : paths) {
        add_absent(path, family);
    }
    give(row);
}

void ShownOutbounds::add(Family family, const Path& path, Row& row) {
    words_ = {};
    for (const IfPattern& outbound : path.outbounds) {
        const auto name = outbound.name();
        const Interface* const interface = name ? state_.interfaces.find(*name) : nullptr;
        if (!why_pending(family, outbound, state_)) {
            add_word(words_.held, to_string(outbound));
            if (interface != nullptr && !interface->up) {
                add_word(words_.down, name->view());
            }
        }
    }
    add_absent(&path, family);
    give(row);
}

void ShownOutbounds::give(Row& row) {
    for (std::string* const each : {&words_.held, &words_.down, &words_.gone, &words_.no_slot}) {
        row.push_back(std::move(*each));
    }
}

void ShownOutbounds::add_slots(Family family, const Installed::Entry& entry) {
    const SlotSet live = state_.installed.live(family);
    for_each_slot(entry.outbounds, [&](Slot slot) {
        const std::optional<IfName>& name = state_.slots[index_of(family)].name(slot);
        if (!name) {
            return;
        }
        if ((live & slot_bit(slot)) != 0) {
            add_word(words_.held, name->view());
        } else {
            const bool exists = state_.interfaces.find(*name) != nullptr;
            add_word(exists ? words_.no_slot : words_.gone, name->view());
        }
        if ((live & down_[index_of(family)] & slot_bit(slot)) != 0) {
            add_word(words_.down, name->view());
        }
    });
}

void ShownOutbounds::add_absent(const Path* path, Family family) {
    const Words& words = absent(path, family);
    add_words(words_.gone, words.gone);
    add_words(words_.no_slot, words.no_slot);
}

const ShownOutbounds::Words& ShownOutbounds::absent(const Path* path, Family family) {
    const auto [it, is_new] = absent_.try_emplace(path);
    for (const IfPattern& outbound : is_new ? path->outbounds : std::vector<IfPattern>()) {
        if (const auto why = why_pending(family, outbound, state_)) {
            Words& words = it->second;
            add_word(*why == NoVif::kMissing ? words.gone : words.no_slot, outbound.name()->view());
        }
    }
    return it->second;
}

}  // namespace smcroute
