/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words in which unit tests draw their world (given.h).
 * Nothing here knows a placement rule: that would be our output held against itself.
 */
#include "given.h"

#include "../../policy/situation.h"

struct world world;

/* ---- the map's text ---- */

static uint64_t read_size(const char **at)
{
	static const char suffix[] = "KMGT";
	char *end;
	uint64_t value = strtoull(*at, &end, 0);
	const char *unit = *end == '\0' ? NULL : strchr(suffix, *end);

	if (end == *at)
		fail_msg("a test's map has no number at \"%s\"", *at);
	if (unit != NULL) {
		value <<= 10 * (unit - suffix + 1);
		end++;
	}
	*at = end;
	return value;
}

struct name {
	const char *text;
	uint64_t value;
};

static const struct name types[] = {
    {"free", 7},   {"reserved", 0}, {"mmio", 11}, {"runtime", 6},     {"acpi", 9},     {"nvs", 10},
    {"loader", 2}, {"boot", 4},	    {"pmem", 14}, {"unaccepted", 15}, {"unusable", 8}, {"", 0},
};

static const struct name attributes[] = {
    {"sp", 0x40000},
    {"hotplug", 0x100000},
    {"reliable", 0x10000},
    {"", 0},
};

static bool named(const struct name *names, const char *word, size_t length, uint64_t *value)
{
	for (; names->text[0] != '\0'; names++)
		if (strlen(names->text) == length && strncmp(names->text, word, length) == 0) {
			*value = names->value;
			return true;
		}
	return false;
}

/* One "1M-3G free sp": its descriptor into @to; returns what follows. */
static const char *read_entry(const char *at, uint8_t *to)
{
	uint64_t start = read_size(&at), end, type = 7, attribute = 0xf;

	if (*at++ != '-')
		fail_msg("a test's map has no range at \"%s\"", at - 1);
	end = read_size(&at);
	while (*at == ' ') {
		const char *word = at + strspn(at, " ");
		size_t length = strcspn(word, " ,");
		uint64_t value;

		if (named(types, word, length, &value))
			type = value;
		else if (named(attributes, word, length, &value))
			attribute |= value;
		else
			fail_msg("a test's map has an unknown word at \"%s\"", word);
		at = word + length;
	}
	put_descriptor(to, (uint32_t)type, start, (end - start) / EFI_PAGE, attribute);
	return at + strspn(at, ", ");
}

static struct runs free_runs(struct range *run, size_t room, bool reliable)
{
	return (struct runs){run, memmap_free_runs(&world.map, reliable, run, room), room};
}

size_t raw_map(const char *text, uint8_t raw[GIVEN_ENTRIES * DESC_SIZE])
{
	size_t n = 0;

	while (*text != '\0' && n < GIVEN_ENTRIES)
		text = read_entry(text, raw + n++ * DESC_SIZE);
	return n;
}

void given_map(const char *text)
{
	uint8_t raw[GIVEN_ENTRIES * DESC_SIZE];
	size_t n = raw_map(text, raw);

	memset(&world, 0, sizeof(world));
	world.map = (struct memmap){world.entry, 0, GIVEN_ENTRIES};
	if (memmap_parse(&world.map, raw, n * DESC_SIZE, DESC_SIZE, &world.why) != OK)
		fail_msg("%s", world.why.text);
	world.free.all = free_runs(world.run, COUNT_OF(world.run), false);
	world.free.reliable = free_runs(world.reliable, COUNT_OF(world.reliable), true);
	world.cargo.command_line = "";
	given_kernel();
}

/* ---- the kernel and the wish ---- */

void given_kernel_fields(const struct kernel_fields *fields)
{
	uint8_t head[IMAGE_HEAD];

	kernel_head(fields, head);
	world.image = (struct image){.name = fields->name, .file_size = fields->file_size};
	if (formats_identify(&world.image, (struct bytes){head, sizeof(head)}, false, &world.why) != OK)
		fail_msg("a test's kernel is refused: %s", world.why.text);
	world.planned = false;
}

void given_initrd(uint64_t size)
{
	world.cargo.initrd_size = size;
	world.planned = false;
}

void given_handoff(uint64_t size)
{
	world.size[PART_HANDOFF] = size;
	world.planned = false;
}

void given_bounce(void)
{
	world.has_bounce = true;
	world.planned = false;
}

void given_kept_free(uint64_t size)
{
	world.conf.keep_free_below_4g = size;
	world.planned = false;
}

void given_command_line(const char *line)
{
	world.cargo.command_line = line;
	world.planned = false;
}

void given_placement(enum placement_policy policy, uint64_t at)
{
	world.wish = (struct wish){policy, true, at, 0};
	world.planned = false;
}

void given_window(uint64_t at, uint64_t end)
{
	world.wish = (struct wish){PLACE_WITHIN, true, at, end};
	world.planned = false;
}

void given_entropy(uint64_t entropy)
{
	world.has_entropy = true;
	world.entropy = entropy;
	world.planned = false;
}

/* Rules C9 and C13; what a plan kept out stays so until the next map. */
static enum status keep_out(void)
{
	static struct situation p;
	enum status status;

	p.image = world.image;
	p.cargo = world.cargo;
	p.survey.map = world.map;
	p.survey.free = world.free;
	status = situation_keep_out(&p, &world.why);
	world.map = p.survey.map;
	world.free = p.survey.free;
	world.found.mem_end = p.found.mem_end;
	return status;
}

/* What policy/situation.c does, but for the sizes that a test sets by hand. */
static enum status plan_world(void)
{
	struct plan_failure failure;
	enum status status;

	world.found.ram_start = memmap_ram_start(&world.map);
	world.found.resident_end = memmap_reserved_end(&world.map, world.found.ram_start);
	TRY(keep_out());
	TRY(world.image.protocol->demand(&world.image, &world.cargo, &world.found, world.request, &world.why));
	policy_own_parts(&world.conf, world.request);
	if (!world.has_bounce)
		world.request[PART_BOUNCE].size = 0;
	for (size_t i = 0; i < N_PARTS; i++) {
		struct request *r = &world.request[i];
		uint64_t size = world.size[i] != 0 ? world.size[i] : r->size;

		if (checked_align_up(size, EFI_PAGE, &r->size))
			return fail(&world.why, BAD_INPUT, "too large");
	}
	TRY(policy_apply(&world.wish, world.has_entropy ? &world.entropy : NULL, &world.image, world.cargo.command_line,
			 world.request, &world.why));
	status = plan_make(world.request, &world.free, &world.plan, &failure, NULL);
	if (status == OK)
		return OK;
	return explain_failure(status, world.request, &world.free, &world.map, &failure, &world.why);
}

static void plan_now(void)
{
	if (world.planned)
		return;
	memset(&world.why, 0, sizeof(world.why));
	world.status = plan_world();
	world.planned = true;
}

/* ---- what is expected ---- */

static const struct placement *placement_of(enum part part)
{
	plan_now();
	if (world.status != OK)
		fail_msg("no plan: %s", world.why.text);
	return &world.plan.part[part];
}

void expect_place(enum part part, uint64_t start)
{
	struct range at = placement_of(part)->at;

	if (range_is_empty(at))
		fail_msg("the %s has no place; expected %#" PRIx64, part_name(part), start);
	if (at.start != start || range_size(at) != world.request[part].size)
		fail_msg("the %s lies at %#" PRIx64 "-%#" PRIx64 "; expected %#" PRIx64 ", %#" PRIx64 " bytes",
			 part_name(part), at.start, at.end, start, world.request[part].size);
}

void expect_align(enum part part, uint64_t align)
{
	if (placement_of(part)->align != align)
		fail_msg("align of the %s is %#" PRIx64 "; expected %#" PRIx64, part_name(part),
			 placement_of(part)->align, align);
}

void expect_rule(enum part part, enum rule rule)
{
	if (placement_of(part)->by != rule)
		fail_msg("the %s was placed by rule %s; expected %s", part_name(part),
			 rule_row(placement_of(part)->by)->id, rule_row(rule)->id);
}

void expect_no_place(enum part part)
{
	struct range at = placement_of(part)->at;

	if (!range_is_empty(at))
		fail_msg("the %s lies at %#" PRIx64 "; expected no place", part_name(part), at.start);
}

void expect_refused(enum status status, enum rule rule)
{
	plan_now();
	if (world.status == OK)
		fail_msg("a plan was made, kernel at %#" PRIx64 "; expected a refusal by %s",
			 world.plan.part[PART_KERNEL].at.start, rule_row(rule)->id);
	if (world.status != status || world.why.status != status || world.why.rule != rule)
		fail_msg("refused with status %d (told: %d), rule %s; expected %d, %s\n%s", (int)world.status,
			 (int)world.why.status, rule_row(world.why.rule)->id, (int)status, rule_row(rule)->id,
			 world.why.text);
}

void expect_words(const char *words)
{
	plan_now();
	if (strstr(world.why.text, words) == NULL)
		fail_msg("the message lacks \"%s\":\n%s", words, world.why.text);
}

const struct request *requests_now(void)
{
	plan_now();
	return world.request;
}

void expect_bound(const char *name, struct bound bound, uint64_t value, enum rule by)
{
	if (bound.value != value || bound.by != by)
		fail_msg("%s is %#" PRIx64 " by %s; expected %#" PRIx64 " by %s", name, bound.value,
			 rule_row(bound.by)->id, value, rule_row(by)->id);
}

/* ---- boot_params ---- */

uint64_t get_le(const uint8_t *at, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

void given_told(struct told *t, const struct kernel_fields *fields)
{
	uint8_t head[IMAGE_HEAD];
	struct fail why;

	memset(t, 0, sizeof(*t));
	kernel_head(fields, head);
	memset(head + 0x202 + fields->jump, 0xaa, sizeof(head) - 0x202 - fields->jump);
	t->image = (struct image){.name = fields->name, .file_size = fields->file_size};
	assert_int_equal(formats_identify(&t->image, (struct bytes){head, sizeof(head)}, false, &why), OK);
	memset(x86_own(&t->image)->setup.header + x86_own(&t->image)->setup.header_size, 0xaa,
	       sizeof(x86_own(&t->image)->setup.header) - x86_own(&t->image)->setup.header_size);
	t->cargo = (struct cargo){.command_line = "root=/dev/vda1 quiet", .initrd_size = INITRD_SIZE};
	t->machine = (struct machine){
	    .system_table = UINT64_C(0x2bf123018), .rsdp = UINT64_C(0x1bfb7e014), .secure_boot = SECURE_BOOT_DISABLED};
	t->found = (struct findings){.map_room = 200, .map_desc_size = DESC_SIZE};
	t->plan.part[PART_KERNEL] = (struct placement){{KERNEL_AT, KERNEL_AT + MIB(52)}, MIB(2), C3};
	t->plan.part[PART_INITRD] = (struct placement){{INITRD_AT, INITRD_AT + MIB(1)}, EFI_PAGE, C3};
}

static void describe(struct told *t, uint8_t *at)
{
	t->handoff = (struct handoff){.block = {at, BLOCK_AT, 0}};
	t->image.protocol->describe(&t->image, &t->cargo, &t->plan, &t->machine, &t->found, &t->handoff);
}

void tell(struct told *t)
{
	uint8_t *memory;

	describe(t, NULL);
	t->size = t->handoff.block.used;
	memory = calloc(1, (size_t)t->size);
	assert_non_null(memory);
	describe(t, memory);
	assert_true(t->handoff.block.used == t->size);
	t->bp = t->handoff.boot_params.at;
	assert_ptr_equal(t->bp, memory + (t->handoff.boot_params.address - BLOCK_AT));
}

void forget(struct told *t)
{
	free(t->handoff.block.at);
}

void expect_field(const struct told *t, unsigned int offset, unsigned int width, uint64_t value)
{
	if (get_le(t->bp + offset, width) != value)
		fail_msg("boot_params[%#x] is %#" PRIx64 "; expected %#" PRIx64, offset, get_le(t->bp + offset, width),
			 value);
}

struct final_map *final_map(struct told *t, size_t n)
{
	struct final_map *final = &t->handoff.final;

	assert_true(final->room == t->found.map_room * t->found.map_desc_size);
	final->desc_size = t->found.map_desc_size;
	final->desc_version = 1;
	final->size = n * final->desc_size;
	assert_true(final->size <= final->room);
	return final;
}

void finish_with_pages(struct told *t, size_t n)
{
	struct final_map *final = final_map(t, n);

	for (size_t i = 0; i < n; i++)
		put_descriptor(final->descriptors + i * final->desc_size, 7, MIB(1) + i * 2 * EFI_PAGE, 1, 0xf);
	t->image.protocol->finish(&t->handoff, final);
}

/* ---- descriptors ---- */

static void put(uint8_t *at, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void put_descriptor(uint8_t *at, uint32_t type, uint64_t start, uint64_t pages, uint64_t attribute)
{
	memset(at, 0, 40);
	put(at, 4, type);
	put(at + 8, 8, start);
	put(at + 24, 8, pages);
	put(at + 32, 8, attribute);
}

/* ---- random numbers ---- */

struct dice dice_from_seed(const char *test)
{
	const char *text = getenv("SEED");
	uint64_t seed = text == NULL ? UINT64_C(0x8e57) : strtoull(text, NULL, 0);

	print_message("%s: SEED=%#" PRIx64 "\n", test, seed);
	return (struct dice){seed};
}

/* A program that goes through no more cases than these in all tries each. */
#define SMALL 3000

unsigned long share(void)
{
	const char *text = getenv("SHARE");
	unsigned long n = text == NULL ? 1 : strtoul(text, NULL, 0);

	return n == 0 ? 1 : n;
}

bool in_sample(void)
{
	static struct dice dice = {0x5a3b1e};
	static unsigned long n, seen;

	if (n == 0)
		n = share();
	return n == 1 || seen++ < SMALL || roll(&dice, (uint32_t)n) == 0;
}

unsigned long cases_or(unsigned long n)
{
	const char *text = getenv("CASES");

	return text == NULL ? n / share() : strtoul(text, NULL, 0);
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t roll64(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t roll(struct dice *dice, uint32_t below)
{
	return (uint32_t)((roll64(dice) >> 32) * below >> 32);
}

uint64_t roll_extreme(struct dice *dice)
{
	uint64_t value = roll64(dice) >> roll(dice, 64);

	if (roll(dice, 4) == 0)
		value = UINT64_MAX << roll(dice, 64);
	if (roll(dice, 4) == 0)
		value = UINT64_C(1) << roll(dice, 64);
	return roll(dice, 4) == 0 ? value - 1 : value;
}
