#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth check reads a tree of boot entries as the loader does: order, default, what is wrong with each and what is hidden.

The trees are written here; that order and choice are the loader's own is the unit tests' claim, of the same objects.
"""
import json
import os
import struct
import subprocess
import tempfile

from tap import BERTH, Ran, expect, run_tests
from test_inspect import arm64, bzimage, pe

FOLDER = tempfile.TemporaryDirectory()
GOOD = "title Debian\nversion 6.1\nsort-key debian\nlinux /vmlinuz\ninitrd /initrd.img\noptions quiet\n"


def tree(name, files):
    """A folder with these files; a kernel and an initrd are there in any case."""
    folder = os.path.join(FOLDER.name, name)
    for path, data in {"vmlinuz": bzimage(), "initrd.img": b"070701", **files}.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
    return folder


def uki(osrel, *profiles):
    sections = [(".osrel", osrel.encode(), 0x40000040), (".linux", b"kernel", 0x40000040)]
    for profile in profiles:
        sections.append((".profile", profile.encode(), 0x40000040))
    return pe(sections)


def check(folder, *words):
    """Of the entries alone; test_check_boots.py has what becomes of them on a machine's memory."""
    return Ran("check", "--esp", folder, "--arch", "x64", "--memmap", "none", *words)


def told(folder, *words, arch="x64"):
    ran = check(folder, "--json", *words, "--arch", arch)
    answer = json.loads(ran.out)
    expect(ran.status == (0 if answer["good"] else 1), f"status {ran.status} of {answer}")
    return answer


def of(answer, file):
    found = [entry for entry in answer["entries"] if entry["file"] == file]
    expect(len(found) == 1, f"{file} is there {len(found)} times: {answer}")
    return found[0]


def a_sound_tree_is_status_0():
    """Entries that are all well are shown in the menu's order, with a star before the default, and the status is 0"""
    folder = tree("sound", {"loader/entries/old.conf": GOOD.replace("6.1", "5.10"), "loader/entries/new+3.conf": GOOD,
                            "EFI/Linux/image.efi": uki('PRETTY_NAME="System"\nID=system\n'),
                            "loader/loader.conf": "default old\n"})
    lines = check(folder).expect(0).out.splitlines()
    expect([line.split()[:2] for line in lines[:3]] == [["new.conf", "Debian"], ["*", "old.conf"], ["image.efi", "System"]],
           "\n".join(lines))
    expect(lines[-1] == "old.conf boots when nobody chooses another", lines[-1])
    answer = told(folder)
    expect(answer["good"] and answer["default"] == "old.conf" and answer["said"] == [], answer)


def what_is_missing_is_named():
    """A kernel, an initrd or a program that is not there is named, and the entry without its kernel is not the default"""
    folder = tree("missing", {"loader/entries/a.conf": "title A\nsort-key 1\nlinux /none\ninitrd /nowhere.img\n",
                              "loader/entries/b.conf": GOOD, "loader/entries/c.conf": "efi /tools/shell.efi\n",
                              "loader/entries/d.conf": "uki /vmlinuz\nextra /initrd.img\nextra /none.cred\n"})
    answer = told(folder)
    expect(of(answer, "a.conf")["said"] == [r"initrd: \nowhere.img: no such file", r"linux: \none: no such file"], answer)
    expect(answer["default"] == "b.conf" and not answer["good"], answer)
    expect(not of(answer, "c.conf")["shown"] and of(answer, "c.conf")["said"] == [r"efi: \tools\shell.efi: no such file"],
           answer)
    expect(of(answer, "d.conf")["said"][1:] == [r"extra: \none.cred: no such file"], answer)
    expect("/initrd.img" in of(answer, "d.conf")["said"][0] and "line 2" in of(answer, "d.conf")["said"][0], answer)
    check(folder).expect(1, "* b.conf", "not shown in the menu", r"initrd: \nowhere.img: no such file")


def a_path_that_no_volume_has_is_a_mistake():
    """A path that goes up, or names no file, is the entry's mistake whatever it starts: it is shown, and not the default"""
    for kind in ("linux", "efi", "uki"):
        for path, words in (("/../vmlinuz", 'goes up with ".."'), ("/", "names no file"), ("/a\x7fb", "has a control character")):
            answer = told(tree("path", {"loader/entries/a.conf": f"sort-key 1\n{kind} {path}\n", "loader/entries/b.conf": GOOD}))
            expect(of(answer, "a.conf")["shown"] and of(answer, "a.conf")["wrong"], answer)
            expect(words in of(answer, "a.conf")["said"][0] and answer["default"] == "b.conf", answer)


def an_image_from_the_network_is_not_looked_at():
    """What `uki-url` names is not fetched: a URL is shown, a name beside the loader's own is for a loader that has one"""
    answer = told(tree("url", {"loader/entries/a.conf": "uki-url http:a.efi\n", "loader/entries/b.conf": "uki-url :b.efi\n",
                               "loader/entries/c.conf": "uki-url /c.efi\n"}))
    expect(of(answer, "a.conf")["shown"] and not of(answer, "a.conf")["wrong"], answer)
    expect(not of(answer, "b.conf")["shown"] and not of(answer, "b.conf")["wrong"], answer)
    expect(of(answer, "c.conf")["wrong"] and "is no URL" in of(answer, "c.conf")["said"][0], answer)


def what_is_no_kernel_is_told():
    """A file that Berth knows no kernel in, one for another CPU, a bad line and a value that is not understood are told"""
    folder = tree("odd", {"loader/entries/a.conf": GOOD, "text": "hello\n", "loader/entries/text.conf": "linux /text\n",
                          "loader/entries/bad.conf": "linux /vmlinuz\nplacement 0x123\n",
                          "loader/entries/wish.conf": "linux /vmlinuz\nplacement hihg\n",
                          "loader/loader.conf": "timeout soon\ndefault nobody\n"})
    answer = told(folder)
    expect(of(answer, "text.conf")["reason"].startswith("\\text: not a kernel that Berth knows"), answer)
    expect(of(answer, "text.conf")["wrong"] and of(answer, "bad.conf")["wrong"] and of(answer, "wish.conf")["wrong"], answer)
    expect(not of(answer, "a.conf")["wrong"], answer)
    expect(any("loader.conf line 1: timeout" in line for line in answer["said"]), answer)
    expect(any('default "nobody" matches no entry' in line for line in answer["said"]), answer)


def what_is_for_others_is_not_wrong():
    """Entries for another CPU are hidden, and that is not wrong; a loader for that CPU shows them"""
    folder = tree("others", {"loader/entries/a.conf": GOOD, "loader/entries/arm.conf": "architecture aa64\nlinux /vmlinuz\n"})
    answer = told(folder)
    expect(answer["good"] and not of(answer, "arm.conf")["shown"], answer)
    check(folder, "--arch", "aa64").expect(1, "a kernel for x86-64, and this loader is one for arm64")


def names_are_found_in_any_case():
    """As on FAT, paths are found in upper or lower case, and entries of an XBOOTLDR partition name files on it"""
    folder = tree("case", {"loader/entries/a.conf": "linux \\VMLINUZ\n"})
    boot = tree("boot", {"loader/entries/b.conf": "title B\nlinux /kernels/own\n", "kernels/own": bzimage(),
                         "EFI/Linux/b.efi": uki("ID=b\n", "ID=main\n", "ID=rescue\nTITLE=Rescue\n")})
    answer = told(folder, "--xbootldr", boot)
    expect(answer["good"] and of(answer, "b.conf")["volume"] == "xbootldr", answer)
    expect([e["id"] for e in answer["entries"]] == ["b.efi", "b.efi@rescue", "b.conf", "a.conf"], answer)


def hostile_files_are_refused():
    """Images and entries that are cut off, too large or not text are told, never believed"""
    image = uki("ID=a\n")
    folder = tree("hostile", {"loader/entries/a.conf": GOOD, "loader/entries/large.conf": "#" * 65537,
                              "loader/entries/nul.conf": b"linux /vmlinuz\n\0", "loader/entries/esc.conf": "title \x1b[2J\nlinux /vmlinuz\n",
                              **{f"EFI/Linux/{n}.efi": image[:n] for n in range(0, len(image), 61)}})
    answer = told(folder)
    expect(of(answer, "large.conf")["wrong"] and of(answer, "nul.conf")["wrong"], answer)
    expect("\x1b" not in check(folder).out, "an escape sequence goes to the terminal")


def wrong_commands_are_status_2():
    """A folder that is not there, an option that there is not and a CPU that there is not are status 2"""
    Ran("check", "--esp", "/nowhere/at/all").expect(2, "not a folder")
    Ran("check", "--what").expect(2, "no option")
    Ran("check", "--esp", FOLDER.name, "--arch", "vax").expect(2, "--arch takes")
    Ran("check", "--esp").expect(2, "needs a value")
    check(tempfile.mkdtemp(dir=FOLDER.name)).expect(1, "no entry can boot")


def dtb(size=40, said=None):
    """The front of a device tree that says how long it is, and nothing more."""
    return struct.pack(">II", 0xd00dfeed, size if said is None else said) + bytes(size - 8)


def trees_are_looked_at_for_every_kind():
    """A device tree or overlay that is not there, or is none, is named for kernels and programs alike; x86 ignores it"""
    wants = "devicetree /{0}.dtb\ndevicetree-overlay /one.dtbo  /{0}.dtbo\n"
    files = {"one.dtb": dtb(), "one.dtbo": dtb(64), "EFI/tool.efi": pe([(".text", b"\xc3", 0x60000020)], 0xaa64),
             "vmlinuz": arm64()}
    for kind, program in (("linux", "/vmlinuz"), ("efi", "/EFI/tool.efi"), ("uki", "/EFI/tool.efi")):
        files[f"loader/entries/{kind}.conf"] = f"{kind} {program}\n" + wants.format("one")
        files[f"loader/entries/{kind}-none.conf"] = f"{kind} {program}\n" + wants.format("none")
    files["loader/entries/odd.conf"] = "efi /EFI/tool.efi\ndevicetree /vmlinuz\ndevicetree-overlay /cut.dtbo /large.dtbo\n"
    files["loader/entries/many.conf"] = "efi /EFI/tool.efi\ndevicetree-overlay" + " /one.dtbo" * 17 + "\n"
    folder = tree("trees", {**files, "cut.dtbo": dtb(64, 65), "large.dtbo": dtb(262145)})
    answer = told(folder, arch="aa64")
    for kind in ("linux", "efi", "uki"):
        expect(of(answer, f"{kind}.conf")["said"] == [], answer)
        expect(of(answer, f"{kind}-none.conf")["said"] == [r"devicetree: \none.dtb: no such file",
                                                          r"devicetree-overlay: \none.dtbo: no such file"], answer)
        expect(of(answer, f"{kind}-none.conf")["wrong"] and of(answer, f"{kind}-none.conf")["shown"], answer)
    said = of(answer, "odd.conf")["said"]
    expect(["not a device tree" in line for line in said] == [True, True, False] and "262145 bytes" in said[2], answer)
    expect("names more than 16 overlays" in of(answer, "many.conf")["said"][0], answer)
    expect(of(told(folder, arch="riscv64"), "efi-none.conf")["wrong"], "riscv64 reads no trees")
    entries = {f"loader/entries/{key}.conf": f"{key} {path}\n" + wants.format("none")
               for key, path in (("linux", "/vmlinuz"), ("efi", "/tool.efi"))}
    answer = told(tree("no-trees", {**entries, "tool.efi": pe([(".text", b"\xc3", 0x60000020)])}))
    expect(answer["good"] and all("devicetree ignored" in e["said"][0] for e in answer["entries"]), answer)


def what_only_the_machine_knows_is_not_wrong():
    """A default that the loader makes itself, or that is on another disk, is not judged: no star, and the status is 0"""
    def with_conf(conf, name="machine", entry=GOOD):
        return tree(name, {"loader/entries/a.conf": entry, "loader/loader.conf": conf})

    for value in ("auto-windows", "auto-win*", "AUTO-OSX", "auto-disk-1a2b3c4d-x.conf", "secure-boot-keys-*", "auto-reboot-to-firmware-setup"):
        for key in ("default", "preferred"):
            answer = told(with_conf(f"{key} {value}\n"))
            expect(answer["good"] and answer["default"] is None, answer)
            expect(answer["said"] == [f'loader.conf: {key} "{value}": the loader decides on the machine whether that entry '
                                      "is there"], answer)
    check(with_conf("default auto-windows\n")).expect(0, "  a.conf", '"auto-windows": the loader decides')
    expect("boots when nobody" not in check(with_conf("default auto-windows\n")).out, "a default is told")
    for conf in ("default a*\n", "default *\n", "preferred a\ndefault auto-windows\n"):
        answer = told(with_conf(conf))
        expect(answer["good"] and answer["default"] == "a.conf" and answer["said"] == [], answer)
    for conf in ("default auto-window\n", "default auto-windows\nauto-entries no\n", "default auto-poweroff\n",
                 "default secure-boot-keys-auto\nsecure-boot-enroll off\n",
                 "default auto-disk-1a2b3c4d-*\n", "default auto-disk-1a2b3c4d-x.conf\nother-disks no\n"):
        answer = told(with_conf(conf))
        expect(answer["default"] == "a.conf" and "matches no entry that can boot" in answer["said"][0], answer)
    answer = told(with_conf("default auto-windows\n", "broken", "linux /none\n"))
    expect(not answer["good"] and answer["default"] is None and answer["said"][1] == "no other entry can boot", answer)


def berth_itself_is_hidden():
    """An entry that starts Berth itself is hidden, as the loader does not offer itself; another loader is not"""
    def loader(magic):
        return pe([(".text", b"\xc3" * 700, 0x60000020), (".sdmagic", magic, 0x40000040)])

    folder = tree("itself", {"loader/entries/a.conf": GOOD, "loader/entries/own.conf": "efi /EFI/BOOT/BOOTX64.EFI\n",
                             "EFI/BOOT/BOOTX64.EFI": loader(b"#### LoaderInfo: Berth 9.9 ####"),
                             "loader/entries/sd.conf": "efi /EFI/systemd.efi\n", "loader/entries/cut.conf": "efi /cut.efi\n",
                             "EFI/systemd.efi": loader(b"#### LoaderInfo: systemd-boot 257 ####"),
                             "cut.efi": loader(b"#### LoaderInfo: Berth 9.9 ####")[:0x610]})
    answer = told(folder)
    expect(answer["good"] and not of(answer, "own.conf")["shown"], answer)
    expect("this is Berth" in of(answer, "own.conf")["said"][0], answer)
    expect(of(answer, "sd.conf")["shown"] and of(answer, "cut.conf")["shown"], answer)


def on_machine(boot, *drop):
    """Status and words of `berth check` where this folder is /boot, and /efi is empty; None where that cannot be had."""
    script = 'mount --bind "$1" /boot && if [ -d /efi ]; then mount --bind "$2" /efi; fi || exit 99; shift 2; exec "$@"'
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(["unshare", *own, "--mount", "sh", "-c", script, "sh", boot, tempfile.mkdtemp(dir=FOLDER.name),
                           *drop, BERTH, "check", "--arch", "x64"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if "unshare:" in done.stdout or done.returncode == 99:
        print(f"# not tried: {done.stdout.strip()}")
        return None
    return done.returncode, done.stdout


def with_sums(name, *words):
    """Two entries, and the berth.sums of these words."""
    folder = tree(name, {"loader/entries/one.conf": GOOD, "loader/entries/two.conf": GOOD.replace("quiet", "debug"),
                         "EFI/Linux/image.efi": uki("NAME=System\n")})
    Ran("sums", "--esp", folder, "--arch", "x64", "--version", "3", "-o", os.path.join(folder, "loader/berth.sums"), *words).expect(0)
    return folder


def put(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def what_is_not_as_berth_sums_has_it_is_told():
    """Kernel, initrd, options and table are held against the record of their entry; one without a record is wrong where one is demanded"""
    answer = told(with_sums("sums"))
    expect(answer["good"] and not any(entry["said"] for entry in answer["entries"]), answer)
    for part, name, data in (("initrd", "initrd.img", b"070702"), ("kernel", "vmlinuz", bzimage() + b"x"), ("relocs", "vmlinuz.relocs", b"x"),
                             ("options", "loader/entries/two.conf", GOOD.encode()),
                             ("initrd", "loader/entries/two.conf", GOOD.replace("initrd /initrd.img\n", "").replace("quiet", "debug").encode()),
                             ("options", "loader/cmdline.d/a.conf", b"more\n")):
        folder = with_sums("sums-" + part + name.replace("/", "-"))
        os.makedirs(os.path.join(folder, "loader/cmdline.d"), exist_ok=True)
        put(folder, name, data)
        answer = told(folder)
        expect(f"it is not as berth.sums has it: {part}; with Secure Boot on it does not boot" in of(answer, "two.conf")["said"], answer)
        expect(not answer["good"], answer)
    answer = told(with_sums("sums-one", "one"))
    expect(answer["good"] and of(answer, "two.conf")["said"] == ["it has no record in berth.sums"], answer)
    answer = told(with_sums("sums-least", "--least", "3", "one"))
    expect(not answer["good"] and of(answer, "two.conf")["said"] == ["it has no record in berth.sums"], answer)
    expect(of(answer, "image.efi")["said"] == [], answer)
    for data, said in ((b"none", "berth.sums: is no PE file with a section .sums"), (pe([(".sums", b"berth-sums 2\n", 0x40000040)]),
                                                                                    "berth.sums: line 1 of its section .sums")):
        folder = with_sums("sums-bad")
        put(folder, "loader/berth.sums", data)
        answer = told(folder)
        expect(not answer["good"] and any(said in words for words in answer["said"]), answer)


def a_mount_point_is_no_esp():
    """/boot is not the EFI system partition because of a mount point /boot/efi that is empty or closed, and must be a FAT"""
    def expect_none(*drop):
        ran = on_machine(boot, *drop)
        expect(ran is None or (ran[0] == 2 and "no EFI system partition" in ran[1] and "as root" in ran[1]), f"{ran}")

    boot = tree("machine-boot", {})
    os.mkdir(os.path.join(boot, "efi"))
    expect_none()
    tree("machine-boot", {"efi/EFI/BOOT/BOOTX64.EFI": b""})
    os.chmod(os.path.join(boot, "efi"), 0)
    try:
        expect_none("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    finally:
        os.chmod(os.path.join(boot, "efi"), 0o700)
    boot = tree("machine-left", {"EFI/BOOT/BOOTX64.EFI": b"", "loader/entries/a.conf": GOOD})
    expect_none()


if __name__ == "__main__":
    run_tests([a_sound_tree_is_status_0, what_is_missing_is_named, what_is_no_kernel_is_told, an_image_from_the_network_is_not_looked_at,
               a_path_that_no_volume_has_is_a_mistake,
               what_is_for_others_is_not_wrong,
               names_are_found_in_any_case, hostile_files_are_refused, trees_are_looked_at_for_every_kind,
               what_only_the_machine_knows_is_not_wrong, berth_itself_is_hidden,
               what_is_not_as_berth_sums_has_it_is_told, a_mount_point_is_no_esp,
               wrong_commands_are_status_2])
