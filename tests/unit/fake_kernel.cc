// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "fake_kernel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "mcast/slots.h"

namespace smcroute {

namespace {

std::string ttls_text(const Ttls& ttls) {
    std::string text;
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (ttls[slot] != 0) {
            text += compose(" {}", slot);
            text += ttls[slot] == 1 ? "" : compose(":{}", ttls[slot]);
        }
    }
    return text;
}

std::string vif_text(Family family, Slot slot) { return compose("{} {}", to_string(family), slot); }

std::string member_text(const Membership& membership) {
    const Flow& flow = membership.flow;
    return compose("{} {}", flow.source.is_any() ? to_string(flow.group) : to_string(flow),
                   membership.name.view());
}

Error refused(int errno_value) { return Error{strerror(errno_value), ExitStatus::kSystem}; }

}  // namespace

void FakeKernel::add_interface(const char* name, unsigned ifindex) {
    change_interface({*IfName::parse(name), ifindex, true, true, false});
}

void FakeKernel::change_interface(const Interface& interface) {
    interfaces_.insert_or_assign(interface.ifindex, interface);
    tell_link({.interface = interface});
}

void FakeKernel::remove_interface(unsigned ifindex) {
    const auto it = interfaces_.find(ifindex);
    CHECK(it != interfaces_.end());
    tell_link({.interface = it->second, .gone = true});
    interfaces_.erase(it);
    std::erase_if(vifs_, [ifindex](const auto& vif) { return vif.second == ifindex; });
    lose_memberships(ifindex);
}

void FakeKernel::lose_memberships(unsigned ifindex) {
    for (auto& [membership, member] : memberships_) {
        member.lost = member.lost || membership.ifindex == ifindex;
    }
}

const Interface* FakeKernel::find(std::string_view name) const {
    const auto it = std::find_if(interfaces_.begin(), interfaces_.end(), [name](const auto& each) {
        return each.second.name.view() == name;
    });
    return it == interfaces_.end() ? nullptr : &it->second;
}

void FakeKernel::hold_news(bool hold) {
    news_held_ = hold;
    if (!hold) {
        links_.insert(links_.end(), held_.begin(), held_.end());
        held_.clear();
    }
}

void FakeKernel::lose_links() {
    hold_news(false);
    links_.clear();
    lost_ = true;
}

Status FakeKernel::apply(const Op& op) {
    const auto* const del = std::get_if<DelVif>(&op);
    if (del != nullptr && !vifs_.contains({del->family, del->slot})) {
        return carry_out(*del);  // gone with its interface: EADDRNOTAVAIL, which is a success
    }
    ++op_count_;
    if (watch_) {
        watch_();
    }
    hold_news(false);
    if (!dead_ && death_ && death_->skip-- == 0) {
        dead_ = true;
        if (death_->done) {
            (void)std::visit([this](const auto& kind) { return carry_out(kind); }, op);
        }
    }
    if (dead_) {
        return refused(ESRCH);
    }
    if (interrupt_ && interrupt_->first-- == 0) {
        const auto action = std::move(interrupt_->second);
        interrupt_.reset();
        action();
    }
    if (refused_kind_ == op.index()) {
        return refused(ENOMEM);
    }
    if (failure_ && failure_->skip-- == 0) {
        const int errno_value = failure_->errno_value;
        failure_.reset();
        return refused(errno_value);
    }
    return std::visit([this](const auto& kind) { return carry_out(kind); }, op);
}

Status FakeKernel::carry_out(const AddVif& op) {
    if (op.slot >= kSlotCount) {
        return refused(ENFILE);
    }
    if (vifs_.contains({op.family, op.slot})) {
        return refused(EADDRINUSE);
    }
    if (!interfaces_.contains(op.ifindex)) {
        return refused(EADDRNOTAVAIL);
    }
    vifs_[{op.family, op.slot}] = op.ifindex;
    lines.push_back(compose("vif {} {}", vif_text(op.family, op.slot), op.name.view()));
    return {};
}

Status FakeKernel::carry_out(const DelVif& op) {
    vifs_.erase({op.family, op.slot});
    lines.push_back(compose("unvif {}", vif_text(op.family, op.slot)));
    return {};
}

Status FakeKernel::carry_out(const PutEntry& op) {
    const Family family = op.flow.family();
    Entry entry{.iif = op.iif,
                .ttls = {},
                .used = now,
                .hidden = op.hidden || !vifs_.contains({family, op.iif})};
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const bool leads_out = vifs_.contains({family, slot}) && op.ttls[slot] != kClosedThreshold;
        entry.ttls[slot] = leads_out ? op.ttls[slot] : uint8_t{0};
    }
    if (op.flow.source.is_any()) {
        const Installed::StarKey key{op.flow.group, op.iif};
        const auto it = std::find_if(stars_.begin(), stars_.end(),
                                     [&key](const auto& star) { return star.first == key; });
        (it == stars_.end() ? stars_.emplace_back(key, entry) : *it).second = entry;
    } else {
        entries_.insert_or_assign(op.flow, entry);
    }
    lines.push_back(compose("{}{} {}{}{}", op.hidden ? "hide " : "put ", to_string(op.flow), op.iif,
                            op.hidden ? "" : " >", ttls_text(op.ttls)));
    return {};
}

Status FakeKernel::carry_out(const DelEntry& op) {
    if (op.flow.source.is_any()) {
        lose_star({op.flow.group, op.iif});
        lines.push_back(compose("del {} {}", to_string(op.flow), op.iif));
        return {};
    }
    entries_.erase(op.flow);
    lines.push_back(compose("del {}", to_string(op.flow)));
    return {};
}

Status FakeKernel::carry_out(const Join& op) {
    const Membership& membership = op.membership;
    if (!interfaces_.contains(membership.ifindex)) {
        return refused(ENODEV);
    }
    if (!memberships_.try_emplace({membership.ifindex, membership.flow}, Member{membership.name})
             .second) {
        return refused(EADDRINUSE);
    }
    lines.push_back(compose("join {}", member_text(op.membership)));
    return {};
}

Status FakeKernel::carry_out(const Leave& op) {
    if (memberships_.erase({op.membership.ifindex, op.membership.flow}) == 0) {
        return refused(EADDRNOTAVAIL);
    }
    lines.push_back(compose("leave {}", member_text(op.membership)));
    return {};
}

Result<std::vector<Interface>> FakeKernel::interfaces() {
    if (fail_interfaces) {
        return Error{"cannot list the interfaces: No buffer space available", ExitStatus::kSystem};
    }
    std::vector<Interface> all;
    for (const auto& [ifindex, interface] : interfaces_) {
        all.push_back(interface);
    }
    return all;
}

const FakeKernel::Entry* FakeKernel::first_of(const Flow& flow) const {
    if (!flow.source.is_any()) {
        const auto it = entries_.find(flow);
        return it == entries_.end() ? nullptr : &it->second;
    }
    const auto it = std::find_if(stars_.rbegin(), stars_.rend(), [&flow](const auto& star) {
        return star.first.group == flow.group;
    });
    return it == stars_.rend() ? nullptr : &it->second;
}

const FakeKernel::Entry* FakeKernel::lookup(const Flow& flow, Slot slot) const {
    if (const Entry* const exact = first_of(flow)) {
        return exact;
    }
    const auto it = std::find_if(stars_.rbegin(), stars_.rend(), [&](const auto& star) {
        const Entry& entry = star.second;
        return star.first.group == flow.group &&
               (entry.ttls[slot] != 0 || (entry.iif == slot && !entry.hidden));
    });
    return it == stars_.rend() ? nullptr : &it->second;
}

Result<FlowCounters> FakeKernel::counters(const Flow& flow) {
    if (first_of(flow) == nullptr) {
        return refused(EADDRNOTAVAIL);
    }
    return flow_counters[flow];
}

void FakeKernel::carry(const Flow& flow, uint64_t packets, uint64_t elsewhere) {
    flow_counters[flow].packets += packets + elsewhere;
    flow_counters[flow].wrong_if += elsewhere;
    const auto it = entries_.find(flow);
    CHECK(it != entries_.end());
    it->second.used = now;
}

Result<std::optional<std::chrono::milliseconds>> FakeKernel::idle_time(const Flow& flow) {
    const Entry* const entry = first_of(flow);
    if (entry == nullptr) {
        return refused(ENOENT);
    }
    if (!tells_idle_time) {
        return std::optional<std::chrono::milliseconds>();
    }
    return std::optional(std::chrono::duration_cast<std::chrono::milliseconds>(now - entry->used));
}

std::optional<unsigned> FakeKernel::ifindex_in(Family family, Slot slot) const {
    const auto it = vifs_.find({family, slot});
    return it == vifs_.end() ? std::nullopt : std::optional(it->second);
}

FoundEntry FakeKernel::found(const Flow& flow, const Entry& entry) const {
    const Family family = flow.family();
    FoundEntry found{
        .flow = flow, .iif = ifindex_in(family, entry.iif), .outbounds = {}, .idle = {}};
    // What the real one tells is by interfaces.
    found.hidden = flow.source.is_any() && (entry.hidden || !found.iif);
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const auto ifindex = ifindex_in(family, slot);
        if (entry.ttls[slot] != 0 && ifindex) {
            found.outbounds.push_back({*ifindex, entry.ttls[slot]});
        }
    }
    if (tells_idle_time) {
        found.idle = std::chrono::duration_cast<std::chrono::milliseconds>(now - entry.used);
    }
    return found;
}

Result<std::optional<FoundEntry>> FakeKernel::entry(const Flow& flow) {
    const Entry* const entry = first_of(flow);
    if (entry == nullptr) {
        return refused(ENOENT);
    }
    return tells_idle_time ? std::optional(found(flow, *entry)) : std::nullopt;
}

void FakeKernel::spoil_entry(const PutEntry& with) {
    const auto it = entries_.find(with.flow);
    CHECK(it != entries_.end());
    it->second.iif = with.iif;
    it->second.ttls = with.ttls;
}

Result<std::vector<FoundEntry>> FakeKernel::entries(Family family) {
    if (fail_entries) {
        return refused(ENOBUFS);
    }
    std::vector<FoundEntry> all;
    for (const auto& [flow, entry] : entries_) {
        if (flow.family() == family) {
            all.push_back(found(flow, entry));
        }
    }
    for (const auto& [key, entry] : stars_) {
        if (key.group.family() == family) {
            all.push_back(found({key.group, Address::any(family)}, entry));
        }
    }
    return all;
}

Result<std::optional<VifCounters>> FakeKernel::vif_counters(Family family, Slot slot) {
    return ifindex_in(family, slot) ? std::optional(counters_of_vifs[{family, slot}])
                                    : std::nullopt;
}

std::vector<FoundMembership> FakeKernel::adopt_memberships() {
    std::vector<FoundMembership> all;
    for (const auto& [membership, member] : memberships_) {
        all.push_back(membership);
    }
    return all;
}

std::vector<FoundMembership> FakeKernel::lost_memberships() {
    std::vector<FoundMembership> lost;
    for (const auto& [membership, member] : memberships_) {
        if (member.lost) {
            lost.push_back(membership);
        }
    }
    return lost;
}

void FakeKernel::lose_process() {
    hold_news(false);
    links_.clear();
    lost_ = false;
    death_.reset();
    dead_ = false;
}

std::optional<Slot> FakeKernel::slot_of(Family family, const IfName& name) const {
    for (const auto& [key, ifindex] : vifs_) {
        const Interface& interface = interfaces_.find(ifindex)->second;
        if (key.first == family && interface.name == name && interface.up) {
            return key.second;
        }
    }
    return std::nullopt;
}

void FakeKernel::receive(const Flow& flow, const IfName& inbound) {
    const auto slot = slot_of(flow.family(), inbound);
    const Entry* const entry = slot ? lookup(flow, *slot) : nullptr;
    const bool known = entry != nullptr;
    const bool expected = known && entry->iif == *slot;
    if (known && entries_.contains(flow)) {
        carry(flow, expected ? 1 : 0, expected ? 0 : 1);
    }
    if (slot && !expected) {
        queue_upcall({.kind = known ? Upcall::Kind::kWrongVif : Upcall::Kind::kNoCache,
                      .slot = *slot,
                      .flow = flow});
    }
}

std::string FakeKernel::way_of(const Flow& flow, const IfName& inbound) const {
    const auto slot = slot_of(flow.family(), inbound);
    const Entry* const entry = slot ? lookup(flow, *slot) : nullptr;
    if (entry == nullptr || entry->iif != *slot) {
        return "";
    }
    Ttls ttls = entry->ttls;
    if (!entries_.contains(flow)) {
        ttls[*slot] = 0;  // never sent back for any source
    }
    return outbounds_text(flow.family(), ttls);
}

void FakeKernel::read_upcalls(Family family, std::vector<Upcall>& upcalls) {
    std::vector<Upcall> rest;
    for (const Upcall& upcall : upcalls_) {
        (upcall.flow.family() == family ? upcalls : rest).push_back(upcall);
    }
    upcalls_ = std::move(rest);
}

bool FakeKernel::read_links(std::vector<LinkEvent>& events) {
    events.insert(events.end(), links_.begin(), links_.end());
    links_.clear();
    return !std::exchange(lost_, false);
}

std::string FakeKernel::dump() const {
    std::string text;
    for (const auto& [key, ifindex] : vifs_) {
        const auto interface = interfaces_.find(ifindex);
        text += compose("vif {} {}\n", vif_text(key.first, key.second),
                        interface == interfaces_.end() ? "?" : interface->second.name.view());
    }
    for (const auto& [flow, entry] : entries_) {
        text += compose("{} {} >{}\n", to_string(flow), entry.iif, ttls_text(entry.ttls));
    }
    for (const auto& [key, entry] : stars_) {
        text += compose("(*, {}) {} >{}{}\n", to_string(key.group), entry.iif,
                        ttls_text(entry.ttls), entry.hidden ? " hidden" : "");
    }
    for (const auto& [membership, member] : memberships_) {
        text += compose("member {}{}\n",
                        member_text({membership.ifindex, member.name, membership.flow}),
                        member.lost ? " (lost)" : "");
    }
    return text;
}

std::string FakeKernel::name_of(Family family, Slot slot) const {
    const auto vif = vifs_.find({family, slot});
    const auto interface = vif == vifs_.end() ? interfaces_.end() : interfaces_.find(vif->second);
    return interface == interfaces_.end() ? "?" : to_string(interface->second.name);
}

std::string FakeKernel::outbounds_text(Family family, const Ttls& ttls) const {
    std::set<std::string> outbounds;
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (ttls[slot] != 0 && vifs_.contains({family, slot})) {
            outbounds.insert(compose(" {}:{}", name_of(family, slot), ttls[slot]));
        }
    }
    std::string text;
    for (const std::string& outbound : outbounds) {
        text += outbound;
    }
    return text;
}

std::string FakeKernel::dump_by_name() const {
    std::set<std::string> sorted;
    for (const auto& [key, ifindex] : vifs_) {
        sorted.insert(compose("vif {} {}", to_string(key.first), name_of(key.first, key.second)));
    }
    for (const auto& [flow, entry] : entries_) {
        sorted.insert(compose("{} {} >{}", to_string(flow), name_of(flow.family(), entry.iif),
                              outbounds_text(flow.family(), entry.ttls)));
    }
    for (const auto& [key, entry] : stars_) {
        const Family family = key.group.family();
        sorted.insert(compose("(*, {}) {} >{}{}", to_string(key.group), name_of(family, key.iif),
                              outbounds_text(family, entry.ttls), entry.hidden ? " hidden" : ""));
    }
    for (const auto& [membership, member] : memberships_) {
        if (!member.lost) {
            const IfName& name = interfaces_.find(membership.ifindex)->second.name;
            sorted.insert(
                compose("member {}", member_text({membership.ifindex, name, membership.flow})));
        }
    }
    std::string text;
    for (const std::string& line : sorted) {
        text += line + "\n";
    }
    return text;
}

std::string FakeKernel::difference_of_stars(const Installed& installed) const {
    std::map<Address, uint32_t> last;
    for (const auto& [key, entry] : stars_) {
        const std::string name = compose("(*, {}) from {}", to_string(key.group), key.iif);
        const Installed::Star* const ours = installed.find_star(key);
        if (ours == nullptr) {
            return compose("{} is in the kernel only", name);
        }
        if (ours->entry.outbounds != outbounds_of(entry.ttls)) {
            return compose("{} has other outbounds", name);
        }
        if (entry.hidden && !ours->entry.stale) {
            return compose("{} takes no packets", name);
        }
        if (ours->order != 0 && ours->order <= std::exchange(last[key.group], ours->order)) {
            return compose("{} is not so old", name);
        }
    }
    return installed.stars().size() == stars_.size() ? ""
                                                     : "a (*,G) entry is missing in the kernel";
}

std::string FakeKernel::difference(const Installed& installed) const {
    if (std::string text = difference_of_stars(installed); !text.empty()) {
        return text;
    }
    for (const auto& pair : entries_) {
        const Flow& flow = pair.first;
        const Entry& entry = pair.second;
        const Installed::Entry* const ours = installed.find(flow);
        if (ours == nullptr) {
            return compose("{} is in the kernel only", to_string(flow));
        }
        if (ours->iif != entry.iif || ours->outbounds != outbounds_of(entry.ttls)) {
            return compose("{} differs: iif {} is told as {}, outbounds {} as {}{}",
                           to_string(flow), entry.iif, ours->iif, outbounds_of(entry.ttls),
                           ours->outbounds, ours->stale ? ", stale" : "");
        }
        bool same = true;
        for_each_slot(ours->stale ? 0 : ours->outbounds, [&](Slot slot) {
            same = same && installed.threshold(flow.family(), slot) == entry.ttls[slot];
        });
        if (!same) {
            return compose("{} has other thresholds", to_string(flow));
        }
    }
    for (const auto& [flow, entry] : installed.entries()) {
        if (!entries_.contains(flow)) {
            return compose("{} is missing in the kernel", to_string(flow));
        }
    }
    for (const Family family : kFamilies) {
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            const auto vif = vifs_.find({family, slot});
            const auto& ours = installed.vif(family, slot);
            if ((vif != vifs_.end()) != ours.has_value() ||
                (ours && ours->ifindex != vif->second)) {
                return compose("vif {} differs", vif_text(family, slot));
            }
        }
    }
    std::set<FoundMembership> known;
    for (const auto& [membership, member] : memberships_) {
        if (member.lost && interfaces_.contains(membership.ifindex)) {
            return "a membership was lost with its interface";
        }
        known.insert(membership);
    }
    for (const Membership& membership : installed.memberships()) {
        if (known.erase({membership.ifindex, membership.flow}) == 0) {
            return "a membership is missing in the kernel";
        }
    }
    return known.empty() ? "" : "a membership is in the kernel only";
}

}  // namespace smcroute
