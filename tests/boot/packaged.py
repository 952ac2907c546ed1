# SPDX-License-Identifier: BSD-2-Clause
"""What a person meets who installs the Debian packages on a machine that systemd-boot starts: from the packages of
`scripts/deb`, by apt, to a machine that boots by Berth, does so over a kernel's update and past one that is broken, and
back. README.md tells the first two boots of it, line by line.
"""
import functools
import glob
import os
import re
import shutil
import subprocess
import tempfile

import lab
import systemd
import updates
from boots import boots
from lab import expect
from updates import entry, names

PACKAGES = ("berth_*_amd64.deb", "berth-efi-amd64_*_all.deb")
BERTH = "0004"  # behind what this OVMF has for itself and this disk, and what bootctl adds
BOOTCTLS = "0003"
BROKEN = "9.9.9"
# As Debian's package systemd-boot does it where there is a system partition when it is configured.
BEFORE = "bootctl install --make-entry-directory=yes"
TREE = "sh -c 'cd /efi && find . -type f -exec sha256sum {} +'"
LOADERS = "sha256sum /efi/EFI/BOOT/BOOTX64.EFI /efi/EFI/systemd/systemd-bootx64.efi"


@functools.lru_cache(None)
def packages():
    """Those of HEAD that the machine needs; changes that are not committed are not in them. One commit's are kept."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, cwd=lab.ROOT, stdout=subprocess.PIPE, text=True).stdout.strip()
    folder = os.path.join(lab.ROOT, "build/deb", head)
    if not os.path.exists(folder):
        # Other commits', and what a build that was broken off has left.
        for old in glob.glob(os.path.join(lab.ROOT, "build/deb", "[0-9a-f]" * 40 + "*")):
            shutil.rmtree(old)
        lab.script("deb", folder + ".new")
        os.rename(folder + ".new", folder)
    found = [path for pattern in PACKAGES for path in glob.glob(os.path.join(folder, pattern))]
    expect(len(found) == len(PACKAGES), f"scripts/deb has made {found}")
    return found


def fill(folder):
    os.makedirs(os.path.join(folder, "root"))
    for path in packages():
        shutil.copy(path, os.path.join(folder, "root"))


def apt_install():
    return "apt-get install -y " + " ".join("/root/" + os.path.basename(path) for path in packages())


def lists(new):
    return [
        [*updates.TAKE, BEFORE, "variable LoaderInfo", "bootctl status", LOADERS, TREE, apt_install(), "berth install",
         TREE + " installed", "efibootmgr", "berth check", f"efibootmgr --quiet --bootnext {BERTH}", "systemctl reboot"],
        ["variable LoaderInfo", "variable LoaderImageIdentifier", "bootctl status", "efibootmgr", "berth status", "berth check",
         "berth install --default", "apt-get install -y /var/kernel.deb", "ls /efi/loader/entries", "systemctl reboot"],
        ["efibootmgr", "uname -r", "systemctl start systemd-bless-boot", "sh -c 'echo 1 >/etc/kernel/tries'",
         "cp /etc/passwd /var/broken", f"berth kernel add {BROKEN} /boot/vmlinuz-{new} /var/broken", "systemctl reboot"],
        ["efibootmgr", "uname -r", "ls /efi/loader/entries", "berth remove", "sh -c efibootmgr", "bootctl status", LOADERS,
         "apt-get purge -y berth berth-efi-amd64", "ls /efi/EFI", "systemctl reboot"],
        ["variable LoaderInfo", "efibootmgr", "poweroff -ff"],
    ]


def run(esp, suite):
    """The boots of the machine, which systemd-boot starts first."""
    root = os.path.join(lab.script("guest", suite), "root.ext4")
    file = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    esp.systemd_boot = systemd.file_of(root, file) or systemd.file_of(root, file + ".signed")
    esp.put("EFI/BOOT/BOOTX64.EFI", esp.systemd_boot)
    return updates.run_with(esp, suite, lists, fill)


class Options:
    """What efibootmgr says: .current, .order and .titles, {number: title}."""

    def __init__(self, said):
        self.current = re.search(r"^BootCurrent: (\w{4})$", said, re.M)[1]
        self.order = re.search(r"^BootOrder: ([\w,]+)$", said, re.M)[1].split(",")
        self.titles = dict(re.findall(r"^Boot(\w{4})\*? ([^\t\n]*)", said, re.M))


def has(said, *words):
    for part in words:
        expect(part in said, f"{part!r} is not in:\n{said}")


def section(status, title):
    """A part of what bootctl status says, up to an empty line before the next."""
    found = re.search(rf"^ *{title}:\n(.*?)(?=^\S[^\n]*:\n|\Z)", status, re.M | re.S)
    expect(found, f"bootctl status has no {title!r}:\n{status}")
    return found[1].strip()


def check_installed(found):
    """Boot 0, by systemd-boot: apt, and berth install behind it."""
    before = found.variable(0, "LoaderInfo")
    expect(before.startswith("systemd-boot "), f"{before} has booted")
    listed = section(found.said(0, "bootctl status"), "Available Boot Loaders on ESP")
    has(listed, f"/EFI/systemd/systemd-bootx64.efi ({before})", f"/EFI/BOOT/BOOTX64.EFI ({before})")
    has(found.said(0, apt_install()), "Setting up berth (", "Setting up berth-efi-amd64 (")
    has(found.said(0, "berth install"), "wrote /efi/EFI/berth/berthx64.efi: Berth", f"in place of {before}",
        f'set Boot{BERTH}: the boot option "Berth"', f"Boot{BERTH} behind all others")
    expect(had_token(found) != ("set LoaderSystemToken:" in found.said(0, "berth install")), "the system token")
    options = Options(found.said(0, "efibootmgr"))
    expect(options.titles[BERTH] == "Berth" and options.order[0] == BOOTCTLS and options.order[-1] == BERTH, f"{vars(options)}")
    expect(options.titles[BOOTCTLS] == "Linux Boot Manager", f"{vars(options)}")
    has(found.said(0, "berth check"), "likely boots; kernel at 0x")


def had_token(found):
    """Whether bootctl has made the variable already; then Berth does not."""
    return "System Token: set" in section(found.said(0, "bootctl status"), "Random Seed")


def hashed(said):
    return dict(reversed(line.split("  ./")) for line in said.splitlines())


def hashed_image(disk):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mcopy", "-s", "-n", "-i", f"{disk}@@{lab.MIB}", "::*", folder], check=True)
        return hashed(subprocess.run(["find", ".", "-type", "f", "-exec", "sha256sum", "{}", "+"], check=True, cwd=folder,
                                     stdout=subprocess.PIPE, text=True).stdout)


def check_same_by_image(esp, found):
    """
    The packages' own command does the same on this workstation to an image of such a partition: each file that it wrote or
    changed on the running system has the same bytes here, and no other has changed; but for the list of what was made, where
    the machine's system token was made, which no image has.
    """
    before, after = (hashed(found.said(0, command.replace("'", ""))) for command in (TREE, TREE + " installed"))
    changed = {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}
    wanted = {"EFI/BOOT/BOOTX64.EFI", "EFI/berth/BOOTX64.EFI.kept", "EFI/berth/berthx64.efi"}
    expect((changed.pop("EFI/berth/installed.txt", None) is None) == had_token(found), f"berth install changed {changed}")
    expect(set(changed) == wanted, f"berth install changed {changed}")
    with tempfile.TemporaryDirectory() as folder:
        for path in packages():
            subprocess.run(["dpkg-deb", "-x", path, folder], check=True)
        # What is there but is not looked into, such as kernels, need not be the same.
        shutil.rmtree(esp.tree)
        for name in before:
            esp.put(name, b"loader.conf" if name == "loader/loader.conf" else b"type1\n" if name.endswith(".srel") else b"")
        for name in ("EFI/BOOT/BOOTX64.EFI", "EFI/systemd/systemd-bootx64.efi"):
            esp.put(name, esp.systemd_boot)
        disk = os.path.join(esp.path, "same.img")
        lab.partitioned(disk, (lab.TYPE_ESP, systemd.PARTITION, esp.image()))
        was = hashed_image(disk)
        expect(was["EFI/BOOT/BOOTX64.EFI"] == before["EFI/BOOT/BOOTX64.EFI"], "another systemd-boot was there")
        subprocess.run([os.path.join(folder, "usr/bin/berth"), "install", "--image", disk, "--arch", "x64"], check=True,
                       stdout=subprocess.PIPE)
        now = hashed_image(disk)
        os.unlink(disk)
    here = {name: now.get(name) for name in {*was, *now} if was.get(name) != now.get(name)}
    expect(here == changed, f"by --image it changed {here}, on the running system {changed}")


def check_booted(found):
    """Boot 1, by the option that was asked for once: efibootmgr, bootctl and berth say the same, and what was foretold came."""
    expect(found.variable(1, "LoaderInfo") == f"Berth {lab.version()}", f"{found.variable(1, 'LoaderInfo')} has booted")
    expect(found.variable(1, "LoaderImageIdentifier") == r"\EFI\berth\berthx64.efi", "firmware did not start the boot option")
    options = Options(found.said(1, "efibootmgr"))
    expect(options.current == BERTH and options.order == Options(found.said(0, "efibootmgr")).order, f"{vars(options)}")
    status = found.said(1, "bootctl status")
    has(status, f"Product: Berth {lab.version()}", "└─/EFI/berth/berthx64.efi", f"Partition: /dev/disk/by-partuuid/{systemd.PARTITION}")
    has(section(status, "Available Boot Loaders on ESP"), f"/EFI/BOOT/BOOTX64.EFI (Berth {lab.version()})")
    has(section(status, "Boot Loaders Listed in EFI Variables"), "Title: Berth\n", f"ID: 0x{BERTH}\n", f"ID: 0x{BOOTCTLS}\n")
    has(found.said(1, "berth status"), f"started by   Boot{BERTH} Berth, from this partition",
        f"BOOTX64.EFI.kept: {found.variable(0, 'LoaderInfo')}, kept")
    checked = found.said(1, "berth check")
    for part in ("kernel", "initrd"):
        at = re.findall(rf"^berth: place {part} (0x[0-9a-f]+) ", found.text.split("guest: boot 1\n")[0], re.M)[-1]
        has(checked, "will boot; ", f"{part} at {at} [C3]")
    has(found.said(1, "berth install --default"), f"Boot{BERTH} first of all")


def check_updated(found, new):
    """Boots 1 to 3: Debian's package brings a kernel and it boots; one that is broken gives way when its try is used up."""
    has(found.said(1, "apt-get install -y /var/kernel.deb"), f"checked {entry(new)}: will boot; kernel at 0x")
    expect(names(found, 1, "ls /efi/loader/entries") == sorted(["first.conf", entry(new, "+2")]), found.said(1, "ls /efi/loader/entries"))
    expect(found.selected(2) == entry(new) and found.said(2, "uname -r") == new, f"{found.selected(2)} has booted")
    expect(f"counted as \\loader\\entries\\{entry(BROKEN, '+0-1')}" in found.text, "the broken kernel was never tried")
    expect(found.selected(3) == entry(new) and found.said(3, "uname -r") == new, f"{found.selected(3)} has booted")
    expect(names(found, 3, "ls /efi/loader/entries") == sorted(["first.conf", entry(new), entry(BROKEN, "+0-1")]),
           found.said(3, "ls /efi/loader/entries"))
    for boot in (2, 3):
        options = Options(found.said(boot, "efibootmgr"))
        expect(options.current == BERTH and options.order[0] == BERTH, f"{vars(options)}")


def check_removed(found):
    """Boots 3 and 4: the loader that was there is back, byte for byte, and boots; nothing of Berth's is left."""
    before = found.variable(0, "LoaderInfo")
    has(found.said(3, "berth remove"), f"deleted Boot{BERTH}", f"{before}, put back")
    expect(had_token(found) != ("deleted LoaderSystemToken" in found.said(3, "berth remove")), "the system token")
    expect(found.said(3, LOADERS) == found.said(0, LOADERS), f"{found.said(3, LOADERS)}, not {found.said(0, LOADERS)}")
    for title in ("Available Boot Loaders on ESP", "Boot Loaders Listed in EFI Variables"):
        was, now = (section(found.said(boot, "bootctl status"), title) for boot in (0, 3))
        expect(was == now, f"{title}: it was\n{was}\nand is\n{now}")
    gone = Options(found.said(3, "sh -c efibootmgr"))
    expect(BERTH not in gone.titles and gone.order == [n for n in Options(found.said(0, "efibootmgr")).order if n != BERTH], f"{vars(gone)}")
    expect(names(found, 3, "ls /efi/EFI") == ["BOOT", "Linux", "systemd"], found.said(3, "ls /efi/EFI"))
    expect(found.variable(4, "LoaderInfo") == before, f"after berth remove {found.variable(4, 'LoaderInfo')} boots")
    options = Options(found.said(4, "efibootmgr"))
    expect(options.current == BOOTCTLS and options.order == gone.order, f"{vars(options)}")


def check(esp, found, new):
    check_installed(found)
    check_same_by_image(esp, found)
    check_booted(found)
    check_updated(found, new)
    check_removed(found)


# ---- what README.md shows of it ----


def transcript():
    """[(command, lines below it)] of README.md's."""
    with open(os.path.join(lab.ROOT, "README.md"), encoding="utf-8") as file:
        text = re.search(r"^### From nothing to a machine that boots by Berth\n.*?^```\n(.*?)^```$", file.read(), re.M | re.S)[1]
    parts = re.split(r"^# (.*)\n", text, flags=re.M)
    return [(command, lines.splitlines()) for command, lines in zip(parts[1::2], parts[2::2])]


def masked(line):
    """Without the sizes and places that another build, or another disk, has, and the version of systemd-boot that Debian has."""
    return re.sub(r"0x[0-9a-f]{6,}|\b\d[\d.]* (?:bytes|[kM]B)\b|(?<=systemd-boot )\d[\w.+~-]*", "N", line).rstrip()


def shows(shown, said):
    """Whether these lines are those that were said; [...] stands for any number of them."""
    pattern = "".join("(?:.*\n)*" if line == "[...]" else re.escape(masked(line)) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(masked(line) + "\n" for line in said.splitlines())) is not None


def check_readme(found):
    """Each command of README.md's was run, in this order, and said what stands there."""
    boot = 0
    commands = transcript()
    expect(len(commands) > 6, f"README.md has {commands}")
    for command, lines in commands:
        said = found.said(boot, command)
        expect(shows(lines, said), f"README.md, {command}:\n" + "\n".join(lines) + f"\nand it said\n{said}")
        boot += command == "systemctl reboot"
    expect(boot == 1, "README.md has no reboot, or several")


@boots(sampled=True, large=True)
def packages_on_debian_12(esp):
    """Debian 12, from systemd-boot by the packages to Berth, over a kernel's update and a broken one, and back; as README.md shows it"""
    found, new = run(esp, "bookworm")
    check(esp, found, new)
    check_readme(found)


@boots(sampled=True, large=True)
def packages_on_debian_13(esp):
    """Debian 13, from systemd-boot by the packages to Berth, over a kernel's update and a broken one, and back"""
    check(esp, *run(esp, "trixie"))
