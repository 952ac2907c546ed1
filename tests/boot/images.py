# SPDX-License-Identifier: BSD-2-Clause
"""Disk images boot by Berth: that of scripts/image, and those that others make by docs/images.md."""
import os
import re
import shutil
import subprocess

import lab
import systemd
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
