# SPDX-License-Identifier: BSD-2-Clause
"""Boots of an arm64 machine in AAVMF: Debian 13's kernel, and the stand-in that checks every clause at its entry.

QEMU's machine `virt` has ACPI's tables, or with acpi=off a device tree, and with virtualization=on firmware at EL2.
"""
import gzip
import os
import random
import re
import struct
import subprocess
import sys
import zlib

import keys
import lab
import tpm
from boots import boots, told
from lab import GIB, MIB, Guest, Machine, data_archive, described, expect
from signed import byte_flipped, read, refused, sign_by_snakeoil

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "probe"))
import make_image  # noqa: E402
import plans  # noqa: E402
import probes  # noqa: E402
import trees  # noqa: E402

FLAT = os.path.join(lab.ROOT, "build/aarch64/probe/aarch64.bin")
INITRD = random.Random(11).randbytes(3 * MIB + 4321)
EXIT = ("-semihosting-config", "enable=on,target=native")
LEAST_CLAUSES = 52
OPTIONS = "console=ttyAMA0 quiet berth.guest=report berth.dmesg panic=-1 grüße=“ja”"


def debian(esp, *lines, kernel=None, name="vmlinuz"):
    """An entry of Debian's kernel with two initrds; the second has a file whose checksum the guest tells."""
    files = lab.Debian("arm64")
    data = random.Random(12).randbytes(5 * MIB + 321)
    esp.use("aarch64")
    if kernel is None:
        esp.put(name, link=files.kernel)
    else:
        with open(files.kernel, "rb") as file:
            esp.put(name, kernel(file.read()))
    esp.put("initrd.cpio", link=files.initrd)
    esp.put("data.cpio", data_archive("bytes", data))
    esp.entry("debian", "title Debian", "architecture aa64", f"linux /{name}", "initrd /initrd.cpio",
              "initrd /data.cpio", f"options {OPTIONS}", *lines)
    esp.conf("log debug")
    esp.kernel = name
    esp.told = described("bytes", data)
    esp.initrd_size = os.path.getsize(files.initrd) + len(data_archive("bytes", data))


def boot_debian(esp, *options, level, **more):
    """One boot, and all that must hold of it: each costs half a minute."""
    with Machine(esp, *options, **more) as machine:
        guest = Guest(machine.finish())
    kernel = guest.placed("kernel")
    expect(guest.one("cmdline") == OPTIONS, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")
    expect(kernel[0] <= guest.kernel_at() < kernel[0] + 2 * MIB,
           f"the kernel runs at {guest.kernel_at():#x}, the log said {kernel[0]:#x}")
    expect(guest.one("cpus") == "2", f"{guest.one('cpus')} CPUs came up: " +
           "; ".join(re.findall(r"CPU\d+: failed to come online", guest.text)))
    expect(f"CPU: All CPU(s) started at EL{level}" in guest.text, f"they did not start at EL{level}")
    expect(not lab.lost_memory(guest), "memory got lost: " + ", ".join(lab.lost_memory(guest)))
    expect(int(guest.one("efivars")) > 0, "no EFI variable is visible: runtime services do not work")
    expect(guest.one("efivar-read") == "ok", "an EFI variable could not be read")
    expect(guest.one("runtime") == "ok", "an EFI variable could not be written and deleted")
    variables = told(guest)
    times = [int(variables[f"LoaderTime{at}USec"][1].decode("utf-16-le").rstrip("\0")) for at in ("Init", "Exec")]
    expect(0 < times[0] < times[1], f"the loader was started and left at {times} us")
    expect(variables["LoaderFeatures"] == (6, (0x3fffff).to_bytes(8, "little")), f"{variables['LoaderFeatures']}")
    expect("MEMRESERVE=0x" in guest.text, "the kernel found no table of reserved memory, which kexec needs")
    expect("RNG=0x" in guest.text, "the kernel found no table with a seed")
    expect("KASLR enabled" in guest.text, "the kernel found no kaslr-seed")
    expect(not guest.all("complaint"), "the kernel complained: " + "; ".join(guest.all("complaint")))
    plans.expect_same(os.path.join(esp.path, "console.log"), "--initrd", str(esp.initrd_size), "--cmdline", OPTIONS,
                      kernel=os.path.join(esp.tree, esp.kernel))
    return guest


def zboot(image):
    """What Linux's build makes with CONFIG_EFI_ZBOOT (drivers/firmware/efi/libstub/Makefile.zboot), but for the code."""
    size = struct.unpack_from("<Q", image, 16)[0]
    packed = subprocess.run(["zstd", "-q", "-1", "--no-check", "-c"], input=image + bytes(size - len(image)), check=True,
                            stdout=subprocess.PIPE).stdout
    head = struct.pack("<2sH4sII8x6s", b"MZ", 0, b"zimg", 4096, len(packed), b"zstd22")
    return head + bytes(4096 - len(head)) + packed + struct.pack("<I", size)


@boots(sampled=True)
def arm64_debian_by_acpi(esp):
    """arm64, Debian 13, 6 GiB, ACPI: command line, initrds, memory, UEFI's variables and two CPUs, above 4 GiB"""
    debian(esp)
    guest = boot_debian(esp, level=1)
    expect(guest.placed("kernel")[0] >= 4 * GIB, "it lies below 4 GiB")
    expect(int(guest.one("memory").split()[0]) * 1024 > 0.95 * 6 * GIB, f"it has {guest.one('memory')}")
    expect("ACPI: Early table checksum verification" in guest.text or "ACPI: RSDP" in guest.text, "it has no ACPI")


@boots
def arm64_debian_gz_by_tree_at_el2(esp):
    """arm64, Debian 13's Image.gz, 1 GiB, firmware's tree with overlays, EL2: all of that, and the initrd where the log has it"""
    debian(esp, trees.two_overlays(esp), kernel=lambda image: gzip.compress(image, 1), name="Image.gz")
    guest = boot_debian(esp, "--machine", "acpi=off,virtualization=on", level=2, memory="1G")
    initrd = guest.placed("initrd")
    expect(guest.one("initrd") == f"{initrd[0]:#x} size {esp.initrd_size:#x}",
           f"the kernel found its initrd at {guest.one('initrd')}, the log said {initrd[0]:#x}, {esp.initrd_size:#x}")
    trees.expect_overlays(guest, expect)
    expect("Machine model: linux,dummy-virt" in guest.text, "it was not told by the device tree")
    expect(re.search(r"^berth: unpacked \\Image.gz, gzip, ", guest.text, re.M) is not None, "nothing was unpacked")


@boots
def arm64_debian_by_its_stub_with_a_tree(esp):
    """arm64, Debian 13's kernel by its EFI stub: the entry's device tree with overlays is what it sees"""
    blob = os.path.join(esp.path, "virt.dtb")
    subprocess.run(["qemu-system-aarch64", "-machine", f"virt,acpi=off,dumpdtb={blob}", "-cpu", "cortex-a72", "-m", "1G", "-smp", "2"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    debian(esp, "handoff stub", "devicetree /virt.dtb", trees.two_overlays(esp))
    esp.put("virt.dtb", link=blob)
    with Machine(esp, "--machine", "acpi=off", memory="1G") as machine:
        guest = Guest(machine.finish())
    trees.expect_overlays(guest, expect)
    expect(guest.one("cmdline") == OPTIONS, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")
    expect("Machine model: linux,dummy-virt" in guest.text, "it was not told by the device tree")


@boots
def arm64_debian_zboot_in_strict_firmware(esp):
    """arm64, Debian 13's kernel as EFI zboot file by zstd, in Debian 13's AAVMF that faults on writable code"""
    debian(esp, kernel=zboot, name="vmlinuz.efi")
    guest = boot_debian(esp, "--ovmf", lab.script("fetch", "edk2", "aarch64"), "--strictnx", level=1,
                        memory="2G")
    expect(re.search(r"^berth: unpacked \\vmlinuz.efi, zstd, ", guest.text, re.M) is not None, "nothing was unpacked")


# ---- the stand-in ----

def given(esp, *lines, initrd=INITRD, level=1, tree=0, more="grüße=“ja”", **fields):
    make_image.make(FLAT, os.path.join(esp.tree, "probe"), arm64=1, **{"file_size": 5 * MIB + 777, **fields})
    told = f"probe.ramdisk={len(initrd):x},{zlib.adler32(initrd):x}" if initrd else "probe.ramdisk=0,0"
    esp.use("aarch64")
    esp.put("initrd", initrd)
    esp.told = f"{told} probe.el={level} probe.tree={tree} {more}"
    esp.entry("probe", "linux /probe", f"options {esp.told}", *(["initrd /initrd"] if initrd else []), *lines)


def boot_probe(esp, *options, may_skip=(), **more):
    """One boot in which every clause is kept, and every clause applies but those that begin with @may_skip."""
    with Machine(esp, *options, more=EXIT, **more) as machine:
        text = machine.finish()
        # Semihosting ends QEMU with 0 when the stand-in says so; Probe knows isa-debug-exit's 33.
        probe = probes.Probe(text, 33 if machine.process.returncode == 0 else machine.process.returncode, LEAST_CLAUSES)
    expect(probe.facts["cmdline"] == esp.told, f"the command line is {probe.facts['cmdline']!r}")
    skipped = [words for _, words in probe.clauses.values() if "# SKIP" in words and not words.startswith(may_skip)]
    expect(not skipped, f"some did not apply: {skipped}")
    return probe


FIRMWARES_TREE = "all that firmware's own tree tells"


@boots
def arm64_probe_by_acpi(esp):
    """Stand-in for arm64, 6 GiB, ACPI: every clause is kept, above 4 GiB, with a tree of /chosen alone"""
    given(esp)
    probe = boot_probe(esp, may_skip=(FIRMWARES_TREE,))
    expect(probe.number("load") > 4 * GIB, f"it lies at {probe.number('load'):#x}")


@boots
def arm64_probe_low_at_el2(esp):
    """Stand-in for arm64 that wants the start of memory and a text_offset, at EL2, firmware's tree: every clause is kept"""
    given(esp, level=2, tree=1, flags=2, text_offset=0x80000)
    probe = boot_probe(esp, "--machine", "acpi=off,virtualization=on", memory="1G")
    expect(probe.number("load") == GIB + 0x80000, f"it lies at {probe.number('load'):#x}")


@boots
def arm64_probe_with_a_tree_of_its_entrys(esp):
    """Stand-in for arm64 with `devicetree`, ACPI in the machine, no initrd: the entry's tree, of a megabyte, is what it gets"""
    blob = os.path.join(esp.path, "virt.dtb")
    subprocess.run(["qemu-system-aarch64", "-machine", f"virt,dumpdtb={blob}", "-cpu", "cortex-a72", "-m", "1G"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    given(esp, "devicetree /virt.dtb", tree=1, initrd=b"")
    esp.put("virt.dtb", link=blob)
    probe = boot_probe(esp, may_skip=(FIRMWARES_TREE, "both are numbers", "the initrd", "one window of 32 GiB"),
                       memory="1G")
    expect(probe.number("load", "size") < 64 * 1024, "the room behind the tree was copied as well")


@boots
def arm64_probe_copied_after_exit(esp):
    """Stand-in for arm64 at an exact place that AAVMF's boot services hold: copied there, and every clause is kept"""
    place = 0x46600000  # of boot services, up to 0x48000000 with 1 GiB and more: AAVMF's first memory
    given(esp, f"placement {place:#x}")
    probe = boot_probe(esp, may_skip=(FIRMWARES_TREE,), memory="2G")
    expect(probe.number("load") == place, f"it lies at {probe.number('load'):#x}")
    expect(re.search(r"^berth: after exit copy 0x[1-9a-f]", probe.text, re.M) is not None, "nothing was copied")


# What is wrong, the header's fields or the entry's lines, and what is said.
REFUSED = {
    "16 KiB pages": ({"flags": 0xc}, (), "pages of 16 KiB, which this CPU does not have"),
    "big-endian": ({"flags": 0xb}, (), "a big-endian kernel"),
    "off 2 MiB": ({}, ("placement 0x60100000",), "it needs a multiple of 0x200000"),
    "too large": ({"image_size": 1 << 40}, (), "no free memory holds the kernel"),
    "other CPU": ({"magic": 0x05435352}, (), "a kernel for RISC-V"),
    "no tree": ({}, ("devicetree /EFI/BOOT/BOOTAA64.EFI",), "not a device tree, or not all of one"),
}


@boots(waits=True)
def arm64_images_that_are_refused(esp):
    """arm64 Images for other pages, big-endian, misplaced, too large, of another CPU: each refused by name; then one boots"""
    given(esp, "sort-key z", initrd=b"")
    for number, (name, (fields, lines, _)) in enumerate(REFUSED.items()):
        make_image.make(FLAT, os.path.join(esp.tree, f"k{number}"), arm64=1, **fields)
        esp.entry(f"k{number}", f"title {name}", f"sort-key k{number}", f"linux /k{number}", *lines)
    esp.conf("timeout 60", "default k0")
    with Machine(esp, memory="1G", more=EXIT) as machine:
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


def secured(esp):
    """Debian's kernel and Berth, signed with the key in db; returns the options of a machine that knows it."""
    debian(esp)
    firmware = lab.script("fetch", "edk2", "aarch64")
    vars = keys.store(os.path.join(esp.path, "vars.fd"), empty=os.path.join(firmware, "AAVMF_VARS.fd"))
    for name in ("EFI/BOOT/BOOTAA64.EFI", "vmlinuz"):
        esp.put(name, link=keys.sign(os.path.join(esp.tree, name), os.path.join(esp.path, "signed", os.path.basename(name))))
    return "--ovmf", firmware, "--secboot", "--vars", vars


def check_secured(guest):
    expect("verified \\vmlinuz, all of it" in guest.text, "the log does not tell")
    expect(any("secureboot: Secure boot enabled" in line or "UEFI Secure Boot is enabled" in line for line in guest.all("dmesg")),
           "the kernel does not know that Secure Boot is on")
    expect(any("Kernel is locked down" in line for line in guest.all("dmesg")), "the kernel has not locked itself down")
    expect("[integrity]" in guest.one("lockdown"), f"it says that it is locked down as {guest.one('lockdown')}")


@boots(sampled=True)
def arm64_secure_boot_verifies_and_places(esp):
    """arm64, Secure Boot with keys of the tests' own: Debian 13's kernel boots from the bytes that were verified; with one other bit it is refused"""
    options = secured(esp)
    guest = boot_debian(esp, *options, level=1, memory="2G")
    check_secured(guest)
    esp.put("vmlinuz", byte_flipped(os.path.join(esp.path, "signed", "vmlinuz"), 3000000))
    with Machine(esp, *options) as machine:
        machine.wait_for("\\vmlinuz: firmware does not trust it: access denied")
        machine.wait_for("press any key")


@boots(sampled=True)
def arm64_secure_boot_unpacks_a_zboot_file(esp):
    """arm64, Secure Boot: what is inside a signed EFI zboot file is unpacked from the verified bytes, and locks itself down; with one other bit it is refused"""
    options = secured(esp)
    program = bytearray(read(os.path.join(lab.ROOT, "build/aarch64/BOOTAA64.EFI")))  # any will do: nobody starts it
    packed = zboot(read(lab.Debian("arm64").kernel))[4096:]
    struct.pack_into("<4sII8x6s", program, 4, b"zimg", len(program), len(packed) - 4, b"zstd22")
    keys.write(os.path.join(esp.path, "bare"), bytes(program) + packed)
    esp.put("vmlinuz", link=keys.sign(os.path.join(esp.path, "bare"), os.path.join(esp.path, "signed", "zboot")))
    guest = boot_debian(esp, *options, level=1, memory="2G")
    check_secured(guest)
    expect("unpacked \\vmlinuz" in guest.text, "it was not unpacked")
    esp.put("vmlinuz", byte_flipped(os.path.join(esp.path, "signed", "zboot"), len(program) + 3000000))
    refused(esp, options, "\\vmlinuz: firmware does not trust it: access denied")


def by_shim(esp):
    """Debian's shim, which loads Berth, and Debian's kernel as Debian signed it: signed.by_shim."""
    options = secured(esp)
    shim = os.path.join(lab.script("fetch", "shim", "trixie", "arm64"), "shimaa64.efi")
    esp.put("EFI/BOOT/grubaa64.efi", link=os.path.join(esp.path, "signed", "BOOTAA64.EFI"))
    esp.put("EFI/BOOT/BOOTAA64.EFI", link=keys.sign(shim, os.path.join(esp.path, "signed", "shim.efi")))
    esp.put("vmlinuz", link=lab.Debian("arm64").kernel)
    return options


@boots(sampled=True)
def arm64_secure_boot_by_shim_16(esp):
    """arm64, Secure Boot, Debian's shim 16 before Berth: Debian's kernel, which shim alone trusts, boots and locks itself down; with one other bit it is refused, and so is Debian's by firmware alone"""
    options = by_shim(esp)
    check_secured(boot_debian(esp, *options, level=1, memory="2G"))
    esp.put("vmlinuz", byte_flipped(lab.Debian("arm64").kernel, 3000000))
    refused(esp, options, "\\vmlinuz: firmware does not trust it: security violation")
    esp.put("EFI/BOOT/BOOTAA64.EFI", link=os.path.join(esp.path, "signed", "BOOTAA64.EFI"))
    esp.put("vmlinuz", link=lab.Debian("arm64").kernel)
    refused(esp, options, "\\vmlinuz: firmware does not trust it: access denied")


@boots(sampled=True)
def arm64_secure_boot_with_debians_snakeoil_keys(esp):
    """arm64, Secure Boot, the variables that Debian's AAVMF has for tests: signed by their key Berth and the kernel boot, and a kernel that the tests' own key has signed is refused"""
    debian(esp)
    sign_by_snakeoil(esp, "/usr/share/qemu-efi-aarch64/PkKek-1-snakeoil", "EFI/BOOT/BOOTAA64.EFI", "vmlinuz")
    options = "--vars", "/usr/share/AAVMF/AAVMF_VARS.snakeoil.fd"
    check_secured(boot_debian(esp, *options, level=1, memory="2G"))
    esp.put("vmlinuz", link=keys.sign(lab.Debian("arm64").kernel, os.path.join(esp.path, "own")))
    refused(esp, options, "\\vmlinuz: firmware does not trust it: access denied")


@boots(sampled=True)
def arm64_keys_are_enrolled(esp):
    """arm64, secure-boot-enroll force, on a machine without keys: those of \\loader\\keys are enrolled, and after a reset Debian 13's kernel boots locked down, and one that nobody has signed is refused"""
    debian(esp)
    firmware = lab.script("fetch", "edk2", "aarch64")
    for name in ("EFI/BOOT/BOOTAA64.EFI", "vmlinuz"):
        esp.put(name, link=keys.sign(os.path.join(esp.tree, name), os.path.join(esp.path, "signed", os.path.basename(name))))
    for variable in keys.VENDOR:
        esp.put(f"loader/keys/auto/{variable}.auth", link=os.path.join(keys.folder(), variable + ".auth"))
    esp.put("unsigned", link=lab.Debian("arm64").kernel)
    esp.entry("a-unsigned", "title unsigned", "linux /unsigned", "options x")
    esp.conf("log debug", "secure-boot-enroll force", "default a-unsigned")
    with Machine(esp, "--ovmf", firmware, "--secboot", "--resets", memory="2G", timeout=300) as machine:
        machine.wait_for("are enrolled: Secure Boot is on when the machine starts again")
        machine.wait_for("\\unsigned: firmware does not trust it: access denied")
        guest = Guest(machine.finish())
    expect(guest.text.count("are enrolled") == 1, "keys were enrolled twice")
    check_secured(guest)
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")


@boots(sampled=True)
def arm64_log_of_a_tpm_is_handed_over(esp):
    """arm64, a TPM: firmware's log reaches Linux in the stub's table. Debian's kernel has the TPM's driver as a module, so what is in the log is read on x86-64"""
    debian(esp)
    with tpm.Tpm(esp.path) as chip, Machine(esp, memory="2G", timeout=300, more=(*chip.options[:-1], "tpm-tis-device,tpmdev=tpm0")) as machine:
        guest = Guest(machine.finish())
    expect("TPMEventLog=0x" in guest.text and "TPMFinalLog=0x" in guest.text, "Linux has found no log")
    expect(told(guest)["LoaderTpm2ActivePcrBanks"][1] != "0x00000000\0".encode("utf-16-le"), "the loader has found no TPM")
