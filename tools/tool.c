/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void print_word(FILE *out, struct word word)
{
	while (word.length != 0) {
		char line[512];
		struct text text = TEXT(line);
		unsigned int columns = 100;
		size_t shown;

		line[0] = '\0';
		shown = word_show(&text, word, &columns);
		fputs(line, out);
		if (shown == 0)
			break;
		word.at += shown;
		word.length -= shown;
	}
}

void print_lines(FILE *out, const char *text, const char *indent)
{
	for (;;) {
		size_t length = strcspn(text, "\n");

		fputs(indent, out);
		print_word(out, (struct word){text, length});
		if (text[length] == '\0' || text[length + 1] == '\0')
			break;
		fputc('\n', out);
		text += length + 1;
	}
}

/* Names of files, and what files tell, are among the words. */
__attribute__((format(printf, 1, 0))) static void show_error(const char *format, va_list args)
{
	static char text[16384];

	(void)vsnprintf(text, sizeof(text), format, args);
	print_lines(stderr, text, "");
}

int complain(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("berth: ", stderr);
	va_start(args, format);
	show_error(format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

int misused(const struct command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "berth %s: ", command->name);
	va_start(args, format);
	show_error(format, args);
	va_end(args);
	fprintf(stderr, "\n  try: berth %s --help\n", command->name);
	return EXIT_USAGE;
}

static enum status read_stream(FILE *in, const char *path, size_t limit, struct bytes *head, struct fail *why)
{
	size_t room = limit < 65536 ? limit : 65536, got;
	uint8_t *at = malloc(room + 1);

	head->size = 0;
	while (at != NULL && (got = fread(at + head->size, 1, room - head->size, in)) != 0) {
		head->size += got;
		if (head->size == room && room < limit) {
			uint8_t *grown;

			room = room < limit / 2 ? 2 * room : limit;
			grown = realloc(at, room + 1);
			if (grown == NULL)
				free(at);
			at = grown;
		}
	}
	head->at = at;
	if (at == NULL)
		return fail(why, IO_ERROR, "%s: too large for this machine's memory", path);
	at[head->size] = 0; /* so that text ends */
	if (ferror(in)) {
		free(at);
		head->at = NULL;
		return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
	}
	return OK;
}

enum status file_head(const char *path, size_t limit, struct bytes *head, uint64_t *size, struct fail *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(path, "rb");
	struct stat stat;
	enum status status;

	*head = (struct bytes){NULL, 0};
	if (in == NULL)
		return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
	status = read_stream(in, path, limit, head, why);
	if (status == OK && size != NULL)
		*size = fstat(fileno(in), &stat) == 0 && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : head->size;
	if (!is_stdin)
		fclose(in);
	return status;
}

bool option_value(int argc, char **argv, int *i, const char *name, const char **value)
{
	size_t length = strlen(name);

	if (strncmp(argv[*i], name, length) != 0)
		return false;
	if (argv[*i][length] == '=') {
		*value = argv[*i] + length + 1;
		return true;
	}
	if (argv[*i][length] != '\0')
		return false;
	*value = *i + 1 < argc ? argv[++*i] : NULL;
	return true;
}

void print_wrapped(FILE *out, const char *label, const char *indent, const char *text)
{
	size_t width = strlen(indent), column = strlen(label);

	fprintf(out, "%s%*s", label, column < width ? (int)(width - column) : 1, "");
	column = column < width ? width : column + 1;
	for (bool first = true; *text != '\0'; first = false) {
		size_t length = strcspn(text, " ");

		if (!first && column + 1 + length > 100) {
			fprintf(out, "\n%s", indent);
			column = width;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)length, text);
		column += length;
		text += length + strspn(text + length, " ");
	}
	fputc('\n', out);
}

struct size_words align_words(uint64_t align)
{
	static const char unit[] = "KMGTPE";
	struct size_words words;
	size_t u = 0;

	align >>= 10;
	while (align % 1024 == 0 && align != 0 && unit[u + 1] != '\0') {
		align /= 1024;
		u++;
	}
	snprintf(words.at, sizeof(words.at), "%" PRIu64 " %ciB", align, unit[u]);
	return words;
}

bool wants_colour(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no_colour == NULL || no_colour[0] == '\0') && isatty(fileno(out)) &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}
