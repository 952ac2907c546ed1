/* SPDX-License-Identifier: BSD-2-Clause */
/* Every reader of berth inspect, as text and as JSON, on a file that may be anything: none reads past its end. */
#include "fuzz.h"

#include "../../tools/inspect.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static bool (*const readers[])(struct inspection *) = {
    inspect_uki, inspect_bzimage, inspect_zboot, inspect_arm64, inspect_riscv, inspect_pe, inspect_elf, inspect_wrapper,
};

/* What is shown goes nowhere; libFuzzer speaks on standard error. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return freopen("/dev/null", "w", stdout) == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	FILE *file;

	if (size != 0)
		memcpy(bytes, data, size);
	file = fmemopen(bytes, size + 1, "rb");
	REQUIRE(file != NULL);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		for (int form = 0; form < 2; form++) {
			struct json json = {.out = stdout};
			struct inspection in = {.path = "fuzz", .file = file, .size = size};

			if (form == 1) {
				json_object(&json, NULL);
				in.json = &json;
			}
			if (readers[i](&in))
				REQUIRE(in.format != NULL);
			REQUIRE(in.base == 0 && in.size == size);
		}
	fclose(file);
	free(bytes);
	return 0;
}
