/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot options of firmware's for a loader on a partition, and the order of them: their bytes made, and changed. Pure.
 * Sources: UEFI 2.10, 3.1.3 and 3.3 (Boot####, BootOrder), 10.3.5 (media device paths).
 */
#ifndef BERTH_INSTALL_OPTION_H
#define BERTH_INSTALL_OPTION_H

#include "../config/load_option.h"

#define OPTION_MOST   4096 /* bytes of a Boot#### that is read or made; a larger one is somebody else's */
#define OPTION_PATH   256  /* characters of a file's path, with the NUL */
#define ORDER_MOST    1024 /* numbers in a BootOrder */
#define OPTION_NUMBER 0x10000

/*
 * Writes the option that starts @path, with backslashes, on @partition: active, and without bytes for the program.
 * Returns how many bytes of OPTION_MOST it takes; 0 when a text is too long for that.
 */
size_t option_make(uint8_t out[OPTION_MOST], const char *description, const struct path_partition *partition,
		   const char *path);

/* The option starts that file: the same partition, by signature, and the same path but for the case of ASCII. */
bool option_starts(struct bytes option, const struct path_partition *partition, const char *path);

/* Its description as UTF-8, cut where it does not fit; empty when it is no option. */
#define OPTION_WORDS 128
void option_words(struct bytes option, char out[OPTION_WORDS]);

/* BootOrder: numbers of options, the first of which firmware tries first. */
struct boot_order {
	uint16_t at[ORDER_MOST];
	size_t n;
};

/* False when the variable has half a number, or more of them than ORDER_MOST. */
bool order_read(struct bytes value, struct boot_order *order);
bool order_has(const struct boot_order *order, uint16_t number);
/* Puts it at the front, or, when it is not there, at the end. False, and nothing changed, when there is no room. */
bool order_put(struct boot_order *order, uint16_t number, bool first);
/* Takes each of this number out. */
void order_drop(struct boot_order *order, uint16_t number);
static inline struct bytes order_bytes(const struct boot_order *order)
{
	return (struct bytes){(const uint8_t *)order->at, 2 * order->n};
}

/* The number in "Boot0A1F", four digits of hexadecimal in capitals (3.1.2); false: it is another variable. */
bool option_number(const char *name, uint16_t *number);

#endif
