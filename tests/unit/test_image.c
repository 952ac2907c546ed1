/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is, and what people call the CPU that it was built for, before anything else is known of it. */
#include "given.h"

#include "../../arch/arch.h"
#include "memory_source.h"

static void each_cpu_has_the_name_that_its_kernels_documents_use(void **state)
{
	(void)state;
	assert_string_equal(machine_name(ELF_I386), "i386");
	assert_string_equal(machine_name(ELF_X86_64), "x86-64");
	assert_string_equal(machine_name(ELF_AARCH64), "arm64");
	assert_string_equal(machine_name(ELF_RISCV), "RISC-V");
	assert_string_equal(machine_name((enum elf_machine)8), "another CPU"); /* MIPS */
	assert_int_equal(machine_of_pe(0x8664), ELF_X86_64);
	assert_true(machine_pe(ELF_X86_64) == 0x8664 && machine_pe(ELF_I386) == 0x14c && machine_pe(0) == 0);
	assert_int_equal(machine_of_pe(0x5064), ELF_RISCV);
	assert_int_equal(machine_of_pe(0x5032), 0); /* RISC-V of 32 bits */
}

static void a_cpu_enters_its_own_kernels_and_those_of_a_mode_that_it_has(void **state)
{
	(void)state;
	assert_true(arch_enters(&arch_x86_64, ELF_X86_64) && arch_enters(&arch_x86_64, ELF_I386));
	assert_true(arch_enters(&arch_ia32, ELF_X86_64) && arch_enters(&arch_ia32, ELF_I386));
	assert_true(arch_enters(&arch_aarch64, ELF_AARCH64) && !arch_enters(&arch_aarch64, ELF_X86_64));
	assert_true(arch_enters(&arch_riscv64, ELF_RISCV) && !arch_enters(&arch_riscv64, ELF_AARCH64));
	assert_false(arch_enters(&arch_x86_64, ELF_AARCH64) || arch_enters(&arch_x86_64, ELF_RISCV));
}

static void a_file_that_no_protocol_knows_is_refused_with_what_was_looked_for(void **state)
{
	static const uint8_t noise[IMAGE_HEAD] = "no kernel";
	struct image image = {.name = "k", .file_size = sizeof(noise)};
	struct memory_source file;
	struct fail why;

	(void)state;
	memory_source_init(&file, "k", (struct bytes){noise, sizeof(noise)});
	assert_int_equal(identify_memory(&image, &file, false, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "k: not a kernel that Berth knows"));
	assert_int_equal(formats_identify(&image, (struct bytes){noise, sizeof(noise)}, true, &why), NOT_FOUND);
	memory_source_init(&file, "k", (struct bytes){NULL, 0});
	assert_int_equal(identify_memory(&image, &file, false, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "k: the file is empty"));
}

/* ---- for which CPU, by magics alone ---- */

struct head {
	uint8_t at[IMAGE_HEAD];
};

static struct head with(size_t at, unsigned int width, uint64_t value)
{
	struct head head = {{0}};

	store_le(head.at + at, width, value);
	return head;
}

static struct head with_too(struct head head, size_t at, unsigned int width, uint64_t value)
{
	store_le(head.at + at, width, value);
	return head;
}

static struct head elf_for(uint64_t machine)
{
	return with_too(with(0, 4, 0x464c457f), 18, 2, machine);
}

static struct head pe_for(uint64_t machine)
{
	return with_too(with_too(with_too(with(0, 2, 0x5a4d), 0x3c, 4, 0x80), 0x80, 4, 0x4550), 0x84, 2, machine);
}

static struct head bzimage_of(uint64_t version, uint64_t xloadflags)
{
	return with_too(with_too(with(0x202, 4, 0x53726448), 0x206, 2, version), 0x236, 2, xloadflags);
}

static void a_head_tells_for_which_cpu_the_file_is(void **state)
{
	const struct {
		struct head head;
		unsigned int machine;
	} row[] = {
	    {with(0x38, 4, 0x644d5241), ELF_AARCH64},
	    {with(0x38, 4, 0x05435352), ELF_RISCV},
	    {with(0x38, 4, 0x05435353), 0},
	    {elf_for(3), ELF_I386},
	    {elf_for(183), ELF_AARCH64},
	    {elf_for(243), ELF_RISCV},
	    {elf_for(8), 8},
	    {with(0, 4, 0x464c457e), 0},
	    {pe_for(0x8664), ELF_X86_64},
	    {pe_for(0x014c), ELF_I386},
	    {pe_for(0xaa64), ELF_AARCH64},
	    {pe_for(0x5064), ELF_RISCV},
	    {pe_for(0x0200), 0},
	    {with_too(pe_for(0xaa64), 0x80, 4, 0x4551), 0},
	    {with_too(pe_for(0xaa64), 0x3c, 4, UINT32_MAX), 0},
	    {with_too(pe_for(0xaa64), 0x3c, 4, IMAGE_HEAD - 5), 0},
	    {bzimage_of(0x020c, 1), ELF_X86_64},
	    {bzimage_of(0x020b, 1), ELF_I386},
	    {bzimage_of(0x020f, 0x22), ELF_I386},
	    {with_too(bzimage_of(0x020f, 1), 0x38, 4, 0x644d5241), ELF_X86_64},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		assert_int_equal(machine_of((struct bytes){row[i].head.at, IMAGE_HEAD}), row[i].machine);
	/* However short it is, nothing behind its end is read. */
	for (size_t i = 0; i < COUNT_OF(row); i++)
		for (size_t size = 0; size < IMAGE_HEAD; size += size < 0x90 ? 1 : 0x35) {
			uint8_t *exact = malloc(size + 1);

			memcpy(exact, row[i].head.at, size);
			(void)machine_of((struct bytes){exact, size});
			free(exact);
		}
	/* xloadflags are two bytes: of one alone nothing is said. */
	assert_int_equal(machine_of((struct bytes){bzimage_of(0x020c, 1).at, 0x238}), ELF_X86_64);
	assert_int_equal(machine_of((struct bytes){bzimage_of(0x020c, 1).at, 0x237}), ELF_I386);
	assert_int_equal(machine_bits(ELF_I386), 32);
	assert_int_equal(machine_bits(ELF_RISCV), 64);
	assert_int_equal(machine_bits((enum elf_machine)8), 0);
	assert_int_equal(machine_flat_magic(ELF_X86_64), 0);
}

/* A loader for one CPU has no format of another's, and still says whose kernel that is. */
static void a_kernel_for_another_cpu_is_named_as_such(void **state)
{
	static const struct wanted here = {.name = "x86-64", .enters = {ELF_X86_64, ELF_I386}};
	const struct head head[] = {with(0x38, 4, 0x644d5241), elf_for(183), pe_for(0xaa64)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(head); i++) {
		struct memory_source file;
		struct packed packed = {.file = &file.source};
		struct image image;
		struct fail why;
		uint64_t read;

		memory_source_init(&file, "k", (struct bytes){head[i].at, IMAGE_HEAD});
		assert_int_equal(identify(&image, &packed, &here, &read, &why), BAD_INPUT);
		assert_non_null(strstr(why.text, "k: a kernel for arm64, and this loader is one for x86-64"));
		packed_close(&packed);
	}
}

/* ---- how it is read ---- */

static void given_bzimage(uint8_t head[IMAGE_HEAD], struct memory_source *file)
{
	kernel_head(&KERNEL(), head);
	memory_source_init(file, "vmlinuz", (struct bytes){head, IMAGE_HEAD});
	file->source.size = KERNEL().file_size;
}

static void what_its_own_header_tells_is_read_in_order_and_once(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;
	struct image image;
	struct fail why;

	(void)state;
	given_bzimage(head, &file);
	file.source.in_order = true;
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	assert_ptr_equal(image.protocol, &bzimage_protocol);
	assert_true(file.n_reads == 1 && !file.went_back);
}

static void what_is_told_elsewhere_in_it_needs_a_source_of_any_order(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;
	struct image image;
	struct fail why;

	(void)state;
	given_bzimage(head, &file);
	store_le(head + 0x248, 4, 0x1000); /* payload_offset and payload_length */
	store_le(head + 0x24c, 4, 0x2000);
	file.source.in_order = true;
	assert_int_equal(identify_memory(&image, &file, true, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "vmlinuz: comes byte after byte"));
	assert_int_equal(file.n_reads, 1);
}

static void a_read_that_fails_is_tried_once_more(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;
	struct image image;
	struct fail why;

	(void)state;
	given_bzimage(head, &file);
	file.fail_at = 1;
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	assert_int_equal(file.n_reads, 2);
}

static void a_source_that_ends_early_is_named(void **state)
{
	uint8_t bytes[8] = {0}, to[8];
	struct memory_source file;
	struct fail why;

	(void)state;
	memory_source_init(&file, "k", (struct bytes){bytes, sizeof(bytes)});
	assert_int_equal(source_read_all(&file.source, 0, to, 8, &why), OK);
	assert_int_equal(source_read_all(&file.source, 5, to, 4, &why), BAD_INPUT);
	assert_string_equal(why.text, "k ends at byte 8");
	file.source.is_unpacked = true;
	assert_int_equal(source_read_all(&file.source, 9, to, 4, &why), BAD_INPUT);
	assert_string_equal(why.text, "k: unpacked it ends at byte 9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_cpu_has_the_name_that_its_kernels_documents_use),
	    cmocka_unit_test(a_cpu_enters_its_own_kernels_and_those_of_a_mode_that_it_has),
	    cmocka_unit_test(a_file_that_no_protocol_knows_is_refused_with_what_was_looked_for),
	    cmocka_unit_test(a_head_tells_for_which_cpu_the_file_is),
	    cmocka_unit_test(a_kernel_for_another_cpu_is_named_as_such),
	    cmocka_unit_test(what_its_own_header_tells_is_read_in_order_and_once),
	    cmocka_unit_test(what_is_told_elsewhere_in_it_needs_a_source_of_any_order),
	    cmocka_unit_test(a_read_that_fails_is_tried_once_more),
	    cmocka_unit_test(a_source_that_ends_early_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
