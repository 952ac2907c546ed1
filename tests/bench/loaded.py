# SPDX-License-Identifier: BSD-2-Clause
"""What firmware's LoadImage of the loader costs, by its path on a system partition, and that of the smallest program.

What firmware does now and then, such as asking for keys, may fall into it: of several the least counts.
"""
import os
import struct
import time

import lab
import to_init

LIMIT = 2100000
SMALLEST = "tests/chain.efi"
FILES = (3, 20, 50)  # beside it in its folder


def instructions(path, files):
    inner, outer = lab.Esp("bench-loaded-disk"), lab.Esp("bench-loaded")
    inner.put("program.efi", link=path)
    for i in range(files):
        inner.put(f"file-{i}", b"x")
    image, marks = os.path.join(inner.path, "disk.img"), os.path.join(outer.path, "marks")
    lab.script("disk", image, inner.tree, "--size", str(to_init.DISK))
    outer.shape(f"ramdisk {to_init.RAMDISK:x} {os.path.getsize(image):x}", "meter", "file \\program.efi")
    found, until = {}, time.monotonic() + 200
    with lab.Machine(outer, "--icount", memory="4G", timeout=240, more=(
            "-debugcon", "file:" + marks, "-global", "isa-debugcon.iobase=0xe9",
            "-device", f"loader,file={image},addr={to_init.RAMDISK:#x},force-raw=on")) as machine:
        while "S" not in found:  # what the program then does is not asked
            lab.expect(time.monotonic() < until, f"it was not loaded: {machine.tail()}")
            time.sleep(0.1)
            data = to_init.File(marks).data() if os.path.exists(marks) else b""
            found = {chr(data[at]): struct.unpack_from("<Q", data, at + 1)[0] for at in range(0, len(data) - 8, 9)}
        machine.stop()
    return found["S"] - found["L"]


def measure():
    """Prints both; returns what is wrong, in words."""
    least = {}
    for name in ("BOOTX64.EFI", SMALLEST):
        path = os.path.join(lab.ROOT, "build/x86_64", name)
        least[name] = min(instructions(path, files) for files in FILES)
        print(f"LoadImage of {os.path.basename(name):<20} {least[name]:>26,}   {os.path.getsize(path):,} bytes", flush=True)
    return [f"LoadImage of the loader: more than {LIMIT:,}"] if least["BOOTX64.EFI"] > LIMIT else []
