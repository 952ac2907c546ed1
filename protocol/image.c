/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include "x86/pvh.h"
#include "riscv/riscv.h"
#include "x86/vmlinux.h"

static const struct protocol *const protocols[] = {
    &bzimage_protocol, &bzimage_32_protocol, &arm64_protocol, &vmlinux_protocol, &pvh_protocol, &riscv_protocol,
};

void image_take_segments(struct image *image, const struct elf *elf)
{
	image->n_pieces = elf->n_segments;
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[elf->in_file[i]];

		image->piece[i] = (struct image_piece){s->offset, s->filesz, s->place, s->memsz};
	}
}

enum status image_want_notes(struct image *image, struct fail *why)
{
	const struct elf *elf = &image->elf;

	for (size_t i = 0; i < elf->n_notes; i++) {
		if (elf->note[i].size > IMAGE_WANT_MOST)
			return fail(why, BAD_INPUT,
				    "%s: PT_NOTE %zu has %" PRIu64 " bytes; notes of kernels have up to %u", elf->name,
				    i, elf->note[i].size, (unsigned int)IMAGE_WANT_MOST);
		image->want[i] = (struct image_want){elf->note[i].offset, elf->note[i].size};
	}
	image->n_wants = elf->n_notes;
	image->marks = (struct elf_marks){false, false};
	image->pvh = (struct elf_pvh){.has_entry = false};
	return OK;
}

const char *machine_name(enum elf_machine machine)
{
	switch (machine) {
	case ELF_I386:
		return "i386";
	case ELF_X86_64:
		return "x86-64";
	case ELF_AARCH64:
		return "arm64";
	case ELF_RISCV:
		return "RISC-V";
	default:
		return "another CPU";
	}
}

enum status image_identify_flat(struct image *image, struct bytes head, struct fail *why)
{
	enum status status = NOT_FOUND;

	image->n_wants = 0;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]) && status == NOT_FOUND; i++) {
		if (!protocols[i]->is_flat)
			continue;
		image->protocol = protocols[i];
		status = protocols[i]->identify(image, head, why);
	}
	return status;
}

enum status image_identify_elf(struct image *image, struct bytes head, uint64_t file_size, struct fail *why)
{
	enum status status;

	image->n_wants = 0;
	image->protocol = &vmlinux_protocol;
	status = vmlinux_identify(image, head, file_size, why);
	if (status != NOT_FOUND)
		return status;
	image->protocol = &pvh_protocol;
	return pvh_identify(image, head, file_size, why);
}

enum status image_identify(struct image *image, struct bytes head, struct fail *why)
{
	image->n_wants = 0;
	if (image->file_size == 0)
		return fail(why, BAD_INPUT, "%s: the file is empty\n  try: copy the kernel again", image->name);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		enum status status = protocols[i]->identify(image, head, why);

		image->protocol = protocols[i];
		if (status != NOT_FOUND)
			return status;
	}
	return fail(
	    why, BAD_INPUT,
	    "%s: no kernel that is known: no bzImage (\"HdrS\" at 0x202), no Image for arm64 or RISC-V (\"ARMd\" or "
	    "\"RSC\\x05\" at 0x38) and no ELF file\n"
	    "  try: a Linux kernel for this machine, which distributions call vmlinuz",
	    image->name);
}
