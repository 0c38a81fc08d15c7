# tenure: one GNU makefile for everything; `make help` lists the targets.
#
# CXX CPPFLAGS CXXFLAGS LDFLAGS LDLIBS DESTDIR PREFIX LIBDIR belong to you. tenure keeps its own
# flags in variables of its own. All output goes below $(BUILD): builds with other compilers or
# sanitizers live side by side.
.DELETE_ON_ERROR:
.SUFFIXES:
all:

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
BINDIR     ?= $(PREFIX)/bin
# Tests are not optimized: Criterion's assertions are large, and that would take minutes.
# Your own CXXFLAGS hold for tests, too.
TEST_LEVEL := $(if $(filter undefined,$(origin CXXFLAGS)),-O0 -U_FORTIFY_SOURCE)
CXXFLAGS   ?= $(if $(SANITIZE),-O1,-O2) -g
PKG_CONFIG ?= pkg-config
GROUP      ?= build test
TEST_JOBS  ?= 2
# The tests against a real etcd mostly wait, so many run at once.
REAL_JOBS  ?= 8
JOBS       := $(shell nproc 2>/dev/null || echo 2)
# How long `make fuzz` runs each of its targets.
SECONDS    ?= 20

comma := ,
hash  := \#
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

VERSION  := $(shell sed -n 's/.*TENURE_VERSION "\(.*\)"/\1/p' include/tenure/version.h)
# The soname changes when the ABI does. It never does by accident: `make abi` compares the exports.
SONAME   := libtenure.so.1
REALNAME := libtenure.so.$(VERSION)

# Without pkg-config it builds all the same.
DEPS       := libuv libcurl libcares
DEP_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(DEPS) 2>/dev/null)
DEP_LIBS   := $(or $(shell $(PKG_CONFIG) --libs $(DEPS) 2>/dev/null),-luv -lcurl -lcares)
UV_LIBS    := $(or $(shell $(PKG_CONFIG) --libs libuv 2>/dev/null),-luv)

# --- flags -----------------------------------------------------------------------------------
# No recovery: a sanitizer that only warns is a gate that cannot fail.
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
OWN := -std=c++17 -Iinclude -MMD -MP -fPIC -fvisibility=hidden -Wall -Wextra -Wpedantic -Wconversion \
       $(if $(WERROR),-Werror) $(if $(FUZZER),-fsanitize=fuzzer-no-link) $(SAN)

# Hardening, as far as the compiler knows it; HARDEN= leaves it out. Sanitizers look for the same
# faults, and see less where a fortified function is called. Fortifying needs optimization, and is
# the user's affair where the flags say something of it.
HARDEN ?= $(if $(SANITIZE)$(FUZZER),,yes)
knows = $(shell $(CXX) -Werror $(1) -x c++ -fsyntax-only /dev/null 2>/dev/null && echo $(1))
ifneq ($(HARDEN),)
  PROTECT := $(call knows,-fstack-protector-strong) $(call knows,-fstack-clash-protection)
  FORTIFY := $(shell printf '%s\n' '$(hash)if !defined __OPTIMIZE__ || defined _FORTIFY_SOURCE' '$(hash)error' '$(hash)endif' | \
               $(CXX) $(CPPFLAGS) $(filter-out --coverage,$(CXXFLAGS)) -x c++ -fsyntax-only - 2>/dev/null && echo -D_FORTIFY_SOURCE=2)
  FIXED   := -Wl,-z,relro -Wl,-z,now
  PIE     := -pie
endif

COMPILE = $(CXX) $(OWN) $(PROTECT) $(FORTIFY) $(DEP_CFLAGS) $(CPPFLAGS) $(CXXFLAGS)
LINK    = $(CXX) $(SAN) $(FIXED) $(CXXFLAGS) $(LDFLAGS)

# --- sources ---------------------------------------------------------------------------------
objects = $(patsubst %.cc,$(BUILD)/obj/%.o,$(sort $(wildcard $(1))))

LIB_OBJ     := $(call objects,src/*.cc src/*/*.cc)
TOOL_OBJ    := $(call objects,tools/tenure/*.cc)
EXAMPLE_OBJ := $(call objects,examples/*.cc)
SUPPORT_OBJ := $(call objects,test/support/*.cc)
UNIT_OBJ    := $(call objects,test/unit/*.cc)
NET_OBJ     := $(call objects,test/unit/net_*.cc)
REAL_OBJ    := $(call objects,test/real/*.cc)
SIM_OBJ     := $(call objects,test/sim/*.cc)
BENCH_OBJ   := $(call objects,test/bench/*.cc)
FLOOR_OBJ   := $(call objects,test/bench/floor/*.cc) $(BUILD)/obj/test/bench/raw.o
FUZZ_OBJ    := $(call objects,test/fuzz/*.cc test/fuzz/*/*.cc)
REPLAY_OBJ  := $(BUILD)/obj/test/gates/replay_main.o
# What single fuzz targets need besides the library.
FUZZ_WITH_command := $(patsubst %,$(BUILD)/obj/tools/tenure/%.o,number options text)
FUZZ_WITH_conversation := $(call objects,test/fuzz/conversation/*.cc)
FUZZ_WITH_lies := $(FUZZ_WITH_conversation)
ALL_OBJ     := $(LIB_OBJ) $(TOOL_OBJ) $(EXAMPLE_OBJ) $(SUPPORT_OBJ) $(UNIT_OBJ) $(REAL_OBJ) $(SIM_OBJ) \
               $(BENCH_OBJ) $(filter-out $(BENCH_OBJ),$(FLOOR_OBJ)) $(FUZZ_OBJ) $(REPLAY_OBJ)
# Programs without Criterion cannot link its leak gate.
PLAIN_SUPPORT_OBJ := $(filter-out %/failing_memory.o %/lsan_gate.o %/wait_guard.o,$(SUPPORT_OBJ))

# The fault driver. The unit tests test its judge.
CHAOS_OBJ := $(call objects,test/chaos/*.cc)
CHAOS_SUPPORT_OBJ := $(PLAIN_SUPPORT_OBJ)
CHAOS     := $(if $(CHAOS_OBJ),$(BUILD)/test/chaos)
UNIT_OBJ  += $(filter %/checker.o %/fault.o %/history.o %/losses.o %/schedule.o %/terms.o,$(CHAOS_OBJ))
ALL_OBJ   += $(CHAOS_OBJ)

# The unit tests also test what the command prints, as far as that needs no etcd.
UNIT_OBJ += $(filter %/event_writer.o %/output.o %/text.o,$(TOOL_OBJ))

# The rolling restart. It draws with the fault driver's code. The unit tests test its judge, too.
ROLLING_OBJ := $(call objects,test/rolling/*.cc)
ROLLING     := $(BUILD)/test/rolling
UNIT_OBJ    += $(filter %/ledger.o %/show.o,$(ROLLING_OBJ)) $(filter %/svg.o,$(CHAOS_OBJ))
ALL_OBJ     += $(ROLLING_OBJ)

# Does memory come back?
SOAK_OBJ := $(call objects,test/soak/*.cc)
SOAK     := $(BUILD)/test/soak
ALL_OBJ  += $(SOAK_OBJ)

STATIC   := $(BUILD)/libtenure.a
SHARED   := $(BUILD)/$(REALNAME)
COMMAND  := $(if $(TOOL_OBJ),$(BUILD)/tenure)
EXAMPLES := $(patsubst examples/%.cc,$(BUILD)/examples/%,$(sort $(wildcard examples/*.cc)))
UNIT     := $(if $(UNIT_OBJ),$(BUILD)/test/unit)
REAL     := $(if $(REAL_OBJ),$(BUILD)/test/real)
SIM      := $(if $(SIM_OBJ),$(BUILD)/test/sim)
BENCH    := $(BUILD)/test/bench
REPLAYS  := $(patsubst test/fuzz/%.cc,$(BUILD)/test/replay/%,$(sort $(wildcard test/fuzz/*.cc)))
FUZZERS  := $(patsubst test/fuzz/%.cc,$(BUILD)/fuzz/%,$(sort $(wildcard test/fuzz/*.cc)))

.PHONY: all lib examples fuzzers test-programs demo test run-test unit real sim fuzz bench lint format rooms \
        check-headers abi abi-update deps install uninstall clean help force

all: lib $(COMMAND) ## the library (static and shared) and the command
lib: $(STATIC) $(BUILD)/libtenure.so $(BUILD)/$(SONAME)
examples: $(EXAMPLES) ## the programs of examples/
fuzzers: $(FUZZERS)
test-programs: $(UNIT) $(REAL) $(SIM) $(REPLAYS) $(EXAMPLES)

# --- compiling -------------------------------------------------------------------------------
# Two files hold the flags of the last build; the one for linking also holds the list of objects. A
# change of either rebuilds what it must.
$(BUILD)/flags: export TEXT = $(COMPILE)
$(BUILD)/link-flags: export TEXT = $(LINK) $(DEP_LIBS) $(LDLIBS) $(ALL_OBJ)
$(BUILD)/flags $(BUILD)/link-flags: force
	@mkdir -p $(@D); printf '%s\n' "$$TEXT" | cmp -s - $@ || printf '%s\n' "$$TEXT" >$@
force:

# Says once what is missing on this host, before the compiler stumbles over it.
$(BUILD)/deps-checked: tools/deps.sh
	@mkdir -p $(@D); CXX='$(CXX)' tools/deps.sh check build
	@touch $@

# Criterion's assertions assign int to one-bit fields.
TEST_WARNINGS := -Wno-conversion

define compile =
@mkdir -p $(@D)
$(COMPILE) $(1) -c $< -o $@
endef

$(ALL_OBJ): $(BUILD)/flags | $(BUILD)/deps-checked
$(BUILD)/obj/src/%.o: src/%.cc
	$(call compile,-Isrc)
# The command and the examples see what a user sees: the public headers.
$(BUILD)/obj/tools/%.o: tools/%.cc
	$(call compile)
$(BUILD)/obj/examples/%.o: examples/%.cc
	$(call compile)
$(BUILD)/obj/test/%.o: test/%.cc
	$(call compile,-Isrc -I. $(TEST_WARNINGS) $(if $(filter test/unit/% test/real/% test/support/%,$<),$(TEST_LEVEL)))

# --- linking ---------------------------------------------------------------------------------
$(STATIC): $(LIB_OBJ) $(BUILD)/link-flags
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

# -fvisibility does not reach the standard library's templates that end up in our objects.
$(BUILD)/exports.map: Makefile
	@mkdir -p $(@D)
	@printf '{ global: extern "C++" { tenure::*; }; tenure_*; local: *; };\n' >$@

$(SHARED): $(LIB_OBJ) $(BUILD)/link-flags $(BUILD)/exports.map
	$(LINK) -shared -Wl,-soname,$(SONAME) $(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) \
	  -Wl,--version-script=$(BUILD)/exports.map -o $@ $(LIB_OBJ) $(DEP_LIBS) $(LDLIBS)
$(BUILD)/$(SONAME) $(BUILD)/libtenure.so: $(SHARED)
	ln -sf $(REALNAME) $@

$(BUILD)/tenure: $(TOOL_OBJ) $(STATIC) $(BUILD)/link-flags
	$(LINK) $(PIE) -o $@ $(TOOL_OBJ) $(STATIC) $(DEP_LIBS) $(LDLIBS)
$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) $(PIE) -o $@ $< $(STATIC) $(DEP_LIBS) $(LDLIBS)

$(BUILD)/test/unit: $(UNIT_OBJ) $(SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(UNIT_OBJ) $(SUPPORT_OBJ) $(STATIC) -lcriterion $(DEP_LIBS) $(LDLIBS)
# What depends most on the versions of others' libraries: for `make elsewhere` in CI.
$(BUILD)/test/net: $(NET_OBJ) $(SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(NET_OBJ) $(SUPPORT_OBJ) $(STATIC) -lcriterion $(DEP_LIBS) $(LDLIBS)
# These start the command and the examples.
$(BUILD)/test/real: $(REAL_OBJ) $(SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags | $(COMMAND) $(EXAMPLES)
	@mkdir -p $(@D)
	$(LINK) -o $@ $(REAL_OBJ) $(SUPPORT_OBJ) $(STATIC) -lcriterion $(DEP_LIBS) $(LDLIBS)
$(BUILD)/test/sim: $(SIM_OBJ) $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(SIM_OBJ) $(STATIC) $(DEP_LIBS) $(LDLIBS)
$(BUILD)/test/chaos: $(CHAOS_OBJ) $(CHAOS_SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags | $(COMMAND)
	@mkdir -p $(@D)
	$(LINK) -o $@ $(CHAOS_OBJ) $(CHAOS_SUPPORT_OBJ) $(STATIC) $(DEP_LIBS) $(LDLIBS)
$(ROLLING): $(ROLLING_OBJ) $(BUILD)/obj/test/chaos/svg.o $(PLAIN_SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags | $(EXAMPLES)
	@mkdir -p $(@D)
	$(LINK) -o $@ $(ROLLING_OBJ) $(BUILD)/obj/test/chaos/svg.o $(PLAIN_SUPPORT_OBJ) $(STATIC) $(DEP_LIBS) $(LDLIBS)
$(SOAK): $(SOAK_OBJ) $(PLAIN_SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(SOAK_OBJ) $(PLAIN_SUPPORT_OBJ) $(STATIC) $(DEP_LIBS) $(LDLIBS)
# These start the command and the floor, and measure them.
$(BENCH): $(BENCH_OBJ) $(PLAIN_SUPPORT_OBJ) $(STATIC) $(BUILD)/link-flags | $(BENCH)-floor $(COMMAND)
	@mkdir -p $(@D)
	$(LINK) -o $@ $(BENCH_OBJ) $(PLAIN_SUPPORT_OBJ) $(STATIC) $(DEP_LIBS) $(LDLIBS)
$(BENCH)-floor: $(FLOOR_OBJ) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(FLOOR_OBJ) $(LDLIBS)
$(foreach each,command conversation lies,$(eval $(BUILD)/test/replay/$(each) $(BUILD)/fuzz/$(each): $(FUZZ_WITH_$(each))))
$(REPLAYS): $(BUILD)/test/replay/%: $(BUILD)/obj/test/fuzz/%.o $(REPLAY_OBJ) $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(REPLAY_OBJ) $(FUZZ_WITH_$*) $(STATIC) $(DEP_LIBS) $(LDLIBS)
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/obj/test/fuzz/%.o $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -o $@ $< $(FUZZ_WITH_$*) $(STATIC) $(DEP_LIBS) $(LDLIBS)

# --- the simulation --------------------------------------------------------------------------
# `make sim SEEDS=N SEED=FIRST`; `make sim SIM_ARGS="--trace SEED"` tells the whole life of one.
SIM_ARGS ?= SEEDS=$(or $(SEEDS),$(if $(SANITIZE),1000,20000)) SEED=$(or $(SEED),1)
BUDGET   ?= 100000
SIM_MODEL_OBJ := $(call objects,test/sim/real/*.cc)
SIM_MODEL     := $(BUILD)/test/sim-model
$(SIM_MODEL_OBJ): $(BUILD)/flags | $(BUILD)/deps-checked
$(SIM_MODEL): $(SIM_MODEL_OBJ) $(BUILD)/obj/test/sim/store.o $(filter-out %/wait_guard.o,$(PLAIN_SUPPORT_OBJ)) $(STATIC) $(BUILD)/link-flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(SIM_MODEL_OBJ) $(BUILD)/obj/test/sim/store.o $(filter-out %/wait_guard.o,$(PLAIN_SUPPORT_OBJ)) $(STATIC) $(DEP_LIBS) $(LDLIBS)
-include $(SIM_MODEL_OBJ:.o=.d)

.PHONY: sim-mutants sim-model sim-exhaustive sim-coverage
sim-mutants: $(SIM) ## each mutant of the core must be caught (BUDGET=100000)
	@CXX='$(CXX)' CXXFLAGS='$(CXXFLAGS)' test/gates/tally.sh 'mutants=test/sim/mutants/run.sh $(BUILD) $(BUDGET)'
sim-model: $(SIM_MODEL) ## the simulation's model of etcd against a real one (SEEDS=40)
	@test/gates/tally.sh 'model=$(SIM_MODEL) $(or $(SEEDS),40)'
sim-exhaustive: $(SIM) ## every interleaving of small worlds, and the mutants they must catch (DEPTH=7)
	@CXX='$(CXX)' CXXFLAGS='$(CXXFLAGS)' test/gates/tally.sh 'exhaustive=$(SIM) --exhaust $(or $(DEPTH),7)' \
	  'mutants in small worlds=test/sim/mutants/run.sh $(BUILD) --small $(or $(DEPTH),7)'
sim-coverage: ## which lines of the core the simulation reaches, and which transitions (SEEDS=20000)
	$(AGAIN) BUILD=build-coverage CXXFLAGS='-O1 -g --coverage' CPPFLAGS=-DTENURE_SIM_TRANSITIONS \
	  LDFLAGS='--coverage -Wl,--wrap=_ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE' build-coverage/test/sim
	@test/gates/sim_coverage.sh build-coverage $(or $(SEEDS),20000)

# --- testing ---------------------------------------------------------------------------------
# First what is missing is installed. Then make starts anew: it looked for pkg-config when it read
# this file. All processors compile, unless -j says otherwise.
AGAIN = @+$(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
NEED  := @CXX='$(CXX)' tools/deps.sh need build test
TALLY := @test/gates/tally.sh

STEP_unit   := $(if $(UNIT),'unit=$(UNIT) --jobs=$(TEST_JOBS)')
STEP_real   := $(if $(REAL),'real=$(REAL) --jobs=$(REAL_JOBS)')
STEP_sim    := $(if $(SIM),'sim=$(SIM) $(SIM_ARGS)')
# `make test` only takes a look; `make sim` searches.
STEP_look   := $(if $(SIM),'sim=$(SIM) SEEDS=$(if $(SANITIZE),200,2000)')
STEP_replay := $(if $(REPLAYS),'fuzz corpora=test/gates/replay.sh $(BUILD)')
# These do not depend on sanitizers: they are not run again with them.
STEP_abi    := $(if $(SANITIZE),,'abi=test/gates/abi.sh $(BUILD)' \
               'install=test/gates/install.sh $(BUILD)' 'rebuild=test/gates/rebuild.sh')

demo: ## three instances elect a leader on a real etcd
	$(NEED)
	$(AGAIN) all
	@BUILD='$(BUILD)' tools/demo.sh

test: ## all tests; with SANITIZE=address,undefined under sanitizers
	$(NEED)
	$(AGAIN) run-test
run-test: all test-programs
	$(TALLY) $(STEP_unit) $(STEP_replay) $(STEP_abi) $(STEP_look) $(STEP_real)

unit: $(UNIT) ## the unit tests only
	$(TALLY) $(STEP_unit)
real: $(REAL) ## the tests against a real etcd only
	$(TALLY) $(STEP_real)
sim: $(SIM) ## the core against a model of etcd, under faults (SEEDS=20000 SEED=1)
	$(TALLY) $(STEP_sim)

# Quick: make bench RUNS=5 STEADY_SECONDS=2
.PHONY: run-bench
bench: ## every figure beside its floor and its peer (ONLY=handover,token RUNS=100 STEADY_SECONDS=60)
	@CXX='$(CXX)' tools/deps.sh need build test bench
	$(AGAIN) run-bench
run-bench: $(BENCH)
	@mkdir -p $(BUILD)/bench
	@$(BENCH) --directory $(BUILD)/bench $(if $(ONLY),--only $(ONLY)) $(if $(RUNS),--runs $(RUNS)) \
	  $(if $(STEADY_SECONDS),--seconds $(STEADY_SECONDS))

.PHONY: chaos stuck-disk rolling
CHAOS_SECONDS = $(if $(filter file,$(origin SECONDS)),60,$(SECONDS))
# First a short run with one member: each of its faults is an outage, and there is no other endpoint.
CHAOS_ALONE = $(if $(MEMBERS),,'chaos with one member=test/gates/chaos.sh $(BUILD) --seconds 20 --seed $(or $(SEED),1) \
  --members 1 --out $(BUILD)/chaos-one-member')
chaos: $(CHAOS) $(BUILD)/examples/fenced_store ## an election under faults (SECONDS=60 SEED=1 MEMBERS=3)
	$(TALLY) 'fenced store=test/gates/chaos_fenced_store.sh $(BUILD)' $(CHAOS_ALONE) \
	  'chaos=test/gates/chaos.sh $(BUILD) --seconds $(CHAOS_SECONDS) --seed $(or $(SEED),1) --members $(or $(MEMBERS),3)'
stuck-disk: $(CHAOS) ## only the disk of etcd's leader is stuck (BESIDE=no: without etcdctl beside it)
	$(TALLY) 'stuck disk=$(CHAOS) stuck-disk $(if $(filter no,$(BESIDE)),--without-etcdctl)'

.PHONY: soak
soak: $(SOAK) ## elections, observers, sessions and tokens come and go; memory comes back (nightly: SECONDS=3600)
	$(TALLY) 'soak=$(SOAK) --seconds $(SECONDS)' 'soak sees a leak=! $(SOAK) --seconds 6 --leak >$(BUILD)/soak-leak'

rolling: ## three instances with thirty jobs, restarted in turn: who runs what, live, and drawn
	$(NEED)
	$(AGAIN) $(ROLLING)
	@mkdir -p $(BUILD)/rolling
	@$(ROLLING) --out $(BUILD)/rolling

.PHONY: etcds
etcds: ## newer etcds for the tests, built with Go: then make test ETCD=... ETCDCTL=... (VERSIONS='3.5 3.6 3.7')
	@test/gates/etcds.sh $(BUILD) $(VERSIONS)

.PHONY: elsewhere
elsewhere: ## build and test on other Debians, in chroots (SUITE=bookworm|trixie|sid CXX=clang++)
	@CXX='$(CXX)' test/gates/tally.sh \
	  $(foreach s,$(or $(SUITE),bookworm trixie sid),'on $(s)=test/gates/elsewhere.sh $(s)')

fuzz: ## each fuzz target for SECONDS=20, with clang's libFuzzer
	@tools/deps.sh check dev
	$(AGAIN) BUILD=build-fuzz CXX=clang++ FUZZER=1 SANITIZE=address,undefined CXXFLAGS='-O1 -g' fuzzers
	@test/gates/fuzz.sh build-fuzz $(SECONDS) $(JOBS)

lint: ## clang-tidy, cppcheck, shellcheck, layers, walks, layout, no warnings
	@tools/deps.sh check build test dev
	$(TALLY) 'layers=test/gates/layers.sh' 'walks=test/gates/walks.sh' 'sizes=test/gates/sizes.sh' 'format=test/gates/format.sh' \
	  'shell=test/gates/shell.sh' \
	  'warnings=$(MAKE) --no-print-directory -j$(JOBS) BUILD=build-werror WERROR=1 CXXFLAGS=-O1 all examples' \
	  'core purity=test/gates/core_pure.sh build-werror' \
	  'cppcheck=test/gates/cppcheck.sh' 'clang-tidy=test/gates/tidy.sh'

format: ## lay out all C++ by .clang-format, in place
	@test/gates/format.sh --mend

rooms: ## which room of src/ includes which, drawn from the code
	@test/gates/rooms.sh

check-headers: ## public headers alone; the code in README.md; the library without exceptions and RTTI
	@tools/deps.sh check build dev
	$(TALLY) 'headers=test/gates/headers.sh' 'readme=test/gates/readme.sh' \
	  'no exceptions=$(MAKE) --no-print-directory -j$(JOBS) BUILD=build-noexc WERROR=1 CXXFLAGS="-O0 -fno-exceptions -fno-rtti" lib'

abi: all ## compare the exported symbols with test/abi/exports.txt; how the built files are hardened
	$(TALLY) 'abi=test/gates/abi.sh $(BUILD)' 'hardened=test/gates/hardened.sh $(BUILD)' 'install=test/gates/install.sh $(BUILD)'
abi-update: all ## accept the exported symbols as they are now
	@test/gates/abi.sh --update $(BUILD)

# --- the host --------------------------------------------------------------------------------
deps: ## install what is missing (GROUP='build test dev')
	@CXX='$(CXX)' tools/deps.sh need $(GROUP)

PC_FILE = $(DESTDIR)$(LIBDIR)/pkgconfig/tenure.pc
HEADERS := $(notdir $(wildcard include/tenure/*.hpp include/tenure/*.h))

install: all ## install below PREFIX (and DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/include/tenure $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(BINDIR)
	install -m 644 $(HEADERS:%=include/tenure/%) $(DESTDIR)$(PREFIX)/include/tenure
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf $(REALNAME) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(REALNAME) $(DESTDIR)$(LIBDIR)/libtenure.so
	$(if $(COMMAND),install -m 755 $(COMMAND) $(DESTDIR)$(BINDIR))
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$${prefix}/include' '' \
	  'Name: tenure' 'Description: Leader election over etcd on the libuv loop you already have' \
	  'Version: $(VERSION)' 'Requires: libuv' 'Requires.private: libcurl, libcares' \
	  'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -ltenure' 'Libs.private: -lstdc++' >$(PC_FILE)

# The mirror of install.
uninstall: ## remove what install installed
	rm -f $(HEADERS:%=$(DESTDIR)$(PREFIX)/include/tenure/%) $(DESTDIR)$(LIBDIR)/libtenure.a \
	  $(DESTDIR)$(LIBDIR)/$(REALNAME) $(DESTDIR)$(LIBDIR)/$(SONAME) $(DESTDIR)$(LIBDIR)/libtenure.so \
	  $(PC_FILE) $(DESTDIR)$(BINDIR)/tenure
	@rmdir $(DESTDIR)$(PREFIX)/include/tenure 2>/dev/null || true

clean: ## remove all builds
	rm -rf build build-* $(filter-out . .. / ./ ../ $(CURDIR),$(BUILD))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n",$$1,$$2}' $(firstword $(MAKEFILE_LIST))

-include $(ALL_OBJ:.o=.d)
