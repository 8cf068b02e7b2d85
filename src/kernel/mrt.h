// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Mrt: one family's multicast routing socket. There is one for each family and table of a network
// namespace; what it added goes when its last descriptor is closed, so a duplicate keeps it. The
// part common to both families is here; mrt4.cc and mrt6.cc hold the socket options that differ.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"
#include "kernel/kernel.h"
#include "mcast/op.h"
#include "os/unique_fd.h"

namespace smcroute {

class Mrt {
public:
    virtual ~Mrt() = default;
    Mrt(const Mrt&) = delete;
    Mrt& operator=(const Mrt&) = delete;

    // The errors are clauses, see Kernel::apply().
    virtual Status add_vif(const AddVif& vif) = 0;
    virtual Status del_vif(Slot slot) = 0;
    virtual Status put_entry(const PutEntry& entry) = 0;
    virtual Status del_entry(const DelEntry& entry) = 0;
    // As Kernel::vif_counters().
    virtual Result<std::optional<VifCounters>> vif_counters(Slot slot) const = 0;
    virtual Result<FlowCounters> counters(const Flow& flow) const = 0;

    // To poll for reading; not blocking.
    int fd() const { return fd_.get(); }
    // As Kernel::read_upcalls().
    void read(std::vector<Upcall>& upcalls);

protected:
    using Decode = std::optional<Upcall> (*)(std::span<const std::byte>);
    Mrt(UniqueFd fd, int level, Decode decode);

    // Calls setsockopt() at the family's level. The errno value `harmless` counts as success.
    template <typename T>
    Status set(int option, const T& value, int harmless = 0) {
        return set_bytes(option, std::as_bytes(std::span(&value, 1)), harmless);
    }
    // From the kernel's answer when it is asked for the counters of a slot; the error is in errno.
    template <typename Request>
    static Result<std::optional<VifCounters>> counters_from(int answer, const Request& request) {
        if (answer == 0) {
            return std::optional(
                VifCounters{request.icount, request.ibytes, request.ocount, request.obytes});
        }
        return no_counters();
    }

private:
    // Enough for both messages; a longer one is no upcall of interest, and its rest is dropped.
    static constexpr size_t kMessageSize = 128;
    static constexpr size_t kBatch = 64;
    // At most so many upcalls of a burst are answered in one turn, which takes some tens of
    // milliseconds.
    static constexpr size_t kMostAtOnce = 2048;
    using Message = std::array<std::byte, kMessageSize>;

    static Result<std::optional<VifCounters>> no_counters();
    Status set_bytes(int option, std::span<const std::byte> value, int harmless);
    size_t read_batch(std::vector<Upcall>& upcalls);

    const UniqueFd fd_;
    const int level_;
    const Decode decode_;
    // headers_ point into parts_ and these into messages_, permanently: the kernel changes neither.
    std::array<Message, kBatch> messages_{};
    std::array<iovec, kBatch> parts_{};
    std::array<mmsghdr, kBatch> headers_{};
};

// Wraps an open routing socket, whoever opened it and whatever is installed on it.
std::unique_ptr<Mrt> create_mrt4(UniqueFd fd);
std::unique_ptr<Mrt> create_mrt6(UniqueFd fd);

// Opens the family's socket and takes the table (the default one, or `table`). The socket delivers
// upcalls, including those for streams that arrive on the wrong VIF, and nothing else. The error's
// status says what kind of refusal it is: kNoMulticast, kNoPermission, kUnavailable with the
// holder's name, or kSystem. For a VRF the table is that of the VRF, and the VIFs are the
// interfaces in it.
Result<UniqueFd> open_mrt_socket(Family family, std::optional<uint32_t> table);

// Sets up an inherited socket as open_mrt_socket() does a new one: it does not block, and delivers
// upcalls and nothing else.
void renew_mrt_socket(int fd, Family family);

// Whether an inherited routing socket of this network namespace owns that table: it may own another
// one, or have given up its own (MRT_DONE). Needs the privilege to open one. True if the kernel has
// only one table, and cannot be asked.
bool owns_table(int fd, Family family, std::optional<uint32_t> table);

// For open_mrt_socket() and renew_mrt_socket().
void accept_only_upcalls4(int fd);
void accept_only_upcalls6(int fd);

}  // namespace smcroute
