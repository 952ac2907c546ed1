# SPDX-License-Identifier: BSD-2-Clause
"""The same volumes read by Berth and by systemd-boot, in one start of the firmware: what is listed, in which order, under
which titles, what boots by itself, and how it is counted.

tests/trees starts both on each volume. DIFFERENT has what they do not agree about, and why.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import uuid

import lab
from boots import boots
from chain import unified_image
from hive import bcd_of
from lab import Machine, expect

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "probe"))
import make_probe  # noqa: E402

FLAT = os.path.join(lab.ROOT, "build/x86_64/probe/x86_64.bin")
MACHINE, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
WINDOWS, BCD = "EFI/Microsoft/Boot/bootmgfw.efi", "EFI/Microsoft/Boot/BCD"
TREES = {}


class Tree:
    """What is on a volume, and which variables are there when a loader starts on it."""

    def __init__(self, name, *conf, **variables):
        self.name, self.conf, self.variables = name, conf, variables
        self.files, self.images, self.suite = {}, {}, "trixie"
        TREES[name] = self

    def entry(self, file_name, *lines, linux="/vmlinuz"):
        """@linux: None for an entry that says itself what it starts."""
        self.files[f"loader/entries/{file_name}"] = "".join(
            line + "\n" for line in (*lines, *([f"linux {linux}"] if linux else [])))
        return self

    def entries(self, *file_names):
        for name in file_names:
            self.entry(name, f"title The {name}")
        return self

    def image(self, file_name, osrel, *profiles):
        self.images[file_name if "/" in file_name else f"EFI/Linux/{file_name}"] = (osrel, profiles)
        return self

    def put(self, name, text):
        self.files[name] = text
        return self


# ---- as distributions write them ----

def distributions():
    fedora = Tree("fedora", "timeout 0", "default 0123*")
    for version in ("6.16.4-200.fc42.x86_64", "6.16.10-200.fc42.x86_64", "0-rescue"):
        fedora.entry(f"{MACHINE}-{version}.conf", f"title Fedora Linux ({version}) 42 (Forty Two)", f"version {version}",
                     "initrd /initrd $tuned_initrd", "options root=UUID=1 ro rhgb quiet $tuned_params",
                     "grub_users $grub_users", "grub_arg --unrestricted", "grub_class fedora")
    Tree("arch", "default arch.conf", "timeout 0").entry("arch.conf", "title Arch Linux", "initrd /initrd").entry(
        "arch-fallback.conf", "title Arch Linux (fallback)", "initrd /initrd").entry(
        "arch-lts.conf", "title Arch Linux LTS", "initrd /initrd")
    opensuse = Tree("opensuse", "default opensuse-tumbleweed-6.16.*")
    for number, version in ((1, "6.15.8-1-default"), (2, "6.16.3-1-default"), (12, "6.16.0-1-default")):
        opensuse.entry(f"opensuse-tumbleweed-{version}-{number}.conf", "title openSUSE Tumbleweed", f"version {number}@{version}",
                       "sort-key opensuse-tumbleweed", "machine-id " + MACHINE)
    nixos = Tree("nixos", "timeout 0", "default nixos-generation-*")
    for n in (8, 9, 10, 100):
        nixos.entry(f"nixos-generation-{n}.conf", "title NixOS", "sort-key nixos", f"version Generation {n} NixOS 25.05",
                    "machine-id " + MACHINE)
    kernel_install = Tree("debian", "default " + MACHINE + "-*")
    for version in ("6.1.0-9-amd64", "6.1.0-38-amd64", "6.12.43+deb13-amd64", "6.12~rc4-amd64"):
        kernel_install.entry(f"{MACHINE}-{version}.conf", "title Debian GNU/Linux 13 (trixie)", f"version {version}",
                             "machine-id " + MACHINE, "sort-key debian", "options root=/dev/vda1",
                             f"initrd /{MACHINE}/{version}/initrd", linux=f"/{MACHINE}/{version}/linux")
        kernel_install.put(f"{MACHINE}/{version}/initrd", "").put(f"{MACHINE}/{version}/linux", None)
    tries = Tree("kernel-install with tries")
    for name in (f"{MACHINE}-6.1.conf", f"{MACHINE}-6.2+3.conf", f"{MACHINE}-6.3+0-3.conf"):
        tries.entry(name, "title Debian", "version " + name[33:36], "machine-id " + MACHINE, "sort-key debian")
    Tree("two systems").entry(f"{MACHINE}-6.1.conf", "title Debian", "version 6.1", "sort-key debian", "machine-id " + MACHINE).entry(
        f"{OTHER}-6.1.conf", "title Debian", "version 6.1", "sort-key debian", "machine-id " + OTHER).entry(
        f"{OTHER}-6.2.conf", "title Fedora", "version 6.2", "sort-key fedora", "machine-id " + OTHER)


OSREL = 'PRETTY_NAME="{0}"\nNAME={0}\nID={1}\nVERSION_ID={2}\n'


def images():
    Tree("images").image("debian-6.1.efi", OSREL.format("Debian 12", "debian", 12)).image(
        "debian-6.12.efi", OSREL.format("Debian 13", "debian", 13)).image(
        "arch.efi", 'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n')
    Tree("images beside entries").image("debian.efi", OSREL.format("Debian 12", "debian", 12)).entry(
        "debian-old.conf", "title Debian 11", "sort-key debian", "version 11").entry("plain.conf", "title Plain")
    Tree("images that are counted").image("debian+3.efi", OSREL.format("Debian 12", "debian", 12)).image(
        "older+0-2.efi", OSREL.format("Debian 13", "debian", 13))
    Tree("profiles").image("system.efi", OSREL.format("System 7", "system", 7), "ID=main\nTITLE=Main\n",
                           "ID=rescue\nTITLE=Rescue\n", "ID=reset\n", "\n")
    Tree("an image's versions").image("a.efi", "ID=x\nIMAGE_ID=img\nIMAGE_VERSION=3\nPRETTY_NAME=X\n").image(
        "b.efi", "ID=x\nIMAGE_ID=img\nIMAGE_VERSION=12\nPRETTY_NAME=X\n").image(
        "c.efi", "ID=x\nIMAGE_ID=img\nIMAGE_VERSION=12~rc1\nPRETTY_NAME=X\n")
    Tree("images that are named like none").image("auto-a.efi", OSREL.format("A", "a", 1)).image(
        ".b.efi", OSREL.format("B", "b", 1)).image("C.EFI", OSREL.format("C", "c", 1)).image(
        "nameless.efi", "VERSION_ID=3\n").entries("z.conf")
    Tree("uki").image("images/a.efi", OSREL.format("A", "a", 1)).entry("a.conf", "title By uki", "uki /images/a.efi", linux=None).entry(
        "b.conf", "title By efi", "efi /images/a.efi", "options x", linux=None)


def passed():
    """What is passed to the program that an entry starts, to the letter."""
    lines = {"nothing": (), "an empty line": ("options",), "blanks": ("options  a   b \t c  ",), "two lines": ("options a", "options b=2"),
             "quotes": ('options "a b"', "options x=\"y z\""), "other letters": ("options gr\u00fc\u00dfe=\u201cja\u201d",),
             "words of GRUB": ("options quiet $tuned_params",), "a word alone": ("options $x",), "a comment": ("options a # b",)}
    for name, more in lines.items():
        Tree(f"passed to a program, {name}").image("images/a.efi", OSREL.format("A", "a", 1)).entry(
            "a.conf", "title A", "efi /images/a.efi", *more, linux=None)
        Tree(f"passed to an image, {name}").image("images/a.efi", OSREL.format("A", "a", 1)).entry(
            "a.conf", "title A", "uki /images/a.efi", *more, linux=None)
    for number, more in ((0, ()), (1, ()), (1, ("options x",)), (7, ())):
        Tree(f"passed with profile {number}{' and options' * len(more)}", "default a.conf").image(
            "images/a.efi", OSREL.format("A", "a", 1), "ID=main\n", "ID=rescue\n").entry(
            "a.conf", "title A", "uki /images/a.efi", f"profile {number}", *more, linux=None)
    Tree("another profile alone").image("images/a.efi", OSREL.format("A", "a", 1), "ID=main\n", "ID=rescue\n").entry(
        "a.conf", "title A", "uki /images/a.efi", "profile 1", linux=None)
    Tree("passed to an image of its own").image("a.efi", OSREL.format("A", "a", 1), "ID=main\n", "ID=rescue\n")
    Tree("passed to its second profile", LoaderEntryOneShot="a.efi@rescue").image(
        "a.efi", OSREL.format("A", "a", 1), "ID=main\n", "ID=rescue\n")


def extras():
    """Files beside an image: the archives are the same to the byte, whatever the order of the lines."""
    files = {"b.sysext.raw": "b" * 5000, "a.sysext.raw": "a", "own.cred": "secret", "Second.CRED": "", "z.confext.raw": "zz" * 77,
             "other.sysext.raw": "c" * 4096, "readme.txt": "nothing"}
    orders = {"as they come": list(files), "sorted": sorted(files), "backwards": list(reversed(files)),
              "one alone": ["own.cred"], "none that counts": ["readme.txt"], "twice": ["own.cred", "a.sysext.raw", "own.cred"]}
    for name, order in orders.items():
        tree = Tree(f"files beside an image, {name}").image("images/a.efi", OSREL.format("A", "a", 1)).entry(
            "a.conf", "title With files", "uki /images/a.efi", *(f"extra /beside/{file}" for file in order), linux=None)
        tree.suite = "sid"  # Berth starts no older stub with files beside it, which would fail
        for file in order:
            tree.put(f"beside/{file}", files[file])


def order():
    versions = Tree("versions")
    for name in ("a-1.conf", "a-1~rc1.conf", "a-1^post1.conf", "a-1.1.conf", "a-10.conf", "a-9.conf", "a-01.conf", "a-1-1.conf", "a-1a.conf"):
        versions.entries(name)
    keys = Tree("sort-keys")
    for name, key, version in (("a", "z", "1"), ("b", "a", "1"), ("c", "a", "2"), ("d", None, "9"), ("e", "a", "2~rc1"), ("f", "B", "1"),
                               ("g", "a", "2^1"), ("h", "a", None), ("i", None, None)):
        keys.entry(f"{name}.conf", f"title {name} of {key} {version}", *([f"sort-key {key}"] if key else []),
                   *([f"version {version}"] if version else []))
    Tree("titles that clash").entry("a.conf", "title Linux", "version 1").entry("b.conf", "title Linux", "version 2").entry(
        "c.conf", "title Other")
    Tree("titles that clash by machine").entry("a.conf", "title Linux", "version 1", "machine-id " + MACHINE).entry(
        "b.conf", "title Linux", "version 1", "machine-id " + OTHER)
    Tree("titles that clash wholly").entry("a.conf", "title Linux", "version 1", "machine-id " + MACHINE).entry(
        "b.conf", "title Linux", "version 1", "machine-id " + MACHINE).entry("c.conf", "title Linux")
    Tree("without a title").entry("a.conf", "version 3").entry("B.conf")
    Tree("counters").entries("a+3.conf", "b+3-2.conf", "c+0.conf", "d+0-5.conf", "e.conf", "f+.conf", "g+x.conf", "h+3-.conf")
    Tree("counters alone").entries("a+0-3.conf", "b+0.conf")
    Tree("counters of two digits", "default a.conf").entries("a+10-09.conf")
    Tree("a counter that is full", "default a.conf").entries("a+1-9.conf")
    Tree("the same id with other tries").entry("a+3.conf", "title The same").entry("a+2-1.conf", "title The same")


def hidden():
    Tree("other CPUs").entry("a.conf", "title Arm", "architecture aa64").entry("b.conf", "title X", "architecture X64").entry(
        "c.conf", "title IA", "architecture ia32").entry("d.conf", "title Any")
    Tree("hidden files").entries("auto-x.conf", ".b.conf", "c.CONF", "d.txt", "Upper.conf", "AUTO-y.conf")
    Tree("lines that say little").entry("a.conf", "title\tTabs \t ", "sort-key  x", "# a comment", "", "   # another", "nonsense",
                                        "  version 5  ").entry("b.conf", "title First", "title Second", "title").entry(
        "c.conf", "TITLE Upper", "title Quoted \"x\"")
    Tree("a program that is not there").entry("a.conf", "title Gone", "efi /nowhere.efi", linux=None).entry("b.conf", "title There")
    Tree("two kinds").entry("a.conf", "title Two", "efi /vmlinuz").entry("b.conf", "title One")
    Tree("nothing to start").entry("a.conf", "title Nothing", linux=None).entry("b.conf", "title One")
    Tree("a kernel that is not there").entry("a+3.conf", "title Gone", "sort-key a", linux="/gone").entry("b.conf", "title There")
    Tree("a folder of another kind").entries("a.conf").put("loader/entries.srel", "type9\n")
    Tree("without firmware", "auto-firmware no").entries("a.conf")
    Tree("power", "auto-poweroff yes", "auto-reboot true").entries("a.conf")
    others = Tree("programs of others").entries("a.conf").put("shellx64.efi", None)
    others.put(WINDOWS, None).put(BCD, bcd_of("Windows 11 Pro"))
    Tree("several systems of Windows").entries("a.conf").put(WINDOWS, None).put(BCD, bcd_of("Windows 11", "Windows 10"))
    Tree("Windows without its data").entries("a.conf").put(WINDOWS, None).put(BCD, bcd_of("Windows 11")[:-4096])
    Tree("none of others", "auto-entries 0").entries("a.conf").put("shellx64.efi", None)


def defaults():
    abc = ("a.conf", "b.conf", "c.conf")
    Tree("default with a glob", "default b*").entries(*abc)
    Tree("default with a class", "default [bc].conf").entries(*abc)
    Tree("default in capitals", "default B.CONF").entries(*abc)
    Tree("default without suffix", "default b").entries(*abc)
    Tree("default of nothing", "default x*").entries(*abc)
    Tree("default of several", "default ?.conf").entries(*abc)
    Tree("default that is bad", "default a*").entries("a+0-3.conf", "b.conf")
    Tree("preferred that is bad", "preferred a*", "default b*").entries("a+0-3.conf", "b.conf", "c.conf")
    Tree("preferred", "preferred b.conf", "default a.conf").entries(*abc)
    Tree("variable default", "default a.conf", LoaderEntryDefault="b.conf").entries(*abc)
    Tree("variable default in capitals", LoaderEntryDefault="B.Conf").entries(*abc)
    Tree("variable default of nothing", "default a.conf", LoaderEntryDefault="x.conf").entries(*abc)
    Tree("variable preferred", LoaderEntryPreferred="a.conf", LoaderEntryDefault="b.conf").entries(*abc)
    Tree("one-shot", LoaderEntryOneShot="a.conf", LoaderEntryDefault="b.conf").entries(*abc)
    Tree("one-shot with a glob", LoaderEntryOneShot="b*").entries(*abc)
    Tree("one-shot of nothing", "default b.conf", LoaderEntryOneShot="x").entries(*abc)
    Tree("one-shot without tries", LoaderEntryOneShot="a.conf").entries("a+0-3.conf", "b.conf")
    Tree("saved", "default @saved", LoaderEntryLastBooted="b.conf").entries(*abc)
    Tree("saved of nothing", "default @saved").entries(*abc)
    Tree("saved by variable", LoaderEntryDefault="@saved", LoaderEntryLastBooted="a.conf").entries(*abc)
    Tree("saved and once", "default @saved", LoaderEntryLastBooted="b.conf", LoaderEntryOneShot="a.conf").entries(*abc)
    Tree("saved by nobody", LoaderEntryLastBooted="b.conf").entries(*abc)


WORDS = ("linux", "debian", "a", "b", "z9", "Arch", "6.1", "6.12", "6.1.0-38", "1~rc2", "2^git1", "10", "9", "007")


def generated(n):
    """Files of any names and keys, the same in every run."""
    draw = random.Random(262)
    for number in range(n):
        wanted = draw.choice(("*", "?[a-m]*", "*6.1*", "@saved", draw.choice(WORDS) + "*"))
        tree = Tree(f"generated {number}", *([f"default {wanted}"] if draw.random() < 0.6 else []))
        for _ in range(draw.randint(2, 6)):
            name = "-".join(draw.choice(WORDS) for _ in range(draw.randint(1, 2))).lower()
            if any(re.split(r"[+/]", file)[-1 if "+" not in file else -2].removesuffix(".conf") == name for file in tree.files):
                continue  # one id, one file
            counters = draw.choice(("", "", "", "+3", "+1-2", "+0-1"))
            lines = [f"{key} {draw.choice(values)}" for key, values in (
                ("title", ("Linux", "Debian", "Other")), ("version", WORDS), ("sort-key", ("debian", "arch", "Arch", "z")),
                ("machine-id", (MACHINE, OTHER))) if draw.random() < 0.7]
            tree.entry(f"{name}{counters}.conf", *lines)


# ---- both loaders on all of them ----

PARTS = 60  # trees on a disk, each twice: a GPT has room for 128 partitions


def write(path, tree, kernel):
    """The files of a tree."""
    shutil.rmtree(path, ignore_errors=True)
    stub = os.path.join(lab.script("fetch", "stub"), "linuxx64.efi.stub")
    files = {"vmlinuz": None, "initrd": "", "loader/loader.conf": "".join(line + "\n" for line in tree.conf),
             "tree.txt": str(list(TREES).index(tree.name)),
             "variables.txt": "".join(f"{name} {value}\n" for name, value in tree.variables.items()), **tree.files}
    files |= {name: unified(*image, tree.suite) for name, image in tree.images.items()}
    for name, data in files.items():
        name = os.path.join(path, name)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        if data is None:
            shutil.copyfile(stub if name.endswith(".efi") else kernel, name)
            continue
        with open(name, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)


def volume(esp, tree, kernel):
    """Its FAT image: small ones, without what scripts/disk does for large files."""
    path, image = os.path.join(esp.path, "tree"), os.path.join(esp.path, f"{list(TREES).index(tree.name)}.part")
    write(path, tree, kernel)
    mtools = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null", "LC_ALL": "C"}
    subprocess.run(["mformat", "-C", "-i", image, "-T", "8192", "::"], check=True, env=mtools)
    subprocess.run(["mcopy", "-s", "-Q", "-i", image, *(os.path.join(path, name) for name in sorted(os.listdir(path))), "::"],
                   check=True, env=mtools)
    return image


def unified(osrel, profiles, suite):
    sections = [(".osrel", osrel.encode()), (".cmdline", b"quiet"), (".linux", b"kernel")]
    return unified_image(sections + [(".profile", text.encode()) for text in profiles], suite)


class Told:
    """What a loader made of a tree: at a menu, and when it booted by itself."""

    def __init__(self, loader, menu, plain):
        rows = re.findall(r"^trees: row (.*)$", menu, re.M)
        self.titles = berth_titles(rows) if loader == "berth" else [row.strip(" ?") for row in rows]  # "?": its arrow
        self.entries = self.variable(menu, "LoaderEntries").split()
        self.selected = self.variable(plain, "LoaderEntrySelected")
        self.counted = self.variable(plain, "LoaderBootCountPath")
        self.last = self.variable(plain, "LoaderEntryLastBooted")
        self.once = self.variable(plain, "LoaderEntryOneShot")
        self.options = re.findall(r"^trees: options (.*)$", plain, re.M)
        self.initrd = re.findall(r"^trees: initrd (.*)$", plain, re.M)
        self.ends = re.findall(r"^trees: end (.*)$", menu + plain, re.M)

    @staticmethod
    def variable(text, name):
        found = re.findall(rf"^trees: variable {name} (.*)$", text, re.M)
        return found[0] if found else ""

    def not_as(self, other):
        return {name: (value, getattr(other, name)) for name, value in vars(self).items() if value != getattr(other, name)}


def berth_titles(rows):
    """Between the loader's name and the last three lines, behind two marks; the version stands in brackets elsewhere."""
    return [re.sub(r"  (\S+(?: \S+)*)(?=  |$)", r" (\1)", re.sub(r"  \((\S*)\)(?=  |$)", r"  \1", row[6:]))
            for row in rows[1:-2]]


def told(text):
    """{(tree, loader): Told}"""
    parts = re.split(r"^trees: start (\d+) (\w+) (menu|plain)$", text, flags=re.M)[1:]
    found = {}
    for number, loader, how, said in zip(*(parts[i::4] for i in range(4))):
        found.setdefault((list(TREES)[int(number)], loader), {})[how] = said
    return {key: Told(key[1], said["menu"], said["plain"]) for key, said in found.items()}


def run(esp, trees):
    esp.put("EFI/BOOT/BOOTX64.EFI", link=os.path.join(lab.ROOT, "build/x86_64/tests/trees.efi"))
    esp.put("berth.efi", link=os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    esp.put("systemd.efi", link=os.path.join(lab.script("fetch", "systemd-boot", "sid"), "loader.efi"))
    kernel = os.path.join(esp.path, "kernel")
    make_probe.make(FLAT, kernel, init_size=2 * lab.MIB)
    images = [volume(esp, tree, kernel) for tree in trees]
    first = esp.image() + ".part"
    os.rename(first.removesuffix(".part"), first)
    disk = os.path.join(esp.path, "trees.img")
    parts = [first, *(image for image in images for _ in ("berth", "systemd"))]
    lab.partitioned(disk, *((lab.TYPE_ESP, str(uuid.UUID(int=n + 2)), image) for n, image in enumerate(parts)))
    for image in (first, *images):
        os.unlink(image)
    with Machine(esp, memory="3G", timeout=600, image=disk) as machine:
        text = machine.finish()
    os.unlink(disk)
    expect("trees: done" in text, "not all trees were read; the console ended with:\n" + text[-1500:])
    return told(text)


distributions()
images()
passed()
extras()
order()
hidden()
defaults()
generated(120 - len(TREES))


WIDTH = "boot counters keep their width, as UAPI.1 has it: from +10 it counts to +09, and -9 stays, where systemd-boot writes plain numbers"
SHOWN = "an entry that starts nothing, or two things, stays in the menu, marked (broken), to say why"
GRUBS = "words that begin with $ at the end of options, which Fedora leaves for GRUB to expand, are not passed"
# What Berth does otherwise, and why, in the words in which docs/berth.7, "STANDARDS", tells users: {tree: (what of Told, why)}.
DIFFERENT = {
    "passed to a program, words of GRUB": ("options", GRUBS),
    "passed to an image, words of GRUB": ("options", GRUBS),
    "passed to a program, a word alone": ("options", GRUBS),
    "passed to an image, a word alone": ("options", GRUBS),
    "versions": ("entries titles", "of names that are one version, such as a-1 and a-01, the name decides, and not the order of the folder"),
    "counters of two digits": ("counted", WIDTH),
    "a counter that is full": ("counted", WIDTH),
    "two kinds": ("entries titles", SHOWN),
    "nothing to start": ("entries titles", SHOWN),
    "a kernel that is not there": (
        "entries titles", "an entry whose kernel is not there stays there as well: when it is chosen the next one boots after the message"),
    "default without suffix": ("selected", "a pattern in default or preferred may leave out the .conf, and have [!abc] in it"),
}
# And what no tree can show.
ELSEWHERE = (
    "where no menu is configured, a key counts that was pressed before or is held down, and no boot waits a tenth of a second for one",
    "macOS is offered on Apple's firmware alone: elsewhere no volume is opened to look for it",
)


@boots(sampled=True, large=True)
def trees_beside_systemd_boot(esp):
    """Berth and systemd-boot read the same volumes: lists, order, titles, the default, its counters and files beside an image agree"""
    everything, found = list(TREES.values()), {}
    for at in range(0, len(everything), PARTS):
        found.update(run(esp, everything[at:at + PARTS]))
    wrong = []
    for name in TREES:
        differs = found[name, "berth"].not_as(found[name, "systemd"])
        if set(differs) != set(DIFFERENT.get(name, ("",))[0].split()):
            wrong.append(f"{name}: " + "".join(f"\n  {what}: {ours}\n  systemd-boot: {theirs}"
                                              for what, (ours, theirs) in differs.items()))
    for tree, title in (("programs of others", "Windows 11 Pro"), ("several systems of Windows", "Windows Boot Manager")):
        expect(title in found[tree, "berth"].titles, f"{tree}: no {title} among {found[tree, 'berth'].titles}")
    expect(not wrong, "other trees differ than should:\n" + "\n".join(wrong))
