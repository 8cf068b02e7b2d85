// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RandomConfig: configurations for tests of what must hold for every one.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <utility>

#include "base/text.h"

namespace smcroute {

class RandomConfig {
public:
    explicit RandomConfig(unsigned seed) : random_(std::mt19937(seed)) {}
    // Any numbers will do. (What is drawn in one expression is drawn inside of braces, which keep
    // the order, so that the same numbers mean the same to every compiler.)
    explicit RandomConfig(std::function<unsigned()> random) : random_(std::move(random)) {}

    // A valid configuration of up to 12 lines, from small ranges so that keys collide.
    std::string next() {
        std::string text;
        for (auto i = random_() % 13; i > 0; --i) {
            text += line() + "\n";
        }
        return text;
    }

private:
    bool one_in(unsigned count) { return random_() % count == 0; }
    std::string pick(unsigned count) { return std::to_string(random_() % count); }
    std::string interface() { return one_in(8) ? "eth+" : "eth" + pick(5); }

    std::string line() {
        const bool ipv6 = one_in(3);
        const std::string length = ipv6 ? "/126" : "/30";
        const std::string source = (ipv6 ? "2001:db8::" : "10.0.0.") + pick(3);
        const std::string group = (ipv6 ? "ff0e::" : "225.1.2.") + pick(4);
        const std::string wide_source = source + (one_in(4) ? length : "");
        const std::string wide_group = group + (one_in(4) ? length : "");
        switch (random_() % 9) {
            case 0:
                return phyint();
            case 1:
                return compose("mgroup from {} group {}", interface(), wide_group);
            case 2:
                return compose("mgroup from {} source {} group {}", interface(), wide_source,
                               wide_group);
            case 3:
                return compose(
                    "mroute from {}{} except {}{} group {} to {}", interface(),
                    one_in(2) ? compose(" source {}{}", source, ipv6 ? "/124" : "/28") : "",
                    wide_source,
                    one_in(2) ? compose("{}{}", ipv6 ? ",2001:db8::" : ",10.0.0.", pick(3)) : "",
                    wide_group, interface());
            default:
                return compose("mroute from {}{} group {}{}{}", interface(),
                               one_in(2) ? compose(" source {}", wide_source) : "", wide_group,
                               one_in(2) ? " nolearn" : "",
                               one_in(6) ? "" : compose(" to {} {}", interface(), interface()));
        }
    }

    std::string phyint() {
        const std::string line = compose("phyint eth{}", pick(5));
        switch (random_() % 5) {
            case 0:
                return compose("{} disable", line);
            case 1:
                return compose("{} enable mrdisc", line);
            case 2:
                return compose("{} enable ttl-threshold 1{}", line, pick(9));
            default:
                return compose("{} ttl-threshold 1{}0", line, pick(9));
        }
    }

    std::function<unsigned()> random_;
};

}  // namespace smcroute
