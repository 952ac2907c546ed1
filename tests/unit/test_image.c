/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is, and what people call the CPU that it was built for, before anything else is known of it. */
#include "given.h"

#include "../../arch/arch.h"

static void each_cpu_has_the_name_that_its_kernels_documents_use(void **state)
{
	(void)state;
	assert_string_equal(machine_name(ELF_I386), "i386");
	assert_string_equal(machine_name(ELF_X86_64), "x86-64");
	assert_string_equal(machine_name(ELF_AARCH64), "arm64");
	assert_string_equal(machine_name(ELF_RISCV), "RISC-V");
	assert_string_equal(machine_name((enum elf_machine)8), "another CPU"); /* MIPS */
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
	struct fail why;

	(void)state;
	assert_int_equal(image_identify(&image, (struct bytes){noise, sizeof(noise)}, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "k: no kernel that is known"));
	assert_int_equal(image_identify_flat(&image, (struct bytes){noise, sizeof(noise)}, &why), NOT_FOUND);
	image.file_size = 0;
	assert_int_equal(image_identify(&image, (struct bytes){NULL, 0}, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "k: the file is empty"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_cpu_has_the_name_that_its_kernels_documents_use),
	    cmocka_unit_test(a_cpu_enters_its_own_kernels_and_those_of_a_mode_that_it_has),
	    cmocka_unit_test(a_file_that_no_protocol_knows_is_refused_with_what_was_looked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
