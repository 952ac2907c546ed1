/* SPDX-License-Identifier: BSD-2-Clause */
#include "contents.h"

/* Page tables are whole pages; on x86 they are taken right behind the stack, and elsewhere begin with their root. */
static uint64_t tables_start(const struct handoff *handoff)
{
	if (handoff->tables_size == 0)
		return 0;
	return handoff->stack_top == 0 ? handoff->table_root : align_down(handoff->stack_top + EFI_PAGE - 1, EFI_PAGE);
}

size_t contents_of(const struct handoff *handoff, struct content content[MAX_CONTENTS])
{
	/* A piece that was not taken has address 0. */
	const struct content all[MAX_CONTENTS] = {
	    {"boot_params", {handoff->boot_params.address, 0}},
	    {"command line", {handoff->command_line.address, 0}},
	    {"random seed, as setup_data", {handoff->seed.address, 0}},
	    {"further e820 entries, as setup_data", {handoff->e820_extra.address, 0}},
	    {"PVH start info", {handoff->start_info.address, 0}},
	    {"PVH memory table", {handoff->memory_table.address, 0}},
	    {"device tree", {handoff->tree.address, 0}},
	    {"room for firmware's last memory map", {handoff->final.address, 0}},
	    {"list of copies", {handoff->copies.address, 0}},
	    {"descriptor table and stack", {handoff->gdt, 0}},
	    {"page tables", {tables_start(handoff), 0}},
	    {"code that switches the mode", {handoff->trampoline, 0}},
	};
	size_t count = 0;

	for (size_t i = 0; i < MAX_CONTENTS; i++) {
		size_t at = count;

		if (all[i].at.start == 0)
			continue;
		for (; at > 0 && content[at - 1].at.start > all[i].at.start; at--)
			content[at] = content[at - 1];
		content[at] = all[i];
		count++;
	}
	for (size_t i = 0; i < count; i++)
		content[i].at.end =
		    i + 1 < count ? content[i + 1].at.start : handoff->block.address + handoff->block.used;
	return count;
}
