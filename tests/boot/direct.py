# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that Berth enters without their decompressor: the vmlinux in a bzImage, alone, and in a compressed file.

Where each runs is seen from inside: its physical place in /proc/iomem, its virtual one in /proc/kallsyms. Both must be
what the loader's log said.
"""
import bz2
import functools
import gzip
import os
import random
import re
import struct
import subprocess
import threading

import lab
from boots import KERNEL, REPORT, boots, check_healthy, check_kernel_at
from faults import leave_nothing, try_bad_entries
from lab import GIB, MIB, Guest, Machine, expect

LINKED = 0xffffffff81000000  # arch/x86/include/asm/page_64_types.h: __START_KERNEL_map and 16 MiB
KERNEL_MAP, KERNEL_MAP_END = 0xffffffff80000000, 0xffffffffc0000000  # and KERNEL_IMAGE_SIZE with RANDOMIZE_BASE
ALIGN = 2 * MIB
UNPACKERS = {b"\x02\x21\x4c\x18": ["lz4", "-d"], b"\x28\xb5\x2f\xfd": ["zstd", "-d"], b"\xfd7zX": ["xz", "-d"],
             b"\x1f\x8b": ["gzip", "-d"]}
# QEMU 7.2's emulation now and then loses flags in Debian 13's kernel, whichever loader started it, but not when it
# counts instructions, which takes several times as long.
ICOUNT_TIMEOUT = 600
LOCK = threading.Lock()


# ---- kernels ----


@functools.lru_cache(None)
def debian_13():
    """Its kernel and an initramfs with its modules, in the form of boots.KERNEL."""
    folder = lab.script("fetch", "kernel", "trixie")
    initrd = os.path.join(lab.WORK, "initramfs-trixie.cpio")
    lab.script("initramfs", initrd, folder)
    return {"dir": folder, "file": os.path.join(folder, "vmlinuz"), "initrd": initrd}


def debian(release):
    with LOCK:
        return KERNEL if release == 12 else debian_13()


def payload(path):
    """The packed kernel in a bzImage, without the length behind it, and that length (boot.rst, payload_offset)."""
    with open(path, "rb") as file:
        data = file.read()
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (data[0x1f1] + 1) * 512 + offset
    return data[start:start + length - 4], struct.unpack_from("<I", data, start + length - 4)[0]


def unpacked(path):
    """What the system's tools make of the payload: the ELF file and Linux's relocations behind it."""
    packed, size = payload(path)
    words = next(words for magic, words in UNPACKERS.items() if packed.startswith(magic))
    out = subprocess.run([*words, "-c", "-q"], input=packed, stdout=subprocess.PIPE, check=True).stdout
    expect(len(out) == size, f"{path} unpacks to {len(out)} bytes, and says {size}")
    return out


def elf_end(image):
    """Where the ELF file ends, by its section headers, which objcopy writes last."""
    offset, size, count = (struct.unpack_from(form, image, at)[0] for form, at in (("<Q", 40), ("<H", 58), ("<H", 60)))
    return offset + size * count


def vmlinux(release=12):
    image = unpacked(debian(release)["file"])
    return image[:elf_end(image)]


# ---- boots ----


def boot(esp, *lines, release=12, options=REPORT, told=None, kernel=None, machine=(), **more):
    """One boot; @kernel: bytes of another file than Debian's bzImage; @told: the command line that it gets."""
    debians = debian(release)
    if kernel is None:
        esp.put("kernel", link=debians["file"])
    else:
        esp.put("kernel", kernel)
    esp.put("initrd.cpio", link=debians["initrd"])
    esp.entry("direct", "title Direct", "linux /kernel", "initrd /initrd.cpio", f"options {options}", *lines)
    esp.conf("log debug")
    if release == 13:
        machine, more = (*machine, "--icount"), {"timeout": ICOUNT_TIMEOUT, **more}
    with Machine(esp, *machine, **more) as running:
        guest = Guest(running.finish())
    check_healthy(guest, told or options)
    return guest


def check_entered_directly(guest, packing):
    """The kernel's own entry, and not its decompressor's: that one says so on its console, and X9 is about it."""
    expect("no nokaslr on the command line" not in guest.text, "the loader tells of a decompressor that moves")
    expect((packing is None) == ("berth: unpacked " not in guest.text), "unpacked or not, it is the wrong one")
    if packing is not None:
        expect(re.search(rf"^berth: unpacked \\kernel, {re.escape(packing)}, \d+ bytes from \d+, moved \d+, decoder ", guest.text, re.M),
               f"it was not unpacked from {packing}")


def told_virtual(guest):
    """Where the log says that the kernel has its first virtual address; None when it was not moved."""
    found = re.findall(r"^berth: virtual (0x[0-9a-f]+) moved by (0x[0-9a-f]+) \[X10\]$", guest.text, re.M)
    expect(len(found) <= 1, f"the loader moved the kernel {len(found)} times")
    return tuple(int(n, 16) for n in found[0]) if found else None


def text_at(guest):
    return int(guest.one("text"), 16)


def check_linked(guest):
    expect(text_at(guest) == LINKED, f"_text is at {text_at(guest):#x}, linked for {LINKED:#x}")
    expect(told_virtual(guest) is None, "the log tells of a move")


def check_moved(guest):
    """The virtual address is that of the log; returns it."""
    told = told_virtual(guest)
    expect(told is not None, "the log does not tell the virtual address")
    expect(text_at(guest) == told[0], f"_text is at {text_at(guest):#x}, the log said {told[0]:#x}")
    expect((told[0] - told[1]) % (1 << 64) == LINKED, f"{told[0]:#x} less {told[1]:#x} is not where it was linked")
    expect(told[0] % ALIGN == 0 and KERNEL_MAP + 16 * MIB <= told[0] < KERNEL_MAP_END, f"{told[0]:#x} is no place")
    return told[0]


def check_random(guest):
    """Virtual and physical addresses are those of the log; returns them."""
    virtual = check_moved(guest)
    check_kernel_at(guest, 16 * MIB)
    expect(guest.placed("kernel")[3] == "C12", f"its place is signed {guest.placed('kernel')[3]}, not C12")
    return virtual, guest.placed("kernel")[0]


def check_two_differ(one, other):
    """There are some 500 virtual and 2,900 physical places; two boots in the same are not the loader's failure."""
    expect(one != other, f"two boots gave {one[0]:#x} and {one[1]:#x} both times")


@boots(sampled=True)
def direct_as_linked(esp):
    """decompress loader, nokaslr (Debian 12, LZ4): above 4 GiB, at the addresses that it was linked for"""
    guest = boot(esp, "decompress loader", options=REPORT + " nokaslr")
    check_entered_directly(guest, "LZ4 (legacy)")
    check_kernel_at(guest, 4 * GIB)
    check_linked(guest)
    # The head and the payload, with the length behind it; the decompressor is not read. The payload's first bytes tell
    # what it is, and are read once more when its place is there.
    whole = 1024 + len(payload(KERNEL["file"])[0]) + 4 + os.path.getsize(KERNEL["initrd"])
    read, copied = guest.counters()
    expect(whole <= read <= whole + 65 * 1024 and copied == 0, f"read {read} copied {copied}, not {whole} and 0")
    same = boot(esp, options=REPORT + " nokaslr")
    expect(guest.placed("kernel") == same.placed("kernel"), "what the decoder needs was in the way of the plan")


@boots
def direct_at_random(esp):
    """decompress loader (Debian 12, LZ4): two boots, two random virtual and physical addresses, both as the log says"""
    seen = [check_random(boot(esp, "decompress loader")) for _ in range(2)]
    check_two_differ(*seen)


@boots
def direct_debian_13(esp):
    """decompress loader (Debian 13, zstd): random addresses, as the log says"""
    guest = boot(esp, "decompress loader", release=13)
    check_entered_directly(guest, "zstd")
    check_random(guest)


@boots(sampled=True)
def direct_at_an_exact_address(esp):
    """decompress loader, placement 0x140000000: exactly there, at a random virtual address, for it will not move itself"""
    guest = boot(esp, "decompress loader", "placement 0x140000000")
    check_kernel_at(guest, 0x140000000, 0x140000001)
    expect(guest.placed("kernel")[3] == "C5", "the place is not signed C5")
    check_moved(guest)


@boots
def direct_where_boot_services_were(esp):
    """decompress loader, placement 0x1000000: unpacked and relocated elsewhere, and copied there after exit"""
    guest = boot(esp, "decompress loader", "placement 0x1000000")
    check_kernel_at(guest, 16 * MIB, 16 * MIB + 1)
    expect(guest.placed("kernel")[3] == "C6", "the place is not signed C6")
    check_moved(guest)


@boots(sampled=True)
def direct_plain_vmlinux(esp):
    """A vmlinux, not packed: it runs where it was put, as it was linked; no table stands behind it"""
    guest = boot(esp, kernel=vmlinux())
    check_entered_directly(guest, None)
    check_kernel_at(guest, 4 * GIB)
    check_linked(guest)
    expect(guest.counters()[1] == 0, "bytes were copied")


@boots
def direct_vmlinux_and_its_relocs(esp):
    """A vmlinux with vmlinux.relocs beside it, as a kernel's build leaves them: random addresses, as the log says"""
    image = unpacked(KERNEL["file"])
    esp.put("kernel.relocs", image[elf_end(image):])
    guest = boot(esp, kernel=image[:elf_end(image)])
    check_entered_directly(guest, None)
    check_random(guest)


def boot_packed(esp, name, *words, release=12):
    packed = subprocess.run([*words, "-c"], input=vmlinux(release), stdout=subprocess.PIPE, check=True).stdout
    guest = boot(esp, kernel=packed, release=release)
    check_entered_directly(guest, name)
    check_kernel_at(guest, 4 * GIB)
    check_linked(guest)


@boots(sampled=True)
def direct_vmlinux_gzip(esp):
    """A vmlinux.gz runs where it was put, as it was linked"""
    boot_packed(esp, "gzip", "gzip", "-1")


@boots(sampled=True)
def direct_vmlinux_xz(esp):
    """A vmlinux.xz, whose 128 MiB of dictionary are as Linux's build has them, runs where it was put"""
    boot_packed(esp, "xz", "xz", "--check=crc32", "--x86", "--lzma2=preset=0,dict=128MiB")


@boots(sampled=True)
def direct_vmlinux_lz4_in_256_mib(esp):
    """A vmlinux in an LZ4 frame, with 256 MiB: of the frame's blocks of 4 MiB the decoder has none of its own"""
    packed = subprocess.run(("lz4", "-q", "-c"), input=vmlinux(12), stdout=subprocess.PIPE, check=True).stdout
    guest = boot(esp, kernel=packed, memory="256M")
    check_entered_directly(guest, "LZ4")
    check_linked(guest)
    expect(re.search(r"^berth: unpacked .*, decoder [0-9.]+ (bytes|KiB)", guest.text, re.M), "the decoder takes a MiB or more")


@boots(sampled=True)
def direct_with_initrd_of_128_mib(esp):
    """decompress loader with an initrd of 128 MiB: it arrives whole, the checksum of a file in it is right"""
    data = random.Random(11).randbytes(127 * MIB)
    esp.put("large.cpio", lab.data_archive("large", data))
    guest = boot(esp, "decompress loader", "initrd /large.cpio", timeout=300)
    check_random(guest)
    expect(guest.all("file") == [lab.described("large", data)], f"/data is {guest.all('file')}")


# ---- bad input ----


def in_payload(*changes, length=None):
    """Debian 12's bzImage with (offset, bytes) of its payload changed, and another payload_length."""
    with open(KERNEL["file"], "rb") as file:
        data = bytearray(file.read())
    start = (data[0x1f1] + 1) * 512 + struct.unpack_from("<I", data, 0x248)[0]
    for offset, words in changes:
        data[start + offset:start + offset + len(words)] = words
    if length is not None:
        struct.pack_into("<I", data, 0x24c, length)
    return bytes(data)


def cut_payload():
    packed, size = payload(KERNEL["file"])
    half = len(packed) // 2
    return in_payload((half, struct.pack("<I", size)), length=half + 4)


def wrong_table():
    """The bzImage with its kernel packed again, and the last relocation, of 32 bits, naming a field in no segment."""
    image = unpacked(KERNEL["file"])
    packed = subprocess.run(["lz4", "-l", "-9", "-c", "-q"], input=image[:-4] + struct.pack("<I", 0xfffff000), check=True,
                            stdout=subprocess.PIPE).stdout + struct.pack("<I", len(image))
    expect(len(packed) <= len(payload(KERNEL["file"])[0]) + MIB // 2, f"{len(packed)} bytes do not fit")
    return in_payload((0, packed), length=len(packed))


def other_machine():
    image = bytearray(vmlinux())
    struct.pack_into("<H", image, 18, 183)
    return gzip.compress(bytes(image), 1)


def wrong_checksum():
    packed = bytearray(gzip.compress(vmlinux(), 1))
    packed[-8] ^= 1
    return bytes(packed)


BAD = {
    # as boots.BAD
    "cut-alone": (["linux /cut.gz"], {"cut.gz": lambda: gzip.compress(vmlinux(), 1)[:-5000000]},
                  [r"\cut.gz is broken: gzip ends too early"]),
    "cut-payload": (["linux /cut", "decompress loader"], {"cut": cut_payload},
                    [r"\cut is broken: LZ4 (legacy)"]),
    "wrong-magic": (["linux /magic", "decompress loader"], {"magic": lambda: in_payload((0, b"Berth"))},
                    [r"\magic: this packing is not supported; gzip, LZ4, zstd and xz are"]),
    "bzip2": (["linux /kernel.bz2"], {"kernel.bz2": lambda: bz2.compress(b"kernel " * 1000)},
              [r"\kernel.bz2: bzip2 is not supported"]),
    "past-the-file": (["linux /past", "decompress loader"], {"past": lambda: in_payload(length=0x7fffffff)},
                      ["payload_length 0x7fffffff", "name no compressed kernel in the file"]),
    "other-machine": (["linux /arm.gz"], {"arm.gz": other_machine}, [r"\arm.gz: a kernel for arm64, and this loader is one for x86-64"]),
    "no-elf": (["linux /text.gz"], {"text.gz": lambda: gzip.compress(b"no kernel at all " * 1000)},
               [r"\text.gz: what gzip unpacks to is not an ELF file"]),
    "checksum": (["linux /sum.gz"], {"sum.gz": wrong_checksum}, [r"\sum.gz is broken: gzip"]),
    "wrong-table": (["linux /table", "decompress loader"], {"table": wrong_table},
                    ["32-bit relocation", "lies outside of the image", "rule E2"]),
}


@boots(sampled=True)
def direct_bad_kernels_then_a_good_one(esp):
    """Packed kernels cut, damaged, of other packers and machines: each tells its reason; then a good entry boots"""
    try_bad_entries(esp, BAD, "6G")


@boots(sampled=True)
def direct_bad_kernels_leave_nothing(esp):
    """After each of them, and an unknown word for `decompress`, no page and no open file of the loader's own is left"""
    esp.entry("nobody", "linux /vmlinuz", "decompress nobody")
    text = leave_nothing(esp, BAD, broken=1)
    expect('decompress "nobody" is neither kernel nor loader' in text, "the unknown word is not told")


# ---- more of the same, in `scripts/test --all` ----


@boots(sampled=True)
def direct_debian_13_otherwise(esp):
    """Debian 13: nokaslr, two random boots, its vmlinux alone and in LZ4's frames and zstd's"""
    guest = boot(esp, "decompress loader", release=13, options=REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)
    check_linked(guest)
    check_two_differ(*(check_random(boot(esp, "decompress loader", release=13)) for _ in range(2)))
    check_linked(boot(esp, kernel=vmlinux(13), release=13))
    boot_packed(esp, "LZ4", "lz4", "-q", release=13)
    boot_packed(esp, "zstd", "zstd", "-q", release=13)


@boots(sampled=True)
def direct_in_little_memory(esp):
    """decompress loader with 512 MiB, both kernels, both with random addresses"""
    for release in (12, 13):
        check_random(boot(esp, "decompress loader", release=release, memory="512M"))


@boots(sampled=True)
def direct_with_five_levels(esp):
    """decompress loader from firmware in 5-level paging: the kernel, which takes it, is entered so"""
    esp.shape("la57")
    guest = boot(esp, "decompress loader", machine=("--cpu", "max,la57=on"))
    expect("shape: five-level paging is on" in guest.text, "the test could not turn it on")
    check_random(guest)


@boots(sampled=True)
def direct_where_reads_above_4g_are_wrong(esp):
    """decompress loader where reads above 4 GiB are wrong: packed bytes go by the buffer anyway, the initrd is copied"""
    esp.shape("high-reads wrong")
    check_random(boot(esp, "decompress loader"))


@boots(sampled=True)
def direct_ten_times(esp):
    """decompress loader ten times: at least eight virtual and eight physical addresses, all as the log says"""
    seen = [check_random(boot(esp, "decompress loader")) for _ in range(10)]
    for n, what in enumerate(("virtual", "physical")):
        expect(len({one[n] for one in seen}) >= 8, f"{what} addresses of ten boots: {seen}")
