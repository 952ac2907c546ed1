/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include "pe.h"

static const struct machine_row {
	enum elf_machine machine;
	unsigned int bits;
	const char *name;
	uint32_t pe, flat;
} rows[] = {
#define MACHINE(id, number, bits, name, pe, flat, folder, file) {id, bits, name, pe, flat},
#include "machines.def"
#undef MACHINE
};

#define N_MACHINES (sizeof(rows) / sizeof(rows[0]))

static const struct machine_row *row_of(enum elf_machine machine)
{
	for (size_t i = 0; i < N_MACHINES; i++)
		if (rows[i].machine == machine)
			return &rows[i];
	return NULL;
}

const char *machine_name(enum elf_machine machine)
{
	const struct machine_row *row = row_of(machine);

	return row != NULL ? row->name : "another CPU";
}

enum elf_machine machine_of_pe(uint64_t number)
{
	for (size_t i = 0; i < N_MACHINES; i++)
		if (rows[i].pe == number)
			return rows[i].machine;
	return (enum elf_machine)0;
}

unsigned int machine_pe(enum elf_machine machine)
{
	const struct machine_row *row = row_of(machine);

	return row != NULL ? row->pe : 0;
}

unsigned int machine_bits(enum elf_machine machine)
{
	const struct machine_row *row = row_of(machine);

	return row != NULL ? row->bits : 0;
}

uint32_t machine_flat_magic(enum elf_machine machine)
{
	const struct machine_row *row = row_of(machine);

	return row != NULL ? row->flat : 0;
}

/* Linux Documentation/arch/arm64/booting.rst and arch/riscv/boot-image-header.rst: the magic at 0x38. */
static enum elf_machine by_flat_magic(struct bytes head)
{
	uint64_t magic;

	for (size_t i = 0; bytes_get(head, 0x38, 4, &magic) && i < N_MACHINES; i++)
		if (rows[i].flat != 0 && rows[i].flat == magic)
			return rows[i].machine;
	return (enum elf_machine)0;
}

/* System V ABI, "ELF Header": e_machine, in whichever order of bytes, for big-endian files are others' too. */
static enum elf_machine by_elf(struct bytes head)
{
	uint64_t magic, machine;

	if (!bytes_get(head, 0, 4, &magic) || magic != 0x464c457f || !bytes_get(head, 18, 2, &machine))
		return (enum elf_machine)0;
	return (enum elf_machine)machine;
}

/* Linux Documentation/arch/x86/boot.rst: "HdrS", and from 2.12 on xloadflags with XLF_KERNEL_64. */
static enum elf_machine by_setup_header(struct bytes head)
{
	uint64_t magic, version, flags;

	if (!bytes_get(head, 0x202, 4, &magic) || magic != 0x53726448 || !bytes_get(head, 0x206, 2, &version))
		return (enum elf_machine)0;
	return version >= 0x020c && bytes_get(head, 0x236, 2, &flags) && (flags & 1) != 0 ? ELF_X86_64 : ELF_I386;
}

/* PE Format, "MS-DOS Stub" and "COFF File Header". */
static enum elf_machine by_pe(struct bytes head)
{
	uint64_t at, machine;

	if (!pe_header(head, &at) || !bytes_get(head, at + 4, 2, &machine))
		return (enum elf_machine)0;
	return machine_of_pe(machine);
}

enum elf_machine machine_of(struct bytes head)
{
	static enum elf_machine (*const ways[])(struct bytes) = {by_setup_header, by_flat_magic, by_elf, by_pe};
	enum elf_machine found = (enum elf_machine)0;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && found == 0; i++)
		found = ways[i](head);
	return found;
}
