# SPDX-License-Identifier: BSD-2-Clause
"""Kernel updates on a Debian: its packages bring, change and remove kernels, and the machine boots them by Berth.

Nothing but `make install` and `berth install` has been done for that. The commands run in a guest, one list a boot.
"""
import os
import shutil
import subprocess
import tempfile

import lab
import systemd
from boots import boots
from lab import expect

MACHINE_ID = "0123456789abcdef0123456789abcdef"
OPTIONS = f"console=ttyS0 quiet root=PARTUUID={systemd.ROOT} nokaslr {systemd.ON_A_BUSY_HOST} panic=1"


def installed(folder):
    """What `make install` puts where."""
    # All CPUs' loaders are elsewhere; the guest has one.
    subprocess.run(["make", "-s", "install", f"DESTDIR={folder}", "PREFIX=/usr", "CPUS=x86_64"], check=True, cwd=lab.ROOT,
                   stdout=subprocess.DEVNULL)


def configured(folder, deb):
    """The package of a kernel, and how kernels are to be kept."""
    for path, text in {"etc/kernel/cmdline": OPTIONS, "etc/kernel/tries": "2", "etc/machine-id": MACHINE_ID,
                       # The emulated CPU takes minutes to pack more than this machine needs.
                       "etc/initramfs-tools/conf.d/small": "MODULES=dep\nCOMPRESS=gzip\nCOMPRESSLEVEL=1"}.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w") as file:
            file.write(text + "\n")
    os.makedirs(os.path.join(folder, "var"), exist_ok=True)
    shutil.copyfile(deb, os.path.join(folder, "var/kernel.deb"))


def entry(version, counters=""):
    return f"{MACHINE_ID}-{version}{counters}.conf"


def names(found, boot, command):
    return sorted(found.said(boot, command).split())


TAKE = ["rm /efi/room", "tar -C / --keep-directory-symlink -xf /install.tar"]


def run_with(esp, suite, lists, fill):
    """
    The guest with the package of a second kernel and what @fill puts into a folder that becomes its root's, and the list
    of commands for each boot; @lists: made from that kernel's release. The first list begins with TAKE.
    """
    package = lab.script("fetch", "kernel-package")
    with open(os.path.join(package, "release")) as file:
        new = file.read().strip()
    systemd.entries(esp, "first")
    esp.put("room", bytes(128 * lab.MIB))  # the disk gets it, and the guest uses it
    archive = os.path.join(esp.path, "install.tar")
    with tempfile.TemporaryDirectory() as folder:
        fill(folder)
        configured(folder, os.path.join(package, "kernel.deb"))
        os.chmod(folder, 0o755)  # the guest's root is to stay open to all
        subprocess.run(["tar", "-C", folder, "--owner=0", "--group=0", "-cf", archive, "."], check=True)
    return systemd.run(esp, suite, lists(new), 1800, more=[(archive, "install.tar")]), new


def run(esp, lists):
    """Debian 12 with what `make install` installs."""
    def with_berth(new):
        first, *others = lists(new)
        return [[*TAKE, "berth install", "uname -r", *first], *others]
    return run_with(esp, "bookworm", with_berth, installed)


KERNEL = '"$(uname -r)" /boot/vmlinuz-"$(uname -r)"'


OWN = f"sh -c 'berth kernel add {KERNEL} /boot/initrd.img-\"$(uname -r)\"'"


@boots(sampled=True, large=True)
def kernel_updates_of_debian(esp):
    """A second kernel of Debian's comes by dpkg, with an entry that is counted, and boots; its new initrd reaches the partition"""
    found, new = run(esp, lambda new: [
        [OWN, "dpkg -i /var/kernel.deb", "ls /efi/loader/entries", f"bootctl set-oneshot {entry(new)}", "systemctl reboot"],
        ["uname -r", "cat /proc/cmdline", "variable LoaderBootCountPath", "systemctl start systemd-bless-boot", "/lib/systemd/systemd-bless-boot status",
         "ls /efi/loader/entries", f"update-initramfs -u -k {new}",
         f"cmp /boot/initrd.img-{new} /efi/{MACHINE_ID}/{new}/initrd.img-{new}", "ls -1 /efi/loader/entries", "poweroff -ff"],
    ])
    old = found.said(0, "uname -r")
    added = found.said(0, "dpkg -i /var/kernel.deb")
    expect("has no kernel" in added and "gets none (--refresh)" in added, f"update-initramfs has not called the hook:\n{added}")
    for words in (f"wrote /efi/{MACHINE_ID}/{new}/linux", f"wrote /efi/loader/entries/{entry(new, '+2')}", "; kernel at 0x"):
        expect(words in added, f"dpkg does not say {words!r}:\n{added}")
    expect(names(found, 0, "ls /efi/loader/entries") == sorted(["first.conf", entry(old, "+2"), entry(new, "+2")]),
           found.said(0, "ls /efi/loader/entries"))
    expect(found.selected(1) == entry(new) and found.said(1, "uname -r") == new, f"{found.selected(1)} has booted")
    expect(found.said(1, "cat /proc/cmdline").endswith(f"{OPTIONS} systemd.machine_id={MACHINE_ID}"), found.said(1, "cat /proc/cmdline"))
    # A boot that came up is good; a new initrd is to prove itself again, and the partition has it.
    expect(found.said(1, "/lib/systemd/systemd-bless-boot status") == "good" and entry(new) in names(found, 1, "ls /efi/loader/entries"),
           found.said(1, "ls /efi/loader/entries"))
    updated = found.said(1, f"update-initramfs -u -k {new}")
    expect(f"wrote /efi/{MACHINE_ID}/{new}/initrd.img-{new}" in updated and "/linux:" not in updated, updated)
    found.said(1, f"cmp /boot/initrd.img-{new} /efi/{MACHINE_ID}/{new}/initrd.img-{new}")
    expect(entry(new, "+2") in names(found, 1, "ls -1 /efi/loader/entries"), found.said(1, "ls -1 /efi/loader/entries"))


@boots(sampled=True, large=True)
def kernels_that_go_or_fail(esp):
    """Debian's package takes its kernel from the partition again; a broken kernel gives way to the one before when its tries are used up"""
    found, new = run(esp, lambda new: [
        [OWN, "dpkg -i /var/kernel.deb", f"dpkg -P linux-image-{new}", "ls /efi/loader/entries", f"ls /efi/{MACHINE_ID}",
         "cp /etc/passwd /var/broken", "sh -c 'berth kernel add 9.9.9 /boot/vmlinuz-\"$(uname -r)\" /var/broken'",
         f"bootctl set-default '{MACHINE_ID}-*'", "systemctl reboot"],
        ["uname -r", "ls /efi/loader/entries", "poweroff -ff"],
    ])
    old = found.said(0, "uname -r")
    removed = found.said(0, f"dpkg -P linux-image-{new}")
    expect(f"removed /efi/loader/entries/{MACHINE_ID}-{new}" in removed, removed)
    expect(names(found, 0, "ls /efi/loader/entries") == sorted(["first.conf", entry(old, "+2")]), found.said(0, "ls /efi/loader/entries"))
    expect(names(found, 0, f"ls /efi/{MACHINE_ID}") == [old], found.said(0, f"ls /efi/{MACHINE_ID}"))
    # Two boots of the broken one end in a panic; then the machine goes back by itself.
    expect(found.said(1, "uname -r") == old and found.selected(1) == entry(old), f"{found.selected(1)} has booted")
    expect(entry("9.9.9", "+0-2") in names(found, 1, "ls /efi/loader/entries"), found.said(1, "ls /efi/loader/entries"))


@boots(sampled=True, large=True)
def kernel_updates_beside_systemd_boot(esp):
    """Where the hook of Debian's systemd-boot acts, Berth's steps back: kernel-install writes, its plugin prepares, and that boots"""
    found, new = run(esp, lambda new: [
        ["mkdir /efi/EFI/systemd", "cp /efi/EFI/BOOT/BOOTX64.EFI /efi/EFI/systemd/systemd-bootx64.efi", "bootctl is-installed",
         "sh -c 'echo layout=bls >/etc/kernel/install.conf; echo prepare=lz4 >/etc/kernel/berth.conf'", "dpkg -i /var/kernel.deb",
         "ls /efi/loader/entries", f"cat /efi/loader/entries/{entry(new, '+2')}", f"ls /efi/{MACHINE_ID}/{new}",
         f"bootctl set-oneshot {entry(new)}", "systemctl reboot"],
        ["uname -r", f"kernel-install remove {new}", "ls /efi/loader/entries", f"ls /efi/{MACHINE_ID}",
         "poweroff -ff"],
    ])
    installed = found.said(0, "dpkg -i /var/kernel.deb")
    expect("linux.berth: the kernel, prepared" in installed and "/linux: the kernel" not in installed, f"the hooks have said:\n{installed}")
    expect(names(found, 0, "ls /efi/loader/entries") == sorted(["first.conf", entry(new, "+2")]), found.said(0, "ls /efi/loader/entries"))
    expect(f"/{MACHINE_ID}/{new}/linux.berth" in found.said(0, f"cat /efi/loader/entries/{entry(new, '+2')}"), "the entry names the original")
    expect(names(found, 0, f"ls /efi/{MACHINE_ID}/{new}") == [f"initrd.img-{new}", "linux", "linux.berth"],
           found.said(0, f"ls /efi/{MACHINE_ID}/{new}"))
    expect(found.selected(1) == entry(new) and found.said(1, "uname -r") == new, f"{found.selected(1)} has booted")
    expect(names(found, 1, "ls /efi/loader/entries") == ["first.conf"], found.said(1, "ls /efi/loader/entries"))
