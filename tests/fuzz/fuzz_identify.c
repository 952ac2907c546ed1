/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a kernel's file: a kernel with its pieces in the file and a place that its demands can name, or a
 * sentence that begins with its name. What can only be read in order is read in order, whatever the bytes say.
 */
#include "fuzz.h"

#include "../unit/memory_source.h"

enum { PAYLOAD = 1, IN_ORDER = 2, FAILS = 4 };

static void check_kernel(const struct image *image, const struct memory_source *file)
{
	REQUIRE(image->protocol != NULL && image->protocol->demand != NULL && !image->protocol->is_wrapper);
	REQUIRE(image->n_pieces != 0 && image->n_pieces <= IMAGE_PIECES);
	for (size_t i = 0; i < image->n_pieces; i++) {
		const struct image_piece *piece = &image->piece[i];

		REQUIRE(piece->size <= piece->memory || piece->memory == 0);
		if (!image->in_one_piece && piece->size != 0)
			REQUIRE(piece->offset <= file->source.size && piece->size <= file->source.size - piece->offset);
	}
	REQUIRE(image->name == file->source.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	unsigned int how = (unsigned int)take_number(&input, 1);
	uint8_t *exact = malloc(input.size + 1);
	struct memory_source file;
	struct image image;
	struct fail why = {.text = ""};
	enum status status;

	memcpy(exact, input.at, input.size);
	memory_source_init(&file, "fuzz", (struct bytes){exact, input.size});
	file.source.in_order = (how & IN_ORDER) != 0;
	file.fail_at = (how & FAILS) != 0 ? 1 + (how >> 3) : 0;
	status = identify_memory(&image, &file, (how & PAYLOAD) != 0, &why);
	if (status == OK)
		check_kernel(&image, &file);
	else
		REQUIRE(strncmp(why.text, "fuzz", 4) == 0);
	REQUIRE(!file.source.in_order || !file.went_back || file.fail_at != 0);
	free(exact);
	return 0;
}
