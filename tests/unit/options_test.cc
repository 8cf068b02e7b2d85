// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "options.h"

#include "base/text.h"
#include "control/command.h"
#include "options_text.h"
#include "test.h"

namespace smcroute {

namespace {

// The options in words, or the error's text.
std::string parse(const Words& words) {
    const auto options = parse_options(words);
    if (!options) {
        EXPECT_EQ(options.error().status, ExitStatus::kUsage);
        return options.error().text;
    }
    return show(*options);
}

struct Row {
    std::string_view words;
    std::string_view expected;
};

void expect_rows(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        EXPECT_EQ(compose("{} => {}", row.words, parse(words_of(row.words))),
                  compose("{} => {}", row.words, row.expected));
    }
}

}  // namespace

TEST(options_choose_the_role) {
    expect_rows({
        {"-d", "daemon"},
        {"--daemon", "daemon"},
        {"-n", "daemon foreground"},
        {"-d -n", "daemon foreground"},
        {"--foreground", "daemon foreground"},
        {"-k", "client | -k"},
        {"-F /x/y.conf", "check file=/x/y.conf"},
        {"--check=y.conf", "check file=y.conf"},
        {"-h", "help"},
        {"--help", "help"},
        {"-v", "version"},
        {"--version", "version"},
    });
}

TEST(options_help_goes_before_version_before_check_before_daemon) {
    expect_rows({
        {"-v -h", "help"},
        {"-d -v", "version"},
        {"-F /x/y.conf -h", "help file=/x/y.conf"},
        {"-F /x/y.conf -v", "version file=/x/y.conf"},
        {"-d -F /x/y.conf", "check file=/x/y.conf"},
        {"-h -a", "help"},
    });
}

TEST(options_letters_may_stand_in_one_word) {
    expect_rows({
        {"-dn", "daemon foreground"},
        {"-dnNs", "daemon foreground no-vifs syslog"},
        {"-nf /x/y", "daemon foreground file=/x/y"},
        {"-dk", "daemon | -k"},
        {"-nNa eth0 225.1.2.3 eth1", "daemon foreground no-vifs | -a eth0 225.1.2.3 eth1"},
    });
}

TEST(options_arguments_may_be_attached) {
    expect_rows({
        {"-dLdebug", "daemon log=5"},
        {"-d -f/x/y", "daemon file=/x/y"},
        {"-d -t42", "daemon table=42"},
        {"-d --log-level=err", "daemon log=1"},
        {"-d --file=/x/y=z", "daemon file=/x/y=z"},
        {"-d --log-level err", "daemon log=1"},
    });
}

TEST(options_set_what_they_say) {
    expect_rows({
        {"-d -L none", "daemon log=0"},
        {"-d -s", "daemon syslog"},
        {"-d -N", "daemon no-vifs"},
        {"-d -P /run/x.pid -u /run/x.sock", "daemon pidfile=/run/x.pid socket=/run/x.sock"},
        {"-d -p nobody:nogroup", "daemon user=nobody:nogroup"},
        {"-d --group adm", "daemon group=adm"},
        {"-d -t 99999999", "daemon table=99999999"},
        {"-d -c 0", "daemon cache=0"},
        {"-d -m 180", "daemon mrdisc=180"},
        {"-u /run/x.sock -k", "client socket=/run/x.sock | -k"},
    });
    EXPECT_EQ(parse({"-d", "-e", "logger -t x"}), "daemon exec=logger -t x");
}

TEST(options_last_of_a_kind_counts) {
    expect_rows({
        {"-d -L debug -L err", "daemon log=1"},
        {"-d -f /a -f /b", "daemon file=/b"},
    });
}

TEST(options_take_several_commands_in_order) {
    expect_rows({
        {"-a eth0 1.2.3.4 225.1.2.3 eth1 -j eth0 225.1.2.3 -k",
         "client | -a eth0 1.2.3.4 225.1.2.3 eth1 | -j eth0 225.1.2.3 | -k"},
        {"--add eth0 225.1.2.3 eth1 --reload", "client | --add eth0 225.1.2.3 eth1 | --reload"},
        {"-j eth0 225.1.2.3 -d -l eth0 225.1.2.4",
         "daemon | -j eth0 225.1.2.3 | -l eth0 225.1.2.4"},
        {"-j eth0 225.1.2.3 -i lan", "client ident=lan | -j eth0 225.1.2.3"},
    });
}

TEST(options_judge_every_command_before_any_is_sent) {
    expect_rows({
        {"-j eth0 225.1.2.3 -a eth0", "-a: missing the group after 'eth0'"},
        {"-d -a eth0 1.2.3.4 eth1 eth2", "-a: 'eth1' is not an address"},
        {"-k now", "-k: unexpected 'now'"},
    });
}

TEST(options_ident_names_every_file) {
    const auto usual = parse_options(Words{"-d"});
    const auto named = parse_options(Words{"-i", "lan", "-d"});
    REQUIRE(usual && named);
    const auto renamed = [](std::string path) {
        const size_t place = path.rfind("smcroute");
        return path.replace(place, 8, "lan");
    };
    EXPECT(usual->service.config_file.ends_with("/smcroute.conf"));
    EXPECT(usual->service.pid_file.ends_with("/smcroute.pid"));
    EXPECT(usual->service.socket.ends_with("/smcroute"));
    EXPECT_EQ(named->service.config_file, renamed(usual->service.config_file));
    EXPECT_EQ(named->service.pid_file, renamed(usual->service.pid_file));
    EXPECT_EQ(named->service.socket, renamed(usual->service.socket));
    EXPECT_EQ(named->service.ident, "lan");
}

TEST(options_ident_leaves_paths_that_were_given) {
    expect_rows({
        {"-d -f /x -i lan -P /y", "daemon ident=lan file=/x pidfile=/y"},
        {"-i lan -u /z -k", "client ident=lan socket=/z | -k"},
    });
}

TEST(options_make_relative_paths_absolute) {
    const auto options = parse_options(Words{"-d", "-f", "x.conf", "-P", "x/y.pid", "-u", "./s"});
    REQUIRE(options);
    for (const std::string& path :
         {options->service.config_file, options->service.pid_file, options->service.socket}) {
        EXPECT(path.starts_with('/'));
    }
    EXPECT(options->service.config_file.ends_with("/x.conf"));
    EXPECT(options->service.pid_file.ends_with("/x/y.pid"));
}

TEST(options_say_which_is_unknown_and_what_was_probably_meant) {
    expect_rows({
        {"-x", "unknown option '-x' (smcroute -h lists them)"},
        {"-dx", "unknown option '-x' (smcroute -h lists them)"},
        {"--frobnicate", "unknown option '--frobnicate' (smcroute -h lists them)"},
        {"--", "unknown option '--' (smcroute -h lists them)"},
        {"--deamon", "unknown option '--deamon' (did you mean '--daemon'?)"},
        {"--lod-level=debug", "unknown option '--lod-level' (did you mean '--log-level'?)"},
        {"--jion eth0 225.1.2.3", "unknown option '--jion' (did you mean '--join'?)"},
        {"--rel", "unknown option '--rel' (did you mean '--reload'?)"},
        {"-show", "unknown option '-show' (did you mean '--show'?)"},
        {"-daemon", "unknown option '-daemon' (did you mean '--daemon'?)"},
        {"-reload", "unknown option '-reload' (did you mean '--reload'?)"},
    });
    EXPECT_EQ(parse({"--\x1b[2J"}), "unknown option '--?[2J' (smcroute -h lists them)");
}

TEST(options_say_which_argument_is_missing) {
    expect_rows({
        {"-d -f", "missing FILE after -f"},
        {"-f -d", "missing FILE after -f"},
        {"-dL", "missing LEVEL after -L"},
        {"-d --table", "missing ID after --table"},
        {"-d --file=", "missing FILE after --file"},
        {"-d --group", "missing NAME after --group"},
    });
    EXPECT_EQ(parse({"-d", "-f", ""}), "missing FILE after -f");
}

TEST(options_say_which_argument_is_wrong) {
    expect_rows({
        {"-d -L loud", "-L: 'loud' is not a log level (none, err, warning, notice, info, debug)"},
        {"-d -t 0", "-t: '0' is not a table ID (1 to 99999999)"},
        {"-d -t 100000000", "-t: '100000000' is not a table ID (1 to 99999999)"},
        {"-d --table=x", "--table: 'x' is not a table ID (1 to 99999999)"},
        {"-d -i a/b", "-i: 'a/b' is not a name for an instance"},
        {"-d -c 1m", "-c: '1m' is not a number of seconds"},
        {"-d -m 3", "-m: '3' is not an interval (4 to 180 seconds)"},
        {"-d --daemon=yes", "--daemon takes no argument"},
    });
}

TEST(options_say_where_an_unexpected_word_stands) {
    expect_rows({
        {"eth0", "unexpected 'eth0': there is no such command (smcroute -h lists them)"},
        {"daemon", "unexpected 'daemon': there is no such command (did you mean '--daemon'?)"},
        {"realod", "unexpected 'realod': there is no such command (did you mean 'reload'?)"},
        {"-d eth0", "unexpected 'eth0' after -d"},
        {"-d -f /x eth0", "unexpected 'eth0' after -f"},
        {"--log-level=err eth0", "unexpected 'eth0' after --log-level"},
    });
}

TEST(options_take_commands_without_dashes) {
    expect_rows({
        {"add eth0 225.1.2.3 eth1 -k", "client | add eth0 225.1.2.3 eth1 | -k"},
        {"-i lan sh ra", "client ident=lan | show rates"},
        {"status", "client | show status"},
        {"--no-heading groups", "client | show groups"},
        {"-d a eth0 225.1.2.3 eth1 -N", "daemon no-vifs | add eth0 225.1.2.3 eth1"},
        {"-d status", "show needs a running daemon: call it after -d"},
        {"help", "help"},
        {"version", "version"},
        {"re eth0", "'re' may mean reload or remove or restart"},
    });
}

TEST(options_want_the_words_of_a_command_apart) {
    expect_rows({
        {"-aeth0 225.1.2.3 eth1", "'-aeth0': what follows -a must be separate words"},
        {"--join=eth0 225.1.2.3", "'--join=eth0': what follows --join must be separate words"},
    });
}

TEST(options_of_other_releases_are_told_by_their_names_here) {
    expect_rows({
        {"-I lan -d", "unknown option '-I' (did you mean '-i'?)"},
        {"-S /run/x -d", "unknown option '-S' (did you mean '-u'?)"},
        {"-b", "unknown option '-b' (did you mean '--batch'?)"},
        {"-d -D 5", "unknown option '-D' (-d returns when the daemon is ready)"},
        {"-n -l debug", "-l leaves a group (did you mean '-L debug'?)"},
        {"-n -l eth0", "-l: missing the group after 'eth0'"},
        {"-d -L warn", "daemon log=2"},
        {"-d -L error", "daemon log=1"},
    });
}

TEST(options_say_that_nothing_is_started) {
    const auto warning = [](std::string_view words) {
        const auto options = parse_options(words_of(words));
        return options ? options->warning : options.error().text;
    };
    EXPECT_EQ(warning("-d -v"), "no daemon was started: -v only prints the version");
    EXPECT_EQ(warning("-n -F /x"), "no daemon was started: -F only checks the file");
    EXPECT_EQ(warning("-d -h"), "");
    EXPECT_EQ(warning("-v"), "");
    EXPECT_EQ(warning("-d"), "");
}

TEST(options_without_a_role_are_refused) {
    expect_rows({
        {"-N", "nothing to do: neither -d nor a command was given"},
        {"-i lan", "nothing to do: neither -d nor a command was given"},
    });
    EXPECT_EQ(parse({}), "");
}

TEST(options_refuse_waiting_before_the_daemon_is_ready) {
    expect_rows({
        {"-d --wait", "--wait needs a running daemon: call it after -d"},
        {"--wait 3", "client | --wait 3"},
    });
}

TEST(options_let_a_diagnosis_stand_alone) {
    expect_rows({
        {"--why eth0", "diagnosis | --why eth0"},
        {"--trace", "diagnosis | --trace"},
        {"-t 9 --why", "diagnosis table=9 | --why"},
        {"--why --trace", "--why must be called by itself"},
        {"-k --why", "--why must be called by itself"},
        {"-d --trace", "--trace must be called by itself"},
        {"--seconds 0 --why", "--seconds: '0' is not a time to watch (1 to 3600 seconds)"},
        {"--seconds 3601 --why", "--seconds: '3601' is not a time to watch (1 to 3600 seconds)"},
    });
    const auto options = parse_options(Words{"--seconds", "7", "--config", "--trace"});
    EXPECT(options && options->client.watched == std::chrono::seconds(7));
    EXPECT(options && options->client.as_config);
}

TEST(options_refuse_metrics_as_json) {
    expect_rows({
        {"--json --metrics", "--metrics has a format of its own: leave out --json"},
    });
}

TEST(usage_text_has_a_row_for_each_command_and_fits_a_terminal) {
    const std::string text = usage_text();
    for (const CommandWord& command : command_words()) {
        EXPECT(text.find(compose("--{}{}{}", command.name, command.arguments.empty() ? "" : " ",
                                 command.arguments)) != std::string::npos);
    }
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        EXPECT_EQ(line.size() > 90 ? line : "", "");
        rest.remove_prefix(line.size() + 1);
    }
}

TEST(usage_text_shows_letters_names_and_arguments) {
    const std::string text = usage_text();
    EXPECT(text.starts_with("Usage: smcroute -d|-n [OPTION...] [COMMAND...]   start the daemon\n"));
    EXPECT(text.find("\n  -f, --file FILE           configuration file\n") != std::string::npos);
    EXPECT(text.find("\n  -a, --add IIF [SOURCE] GROUP [nolearn] OIF...\n") != std::string::npos);
    EXPECT(text.find("\n      --reload              read the config") != std::string::npos);
}

TEST(version_text_is_one_line) {
    const std::string text = version_text();
    EXPECT(text.starts_with("smcroute "));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
}

}  // namespace smcroute
