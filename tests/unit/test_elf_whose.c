/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose kernel an ELF file is: Linux is told by what only Linux has, and any other kernel, linked like it or not, is
 * entered as its note says or not at all.
 * Source: Linux arch/x86/kernel/vmlinux.lds.S; include/linux/elfnote.h and init/version.c (owner "Linux", since 4.19);
 * include/xen/interface/elfnote.h (GUEST_OS, PHYS32_ENTRY).
 */
#include "given.h"

#include "../../protocol/x86/pvh.h"
#include "../../protocol/x86/vmlinux.h"
#include "elf_file.h"

#define NOTES_AT   0x1f00 /* behind what identify() sees, and behind every segment */
#define PHYSICAL   UINT64_C(0x1000000)
#define KERNEL_MAP UINT64_C(0xffffffff80000000)

static struct {
	struct elf_file file;
	uint8_t note[256];
	size_t size;
} given;

static struct image image;
static struct fail why;

/* A kernel in the upper half, entered at a physical address, without notes. */
static void given_kernel_like_linux(void)
{
	memset(&given, 0, sizeof(given));
	given.file = elf_file_vmlinux();
}

/* Padded to steps of @step bytes, as of p_align. */
static void add_note(const char *owner, uint32_t type, const void *value, size_t size, size_t step)
{
	size_t n = strlen(owner) + 1, value_at = (12 + n + step - 1) & ~(step - 1);

	store_le(given.note + given.size, 4, n);
	store_le(given.note + given.size + 4, 4, size);
	store_le(given.note + given.size + 8, 4, type);
	memcpy(given.note + given.size + 12, owner, n);
	memcpy(given.note + given.size + value_at, value, size);
	given.size += (value_at + size + step - 1) & ~(step - 1);
}

static void add_text(const char *owner, uint32_t type, const char *text)
{
	add_note(owner, type, text, strlen(text) + 1, 4);
}

/* XEN_ELFNOTE_PHYS32_ENTRY, at byte 0x30 of the first segment. */
static void add_entry_note(void)
{
	static const uint8_t entry[4] = {0x30, 0, 0, 1};

	add_note("Xen", 18, entry, sizeof(entry), 4);
}

static void add_build_id(void)
{
	add_note("GNU", 3, "twenty bytes of hash", 20, 4);
}

static enum status read_notes(uint64_t align)
{
	uint8_t file[ELF_FILE_SIZE] = {0};
	struct elf_file f = given.file;
	enum status status;

	if (given.size != 0)
		f.header[f.phnum++] = (struct elf_file_header){4, 4, NOTES_AT, 0, 0, given.size, given.size, align};
	elf_file_write(&f, file);
	image = (struct image){.name = "kernel.elf", .file_size = f.size};
	status = formats_identify(&image, (struct bytes){file, IMAGE_HEAD}, false, &why);
	for (size_t i = 0, n = image.n_wants; i < n && status == OK; i++)
		status = image.protocol->learn(&image, i, (struct bytes){given.note, given.size}, &why);
	return status;
}

static void expect_linux(const char *about)
{
	if (read_notes(4) != OK)
		fail_msg("%s: refused: %s", about, why.text);
	if (image.protocol != &vmlinux_protocol || image.entered_in_32_bits || image.entry_at != 0x40)
		fail_msg("%s: is not entered as Linux", about);
	assert_true(image.preferred == PHYSICAL && image.machine == ELF_X86_64);
	assert_true(x86_own(&image)->setup.header_size != 0 && x86_own(&image)->setup.relocatable &&
		    image.keeps_levels);
}

static void expect_entered_by_note(const char *about)
{
	if (read_notes(4) != OK)
		fail_msg("%s: refused: %s", about, why.text);
	if (image.protocol != &pvh_protocol || !image.entered_in_32_bits || image.entry_at != 0x30)
		fail_msg("%s: is not entered by its note", about);
	assert_int_equal(image.machine, ELF_X86_64);
	assert_true(!image.keeps_levels && !image.moves_itself && !image.in_one_piece && image.argument_in_ebx);
	assert_true(x86_of(&image)->setup.header_size == 0 && image.preferred == PHYSICAL && image.n_pieces == 3);
}

static void expect_no_kernel(const char *about)
{
	if (read_notes(4) != BAD_INPUT || strstr(why.text, "is not Linux for x86-64") == NULL)
		fail_msg("%s: not refused as what it is: %s", about, why.text);
}

static void e1_linux_is_told_by_its_own_notes(void **state)
{
	(void)state;
	given_kernel_like_linux();
	expect_linux("none, as before 2.6.23");
	add_build_id();
	expect_linux("a build id, as from 2.6.23 to 4.18");
	add_note("Linux", 0x100, "\0\0\0\0", 4, 4);
	expect_linux("its build's salt");
	add_entry_note();
	expect_linux("with PVH too, as Debian's");
	given_kernel_like_linux();
	add_entry_note();
	add_text("Xen", 6, "linux");
	expect_linux("by Xen's name of it alone, as 4.11");
	given_kernel_like_linux();
	add_entry_note();
	add_text("Xen", 5, "xen-3.0");
	add_text("Linux", 0x101, "6.1.0-56-cloud-amd64");
	expect_linux("behind the entry");
}

static void e3_another_kernel_linked_alike_is_entered_by_its_note(void **state)
{
	static const char *const systems[] = {"NetBSD", "FreeBSD", "Mini-OS", "Linux", "linux4", "xlinux", ""};

	(void)state;
	given_kernel_like_linux();
	add_entry_note();
	expect_entered_by_note("nothing but the entry");
	add_build_id();
	expect_entered_by_note("and a build id");
	for (size_t i = 0; i < COUNT_OF(systems); i++) {
		given_kernel_like_linux();
		add_text("Xen", 6, systems[i]);
		add_entry_note();
		expect_entered_by_note(systems[i]);
	}
	given_kernel_like_linux();
	add_entry_note();
	add_text("linux", 1, ""); /* an owner of another name */
	expect_entered_by_note("owner in small letters");
	given_kernel_like_linux();
	add_entry_note();
	given.file.header[1].vaddr = KERNEL_MAP + given.file.header[1].paddr;
	expect_entered_by_note("without the segment of the first CPU");
}

static void e3_another_kernel_without_an_entry_is_refused(void **state)
{
	(void)state;
	given_kernel_like_linux();
	add_text("NetBSD", 1, "9.3");
	expect_no_kernel("NetBSD's own note");
	given_kernel_like_linux();
	add_text("Xen", 6, "FreeBSD");
	expect_no_kernel("Xen's name of it");
	given_kernel_like_linux();
	given.file.entry = KERNEL_MAP + PHYSICAL + 0x40;
	expect_no_kernel("entered at a virtual address");
	add_build_id();
	expect_no_kernel("the same with a build id");
	add_entry_note();
	expect_entered_by_note("the same with an entry");
}

/* A list of 8-byte steps, and Linux's own of 4 behind it in the same PT_NOTE. */
static void e1_steps_of_both_widths_in_one_list_are_linux(void **state)
{
	(void)state;
	given_kernel_like_linux();
	add_note("GNU", 5, "property-16bytes", 16, 8);
	add_build_id();
	add_note("Linux", 0x100, "\0\0\0\0", 4, 4);
	assert_int_equal(read_notes(8), OK);
	assert_ptr_equal(image.protocol, &vmlinux_protocol);
}

/* Any bytes: never read past their end, and what is taken says how it is entered. */
static void e1_any_notes_are_read_within_their_bytes(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned int linux_ones = 0, others = 0;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		given_kernel_like_linux();
		add_build_id();
		add_note("Linux", 0x100, "\0\0\0\0", 4, 4);
		add_entry_note();
		for (uint32_t n = roll(&dice, 4); n != 0; n--)
			given.note[roll(&dice, (uint32_t)given.size)] = (uint8_t)roll_extreme(&dice);
		given.size -= roll(&dice, 3) == 0 ? roll(&dice, 20) : 0;
		if (read_notes(roll(&dice, 2) == 0 ? 4 : 8) != OK)
			continue;
		linux_ones += image.protocol == &vmlinux_protocol;
		others += image.protocol == &pvh_protocol && x86_of(&image)->pvh.has_entry;
		assert_true(image.protocol == &vmlinux_protocol || x86_of(&image)->pvh.has_entry);
	}
	assert_true(linux_ones > 1000 && others > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e1_linux_is_told_by_its_own_notes),
	    cmocka_unit_test(e3_another_kernel_linked_alike_is_entered_by_its_note),
	    cmocka_unit_test(e3_another_kernel_without_an_entry_is_refused),
	    cmocka_unit_test(e1_steps_of_both_widths_in_one_list_are_linux),
	    cmocka_unit_test(e1_any_notes_are_read_within_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
