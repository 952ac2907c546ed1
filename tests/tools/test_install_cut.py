#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth install, update and remove on disk images, when they are ended early, and where there is no room.

A folder and a disk image get the same files, byte for byte; whatever ends a command early, what was there boots.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from installed import (BERTH_OPTION, CONF, FOLDER, GLOBAL, GUID, KIND, LOADER, MTOOLS, NEW, OLD, OWN, REMOVABLE, SEED,
                       SYSTEMD, Esp, cut_off, killed_at, lab, listed, loaders, option, place, read, tree, write)
from tap import BERTH, Ran, expect, run_tests


# ---- images ----

def disk(name, files=(), mib=8, *more):
    """A disk image whose one partition, an ESP, has these files."""
    out, part = place(name), place(name + ".part")
    small_fat(part, files, mib)
    lab.partitioned(out, (lab.TYPE_ESP, GUID, part), *more)
    return out


def small_fat(part, files=(), mib=8):
    with open(part, "wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["mformat", "-i", part, "-N", "00000000", "::"], check=True, env=MTOOLS)
    folders = {os.path.dirname(path) for path in dict(files)}
    for folder in sorted({"/".join(folder.split("/")[:n]) for folder in folders for n in range(1, folder.count("/") + 2)} - {""}):
        subprocess.run(["mmd", "-i", part, "::" + folder], check=True, env=MTOOLS)
    for path, data in dict(files).items():
        subprocess.run(["mcopy", "-i", part, "-", "::" + path], check=True, env=MTOOLS,
                       input=data if isinstance(data, bytes) else data.encode())


def in_image(image, at=lab.MIB):
    """As listed(), of the partition that begins at byte @at."""
    out = tempfile.mkdtemp(dir=FOLDER.name)
    subprocess.run(["mcopy", "-s", "-n", "-i", f"{image}@@{at}", "::*", out], check=False, env=MTOOLS,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = listed(out)
    shutil.rmtree(out)
    return found


def on_image(command, image, *words, **more):
    if command in ("install", "update"):
        words = ("--loaders", loaders("image-loaders"), *words)
    if command == "install" and "--arch" not in words:
        words = ("--arch", "x64", *words)
    return Ran(command, "--image", image, *words, **more)


def an_image_gets_the_same_files_as_a_folder():
    """install, update and remove leave the same tree in an image and in a folder; the rest of the image, and its mode, stay"""
    for files in ({}, {REMOVABLE: SYSTEMD, CONF: "timeout 9\n"}, {REMOVABLE: OLD, OWN: OLD}):
        image = disk("same.img", files)
        os.chmod(image, 0o640)
        folder = tree("same", files)
        before = read(image)[:lab.MIB]
        for command in ("install", "update", "install", "remove"):
            words = ("--arch", "all") if command == "install" else ()
            on_image(command, image, *words).expect(0)
            more = ("--loaders", loaders("image-loaders")) if command in ("install", "update") else ()
            Ran(command, "--root", "/", "--esp-path", folder, *more, *words).expect(0)
            expect(in_image(image) == listed(folder), f"{command}: {in_image(image).keys()} {listed(folder).keys()}")
        expect(read(image)[:lab.MIB] == before and os.stat(image).st_mode & 0o777 == 0o640, "the table or the mode changed")
        expect(not os.path.exists(image + ".berth-new"), "a copy stayed")
        if OWN not in files:
            expect(in_image(image) == listed(tree("same-before", files)), f"{in_image(image).keys()}")


def an_image_may_have_an_xbootldr_partition_or_no_table():
    """Entries' folder and kind go to XBOOTLDR where the image has one; an image that is a FAT by itself is the partition"""
    boot = place("boot.part")
    small_fat(boot)
    image = disk("two.img", {}, 8, (lab.TYPE_XBOOTLDR, "11111111-2222-4333-8444-555555555555", boot))
    variables = tree("two-vars")
    on_image("install", image, "--variables", variables).expect(0)
    esp, other = in_image(image), in_image(image, 9 * lab.MIB)
    expect(OWN in esp and CONF in esp and KIND not in esp, f"{esp.keys()}")
    expect(set(other) == {"loader", "loader/entries", KIND}, f"{other.keys()}")
    expect("Boot0000-" + GLOBAL in os.listdir(variables), "no boot option")
    on_image("remove", image, "--variables", variables).expect(0)
    expect(in_image(image) == {} and in_image(image, 9 * lab.MIB) == {} and os.listdir(variables) == [], "remove")
    plain = place("plain.img")
    small_fat(plain)
    on_image("install", plain, "--variables", variables).expect(0, "no boot option: nothing tells which partition")
    expect(OWN in in_image(plain, 0), "no table")


def an_image_that_is_none_or_in_use_stays():
    """A file without a partition, a folder, an image that a machine, a tool or a loop device uses: status 2, not a byte changes"""
    write(place("noise.img"), os.urandom(1 << 20))
    on_image("install", place("noise.img")).expect(2, "has no EFI system partition")
    on_image("install", FOLDER.name).expect(2, "not a file")
    write(place("broken.part"), bytes(1 << 20))
    lab.partitioned(place("broken.img"), (lab.TYPE_ESP, GUID, place("broken.part")))
    on_image("install", place("broken.img")).expect(2, "mdir: ")
    image = disk("locked.img")
    before = read(image)
    for how in ("fcntl.fcntl(f, 37, __import__('struct').pack('hhqqi4x', fcntl.F_RDLCK, 0, 100, 1, 0))", "fcntl.flock(f, fcntl.LOCK_EX)"):
        held = subprocess.Popen([sys.executable, "-c", f"import fcntl, sys\nf = open(sys.argv[1], 'r+b')\n{how}\nprint(flush=True)\nsys.stdin.read()",
                                 image], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        held.stdout.readline()
        try:
            on_image("install", image).expect(2, "is in use")
            on_image("status", image).expect(1)
        finally:
            held.stdin.close()
            held.wait()
    loop = subprocess.run(["losetup", "--find", "--show", image], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if loop.returncode == 0:  # only root has one, and not everywhere
        try:
            on_image("install", image).expect(2, f"{loop.stdout.decode().strip()} is a loop device of it")
        finally:
            subprocess.run(["losetup", "--detach", loop.stdout.decode().strip()], check=True)
    expect(read(image) == before, "it changed")
    on_image("install", image).expect(0)


def an_image_that_mtools_takes_for_another_stays():
    """To mtools a name ends before @@: the image of that name would be written to in its place"""
    image, other = disk("name"), disk("name@@1M")
    before = read(image)
    on_image("install", other).expect(2, "mtools takes what follows @@")
    expect(read(image) == before, "the other one changed")


def what_is_a_folder_is_no_file():
    """Where an image has a folder with a loader's name nothing is written into it; a file without a byte is one"""
    image = disk("folder.img", {REMOVABLE + "/x": b""})
    before = read(image)
    on_image("install", image).expect(2, f"{REMOVABLE}: not a file")
    expect(read(image) == before, "it changed")
    expect(on_image("status", image, "--json").expect(2, "not a file").out == "", "half of an object")
    image = disk("empty.img", {REMOVABLE: b""})
    on_image("install", image).expect(0, "in place of no loader")
    on_image("remove", image).expect(0)
    expect(in_image(image)[REMOVABLE] == b"", "it is not as before")


def an_image_is_the_old_or_the_new_one_whenever_it_ends():
    """Killed at each command of mtools, the image is the old one to the byte; the next run does all of it"""
    image, saved = disk("cut.img", {REMOVABLE: SYSTEMD, OWN: OLD}), place("cut.saved")
    wanted = None
    for command in ("install", "update", "remove"):
        shutil.copyfile(image, saved)
        before = read(saved)
        for stop in range(1, 100):
            ran = on_image(command, image, env=killed_at(stop))
            if ran.status != -signal.SIGKILL:
                ran.expect(0)
                break
            expect(read(image) == before, f"{command}, stopped at {stop}: the image changed")
        wanted = in_image(image)
        expect(stop > 5 and not os.path.exists(image + ".berth-new"), f"{command} ended after {stop} commands")
        if command == "update":
            write(image, read(disk("cut-older.img", {REMOVABLE: OLD, OWN: OLD})))
    expect(wanted is not None and OWN not in wanted, f"{wanted.keys()}")


# ---- power ----

def without_chance(files):
    """Random bytes by their number."""
    return {name: len(data) if name in (SEED, "LoaderSystemToken-" + LOADER) else data for name, data in files.items()}


def cut_at(esp, command, n):
    """Whether the command came to its end with power for @n changes. A variable is written as a whole, or not at all."""
    before = listed(esp.vars)
    done = cut_off(n, command, "--esp-path", esp.path, "--variables", esp.vars, "--udev", esp.udev,
                   *(["--loaders", esp.loaders] if command != "remove" else []), *(["--arch", "x64"] if command == "install" else []))
    whole = {f"Boot0001-{GLOBAL}": len(BERTH_OPTION), f"BootOrder-{GLOBAL}": None, f"LoaderSystemToken-{LOADER}": 32}
    for name, data in listed(esp.vars).items():
        size = whole.get(name, len(data) - 4)
        if len(data) <= 4 or (size is not None and len(data) != 4 + size) or len(data) % 2:
            os.unlink(os.path.join(esp.vars, name))
            if name in before:
                write(os.path.join(esp.vars, name), before[name])
    return done


def every_cut(given, command, before, after):
    """Ends @command at each of its changes: how many there are. @before and @after: what boots from the removable path."""
    esp = given()
    esp.run(command).expect(0)
    wanted, n, done = (without_chance(listed(esp.path)), without_chance(listed(esp.vars))), 0, False
    while not done:
        esp = given()
        done = cut_at(esp, command, n)
        there = listed(esp.path).get(REMOVABLE)
        expect(there in (before, after), f"{command}, cut at {n}: {there and there[:80]} boots")
        expect(listed(esp.path).get(OWN) in (None, OLD, NEW), f"{command}, cut at {n}: half a loader in {OWN}")
        expect(all(number == 0 or esp.variable(f"Boot{number:04X}") == BERTH_OPTION and esp.has(OWN) for number in esp.order()),
               f"{command}, cut at {n}: the order {esp.order()} names what is not there")
        esp.run(command).expect(0)
        found = without_chance(listed(esp.path)), without_chance(listed(esp.vars))
        expect(found == wanted, f"{command}, cut at {n} and run again: {found} is not {wanted}")
        n += 1
    return n


def given_systemd_boot():
    esp = Esp("power", {REMOVABLE: SYSTEMD, CONF: "timeout 5\n"})
    esp.set("Boot0000", option("systemd-boot", "\\EFI\\systemd\\systemd-bootx64.efi"))
    esp.set_order(0)
    return esp


def given_older_berth():
    """Made once, and copied."""
    if not os.path.exists(place("older")):
        esp = given_systemd_boot()
        loaders("power-loaders", "Berth 0.0.1")
        esp.run("install").expect(0)
        shutil.copytree(esp.path, place("older"))
        shutil.copytree(esp.vars, place("older-vars"))
    esp = given_systemd_boot()
    for name, to in (("older", esp.path), ("older-vars", esp.vars)):
        shutil.rmtree(to)
        shutil.copytree(place(name), to)
    return esp


def what_was_there_or_what_is_new_boots_whenever_power_fails():
    """Ended at each change that it makes, a command leaves a whole loader and an order that names it; once more, and all is done"""
    expect(every_cut(given_systemd_boot, "install", SYSTEMD, NEW) > 25, "install changes less than it must")
    expect(every_cut(given_older_berth, "update", OLD, NEW) > 5, "update changes less than it must")
    expect(every_cut(given_older_berth, "remove", OLD, SYSTEMD) > 10, "remove changes less than it must")


# ---- room ----

def a_full_partition_is_refused_before_anything():
    """Too little room on a partition in an image: status 1, both numbers, and the image is the same to the byte"""
    for free, fits in ((100 << 10, False), (2 << 20, True)):
        image = disk("full.img", {REMOVABLE: SYSTEMD})
        left = int(lab_free(image)) - free
        write(place("filler"), bytes(left))
        subprocess.run(["mcopy", "-i", f"{image}@@{lab.MIB}", place("filler"), "::filler"], check=True, env=MTOOLS)
        before = read(image)
        ran = on_image("install", image)
        if fits:
            ran.expect(0)
        else:
            ran.expect(1, "are free, and up to", "remove old kernels", "nothing was changed")
            expect(read(image) == before, "it changed")


def lab_free(image):
    out = subprocess.run(["mdir", "-i", f"{image}@@{lab.MIB}", "::"], check=True, env=MTOOLS, stdout=subprocess.PIPE, text=True).stdout
    return out.strip().splitlines()[-1].replace("bytes free", "").replace(" ", "")


def a_folder_that_fills_up_keeps_what_it_has():
    """A file that cannot be written whole is not put in place: with a limit on sizes the old loader stays, and no rest of the new"""
    esp = Esp("limit", {REMOVABLE: SYSTEMD, OWN: OLD})
    script = f"ulimit -f 8; trap '' XFSZ; exec {BERTH} install --esp-path {esp.path} --loaders {esp.loaders} --arch x64 --no-variables"
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode == 2 and "File too large" in done.stderr, f"{done.returncode} {done.stderr}")
    expect(esp.has(REMOVABLE, SYSTEMD) and esp.has(OWN, OLD), f"{listed(esp.path).keys()}")
    expect(not [name for name in listed(esp.path) if name.endswith(".new")], f"{listed(esp.path).keys()}")


if __name__ == "__main__":
    with FOLDER:
        run_tests([an_image_gets_the_same_files_as_a_folder, an_image_may_have_an_xbootldr_partition_or_no_table,
                   an_image_that_is_none_or_in_use_stays, an_image_that_mtools_takes_for_another_stays,
                   what_is_a_folder_is_no_file, an_image_is_the_old_or_the_new_one_whenever_it_ends,
                   what_was_there_or_what_is_new_boots_whenever_power_fails,
                   a_full_partition_is_refused_before_anything, a_folder_that_fills_up_keeps_what_it_has])
