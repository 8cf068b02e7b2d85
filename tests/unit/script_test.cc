// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/script.h"

#include "test.h"

namespace smcroute {
namespace {

std::string printed(const std::optional<ScriptCall>& call) {
    return call ? call->word + " '" + call->source + "' '" + call->group + "'" : "nothing";
}

TEST(script_call_of_an_untrusted_side_is_made_anew) {
    EXPECT_EQ(printed(verified({"reload", "", ""})), "reload '' ''");
    EXPECT_EQ(printed(verified({"install", "10.0.0.2", "225.1.2.3"})),
              "install '10.0.0.2' '225.1.2.3'");
    EXPECT_EQ(printed(verified({"install", "FD00:0::2", "ff0e:0:0::1"})),
              "install 'fd00::2' 'ff0e::1'");
}

TEST(script_call_of_an_untrusted_side_has_no_words_of_its_own) {
    EXPECT_EQ(printed(verified({"--file=/etc/shadow;$(id)", "", ""})), "nothing");
    EXPECT_EQ(printed(verified({"reload", "10.0.0.2", "225.1.2.3"})), "nothing");
    EXPECT_EQ(printed(verified({"install", "", ""})), "nothing");
    EXPECT_EQ(printed(verified({"install", "$(touch x)", "225.1.2.3"})), "nothing");
    EXPECT_EQ(printed(verified({"install", "10.0.0.2", "225.1.2.3\nx"})), "nothing");
    EXPECT_EQ(printed(verified({"install", "10.0.0.2", "10.0.0.3"})), "nothing");
    EXPECT_EQ(printed(verified({"install", "10.0.0.2", "ff0e::1"})), "nothing");
}

}  // namespace
}  // namespace smcroute
