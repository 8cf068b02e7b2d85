// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Adoption by the real kernel: the loopback interface alone, so that it needs nothing but a network
// namespace.

#include <string>

#include <unistd.h>

#include "base/text.h"
#include "daemon/daemon.h"
#include "house.h"
#include "in_namespace.h"
#include "kernel/join_socket.h"
#include "kernel/linux_kernel.h"
#include "test.h"

namespace smcroute::test {

namespace {

class CountingKernel final : public Kernel {
public:
    explicit CountingKernel(std::unique_ptr<LinuxKernel> kernel) : kernel_(std::move(kernel)) {}

    size_t ops = 0;

    Status apply(const Op& op) override {
        ++ops;
        return kernel_->apply(op);
    }
    const std::optional<Error>& refusal(Family family) const override {
        return kernel_->refusal(family);
    }
    Result<std::vector<Interface>> interfaces() override { return kernel_->interfaces(); }
    Result<FlowCounters> counters(const Flow& flow) override { return kernel_->counters(flow); }
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow) override {
        return kernel_->idle_time(flow);
    }
    Result<std::optional<FoundEntry>> entry(const Flow& flow) override {
        return kernel_->entry(flow);
    }
    std::vector<unsigned> unicast_route(const Address& address) override {
        return kernel_->unicast_route(address);
    }
    Result<std::vector<FoundEntry>> entries(Family family) override {
        return kernel_->entries(family);
    }
    Result<std::optional<VifCounters>> vif_counters(Family family, Slot slot) override {
        return kernel_->vif_counters(family, slot);
    }
    std::vector<FoundMembership> adopt_memberships() override {
        return kernel_->adopt_memberships();
    }
    void release_strangers() override { kernel_->release_strangers(); }
    std::vector<FoundMembership> lost_memberships() override { return kernel_->lost_memberships(); }
    int upcall_fd(Family family) const override { return kernel_->upcall_fd(family); }
    int link_fd() const override { return kernel_->link_fd(); }
    void read_upcalls(Family family, std::vector<Upcall>& upcalls) override {
        kernel_->read_upcalls(family, upcalls);
    }
    bool read_links(std::vector<LinkEvent>& events) override { return kernel_->read_links(events); }
    bool has_link_news() const override { return kernel_->has_link_news(); }

private:
    std::unique_ptr<LinuxKernel> kernel_;
};

class BytesLedger final : public Ledger {
public:
    VifLedgerBytes kept{};

    void store(const VifLedger& ledger) override { kept = encode(ledger); }
};

// What the kernel holds, without the times.
std::string text_of(Kernel& kernel) {
    std::string text;
    for (const Family family : kFamilies) {
        const auto entries = kernel.entries(family);
        for (const FoundEntry& entry : entries ? *entries : std::vector<FoundEntry>{}) {
            text += compose("{} {} >", to_string(entry.flow), entry.iif.value_or(0));
            for (const auto& [ifindex, ttl] : entry.outbounds) {
                text += compose(" {}:{}", ifindex, ttl);
            }
            text += "\n";
        }
    }
    return text;
}

std::string ten_thousand_routes() {
    std::string config = "phyint lo ttl-threshold 5\n";
    for (unsigned i = 0; i < 5000; ++i) {
        const std::string number = std::to_string(i % 250);
        config += compose(
            "mroute from lo source 1.2.3.4 group 225.1.{}.{} to lo\nmroute from lo source "
            "2001:db8::1 group ff0e::{}:{} to lo\n",
            i / 250, number, i / 250, number);
    }
    return config;
}

// A life on duplicates of the sockets, which end with it.
struct Life {
    Life(std::unique_ptr<LinuxKernel> real, FileSource& files, Ledger& ledger)
        : kernel(std::move(real)),
          daemon({"smcroute.conf", false}, kernel, files, hooks, events, &ledger) {}

    CountingKernel kernel;
    FakeHooks hooks;
    EventFeed events;
    Daemon daemon;
};

RoutingSockets duplicates(const RoutingSockets& sockets) {
    RoutingSockets copies;
    for (const Family family : kFamilies) {
        copies.fds[index_of(family)].reset(dup(sockets.fds[index_of(family)].get()));
    }
    return copies;
}

std::string adopt(const KernelOptions& options) {
    auto held = open_routing_sockets(options);
    if (!held || !held->fds[0] || !held->fds[1]) {
        return held || held.error().status == ExitStatus::kNoMulticast ? kSkip : held.error().text;
    }
    FakeFiles files;
    files.files["smcroute.conf"] = ten_thousand_routes();
    BytesLedger ledger;
    UdpJoinSockets join_sockets{1000};
    log_open(LogSink::kStderr, LogLevel::kNone, "smcroute");
    std::string before;
    std::string report;
    for (const bool first : {true, false}) {
        auto real = LinuxKernel::create(duplicates(*held), options, join_sockets);
        if (!real) {
            return real.error().text;
        }
        Life life(std::move(*real), files, ledger);
        Inherited inherited;
        if (const auto left = decode_vif_ledger(ledger.kept)) {
            inherited.ledger = *left;
        }
        const Status status = life.daemon.start(kStart, std::move(inherited));
        const std::string now = text_of(life.kernel);
        report += compose("{}{} ops, {}{}", status ? "" : status.error().text, life.kernel.ops,
                          life.daemon.state().installed.entries().size(),
                          first || now == before ? " entries\n" : " entries, others\n");
        before = now;
    }
    return report;
}

}  // namespace

TEST(adoption_of_ten_thousand_kernel_routes_makes_no_call) {
    for (const KernelOptions& options : {KernelOptions{}, KernelOptions{.table = 1000}}) {
        const auto transcript = in_namespace([&options] { return adopt(options); });
        if (transcript) {
            EXPECT_EQ(*transcript, "10002 ops, 10000 entries\n0 ops, 10000 entries\n");
        }
    }
}

}  // namespace smcroute::test
