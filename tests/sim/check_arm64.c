/* SPDX-License-Identifier: BSD-2-Clause */
#include "check_arm64.h"

#include "../probe/clauses_arm64.h"
#include "../unit/given.h"

/* What is read before any cache is on was cleaned out of them: the CPU was told of all of it. */
static void check_written(const char *what, struct range range, const char *scenario)
{
	const struct handoff *h = &outcome.handoff;

	for (size_t i = 0; i < h->n_written; i++)
		if (range_contains(h->written[i], range))
			return;
	fail_msg("%s: the %s at %#" PRIx64 "-%#" PRIx64 " was not cleaned out of the caches", scenario, what,
		 range.start, range.end);
}

/* arch/aarch64/enter.S, by which registers and caches are as the clauses want them, is held to them in firmware. */
void check_arm64(const struct entry *entry, const char *scenario)
{
	const struct sim_file *kernel = check_file_named(entry->program);
	const struct handoff *h = &outcome.handoff;
	const uint8_t *head = sim.packed_image != NULL ? sim.packed_image : kernel->head;
	uint64_t image_size = load_le(head + 16, 8);
	struct arm64_facts facts = {
	    .image_size = image_size != 0 ? image_size : kernel->size + MIB(16),
	    .text_offset = image_size != 0 ? load_le(head + 8, 8) : 0x80000,
	};
	struct found_arm64 found = {
	    .load = h->entry,
	    .x = {h->argument},
	    .current_el = 2 << 2,
	    .daif = 0x3c0,
	    .facts = &facts,
	    .looking = {.memory = check_memory},
	};
	struct clause_report report = {.say = check_say, .context = (void *)(uintptr_t)scenario};
	struct told_by_tree told = {.looking = found.looking};

	check_exit(scenario);
	if (outcome.runtime_maps != !sim.stays_unmapped)
		fail_msg("%s: the runtime services were mapped %u times", scenario, outcome.runtime_maps);
	arm64_check(&found, &report);
	tree_look(&told, h->argument);
	if (sim.packed_image == NULL)
		check_bytes(kernel, 0, h->entry, scenario);
	else if (memcmp(sim_memory(h->entry, sim.packed_size), sim.packed_image, (size_t)sim.packed_size) != 0)
		fail_msg("%s: the image is not what was packed", scenario);
	if (entry->n_initrds != 0) {
		check_initrds(entry, told.initrd.start, scenario);
		check_written("initrd", (struct range){told.initrd.start, told.initrd.end}, scenario);
	}
	if (outcome.copied == 0) /* else it is cleaned when it was copied */
		check_written("kernel", (struct range){h->entry, h->entry + facts.image_size}, scenario);
	check_written("tree", (struct range){h->argument, h->argument + told.tree.size}, scenario);
	check_written("memory map", (struct range){told.map.start, told.map.end}, scenario);
	memset(fw_memory_at(report.window_start), 0xa5, (size_t)(report.window_end - report.window_start));
	arm64_check_unchanged(&found, &report, true);
}
