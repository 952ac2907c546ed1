#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts instructions of whole boots, from LoadImage of the loader to the first one of init, of kernels as Debian has them
and as `berth prepare` makes them.

As in bench.py QEMU counts, and the disk lies in guest memory. Init is a program of forty bytes that marks the time; the
initrd has 1.3 MB. Instructions say what a boot asks of the CPU; they say nothing of the disk that has to give more bytes.
"""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import boots  # noqa: E402
import lab  # noqa: E402

RAMDISK = 0x160000000  # of a machine with 4 GiB, half of them above 4 GiB
DISK = 300  # MiB, of a system partition as installers make them: with clusters of 4 KiB
INITRD = 1300000
# iopl(3), so that ports may be written to; then rdtsc into rbx, 'K' and its eight bytes to port 0xe9, and the end of QEMU.
INIT = bytes.fromhex("b8ac000000bf030000000f05" "0f3148c1e2204809d04889c3b04be6e9b90800000088d8e6e948c1eb08e2f6b000e6f4")
KASLR = "console=ttyS0 quiet"
PLAIN = KASLR + " nokaslr"

# What is booted: the kernel, how it was prepared, the entry's lines, its options, and at most how many million instructions.
ROWS = (("12", None, (), PLAIN, None),
        ("12", None, ("decompress loader",), PLAIN, None),
        ("12", "vmlinux", (), PLAIN, None),
        ("12", "vmlinux", (), KASLR, 1690),
        ("12", "lz4", (), KASLR, None),
        ("sid", None, (), PLAIN, None),
        ("sid", None, ("decompress loader",), PLAIN, None),
        ("sid", "vmlinux", (), PLAIN, None),
        ("sid", "vmlinux", (), KASLR, 1400),
        ("sid", "lz4", (), KASLR, 1480),
        ("sid", "zstd", (), KASLR, None))


def newc(name, mode, data=b"", device=(0, 0)):
    """A member of an archive (Linux Documentation/driver-api/early-userspace/buffer-format.rst)."""
    fields = (1, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def program(code):
    """A static program of one segment (System V gABI)."""
    at, size = 0x400000, 120 + len(code)
    return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, at + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0) + \
        struct.pack("<IIQQQQQQ", 1, 5, 0, at, at, size, size, 4096) + code


def initrd(size=INITRD):
    archive = newc("dev", 0o40755) + newc("dev/console", 0o20600, device=(5, 1)) + newc("init", 0o100755, program(INIT))
    noise = bytes(i * i * 7 % 251 for i in range(1000)) * (size // 1000)
    return archive + newc("noise", 0o100644, noise[:size - len(archive) - 300]) + newc("TRAILER!!!", 0)


def kernel_file(esp, suite, form):
    folder = lab.script("fetch", "kernel", *(() if suite == "12" else (suite,)))
    kernel = os.path.join(folder, "vmlinuz")
    if form is None:
        return kernel
    out = os.path.join(esp.path, f"{suite}-{form}")
    subprocess.run([os.path.join(lab.ROOT, "build/host/berth"), "prepare", kernel, "-o", out, "--format", form], check=True,
                   stdout=subprocess.PIPE)
    return out


def disk(suite, form, lines, options):
    """With one entry, and what `log` is without a word in loader.conf."""
    esp = lab.Esp("bench-prepared-disk")
    esp.put("kernel", link=kernel_file(esp, suite, form))
    esp.put("initrd.cpio", initrd())
    esp.entry("debian", "title Debian", "linux /kernel", "initrd /initrd.cpio", f"options {options}", *lines)
    esp.put("loader/loader.conf", "default debian\n")
    image = os.path.join(esp.path, "disk.img")
    lab.script("disk", image, esp.tree, "--size", str(DISK))
    return image, os.path.getsize(os.path.realpath(os.path.join(esp.tree, "kernel")))


class File:
    """Where QEMU writes marks."""

    def __init__(self, path):
        self.path = path

    def data(self):
        with open(self.path, "rb") as file:
            return file.read()


def marks_of(image, name="bench-prepared", wishes=(), timeout=900, options=("--icount",), sink=File):
    """What was marked, by its letters, on the way to init. @wishes: which file of the image is started, and its options."""
    esp = lab.Esp(name)
    esp.shape(f"ramdisk {RAMDISK:x} {os.path.getsize(image):x}", "meter", *wishes)
    marks = sink(os.path.join(esp.path, "marks"))
    with lab.Machine(esp, *options, memory="4G", timeout=timeout, more=(
            "-debugcon", "file:" + marks.path, "-global", "isa-debugcon.iobase=0xe9",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-device", f"loader,file={image},addr={RAMDISK:#x},force-raw=on")) as machine:
        text = machine.finish()
    data = marks.data()
    found = {chr(data[at]): struct.unpack_from("<Q", data, at + 1)[0] for at in range(0, len(data) - 8, 9)}
    lab.expect("K" in found and "L" in found, f"init was not reached: {text[-2000:]}")
    return found


def instructions(image):
    found = marks_of(image)
    return found["K"] - found["L"], found["X"] - found["L"], found["R"]


def measure(only=""):
    """Prints the table; returns the sentences on figures above their limits. @only: rows that have this word."""
    over = []
    for suite, form, lines, options, limit in ROWS:
        name = f"{suite}, {form or 'bzImage'}{', ' + lines[0] if lines else ''}{'' if 'nokaslr' in options else ', KASLR'}"
        if only not in name:
            continue
        image, size = disk(suite, form, lines, options)
        counted, loading, reading = instructions(image)
        print(f"{name:<40} {counted:>13,} to init, of these {loading:>13,} before boot services end, {reading:>11,} in Read; "
              f"{size:>10,} bytes" + (f"; limit {limit} M" if limit else ""), flush=True)
        if limit is not None and counted > limit * 1000000:
            over.append(f"{name}: more than {limit} M instructions to init")
    return over


def main():
    os.makedirs(lab.WORK, exist_ok=True)
    over = measure(*sys.argv[1:2])
    for words in over:
        print("bench: too slow: " + words)
    return 1 if over else 0


if __name__ == "__main__":
    subprocess.run(["make", "-s", "all", "test-efi"], cwd=lab.ROOT, check=True)
    sys.exit(main())
