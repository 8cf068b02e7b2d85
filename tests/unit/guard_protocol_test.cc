// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/protocol.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using Bytes = std::vector<std::byte>;

// One of each kind, in their order; texts of other lengths, with bytes of all sorts.
std::vector<GuardMessage> one_of_each() {
    return {ReadFile{"/etc/smcroute.conf"},
            FindFiles{"/etc/smcroute.d/*.conf"},
            OpenMrdisc{Family::kIpv6, 0x01020304, "eth0"},
            RunScript{"install", "10.0.0.2", "225.1.2.3"},
            TouchPidFile{},
            Ready{},
            UpgradeRequest{},
            Hold{UINT32_MAX},
            Release{1},
            Notify{Notice::kWatchdog, "12 routes\n\0\xff"},
            Finish{},
            Answer{ExitStatus::kNoPermission, "cannot read it"},
            ReloadOrder{},
            StopOrder{"terminated"},
            ScriptEnded{-256}};
}

Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    for (const unsigned value : values) {
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

bool is_refused(const Bytes& bytes) { return !decode_message(bytes); }

// The message that comes out at the other end; what does not come out is empty.
template <typename Kind>
Kind carried(const Kind& message) {
    const auto back = decode_message(encode_message(message));
    const Kind* const kind = back ? std::get_if<Kind>(&*back) : nullptr;
    EXPECT(kind != nullptr);
    return kind != nullptr ? *kind : Kind{};
}

}  // namespace

TEST(guard_protocol_carries_every_kind_of_message) {
    const std::vector<GuardMessage> messages = one_of_each();
    EXPECT_EQ(messages.size(), std::variant_size_v<GuardMessage>);
    for (size_t i = 0; i < messages.size(); ++i) {
        EXPECT_EQ(messages[i].index(), i);
        const Bytes bytes = encode_message(messages[i]);
        const auto back = decode_message(bytes);
        REQUIRE(back);
        EXPECT_EQ(back->index(), i);
        EXPECT(encode_message(*back) == bytes);
    }
}

TEST(guard_protocol_knows_what_is_answered) {
    EXPECT(is_question(ReadFile{}));
    EXPECT(is_question(UpgradeRequest{}));
    EXPECT(!is_question(Hold{}));
    EXPECT(!is_question(Finish{}));
    EXPECT(!is_question(Answer{}));
}

TEST(guard_protocol_carries_every_field) {
    EXPECT_EQ(carried(ReadFile{"/a b"}).path, "/a b");
    EXPECT_EQ(carried(FindFiles{"*"}).pattern, "*");
    const auto open = carried(OpenMrdisc{Family::kIpv6, 77, "eth0"});
    EXPECT(open.family == Family::kIpv6 && open.ifindex == 77 && open.name == "eth0");
    const auto run = carried(RunScript{"install", "fd00::2", "ff0e::1"});
    EXPECT(run.word == "install" && run.source == "fd00::2" && run.group == "ff0e::1");
    EXPECT_EQ(carried(Hold{5}).id, 5U);
    EXPECT_EQ(carried(Release{6}).id, 6U);
    const auto notify = carried(Notify{Notice::kReloading, "1 route"});
    EXPECT(notify.notice == Notice::kReloading && notify.status == "1 route");
    const auto answer = carried(Answer{ExitStatus::kSystem, "cannot"});
    EXPECT(answer.status == ExitStatus::kSystem && answer.reason == "cannot");
    EXPECT_EQ(carried(StopOrder{"interrupted"}).why, "interrupted");
    EXPECT_EQ(carried(ScriptEnded{-1}).status, -1);
}

TEST(guard_protocol_has_the_bytes_that_its_header_tells) {
    // Numbers are in the order of the machine.
    if (std::endian::native == std::endian::little) {
        EXPECT(encode_message(ReadFile{"/a"}) == bytes_of({0, 2, 0, '/', 'a'}));
        EXPECT(encode_message(OpenMrdisc{Family::kIpv6, 258, "e"}) ==
               bytes_of({2, static_cast<unsigned>(Family::kIpv6), 2, 1, 0, 0, 1, 0, 'e'}));
    } else {
        EXPECT(encode_message(ReadFile{"/a"}) == bytes_of({0, 0, 2, '/', 'a'}));
        EXPECT(encode_message(OpenMrdisc{Family::kIpv6, 258, "e"}) ==
               bytes_of({2, static_cast<unsigned>(Family::kIpv6), 0, 0, 1, 2, 0, 1, 'e'}));
    }
    EXPECT(encode_message(Ready{}) == bytes_of({5}));
}

TEST(guard_protocol_carries_texts_of_any_bytes_up_to_the_limit) {
    std::string text(kMaxText, '\0');
    for (size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<char>(i);
    }
    EXPECT(carried(ReadFile{text}).path == text);
    EXPECT(carried(ReadFile{""}).path.empty());
    EXPECT(carried(ReadFile{text + "x"}).path == text);
}

TEST(guard_protocol_refuses_a_text_that_claims_to_be_longer) {
    Bytes bytes(1 + 2 + kMaxText + 1, std::byte{'a'});
    bytes[0] = std::byte{0};
    const uint16_t size = kMaxText + 1;
    std::copy_n(std::as_bytes(std::span(&size, 1)).begin(), sizeof size, bytes.begin() + 1);
    EXPECT(is_refused(bytes));
}

TEST(guard_protocol_refuses_what_is_cut_off_at_any_byte) {
    for (const GuardMessage& message : one_of_each()) {
        const Bytes bytes = encode_message(message);
        for (size_t size = 0; size < bytes.size(); ++size) {
            EXPECT(is_refused({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)}));
        }
    }
}

TEST(guard_protocol_refuses_what_has_something_behind_it) {
    for (const GuardMessage& message : one_of_each()) {
        Bytes bytes = encode_message(message);
        bytes.push_back(std::byte{0});
        EXPECT(is_refused(bytes));
    }
}

TEST(guard_protocol_refuses_types_that_there_are_not) {
    for (unsigned type = std::variant_size_v<GuardMessage>; type < 256; ++type) {
        EXPECT(is_refused(bytes_of({type})));
        EXPECT(is_refused(bytes_of({type, 0, 0})));
    }
    EXPECT(is_refused({}));
}

TEST(guard_protocol_refuses_families_and_notices_that_there_are_not) {
    const GuardMessage open = OpenMrdisc{Family::kIpv4, 1, "eth0"};
    const GuardMessage notify = Notify{Notice::kReady, ""};
    for (unsigned value = 0; value < 256; ++value) {
        Bytes bytes = encode_message(open);
        bytes[1] = static_cast<std::byte>(value);
        EXPECT_EQ(is_refused(bytes), value >= kFamilies.size());
        bytes = encode_message(notify);
        bytes[1] = static_cast<std::byte>(value);
        EXPECT_EQ(is_refused(bytes), value > static_cast<unsigned>(Notice::kWatchdog));
    }
}

TEST(guard_protocol_carries_any_exit_status) {
    for (unsigned value = 0; value < 256; ++value) {
        const auto status = static_cast<ExitStatus>(value);
        EXPECT(carried(Answer{status, ""}).status == status);
    }
}

}  // namespace smcroute
