/* SPDX-License-Identifier: BSD-2-Clause */
#include "clauses_tree.h"

#define FORM	   "Devicetree Specification 0.4, 5"
#define CHOSEN	   "dt-schema chosen.yaml; libstub/fdt.c"
#define UEFI_RST   "Linux Documentation/arch/arm/uefi.rst"
#define DESCRIPTOR "UEFI 2.10, 7.2.3"
#define RUNTIME	   (UINT64_C(1) << 63)
#define PAGE	   UINT64_C(4096)

void tree_tell(struct clause_report *report, const char *sentence, const char *source, struct finding finding)
{
	report->number++;
	report->broken += finding.verdict == CLAUSE_BROKEN;
	report->not_applied += finding.verdict == CLAUSE_DOES_NOT_APPLY;
	report->say(report->context, report->number, sentence, source, &finding);
}

static const uint8_t *memory_of(const struct told_by_tree *t, uint64_t at, uint64_t size)
{
	return at == 0 || at + size < at ? NULL : t->looking.memory(t->looking.context, at, size);
}

static uint64_t little(const uint8_t *at, unsigned int width)
{
	uint64_t value = 0;

	while (width > 0)
		value = value << 8 | at[--width];
	return value;
}

uint64_t tree_print(const struct told_by_tree *t, struct span span)
{
	const uint8_t *bytes = span.start >= span.end ? NULL : memory_of(t, span.start, span.end - span.start);

	return bytes == NULL ? 0 : clause_adler32(1, bytes, span.end - span.start);
}

static struct property chosen(const struct told_by_tree *t, const char *name)
{
	return dtb_property(&t->tree, t->chosen, name);
}

/* A number of 4 bytes or 8; of another size it is 0. */
static uint64_t number(struct property property)
{
	return property.size == 4 || property.size == 8 ? dtb_cells(property, 0, (unsigned int)property.size / 4) : 0;
}

void tree_look(struct told_by_tree *t, uint64_t address)
{
	dtb_open(&t->tree, &t->looking, address);
	t->chosen = dtb_node(&t->tree, "/chosen");
	if (t->chosen == 0)
		return;
	t->initrd = (struct span){number(chosen(t, "linux,initrd-start")), number(chosen(t, "linux,initrd-end"))};
	t->map_size = number(chosen(t, "linux,uefi-mmap-size"));
	t->desc_size = number(chosen(t, "linux,uefi-mmap-desc-size"));
	t->map.start = number(chosen(t, "linux,uefi-mmap-start"));
	t->map.end = t->map.start + t->map_size;
	t->map_at = t->map_size == 0 || t->desc_size < 40 ? NULL : memory_of(t, t->map.start, t->map_size);
	t->system_table = memory_of(t, number(chosen(t, "linux,uefi-system-table")), 24);
}

bool tree_memory(const struct told_by_tree *t, size_t n, struct told_memory *memory)
{
	const uint8_t *at;

	if (t->map_at == NULL || (n + 1) * t->desc_size > t->map_size)
		return false;
	at = t->map_at + n * t->desc_size;
	*memory =
	    (struct told_memory){(uint32_t)little(at, 4), little(at + 8, 8),
				 little(at + 8, 8) + little(at + 24, 8) * PAGE, little(at + 16, 8), little(at + 32, 8)};
	return true;
}

/* UEFI 2.10, table 7.6: loader and boot services memory and what is free, all of it to be cached. */
static bool is_usable(const struct told_memory *memory)
{
	return ((memory->type >= 1 && memory->type <= 4) || memory->type == 7) && (memory->attribute & 0xe) != 0;
}

bool tree_is_ram(const struct told_by_tree *t, struct span span, uint64_t *where)
{
	struct told_memory memory;

	for (*where = span.start; *where < span.end;) {
		uint64_t before = *where;

		for (size_t n = 0; tree_memory(t, n, &memory); n++)
			if (is_usable(&memory) && memory.start <= *where && *where < memory.end)
				*where = memory.end;
		if (*where == before)
			return false;
	}
	return true;
}

/* ---- the tree ---- */

static uint64_t count_properties(const struct told_by_tree *t, bool twice)
{
	uint64_t n = 0;
	uint32_t at = t->chosen;
	struct token token;

	while (t->chosen != 0 && dtb_next(&t->tree, &at, &token) && token.kind == PROPERTY)
		n += !twice || chosen(t, token.name).at != token.value;
	return n;
}

static uint64_t count_chosen(const struct told_by_tree *t)
{
	uint32_t at = dtb_node(&t->tree, "");
	uint64_t n = 0;
	const char *name;

	while (at != 0 && dtb_child(&t->tree, &at, &name) != 0)
		n += name[0] == 'c' && name[1] == 'h' && name[2] == 'o' && name[3] == 's' && name[4] == 'e' &&
		     name[5] == 'n' && name[6] == '\0';
	return n;
}

static void check_form(struct told_by_tree *t)
{
	const struct dtb *tree = &t->tree;

	tree_tell(t->report, "the device tree's address is a multiple of 8", "Devicetree Specification 0.4, 5.6",
		  finding_of(tree->address % 8 == 0, NULL, tree->address, tree->address & ~UINT64_C(7)));
	tree_tell(t->report, "the device tree is well-formed", FORM,
		  finding_of(tree->at != NULL && tree->broken == NULL, tree->broken, tree->where, 0));
	tree_tell(t->report, "it has one /chosen", "Devicetree Specification 0.4, 3.6",
		  finding_of(count_chosen(t) == 1, NULL, count_chosen(t), 1));
	tree_tell(t->report, "no property of /chosen is there twice", "Devicetree Specification 0.4, 2.2.4",
		  finding_of(count_properties(t, true) == 0, NULL, count_properties(t, true), 0));
}

/* ---- /chosen ---- */

static void check_command_line(struct told_by_tree *t)
{
	struct property line = chosen(t, "bootargs");
	uint64_t ends = 0;

	for (uint64_t i = 0; i < line.size; i++)
		ends += line.at[i] == '\0';
	tree_tell(t->report, "bootargs is one text", CHOSEN,
		  finding_of(ends == 1 && line.at[line.size - 1] == '\0', "bytes of 0", ends, 1));
}

/* `probe.ramdisk=SIZE,SUM` on the command line; false where it tells nothing. */
static bool told_ramdisk(const struct told_by_tree *t, uint64_t told[2])
{
	static const char word[] = "probe.ramdisk=";
	struct property line = chosen(t, "bootargs");
	size_t matched = 0, which = 0;

	told[0] = told[1] = 0;
	for (uint64_t i = 0; i < line.size; i++) {
		uint8_t c = line.at[i];

		if (matched < sizeof(word) - 1) {
			matched = c == (uint8_t)word[matched] ? matched + 1 : c == 'p';
			continue;
		}
		if (c == ',' && which == 0)
			which = 1;
		else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
			told[which] = told[which] << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		else
			return true;
	}
	return matched == sizeof(word) - 1;
}

static void check_initrd(struct told_by_tree *t)
{
	struct property start = chosen(t, "linux,initrd-start"), end = chosen(t, "linux,initrd-end");
	uint64_t told[2], size = t->initrd.end - t->initrd.start;
	bool knows = told_ramdisk(t, told);

	tree_tell(t->report, "the initrd has a start and an end, or neither", CHOSEN,
		  finding_of((start.at == NULL) == (end.at == NULL), NULL, start.size, end.size));
	tree_tell(t->report, "both are numbers of 4 or 8 bytes, the end above the start", CHOSEN,
		  start.at == NULL ? finding_skipped("no initrd")
				   : finding_of((start.size == 4 || start.size == 8) &&
						    (end.size == 4 || end.size == 8) && t->initrd.start < t->initrd.end,
						NULL, t->initrd.start, t->initrd.end));
	tree_tell(t->report, "the initrd has the size of its file", CHOSEN,
		  knows ? finding_of(size == told[0], NULL, size, told[0]) : finding_skipped("nobody told it"));
	tree_tell(t->report, "the initrd arrived whole", CHOSEN,
		  knows && told[0] != 0
		      ? finding_of(tree_print(t, t->initrd) == told[1], NULL, tree_print(t, t->initrd), told[1])
		      : finding_skipped("nobody told it"));
}

static struct finding width(const struct told_by_tree *t, const char *name, uint64_t wanted)
{
	uint64_t size = chosen(t, name).size;

	return finding_of(size == wanted, "bytes of it", size, wanted);
}

/* @least: bytes; of zeros it is no seed. Without one the kernel does without. */
static struct finding seed(const struct told_by_tree *t, const char *name, uint64_t least, uint64_t most)
{
	struct property property = chosen(t, name);
	unsigned int any = 0;

	if (property.at == NULL)
		return finding_skipped("there is none");
	for (uint64_t i = 0; i < property.size; i++)
		any |= property.at[i];
	return finding_of(any != 0 && property.size >= least && property.size <= most, "bytes of it", property.size,
			  least);
}

static void check_uefi(struct told_by_tree *t)
{
	const uint8_t *table = t->system_table;
	struct property secure = chosen(t, "linux,uefi-secure-boot");

	tree_tell(t->report, "linux,uefi-system-table has 64 bits", UEFI_RST, width(t, "linux,uefi-system-table", 8));
	tree_tell(t->report, "it leads to the EFI system table", "UEFI 2.10, 4.3.1",
		  finding_of(table != NULL && little(table, 8) == UINT64_C(0x5453595320494249), NULL,
			     table == NULL ? 0 : little(table, 8), UINT64_C(0x5453595320494249)));
	tree_tell(t->report, "linux,uefi-mmap-start has 64 bits", UEFI_RST, width(t, "linux,uefi-mmap-start", 8));
	tree_tell(t->report, "linux,uefi-mmap-size has 32 bits", UEFI_RST, width(t, "linux,uefi-mmap-size", 4));
	tree_tell(t->report, "linux,uefi-mmap-desc-size has 32 bits", UEFI_RST,
		  width(t, "linux,uefi-mmap-desc-size", 4));
	tree_tell(t->report, "linux,uefi-mmap-desc-ver has 32 bits", UEFI_RST, width(t, "linux,uefi-mmap-desc-ver", 4));
	tree_tell(t->report, "the descriptors' version is 1", DESCRIPTOR,
		  finding_of(number(chosen(t, "linux,uefi-mmap-desc-ver")) == 1, NULL,
			     number(chosen(t, "linux,uefi-mmap-desc-ver")), 1));
	tree_tell(t->report, "linux,uefi-secure-boot is unset, unknown, off or on",
		  "Linux include/linux/efi.h, efi_secureboot_mode",
		  finding_of(secure.size == 4 && number(secure) <= 3, "its value", number(secure), 3));
	tree_tell(t->report, "rng-seed has entropy", CHOSEN, seed(t, "rng-seed", 8, 4096));
	tree_tell(t->report, "kaslr-seed is 64 bits of entropy", CHOSEN, seed(t, "kaslr-seed", 8, 8));
}

/* ---- the memory map ---- */

static struct finding overlaps(const struct told_by_tree *t)
{
	struct told_memory a, b;

	for (size_t i = 0; tree_memory(t, i, &a); i++)
		for (size_t j = 0; j < i && tree_memory(t, j, &b); j++)
			if (a.start < b.end && b.start < a.end)
				return finding_of(false, "two descriptors from", a.start, b.start);
	return finding_of(true, NULL, 0, 0);
}

static struct finding runtime(const struct told_by_tree *t)
{
	struct told_memory memory;

	for (size_t n = 0; tree_memory(t, n, &memory); n++)
		if ((memory.attribute & RUNTIME) != 0 && memory.virtual_start != memory.start)
			return finding_of(false, "mapped to", memory.virtual_start, memory.start);
	return finding_of(true, NULL, 0, 0);
}

static void check_map(struct told_by_tree *t)
{
	tree_tell(t->report, "the UEFI memory map can be read, and has whole descriptors", DESCRIPTOR,
		  finding_of(t->map_at != NULL && t->map_size % t->desc_size == 0, "bytes, and of one", t->map_size,
			     t->desc_size));
	tree_tell(t->report, "it is aligned to 8 bytes", DESCRIPTOR,
		  finding_of(t->map.start % 8 == 0 && t->desc_size % 8 == 0, NULL, t->map.start, 0));
	tree_tell(t->report, "no two of its descriptors overlap", DESCRIPTOR, overlaps(t));
	tree_tell(t->report, "memory of runtime services is mapped where it lies, or as firmware was told",
		  "UEFI 2.10, 8.4, SetVirtualAddressMap; libstub/fdt.c", runtime(t));
}

/* ---- what firmware told of the machine ---- */

/* EFI_DTB_TABLE_GUID, UEFI 2.10, 4.6.1.2. */
static uint64_t firmwares_tree(const struct told_by_tree *t)
{
	static const uint8_t guid[16] = {0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41,
					 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0};
	uint64_t system = number(chosen(t, "linux,uefi-system-table"));
	const uint8_t *table = memory_of(t, system, 120);
	uint64_t count = table == NULL ? 0 : little(table + 104, 8);
	const uint8_t *entry = count == 0 || count > 1000 ? NULL : memory_of(t, little(table + 112, 8), 24 * count);

	for (uint64_t i = 0; entry != NULL && i < count; i++, entry += 24) {
		unsigned int n = 0;

		while (n < 16 && entry[n] == guid[n])
			n++;
		if (n == 16)
			return little(entry + 16, 8);
	}
	return 0;
}

static bool same_property(struct property a, struct property b)
{
	for (uint64_t i = 0; a.size == b.size && b.at != NULL && i < a.size; i++)
		if (a.at[i] != b.at[i])
			return false;
	return b.at != NULL && a.size == b.size;
}

static bool same_text(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return *a == *b;
}

/* The child of a node of ours that has the name of one of firmware's; 0: there is none. */
static uint32_t same_child(const struct dtb *ours, uint32_t inside, const char *name)
{
	const char *other;
	uint32_t child;

	do
		child = dtb_child(ours, &inside, &other);
	while (child != 0 && !same_text(name, other));
	return child;
}

/* How many of firmware's properties, outside of /chosen, are not in the same node of ours. */
static uint64_t count_lost(const struct dtb *firmwares, const struct dtb *ours)
{
	uint32_t at = dtb_node(firmwares, ""), inside[32], depth = 0, in_chosen = 0;
	struct token token;
	uint64_t lost = 0;

	inside[0] = dtb_node(ours, "");
	while (dtb_next(firmwares, &at, &token) && (token.kind != NODE_ENDS || depth != 0)) {
		if (token.kind == NODE_BEGINS && depth == 31)
			return UINT64_MAX;
		if (token.kind == NODE_BEGINS) {
			inside[depth + 1] = inside[depth] == 0 ? 0 : same_child(ours, inside[depth], token.name);
			depth++;
			in_chosen += depth == 1 && same_text(token.name, "chosen");
			lost += inside[depth] == 0;
		} else if (token.kind == NODE_ENDS) {
			in_chosen -= depth == 1 && in_chosen != 0;
			depth--;
		} else if (token.kind == PROPERTY && in_chosen == 0) {
			lost += !same_property((struct property){token.value, token.value_size},
					       dtb_property(ours, inside[depth], token.name));
		}
	}
	return lost;
}

static void check_machine(struct told_by_tree *t)
{
	static const char sentence[] = "all that firmware's own tree tells of the machine is in it";
	uint64_t at = firmwares_tree(t);
	struct dtb firmwares;

	dtb_open(&firmwares, &t->looking, at);
	if (firmwares.at == NULL || firmwares.broken != NULL || t->tree.broken != NULL)
		tree_tell(t->report, sentence, UEFI_RST, finding_skipped("firmware has none, or a broken one"));
	else
		tree_tell(t->report, sentence, UEFI_RST,
			  finding_of(count_lost(&firmwares, &t->tree) == 0, "nodes and properties that are not",
				     count_lost(&firmwares, &t->tree), 0));
}

void tree_check_all(struct told_by_tree *t)
{
	check_form(t);
	check_command_line(t);
	check_initrd(t);
	check_uefi(t);
	check_map(t);
	check_machine(t);
}
