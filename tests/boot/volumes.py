# SPDX-License-Identifier: BSD-2-Clause
"""Entries on other volumes than the loader's own, on disks with a GPT or an MBR that real firmware takes apart."""
import hashlib
import os
import shutil
import struct
import subprocess

import lab
from boots import REPORT, boot, boots, check_healthy, plain, str16, told
from lab import MIB, Guest, Machine, expect

PROGRAM = os.path.join(lab.ROOT, "build/x86_64/tests/chain.efi")
ESP, OTHER = "0a1b2c3d-4e5f-4678-9abc-def012345678", "13243546-5768-4798-8a9b-acbdcedfe0f1"


def volume(esp, name):
    """Another tree of files, without a loader."""
    other = lab.Esp(f"{esp.name}-{name}")
    shutil.rmtree(os.path.join(other.tree, "EFI"))
    return other


def image_of(tree):
    """Its FAT image, under a name that a disk does not get."""
    path = tree.image()
    os.rename(path, path + ".part")
    return path + ".part"


def disk_of(esp, *partitions):
    disk = os.path.join(esp.path, "gpt.img")
    lab.partitioned(disk, *partitions)
    for _, _, image in partitions:
        os.unlink(image)
    return disk


@boots
def entry_of_xbootldr(esp):
    """An entry of the XBOOTLDR partition beside an empty ESP: kernel and initrd come from there, and it is counted there"""
    other = volume(esp, "xbootldr")
    plain(other, name="counted+3")
    first = image_of(esp)
    disk = disk_of(esp, (lab.TYPE_ESP, ESP, first), (lab.TYPE_ROOT, lab.TYPE_ROOT, write_noise(esp)),
                   (lab.TYPE_XBOOTLDR, OTHER, image_of(other)))
    guest = boot(esp, "--write", image=disk)
    names = lab.names_in_image(disk, "/loader/entries", at=starts(disk)[2])
    os.unlink(disk)
    check_healthy(guest, REPORT + " nokaslr")
    expect(names == ["counted+2-1.conf"], f"the entries' files are {names}")
    variables = told(guest)
    expect(variables["LoaderBootCountPath"][1] == str16(r"\loader\entries\counted+2-1.conf"), variables["LoaderBootCountPath"])
    expect(variables["LoaderDevicePartUUID"][1] == str16(ESP.upper()), variables["LoaderDevicePartUUID"])
    expect(variables["LoaderEntrySelected"][1] == str16("counted.conf"), variables["LoaderEntrySelected"])


@boots
def started_as_qemus_kernel(esp):
    """`qemu -kernel BOOTX64.EFI`, no loader on the disk: the entry of the disk's ESP boots, is counted, and the OS is told of it"""
    plain(esp, name="counted+3")
    shutil.rmtree(os.path.join(esp.tree, "EFI"))
    disk = disk_of(esp, (lab.TYPE_ROOT, lab.TYPE_ROOT, write_noise(esp)), (lab.TYPE_ESP, ESP, image_of(esp)))
    guest = boot(esp, "--write", image=disk, more=("-kernel", os.path.join(lab.ROOT, "build/x86_64", lab.LOADERS["x86_64"])))
    names = lab.names_in_image(disk, "/loader/entries", at=starts(disk)[1])
    os.unlink(disk)
    expect(guest.one("cmdline") == REPORT + " nokaslr", f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.one("runtime") == "ok", "runtime services do not work")  # no BootCurrent: nobody booted by an option
    expect(f"berth: Berth was not started from a disk: it reads the partition {ESP.upper()}\n" in guest.text, "it is not said")
    expect(names == ["counted+2-1.conf"], f"the entries' files are {names}")
    variables = told(guest)
    expect(variables["LoaderDevicePartUUID"][1] == str16(ESP.upper()), variables["LoaderDevicePartUUID"])
    expect("LoaderImageIdentifier" not in variables, "a path on the disk is told that the loader does not have")


@boots(sampled=True)
def the_hosts_order_chooses_the_disk(esp):
    """`qemu -kernel BOOTX64.EFI` and two disks with an ESP each: the one with `bootindex` is the loader's own"""
    far = volume(esp, "far")
    plain(far, name="far", options=REPORT + " nokaslr entry=far")
    plain(esp, name="near")
    near, other = disk_of(esp, (lab.TYPE_ESP, ESP, image_of(esp))), disk_of(far, (lab.TYPE_ESP, OTHER, image_of(far)))
    kernel = ("-kernel", os.path.join(lab.ROOT, "build/x86_64", lab.LOADERS["x86_64"]))
    drive = ("-drive", f"if=none,id=far,format=raw,snapshot=on,file={other}", "-device", "virtio-blk-pci,drive=far")
    for more, options in ((drive, REPORT + " nokaslr"), ((*drive[:-1], drive[-1] + ",bootindex=1"), REPORT + " nokaslr entry=far")):
        guest = boot(esp, image=near, more=(*kernel, *more))
        expect(guest.one("cmdline") == options, f"/proc/cmdline is {guest.one('cmdline')!r}")
    os.unlink(near)
    os.unlink(other)


def mbr_of(esp, *partitions):
    """
    A disk with the older table: (type, image) for each partition, which lie one behind the other from 1 MiB on; None for a
    row that is empty.
    """
    disk, at = os.path.join(esp.path, "mbr.img"), 1
    table = bytearray(512)
    struct.pack_into("<I", table, 440, 0xd15c516e)
    struct.pack_into("<H", table, 510, 0xaa55)
    for n, (kind, image) in ((n, row) for n, row in enumerate(partitions) if row):
        mib = os.path.getsize(image) // MIB
        struct.pack_into("<4xB3xII", table, 446 + 16 * n, kind, at * 2048, mib * 2048)
        subprocess.run(["dd", f"if={image}", f"of={disk}", "bs=1M", f"seek={at}", "conv=sparse,notrunc", "status=none"],
                       check=True)
        os.unlink(image)
        at += mib
    with open(disk, "r+b") as file:
        file.write(table)
        file.truncate((at + 1) * MIB)
    return disk


@boots(sampled=True)
def entry_of_xbootldr_in_an_mbr(esp):
    """The same on a disk with an MBR, where that partition has type 0xea, in the last row, and another row is empty"""
    other = volume(esp, "xbootldr")
    plain(other)
    first = image_of(esp)
    disk = mbr_of(esp, (0xef, first), None, (0x83, write_noise(esp)), (0xea, image_of(other)))
    guest = boot(esp, image=disk)
    os.unlink(disk)
    check_healthy(guest, REPORT + " nokaslr")
    expect(told(guest)["LoaderEntrySelected"][1] == str16("debian.conf"), told(guest)["LoaderEntrySelected"])


ZEROS, MARK = bytes(4096), os.urandom(4096)


def marked(data):
    """With something else in the place of each block of zeros."""
    return b"".join(data[at:at + 4096].replace(ZEROS, MARK) for at in range(0, len(data), 4096))


def ext4_of(esp, tree):
    """
    A tree of files as a file system that firmware cannot read. mke2fs(8) makes a hole of each block of zeros, which the
    kernel does not when a file is copied, and rEFInd's driver cannot read: it gets blocks to write that are none.
    """
    path, links = os.path.join(esp.path, "ext4.part"), os.path.join(esp.path, "files")
    shutil.copytree(tree.tree, links)
    for folder, _, names in os.walk(links):
        for name in (os.path.join(folder, name) for name in names):
            with open(name, "rb") as file:
                data = file.read()
            with open(name, "wb") as file:
                file.write(marked(data))
    subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", links, path, "256M"], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(links)
    with open(path, "r+b") as file:
        data = file.read()
        for at in (at for at in range(0, len(data), 4096) if data[at:at + 4096] == MARK):
            file.seek(at)
            file.write(ZEROS)
    return path


def btrfs_of(esp, tree):
    """The same as a file system that Fedora and openSUSE have /boot on: metadata twice, data once, both with checksums."""
    path, links = os.path.join(esp.path, "btrfs.part"), os.path.join(esp.path, "files")
    shutil.copytree(tree.tree, links)
    with open(path, "wb") as file:
        file.truncate(256 * MIB)
    subprocess.run(["/sbin/mkfs.btrfs", "--quiet", "--rootdir", links, path], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(links)
    return path


def boot_by_a_driver(esp, name, made_by):
    """A kernel of an XBOOTLDR partition, and what is said without the driver of this name."""
    other = volume(esp, "xbootldr")
    plain(other, name="counted+3")
    esp.put(f"EFI/systemd/drivers/{name}", link=os.path.join(lab.script("fetch", "drivers"), name))
    disk = disk_of(esp, (lab.TYPE_ESP, ESP, image_of(esp)), (lab.TYPE_XBOOTLDR, OTHER, made_by(esp, other)))
    guest = boot(esp, image=disk)
    check_healthy(guest, REPORT + " nokaslr")
    expect("this try is not counted" in guest.text, "nothing is said of a try that cannot be counted")
    subprocess.run(["mdel", "-i", f"{disk}@@{MIB}", f"::/EFI/systemd/drivers/{name}"], check=True,
                   env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})
    with Machine(esp, image=disk) as machine:
        machine.wait_for("partition 2 may hold boot entries")
        machine.wait_for("try: a driver for it in")
    os.unlink(disk)


@boots(sampled=True)
def xbootldr_with_ext4_by_a_driver(esp):
    """An ext4 driver in \\EFI\\systemd\\drivers: the kernel of an XBOOTLDR partition with ext4 boots; without it, what to do is said"""
    boot_by_a_driver(esp, "ext4_x64.efi", ext4_of)


@boots(sampled=True)
def xbootldr_with_btrfs_by_a_driver(esp):
    """A btrfs driver in \\EFI\\systemd\\drivers: the kernel of an XBOOTLDR partition with btrfs boots; without it, what to do is said"""
    boot_by_a_driver(esp, "btrfs_x64.efi", btrfs_of)


@boots
def entry_of_another_disk(esp):
    """Another disk's ESP, on NVMe: its entry is in the menu and boots from there, and not a byte of that disk changes"""
    far = volume(esp, "far")
    plain(far, name="far+3", options=REPORT + " nokaslr entry=far")
    plain(esp, name="own")
    esp.conf("timeout menu-force", "auto-firmware no")
    own = disk_of(esp, (lab.TYPE_ESP, ESP, image_of(esp)))
    other = disk_of(far, (lab.TYPE_ESP, OTHER, image_of(far)))
    with open(other, "rb") as file:
        before = hashlib.file_digest(file, "sha256").hexdigest()
    more = ("-drive", f"if=none,id=far,format=raw,file={other}", "-device", "nvme,drive=far,serial=far")
    with Machine(esp, image=own, more=more) as machine:
        machine.wait_for("> * Debian")
        machine.wait_for(f"Debian (NVMe disk {OTHER[:8]})")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(f">   Debian (NVMe disk {OTHER[:8]})")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " nokaslr entry=far")
    with open(other, "rb") as file:
        expect(hashlib.file_digest(file, "sha256").hexdigest() == before, "the other disk was written to")
    variables = told(guest)
    expect(variables["LoaderEntrySelected"][1] == str16(f"auto-disk-{OTHER[:8]}-far.conf"), variables["LoaderEntrySelected"])
    expect(variables["LoaderEntries"][1] == str16("own.conf") + str16(f"auto-disk-{OTHER[:8]}-far.conf"), variables["LoaderEntries"])
    os.unlink(own)
    os.unlink(other)


@boots(sampled=True, waits=True)
def windows_of_another_disk(esp):
    """Another disk's Windows: `w` finds it in the menu and it starts from there; with `other-disks no` there is none"""
    far = volume(esp, "far")
    far.put("EFI/Microsoft/Boot/bootmgfw.efi", link=PROGRAM)
    plain(esp, name="own")
    for conf, is_there in (((), True), (("other-disks no",), False)):
        esp.conf("timeout menu-force", *conf)
        own, other = disk_of(esp, (lab.TYPE_ESP, ESP, image_of(esp))), disk_of(far, (lab.TYPE_ESP, OTHER, image_of(far)))
        more = ("-drive", f"if=none,id=far,format=raw,snapshot=on,file={other}", "-device", "nvme,drive=far,serial=far")
        with Machine(esp, image=own, more=more) as machine:
            machine.wait_for("> * Debian")
            machine.wait_for("Enter boot")
            expect((f"Windows Boot Manager (NVMe disk {OTHER[:8]})" in machine.text()) == is_there, "the menu has other entries")
            if is_there:
                machine.press("w")
                machine.wait_for(f">   Windows Boot Manager (NVMe disk {OTHER[:8]})")
                machine.press("enter")
                machine.wait_for('chain: passed ""')
        os.unlink(own)
        os.unlink(other)


@boots(sampled=True)
def an_entry_of_a_disk_that_firmware_has_not_connected(esp):
    """Firmware knows the disk that it boots from alone: a load option has another one, with an MBR, connected, and boots from there"""
    far = volume(esp, "far")
    plain(far, name="far", options=REPORT + " nokaslr entry=far")
    plain(esp, name="own")
    esp.shape("option auto-disk-d15c516e-far")
    own, other = disk_of(esp, (lab.TYPE_ESP, ESP, image_of(esp))), mbr_of(far, (0xef, image_of(far)))
    more = ("-drive", f"if=none,id=own,format=raw,snapshot=on,file={own}", "-device", "virtio-blk-pci,drive=own,bootindex=0")
    guest = boot(esp, image=other, more=more)
    os.unlink(own)
    os.unlink(other)
    check_healthy(guest, REPORT + " nokaslr entry=far")
    expect(told(guest)["LoaderEntrySelected"][1] == str16("auto-disk-d15c516e-far.conf"), told(guest)["LoaderEntrySelected"])


def put_catalogue(disk):
    """
    Makes a disc of a disk: ISO 9660's descriptors where no table of a GPT is, and a catalogue whose image begins at 1 MiB.
    Sources: ECMA-119, 8.4 and 8.2; El Torito 1.0, 2.
    """
    blocks = os.path.getsize(disk) // 2048

    def descriptor(kind, *fields):
        data = bytearray(2048)
        data[:7] = bytes([kind]) + b"CD001\1"
        for at, value in fields:
            data[at:at + len(value)] = value
        return data

    catalogue = bytearray(2048)
    catalogue[:32] = b"\1\xef" + bytes(28) + b"\x55\xaa"
    struct.pack_into("<H", catalogue, 28, -sum(struct.unpack("<16H", catalogue[:32])) & 0xffff)
    catalogue[32:64] = struct.pack("<BBHBBHI20x", 0x88, 0, 0, 0, 0, 1, MIB // 2048)
    with open(disk, "r+b") as file:
        file.seek(16 * 2048)
        file.write(descriptor(1, (80, struct.pack("<I", blocks) + struct.pack(">I", blocks))) +
                   descriptor(0, (7, b"EL TORITO SPECIFICATION"), (71, struct.pack("<I", 19))) + descriptor(255) + catalogue)


@boots(sampled=True)
def started_from_a_disc(esp):
    """A disc whose boot image is a partition as well: its entry boots, uncounted, and the system is told the partition"""
    plain(esp, name="counted+3")
    disc = disk_of(esp, (lab.TYPE_ESP, ESP, image_of(esp)))
    put_catalogue(disc)
    more = ("-drive", f"if=none,id=disc,format=raw,media=cdrom,readonly=on,file={disc}", "-device", "ide-cd,drive=disc")
    guest = boot(esp, image=write_noise(esp), more=more)
    os.unlink(disc)
    check_healthy(guest, REPORT + " nokaslr")
    variables = told(guest)
    expect(variables["LoaderDevicePartUUID"][1] == str16(ESP.upper()), variables["LoaderDevicePartUUID"])
    expect("berth: this try is not counted: " in guest.text and "LoaderBootCountPath" not in variables, "it is counted")


def write_noise(esp):
    """A partition that no firmware has a driver for."""
    path = os.path.join(esp.path, "noise.img")
    with open(path, "wb") as file:
        file.write(os.urandom(MIB))
    return path


def starts(disk):
    """Where its partitions begin, in bytes."""
    with open(disk, "rb") as file:
        file.seek(1024)
        table = file.read(128 * 128)
    return [int.from_bytes(table[at + 32:at + 40], "little") * 512 for at in range(0, len(table), 128) if any(table[at:at + 16])]
