/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a loader in a firmware that misbehaves on demand, so that real firmware shows the rare cases of real
 * machines. It reads \shape.txt, a line a command, bends the services that the loader will call, starts \berth.efi
 * from memory, and tells on the console and on port 0xe9 what happened.
 *
 *	exit-fails N       the first N calls of ExitBootServices answer EFI_INVALID_PARAMETER
 *	claims-fail N      the first N AllocatePages(AllocateAddress) answer EFI_NOT_FOUND
 *	high-reads wrong   Read to above 4 GiB delivers other bytes and EFI_SUCCESS
 *	high-reads fail    Read to above 4 GiB answers EFI_DEVICE_ERROR, and the handle answers so ever after
 *	large-reads fail   Read of more than 1 MiB does the same
 *	small-reads fail   Read of more than 2 KiB does the same
 *	fragments N        N reserved pages with free pages between them, from 512 MiB on
 *	la57               five-level paging is on when the loader starts
 *	option TEXT        the load option string
 *	leaks              after the loader returned: compares its pages with those before, and counts open files
 *	ramdisk ADDR SIZE  the disk image at this address (hexadecimal, from QEMU's loader device) is the volume
 *	meter              marks the loader's start, and its time in Read, on port 0xe9
 *	pass               instead of starting the loader: marks the time of one pass of large reads, and ends QEMU
 */
#include <efi.h>

#include <stdbool.h>
#include <stddef.h>

#include "../../loader/mem.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static EFI_SYSTEM_TABLE *st;
static EFI_BOOT_SERVICES *bs;
static EFI_HANDLE self;
static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;
static EFI_GUID device_path_guid = DEVICE_PATH_PROTOCOL;

static struct {
	unsigned int exit_fails, claims_fail, fragments;
	bool high_wrong, high_fail, large_fail, small_fail, la57, leaks, meter, pass;
	UINT64 ramdisk_at, ramdisk_size;
	CHAR16 option[128];
	UINTN option_size;
} wish;

/* ---- telling ---- */

static void say(const char *text)
{
	CHAR16 wide[200];
	size_t i = 0;

	for (; text[i] != '\0' && i < 196; i++)
		wide[i] = (CHAR16)text[i];
	wide[i++] = '\r';
	wide[i++] = '\n';
	wide[i] = 0;
	st->ConOut->OutputString(st->ConOut, wide);
}

static void say_number(const char *text, UINT64 n)
{
	char line[128], digits[24];
	size_t used = 0, count = 0;

	for (; text[used] != '\0' && used < 100; used++)
		line[used] = text[used];
	do {
		digits[count++] = (char)('0' + n % 10);
	} while ((n /= 10) != 0);
	while (count > 0)
		line[used++] = digits[--count];
	line[used] = '\0';
	say(line);
}

static UINT64 now(void)
{
	UINT32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (UINT64)high << 32 | low;
}

/* A mark on port 0xe9: a letter and eight bytes; each costs one instruction under -icount. */
static void mark(char letter, UINT64 value)
{
	__asm__ volatile("outb %0, $0xe9" : : "a"(letter));
	for (int i = 0; i < 8; i++, value >>= 8)
		__asm__ volatile("outb %0, $0xe9" : : "a"((UINT8)value));
}

/* ---- bent services ---- */

static EFI_EXIT_BOOT_SERVICES real_exit;
static EFI_ALLOCATE_PAGES real_pages;
static EFI_ALLOCATE_POOL real_pool;
static EFI_FREE_PAGES real_free_pages;
static EFI_FREE_POOL real_free_pool;
static EFI_CLOSE_EVENT real_close_event;
static bool exiting;
static UINT64 read_ticks; /* spent in Read since the loader started */

static void forbidden(void)
{
	if (exiting)
		mark('F', 0); /* after the first ExitBootServices only GetMemoryMap may follow */
}

static EFI_STATUS EFIAPI bent_exit(EFI_HANDLE image, UINTN key)
{
	exiting = true;
	if (wish.meter)
		mark('R', read_ticks);
	else
		mark('E', wish.exit_fails);
	if (wish.exit_fails > 0) {
		wish.exit_fails--;
		return EFI_INVALID_PARAMETER;
	}
	return real_exit(image, key);
}

static EFI_STATUS EFIAPI bent_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, UINTN pages,
				    EFI_PHYSICAL_ADDRESS *address)
{
	forbidden();
	if (type == AllocateAddress && wish.claims_fail > 0) {
		wish.claims_fail--;
		return EFI_NOT_FOUND;
	}
	return real_pages(type, memory, pages, address);
}

static EFI_STATUS EFIAPI bent_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **out)
{
	forbidden();
	return real_pool(type, size, out);
}

static EFI_STATUS EFIAPI bent_free_pages(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
	forbidden();
	return real_free_pages(at, pages);
}

static EFI_STATUS EFIAPI bent_free_pool(VOID *at)
{
	forbidden();
	return real_free_pool(at);
}

static EFI_STATUS EFIAPI bent_close_event(EFI_EVENT event)
{
	forbidden();
	return real_close_event(event);
}

/* ---- bent files: every handle of the FAT driver has its own copy of the function pointers ---- */

static EFI_STATUS(EFIAPI *real_open_volume)(EFI_FILE_IO_INTERFACE *, EFI_FILE_HANDLE *);
static EFI_FILE_OPEN real_open;
static EFI_FILE_READ real_read;
static EFI_FILE_CLOSE real_close;
static EFI_FILE_HANDLE broken; /* a handle on which a read has failed */
static unsigned int open_files, opened_files;

static EFI_STATUS EFIAPI bent_read(EFI_FILE_HANDLE file, UINTN *size, VOID *to)
{
	bool high = (UINT64)(UINTN)to + *size > 0x100000000;
	UINT64 start = now();
	EFI_STATUS status;

	if (file == broken || (high && wish.high_fail) || (*size > 0x100000 && wish.large_fail) ||
	    (*size > 0x800 && wish.small_fail)) {
		broken = file;
		return EFI_DEVICE_ERROR;
	}
	status = real_read(file, size, to);
	if (high && wish.high_wrong && *size > 100)
		((UINT8 *)to)[99] ^= 0x40;
	read_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI bent_close(EFI_FILE_HANDLE file)
{
	open_files--;
	return real_close(file);
}

static EFI_STATUS EFIAPI bent_open(EFI_FILE_HANDLE root, EFI_FILE_HANDLE *file, CHAR16 *name, UINT64 mode,
				   UINT64 attributes)
{
	EFI_STATUS status = real_open(root, file, name, mode, attributes);

	if (!EFI_ERROR(status)) {
		if (*file == broken)
			broken = NULL;
		(*file)->Read = bent_read;
		(*file)->Open = bent_open;
		(*file)->Close = bent_close;
		open_files++;
		opened_files++;
	}
	return status;
}

static EFI_STATUS EFIAPI bent_open_volume(EFI_FILE_IO_INTERFACE *volume, EFI_FILE_HANDLE *root)
{
	EFI_STATUS status = real_open_volume(volume, root);

	if (!EFI_ERROR(status)) {
		real_open = (*root)->Open;
		real_read = (*root)->Read;
		real_close = (*root)->Close;
		(*root)->Open = bent_open;
		(*root)->Close = bent_close;
		open_files++;
	}
	return status;
}

static void bend(EFI_FILE_IO_INTERFACE *volume)
{
	real_exit = bs->ExitBootServices;
	real_pages = bs->AllocatePages;
	real_pool = bs->AllocatePool;
	real_free_pages = bs->FreePages;
	real_free_pool = bs->FreePool;
	real_close_event = bs->CloseEvent;
	real_open_volume = volume->OpenVolume;
	bs->ExitBootServices = bent_exit;
	bs->AllocatePages = bent_pages;
	if (!wish.meter) { /* nothing that costs the loader instructions while it is measured */
		bs->AllocatePool = bent_pool;
		bs->FreePages = bent_free_pages;
		bs->FreePool = bent_free_pool;
		bs->CloseEvent = bent_close_event;
	}
	volume->OpenVolume = bent_open_volume;
}

static void unbend(EFI_FILE_IO_INTERFACE *volume)
{
	bs->ExitBootServices = real_exit;
	bs->AllocatePages = real_pages;
	bs->AllocatePool = real_pool;
	bs->FreePages = real_free_pages;
	bs->FreePool = real_free_pool;
	bs->CloseEvent = real_close_event;
	volume->OpenVolume = real_open_volume;
}

/* ---- five-level paging ---- */

/*
 * Copied to a page below 4 GiB; rdi: that page. LA57 changes only with paging off, so in 32-bit code. At 0xf00: the
 * new top table's address; at 0xf80: a GDT; at 0xf08: where rsp is kept.
 */
__asm__(".pushsection .rodata\n"
	".code64\n"
	"la57_on: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	" pushfq; cli\n"
	" sub $16, %rsp; sgdt (%rsp)\n"
	" mov %ds, %ax; mov %ax, 0xf20(%rdi); mov %cs, %ax; mov %ax, 0xf24(%rdi)\n"
	" mov %rsp, 0xf08(%rdi)\n"
	" mov %rdi, %rbx\n"
	" lgdt 0xf40(%rdi)\n"
	" lea 0xf00(%rbx), %rsp\n"
	" pushq $8; lea (1f - la57_on)(%rbx), %rax; push %rax; lretq\n"
	".code32\n"
	"1: mov $0x18, %eax; mov %eax, %ds; mov %eax, %ss\n"
	" mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
	" mov %cr4, %eax; or $0x1000, %eax; mov %eax, %cr4\n"
	" mov 0xf00(%ebx), %eax; mov %eax, %cr3\n"
	" mov %cr0, %eax; or $0x80000000, %eax; mov %eax, %cr0\n"
	" lea (2f - la57_on)(%ebx), %eax; push $0x10; push %eax; lret\n"
	".code64\n"
	"2: mov %ebx, %ebx; mov 0xf08(%rbx), %rsp\n"
	" lgdt (%rsp); add $16, %rsp\n"
	" movzwl 0xf20(%rbx), %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss\n"
	" movzwl 0xf24(%rbx), %eax; push %rax; lea (3f - la57_on)(%rbx), %rax; push %rax; lretq\n"
	"3: popfq; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
	"la57_on_end:\n"
	".popsection\n");
extern const UINT8 la57_on[] __asm__("la57_on"), la57_on_end[] __asm__("la57_on_end");

static bool turn_la57_on(void)
{
	EFI_PHYSICAL_ADDRESS page = 0xffffffff;
	UINT64 cr3, cr4;
	UINT8 *code;

	if (EFI_ERROR(bs->AllocatePages(AllocateMaxAddress, EfiLoaderCode, 2, &page)))
		return false;
	code = (UINT8 *)(UINTN)page;
	memset(code, 0, 8192);
	memcpy(code, la57_on, (size_t)(la57_on_end - la57_on));
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	*(UINT64 *)(void *)(code + 4096) = (cr3 & ~(UINT64)0xfff) | 3;
	*(UINT64 *)(void *)(code + 0xf00) = page + 4096;
	*(UINT16 *)(void *)(code + 0xf40) = 31;
	*(UINT64 *)(void *)(code + 0xf42) = page + 0xf80;
	*(UINT64 *)(void *)(code + 0xf88) = 0x00cf9b000000ffff;
	*(UINT64 *)(void *)(code + 0xf90) = 0x00af9b000000ffff;
	*(UINT64 *)(void *)(code + 0xf98) = 0x00cf93000000ffff;
	((void (*)(UINT64))(UINTN)page)(page);
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	return (cr4 & 0x1000) != 0;
}

/* ---- a disk in memory, so that reading costs the same number of instructions every time ---- */

static EFI_STATUS EFIAPI ram_reset(EFI_BLOCK_IO *this, BOOLEAN extended)
{
	(void)this;
	(void)extended;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI ram_read(EFI_BLOCK_IO *this, UINT32 media, EFI_LBA block, UINTN size, VOID *to)
{
	const UINT8 *from = (const UINT8 *)(UINTN)wish.ramdisk_at + block * 512;
	UINTN words = size / 8;

	(void)this;
	(void)media;
	if (block * 512 + size > wish.ramdisk_size)
		return EFI_INVALID_PARAMETER;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI ram_write(EFI_BLOCK_IO *this, UINT32 media, EFI_LBA block, UINTN size, VOID *from)
{
	(void)this;
	(void)media;
	(void)block;
	(void)size;
	(void)from;
	return EFI_WRITE_PROTECTED;
}

static EFI_STATUS EFIAPI ram_flush(EFI_BLOCK_IO *this)
{
	(void)this;
	return EFI_SUCCESS;
}

static EFI_HANDLE make_ramdisk(void)
{
	static EFI_BLOCK_IO_MEDIA media = {.MediaPresent = TRUE, .ReadOnly = TRUE, .BlockSize = 512};
	static EFI_BLOCK_IO block_io = {.Revision = 0x00010000,
					.Media = &media,
					.Reset = ram_reset,
					.ReadBlocks = ram_read,
					.WriteBlocks = ram_write,
					.FlushBlocks = ram_flush};
	static UINT8 path[] = {1, 4, 20, 0, 0x62, 0x65, 0x72, 0x74, 0x68, 0,	0, 0,
			       0, 0, 0,	 0, 0,	  0,	0,    0,    0x7f, 0xff, 4, 0};
	EFI_PHYSICAL_ADDRESS at = wish.ramdisk_at;
	EFI_HANDLE handle = NULL;

	if (EFI_ERROR(bs->AllocatePages(AllocateAddress, EfiReservedMemoryType, wish.ramdisk_size / 4096 + 1, &at)))
		return NULL;
	media.LastBlock = wish.ramdisk_size / 512 - 1;
	if (EFI_ERROR(bs->InstallMultipleProtocolInterfaces(&handle, &block_io_guid, &block_io, &device_path_guid, path,
							    NULL)))
		return NULL;
	bs->ConnectController(handle, NULL, NULL, TRUE);
	return handle;
}

/* ---- files ---- */

static EFI_FILE_IO_INTERFACE *volume_of(EFI_HANDLE device)
{
	EFI_FILE_IO_INTERFACE *volume = NULL;

	bs->HandleProtocol(device, &file_system_guid, (VOID **)&volume);
	return volume;
}

static VOID *read_all(EFI_FILE_HANDLE root, CHAR16 *name, UINTN room, UINTN *size)
{
	EFI_FILE_HANDLE file;
	VOID *buffer = NULL;

	if (EFI_ERROR(root->Open(root, &file, name, EFI_FILE_MODE_READ, 0)))
		return NULL;
	*size = room;
	if (EFI_ERROR(bs->AllocatePool(EfiBootServicesData, room, &buffer)) ||
	    EFI_ERROR(file->Read(file, size, buffer)))
		buffer = NULL;
	file->Close(file);
	return buffer;
}

/* One pass of large reads over the files that the loader will read: what its whole time is compared with. */
static void read_pass(EFI_FILE_HANDLE root)
{
	static CHAR16 *const name[] = {L"\\vmlinuz", L"\\initrd.cpio"};
	EFI_PHYSICAL_ADDRESS at = 0x100000000;
	UINT64 start;

	bs->AllocatePages(AllocateAddress, EfiBootServicesData, 0x20000000 / 4096, &at);
	start = now();
	for (UINTN i = 0; i < 2; i++) {
		EFI_FILE_HANDLE file;

		if (EFI_ERROR(root->Open(root, &file, name[i], EFI_FILE_MODE_READ, 0)))
			continue;
		for (;;) {
			UINTN size = 16 << 20;

			if (EFI_ERROR(file->Read(file, &size, (VOID *)(UINTN)at)) || size == 0)
				break;
		}
		file->Close(file);
	}
	mark('P', now() - start);
	bs->FreePages(at, 0x20000000 / 4096);
}

/* ---- wishes ---- */

static bool is_word(const char **at, const char *word)
{
	const char *p = *at;

	for (; *word != '\0'; word++, p++)
		if (*p != *word)
			return false;
	while (*p == ' ')
		p++;
	*at = p;
	return true;
}

static UINT64 number(const char **at, unsigned int base)
{
	UINT64 n = 0;

	for (;; (*at)++) {
		char c = **at;
		unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
				     : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10)
							    : 99;

		if (digit >= base)
			break;
		n = n * base + digit;
	}
	while (**at == ' ')
		(*at)++;
	return n;
}

static void read_wish(const char *line)
{
	if (is_word(&line, "exit-fails")) {
		wish.exit_fails = (unsigned int)number(&line, 10);
	} else if (is_word(&line, "claims-fail")) {
		wish.claims_fail = (unsigned int)number(&line, 10);
	} else if (is_word(&line, "fragments")) {
		wish.fragments = (unsigned int)number(&line, 10);
	} else if (is_word(&line, "high-reads wrong")) {
		wish.high_wrong = true;
	} else if (is_word(&line, "high-reads fail")) {
		wish.high_fail = true;
	} else if (is_word(&line, "large-reads fail")) {
		wish.large_fail = true;
	} else if (is_word(&line, "small-reads fail")) {
		wish.small_fail = true;
	} else if (is_word(&line, "la57")) {
		wish.la57 = true;
	} else if (is_word(&line, "leaks")) {
		wish.leaks = true;
	} else if (is_word(&line, "meter")) {
		wish.meter = true;
	} else if (is_word(&line, "pass")) {
		wish.pass = true;
	} else if (is_word(&line, "ramdisk")) {
		wish.ramdisk_at = number(&line, 16);
		wish.ramdisk_size = number(&line, 16);
	} else if (is_word(&line, "option")) {
		for (UINTN i = 0; i < 127 && line[i] != '\0' && line[i] != '\n'; i++) {
			wish.option[i] = (CHAR16)line[i];
			wish.option_size = (i + 2) * sizeof(CHAR16);
		}
	}
}

static void read_wishes(EFI_FILE_HANDLE root)
{
	UINTN size;
	char *text = read_all(root, L"\\shape.txt", 4096, &size);

	if (text == NULL)
		return;
	text[size < 4096 ? size : 4095] = '\0';
	for (UINTN i = 0; i < size; i++)
		if (i == 0 || text[i - 1] == '\n')
			read_wish(text + i);
	bs->FreePool(text);
}

/* ---- leaks: what firmware counts as the loader's ---- */

static UINT64 loader_pages(void)
{
	static UINT8 map[65536];
	UINTN size = sizeof(map), key, desc_size = 48;
	UINT32 version;
	UINT64 pages = 0;

	if (EFI_ERROR(bs->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)map, &key, &desc_size, &version)))
		return 0;
	for (UINTN at = 0; at + desc_size <= size; at += desc_size) {
		EFI_MEMORY_DESCRIPTOR *d = (EFI_MEMORY_DESCRIPTOR *)(void *)(map + at);

		if (d->Type == EfiLoaderCode || d->Type == EfiLoaderData)
			pages += d->NumberOfPages;
	}
	return pages;
}

static EFI_STATUS start(EFI_HANDLE device, VOID *file, UINTN size)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_HANDLE loader = NULL;
	EFI_STATUS status = bs->LoadImage(FALSE, self, NULL, file, size, &loader);

	if (EFI_ERROR(status))
		return status;
	bs->HandleProtocol(loader, &loaded_image_guid, (VOID **)&loaded);
	loaded->DeviceHandle = device;
	loaded->LoadOptions = wish.option;
	loaded->LoadOptionsSize = (UINT32)wish.option_size;
	if (wish.meter)
		mark('S', now());
	return bs->StartImage(loader, NULL, NULL);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_FILE_HANDLE root;
	EFI_HANDLE device;
	UINT64 before;
	UINTN size;
	VOID *file;

	st = system;
	bs = system->BootServices;
	self = image;
	bs->HandleProtocol(image, &loaded_image_guid, (VOID **)&loaded);
	device = loaded->DeviceHandle;
	volume_of(device)->OpenVolume(volume_of(device), &root);
	read_wishes(root);
	file = read_all(root, L"\\berth.efi", 4 << 20, &size);
	root->Close(root);
	if (file == NULL) {
		say("shape: no \\berth.efi");
		return EFI_NOT_FOUND;
	}
	if (wish.ramdisk_size != 0)
		device = make_ramdisk();
	if (device == NULL || volume_of(device) == NULL) {
		say("shape: no volume on the disk in memory");
		return EFI_NOT_FOUND;
	}
	if (wish.la57)
		say(turn_la57_on() ? "shape: five-level paging is on" : "shape: no five-level paging");
	if (wish.pass) {
		volume_of(device)->OpenVolume(volume_of(device), &root);
		read_pass(root);
		__asm__ volatile("outb %0, $0xf4" : : "a"((UINT8)0));
	}
	for (UINTN i = 0; i < wish.fragments; i++) {
		EFI_PHYSICAL_ADDRESS at = 0x20000000 + i * 8192;

		bs->AllocatePages(AllocateAddress, EfiReservedMemoryType, 1, &at);
	}
	before = loader_pages();
	bend(volume_of(device));
	EFI_STATUS status = start(device, file, size);

	unbend(volume_of(device));
	say_number("shape: the loader returned ", status & 0xffff);
	if (wish.leaks) {
		say_number("shape: files that it opened ", opened_files);
		say_number("shape: files left open ", open_files);
		say_number("shape: pages left ", loader_pages() - before);
	}
	return EFI_SUCCESS;
}
