/* SPDX-License-Identifier: BSD-2-Clause */
#include "menus.h"

#include "../sim/bench.h"
#include "../unit/pe_file.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define PROGRAM "title P\nsort-key a\nefi /tools/p.efi\noptions root=/dev/sda2 quiet\n"

static struct pe_file program;

void menu_given(const char *conf, const char *keys)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", "title L\nlinux /vmlinuz\n", "", &debian);
	uefi = (struct uefi_setup){.fault = 0, .keys = keys};
	scene_put_text("\\loader\\loader.conf", conf);
	pe_file_begin(&program, PE_X64, 0);
	scene_put("\\tools\\p.efi", program.bytes, program.size);
	scene_put_text("\\loader\\entries\\p.conf", PROGRAM);
	scene_put_text("\\loader\\entries\\linux.conf", "title L\nlinux /vmlinuz\n");
}

void menu_run(const char *name)
{
	scene_run(name);
	assert_false(uefi_report.cursor_hidden);
	assert_int_equal(uefi_report.attribute, EFI_LIGHTGRAY);
}
