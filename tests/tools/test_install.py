#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth install, update, remove and status: what they leave on a partition and in firmware's variables."""
import json
import os
import platform
import shutil
import subprocess

from installed import (BERTH_OPTION, CONF, FOLDER, GLOBAL, GUID, KEPT, KIND, LOADER, MACHINES, MADE, NEW, OLD, OWN,
                       REMOVABLE, SEED, SHIM, SYSTEMD, Esp, image_of, listed, loaders, option, place, read, tree, write)
from tap import BERTH, ROOT, Ran, expect, run_tests


# ---- files ----

def an_empty_partition_gets_all_that_is_needed():
    """Loader, removable path, loader.conf, folder and kind of entries, seed, token and boot option; told with its undo line"""
    esp = Esp("empty")
    ran = esp.run("install").expect(0, f"wrote {esp.path}/{OWN}: Berth 0.1, ", f"  undo: rm {esp.path}/{OWN}",
                                    f"made {esp.path}/loader/entries", "set Boot0000")
    expect(esp.has(OWN, NEW) and esp.has(REMOVABLE, NEW), ran.out)
    expect(esp.has(KIND, b"type1\n") and esp.has("loader/entries") and len(read(esp.path, SEED)) == 32, ran.out)
    expect(all(line.startswith("#") for line in read(esp.path, CONF).decode().splitlines()), "loader.conf chooses something")
    expect(esp.variable("Boot0000") == BERTH_OPTION and esp.order() == [0], ran.out)
    token = os.path.join(esp.vars, "LoaderSystemToken-" + LOADER)
    expect(len(esp.variable("LoaderSystemToken", LOADER)) == 32 and os.stat(token).st_mode & 0o077 == 0, "the token")
    lines = ran.out.splitlines()
    expect(all(lines[i + 1].startswith("  undo: ") for i in range(0, len(lines), 2)), ran.out)
    again = esp.run("install").expect(0, "is the same already", "Boot0000 is in the order already")
    expect("undo:" not in again.out, again.out)


def what_is_undone_line_by_line_is_as_before():
    """The undo lines, run by a shell from the last to the first, leave an empty partition and no variables, whatever their names"""
    for name in ("undone", "undone here's"):
        esp = Esp(name)
        path = os.path.dirname(BERTH) + os.pathsep + os.environ["PATH"]
        lines = [line[len("  undo: "):] for line in esp.run("install").expect(0).out.splitlines() if "  undo: " in line]
        all_at_once = [line for line in lines if line.startswith("berth ")]
        alone = [line for line in lines if line not in all_at_once and "Boot0000" not in line]  # whose place in the order has no line
        expect(len(alone) > 8 and len(set(all_at_once)) == 1, "\n".join(lines))
        for line in reversed(alone[2:]):  # the first two are folders, where what the one line needs still is
            subprocess.run(["sh", "-e", "-c", line], check=True, cwd=ROOT)
        left = set(listed(esp.path))
        expect(left == {"EFI", "EFI/berth", MADE}, f"{left}")
        subprocess.run(["sh", "-e", "-c", all_at_once[0]], env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, cwd=ROOT,
                       check=True)
        expect(listed(esp.path) == {} and listed(esp.vars) == {}, f"{listed(esp.path)} {listed(esp.vars)}")


def what_is_there_stays_and_comes_back():
    """Another loader on the removable path is kept; settings, entries and a seed stay; remove leaves all as it was, byte for byte"""
    files = {REMOVABLE: SYSTEMD, CONF: "timeout 9\n", "loader/entries/a.conf": "linux /a\n", SEED: b"s" * 64,
             "EFI/debian/grubx64.efi": b"grub"}
    esp = Esp("kept", files)
    before = listed(esp.path)
    esp.set_order(7, 1)
    esp.set("Boot0000", b"not an option")
    esp.set("LoaderSystemToken", b"t" * 32, LOADER)
    variables = listed(esp.vars)
    esp.run("install").expect(0, f"{KEPT}: systemd-boot 257.4, kept", "in place of systemd-boot 257.4",
                              f"  undo: berth remove --esp-path {esp.path}")
    expect(esp.has(KEPT, SYSTEMD) and esp.has(REMOVABLE, NEW) and esp.has(CONF, b"timeout 9\n"), f"{listed(esp.path).keys()}")
    expect(esp.order() == [7, 1, 2], f"a number that the order names has a place in it: {esp.order()}")
    expect(esp.variable("LoaderSystemToken", LOADER) == b"t" * 32, "the token was replaced")
    esp.run("remove").expect(0, "systemd-boot 257.4, put back")
    expect(listed(esp.path) == before, f"{listed(esp.path).keys()} {before.keys()}")
    expect(listed(esp.vars) == variables, f"{listed(esp.vars)}")


def what_was_changed_since_then_stays():
    """remove leaves a loader.conf that a person has written, and a loader that another program has put there"""
    esp = Esp("changed", {REMOVABLE: SYSTEMD})
    esp.run("install").expect(0)
    write(os.path.join(esp.path, CONF), "timeout 3\n")
    write(os.path.join(esp.path, "loader/entries/own.conf"), "linux /a\n")
    write(os.path.join(esp.path, REMOVABLE), image_of("systemd-boot 258"))
    esp.run("remove").expect(0, f"{CONF} stays", f"{KEPT} stays: another program")
    left = set(listed(esp.path))
    expect(left == {"EFI", "EFI/BOOT", REMOVABLE, "EFI/berth", KEPT, "loader", CONF, "loader/entries",
                    "loader/entries/own.conf"}, f"{left}")
    esp.run("remove").expect(0)
    expect(set(listed(esp.path)) == left, "a second time it took more")


def names_are_those_of_a_fat():
    """Folders and files that are there in other case are used, and no second one is made beside them"""
    esp = Esp("case", {"efi/boot/bootx64.efi": SYSTEMD, "Loader/Loader.conf": "timeout 1\n"})
    before = listed(esp.path)
    esp.run("install").expect(0)
    expect(esp.has("efi/berth/berthx64.efi", NEW) and not esp.has("EFI") and not esp.has("loader"), f"{listed(esp.path).keys()}")
    expect(esp.has("efi/boot/bootx64.efi", NEW) and esp.has("efi/berth/BOOTX64.EFI.kept", SYSTEMD), f"{listed(esp.path).keys()}")
    esp.run("remove").expect(0)
    expect(listed(esp.path) == before, f"{listed(esp.path).keys()}")


def update_replaces_older_loaders_of_berths_alone():
    """update: what is older and Berth's becomes newer, of every CPU; what is not older, or another's, stays, and nothing is made"""
    newer = image_of("Berth 9")
    esp = Esp("update", {OWN: OLD, REMOVABLE: SYSTEMD, "EFI/BOOT/BOOTAA64.EFI": image_of("Berth 0.0.9", 0xaa64),
                         "EFI/berth/berthia32.efi": image_of("Berth 9", 0x14c)})
    esp.run("update").expect(0, "in place of Berth 0.0.1", "in place of Berth 0.0.9", "berthia32.efi is Berth 9, and the one at hand, "
                             "0.1, is not newer")
    expect(esp.has(OWN, NEW) and esp.has(REMOVABLE, SYSTEMD), "x64")
    expect(esp.has("EFI/BOOT/BOOTAA64.EFI", image_of("Berth 0.1", 0xaa64)), "aa64")
    expect(set(listed(esp.path)) == {"EFI", "EFI/BOOT", "EFI/berth", OWN, REMOVABLE, "EFI/BOOT/BOOTAA64.EFI",
                                     "EFI/berth/berthia32.efi"} and listed(esp.vars) == {}, "something was made")
    write(os.path.join(esp.path, OWN), newer)
    expect("wrote" not in esp.run("update").expect(0).out and esp.has(OWN, newer), "an older one was written")
    Esp("update-none").run("update").expect(0, "has no loader of Berth's")


def every_cpu_has_its_names():
    """--arch all installs four loaders under the names that firmware looks for, and remove takes all of them away"""
    esp = Esp("cpus")
    esp.run("install", "--arch", "all").expect(0)
    for file, machine in MACHINES.items():
        data = image_of("Berth 0.1", machine)
        expect(esp.has(f"EFI/BOOT/{file}", data) and esp.has(f"EFI/berth/berth{file[4:-4].lower()}.efi", data), file)
    esp.run("remove").expect(0)
    expect(listed(esp.path) == {}, f"{listed(esp.path).keys()}")
    esp.run("install", "--arch", "x64,aa64").expect(0)
    expect(esp.has("EFI/BOOT/BOOTAA64.EFI") and not esp.has("EFI/BOOT/BOOTIA32.EFI"), "--arch x64,aa64")
    esp.run("install", "--arch", "x64,vax").expect(2, "--arch takes")
    own = {"x86_64": "x64", "aarch64": "aa64"}.get(platform.machine(), platform.machine())
    Ran("install", "--esp-path", tree("cpus-own"), "--loaders", esp.loaders, "--no-variables").expect(0, f"berth{own}.efi: Berth 0.1")
    narrow = subprocess.run(["setarch", "linux32", BERTH, "install", "--esp-path", tree("cpus-32"), "--loaders", esp.loaders,
                             "--no-variables"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(platform.machine() != "x86_64" or "berthia32.efi: Berth 0.1" in narrow.stdout, narrow.stdout)


def the_removable_path_can_be_left_alone():
    """--no-removable writes nothing there"""
    esp = Esp("own", {REMOVABLE: SYSTEMD})
    esp.run("install", "--no-removable").expect(0)
    expect(esp.has(REMOVABLE, SYSTEMD) and esp.has(OWN, NEW) and not esp.has(KEPT), f"{listed(esp.path).keys()}")


# ---- Secure Boot ----

def nothing_unsigned_goes_to_the_removable_path():
    """With Secure Boot on an unsigned loader replaces nothing, and is never first; a signed one is taken where there is one"""
    for files in ({}, {REMOVABLE: SYSTEMD}, {REMOVABLE: image_of("Berth 0.0.1", signed=True), OWN: image_of("Berth 0.0.1", signed=True)}):
        esp = Esp("secure", files)
        esp.set("SecureBoot", b"\1")
        esp.set("SetupMode", b"\0")
        esp.run("install", "--default").expect(1, "as the first boot option it would be refused")
        expect(listed(esp.path).keys() == listed(tree("secure-same", files)).keys(), "something was made")
        esp.run("install").expect(0, "Secure Boot is on", "try: sbsign")
        esp.run("update").expect(0)
        for path, data in files.items():
            expect(esp.has(path, data), f"{path} was replaced")
        expect(esp.has(REMOVABLE) == (REMOVABLE in files) and not esp.has(KEPT), f"{listed(esp.path).keys()}")
        loaders("secure-loaders", signed=True)
        esp.run("install", "--default").expect(0)
        expect(esp.has(REMOVABLE, image_of("Berth 0.1", signed=True)) and esp.has(OWN, read(esp.path, REMOVABLE)), "signed")
        shutil.rmtree(esp.loaders)


def shim_stays():
    """shim on the removable path stays, with Secure Boot on or off, signed or not"""
    for secure in (b"\0", b"\1"):
        esp = Esp("shim", {REMOVABLE: SHIM, "EFI/BOOT/fbx64.efi": b"fallback"})
        esp.set("SecureBoot", secure)
        loaders("shim-loaders", signed=True)
        esp.run("install").expect(0, "stays as it is: it is shim")
        expect(esp.has(REMOVABLE, SHIM) and not esp.has(KEPT) and esp.has(OWN), f"{listed(esp.path).keys()}")
        shutil.rmtree(esp.loaders)


def a_state_that_cannot_be_read_counts_as_on():
    """SecureBoot with an odd value is on; in setup mode it is off"""
    for secure, setup, is_on in ((b"\2", b"\0", True), (b"", b"\0", True), (b"\1", b"\1", False), (b"\1", None, True), (b"\0", b"\0", False)):
        esp = Esp("state")
        esp.set("SecureBoot", secure)
        if setup is not None:
            esp.set("SetupMode", setup)
        esp.run("install").expect(0)
        expect(esp.has(REMOVABLE) != is_on, f"SecureBoot {secure} SetupMode {setup}")


# ---- firmware's options ----

def the_default_option_changes_only_when_asked():
    """A new option takes the lowest free number and goes behind all others; --default puts it first; one that is there is used"""
    esp = Esp("order")
    esp.set_order(5, 0)
    for number in (0, 1, 5):
        esp.set(f"Boot{number:04X}", option("Other", "\\EFI\\other.efi"))
    ran = esp.run("install").expect(0, "Boot0002 behind all others", f"undo: rm {esp.vars}/Boot0002-{GLOBAL}")
    expect(esp.order() == [5, 0, 2] and esp.variable("Boot0002") == BERTH_OPTION, ran.out)
    esp.run("install", "--default").expect(0, "Boot0002 first of all")
    expect(esp.order() == [2, 5, 0] and esp.variable("Boot0003") is None, f"{esp.order()}")
    esp.run("remove").expect(0, "deleted Boot0002")
    expect(esp.order() == [5, 0] and esp.variable("Boot0002") is None and esp.variable("Boot0001") is not None, f"{esp.order()}")


def an_option_of_somebody_elses_is_not_touched():
    """The same file on another partition, another file on this one, or bytes that are no option are not Berth's"""
    others = {0: option("Berth", "\\EFI\\berth\\berthx64.efi", "11111111-2222-4333-8444-555555555555"),
              1: option("Berth", "\\EFI\\berth\\other.efi"), 2: BERTH_OPTION[:40], 3: b""}
    esp = Esp("others")
    for number, value in others.items():
        esp.set(f"Boot{number:04X}", value)
    esp.set("Boot0004", option("by hand", "\\efi\\BERTH\\berthx64.EFI") + b"data")
    esp.set_order(*range(4))
    esp.run("install").expect(0, "Boot0004 behind all others")
    expect(esp.variable("Boot0005") is None and esp.order() == [0, 1, 2, 3, 4], f"{esp.order()}")
    esp.run("remove").expect(0)
    expect(esp.order() == [0, 1, 2, 3] and esp.variable("Boot0004") is None, f"{esp.order()}")
    expect(all(esp.variable(f"Boot{n:04X}") == value for n, value in others.items()), "an option of another's is gone")
    esp.set("BootOrder", b"\0")
    esp.run("install").expect(0, "BootOrder cannot be read")
    expect(esp.variable("BootOrder") == b"\0", "an order that is none was replaced")


def variables_can_be_left_alone():
    """--no-variables, --root and a partition that nobody tells of: no variable changes, and the last two say so"""
    esp = Esp("alone")
    Ran("install", "--esp-path", esp.path, "--loaders", esp.loaders, "--arch", "x64", "--no-variables").expect(0)
    Ran("install", "--root", place("nowhere"), "--esp-path", esp.path, "--loaders", esp.loaders, "--arch", "x64").expect(
        0, "variables stay as they are: they are this machine's")
    Ran("install", "--esp-path", esp.path, "--loaders", esp.loaders, "--arch", "x64", "--variables", esp.vars,
        "--udev", place("nowhere")).expect(0, "nothing tells which partition")
    expect(esp.order() is None and esp.variable("Boot0000") is None, f"{listed(esp.vars).keys()}")
    Ran("install", "--esp-path", esp.path, "--variables", esp.vars, "--no-variables").expect(2, "at once")


def a_variable_that_cannot_be_written_is_an_error():
    """When firmware takes no variable the files are there, the status is 2, and the message has the reason"""
    esp = Esp("refused")
    os.symlink("nowhere", os.path.join(esp.vars, "BootOrder-" + GLOBAL))
    esp.run("install").expect(2, f"BootOrder-{GLOBAL}: ")
    expect(esp.has(OWN, NEW) and esp.has(REMOVABLE, NEW), "the files")


# ---- where ----

def partitions_are_found_below_a_root():
    """--root and systemd's variables name the folders; --boot-path's partition gets the entries' folder and their kind"""
    root = tree("root", {"usr/x": "", "boot/x": "", "efi/EFI/x": ""})
    env = {"SYSTEMD_ESP_PATH": "/efi", "SYSTEMD_XBOOTLDR_PATH": "/boot"}
    words = ("--root", root, "--loaders", loaders("root-loaders"), "--arch", "x64")
    Ran("install", *words, env=env).expect(0)
    found = set(listed(root))
    expect({"efi/" + OWN, "efi/" + CONF, "boot/" + KIND, "boot/loader/entries"} <= found, f"{found}")
    expect("efi/" + KIND not in found and "efi/loader/entries" not in found and "efi/" + SEED not in found, f"{found}")
    Ran("remove", "--root", root, env=env).expect(0)
    expect(set(listed(root)) == {"usr", "usr/x", "boot", "boot/x", "efi", "efi/EFI", "efi/EFI/x"}, f"{listed(root).keys()}")
    Ran("install", *words).expect(2, "no EFI system partition is mounted")
    Ran("install", *words, "--esp-path", place("nowhere")).expect(2, "not a folder")


def what_is_no_loader_is_refused():
    """A folder without the loader, a file that is none of Berth's, or one for another CPU: status 2, and nothing is done"""
    esp = Esp("bad")
    for data, words in ((None, "no such file"), (b"text", "not a loader of Berth's"), (SYSTEMD, "not a loader of Berth's"),
                        (image_of("Berth 0.1", 0xaa64), "a loader for arm64, not for x86-64"), (NEW[:200], "not a loader")):
        path = os.path.join(esp.loaders, "BOOTX64.EFI")
        os.unlink(path)
        if data is not None:
            write(path, data)
        esp.run("install").expect(2, words)
        expect(listed(esp.path) == {} and listed(esp.vars) == {}, f"{listed(esp.path).keys()}")
        write(path, b"")


def a_dry_run_tells_the_same_and_does_nothing():
    """--dry-run tells the steps of the run behind it, in its words and order, and changes nothing; --json tells them too"""
    esp = Esp("dry", {REMOVABLE: SYSTEMD})
    for command in ("install", "remove"):
        before = listed(esp.path), listed(esp.vars)
        dry = esp.run(command, "--dry-run").expect(0, "nothing was changed").out
        answer = json.loads(esp.run(command, "--dry-run", "--json").expect(0).out)
        expect((listed(esp.path), listed(esp.vars)) == before, "it changed something")
        done = esp.run(command).expect(0).out
        for did, would in (("made", "make"), ("wrote", "write"), ("removed", "remove"), ("set", "set"), ("deleted", "delete")):
            dry = "\n".join(line.replace(f"would {would} ", f"{did} ", 1) for line in dry.split("\n"))
        expect(dry == done + "nothing was changed (--dry-run)\n", f"{dry}\n{done}")
        expect([step["undo"] for step in answer["steps"]] == [line[8:] for line in done.splitlines() if "  undo: " in line], answer)
        expect(answer["dry_run"] and answer["steps"][-1]["action"] in ("set-variable", "remove-folder"), answer)


def wrong_commands_are_status_2():
    """Options that there are not, that another command has, that have no value, or that exclude each other"""
    esp = Esp("wrong")
    esp.run("install", "--what").expect(2, "no option --what")
    esp.run("remove", "--default").expect(2, "no option --default")
    esp.run("status", "--dry-run").expect(2, "no option --dry-run")
    esp.run("install", "--loaders").expect(2, "needs a value")
    Ran("install", "--image", "a", "--esp-path", "b").expect(2, "--image goes with none")
    Ran("install", "--image", place("none.img"), "--loaders", esp.loaders).expect(2, "none.img: No such file")


# ---- status ----

def status_tells_what_is_installed():
    """Loaders and their versions, entries, Secure Boot, the order of options, and what this boot's loader has told; 1: not installed"""
    esp = Esp("status", {REMOVABLE: SYSTEMD, "loader/entries/a.conf": "linux /a\n", "EFI/Linux/b.efi": b"", "loader/entries/README": ""})
    esp.run("status").expect(1, "none of Berth's", "systemd-boot 257.4", "1 in \\loader\\entries, 1 in \\EFI\\Linux")
    esp.run("install").expect(0)
    esp.set("SecureBoot", b"\0")
    esp.set("BootCurrent", b"\0\0")
    esp.set("Boot0007", option("De\tbian", "\\EFI\\debian\\shimx64.efi"))
    esp.set_order(0, 7, 9)
    for name, text in (("LoaderInfo", "Berth 0.1"), ("LoaderImageIdentifier", "\\EFI\\berth\\berthx64.efi"), ("LoaderEntrySelected", "a.conf")):
        esp.set(name, (text + "\0").encode("utf-16-le"), LOADER)
    esp.run("status").expect(0, GUID, f"{esp.path}/{OWN}: Berth 0.1", f"{KEPT}: systemd-boot 257.4, kept", "Secure Boot  off",
                             "started by   Boot0000 Berth, from this partition", "boot order   Boot0000 Berth, from this partition",
                             "Boot0007 De?bian", "this boot    Berth 0.1", "a.conf", "random seed  there")
    answer = json.loads(esp.run("status", "--json").expect(0).out)
    expect(answer["installed"] and answer["esp"]["uuid"] == GUID and answer["boot_current"] == 0, answer)
    expect([(loader["role"], loader["product"]) for loader in answer["loaders"]] == [
        ("own", "Berth"), ("removable", "Berth"), ("kept", "systemd-boot")], answer)
    expect([o["number"] for o in answer["boot_order"]] == [0, 7, 9] and answer["boot_order"][0]["from_this_partition"], answer)
    expect(answer["secure_boot"] == "off" and answer["loader_entry"] == "a.conf" and answer["system_token"], answer)


if __name__ == "__main__":
    with FOLDER:
        run_tests([an_empty_partition_gets_all_that_is_needed, what_is_undone_line_by_line_is_as_before,
                   what_is_there_stays_and_comes_back, what_was_changed_since_then_stays, names_are_those_of_a_fat,
                   update_replaces_older_loaders_of_berths_alone, every_cpu_has_its_names,
                   the_removable_path_can_be_left_alone, nothing_unsigned_goes_to_the_removable_path, shim_stays,
                   a_state_that_cannot_be_read_counts_as_on, the_default_option_changes_only_when_asked,
                   an_option_of_somebody_elses_is_not_touched, variables_can_be_left_alone,
                   a_variable_that_cannot_be_written_is_an_error, partitions_are_found_below_a_root,
                   what_is_no_loader_is_refused, a_dry_run_tells_the_same_and_does_nothing, wrong_commands_are_status_2,
                   status_tells_what_is_installed])
