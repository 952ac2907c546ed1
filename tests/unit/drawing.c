/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small reader of XML and of the little of SVG that the picture is made of. Widths of texts are estimated, on the
 * wide side: by DejaVu's letters.
 */
#include "drawing.h"

#include "../../base/utf8.h"

#define MOST_BYTES 200000
#define MOST_TEXTS 400

void given_drawing(struct drawing *d)
{
	memset(d, 0, sizeof(*d));
	d->picture = (struct picture){.title = "vmlinuz-6.1 on map.txt",
				      .map = &world.map,
				      .placed = d->placed,
				      .copies = &d->copies,
				      .content = d->content,
				      .refused = d->refused};
}

void place(struct drawing *d, enum part part, uint64_t start, uint64_t size, enum rule by)
{
	d->placed[part] = (struct placement){{start, start + size}, EFI_PAGE, by};
}

void refuse(struct drawing *d, const char *part, struct range run, enum rule by, const char *choice)
{
	struct refused *refused = &d->refused[d->picture.n_refused++];

	assert_true(d->picture.n_refused <= MOST_REFUSED);
	*refused = (struct refused){.run = run, .by = by};
	snprintf(refused->part, sizeof(refused->part), "%s", part);
	snprintf(refused->text, sizeof(refused->text), "refuse %s in 0x0-0x1 (1 bytes) for %s: rule C1", part, choice);
}

void hold(struct drawing *d, const char *name, uint64_t start, uint64_t size)
{
	d->content[d->picture.n_contents++] = (struct content){name, {start, start + size}};
}

/* ---- a reader of XML: tags in balance, nothing unescaped, no byte that XML forbids ---- */

static const char *read_entity(const char *at)
{
	static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strncmp(at, known[i], strlen(known[i])) == 0)
			return at + strlen(known[i]);
	fail_msg("an & that is none of XML's: %.40s", at);
	return NULL;
}

/* One attribute, name="value", after its space. */
static const char *read_attribute(const char *at)
{
	size_t name = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:0123456789");

	if (name == 0 || strncmp(at + name, "=\"", 2) != 0)
		fail_msg("no attribute: %.40s", at);
	for (at += name + 2; *at != '"';) {
		if (*at == '\0' || *at == '<')
			fail_msg("an attribute without end");
		at = *at == '&' ? read_entity(at) : at + 1;
	}
	return at + 1;
}

#define MOST_DEPTH 16

static const char *read_tag(const char *at, char stack[][16], size_t *depth)
{
	bool closes = at[1] == '/';
	size_t length = strspn(at + 1 + closes, "abcdefghijklmnopqrstuvwxyz0123456789");
	char name[16] = "";

	assert_in_range(length, 1, 15);
	memcpy(name, at + 1 + closes, length);
	at += 1 + closes + length;
	if (closes) {
		assert_true(*depth > 0);
		assert_string_equal(stack[--*depth], name);
		assert_true(*at == '>');
		return at + 1;
	}
	while (*at == ' ')
		at = read_attribute(at + 1);
	if (at[0] == '/' && at[1] == '>')
		return at + 2;
	assert_true(*at == '>');
	assert_true(*depth < MOST_DEPTH);
	memcpy(stack[(*depth)++], name, sizeof(name));
	return at + 1;
}

/* @at: behind a document's declaration. */
static void expect_xml(const struct drawing *d, const char *at)
{
	char stack[MOST_DEPTH][16];
	size_t depth = 0;

	assert_int_equal(strlen(d->svg), d->size);
	while (*at != '\0') {
		if (strncmp(at, "<![CDATA[", 9) == 0) {
			at = find(at, "]]>");
			assert_non_null(at);
			at += 3;
		} else if (*at == '<') {
			at = read_tag(at, stack, &depth);
			assert_true(depth > 0 || strcmp(at, "\n") == 0); /* one root */
		} else if (*at == '&') {
			at = read_entity(at);
		} else {
			uint32_t code;
			size_t length = utf8_next(at, (size_t)(d->svg + d->size - at), &code);

			if (length == 0 || (code < 0x20 && code != '\n') || code == 0xfffe || code == 0xffff)
				fail_msg("XML has no character %#x", code);
			at += length;
		}
	}
	assert_int_equal(depth, 0);
}

/* ---- a reader of SVG ---- */

const char *find(const char *at, const char *words)
{
	size_t length = strlen(words);

	for (; (at = strchr(at, words[0])) != NULL; at++)
		if (strncmp(at, words, length) == 0)
			return at;
	return NULL;
}

static double number(const char *tag, const char *end, const char *name)
{
	const char *at = find(tag, name);

	if (at == NULL || at > end)
		fail_msg("no%sin %.*s", name, (int)(end - tag), tag);
	return strtod(at + strlen(name), NULL);
}

static void unescape(char *text)
{
	static const char *const known[][2] = {
	    {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		for (char *at = text; (at = strstr(at, known[i][0])) != NULL; at++) {
			*at = known[i][1][0];
			memmove(at + 1, at + strlen(known[i][0]), strlen(at + strlen(known[i][0])) + 1);
		}
}

static double width_of(const char *text, double em)
{
	double width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80 ? em : 0; /* one for each character of UTF-8 */
	return width;
}

static void read_words(struct drawing *d)
{
	d->words = malloc(MOST_TEXTS * sizeof(*d->words));
	assert_non_null(d->words);
	for (const char *at = d->svg; (at = find(at, "<text ")) != NULL; at++) {
		const char *end = strchr(at, '>'), *stop = find(at, "</text>"), *mono = find(at, "mono");
		double size = number(at, end, " font-size=\""), x = number(at, end, " x=\""), width;
		struct words *words = &d->words[d->n_words++];
		const char *anchor = find(at, "text-anchor=\"");

		assert_true(d->n_words < MOST_TEXTS);
		snprintf(words->text, sizeof(words->text), "%.*s", (int)(stop - end - 1), end + 1);
		unescape(words->text);
		width = width_of(words->text, size * (mono != NULL && mono < end ? 0.603 : 0.56));
		if (anchor != NULL && anchor < end)
			x -= strncmp(anchor + 13, "end", 3) == 0 ? width : width / 2;
		words->left = x;
		words->right = x + width;
		words->top = number(at, end, " y=\"") - size * 0.76;
		words->bottom = words->top + size * 0.96;
	}
}

void draw(struct drawing *d)
{
	FILE *out = open_memstream(&d->svg, &d->size);

	assert_non_null(out);
	draw_svg(out, &d->picture);
	fclose(out);
	assert_in_range(d->size, 1000, MOST_BYTES);
	expect_xml(d, d->svg);
	read_words(d);
}

void expect_page(const struct drawing *d)
{
	static const char declaration[] = "<!DOCTYPE html>\n";

	assert_true(strncmp(d->svg, declaration, strlen(declaration)) == 0);
	expect_xml(d, d->svg + strlen(declaration));
}

void put_away(struct drawing *d)
{
	free(d->svg);
	free(d->words);
}

size_t find_words(const struct drawing *d, const char *text)
{
	for (size_t i = 0; i < d->n_words; i++)
		if (find(d->words[i].text, text) != NULL)
			return i;
	return d->n_words;
}

void expect_drawn(const struct drawing *d, const char *text)
{
	if (find_words(d, text) == d->n_words)
		fail_msg("nowhere in the picture: %s", text);
}

void expect_lines(const struct drawing *d)
{
	expect_drawn(d, "1 MiB (real mode)");
	expect_drawn(d, "16 MiB (ISA DMA)");
	expect_drawn(d, "4 GiB (DMA32)");
	expect_drawn(d, "64 TiB (4-level paging)");
}

/* A label's words follow one another: rule, name, size, where. */
static void expect_label(const struct drawing *d, const char *name, const struct placement *placed)
{
	char where[64];
	size_t i = 3;

	snprintf(where, sizeof(where), "0x%" PRIx64 "-0x%" PRIx64 "  align 4 KiB", placed->at.start, placed->at.end);
	while (i < d->n_words && (strcmp(d->words[i].text, where) != 0 || strcmp(d->words[i - 2].text, name) != 0))
		i++;
	if (i >= d->n_words)
		fail_msg("the %s has no label with %s", name, where);
	assert_string_equal(d->words[i - 3].text, rule_row(placed->by)->id);
	assert_string_equal(d->words[i - 1].text, size_words(range_size(placed->at)).at);
}

static void expect_placements(const struct drawing *d)
{
	for (unsigned int part = 0; part < N_PARTS; part++)
		if (!range_is_empty(d->placed[part].at))
			expect_label(d, part_name(part), &d->placed[part]);
}

static void expect_copies(const struct drawing *d)
{
	for (size_t i = 0; i < d->copies.n; i++) {
		const struct copy *c = &d->copies.copy[i];
		char where[96];

		snprintf(where, sizeof(where), "0x%" PRIx64 "-0x%" PRIx64 "  to 0x%" PRIx64, c->from, c->from + c->size,
			 c->to);
		if (copy_moves(c))
			expect_drawn(d, where);
	}
}

/* What there is a row for has its memory and its rule in it; for what there is no row, a line says how many. */
static void expect_refusals(const struct drawing *d)
{
	bool some_left_out = find_words(d, " more, which `--explain` lists") != d->n_words;

	for (size_t i = 0; i < d->picture.n_refused; i++) {
		const struct refused *r = &d->refused[i];
		char run[64];
		size_t at;

		snprintf(run, sizeof(run), "0x%" PRIx64 "-0x%" PRIx64, r->run.start, r->run.end);
		for (at = 0; at + 2 < d->n_words; at++)
			if (strcmp(d->words[at].text, run) == 0 &&
			    strcmp(d->words[at + 2].text, rule_row(r->by)->id) == 0)
				break;
		if (at + 2 >= d->n_words && !some_left_out)
			fail_msg("%s was refused by %s, and that is not in the picture", run, rule_row(r->by)->id);
	}
}

static void expect_legible(const struct drawing *d)
{
	const char *box = find(d->svg, "viewBox=\"0 0 ");
	double width = strtod(box + 13, NULL), height = strtod(strchr(box + 13, ' '), NULL);

	for (size_t i = 0; i < d->n_words; i++) {
		const struct words *a = &d->words[i];

		if (a->left < 0 || a->top < 0 || a->right > width || a->bottom > height)
			fail_msg("outside of the picture: %s", a->text);
		for (size_t k = 0; k < i; k++) {
			const struct words *b = &d->words[k];

			if (a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom)
				fail_msg("\"%s\" lies on \"%s\"", a->text, b->text);
		}
	}
}

/* Slices stand from the top down: each begins, in addresses and in pixels, where the one above it ended. */
static void expect_ascending(const struct drawing *d)
{
	uint64_t start = 0;
	double bottom = 0;
	bool first = true;

	for (const char *at = d->svg; (at = find(at, " data-start=\"")) != NULL; at++) {
		const char *rect = find(at, "<rect "), *end = strchr(rect, '>');
		double top = number(rect, end, " y=\""), height = number(rect, end, " height=\"");
		char *rest;
		uint64_t from = strtoull(at + 13, &rest, 16), to = strtoull(find(rest, "data-end=\"") + 10, NULL, 16);

		assert_true(from < to && height >= 11);
		assert_true(first || (to == start && top == bottom));
		start = from;
		bottom = top + height;
		first = false;
	}
	assert_true(!first && start == 0);
}

bool is_marked(const struct drawing *d, const char *title, uint64_t start)
{
	const char *mark = find(find(d->svg, title), "<rect "), *slice;
	double at = number(mark, strchr(mark, '>'), " y=\"") + 8, top;
	char words[64];

	snprintf(words, sizeof(words), " data-start=\"0x%" PRIx64 "\"", start);
	slice = find(find(d->svg, words), "<rect ");
	top = number(slice, strchr(slice, '>'), " y=\"");
	return at > top && at < top + number(slice, strchr(slice, '>'), " height=\"");
}

void expect_good(const struct drawing *d)
{
	expect_lines(d);
	if (d->picture.reason == NULL) {
		expect_placements(d);
		expect_copies(d);
	}
	expect_refusals(d);
	expect_legible(d);
	expect_ascending(d);
}

size_t count_of(const struct drawing *d, const char *text)
{
	size_t count = 0;

	for (const char *at = d->svg; (at = find(at, text)) != NULL; at++)
		count++;
	return count;
}
