/* SPDX-License-Identifier: BSD-2-Clause */
#include "bzimage.h"

#include "../command_line.h"

#include "boot_params.h"
#include "../image.h"

#define SECTOR	    512
#define PARAGRAPH   16	       /* what syssize counts in */
#define HDRS	    0x53726448 /* "HdrS" */
#define KERNEL_INFO 0x506f544c /* "LToP" */
#define LOADED_HIGH 1	       /* of loadflags */

enum {
#define FIELD(name, offset, width, since, meaning) AT_##name = offset, WIDTH_##name = width, SINCE_##name = since,
#include "bzimage_fields.def"
#undef FIELD
};

/* 0 for a field that this version of the protocol does not have yet: other bytes stand there. */
#define GET(k, head, name) field(k, head, AT_##name, WIDTH_##name, SINCE_##name)
#define HAS(k, name)	   ((k)->version >= SINCE_##name)

static uint64_t field(const struct bzimage *k, const struct bytes *head, size_t offset, unsigned int width,
		      unsigned int since)
{
	uint64_t value = 0;

	/* bzimage_parse has seen to it that head reaches to the end of what this version has. */
	if (k->version >= since)
		(void)bytes_get(*head, offset, width, &value);
	return value;
}

static enum status check_version(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t version = 0;

	(void)bytes_get(*head, AT_version, WIDTH_version, &version);
	k->version = (uint16_t)version;
	if (k->version < SINCE_relocatable_kernel)
		return fail(why, BAD_INPUT,
			    "%s: boot protocol %u.%02u; Berth knows 2.05 and later (Linux 2.6.20)\n"
			    "  try: a newer kernel",
			    name, (unsigned int)k->version >> 8, (unsigned int)k->version & 0xff);
	return OK;
}

/* Of the version's fields those that are read here; what follows them may be missing. */
static size_t least_header_end(const struct bzimage *k)
{
	return HAS(k, init_size)      ? AT_init_size + WIDTH_init_size
	       : HAS(k, cmdline_size) ? AT_cmdline_size + WIDTH_cmdline_size
				      : AT_relocatable_kernel + WIDTH_relocatable_kernel;
}

static enum status check_header_end(struct bzimage *k, const char *name, const struct bytes *head, uint64_t file_size,
				    struct fail *why)
{
	uint64_t jump = 0;

	/* boot.rst, "details of header fields", jump: the byte at 0x201 tells where the header ends. */
	(void)bytes_get(*head, 0x201, 1, &jump);
	k->header_size = (size_t)jump + 0x202 - BZIMAGE_HEADER_AT;
	if (k->header_size > BZIMAGE_HEADER_MAX)
		return fail(why, BAD_INPUT, "%s: the setup header is %zu bytes; boot_params has room for %u", name,
			    k->header_size, (unsigned int)BZIMAGE_HEADER_MAX);
	if (BZIMAGE_HEADER_AT + k->header_size < least_header_end(k) || head->size < BZIMAGE_HEADER_AT + k->header_size)
		return fail(why, BAD_INPUT,
			    "%s: truncated: the setup header ends at %#zx, before the fields of boot protocol "
			    "%u.%02u (%#zx), or past the file's %" PRIu64 " bytes",
			    name, BZIMAGE_HEADER_AT + k->header_size, (unsigned int)k->version >> 8,
			    (unsigned int)k->version & 0xff, least_header_end(k), file_size);
	for (size_t i = 0; i < k->header_size; i++)
		k->header[i] = head->at[BZIMAGE_HEADER_AT + i];
	return OK;
}

static enum status check_flags(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	k->xloadflags = (uint16_t)GET(k, head, xloadflags);
	if ((GET(k, head, loadflags) & LOADED_HIGH) == 0)
		return fail(why, BAD_INPUT,
			    "%s: loadflags has no LOADED_HIGH: a zImage, which is loaded below 640 KiB\n"
			    "  try: a bzImage",
			    name);
	return OK;
}

/*
 * Linux arch/x86/include/asm/boot.h, MIN_KERNEL_ALIGN: a 64-bit kernel maps itself with 2 MiB pages, whatever its
 * header would permit; arch/x86/kernel/head64.c stops silently on less. A 32-bit one is content with what it says;
 * memory comes in pages.
 */
static uint32_t least_of_any(const struct bzimage *k)
{
	return (uint32_t)(bzimage_has_entry_64(k) ? MIB(2) : EFI_PAGE);
}

/* boot.rst, kernel_alignment: "if relocatable_kernel is true". Another kernel lies where it was linked. */
static enum status check_alignment(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t wish = GET(k, head, kernel_alignment);
	unsigned int least_log2 = (unsigned int)GET(k, head, min_alignment);
	uint64_t least;

	k->relocatable = GET(k, head, relocatable_kernel) != 0;
	k->kernel_alignment = k->least_alignment = least_of_any(k);
	if (!k->relocatable)
		return OK;
	if (!is_power_of_two(wish))
		return fail_by(why, BAD_INPUT, X1, "%s: kernel_alignment %#" PRIx64 " is no power of two", name, wish);
	if (least_log2 > 31 || (least_log2 != 0 && UINT64_C(1) << least_log2 > wish))
		return fail_by(why, BAD_INPUT, X1, "%s: min_alignment 2^%u is more than kernel_alignment %#" PRIx64,
			       name, least_log2, wish);
	least = least_log2 == 0 ? wish : UINT64_C(1) << least_log2;
	if (least > k->least_alignment)
		k->least_alignment = (uint32_t)least;
	if (wish > k->kernel_alignment)
		k->kernel_alignment = (uint32_t)wish;
	return OK;
}

/* What the kernel needs from its run-time start on. */
static enum status check_window(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t init_size = GET(k, head, init_size);

	k->window_is_estimate = !HAS(k, init_size);
	if (!k->window_is_estimate && init_size == 0)
		return fail_by(why, BAD_INPUT, X2,
			       "%s: init_size is 0: the kernel does not say how much memory it needs", name);
	if (k->window_is_estimate && checked_mul(k->payload_size, 3, &init_size))
		init_size = UINT64_MAX;
	/* Room for the file as well: its tail (a signature, say) is read along although the kernel never uses it. */
	if (checked_align_up(init_size > k->payload_memory ? init_size : k->payload_memory, EFI_PAGE, &k->window_size))
		return fail(why, BAD_INPUT, "%s: a file of %" PRIu64 " bytes fits into no memory", name,
			    k->payload_at + k->payload_size);
	return OK;
}

static enum status check_size(struct bzimage *k, const char *name, const struct bytes *head, uint64_t file_size,
			      struct fail *why)
{
	uint64_t setup_sects = GET(k, head, setup_sects);
	uint64_t told_size = GET(k, head, syssize) * PARAGRAPH;

	if (setup_sects == 0)
		setup_sects = 4; /* boot.rst, setup_sects: "if 0, the real value is 4" */
	k->payload_at = (setup_sects + 1) * SECTOR;
	/* syssize counts whole paragraphs: of the last the file may end anywhere, as Memtest86+ 6.10 does. */
	if (file_size <= k->payload_at + bzimage_entry_at(k) ||
	    (file_size - k->payload_at < told_size && told_size - (file_size - k->payload_at) >= PARAGRAPH))
		return fail(why, BAD_INPUT,
			    "%s: truncated: the header tells of %" PRIu64 " bytes (setup_sects %" PRIu64
			    ", syssize %#" PRIx64 "), the file has %" PRIu64 "\n  try: copy the file again",
			    name, k->payload_at + told_size, setup_sects, told_size / PARAGRAPH, file_size);
	k->payload_size = file_size - k->payload_at;
	k->payload_memory = k->payload_size < told_size ? told_size : k->payload_size;
	return check_window(k, name, head, why);
}

static enum status check_addresses(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	struct range window;

	/* boot.rst, pref_address: 0 is none, and then, as before 2.10, it belongs where LOADED_HIGH loads it. */
	k->pref_address = GET(k, head, pref_address);
	if (!HAS(k, pref_address) || (!k->relocatable && k->pref_address == 0))
		k->pref_address = MIB(1);
	k->initrd_addr_max = (uint32_t)GET(k, head, initrd_addr_max);
	k->cmdline_size =
	    HAS(k, cmdline_size) ? (uint32_t)GET(k, head, cmdline_size) : 255; /* boot.rst, cmdline_size */
	if (checked_range(k->pref_address, k->window_size, &window) || window.end > TIB(64))
		return fail_by(why, BAD_INPUT, X2,
			       "%s: init_size %#" PRIx64 " from pref_address %#" PRIx64
			       " runs past the 64 TiB that a bzImage can reach",
			       name, k->window_size, k->pref_address);
	if (!k->relocatable && k->pref_address % EFI_PAGE != 0)
		return fail_by(why, BAD_INPUT, X3, "%s: pref_address %#" PRIx64 " is not on a page edge", name,
			       k->pref_address);
	return OK;
}

enum status bzimage_parse(struct bzimage *k, const char *name, struct bytes head, uint64_t file_size, struct fail *why)
{
	uint64_t magic, flag;

	if (!bytes_get(head, 0x1fe, 2, &flag) || !bytes_get(head, 0x202, 4, &magic) || flag != 0xaa55 || magic != HDRS)
		return fail(why, NOT_FOUND, "%s: no bzImage: no \"HdrS\" at 0x202", name);
	*k = (struct bzimage){0};
	/* Before the header's length: an old version's is shorter, and that is not what is wrong with it. */
	TRY(check_version(k, name, &head, why));
	TRY(check_header_end(k, name, &head, file_size, why));
	TRY(check_flags(k, name, &head, why));
	TRY(check_alignment(k, name, &head, why));
	TRY(check_size(k, name, &head, file_size, why));
	return check_addresses(k, name, &head, why);
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	const struct bzimage *k = &image->bzimage;

	TRY(bzimage_parse(&image->bzimage, image->name, head, image->file_size, why));
	image->piece[0] = (struct image_piece){k->payload_at, k->payload_size, 0, k->payload_memory};
	image->n_pieces = 1;
	image->machine = bzimage_has_entry_64(k) ? ELF_X86_64 : ELF_I386;
	image->entry_at = bzimage_entry_at(k);
	image->moves_itself = k->relocatable; /* arch/x86/Kconfig: RANDOMIZE_BASE depends on RELOCATABLE */
	image->keeps_levels = image->five_levels = false;
	image->takes_five_levels = (k->xloadflags & XLF_5LEVEL) != 0;
	image->entered_in_32_bits = !bzimage_has_entry_64(k);
	return OK;
}

static enum status identify_64(struct image *image, struct bytes head, struct fail *why)
{
	TRY(identify(image, head, why));
	return bzimage_has_entry_64(&image->bzimage)
		   ? OK
		   : fail(why, NOT_FOUND, "%s: xloadflags has no XLF_KERNEL_64", image->name);
}

/*
 * compressed/misc.c, extract_kernel: "too large" above 46 bits, whatever the paging mode. Of the kernel proper
 * arch/x86/kernel/head64.c, __startup_64, stops above MAX_PHYSMEM_BITS: 52 with five levels (sparsemem.h).
 */
static uint64_t image_reach(const struct image *image)
{
	return image->keeps_levels && image->five_levels ? TIB(4096) : TIB(64);
}

static void demand_kernel(const struct image *image, struct request *kernel)
{
	const struct bzimage *k = &image->bzimage;

	request_init(kernel, PART_KERNEL, k->window_size);
	at_most(&kernel->max, image_reach(image), X5);
	kernel->align = (struct bound){k->kernel_alignment, X1};
	kernel->least_align = (struct bound){k->least_alignment, X1};
	if (!k->relocatable) {
		/* It moves itself to pref_address, whatever that is aligned to. */
		kernel->exact = (struct bound){k->pref_address, X3};
		kernel->align = kernel->least_align = (struct bound){EFI_PAGE, X3};
		return;
	}
	at_least(&kernel->min, k->pref_address, X2);
	/*
	 * A 32-bit kernel runs where it is loaded, in the memory that it maps for itself: not much over 880 MiB, less
	 * on machines with many CPUs or with vmalloc= (arch/x86/mm/init_32.c). Before 2.12 a header does not tell of
	 * bits.
	 */
	if (!bzimage_has_entry_64(k))
		at_most(&kernel->max, MIB(512), X11);
}

enum status bzimage_demand(const struct image *image, const struct cargo *cargo, const struct machine *machine,
			   struct request request[N_PARTS], struct fail *why)
{
	const struct bzimage *k = &image->bzimage;

	(void)machine;
	TRY(command_line_check_length(cargo->command_line, k->cmdline_size, image->name, "cmdline_size", why));
	demand_kernel(image, &request[PART_KERNEL]);
	request_init(&request[PART_INITRD], PART_INITRD, cargo->initrd_size);
	request_init(&request[PART_HANDOFF], PART_HANDOFF, 0); /* sized when all of it is known */
	if (!bzimage_can_load_above_4g(k)) {
		at_most(&request[PART_KERNEL].max, GIB(4), X4);
		at_most(&request[PART_HANDOFF].max, GIB(4), X4);
		at_most(&request[PART_INITRD].max, (uint64_t)k->initrd_addr_max + 1, X6);
	}
	/* boot.rst gives boot_params and the initrd 64-bit addresses; 2^46 is what every paging mode of Linux reaches.
	 */
	at_most(&request[PART_INITRD].max, TIB(64), X5);
	at_most(&request[PART_HANDOFF].max, TIB(64), X5);
	return OK;
}

/*
 * boot.rst, "Details of the kernel_info Fields", setup_type_max: the highest type that setup_data may have; bit 31 says
 * that SETUP_INDIRECT is known. It lies in the payload. A kernel without kernel_info sets no limit.
 */
uint32_t bzimage_setup_type_max(const struct bzimage *k, struct bytes payload)
{
	struct bytes header = {k->header, k->header_size};
	uint64_t at, magic, size, max;

	if (k->version < 0x020f || !bytes_get(header, 0x268 - BZIMAGE_HEADER_AT, 4, &at) || at == 0 ||
	    !bytes_get(payload, at, 4, &magic) || magic != KERNEL_INFO || !bytes_get(payload, at + 4, 4, &size) ||
	    size < 16 || !bytes_get(payload, at + 12, 4, &max))
		return INT32_MAX;
	return (uint32_t)max & INT32_MAX;
}

static void inspect(const struct image *image, struct bytes payload, struct machine *machine)
{
	if (!bzimage_has_setup_data(&image->bzimage) ||
	    bzimage_setup_type_max(&image->bzimage, payload) < SETUP_RNG_SEED)
		machine->has_seed = false;
}

void bzimage_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		      const struct machine *machine, struct handoff *handoff)
{
	boot_params_describe(&image->bzimage, cargo, plan, machine, handoff);
	handoff->entry = plan->part[PART_KERNEL].at.start + image->entry_at;
	handoff->argument = handoff->boot_params.address;
}

static bool estimate(const struct image *image, struct text *line)
{
	const struct bzimage *k = &image->bzimage;

	if (!k->window_is_estimate)
		return false;
	text_add(line,
		 "boot protocol %u.%02u does not tell how much memory the kernel needs: %#" PRIx64
		 " bytes is an estimate, three times its file [X2]",
		 (unsigned int)k->version >> 8, (unsigned int)k->version & 0xff, k->window_size);
	return true;
}

const struct protocol bzimage_protocol = {
    .name = "bzImage, 64-bit entry",
    .is_linux = true,
    .identify = identify_64,
    .demand = bzimage_demand,
    .estimate = estimate,
    .inspect = inspect,
    .describe = bzimage_describe,
    .finish = boot_params_finish,
};

/* Of 32-bit kernels, and of 64-bit ones before 2.12, which have a 32-bit entry and switch by themselves. */
const struct protocol bzimage_32_protocol = {
    .name = "bzImage, 32-bit entry",
    .is_linux = true,
    .identify = identify,
    .demand = bzimage_demand,
    .estimate = estimate,
    .inspect = inspect,
    .describe = bzimage_describe,
    .finish = boot_params_finish,
};
