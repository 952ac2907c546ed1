# SPDX-License-Identifier: BSD-2-Clause
"""berth.sums, made and signed by `berth sums`: with Secure Boot on an entry boots when each of its parts is the one that was
signed, a kernel without a signature too; and whoever exchanges a part, or the file itself, is refused by name.
"""
import os
import subprocess
from typing import NamedTuple

import arm64
import keys
import lab
import pvh
import trees
from boots import KERNEL, REPORT, boot, boots, check_healthy
from direct import elf_end, unpacked, vmlinux
from lab import Machine, expect
from prepared import prepared
from signed import byte_flipped, secured

SUMS = "\\loader\\berth.sums"
LINE = REPORT + " nokaslr berth.dmesg"
NOTHING = f"this machine starts nothing without the records of {SUMS}"


def unsigned(esp, *lines):
    """An entry whose kernel nobody has signed, on a machine with Secure Boot; returns the machine's options."""
    options = secured(esp, *lines, options=LINE)
    esp.put("vmlinuz", link=KERNEL["file"])
    return options


def check_bound(guest, line=LINE):
    check_healthy(guest, line)
    expect("berth: verified \\vmlinuz, all of it, by berth.sums" in guest.text, "the log does not tell")
    expect(any("Kernel is locked down" in line for line in guest.all("dmesg")), "the kernel has not locked itself down")


class Refused(NamedTuple):
    what: str
    said: str
    exchange: object = None  # what is done to the entry of that name after its record was signed


# Those that are exchanged have a kernel, two initrds and the line above. Each is tried, and the next one boots.
REFUSED = {
    "kernel": Refused("one bit of the kernel", "\\kernel\\vmlinuz: is not the kernel that berth.sums has for this entry",
                      lambda esp: esp.put("kernel/vmlinuz", byte_flipped(KERNEL["file"], 3000000))),
    "initrd": Refused("another second initrd", "\\initrd\\second: is not the initrd that berth.sums has for this entry",
                      lambda esp: esp.put("initrd/second", lab.data_archive("second", b"evil"))),
    "fewer": Refused("one initrd of two", "fewer.conf: has 1 of the kind `initrd`, and berth.sums has 2 for it",
                     lambda esp: entry(esp, "fewer", initrds=1)),
    "more": Refused("three initrds instead of two", "more.conf: has 3 of the kind `initrd`, and berth.sums has 2 for it",
                    lambda esp: entry(esp, "more", initrds=3)),
    "order": Refused("its initrds in another order", "\\order\\second: is not the initrd that berth.sums has for this entry",
                     lambda esp: entry(esp, "order", swapped=True)),
    "stub": Refused("`handoff stub`, and another second initrd", "\\stub\\second: is not the initrd that berth.sums has for this entry",
                    lambda esp: esp.put("stub/second", lab.data_archive("second", b"evil"))),
    "options": Refused("another command line", "options.conf: its command line is not the one that berth.sums has for it",
                       lambda esp: entry(esp, "options", options=LINE + " init=/bin/sh")),
    "unknown": Refused("an entry without a record, where one is demanded",
                       f"unknown2.conf: has no record in {SUMS}, and this machine starts nothing else", lambda esp: rename(esp)),
    "program": Refused("a signed program, where a record is demanded",
                       f"program.conf: has no record in {SUMS}, and this machine starts nothing else",
                       lambda esp: esp.entry("program", "title program", "sort-key b", "efi /signed.efi", "options initrd=\\evil")),
    "tree": Refused("another device tree (arm64)", "\\tree.dtb: is not the devicetree that berth.sums has for this entry"),
    "overlay": Refused("another overlay (arm64)", "\\over.dtbo: is not the devicetree-overlay that berth.sums has for this entry"),
    "relocs": Refused("another relocation table beside a vmlinux", "\\vmlinux.relocs: is not the relocs that berth.sums has for this entry"),
    "pvh": Refused("one bit of an ELF kernel that is entered by PVH", "\\changed.elf: is not the kernel that berth.sums has for this entry"),
    "deleted": Refused("no berth.sums, where one is demanded", f"{SUMS}: no such file"),
    "unsigned": Refused("a berth.sums without a signature", f"{SUMS}: firmware does not trust it: access denied"),
    "foreign": Refused("a berth.sums signed by somebody whom nobody knows", f"{SUMS}: firmware does not trust it: access denied"),
    "older": Refused("a berth.sums of an older version", f"{SUMS}: has version 3, and at least 4 is demanded"),
}
EXCHANGED = {name: row for name, row in REFUSED.items() if row.exchange is not None}


def rename(esp):
    entry(esp, "unknown2")
    os.unlink(os.path.join(esp.tree, "loader/entries/unknown.conf"))


def entry(esp, name, initrds=2, swapped=False, options=LINE):
    files = ["/initrd.cpio", f"/{name}/second", f"/{name}/second"][:initrds]
    esp.entry(name, f"title {name}", "sort-key b", f"linux /{name}/vmlinuz", *(f"initrd {file}" for file in
                                                                             (reversed(files) if swapped else files)),
              f"options {options}", *(["handoff stub"] if name == "stub" else []))
    esp.put(f"{name}/vmlinuz", link=KERNEL["file"])
    esp.put(f"{name}/second", lab.data_archive("second", b"good"))


@boots(waits=True)
def sums_name_each_part_that_is_another(esp):
    """Secure Boot, berth.sums: a bare vmlinux that nobody has signed boots; before it kernel, initrds, command line, an entry without a record and a program are each refused by name"""
    options = unsigned(esp, "sort-key z")
    esp.put("vmlinuz", vmlinux())
    esp.put("signed.efi", link=keys.sign(KERNEL["file"], os.path.join(esp.path, "signed.efi")))
    for name in EXCHANGED:
        entry(esp, name)
    keys.sums(esp, "--least", "1")
    esp.conf("timeout 1", "default unknown2.conf")
    for row in EXCHANGED.values():
        row.exchange(esp)
    # Checksums take firmware long: time by instructions, so that a slow host is no slow CPU to the kernel.
    guest = boot(esp, "--icount", *options, timeout=300)
    check_bound(guest)
    for name, row in EXCHANGED.items():
        expect(guest.text.count(row.said) == 1, f"{name}: the console does not say once {row.said!r}")
    expect(guest.text.count("guest: release ") == 1, "another kernel was started")
    sizes = [os.path.getsize(os.path.join(esp.tree, n)) for n in ("vmlinuz", "initrd.cpio")]
    expect(guest.counters()[0] == sum(sizes), f"read and copied are {guest.counters()}, the files have {sizes}")


def refused(esp, options, *words):
    with Machine(esp, *options) as machine:
        for each in words:
            machine.wait_for(each)
        machine.wait_for("press any key")
        text = machine.text()
    expect("guest: " not in text and "Linux version" not in text, "it was started all the same")
    return text


@boots(sampled=True)
def sums_are_demanded_in_the_next_start(esp):
    """Secure Boot, berth.sums: one start keeps that it is demanded; in the next ones it is deleted, unsigned, older: nothing boots, not even a signed kernel, until a signed one ends that"""
    options = (*secured(esp, options=LINE), "--keep-vars")
    keys.sums(esp, "--least", "4", version=5)
    guest = boot(esp, *options)
    check_bound(guest)
    expect(f"berth: from now on {SUMS} of version 4 or later is demanded" in guest.text, "the log does not tell")
    os.unlink(os.path.join(esp.tree, "loader/berth.sums"))
    refused(esp, options, "berth: " + REFUSED["deleted"].said, NOTHING)
    keys.sums(esp, version=9, signer=None)
    refused(esp, options, "berth: " + REFUSED["unsigned"].said, NOTHING)
    keys.sums(esp, version=3)
    refused(esp, options, "berth: " + REFUSED["older"].said, NOTHING)
    keys.sums(esp, "--clear", version=6)
    expect(f"berth: {SUMS} is not demanded any more" in boot(esp, *options).text, "the demand is not cleared")
    os.unlink(os.path.join(esp.tree, "loader/berth.sums"))
    check_healthy(boot(esp, *options), LINE)


@boots(sampled=True)
def sums_of_a_foreign_signer_change_nothing(esp):
    """Secure Boot, berth.sums that a key signed which firmware does not know, and none demanded: it is as if there were none"""
    options = unsigned(esp)
    keys.sums(esp, "--least", "1", signer="foreign")
    refused(esp, options, "berth: " + REFUSED["foreign"].said, "\\vmlinuz: firmware does not trust it: access denied")


@boots(sampled=True)
def sums_by_shim(esp):
    """Debian's shims before Berth: berth.sums is verified by each of them, and a kernel without a signature boots"""
    for suite in ("trixie", "bullseye"):
        options = unsigned(esp)
        esp.put("EFI/BOOT/grubx64.efi", link=os.path.join(esp.path, "berth.efi"))
        shim = os.path.join(lab.script("fetch", "shim", suite), "shimx64.efi")
        esp.put("EFI/BOOT/BOOTX64.EFI", link=keys.sign(shim, os.path.join(esp.path, "shim.efi")))
        esp.put("vmlinuz", vmlinux())
        keys.sums(esp)
        check_bound(boot(esp, *options))


@boots(sampled=True)
def sums_bind_the_device_tree(esp):
    """arm64, Secure Boot, berth.sums: a device tree and an overlay that are others are named, and Debian boots by a record without a signature, with the tree of its entry"""
    options = arm64.secured(esp)
    blob = os.path.join(esp.path, "virt.dtb")
    subprocess.run(["qemu-system-aarch64", "-machine", f"virt,acpi=off,dumpdtb={blob}", "-cpu", "cortex-a72", "-m", "2G", "-smp", "2"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    esp.put("vmlinuz", link=lab.Debian("arm64").kernel)
    esp.put("virt.dtb", link=blob)
    esp.put("tree.dtb", trees.BASE)
    esp.put("over.dtbo", trees.overlay("/", {"berth,one": "one"}))
    esp.entry("debian", "title Debian", "sort-key z", "linux /vmlinuz", "initrd /initrd.cpio", "devicetree /virt.dtb",
              f"options {arm64.OPTIONS}")
    esp.entry("tree", "title tree", "sort-key a", "linux /vmlinuz", "devicetree /tree.dtb", "options x")
    esp.entry("overlay", "title overlay", "sort-key b", "linux /vmlinuz", "devicetree /virt.dtb", "devicetree-overlay /over.dtbo",
              "options x")
    keys.sums(esp, "--least", "1", arch="aa64")
    esp.put("tree.dtb", trees.overlay("/", {"berth,one": "one"}))
    esp.put("over.dtbo", trees.overlay("/", {"berth,one": "two"}))
    esp.conf("timeout 1", "default tree.conf")
    guest = boot(esp, "--machine", "acpi=off", *options, memory="2G", timeout=400)
    for name in ("tree", "overlay"):
        expect(guest.text.count(REFUSED[name].said) == 1, f"{name}: not {REFUSED[name].said!r}")
    expect("berth: verified \\vmlinuz, all of it, by berth.sums" in guest.text, "the log does not tell")
    expect(guest.one("cmdline") == arm64.OPTIONS, f"/proc/cmdline is {guest.one('cmdline')!r}")


@boots(sampled=True)
def sums_bind_a_prepared_kernel(esp):
    """Secure Boot, berth.sums: what `berth prepare` has made of Debian's kernel, which nobody can sign, boots by its record; with one other bit it is refused by name"""
    options = unsigned(esp, "sort-key z")
    kernel = prepared(esp, KERNEL["file"])
    for name in ("vmlinuz", "kernel/vmlinuz"):
        esp.put(name, kernel)
    entry(esp, "kernel")
    esp.put("kernel/vmlinuz", kernel)
    keys.sums(esp, "--least", "1")
    esp.put("kernel/vmlinuz", kernel[:3000000] + bytes([kernel[3000000] ^ 1]) + kernel[3000001:])
    esp.conf("timeout 1", "default kernel.conf")
    guest = boot(esp, "--icount", *options, timeout=300)
    expect(guest.text.count(REFUSED["kernel"].said) == 1, f"the console does not say once {REFUSED['kernel'].said!r}")
    check_bound(guest)


@boots(sampled=True)
def sums_bind_the_relocation_table(esp):
    """Secure Boot, berth.sums: a vmlinux boots at a random virtual address by the table beside it; with another table it is refused"""
    options = secured(esp, "sort-key z", options=REPORT + " berth.dmesg")
    image = unpacked(KERNEL["file"])
    for name in ("vmlinuz", "vmlinux"):
        esp.put(name, image[:elf_end(image)])
        esp.put(name + ".relocs", image[elf_end(image):])
    esp.entry("relocs", "title relocs", "sort-key a", "linux /vmlinux", "options x")
    keys.sums(esp, "--least", "1")
    table = bytearray(image[elf_end(image):])
    table[len(table) // 2] ^= 1
    esp.put("vmlinux.relocs", bytes(table))
    esp.conf("timeout 1", "default relocs.conf", "log debug")
    guest = boot(esp, *options, timeout=300)
    expect(guest.text.count(REFUSED["relocs"].said) == 1, f"not {REFUSED['relocs'].said!r}")
    check_bound(guest, REPORT + " berth.dmesg")
    expect(" moved by 0x" in guest.text, "the table was not used")


@boots(sampled=True)
def sums_bind_a_kernel_that_is_entered_by_pvh(esp):
    """Secure Boot, berth.sums: an ELF kernel that nobody can sign is entered by PVH with every clause kept, by its record; with one other bit it is refused"""
    options = secured(esp, "sort-key z")
    pvh.given(esp, "sort-key b")
    esp.put("changed.elf", link=os.path.join(esp.tree, "kernel.elf"))
    esp.entry("changed", "title changed", "sort-key a", "linux /changed.elf", "options x")
    keys.sums(esp, "--least", "1")
    esp.put("changed.elf", byte_flipped(os.path.join(esp.tree, "kernel.elf"), 0x2000))
    esp.conf("timeout 1", "default changed.conf")
    probe = pvh.boot_pvh(esp, *options, memory="2G")
    expect(probe.text.count(REFUSED["pvh"].said) == 1, f"the console does not say once {REFUSED['pvh'].said!r}")
    expect("berth: verified \\kernel.elf, all of it, by berth.sums" in probe.text, "the log does not tell")
    expect(not probe.skipped("the initrd arrived whole"), "the initrd was not checked")
