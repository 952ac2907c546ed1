/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as people have them: what is read is sorted, on page edges, and says what it was taken for. */
#include "fuzz.h"

#include "../../tools/mapread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *text = malloc(size + 1); /* exactly sized, and changed where it is UTF-16 */
	struct map_source source;
	struct fail why = {.text = ""};

	if (size != 0)
		memcpy(text, data, size);
	if (map_read_text("fuzz", text, size, &source, &why) != OK) {
		REQUIRE(why.text[0] != '\0');
	} else {
		REQUIRE(source.kind != NULL && source.map.count != 0);
		for (size_t i = 0; i < source.map.count; i++) {
			const struct memory *memory = &source.map.entry[i];

			REQUIRE(memory->at.start < memory->at.end);
			REQUIRE(memory->at.start % EFI_PAGE == 0 && memory->at.end % EFI_PAGE == 0);
			REQUIRE(i == 0 || memory[-1].at.start <= memory->at.start);
		}
		for (size_t i = 0; i < source.n_refused; i++)
			REQUIRE(source.refused[i].start <= source.refused[i].end);
	}
	map_source_free(&source);
	free(text);
	return 0;
}
