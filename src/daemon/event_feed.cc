// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/event_feed.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/origin_text.h"
#include "view/event.h"

namespace smcroute {

Event stream_event(std::string_view what, const RouterState& state, const Flow& flow) {
    Event event{.what = what, .source = to_string(flow.source), .group = to_string(flow.group)};
    const Installed::Entry* const entry = state.installed.find(flow);
    if (entry == nullptr) {
        return event;
    }
    const Slots& slots = state.slots[index_of(flow.family())];
    if (const std::optional<IfName>& iif = slots.name(entry->iif)) {
        event.iif = to_string(*iif);
        state.desired.rules().for_each_match(*iif, flow, [&event](const Rule& rule) {
            if (!event.origin || comes_before(rule.origin, *event.origin)) {
                event.origin = rule.origin;
            }
        });
    }
    const SlotSet live = state.installed.live(flow.family());
    for_each_slot(entry->outbounds & live, [&](Slot slot) {
        if (const std::optional<IfName>& name = slots.name(slot)) {
            add_word(event.oifs, name->view());
        }
    });
    return event;
}

// The position of one listener among the rows.
class EventFeed::Listener final : public Pages {
public:
    Listener(EventFeed& feed, std::string greeting)
        : feed_(feed), next_(feed.begin_ + feed.rows_.size()), greeting_(std::move(greeting)) {
        feed_.listeners_.push_back(this);
    }
    ~Listener() override {
        std::erase(feed_.listeners_, this);
        feed_.forget_read();
    }

    More next(std::string& out, const Lookout& /*lookout*/) override {
        const size_t before = out.size();
        out += std::exchange(greeting_, {});
        if (next_ < feed_.begin_) {
            const auto lost = static_cast<size_t>(feed_.begin_ - next_);
            out += feed_.row_of({.what = "lost", .detail = count_of(lost, "event")}, lost);
            next_ = feed_.begin_;
        }
        const uint64_t end = feed_.begin_ + feed_.rows_.size();
        while (next_ < end && out.size() - before < kPageSize) {
            out += feed_.rows_[static_cast<size_t>(next_++ - feed_.begin_)];
        }
        feed_.forget_read();
        waiting_ = next_ == end;
        return waiting_ ? More::kLater : More::kYes;
    }
    void on_ready(std::function<void()> ready) override { ready_ = std::move(ready); }

    // Called when there is a new row.
    void wake() {
        if (std::exchange(waiting_, false) && ready_) {
            ready_();
        }
    }
    uint64_t next_row() const { return next_; }

private:
    EventFeed& feed_;
    uint64_t next_;  // the number of the row to read next
    std::string greeting_;
    std::function<void()> ready_;
    bool waiting_ = false;
};

void EventFeed::record(const Event& event) {
    if (!wanted()) {
        return;
    }
    if (rows_.size() == kCapacity) {
        rows_.pop_front();
        ++begin_;
    }
    rows_.push_back(row_of(event));
    for (Listener* const listener : listeners_) {
        listener->wake();
    }
}

void EventFeed::record_link(const Interface* known, const LinkEvent& event) {
    if (!wanted() || (event.gone && known == nullptr)) {
        return;
    }
    const std::string name = to_string(event.interface.name);
    if (event.gone) {
        record({.what = "gone", .interface = to_string(known->name)});
        return;
    }
    if (known == nullptr) {
        record({.what = "appeared", .interface = name});
    } else if (known->name != event.interface.name) {
        record({.what = "renamed", .interface = name, .was = to_string(known->name)});
    }
    if (event.interface.up != (known != nullptr && known->up)) {
        record({.what = event.interface.up ? "up" : "down", .interface = name});
    }
}

std::unique_ptr<Pages> EventFeed::listen(std::string status) {
    std::string greeting = row_of({.what = "listening", .detail = std::move(status)});
    return std::make_unique<Listener>(*this, std::move(greeting));
}

// A row travels as a line, so names from outside are made printable.
std::string EventFeed::row_of(const Event& event, uint64_t lost) const {
    return encode_row({event_time(clock_()), std::string(event.what), event.interface, event.source,
                       event.group, event.iif, event.oifs,
                       event.origin && files_ != nullptr ? origin_text(*event.origin, *files_) : "",
                       event.was, lost == 0 ? "" : std::to_string(lost),
                       printable(event.detail, event.detail.size())});
}

void EventFeed::forget_read() {
    uint64_t read = begin_ + rows_.size();
    for (const Listener* const listener : listeners_) {
        read = std::min(read, listener->next_row());
    }
    for (; begin_ < read; ++begin_) {
        rows_.pop_front();
    }
}

}  // namespace smcroute
