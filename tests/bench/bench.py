#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts instructions from the loader's entry to the kernel's, and compares with one Read for each file.

What firmware's variable services take for the Boot Loader Interface is counted apart: it is firmware's price, and the
same for every loader that the system's tools know.

QEMU's -icount makes guest time a count of instructions, and the disk lies in guest memory, so the figures repeat. The
kernel is Debian's with its first instructions replaced by ones that mark the time; the initrd is 128 MiB, and 20 entries
lie on the volume. A second table goes on to the first instruction of the kernel proper, unpacked by its own decompressor
or by Berth; a third, unpacking.py's, has the decoders alone, and a fourth, to_init.py's, goes on to that of init.
"""
import os
import statistics
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import boots  # noqa: E402
import entered  # noqa: E402
import keys  # noqa: E402
import lab  # noqa: E402
import loaded  # noqa: E402
import to_init  # noqa: E402
import unpacking  # noqa: E402
from debugger import Debugger  # noqa: E402

RAMDISK = 0x180000000
PLACE = 0x140000000  # of the kernel that is unpacked
RUNS = 3
OTHERS = 19  # entries on the volume beside the one that boots
# rdtsc into rbx; 'K' and its eight bytes to port 0xe9; end QEMU by port 0xf4 (isa-debug-exit).
MARK_AND_EXIT = bytes.fromhex("0f3148c1e2204809d04889c3b04be6e9b90800000088d8e6e948c1eb08e2f6b000e6f4")


def marked_kernel():
    with open(boots.KERNEL["file"], "rb") as file:
        data = bytearray(file.read())
    entry = (data[0x1f1] + 1) * 512 + 0x200
    data[entry:entry + len(MARK_AND_EXIT)] = MARK_AND_EXIT
    return bytes(data)


def inner_disk(name, kernel, *lines, conf=(), bound=False):
    """@bound: berth.sums has a record of the entry."""
    esp = lab.Esp("bench-inner-" + name)
    esp.put("vmlinuz", kernel)
    esp.put("initrd.cpio")
    os.truncate(os.path.join(esp.tree, "initrd.cpio"), 128 * lab.MIB)
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio",
              "options console=ttyS0 quiet root=/dev/vda2 nokaslr", *lines)
    for i in range(OTHERS):
        esp.entry(f"zother-{i}", f"title Debian, older by {i}", "linux /vmlinuz", "initrd /initrd.cpio",
                  "options console=ttyS0 quiet root=/dev/vda2")
    esp.put("loader/loader.conf", "\n".join(("default debian", *conf)) + "\n")
    if bound:
        keys.sums(esp, "debian")
    return esp.image()


def secured(esp):
    """Programs are signed with a key that firmware has in db; the options of the machine."""
    for name in ("EFI/BOOT/BOOTX64.EFI", "berth.efi"):
        esp.put(name, link=keys.sign(os.path.join(esp.tree, name), os.path.join(esp.path, "signed", os.path.basename(name))))
    return "--secboot", "--vars", keys.store(os.path.join(esp.path, "vars.fd"))


def run_to_vmlinux(debugger):
    debugger.run_to(PLACE)


def measure(disk, wish, debugger=None, secure=False, stand=run_to_vmlinux):
    """What was marked, by its letters, and the console's text. @stand: brings the debugger to where time is marked."""
    esp = lab.Esp("bench-" + wish)
    esp.shape(f"ramdisk {RAMDISK:x} {os.path.getsize(disk):x}", wish)
    options = secured(esp) if secure else ()
    marks = os.path.join(esp.path, "marks")
    with lab.Machine(esp, "--icount", *options, memory="8G", timeout=600, more=(
            "-debugcon", "file:" + marks, "-global", "isa-debugcon.iobase=0xe9",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-device", f"loader,file={disk},addr={RAMDISK:#x},force-raw=on",
            *(debugger.options if debugger else ()))) as machine:
        if debugger:
            debugger.attach(machine)
            stand(debugger)
            debugger.go_on_with(MARK_AND_EXIT)
        text = machine.finish()
    with open(marks, "rb") as file:
        data = file.read()
    found = {chr(data[at]): struct.unpack_from("<Q", data, at + 1)[0] for at in range(0, len(data) - 8, 9)}
    return found, next((line for line in text.splitlines() if " copied " in line), None)


def own_of(found):
    return found["K"] - found["S"] - found["R"] - found["V"] - found.get("I", 0)


def compare_verifying(own):
    """
    The same with Secure Boot on: firmware verifies the kernel where it lies, so each byte still comes from the disk once,
    and Berth itself has hardly more to do. @own: instructions without. Returns what is wrong, in words.
    """
    path = os.path.join(lab.WORK, "bench-signed")
    keys.write(path + ".bare", marked_kernel())
    with open(keys.sign(path + ".bare", path), "rb") as file:
        kernel = file.read()
    found, _ = measure(inner_disk("verified", kernel), "meter", secure=True)
    _, counters = measure(inner_disk("verified-told", kernel, conf=["log normal"]), "meter", secure=True)
    files, ratio = len(kernel) + 128 * lab.MIB, own_of(found) / own
    print(f"Secure Boot: {counters}; from the disk {found['D']:,}, the files have {files:,}")
    print(f"Secure Boot: own instructions beside LoadImage's {own_of(found):>11,}   against those without {ratio:.3f}; "
          f"LoadImage {found['L']:,}")
    bound, _ = measure(inner_disk("bound", marked_kernel(), bound=True), "meter", secure=True)
    print(f"Secure Boot: own instructions with a record     {own_of(bound):>11,}   which are SHA-256 of the files")
    once = counters is not None and f"read {files} copied 0 bytes" in counters and files <= found["D"] < files + lab.MIB
    return ([] if once else ["Secure Boot: a file is read more than once, or copied"]) + (
        ["Secure Boot: more than 1.05 of the own instructions without"] if ratio > 1.05 else [])


def to_the_kernel_proper(who):
    """`decompress kernel` or `decompress loader`: instructions from the loader's entry to vmlinux's, those of them outside
    of Read and variable services, and the counters."""
    with open(boots.KERNEL["file"], "rb") as file:
        kernel = file.read()
    disk = inner_disk(who, kernel, f"decompress {who}", f"placement {PLACE:#x}", conf=["log normal"])
    with Debugger() as debugger:
        found, counters = measure(disk, "meter", debugger)
    return found["K"] - found["S"], own_of(found), counters


def kernels_own(path, image):
    """Instructions of the decoder in the bzImage, which unpacks @image to where the kernel lies (misc.c, extract_kernel)."""
    with open(path, "rb") as file:
        disk = inner_disk("own", file.read(), f"placement {PLACE:#x}")

    def until(at):
        def stand(debugger):
            debugger.run_to(PLACE + 0x200)  # boot.rst, 64-bit boot protocol: the entry
            debugger.run_to_write(PLACE + at, image[at])

        with Debugger() as debugger:
            found, _ = measure(disk, "meter", debugger, stand=stand)
        return found["K"] - found["S"]

    return until(len(image) - 1) - until(0)


def compare_unpacking():
    """
    What each moves after it was read, by the files: Linux's decompressor copies itself behind its window, unpacks all of
    the ELF file, and copies every segment to its place (arch/x86/boot/compressed: head_64.S, misc.c, parse_elf). Berth
    unpacks in one run in which the first segment lies at its place, and moves those that do not (kernel/packed.c).
    """
    kernel = entered.Kernel(lab.Esp("bench-payload"), 12)
    size, unpacked = os.path.getsize(boots.KERNEL["file"]), len(kernel.image)
    in_file = kernel.parts_of_file()
    leads = [(offset - at, filesz) for offset, at, filesz in kernel.loads()]
    displaced = sum(filesz for lead, filesz in leads if lead != leads[0][0])
    moved = {"kernel": size + unpacked + sum(b - a for a, b in in_file), "loader": unpacked + displaced}
    for who, bytes_moved in moved.items():
        whole, own, counters = to_the_kernel_proper(who)
        print(f"decompress {who}: entry to vmlinux, whole   {whole:>13,}   own {own:>13,}   {counters}; "
              f"about {bytes_moved:,} bytes written by unpacking and copying")


def main():
    boots.setup()
    disk = inner_disk("marked", marked_kernel())
    own, variables, whole, passes = [], [], [], []
    for _ in range(RUNS):
        found, _ = measure(disk, "pass")
        passes.append(found["P"])
        found, _ = measure(disk, "meter")
        whole.append(found["K"] - found["S"])
        variables.append(found["V"])
        own.append(own_of(found))
    _, counters = measure(inner_disk("told", marked_kernel(), conf=["log normal"]), "meter")
    ratio = statistics.median(whole) / statistics.median(passes)
    ratio_without = (statistics.median(whole) - statistics.median(variables)) / statistics.median(passes)
    size = os.path.getsize(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    print(f"size of BOOTX64.EFI                            {size:>12,} bytes")
    print(f"{counters}   (Debian's kernel and an initrd of 128 MiB)")
    print(f"own instructions, entry to kernel               {statistics.median(own):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(own))}")
    print(f"firmware's variable services                    {statistics.median(variables):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(variables))}")
    print(f"entry to kernel, with both, and with Read       {statistics.median(whole):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(whole))}")
    print(f"one Read for each of the same files              {statistics.median(passes):>11,}   "
          f"of {', '.join(f'{n:,}' for n in sorted(passes))}")
    print(f"whole time against those Reads                  {ratio:>11.3f}   without variable services {ratio_without:.3f}")
    worst = loaded.measure()
    worst += compare_verifying(statistics.median(own))
    compare_unpacking()
    worst += unpacking.measure(kernels_own)
    worst += [w for w, bad in (("own instructions: 2,000,000 or more", statistics.median(own) >= 2000000),
                               ("without variable services: more than 1.08 of the Reads", ratio_without > 1.08),
                               ("whole time: more than 1.14 of the Reads", ratio > 1.14)) if bad]
    worst += to_init.measure()
    for words in worst:
        print("bench: too slow: " + words)
    return 1 if worst else 0


def main_unpacking(only=""):
    boots.setup()
    over = unpacking.measure(kernels_own, only)
    for words in over:
        print("bench: too slow: " + words)
    return 1 if over else 0


if __name__ == "__main__":
    subprocess.run(["make", "-s", "all", "test-efi", "build/host/relocate", "build/host/unpack_count"], cwd=lab.ROOT, check=True)
    sys.exit(main_unpacking(*sys.argv[2:]) if sys.argv[1:2] == ["unpacking"] else main())
