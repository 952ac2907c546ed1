/* SPDX-License-Identifier: BSD-2-Clause */
#include "situation.h"

#include "../arch/moves.h"
#include "linux_words.h"

static void add_written(struct handoff *handoff, struct range range)
{
	if (!range_is_empty(range))
		handoff->written[handoff->n_written++] = range;
}

/* What the loader wrote and the kernel may read before its caches are on. */
static void list_written(const struct situation *p, struct handoff *handoff)
{
	handoff->n_written = 0;
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		if (i != PART_KERNEL || p->plan.copies.n == 0) /* else its bytes wait elsewhere */
			add_written(handoff, p->plan.part[i].at);
	for (size_t i = 0; i < p->plan.copies.n; i++) {
		const struct copy *copy = &p->plan.copies.copy[i];

		add_written(handoff, (struct range){copy->from, copy->from + copy->size});
	}
}

static struct entrance entrance_of(const struct situation *p)
{
	const struct image *image = &p->image;

	return (struct entrance){image->name, image->entered_in_32_bits, image->argument_in_ebx, p->cargo.five_levels,
				 image->page_size};
}

void situation_describe(struct situation *p, struct handoff *handoff)
{
	struct entrance how = entrance_of(p);

	p->found.map_room = p->survey.final_room;
	p->found.map_desc_size = p->survey.desc_size;
	p->image.protocol->describe(&p->image, &p->cargo, &p->plan, &p->machine, &p->found, handoff);
	handoff->copies_after_exit = p->copies_after_exit;
	moves_write(&p->moves, p->copies_after_exit ? MAX_MOVES : 0, handoff);
	list_written(p, handoff);
	p->arch->prepare(&p->cpu, &how, &p->survey.map, handoff);
}

enum status situation_measure(struct situation *p, struct fail *why)
{
	struct handoff handoff = {.block = {NULL, 0, 0}};

	situation_describe(p, &handoff);
	if (checked_align_up(handoff.block.used, EFI_PAGE, &p->request[PART_HANDOFF].size))
		return fail(why, BAD_INPUT, "the handoff block is larger than any memory");
	return OK;
}

static void find_free(struct survey *survey)
{
	struct runs *all = &survey->free.all, *reliable = &survey->free.reliable;

	all->count = memmap_free_runs(&survey->map, false, all->run, all->room);
	reliable->count = memmap_free_runs(&survey->map, true, reliable->run, reliable->room);
}

enum status situation_survey(struct situation *p, struct fail *why)
{
	for (size_t i = 0; i < p->found.n_reserved; i++)
		if (memmap_reserve(&p->survey.map, p->found.reserved[i]))
			return fail(why, IO_ERROR, "no room in the memory map for what the device tree reserves");
	if (p->found.n_reserved != 0)
		find_free(&p->survey);
	p->found.ram_start = memmap_ram_start(&p->survey.map);
	p->found.resident_end = memmap_reserved_end(&p->survey.map, p->found.ram_start);
	return OK;
}

static enum status take_out(struct situation *p, bool memmap, struct fail *why)
{
	TRY(command_line_kept_out(p->cargo.command_line, memmap, &p->kept_out, why));
	for (size_t i = 0; i < p->kept_out.n; i++) {
		if (memmap_keep_out(&p->survey.map, p->kept_out.at[i]))
			return fail_by(why, IO_ERROR, C13,
				       "no room in the memory map for what the command line keeps out");
		TRY(free_memory_remove(&p->survey.free, p->kept_out.at[i], why));
	}
	return OK;
}

enum status situation_keep_out(struct situation *p, struct fail *why)
{
	enum mem_word mem = p->image.protocol->mem;
	uint64_t amount;

	p->kept_out.n = 0;
	p->found.mem_end = 0;
	if (!p->image.protocol->is_linux)
		return OK;
	if (mem != MEM_IS_ADDRESS && command_line_amount(p->cargo.command_line, mem == MEM_IS_LEAST_AMOUNT, &amount))
		p->found.mem_end = memmap_amount_end(&p->survey.map, amount);
	return take_out(p, mem == MEM_IS_ADDRESS, why);
}

static bool is_x86(const struct situation *p)
{
	return arch_enters(p->arch, ELF_I386);
}

enum status situation_keep_file_out(struct situation *p, struct fail *why)
{
	return take_out(p, is_x86(p), why);
}

uint64_t situation_file_end(const struct situation *p)
{
	const char *line = p->cargo.command_line;
	uint64_t end;

	if (is_x86(p))
		return command_line_mem(line, &end) ? end : UINT64_MAX;
	return command_line_amount(line, true, &end) ? memmap_amount_end(&p->survey.map, end) : UINT64_MAX;
}

/*
 * Linux arch/arm64/mm/init.c, arm64_memblock_init: memory beyond mem= that holds the kernel or the initrd is added
 * back. They lie below it where possible, so that the kernel gets no more memory than was asked for.
 */
static void wish_below_mem(struct situation *p)
{
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++) {
		p->beyond_mem[i] = p->request[i].max;
		if (p->image.protocol->mem == MEM_IS_LAST_AMOUNT && p->found.mem_end != 0)
			at_most(&p->request[i].max, p->found.mem_end, C9);
	}
}

enum status situation_demand(struct situation *p, struct fail *why)
{
	struct entrance how;

	p->cargo.five_levels = linux_words_five_levels(&p->cpu, &p->image, p->cargo.command_line);
	how = entrance_of(p);
	policy_own_parts(p->conf, p->request); /* first, so that the limits of all parts apply to them too */
	TRY(p->image.protocol->demand(&p->image, &p->cargo, &p->found, p->request, why));
	for (size_t i = 0; i < N_PARTS && p->arch->reach != NULL; i++) {
		struct bound reach = p->arch->reach(&p->cpu);

		reach_at_most(&p->request[i], reach.value, reach.by);
	}
	TRY(p->arch->demand(&p->cpu, &how, &p->request[PART_HANDOFF], why));
	TRY(situation_measure(p, why));
	for (size_t i = 0; i < N_PARTS; i++)
		if (checked_align_up(p->request[i].size, EFI_PAGE, &p->request[i].size))
			return fail(why, BAD_INPUT, "the %s is larger than any memory", part_name((enum part)i));
	TRY(policy_apply(&p->wish, p->has_entropy ? &p->entropy : NULL, &p->image, p->cargo.command_line, p->request,
			 why));
	p->is_beyond_mem = false;
	wish_below_mem(p);
	return OK;
}

/* Page-table levels: x86, the current mode; RISC-V, the minimum over all harts (0: unknown). */
static unsigned int levels(const struct situation *p)
{
	if (p->arch->tree_tells_levels)
		return p->found.levels;
	return p->cpu.five_levels ? 5 : 4;
}

void situation_facts(struct text *text, const struct situation *p, bool hides_entropy)
{
	text_add(
	    text,
	    "facts descriptors %zu size %zu room %zu bits %u levels %u la57 %u gib-pages %u seed %u entropy %#" PRIx64,
	    p->survey.descriptors, p->survey.desc_size, p->survey.final_room, p->arch->firmware_bits == 32 ? 32u : 64u,
	    levels(p), (unsigned int)p->cpu.has_la57, (unsigned int)p->cpu.gib_pages, (unsigned int)p->found.has_seed,
	    p->has_entropy && !hides_entropy ? p->entropy : 0);
	if (p->cpu.page_sizes != 0)
		text_add(text, " pages %u", p->cpu.page_sizes);
	if (p->cargo.tree.size != 0)
		text_add(text, " tree %" PRIu64, p->cargo.tree.size);
}
