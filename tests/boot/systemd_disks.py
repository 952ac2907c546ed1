# SPDX-License-Identifier: BSD-2-Clause
"""What systemd's tools make of entries that are not on the loader's own partition: an ext4 /boot, and another disk's ESP."""
import hashlib
import os

import lab
import systemd
import volumes
from boots import boots
from lab import expect
from systemd import BLESS

FAR = f"auto-disk-{volumes.OTHER[:8]}-"


def check_boot_partition(found):
    """What bootctl sees of both partitions at the first boot."""
    status = found.said(0, "bootctl status")
    for words in (f"ESP: /dev/disk/by-partuuid/{systemd.PARTITION}", f"ESP: /efi (/dev/disk/by-partuuid/{systemd.PARTITION})",
                  f"$BOOT: /boot (/dev/disk/by-partuuid/{systemd.BOOT})", "✓ Support for XBOOTLDR partition",
                  "✓ Load drop-in drivers", "id: first.conf", "source: /boot/loader/entries/first+3.conf"):
        expect(words in status, f"bootctl status does not say {words!r}:\n{status}")
    listed = found.said(0, "bootctl list")
    expect("title: The first (default) (selected)\n" in listed and "title: The second\n" in listed, f"bootctl list says:\n{listed}")
    expect("not reported" not in listed, f"bootctl list has entries that the loader has not told:\n{listed}")
    expect(found.said(0, "stat -f -c %T /boot /efi").split() == ["ext2/ext3", "msdos"], "the partitions are not mounted")


def check_added(found):
    """What kernel-install has added started next; no try was counted."""
    machine = found.said(0, "cat /etc/machine-id").strip()
    added = f"{machine}-9.9.9"
    expect(found.said(0, "bootctl --print-boot-path") == "/boot", "bootctl takes another partition for $BOOT")
    expect(found.variable(0, "LoaderEntries") == "first.conf second.conf auto-reboot-to-firmware-setup",
           f"LoaderEntries has {found.variable(0, 'LoaderEntries')}")
    expect(set(found.said(0, "find /boot /efi -name *9.9.9*").split()) == {f"/boot/{machine}/9.9.9", f"/boot/loader/entries/{added}+2.conf"},
           "kernel-install has written elsewhere: " + found.said(0, "find /boot /efi -name *9.9.9*"))
    expect([found.selected(boot) for boot in range(3)] == ["first.conf", f"{added}.conf", "first.conf"],
           f"booted were {[found.selected(boot) for boot in range(3)]}")
    expect(systemd.options("added") in found.said(1, "cat /proc/cmdline"), found.said(1, "cat /proc/cmdline"))
    expect("not reported" not in found.said(1, "bootctl list") + found.said(2, "bootctl list"), "entries are not told")
    # The driver cannot write. What was not counted is no try, and systemd finds nothing to bless.
    for boot, names in ((0, ["first+3.conf", "second.conf"]), (1, sorted([f"{added}+2.conf", "first+3.conf", "second.conf"]))):
        expect(found.said(boot, BLESS) == "clean" and found.variable(boot, "LoaderBootCountPath") == "", f"boot {boot} was counted")
        expect(sorted(found.said(boot, "ls /boot/loader/entries").split()) == names, found.said(boot, "ls /boot/loader/entries"))
    expect(found.text.count("berth: this try is not counted: ") == 3, "it is not said of each try that it cannot be counted")


@boots(sampled=True, large=True)
def systemd_with_ext4_boot(esp):
    """A Debian whose /boot is an XBOOTLDR partition with ext4: bootctl and kernel-install work there as the loader reads it, and no try is counted"""
    other = volumes.volume(esp, "boot")
    systemd.entries(other, "first", "second", counters="+3")
    other.put("loader/entries.srel", "type1\n")
    os.rmdir(os.path.join(esp.tree, "loader", "entries"))  # as bootctl and `berth install` leave an ESP beside such a partition
    esp.put("EFI/systemd/drivers/ext4_x64.efi", link=os.path.join(lab.script("fetch", "drivers"), "ext4_x64.efi"))
    found = systemd.run(esp, "bookworm", [
        ["bootctl status", "bootctl list", "bootctl --print-boot-path", "stat -f -c %T /boot /efi", BLESS, "ls /boot/loader/entries",
         "variable LoaderEntries", "variable LoaderBootCountPath", "cat /etc/machine-id", "mkdir -p /etc/kernel",
         "sh -c 'echo 2 >/etc/kernel/tries'", f"sh -c 'echo {systemd.options('added')} >/etc/kernel/cmdline'",
         "kernel-install add 9.9.9 /boot/vmlinuz /boot/initrd.img", "find /boot /efi -name *9.9.9*", "systemctl reboot"],
        ["cat /proc/cmdline", "bootctl list", BLESS, "ls /boot/loader/entries", "variable LoaderBootCountPath",
         "kernel-install remove 9.9.9", "systemctl reboot"],
        ["bootctl list", "poweroff -ff"],
    ], 1200, boot=other)
    check_boot_partition(found)
    check_added(found)


def check_far(found):
    """Which entries were known and booted, and what the systems were told."""
    listed = found.said(0, "bootctl list")
    for name in ("far.conf", "auto-windows"):
        expect(f"id: {FAR}{name}\n" in listed + "\n", f"bootctl list does not know {name} of the other disk:\n{listed}")
    expect(found.variable(0, "LoaderEntries") == f"first.conf {FAR}far.conf {FAR}auto-windows auto-reboot-to-firmware-setup",
           f"LoaderEntries has {found.variable(0, 'LoaderEntries')}")
    selected = [found.selected(boot) for boot in range(len(found.boots))]
    expect(selected == ["first.conf", FAR + "far.conf", "first.conf", FAR + "far.conf", FAR + "far.conf", "first.conf"],
           f"booted were {selected}")
    expect(systemd.options("far") in found.said(1, "cat /proc/cmdline"), found.said(1, "cat /proc/cmdline"))
    expect(f"title: {FAR}far.conf (selected)\n" in found.said(1, "bootctl list"), found.said(1, "bootctl list"))
    expect(found.variable(1, "LoaderDevicePartUUID") == systemd.PARTITION.upper(), "the partition told is not the loader's own")
    expect(found.said(1, BLESS) == "clean" and found.variable(1, "LoaderBootCountPath") == "", "a try of another disk's is counted")
    expect('chain: passed ""' in found.text, "Windows of the other disk has not started")


@boots(sampled=True, large=True)
def systemd_with_two_disks(esp):
    """A second disk's Linux and Windows by bootctl and logind: listed, started when named in full, by no pattern, and not a byte there changes"""
    far = volumes.volume(esp, "far")
    systemd.entries(far, "far", counters="+3")
    guest = lab.script("guest", "bookworm")
    for name in ("vmlinuz", "initrd.img"):
        far.put(name, link=os.path.join(guest, name))
    far.put("EFI/Microsoft/Boot/bootmgfw.efi", link=volumes.PROGRAM)
    other = volumes.disk_of(far, (lab.TYPE_ESP, volumes.OTHER, volumes.image_of(far)))
    with open(other, "rb") as file:
        before = hashlib.file_digest(file, "sha256").hexdigest()
    systemd.entries(esp, "first")
    esp.conf("timeout 3", "other-disks yes")
    found = systemd.run(esp, "bookworm", [
        ["bootctl list", "variable LoaderEntries", f"bootctl set-oneshot {FAR}far.conf", "systemctl reboot"],
        ["cat /proc/cmdline", "bootctl list", BLESS, "variable LoaderBootCountPath", "variable LoaderDevicePartUUID",
         f"bootctl set-default '{FAR}*'", "systemctl reboot"],
        [f"systemctl reboot --boot-loader-entry={FAR}far.conf"],
        [f"bootctl set-default {FAR}far.conf", "systemctl reboot"],
        ["bootctl set-default ''", f"systemctl reboot --boot-loader-entry={FAR}auto-windows"],
        ["poweroff -ff"],
    ], 1800, machine=("-drive", f"if=none,id=far,format=raw,file={other}", "-device", "nvme,drive=far,serial=far"))
    check_far(found)
    with open(other, "rb") as file:
        expect(hashlib.file_digest(file, "sha256").hexdigest() == before, "the other disk was written to")
    os.unlink(other)
