/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */

#include "known.h"

#include "../install/loader.h"
#include "authenticode.h"
#include "logtext.h"
#include "mapread.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATABASE_GUID "d719b2cb-3d3a-4596-a3bc-dad00e67656f" /* UEFI 2.10, 32.6.1 */
#define SHIM_GUID     "605dab50-e046-4300-abb6-3dd810dd8b23"
#define KERNELS_MAP   "/sys/firmware/memmap"
#define TPM	      "/sys/class/tpm/tpm0"
#define MOST_LOG      ((size_t)MIB(64))
#define MOST_LIST     ((size_t)MIB(1)) /* bytes of a variable of keys and sums; dbx has some 20 KiB */

static void drop(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.at);
}

/* ---- what the log tells beside memory ---- */

struct told {
	char booted[MAX_ENTRY_ID];
	bool placed, verified, measures;
};

static void learn_line(struct told *told, const char *line)
{
	const char *at = skip_prefix(line);

	if (!take(&at, "berth: "))
		return;
	if (take(&at, "boots ")) {
		*told = (struct told){.placed = false};
		snprintf(told->booted, sizeof(told->booted), "%s", at);
	} else if (take(&at, "facts ")) {
		told->placed = false; /* by an earlier map */
	} else if (take(&at, "place kernel ")) {
		told->placed = true;
	} else if (take(&at, "verified ")) {
		told->verified = true;
	} else if (take(&at, "measured ") || strstr(at, "it is not measured") != NULL) {
		told->measures = true;
	}
}

static void learn_log(struct told *told, struct bytes text)
{
	struct log_lines lines;

	skip_attributes(&text);
	log_lines_open(&lines, text);
	while (log_lines_next(&lines))
		learn_line(told, lines.line);
}

/* ---- memory ---- */

static enum status read_map(struct known *known, const char *path, struct told *told, struct fail *why)
{
	struct bytes text;
	enum status status;

	snprintf(known->name, sizeof(known->name), "%s", path);
	if (volume_is_folder(path)) {
		TRY(map_read(path, &known->map, why));
		known->has_map = true;
		return OK;
	}
	TRY(file_head(path, MOST_LOG, &text, NULL, why));
	status = map_read_text(path, (uint8_t *)(uintptr_t)text.at, text.size, &known->map, why);
	known->has_map = status == OK;
	if (status == OK && known->map.has_facts)
		learn_log(told, text);
	known->is_exact = told->placed;
	drop(text);
	return status;
}

/* The log of the loader that booted this system, or else what the kernel keeps of the map. */
static void find_map(struct known *known, struct told *told)
{
	char path[HOST_PATH];
	struct fail why;

	snprintf(path, sizeof(path), "%s/" BERTH_LOG, known->variables != NULL ? known->variables : "");
	if (known->variables != NULL && access(path, R_OK) == 0 && read_map(known, path, told, &why) == OK)
		return;
	if (access(KERNELS_MAP, R_OK) != 0 || read_map(known, KERNELS_MAP, told, &why) != OK)
		known->has_map = false;
}

static void doubt_map(struct known *known)
{
	const struct map_source *map = &known->map;

	if (!known->has_map)
		checked_say(&known->doubts, false, "the machine's memory, so nothing is planned");
	else if (!map->is_firmwares)
		checked_say(
		    &known->doubts, false,
		    "what firmware's boot services, and Berth itself, hold while Berth plans: it looks free in %s, "
		    "which is %s's view",
		    known->name, map->viewer);
	else if (!map->has_facts)
		checked_say(&known->doubts, false, "what Berth itself holds while it plans: %s is not its log",
			    known->name);
	else if (!known->is_exact)
		checked_say(&known->doubts, false,
			    "all of the memory: %s ends before a plan that was made on it, and may be cut off",
			    known->name);
	if (known->has_map && map->incomplete[0] != '\0')
		checked_say(&known->doubts, false, "all of the memory: of %s a part may be missing, as %s", known->name,
			    map->incomplete);
	if (known->has_map && !map->has_facts)
		checked_say(&known->doubts, false,
			    "the CPU's paging and firmware's source of entropy, as that log tells them");
	if (known->has_map && map->tree_size != 0)
		checked_say(&known->doubts, false, "what firmware's device tree reserves, which is not in the log");
}

/* ---- Secure Boot ---- */

static void find_secure_boot(struct known *known, const struct told *told)
{
	enum secure_state state =
	    known->variables != NULL ? variables_secure_boot(known->variables) : SECURE_STATE_UNKNOWN;

	known->secure_boot = SECURE_BOOT_DISABLED;
	if (state == SECURE_STATE_ON || (state == SECURE_STATE_UNKNOWN && told->verified))
		known->secure_boot = SECURE_BOOT_ENABLED;
	else if (state == SECURE_STATE_UNKNOWN && !told->placed)
		checked_say(&known->doubts, false, "whether Secure Boot is on, which is taken as off");
	known->measures = told->measures || (!told->placed && known->variables != NULL && access(TPM, F_OK) == 0);
}

static bool list_has(const struct known *known, const char *name, const uint8_t sum[SHA256_SIZE])
{
	char path[HOST_PATH];
	struct bytes list;
	struct fail why;
	bool has;

	snprintf(path, sizeof(path), "%s/%s", known->variables != NULL ? known->variables : "", name);
	if (known->variables == NULL || file_head(path, MOST_LIST, &list, NULL, &why) != OK)
		return false;
	has = memmem(list.at, list.size, sum, SHA256_SIZE) != NULL;
	drop(list);
	return has;
}

bool known_may_trust(const struct known *known, struct bytes program)
{
	uint8_t sum[SHA256_SIZE];
	struct loader loader;

	if (!loader_read(program, &loader) || !authenticode_sum(program, sum))
		return false;
	if (list_has(known, "dbx-" DATABASE_GUID, sum) || list_has(known, "MokListXRT-" SHIM_GUID, sum))
		return false;
	return loader.has_signature || list_has(known, "db-" DATABASE_GUID, sum) ||
	       list_has(known, "MokListRT-" SHIM_GUID, sum);
}

/* ---- all of it ---- */

enum status known_open(struct known *known, const struct known_options *options, struct fail *why)
{
	struct told told = {.placed = false};

	memset(known, 0, sizeof(*known));
	if (options->variables != NULL)
		known->variables = options->variables;
	else if (!options->is_elsewhere && access(EFIVARS_FOLDER, R_OK) == 0)
		known->variables = EFIVARS_FOLDER;
	known->is_silent = options->memmap != NULL ? strcmp(options->memmap, "none") == 0 : options->is_elsewhere;
	if (options->memmap != NULL && !known->is_silent)
		TRY(read_map(known, options->memmap, &told, why));
	else if (!known->is_silent)
		find_map(known, &told);
	snprintf(known->booted, sizeof(known->booted), "%s", told.booted);
	doubt_map(known);
	find_secure_boot(known, &told);
	return OK;
}

void known_close(struct known *known)
{
	said_free(&known->doubts);
	if (known->has_map)
		map_source_free(&known->map);
}
