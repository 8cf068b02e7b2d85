// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RandomConfig: configurations for tests of what must hold for every one.
#pragma once

#include <random>
#include <string>

namespace smcroute {

class RandomConfig {
public:
    explicit RandomConfig(unsigned seed) : random_(seed) {}

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
                return "mgroup from " + interface() + " group " + wide_group;
            case 2:
                return "mgroup from " + interface() + " source " + wide_source + " group " +
                       wide_group;
            case 3:
                return "mroute from " + interface() +
                       (one_in(2) ? " source " + (source + (ipv6 ? "/124" : "/28")) : "") +
                       " except " + wide_source +
                       (one_in(2) ? (ipv6 ? ",2001:db8::" : ",10.0.0.") + pick(3) : "") +
                       " group " + wide_group + " to " + interface();
            default:
                return "mroute from " + interface() + (one_in(2) ? " source " + wide_source : "") +
                       " group " + wide_group +
                       (one_in(6) ? "" : " to " + interface() + " " + interface());
        }
    }

    std::string phyint() {
        const std::string line = "phyint eth" + pick(5);
        switch (random_() % 5) {
            case 0:
                return line + " disable";
            case 1:
                return line + " enable mrdisc";
            case 2:
                return line + " enable ttl-threshold 1" + pick(9);
            default:
                return line + " ttl-threshold 1" + pick(9) + "0";
        }
    }

    std::mt19937 random_;
};

}  // namespace smcroute
