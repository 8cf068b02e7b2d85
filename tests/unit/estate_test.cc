// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a daemon finds of its predecessor: on memfds, with each damage that leaves less of it.

#include "daemon/estate.h"

#include <sys/mman.h>

#include "house.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

using Trust = EstateFiles::Trust;

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

    EstateFiles files(Trust trust = Trust::kAll) const {
        return {.journal = journal.get(), .ledger = ledger.get(), .trust = trust};
    }

    // A life: loads the file, carries out a command, stores a ledger, and dies.
    void live() {
        Estate estate(house.files);
        EXPECT(estate.open(files()));
        estate.begin_load();
        (void)read_config("smcroute.conf", estate.files());
        estate.commit_load();
        (void)house.start();
        EXPECT(house.run(kCommand).status == ExitStatus::kOk);
        estate.changed(kCommand);
        estate.commit_changes(house.daemon);
        estate.ledger()->store(example());
        logged.clear();
    }

    // What the next finds: "2 routes, ledger", and what it logs of it.
    Lines open(EstateFiles with) {
        Estate estate(house.files);
        const auto legacy = estate.open(with);
        if (!legacy) {
            return {legacy.error().text};
        }
        Lines lines = {
            cat({legacy->config
                     ? cat({std::to_string(legacy->config->desired.route_count()), " routes"})
                     : "no configuration",
                 !legacy->ledger                ? ", no ledger"
                 : *legacy->ledger == example() ? ", its ledger"
                                                : ", an empty ledger"})};
        lines.insert(lines.end(), logged.begin(), logged.end());
        logged.clear();
        return lines;
    }

    void damage(const UniqueFd& fd, uint64_t place) {
        EXPECT(RandomAccessFile(fd.get(), "the memory").write(place, "damage"));
    }
};

}  // namespace

TEST(estate_of_a_daemon_that_nobody_succeeds_is_nothing) {
    House house(kRoute);
    Estate estate(house.files);
    const auto legacy = estate.open({});
    REQUIRE(legacy);
    EXPECT(!legacy->config && !legacy->ledger);
    EXPECT(estate.ledger() == nullptr);
    EXPECT(&estate.files() == &house.files);
    estate.begin_load();
    estate.cancel_load();
    estate.begin_load();
    estate.commit_load();
    estate.changed(kCommand);
    estate.commit_changes(house.daemon);
    EXPECT_EQ(logged, Lines());
}

TEST(estate_of_the_first_is_empty) {
    Will will;
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, no ledger"});
}

TEST(estate_of_one_that_died_before_it_loaded_anything_is_empty) {
    Will will;
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, no ledger"});
    {
        Estate estate(will.house.files);
        EXPECT(estate.open(will.files()));
        estate.begin_load();
        (void)read_config("smcroute.conf", estate.files());
    }
    EXPECT_EQ(will.open(will.files()), Lines{"no configuration, no ledger"});
}

TEST(estate_of_an_heir_is_what_was_loaded_and_changed_and_the_ledger) {
    Will will;
    will.live();
    will.house.files.files["smcroute.conf"] = "# changed meanwhile\n";
    EXPECT_EQ(will.open(will.files()), Lines{"2 routes, its ledger"});
    // And of the heir's heir.
    EXPECT_EQ(will.open(will.files()), Lines{"2 routes, its ledger"});
}

TEST(estate_goes_on_with_the_journal_of_the_predecessor) {
    Will will;
    will.live();
    {
        Estate estate(will.house.files);
        EXPECT(estate.open(will.files()));
        const std::vector<std::string> words = {"-a", "eth0", "10.0.0.2", "225.9.9.8", "eth2"};
        EXPECT(will.house.run(words).status == ExitStatus::kOk);
        estate.changed(words);
        estate.commit_changes(will.house.daemon);
    }
    EXPECT_EQ(will.open(will.files()), Lines{"3 routes, its ledger"});
}

TEST(estate_keeps_what_was_loaded_before_a_load_that_was_cancelled) {
    Will will;
    will.live();
    {
        Estate estate(will.house.files);
        EXPECT(estate.open(will.files()));
        will.house.files.files["smcroute.conf"] = "mgroop\n";
        estate.begin_load();
        (void)read_config("smcroute.conf", estate.files());
        estate.cancel_load();
    }
    EXPECT_EQ(will.open(will.files()), Lines{"2 routes, its ledger"});
}

TEST(estate_with_a_damaged_journal_is_the_ledger) {
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

TEST(estate_with_a_record_that_makes_no_sense_is_the_ledger) {
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

TEST(estate_with_a_damaged_ledger_has_an_empty_one) {
    Will will;
    will.live();
    will.damage(will.ledger, 20);
    EXPECT_EQ(will.open(will.files()), (Lines{"2 routes, an empty ledger",
                                              "cannot read the ledger of VIFs: its checksum is "
                                              "wrong: every VIF is made anew"}));
}

TEST(estate_that_is_distrusted_loses_the_journal_and_then_the_ledger) {
    for (const Trust trust : {Trust::kLedger, Trust::kNothing}) {
        Will will;
        will.live();
        // Its header alone would be told of, were it read.
        will.damage(will.journal, 0);
        EXPECT_EQ(will.open(will.files(trust)),
                  (Lines{cat({"no configuration, ",
                              trust == Trust::kLedger ? "its ledger" : "an empty ledger"}),
                         "reading the files again: what clients have changed is lost"}));
        // It was not only not read: nobody after trusts it either.
        EXPECT_EQ(will.open(will.files())[0], "no configuration, its ledger");
    }
}

TEST(estate_that_is_distrusted_but_empty_is_that_of_the_first) {
    Will will;
    EXPECT_EQ(will.open(will.files(Trust::kNothing)), Lines{"no configuration, no ledger"});
}

TEST(estate_that_cannot_be_written_is_an_error) {
    Will will;
    const int closed = 1 << 20;
    EXPECT_EQ(will.open({.journal = closed, .ledger = will.ledger.get()}),
              Lines{"cannot shorten the journal: Bad file descriptor"});
}

}  // namespace smcroute
