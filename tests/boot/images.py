# SPDX-License-Identifier: BSD-2-Clause
"""Disk images boot by Berth: that of scripts/image, and those that others make by docs/images.md."""
import os
import re
import shutil
import subprocess

import lab
import systemd
import updates
from boots import KERNEL, REPORT, boot, boots, check_healthy, str16, told
from lab import Machine, expect


@boots(sampled=True)
def made_by_scripts_image(esp):
    """A disk that scripts/image made of a kernel and an initrd boots by the removable path, with its command line"""
    disk, cmdline = os.path.join(esp.path, "disk.img"), REPORT + ' nokaslr berth.quoted="a b"'
    partition = lab.script("image", KERNEL["file"], KERNEL["initrd"], "-o", disk, "--cmdline", cmdline).split()[-1]
    guest = boot(esp, image=disk)
    check_healthy(guest, cmdline)
    expect(told(guest)["LoaderDevicePartUUID"][1] == str16(partition.upper()), f"not from {partition}: {told(guest)}")
    os.unlink(disk)


def recipe(section, words):
    """The block of a section of docs/images.md that has these words: what that page has is what is tried."""
    with open(os.path.join(lab.ROOT, "docs/images.md"), encoding="utf-8") as file:
        text = file.read().split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = [part for part in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S) if words in part]
    expect(len(found) == 1, f"{section} of docs/images.md has {words} {len(found)} times")
    return found[0]


# What an image for tests has besides: a system that says what it is, waits for nobody, and has time on a host with much to do.
WORDS = ("--kernel-command-line=quiet systemd.firstboot=no systemd.mask=serial-getty@ttyS0.service "
         f"systemd.default_timeout_start_sec=600 {systemd.ON_A_BUSY_HOST}")


def by_mkosi(folder, *words):
    """Debian 12's: the emulation has faults that kernels since Debian 13 meet."""
    done = subprocess.run([os.path.join(lab.ROOT, "scripts/mkosi"), "bookworm", folder, WORDS, "--force", "--incremental=yes", *words,
                           "build"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(done.returncode == 0, f"mkosi ended with {done.returncode}:\n" + "\n".join(done.stdout.splitlines()[-30:]))
    return os.path.join(folder, "image.raw")


def run_image(esp, disk):
    with Machine(esp, "--resets", memory="3G", timeout=900, image=disk) as machine:
        found = systemd.Run(machine.finish())
    os.unlink(disk)
    expect(found.variable(0, "LoaderInfo") == f"Berth {lab.version()}", f"{found.variable(0, 'LoaderInfo')} has booted")
    expect(found.variable(0, "LoaderImageIdentifier") == r"\EFI\BOOT\BOOTX64.EFI", found.variable(0, "LoaderImageIdentifier"))
    expect(WORDS.split("=", 1)[1] in found.said(0, "cat /proc/cmdline"), found.said(0, "cat /proc/cmdline"))
    return found


@boots(sampled=True, large=True)
def made_by_mkosi(esp):
    """mkosi makes an image by the recipe of docs/images.md, which boots by Berth: a unified kernel image, and a type #1 entry"""
    folder = os.path.join(esp.path, "mkosi")
    for name in ("mkosi.conf", "mkosi.finalize"):
        esp.put(f"../mkosi/{name}", recipe("mkosi", f"# {name}"))
    os.chmod(os.path.join(folder, "mkosi.finalize"), 0o755)
    os.makedirs(os.path.join(folder, "mkosi.cache"))
    units = "../mkosi/mkosi.extra/etc/systemd/system"
    with open(os.path.join(os.path.dirname(__file__), "steps.service"), encoding="utf-8") as file:
        esp.put(f"{units}/steps.service", file.read())
    esp.put(f"{units}/multi-user.target.wants/steps.service", link="../steps.service")
    esp.put("../mkosi/mkosi.extra/steps", systemd.steps([[
        "variable LoaderInfo", "variable LoaderImageIdentifier", "variable StubInfo", "cat /proc/cmdline", "bootctl list",
        "systemctl poweroff -ff"]]))
    found = run_image(esp, by_mkosi(folder))
    expect(found.variable(0, "StubInfo").startswith("systemd-stub "), "no stub has started the kernel")
    expect(found.selected(0).endswith(".efi"), f"{found.selected(0)} has booted")
    found = run_image(esp, by_mkosi(folder, "--unified-kernel-images=no"))
    expect(found.variable(0, "StubInfo") == "", "a stub has started the kernel, and not Berth")
    expect(found.selected(0).endswith(".conf"), f"{found.selected(0)} has booted")
    shutil.rmtree(folder)


# ---- an image of a cloud ----

ESP, ROOT = "0a1b2c3d-4e5f-4678-9abc-def012345678", "11111111-2222-4333-8444-555555555555"
# As GRUB's own scripts write it, with what Debian's cloud images give the kernel; no time for the menu.
MENU = """set timeout=0
menuentry 'Debian GNU/Linux' --class debian --class gnu-linux {
	search --no-floppy --set=root --label guest
	linux	/boot/vmlinuz-%s %s
	initrd	/boot/initrd.img-%s
}
"""
COMMAND = f"root=PARTUUID={ROOT} ro console=tty0 console=ttyS0,115200 earlyprintk=ttyS0,115200 consoleblank=0 {systemd.ON_A_BUSY_HOST}"
FOR_MENU = "search --set=root --label guest\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n"
MIB_OF_ESP = 124


def cloud_disk(esp):
    """
    What Debian's cloud images are: a small system partition with shim and GRUB, and a root with ext4, whose /boot has the
    kernel, for cloud-init to set up. Gives the disk, and its kernel's release.
    """
    root, part, disk = (os.path.join(esp.path, name) for name in ("root.ext4", "esp.img", "disk.img"))
    subprocess.run(["cp", "--sparse=always", os.path.join(lab.script("guest", "cloud"), "root.ext4"), root], check=True)
    release = next(name for name in systemd.files_of_boot(root) if name.startswith("vmlinuz-"))[len("vmlinuz-"):]
    esp.put("../grub.cfg", MENU % (release, COMMAND, release))
    esp.put("../fstab", f"PARTUUID={ROOT} / ext4 rw,discard,errors=remount-ro 0 1\nPARTUUID={ESP} /boot/efi vfat umask=0077 0 0\n")
    changes = ("mkdir /boot/grub", "mkdir /boot/efi", "rm /etc/fstab", "write grub.cfg /boot/grub/grub.cfg", "write fstab /etc/fstab")
    subprocess.run(["/sbin/debugfs", "-w", "-f", "-", root], check=True, text=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, input="\n".join(changes) + "\n", cwd=esp.path)
    for folder in ("loader", "EFI"):
        shutil.rmtree(os.path.join(esp.tree, folder))
    esp.put("EFI/BOOT/BOOTX64.EFI", link=os.path.join(lab.script("fetch", "shim", "trixie"), "shimx64.efi"))
    esp.put("EFI/BOOT/grubx64.efi", link=os.path.join(lab.script("fetch", "loader", "grub"), "loader.efi"))
    esp.put("EFI/debian/grub.cfg", FOR_MENU)
    lab.script("disk", part, esp.tree, "--size", str(MIB_OF_ESP))
    lab.partitioned(disk, (lab.TYPE_ESP, ESP, part), (lab.TYPE_ROOT, ROOT, root))
    os.unlink(part)
    os.unlink(root)
    return disk, release


def seed_disk(esp):
    """A disk of the source NoCloud: a script that cloud-init runs at the first boot, and the machine's name."""
    seed = lab.Esp(esp.name + "-seed")
    for folder in ("loader", "EFI"):
        shutil.rmtree(os.path.join(seed.tree, folder))
    seed.put("meta-data", "instance-id: first\nlocal-hostname: told-by-the-seed\n")
    seed.put("user-data", "#!/bin/bash\nexec >/dev/ttyS0 2>&1\n" + systemd.steps([[
        "variable LoaderInfo", "cat /proc/cmdline", "hostname", "cloud-id", "systemctl poweroff -ff"]]))
    image = seed.image()
    subprocess.run(["mlabel", "-i", image, "::CIDATA"], check=True)
    return image


def run_cloud(esp, disk, seed):
    """The first boot of a machine with this disk; nothing is written to it."""
    more = ("-drive", f"if=none,id=seed,format=raw,snapshot=on,file={seed}", "-device", "virtio-blk-pci,drive=seed")
    with Machine(esp, memory="3G", timeout=900, image=disk, more=more) as machine:
        found = systemd.Run(machine.finish())
    expect((found.said(0, "cloud-id"), found.said(0, "hostname")) == ("nocloud", "told-by-the-seed"), "cloud-init has not read the seed")
    return found


def do_as_told(esp, release):
    """The lines of docs/images.md, with the names that this image has."""
    lines = recipe("Cloud images", "berth install").replace("6.1", release)
    lines = re.sub(r"\bROOT\b", str((1 + MIB_OF_ESP) * lab.MIB), re.sub(r"\bESP\b", str(lab.MIB), lines))
    installed = os.path.join(esp.path, "installed")
    updates.installed(installed)
    done = subprocess.run(["bash", "-euxc", lines], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          cwd=esp.path, env={**os.environ, "PATH": f"{installed}/usr/bin:{os.environ['PATH']}"})
    expect(done.returncode == 0, done.stdout)
    return done.stdout


@boots(sampled=True, large=True)
def image_of_a_cloud(esp):
    """An image as Debian's of clouds, which shim and GRUB boot, boots by Berth after the lines of docs/images.md; cloud-init sets it up"""
    lab.script("deps", "images")
    disk, release = cloud_disk(esp)
    seed = seed_disk(esp)
    found = run_cloud(esp, disk, seed)
    expect(found.variable(0, "LoaderInfo") == "" and "BOOT_IMAGE=" in found.said(0, "cat /proc/cmdline"), "GRUB has not booted it")
    image = os.path.join(esp.path, "image.qcow2")
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", disk, image], check=True)
    os.unlink(disk)
    do_as_told(esp, release)
    subprocess.run(["qemu-img", "convert", "-O", "raw", image, disk], check=True)
    found = run_cloud(esp, disk, seed)
    expect(found.variable(0, "LoaderInfo") == f"Berth {lab.version()}", f"{found.variable(0, 'LoaderInfo')} has booted")
    expect(found.selected(0) == f"debian-{release}.conf", f"{found.selected(0)} has booted")
    expect(found.said(0, "cat /proc/cmdline") == COMMAND, found.said(0, "cat /proc/cmdline"))
    for path in (disk, image, seed):
        os.unlink(path)
