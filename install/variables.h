/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's variables as Linux shows them, files of one folder: NAME-GUID, four bytes of attributes and the value.
 * Another folder with such files will do. Sources: Linux, Documentation/filesystems/efivarfs.rst, fs/efivarfs/file.c;
 * UEFI 2.10, 3.3 (global variables), 8.2 (attributes).
 */
#ifndef BERTH_INSTALL_VARIABLES_H
#define BERTH_INSTALL_VARIABLES_H

#include "../base/fail.h"

#define EFIVARS_FOLDER "/sys/firmware/efi/efivars"
#define VARIABLE_NAME  128  /* bytes of NAME-GUID, with the NUL */
#define VARIABLE_MOST  8192 /* bytes of a value that is read */
#define VARIABLE_KEPT  7    /* NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS */

#define GLOBAL_GUID "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER_GUID "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" /* systemd, docs/BOOT_LOADER_INTERFACE.md */

struct variable {
	uint32_t attributes;
	uint8_t value[VARIABLE_MOST];
	size_t size;
};

/* @name: NAME-GUID. NOT_FOUND; BAD_INPUT when it is larger than VARIABLE_MOST, or has no attributes; IO_ERROR. */
enum status variable_read(const char *folder, const char *name, struct variable *out, struct fail *why) MUST_CHECK;

/*
 * Replaces the value in one write, or makes the variable; only root may read it if it @is_secret. Linux marks most
 * variables immutable against mistakes: the mark is taken off first. IO_ERROR says why firmware or Linux refused it.
 */
enum status variable_write(const char *folder, const char *name, uint32_t attributes, struct bytes value,
			   bool is_secret, struct fail *why) MUST_CHECK;

/* OK as well when there is none. */
enum status variable_delete(const char *folder, const char *name, struct fail *why) MUST_CHECK;

/* The file names in the folder; IO_ERROR when it cannot be read. */
enum status variables_list(const char *folder, void (*each)(void *context, const char *name), void *context,
			   struct fail *why) MUST_CHECK;

enum variables_access { VARIABLES_NONE, VARIABLES_READ_ONLY, VARIABLES_WRITABLE };
enum variables_access variables_access(const char *folder);

enum secure_state { SECURE_STATE_UNKNOWN, SECURE_STATE_OFF, SECURE_STATE_ON };

/* UEFI 2.10, 32.3: on when SecureBoot is 1 and SetupMode 0. What is there and cannot be read counts as on. */
enum secure_state variables_secure_boot(const char *folder);

#endif
