/* SPDX-License-Identifier: BSD-2-Clause */
#include "chosen.h"

#include "overlay.h"
#include "tree.h"

#define NODE "chosen"

/* With tree == NULL it only measures. */
struct writer {
	uint8_t *tree;
	uint64_t size;
	int error;
};

static void put(struct writer *w, const char *name, const void *value, uint64_t size)
{
	w->size += tree_property_size(name, size);
	if (w->tree != NULL && w->error == 0)
		w->error = tree_set(w->tree, NODE, name, value, size);
}

/* Devicetree Specification, 2.2.4: numbers are big-endian. */
static void to_cells(uint8_t *to, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static void put_number(struct writer *w, const char *name, unsigned int width, uint64_t value)
{
	uint8_t cells[8];

	to_cells(cells, width, value);
	put(w, name, cells, width);
}

static void put_text(struct writer *w, const char *name, const char *text)
{
	uint64_t size = 1;

	while (text[size - 1] != '\0')
		size++;
	put(w, name, text, size);
}

static void drop(struct writer *w, const char *name)
{
	if (w->tree != NULL && w->error == 0)
		w->error = tree_remove(w->tree, NODE, name);
}

/* Without our initrd, what firmware's own loader may have left there would be read as one. */
static void put_initrd(struct writer *w, const struct cargo *cargo, const struct plan *plan)
{
	uint64_t start = plan->part[PART_INITRD].at.start;

	if (cargo->initrd_size == 0) {
		drop(w, "linux,initrd-start");
		drop(w, "linux,initrd-end");
		return;
	}
	put_number(w, "linux,initrd-start", 8, start);
	put_number(w, "linux,initrd-end", 8, start + cargo->initrd_size);
}

static void put_uefi(struct writer *w, const struct machine *machine)
{
	put_number(w, "linux,uefi-system-table", 8, machine->system_table);
	put_number(w, "linux,uefi-mmap-start", 8, 0); /* these four are chosen_finish's */
	put_number(w, "linux,uefi-mmap-size", 4, 0);
	put_number(w, "linux,uefi-mmap-desc-size", 4, 0);
	put_number(w, "linux,uefi-mmap-desc-ver", 4, 0);
	/* Debian's and Ubuntu's kernels look for this one as well, and ignore them all when it is missing. */
	put_number(w, "linux,uefi-secure-boot", 4, machine->secure_boot);
}

static void fill(struct writer *w, const struct cargo *cargo, const struct plan *plan, const struct machine *machine,
		 const struct findings *found)
{
	w->size += tree_node_size(NODE);
	put_text(w, "bootargs", cargo->command_line);
	put_initrd(w, cargo, plan);
	put_uefi(w, machine);
	if (!found->has_seed)
		return; /* what firmware may have put into its tree stays */
	put(w, "rng-seed", found->seed, SEED_SIZE);
	put(w, "kaslr-seed", found->seed + SEED_SIZE, KASLR_SEED_SIZE);
}

static uint64_t measure(const struct cargo *cargo, const struct plan *plan, const struct machine *machine,
			const struct findings *found)
{
	struct writer w = {NULL, tree_copy_size(&cargo->tree), 0};

	fill(&w, cargo, plan, machine, found);
	return align_down(w.size + TREE_ALIGN - 1, TREE_ALIGN);
}

static enum status check_size(uint64_t size, struct bound most, struct fail *why)
{
	if (size <= most.value)
		return OK;
	return fail_by(why, BAD_INPUT, most.by,
		       "with what the kernel is told the device tree has %" PRIu64
		       " bytes; the kernel takes at most %" PRIu64
		       "\n  try: a smaller tree, with a `devicetree` line in the entry",
		       size, most.value);
}

enum status chosen_demand(const struct cargo *cargo, struct bound most, struct request *handoff, struct fail *why)
{
	static const struct findings with_seed = {.has_seed = true};
	static const struct machine unnamed;
	static const struct plan nowhere;
	uint64_t size = measure(cargo, &nowhere, &unnamed, &with_seed), align = EFI_PAGE;

	TRY(check_size(size, most, why));
	while (align < size)
		align *= 2;
	at_least(&handoff->align, align, most.by);
	at_least(&handoff->least_align, align, most.by);
	return OK;
}

void chosen_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		     const struct machine *machine, const struct findings *found, struct handoff *handoff)
{
	uint64_t room = measure(cargo, plan, machine, found);
	struct writer w = {NULL, 0, 0};

	handoff->tree = block_take(&handoff->block, room, EFI_PAGE);
	handoff_take_runtime_map(handoff, found);
	handoff->entry = plan->part[PART_KERNEL].at.start + image->entry_at;
	handoff->argument = handoff->tree.address;
	handoff->tree_error = 0;
	if (handoff->tree.at == NULL)
		return;
	w.error = tree_copy(&cargo->tree, handoff->tree.at, room);
	w.tree = handoff->tree.at;
	fill(&w, cargo, plan, machine, found);
	handoff->tree_error = w.error;
	if (found->has_seed)
		handoff->seed = handoff->tree;
}

static void overwrite(struct handoff *handoff, const char *name, unsigned int width, uint64_t value)
{
	uint8_t cells[8];
	int error;

	to_cells(cells, width, value);
	error = tree_overwrite(handoff->tree.at, NODE, name, cells, width);
	(void)error; /* they are there: chosen_describe set them, and its error was checked */
}

void chosen_finish(struct handoff *handoff, const struct final_map *final)
{
	overwrite(handoff, "linux,uefi-mmap-start", 8, final->address);
	overwrite(handoff, "linux,uefi-mmap-size", 4, final->size);
	overwrite(handoff, "linux,uefi-mmap-desc-size", 4, final->desc_size);
	overwrite(handoff, "linux,uefi-mmap-desc-ver", 4, final->desc_version);
}

const struct tree_reader tree_reader = {
    .check = tree_check,
    .check_size = check_size,
    .merge = overlay_merge,
    .growth = overlay_growth,
    .error = tree_error,
};
