#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts instructions from the loader's entry to the kernel's, and compares with one pass of large reads.

QEMU's -icount makes guest time a count of instructions, and the disk lies in guest memory, so the figures repeat. The
kernel is Debian's with its first instructions replaced by ones that mark the time; the initrd is 128 MiB.
"""
import os
import statistics
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import boots  # noqa: E402
import lab  # noqa: E402

RAMDISK = 0x180000000
RUNS = 3
# rdtsc into rbx; 'K' and its eight bytes to port 0xe9; end QEMU by port 0xf4 (isa-debug-exit).
MARK_AND_EXIT = bytes.fromhex("0f3148c1e2204809d04889c3b04be6e9b90800000088d8e6e948c1eb08e2f6b000e6f4")


def marked_kernel():
    with open(boots.KERNEL["file"], "rb") as file:
        data = bytearray(file.read())
    entry = (data[0x1f1] + 1) * 512 + 0x200
    data[entry:entry + len(MARK_AND_EXIT)] = MARK_AND_EXIT
    return bytes(data)


def inner_disk():
    esp = lab.Esp("bench-inner")
    esp.put("vmlinuz", marked_kernel())
    esp.put("initrd.cpio")
    os.truncate(os.path.join(esp.tree, "initrd.cpio"), 128 * lab.MIB)
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio",
              "options console=ttyS0 quiet root=/dev/vda2")
    esp.conf("log quiet")
    return esp.image()


def run(disk, wish):
    esp = lab.Esp("bench-" + wish)
    esp.shape(f"ramdisk {RAMDISK:x} {os.path.getsize(disk):x}", wish)
    marks = os.path.join(esp.path, "marks")
    with lab.Machine(esp, "--icount", memory="8G", timeout=600, more=(
            "-debugcon", "file:" + marks, "-global", "isa-debugcon.iobase=0xe9",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-device", f"loader,file={disk},addr={RAMDISK:#x},force-raw=on")) as machine:
        text = machine.finish()
    with open(marks, "rb") as file:
        data = file.read()
    found = {chr(data[at]): struct.unpack_from("<Q", data, at + 1)[0] for at in range(0, len(data) - 8, 9)}
    return found, text


def main():
    boots.setup()
    disk = inner_disk()
    own, whole, passes = [], [], []
    for _ in range(RUNS):
        found, _ = run(disk, "pass")
        passes.append(found["P"])
        found, text = run(disk, "meter")
        whole.append(found["K"] - found["S"])
        own.append(found["K"] - found["S"] - found["R"])
    counters = [line for line in text.splitlines() if line.startswith("berth: read")][-1]
    ratio = statistics.median(whole) / statistics.median(passes)
    size = os.path.getsize(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    print(f"size of BOOTX64.EFI                            {size:>12,} bytes")
    print(f"{counters}   (Debian's kernel and an initrd of 128 MiB)")
    print(f"own instructions, entry to kernel, without Read {statistics.median(own):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(own))}")
    print(f"entry to kernel, with Read                      {statistics.median(whole):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(whole))}")
    print(f"one pass of 16 MiB reads over the same files    {statistics.median(passes):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(passes))}")
    print(f"whole time against one pass                     {ratio:>11.3f}")
    worst = [w for w, bad in (("own instructions: 2,000,000 or more", statistics.median(own) >= 2000000),
                              ("whole time: more than 1.05 passes", ratio > 1.05)) if bad]
    for words in worst:
        print("bench: too slow: " + words)
    return 1 if worst else 0


if __name__ == "__main__":
    subprocess.run(["make", "-s", "all", "test-efi"], cwd=lab.ROOT, check=True)
    sys.exit(main())
