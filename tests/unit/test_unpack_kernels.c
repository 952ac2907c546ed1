/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debian's own kernels: what is packed inside of them comes out as the system's lz4 and zstd print it, an ELF file of
 * the length that stands behind it; read as a loader does, headers first, and as a whole.
 */
#include "packed.h"

/* boot.rst, "The Real-Mode Kernel Header": setup_sects, payload_offset, payload_length. */
#define SETUP_SECTS    0x1f1
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c

/* The payload of the kernel that scripts/fetch has; nothing when it cannot be had, as without a network. */
static struct blob given_payload(const char *suite)
{
	struct blob nothing = given_data(LOOK_ZEROS, 0), file, payload;
	char line[80];
	uint64_t at;

	snprintf(line, sizeof(line), "cat \"$(scripts/fetch kernel %s)/vmlinuz\" || :", suite);
	file = through(line, nothing);
	drop(&nothing);
	if (file.size < PAYLOAD_LENGTH + 4) {
		drop(&file);
		return nothing;
	}
	at = (file.at[SETUP_SECTS] + 1u) * 512 + load_le(file.at + PAYLOAD_OFFSET, 4);
	assert_true(at + load_le(file.at + PAYLOAD_LENGTH, 4) <= file.size);
	payload = blob_copy(file.at + at, load_le(file.at + PAYLOAD_LENGTH, 4));
	drop(&file);
	return payload;
}

static void expect_kernel(const char *suite, enum packing packing, const char *unpack)
{
	static const size_t steps[] = {SIZE_MAX, 1 << 20, 64};
	struct blob payload = given_payload(suite), without_length, data;
	struct kind kind = {packing, unpack, true};

	if (payload.size == 0)
		skip();
	assert_int_equal(packing_of((struct bytes){payload.at, payload.size}), packing);
	without_length = blob_copy(payload.at, payload.size - 4);
	data = through(unpack, without_length);
	assert_memory_equal(data.at,
			    "\x7f"
			    "ELF",
			    4);
	assert_int_equal(data.size, load_le(payload.at + payload.size - 4, 4));
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct caller caller = {.packed = payload, .piece = i == 0 ? 16 << 20 : 1 << 20};
		struct unpacked out = unpack_all(&kind, &caller, steps[i], data.size);

		if (out.status != OK)
			fail_msg("%s", out.why.text);
		assert_int_equal(out.size, data.size);
		assert_memory_equal(out.at, data.at, data.size);
		print_message("%s: %zu bytes of %s, %zu unpacked, steps of %zd: %lu bytes of memory\n", unpack,
			      payload.size, packing_name(packing), data.size, (ssize_t)steps[i], out.memory);
		forget_unpacked(&out);
	}
	drop(&data);
	drop(&without_length);
	drop(&payload);
}

static void debian_12s_kernel_comes_out_as_lz4_prints_it(void **state)
{
	(void)state;
	expect_kernel("", PACKED_LZ4_LEGACY, "lz4 -q -d -c");
}

static void debian_13s_kernel_comes_out_as_zstd_prints_it(void **state)
{
	(void)state;
	expect_kernel("trixie", PACKED_ZSTD, "zstd -q -d --long=27 -c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(debian_12s_kernel_comes_out_as_lz4_prints_it),
	    cmocka_unit_test(debian_13s_kernel_comes_out_as_zstd_prints_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
