/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "../probe/clauses_pvh.h"
#include "../unit/given.h"
#include "record.h"
#include "vmlinux.h"

uint64_t clauses_checked;
static bool was_moved; /* the kernel, to another virtual address */

static const char *about(const char *scenario)
{
	static char line[256];

	snprintf(line, sizeof(line), "%s, fault at call %u of %u (status %d)", scenario, sim.fail_call, outcome.calls,
		 (int)sim.fail_status);
	return line;
}

const struct sim_file *check_file_named(struct word path)
{
	for (size_t i = 0; i < sim.n_files; i++) {
		const char *name = strchr(sim.file[i].path, '\\'); /* behind the name of its volume */
		size_t skip = path.at[0] == '/' ? 1 : 0;

		if (strlen(name) - 1 == path.length - skip && memcmp(name + 1, path.at + skip, path.length - skip) == 0)
			return &sim.file[i];
	}
	return NULL;
}

/* The file's bytes from @offset lie at @at; long ones are looked at in places. */
void check_bytes(const struct sim_file *file, uint64_t offset, uint64_t at, const char *scenario)
{
	uint64_t size = file->size - offset, step = size > KIB(16) ? size / KIB(4) : 1;
	const uint8_t *memory = sim_memory(at, size);

	if (memory == NULL)
		fail_msg("%s: %s does not lie in claimed memory", about(scenario), file->path);
	for (uint64_t i = 0; i < size; i += step)
		if (memory[i] != sim_byte(file, offset + i))
			fail_msg("%s: byte %#" PRIx64 " of %s did not arrive", about(scenario), i, file->path);
}

/* ---- rule C6 ---- */

/* What firmware's map calls free once boot services have ended, or the loader holds. */
static bool is_free_after_exit(uint64_t page)
{
	if (sim_memory(page, EFI_PAGE) != NULL)
		return true;
	for (size_t d = 0; d + sim.desc_size <= sim.descriptors_size; d += sim.desc_size) {
		const uint8_t *raw = sim.descriptors + d;
		uint64_t type = load_le(raw, 4), start = load_le(raw + 8, 8);

		if (start <= page && (page - start) / EFI_PAGE < load_le(raw + 24, 8))
			return type == 7 || type == 3 || type == 4;
	}
	return false;
}

static void hand_over_window(void)
{
	struct range window = sim_window();

	for (uint64_t page = window.start; page < window.end; page += EFI_PAGE)
		if (!is_free_after_exit(page))
			fail_msg("%#" PRIx64 " is copied to, and stays somebody's", page);
	sim_hand_over(window);
}

void sim_copy_after_exit(uint64_t list)
{
	const uint8_t *at = sim_memory(list, 24);

	if (at == NULL)
		fail_msg("the list of copies, at %#" PRIx64 ", is not claimed", list);
	if (load_le(at + 16, 8) != 0)
		hand_over_window();
	for (; load_le(at + 16, 8) != 0; at += 24, list += 24) {
		uint64_t from = load_le(at, 8), to = load_le(at + 8, 8), size = load_le(at + 16, 8);

		if (sim_memory(from, size) == NULL || sim_memory(to, size) == NULL || size % 8 != 0 ||
		    sim_memory(list, 48) == NULL)
			fail_msg("a copy of %#" PRIx64 " bytes from %#" PRIx64 " to %#" PRIx64, size, from, to);
		memmove(fw_memory_at(to), fw_memory_at(from), (size_t)size);
		outcome.copied += size;
	}
}

/* ---- the kernel and what it is told ---- */

/* boot.rst, xloadflags: XLF_KERNEL_64, since 2.12. */
static bool has_entry_64(void)
{
	const uint8_t *head = sim.file[0].head;

	return sim.vmlinux != NULL || (load_le(head + 0x206, 2) >= 0x20c && (head[0x236] & 1) != 0);
}

/* From the kernel's place to its entry: boot.rst has 0x200 for a bzImage in 64-bit mode, and 0 in 32-bit mode. */
static uint64_t entry_at(void)
{
	if (sim.vmlinux != NULL)
		return VMLINUX_ENTRY;
	return has_entry_64() ? 0x200 : 0;
}

static void check_kernel(const struct sim_file *kernel, const char *scenario)
{
	uint64_t setup = (kernel->head[0x1f1] == 0 ? 5u : kernel->head[0x1f1] + 1u) * 512;
	const uint8_t *memory;

	if (sim.vmlinux == NULL) {
		check_bytes(kernel, setup, outcome.entry - entry_at(), scenario);
		return;
	}
	memory = sim_memory(outcome.entry - entry_at(), 0x4000);
	if (memory == NULL)
		fail_msg("%s: the kernel's place is not claimed", about(scenario));
	was_moved = vmlinux_check(sim.vmlinux, memory, sim_log(), about(scenario)) != 0;
}

void check_exit(const char *scenario)
{
	if (outcome.exits != 1 || outcome.files_left != 0)
		fail_msg("%s: entered with %u exits and %zu open files", about(scenario), outcome.exits,
			 outcome.files_left);
}

void check_initrds(const struct entry *entry, uint64_t at, const char *scenario)
{
	uint64_t end = 0;

	for (size_t i = 0; i < entry->n_initrds; i++) {
		const struct sim_file *file = check_file_named(entry->initrd[i]);

		end = (end + 3) & ~UINT64_C(3);
		check_bytes(file, 0, at + end, scenario);
		end += file->size;
	}
}

/* The entry's own line is all of it, but that an exact place adds a word [X9]. */
static void check_command_line(const struct entry *entry, const uint8_t *bp, const char *scenario)
{
	static char wanted[MAX_COMMAND_LINE];
	const char *line = (const char *)sim_memory(load_le(bp + 0x228, 4) | load_le(bp + 0xc8, 4) << 32, 1);
	struct fail why;
	size_t n;

	assert_int_equal(entry_command_line(entry, wanted, sizeof(wanted), &why), OK);
	n = strlen(wanted);
	if (line == NULL || strncmp(line, wanted, n) != 0 ||
	    (line[n] != '\0' && strcmp(line + n, n == 0 ? "nokaslr" : " nokaslr") != 0))
		fail_msg("%s: the kernel is told \"%s\", and its entry says \"%s\"", about(scenario), line, wanted);
}

static void check_entered(const struct entry *entry, const char *scenario)
{
	const uint8_t *bp = sim_memory(outcome.argument, 4096);
	const struct sim_file *kernel = check_file_named(entry->program);

	check_exit(scenario);
	if (bp == NULL)
		fail_msg("%s: boot_params at %#" PRIx64 " is not claimed", about(scenario), outcome.argument);
	if (sim.vmlinux == NULL || !sim.vmlinux->damaged)
		check_kernel(kernel, scenario);
	check_initrds(entry, load_le(bp + 0x218, 4) | load_le(bp + 0xc0, 4) << 32, scenario);
	if (!sim.other_line)
		check_command_line(entry, bp, scenario);
}

/* ---- the clauses of the stand-in kernels, on what lies in the arena ---- */

/* EFI's system table and ACPI's root pointer, which firmware itself has in memory. */
static const uint8_t *firmwares_own(uint64_t address, uint64_t size)
{
	static const uint8_t wide[256] = "IBI SYST", narrow[256] = "IBI SYST\0\0\0\0\x48"; /* HeaderSize 72 */
	const uint8_t *table = sim.machine.efi_32_bits ? narrow : wide;
	static const uint8_t rsdp[64] = "RSD PTR \xe1"; /* ACPI 1.0: 20 bytes whose sum is 0 */

	if (address >= sim.machine.system_table && address + size <= sim.machine.system_table + sizeof(wide))
		return table + (address - sim.machine.system_table);
	if (address >= sim.machine.rsdp && address + size <= sim.machine.rsdp + sizeof(rsdp))
		return rsdp + (address - sim.machine.rsdp);
	return NULL;
}

const uint8_t *check_memory(void *context, uint64_t address, uint64_t size)
{
	const uint8_t *claimed = sim_memory(address, size);

	(void)context;
	return claimed != NULL ? claimed : firmwares_own(address, size);
}

void check_say(void *context, unsigned int number, const char *sentence, const char *source,
	       const struct finding *finding)
{
	if (finding->verdict == CLAUSE_BROKEN)
		fail_msg("%s: clause %u, %s (%s): %s, seen %#" PRIx64 ", wanted %#" PRIx64, about(context), number,
			 sentence, source, finding->what == NULL ? "" : finding->what, finding->seen, finding->wanted);
	clauses_checked += finding->verdict == CLAUSE_KEPT;
}

/* What the kernel may do with its window before it looks at any map. */
static void scribble(const struct clause_report *report, const char *scenario)
{
	uint64_t size = report->window_end - report->window_start;

	if (sim_memory(report->window_start, size) == NULL)
		fail_msg("%s: the window is not claimed", about(scenario));
	memset(fw_memory_at(report->window_start), 0xa5, (size_t)size);
}

/*
 * The file as the kernel proper is to find its header. boot.rst, loadflags: "Bit 1 (kernel internal): KASLR_FLAG", by
 * which the decompressor tells that it has moved the kernel, and so must whoever does it in its stead.
 */
static const uint8_t *header_of(const struct sim_file *kernel)
{
	static uint8_t head[CLAUSE_FILE_HEAD];

	if (sim.vmlinux == NULL)
		return kernel->head;
	memcpy(head, kernel->head, sizeof(head));
	head[0x211] |= was_moved ? 2 : 0;
	return head;
}

/* The CPU as the trampoline leaves it, whose words are told apart: ESI and EBX. */
static void as_in_32_bits(struct found *found, const char *scenario)
{
	const uint8_t *page = sim_memory(outcome.trampoline, 4096);

	if (outcome.table_root != 0 || outcome.trampoline + 4096 > GIB(4) || page == NULL)
		fail_msg("%s: entered with tables at %#" PRIx64 ", by code at %#" PRIx64, about(scenario),
			 outcome.table_root, outcome.trampoline);
	found->entered = ENTERED_32;
	found->rsi = load_le(page + 0xff0, 8);
	found->rbx = load_le(page + 0xff8, 8);
	found->cr0 = 0x11;
	found->cr4 = found->cr3 = found->efer = 0;
}

static void check_clauses(const struct sim_file *kernel, const char *scenario)
{
	bool five_levels = outcome.trampoline == 0 ? sim.five_levels : outcome.five_levels;
	struct found found = {
	    .load = outcome.entry - entry_at(),
	    .rsi = outcome.argument,
	    .rsp = 0x1000,
	    .rflags = 2,
	    .cr0 = 0x80000033,
	    .cr3 = outcome.table_root,
	    .cr4 = five_levels ? 0x1020 : 0x20,
	    .efer = 0x500,
	    .gdt_base = outcome.gdt,
	    .gdt_limit = 0x1f,
	    .cs = 0x10,
	    .ds = 0x18,
	    .es = 0x18,
	    .ss = 0x18,
	    .file = header_of(kernel),
	    .memory = check_memory,
	};
	struct clause_report report = {.say = check_say, .context = (void *)(uintptr_t)scenario};

	if (!has_entry_64())
		as_in_32_bits(&found, scenario);
	clauses_check(&found, &report);
	scribble(&report, scenario);
	clauses_check_unchanged(&found, &report, true);
}

/* The CPU's part of it: 32-bit mode, and a TSS that loading has marked busy. */
static void check_pvh(const struct entry *entry, const char *scenario)
{
	struct clause_report report = {.say = check_say, .context = (void *)(uintptr_t)scenario};
	const uint8_t *page = sim_memory(outcome.trampoline, 4096), *info = sim_memory(outcome.argument, 56);
	struct found_pvh found = {
	    .load = outcome.entry,
	    .code_size = 4096,
	    .by = 1,
	    .is_32_bits = 1,
	    .ebx = (uint32_t)outcome.argument,
	    .cr0 = 0x11,
	    .gdt_base = (uint32_t)outcome.gdt,
	    .gdt_limit = 0x27,
	    .cs = 0x10,
	    .ds = 0x18,
	    .es = 0x18,
	    .tr = 0x20,
	    .facts = (const void *)sim_memory(outcome.entry + sim.pvh_facts_at, sizeof(struct pvh_facts)),
	    .memory = check_memory,
	};

	check_exit(scenario);
	if (outcome.table_root != 0 || outcome.trampoline + 4096 > GIB(4) || page == NULL || found.facts == NULL ||
	    info == NULL)
		fail_msg("%s: entered with tables at %#" PRIx64 ", by code at %#" PRIx64, about(scenario),
			 outcome.table_root, outcome.trampoline);
	*(uint8_t *)fw_memory_at(outcome.gdt + 0x25) |= 2;
	pvh_check(&found, &report);
	if (entry->n_initrds != 0)
		check_initrds(entry, load_le(sim_memory(load_le(info + 16, 8), 32), 8), scenario);
	memset(fw_memory_at(report.window_start), 0xa5, (size_t)(report.window_end - report.window_start));
	pvh_check_unchanged(&found, &report, true);
}

static void check_refused(const char *scenario)
{
	if (outcome.status == OK || outcome.why.text[0] == '\0')
		fail_msg("%s: came back without a reason", about(scenario));
	if (outcome.why.status != outcome.status)
		fail_msg("%s: came back with %d, the reason says %d", about(scenario), (int)outcome.status,
			 (int)outcome.why.status);
	if (outcome.claims_left != 0 || outcome.files_left != 0 || outcome.surveys_left != 0 || outcome.takes_left != 0)
		fail_msg("%s: left %zu claims, %zu files, %zu maps, %zu takes: %s", about(scenario),
			 outcome.claims_left, outcome.files_left, outcome.surveys_left, outcome.takes_left,
			 outcome.why.text);
	if (outcome.exits != 0)
		fail_msg("%s: came back after ExitBootServices", about(scenario));
}

/* Under Secure Boot a kernel is entered from verified bytes alone, or with what a record names. */
static void check_verified(const struct entry *entry, const char *scenario)
{
	if (sim.machine.secure_boot != SECURE_BOOT_DISABLED && sim.record != NULL)
		record_check(word_of(sim.record), entry, about(scenario));
	else if (sim.machine.secure_boot != SECURE_BOOT_DISABLED &&
		 (outcome.verifications == 0 || outcome.reads_after != 0))
		fail_msg("%s: verified %u times, and read %u times since then", about(scenario), outcome.verifications,
			 outcome.reads_after);
}

void check_outcome(const struct entry *entry, const char *scenario)
{
	if (outcome.entered)
		check_verified(entry, scenario);
	if (outcome.takes_at_look != 0)
		fail_msg("%s: the loader held %u pieces of memory when it looked at the map", about(scenario),
			 outcome.takes_at_look);
	if (outcome.entered && sim.check_entered != NULL) {
		check_exit(scenario);
		sim.check_entered(entry, scenario);
	} else if (outcome.entered && sim.pvh_facts_at != 0) {
		check_pvh(entry, scenario);
	} else if (outcome.entered) {
		check_entered(entry, scenario);
		if (!sim.no_clauses)
			check_clauses(check_file_named(entry->program), scenario);
	} else
		check_refused(scenario);
}
