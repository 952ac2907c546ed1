/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify.h"

#include "../base/mem.h"
#include "../base/pe.h"
#include "../codecs/unpack.h"
#include "../kernel/identify.h"

bool must_verify(const struct machine *machine)
{
	return machine->secure_boot != SECURE_BOOT_DISABLED;
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
		    "Secure Boot %s: nothing of a kernel is looked at before it is verified, and that is a part of "
		    "its boot\n"
		    "  try: boot it; the log tells its place",
		    state_of(machine));
}

/*
 * At the upper end of the largest free run: below 4 GiB, where every disk driver reads to (rule C7) and few kernels are
 * placed; above it where there is no room.
 */
static enum status claim_room(struct boot *b, uint64_t size, struct fail *why)
{
	static const struct range window[] = {{MIB(1), GIB(4)}, {GIB(4), UINTPTR_MAX}};
	struct survey *survey = &b->situation.survey;
	enum status status = fw_survey(survey, why);

	if (status == OK)
		status = fail(why, NO_PLACE,
			      "%s: no memory for the %" PRIu64 " bytes of the file, which are verified as a whole\n"
			      "  try: more memory, or a smaller kernel",
			      b->kernel.path, b->kernel.size);
	for (size_t i = 0; status == NO_PLACE && i < sizeof(window) / sizeof(window[0]); i++) {
		struct range run = largest_run(&survey->free.all, window[i]);
		struct range at = {run.end - size, run.end};
		struct fail ignored;

		if (size > range_size(run) || fw_claim(at, &ignored) != OK)
			continue;
		b->verified = at;
		status = OK;
	}
	fw_forget(survey);
	return status;
}

static enum status read_whole(struct boot *b, struct fail *why)
{
	return load_file(&b->loading, &b->kernel, 0, b->verified.start, b->kernel.size, why);
}

/* What a file without a signature is, for who wonders why. */
static const char *form_of(struct bytes head)
{
	if (packing_of(head) != PACKED_NOT)
		return "is compressed as a whole";
	return head.size >= 4 && load_le(head.at, 4) == 0x464c457f ? "is an ELF file" : "has no EFI stub";
}

/* Firmware's own words would be that it is no program. */
static enum status check_form(const struct boot *b, struct bytes file, struct fail *why)
{
	struct pe pe;

	if (pe_read(file, &pe))
		return OK;
	return fail(why, must_verify(&b->situation.machine) ? REFUSED : BAD_INPUT,
		    "%s %s: it cannot be signed%s%s\n"
		    "  try: the kernel as its distribution signs it, a bzImage or Image with EFI stub, named vmlinuz",
		    b->kernel.path, form_of(file), must_verify(&b->situation.machine) ? ", and Secure Boot " : "",
		    must_verify(&b->situation.machine) ? state_of(&b->situation.machine) : "");
}

static enum status verify(struct boot *b, struct fail *why)
{
	uint8_t *bytes = fw_memory_at(b->verified.start);

	TRY(check_form(b, (struct bytes){bytes, (size_t)b->kernel.size}, why));
	return fw_verify(b->kernel.volume, b->kernel.path, bytes, b->kernel.size, why);
}

/*
 * Verification stands in for rule C7's look: what a disk driver read wrongly to above 4 GiB is not trusted, and is
 * read once more through a buffer below.
 */
static enum status read_and_verify(struct boot *b, struct fail *why)
{
	struct loading *loading = &b->loading;
	uint64_t before = loading->read;
	enum status status;

	TRY(read_whole(b, why));
	status = verify(b, why);
	if (status == OK || b->verified.end <= GIB(4) || loading->distrust_high || !loading->is_verified_later)
		return status;
	fw_log(LOG_QUIET, "%s; reading it once more, through a buffer below 4 GiB [C7]", why->text);
	loading->distrust_high = true;
	loading->read = before;
	TRY(read_whole(b, why));
	return verify(b, why);
}

static enum status verify_whole(struct boot *b, struct fail *why)
{
	uint64_t size;

	if (checked_align_up(b->kernel.size, EFI_PAGE, &size) || size == 0)
		return fail(why, BAD_INPUT,
			    "%s: a file of %" PRIu64 " bytes is no kernel\n  try: copy the kernel again",
			    b->kernel.path, b->kernel.size);
	TRY(claim_room(b, size, why));
	return read_and_verify(b, why);
}

enum status boot_verify(struct boot *b, struct fail *why)
{
	bool must = must_verify(&b->situation.machine);
	enum status status;

	if (!must && !fw_measures())
		return OK;
	b->loading.bounce = b->spare;
	b->loading.bounce_size = sizeof(b->spare);
	b->loading.is_verified_later = must;
	status = verify_whole(b, why);
	b->loading.is_verified_later = false;
	if (status == OK) {
		file_in_memory(&b->kernel, fw_memory_at(b->verified.start));
		fw_log(LOG_NORMAL, must ? "verified %s, all of it" : "measured %s, all of it", b->kernel.path);
		return OK;
	}
	if (must)
		return status;
	fw_log(LOG_NORMAL, "%s\n  it is not measured", why->text);
	boot_verify_release(b);
	return OK;
}

/* The plan was made for the kernel that was there before. */
static enum status check_same(struct boot *b, struct fail *why)
{
	struct image *image = &b->situation.image;
	struct image before = *image;
	uint64_t read;

	packed_close(&b->packed);
	TRY(identify(image, &b->packed, &b->wanted, &read, why));
	image->has_table |= b->relocs.file.handle != NULL; /* beside it */
	if (memcmp(&before, image, sizeof(before)) == 0)
		return OK;
	return fail(why, BAD_INPUT, "%s changed while it was read\n  try: again, with no other writing to the disk",
		    b->kernel.path);
}

enum status boot_verify_again(struct boot *b, struct fail *why)
{
	if (b->kernel.bytes == NULL)
		return OK;
	file_in_memory(&b->kernel, NULL);
	TRY(read_and_verify(b, why));
	file_in_memory(&b->kernel, fw_memory_at(b->verified.start));
	return check_same(b, why);
}

enum status boot_verify_keep(struct boot *b, struct fail *why)
{
	return range_is_empty(b->verified) ? OK : free_memory_remove(&b->situation.survey.free, b->verified, why);
}

void boot_verify_release(struct boot *b)
{
	if (!range_is_empty(b->verified))
		fw_release(b->verified);
	b->verified = (struct range){0, 0};
}
