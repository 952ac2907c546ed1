#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts the instructions of unpacking alone, by Berth's decoders and by the kernel's own in the same bzImage.

Berth's are the objects that the loader is linked with, which valgrind counts on this machine; what comes out is compared
with what the system's tools make of the same bytes. The kernel's run in QEMU: from the first byte that its decoder writes
to the last. Rows without a kernel are Debian 12's vmlinux packed by the system's tools.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import lab  # noqa: E402
from direct import payload, unpacked  # noqa: E402

COUNTED = os.path.join(lab.ROOT, "build/host/unpack_count")
FOLDER = os.path.join(lab.WORK, "bench-unpacking")

# Debian's kernels: the most that Berth's instructions may be of the kernel's own.
KERNELS = (("12", 0.90), ("trixie", 1.00), ("sid", 1.00))
# The most memory that a decoder may take: what came out is what it looks back at. xz alone has a copy of that, 8 MiB here.
MEMORY = 2 * lab.MIB
MEMORY_XZ = 9 * lab.MIB
# How else Debian 12's vmlinux may be packed: the most instructions for an unpacked byte. XXH32 is 1.19 of LZ4's frame.
PACKERS = (("LZ4 frame", ("lz4", "-9", "-c", "-q"), 3.0, MEMORY),
           ("LZ4 frame, no checksum", ("lz4", "-9", "-c", "-q", "--no-frame-crc"), 2.0, MEMORY),
           ("gzip", ("gzip", "-9", "-n", "-c"), 16.0, MEMORY),
           ("xz", ("xz", "-6", "--check=crc32", "-c"), 60.0, MEMORY_XZ))


def own(name, packed, plain):
    """Instructions of Berth's decoder, and the words on its memory."""
    files = [os.path.join(FOLDER, name.replace(" ", "-") + end) for end in (".packed", ".out", ".counted")]
    with open(files[0], "wb") as file:
        file.write(packed)
    done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=unpack_all", "--callgrind-out-file=" + files[2],
                           COUNTED, files[0], files[1], str(len(plain))], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    lab.expect(done.returncode == 0, f"{name}: {done.stderr[-500:]}")
    with open(files[1], "rb") as file:
        lab.expect(file.read() == plain, f"{name}: Berth's decoder and the system's tool do not agree")
    count = int(re.search(r"Collected : (\d+)", done.stderr)[1])
    # Where a compiler gave unpack_all() another name valgrind counts nothing, which is below every limit.
    lab.expect(count > len(plain) // 8, f"{name}: {count} instructions for {len(plain)} bytes are not a decoder's")
    return count, int(re.search(r"memory (\d+)", done.stdout)[1])


def told(name, count, size, more, limit, figure, memory, most_memory):
    print(f"{name:<28} {count:>13,} for {size:>10,} bytes, {count / size:6.2f} a byte{more}; memory {memory:,}", flush=True)
    return ([f"{name}: {figure:.3f} instead of {limit:.2f} at most"] if figure > limit else []) + (
        [f"{name}: {memory:,} bytes of memory instead of {most_memory:,} at most"] if memory > most_memory else [])


def measure(kernels_own, only=""):
    """
    @kernels_own: a function of a kernel's file and what it unpacks to; @only: a word in the names of the rows that are
    wanted. Returns what is over its limit, in sentences.
    """
    names = ["Debian's " + suite for suite, _ in KERNELS] + [name for name, *_ in PACKERS]
    lab.expect(any(only in name for name in names), f"no row has {only!r}; there are: {', '.join(names)}")
    os.makedirs(FOLDER, exist_ok=True)
    over, plain = [], None
    for suite, limit in KERNELS:
        kernel = os.path.join(lab.script("fetch", "kernel", *(() if suite == "12" else (suite,))), "vmlinuz")
        image = unpacked(kernel)
        plain = plain or image
        if only not in "Debian's " + suite:
            continue
        count, memory = own(suite, payload(kernel)[0], image)
        theirs = kernels_own(kernel, image)
        over += told("Debian's " + suite, count, len(image), f", {count / theirs:.3f} of the kernel's own {theirs:,}",
                     limit, count / theirs, memory, MEMORY)
    for name, words, limit, most_memory in PACKERS:
        if only not in name:
            continue
        packed = subprocess.run(words, input=plain, stdout=subprocess.PIPE, check=True).stdout
        count, memory = own(name, packed, plain)
        over += told(name, count, len(plain), "", limit, count / len(plain), memory, most_memory)
    return over
