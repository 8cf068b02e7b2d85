// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "second_names.h"

#include <vector>

#include "base/text.h"
#include "options_text.h"
#include "test.h"

namespace smcroute {

namespace {

struct Row {
    std::string_view words;
    std::string_view expected;
};

// What only these names set, in front of the rest.
std::string show_all(const Options& options) {
    const ServiceSettings& service = options.service;
    std::string text = service.delay.count() > 0 ? compose("delay={} ", service.delay.count()) : "";
    text += service.lifetime.count() > 0 ? compose("life={} ", service.lifetime.count()) : "";
    text += service.lenient ? "lenient " : "";
    text += options.client.details ? "details " : "";
    text += options.client.plain ? "plain " : "";
    text += options.client.heading ? "" : "bare ";
    text += options.client.json ? "json " : "";
    text += options.client.any_network ? "any " : "";
    text += service.second_socket ? "two-names " : "";
    EXPECT_EQ(options.warning, "");
    return text + show(options);
}

void expect_rows(const std::string& program, std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        const auto options = parse_options(program, words_of(row.words));
        EXPECT_EQ(
            compose("{} => {}", row.words, options ? show_all(*options) : options.error().text),
            compose("{} => {}", row.words, row.expected));
    }
}

}  // namespace

TEST(second_names_are_those_of_the_last_part_of_the_path) {
    const auto number = [](std::string_view path) { return static_cast<int>(called_as(path)); };
    EXPECT_EQ(number("/usr/sbin/smcroute"), number("smcroute"));
    EXPECT_EQ(number("/usr/sbin/smcrouted"), number("smcrouted"));
    EXPECT_EQ(number("./smcroutectl"), number("smcroutectl"));
    EXPECT_EQ(number(""), number("smcroute"));
    EXPECT_EQ(number("smcrouted-2"), number("smcroute"));
    EXPECT(number("smcrouted") != number("smcroutectl"));
}

TEST(second_names_smcrouted_takes_its_options) {
    expect_rows("/usr/sbin/smcrouted",
                {
                    {"", "lenient two-names daemon no-vifs"},
                    {"-n", "lenient two-names daemon foreground no-vifs"},
                    {"-N", "lenient two-names daemon no-vifs"},
                    {"-nNs -l debug", "lenient two-names daemon foreground no-vifs syslog log=5"},
                    {"-nldebug", "lenient two-names daemon foreground no-vifs log=5"},
                    {"-l none", "lenient two-names daemon no-vifs log=0"},
                    {"-c 300 -m 30", "lenient two-names daemon no-vifs cache=300 mrdisc=30"},
                    {"-d 5", "delay=5 lenient two-names daemon no-vifs"},
                    {"-D 7", "life=7 lenient two-names daemon no-vifs"},
                    {"-e /x/run", "lenient two-names daemon no-vifs exec=/x/run"},
                    {"-e -x", "lenient two-names daemon no-vifs exec=-x"},
                    {"-f /x/y", "lenient two-names daemon no-vifs file=/x/y"},
                    {"-f/x/y", "lenient two-names daemon no-vifs file=/x/y"},
                    {"-i lan", "lenient two-names daemon no-vifs ident=lan"},
                    {"-I lan", "lenient two-names daemon no-vifs ident=lan"},
                    {"-p nobody:nogroup", "lenient two-names daemon no-vifs user=nobody:nogroup"},
                    {"-P /run/x", "lenient two-names daemon no-vifs pidfile=/run/x"},
                    {"-t 42", "lenient two-names daemon no-vifs table=42"},
                    {"-t 0", "lenient two-names daemon no-vifs"},
                    {"-u /run/x", "lenient any daemon no-vifs socket=/run/x"},
                    {"-S /run/x", "lenient any daemon no-vifs socket=/run/x"},
                    {"-u /var/run/smcroute.sock", "lenient two-names daemon no-vifs"},
                    {"-i lan -u /var/run/lan.sock", "lenient two-names daemon no-vifs ident=lan"},
                    {"-F /x/y", "lenient two-names check no-vifs file=/x/y"},
                    {"-v", "lenient two-names version no-vifs"},
                    {"-h", "lenient two-names help no-vifs"},
                });
}

TEST(second_names_smcroutectl_takes_its_options_and_commands) {
    expect_rows("smcroutectl",
                {
                    {"", "client | show"},
                    {"-d", "details client | show"},
                    {"-dpt", "details plain bare client | show"},
                    {"show routes -d", "details client | show routes"},
                    {"-j show int", "json client | show interfaces"},
                    {"-i lan s g", "any client ident=lan | show groups"},
                    {"-I lan s p", "any client ident=lan | show pending"},
                    {"-u /run/x kill", "any client socket=/run/x | kill"},
                    {"-u /var/run/smcroute.sock kill", "client | kill"},
                    {"add eth0 225.1.2.3 eth1", "client | add eth0 225.1.2.3 eth1"},
                    {"rem eth0 225.1.2.3 eth1", "client | remove eth0 225.1.2.3 eth1"},
                    {"del eth0 225.1.2.3", "client | remove eth0 225.1.2.3"},
                    {"restart", "client | reload"},
                    {"-b", "client | batch"},
                    {"help", "help"},
                    {"ver", "version"},
                });
}

TEST(second_names_keep_the_path_by_which_they_were_called) {
    EXPECT_EQ(parse_options("/usr/sbin/smcrouted", Words{})->service.program,
              "/usr/sbin/smcrouted");
    EXPECT(parse_options("smcrouted", Words{})->service.program.ends_with("/unit-tests"));
    EXPECT_EQ(parse_options("/usr/sbin/smcroute", Words{"-d"})->service.program, "");
}

TEST(second_names_refuse_what_these_programs_do_not_know) {
    expect_rows("/usr/sbin/smcrouted",
                {
                    {"-x", "unknown option '-x' (-h lists them)"},
                    {"--help", "unknown option '--' (-h lists them)"},
                    {"-f", "missing FILE after -f"},
                    {"-d 5s", "-d: '5s' is not a number of seconds"},
                    {"show", "unexpected 'show' (smcroutectl takes commands)"},
                });
    expect_rows(
        "smcroutectl",
        {
            {"-n", "unknown option '-n' (-h lists them)"},
            {"r eth0", "'r' may mean reload or remove or restart"},
            {"frob", "unexpected 'frob': there is no such command (smcroute -h lists them)"},
            {"join eth0", "join: missing the group after 'eth0'"},
        });
}

TEST(second_names_know_one_status_of_failure) {
    EXPECT_EQ(exit_status(CalledAs::kSmcroutectl, ExitStatus::kUnavailable), ExitStatus::kRefused);
    EXPECT_EQ(exit_status(CalledAs::kSmcroutectl, ExitStatus::kOk), ExitStatus::kOk);
    EXPECT_EQ(exit_status(CalledAs::kSmcrouted, ExitStatus::kConfig), ExitStatus::kConfig);
    EXPECT_EQ(exit_status(CalledAs::kSmcroute, ExitStatus::kUnavailable), ExitStatus::kUnavailable);
}

TEST(second_names_have_a_usage_text_of_their_own) {
    EXPECT_EQ(usage_text(CalledAs::kSmcroute), usage_text());
    EXPECT(usage_text(CalledAs::kSmcrouted).starts_with("Usage: smcrouted [-hnNsv] [-c SEC] "));
    EXPECT(usage_text(CalledAs::kSmcroutectl).starts_with("Usage: smcroutectl [-bdhjptv] "));
}

}  // namespace smcroute
