/* SPDX-License-Identifier: BSD-2-Clause */
#include "interface.h"

#include "../sim/bench.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

void interface_given(const char *conf, const char *boots)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", boots, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
	scene_put_text("\\loader\\entries\\two.conf", TWO);
	scene_put_text("\\loader\\entries\\one.conf", ONE);
}

void interface_expect_boots(const char *name, const char *options)
{
	const uint8_t *params;
	const char *line;

	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
	params = sim_memory(outcome.argument, EFI_PAGE);
	line = (const char *)sim_memory(load_le(params + 0x228, 4), 16);
	if (line == NULL || strncmp(line, options, strlen(options)) != 0)
		fail_msg("%s: the kernel's command line is not %s but %s", name, options, line);
	sim_end();
}

void interface_expect_variable(const char *name, const char *text, uint32_t attributes)
{
	const struct uefi_variable *variable = uefi_variable(name);

	if (variable == NULL || !uefi_variable_says(name, text) || variable->attributes != attributes)
		fail_msg("%s: %s is not \"%s\" with attributes %u: %s", bench.name, name, text, attributes,
			 variable == NULL ? "there is none" : "it is another");
}

void interface_expect_none(const char *name)
{
	if (uefi_variable(name) != NULL)
		fail_msg("%s: there is a variable %s", bench.name, name);
}
