// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a daemon finds of its predecessor: on memfds, with each damage that leaves less of it.

#include "daemon/saved_state.h"

#include <sys/mman.h>

#include "house.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

using Trust = SavedStateFiles::Trust;

constexpr const char* kRoute = "mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth1\n";
const std::vector<std::string> kCommand = {"-a", "eth0", "10.0.0.2", "225.9.9.9", "eth2"};

VifLedger example() {
    VifLedger ledger;
    ledger[0][3] = VifRecord{*IfName::parse("eth0"), 7, VifRecord::State::kLive};
    return ledger;
}

// One process after another on the same two files.
struct Will {
    UniqueFd journal{memfd_create("journal", MFD_CLOEXEC)};
    UniqueFd ledger{memfd_create("ledger", MFD_CLOEXEC)};
    House house{kRoute};

    SavedStateFiles files(Trust trust = Trust::kAll) const {
        return {.journal = journal.get(), .ledger = ledger.get(), .trust = trust};
    }

    // A life: loads the file, carries out a command, stores a ledger, and dies.
    void live() {
        SavedState saved_state(house.files);
        EXPECT(saved_state.open(files()));
        saved_state.begin_load();
        (void)read_config("smcroute.conf", saved_state.files());
        saved_state.commit_load();
        (void)house.start();
        EXPECT(house.run(kCommand).status == ExitStatus::kOk);
        saved_state.changed(kCommand);
        saved_state.commit_changes(house.daemon);
        saved_state.ledger()->store(example());
        logged.clear();
    }

    // What the next finds: "2 routes, ledger", and what it logs of it.
    Lines open(SavedStateFiles with) {
        SavedState saved_state(house.files);
        const auto inherited = saved_state.open(with);
        if (!inherited) {
            return {inherited.error().text};
        }
        Lines lines = {compose("{}{}",
                               inherited->config
                                   ? compose("{} routes", inherited->config->desired.route_count())
                                   : "no configuration",
                               !inherited->ledger                ? ", no ledger"
                               : *inherited->ledger == example() ? ", its ledger"
                                                                 : ", an empty ledger")};
        lines.insert(lines.end(), logged.begin(), logged.end());
        logged.clear();
        return lines;
    }

    void damage(const UniqueFd& fd, uint64_t place) {
        EXPECT(RandomAccessFile(fd.get(), "the memory").write(place, "damage"));
    }
};

}  // namespace

TEST(saved_state_of_a_daemon_that_nobody_succeeds_is_nothing) {
    House house(kRoute);
    SavedState saved_state(house.files);
    const auto inherited = saved_state.open({});
    REQUIRE(inherited);
    EXPECT(!inherited->config && !inherited->ledger);
    EXPECT(saved_state.ledger() == nullptr);
    EXPECT(&saved_state.files() == &house.files);
    saved_state.begin_load();
    saved_state.cancel_load();
    saved_state.begin_load();
    saved_state.commit_load();
    saved_state.changed(kCommand);
    saved_state.commit_changes(house.daemon);
    EXPECT_EQ(logged, Lines());
}

TEST(saved_state_of_the_first_is_empty) {
    Will will;
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, no ledger"});
}

TEST(saved_state_of_one_that_died_before_it_loaded_anything_is_empty) {
    Will will;
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, no ledger"});
    {
        SavedState saved_state(will.house.files);
        EXPECT(saved_state.open(will.files()));
        saved_state.begin_load();
        (void)read_config("smcroute.conf", saved_state.files());
    }
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, no ledger"});
}

TEST(saved_state_of_an_heir_is_what_was_loaded_and_changed_and_the_ledger) {
    Will will;
    will.live();
    will.house.files.files["smcroute.conf"] = "# changed meanwhile\n";
    EXPECT_EQ(will.open(will.files()), Lines{"2 routes, its ledger"});
    // And of the successor's successor.
    EXPECT_EQ(will.open(will.files()), Lines{"2 routes, its ledger"});
}

TEST(saved_state_goes_on_with_the_journal_of_the_predecessor) {
    Will will;
    will.live();
    {
        SavedState saved_state(will.house.files);
        EXPECT(saved_state.open(will.files()));
        const std::vector<std::string> words = {"-a", "eth0", "10.0.0.2", "225.9.9.8", "eth2"};
        EXPECT(will.house.run(words).status == ExitStatus::kOk);
        saved_state.changed(words);
        saved_state.commit_changes(will.house.daemon);
    }
    EXPECT_EQ(will.open(will.files()), Lines{"3 routes, its ledger"});
}

TEST(saved_state_keeps_what_was_loaded_before_a_load_that_was_cancelled) {
    Will will;
    will.live();
    {
        SavedState saved_state(will.house.files);
        EXPECT(saved_state.open(will.files()));
        will.house.files.files["smcroute.conf"] = "mgroop\n";
        saved_state.begin_load();
        (void)read_config("smcroute.conf", saved_state.files());
        saved_state.cancel_load();
    }
    EXPECT_EQ(will.open(will.files()), Lines{"2 routes, its ledger"});
}

TEST(saved_state_with_a_damaged_journal_is_the_ledger) {
    Will will;
    will.live();
    will.damage(will.journal, 0);
    const Lines found = will.open(will.files());
    REQUIRE(found.size() == 2);
    EXPECT_EQ(found[0], "no configuration, its ledger");
    EXPECT(found[1].starts_with("the journal is damaged at byte 0: "));
    EXPECT(found[1].ends_with(": reading the files again"));
    // A new one was begun in its place.
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, its ledger"});
}

TEST(saved_state_with_a_record_that_makes_no_sense_is_the_ledger) {
    Will will;
    will.live();
    // The type of the first record's file.
    will.damage(will.journal, kJournalHeaderSize + kRecordHeaderSize);
    const Lines found = will.open(will.files());
    REQUIRE(found.size() == 2);
    EXPECT_EQ(found[0], "no configuration, its ledger");
    EXPECT(found[1].starts_with("the journal is damaged at byte 32: "));
    EXPECT(found[1].ends_with(": reading the files again"));
}

TEST(saved_state_with_a_damaged_ledger_has_an_empty_one) {
    Will will;
    will.live();
    will.damage(will.ledger, 20);
    EXPECT_EQ(will.open(will.files()), (Lines{"2 routes, an empty ledger",
                                              "cannot read the ledger of VIFs: its checksum is "
                                              "wrong: every VIF is made anew"}));
}

TEST(saved_state_that_is_distrusted_loses_the_journal_and_then_the_ledger) {
    for (const Trust trust : {Trust::kLedger, Trust::kNothing}) {
        Will will;
        will.live();
        // Its header alone would be told of, were it read.
        will.damage(will.journal, 0);
        EXPECT_EQ(will.open(will.files(trust)),
                  (Lines{compose("no configuration, {}",
                                 trust == Trust::kLedger ? "its ledger" : "an empty ledger"),
                         "reading the files again: what clients have changed is lost"}));
        // It was not only not read: nobody after trusts it either.
        EXPECT_EQ(will.open(will.files())[0], "no configuration, its ledger");
    }
}

TEST(saved_state_that_is_distrusted_but_empty_is_that_of_the_first) {
    Will will;
    EXPECT_EQ(will.open(will.files(Trust::kNothing)), Lines{"no configuration, no ledger"});
}

TEST(saved_state_that_cannot_be_written_is_an_error) {
    Will will;
    const int closed = 1 << 20;
    EXPECT_EQ(will.open({.journal = closed, .ledger = will.ledger.get()}),
              Lines{"cannot shorten the journal: Bad file descriptor"});
}

}  // namespace smcroute
