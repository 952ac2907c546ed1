/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for kernels that are entered by PVH: checks at its entry that the loader kept every clause of the ABI,
 * says so as TAP on the first serial port, writes over its window, checks again, and ends QEMU (status 33: all kept).
 */
#include "../clauses_pvh.h"
#include "../tell.h"

#define MAPPED (UINT64_C(512) << 30) /* by entry.S */

extern const struct pvh_facts pvh_facts;
extern uint32_t found_entry, found_32, found_ebx, found_eflags, found_cr0, found_cr4, found_efer;
extern uint16_t found_cs, found_ds, found_es, found_tr;
extern uint8_t found_gdtr[10], probe_end[];
void pvh_main(uint64_t load);

static const uint8_t *memory(void *context, uint64_t at, uint64_t size)
{
	(void)context;
	return at == 0 || at > MAPPED || size > MAPPED - at ? NULL : (const uint8_t *)at;
}

/* Other words everywhere, so that no two places are one. */
static bool scribble(uint64_t start, uint64_t end)
{
	volatile uint64_t *first = (volatile uint64_t *)((start + 7) & ~UINT64_C(7)), *at;
	volatile uint64_t *last = (volatile uint64_t *)(end & ~UINT64_C(7));

	for (at = first; at < last; at++)
		*at = (uint64_t)at ^ UINT64_C(0x5ca1ab1e5ca1ab1e);
	for (at = first; at < last; at++)
		if (*at != ((uint64_t)at ^ UINT64_C(0x5ca1ab1e5ca1ab1e)))
			return false;
	return true;
}

static uint64_t get(const uint8_t *from, unsigned int width)
{
	uint64_t value = 0;

	while (width > 0)
		value = value << 8 | from[--width];
	return value;
}

static void say_facts(const struct found_pvh *f)
{
	const uint8_t *info = memory(NULL, f->ebx, 56), *module, *line;

	say_hex("# load ", f->load);
	say_hex(" start_info ", f->ebx);
	say_hex(" gdt ", f->gdt_base);
	if (info == NULL)
		return;
	module = memory(NULL, get(info + 16, 8), 32);
	say_hex("\n# initrd ", module == NULL ? 0 : get(module, 8));
	say_hex(" size ", module == NULL ? 0 : get(module + 8, 8));
	say_hex("\n# memory map ", get(info + 48, 4));
	say("\n# cmdline ");
	line = memory(NULL, get(info + 24, 8), 4096);
	for (unsigned int i = 0; line != NULL && i < 4096 && line[i] != '\0'; i++)
		say_char((char)line[i]);
	say("\n");
}

void pvh_main(uint64_t load)
{
	struct clause_report report = {.say = tell_clause};
	struct found_pvh found = {
	    .load = load,
	    .code_size = (uint64_t)probe_end - load,
	    .by = found_entry,
	    .is_32_bits = found_32,
	    .ebx = found_ebx,
	    .eflags = found_eflags,
	    .cr0 = found_cr0,
	    .cr4 = found_cr4,
	    .efer = found_efer,
	    .gdt_base = (uint32_t)get(found_gdtr + 2, 4),
	    .gdt_limit = (uint16_t)get(found_gdtr, 2),
	    .cs = found_cs,
	    .ds = found_ds,
	    .es = found_es,
	    .tr = found_tr,
	    .facts = &pvh_facts,
	    .memory = memory,
	};
	bool scribbled;

	say("\nTAP version 13\n# entered by PVH\n");
	pvh_check(&found, &report);
	say_facts(&found);
	scribbled = report.window_is_clear && scribble(report.window_start, report.window_end);
	pvh_check_unchanged(&found, &report, scribbled);
	tell_end(&report);
	end_machine(report.broken == 0 ? ALL_KEPT : SOME_BROKEN);
}
