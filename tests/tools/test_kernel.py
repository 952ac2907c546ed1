#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth kernel: what it leaves of kernels and entries on a partition, whatever is there before, and whatever ends it early.

What is expected is kernel-install's layout and UAPI.1's entries. Kernels are small ones of test_prepare's; the hooks are run
as packages run them, with a bootctl of the test's own.
"""
import fcntl
import json
import os
import re
import shutil
import signal
import struct
import subprocess

from installed import FOLDER, GLOBAL, MTOOLS, NEW, cut_off, killed_at, lab, listed, place, read, tree, write
from tap import BERTH, ROOT, Ran, expect, run_tests
from test_install_cut import disk, in_image, lab_free
from test_prepare import bzimage, vmlinux

TOKEN = "0123456789abcdef0123456789abcdef"
KERNEL, OTHER = bzimage(vmlinux()), bzimage(vmlinux(entry=0x1000050))
INITRD = b"070701" + bytes(100_000)


def entry_of(version, *more, initrds=("initrd.img",), linux="linux"):
    lines = ["title      A system", f"version    {version}", f"machine-id {TOKEN}", "sort-key   debian",
             f"options    root=/dev/vda2 ro quiet systemd.machine_id={TOKEN}", f"linux      /{TOKEN}/{version}/{linux}",
             *more, *(f"initrd     /{TOKEN}/{version}/{name}" for name in initrds)]
    return "\n".join(lines) + "\n"


class System:
    """A root with what says how its kernels boot, and a partition: a folder, or one in an image."""

    def __init__(self, name, image=False, files=(), mib=8, **conf):
        self.root = tree(name + "-root", {
            "etc/os-release": 'NAME=x\nPRETTY_NAME="A system"\nID=debian\n', "etc/machine-id": TOKEN + "\n",
            "etc/kernel/cmdline": "# for all kernels\nroot=/dev/vda2  ro\n quiet\n",
            "boot/vmlinuz": KERNEL, "boot/other": OTHER, "boot/initrd.img": INITRD, **{f"etc/kernel/{k}": v for k, v in conf.items()}})
        self.image = disk(name + ".img", files, mib) if image else None
        self.path = None if image else tree(name, files)

    def where(self):
        return ["--root", self.root, *(["--image", self.image] if self.image else ["--esp-path", self.path])]

    def conf(self, name, text):
        write(os.path.join(self.root, "etc/kernel", name), text)

    def boot(self, name):
        return os.path.join(self.root, "boot", name)

    def run(self, *words, **more):
        return Ran("kernel", *words, *self.where(), **more)

    def add(self, version, *words, kernel="vmlinuz", initrd="initrd.img", **more):
        return self.run("add", version, self.boot(kernel), self.boot(initrd), *words, **more)

    def files(self):
        return in_image(self.image) if self.image else listed(self.path)

    def entries(self):
        return sorted(name[len("loader/entries/"):] for name in self.files() if name.startswith("loader/entries/"))

    def versions(self):
        return sorted(name[len(TOKEN) + 1:] for name, data in self.files().items() if name.startswith(TOKEN + "/") and data is None)


def says(files, name):
    """An entry without its comments."""
    return "".join(line + "\n" for line in files[name].decode().splitlines() if not line.startswith("#"))


# ---- add and remove ----

def a_kernel_gets_files_and_an_entry():
    """add, on a folder and in an image: kernel, initrds and entry as kernel-install lays them out; remove takes the one alone away"""
    for image in (False, True):
        system = System("added", image)
        ran = system.add("6.1.0-1").expect(0, f"{TOKEN}/6.1.0-1/linux: the kernel, ", "its entry", "  undo: ")
        expect(image or "the loader takes it" in ran.out, ran.out)
        files = system.files()
        expect(set(files) == {"loader", "loader/entries", f"loader/entries/{TOKEN}-6.1.0-1.conf", TOKEN, f"{TOKEN}/6.1.0-1",
                              f"{TOKEN}/6.1.0-1/linux", f"{TOKEN}/6.1.0-1/initrd.img"}, f"{files.keys()}")
        expect(files[f"{TOKEN}/6.1.0-1/linux"] == KERNEL and files[f"{TOKEN}/6.1.0-1/initrd.img"] == INITRD, "other bytes")
        expect(says(files, f"loader/entries/{TOKEN}-6.1.0-1.conf") == entry_of("6.1.0-1"), files[f"loader/entries/{TOKEN}-6.1.0-1.conf"])
        system.run("add", "6.1.0-2", system.boot("other")).expect(0)
        expect(says(system.files(), f"loader/entries/{TOKEN}-6.1.0-2.conf") == entry_of("6.1.0-2", initrds=()), "without an initrd")
        system.run("remove", "6.1.0-2").expect(0, "removed")
        expect(system.files() == files, f"{system.files().keys()}")
        system.run("remove", "6.1.0-2").expect(0, "has no kernel 6.1.0-2")
        expect(system.files() == files, "it took more")


def an_undo_line_undoes():
    """The undo lines of a first kernel, from the last to the first, leave an empty partition, on a folder and in an image"""
    for image in (False, True):
        system = System("undone", image)
        lines = [line[len("  undo: "):] for line in system.add("6.1").expect(0).out.splitlines() if line.startswith("  undo: ")]
        for line in reversed(lines):
            subprocess.run(["sh", "-e", "-c", line], check=True, cwd=ROOT, env=MTOOLS)
        expect(len(lines) == 7 and system.files() == {}, f"{lines} {system.files().keys()}")


def an_undo_line_runs_nothing_else():
    """A version, which may be read from the partition, stands in quotes where a shell would not take it as it stands"""
    system = System("quoted")
    fill(system, "6.1;$(id)'")
    lines = [line for line in system.run("remove", "6.1;$(id)'").expect(0).out.splitlines() if "undo: " in line]
    expect(lines and all(line == r"  undo: berth kernel add '6.1;$(id)'\''' KERNEL INITRD, those of its package" for line in lines), f"{lines}")


def what_is_the_same_is_not_written():
    """A second add does nothing, whatever the counters; a new initrd is written, and the entry gets its tries again"""
    for image in (False, True):
        system = System("same", image, tries="3\n")
        system.add("6.1").expect(0)
        expect(system.entries() == [f"{TOKEN}-6.1+3.conf"], f"{system.entries()}")
        expect("wrote" not in system.add("6.1").expect(0, "as it is already").out, "it was written")
        if not image:  # two boots have failed
            os.rename(f"{system.path}/loader/entries/{TOKEN}-6.1+3.conf", f"{system.path}/loader/entries/{TOKEN}-6.1+1-2.conf")
            system.add("6.1").expect(0, "as it is already")
            expect(system.entries() == [f"{TOKEN}-6.1+1-2.conf"], f"{system.entries()}")
        write(system.boot("initrd.img"), INITRD + b"new")
        ran = system.add("6.1").expect(0, "initrd.img: an initrd")
        expect("/linux: " not in ran.out and system.entries() == [f"{TOKEN}-6.1+3.conf"], f"{system.entries()} {ran.out}")
        expect(system.files()[f"{TOKEN}/6.1/initrd.img"] == INITRD + b"new", "the old initrd")
    # One that has used all its tries gets new ones when somebody asks for it.
    system = System("tried", tries="3")
    system.add("6.1").expect(0)
    os.rename(f"{system.path}/loader/entries/{TOKEN}-6.1+3.conf", f"{system.path}/loader/entries/{TOKEN}-6.1+0-3.conf")
    system.add("6.1").expect(0)
    expect(system.entries() == [f"{TOKEN}-6.1+3.conf"], f"{system.entries()}")


def refresh_adds_nothing_new():
    """--refresh changes what an entry is there for, and adds no other"""
    system = System("refresh")
    system.add("6.1", "--refresh").expect(0, "gets none (--refresh)")
    expect(system.files() == {}, f"{system.files().keys()}")
    system.add("6.1").expect(0)
    system.add("6.1", "--refresh", kernel="other").expect(0, "/linux: the kernel")
    expect(system.files()[f"{TOKEN}/6.1/linux"] == OTHER, "the kernel is the old one")


def dry_run_and_json():
    """--dry-run tells the steps of the run behind it and changes nothing; --json tells them, notes, and what check says"""
    for image in (False, True):
        system = System("dry", image)
        before = system.files()
        dry = json.loads(system.add("6.1", "--dry-run", "--json").expect(0).out)
        expect(system.files() == before and dry["dry_run"] and "check" not in dry, f"{dry}")
        text = system.add("6.1", "--dry-run").expect(0, "would write", "nothing was changed (--dry-run)").out
        expect(text.count("  undo: ") == len(dry["steps"]) == 7, text)
        done = json.loads(system.add("6.1", "--json").expect(0).out)
        expect(done["steps"] == dry["steps"] and not done["dry_run"], f"{done}")
        expect(image or done["check"] == {"wrong": False, "verdict": "unknown", "said": []}, f"{done}")


def two_runs_wait_for_each_other():
    """A run waits until another one's is done with the partition; what only tells does not"""
    system = System("waits")
    folder = os.open(system.path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    system.add("6.1", "--dry-run").expect(0)
    with subprocess.Popen([BERTH, "kernel", "add", "6.1", system.boot("vmlinuz"), *system.where()], stdout=subprocess.PIPE) as second:
        try:
            second.wait(0.5)
            expect(False, "it did not wait")
        except subprocess.TimeoutExpired:
            expect(system.files() == {}, f"{system.files().keys()}")
        finally:
            os.close(folder)
        second.communicate(timeout=30)
        expect(second.returncode == 0 and system.versions() == ["6.1"], f"{second.returncode} {system.files().keys()}")


def what_will_not_boot_is_a_warning():
    """A kernel that the loader does not know is added, with status 0 and a warning of berth check's"""
    system = System("wrong")
    write(system.boot("vmlinuz"), b"no kernel" * 999)
    ran = system.add("6.1").expect(0, f"checked {TOKEN}-6.1.conf: will not boot")
    expect(f"berth: warning: {TOKEN}-6.1.conf: " in ran.err and "not a kernel that Berth knows" in ran.err, ran.err)
    expect(json.loads(system.add("6.1", "--json").out)["check"]["wrong"], "--json says it is well")


def the_entry_is_planned_on_the_machines_memory():
    """--memmap: where kernel and initrd will lie, or that they have no place and what would make it boot: a warning, in --json too"""
    system = System("planned")
    maps = {name: os.path.join(system.root, name) for name in ("roomy", "narrow")}
    write(maps["roomy"], b"1M-512M free\n")
    write(maps["narrow"], b"1M-17M free\n")
    system.add("6.1", "--memmap", maps["roomy"]).expect(0, f"checked {TOKEN}-6.1.conf: likely boots; kernel at 0x", ", initrd at 0x")
    ran = system.add("6.1", "--memmap", maps["narrow"]).expect(0, f"checked {TOKEN}-6.1.conf: will not boot")
    expect(f"berth: warning: {TOKEN}-6.1.conf: " in ran.err and " MiB" in ran.err, ran.err)
    check = json.loads(system.add("6.1", "--memmap", maps["narrow"], "--json").out)["check"]
    expect(check["wrong"] and check["verdict"] == "will not boot" and check["reason"], f"{check}")
    expect("warning: " in system.add("6.1", "--memmap", "nowhere").expect(0).err, "a map that is not there is not told")


# ---- what the system says ----

def names_come_from_the_system():
    """Token, title, command line and device tree from the files that kernel-install reads, in its order"""
    system = System("names", **{"entry-token": "mine\n", "devicetree": "board/a.dtb\n"})
    write(f"{system.root}/usr/lib/linux-image-6.1/board/a.dtb", b"tree")
    system.add("6.1").expect(0)
    text = says(system.files(), "loader/entries/mine-6.1.conf")
    expect("machine-id" not in text and "options    root=/dev/vda2 ro quiet\n" in text and "devicetree /mine/6.1/a.dtb\n" in text, text)
    expect(system.files()["mine/6.1/a.dtb"] == b"tree", "the tree")
    system.add("6.2").expect(2, "no device tree board/a.dtb for kernel 6.2")

    system = System("distribution")
    shutil.move(f"{system.root}/etc/kernel/cmdline", f"{system.root}/cmdline")
    write(f"{system.root}/usr/lib/kernel/cmdline", "from the distribution\n")
    write(f"{system.root}/etc/os-release", "PRETTY_NAME='It\\'s one'\nID=\"deb\\\"ian\"\nIMAGE_ID=image-7\n")
    write(f"{system.path}/image-7/x", "")
    system.add("6.1").expect(0)
    text = says(system.files(), "loader/entries/image-7-6.1.conf")
    expect("sort-key   image-7\n" in text and "options    from the distribution\n" in text, text)
    system.add("6.1", "--token", "asked").expect(0)
    expect("asked-6.1.conf" in system.entries(), f"{system.entries()}")
    os.unlink(f"{system.root}/usr/lib/kernel/cmdline")
    system.add("6.3").expect(0, "the entry has no command line")
    expect("options" not in says(system.files(), "loader/entries/image-7-6.3.conf"), "options of this machine")

    system = System("info")
    write(f"{system.root}/etc/machine-info", f"KERNEL_INSTALL_MACHINE_ID={TOKEN[::-1]}\n")
    system.conf("cmdline", f"systemd.machine_id={TOKEN}\n")
    system.add("6.1").expect(0)
    text = says(system.files(), f"loader/entries/{TOKEN[::-1]}-6.1.conf")
    expect(f"machine-id {TOKEN[::-1]}\n" in text and f"options    systemd.machine_id={TOKEN}\n" in text, text)
    write(f"{system.root}/etc/machine-info", "")
    write(f"{system.root}/etc/machine-id", "uninitialized\n")
    system.add("6.1").expect(0)
    expect("debian-6.1.conf" in system.entries(), f"{system.entries()}")

    system = System("folder")
    own = tree("conf-root", {"cmdline": "own\n", "entry-token": "t\n"})
    system.add("6.1", env={"KERNEL_INSTALL_CONF_ROOT": own}).expect(0)
    expect("options    own\n" in says(system.files(), "loader/entries/t-6.1.conf"), "KERNEL_INSTALL_CONF_ROOT")


def quotes_at_both_ends_are_the_kernels():
    """A command line that begins and ends with quotes has another pair in the entry, which its readers take away"""
    for text in ('"dyndbg=file a +p" root=/dev/vda2 "x=y z"', "'a b' 'c'", '"a'):
        system = System("quotes", cmdline=text + "\n", **{"entry-token": "t"})
        system.add("6.1").expect(0)
        expect(f'options    "{text}"\n' in says(system.files(), "loader/entries/t-6.1.conf"), says(system.files(), "loader/entries/t-6.1.conf"))


def loaders_folders_are_no_kernels():
    """A token that names the folder of loaders, or of their files, is refused: old kernels go with all that is in their folders"""
    for token in ("EFI", "efi", "loader"):
        system = System("token", files={"EFI/BOOT/BOOTX64.EFI": NEW, "EFI/other/x.efi": NEW, "loader/entries/o.conf": "linux /a\n"},
                        **{"entry-token": token + "\n", "berth.conf": "keep=2\n"})
        before = system.files()
        system.add("6.1").expect(2, f'token "{token}": the folder of that name has loaders', "--token")
        for folder in ("BOOT", "entries"):
            system.run("remove", folder).expect(2, "has loaders")
        expect(system.files() == before, f"{token}: {system.files().keys()}")


def a_kernel_goes_whatever_is_wrong_elsewhere():
    """remove reads no more than what names the entry: not the device tree, which its package took away, nor another file's mistake"""
    system = System("goes", devicetree="board/a.dtb\n")
    tree_of = f"{system.root}/usr/lib/linux-image-6.1/board/a.dtb"
    write(tree_of, b"tree")
    system.add("6.1").expect(0)
    os.unlink(tree_of)
    for name, text in (("berth.conf", "kept=2\n"), ("tries", "many\n"), ("cmdline", "a " * 5000)):
        system.conf(name, text)
    system.run("remove", "6.1").expect(0, "removed")
    expect(system.entries() == [] and system.versions() == [], f"{system.files().keys()}")


def this_machines_command_line():
    """Of this machine's own kernel, without a cmdline file, the line that runs, but for what its loader has added"""
    path = tree("here")
    system = System("here-files")
    own = tree("here-conf", {"entry-token": "here\n"})
    ran = Ran("kernel", "add", "6.1", system.boot("vmlinuz"), "--esp-path", path, env={"KERNEL_INSTALL_CONF_ROOT": own}).expect(0)
    words = [word for word in open("/proc/cmdline").read().split() if not word.startswith(("BOOT_IMAGE=", "initrd="))]
    is_container = os.path.exists("/run/systemd/container") or os.path.exists("/run/host/container-manager")
    expect(is_container or f"options    {' '.join(words)}\n" in says(listed(path), "loader/entries/here-6.1.conf"), ran.out)


def what_is_wrong_in_the_systems_files_is_named():
    """tries, berth.conf, names and words that cannot be: status 2, the file and the line, and nothing is done"""
    for name, text, words in (("tries", "many\n", "tries: \"many\" is not a number of tries"), ("tries", "9" * 10, "is not a number"),
                              ("berth.conf", "# x\nkeep=1\n", "berth.conf:2: keep takes 0, for all, or a number from 2"),
                              ("berth.conf", "keep-free=much\n", "berth.conf:1: keep-free takes a size"),
                              ("berth.conf", "prepare=xz\n", "prepare takes no, vmlinux, lz4 or zstd"),
                              ("berth.conf", "kept=2\n", "no setting \"kept\""), ("berth.conf", "keep 2\n", "is not KEY=VALUE"),
                              ("entry-token", "a/b\n", "token \"a/b\": not a name"), ("entry-token", "a\x01b", "control characters"),
                              ("cmdline", "a\0b", "not a text"), ("cmdline", "a " * 5000, "more than 8191 bytes")):
        system = System("wrong-file", **{name: text})
        system.add("6.1").expect(2, words)
        expect(system.files() == {}, f"{name}: {system.files().keys()}")
    system = System("wrong-words")
    for version in ("../6", "6 1", "6\\1", ".6", "6*", "6.", "a+2", "v" * 240):
        ran = system.add(version).expect(2)
        expect("not a name" in ran.err or "boot counters" in ran.err or "bytes, and may have 255" in ran.err, ran.err)
    for initrds, said in ((["boot/initrd.img", "other/initrd.img"], "two files of kernel 6.1 would have the name initrd.img"),
                          (["boot/Linux"], "would have the name Linux"), (["boot/linux.berth"], "two files"),
                          (["boot/init rd"], "not a name for a file on a FAT")):
        for name in initrds:
            write(f"{system.root}/{name}", INITRD)
        system.run("add", "6.1", system.boot("vmlinuz"), *(f"{system.root}/{name}" for name in initrds)).expect(2, said, "another name")
    for words, said in ((["add", "6.1"], "needs a version and a kernel"), (["drop", "6.1"], "no action drop"), ([], "add, adopt or remove?"),
                        (["remove"], "needs a version"), (["remove", "6.1", "x"], "too many words"), (["adopt", "1", "x", "y"], "too many"),
                        (["add", "1", *"abcdefghijklmnopqrs"], "too many words: s"),
                        (["remove", "6.1", "--refresh"], "goes with add"), (["add", "6.1", "x", "--default"], "no option --default"),
                        (["add", "6.1", system.boot("vmlinuz"), "--prepare", "xz"], "--prepare takes"),
                        (["add", "6.1", system.boot("none")], "none: it cannot be read"),
                        (["add", "6.1", system.boot("vmlinuz"), system.root], "it cannot be read"),
                        (["adopt", "6.1", system.boot("vmlinuz")], f"has no entry {TOKEN}-6.1.conf")):
        system.run(*words).expect(2, said)
    expect(system.files() == {}, f"{system.files().keys()}")


# ---- old kernels ----

def fill(system, *versions):
    for version in versions:
        system.add(version).expect(0)


def old_kernels_go_by_number():
    """keep: the oldest go when the new one is there, by UAPI.10's order; the rescue kernel, entries of others and of other tokens stay"""
    for image in (False, True):
        system = System("number", image, {"loader/entries/other.conf": "linux /a\n", f"loader/entries/{TOKEN}x-1.0.conf": "linux /a\n",
                                          f"loader/entries/{TOKEN}-0.1.conf": "linux /mine\n"})
        fill(system, "0-rescue", "6.9", "6.10", "6.1.0-2")
        expect(system.versions() == ["0-rescue", "6.1.0-2", "6.10", "6.9"], f"{system.versions()}")
        system.conf("berth.conf", "keep=2\n")
        ran = system.add("6.11").expect(0)
        expect(system.versions() == ["0-rescue", "6.10", "6.11"], f"{system.versions()}")
        steps = [line for line in ran.out.splitlines() if line.startswith(("wrote", "removed"))]
        expect([line.split()[0] for line in steps] == ["wrote"] * 3 + ["removed"] * 8, ran.out)
        expect(set(system.entries()) == {"other.conf", f"{TOKEN}x-1.0.conf", f"{TOKEN}-0.1.conf", f"{TOKEN}-0-rescue.conf",
                                         f"{TOKEN}-6.10.conf", f"{TOKEN}-6.11.conf"},
               f"{system.entries()}")


def a_kernel_that_failed_goes_first():
    """Of old ones the one without tries goes before the oldest; the one that runs, the newest, and the last but the new one, stay"""
    system = System("failed")
    fill(system, "6.1", "6.2", "6.3")
    os.rename(f"{system.path}/loader/entries/{TOKEN}-6.3.conf", f"{system.path}/loader/entries/{TOKEN}-6.3+0-3.conf")
    system.conf("berth.conf", "keep=3\n")
    system.add("6.4").expect(0)
    expect(system.versions() == ["6.1", "6.2", "6.4"], f"{system.versions()}")
    # This machine's kernel is older than all others, and stays.
    running, path = os.uname().release, tree("running")
    own = tree("running-conf", {"entry-token": "t\n", "cmdline": "x\n", "berth.conf": "keep=2\n"})
    for version in (running, "999.1", "999.2"):
        Ran("kernel", "add", version, system.boot("vmlinuz"), "--esp-path", path, env={"KERNEL_INSTALL_CONF_ROOT": own}).expect(0)
    expect(sorted(os.listdir(f"{path}/t")) == sorted([running, "999.2"]), f"{os.listdir(f'{path}/t')}")
    # An older one that changes does not take the newest away.
    write(f"{own}/berth.conf", "keep=3\n")
    add = ("kernel", "add", "0.1", system.boot("vmlinuz"), "--esp-path", path)
    Ran(*add, env={"KERNEL_INSTALL_CONF_ROOT": own}).expect(0)
    write(f"{own}/berth.conf", "keep=2\n")
    Ran(*add, "--refresh", env={"KERNEL_INSTALL_CONF_ROOT": own}).expect(0)
    expect(sorted(os.listdir(f"{path}/t")) == sorted(["0.1", running, "999.2"]), f"{os.listdir(f'{path}/t')}")


def room(image, free):
    """Leaves so many bytes free."""
    write(place("filler"), bytes(int(lab_free(image)) - free))
    subprocess.run(["mcopy", "-i", f"{image}@@{lab.MIB}", place("filler"), "::filler"], check=True, env=MTOOLS)


def a_full_partition_keeps_what_it_has():
    """Too little room: status 1, how many bytes are missing, and not a byte changes; keep-free has the oldest make room"""
    system = System("full", True)
    fill(system, "6.1", "6.2", "6.3")
    write(system.boot("large.img"), bytes(500_000))
    room(system.image, 400_000)
    before, files = read(system.image), system.files()
    ran = system.add("6.4", initrd="large.img").expect(1, "are free, and up to", "bytes more", "nothing was changed")
    missing = int(ran.err.split(" bytes more")[0].split()[-1])
    expect(200_000 < missing < 500_000, f"{missing}")
    expect(read(system.image) == before, "the image changed")
    # So many bytes more, and it fits.
    system.conf("berth.conf", "keep-free=0\n")
    ran = system.add("6.4", initrd="large.img").expect(0)
    steps = [line.split()[0] for line in ran.out.splitlines() if line.startswith(("wrote", "removed"))]
    expect(steps[0] == "removed" and steps[-1] == "wrote", ran.out)
    expect("6.4" in system.versions() and "6.1" not in system.versions() and len(system.versions()) >= 2, f"{system.versions()}")
    # What never fits takes nothing away.
    write(system.boot("larger.img"), bytes(20 << 20))
    before = read(system.image)
    system.add("6.5", initrd="larger.img").expect(1, "bytes more")
    expect(read(system.image) == before, "the image changed")
    # And a number of bytes that stay free.
    system = System("free", True)
    fill(system, "6.1", "6.2", "6.3", "6.4")
    free = int(lab_free(system.image))
    system.conf("berth.conf", f"keep-free={free - 65536}\n")
    system.add("6.5").expect(0)
    expect("6.4" in system.versions() and "6.1" not in system.versions() and len(system.versions()) in (3, 4), f"{system.versions()}")
    system.conf("berth.conf", "keep-free=8M\n")  # more than there is
    system.add("6.6").expect(0)
    expect(system.versions() == ["6.5", "6.6"], f"{system.versions()}")


def a_disk_that_refuses_leaves_what_was_there():
    """A write that fails in the middle: status 2, entries and files as before, and nothing of the new kernel stays"""
    system = System("refuses")
    fill(system, "6.1")
    before = system.files()
    write(system.boot("large.img"), bytes(900_000))
    for initrd, version in (("large.img", "6.2"), ("large.img", "6.1")):
        words = " ".join(["kernel add", version, system.boot("other"), system.boot(initrd), *system.where()])
        done = subprocess.run(["bash", "-c", f"ulimit -f 400; trap '' XFSZ; exec {BERTH} {words}"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        expect(done.returncode == 2 and "File too large" in done.stderr, f"{done.returncode} {done.stderr}")
        expect(system.files() == before, f"{system.files().keys()}")


def names_lead_nowhere_else():
    """A name with backslashes, which no FAT has, is no path out of the folder; one with control characters is no terminal's"""
    system = System("out", files={"keep": "1", f"{TOKEN}/other": "2"})
    system.add("6.1").expect(0)
    write(f"{system.path}/{TOKEN}/6.1/\x1b[2J\x9b", "")
    write(f"{system.path}/{TOKEN}/6.1/..\\..\\keep", "")
    write(f"{system.path}/{TOKEN}/6.1/..\\other", "")
    ran = system.run("remove", "6.1").expect(2, f"{TOKEN}/6.1/?[2J?", "Directory not empty")
    expect("\x1b" not in ran.out and "\x9b" not in ran.out, "a terminal would obey the name")
    expect(read(system.path, "keep") == b"1" and read(system.path, TOKEN, "other") == b"2", f"{system.files().keys()}")
    expect(system.entries() == [], f"{system.entries()}")


def a_new_kernel_stays_when_an_old_one_does_not_go():
    """Where an old kernel cannot be removed, behind the new one's entry, status 2 says so, and the new one stays"""
    system = System("behind")
    fill(system, "6.1", "6.2")
    write(f"{system.path}/{TOKEN}/6.1/no\\name", "")
    system.conf("berth.conf", "keep=2\n")
    system.add("6.3").expect(2, "Directory not empty")
    expect(system.entries() == [f"{TOKEN}-6.2.conf", f"{TOKEN}-6.3.conf"], f"{system.entries()}")
    expect({f"{TOKEN}/6.3/linux", f"{TOKEN}/6.3/initrd.img"} <= set(system.files()), f"{system.files().keys()}")


def folders_of_others_stay():
    """With keep, a folder beside the kernels' that has folders in it is no interrupted run's; nor is the running kernel's without an entry"""
    system = System("others", files={f"{TOKEN}/backup/2024/photo": "1", f"{TOKEN}/backup/list": "2", "loader/entries/old/x.conf": "linux /x\n"})
    before = system.files()
    fill(system, "6.1", "6.2")
    system.conf("berth.conf", "keep=2\n")
    write(f"{system.path}/{TOKEN}/left/initrd.img", INITRD)  # of an interrupted run
    system.add("6.3").expect(0)
    files = system.files()
    expect(all(files.get(name, 0) == data for name, data in before.items()), f"{files.keys()}")
    expect(f"{TOKEN}/left" not in files and f"{TOKEN}/6.1" not in files, f"{files.keys()}")
    # In a kernel's own folder, too, it stays, and all else goes.
    write(f"{system.path}/{TOKEN}/6.2/notes/a", "3")
    system.add("6.4").expect(0, f"{TOKEN}/6.2 stays: there is a folder in it")
    write(f"{system.path}/{TOKEN}/6.3/notes/a", "3")
    system.run("remove", "6.3").expect(0, f"{TOKEN}/6.3 stays: there is a folder in it")
    files = system.files()
    expect(sorted(name for name in files if name.endswith("/linux") or "-6." in name) ==
           [f"{TOKEN}/6.4/linux", f"loader/entries/{TOKEN}-6.4.conf"], f"{files.keys()}")
    expect(files[f"{TOKEN}/6.2/notes/a"] == files[f"{TOKEN}/6.3/notes/a"] == b"3", f"{files.keys()}")

    running, path = os.uname().release, tree("unnamed", {f"t/{os.uname().release}/linux": KERNEL, "t/other/linux": KERNEL})
    own = tree("unnamed-conf", {"entry-token": "t\n", "cmdline": "x\n", "berth.conf": "keep=2\n"})
    Ran("kernel", "add", "999.1", system.boot("vmlinuz"), "--esp-path", path, env={"KERNEL_INSTALL_CONF_ROOT": own}).expect(0)
    expect(sorted(os.listdir(f"{path}/t")) == sorted([running, "999.1"]), f"{os.listdir(f'{path}/t')}")


# ---- what ends it early ----

def names_whole_files(system, files, given, wanted):
    """Every entry names files that are there, and each has all bytes of an old or of a new one."""
    for name, data in files.items():
        if name.startswith("loader/entries/") and name.endswith(".conf"):
            for line in says(files, name).splitlines():
                key, value = line.split(None, 1)
                if key in ("linux", "initrd"):
                    path = value.lstrip("/")
                    expect(path in files and files[path] in (given.get(path), wanted.get(path)), f"{name} names {path}, which is not whole")


def every_cut(name, given, *words):
    """Ends the command at each of its changes; once more, and all is done. How many there are."""
    system, n, done = System(name), 0, False
    write(system.boot("new.img"), INITRD + b"new")
    given(system)
    saved = place(name + "-saved")
    shutil.rmtree(saved, ignore_errors=True)
    shutil.copytree(system.path, saved)
    words = [word.format(boot=f"{system.root}/boot") for word in words]
    before = system.files()
    system.run(*words).expect(0)
    wanted = system.files()
    while not done:
        shutil.rmtree(system.path)
        shutil.copytree(saved, system.path)
        done = cut_off(n, "kernel", *words, *system.where())
        names_whole_files(system, system.files(), before, wanted)
        expect([e for e in system.entries() if e.endswith(".conf")], f"cut at {n}: no entry is left")
        system.run(*words).expect(0)
        expect(system.files() == wanted, f"cut at {n} and run again: {system.files().keys()} is not {wanted.keys()}")
        n += 1
    return n


def counts(system):
    system.conf("tries", "3")


def each_cut_leaves_what_boots():
    """Ended at each change, add of a new kernel, of another one in its place, with old ones going, and remove leave whole entries"""
    expect(every_cut("cut-new", lambda s: fill(s, "6.1"), "add", "6.2", "{boot}/other", "{boot}/initrd.img") > 8, "too few changes")
    expect(every_cut("cut-again", lambda s: (fill(s, "6.1", "6.2"), counts(s)), "add", "6.2", "{boot}/other", "{boot}/initrd.img") > 5,
           "too few changes")
    expect(every_cut("cut-keep", lambda s: (fill(s, "6.1", "6.2", "6.3"), s.conf("berth.conf", "keep=2\nprepare=lz4\n")),
                     "add", "6.4", "{boot}/other", "{boot}/new.img") > 20, "too few changes")
    expect(every_cut("cut-remove", lambda s: fill(s, "6.1", "6.2"), "remove", "6.1") > 3, "too few changes")
    expect(every_cut("cut-adopt", lambda s: (fill(s, "6.1", "6.2", "6.3"), s.conf("berth.conf", "keep=2\nprepare=lz4\n")),
                     "adopt", "6.3", "{boot}/vmlinuz") > 8, "too few changes")


def an_image_is_the_old_or_the_new_one():
    """Killed at each command of mtools, the image is the old one to the byte; the next run does all of it"""
    system = System("killed", True)
    fill(system, "6.1", "6.2")
    system.conf("berth.conf", "keep=2\n")
    before = read(system.image)
    for words in (("add", "6.3", system.boot("other"), system.boot("initrd.img")), ("remove", "6.3")):
        for stop in range(1, 100):
            ran = system.run(*words, env=killed_at(stop))
            if ran.status != -signal.SIGKILL:
                ran.expect(0)
                break
            expect(read(system.image) == before, f"stopped at {stop}: the image changed")
        expect(stop > 5 and not os.path.exists(system.image + ".berth-new"), f"ended after {stop} commands")
        before = read(system.image)
    expect(system.versions() == ["6.2"], f"{system.versions()}")


# ---- prepared kernels ----

def a_prepared_kernel_is_named_instead():
    """prepare: the entry names it, the original stays beside it; a kernel that cannot be prepared boots as it is"""
    for image in (False, True):
        system = System("prepared", image, **{"berth.conf": "prepare=vmlinux\n"})
        system.add("6.1").expect(0, "linux.berth: the kernel, prepared")
        files = system.files()
        expect(says(files, f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1", linux="linux.berth"), f"{files.keys()}")
        expect(files[f"{TOKEN}/6.1/linux"] == KERNEL and files[f"{TOKEN}/6.1/linux.berth"][:4] == b"\x7fELF", "the kernels")
        expect("wrote" not in system.add("6.1").expect(0).out, "it was written again")
        system.add("6.1", "--prepare", "no").expect(0, "linux.berth: no longer needed")
        files = system.files()
        expect(f"{TOKEN}/6.1/linux.berth" not in files and says(files, f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1"), f"{files}")
    system = System("not-prepared", **{"berth.conf": "prepare=lz4\n"})
    write(system.boot("vmlinuz"), b"no kernel" * 999)
    system.add("6.1").expect(0, "the entry names the kernel as it is")
    expect(says(system.files(), f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1"), "the entry")


def a_prepared_kernel_that_does_not_fit_is_left_out():
    """Where only the original fits the entry names that, and a note has the number of bytes"""
    system = System("no-room", True, **{"berth.conf": "prepare=vmlinux\n"})
    kernel = bytearray(vmlinux())
    struct.pack_into("<QQ", kernel, 64 + 56 + 32, 0x900 + (1 << 20), 0x3000 + (1 << 20))  # nearly all of it zeros
    write(system.boot("vmlinuz"), bzimage(bytes(kernel) + bytes(1 << 20)))
    room(system.image, 700_000)
    system.add("6.1").expect(0, "bytes more", "and not as it was prepared")
    expect(says(system.files(), f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1"), "the entry")


def berth_sums(system, *words):
    Ran("sums", "--esp", system.path, "--arch", "x64", "-o", f"{system.path}/loader/berth.sums", *words).expect(0)


def under_secure_boot_the_signed_kernel_stays():
    """Secure Boot: the prepared kernel is taken only where berth.sums has it as this entry's kernel"""
    system = System("secure", **{"berth.conf": "prepare=lz4\n"})
    variables = tree("secure-vars", {f"SecureBoot-{GLOBAL}": b"\7\0\0\0\1", f"SetupMode-{GLOBAL}": b"\7\0\0\0\0"})
    secure = ("--variables", variables)
    system.add("6.1", *secure).expect(0, "the entry names the signed kernel, not the prepared one")
    expect(says(system.files(), f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1"), "the entry")
    berth_sums(system, "--version", "1")  # of the signed one
    system.add("6.1", *secure).expect(0, "signed kernel")
    # As somebody signs it elsewhere, where the entry names the prepared one.
    elsewhere = System("secure-elsewhere", **{"berth.conf": "prepare=lz4\n"})
    elsewhere.add("6.1").expect(0)
    berth_sums(elsewhere, "--version", "2")
    shutil.copy(f"{elsewhere.path}/loader/berth.sums", f"{system.path}/loader/berth.sums")
    system.add("6.1", *secure).expect(0, "linux.berth: the kernel, prepared")
    expect(says(system.files(), f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1", linux="linux.berth"), "the entry")
    system.add("6.1", *secure, kernel="other").expect(0, "signed kernel")
    expect(f"{TOKEN}/6.1/linux.berth" not in system.files(), "a prepared kernel that nobody has signed stays")


def adopt_completes_what_kernel_install_wrote():
    """adopt keeps the entry's file, counters and words, but for the kernel; without prepare nothing changes"""
    text = f"# by another\ntitle  X\nlinux\t/{TOKEN}/6.1/linux\n# linux /x\noptions  a b\ninitrd /{TOKEN}/6.1/i\n"
    system = System("adopted", files={f"loader/entries/{TOKEN}-6.1+3.conf": text, f"{TOKEN}/6.1/linux": KERNEL, f"{TOKEN}/6.1/i": INITRD})
    before = system.files()
    system.run("adopt", "6.1", system.boot("vmlinuz")).expect(0, "the loader takes it")
    expect(system.files() == before, "it changed")
    system.run("adopt", "6.1", system.boot("vmlinuz"), "--prepare", "lz4").expect(0, "its entry, with the prepared kernel")
    expect(system.files()[f"loader/entries/{TOKEN}-6.1+3.conf"].decode() == text.replace("6.1/linux\n", "6.1/linux.berth\n"),
           system.files()[f"loader/entries/{TOKEN}-6.1+3.conf"])
    expect("wrote" not in system.run("adopt", "6.1", system.boot("vmlinuz"), "--prepare", "lz4").expect(0).out, "it was written again")
    # No longer prepared: no entry names what goes, also where kernel-install has written one beside one without its tries.
    write(f"{system.path}/loader/entries/{TOKEN}-6.1.conf", text.replace("6.1/linux\n", "6.1/linux.berth\n"))
    system.run("adopt", "6.1", system.boot("vmlinuz")).expect(0, "its entry, with the kernel as it is", "linux.berth: no longer needed")
    files = system.files()
    expect(f"{TOKEN}/6.1/linux.berth" not in files and {name: data for name, data in files.items() if name != f"loader/entries/{TOKEN}-6.1.conf"}
           == before and files[f"loader/entries/{TOKEN}-6.1.conf"].decode() == text, f"{files}")
    broken = System("adopt-broken", files={f"loader/entries/{TOKEN}-6.1.conf": text + "\0", f"{TOKEN}/6.1/linux": KERNEL, f"{TOKEN}/6.1/i": INITRD})
    before = broken.files()
    broken.run("adopt", "6.1", broken.boot("vmlinuz"), "--prepare", "lz4")
    expect(broken.files()[f"loader/entries/{TOKEN}-6.1.conf"] == before[f"loader/entries/{TOKEN}-6.1.conf"], "it was cut")


def where_the_kernels_go():
    """XBOOTLDR where there is one; --boot-path alone, as kernel-install knows it, is enough"""
    system = System("two")
    boot = tree("two-boot")
    Ran("kernel", "add", "6.1", system.boot("vmlinuz"), "--root", system.root, "--esp-path", system.path, "--boot-path", boot).expect(
        0, "the loader takes it")
    expect(system.files() == {} and f"{TOKEN}/6.1/linux" in listed(boot), f"{listed(boot).keys()}")
    Ran("kernel", "remove", "6.1", "--root", system.root, "--boot-path", boot).expect(0, "removed")
    expect(f"{TOKEN}/6.1" not in listed(boot), f"{listed(boot).keys()}")


# ---- hooks ----

def hook(system, folder, version, file, is_systemd=False, params=None):
    """Runs Debian's hook as a package does, on another root; and what bootctl says is the test's."""
    bin_folder = tree("hook-bin", {"bootctl": f"#!/bin/sh\nexit {0 if is_systemd else 1}\n"})
    os.chmod(f"{bin_folder}/bootctl", 0o755)
    os.symlink(BERTH, f"{bin_folder}/berth")
    path = place(f"hooks/{folder}/zz-berth")
    write(path, read(ROOT, "tools/hooks/zz-berth"))
    os.chmod(path, 0o755)
    env = {**os.environ, "PATH": bin_folder + os.pathsep + os.environ["PATH"], "DPKG_ROOT": system.root, "SYSTEMD_ESP_PATH": "/efi"}
    env.pop("DEB_MAINT_PARAMS", None)
    done = subprocess.run([path, version, file], env={**env, **({"DEB_MAINT_PARAMS": params} if params is not None else {})},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(done.returncode == 0, f"status {done.returncode}: {done.stdout}")
    return done.stdout


class Debian(System):
    """A root whose partition is mounted in it, with Berth."""

    def __init__(self, name):
        super().__init__(name)
        self.path = f"{self.root}/efi"
        write(f"{self.path}/EFI/berth/berthx64.efi", NEW)
        for file, data in (("vmlinuz-6.1", KERNEL), ("initrd.img-6.1", INITRD)):
            write(self.boot(file), data)


def debians_hooks():
    """postinst.d adds, post-update.d refreshes, postrm.d removes; an upgrade, a machine without Berth, and systemd-boot's hook do nothing"""
    system = Debian("hooks-root")
    bare = system.files()
    image, initrd = system.boot("vmlinuz-6.1"), system.boot("initrd.img-6.1")
    hook(system, "post-update.d", "6.1", initrd)
    expect(system.files() == bare, "a new kernel's initrd was added before the kernel")
    hook(system, "postinst.d", "6.1", image, params="'abort-upgrade' '6.0'")
    expect(system.files() == bare, "abort-upgrade adds")
    hook(system, "postinst.d", "6.1", image, params="configure 6.0")
    added = system.files()
    expect(says(added, f"loader/entries/{TOKEN}-6.1.conf") == entry_of("6.1", initrds=("initrd.img-6.1",)), f"{added.keys()}")
    write(initrd, INITRD + b"new")
    hook(system, "post-update.d", "6.1", initrd, params="configure 6.0")
    expect(system.files()[f"{TOKEN}/6.1/initrd.img-6.1"] == INITRD + b"new", "the initrd is the old one")
    hook(system, "postrm.d", "6.1", image, params="upgrade 6.2")
    expect(f"{TOKEN}/6.1/linux" in system.files(), "an upgrade removes")
    # systemd-boot's own hook does it, if it does anything.
    for folder in ("etc/kernel", "usr/share/kernel"):
        write(f"{system.root}/{folder}/postinst.d/zz-systemd-boot", "#!/bin/sh\n")
        os.chmod(f"{system.root}/{folder}/postinst.d/zz-systemd-boot", 0o755)
        hook(system, "postrm.d", "6.1", image, is_systemd=True, params="remove")
        expect(f"{TOKEN}/6.1/linux" in system.files(), "all of it twice")
        os.unlink(f"{system.root}/{folder}/postinst.d/zz-systemd-boot")
    hook(system, "postrm.d", "6.1", image, is_systemd=True, params="remove")
    expect(f"{TOKEN}/6.1" not in system.files() and f"loader/entries/{TOKEN}-6.1.conf" not in system.files(), f"{system.files().keys()}")
    # What cannot be removed does not keep the package.
    system.conf("entry-token", "a/b\n")
    said = hook(system, "postrm.d", "6.1", image, params="remove")
    expect("not a name" in said and "berth: kernel 6.1 stays on its partition" in said, said)
    system.conf("entry-token", TOKEN)
    os.unlink(f"{system.path}/EFI/berth/berthx64.efi")
    said = hook(system, "postinst.d", "6.1", image)
    expect(f"{TOKEN}/6.1" not in system.files() and said == "", f"where Berth is not installed: {said}")
    # Where the partition is not mounted a kernel comes and goes all the same, but not in silence.
    shutil.rmtree(system.path)
    for place, file, params in (("postinst.d", image, "configure"), ("post-update.d", initrd, ""), ("postrm.d", image, "remove")):
        # A backslash is one, whatever sh makes of it in echo.
        said = hook(system, place, "6.1\\n", file, params=params)
        expect(said.startswith("berth: nothing is done for kernel 6.1\\n: ") and said.count("\n") == 1, f"{place}: {said!r}")


def kernel_installs_plugin():
    """kernel-install itself, layout bls: its plugins write, ours adds the prepared kernel; remove leaves nothing; another layout is left alone"""
    if shutil.which("kernel-install") is None:
        return
    system = System("plugin", **{"berth.conf": "prepare=lz4\n", "install.conf": "layout=bls\n", "tries": "3\n"})
    bin_folder = tree("plugin-bin")
    os.symlink(BERTH, f"{bin_folder}/berth")
    env = {**os.environ, "PATH": bin_folder + os.pathsep + os.environ["PATH"], "KERNEL_INSTALL_CONF_ROOT": f"{system.root}/etc/kernel",
           "MACHINE_ID": TOKEN, "BOOT_ROOT": system.path, "KERNEL_INSTALL_PLUGINS":
           f"/usr/lib/kernel/install.d/90-loaderentry.install {ROOT}/tools/hooks/95-berth.install"}

    def kernel_install(*words):
        done = subprocess.run(["kernel-install", *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        expect(done.returncode == 0, f"status {done.returncode}: {done.stdout}")
        return done.stdout

    kernel_install("add", "6.1", system.boot("vmlinuz"), system.boot("initrd.img"))
    files = system.files()
    expect(system.entries() == [f"{TOKEN}-6.1+3.conf"], f"{system.entries()}")
    expect(f"{TOKEN}/6.1/linux.berth\n" in says(files, f"loader/entries/{TOKEN}-6.1+3.conf"), says(files, f"loader/entries/{TOKEN}-6.1+3.conf"))
    expect(f"{TOKEN}/6.1/initrd.img" in files and f"{TOKEN}/6.1/linux.berth" in files, f"{files.keys()}")
    write(system.boot("broken"), b"no kernel" * 99)
    kernel_install("add", "6.2", system.boot("broken"), system.boot("initrd.img"))
    expect(f"{TOKEN}-6.2+3.conf" in system.entries(), "what cannot be prepared ends an upgrade")
    kernel_install("remove", "6.1")
    expect(f"{TOKEN}/6.1" not in system.files() and system.entries() == [f"{TOKEN}-6.2+3.conf"], f"{system.files().keys()}")
    system.conf("berth.conf", "keep=1\n")
    said = kernel_install("add", "6.4", system.boot("vmlinuz"))
    expect("berth.conf:1: keep takes" in said and "stays as kernel-install has written it" in said, said)
    expect(f"{TOKEN}-6.4+3.conf" in system.entries(), "a wrong berth.conf ends an upgrade")
    system.conf("install.conf", "layout=other\n")
    said = kernel_install("add", "6.3", system.boot("vmlinuz"))
    expect(f"{TOKEN}/6.3" not in system.files() and "berth" not in said, f"another layout: {said}")


def help_names_what_there_is():
    """--help: each option is in the manual"""
    text = Ran("kernel", "--help").expect(0, "usage: berth kernel add VERSION KERNEL", "examples:").out
    manual = read(ROOT, "docs/berth-kernel.8").decode().replace("Fl -", "--") + read(ROOT, "docs/berth-install.8").decode().replace("Fl -", "--")
    for option in set(re.findall(r"--[a-z][a-z-]*", text)):
        expect(option in manual, f"{option} is not in the manual")


if __name__ == "__main__":
    with FOLDER:
        run_tests([a_kernel_gets_files_and_an_entry, an_undo_line_undoes, an_undo_line_runs_nothing_else, what_is_the_same_is_not_written, refresh_adds_nothing_new,
                   dry_run_and_json, two_runs_wait_for_each_other, what_will_not_boot_is_a_warning,
                   the_entry_is_planned_on_the_machines_memory, names_come_from_the_system, quotes_at_both_ends_are_the_kernels, loaders_folders_are_no_kernels, a_kernel_goes_whatever_is_wrong_elsewhere, this_machines_command_line,
                   what_is_wrong_in_the_systems_files_is_named, old_kernels_go_by_number, a_kernel_that_failed_goes_first,
                   a_full_partition_keeps_what_it_has, a_disk_that_refuses_leaves_what_was_there, names_lead_nowhere_else,
                   a_new_kernel_stays_when_an_old_one_does_not_go, folders_of_others_stay, each_cut_leaves_what_boots,
                   an_image_is_the_old_or_the_new_one, a_prepared_kernel_is_named_instead,
                   a_prepared_kernel_that_does_not_fit_is_left_out, under_secure_boot_the_signed_kernel_stays,
                   adopt_completes_what_kernel_install_wrote, where_the_kernels_go, debians_hooks, kernel_installs_plugin, help_names_what_there_is])
