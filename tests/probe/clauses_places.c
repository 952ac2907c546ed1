/* SPDX-License-Identifier: BSD-2-Clause */
/* Clauses about where the kernel and all that it is handed lie, and whether it arrived whole. Source: boot.rst. */
#include "clauses_local.h"

static struct finding in_ram(const struct view *v, uint64_t start, uint64_t end)
{
	uint64_t hole = start;

	return is_ram(v, start, end, &hole) ? kept() : broken("no RAM by e820", hole, hole);
}

static struct finding clear_of_window(struct view *v, enum handed kind, const char *none)
{
	bool any = false;

	for (size_t i = 0; i < v->n_parts; i++) {
		const struct part *p = &v->part[i];

		if (p->kind != kind)
			continue;
		any = true;
		if (!meets(p->start, p->end, v->window_start, v->window_end) &&
		    !meets(p->start, p->end, v->run_start, v->run_end))
			continue;
		v->report->window_is_clear = false;
		return broken("it begins at; the window at", p->start, v->run_start);
	}
	return any ? kept() : does_not_apply(none);
}

static struct finding none_overlaps(const struct view *v)
{
	for (size_t i = 0; i < v->n_parts; i++)
		for (size_t j = 0; j < i; j++)
			if (meets(v->part[i].start, v->part[i].end, v->part[j].start, v->part[j].end))
				return broken("two begin at", v->part[j].start, v->part[i].start);
	return kept();
}

/* xloadflags bit 1; before 2.12 there was no entry above. */
static struct finding below_4g(const struct view *v, uint64_t end)
{
	if ((v->xloadflags & ABOVE_4G) != 0)
		return does_not_apply("XLF_CAN_BE_LOADED_ABOVE_4G is set");
	return end <= FOUR_GIB ? kept() : broken("its end", end, FOUR_GIB);
}

static struct finding below_initrd_addr_max(const struct view *v)
{
	uint64_t end = v->initrd + v->initrd_size, max = in_file(v, 0x22c, 4);

	if (v->initrd_size == 0)
		return does_not_apply("no initrd");
	if ((v->xloadflags & ABOVE_4G) != 0)
		return does_not_apply("XLF_CAN_BE_LOADED_ABOVE_4G is set");
	return end - 1 <= max ? kept() : broken("its last byte", end - 1, max);
}

static struct finding aligned(const struct view *v)
{
	uint64_t align = param(v, 0x230, 4);

	if (!v->relocatable)
		return does_not_apply("not relocatable");
	if (align == 0)
		return broken("kernel_alignment", 0, v->alignment);
	return equal("load address modulo kernel_alignment", v->f->load % align, 0);
}

/* boot.rst knows nothing of it, yet every bzImage of Linux does it. */
static struct finding moves_up(struct view *v)
{
	uint64_t end = v->pref_address + v->init_size;

	if (!v->relocatable || v->f->load >= v->pref_address)
		return does_not_apply("it runs where it was loaded, or at pref_address by its header");
	for (size_t i = 0; i < v->n_parts; i++)
		if (meets(v->part[i].start, v->part[i].end, v->pref_address, end))
			return broken("something begins at; pref_address", v->part[i].start, v->pref_address);
	return in_ram(v, v->pref_address, end);
}

static struct finding whole_payload(const struct view *v)
{
	const uint8_t *payload;

	if (v->f->payload.size == 0)
		return does_not_apply("nothing behind the code");
	payload = memory_of(v, v->f->load + v->f->payload.at, v->f->payload.size);
	if (payload == NULL)
		return broken("not readable", v->f->load + v->f->payload.at, 0);
	return equal("its Adler-32", clause_adler32(1, payload, v->f->payload.size), v->f->payload.sum);
}

/* ---- what the command line of a test tells ---- */

/* What follows @word (with its =) in the command line; NULL: it is not there. */
const uint8_t *option_of(const struct view *v, const char *word)
{
	const uint8_t *line = v->command_line;

	for (uint64_t i = 0; line != NULL && i < v->command_line_length; i++) {
		size_t n = 0;

		if (i != 0 && line[i - 1] != ' ')
			continue;
		while (word[n] != '\0' && line[i + n] == (uint8_t)word[n])
			n++;
		if (word[n] == '\0')
			return line + i + n;
	}
	return NULL;
}

/* Hexadecimal, without a prefix, up to a comma. */
static uint64_t number(const uint8_t **at)
{
	uint64_t value = 0;

	for (; **at != '\0' && **at != ' ' && **at != ','; (*at)++) {
		unsigned int digit = **at <= '9' ? **at - '0' : (**at | 0x20) - 'a' + 10;

		value = value << 4 | (digit & 0xf);
	}
	if (**at == ',')
		(*at)++;
	return value;
}

static struct finding whole_initrd(const struct view *v)
{
	const uint8_t *told = option_of(v, "probe.ramdisk=");
	uint64_t size, sum;

	if (told == NULL)
		return does_not_apply("no probe.ramdisk= on the command line");
	size = number(&told);
	sum = number(&told);
	if (v->initrd_size != size)
		return broken("its size", v->initrd_size, size);
	if (size == 0)
		return kept();
	return equal("its Adler-32", v->report->print[HANDED_INITRD], sum);
}

static struct finding both_or_neither(const struct view *v)
{
	if (v->initrd_size == 0)
		return equal("ramdisk_image without a size", v->initrd, 0);
	return v->initrd != 0 ? kept() : broken("ramdisk_size without an address", v->initrd_size, 0);
}

static struct finding command_line(const struct view *v)
{
	if (v->command_line_at == 0)
		return broken("cmd_line_ptr", 0, 0);
	return v->command_line != NULL ? kept() : broken("no end within cmdline_size", v->command_line_at, 0);
}

static void check_limits(struct view *v)
{
	const char *flags = "boot.rst, xloadflags, XLF_CAN_BE_LOADED_ABOVE_4G";

	clause_tell(v, "the kernel lies at a multiple of the kernel_alignment that it is told",
		    "boot.rst, kernel_alignment", aligned(v));
	clause_tell(v, "where a kernel below pref_address moves to is RAM, and nothing lies there",
		    "Linux arch/x86/boot/compressed/head_64.S, LOAD_PHYSICAL_ADDR", moves_up(v));
	clause_tell(v, "the kernel lies below 4 GiB unless it may lie above", flags, below_4g(v, v->run_end));
	clause_tell(v, "boot_params lie below 4 GiB unless they may lie above", flags,
		    below_4g(v, v->f->rsi + ZERO_PAGE));
	clause_tell(v, "the command line lies below 4 GiB unless it may lie above", flags,
		    below_4g(v, v->command_line_at + v->command_line_length + 1));
	clause_tell(v, "the initrd lies below 4 GiB unless it may lie above", flags,
		    below_4g(v, v->initrd + v->initrd_size));
	clause_tell(v, "the initrd ends by initrd_addr_max", "boot.rst, initrd_addr_max", below_initrd_addr_max(v));
	clause_tell(v, "the initrd begins on a page", "Linux arch/x86/kernel/setup.c, reserve_initrd",
		    v->initrd_size == 0 ? does_not_apply("no initrd") : equal("offset in page", v->initrd & 0xfff, 0));
}

void check_places(struct view *v)
{
	const char *ram = "zero-page.rst, e820_table";
	const char *init_size = "boot.rst, init_size";

	check_limits(v);
	clause_tell(v, "e820 covers [load, load + init_size) with RAM", init_size,
		    in_ram(v, v->window_start, v->window_end));
	clause_tell(v, "e820 covers the run-time window with RAM", init_size, in_ram(v, v->run_start, v->run_end));
	clause_tell(v, "boot_params lie in RAM by e820", ram, each_part(v, HANDED_BOOT_PARAMS, in_ram, "none"));
	clause_tell(v, "the command line lies in RAM by e820", ram, each_part(v, HANDED_COMMAND_LINE, in_ram, "none"));
	clause_tell(v, "the initrd lies in RAM by e820", ram, each_part(v, HANDED_INITRD, in_ram, "no initrd"));
	clause_tell(v, "setup_data lies in RAM by e820", ram, each_part(v, HANDED_SETUP_DATA, in_ram, "no setup_data"));
	clause_tell(v, "boot_params lie outside the window", init_size, clear_of_window(v, HANDED_BOOT_PARAMS, "none"));
	clause_tell(v, "the command line lies outside the window", init_size,
		    clear_of_window(v, HANDED_COMMAND_LINE, "none"));
	clause_tell(v, "the initrd lies outside the window", init_size, clear_of_window(v, HANDED_INITRD, "no initrd"));
	clause_tell(v, "setup_data lies outside the window", init_size,
		    clear_of_window(v, HANDED_SETUP_DATA, "no setup_data"));
	clause_tell(v, "the EFI memory map lies outside the window", init_size,
		    clear_of_window(v, HANDED_EFI_MAP, "no EFI memory map"));
	clause_tell(v, "the GDT lies outside the window", init_size, clear_of_window(v, HANDED_GDT, "none"));
	clause_tell(v, "no two things that are handed over overlap", "boot.rst, 64-bit Boot Protocol",
		    none_overlaps(v));
	clause_tell(v, "the protected-mode part arrived whole", "boot.rst, Loading The Rest of The Kernel",
		    whole_payload(v));
	clause_tell(v, "cmd_line_ptr leads to a text that ends within cmdline_size",
		    "boot.rst, cmd_line_ptr and cmdline_size", command_line(v));
	clause_tell(v, "the initrd has both an address and a size, or neither",
		    "boot.rst, ramdisk_image and ramdisk_size", both_or_neither(v));
	clause_tell(v, "the initrd arrived whole", "boot.rst, ramdisk_image and ramdisk_size", whole_initrd(v));
}
