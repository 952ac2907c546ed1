/* SPDX-License-Identifier: BSD-2-Clause */
#include "bzimage.h"

#include "boot_params.h"
#include "image.h"

#define SECTOR	    512
#define HDRS	    0x53726448 /* "HdrS" */
#define KERNEL_INFO 0x506f544c /* "LToP" */
#define ENTRY_64_AT 0x200      /* boot.rst, "64-bit Boot Protocol": the entry, from the load address */

enum {
#define FIELD(name, offset, width, since, meaning) AT_##name = offset, WIDTH_##name = width,
#include "bzimage_fields.def"
#undef FIELD
};

#define GET(head, name) field(head, AT_##name, WIDTH_##name)

static uint64_t field(const struct bytes *head, size_t offset, unsigned int width)
{
	uint64_t value = 0;

	/* bzimage_parse has seen to it that head reaches to the end of the header. */
	(void)bytes_get(*head, offset, width, &value);
	return value;
}

static enum status check_version(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	k->version = (uint16_t)GET(head, version);
	if (k->version < 0x020c)
		return fail(why, BAD_INPUT,
			    "%s: boot protocol %u.%02u; the 64-bit entry needs 2.12 or later (Linux 3.8)\n"
			    "  try: a newer kernel",
			    name, (unsigned int)k->version >> 8, (unsigned int)k->version & 0xff);
	return OK;
}

static enum status check_entry(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	k->xloadflags = (uint16_t)GET(head, xloadflags);
	if ((k->xloadflags & XLF_KERNEL_64) == 0)
		return fail(why, BAD_INPUT,
			    "%s: xloadflags %#x has no XLF_KERNEL_64: a 32-bit kernel, which has no 64-bit entry\n"
			    "  try: a 64-bit kernel",
			    name, (unsigned int)k->xloadflags);
	return OK;
}

static enum status check_alignment(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t wish = GET(head, kernel_alignment);
	unsigned int least_log2 = (unsigned int)GET(head, min_alignment);
	uint64_t least;

	if (!is_power_of_two(wish))
		return fail_by(why, BAD_INPUT, X1, "%s: kernel_alignment %#" PRIx64 " is no power of two", name, wish);
	if (least_log2 > 31 || (least_log2 != 0 && UINT64_C(1) << least_log2 > wish))
		return fail_by(why, BAD_INPUT, X1, "%s: min_alignment 2^%u is more than kernel_alignment %#" PRIx64,
			       name, least_log2, wish);
	/*
	 * Linux arch/x86/include/asm/boot.h, MIN_KERNEL_ALIGN: a 64-bit kernel maps itself with 2 MiB pages, whatever
	 * its header would permit; arch/x86/kernel/head64.c stops silently on less.
	 */
	least = least_log2 == 0 ? wish : UINT64_C(1) << least_log2;
	k->least_alignment = (uint32_t)(least < MIB(2) ? MIB(2) : least);
	k->kernel_alignment = (uint32_t)(wish < MIB(2) ? MIB(2) : wish);
	return OK;
}

static enum status check_size(struct bzimage *k, const char *name, const struct bytes *head, uint64_t file_size,
			      struct fail *why)
{
	uint64_t setup_sects = GET(head, setup_sects);
	uint64_t paragraphs = GET(head, syssize), init_size = GET(head, init_size);
	uint64_t told;

	if (setup_sects == 0)
		setup_sects = 4; /* boot.rst, setup_sects: "if 0, the real value is 4" */
	k->payload_at = (setup_sects + 1) * SECTOR;
	told = k->payload_at + paragraphs * 16;
	if (file_size <= k->payload_at + ENTRY_64_AT || file_size < told)
		return fail(why, BAD_INPUT,
			    "%s: truncated: the header tells of %" PRIu64 " bytes (setup_sects %" PRIu64
			    ", syssize %#" PRIx64 "), the file has %" PRIu64 "\n  try: copy the file again",
			    name, told, setup_sects, paragraphs, file_size);
	k->payload_size = file_size - k->payload_at;
	if (init_size == 0)
		return fail_by(why, BAD_INPUT, X2,
			       "%s: init_size is 0: the kernel does not say how much memory it needs", name);
	/* Room for the file as well: its tail (a signature, say) is read along although the kernel never uses it. */
	if (checked_align_up(init_size > k->payload_size ? init_size : k->payload_size, EFI_PAGE, &k->window_size))
		return fail(why, BAD_INPUT, "%s: a file of %" PRIu64 " bytes fits into no memory", name, file_size);
	return OK;
}

static enum status check_addresses(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	struct range window;

	k->pref_address = GET(head, pref_address);
	k->relocatable = GET(head, relocatable_kernel) != 0;
	k->initrd_addr_max = (uint32_t)GET(head, initrd_addr_max);
	k->cmdline_size = (uint32_t)GET(head, cmdline_size);
	if (checked_range(k->pref_address, k->window_size, &window) || window.end > TIB(64))
		return fail_by(why, BAD_INPUT, X2,
			       "%s: init_size %#" PRIx64 " from pref_address %#" PRIx64
			       " runs past the 64 TiB that a bzImage can reach",
			       name, k->window_size, k->pref_address);
	if (!k->relocatable && k->pref_address % EFI_PAGE != 0)
		return fail_by(why, BAD_INPUT, X3, "%s: pref_address %#" PRIx64 " is not on a page edge", name,
			       k->pref_address);
	if (GET(head, setup_data) != 0)
		return fail(why, BAD_INPUT, "%s: setup_data is %#" PRIx64 "; a file cannot hold an address in memory",
			    name, GET(head, setup_data));
	return OK;
}

enum status bzimage_parse(struct bzimage *k, const char *name, struct bytes head, uint64_t file_size, struct fail *why)
{
	uint64_t magic, flag, jump;

	if (!bytes_get(head, 0x1fe, 2, &flag) || !bytes_get(head, 0x202, 4, &magic) || flag != 0xaa55 || magic != HDRS)
		return fail(why, NOT_FOUND, "%s: no bzImage: no \"HdrS\" at 0x202", name);
	*k = (struct bzimage){0};
	/* Before the header's length: an old version's is shorter, and that is not what is wrong with it. */
	TRY(check_version(k, name, &head, why));
	/* boot.rst, "details of header fields", jump: the byte at 0x201 tells where the header ends. */
	(void)bytes_get(head, 0x201, 1, &jump);
	k->header_size = (size_t)jump + 0x202 - BZIMAGE_HEADER_AT;
	if (k->header_size > BZIMAGE_HEADER_MAX)
		return fail(why, BAD_INPUT, "%s: the setup header is %zu bytes; boot_params has room for %u", name,
			    k->header_size, (unsigned int)BZIMAGE_HEADER_MAX);
	if (k->header_size < 0x264 - BZIMAGE_HEADER_AT || head.size < BZIMAGE_HEADER_AT + k->header_size)
		return fail(why, BAD_INPUT,
			    "%s: truncated: the setup header ends at %#zx, before init_size (0x260), or past the "
			    "file's %" PRIu64 " bytes",
			    name, BZIMAGE_HEADER_AT + k->header_size, file_size);
	for (size_t i = 0; i < k->header_size; i++)
		k->header[i] = head.at[BZIMAGE_HEADER_AT + i];
	TRY(check_entry(k, name, &head, why));
	TRY(check_alignment(k, name, &head, why));
	TRY(check_size(k, name, &head, file_size, why));
	return check_addresses(k, name, &head, why);
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	TRY(bzimage_parse(&image->bzimage, image->name, head, image->file_size, why));
	image->piece[0] =
	    (struct image_piece){.offset = image->bzimage.payload_at, .size = image->bzimage.payload_size};
	image->piece[0].memory = image->piece[0].size;
	image->n_pieces = 1;
	image->machine = ELF_X86_64;
	image->entry_at = ENTRY_64_AT;
	image->moves_itself = true;
	image->takes_five_levels = (image->bzimage.xloadflags & XLF_5LEVEL) != 0;
	return OK;
}

static void demand_kernel(const struct bzimage *k, struct request *kernel)
{
	request_init(kernel, PART_KERNEL, k->window_size);
	at_most(&kernel->max, TIB(64), X5); /* compressed/misc.c, extract_kernel: "too large" above 46 bits */
	kernel->align = (struct bound){k->kernel_alignment, X1};
	kernel->least_align = (struct bound){k->least_alignment, X1};
	if (!k->relocatable) {
		/* It moves itself to pref_address, whatever that is aligned to. */
		kernel->exact = (struct bound){k->pref_address, X3};
		kernel->align = kernel->least_align = (struct bound){EFI_PAGE, X3};
		return;
	}
	at_least(&kernel->min, k->pref_address, X2);
}

enum status bzimage_demand(const struct image *image, const struct cargo *cargo, struct request request[N_PARTS],
			   struct fail *why)
{
	const struct bzimage *k = &image->bzimage;
	size_t length = 0;

	while (cargo->command_line[length] != '\0')
		length++;
	if (length > k->cmdline_size)
		return fail_by(why, BAD_INPUT, X7,
			       "%s: the command line has %zu bytes; this kernel takes at most %u (cmdline_size)\n"
			       "  try: fewer or shorter `options` in the entry",
			       image->name, length, (unsigned int)k->cmdline_size);
	demand_kernel(k, &request[PART_KERNEL]);
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
	if (bzimage_setup_type_max(&image->bzimage, payload) < SETUP_RNG_SEED)
		machine->has_seed = false;
}

void bzimage_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		      const struct machine *machine, struct handoff *handoff)
{
	boot_params_describe(&image->bzimage, cargo, plan, machine, handoff);
	handoff->entry = plan->part[PART_KERNEL].at.start + image->entry_at;
	handoff->argument = handoff->boot_params.address;
}

const struct protocol bzimage_protocol = {
    .name = "bzImage, 64-bit entry",
    .is_linux = true,
    .identify = identify,
    .demand = bzimage_demand,
    .inspect = inspect,
    .describe = bzimage_describe,
    .finish = boot_params_finish,
};
