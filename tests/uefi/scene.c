/* SPDX-License-Identifier: BSD-2-Clause */
#include "scene.h"

#include "../sim/bench.h"

#include <efi.h>

void scene_put(const char *path, const uint8_t *bytes, size_t size)
{
	sim.file[sim.n_files++] = (struct sim_file){path, size, bytes, size};
}

void scene_put_text(const char *path, const char *text)
{
	scene_put(path, (const uint8_t *)text, strlen(text));
}

void scene_run(const char *name)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	sim_end();
}

/* boot.rst, cmd_line_ptr: with its NUL. */
struct scene_sweep scene_sweep(const uint64_t *fault, size_t n_faults, void (*given)(void),
			       bool (*went_well)(unsigned int call, uint64_t fault))
{
	struct scene_sweep sweep = {0};

	for (size_t f = 0; f < n_faults; f++)
		for (unsigned int k = 0; k == 0 || k <= sweep.calls; k++) {
			if (k != 0 && !in_sample())
				continue;
			given();
			sim.fail_call = k;
			uefi.fault = fault[f];
			scene_run("a fault");
			sweep.calls = k == 0 ? outcome.calls : sweep.calls;
			*(went_well(k, fault[f]) ? &sweep.well : &sweep.not_well) += 1;
		}
	print_message("calls %u, went well %u, did not %u\n", sweep.calls, sweep.well, sweep.not_well);
	return sweep;
}

void scene_expect_told(const char *wanted)
{
	const uint8_t *params;
	const char *line;

	snprintf(bench.name, sizeof(bench.name), "%s", wanted);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("%s: %s", bench.name, outcome.why.text);
	params = sim_memory(outcome.argument, EFI_PAGE);
	line = (const char *)sim_memory(load_le(params + 0x228, 4), strlen(wanted) + 1);
	if (line == NULL || strcmp(line, wanted) != 0)
		fail_msg("the kernel is told \"%s\", not \"%s\"", line, wanted);
	sim_end();
}

bool scene_failed_in(const char *service)
{
	return strcmp(uefi_service_name(uefi_report.service), service) == 0;
}

unsigned int scene_said(const char *words)
{
	unsigned int n = 0;

	for (const char *at = uefi_report.console; (at = strstr(at, words)) != NULL; at++)
		n++;
	return n;
}

static bool said_and_entered(void (*given)(void), unsigned int call, unsigned int pool, const char *words)
{
	given();
	sim.fail_call = call;
	uefi.fault = EFIERR(7);
	uefi.pools = pool;
	scene_run(words);
	if (scene_said(words) == 0)
		return false;
	if (!outcome.entered)
		fail_msg("call %u, pool %u: %s, and nothing boots: %s", call, pool, words, outcome.why.text);
	return true;
}

unsigned int scene_said_at_failing_calls(void (*given)(void), const char *words)
{
	unsigned int told = said_and_entered(given, 0, 0, words), calls = outcome.calls;

	for (unsigned int k = 1; k <= calls; k++)
		told += said_and_entered(given, k, 0, words);
	return told;
}

unsigned int scene_said_without_memory(void (*given)(void), const char *words)
{
	unsigned int told = said_and_entered(given, 0, 0, words), pools = uefi_report.pools;

	for (unsigned int k = 1; k <= pools; k++)
		told += said_and_entered(given, 0, k, words);
	return told;
}

void scene_expect(const char *words, unsigned int n)
{
	if (scene_said(words) != n)
		fail_msg("%s: \"%s\" stands there %u times, not %u:\n%s", bench.name, words, scene_said(words), n,
			 uefi_report.console);
}

void scene_ids(char *out, size_t room)
{
	const struct uefi_variable *entries = uefi_variable("LoaderEntries");
	size_t n = 0;

	assert_non_null(entries);
	for (; n < entries->size / 2 && n + 1 < room; n++)
		out[n] = entries->value[2 * n] == 0 ? ' ' : (char)entries->value[2 * n];
	out[n] = '\0';
}
