/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a second CPU would save: unpacks \payload, a legacy frame of LZ4, by one CPU and by two, TURNS times in turn.
 *Its blocks are independent, and 8 MiB each but the last. Marks on port 0xe9, a letter and a number each, tell when:
 *
 *	A, B	one CPU begins, and has all blocks
 *	C	two begin: firmware is asked to start the other
 *	S	it was asked, and this CPU goes on to its first block
 *	D	all blocks are there; the number is how many the other has unpacked
 *	E	firmware says that the other has come back
 *	X	the end, and an EFI_STATUS; 0: what came out was the same each time
 *
 * A CPU that never comes back is waited for until who started the machine ends it. Source: PI 1.8, volume 2, 13.4, "MP
 * Services Protocol".
 */
#include <efi.h>

#include <lz4.h>

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

#define TURNS	15
#define MAGIC	0x184c2102u
#define BLOCK	(8u << 20)
#define BLOCKS	64 /* most */
#define PAYLOAD (64u << 20)

typedef VOID(EFIAPI *AP_PROCEDURE)(VOID *argument);

/* Only what is called has its type. */
struct mp_services {
	EFI_STATUS(EFIAPI *get_number)(struct mp_services *this, UINTN *all, UINTN *enabled);
	VOID *get_info, *startup_all;
	EFI_STATUS(EFIAPI *startup_this)
	(struct mp_services *this, AP_PROCEDURE procedure, UINTN number, EFI_EVENT event, UINTN timeout, VOID *argument,
	 BOOLEAN *finished);
	VOID *switch_bsp, *enable;
	EFI_STATUS(EFIAPI *who_am_i)(struct mp_services *this, UINTN *number);
};

static EFI_GUID mp_services_guid = {0x3fdda605, 0xa76e, 0x4f46, {0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08}};
static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;

static EFI_BOOT_SERVICES *bs;

static struct {
	const UINT8 *packed[BLOCKS];
	UINT32 packed_size[BLOCKS], size[BLOCKS];
	UINT32 n_blocks;
	UINT8 *to;
	UINT32 next, ready, wrong; /* by both CPUs */
} work;

static void mark(char letter, UINT64 value)
{
	__asm__ volatile("outb %0, $0xe9" : : "a"(letter));
	for (int i = 0; i < 8; i++, value >>= 8)
		__asm__ volatile("outb %0, $0xe9" : : "a"((UINT8)value));
}

static UINT32 add(UINT32 *number)
{
	return __atomic_fetch_add(number, 1, __ATOMIC_SEQ_CST);
}

static UINT32 word_at(const UINT8 *at)
{
	return (UINT32)at[0] | (UINT32)at[1] << 8 | (UINT32)at[2] << 16 | (UINT32)at[3] << 24;
}

/* Block after block that nobody has taken; how many. */
static UINT32 unpack_some(void)
{
	UINT32 i, n = 0;

	while ((i = add(&work.next)) < work.n_blocks) {
		int size = LZ4_decompress_safe((const char *)work.packed[i], (char *)work.to + (UINTN)i * BLOCK,
					       (int)work.packed_size[i], BLOCK);

		if (size < 0)
			add(&work.wrong);
		work.size[i] = size < 0 ? 0 : (UINT32)size;
		n++;
		add(&work.ready);
	}
	return n;
}

static VOID EFIAPI other(VOID *argument)
{
	(void)argument;
	unpack_some();
}

/* What was there before is spoilt, so that it is not taken for what comes out. */
static void begin(void)
{
	for (UINT32 i = 0; i < work.n_blocks; i++)
		work.to[(UINTN)i * BLOCK] ^= 0xff;
	work.next = work.ready = 0;
}

static void by_one(void)
{
	begin();
	mark('A', 0);
	unpack_some();
	mark('B', 0);
}

static EFI_STATUS by_two(struct mp_services *mp, UINTN number, EFI_EVENT event)
{
	UINT32 mine;
	EFI_STATUS status;

	begin();
	mark('C', 0);
	status = mp->startup_this(mp, other, number, event, 0, NULL, NULL);
	if (EFI_ERROR(status))
		return status;
	mark('S', 0);
	mine = unpack_some();
	while (__atomic_load_n(&work.ready, __ATOMIC_SEQ_CST) < work.n_blocks)
		__asm__ volatile("pause");
	mark('D', work.n_blocks - mine);
	do
		status = bs->CheckEvent(event);
	while (status == EFI_NOT_READY);
	mark('E', 0);
	return status;
}

/* FNV-1a over words: whether what comes out is what came out before. Blocks are whole words long, but for the last. */
static UINT64 sum_of_output(void)
{
	UINT64 sum = 0xcbf29ce484222325u;

	for (UINT32 i = 0; i < work.n_blocks; i++) {
		const UINT8 *block = work.to + (UINTN)i * BLOCK;
		UINT32 at = 0;

		for (; work.size[i] - at >= 8; at += 8)
			sum = (sum ^ *(const UINT64 *)(const VOID *)(block + at)) * 0x100000001b3u;
		for (; at < work.size[i]; at++)
			sum = (sum ^ block[at]) * 0x100000001b3u;
	}
	return sum;
}

static EFI_STATUS take(UINTN bytes, UINT8 **at)
{
	EFI_PHYSICAL_ADDRESS address = 0;
	EFI_STATUS status = bs->AllocatePages(AllocateAnyPages, EfiLoaderData, (bytes + 4095) / 4096, &address);

	*at = (UINT8 *)(UINTN)address;
	return status;
}

static EFI_STATUS read_payload(EFI_HANDLE image)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_FILE_IO_INTERFACE *volume;
	EFI_FILE_HANDLE root, file;
	UINTN size = PAYLOAD;
	UINT8 *at = NULL, *end;

	if (EFI_ERROR(bs->HandleProtocol(image, &loaded_image_guid, (VOID **)&loaded)) ||
	    EFI_ERROR(bs->HandleProtocol(loaded->DeviceHandle, &file_system_guid, (VOID **)&volume)) ||
	    EFI_ERROR(volume->OpenVolume(volume, &root)) ||
	    EFI_ERROR(root->Open(root, &file, L"\\payload", EFI_FILE_MODE_READ, 0)) || EFI_ERROR(take(PAYLOAD, &at)) ||
	    EFI_ERROR(file->Read(file, &size, at)))
		return EFI_NOT_FOUND;
	end = at + size;
	if (size < 4 || word_at(at) != MAGIC)
		return EFI_UNSUPPORTED;
	for (at += 4; end - at > 4 && word_at(at) <= (UINT32)(end - at - 4); at += work.packed_size[work.n_blocks++]) {
		if (work.n_blocks == BLOCKS)
			return EFI_UNSUPPORTED;
		work.packed_size[work.n_blocks] = word_at(at);
		work.packed[work.n_blocks] = at += 4;
	}
	return at == end ? take((UINTN)work.n_blocks * BLOCK, &work.to) : EFI_UNSUPPORTED;
}

/* Another CPU than this one. */
static EFI_STATUS find_other(struct mp_services **mp, UINTN *number)
{
	UINTN all = 0, enabled = 0, own = 0;
	EFI_STATUS status = bs->LocateProtocol(&mp_services_guid, NULL, (VOID **)mp);

	if (EFI_ERROR(status))
		return status;
	status = (*mp)->get_number(*mp, &all, &enabled);
	if (!EFI_ERROR(status))
		status = (*mp)->who_am_i(*mp, &own);
	*number = own == 0 ? 1 : 0;
	return EFI_ERROR(status) ? status : enabled < 2 ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static EFI_STATUS measure(EFI_HANDLE image)
{
	struct mp_services *mp;
	UINTN number;
	UINT64 sum;
	EFI_EVENT event;
	EFI_STATUS status = read_payload(image);

	if (!EFI_ERROR(status))
		status = find_other(&mp, &number);
	if (!EFI_ERROR(status))
		status = bs->CreateEvent(0, TPL_CALLBACK, NULL, NULL, &event);
	if (EFI_ERROR(status))
		return status;
	unpack_some(); /* no first touch of memory, or of code, is in what is timed */
	sum = sum_of_output();
	for (int turn = 0; turn < TURNS; turn++) {
		by_one();
		if (work.wrong != 0 || sum_of_output() != sum)
			return EFI_CRC_ERROR;
		status = by_two(mp, number, event);
		if (EFI_ERROR(status))
			return status;
		if (work.wrong != 0 || sum_of_output() != sum)
			return EFI_CRC_ERROR;
	}
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	bs = system->BootServices;
	mark('X', measure(image));
	system->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	return EFI_SUCCESS;
}
