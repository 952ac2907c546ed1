/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the files of efi/, the only ones that call firmware: gnu-efi's declarations, what they lack, and the one
 * state of the loader that lives outside a boot attempt.
 */
#ifndef BERTH_EFI_LOCAL_H
#define BERTH_EFI_LOCAL_H

#include <efi.h>

#include "../base/bytes.h"
#include "../base/gpt.h"
#include "../base/utf16.h"
#include "../config/entry.h"
#include "../config/interface.h"
#include "../config/keys.h"
#include "../loader/firmware.h"

/* Bytes of an EFI_FILE_INFO without its name; gnu-efi's own macro reads through a null pointer. */
#define FILE_INFO_SIZE offsetof(EFI_FILE_INFO, FileName)

struct efi_state {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *system;
	EFI_BOOT_SERVICES *boot;
	EFI_LOADED_IMAGE *loaded;
	EFI_HANDLE home;	   /* whose volume is the loader's own (home.h); NULL: the one that it came from */
	EFI_FILE_HANDLE root;	   /* of the volume that the loader came from; opened at the first use */
	struct fw_volume *volumes; /* the others */
	enum log_level log;
	bool log_file; /* loader.conf's `log-file` */
};

extern struct efi_state efi;

/* Firmware's status in words: "device error". */
const char *efi_status_words(EFI_STATUS status);
/* A table of firmware's, by its GUID; NULL when it has none. */
void *efi_table(const EFI_GUID *guid);
extern EFI_GUID efi_tree_guid; /* of a device tree */
/*
 * Memory for a table that the booted system reads when boot services are gone: the memory map keeps it for that long.
 * efi_free gives it back.
 */
EFI_STATUS efi_alloc_table(size_t size, void **table);
/* Has firmware list @table instead of what it had by that GUID, which is still the caller's to give back. */
EFI_STATUS efi_install_table(EFI_GUID *guid, void *table);
/* A service that reports success but returns no pointer has failed; some firmware does this. */
static inline EFI_STATUS efi_given(EFI_STATUS status, const void *pointer)
{
	return !EFI_ERROR(status) && pointer == NULL ? EFI_UNSUPPORTED : status;
}

/* ---- handles.c ---- */
extern EFI_GUID efi_block_io_guid, efi_device_path_guid, efi_esp_guid, efi_file_system_guid, efi_global_guid,
    efi_loaded_image_guid;
/* How many handles have this protocol, or there are at all (NULL); efi_free gives *handle back. None is no error. */
UINTN efi_handles_with(EFI_GUID *protocol, EFI_HANDLE **handle);
/* Offers all devices to all drivers. */
void efi_connect_all(void);

/* ---- console.c ---- */
void console_write(const char *utf8); /* "\n" ends a line; what the console has no character for becomes "?" */
void console_clear(void);
#define MOST_COLUMNS 1000 /* of a console; one with more is not believed */
#define MOST_ROWS    1000
void console_size(unsigned int *columns, unsigned int *rows);

/* ---- keyboard.c ---- */
/* Waits for a key at most @seconds (UINT32_MAX: for ever, but KEY_GONE where none can come); false when none came. */
bool console_key(uint32_t seconds, struct key_press *press);
/* Firmware may have other keyboards than before: they are looked for again at the next wait. */
void console_find_keyboards(void);
void console_pause(uint32_t seconds);
/* A key that was pressed before, which is taken; waits only for what belongs to one, behind Esc. */
bool console_key_pressed(struct key_press *press);

/* ---- volume.c ---- */
struct fw_volume {
	EFI_HANDLE device;
	EFI_FILE_HANDLE root; /* opened at the first use */
	struct fw_volume *next;
	char words[48]; /* what messages call it */
};
/* Another volume than the loader's own, until efi_forget_volumes; NULL when there is no memory for it. */
struct fw_volume *efi_volume(EFI_HANDLE device, const char *words);
void efi_forget_volumes(void);
void efi_forget_volume(void); /* the newest of them, which no entry is on */
EFI_HANDLE efi_device_of(const struct fw_volume *volume);
const char *efi_volume_words(const struct fw_volume *volume);
enum status efi_root(struct fw_volume *volume, EFI_FILE_HANDLE *root, struct fail *why) MUST_CHECK;
/* All of them, the loader's own as well; the next use opens one anew. */
void efi_close_volumes(void);

/* ---- file.c ---- */
/*
 * A whole small file, in pool memory that efi_free gives back, with a NUL after it. NOT_FOUND when there is none,
 * BAD_INPUT when it has more than @most bytes.
 */
enum status efi_read_file(struct fw_volume *volume, const char *path, uint64_t most, char **text, size_t *size,
			  struct fail *why) MUST_CHECK;
/* Calls @each for every file in a folder; stops at the first error. NOT_FOUND when there is no such folder. */
enum status efi_list_folder(struct fw_volume *volume, const char *path,
			    enum status (*each)(void *context, const char *name, struct fail *why), void *context,
			    struct fail *why) MUST_CHECK;
/* The same for every folder in it, "." and ".." too. */
enum status efi_list_folders(struct fw_volume *volume, const char *path,
			     enum status (*each)(void *context, const char *name, struct fail *why), void *context,
			     struct fail *why) MUST_CHECK;
/*
 * Gives a file another name in its folder; *is_written: and that is on the disk. Not OK: it has its old name, because
 * firmware refused, or the volume or the file is read-only.
 */
enum status efi_rename(struct fw_volume *volume, const char *path, const char *name, bool *is_written,
		       struct fail *why) MUST_CHECK;
/*
 * Opens a file on the volume that the loader came from, for reading and writing; @makes: where there is none, an empty
 * one is made. Fails as fw_open does, and is REFUSED when the volume or the file is read-only. fw_close closes it.
 */
enum status efi_open_to_write(const char *path, bool makes, struct fw_file **file, uint64_t *size,
			      struct fail *why) MUST_CHECK;
/* Writes @size bytes at @offset to the disk; after IO_ERROR any of them may be there. */
enum status efi_write(struct fw_file *file, uint64_t offset, const void *from, size_t size,
		      struct fail *why) MUST_CHECK;
/* Makes the file, or gives it these bytes and no others. Its folder must be there. */
enum status efi_write_file(const char *path, const char *bytes, size_t size, struct fail *why) MUST_CHECK;
void *efi_alloc(uint64_t size); /* pool memory; NULL when there is none */
void efi_free(void *memory);

/* ---- verify.c ---- */
extern EFI_GUID efi_shim_guid; /* of its protocol, and the vendor of its variables */
bool efi_has_shim(void);       /* the loader was started by it */

/* ---- variables.c ---- */
/* Shim's user may have switched its checks off: then it is. */
enum secure_boot efi_secure_boot(void);
bool efi_awaits_keys(void); /* it has no platform key, and takes keys from whoever writes them */
/* The load option string as UTF-8; false when there is none, or when it is not text. */
bool efi_load_option(char *out, size_t room);

/*
 * The Boot Loader Interface's own. @stays: over a reset; else for this boot. That one cannot be written or removed is
 * not told: nothing depends on it.
 */
bool efi_variable_exists(CHAR16 *name);
enum variable_state {
	VARIABLE_NONE,
	VARIABLE_READ,
	VARIABLE_BAD /* there may be one, but it cannot be read, or has more than *size bytes */
};
/* *size: the room at @to, and then how many bytes there are. */
enum variable_state efi_variable_read(CHAR16 *name, void *to, size_t *size);
/* The same of another vendor's. */
enum variable_state efi_variable_of(EFI_GUID *vendor, CHAR16 *name, void *to, size_t *size);
/* The digits in a name such as Boot000A, four of them; @ten: the letter that stands for ten. */
void efi_variable_number(CHAR16 *digits, uint16_t number, char ten);
void efi_variable_remove(CHAR16 *name);
void efi_variable_write(CHAR16 *name, const void *value, size_t size, bool stays);
/* In UTF-16, with its NUL; nothing when it is longer than a path. */
void efi_variable_write_text(CHAR16 *name, const char *utf8, bool stays);

/*
 * The log of this boot, in UTF-8 without a NUL. Its vendor is not the Boot Loader Interface but Berth: UEFI 2.10, 8.2,
 * has a GUID for each vendor so that their names do not clash, and systemd may give that name a meaning.
 */
enum variable_written { VARIABLE_WRITTEN, VARIABLE_TOO_LARGE, VARIABLE_REFUSED };
enum variable_written efi_variable_write_log(const char *text, size_t size);

/*
 * Which berth.sums this machine demands: none with a smaller version than *least; VARIABLE_NONE: it demands none. Only
 * what runs before a system does may change that. False: firmware refuses.
 */
enum variable_state efi_sums_demand(uint64_t *least);
bool efi_sums_keep(uint64_t least);
bool efi_sums_clear(void);

/* ---- device_path.c ---- */
#define EFI_GUID_TEXT 37 /* bytes with the NUL */
/* By its device path: a partition of a disk, or firmware's own memory and what QEMU hands over as its -kernel. */
enum origin { ORIGIN_OTHER, ORIGIN_PARTITION, ORIGIN_FIRMWARE };
enum origin efi_origin(EFI_HANDLE device);
void efi_show_guid(const uint8_t guid[16], char out[EFI_GUID_TEXT]); /* in capitals */
/* The GUID of the loader's own partition, in capitals; false when it has none. */
bool efi_partition(char out[EFI_GUID_TEXT]);
/* The URL that firmware fetched the loader from; false when it did not, or has one that is not printable ASCII (RFC
 * 3986). */
bool efi_own_url(char *out, size_t room);
/* Of a URL alone; and a copy of a handle's path. efi_free gives them back; NULL: no memory, or it has no path. */
EFI_DEVICE_PATH *efi_url_path(const char *url);
EFI_DEVICE_PATH *efi_path_copy(EFI_HANDLE handle);
/* The path of the loader's own file, with backslashes; false when firmware does not tell it, or it has none. */
bool efi_own_path(char *out, size_t room);
/*
 * The path of the disk that @device is a partition of, with room for the node of a partition, and where in the disk's
 * table that one stands. efi_free gives it back; NULL when it is no such partition, or there is no memory.
 */
EFI_DEVICE_PATH *efi_disk_path(EFI_HANDLE device, struct gpt_partition *partition);
/*
 * The path of the disc of which @device is an image that firmware boots (El Torito), and the disc's block that it
 * begins with. efi_free gives it back; NULL when it is none, or there is no memory.
 */
EFI_DEVICE_PATH *efi_disc_path(EFI_HANDLE device, uint64_t *start);
void efi_add_partition(EFI_DEVICE_PATH *disk, const struct gpt_partition *partition);
/* The number in the node that was added. */
void efi_number_partition(EFI_DEVICE_PATH *path, uint32_t number);
/* Which of a disk's partitions a device is, in a table of either kind; false when it is none with a GUID. */
bool efi_partition_guid(EFI_HANDLE device, uint8_t guid[16]);
/* The first 32 bits of that GUID, or the signature of the disk where it has an MBR; false when it is no partition. */
bool efi_partition_digits(EFI_HANDLE device, uint32_t *digits);
/* It is the device whose path these nodes are, without an end, or something on it; every device is below none. */
bool efi_is_below(EFI_HANDLE device, struct bytes nodes);
/* What a device is reached by, with a blank behind: "NVMe ", "USB "; empty when that is not known. */
const char *efi_disk_kind(EFI_HANDLE device);
/* The handle with this path that has @protocol; NULL when there is none. */
EFI_HANDLE efi_handle_at(const EFI_DEVICE_PATH *path, EFI_GUID *protocol);
/* The path of a file on the volume of this handle, from the device on; efi_free gives it back. */
enum status efi_file_path(EFI_HANDLE device, const char *path, EFI_DEVICE_PATH **out, struct fail *why) MUST_CHECK;

/* ---- hii.c ---- */
/* The language that the current keyboard's layout is for; false when firmware does not tell one. */
bool efi_keyboard_language(char out[LANGUAGE_TAG]);

/* ---- hart.c ---- */
/* The number of the RISC-V hart that runs this; false when firmware has no protocol that tells it. */
bool efi_boot_hart(uint64_t *hart);

/* ---- graphics.c ---- */
void efi_screen(struct screen *screen);

/* ---- log.c ---- */
/* Says what went wrong, but not that something is not there. */
void efi_say_unless_missing(enum status status, const struct fail *why);

#endif
