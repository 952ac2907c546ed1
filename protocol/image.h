/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel image, and the protocols that know one: a row a format, in the folder of its CPU.
 *
 * identify() reads the first bytes of the file into a validated struct, and says which others it wants; learn() is
 * given them one by one. After that no code sees a number from the file.
 * demand() says what each part asks of its place; takes_seed() asks what only the loaded kernel tells. describe()
 * writes what the kernel is told, finish() adds what only the final memory map knows: it runs after ExitBootServices
 * and cannot fail.
 */
#ifndef BERTH_IMAGE_H
#define BERTH_IMAGE_H

#include "../base/block.h"
#include "../base/machine.h"
#include "../base/source.h"
#include "../plan/memmap.h"
#include "../plan/request.h"
#include "handoff.h"
#include "device_tree.h"

/* Bytes of a file that identify() is given, or the whole file when it is shorter. */
#define IMAGE_HEAD 1024

/* Bytes for what one format alone knows. */
#define IMAGE_OWN 2048

struct protocol;

#define IMAGE_PIECES 16

/* Bytes of an image that go to one place, and the zeros behind them. */
struct image_piece {
	uint64_t offset, size; /* in the image's file, or in what its packed part unpacks to */
	uint64_t at, memory;   /* from the start of the kernel's place; memory >= size, and the rest is zeros */
};

/* Bytes of the file behind its head that tell more about the image: notes, which may lie anywhere. */
#define IMAGE_WANTS	8
#define IMAGE_WANT_MOST 65536 /* bytes of one */

struct image_want {
	uint64_t offset, size;
};

/*
 * What is known of a kernel once its file was identified. Facts: nothing changes them afterwards; what Berth decides
 * about the kernel stands in struct cargo.
 */
struct image {
	const struct protocol *protocol;
	enum elf_machine machine; /* that it was built for */
	const char *name;	  /* as the entry names it, for messages */
	uint64_t file_size;	  /* of the file that holds the image itself: of what a packed one unpacks to */
	struct image_piece piece[IMAGE_PIECES]; /* ascending by offset; within the kernel's place, disjoint */
	size_t n_pieces;
	struct image_want want[IMAGE_WANTS]; /* within the file; what learn() is to be given, in this order */
	size_t n_wants;
	uint64_t entry_at;	/* from the start of the kernel's place */
	uint64_t preferred;	/* what `placement preferred` asks for */
	uint64_t image_end;	/* where it ends in its file, and the table behind it begins; 0: it does not say */
	uint64_t table_size;	/* bytes of that in its own file; 0: none is there, or it is not known of */
	bool has_table;		/* there is one, in its file or beside it: it can be moved to other virtual addresses */
	bool in_one_piece;	/* unpacked or relocated: its window must be contiguous, even before it is copied */
	bool moves_itself;	/* to a random place, unless told not to (rule X9) */
	bool takes_five_levels; /* may be entered with 5-level paging on (rule X8) */
	bool keeps_levels;	/* and runs with the levels that it is entered with: no decompressor switches them */
	bool entered_in_32_bits;	     /* and with paging off; else in 64-bit mode (rules E3, X4) */
	bool argument_in_ebx;		     /* as PVH has it; else in ESI, or RSI */
	uint32_t page_size;		     /* of the CPU's pages, that it was built for; 0: it does not say */
	_Alignas(16) uint8_t own[IMAGE_OWN]; /* what its format alone knows of it: a struct of the protocol's folder */
};

/* What goes with the kernel, and what was decided about it. */
struct cargo {
	const char *command_line; /* NUL-terminated UTF-8 */
	uint64_t initrd_size;	  /* bytes, of all initrds joined; 0: none */
	struct tree tree;	  /* the device tree, for kernels that read one: the entry's, else firmware's */
	bool five_levels;	  /* it is entered with 5-level paging on (rule X8); before demand() */
	bool randomised;	  /* it was moved to random virtual addresses, and is to know; before describe() */
};

/*
 * Where an initrd of @size goes behind others that end at @end: on a 4-byte boundary, where the kernel's unpacker looks
 * for the next archive (Linux Documentation/driver-api/early-userspace/buffer-format.rst; init/initramfs.c,
 * unpack_to_rootfs), and with nothing behind the last. An empty one takes nothing, so that it
 * does not matter where it stands. True when that is larger than any memory.
 */
static inline bool initrd_join(uint64_t end, uint64_t size, uint64_t *start, uint64_t *new_end)
{
	*start = *new_end = end;
	return size != 0 && (checked_align_up(end, 4, start) || checked_add(*start, size, new_end));
}

/* Where the bytes of a packed kernel lie in its file, and what is known of them. */
struct payload {
	struct range at; /* in the file */
	bool
	    has_size_word; /* the last four of them are the unpacked length (Linux scripts/Makefile.lib, size_append) */
	bool is_size_behind; /* that word follows them, but for gzip, whose own last word it is */
};

/* The move of a kernel to other virtual addresses. */
struct virtual_move {
	uint64_t from, by; /* where its first byte was linked for; what is added, modulo 2^64 */
};

/* What mem= on the command line says to a kernel (rule C9), by its own parser. */
enum mem_word {
	MEM_IS_NOTHING,
	MEM_IS_ADDRESS,	     /* of several the smallest: where memory ends; and memmap= counts too (rule C13) */
	MEM_IS_LEAST_AMOUNT, /* the smallest: so much memory there is, and nothing is added back */
	MEM_IS_LAST_AMOUNT,  /* the last one: the same, and the kernel adds itself and its initrd back */
};

struct protocol {
	const char *name;
	bool is_linux; /* whose command line has Linux's words, such as nokaslr */
	enum mem_word mem;
	bool may_be_packed; /* its file may be compressed as a whole */
	bool is_flat;	 /* its file is placed as it is: of one that is a stream the image's own size tells the end */
	bool is_wrapper; /* no kernel itself: its payload is */
	struct bound most_tree;		 /* bytes of a device tree that it takes; asked before one is read */
	const struct tree_reader *trees; /* of a kernel that is told of UEFI by a device tree; NULL: of no other */
	const char *beside; /* the table may be a file beside the kernel, of the same name with this behind it */

	/* NOT_FOUND: not this format; any other error: this format, but broken. */
	enum status (*identify)(struct image *image, struct bytes head, struct fail *why);
	/* @piece: all bytes of image->want[@which]. NULL where identify() wants none. */
	enum status (*learn)(struct image *image, size_t which, struct bytes piece, struct fail *why);
	/* Where a packed kernel is in the file of @image, whose first bytes @head are; NULL: there is none. */
	enum status (*payload)(const struct image *image, struct bytes head, struct payload *payload, struct fail *why);
	/* Makes @image what that unpacks to, @head. NULL: it is identified like a file. */
	enum status (*take_payload)(struct image *image, struct bytes head, struct fail *why);
	/* Of the table, whose size is known before it is read. */
	enum status (*check_table)(const char *name, uint64_t size, struct fail *why);
	/* Reads what the device tree, if any, tells about the machine before anything is placed; NULL: nothing. */
	enum status (*learn_tree)(const struct tree *tree, const struct machine *machine, struct findings *found,
				  struct fail *why);
	/*
	 * Makes the requests of kernel, initrd and handoff by request_init(), the last with size 0, because it is
	 * measured when the others are known, and narrows them; each limit is signed with a rule.
	 */
	enum status (*demand)(const struct image *image, const struct cargo *cargo, const struct findings *found,
			      struct request request[N_PARTS], struct fail *why);
	/* Says in a line, without its end, which demand is an estimate; false: none. NULL: none ever. */
	bool (*estimate)(const struct image *image, struct text *line);
	/* Whether it takes a seed, by @payload, its file in memory; NULL: it does. */
	bool (*takes_seed)(const struct image *image, struct bytes payload);
	/*
	 * Moves the image that lies in @window, as it was linked, to a random virtual address by its @table. NULL where
	 * no image has one.
	 */
	enum status (*randomise)(const struct image *image, uint8_t *window, struct bytes table, const char *table_name,
				 uint64_t entropy, struct virtual_move *move, struct fail *why);
	/* Makes the image that lies in @window run at @start, where the window is; NULL: it does so itself. */
	enum status (*relocate)(const struct image *image, uint8_t *window, uint64_t start, struct fail *why);
	/*
	 * Carves what it writes out of @handoff->block; with block.at == NULL it only measures. Sets handoff->entry and
	 * argument, and takes room for the final map by handoff_take_map() or handoff_take_runtime_map().
	 */
	void (*describe)(const struct image *image, const struct cargo *cargo, const struct plan *plan,
			 const struct machine *machine, const struct findings *found, struct handoff *handoff);
	void (*finish)(struct handoff *handoff, const struct final_map *final);
};

/* Its trees. A loader whose CPU's kernels have none is built without what reads them (NO_TREES). */
static inline const struct tree_reader *protocol_trees(const struct protocol *protocol)
{
#ifdef NO_TREES
	(void)protocol;
	return NULL;
#else
	return protocol->trees;
#endif
}

#endif
