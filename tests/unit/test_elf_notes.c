/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What notes tell of PVH is read, wherever they end; a value that cannot be is refused. The numbers are elfnote.h's.
 */
#include "given_elf.h"

/* ---- notes of PVH ---- */

struct note_bytes {
	uint8_t at[256];
	size_t size;
};

static void add_note(struct note_bytes *n, const char *owner, uint32_t type, const void *value, uint32_t size)
{
	uint32_t owner_size = (uint32_t)strlen(owner) + 1;

	store_le(n->at + n->size, 4, owner_size);
	store_le(n->at + n->size + 4, 4, size);
	store_le(n->at + n->size + 8, 4, type);
	memcpy(n->at + n->size + 12, owner, owner_size);
	memcpy(n->at + n->size + 12 + (owner_size + 3) / 4 * 4, value, size);
	n->size += 12 + (owner_size + 3) / 4 * 4 + (size + 3) / 4 * 4;
}

static enum status read_pvh(struct elf_pvh *pvh, const struct note_bytes *n, size_t size, struct fail *why)
{
	struct elf_file f = elf_file_vmlinux();
	uint8_t *exact = malloc(size == 0 ? 1 : size);
	enum status status;
	struct parsed p;

	f.phnum = 4;
	f.header[3] = (struct elf_file_header){4, 4, 0x1a00, 0, 0, 0x40, 0x40, 4};
	expect_elf(&p, &f);
	assert_non_null(exact);
	memcpy(exact, n->at, size);
	*pvh = (struct elf_pvh){.entry = 0};
	status = elf_read_pvh(&p.elf, 0, (struct bytes){exact, size}, pvh, why);
	free(exact);
	return status;
}

static void e1_pvhs_entry_and_limits_are_read(void **state)
{
	struct note_bytes n = {.size = 0};
	struct elf_pvh pvh;
	struct fail why;

	(void)state;
	add_note(&n, "GNU", 3, "0123456789abcdefghij", 20);
	add_note(&n, "Linux", 0x101, "", 0);
	add_note(&n, "Xen", 6, "2.6", 4);
	add_note(&n, "Xen", 18, "\x50\0\0\x01\0\0\0\0", 8);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), OK);
	assert_true(pvh.has_entry && !pvh.has_limits && pvh.entry == 0x50);
	add_note(&n, "Xen", 19, "\0\0\x20\0\0\0\0\x01\xff\xff\xff\x3f", 12);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), OK);
	assert_true(pvh.has_limits && pvh.align == MIB(2) && pvh.min == MIB(16) && pvh.max == GIB(1) - 1);
	n.size = 0;
	add_note(&n, "Xen", 18, "\x50\0\0\x01", 4);
	add_note(&n, "Xen", 19, "", 0);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), OK);
	assert_true(pvh.has_limits && pvh.align == MIB(2) && pvh.min == 0 && pvh.max == UINT32_MAX);
	assert_true(pvh.entry == 0x50);
}

static void e1_notes_that_are_cut_off_are_refused(void **state)
{
	struct note_bytes n = {.size = 0};
	struct elf_pvh pvh;
	struct fail why;
	size_t first;

	(void)state;
	add_note(&n, "Xen", 18, "\x50\0\0\x01\0\0\0\0", 8);
	first = n.size;
	add_note(&n, "Xen", 19, "\0\0\x20\0\0\0\0\x01\xff\xff\xff\x3f", 12);
	for (size_t size = 0; size <= n.size; size++) {
		/* Less than a step behind the last note is padding. */
		bool whole = size < 4 || (size >= first && size < first + 4) || size == n.size;

		assert_int_equal(read_pvh(&pvh, &n, size, &why), whole ? OK : BAD_INPUT);
		if (!whole)
			assert_non_null(strstr(why.text, "runs past its end"));
	}
	store_le(n.at, 4, UINT32_MAX);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), BAD_INPUT);
	store_le(n.at, 4, 0x01000004);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), BAD_INPUT);
	store_le(n.at, 4, 4);
	store_le(n.at + 4, 4, 0x01000008);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), BAD_INPUT);
	store_le(n.at + 4, 4, UINT32_MAX);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), BAD_INPUT);
}

/* p_align 8, as .note.gnu.property has it: the value begins and ends on a step of 8. */
static void e1_notes_in_steps_of_8_are_read(void **state)
{
	static const uint8_t notes[] = "\x04\0\0\0\x04\0\0\0\x05\0\0\0GNU\0abcd\0\0\0\0"
				       "\x04\0\0\0\x04\0\0\0\x12\0\0\0Xen\0\x50\0\0\x01\0\0\0";
	struct elf_file f = elf_file_vmlinux();
	struct elf_pvh pvh = {.entry = 0};
	struct parsed p;

	(void)state;
	f.phnum = 4;
	f.header[3] = (struct elf_file_header){4, 4, 0x1a00, 0, 0, 0x40, 0x40, 8};
	expect_elf(&p, &f);
	assert_int_equal(elf_read_pvh(&p.elf, 0, (struct bytes){notes, sizeof(notes)}, &pvh, &p.why), OK);
	assert_true(pvh.has_entry && pvh.entry == 0x50);
}

/* elfnote.h: without an alignment the largest p_align counts, from 4 KiB on. */
static void e1_limits_without_an_alignment_have_the_segments(void **state)
{
	static const struct {
		uint64_t p_align, align; /* 0: refused */
	} rows[] = {{1, MIB(2)}, {0x800, MIB(2)}, {0x1000, 0x1000}, {GIB(2), GIB(2)}, {GIB(4), 0}};
	static const uint8_t note[] = "\x04\0\0\0\0\0\0\0\x13\0\0\0Xen";
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct elf_file f = elf_file_vmlinux();
		struct elf_pvh pvh = {.entry = 0};

		f.phnum = 4;
		f.header[0].align = f.header[1].align = f.header[2].align = rows[i].p_align;
		f.header[3] = (struct elf_file_header){4, 4, 0x1a00, 0, 0, 0x10, 0x10, 4};
		expect_elf(&p, &f);
		p.status = elf_read_pvh(&p.elf, 0, (struct bytes){note, sizeof(note)}, &pvh, &p.why);
		assert_int_equal(p.status, rows[i].align == 0 ? BAD_INPUT : OK);
		assert_true(rows[i].align == 0 || pvh.align == rows[i].align);
	}
}

static void expect_bad_note(uint32_t type, const char *value, uint32_t size, const char *words)
{
	struct note_bytes n = {.size = 0};
	struct elf_pvh pvh;
	struct fail why;

	add_note(&n, "Xen", type, value, size);
	assert_int_equal(read_pvh(&pvh, &n, n.size, &why), BAD_INPUT);
	if (strstr(why.text, words) == NULL)
		fail_msg("lacks \"%s\": %s", words, why.text);
}

static void e1_values_of_notes_that_cannot_be_are_refused(void **state)
{
	(void)state;
	expect_bad_note(18, "\x50\0\0\x01\0\0", 6, "PHYS32_ENTRY has 6 bytes");
	expect_bad_note(18, "", 0, "PHYS32_ENTRY has 0 bytes");
	expect_bad_note(18, "\0\x08\0\x01", 4, "0x1000800 lies in no segment");
	expect_bad_note(18, "\xff\xff\xff\0", 4, "0xffffff lies in no segment");
	expect_bad_note(18, "\x50\0\0\x01\x01\0\0\0", 8, "0x101000050 lies in no segment");
	expect_bad_note(19, "\0\0\x30\0\0\0\0\x01\xff\xff\xff\x3f", 12, "alignment 0x300000");
	expect_bad_note(19, "\0\0\0\0\0\0\0\x01\xff\xff\xff\x3f", 12, "alignment 0");
	expect_bad_note(19, "\0\0\x20\0\0\0\0\x41\xff\xff\xff\x3f", 12, "0x41000000 is above the highest, 0x3fffffff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e1_pvhs_entry_and_limits_are_read),
	    cmocka_unit_test(e1_notes_that_are_cut_off_are_refused),
	    cmocka_unit_test(e1_notes_in_steps_of_8_are_read),
	    cmocka_unit_test(e1_limits_without_an_alignment_have_the_segments),
	    cmocka_unit_test(e1_values_of_notes_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
