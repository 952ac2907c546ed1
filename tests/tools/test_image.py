#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""scripts/image makes a disk that firmware and Berth can read of a kernel and initrds, the same each time, or says why not.

tests/boot/images.py boots one. The partition table is read here by itself, as UEFI 2.10, 5.3 has it.
"""
import os
import re
import struct
import subprocess
import tempfile
import uuid
import zlib

from tap import ROOT, Ran, expect, run_tests
from test_inspect import arm64, bzimage

FOLDER = tempfile.TemporaryDirectory()
ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
MIB = 1 << 20
ENV = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null", "LC_ALL": "C", "TZ": "UTC0"}


def place(name, data=None):
    path = os.path.join(FOLDER.name, name)
    if data is not None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    return path


KERNEL, INITRD, MORE = place("vmlinuz-6.1", bzimage()), place("initrd.img", b"070701" * 999), place("b, more.img", b"\0" * 5)


def image(*words, env=None):
    """status, and all that it said."""
    done = subprocess.run([os.path.join(ROOT, "scripts", "image"), *words], cwd=FOLDER.name, env={**ENV, **(env or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
    return done.returncode, done.stdout


def made(name, *words, env=None):
    status, said = image(*words, "-o", name, env=env)
    expect(status == 0, f"status {status}:\n{said}")
    with open(place(name), "rb") as file:
        return file.read()


def refused(sentence, *words, env=None):
    status, said = image(*words, env=env)
    expect(status == 2, f"status {status}, not 2:\n{said}")
    expect(sentence in said, f"{sentence!r} is not in:\n{said}")


def table(disk, at):
    """The disk's identity and its partitions: (type, identity, first byte, bytes)."""
    head = disk[at * 512:at * 512 + 92]
    expect(head[:8] == b"EFI PART", f"no table in block {at}")
    crc, own, other, first, last = (struct.unpack_from("<I", head, 16)[0], *struct.unpack_from("<QQQQ", head, 24))
    expect(zlib.crc32(head[:16] + bytes(4) + head[20:]) == crc, "the sum of the header is wrong")
    expect(own == at and {own, other} == {1, len(disk) // 512 - 1}, f"headers in blocks {own} and {other}")
    begin, n, size, sum_of = struct.unpack_from("<QIII", head, 72)
    entries = disk[begin * 512:begin * 512 + n * size]
    expect(zlib.crc32(entries) == sum_of, "the sum of the entries is wrong")
    found = []
    for i in range(n):
        entry = entries[i * size:(i + 1) * size]
        if any(entry[:16]):
            start, end = struct.unpack_from("<QQ", entry, 32)
            expect(first <= start <= end <= last, f"a partition from {start} to {end}, not within {first} to {last}")
            found.append((uuid.UUID(bytes_le=entry[:16]), uuid.UUID(bytes_le=entry[16:32]), start * 512, (end + 1 - start) * 512))
    return uuid.UUID(bytes_le=head[56:72]), found


def files(name):
    out = subprocess.run(["mdir", "-/", "-b", "-i", f"{place(name)}@@{MIB}", "::"], env=ENV, check=True, stdout=subprocess.PIPE)
    return sorted(path for path in out.stdout.decode().split() if not path.endswith("/"))


def content(name, path):
    return subprocess.run(["mcopy", "-i", f"{place(name)}@@{MIB}", "::" + path, "-"], env=ENV, check=True, stdout=subprocess.PIPE).stdout


def dates(name):
    """The days of all files and folders."""
    out = subprocess.run(["mdir", "-/", "-i", f"{place(name)}@@{MIB}", "::"], env=ENV, check=True, stdout=subprocess.PIPE)
    return set(re.findall(r"\b\d{4}-\d\d-\d\d\b", out.stdout.decode()))


def a_disk_with_all_of_it():
    """A kernel and two initrds become a GPT with one EFI system partition, Berth on the removable path, and one entry"""
    disk = made("disk.img", KERNEL, INITRD, MORE, "--cmdline", "console=ttyS0 root=/dev/vdb")
    first, second = table(disk, 1), table(disk, len(disk) // 512 - 1)
    expect(first == second, f"the two tables differ: {first} and {second}")
    (kind, _, start, size), = first[1]
    expect(kind == ESP and start == MIB and size % MIB == 0, f"{first}")
    expect(disk[510:512] == b"\x55\xaa" and disk[450] == 0xee, "no protective MBR (5.2.3)")
    expect(files("disk.img") == sorted([
        "::/EFI/BOOT/BOOTX64.EFI", "::/EFI/berth/berthx64.efi", "::/EFI/berth/installed.txt", "::/loader/entries/linux.conf",
        "::/loader/entries.srel", "::/loader/loader.conf", "::/vmlinuz", "::/initrd-1", "::/initrd-2"]), f"{files('disk.img')}")
    for path, source in (("/vmlinuz", KERNEL), ("/initrd-1", INITRD), ("/initrd-2", MORE),
                         ("/EFI/BOOT/BOOTX64.EFI", os.path.join(ROOT, "build/x86_64/BOOTX64.EFI"))):
        with open(source, "rb") as file:
            expect(content("disk.img", path) == file.read(), f"{path} is not {source}")
    expect(content("disk.img", "/loader/entries/linux.conf").decode().splitlines() ==
           ["title Linux", "linux /vmlinuz", "initrd /initrd-1", "initrd /initrd-2", "options console=ttyS0 root=/dev/vdb"],
           content("disk.img", "/loader/entries/linux.conf").decode())
    Ran("status", "--image", place("disk.img")).expect(0, "partition 1", "1 in \\loader\\entries")
    expect(sorted(name for name in os.listdir(FOLDER.name) if name.startswith("disk.img")) == ["disk.img"], "something was left beside it")


def the_same_bytes_twice():
    """The same files and words give the same bytes in any folder, others give another disk and partition"""
    os.makedirs(place("other"), exist_ok=True)
    one, two = made("one.img", KERNEL, INITRD), made("other/two.img", place("vmlinuz-6.1"), INITRD)
    expect(one == two, "two images of the same files differ")
    other = made("other.img", KERNEL, INITRD, "--cmdline", "quiet")
    expect(table(one, 1)[0] != table(other, 1)[0] and table(one, 1)[1][0][1] != table(other, 1)[1][0][1],
           "two images that differ have one identity")
    expect(dates("one.img") == {"1980-01-01"}, f"{dates('one.img')}: the clock's, or not FAT's first day")
    dated = made("dated.img", KERNEL, INITRD, env={"SOURCE_DATE_EPOCH": "1700000000"})
    expect(dated == made("dated.img", KERNEL, INITRD, env={"SOURCE_DATE_EPOCH": "1700000000"}), "two images of one date differ")
    expect(dates("dated.img") == {"2023-11-14"}, f"{dates('dated.img')}, not what SOURCE_DATE_EPOCH says")
    early = made("early.img", KERNEL, INITRD, env={"SOURCE_DATE_EPOCH": "0"})
    expect(early == one, "a date that FAT does not know is not its first day")
    refused("SOURCE_DATE_EPOCH is seconds", KERNEL, "-o", "x.img", env={"SOURCE_DATE_EPOCH": "now"})


def quotes_are_the_kernels():
    """A command line that begins and ends with quotes arrives with them"""
    made("quoted.img", KERNEL, "--cmdline", '"a b"=1 c="d e"')
    expect(b'options ""a b"=1 c="d e""\n' in content("quoted.img", "/loader/entries/linux.conf"),
           content("quoted.img", "/loader/entries/linux.conf").decode())


def a_size_is_kept():
    """--size is the size of the whole image, and one that is too small is named"""
    expect(len(made("sized.img", KERNEL, "--size", "64")) == 64 * MIB, "the image has another size")
    large = place("large.img", b"")
    for size, sentence in ((63 * MIB, "do not fit into --size 64"), (61 * MIB - 600 * 1024, "Berth could not be put into it")):
        os.truncate(large, size)
        refused(sentence, KERNEL, large, "-o", "small.img", "--size", "64")
    expect(not os.path.exists(place("small.img")), "an image was made all the same")
    for size in ("42", "0x40", "-1", "123456789"):
        refused("--size takes MiB", KERNEL, "-o", "small.img", "--size", size)


def what_cannot_boot_is_named():
    """Of what is no kernel, or one for another CPU, no image is made, and an older one stays"""
    place("old.img", b"as it was")
    refused("no file missing", "missing", "-o", "old.img")
    refused("is not a file", FOLDER.name, "-o", "old.img")
    refused("is empty", place("empty", b""), "-o", "old.img")
    refused("not a kernel that Berth knows", place("text", b"no kernel\n" * 999), "-o", "old.img")
    refused("above: another kernel, or --arch", place("text"), "-o", "old.img")
    refused("a kernel for arm64", place("Image", arm64()), "-o", "old.img")
    refused("no file missing", KERNEL, "missing", "-o", "old.img")
    huge = place("huge", b"x")
    os.truncate(huge, 4 << 30)
    refused("has 4 GiB or more", KERNEL, huge, "-o", "old.img")
    os.unlink(huge)
    with open(place("old.img"), "rb") as file:
        expect(file.read() == b"as it was", "the older image is gone")
    expect(not [name for name in os.listdir(FOLDER.name) if name.startswith("old.img.")], f"left behind: {os.listdir(FOLDER.name)}")


def wrong_words_are_named():
    """Each word that cannot be meant is refused with the way out"""
    refused("no -o", KERNEL)
    refused("usage:", "-o", "x.img")
    refused("unknown option --arc", KERNEL, "--arc", "x86_64")
    refused("--arch takes one of x86_64", KERNEL, "-o", "x.img", "--arch", "x64")
    refused("a line break", KERNEL, "-o", "x.img", "--cmdline", "a\nlinux /other")
    refused("--cmdline needs a value", KERNEL, "-o", "x.img", "--cmdline")
    refused("the place of one of its own files", KERNEL, "-o", "vmlinuz-6.1")
    refused("there is no folder", KERNEL, "-o", "none/x.img")
    refused("something else than a file", KERNEL, "-o", "/dev/null")


if __name__ == "__main__":
    run_tests([a_disk_with_all_of_it, the_same_bytes_twice, quotes_are_the_kernels, a_size_is_kept, what_cannot_boot_is_named,
               wrong_words_are_named])
