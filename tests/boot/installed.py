# SPDX-License-Identifier: BSD-2-Clause
"""What `berth install` puts on a disk boots, whenever it was interrupted; and what it took the place of comes back."""
import os
import re
import shutil
import subprocess

import lab
import systemd
from boots import REPORT, boot, boots, check_healthy, plain, str16, told
from lab import MIB, expect

BERTH = os.path.join(lab.ROOT, "build/host/berth")
PARTITION = "0a1b2c3d-4e5f-4678-9abc-def012345678"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"


def empty_disk(esp):
    """A disk whose system partition has a kernel and an entry, and no loader."""
    plain(esp)
    shutil.rmtree(os.path.join(esp.tree, "EFI"))
    disk = os.path.join(esp.path, "disk.gpt")
    lab.partitioned(disk, (lab.TYPE_ESP, PARTITION, esp.image()))
    return disk


def berth(command, *words):
    done = subprocess.run([BERTH, command, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(done.returncode == 0, f"berth {command}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def install(disk, *words):
    return berth("install", "--image", disk, "--arch", "x64", "--loaders", os.path.join(lab.ROOT, "build/x86_64"), *words)


def names(disk):
    """All files on it."""
    out = subprocess.run(["mdir", "-/", "-b", "-i", f"{disk}@@{MIB}", "::"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return sorted(out.split())


@boots
def installed_to_an_image(esp):
    """berth install --image makes a disk boot that did not, from the removable path; berth remove leaves what was there"""
    disk = empty_disk(esp)
    before = names(disk)
    install(disk)
    guest = boot(esp, image=disk)
    check_healthy(guest, REPORT + " nokaslr")
    expect(told(guest)["LoaderDevicePartUUID"][1] == str16(PARTITION.upper()), "another partition was booted from")
    berth("remove", "--image", disk)
    expect(names(disk) == before, f"{names(disk)}, not {before}")
    os.unlink(disk)


@boots(sampled=True)
def installed_as_a_boot_option(esp):
    """The boot option that berth install makes is one that firmware starts: with nothing on the removable path it boots by it"""
    disk, variables = empty_disk(esp), os.path.join(esp.path, "variables")
    os.makedirs(variables)
    install(disk, "--no-removable", "--variables", variables)
    kept = {}
    for name in os.listdir(variables):
        with open(os.path.join(variables, name), "rb") as file:
            kept[name[:-37], name[-36:]] = file.read()[4:]
    expect(sorted(kept) == [("Boot0000", GLOBAL), ("BootOrder", GLOBAL)], f"{sorted(kept)}")
    store = os.path.join(esp.path, "vars.fd")
    lab.variable_store(os.path.join(lab.newer_ovmf()[1], "OVMF_VARS_4M.fd"), store, kept)
    guest = boot(esp, "--vars", store, image=disk)
    check_healthy(guest, REPORT + " nokaslr")
    expect(told(guest)["LoaderImageIdentifier"][1] == str16("\\EFI\\berth\\berthx64.efi"), f"{told(guest)}")
    os.unlink(disk)


def other(product, digit):
    """A name and version that take as many bytes as the loader's own."""
    return f"{product} {re.sub('[0-9]', digit, lab.version())}"


def loader(name):
    """The loader, under this name and version."""
    with open(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"), "rb") as file:
        data = file.read()
    own = f"Berth {lab.version()}"
    expect(len(name) == len(own) and own.encode() in data, f"the loader does not say {own!r}")
    return data.replace(own.encode(), name.encode())


def cut(esp, command, n, *words):
    """The command on the partition's folder, with power for @n changes: whether it came to its end."""
    library = os.path.join(esp.path, "cut.so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(lab.ROOT, "tests/tools/power_cut.c"), "-ldl"],
                   check=True)
    done = subprocess.run([BERTH, command, "--root", "/", "--esp-path", esp.tree, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, "LD_PRELOAD": library, "CUT_AFTER": str(n)}, check=False)
    expect(done.returncode in (0, 99), f"berth {command}: {done.stdout}")
    return done.returncode == 0


@boots(sampled=True)
def installed_while_power_fails(esp):
    """Ten disks on which install, update or remove was cut off: each boots, by the loader that was there or by the new one"""
    older, newer, another = other("Berth", "0"), other("Berth", "9"), other("Other", "1")
    new = ("--loaders", os.path.join(esp.path, "loaders"))
    esp.put("../loaders/BOOTX64.EFI", loader(newer))
    for command, words, cuts in (("install", (*new, "--arch", "x64"), (3, 6, 9, 12, 15)), ("update", new, (1, 3)),
                                 ("remove", (), (2, 4, 6))):
        for n in cuts:
            esp.use("x86_64")
            shutil.rmtree(os.path.join(esp.tree, "EFI"))
            shutil.rmtree(os.path.join(esp.tree, "loader"))
            esp.conf()
            plain(esp)
            esp.put("EFI/BOOT/BOOTX64.EFI", loader(another))
            if command != "install":
                berth("install", "--root", "/", "--esp-path", esp.tree, "--arch", "x64", *new)
            if command == "update":
                esp.put("EFI/BOOT/BOOTX64.EFI", loader(older))
                esp.put("EFI/berth/berthx64.efi", loader(older))
            expect(not cut(esp, command, n, *words), f"{command} makes no {n} changes")
            guest = boot(esp)
            check_healthy(guest, REPORT + " nokaslr")
            info = told(guest)["LoaderInfo"][1].decode("utf-16-le").rstrip("\0")
            expect(info in (newer, older if command == "update" else another), f"{info} has booted")
            print(f"# {command}, cut at {n}: {info}", flush=True)


def check_installed(found, name):
    """The boots of installed_on_a_running_system; @name: of the loader that was there before."""
    first = found.said(0, "/var/berth install --loaders /efi/tools")
    for words in ("wrote /efi/EFI/berth/berthx64.efi: Berth", f"in place of {name}", "set LoaderSystemToken:", "behind all others"):
        expect(words in first, f"berth install does not say {words!r}:\n{first}")
    status = found.said(0, "bootctl status")
    for words in ("Title: Berth", f"Partition: /dev/disk/by-partuuid/{systemd.PARTITION}", "File: └─/EFI/berth/berthx64.efi"):
        expect(words in status, f"bootctl status does not say {words!r}:\n{status}")
    again = found.said(0, "/var/berth install --loaders /efi/tools --default")
    expect("first of all" in again and "wrote" not in again and "made" not in again, again)
    expect(found.variable(1, "LoaderImageIdentifier") == "\\EFI\\berth\\berthx64.efi", "firmware did not start the boot option")
    expect("from this partition" in found.said(1, "/var/berth status"), "berth status does not know the boot option")
    removed = found.said(1, "/var/berth remove")
    for words in ("deleted Boot", "deleted LoaderSystemToken", f"{name}, put back"):
        expect(words in removed, f"berth remove does not say {words!r}:\n{removed}")
    expect("Title: Berth" not in found.said(1, "bootctl status"), "the option is still there")
    expect(found.variable(2, "LoaderInfo") == name, f"after berth remove {found.variable(2, 'LoaderInfo')} boots")


@boots(sampled=True, large=True)
def installed_on_a_running_system(esp):
    """In a Debian with systemd: the partition is found, bootctl agrees, firmware starts the option, and remove leaves the loader before"""
    systemd.entries(esp, "first")
    name = other("Other", "1")
    esp.put("EFI/BOOT/BOOTX64.EFI", loader(name))
    esp.put("tools/berth", link=BERTH)
    esp.put("tools/BOOTX64.EFI", link=os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    take = ["cp /efi/tools/berth /var/berth", "chmod 755 /var/berth"]  # nothing is executed from an ESP, nor in /run
    found = systemd.run(esp, "bookworm", [
        [*take, "/var/berth install --loaders /efi/tools", "bootctl status", "/var/berth install --loaders /efi/tools --default",
         "systemctl reboot"],
        ["variable LoaderImageIdentifier", *take, "/var/berth status", "/var/berth remove",
         "bootctl status", "systemctl reboot"],
        ["variable LoaderInfo", "poweroff -ff"],
    ], 900)
    check_installed(found, name)
