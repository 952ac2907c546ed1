/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify.h"

#include "bound.h"

#include "../base/mem.h"
#include "../base/pe.h"
#include "../codecs/unpack.h"
#include "../kernel/formats.h"

bool must_verify(const struct machine *machine)
{
	return machine->secure_boot != SECURE_BOOT_DISABLED;
}

/* A kernel that a record names needs no signature of its own: that of berth.sums stands for it. */
static bool must_be_signed(const struct boot *b)
{
	return must_verify(&b->situation.machine) && !boot_is_bound(b);
}

static const char *state_of(const struct machine *machine)
{
	return machine->secure_boot == SECURE_BOOT_ENABLED ? "is on" : "is in a state that firmware does not report";
}

enum status boot_look_unverified(const struct machine *machine, struct fail *why)
{
	if (!must_verify(machine))
		return OK;
	return fail(why, REFUSED,
		    "Secure Boot %s: nothing of a kernel is shown before it is verified, and that is a part of "
		    "its boot\n"
		    "  try: boot it; the log tells its place",
		    state_of(machine));
}

#define ROOM_TRIES 8 /* in each window, where firmware refuses what its map calls free */

/*
 * At the upper end of the largest free run: below 4 GiB, where every disk driver reads to (rule C7) and few kernels are
 * placed; above it where there is no room. Where firmware refuses it is tried just below, and then with half of the run
 * left out, which comes to any other part of memory in a few steps.
 */
static enum status claim_room(struct boot *b, uint64_t size, struct fail *why)
{
	const struct range window[] = {{MIB(1), GIB(4)}, {GIB(4), UINTPTR_MAX}},
			   within_mem = {0, align_down(situation_file_end(&b->situation), EFI_PAGE)};
	struct free_memory *free = &b->situation.survey.free;

	for (unsigned int i = 0; i < 2 * ROOM_TRIES; i++) {
		struct range run = largest_run(&free->all, range_common(window[i / ROOM_TRIES], within_mem));
		struct range at = {run.end - size, run.end};
		struct fail ignored;

		if (size > range_size(run))
			continue;
		if (fw_claim(at, &ignored) == OK) {
			b->whole = at;
			b->whole_at = at.start;
			return OK;
		}
		if (i % ROOM_TRIES != 0 && size < range_size(run) / 2)
			at.start = align_down(run.end - range_size(run) / 2, EFI_PAGE);
		TRY(free_memory_remove(free, at, why));
	}
	return fail(why, NO_PLACE,
		    "%s: no memory for the %" PRIu64 " bytes of the file, which are verified as a whole\n"
		    "  try: more memory, or a smaller kernel",
		    b->kernel.path, b->kernel.size);
}

/* In memory that is looked at for that alone, before anything is planned. */
static enum status claim_room_first(struct boot *b, uint64_t size, struct fail *why)
{
	struct survey *survey = &b->situation.survey;
	enum status status;

	TRY(fw_survey(survey, why));
	status = situation_keep_file_out(&b->situation, why);
	if (status == OK)
		status = claim_room(b, size, why);
	fw_forget(survey);
	return status;
}

/* Beside what is claimed already. */
static enum status claim_free_room(struct boot *b, uint64_t size, struct fail *why)
{
	struct survey *survey = &b->situation.survey;

	if (!b->waits)
		return claim_room_first(b, size, why);
	for (size_t i = 0; i < N_PARTS; i++)
		if (!range_is_empty(b->claimed[i]))
			TRY(free_memory_remove(&survey->free, b->claimed[i], why));
	for (size_t i = 0; i < b->n_staged; i++)
		TRY(free_memory_remove(&survey->free, b->staged[i], why));
	return claim_room(b, size, why);
}

/* What was read for its place is not read again. */
static enum status read_whole(struct boot *b, struct fail *why)
{
	uint64_t left = b->kernel.size - b->head_size;

	file_in_memory(&b->kernel, NULL, 0);
	memcpy(fw_memory_at(b->whole_at), b->head, b->head_size);
	return load_file(&b->loading, &b->kernel, b->head_size, b->whole_at + b->head_size, left, why);
}

/* What a file without a signature is, for who wonders why. */
static const char *form_of(struct bytes head)
{
	if (packing_of(head) != PACKED_NOT)
		return "is compressed as a whole";
	return head.size >= 4 && load_le(head.at, 4) == 0x464c457f ? "is an ELF file" : "has no EFI stub";
}

/*
 * UEFI 2.10, 7.4.1: firmware loads images of its own CPU alone, and so no system that it could start enters an i386
 * kernel from firmware of 64 bits. Linux's for x86-64, on firmware of 32, is what some machines have: it is verified.
 */
static enum status check_cpu(const struct boot *b, const struct pe *pe, struct fail *why)
{
	enum elf_machine here = b->situation.arch->enters[0];

	if (machine_of_pe(pe->machine) != ELF_I386 || here == ELF_I386)
		return OK;
	return fail(why, REFUSED,
		    "%s is a kernel for %s: firmware for %s starts none, and Secure Boot %s\n"
		    "  try: a kernel for %s, or `berth sums`",
		    b->kernel.path, machine_name(ELF_I386), machine_name(here), state_of(&b->situation.machine),
		    machine_name(here));
}

/* Firmware's own words would be that it is no program. */
static enum status check_form(const struct boot *b, struct bytes file, struct fail *why)
{
	bool must = must_be_signed(b);
	struct pe pe;

	if (pe_read(file, &pe))
		return must ? check_cpu(b, &pe, why) : OK;
	return fail(
	    why, must ? REFUSED : BAD_INPUT,
	    "%s %s: it cannot be signed%s%s\n"
	    "  try: the kernel as its distribution signs it, a bzImage or Image with EFI stub, named vmlinuz; or "
	    "`berth sums`",
	    b->kernel.path, form_of(file), must ? ", and Secure Boot " : "",
	    must ? state_of(&b->situation.machine) : "");
}

static enum status verify(struct boot *b, uint8_t *bytes, struct fail *why)
{
	TRY(check_form(b, (struct bytes){bytes, (size_t)b->kernel.size}, why));
	return fw_verify(b->kernel.volume, b->kernel.path, bytes, b->kernel.size, why);
}

/* What need not be signed is used all the same. */
static enum status verify_or_measure(struct boot *b, struct fail *why)
{
	uint8_t *bytes = fw_memory_at(b->whole_at);
	bool must = must_be_signed(b);
	enum status status;

	TRY(summed_check(b->record, SUMS_KERNEL, 0, b->kernel.path, (struct bytes){bytes, (size_t)b->kernel.size},
			 why));
	if (boot_is_bound(b))
		fw_log(LOG_NORMAL, "verified %s, all of it, by berth.sums", b->kernel.path);
	if (boot_is_bound(b) && !fw_measures())
		return OK;
	status = verify(b, bytes, why);
	if (status == OK)
		fw_log(LOG_NORMAL, must ? "verified %s, all of it" : "measured %s, all of it", b->kernel.path);
	else if (!must)
		fw_log(LOG_NORMAL, "%s\n  it is not measured", why->text);
	return must ? status : OK;
}

/*
 * Rule C7 looks at the first piece above 4 GiB, so that no disk driver writes much of an unverified file to elsewhere;
 * verification sees all the others. What is not trusted as it was read there is read once more, through a buffer below.
 */
static enum status read_and_verify(struct boot *b, struct fail *why)
{
	struct loading *loading = &b->loading;
	uint64_t before = loading->read;
	enum status status;

	TRY(read_whole(b, why));
	status = verify_or_measure(b, why);
	if (status != OK && b->whole_at + b->kernel.size > GIB(4) && !loading->distrust_high) {
		fw_log(LOG_QUIET, "%s is not trusted as it was read: once more, through a buffer below 4 GiB [C7]",
		       b->kernel.path);
		loading->distrust_high = true;
		loading->read = before;
		TRY(read_whole(b, why));
		status = verify_or_measure(b, why);
	}
	TRY(status);
	file_in_memory(&b->kernel, fw_memory_at(b->whole_at), b->kernel.size);
	return OK;
}

static enum status verify_elsewhere(struct boot *b, struct fail *why)
{
	enum status status;
	uint64_t size;

	if (checked_align_up(b->kernel.size, EFI_PAGE, &size))
		return fail(why, BAD_INPUT, "%s: a file of %" PRIu64 " bytes is no kernel", b->kernel.path,
			    b->kernel.size);
	status = claim_free_room(b, size, why);
	if (status == OK)
		return read_and_verify(b, why);
	if (must_verify(&b->situation.machine))
		return status;
	fw_log(LOG_NORMAL, "%s\n  it is not measured", why->text);
	b->head_size = 0;
	file_in_memory(&b->kernel, NULL, 0);
	return OK;
}

/* No more than the file has by its size, whatever a read gives: what is left of it is counted from here. */
static enum status read_head(struct boot *b, struct fail *why)
{
	size_t size = b->kernel.size < sizeof(b->head) ? (size_t)b->kernel.size : sizeof(b->head);

	if (b->kernel.size == 0)
		return fail(why, BAD_INPUT, "%s: the file is empty\n  try: copy the kernel again", b->kernel.path);
	TRY(source_read(&b->kernel.source, 0, b->head, size, &b->head_size, why));
	if (b->head_size == 0)
		return fail(why, IO_ERROR, "%s: none of its %" PRIu64 " bytes can be read", b->kernel.path,
			    b->kernel.size);
	b->loading.read += b->head_size;
	return OK;
}

/*
 * Whether its first bytes say all that its place depends on, and its file lies there as it is. They are nobody's word:
 * nothing is unpacked for that, and no other byte is looked at.
 */
static bool can_wait(const struct boot *b, bool unpacks)
{
	struct image image = {.name = b->kernel.path, .file_size = b->kernel.size};
	struct bytes head = {b->head, b->head_size};
	struct fail ignored;

	return packing_of(head) == PACKED_NOT && formats_identify(&image, head, false, &ignored) == OK &&
	       !image.protocol->is_wrapper && !unpacks && image.n_wants == 0 && image.n_pieces == 1;
}

enum status boot_verify(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct pe pe;

	if (!must_verify(&b->situation.machine) && !fw_measures())
		return OK;
	b->loading.bounce = b->spare;
	b->loading.bounce_size = sizeof(b->spare);
	TRY(read_head(b, why));
	if (!must_verify(&b->situation.machine) && !pe_read((struct bytes){b->head, b->head_size}, &pe)) {
		fw_log(LOG_NORMAL, "%s is no program for UEFI: it is not measured", b->kernel.path);
		b->head_size = 0; /* and is read in parts, as ever */
		return OK;
	}
	b->waits = can_wait(b, entry->loader_unpacks);
	if (!b->waits)
		return verify_elsewhere(b, why);
	file_in_memory(&b->kernel, b->head, b->head_size);
	return OK;
}

/* What lies before the kernel in its file: in memory that is the loader's and not filled yet, or can be had. */
static bool claim_before(struct boot *b, struct range before)
{
	struct fail ignored;

	if (range_contains(b->claimed[PART_INITRD], before) || range_contains(b->claimed[PART_HANDOFF], before))
		return true;
	if (before.start < MIB(1) || fw_claim(before, &ignored) != OK)
		return false;
	b->whole = before;
	return true;
}

/* The kernel's place is its file's, less what stands before it there. */
static bool lies_in_place(struct boot *b)
{
	const struct image_piece *piece = &b->situation.image.piece[0];
	struct range window = b->claimed[PART_KERNEL];
	uint64_t at = window.start + piece->at;

	if (range_is_empty(window) || piece->offset > at || b->kernel.size > window.end - (at - piece->offset))
		return false;
	b->whole_at = at - piece->offset;
	return b->whole_at >= window.start ||
	       claim_before(b, (struct range){align_down(b->whole_at, EFI_PAGE), window.start});
}

/* The plan was made for the kernel that its first bytes, or the file that was there before, told of. */
static enum status check_same(struct boot *b, struct fail *why)
{
	struct image *image = &b->situation.image;
	struct image before = *image;
	uint64_t read;

	packed_close(&b->packed);
	TRY(identify(image, &b->packed, &b->wanted, &read, why));
	image->has_table |= b->relocs.file.handle != NULL; /* beside it */
	if (identify_tells_the_same(&before, image))
		return OK;
	return fail(why, BAD_INPUT, "%s changed while it was read\n  try: again, with no other writing to the disk",
		    b->kernel.path);
}

enum status boot_verify_placed(struct boot *b, struct fail *why)
{
	if (!b->waits)
		return OK;
	if (lies_in_place(b))
		TRY(read_and_verify(b, why));
	else
		TRY(verify_elsewhere(b, why));
	return b->head_size == 0 ? OK : check_same(b, why);
}

enum status boot_verify_again(struct boot *b, struct fail *why)
{
	uint64_t read = b->loading.read;

	if (b->head_size == 0)
		return OK;
	TRY(read_and_verify(b, why));
	b->loading.read = read;
	return check_same(b, why);
}

enum status boot_verify_keep(struct boot *b, struct fail *why)
{
	return range_is_empty(b->whole) ? OK : free_memory_remove(&b->situation.survey.free, b->whole, why);
}

void boot_verify_release(struct boot *b)
{
	if (!range_is_empty(b->whole))
		fw_release(b->whole);
	b->whole = (struct range){0, 0};
}
