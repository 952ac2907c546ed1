# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the loader (build/x86_64/BOOTX64.EFI), its host tools and its tests. `make help` says what else.
#
# ARCH=aarch64 and the like build it for another CPU: arch/$(ARCH)/build.mk has what differs.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

Q := $(if $(V),,@)
BUILD := build
CACHE ?= build/cache
ARCH := x86_64

# The list of CPUs: each one's folder in arch/, and the file that its firmware looks for.
MACHINES := $(shell sed -n 's/^MACHINE(.*, \(\w*\), [^,]*)$$/\1/p' base/machines.def)
EFI_NAME := $(shell sed -n 's/^MACHINE(.*, $(ARCH), \([^,]*\))$$/\1/p' base/machines.def)
$(if $(EFI_NAME),,$(error no CPU $(ARCH) in base/machines.def: it has $(MACHINES)))
include arch/$(ARCH)/build.mk

CC ?= gcc
ifeq ($(origin CC),default)
CC := $(CROSS)gcc
endif
HOSTCC ?= gcc
LD := $(CROSS)ld
OBJCOPY := $(CROSS)objcopy
HOST_GNUEFI ?= /usr/include/efi
GNUEFI ?= $(HOST_GNUEFI)

OUT := $(BUILD)/$(ARCH)
HOST := $(BUILD)/host
LOADER := $(OUT)/$(EFI_NAME)

WARN := -Wall -Wextra -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror

# Position-independent, for elf2efi; no floating point, because its registers are not saved. The file does not depend on
# the folder it is built in.
EFI_CFLAGS := -std=gnu11 -O2 -g -fpie -fvisibility=hidden -fshort-wchar -fno-stack-protector \
	-fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=. $(WARN) $(ARCH_CFLAGS)
EFI_LDFLAGS := $(ARCH_LDFLAGS) -static -pie --no-dynamic-linker -z text -z max-page-size=4096 -z norelro -z noexecstack \
	--build-id=none --no-undefined -T efi/efi.lds

# The host builds the same pure code for tests, with every check that the compiler has; and what is ours counts as well
# what ran of it, for scripts/coverage: where, says LLVM_PROFILE_FILE.
CHECK_CC ?= clang
HOST_CFLAGS := -std=gnu11 -O1 -g -fshort-wchar $(WARN) -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
COUNTING := -fprofile-instr-generate=/dev/null -fcoverage-mapping

# The host command: the loader's own pure objects behind a command line.
# CFLAGS, CPPFLAGS and LDFLAGS are those of who makes a package, and concern this command alone.
TOOL_CFLAGS := -std=gnu11 -O2 -g -fshort-wchar $(WARN) $(CPPFLAGS) $(CFLAGS)

# ---- what each source may see ----
# Firmware has no libc, so what runs there never sees this machine's headers: only the compiler's own, and those named
# here. What is hosted, tools and tests, has the machine's.
WITH_FIRMWARE := efi $(addprefix tests/,shape chain trees cpus keeper)
FREESTANDING := base plan protocol kernel config arch policy codecs loader tests/probe $(WITH_FIRMWARE)
gnuefi = -isystem $(1) -isystem $(1)/$(2)

# COMPILER: its own headers. A compiler that is not there is missed when it is needed.
own_headers = -isystem $(shell $(1) -print-file-name=include 2>/dev/null)

# FILE, THE COMPILER'S OWN HEADERS
is_freestanding = $(strip $(foreach d,$(FREESTANDING),$(filter $(d)/%,$(1))))
flags_of = $(if $(call is_freestanding,$(1)),-ffreestanding -nostdinc) $(FLAGS_$(firstword $(subst /, ,$(1)))) \
	$(FLAGS_$(subst /,_,$(basename $(1)))) $(if $(call is_freestanding,$(1)),$(2))

# Every rule of every build names these, so that a change of flags rebuilds what it concerns.
BUILT_BY := Makefile codecs/build.mk protocol/tree/build.mk arch/$(ARCH)/build.mk

# FOLDER, COMPILER, FLAGS, GNU-EFI'S FOLDER, ITS CPU, FLAGS OF WHAT IS OURS: a way of building the tree. FOLDER/x/y.o is
# x/y.c or x/y.S built so, FOLDER/upstream/z.o upstream's z.c.
define way
$(1)_HEADERS := $$(call own_headers,$(2))
$(1)_GNUEFI := $$(call gnuefi,$(4),$(5))

$(1)/%.o: %.c $(BUILT_BY)
	@mkdir -p $$(@D)
	$$(Q)$(2) $(3) $(6) $$(call flags_of,$$<,$$($(1)_HEADERS)) $$(if $$(filter $(WITH_FIRMWARE:%=%/%) tests/uefi/%,$$<),$$($(1)_GNUEFI)) $$(ALSO) \
		-MMD -MP -c $$< -o $$@

$(1)/%.o: %.S $(BUILT_BY)
	@mkdir -p $$(@D)
	$$(Q)$(2) $(3) $$(ALSO) -MMD -MP -c $$< -o $$@
$(call upstream,$(1),$(2),$(3))
endef

# FOLDER, SOURCES: their objects in a way of building.
objects = $(patsubst %,$(1)/%.o,$(basename $(2)))

# LINKER AND FLAGS, LIBRARIES: the recipe that makes a program of the objects that it needs, and then of its archives.
define link
@mkdir -p $(@D)
$(Q)$(1) $(filter-out $(LEFT_OUT),$(filter %.o,$^)) $(filter %.a,$^) $(2) -o $@
endef

%.a:
	@rm -f $@
	$(Q)ar rcsD $@ $^

# The parts of the loader that ask no firmware, and are the host's too; the decoders are built by themselves.
SHARED_C := $(wildcard $(addsuffix /*.c,base plan protocol kernel config arch policy))
ASKING_C := $(wildcard loader/*.c)

# Folders of protocols: a loader has those that arch/$(ARCH)/build.mk names, the host all. Each with a file formats.c has
# formats of its own; kernel/formats.c is told of these.
HOST_PROTOCOLS := $(notdir $(patsubst %/,%,$(wildcard protocol/*/)))
# Without a space, so that it is one word to who asks for flags, which has no shell to read it.
no_space = $(subst $() ,,$(1))
formats = -UPROTOCOLS -DPROTOCOLS=$(call no_space,$(foreach p,$(1),$(if $(wildcard protocol/$(p)/formats.c),FOLDER\($(p)\))))
protocols_c = $(wildcard $(1:%=protocol/%/*.c))
FLAGS_kernel_formats = $(call formats,$(HOST_PROTOCOLS))
LOADER_C := $(SHARED_C) $(call protocols_c,$(PROTOCOLS)) $(ASKING_C) $(wildcard $(ARCH_ALSO:%=%/*.c) arch/$(ARCH)/*.c efi/*.c)
LOADER_O := $(call objects,$(OUT),$(LOADER_C) $(wildcard $(ARCH_ALSO:%=%/*.S) arch/$(ARCH)/*.S))

# The host has what every CPU is entered with, and acts as an x86-64.
PURE := $(SHARED_C) $(call protocols_c,$(HOST_PROTOCOLS)) $(wildcard arch/*/prepare.c arch/x86/*.c) arch/x86_64/here.c \
	$(wildcard arch/x86/*.S arch/x86_64/*.S)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))

.PHONY: all loader check test run bench scale analyze prove mutate deb docs install clean help
all: $(LOADER) $(HOST)/berth
loader: $(LOADER)

define HELP
Build
  make            build/x86_64/BOOTX64.EFI, the loader, and build/host/berth, which explains it
  make ARCH=CPU   the loader for another CPU: $(MACHINES)
  make run        boots a Debian kernel by Berth in QEMU (scripts/run; see scripts/run --help)
  make clean      removes what was built; downloads in build/cache stay
Test
  make check      unit tests and simulated boots on this machine, nearly all under ASan and UBSan
  scripts/check   not that, but the tree and its files: rooms, shape of the C files, PE files, equal builds
  make analyze    gcc -fanalyzer, clang-tidy and cppcheck over the loader and the host command (scripts/analyze)
  make fuzz       every fuzz target, FUZZ_RUNS times each; make fuzz-NAME runs one until it is stopped
  make prove      proves the planner's search and the arithmetic under it (scripts/prove)
  make mutate     puts small faults into the code, one at a time, and lists what no test notices (scripts/mutate)
  make test       all of these, and boots of real kernels in firmware (scripts/test)
Measure
  make bench      instructions from the loader's entry to the kernel's, against one pass of reads, and to init (scripts/bench)
  make scale      milliseconds and instructions of planning on maps of up to 100,000 descriptors (scripts/bench-plan)
Docs
  make docs       docs/rules.md from the rules in the code, docs/refusals.md from the boots that show it
Install
  make install    the host command, its manuals and the loaders of all CPUs, or of those that CPUS names, to DESTDIR and
                  PREFIX (default /usr/local), and hooks for kernels' packages, which HOOKS= leaves out; `berth install`
                  is what makes a machine boot by them
  make deb        Debian packages of all that, of HEAD, in build/deb (scripts/deb; docs/packaging.md)

V=1 shows the commands. GNUEFI=/path names gnu-efi's headers (default $(GNUEFI)).
endef

help:
	$(info $(HELP))@:

$(CACHE)/gnu-efi-%/efi/efi.h:
	@echo 'berth: gnu-efi'"'"'s headers for $* are not in $(@D): fetching them from Debian, once' >&2
	$(Q)CACHE=$(CACHE) scripts/fetch gnu-efi $* >/dev/null

# Not an intermediate file, to be removed at the end.
.PRECIOUS: $(CACHE)/gnu-efi-%/efi/efi.h

%/efi.h:
	$(error gnu-efi's headers are not in $(@D): apt-get install gnu-efi, or make GNUEFI=/path)

# ---- the loader: what is ours is compiled as a whole, so that what is called once is not a function, and what no CPU of
# this build calls is not there ----
# OPTIONS of the linker
link_whole = $(call link,$(CC) $(EFI_CFLAGS) -Os $(UNALIGNED) $(AT_ONCE) -nostdlib -static-pie \
	$(addprefix -Xlinker ,$(EFI_LDFLAGS) $(1)))

$(OUT)/berth.elf: $(LOADER_O) $(OUT)/libunpack.a efi/efi.lds
	$(call link_whole,-Map=$(@:.elf=.map))

# What the linker has taken from libraries, in the section .sbom.
$(OUT)/berth.spdx.json: $(OUT)/berth.elf scripts/sbom base/version.h
	$(Q)scripts/sbom $(EFI_NAME) $(<:.elf=.map) $(SOURCES)/versions base/version.h >$@

define pe
$(Q)$(HOST)/elf2efi $< $@
endef

$(LOADER): $(OUT)/berth.elf $(OUT)/berth.spdx.json $(HOST)/elf2efi
	$(pe) 0 $(OUT)/berth.spdx.json

$(HOST)/elf2efi: $(HOST)/tool/tools/elf2efi.o
	$(call link,$(HOSTCC))

# ---- the host command; the checked one, with sanitizers, is the tests'. ----
# It has the loader's boot, too, and in place of the CPU that it runs on the one that is asked about.
TOOL_C := $(filter-out tools/elf2efi.c,$(wildcard tools/*.c)) $(wildcard install/*.c)
PARTS_C := $(filter-out tools/berth.c tools/dry_cpu.c,$(TOOL_C)) $(ASKING_C)
TOOL_O := $(call objects,$(HOST)/tool,$(TOOL_C) $(ASKING_C) $(filter-out arch/x86_64/here.c,$(PURE)))

$(HOST)/berth: $(TOOL_O) $(HOST)/tool/libunpack.a
	$(call link,$(HOSTCC) $(CFLAGS) $(LDFLAGS),-lm)

$(HOST)/checked/berth: $(HOST)/tools/berth.o $(HOST)/tools/dry_cpu.o $(HOST)/libtool.a $(HOST)/libpure.a $(HOST)/libunpack.a
	$(call link,$(CHECK_CC) $(HOST_CFLAGS) $(COUNTING),-lm)

# ---- EFI applications of the tests: tests/shape/ becomes build/x86_64/tests/shape.efi ----
# What a CPU's firmware lacks is a reason for one; the others stay where most of firmware's ways are tried.
APPLICATIONS := $(if $(filter x86_64,$(ARCH)),shape chain trees cpus) $(if $(filter riscv64,$(ARCH)),keeper)
application_objects = $(call objects,$(OUT),$(wildcard tests/$(1)/*.c))
APPLICATION_O := $(foreach a,$(APPLICATIONS),$(call application_objects,$(a)))
$(foreach a,$(APPLICATIONS),$(eval $(OUT)/tests/$(a).elf: $(call application_objects,$(a))))

$(OUT)/tests/cpus.elf: $(OUT)/upstream/lz4/lz4.o

$(APPLICATIONS:%=$(OUT)/tests/%.elf): $(OUT)/efi/libc.o efi/efi.lds
	$(call link,$(LD) $(EFI_LDFLAGS))

$(APPLICATIONS:%=$(OUT)/tests/%.efi): %.efi: %.elf $(HOST)/elf2efi
	$(pe)

# ---- stand-in kernels: what they find at their entry is checked against the protocol, clause by clause ----
# Which each CPU has, and the files of tests/probe/ that each is made of.
PROBES_x86_64 := x86_64 pvh
PROBES_aarch64 := aarch64
PROBES_riscv64 := riscv64

FOR_TREES := tell clauses_sum clauses_dtb clauses_tree
FOR_X86 := $(filter-out clauses_dtb clauses_tree clauses_riscv clauses_arm64,$(patsubst tests/probe/%.c,%,$(wildcard \
	tests/probe/*.c)))
PROBE_x86_64 := x86_64/entry $(FOR_X86) x86_64/main x86_64/tell
PROBE_pvh := pvh/entry pvh/main x86_64/tell $(FOR_X86)
PROBE_aarch64 := aarch64/entry aarch64/main aarch64/tell $(FOR_TREES) clauses_arm64
PROBE_riscv64 := riscv64/entry riscv64/main riscv64/tell $(FOR_TREES) clauses_riscv
PROBE_LDFLAGS := -static -pie --no-dynamic-linker -z text -z norelro -z noexecstack --build-id=none --no-undefined \
	--no-warn-rwx-segments

probe_objects = $(PROBE_$(1):%=$(OUT)/tests/probe/%.o)
PROBE_O := $(sort $(foreach p,$(PROBES_$(ARCH)),$(call probe_objects,$(p))))
$(foreach p,$(PROBES_$(ARCH)),$(eval $(OUT)/probe/$(p).elf: $(call probe_objects,$(p))))

$(OUT)/probe/%.elf: tests/probe/%/probe.lds
	$(call link,$(LD) $(ARCH_LDFLAGS) $(PROBE_LDFLAGS) -T $<)

$(OUT)/probe/%.bin: $(OUT)/probe/%.elf
	$(Q)$(OBJCOPY) -O binary -j .image $< $@

# Code that runs at any address by itself, without a table of addresses that would have to be relocated.
ifneq ($(ARCH),x86_64)
$(PROBE_O): ALSO := -fno-pie
endif

# What boots of this CPU need beside its loader.
.PHONY: test-efi
test-efi: $(APPLICATIONS:%=$(OUT)/tests/%.efi) $(PROBES_$(ARCH):%=$(OUT)/probe/%.bin)

# ---- unit tests: each tests/unit/test_NAME.c is a program of its own ----
HOST_PURE_O := $(call objects,$(HOST),$(PURE))
UNIT_EXTRA_C := $(filter-out tests/unit/test_% tests/unit/plain_%,$(wildcard tests/unit/*.c))
UNIT_EXTRA_O := $(call objects,$(HOST),$(UNIT_EXTRA_C))

$(HOST)/libpure.a: $(HOST_PURE_O)
$(HOST)/libtool.a: $(call objects,$(HOST),$(PARTS_C))

$(HOST)/unit/%: $(HOST)/tests/unit/%.o $(UNIT_EXTRA_O) $(HOST)/libtool.a $(HOST)/libpure.a $(HOST)/libunpack.a
	$(call link,$(CHECK_CC) $(HOST_CFLAGS) $(COUNTING),-lcmocka -lm)
.PRECIOUS: $(HOST)/tests/unit/%.o

# Those named plain_NAME.c go through too much for sanitizers; two of them count basic blocks, of the files named here.
PLAIN_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/plain_*.c))
PLAIN_O := $(call objects,$(HOST)/tool,$(UNIT_EXTRA_C) $(PURE) $(PARTS_C))
COUNTED_plan_large := plan/memmap plan/search plan/candidates plan/fit
COUNTED_mapread_work := $(patsubst %.c,%,$(wildcard tools/map*.c) tools/slices.c tools/loglines.c tools/logtext.c plan/memmap.c)

define counted
$(HOST)/unit/plain_$(1): $(COUNTED_$(1):%=$(HOST)/counted/%.o)
$(HOST)/unit/plain_$(1): LEFT_OUT := $(COUNTED_$(1):%=$(HOST)/tool/%.o)
endef
$(foreach t,plan_large mapread_work,$(eval $(call counted,$(t))))

$(HOST)/unit/plain_%: $(HOST)/tool/tests/unit/plain_%.o $(PLAIN_O) $(HOST)/tool/libunpack.a
	$(call link,$(HOSTCC),-lcmocka -lm)
.PRECIOUS: $(HOST)/tool/tests/unit/%.o

$(HOST)/plan_scale: $(HOST)/tool/tests/bench/plan_scale.o $(PLAIN_O) $(HOST)/tool/libunpack.a
	$(call link,$(HOSTCC),-lcmocka -lm)

# ---- tests/bench/peers.py has its picture drawn by this ----
$(HOST)/bars: $(HOST)/tool/tests/bench/bars.o $(HOST)/tool/tools/svg.o $(patsubst %.c,$(HOST)/tool/%.o,$(wildcard base/*.c))
	$(call link,$(HOSTCC))

# ---- tests/bench/unpacking.py counts what the loader's decoders take; they want nothing of firmware, so they run here ----
$(HOST)/unpack_count: $(HOST)/tool/tests/bench/unpack.o $(patsubst %.c,$(OUT)/%.o,$(wildcard base/*.c)) $(OUT)/efi/libc.o \
		$(OUT)/libunpack.a
	$(call link,$(HOSTCC) $(AT_ONCE))

# ---- tests/tools/test_relocate.py loads images with this, and compares with the system's linker ----
$(HOST)/relocate: $(HOST)/tests/elf/relocate.o $(HOST)/libpure.a
	$(call link,$(CHECK_CC) $(HOST_CFLAGS) $(COUNTING))

# ---- the whole flow on a simulated firmware: tests/sim/test_NAME.c, with the CPU's routines replaced by the linker ----
SIM_TESTS := $(patsubst tests/sim/%.c,%,$(wildcard tests/sim/test_*.c))
SIM_O := $(call objects,$(HOST),$(filter-out tests/sim/test_%,$(wildcard tests/sim/*.c)) $(ASKING_C) \
	$(wildcard tests/probe/clauses*.c))
SIM_WRAP := $(foreach f,$(addprefix x86_,cpuid read_cr4 random enter enter_by_trampoline \
	port_in port_out) $(addprefix arch_,here cpu enter speaker ticks),-Wl,--wrap=$(f))

$(HOST)/sim/%: $(HOST)/tests/sim/%.o $(SIM_O) $(UNIT_EXTRA_O) $(HOST)/libtool.a $(HOST)/libpure.a $(HOST)/libunpack.a
	$(call link,$(CHECK_CC) $(HOST_CFLAGS) $(COUNTING) $(SIM_WRAP),-lcmocka -lm)
.PRECIOUS: $(HOST)/tests/sim/%.o

# ---- tests/tools/test_check_boots.py boots an entry of a folder with this, and compares with what berth check says ----
$(HOST)/booted: $(HOST)/tests/tools/booted.o $(SIM_O) $(UNIT_EXTRA_O) $(HOST)/libtool.a $(HOST)/libpure.a $(HOST)/libunpack.a
	$(call link,$(CHECK_CC) $(HOST_CFLAGS) $(COUNTING) $(SIM_WRAP),-lcmocka -lm)

# ---- the real efi/ on a simulated UEFI: tests/uefi/test_NAME.c. Physical memory lies at its own addresses, where
# AddressSanitizer has its own, so unclaimed pages are the guard. What efi/ keeps in variables gets sections with names
# of their own, so that each boot can start as a fresh image does. ----
UEFI := $(HOST)/uefi
UEFI_CFLAGS := -std=gnu11 -O1 -g -fshort-wchar $(WARN) -fsanitize=undefined -fno-sanitize-recover=all -DGNU_EFI_USE_MS_ABI
UEFI_TESTS := $(patsubst tests/uefi/%.c,%,$(wildcard tests/uefi/test_*.c))
UEFI_EFI_O := $(patsubst %.c,$(UEFI)/%.named.o,$(filter-out efi/libc.c,$(wildcard efi/*.c)))
UEFI_O := $(UEFI_EFI_O) $(call objects,$(UEFI),$(PURE) $(ASKING_C) \
	$(filter-out tests/uefi/test_%,$(wildcard tests/uefi/*.c)) $(wildcard tests/probe/clauses*.c) \
	$(addprefix tests/sim/,bench.c check.c check_arm64.c cpu.c record.c vmlinux.c) \
	$(addprefix tests/unit/,given.c kernel_head.c elf_file.c packed.c pe_file.c gpt_disk.c hive.c tree_file.c memory_source.c))

$(UEFI)/%.named.o: $(UEFI)/%.o
	$(Q)objcopy --set-section-flags .bss=alloc,load,contents --rename-section .bss=efi_bss \
		--rename-section .data=efi_data --rename-section .data.rel.local=efi_data $< $@

$(HOST)/uefi/test_%: $(UEFI)/tests/uefi/test_%.o $(UEFI_O) $(UEFI)/libunpack.a
	$(call link,$(CHECK_CC) -fsanitize=undefined $(COUNTING) $(SIM_WRAP),-lcmocka)
.PRECIOUS: $(UEFI)/%.o

# For scripts/mutate, which links them again with one of them changed.
.PHONY: uefi-parts
uefi-parts: $(UEFI_O) $(UEFI)/libunpack.a $(UEFI_TESTS:%=$(UEFI)/tests/uefi/%.o)
	@echo 'compiler $(CHECK_CC)'
	@echo 'flags $(UEFI_CFLAGS)'
	@echo 'linked -fsanitize=undefined $(COUNTING)'
	@echo 'objects $(UEFI_O) $(UEFI)/libunpack.a'

# ---- fuzzing: tests/fuzz/fuzz_NAME.c; `make fuzz` runs each a bounded number of times, `make fuzz-NAME` until stopped ----
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_RUNS ?= 50000
FUZZ_CC ?= clang
FUZZ_CFLAGS := -std=gnu11 -O1 -g -fshort-wchar -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
FUZZ_LDFLAGS := -fsanitize=fuzzer,address,undefined
FUZZ := $(BUILD)/fuzz
FUZZ_PURE_O := $(call objects,$(FUZZ),$(PURE) tests/unit/kernel_head.c tests/unit/memory_source.c tests/unit/lz4_upstream.c)
FUZZ_TOOL_O := $(call objects,$(FUZZ),$(PARTS_C))

$(FUZZ)/libtool.a: $(FUZZ_TOOL_O)

$(FUZZ)/fuzz_%: $(FUZZ)/tests/fuzz/fuzz_%.o $(FUZZ_PURE_O) $(FUZZ)/libtool.a $(FUZZ)/libunpack.a
	$(call link,$(FUZZ_CC) $(FUZZ_LDFLAGS) $(COUNTING),-lm)
.PRECIOUS: $(FUZZ)/tests/fuzz/%.o

.PHONY: fuzz $(FUZZ_NAMES:%=fuzz-%)
fuzz: $(FUZZ_NAMES:%=$(FUZZ)/fuzz_%)
	@printf '%s\n' $(FUZZ_NAMES) | xargs -P "$$(nproc)" -I{} scripts/fuzz {} $(FUZZ_RUNS)
$(FUZZ_NAMES:%=fuzz-%): fuzz-%: $(FUZZ)/fuzz_%
	scripts/fuzz $* -1

# ---- the ways of building the tree ----
include protocol/tree/build.mk codecs/build.mk
$(eval $(call way,$(OUT),$(CC),$(EFI_CFLAGS),$(GNUEFI),$(GNUEFI_ARCH)))
$(eval $(call way,$(HOST),$(CHECK_CC),$(HOST_CFLAGS),$(HOST_GNUEFI),x86_64,$(COUNTING)))
$(eval $(call way,$(HOST)/tool,$(HOSTCC),$(TOOL_CFLAGS),$(HOST_GNUEFI),x86_64))
$(eval $(call way,$(HOST)/counted,$(HOSTCC),$(TOOL_CFLAGS) -fsanitize-coverage=trace-pc,$(HOST_GNUEFI),x86_64))
$(eval $(call way,$(UEFI),$(CHECK_CC),$(UEFI_CFLAGS),$(HOST_GNUEFI),x86_64,$(COUNTING)))
$(eval $(call way,$(FUZZ),$(FUZZ_CC),$(FUZZ_CFLAGS),$(HOST_GNUEFI),x86_64,$(COUNTING)))
$(filter $(OUT)/efi/%,$(LOADER_O)) $(APPLICATION_O): | $(GNUEFI)/efi.h
# Only loops over megabytes gain from alignment and speed: the decoders', and those of libc.c. What efi/ and loader/ ask for
# firmware does, and of the others' work there is little.
UNALIGNED := -fno-align-functions -fno-align-loops -fno-align-jumps -fno-align-labels
AT_ONCE := -flto=auto -flto-partition=one
$(LOADER_O): ALSO := -Os $(UNALIGNED) $(AT_ONCE) $(if $(filter tree,$(PROTOCOLS)),,-DNO_TREES)
$(OUT)/upstream/%.o $(OUT)/codecs/%.o: ALSO :=
# It goes twice through hundreds of thousands of fields.
$(OUT)/protocol/x86/linux_relocs.o: ALSO := $(UNALIGNED) $(AT_ONCE)
$(OUT)/kernel/formats.o: ALSO += $(call formats,$(PROTOCOLS))
$(OUT)/base/rule.o: ALSO += $(foreach p,$(filter-out $(PROTOCOLS),$(HOST_PROTOCOLS)),-DNO_RULES_$(shell echo $(p) | tr a-z A-Z))
# What the compiler calls by itself, it knows of only when all else is compiled.
$(OUT)/arch/ia32/arith.o: ALSO := -Os $(UNALIGNED)
$(OUT)/efi/libc.o: ALSO := -fno-tree-loop-distribute-patterns # its loops are what memcpy and the others are

# For scripts/hidden: the objects of each way; those of them that see no header of this machine, and the others. EVERY=N
# takes one in N.
OBJECTS_loader := $(OUT) $(LOADER_O) $(call whole,$(OUT)) $(APPLICATION_O) $(PROBE_O)
OBJECTS_checked := $(HOST) $(HOST_PURE_O) $(call objects,$(HOST),$(TOOL_C)) $(call whole,$(HOST)) $(UNIT_EXTRA_O) $(SIM_O) \
	$(UNIT_TESTS:%=$(HOST)/tests/unit/%.o) $(SIM_TESTS:%=$(HOST)/tests/sim/%.o) $(HOST)/tests/elf/relocate.o $(HOST)/tests/tools/booted.o
OBJECTS_tool := $(HOST)/tool $(TOOL_O) $(HOST)/tool/tools/elf2efi.o $(call whole,$(HOST)/tool)
OBJECTS_plain := $(HOST)/tool $(PLAIN_O) $(PLAIN_TESTS:%=$(HOST)/tool/tests/unit/%.o) \
	$(call objects,$(HOST)/tool,$(wildcard tests/bench/*.c))
OBJECTS_uefi := $(UEFI) $(filter-out %.named.o,$(UEFI_O)) $(UEFI_EFI_O:%.named.o=%.o) $(call whole,$(UEFI)) \
	$(UEFI_TESTS:%=$(UEFI)/tests/uefi/%.o)
OBJECTS_fuzz := $(FUZZ) $(FUZZ_PURE_O) $(FUZZ_TOOL_O) $(call whole,$(FUZZ)) $(FUZZ_NAMES:%=$(FUZZ)/tests/fuzz/fuzz_%.o)

sampled = $(if $(EVERY),$(shell printf '%s\n' $(1) | awk 'NR % $(EVERY) == 0'),$(1))

# FOLDER, OBJECT
is_freestanding_object = $(filter $(1)/upstream/%,$(2))$(call is_freestanding,$(patsubst $(1)/%.o,%.c,$(2)))
define compile
FREESTANDING_$(1) := $$(foreach o,$$(wordlist 2,999999,$$(OBJECTS_$(1))),$$(if $$(call is_freestanding_object,$$(firstword \
	$$(OBJECTS_$(1))),$$(o)),$$(o)))
.PHONY: freestanding-$(1) hosted-$(1)
freestanding-$(1): $$(call sampled,$$(FREESTANDING_$(1)))
hosted-$(1): $$(filter-out $$(FREESTANDING_$(1)),$$(wordlist 2,999999,$$(OBJECTS_$(1))))
endef
$(foreach w,loader checked tool plain uefi fuzz,$(eval $(call compile,$(w))))

# For those who compile sources in their own way (analysers, mutants): what each may see, one line per file.
.PHONY: flags
flags:
	$(foreach f,$(FILES),$(info $(f) $(subst \,,$(call flags_of,$(f),$(call own_headers,$(CC)))) $(if $(filter efi/%,$(f)),$(call \
		gnuefi,$(HOST_GNUEFI),x86_64))))@:

# As many at a time as there are processors, the long ones first; the output of each comes in one piece, at its end.
SLOWEST := $(HOST)/sim/test_packed $(HOST)/sim/test_faults $(HOST)/uefi/test_uefi $(HOST)/sim/test_inputs
CHECKS := $(UNIT_TESTS:%=$(HOST)/unit/%) $(PLAIN_TESTS:%=$(HOST)/unit/%) $(SIM_TESTS:%=$(HOST)/sim/%) $(UEFI_TESTS:%=$(UEFI)/%)
check: $(CHECKS)
	@printf '%s\n' $(SLOWEST) $(filter-out $(SLOWEST),$^) | xargs -P "$$(nproc)" -I{} scripts/timed {}

# What a program counts when it runs, for those who want that and do not mind which run it was.
$(HOST)/%.profraw: $(HOST)/%
	@scripts/timed $<
$(FUZZ)/fuzz_%.profraw: $(FUZZ)/fuzz_%
	@scripts/fuzz $* $(FUZZ_RUNS)

test analyze bench prove mutate:
	@scripts/$@

DEB ?= $(BUILD)/deb
deb:
	@scripts/deb $(DEB)

scale:
	@scripts/bench-plan

run: all
	@scripts/run

# docs/rules.md, docs/refusals.md and docs/memory.svg are generated, never edited.
docs: $(HOST)/berth
	$(HOST)/berth rules --markdown >docs/rules.md
	tests/boot/refusals.py >docs/refusals.md
	BERTH=$(HOST)/berth tests/tools/test_picture.py --print >docs/memory.svg

# The host command and its manuals; the loaders go where `berth install` looks for them, under the names that firmware
# looks for. Each CPU's is built by a make of its own, and stops it where its compiler is missing.
PREFIX ?= /usr/local
CPUS ?= $(MACHINES)
TO := $(DESTDIR)$(PREFIX)
PLACE := $(PREFIX)/lib/berth/$(EFI_NAME)

# What packages of kernels call, each in the one folder where its caller looks; kernel-install(8) has one for distributions
# and one for administrators, and older ones have none in /usr/local.
HOOKS ?= yes
CONF_DIR ?= /etc
KERNEL_INSTALL_DIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,$(CONF_DIR))/kernel/install.d
# Debian's zsh has another folder for what packages bring.
ZSH_DIR ?= $(PREFIX)/share/zsh/site-functions
DEBIAN_HOOKS := kernel/postinst.d kernel/postrm.d initramfs/post-update.d

.PHONY: install-command $(CPUS:%=install-loader-%)
install: install-command $(CPUS:%=install-loader-%)

install-command: $(HOST)/berth
	install -Dm755 $(HOST)/berth $(TO)/bin/berth
	install -Dm644 docs/berth.1 $(TO)/share/man/man1/berth.1
	install -Dm644 docs/berth.conf.5 $(TO)/share/man/man5/berth.conf.5
	install -Dm644 docs/berth.7 $(TO)/share/man/man7/berth.7
	install -Dm644 docs/berth-install.8 $(TO)/share/man/man8/berth-install.8
	install -Dm644 docs/berth-kernel.8 $(TO)/share/man/man8/berth-kernel.8
	install -Dm644 tools/completion/berth.bash $(TO)/share/bash-completion/completions/berth
	install -Dm644 tools/completion/_berth $(DESTDIR)$(ZSH_DIR)/_berth
	install -Dm644 tools/completion/berth.fish $(TO)/share/fish/vendor_completions.d/berth.fish
ifneq ($(HOOKS),)
	install -Dm755 tools/hooks/95-berth.install $(DESTDIR)$(KERNEL_INSTALL_DIR)/95-berth.install
	for folder in $(DEBIAN_HOOKS); do \
		install -Dm755 tools/hooks/zz-berth $(DESTDIR)$(CONF_DIR)/$$folder/zz-berth || exit 1; \
	done
endif

$(CPUS:%=install-loader-%): install-loader-%:
	@$(MAKE) --no-print-directory ARCH=$* install-loader || { \
		echo 'berth: no loader for $*: `scripts/deps cross` installs compilers; make install CPUS="x86_64" does without' >&2; exit 1; }

# Of one CPU; and where it goes, for who is to sign it there.
.PHONY: install-loader where-loader
install-loader: $(LOADER)
	install -Dm644 $(LOADER) $(DESTDIR)$(PLACE)
where-loader:
	@echo $(PLACE)

clean:
	rm -rf $(OUT) $(HOST) $(BUILD)/run $(BUILD)/test $(BUILD)/bench $(BUILD)/prove $(BUILD)/mutate

-include $(shell find $(OUT) $(HOST) $(FUZZ) -name '*.d' 2>/dev/null)
