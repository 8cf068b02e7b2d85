// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/streams.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace smcroute {

void Streams::note(const Flow& flow, const IfName& inbound) {
    uint32_t number = number_of(flow);
    if (number == kNone) {
        number = add(flow);
    } else {
        --names_[streams_[number].inbound_].uses;
    }
    streams_[number].inbound_ = use_name(inbound) & Stream::kNoName;
}

uint32_t Streams::add(const Flow& flow) {
    if (4 * (size_ + 1) > 3 * index_.size()) {
        grow_index();
    }
    uint32_t number = free_.first;
    if (number == kNone) {
        number = streams_.size();
        streams_.push_back(Stream(flow));
    } else {
        take_out(free_, &Stream::among_blocked_, number);
        streams_[number] = Stream(flow);
    }
    if (number < packets_.size()) {
        packets_[number] = 0;
    }
    index_[bucket_of(flow)] = number;
    found_last_ = number;
    ++size_;
    return number;
}

// Once all have gone, so has the memory.
void Streams::erase(const Flow& flow) {
    const uint32_t number = number_of(flow);
    if (number == kNone) {
        return;
    }
    set_blocked(flow, false);
    drop_check(number);
    leave_index(flow);
    if (streams_[number].is_apart_ != 0) {
        apart_.erase(flow);
    }
    --names_[streams_[number].inbound_].uses;
    streams_[number].inbound_ = Stream::kNoName;
    append(free_, &Stream::among_blocked_, number);
    if (--size_ == 0) {
        *this = Streams();
    }
}

// Flows that differ in their last bytes differ in some upper bits of the hash alone: the product
// has them in its highest ones.
size_t Streams::own_bucket(const Flow& flow) const {
    const uint64_t mixed = std::hash<Flow>{}(flow)*uint64_t{0x9e3779b97f4a7c15U};
    return static_cast<size_t>(mixed >> (std::countl_zero(uint64_t{index_.size()}) + 1));
}

// Where the stream is, or would be.
size_t Streams::bucket_of(const Flow& flow) const {
    const size_t mask = index_.size() - 1;
    size_t bucket = own_bucket(flow);
    while (index_[bucket] != kNone && streams_[index_[bucket]].flow_ != flow) {
        bucket = (bucket + 1) & mask;
    }
    return bucket;
}

uint32_t Streams::number_of(const Flow& flow) const {
    if (size_ == 0) {
        return kNone;  // most routers have routes alone
    }
    const bool is_last = found_last_ != kNone && streams_[found_last_].flow_ == flow &&
                         streams_[found_last_].inbound_ != Stream::kNoName;
    found_last_ = is_last ? found_last_ : index_[bucket_of(flow)];
    return found_last_;
}

void Streams::grow_index() {
    constexpr size_t kLeast = 16;
    index_.assign(index_.empty() ? kLeast : 2 * index_.size(), kNone);
    for (uint32_t number = 0; number < streams_.size(); ++number) {
        if (streams_[number].inbound_ != Stream::kNoName) {
            index_[bucket_of(streams_[number].flow_)] = number;
        }
    }
}

// Those behind that are not in their own bucket close the gap.
void Streams::leave_index(const Flow& flow) {
    const size_t mask = index_.size() - 1;
    size_t gap = bucket_of(flow);
    for (size_t at = (gap + 1) & mask; index_[at] != kNone; at = (at + 1) & mask) {
        const size_t own = own_bucket(streams_[index_[at]].flow_);
        if (((at - own) & mask) >= ((at - gap) & mask)) {
            index_[gap] = index_[at];
            gap = at;
        }
    }
    index_[gap] = kNone;
}

// There are few at any time: as many as interfaces.
uint32_t Streams::use_name(const IfName& name) {
    uint32_t place = 0;
    uint32_t unused = kNone;
    for (; place < names_.size() && names_[place].name != name; ++place) {
        unused = names_[place].uses == 0 ? place : unused;
    }
    if (place == names_.size() && unused == kNone) {
        names_.push_back({name, 0});
    } else if (place == names_.size()) {
        place = unused;
        names_[place].name = name;
    }
    ++names_[place].uses;
    return place;
}

const Stream* Streams::find(const Flow& flow) const {
    const uint32_t number = number_of(flow);
    return number == kNone ? nullptr : &streams_[number];
}

Stream* Streams::at(const Flow& flow) {
    const uint32_t number = number_of(flow);
    return number == kNone ? nullptr : &streams_[number];
}

// Made if there is none; null if there is no such stream.
Streams::Apart* Streams::apart(const Flow& flow) {
    Stream* const stream = at(flow);
    if (stream == nullptr) {
        return nullptr;
    }
    stream->is_apart_ = 1;
    return &apart_[flow];
}

const Streams::Apart* Streams::apart_of(const Stream& stream) const {
    return stream.is_apart_ == 0 ? nullptr : &apart_.find(stream.flow_)->second;
}

Wandering& Streams::wandering(const Flow& flow) {
    Apart* const apart = this->apart(flow);
    CHECK(apart != nullptr);
    if (!apart->wandering) {
        apart->wandering.emplace();
    }
    return *apart->wandering;
}

const Wandering* Streams::wandering_of(const Stream& stream) const {
    const Apart* const apart = apart_of(stream);
    return apart != nullptr && apart->wandering ? &*apart->wandering : nullptr;
}

void Streams::forget_wandering(const Flow& flow) {
    if (const Stream* const stream = find(flow); stream != nullptr && stream->is_apart_ != 0) {
        apart(flow)->wandering.reset();
    }
}

void Streams::note_packets(const Flow& flow, uint64_t packets) {
    const uint32_t number = number_of(flow);
    if (number != kNone) {
        packets_.resize(streams_.size());
        packets_[number] = static_cast<uint32_t>(packets);
    }
}

bool Streams::has_packets(const Flow& flow, uint64_t packets) const {
    const uint32_t number = number_of(flow);
    return (number < packets_.size() ? packets_[number] : 0) == static_cast<uint32_t>(packets);
}

void Streams::await_on(const Flow& flow, uint8_t slot) {
    if (Stream* const stream = at(flow)) {
        stream->awaited_ = slot & Stream::kNoSlot;
    }
}

void Streams::note_carried_before(const Flow& flow, uint64_t packets) {
    if (Apart* const apart = this->apart(flow)) {
        apart->carried_before = packets;
    }
}

uint64_t Streams::carried_before(const Stream& stream) const {
    const Apart* const apart = apart_of(stream);
    return apart == nullptr ? 0 : apart->carried_before;
}

void Streams::append(List& list, Links Stream::*links, uint32_t number) {
    streams_[number].*links = {list.last, kNone};
    (list.last == kNone ? list.first : (streams_[list.last].*links).after) = number;
    list.last = number;
}

void Streams::take_out(List& list, Links Stream::*links, uint32_t number) {
    const auto [before, after] = streams_[number].*links;
    (before == kNone ? list.first : (streams_[before].*links).after) = after;
    (after == kNone ? list.last : (streams_[after].*links).before) = before;
}

void Streams::check_at(const Flow& flow, TimePoint when) {
    const uint32_t number = number_of(flow);
    if (number == kNone) {
        return;
    }
    drop_check(number);
    const auto since = std::chrono::ceil<std::chrono::milliseconds>(when.time_since_epoch());
    const auto steps = (since.count() + kCheckGrain.count() - 1) / kCheckGrain.count();
    const auto time = static_cast<uint32_t>(std::max(steps, decltype(steps){1}));
    streams_[number].check_at_ = time;
    append(checks_[time], &Stream::among_checks_, number);
}

void Streams::drop_check(uint32_t number) {
    const uint32_t time = std::exchange(streams_[number].check_at_, 0);
    if (time == 0) {
        return;
    }
    const auto it = checks_.find(time);
    take_out(it->second, &Stream::among_checks_, number);
    if (it->second.first == kNone) {
        checks_.erase(it);
    }
}

std::optional<TimePoint> Streams::next_check() const {
    return checks_.empty() ? std::nullopt
                           : std::optional(TimePoint{checks_.begin()->first * kCheckGrain});
}

std::vector<Flow> Streams::take_due(TimePoint now, size_t max) {
    std::vector<Flow> due;
    while (due.size() < max && !checks_.empty() && *next_check() <= now) {
        const uint32_t number = checks_.begin()->second.first;
        due.push_back(streams_[number].flow_);
        drop_check(number);
    }
    return due;
}

void Streams::set_blocked(const Flow& flow, bool blocked) {
    const uint32_t number = number_of(flow);
    if (number == kNone || streams_[number].blocked() == blocked) {
        return;
    }
    streams_[number].blocked_ = blocked ? 1 : 0;
    if (blocked) {
        append(blocked_, &Stream::among_blocked_, number);
        ++blocked_count_;
    } else {
        take_out(blocked_, &Stream::among_blocked_, number);
        --blocked_count_;
    }
}

std::optional<Flow> Streams::first_blocked() const {
    return blocked_.first == kNone ? std::nullopt : std::optional(streams_[blocked_.first].flow_);
}

void Streams::pass_over(const Flow& flow) {
    const uint32_t number = number_of(flow);
    if (number != kNone && streams_[number].blocked()) {
        take_out(blocked_, &Stream::among_blocked_, number);
        append(blocked_, &Stream::among_blocked_, number);
    }
}

}  // namespace smcroute
