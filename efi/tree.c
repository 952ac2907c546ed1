/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware adds to device trees, and trees for what it starts. Source for both: systemd, src/boot/devicetree.c. */
#include "tree.h"

#include "interface.h"
#include "start.h"

#include "../base/mem.h"
#include "../loader/files.h"
#include "../loader/tree.h"

/* EFI_DT_FIXUP_PROTOCOL, revision 1.0: U-Boot doc/develop/uefi/uefi.rst, "Device-tree fix-up protocol". */
static EFI_GUID fixup_guid = {0xe617d64c, 0xfe08, 0x46da, {0xf4, 0xdc, 0xbb, 0xd5, 0x87, 0x0c, 0x73, 0x00}};

#define APPLY_FIXUPS   1u
#define RESERVE_MEMORY 2u /* of what the tree reserves; where Berth places the kernel the plan does that */

struct fixup_protocol {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *Fixup)(struct fixup_protocol *this, VOID *tree, UINTN *size, UINT32 flags);
};

/* The tree that is firmware's table for now, and the one before. */
static struct {
	void *tree, *before;
} given;

static bool fix(void *tree, uint64_t room, UINT32 flags)
{
	struct fixup_protocol *protocol = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&fixup_guid, NULL, (void **)&protocol);
	UINTN size = (UINTN)room;

	return !EFI_ERROR(efi_given(status, protocol)) && !EFI_ERROR(protocol->Fixup(protocol, tree, &size, flags));
}

bool fw_fix_tree(void *tree, uint64_t room)
{
	return fix(tree, room, APPLY_FIXUPS);
}

/* In memory that the kernel keeps until it has read the tree there. Firmware's additions may have gone wrong midway. */
static enum status install(const struct tree *tree, const struct tree_reader *reader, struct fail *why)
{
	uint64_t size = tree_total_size(tree->at), room = size + TREE_FIX_ROOM;
	void *at = NULL;
	struct tree fixed;
	EFI_STATUS status = efi.boot->AllocatePool(EfiACPIReclaimMemory, (UINTN)room, &at);
	enum status checked;

	status = efi_given(status, at);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "no memory for the device tree: %s", efi_status_words(status));
	memcpy(at, tree->at, (size_t)size);
	(void)fix(at, room, APPLY_FIXUPS | RESERVE_MEMORY);
	checked = reader->check(&fixed, "the device tree, as firmware has completed it,",
				(struct bytes){at, (size_t)room}, why);
	given.before = efi_table(&efi_tree_guid);
	if (checked == OK) {
		status = efi.boot->InstallConfigurationTable(&efi_tree_guid, at);
		if (EFI_ERROR(status))
			checked =
			    fail(why, IO_ERROR, "firmware does not take the device tree: %s", efi_status_words(status));
	}
	if (checked != OK) {
		efi_free(at);
		return checked;
	}
	given.tree = at;
	return OK;
}

/* What reads the tree's files may hang, and so may firmware's additions: once the program is known to be there. */
static enum status count_try(const struct entry *entry, struct fail *why)
{
	static char path[MAX_PATH_TEXT]; /* too large to be added to those on the stack */
	struct fw_file *file;
	uint64_t size;

	if (entry->kind == ENTRY_EFI) /* what is any program's is not counted */
		return OK;
	TRY(efi_path_of(entry, path, why));
	TRY(fw_open(entry->volume, path, &file, &size, why));
	fw_close(file);
	fw_trying(entry);
	return OK;
}

static enum status read_and_install(struct boot *b, const struct entry *entry, struct fail *why)
{
	const struct tree_reader *reader;
	struct tree tree;

	TRY(count_try(entry, why));
	TRY(boot_program_tree(b, entry, &reader, &tree, why));
	return install(&tree, reader, why);
}

enum status efi_give_tree(struct boot *b, const struct entry *entry, struct fail *why)
{
	enum status status;

	if (!entry_wants_tree(entry))
		return OK;
	if (!interface_takes_tree()) {
		fw_log(LOG_NORMAL, "devicetree ignored: this kernel does not use one");
		return OK;
	}
	boot_clear(b);
	TRY(fw_record(entry, &b->record, why));
	TRY(boot_may_give_tree(efi_secure_boot(), entry, b->record, why));
	status = read_and_install(b, entry, why);
	boot_close(b);
	boot_give_back(b);
	return status;
}

/* What firmware still points to, whatever it says, is not given back. */
void efi_take_tree_away(void)
{
	if (given.tree == NULL)
		return;
	efi.boot->InstallConfigurationTable(&efi_tree_guid, given.before);
	if (efi_table(&efi_tree_guid) != given.tree)
		efi_free(given.tree);
	given.tree = NULL;
}
