/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel image, and the protocols that know one: a row a format.
 *
 * identify() reads the first bytes of the file into a validated struct, and says which others it wants to see, which
 * learn() is given one by one; after them nobody sees a number of the file.
 * demand() says what each part asks of its place; inspect() reads what only the loaded kernel tells. describe() writes
 * what the kernel is told, finish() adds what only the final memory map knows: it runs after ExitBootServices and
 * cannot fail.
 */
#ifndef BERTH_IMAGE_H
#define BERTH_IMAGE_H

#include "arm64/arm64.h"
#include "../base/block.h"
#include "x86/bzimage.h"
#include "elf/elf.h"
#include "flat/flat_image.h"
#include "handoff.h"
#include "../plan/memmap.h"
#include "../plan/request.h"
#include "tree/tree.h"

/* Bytes of a file that identify() is given, or the whole file when it is shorter. */
#define IMAGE_HEAD 1024

struct protocol;

#define IMAGE_PIECES 16

/* Bytes of an image that go to one place, and the zeros behind them. */
struct image_piece {
	uint64_t offset, size; /* in the image's file, or in what its packed part unpacks to */
	uint64_t at, memory;   /* from the start of the kernel's place; memory >= size, and the rest is zeros */
};

/* Bytes of the file behind its head that tell more of the image: notes, which may lie anywhere. */
#define IMAGE_WANTS	ELF_MAX_NOTES
#define IMAGE_WANT_MOST 65536 /* bytes of one */

struct image_want {
	uint64_t offset, size;
};

struct image {
	const struct protocol *protocol;
	enum elf_machine machine; /* that it was built for */
	const char *name;	  /* as the entry names it, for messages */
	uint64_t file_size;
	struct image_piece piece[IMAGE_PIECES]; /* ascending by offset; within the kernel's place, disjoint */
	size_t n_pieces;
	struct image_want want[IMAGE_WANTS]; /* within the file; what learn() is to be given, in this order */
	size_t n_wants;
	uint64_t entry_at;  /* from the start of the kernel's place */
	uint64_t image_end; /* of an ELF file: where it ends, and Linux's relocation table begins */
	bool has_table;	    /* and Linux's relocation table stands there: it can be moved to other virtual addresses */
	uint64_t virtual_base;	 /* of a vmlinux: the virtual address that its window was linked for */
	bool in_one_piece;	 /* unpacked or relocated: its window is written as one, also before it is copied */
	bool moves_itself;	 /* to a random place, unless told not to (rule X9) */
	bool takes_five_levels;	 /* may be entered with 5-level paging on (rule X8) */
	bool keeps_levels;	 /* and runs with the levels that it is entered with: no decompressor switches them */
	bool five_levels;	 /* is entered so; policy decides it, before demand() */
	bool entered_in_32_bits; /* and with paging off; else in 64-bit mode (rules E3, X4) */
	bool argument_in_ebx;	 /* as PVH has it; else in ESI, or RSI */
	struct flat_image flat;
	uint64_t window_size; /* of a flat image: bytes of its whole place */
	struct bzimage bzimage;
	struct arm64 arm64;
	struct elf elf; /* of an ELF file */
	struct elf_marks marks;
	struct elf_pvh pvh;
};

/* What the parts are, before any of them has a place. */
struct cargo {
	const char *command_line; /* NUL-terminated UTF-8 */
	uint64_t initrd_size;	  /* bytes, of all initrds joined; 0: none */
	struct tree tree;	  /* the device tree, for kernels that read one: the entry's, else firmware's */
};

/*
 * Where an initrd of @size goes behind others that end at @end: on a 4-byte boundary, where the kernel's unpacker looks
 * for the next archive (Linux Documentation/driver-api/early-userspace/buffer-format.rst; init/initramfs.c,
 * unpack_to_rootfs), and with nothing behind the last. True, and nothing written, when that is larger than any memory.
 */
static inline bool initrd_join(uint64_t end, uint64_t size, uint64_t *start, uint64_t *new_end)
{
	return checked_align_up(end, 4, start) || checked_add(*start, size, new_end);
}

struct protocol {
	const char *name;
	bool is_linux; /* whose command line has Linux's words, such as nokaslr */
	bool is_flat;  /* begins with a struct flat_image; its file may be compressed as a whole */
	struct bound
	    most_tree; /* bytes of a device tree that it takes; before one is read its length is held against it */
	/* Is told of UEFI by a device tree, and wants firmware to know where its runtime services stay. */
	bool told_by_tree;
	/* NOT_FOUND: not this format; any other error: this format, but broken. */
	enum status (*identify)(struct image *image, struct bytes head, struct fail *why);
	/* @piece: all bytes of image->want[@which]. NULL where identify() wants none. */
	enum status (*learn)(struct image *image, size_t which, struct bytes piece, struct fail *why);
	/* What the device tree, if there is one, tells of the machine before anything is placed; NULL: nothing. */
	enum status (*learn_tree)(const struct tree *tree, struct machine *machine, struct fail *why);
	enum status (*demand)(const struct image *image, const struct cargo *cargo, const struct machine *machine,
			      struct request request[N_PARTS], struct fail *why);
	/* Says in a line, without its end, what of the demands is an estimate; false: nothing. NULL: nothing ever. */
	bool (*estimate)(const struct image *image, struct text *line);
	/* @payload: the file at the kernel's place. Drops from @machine what this kernel does not take. */
	void (*inspect)(const struct image *image, struct bytes payload, struct machine *machine);
	/* Makes the image that lies in @window run at @start, where the window is; NULL: it does so itself. */
	enum status (*relocate)(const struct image *image, uint8_t *window, uint64_t start, struct fail *why);
	/* Carves what it writes out of @handoff->block; with block.at == NULL it only measures. */
	void (*describe)(const struct image *image, const struct cargo *cargo, const struct plan *plan,
			 const struct machine *machine, struct handoff *handoff);
	void (*finish)(struct handoff *handoff, const struct final_map *final);
};

/* The rows of struct protocol that all share who are entered with boot_params; in bzimage.c. */
enum status bzimage_demand(const struct image *image, const struct cargo *cargo, const struct machine *machine,
			   struct request request[N_PARTS], struct fail *why);
void bzimage_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		      const struct machine *machine, struct handoff *handoff);

/* The pieces of an ELF file, in the order in which they lie in it. */
void image_take_segments(struct image *image, const struct elf *elf);

/* Asks for all notes of image->elf. BAD_INPUT when they are longer than any kernel's. */
enum status image_want_notes(struct image *image, struct fail *why) MUST_CHECK;

/* "arm64", as kernels' own documents call it. */
const char *machine_name(enum elf_machine machine);

/* The same among flat images; NOT_FOUND when it is none of those that are known. */
enum status image_identify_flat(struct image *image, struct bytes head, struct fail *why) MUST_CHECK;

/* The same among ELF files; NOT_FOUND when it is none. @file_size as elf_parse has it. */
enum status image_identify_elf(struct image *image, struct bytes head, uint64_t file_size, struct fail *why) MUST_CHECK;

/* Fills @image from the first bytes of a file: BAD_INPUT when no protocol knows it, or when one finds it broken. */
enum status image_identify(struct image *image, struct bytes head, struct fail *why) MUST_CHECK;

#endif
