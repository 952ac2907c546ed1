/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists that people write: generous in numbers, names and separators, exact in their edges, and every slip is told by
 * file and line. Fuzz: whatever stands in a text, reading it ends with a map that holds or with a sentence.
 */
#include "given_maps.h"

/* ---- lists ---- */

static void ends_are_half_open_and_sizes_are_sizes(void **state)
{
	(void)state;
	read_text("0-640K free\n640K-1M reserved\n0x100000-3G free\n3G+1G mmio\n4GiB - 6G free\n0x2p+4096 pmem\n");
	expect_kind("list", true);
	expect_map("0-a0000:7 a0000-100000:0 100000-c0000000:7 c0000000-100000000:11 100000000-180000000:7 "
		   "8000000000000-8000000001000:14");
}

static void separators_and_comments_are_free(void **state)
{
	(void)state;
	read_text("# a map\n\n \t0x1000\t-  0x2000 ,\tfree,sp  # soft\r\n8192-12288,FREE hotplug, reliable\n"
		  "0x3000 + 4K type 7 attribute 0x10000\n   # end\n0x4000-0x5000 7\n0x5000-0x6000 type 0x80000000");
	expect_map("1000-2000:7:40000 2000-3000:7:110000 3000-4000:7:10000 4000-5000:7 5000-6000:2147483648");
}

static void every_word_is_known(void **state)
{
	static const struct word_value types[] = {
	    {"free", 7},
	    {"conventional", 7},
	    {"usable", 7},
	    {"available", 7},
	    {"ram", 7},
	    {"reserved", 0},
	    {"mmio", 11},
	    {"runtime", 6},
	    {"runtime-code", 5},
	    {"runtime-data", 6},
	    {"acpi", 9},
	    {"nvs", 10},
	    {"loader", 2},
	    {"loader-code", 1},
	    {"loader-data", 2},
	    {"boot", 4},
	    {"boot-code", 3},
	    {"boot-data", 4},
	    {"unaccepted", 15},
	    {"unusable", 8},
	    {"pmem", 14},
	    {"persistent", 14},
	    {"type 12", 12},
	    {"13", 13},
	    {"Boot Services Data", 4},
	    {"boot services  code", 3},
	    {"runtime services code", 5},
	    {"ACPI tables", 9},
	    {"acpi non-volatile", 10},
	    {"device registers", 11},
	    {"device ports", 12},
	    {"PAL code", 13},
	    {"persistent memory", 14},
	    {"EfiReservedMemoryType", 0},
	    {"EfiLoaderCode", 1},
	    {"EfiLoaderData", 2},
	    {"EfiBootServicesCode", 3},
	    {"EfiBootServicesData", 4},
	    {"EfiRuntimeServicesCode", 5},
	    {"EfiRuntimeServicesData", 6},
	    {"EfiConventionalMemory", 7},
	    {"EfiUnusableMemory", 8},
	    {"EfiACPIReclaimMemory", 9},
	    {"EfiACPIMemoryNVS", 10},
	    {"EfiMemoryMappedIO", 11},
	    {"EfiMemoryMappedIOPortSpace", 12},
	    {"EfiPalCode", 13},
	    {"EfiPersistentMemory", 14},
	    {"EfiUnacceptedMemoryType", 15},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		char text[128], picture[64];

		snprintf(picture, sizeof(picture), "1000-3000:%u:50000", (unsigned int)types[i].value);
		snprintf(text, sizeof(text), "0x1000-0x3000 %s soft-reserved more reliable\n", types[i].word);
		read_text(text);
		expect_map(picture);
	}
	for (uint32_t type = 0; type <= MEMORY_UNACCEPTED; type++) {
		char text[128], picture[64];

		snprintf(picture, sizeof(picture), "1000-3000:%u", (unsigned int)type);
		snprintf(text, sizeof(text), "0x1000-0x3000 %s", memory_type_name(type));
		read_text(text);
		expect_map(picture);
	}
}

/* Free memory shrinks, other memory grows, and pieces of one kind join before that. */
static void off_a_page_edge_the_loaders_rounding_holds(void **state)
{
	(void)state;
	read_text(
	    "0x1800-0x4800 free\n0x4800-0x5100 reserved\n0x5100-0x6000 free\n0x8080-0x9000 free\n0x7000-0x8080 free\n"
	    "0xa000-0xa001 mmio\n0xb001-0xbfff free\n0xc800-0xd800 free sp\n");
	expect_map("2000-4000:7 4000-6000:0 7000-9000:7 a000-b000:11 c000-e000:7:40000");
}

static void at_the_end_of_64_bits_a_map_is_cut_to_whole_pages(void **state)
{
	(void)state;
	read_text("0xffffffffffffd000-0xffffffffffffffff free\n0xfffffffffffff000+4K reserved\n"
		  "0xffffffffffffc000+16K mmio\n0xffffffffffffb000-0xffffffffffffb001 free\n");
	expect_map("ffffffffffffc000-fffffffffffff000:11 ffffffffffffd000-fffffffffffff000:7");
}

static void a_slip_is_told_by_line(void **state)
{
	static const struct {
		const char *line, *words;
	} slip[] = {
	    {"1M-2M fere", "`fere` is not a type of memory\n  types: free, reserved"},
	    {"1M-2M", "`` is not a type"},
	    {"1M-2M free spp", "`spp` is not an attribute"},
	    {"1M-2M free attribute", "`attribute` is not an attribute"},
	    {"1M-2M free attribute 0xg", "`attribute` is not an attribute"},
	    {"1M-2M 4294967296", "`4294967296` is not a type"},
	    {"2M-1M free", "the end 0x100000 does not lie above the start 0x200000"},
	    {"2M-2M free", "START+SIZE"},
	    {"2M+0 free", "START+SIZE"},
	    {"0xfffffffffffff000+8K free", "START+SIZE"},
	    {"1M+0xffffffffffffffff free", "START+SIZE"},
	    {"1M free", "is not START-END TYPE"},
	    {"1M-2Mfree", "is not START-END TYPE"},
	    {"100000-a0000 free", "is not START-END TYPE"},
	    {"000000-100000 free", "is not START-END TYPE"},
	    {"0x10000000000000000-0x20000000000000000 free", "is not START-END TYPE"},
	    {"0-16E free", "is not START-END TYPE"},
	    {"-1-2 free", "is not START-END TYPE"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(slip); i++) {
		char text[128];

		snprintf(text, sizeof(text), "0-1M free\n# comment\n%s\n", slip[i].line);
		read_text(text);
		expect_bad(slip[i].words);
		expect_bad("map.txt:3: ");
		assert_null(strstr(reading.why.text, "known:"));
	}
	read_text("# nothing\n");
	expect_bad("map.txt: empty");
	read_text("hello\n");
	expect_bad("map.txt: no memory map that Berth knows\n  known: ");
	read_text("2026-11-20 12:00:00 hello\n");
	expect_bad("map.txt:1: `2026-11-20 12:00:00 hello` is not START-END TYPE");
	expect_bad("known: its own log");
}

/* ---- any text ---- */

static const char *const capture[] = {
    "ovmf-2022.11-6g.berth.txt", "ovmf-2022.11-6g.berth-refused.txt",	"ovmf-2022.11-6g.shell-utf16.txt",
    "ovmf-2022.11-6g.shell.txt", "ovmf-2022.11-6g.shell-sfo-utf16.txt", "ovmf-2022.11-6g.shell-console.txt",
    "ovmf-2022.11-6g.dmesg.txt", "ovmf-2022.11-6g.iomem.txt",		"firecracker-25g.dmesg.txt",
    "firecracker-25g.iomem.txt",
};

static const char list[] =
    "0-640K free\n640K - 1M reserved # vga\n1M+2G free sp\n3G-4G mmio\n4G-6G boot services data\n"
    "6G-7G type 7 attribute 0x10000\n7G-0x1fffff800 acpi\n8G-9G,free,hotplug\n";

static const char *const token[] = {"0xffffffffffffffff",
				    "FFFFFFFFFFFFFFFF",
				    "0x",
				    "-",
				    "\n",
				    "\r",
				    "\033[1;1H",
				    " ",
				    "berth: memory ",
				    "efi: mem00: [",
				    "]",
				    "|SP",
				    "\033]",
				    "BIOS-e820: ",
				    "\"",
				    "type 7",
				    "0"};

#define N_TEXTS (COUNT_OF(capture) + 1)
#define PIECE	1500

struct mutant {
	size_t size;
	uint8_t at[PIECE + 600];
};

static void insert(struct mutant *m, size_t at, const void *bytes, size_t size)
{
	if (m->size + size > sizeof(m->at))
		return;
	memmove(m->at + at + size, m->at + at, m->size - at);
	memcpy(m->at + at, bytes, size);
	m->size += size;
}

static void mutate(struct mutant *m, struct dice *dice)
{
	uint32_t at = roll(dice, (uint32_t)m->size), length = roll(dice, 40);
	const char *word = token[roll(dice, COUNT_OF(token))];
	uint8_t copy[40];

	if (length > m->size - at)
		length = (uint32_t)m->size - at;
	switch (roll(dice, 5)) {
	case 0:
		m->at[at] ^= (uint8_t)(1u << roll(dice, 8));
		break;
	case 1:
		m->at[at] = (uint8_t)roll(dice, 256);
		break;
	case 2:
		insert(m, at, word, strlen(word));
		break;
	case 3:
		memcpy(copy, m->at + at, length);
		insert(m, roll(dice, (uint32_t)m->size), copy, length);
		break;
	default:
		if (length < m->size) {
			memmove(m->at + at, m->at + at + length, m->size - at - length);
			m->size -= length;
		}
	}
}

static void expect_map_or_sentence(void)
{
	const struct map_source *source = &reading.source;

	if (reading.status != OK) {
		assert_int_equal(reading.status, BAD_INPUT);
		assert_memory_equal(reading.why.text, "map.txt:", 8);
		assert_null(source->map.entry);
		return;
	}
	assert_true(source->map.count > 0);
	for (size_t i = 0; i < source->map.count; i++) {
		struct range at = source->map.entry[i].at;

		assert_true(at.start < at.end && at.start % 4096 == 0 && at.end % 4096 == 0);
		assert_true(i == 0 || source->map.entry[i - 1].at.start <= at.start);
	}
	for (size_t i = 0; i < source->n_refused; i++)
		assert_true(source->refused[i].start <= source->refused[i].end);
	if (source->has_facts)
		assert_true(source->desc_size >= 40 && (source->levels == 4 || source->levels == 5));
}

static void any_text_is_a_map_or_a_sentence(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	char *text[N_TEXTS];
	size_t size[N_TEXTS], maps = 0;
	unsigned long cases = cases_or(100000);

	(void)state;
	for (size_t i = 0; i + 1 < N_TEXTS; i++)
		text[i] = capture_text(capture[i], &size[i]);
	text[N_TEXTS - 1] = strdup(list);
	size[N_TEXTS - 1] = strlen(list);
	for (unsigned long round = 0; round < cases; round++) {
		uint32_t which = roll(&dice, N_TEXTS), from;
		struct mutant m = {.size = size[which]};

		if (m.size > PIECE)
			m.size = 1 + roll(&dice, PIECE);
		from = roll(&dice, (uint32_t)(size[which] - m.size + 1));
		if (m.size > 2 && (text[which][1] == '\0' || (text[which][0] & 0x80) != 0))
			from &= ~1u; /* halves of UTF-16's characters are noise alone */
		memcpy(m.at, text[which] + from, m.size);
		for (uint32_t n = roll(&dice, 5); n > 0; n--)
			mutate(&m, &dice);
		read_bytes(m.at, m.size);
		expect_map_or_sentence();
		maps += reading.status == OK;
	}
	print_message("%zu of %lu were maps\n", maps, cases);
	assert_true(maps > cases / 20 && maps < cases - cases / 20);
	for (size_t i = 0; i < N_TEXTS; i++)
		free(text[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ends_are_half_open_and_sizes_are_sizes),
	    cmocka_unit_test(separators_and_comments_are_free),
	    cmocka_unit_test(every_word_is_known),
	    cmocka_unit_test(off_a_page_edge_the_loaders_rounding_holds),
	    cmocka_unit_test(at_the_end_of_64_bits_a_map_is_cut_to_whole_pages),
	    cmocka_unit_test(a_slip_is_told_by_line),
	    cmocka_unit_test(any_text_is_a_map_or_a_sentence),
	};

	return cmocka_run_group_tests_name("mapread: lists and any text", tests, NULL, NULL);
}
