# smcroute: make, make check, make install. Works without ./configure; config.mk overrides what it
# finds there. V=1 shows the commands.

VERSION      = 1.0.0

-include config.mk $(TOOLCHAIN)

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
# Links to the program, for scripts of other releases; compat= leaves them out.
compat      ?= smcrouted smcroutectl
sysusersdir ?= $(if $(systemddir),$(prefix)/lib/sysusers.d)

# The program with the flags below, stripped, on x86-64 with g++ 12; CI sees that it stays so.
SIZE        = 712960

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
ifdef WERROR
WARNINGS += -Werror
endif

# Debug and sanitizer builds (SANITIZE=address,undefined) keep unwind tables and frame pointers. They
# are linked to a fixed place: what the sanitizers add would be relocated at each start.
ifdef SANITIZE
CXXFLAGS ?= -Og -g
MODE      = -fno-omit-frame-pointer -fno-pie -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS
LINKMODE  = -no-pie -fsanitize=$(SANITIZE)
else
CXXFLAGS ?= -Os
MODE      = -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections $(HARDENED) $(WHOLE)
STATIC   ?= -static-libstdc++ -static-libgcc
LINKMODE  = $(STATIC) -Wl,--gc-sections -Wl,--as-needed $(HARDENED_LINK)

# tests/hardening.sh looks for all of it. The library's checks are a matter of optimized code, and of
# whoever gives a level of his own.
HARDENED      = -fPIE -fstack-protector-strong $(FORTIFY)
HARDENED_LINK = -Wl,-z,relro -Wl,-z,now $(if $(filter -static,$(STATIC) $(LDFLAGS)),,-pie)
OPTIMIZED     = $(filter-out -O0,$(filter -O%,$(CXXFLAGS)))
FORTIFY       = $(if $(findstring FORTIFY_SOURCE,$(CXXFLAGS) $(CPPFLAGS)),,$(if $(OPTIMIZED),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))

# What this compiler, its linker and its C library can do, found out once and only where something
# is built: $(call first_time,NAME,SOURCE,FLAGS) is the flags, or nothing.
first_time = $(eval $(1) := $(shell echo '$(2) int main() {}' | $(CXX) $(CPPFLAGS) $(CXXFLAGS) -std=c++20 \
               -include features.h -x c++ - -o /dev/null $(LDFLAGS) -Werror -Wl,--fatal-warnings $(3) 2>/dev/null && echo '$(3)'))$($(1))
# Link-time optimization of the program. The objects are fat: the tests' programs are linked without
# it, in a tenth of the time. clang 14 has no such objects.
WHOLE   = $(if $(TOGETHER),,$(call first_time,WHOLE,,-flto=auto -ffat-lto-objects))
# What packs relocations has the program ask for a C library that unpacks them.
PACKED  = $(call first_time,PACKED,static_assert(__GLIBC_PREREQ(2, 36));,-Wl$(comma)-z$(comma)pack-relative-relocs)
comma   = ,
# What runs for each route and each upcall is to be quick rather than small.
QUICKER   = -O2
endif

ALL_CXXFLAGS = -std=c++20 $(WARNINGS) -fno-exceptions -fno-rtti -fno-threadsafe-statics $(MODE) $(CXXFLAGS) \
               -D_FILE_OFFSET_BITS=64 -ffile-prefix-map=$(CURDIR)/= -Isrc -MMD -MP
OPTION_DEFINES = -DSMCROUTE_VERSION='"$(VERSION)"' -DSMCROUTE_SYSCONFDIR='"$(sysconfdir)"' \
                 -DSMCROUTE_RUNSTATEDIR='"$(runstatedir)"'

# One list for each layer, lowest first; `make lint` checks that none includes a higher one.
BASE    = check log result text
OS      = background child descriptors event_loop file memory_file message_socket network_namespace notify output owned_path passing pidfile privileges process random_access_file sandbox syscall_filter terminal unix_socket
MCAST   = address desired desired_diff if_name installed interfaces layout no_vif op path_pool planner planner_stars prefix route rules slots star_entries streams vif_ledger
KERNEL  = entry_codec entry_query holder group_list join_record join_socket linux_kernel membership mrt mrt4 mrt6 mrt_codec netlink_codec packet_codec packet_tap receive_buffer routing_sockets rtnl_codec rtnl_socket
WHY     = evidence_of lines observation proc_text remedies report scope suspects traffic trace verdict verdict_words why
MRDISC  = announcer mrdisc mrdisc_codec mrdisc_socket
CONFIG  = clauses diagnostic if_doubt lexer lint loader parser read_config route_template spec suggest
VIEW    = ctl_tables dot event json metrics reading render rows schema status_line table table_text watch watch_view
CONTROL = batch_reader client command connection monitor predecessor printing protocol row_filter server session spelling tables watcher
GUARD   = file_broker genuine guard guarded_host handover held_descriptors leftovers orphan protocol requests upgrade upgrading worker
DAEMON  = adoption alone applier audit commands daemon doubts event_feed hook_queue journal journal_reader journal_writer ledger ledger_file line_pages loading nearest_line origin_text restore route_pages saved_state script service show show_lines shown_outbounds star_reader stream_keeper stream_mover stream_states

QUICK   = kernel/mrt4 kernel/mrt_codec mcast/address mcast/desired

ROOMS = $(BASE:%=base/%) $(OS:%=os/%) $(MCAST:%=mcast/%) $(KERNEL:%=kernel/%) $(MRDISC:%=mrdisc/%) $(CONFIG:%=config/%) $(VIEW:%=view/%) \
        $(CONTROL:%=control/%) $(DAEMON:%=daemon/%) $(GUARD:%=guard/%) $(WHY:%=why/%) option_table options second_names

UNIT = $(patsubst tests/unit/%.cc,%,$(wildcard tests/unit/*.cc))
FUZZERS = $(patsubst tests/fuzz/%_fuzz.cc,%,$(wildcard tests/fuzz/*_fuzz.cc))

# With TOGETHER=1 each room is compiled as one file, in half the time: for the builds that tests make
# beside the one that counts, which shows where an #include is missing. So no two files of a room have
# something of the same name for themselves. Unit tests are always compiled twelve at a time.
ifdef TOGETHER
APART        = guard/worker option_table options second_names
FOLDERS      = $(sort $(dir $(filter-out $(APART),$(ROOMS))))
TOGETHERS    = $(FOLDERS:%/=$(BUILD)/together/%)
ROOM_OBJECTS = $(TOGETHERS:=.o) $(APART:%=$(BUILD)/src/%.o)
else
ROOM_OBJECTS = $(ROOMS:%=$(BUILD)/src/%.o)
endif
TESTS        = $(filter %_test,$(UNIT))
TWELVES      = $(shell seq 1 12 $(words $(TESTS)))
UNITS_OF_12  = $(TWELVES:%=$(BUILD)/together/unit-%)
UNIT_OBJECTS = $(UNITS_OF_12:=.o) $(patsubst %,$(BUILD)/tests/unit/%.o,$(filter-out $(TESTS),$(UNIT)))

Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# $(call link,FLAGS)
define link
$(call say,LINK,$@)
$(Q)$(CXX) $(CXXFLAGS) $(LINKMODE) $(1) $(LDFLAGS) -o $@ $^ $(LDLIBS)
endef

all: $(BUILD)/smcroute

# Only the program itself does without the library's own way to die; see the file.
TERMINATE = $(if $(SANITIZE),,$(BUILD)/src/base/terminate.o)

$(BUILD)/smcroute: $(BUILD)/src/main.o $(ROOM_OBJECTS) $(TERMINATE)
	$(call link,$(MODE) $(PACKED))

$(BUILD)/unit-tests: $(UNIT_OBJECTS) $(ROOM_OBJECTS)
	$(call link,-fno-lto)

$(BUILD)/%-replay: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/replay.o $(ROOM_OBJECTS)
	$(call link,-fno-lto)

# With clang's engine, in a build for it: see `make fuzz`.
$(BUILD)/%-fuzzer: $(BUILD)/tests/fuzz/%_fuzz.o $(ROOM_OBJECTS)
	$(call link,-fsanitize=fuzzer)

# Lives of the daemon, over the unit tests' kernel.
$(BUILD)/life-replay $(BUILD)/life-fuzzer: $(BUILD)/tests/unit/fake_kernel.o
$(BUILD)/tests/fuzz/life_fuzz.o: ALL_CXXFLAGS += -Itests/unit

# Each changes when a value does that ends up in what depends on it, wherever that comes from.
$(BUILD)/program.values: VALUES = $(VERSION) $(sysconfdir) $(runstatedir)
$(BUILD)/conf.values: VALUES = $(sbindir) $(sysconfdir)
$(BUILD)/unit.values: VALUES = $(TESTS)
$(BUILD)/%.values: always
	@mkdir -p $(@D)
	@echo '$(VALUES)' | cmp -s - $@ || echo '$(VALUES)' >$@

# The bare system calls that `make bench` compares with.
$(BUILD)/floor: $(BUILD)/tests/bench/floor.o
	$(call link,-fno-lto)

# The namespace tests' own tools.
$(BUILD)/mcast $(BUILD)/mrdisc_peer $(BUILD)/pest $(BUILD)/manager: $(BUILD)/%: $(BUILD)/tests/net/%.o
	$(call link,-fno-lto)

# The program, but for what its worker does.
$(BUILD)/hostile: $(BUILD)/src/main.o $(filter-out %/guard/worker.o,$(ROOM_OBJECTS)) $(TERMINATE) $(BUILD)/tests/net/hostile.o
	$(call link,-fno-lto)

# Loaded into a daemon of any build, so built alike for all, and of the C library alone.
$(BUILD)/faults.so: tests/net/faults.cc
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++20 $(WARNINGS) -Os -fno-exceptions -fno-rtti -fPIC -shared -Wl,--as-needed -o $@ $<

$(BUILD)/src/options.o: ALL_CXXFLAGS += $(OPTION_DEFINES)
$(BUILD)/src/options.o: $(BUILD)/program.values
$(QUICK:%=$(BUILD)/src/%.o): ALL_CXXFLAGS += $(QUICKER)
$(BUILD)/tests/unit/%.o $(BUILD)/together/unit-%.o: ALL_CXXFLAGS += -Itests/unit
# Linked without it.
$(BUILD)/tests/%.o $(BUILD)/together/unit-%.o: WHOLE =

define compile
$(call say,CXX,$<)
@mkdir -p $(@D)
$(Q)$(CXX) $(ALL_CXXFLAGS) $(CPPFLAGS) -c -o $@ $<
endef

$(BUILD)/%.o: %.cc
	$(compile)

$(TOGETHERS:=.o) $(UNITS_OF_12:=.o): %.o: %.cc
	$(compile)

$(TOGETHERS:=.cc): $(BUILD)/together/%.cc: Makefile
	@mkdir -p $(@D)
	@printf '#include "%s.cc"\n' $(filter $*/%,$(filter-out $(APART),$(ROOMS))) >$@

# What a test has for itself it has in a namespace of its own.
$(UNITS_OF_12:=.cc): $(BUILD)/unit.values
	@mkdir -p $(@D)
	@for file in $(filter %.cc,$^); do name=$$(basename $$file .cc); echo "#line 1 \"$$file\""; \
	    sed "s/^namespace smcroute\(::test\)* {\$$/namespace smcroute\1::$$name {/" $$file; done >$@
$(foreach n,$(TWELVES),$(eval $(BUILD)/together/unit-$(n).cc: \
    $(patsubst %,tests/unit/%.cc,$(wordlist 1,12,$(wordlist $(n),$(words $(TESTS)),$(TESTS))))))

-include $(ROOM_OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(BUILD)/src/main.d $(BUILD)/src/base/terminate.d
-include $(wildcard $(BUILD)/tests/fuzz/*.d $(BUILD)/tests/net/*.d)

# --- tests

# The network tests' own tools are the same for each program that is tested.
TOOLS     ?= $(BUILD)
OWN_TOOLS  = $(addprefix $(TOOLS)/,mcast mrdisc_peer pest manager faults.so)
tools: $(BUILD)/smcroute $(BUILD)/hostile $(OWN_TOOLS)

everything: tools $(BUILD)/floor $(BUILD)/unit-tests $(FUZZERS:%=$(BUILD)/%-replay)

check: check-unit check-net

# Of the program that is shipped, and of the sources.
define check-shipped
$(Q)sh tests/hardening.sh $(BUILD)/smcroute "$(FORTIFY)"
$(Q)sh tests/filter.sh >$(BUILD)/filter || { cat $(BUILD)/filter; exit 1; }
$(Q)MAKE="$(MAKE)" sh tests/install.sh
endef

# Neither root nor namespaces.
check-unit: $(BUILD)/smcroute $(BUILD)/unit-tests $(FUZZERS:%=$(BUILD)/%-replay) $(if $(SANITIZE),,lint)
	$(Q)$(BUILD)/unit-tests
	$(Q)set -e; for f in $(FUZZERS); do $(BUILD)/$$f-replay tests/fuzz/corpus/$$f; done
	$(Q)$(BUILD)/life-replay --random=1000
	$(Q)sh tests/man/check.sh $(BUILD)/smcroute
	$(if $(SANITIZE),,$(check-shipped))

TOOLS_OF_NET = SMCROUTE=$(BUILD)/smcroute MCAST=$(TOOLS)/mcast MRDISC_PEER=$(TOOLS)/mrdisc_peer \
	    PEST=$(TOOLS)/pest SERVICE_MANAGER=$(TOOLS)/manager FAULTS_LIBRARY=$(TOOLS)/faults.so \
	    HOSTILE=$(BUILD)/hostile
check-net: tools
	$(Q)$(TOOLS_OF_NET) tests/net/run

ASAN = BUILD=$(BUILD)/asan TOOLS=$(BUILD) SANITIZE=address,undefined WERROR=1 TOGETHER=1
asan: $(OWN_TOOLS)
	$(Q)$(MAKE) $(ASAN) tools $(BUILD)/asan/unit-tests $(FUZZERS:%=$(BUILD)/asan/%-replay)

check-asan: asan
	$(Q)$(MAKE) -j1 $(ASAN) check-unit check-net

# No error and nothing lost (exec() and limits under valgrind do not fail as they should), in the
# namespace tests that come and go with the most; and of a daemon in one process every block freed
# (a worker still has the guard's part of the heap, and the unit tests' C++ library an emergency
# pool). The namespace tests mostly wait, so the unit tests run beside them.
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full
EVERY_BLOCK = --show-leak-kinds=all --errors-for-leak-kinds=all
# Lives by the hundred, which the sanitizers see as well.
TOO_LONG = -compaction_ -commands_without -every_life -planner_needs -seventy_thousand -of_ten_thousand_kernel \
           -ledger_file_of_a_process -server_holds_no_more -loader_bounds
VALGRIND_NET ?= 20-rules 30-groups 50-configuration
check-valgrind: tools $(BUILD)/unit-tests
	$(Q)command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 0; }; \
	    $(VALGRIND) $(BUILD)/unit-tests -spawn_ -pidfile_error -run_out -raise_fd_limit $(TOO_LONG) \
	        >$(BUILD)/valgrind.log 2>&1 & \
	    export SMCROUTE=$(BUILD)/smcroute MCAST=$(BUILD)/mcast MRDISC_PEER=$(BUILD)/mrdisc_peer \
	        PEST=$(BUILD)/pest SERVICE_MANAGER=$(BUILD)/manager HOSTILE=$(BUILD)/hostile; \
	    failed=0; \
	    WRAP="$(VALGRIND)" tests/net/run $(VALGRIND_NET:%=tests/net/%.sh) || failed=1; \
	    SINGLE=1 WRAP="$(VALGRIND) $(EVERY_BLOCK)" tests/net/run $(VALGRIND_NET:%=tests/net/%.sh) || failed=1; \
	    wait $$! || failed=1; \
	    cat $(BUILD)/valgrind.log; \
	    exit $$failed

# Every fuzzer for so long, from its corpus. What it comes upon stays in the build's directory: new
# inputs in NAME-inputs, one that is a finding in NAME-crash-….
FUZZ_SECONDS ?= 60
FUZZ_FLAGS   ?= -max_total_time=$(FUZZ_SECONDS)
fuzz:
	$(Q)$(MAKE) BUILD=$(BUILD)/fuzz TOGETHER=1 CXX=clang++ CXXFLAGS="-O1 -g" SANITIZE=address,undefined,fuzzer-no-link WERROR=1 fuzzing

fuzzers: $(FUZZERS:%=$(BUILD)/%-fuzzer)

fuzzing: fuzzers
	$(Q)found=0; for f in $(FUZZERS); do \
	    echo "$$f"; mkdir -p $(BUILD)/$$f-inputs; \
	    $(BUILD)/$$f-fuzzer $(FUZZ_FLAGS) -artifact_prefix=$(BUILD)/$$f- -print_final_stats=1 \
	        $(BUILD)/$$f-inputs tests/fuzz/corpus/$$f >$(BUILD)/$$f.log 2>&1 || found=1; \
	    grep -E 'number_of_executed_units|^SUMMARY|Test unit written' $(BUILD)/$$f.log; \
	done; exit $$found

lint:
	$(Q)LINT_CACHE=$(BUILD)/lint CXX="$(CXX)" sh tests/lint.sh

# Without warnings under every compiler and C library that is here.
check-compilers:
	$(Q)sh tests/compilers.sh $(BUILD)

# Two builds in different directories give the same program.
check-reproducible:
	$(Q)sh tests/reproducible.sh

# The Debian package in a fresh Debian, under its service managers; in about two minutes. Needs root,
# and debootstrap with a mirror.
check-deb: tools deb
	$(Q)$(TOOLS_OF_NET) sh tests/deb.sh $(BUILD)

# Other architectures, of both orders of bytes and both sizes of words, under an emulator.
check-cross:
	$(Q)sh tests/cross.sh $(BUILD)

# The program of `make static` where there is nothing else.
check-static: tools static
	$(Q)$(TOOLS_OF_NET) STATIC_SMCROUTE=$(CURDIR)/$(BUILD)/static/stripped tests/net/run tests/net/static.sh

demo: tools
	$(Q)SMCROUTE=$(BUILD)/smcroute MCAST=$(BUILD)/mcast tests/demo.sh

# Instructions of our own for each route, command, row and stream, against bounds.
check-instructions: tools
	$(Q)tests/bench/instructions.sh $(BUILD)

bench: tools $(BUILD)/floor
	$(Q)tests/bench/run.sh $(BUILD)

# --- installation

PAGES8 = smcroute smcrouted smcroutectl
UNITS   = smcroute.service smcroute@.service smcroute-metrics.service
TIMER   = smcroute-metrics.timer
SCRIPTS = smcroute.init smcroute.openrc smcroute.procd
# Examples, and what is put elsewhere by whoever wants it.
EXAMPLES = smcroute.conf smcroute.default grafana.json alerts.yml
# Where bash, zsh and fish look, below $(datadir).
COMPLETIONS = bash-completion/completions/smcroute zsh/site-functions/_smcroute \
              fish/vendor_completions.d/smcroute.fish

# A unit of systemd that has instances is the other one with their names.
OF_ONE  = -e 's|@[a-z]*_instance@||g'
OF_MANY = -e 's|@of_instance@| %i|' -e 's|@dash_instance@|-%i|' -e 's|@option_instance@| -i %i|'
fill_in = @mkdir -p $(@D); sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@sysconfdir@|$(sysconfdir)|g' $(1) $< >$@

$(BUILD)/conf/%: conf/%.in $(BUILD)/conf.values
	$(call fill_in,$(OF_ONE))

$(BUILD)/conf/smcroute@.service: conf/smcroute.service.in $(BUILD)/conf.values
	$(call fill_in,$(OF_MANY))

# Runs as it is where a distribution would put the program.
$(BUILD)/conf/smcroute.init: conf/smcroute.init $(BUILD)/conf.values
	$(call fill_in,-e 's|^DAEMON=.*|DAEMON=$(sbindir)/smcroute|')

install: $(BUILD)/smcroute $(UNITS:%=$(BUILD)/conf/%) $(SCRIPTS:%=$(BUILD)/conf/%)
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(mandir)/man8 $(DESTDIR)$(mandir)/man5 \
	    $(DESTDIR)$(docdir) $(systemddir:%=$(DESTDIR)%) $(sysusersdir:%=$(DESTDIR)%) \
	    $(dir $(COMPLETIONS:%=$(DESTDIR)$(datadir)/%))
	$(INSTALL) -m 755 $(BUILD)/smcroute $(DESTDIR)$(sbindir)/smcroute
	$(STRIP) $(DESTDIR)$(sbindir)/smcroute
	for name in $(compat); do ln -sf smcroute $(DESTDIR)$(sbindir)/$$name || exit 1; done
	$(INSTALL) -m 644 man/smcroute.8 man/smcrouted.8 $(DESTDIR)$(mandir)/man8/
	ln -sf smcrouted.8 $(DESTDIR)$(mandir)/man8/smcroutectl.8
	$(INSTALL) -m 644 man/smcroute.conf.5 $(DESTDIR)$(mandir)/man5/
	$(INSTALL) -m 644 README.md LICENSE conf/ChangeLog $(EXAMPLES:%=conf/%) \
	    $(SCRIPTS:%=$(BUILD)/conf/%) $(DESTDIR)$(docdir)/
	$(if $(systemddir),$(INSTALL) -m 644 $(UNITS:%=$(BUILD)/conf/%) conf/$(TIMER) $(DESTDIR)$(systemddir)/)
	$(if $(sysusersdir),$(INSTALL) -m 644 conf/smcroute.sysusers $(DESTDIR)$(sysusersdir)/smcroute.conf)
	$(INSTALL) -m 644 conf/smcroute.bash $(DESTDIR)$(datadir)/$(word 1,$(COMPLETIONS))
	$(INSTALL) -m 644 conf/smcroute.zsh $(DESTDIR)$(datadir)/$(word 2,$(COMPLETIONS))
	$(INSTALL) -m 644 conf/smcroute.fish $(DESTDIR)$(datadir)/$(word 3,$(COMPLETIONS))

uninstall:
	rm -f $(DESTDIR)$(sbindir)/smcroute $(compat:%=$(DESTDIR)$(sbindir)/%) $(PAGES8:%=$(DESTDIR)$(mandir)/man8/%.8) \
	    $(DESTDIR)$(mandir)/man5/smcroute.conf.5 $(COMPLETIONS:%=$(DESTDIR)$(datadir)/%) \
	    $(if $(systemddir),$(addprefix $(DESTDIR)$(systemddir)/,$(UNITS) $(TIMER))) \
	    $(sysusersdir:%=$(DESTDIR)%/smcroute.conf)
	rm -rf $(DESTDIR)$(docdir)

# --- packages

# The version stands above and nowhere else; conf/ChangeLog tells what is new in it.
PACKAGE = smcroute-$(VERSION)
ARCHIVE = $(BUILD)/dist/$(PACKAGE).tar.gz

# The archive with its checksum, and what makes packages of it for Alpine and OpenWrt.
dist:
	rm -rf $(BUILD)/dist
	mkdir -p $(BUILD)/dist/openwrt
	git archive --prefix=$(PACKAGE)/ HEAD | gzip -9n >$(ARCHIVE)
	cd $(BUILD)/dist && sha256sum $(PACKAGE).tar.gz | tee $(PACKAGE).tar.gz.sha256
	for file in APKBUILD openwrt/Makefile; do sed -e 's/@version@/$(VERSION)/' \
	    -e "s/@sha256@/$$(sha256sum <$(ARCHIVE) | cut -d' ' -f1)/" \
	    -e "s/@sha512@/$$(sha512sum <$(ARCHIVE) | cut -d' ' -f1)/" conf/$$file >$(BUILD)/dist/$$file || exit; done

# With all that it needs: for an empty container, or a system with another C library.
static:
	@mkdir -p $(BUILD)/static
	$(Q)CXX="$(CXX)" sh conf/static.sh $(BUILD)/static/glue >$(BUILD)/static/toolchain.mk
	$(Q)$(MAKE) BUILD=$(BUILD)/static TOOLCHAIN=$(BUILD)/static/toolchain.mk
	$(Q)$(STRIP) -o $(BUILD)/static/stripped $(BUILD)/static/smcroute
	@stat -c 'a program without libraries: %s bytes' $(BUILD)/static/stripped

# Debian's tools want the packaging at the top of a tree of their own. The epoch puts it above the
# package of the same name that Debian has.
DEB_TREE = $(BUILD)/deb/$(PACKAGE)
MAINTAINER = $(shell sed -n 's/^Maintainer: //p' conf/debian/control)
deb:
	rm -rf $(BUILD)/deb
	mkdir -p $(DEB_TREE)
	tar -cf - Makefile README.md LICENSE conf man src | tar -xf - -C $(DEB_TREE)
	mv $(DEB_TREE)/conf/debian $(DEB_TREE)/debian
	sed -e '1,2d' -e 's|^$$|.|' -e 's|^| |' LICENSE >>$(DEB_TREE)/debian/copyright
	awk -v who='$(MAINTAINER)' -f conf/debian/changelog.awk conf/ChangeLog >$(DEB_TREE)/debian/changelog
	cd $(DEB_TREE) && env -u MAKEFLAGS -u MFLAGS dpkg-buildpackage -us -uc -j2
	$(if $(shell command -v lintian),lintian --fail-on warning $(BUILD)/deb/*.changes,@echo "skipped: lintian is not installed")
	@stat -c '%n: %s bytes' $(BUILD)/deb/*.deb

clean:
	rm -rf $(BUILD)

.PHONY: all always tools everything check check-unit check-net asan check-asan check-valgrind check-instructions check-compilers check-reproducible check-deb check-static check-cross deb static fuzz fuzzers fuzzing lint demo bench install uninstall dist clean
.DELETE_ON_ERROR:
