# smcroute: make, make check, make install. Works without ./configure; config.mk overrides what it
# finds there. V=1 shows the commands.

VERSION      = 0.1.0

-include config.mk

CXX         ?= g++
STRIP       ?= strip
INSTALL     ?= install
BUILD       ?= build
DESTDIR     ?=
prefix      ?= /usr/local
sbindir     ?= $(prefix)/sbin
datadir     ?= $(prefix)/share
mandir      ?= $(prefix)/share/man
docdir      ?= $(prefix)/share/doc/smcroute
sysconfdir  ?= /etc
runstatedir ?= /var/run
systemddir  ?= $(prefix)/lib/systemd/system

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
ifdef WERROR
WARNINGS += -Werror
endif

# Debug and sanitizer builds (SANITIZE=address,undefined) keep unwind tables and frame pointers.
ifdef SANITIZE
CXXFLAGS ?= -Og -g
MODE      = -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS
LINKMODE  = -fsanitize=$(SANITIZE)
else
CXXFLAGS ?= -Os
MODE      = -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
STATIC   ?= -static-libstdc++ -static-libgcc
LINKMODE  = $(STATIC) -Wl,--gc-sections -Wl,--as-needed
# Where each byte of a long table passes, speed is worth some size. (With PCH=1 all are to be
# compiled alike, or it is of no use to some.)
QUICKER   = $(if $(PCH),,-O2)
endif

# With PCH=1 the headers of the C++ library are read once and not for each file: for the builds that
# tests make beside the one that counts, which shows where an #include is missing.
ifdef PCH
STD      = $(BUILD)/std.h
PRESET   = -include $(STD)
COMPILED = $(STD).gch
endif

ALL_CXXFLAGS = -std=c++20 $(WARNINGS) -fno-exceptions -fno-rtti -fno-threadsafe-statics $(MODE) $(CXXFLAGS) \
               -D_FILE_OFFSET_BITS=64 -ffile-prefix-map=$(CURDIR)/= -Isrc -MMD -MP
OPTION_DEFINES = -DSMCROUTE_VERSION='"$(VERSION)"' -DSMCROUTE_SYSCONFDIR='"$(sysconfdir)"' \
                 -DSMCROUTE_RUNSTATEDIR='"$(runstatedir)"'

# One list for each layer, lowest first; `make lint` checks that none includes a higher one.
BASE    = check log result text
OS      = background child descriptors event_loop file memory_file message_socket notify owned_path pidfile privileges random_access_file sandbox syscall_filter terminal unix_socket
MCAST   = address desired desired_diff if_name installed interfaces layout op path_pool planner prefix route rules slots streams vif_ledger
KERNEL  = entry_codec entry_query holder join_socket linux_kernel membership mrt mrt4 mrt6 mrt_codec netlink_codec routing_sockets rtnl_codec rtnl_socket
MRDISC  = announcer mrdisc mrdisc_codec mrdisc_socket
CONFIG  = clauses diagnostic lexer lint loader parser pattern_cover read_config route_template rule_index spec suggest
VIEW    = event json metrics render rows schema table table_text watch
CONTROL = client command connection monitor protocol server session table_reader watcher
GUARD   = file_desk guard handover holdings protocol requests upgrade ward worker
DAEMON  = adoption alone applier commands daemon estate event_feed hook_queue journal journal_reader journal_writer ledger ledger_file line_pages origin_text restore script service show show_lines stream_keeper

QUICK   = control/protocol daemon/origin_text daemon/show kernel/mrt4 kernel/mrt_codec mcast/address mcast/desired view/json view/rows view/schema view/table view/table_text

ROOMS = $(BASE:%=base/%) $(OS:%=os/%) $(MCAST:%=mcast/%) $(KERNEL:%=kernel/%) $(MRDISC:%=mrdisc/%) $(CONFIG:%=config/%) $(VIEW:%=view/%) \
        $(CONTROL:%=control/%) $(DAEMON:%=daemon/%) $(GUARD:%=guard/%) option_table options

UNIT = $(patsubst tests/unit/%.cc,%,$(wildcard tests/unit/*.cc))
FUZZERS = $(patsubst tests/fuzz/%_fuzz.cc,%,$(wildcard tests/fuzz/*_fuzz.cc))

ROOM_OBJECTS = $(ROOMS:%=$(BUILD)/src/%.o)
UNIT_OBJECTS = $(UNIT:%=$(BUILD)/tests/unit/%.o)

Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

all: $(BUILD)/smcroute

# Only the program itself does without the library's own way to die; see the file.
TERMINATE = $(if $(SANITIZE),,$(BUILD)/src/base/terminate.o)

$(BUILD)/smcroute: $(BUILD)/src/main.o $(ROOM_OBJECTS) $(TERMINATE)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(CXXFLAGS) $(LINKMODE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/unit-tests: $(UNIT_OBJECTS) $(ROOM_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(CXXFLAGS) $(LINKMODE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%-replay: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/replay.o $(ROOM_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(CXXFLAGS) $(LINKMODE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The bare system calls that `make bench` compares with.
$(BUILD)/floor: $(BUILD)/tests/bench/floor.o
	$(call say,LINK,$@)
	$(Q)$(CXX) $(CXXFLAGS) $(LINKMODE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The namespace tests' own tools.
$(BUILD)/mcast $(BUILD)/mrdisc_peer $(BUILD)/pest $(BUILD)/manager: $(BUILD)/%: $(BUILD)/tests/net/%.o
	$(call say,LINK,$@)
	$(Q)$(CXX) $(CXXFLAGS) $(LINKMODE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Loaded into a daemon of any build, so built alike for all, and of the C library alone.
$(BUILD)/faults.so: tests/net/faults.cc
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++20 $(WARNINGS) -Os -fno-exceptions -fno-rtti -fPIC -shared -Wl,--as-needed -o $@ $<

# Says itself what the library's headers would say.
$(BUILD)/src/base/terminate.o: PRESET =
$(BUILD)/src/options.o: ALL_CXXFLAGS += $(OPTION_DEFINES)
$(BUILD)/src/options.o: Makefile $(wildcard config.mk)
$(QUICK:%=$(BUILD)/src/%.o): ALL_CXXFLAGS += $(QUICKER)
$(BUILD)/tests/unit/%.o: ALL_CXXFLAGS += -Itests/unit

$(BUILD)/%.o: %.cc $(COMPILED)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(PRESET) $(ALL_CXXFLAGS) $(CPPFLAGS) -c -o $@ $<

ifdef PCH
$(COMPILED): tests/std.h
	@mkdir -p $(@D)
	@sed '/^#pragma once/d' $< >$(STD)
	$(Q)$(CXX) $(ALL_CXXFLAGS) $(CPPFLAGS) -x c++-header -o $@ $(STD)
endif

-include $(ROOM_OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(BUILD)/src/main.d $(BUILD)/src/base/terminate.d
-include $(wildcard $(BUILD)/tests/fuzz/*.d $(BUILD)/tests/net/*.d)

# --- tests

tools: $(BUILD)/smcroute $(BUILD)/mcast $(BUILD)/mrdisc_peer $(BUILD)/pest $(BUILD)/manager $(BUILD)/faults.so

everything: tools $(BUILD)/floor $(BUILD)/unit-tests $(FUZZERS:%=$(BUILD)/%-replay)

check: check-unit check-net

# Neither root nor namespaces.
check-unit: $(BUILD)/smcroute $(BUILD)/unit-tests $(FUZZERS:%=$(BUILD)/%-replay) lint
	$(Q)$(BUILD)/unit-tests
	$(Q)set -e; for f in $(FUZZERS); do $(BUILD)/$$f-replay tests/fuzz/corpus/$$f; done
	$(Q)sh tests/man/check.sh $(BUILD)/smcroute

check-net: tools
	$(Q)SMCROUTE=$(BUILD)/smcroute MCAST=$(BUILD)/mcast MRDISC_PEER=$(BUILD)/mrdisc_peer \
	    PEST=$(BUILD)/pest SERVICE_MANAGER=$(BUILD)/manager FAULTS_LIBRARY=$(BUILD)/faults.so \
	    tests/net/run

check-asan:
	$(Q)$(MAKE) BUILD=$(BUILD)/asan SANITIZE=address,undefined WERROR=1 PCH=1 everything
	$(Q)$(MAKE) -j1 BUILD=$(BUILD)/asan PCH=1 LINT_CACHE=$(LINT_CACHE) SANITIZE=address,undefined WERROR=1 check-unit check-net

# No error and nothing lost (exec() and limits under valgrind do not fail as they should), in the
# namespace tests that come and go with the most; and of a daemon in one process every block freed
# (a worker still has the guard's part of the heap, and the unit tests' C++ library an emergency
# pool). The namespace tests mostly wait, so the unit tests run beside them.
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full
EVERY_BLOCK = --show-leak-kinds=all --errors-for-leak-kinds=all
# Lives by the hundred, which the sanitizers see as well.
TOO_LONG = -adoption_leads -compaction_ -commands_without -every_life -planner_needs -seventy_thousand -of_ten_thousand_kernel \
           -ledger_file_cut_off -server_holds_no_more -loader_bounds
VALGRIND_NET ?= 20-rules 30-groups 50-configuration
check-valgrind: tools $(BUILD)/unit-tests
	$(Q)command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 0; }; \
	    $(VALGRIND) $(BUILD)/unit-tests -spawn_ -pidfile_error -run_out $(TOO_LONG) \
	        >$(BUILD)/valgrind.log 2>&1 & \
	    export SMCROUTE=$(BUILD)/smcroute MCAST=$(BUILD)/mcast MRDISC_PEER=$(BUILD)/mrdisc_peer \
	        PEST=$(BUILD)/pest SERVICE_MANAGER=$(BUILD)/manager; \
	    failed=0; \
	    WRAP="$(VALGRIND)" tests/net/run $(VALGRIND_NET:%=tests/net/%.sh) || failed=1; \
	    SINGLE=1 WRAP="$(VALGRIND) $(EVERY_BLOCK)" tests/net/run $(VALGRIND_NET:%=tests/net/%.sh) || failed=1; \
	    wait $$! || failed=1; \
	    cat $(BUILD)/valgrind.log; \
	    exit $$failed

LINT_CACHE ?= $(BUILD)/lint
lint:
	$(Q)LINT_CACHE=$(LINT_CACHE) CXX="$(CXX)" sh tests/lint.sh

# Without warnings under every compiler and C library that is here.
check-compilers:
	$(Q)sh tests/compilers.sh $(BUILD)

# Two builds in different directories give the same program.
check-reproducible:
	$(Q)sh tests/reproducible.sh

demo: tools
	$(Q)SMCROUTE=$(BUILD)/smcroute MCAST=$(BUILD)/mcast tests/demo.sh

bench: tools $(BUILD)/floor
	$(Q)tests/bench/run.sh $(BUILD)

# --- installation

CONF_FILES = smcroute.service
# Where bash, zsh and fish look, below $(datadir).
COMPLETIONS = bash-completion/completions/smcroute zsh/site-functions/_smcroute \
              fish/vendor_completions.d/smcroute.fish
$(BUILD)/conf/%: conf/%.in Makefile $(wildcard config.mk)
	@mkdir -p $(@D)
	$(Q)sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@sysconfdir@|$(sysconfdir)|g' $< > $@

install: $(BUILD)/smcroute $(CONF_FILES:%=$(BUILD)/conf/%)
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(mandir)/man8 $(DESTDIR)$(mandir)/man5 \
	    $(DESTDIR)$(docdir) $(systemddir:%=$(DESTDIR)%) $(dir $(COMPLETIONS:%=$(DESTDIR)$(datadir)/%))
	$(INSTALL) -m 755 $(BUILD)/smcroute $(DESTDIR)$(sbindir)/smcroute
	$(STRIP) $(DESTDIR)$(sbindir)/smcroute
	$(INSTALL) -m 644 man/smcroute.8 $(DESTDIR)$(mandir)/man8/
	$(INSTALL) -m 644 man/smcroute.conf.5 $(DESTDIR)$(mandir)/man5/
	$(INSTALL) -m 644 README.md LICENSE conf/smcroute.conf conf/smcroute.init conf/smcroute.default \
	    $(DESTDIR)$(docdir)/
	$(if $(systemddir),$(INSTALL) -m 644 $(BUILD)/conf/smcroute.service $(DESTDIR)$(systemddir)/)
	$(INSTALL) -m 644 conf/smcroute.bash $(DESTDIR)$(datadir)/$(word 1,$(COMPLETIONS))
	$(INSTALL) -m 644 conf/smcroute.zsh $(DESTDIR)$(datadir)/$(word 2,$(COMPLETIONS))
	$(INSTALL) -m 644 conf/smcroute.fish $(DESTDIR)$(datadir)/$(word 3,$(COMPLETIONS))

uninstall:
	rm -f $(DESTDIR)$(sbindir)/smcroute $(DESTDIR)$(mandir)/man8/smcroute.8 \
	    $(DESTDIR)$(mandir)/man5/smcroute.conf.5 $(systemddir:%=$(DESTDIR)%/smcroute.service) \
	    $(COMPLETIONS:%=$(DESTDIR)$(datadir)/%)
	rm -rf $(DESTDIR)$(docdir)

dist:
	git archive --prefix=smcroute-$(VERSION)/ HEAD | gzip -9n > smcroute-$(VERSION).tar.gz

clean:
	rm -rf $(BUILD)

.PHONY: all tools everything check check-unit check-net check-asan check-valgrind check-compilers check-reproducible lint demo bench install uninstall dist clean
.DELETE_ON_ERROR:
