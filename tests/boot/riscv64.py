# SPDX-License-Identifier: BSD-2-Clause
"""Boots of a RISC-V machine in U-Boot's UEFI: Debian 13's kernel, and the stand-in that checks every clause at its entry."""
import gzip
import os
import random
import re
import subprocess
import sys
import zlib

import keys
import lab
from boots import boots
from lab import GIB, MIB, Guest, Machine, data_archive, described, expect

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "probe"))
import make_image  # noqa: E402
import plans  # noqa: E402
import probes  # noqa: E402
import trees  # noqa: E402

FLAT = os.path.join(lab.ROOT, "build/riscv64/probe/riscv64.bin")
KEEPER = os.path.join(lab.ROOT, "build/riscv64/tests/keeper.efi")
INITRD = random.Random(9).randbytes(3 * MIB + 54321)
LEAST_CLAUSES = 46
def debian(esp, *lines, options, kernel=None):
    """An entry of Debian's kernel with two initrds; the second has a file whose checksum the guest tells."""
    files = lab.Debian("riscv64")
    data = random.Random(10).randbytes(5 * MIB + 321)
    esp.use("riscv64")
    esp.put("vmlinuz", link=kernel or files.kernel)
    esp.put("initrd.cpio", link=files.initrd)
    esp.put("data.cpio", data_archive("bytes", data))
    esp.entry("debian", "title Debian", "architecture riscv64", "linux /vmlinuz", "initrd /initrd.cpio",
              "initrd /data.cpio", f"options {options}", *lines)
    esp.told = described("bytes", data)
    esp.initrd_size = os.path.getsize(files.initrd) + len(data_archive("bytes", data))


def check_plan(esp, options):
    """`berth plan` makes the same plan from the debug log."""
    plans.expect_same(os.path.join(esp.path, "console.log"), "--initrd", str(esp.initrd_size), "--cmdline", options,
                      kernel=os.path.join(esp.tree, "vmlinuz"))


@boots
def riscv_debian_with_6g(esp):
    """RISC-V, Debian 13, 6 GiB: command line, both initrds, all memory, UEFI's variables and two harts arrive"""
    options = "console=ttyS0 quiet berth.guest=report panic=-1 grüße=“ja”"
    debian(esp, options=options)
    esp.conf("log debug")
    with Machine(esp) as machine:
        guest = Guest(machine.finish())
    kernel, initrd = guest.placed("kernel"), guest.placed("initrd")
    expect(guest.one("cmdline") == options, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")
    expect(guest.one("initrd") == f"{initrd[0]:#x} size {esp.initrd_size:#x}",
           f"the kernel found its initrd at {guest.one('initrd')}, the log said {initrd[0]:#x}, {esp.initrd_size:#x}")
    # arch/riscv/kernel/vmlinux.lds.S: the code proper starts behind the head, within the first 2 MiB.
    expect(kernel[0] <= guest.kernel_at() < kernel[0] + 2 * MIB,
           f"the kernel runs at {guest.kernel_at():#x}, the log said {kernel[0]:#x}")
    expect(guest.one("cpus") == "2", f"{guest.one('cpus')} harts came up: " +
           "; ".join(re.findall(r"CPU\d+: failed to come online", guest.text)))
    expect(not lab.lost_memory(guest), "memory got lost: " + ", ".join(lab.lost_memory(guest)))
    expect(int(guest.one("memory").split()[0]) * 1024 > 0.95 * 6 * GIB, f"it has {guest.one('memory')}")
    expect(int(guest.one("efivars")) > 0, "no EFI variable is visible: runtime services do not work")
    expect(not guest.all("complaint"), "the kernel complained: " + "; ".join(guest.all("complaint")))
    check_plan(esp, options)


@boots(sampled=True)
def riscv_debian_compressed(esp):
    """RISC-V, Debian 13's Image in gzip, a device tree of the entry's with overlays, 1 GiB: unpacked into place, and it comes up"""
    # What QEMU makes knows nothing of OpenSBI's memory: without U-Boot's additions the kernel dies without a word.
    tree = os.path.join(esp.tree, "virt.dtb")
    subprocess.run(["qemu-system-riscv64", "-machine", f"virt,dumpdtb={tree}", "-m", "1G", "-smp", "2", "-display",
                    "none"], check=True, stderr=subprocess.DEVNULL)
    packed = os.path.join(esp.path, "Image.gz")
    with open(lab.Debian("riscv64").kernel, "rb") as kernel, open(packed, "wb") as out:
        out.write(gzip.compress(kernel.read(), 1))
    options = "console=ttyS0 quiet berth.guest=report panic=-1"
    debian(esp, "placement low", "devicetree /virt.dtb", trees.two_overlays(esp), options=options, kernel=packed)
    with Machine(esp, memory="1G") as machine:
        guest = Guest(machine.finish())
    # U-Boot's memory is free from the end of OpenSBI's on, at 0x80080000.
    expect(guest.placed("kernel")[0] == 2 * GIB + 2 * MIB, f"the log placed the kernel at {guest.placed('kernel')}")
    expect(2 * GIB + 2 * MIB <= guest.kernel_at() < 2 * GIB + 4 * MIB, f"the kernel runs at {guest.kernel_at():#x}")
    reserved = [tuple(int(n, 16) for n in line.split()) for line in guest.all("reserved")]
    expect(any(first <= 2 * GIB and last >= 2 * GIB + 0x7ffff for first, last in reserved),
           f"the kernel does not keep clear of OpenSBI's memory: {guest.all('reserved')}")
    trees.expect_overlays(guest, expect)
    expect(re.search(r"^berth: unpacked \\vmlinuz, gzip, ", guest.text, re.M) is not None, "nothing was unpacked")
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")


@boots(sampled=True)
def riscv_debian_in_edk2(esp):
    """RISC-V, Debian 13 in EDK2, whose MMU is on: kernel and initrd above 4 GiB, runtime services read and write"""
    options = "console=ttyS0 quiet berth.guest=report berth.dmesg panic=-1"
    debian(esp, options=options)
    esp.conf("log debug")
    with Machine(esp, "--ovmf", lab.script("fetch", "edk2", "riscv64")) as machine:
        guest = Guest(machine.finish())
    kernel, initrd = guest.placed("kernel"), guest.placed("initrd")
    expect(min(kernel[0], initrd[0]) >= 4 * GIB, f"they lie at {kernel[0]:#x} and {initrd[0]:#x}")
    expect(kernel[0] <= guest.kernel_at() < kernel[0] + 2 * MIB, f"the kernel runs at {guest.kernel_at():#x}")
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")
    expect(guest.one("efivar-read") == "ok" and guest.one("runtime") == "ok", "runtime services do not work")
    expect("MEMRESERVE=0x" in guest.text and "RNG=0x" in guest.text, "the kernel found no table of reserved memory, or no seed")
    expect(not lab.lost_memory(guest), "memory got lost: " + ", ".join(lab.lost_memory(guest)))
    expect(not guest.all("complaint"), "the kernel complained: " + "; ".join(guest.all("complaint")))


def secured(esp, *lines, options):
    """
    EDK2 that says that Secure Boot is on, and verifies: returns the machine's options. Debian has no firmware for RISC-V with
    Secure Boot in it, neither EDK2 (2025.02, 2026.08: built without SECURE_BOOT_ENABLE, so no DxeImageVerificationLib) nor
    U-Boot (2023.01, 2025.01: without EFI_SECURE_BOOT). So the two variables are put in EDK2's store, and tests/keeper answers
    in the place of that library; LoadImage, which asks it, and all else are EDK2's own.
    """
    debian(esp, *lines, options=options)
    loader = os.path.join(esp.tree, "EFI/BOOT", lab.LOADERS["riscv64"])
    esp.put("berth.efi", link=os.readlink(loader))
    esp.put(os.path.relpath(loader, esp.tree), link=KEEPER)
    esp.put("trusted/0", link=lab.Debian("riscv64").kernel)
    firmware, store = lab.script("fetch", "edk2", "riscv64"), os.path.join(esp.path, "vars.fd")
    lab.variable_store(os.path.join(firmware, "RISCV_VIRT_VARS.fd"), store,
                       {("SecureBoot", keys.GLOBAL): b"\1", ("SetupMode", keys.GLOBAL): b"\0"})
    return "--ovmf", firmware, "--vars", store


def given(esp, *lines, initrd=INITRD, more="grüße=“ja”", **fields):
    make_image.make(FLAT, os.path.join(esp.tree, "probe"), **{"file_size": 5 * MIB + 777, **fields})
    told = f"probe.ramdisk={len(initrd):x},{zlib.adler32(initrd):x}" if initrd else "probe.ramdisk=0,0"
    esp.use("riscv64")
    esp.put("initrd", initrd)
    esp.told = " ".join((told, more))
    esp.entry("probe", "linux /probe", f"options {esp.told}", *(["initrd /initrd"] if initrd else []), *lines)


def boot_probe(esp, *options, **more):
    with Machine(esp, *options, **more) as machine:
        text = machine.finish()
        # QEMU's machine `virt` ends with 0 when the stand-in says so; Probe knows isa-debug-exit's 33.
        probe = probes.Probe(text, 33 if machine.process.returncode == 0 else machine.process.returncode, LEAST_CLAUSES)
    expect(probe.facts["cmdline"] == esp.told, f"the command line is {probe.facts['cmdline']!r}")
    return probe


def check_copied(probe, at, skipped):
    expect(probe.number("load") == at, f"it lies at {probe.number('load'):#x}")
    expect(re.search(r"^berth: after exit copy 0x[1-9a-f]", probe.text, re.M) is not None, "nothing was copied")
    found = [words for _, words in probe.clauses.values() if "# SKIP" in words]
    expect(len(found) == len(skipped) and all(f.startswith(s) for f, s in zip(found, skipped)),
           f"some did not apply: {found}")


@boots
def riscv_probe_with_4_harts(esp):
    """Stand-in for RISC-V, 4 harts, where U-Boot holds memory until exit: copied there, and every clause is kept"""
    given(esp, f"placement {5 * GIB:#x}")  # U-Boot keeps all above 4 GiB as boot services data
    check_copied(boot_probe(esp, "--harts", "4"), 5 * GIB, ["kaslr-seed"])  # it has no entropy


@boots
def riscv_probe_in_edk2(esp):
    """Stand-in for RISC-V in EDK2, whose MMU is on, copied after exit: every clause applies, and is kept"""
    given(esp, "placement 0x83000000")
    check_copied(boot_probe(esp, "--ovmf", lab.script("fetch", "edk2", "riscv64"), memory="2G"), 0x83000000, [])


# What is wrong, the header's fields or the entry's lines, and what is said.
REFUSED = {
    "no size": ({"image_size": 0}, (), "image_size is 0"),
    "big-endian": ({"flags": 1}, (), "a big-endian kernel"),
    "off 2 MiB": ({}, ("placement 0x90100000",), "it needs a multiple of 0x200000"),
    "on SBI firmware": ({}, ("placement 0x80000000",), "it runs at or above 0x80080000"),
    "out of reach": ({}, ("placement 0x4000000000", "options no4lvl"), "must end by 0x2080000000 [R2]"),
    "too large": ({"image_size": 1 << 40}, (), "no free memory holds the kernel"),
    "other CPU": ({"magic2": 0x644d5241, "magic": 0}, (), "a kernel for arm64"),
}


@boots(waits=True)
def riscv_images_that_are_refused(esp):
    """RISC-V Images of no size, big-endian, misplaced, too large, of another CPU: each refused by name; then one boots"""
    given(esp, "sort-key z", initrd=b"")
    for number, (name, (fields, lines, _)) in enumerate(REFUSED.items()):
        make_image.make(FLAT, os.path.join(esp.tree, f"k{number}"), **fields)
        esp.entry(f"k{number}", f"title {name}", f"sort-key k{number}", f"linux /k{number}", *lines)
    esp.conf("timeout 60", "default k0")
    with Machine(esp, memory="1G") as machine:
        machine.wait_for("Enter")
        for _, _, sentence in REFUSED.values():
            machine.press("enter")
            machine.wait_for(sentence)
            machine.wait_for("press any key")
            machine.press(" ")
            machine.wait_for("Enter")
            machine.press("down")
        machine.press("enter")
        machine.wait_for("# probe: ")
