# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the loader (build/x86_64/BOOTX64.EFI), its host tools and its tests. `make help` says what else.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
HOSTCC ?= gcc
LD := ld
GNUEFI ?= /usr/include/efi
Q := $(if $(V),,@)

BUILD := build
OUT := $(BUILD)/x86_64
HOST := $(BUILD)/host

WARN := -Wall -Wextra -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror

# Position-independent, for elf2efi; no red zone, for firmware's interrupts run on the same stack; no floating point,
# for nobody saved its registers. Nothing of the folder it was built in gets into the file.
EFI_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -fvisibility=hidden -fshort-wchar -mno-red-zone -mno-mmx \
	-mno-sse -mgeneral-regs-only -maccumulate-outgoing-args -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=. $(WARN) -DGNU_EFI_USE_MS_ABI \
	-isystem $(GNUEFI) -isystem $(GNUEFI)/x86_64
EFI_LDFLAGS := -static -pie --no-dynamic-linker -z text -z max-page-size=4096 -z norelro -z noexecstack \
	--build-id=none --no-undefined -T efi/efi.lds

# The host builds the same pure code for tests, with every check that the compiler has.
HOST_CFLAGS := -std=gnu11 -O1 -g -fshort-wchar $(WARN) -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

PURE_C := $(wildcard protocol/base/*.c protocol/*.c config/*.c) loader/plan.c loader/policy.c loader/explain.c \
	$(wildcard arch/*.c arch/x86_64/*.c)
LOADER_C := $(PURE_C) loader/load.c loader/boot.c $(wildcard efi/*.c)
ARCH_S := $(wildcard arch/x86_64/*.S)
LOADER_O := $(LOADER_C:%.c=$(OUT)/%.o) $(ARCH_S:%.S=$(OUT)/%.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))

.PHONY: all check test run bench clean help
all: $(OUT)/BOOTX64.EFI

help:
	@echo 'make            build/x86_64/BOOTX64.EFI, the loader'
	@echo 'make check      unit tests of the pure code on this machine, under ASan and UBSan'
	@echo 'make test       everything: unit tests, and boots of real kernels in firmware (scripts/test)'
	@echo 'make run        boots a Debian kernel by Berth in QEMU (scripts/run; see scripts/run --help)'
	@echo 'make bench      instructions from the loader'"'"'s entry to the kernel'"'"'s, against one pass of reads'
	@echo 'make clean      removes what was built; downloads in build/cache stay'
	@echo
	@echo 'V=1 shows the commands. GNUEFI=/path names gnu-efi'"'"'s headers (default $(GNUEFI)).'

$(GNUEFI)/efi.h:
	$(error gnu-efi's headers are not in $(GNUEFI): apt-get install gnu-efi, or make GNUEFI=/path)

$(OUT)/%.o: %.c Makefile | $(GNUEFI)/efi.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) $(CFLAGS_$(subst /,_,$*)) -MMD -MP -c $< -o $@

$(OUT)/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c $< -o $@

CFLAGS_efi_libc := -fno-tree-loop-distribute-patterns

$(HOST)/elf2efi: tools/elf2efi.c Makefile
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP $< -o $@

$(OUT)/berth.elf: $(LOADER_O) efi/efi.lds
	$(Q)$(LD) $(EFI_LDFLAGS) $(LOADER_O) -o $@

$(OUT)/BOOTX64.EFI: $(OUT)/berth.elf $(HOST)/elf2efi
	$(Q)ASAN_OPTIONS=detect_leaks=0 $(HOST)/elf2efi $< $@

# ---- EFI applications of the tests: tests/efi/NAME.c becomes build/x86_64/tests/NAME.efi ----
TEST_EFI := $(patsubst tests/efi/%.c,$(OUT)/tests/%.efi,$(wildcard tests/efi/*.c))

$(OUT)/tests/%.elf: $(OUT)/tests/efi/%.o $(OUT)/efi/libc.o efi/efi.lds
	@mkdir -p $(@D)
	$(Q)$(LD) $(EFI_LDFLAGS) $(filter %.o,$^) -o $@

$(OUT)/tests/%.efi: $(OUT)/tests/%.elf $(HOST)/elf2efi
	$(Q)ASAN_OPTIONS=detect_leaks=0 $(HOST)/elf2efi $< $@

.PHONY: test-efi
test-efi: $(TEST_EFI)
.PRECIOUS: $(OUT)/tests/%.elf $(OUT)/tests/efi/%.o

# ---- unit tests: each tests/unit/test_NAME.c is a program of its own ----
HOST_PURE_O := $(PURE_C:%.c=$(HOST)/%.o) $(ARCH_S:%.S=$(HOST)/%.o)
UNIT_EXTRA_O := $(patsubst %.c,$(HOST)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))

$(HOST)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(HOST)/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -MMD -MP -c $< -o $@

$(HOST)/libpure.a: $(HOST_PURE_O)
	@rm -f $@
	$(Q)ar rcsD $@ $^

$(HOST)/unit/%: $(HOST)/tests/unit/%.o $(UNIT_EXTRA_O) $(HOST)/libpure.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $(filter %.o,$^) $(HOST)/libpure.a -lcmocka -o $@
.PRECIOUS: $(HOST)/tests/unit/%.o

check: $(UNIT_TESTS:%=$(HOST)/unit/%)
	@failed=0; for t in $^; do $$t || failed=1; done; exit $$failed

test:
	scripts/test

run: all
	scripts/run

bench:
	scripts/bench

clean:
	rm -rf $(OUT) $(HOST) $(BUILD)/run $(BUILD)/test $(BUILD)/bench

-include $(LOADER_O:.o=.d) $(HOST_PURE_O:.o=.d) $(HOST)/elf2efi.d
-include $(wildcard $(HOST)/tests/unit/*.d $(OUT)/tests/efi/*.d)
