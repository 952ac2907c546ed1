/* SPDX-License-Identifier: BSD-2-Clause */
#include "unpack.h"

#include "relocations.h"

#include "../plan/copies.h"

static uint64_t all_memory(const struct memmap *map)
{
	uint64_t size = 0;

	for (size_t i = 0; i < map->count; i++)
		if (checked_add(size, range_size(map->entry[i].at), &size))
			return UINT64_MAX;
	return size;
}

/* What was claimed to lead up to the kernel's place: on both sides of what the initrd is to get. */
struct lead {
	struct range claimed[2];
	size_t n;
};

static void release(struct lead *lead)
{
	while (lead->n != 0)
		fw_release(lead->claimed[--lead->n]);
}

/* False when a part of it is not free; where the command line says that memory is bad it stays unused (rule C13). */
static bool claim(const struct boot *b, struct lead *lead, struct range at)
{
	struct fail why;

	if (range_is_empty(at))
		return true;
	if (memmap_owner(&b->situation.survey.map, at) != NULL || fw_claim(at, &why) != OK)
		return false;
	lead->claimed[lead->n++] = at;
	return true;
}

static uint64_t within(struct range at, uint64_t address)
{
	return address < at.start ? at.start : address > at.end ? at.end : address;
}

static bool claim_around(const struct boot *b, struct lead *lead, struct range at)
{
	struct range initrd = b->claimed[PART_INITRD];

	return claim(b, lead, (struct range){at.start, within(at, initrd.start)}) &&
	       claim(b, lead, (struct range){within(at, initrd.end), at.end});
}

/* Where the run may begin; NULL: the memory that it needs is not to be had. */
static uint8_t *find_run(const struct boot *b, uint8_t *window, struct lead *lead)
{
	const struct situation *p = &b->situation;
	struct range place = p->plan.part[PART_KERNEL].at;
	uint64_t size, run, start = copies_now(&p->plan.copies, place.start, &run);

	if (!packed_run(&b->packed, &p->image, range_size(place), &size) || size >= start)
		return NULL;
	if (!claim_around(b, lead, (struct range){(start - size) & ~(EFI_PAGE - 1), start})) {
		release(lead);
		return NULL;
	}
	return window - size;
}

enum status boot_unpack(struct boot *b, struct fail *why)
{
	struct packed *packed = &b->packed;
	uint8_t *window = boot_kernel_now(b);
	struct lead lead = {.n = 0};
	enum status status;

	packed->memory = all_memory(&b->situation.survey.map);
	packed->buffer = b->loading.bounce;
	packed->buffer_size = b->loading.bounce_size;
	packed->run = find_run(b, window, &lead);
	status = packed_load(packed, &b->situation.image, window, why);
	release(&lead);
	fw_progress(b->kernel.path, 0, 0);
	TRY(status);
	if (b->head_size == 0)
		b->loading.read += packed->read_bytes;
	fw_log(LOG_NORMAL, "unpacked %s, %s, %" PRIu64 " bytes from %" PRIu64 ", moved %" PRIu64 ", decoder %s",
	       b->kernel.path, packing_name(packed->packing), packed->unpack.unpacked, packed->read_bytes,
	       packed->moved, size_words(packed->unpack.memory).at);
	return OK;
}
