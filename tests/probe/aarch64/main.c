/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for an Image for arm64: checks at its entry that the loader kept every clause of the protocol, says so as
 * TAP on the console, writes over its whole window, checks again, and ends QEMU with a status (0: all kept). The MMU
 * stays off, so it sees memory as it is.
 */
#include "../clauses_arm64.h"
#include "../tell.h"

#define PAGE 4096

struct registers {
	uint64_t x[4], current_el, daif, sctlr;
};

extern const struct arm64_facts probe_facts;
extern uint8_t probe_end[];
bool probe_byte_can_be_read(uint64_t address);
__attribute__((noreturn)) void probe_main(const struct registers *found, uint64_t load);
__attribute__((noreturn)) void probe_fault(uint64_t cause, uint64_t at, uint64_t address);

void probe_fault(uint64_t cause, uint64_t at, uint64_t address)
{
	say_hex("\nBail out! exception ", cause);
	say_hex(" at ", at);
	say_hex(" address ", address);
	say("\n");
	end_machine(SOME_BROKEN);
}

static const uint8_t *memory(void *context, uint64_t at, uint64_t size)
{
	(void)context;
	if (size == 0 || at + size - 1 < at)
		return NULL;
	for (uint64_t page = at & ~(uint64_t)(PAGE - 1); page <= at + size - 1; page += PAGE)
		if (!probe_byte_can_be_read(page < at ? at : page))
			return NULL;
	return (const uint8_t *)at;
}

/* Writes over [start, end); other words everywhere, so that no two places are one. */
static bool scribble(uint64_t start, uint64_t end)
{
	volatile uint64_t *word = (volatile uint64_t *)((start + 7) & ~UINT64_C(7));
	volatile uint64_t *last = (volatile uint64_t *)(end & ~UINT64_C(7)), *at;

	for (at = word; at < last; at++)
		*at = (uint64_t)at ^ UINT64_C(0x5ca1ab1e5ca1ab1e);
	for (at = word; at < last; at++)
		if (*at != ((uint64_t)at ^ UINT64_C(0x5ca1ab1e5ca1ab1e)))
			return false;
	return true;
}

static void say_facts(const struct found_arm64 *f, const struct clause_report *report)
{
	struct told_by_tree told = {.looking = f->looking};
	struct property line;

	tree_look(&told, f->x[0]);
	line = dtb_property(&told.tree, told.chosen, "bootargs");
	say_hex("# load ", f->load);
	say_hex(" level ", f->current_el >> 2);
	say_hex(" tree ", f->x[0]);
	say_hex(" size ", told.tree.size);
	say_hex("\n# initrd ", told.initrd.start);
	say_hex(" size ", told.initrd.end - told.initrd.start);
	say_hex(" sum ", report->print[1]);
	say("\n# cmdline ");
	for (uint64_t i = 0; i + 1 < line.size; i++)
		say_char((char)line.at[i]);
	say("\n");
}

void probe_main(const struct registers *found, uint64_t load)
{
	struct clause_report report = {.say = tell_clause};
	struct found_arm64 f = {
	    .load = load,
	    .code_size = (uint64_t)probe_end - load,
	    .x = {found->x[0], found->x[1], found->x[2], found->x[3]},
	    .current_el = found->current_el,
	    .daif = found->daif,
	    .sctlr = found->sctlr,
	    .facts = &probe_facts,
	    .looking = {.memory = memory},
	};
	bool scribbled;

	say("\nTAP version 13\n");
	arm64_check(&f, &report);
	say_facts(&f, &report);
	scribbled = report.window_is_clear && scribble(report.window_start, report.window_end);
	arm64_check_unchanged(&f, &report, scribbled);
	tell_end(&report);
	end_machine(report.broken == 0 ? ALL_KEPT : SOME_BROKEN);
}
