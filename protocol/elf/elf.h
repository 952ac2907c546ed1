/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF images of the four CPUs: the head of a file becomes a small table of what is to be loaded where, checked.
 *
 * Nothing here reads a file or writes to memory. The caller has the file's first bytes, loads segment after segment,
 * and asks here where each byte of the image lies in its window.
 * Source: System V ABI, "Object Files" and "Program Loading and Dynamic Linking"; rule E1.
 */
#ifndef BERTH_ELF_H
#define BERTH_ELF_H

#include "../../base/bytes.h"
#include "../../base/fail.h"
#include "../../base/machine.h"
#include "../../base/range.h"
#include "../../base/source.h"
#include "../../plan/request.h"

#define ELF_MAGIC	 0x464c457f /* 0x7f "ELF" */
#define ELF_MAX_SEGMENTS 16
#define ELF_MAX_NOTES	 8

#define ELF_EXECUTABLE 1u /* of segment.flags: PF_X */

/* A PT_LOAD with something in it. The first filesz bytes of memory come from the file, the rest is zero. */
struct elf_segment {
	uint64_t offset, filesz, memsz; /* filesz <= memsz, memsz not 0; offset is 0 where filesz is */
	uint64_t vaddr;
	uint64_t place; /* bytes from the start of the window */
	uint32_t flags;
	uint16_t header; /* number of its program header, for messages */
};

/* A piece of the file that something other than a PT_LOAD names; never empty in the tables below. */
struct elf_piece {
	uint64_t offset, size, vaddr, align;
};

/* After elf_parse every field has been checked against the others and, as far as it is known, the file's size. */
struct elf {
	const char *name;
	enum elf_machine machine;
	bool is_64;
	bool movable;		/* ET_DYN: runs wherever its largest alignment permits */
	uint64_t file_size;	/* SIZE_UNKNOWN: not known */
	uint64_t file_end;	/* where the headers and all they tell of end in the file; Linux's relocations follow */
	struct range window;	/* all segments as linked, by p_paddr, or by p_vaddr where p_paddr is 0 throughout */
	uint64_t virtual_base;	/* virtual address of the window's start, by its first segment */
	uint64_t align;		/* the largest p_align of the segments, a power of two */
	uint64_t entry;		/* bytes from the start of the window */
	bool entry_is_physical; /* e_entry is that place's physical address; else its virtual one alone */
	struct elf_segment segment[ELF_MAX_SEGMENTS]; /* ascending by place, disjoint */
	uint8_t in_file[ELF_MAX_SEGMENTS];	      /* their numbers, ascending by offset: for reading forward only */
	size_t n_segments;
	struct elf_piece dynamic; /* PT_DYNAMIC; size 0: none */
	struct elf_piece note[ELF_MAX_NOTES];
	size_t n_notes;
};

/*
 * @head: the first bytes of the file, up to the end of its program headers at least.
 * @file_size: bytes, or SIZE_UNKNOWN; then nothing is checked against it.
 * NOT_FOUND when it is not an ELF file; BAD_INPUT naming header, field and value otherwise. Rule: E1.
 */
enum status elf_parse(struct elf *elf, const char *name, struct bytes head, uint64_t file_size,
		      struct fail *why) MUST_CHECK;

/* What the image asks of its place: its whole window, at its address or, when it is movable, aligned. Rule: E1. */
void elf_demand(const struct elf *elf, struct request *kernel);

/*
 * Where [vaddr, vaddr + size) lies, in bytes from the start of the window; @size is not 0. False when it is in no
 * segment, in several, or split between two.
 */
bool elf_at_virtual(const struct elf *elf, uint64_t vaddr, uint64_t size, uint64_t *at);

/* ---- notes ---- */

struct elf_note {
	uint64_t type;
	struct bytes owner, value; /* the owner's name with its NUL */
};

/*
 * Takes the note at *at and moves to the next; @step: 4, or 8. False when it runs past the end. gABI wants steps of 8
 * bytes in 64-bit files, but all except .note.gnu.property (p_align 8) have 4.
 */
bool elf_take_note(struct bytes notes, uint64_t step, uint64_t *at, struct elf_note *note);

/* What Xen's notes tell about an entry by the PVH protocol. Source: Linux include/xen/interface/elfnote.h. */
struct elf_pvh {
	bool has_entry;		  /* XEN_ELFNOTE_PHYS32_ENTRY */
	bool has_limits;	  /* XEN_ELFNOTE_PHYS32_RELOC: the image may be moved, within these limits */
	uint64_t entry;		  /* bytes from the start of the window */
	uint32_t align, min, max; /* of the window; a power of two; max is its last byte */
};

/* Which system the image belongs to, by its notes' owners and the name that Xen is given (XEN_ELFNOTE_GUEST_OS). */
struct elf_marks {
	bool is_linux;	 /* surely Linux: its own notes, since 4.19 (include/linux/elfnote.h), or "linux" in Xen's */
	bool is_foreign; /* some note is neither Linux's, nor Xen's, nor a tool's, or Xen's tells of another system */
};

/* Adds what one PT_NOTE tells to @marks; a note that runs past the end ends the reading. */
void elf_read_marks(const struct elf *elf, size_t which, struct bytes notes, struct elf_marks *marks);

/*
 * Adds what one PT_NOTE tells of PVH to @pvh, which is zero before the first.
 * @notes: the bytes of elf->note[@which], wherever they were read to.
 * BAD_INPUT when a note runs past them, or a value is impossible.
 */
enum status elf_read_pvh(const struct elf *elf, size_t which, struct bytes notes, struct elf_pvh *pvh,
			 struct fail *why) MUST_CHECK;

#endif
