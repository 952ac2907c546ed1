/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads \shape.txt; main.c has the list of its words. */
#include "shape.h"

struct wish wish;

bool is_word(const char **at, const char *word)
{
	const char *p = *at;

	for (; *word != '\0'; word++, p++)
		if (*p != *word)
			return false;
	while (*p == ' ')
		p++;
	*at = p;
	return true;
}

UINT64 number(const char **at, unsigned int base)
{
	UINT64 n = 0;

	for (;; (*at)++) {
		char c = **at;
		unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
				     : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10)
							    : 99;

		if (digit >= base)
			break;
		n = n * base + digit;
	}
	while (**at == ' ')
		(*at)++;
	return n;
}

/* Bytes of @out with its 0. */
static UINTN take_text(const char *line, CHAR16 *out, UINTN room)
{
	UINTN n = 0;

	for (; n < room - 1 && line[n] != '\0' && line[n] != '\n'; n++)
		out[n] = (CHAR16)line[n];
	out[n] = 0;
	return n == 0 ? 0 : (n + 1) * sizeof(CHAR16);
}

/* The longest name that stands there: OpenVolume begins with Open. */
static bool take_service(const char **at, enum service *service)
{
	const char *end = *at;

	for (unsigned int i = 0; i < N_SERVICES; i++) {
		const char *c = *at;

		if (is_word(&c, service_name[i]) && c > end) {
			end = c;
			*service = i;
		}
	}
	if (end == *at)
		return false;
	*at = end;
	return true;
}

static EFI_STATUS take_status(const char **at)
{
	static const struct {
		const char *word;
		EFI_STATUS status;
	} table[] = {
	    {"invalid-parameter", EFI_INVALID_PARAMETER},
	    {"unsupported", EFI_UNSUPPORTED},
	    {"buffer-too-small", EFI_BUFFER_TOO_SMALL},
	    {"not-ready", EFI_NOT_READY},
	    {"device-error", EFI_DEVICE_ERROR},
	    {"out-of-resources", EFI_OUT_OF_RESOURCES},
	    {"no-media", EFI_NO_MEDIA},
	    {"media-changed", EFI_MEDIA_CHANGED},
	    {"not-found", EFI_NOT_FOUND},
	    {"access-denied", EFI_ACCESS_DENIED},
	    {"aborted", EFI_ABORTED},
	    {"security-violation", EFI_SECURITY_VIOLATION},
	};

	for (UINTN i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_word(at, table[i].word))
			return table[i].status;
	return EFI_DEVICE_ERROR;
}

static bool take_kind(const char **at, enum fault_kind *kind)
{
	static const char *const word[] = {
	    [FAULT_ONCE] = "once", [FAULT_ALWAYS] = "always", [FAULT_NULL] = "null", [FAULT_LATE] = "late"};

	for (unsigned int i = FAULT_ONCE; i <= FAULT_LATE; i++)
		if (is_word(at, word[i])) {
			*kind = i;
			return true;
		}
	return false;
}

/* `fault once Read 3 device-error` */
static void read_fault(const char *line)
{
	struct fault f = {.kind = NO_FAULT};

	if (!take_kind(&line, &f.kind) || !take_service(&line, &f.service))
		return;
	f.k = (unsigned int)number(&line, 10);
	f.status = take_status(&line);
	wish.fault = f;
}

/* `sweep once device-error refuse`, or with the name of one service behind it */
static void read_sweep(const char *line)
{
	struct sweep *sweep = &wish.sweep[wish.n_sweeps];

	if (wish.n_sweeps == MAX_SWEEPS || !take_kind(&line, &sweep->fault.kind))
		return;
	if (sweep->fault.kind == FAULT_ONCE || sweep->fault.kind == FAULT_ALWAYS)
		sweep->fault.status = take_status(&line);
	sweep->refuse = is_word(&line, "refuse");
	if (!sweep->refuse)
		(void)is_word(&line, "enter");
	sweep->all = !take_service(&line, &sweep->fault.service);
	wish.n_sweeps++;
}

static bool read_flag(const char **line)
{
	static const struct {
		const char *word;
		bool *flag;
	} table[] = {
	    {"high-reads wrong", &wish.high_wrong},
	    {"high-reads fail", &wish.high_fail},
	    {"large-reads fail", &wish.large_fail},
	    {"small-reads fail", &wish.small_fail},
	    {"paths fail", &wish.paths_fail},
	    {"images none", &wish.images_none},
	    {"la57", &wish.la57},
	    {"leaks", &wish.leaks},
	    {"code", &wish.code},
	    {"meter", &wish.meter},
	    {"pass", &wish.pass},
	    {"keyboard ready", &wish.keyboard_ready},
	    {"descriptors shuffled", &wish.shuffled},
	    {"descriptors overlapping", &wish.overlapping},
	};

	for (UINTN i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_word(line, table[i].word)) {
			*table[i].flag = true;
			return true;
		}
	return false;
}

static void read_keys(const char *line)
{
	for (size_t i = 0; i < sizeof(wish.keys) - 1 && line[i] != '\0' && line[i] != '\n'; i++)
		wish.keys[i] = line[i];
}

static bool read_memory_wish(const char **line)
{
	if (is_word(line, "map"))
		(void)take_text(*line, wish.map_name, sizeof(wish.map_name) / sizeof(CHAR16));
	else if (is_word(line, "descriptors of"))
		wish.desc_size = (unsigned int)number(line, 10);
	else if (is_word(line, "fragments"))
		wish.fragments = (unsigned int)number(line, 10);
	else
		return false;
	return true;
}

static bool read_other_wish(const char **line)
{
	if (is_word(line, "tpm")) {
		read_tpm_wish(*line);
		return true;
	}
	if (!is_word(line, "exchange"))
		return false;
	wish.exchange_from = (unsigned int)number(line, 10);
	(void)take_text(*line, wish.exchanged, sizeof(wish.exchanged) / sizeof(CHAR16));
	return true;
}

static void read_wish(const char *line)
{
	if (read_flag(&line) || read_memory_wish(&line) || read_other_wish(&line))
		return;
	if (is_word(&line, "exit-fails")) {
		wish.exit_fails = (unsigned int)number(&line, 10);
	} else if (is_word(&line, "claims-fail")) {
		wish.claims_fail = (unsigned int)number(&line, 10);
	} else if (is_word(&line, "fault")) {
		read_fault(line);
	} else if (is_word(&line, "sweep")) {
		read_sweep(line);
	} else if (is_word(&line, "alternate")) {
		wish.alternate = true;
	} else if (is_word(&line, "keys")) {
		read_keys(line);
	} else if (is_word(&line, "way-back")) {
		wish.way_back = number(&line, 16);
	} else if (is_word(&line, "ramdisk")) {
		wish.ramdisk_at = number(&line, 16);
		wish.ramdisk_size = number(&line, 16);
	} else if (is_word(&line, "file")) {
		wish.file_size = take_text(line, wish.file, sizeof(wish.file) / sizeof(CHAR16));
	} else if (is_word(&line, "option")) {
		wish.option_size = take_text(line, wish.option, sizeof(wish.option) / sizeof(CHAR16));
	}
}

void read_wishes(EFI_FILE_HANDLE root)
{
	UINTN size;
	char *text = read_all(root, L"\\shape.txt", 4096, &size);

	if (text == NULL)
		return;
	text[size < 4096 ? size : 4095] = '\0';
	for (UINTN i = 0; i < size; i++)
		if (i == 0 || text[i - 1] == '\n')
			read_wish(text + i);
	bs->FreePool(text);
}
