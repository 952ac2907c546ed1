# SPDX-License-Identifier: BSD-2-Clause
"""The same plan in firmware and on the workstation.

Each test boots, takes the console's debug log, gives it to `berth plan` as the memory map, with the same files, and
demands the plan that the loader made: every part, its address, size, alignment and rule; or the same refusal.
"""
import json
import os
import re
import subprocess

import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, plain
from lab import GIB, MIB, Machine, expect

BERTH = os.path.join(lab.ROOT, "build/host/berth")
PLACE = re.compile(r"^berth: place (.+) (0x[0-9a-f]+) size (0x[0-9a-f]+) align (0x[0-9a-f]+) rule (\w+)$", re.M)


COPY = re.compile(r"^berth: copy kernel (0x[0-9a-f]+) to (0x[0-9a-f]+) size (0x[0-9a-f]+) after exit rule C6$", re.M)


def on_console(text):
    """{part: (address, size, align, rule)} of what the loader placed."""
    return {part: (int(at, 16), int(size, 16), int(align, 16), rule) for part, at, size, align, rule in
            PLACE.findall(text)}


def copies_on_console(text):
    return [tuple(int(word, 16) for word in copy) for copy in COPY.findall(text)]


def on_host(log, *words, kernel=None):
    """What `berth plan` says with this log as the map: its status and its JSON."""
    done = subprocess.run([BERTH, "plan", kernel or KERNEL["file"], "--memmap", log, "--json", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode in (0, 1), f"berth plan ended with {done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def expect_same(log, *words, kernel=None):
    with open(log, "rb") as file:
        text = lab.ANSI.sub(b"", file.read()).decode("utf-8", "replace").replace("\r", "")
    status, told = on_host(log, *words, kernel=kernel)
    placed = {p["name"]: (p["address"], p["size"], p["align"], p["rule"]) for p in told["placements"]}
    seen = on_console(text)
    # Firmware's own lists of memory grow with each claim, and may take the bounce buffer's place, the last to be claimed.
    if "berth: firmware does not give bounce " in text:
        placed.pop("bounce", None)
    expect(placed == seen, f"{words}: berth plan says {placed}, the loader did {seen}; {told['reason']}")
    copies = [(c["from"], c["to"], c["size"]) for c in told["copies"]]
    expect(copies == copies_on_console(text), f"berth plan copies {copies}, the loader {copies_on_console(text)}")
    expect(told["possible"] == (status == 0) == bool(seen), f"{words}: possible is {told['possible']}")
    if not seen:
        for line in told["reason"].splitlines():
            expect(line in text, f"{words}: the loader did not say {line!r}")
    return seen


def until_planned(esp, image, memory):
    """Boots until the plan stands on the console, or the reason why there is none; returns the console's log."""
    log = os.path.join(esp.path, "console.log")
    with Machine(esp, memory=memory, image=image) as machine:
        machine.wait_for("berth: facts ")
        if machine.wait_for("berth: left ", "press any key") == "berth: left ":
            machine.wait_for("\n")
    return log


def compare_all(esp, memory, exact):
    """Four policies, two initrds, one image: only loader.conf's default changes from boot to boot."""
    sizes = {"1m": MIB, "1g": GIB}
    policies = {"high": "high", "low": "low", "preferred": "preferred", "exact": hex(exact)}
    esp.put("vmlinuz", link=KERNEL["file"])
    for name, size in sizes.items():
        esp.put(name)
        os.truncate(os.path.join(esp.tree, name), size)
    for policy, wish in policies.items():
        for name in sizes:
            esp.entry(f"{policy}-{name}", "linux /vmlinuz", f"initrd /{name}", "options console=ttyS0 quiet",
                      f"placement {wish}")
    esp.conf("log debug")
    image = esp.image()
    seen = {}
    for policy, wish in policies.items():
        for name in sizes:
            lab.put_into_image(image, "/loader/loader.conf", f"log debug\ndefault {policy}-{name}\n")
            log = until_planned(esp, image, memory)
            seen[policy, name] = expect_same(log, "--initrd", os.path.join(esp.tree, name), "--cmdline",
                                             "console=ttyS0 quiet", "--placement", wish)
    os.unlink(image)
    return seen


@boots(sampled=True)
def same_plan_with_512m(esp):
    """512 MiB: berth plan makes the loader's plan, four policies, one with a copy after exit; 1 GiB is refused alike"""
    seen = compare_all(esp, "512M", 16 * MIB)
    expect(seen["exact", "1m"]["kernel"][3] == "C6", f"nothing was copied: {seen['exact', '1m']}")
    expect(all(bool(seen[policy, "1m"]) and not seen[policy, "1g"] for policy, _ in seen), f"planned: {seen}")


@boots(sampled=True)
def same_plan_with_3g(esp):
    """3 GiB: berth plan makes the loader's plan, four policies with 1 MiB and 1 GiB of initrd"""
    seen = compare_all(esp, "3G", GIB)
    expect(all(seen.values()), f"planned: {seen}")


@boots(sampled=True)
def same_plan_with_6g(esp):
    """6 GiB: berth plan makes the loader's plan, four policies with 1 MiB and 1 GiB of initrd"""
    seen = compare_all(esp, "6G", 5 * GIB)
    expect(all(seen.values()), f"planned: {seen}")
    expect(seen["exact", "1g"]["kernel"][0] == 5 * GIB, "the exact place is not the one that was asked for")


@boots(sampled=True)
def same_plan_of_other_wishes(esp):
    """A random place, a window, kept-free memory and mem= give the same plan on the workstation; all of them boot"""
    wishes = (
        ("log debug", "placement random", REPORT, []),
        ("log debug", "placement 0x140000000-0x160000000", REPORT, ["--placement", "0x140000000-0x160000000"]),
        ("log debug\nkeep-free-below-4g 512M", "placement high", REPORT + " nokaslr mem=1G",
         ["--keep-free-below-4g", "512M"]),
    )
    for conf, placement, options, words in wishes:
        plain(esp, placement, options=options)
        esp.conf(conf)
        guest = boot(esp)
        moved = "random" in placement
        check_healthy(guest, options if moved or "nokaslr" in options else options + " nokaslr")
        seen = expect_same(os.path.join(esp.path, "console.log"), "--initrd", KERNEL["initrd"], "--cmdline", options,
                           *(words or ["--placement", placement.split()[1]]))
        if moved:
            expect(seen["kernel"][3] == "C12", f"the random place is signed {seen['kernel'][3]}")
        else:
            expect(guest.kernel_at() == seen["kernel"][0], "the kernel runs elsewhere")


@boots
def same_plan_after_a_refusal(esp):
    """Firmware refuses places that its map calls free: the log tells which, and berth plan goes around them too"""
    plain(esp)
    esp.conf("log debug")
    esp.shape("claims-fail 2")
    guest = boot(esp)
    expect("berth: refused 0x" in guest.text, "the log does not tell what was refused")
    expect_same(os.path.join(esp.path, "console.log"), "--initrd", KERNEL["initrd"], "--cmdline", REPORT + " nokaslr")


# ---- the log that the booted system finds ----


def left(esp, guest):
    """The variable's bytes as a file of the system has them, and what `berth log` prints of it."""
    path = os.path.join(esp.path, "BerthLog")
    with open(path, "wb") as file:
        file.write(bytes.fromhex(guest.one("log")))
    done = subprocess.run([BERTH, "log", "--file", path], stdout=subprocess.PIPE, check=True)
    with open(path, "rb") as file:
        data = file.read()
    expect(data[:4] == b"\6\0\0\0", f"the attributes are {data[:4]}")
    expect(data[4:] == done.stdout, "berth log prints something else than the variable holds")
    expect(len(data) <= 4 + 16384, f"the log has {len(data)} bytes")
    return path, done.stdout.decode()


@boots
def the_log_is_left_for_the_system(esp):
    """A boot says nothing that nobody asked for; the booted system finds all of the log in a variable and a file, and berth plan makes the plan of it"""
    options = REPORT + " nokaslr berth.log"
    plain(esp, options=options)
    esp.put("loader/loader.conf", "log-file yes\n")
    image = esp.image()
    guest = boot(esp, "--write", image=image)
    check_healthy(guest, options)
    expect("berth: " not in guest.text, f"the screen shows {re.findall('berth: .*', guest.text)}")
    path, log = left(esp, guest)
    seen = on_console(log)
    expect(guest.kernel_at() == seen["kernel"][0], f"the kernel runs at {guest.kernel_at():#x}, the log says {seen}")
    _, told = on_host(path, "--initrd", KERNEL["initrd"], "--cmdline", options)
    placed = {p["name"]: (p["address"], p["size"], p["align"], p["rule"]) for p in told["placements"]}
    expect(placed == seen, f"berth plan says {placed}, the loader did {seen}")
    explained = subprocess.run([BERTH, "explain", path, "--json"], stdout=subprocess.PIPE, check=True).stdout
    expect({p["name"]: p["address"] for p in json.loads(explained)["placements"]} == {n: p[0] for n, p in seen.items()},
           "berth explain tells other places")
    copy = subprocess.run(["mtype", "-i", image, "::/loader/berth.log"], check=True, stdout=subprocess.PIPE).stdout.decode()
    expect(copy == log, f"the file says\n{copy}")
    os.unlink(image)


@boots
def no_random_place_is_in_the_log(esp):
    """placement random: the screen shows the kernel's place; the log, which everybody may read, does not"""
    options = REPORT + " nokaslr berth.log"
    plain(esp, "placement random", options=options)
    guest = boot(esp)
    check_healthy(guest, options)
    places = on_console(guest.text)
    expect(places["kernel"][3] == "C12" and guest.kernel_at() == places["kernel"][0], f"placed: {places}")
    path, log = left(esp, guest)
    for part, (at, *_) in places.items():
        expect(f"{at:x}" not in log, f"the log tells where {part} lies:\n{log}")
    expect("berth: place kernel hidden size" in log and " entropy 0x0" in log, f"the log is\n{log}")
    done = subprocess.run([BERTH, "explain", path], stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode == 2 and "all places are left out" in done.stderr, done.stderr)
