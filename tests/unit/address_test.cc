// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/address.h"

#include <random>
#include <set>
#include <vector>

#include <arpa/inet.h>

#include "test.h"

namespace smcroute {

namespace {

Address addr(std::string_view text) {
    const auto address = Address::parse(text);
    EXPECT(address.has_value());
    return address.value_or(Address::any(Family::kIpv4));
}

}  // namespace

TEST(address_writes_every_octet_as_a_number) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const std::string number = std::to_string(octet);
        const auto byte = static_cast<uint8_t>(octet);
        EXPECT_EQ(to_string(Address::from_ipv4({byte, 0, byte, byte})),
                  number + ".0." + number + "." + number);
    }
}

TEST(address_text_comes_back_in_its_canonical_form) {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"1.2.3.4", "1.2.3.4"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"FF0E:0:0::0:1", "ff0e::1"},
        {"2001:db8::10.1.2.3", "2001:db8::a01:203"},
        {"1111:2222:3333:4444:5555:6666:255.255.255.255",
         "1111:2222:3333:4444:5555:6666:ffff:ffff"},
    };
    for (const auto& [text, canonical] : rows) {
        EXPECT_EQ(to_string(addr(text)), canonical);
    }
}

TEST(address_text_has_each_byte_in_decimal) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto value = static_cast<uint8_t>(byte);
        const std::string text = std::to_string(byte);
        EXPECT_EQ(to_string(Address::from_ipv4({value, 0, 99, value})), text + ".0.99." + text);
    }
}

TEST(address_refuses_what_is_no_plain_address) {
    for (const std::string_view text :
         {"", " ", "eth0", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
          "1.2.3.4/24", ":", ":::", "1::2::3", "12345::", "ff02::1%eth0", "[::1]", "*"}) {
        EXPECT_EQ(Address::parse(text) ? "taken: " + std::string(text) : "", "");
    }
    EXPECT(!Address::parse(std::string(100, '1')));
}

// Of any text, most of it nearly an address.
TEST(address_takes_the_dotted_quads_that_the_library_takes) {
    constexpr std::string_view kBytes = "0123456789....25500-+ x/";
    std::mt19937 random(1);
    size_t taken = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string text = "10.255.0.99";
        for (unsigned left = random() % 4; left > 0; --left) {
            const size_t at = random() % text.size();
            const char byte = kBytes[random() % kBytes.size()];
            text = random() % 2 == 0 ? text.replace(at, 1, 1, byte) : text.insert(at, 1, byte);
        }
        Address::Ipv4Bytes bytes{};
        const bool is_one = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
        const auto address = Address::parse(text);
        REQUIRE(address.has_value() == is_one);
        EXPECT(!address || address->ipv4() == bytes);
        taken += is_one ? 1U : 0U;
    }
    EXPECT(taken > 50'000);
}

TEST(address_refuses_bytes_behind_a_nul) {
    EXPECT(!Address::parse(std::string_view("1.2.3.4\0x", 9)));
    EXPECT(!Address::parse(std::string_view("::1\0", 4)));
}

TEST(address_refuses_the_ipv4_mapped_form) {
    EXPECT(!Address::parse("::ffff:1.2.3.4"));
    EXPECT(!Address::parse("::ffff:0:0"));
    EXPECT(!Address::from_ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4}));
    EXPECT(Address::parse("::fffe:1.2.3.4").has_value());
}

TEST(address_knows_its_family) {
    EXPECT_EQ(addr("0.0.0.0").family(), Family::kIpv4);
    EXPECT_EQ(addr("::").family(), Family::kIpv6);
    EXPECT_EQ(to_string(Family::kIpv4), "IPv4");
    EXPECT_EQ(to_string(Family::kIpv6), "IPv6");
}

TEST(address_bytes_are_in_network_order) {
    EXPECT(addr("1.2.3.4").ipv4() == (Address::Ipv4Bytes{1, 2, 3, 4}));
    EXPECT(Address::from_ipv4({1, 2, 3, 4}) == addr("1.2.3.4"));
    Address::Ipv6Bytes bytes{0xff, 0x0e};
    bytes[15] = 1;
    EXPECT(addr("ff0e::1").ipv6() == bytes);
    EXPECT(Address::from_ipv6(bytes) == addr("ff0e::1"));
}

TEST(address_any_is_all_zero_and_nothing_else_is) {
    EXPECT_EQ(to_string(Address::any(Family::kIpv4)), "0.0.0.0");
    EXPECT_EQ(to_string(Address::any(Family::kIpv6)), "::");
    EXPECT(addr("0.0.0.0").is_any());
    EXPECT(addr("::").is_any());
    EXPECT(!addr("0.0.0.1").is_any());
    EXPECT(!addr("::1").is_any());
    EXPECT(Address::any(Family::kIpv4) != Address::any(Family::kIpv6));
}

TEST(address_is_multicast_within_the_bounds_of_its_family) {
    for (const char* const group : {"224.0.0.0", "239.255.255.255", "ff00::", "ffff::"}) {
        EXPECT(addr(group).is_multicast());
    }
    for (const char* const other : {"223.255.255.255", "240.0.0.0", "0.0.0.0", "fe80::1", "::"}) {
        EXPECT(!addr(other).is_multicast());
    }
}

TEST(address_next_carries) {
    EXPECT_EQ(to_string(addr("1.2.3.4").next()), "1.2.3.5");
    EXPECT_EQ(to_string(addr("1.2.255.255").next()), "1.3.0.0");
    EXPECT_EQ(to_string(addr("ff0e::ffff").next()), "ff0e::1:0");
}

TEST(addresses_are_ordered_as_numbers_within_their_family) {
    const std::set<Address> ordered = {addr("10.0.0.1"), addr("9.255.0.0"), addr("224.0.0.1"),
                                       addr("9.2.0.0")};
    std::string text;
    for (const Address& address : ordered) {
        text += to_string(address) + " ";
    }
    EXPECT_EQ(text, "9.2.0.0 9.255.0.0 10.0.0.1 224.0.0.1 ");
}

TEST(address_hashes_of_neighbours_differ) {
    std::set<size_t> hashes;
    Address address = addr("225.0.0.0");
    for (int i = 0; i < 1000; ++i) {
        hashes.insert(hash_of(address));
        address = address.next();
    }
    EXPECT_EQ(hashes.size(), size_t{1000});
}

}  // namespace smcroute
