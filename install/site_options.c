/* SPDX-License-Identifier: BSD-2-Clause */
#include "option.h"
#include "shell.h"
#include "site.h"

#include <stdio.h>
#include <string.h>

#define ORDER_NAME "BootOrder-" GLOBAL_GUID

/* What is read of a machine's options. */
struct options {
	const struct site *site;
	bool is_used[OPTION_NUMBER]; /* there is a Boot#### of this number */
	bool is_ours[OPTION_NUMBER]; /* and it starts a loader of ours on this partition */
	uint16_t native;	     /* it starts the native one */
	bool has_native;
	struct boot_order order;
	bool has_order, is_bad_order;
};

static void name_of(uint16_t number, char out[VARIABLE_NAME])
{
	snprintf(out, VARIABLE_NAME, "Boot%04X-%s", number, GLOBAL_GUID);
}

static void see_option(struct options *options, const char *name, uint16_t number)
{
	const struct site *site = options->site;
	struct loader_names names;
	struct variable option;
	struct fail why;

	options->is_used[number] = true;
	if (variable_read(site->variables, name, &option, &why) != OK)
		return; /* somebody else's */
	for (size_t i = 0; loader_names(i, &names); i++)
		if (option_starts((struct bytes){option.value, option.size}, &site->esp.partition.at, names.own)) {
			options->is_ours[number] = true;
			if (i == site->native && (!options->has_native || number < options->native)) {
				options->has_native = true;
				options->native = number;
			}
		}
}

static void see_variable(void *context, const char *name)
{
	char number_text[9];
	uint16_t number;

	if (strlen(name) != 8 + 1 + strlen(GLOBAL_GUID) || strcmp(name + 8, "-" GLOBAL_GUID) != 0)
		return;
	memcpy(number_text, name, 8);
	number_text[8] = '\0';
	if (option_number(number_text, &number))
		see_option(context, name, number);
}

static enum status read_options(const struct site *site, struct options *options, struct fail *why)
{
	struct variable order;
	enum status status;

	memset(options, 0, sizeof(*options));
	options->site = site;
	TRY(variables_list(site->variables, see_variable, options, why));
	status = variable_read(site->variables, ORDER_NAME, &order, why);
	options->has_order = status == OK;
	options->is_bad_order = status != NOT_FOUND &&
				(status != OK || !order_read((struct bytes){order.value, order.size}, &options->order));
	return OK;
}

/* Whether efibootmgr(8) speaks of these variables. */
static bool is_firmwares(const struct site *site)
{
	return strcmp(site->variables, EFIVARS_FOLDER) == 0;
}

/* "efibootmgr --bootorder 0001,0002", what brings an order back. */
static void order_line(const struct options *options, char *out, size_t room)
{
	struct text text = {out, room, 0};

	if (!is_firmwares(options->site)) {
		text_add(&text, "%s", options->site->remove_line);
		return;
	}
	if (!options->has_order || options->order.n == 0) {
		text_add(&text, "efibootmgr --delete-bootorder");
		return;
	}
	text_add(&text, "efibootmgr --bootorder ");
	for (size_t i = 0; i < options->order.n; i++)
		text_add(&text, "%s%04x", i == 0 ? "" : ",", options->order.at[i]);
}

static void plan_order(struct steps *steps, const struct options *options, const struct boot_order *order,
		       const char *what)
{
	char undo[2 * MEDIUM_PATH];

	_Static_assert(sizeof(undo) > 5 * ORDER_MOST + 64, "a line holds an order");
	order_line(options, undo, sizeof(undo));
	steps_variable(steps, ORDER_NAME, order_bytes(order), false, what, undo);
}

/* ---- adding ---- */

/*
 * The lowest number that is free; false when there is none. One that the order names already, although there is no such
 * option, has a place in it before others.
 */
static bool free_number(const struct options *options, uint16_t *number)
{
	for (uint32_t i = 0; i < OPTION_NUMBER; i++)
		if (!options->is_used[i] && !order_has(&options->order, (uint16_t)i)) {
			*number = (uint16_t)i;
			return true;
		}
	return false;
}

/* Elsewhere a variable is a file like any other. */
static void remove_line(const struct site *site, const char *name, char *out, size_t room)
{
	char path[MEDIUM_PATH + VARIABLE_NAME];
	struct text line = {out, room, 0};

	snprintf(path, sizeof(path), "%s/%s", site->variables, name);
	text_add(&line, "rm");
	shell_word(&line, path);
}

static enum status plan_new_option(struct site *site, struct steps *steps, const struct options *options,
				   uint16_t *number, struct fail *why)
{
	char name[VARIABLE_NAME], what[128], undo[2 * MEDIUM_PATH];
	uint8_t option[OPTION_MOST];
	struct loader_names names;
	size_t size;

	(void)loader_names(site->native, &names);
	size = option_make(option, "Berth", &site->esp.partition.at, names.own);
	if (size == 0 || !free_number(options, number))
		return fail(why, IO_ERROR, "%s: no number is free for one more boot option", site->variables);
	name_of(*number, name);
	snprintf(what, sizeof(what), "the boot option \"Berth\", which starts %s", names.own);
	if (is_firmwares(site))
		snprintf(undo, sizeof(undo), "efibootmgr --bootnum %04X --delete-bootnum", *number);
	else
		remove_line(site, name, undo, sizeof(undo));
	steps_variable(steps, name, (struct bytes){option, size}, false, what, undo);
	return OK;
}

static void plan_place_in_order(struct site *site, struct steps *steps, const struct options *options, uint16_t number)
{
	struct boot_order order = options->order;
	char what[64];

	if (options->is_bad_order) {
		steps_note(steps, "BootOrder cannot be read, and stays as it is: firmware's menu still has the option");
		return;
	}
	if (!order_put(&order, number, site->is_first)) {
		steps_note(steps, "BootOrder is full, and stays as it is: firmware's menu still has the option");
		return;
	}
	if (order.n == options->order.n && memcmp(order.at, options->order.at, 2 * order.n) == 0) {
		snprintf(what, sizeof(what), "Boot%04X is in the order already", number);
		steps_note(steps, "%s", what);
		return;
	}
	snprintf(what, sizeof(what), "Boot%04X %s", number, site->is_first ? "first of all" : "behind all others");
	plan_order(steps, options, &order, what);
}

enum status plan_option(struct site *site, struct steps *steps, struct fail *why)
{
	static struct options options;
	uint16_t number;

	if (site->variables == NULL)
		return OK;
	if (site->esp.partition.at.number == 0) {
		steps_note(steps,
			   "no boot option: nothing tells which partition of a disk %s is\n"
			   "  try: as root, on the mounted partition; or efibootmgr --create",
			   site->esp.name);
		return OK;
	}
	TRY(read_options(site, &options, why));
	number = options.native;
	if (!options.has_native)
		TRY(plan_new_option(site, steps, &options, &number, why));
	plan_place_in_order(site, steps, &options, number);
	return OK;
}

/* ---- taking out ---- */

enum status plan_remove_options(struct site *site, struct steps *steps, struct fail *why)
{
	static struct options options;
	struct boot_order order;
	char name[VARIABLE_NAME];

	if (site->variables == NULL)
		return OK;
	if (site->esp.partition.at.number == 0) {
		steps_note(steps, "boot options stay: nothing tells which partition of a disk %s is", site->esp.name);
		return OK;
	}
	TRY(read_options(site, &options, why));
	order = options.order;
	for (uint32_t i = 0; i < OPTION_NUMBER; i++)
		if (options.is_ours[i])
			order_drop(&order, (uint16_t)i);
	/* First of all, so that it never names an option that is gone. */
	if (options.has_order && !options.is_bad_order && order.n == 0 && options.order.n != 0)
		steps_remove_variable(steps, ORDER_NAME, "it named no other option", site->install_line);
	else if (!options.is_bad_order && order.n != options.order.n)
		plan_order(steps, &options, &order, "the order without Berth");
	for (uint32_t i = 0; i < OPTION_NUMBER; i++)
		if (options.is_ours[i]) {
			name_of((uint16_t)i, name);
			steps_remove_variable(steps, name, "a boot option for Berth", site->install_line);
		}
	return OK;
}
