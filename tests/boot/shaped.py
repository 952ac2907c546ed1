# SPDX-License-Identifier: BSD-2-Clause
"""Firmware that misbehaves (tests/shape): every call of the loader's that fails, and memory maps of other machines."""
import os
import re

import lab
from boots import boots
from lab import GIB, MIB, Machine, expect
from plans import expect_same
from probes import EXIT, boot_probe, given

WAY_BACK = 0x2000000
SWEPT = re.compile(r"^shape: sweep (.+): faults (\d+) entered (\d+) refused (\d+) bad (\d+)$", re.M)


TOTAL = [0, 0, 0]


def sweep(esp, *sweeps, conf=(), keys="", shape=(), memory="5G", screen="no", options=(), timeout=300, **more):
    """One guest in which every call of the loader's fails in turn; returns (faults, entered, refused)."""
    given(esp, initrd=b"initrd " * 9000, screen=screen, file_size=MIB // 4, init_size=MIB,
          more=f"probe.back={WAY_BACK:x}")
    # A try is counted in each start, in which files keep their names; where nothing starts, the loader comes back.
    entries = os.path.join(esp.tree, "loader", "entries")
    os.rename(os.path.join(entries, "probe.conf"), os.path.join(entries, "probe+3.conf"))
    esp.put("loader/random-seed", bytes(32))  # else the first start alone would make it
    esp.conf(*conf, "reboot-on-error no", "auto-entries no", "auto-firmware no")
    esp.shape(f"way-back {WAY_BACK:x}", *(["keys " + keys] if keys else []), *shape, *("sweep " + s for s in sweeps))
    with Machine(esp, *options, memory=memory, timeout=timeout, more=EXIT, **more) as machine:
        machine.wait_for("shape: swept")
        text = machine.text()
    found = SWEPT.findall(text)
    bad = re.findall(r"^(?:not ok .*|#  .*|shape: .*BAD.*|shape: left.*)$", text, re.M)
    expect(not bad, "\n".join(bad[:30]))
    expect(len(found) == len(sweeps), f"{len(found)} of {len(sweeps)} sweeps came to their end")
    sums = tuple(sum(int(line[n]) for line in found) for n in (1, 2, 3))
    for n, number in enumerate(sums):
        TOTAL[n] += number
    return sums

ONCE = "once device-error enter", "once device-error refuse"


@boots
def a_call_fails_once(esp):
    """Each call of firmware fails once: a kernel entered with every clause kept, or a reason and all given back"""
    found = sweep(esp, *ONCE, shape=["alternate"])
    expect(found[0] > 140 and found[1] > 40 and found[2] > 70, f"faults, entered, refused: {found}")


@boots(sampled=True)
def a_call_fails_once_in_both_ways(esp):
    """Each call fails once where a kernel could be entered, and once where the last memory map is refused: the same"""
    found = sweep(esp, *ONCE)
    expect(found[0] > 280 and found[1] > 80 and found[2] > 140, f"faults, entered, refused: {found}")


@boots(sampled=True)
def a_service_fails_from_some_call_on(esp):
    """Each service fails from each of its calls on: the same, and the loader comes to an end"""
    found = sweep(esp, "always device-error enter", "always device-error refuse")
    expect(found[0] > 140 and found[1] > 20 and found[2] > 120, f"faults, entered, refused: {found}")


@boots
def protocols_that_are_nothing(esp):
    """HandleProtocol, LocateProtocol, OpenVolume and Open answer EFI_SUCCESS and NULL: the same"""
    found = sweep(esp, "null enter", "null refuse")
    expect(found[0] >= 20, f"faults, entered, refused: {found}")


@boots(sampled=True)
def calls_fail_in_the_menu(esp):
    """With a menu, a key and a second that passes, each call fails once and for ever: the same"""
    found = sweep(esp, "once device-error enter", "always device-error enter", "always not-ready enter WaitForEvent",
                  conf=["timeout 3"], keys="d..e")
    expect(found[0] > 150, f"faults, entered, refused: {found}")


@boots(sampled=True)
def calls_that_take_long(esp):
    """Claims, reads and entropy that take more than a second: the kernel is entered with every clause kept"""
    found = sweep(esp, "late enter AllocatePages", "late enter Read", "late enter GetRNG", "late enter GetMemoryMap")
    expect(found[0] == found[1] > 10, f"faults, entered, refused: {found}")


@boots
def a_keyboard_that_is_always_ready(esp):
    """A keyboard whose event is ready without a key does not hide the menu's timer: the default boots"""
    given(esp)
    esp.conf("timeout 2")
    esp.shape("keyboard ready")
    boot_probe(esp, timeout=60)


@boots
def a_fault_before_a_real_exit(esp):
    """A claim that is refused and an exit that fails, in boots that leave firmware for good: every clause is kept"""
    for fault in ("fault once AllocatePages 2 not-found", "fault once ExitBootServices 1 invalid-parameter"):
        given(esp)
        esp.shape(fault)
        boot_probe(esp)


# ---- memory maps of other machines ----


TYPES = {"reserved": 0, "loader-code": 1, "loader": 2, "boot-code": 3, "boot": 4, "runtime-code": 5, "runtime": 6,
         "free": 7, "unusable": 8, "acpi": 9, "nvs": 10, "mmio": 11, "pmem": 14, "unaccepted": 15}
ATTRIBUTES = {"sp": 0x40000, "hotplug": 0x100000, "reliable": 0x10000}
LOADERS_AND_FIRMWARES_OWN = (1, 2, 3, 4)


def size(text):
    suffix = "KMGT".find(text[-1])
    return int(text, 0) if suffix < 0 else int(text[:-1], 0) << 10 * (suffix + 1)


def ranges(text):
    """(start, end, type, attribute) of lines as berth plan takes them."""
    for line in text.splitlines():
        bounds, *words = line.split("#")[0].split() or [None]
        if bounds is None:
            continue
        start, end = (size(n) for n in bounds.split("-"))
        kind = TYPES[words[0]] if words[0] in TYPES else int(words[0], 0)
        yield start, end, kind, ATTRIBUTES[words[1]] if words[1:] else 0


def scaled(name, low, high):
    """The lines of tests/maps/NAME with what lies above 4 GiB scaled to @high bytes, and cut at @low below."""
    with open(os.path.join(lab.ROOT, "tests/maps", name), encoding="utf-8") as file:
        text = file.read()
    all_of = list(re.findall(r"^([^-#\s]+)-(\S+)\s+(.*)$", text, re.M))
    top = max(size(end) for _, end, _ in all_of)

    def at(number):
        return number if number < 4 * GIB else 4 * GIB + (number - 4 * GIB) * high // (top - 4 * GIB) & ~0xfff
    lines = []
    for start, end, words in all_of:
        start, end = at(size(start)), at(size(end))
        if start < 4 * GIB:
            end = min(end, low)
        if start < end:
            lines.append(f"{start:#x}-{end:#x} {words}")
    return "\n".join(lines) + "\n"


def expect_map(text, wished):
    """What the loader saw is what was asked for, wherever firmware had memory to give."""
    seen = [(int(a, 16), int(b, 16), int(t), int(x, 16)) for a, b, t, x in re.findall(
        r"^berth: memory (0x[0-9a-f]+)-(0x[0-9a-f]+) type (\d+) attribute (0x[0-9a-f]+)", text, re.M)]
    held = [(int(a, 16), int(b, 16)) for a, b in
            re.findall(r"^shape: (?:held|cannot be had): (0x[0-9a-f]+)-(0x[0-9a-f]+) ", text, re.M)]
    expect("shape: cannot be had" not in text, "firmware did not give some type")
    expect("shape: ranges of the map" in text, "the map was not made")
    other = 0
    for start, end, kind, attribute in ranges(wished):
        for at, until, found, marks in seen:
            low, high = max(start, at), min(end, until)
            if low >= high or any(a <= low and high <= b for a, b in held):
                continue
            if found != kind or marks & sum(ATTRIBUTES.values()) != attribute:
                expect(found in LOADERS_AND_FIRMWARES_OWN and kind == 7,
                       f"{low:#x}-{high:#x} has type {found:#x}, attribute {marks:#x}; wished {kind:#x}")
                other += high - low
    expect(other < 8 * MIB, f"firmware took {other:#x} bytes of what was to be free")


def boot_map(esp, wished, *shape, memory="6G", same=True, given_more=None, options=(), **more):
    """Boots a stand-in on this map: every clause kept, and the plan is the workstation's."""
    given(esp, **(given_more or {}))
    esp.conf("log debug")
    esp.shape(*(["map \\map.txt"] if wished else []), *shape)
    esp.put("map.txt", wished)
    probe = boot_probe(esp, *options, memory=memory, **more)
    if wished:
        expect_map(probe.text, wished)
    if same:
        expect_same(os.path.join(esp.path, "console.log"), "--initrd", os.path.join(esp.tree, "initrd"), "--cmdline",
                    esp.told, kernel=os.path.join(esp.tree, "probe"))
    return probe


@boots
def map_of_four_nodes(esp):
    """tests/maps/numa-holes.map, scaled to 6 GiB: the map is so, every clause is kept, and the plan is berth plan's"""
    probe = boot_map(esp, scaled("numa-holes.map", 2 * GIB, 4 * GIB))
    expect(probe.number("load") >= 4 * GIB, f"it lies at {probe.number('load'):#x}")


@boots
def map_with_memory_above_4g_alone(esp):
    """All free memory but 128 pages lies above 4 GiB: kernel and initrd do too, with every clause kept"""
    probe = boot_map(esp, "0x10000-0x90000 free\n1M-2G nvs\n4G-0x180000000 free\n0x180000000-8G 0x80000001\n")
    expect(4 * GIB <= probe.number("load") < 6 * GIB, f"it lies at {probe.number('load'):#x}")


@boots
def map_of_memory_that_is_no_place(esp):
    """On no virtual machine: unaccepted, soft-reserved, hot-pluggable and persistent memory is told of, and nothing lies in it"""
    probe = boot_map(esp, "1M-1G free\n1G-0x60000000 free hotplug\n0x60000000-2G free\n4G-0x120000000 free\n"
                     "0x120000000-0x140000000 unaccepted\n0x140000000-0x180000000 free sp\n"
                     "0x180000000-7G pmem\n7G-8G unaccepted\n", options=("--cpu", "max,-hypervisor"))
    expect(4 * GIB <= probe.number("load") < 0x120000000, f"it lies at {probe.number('load'):#x}")


@boots(sampled=True)
def map_in_2500_pieces(esp):
    """2,500 pieces of eight types with free memory between them, above 4 GiB: every clause is kept"""
    kinds = ("reserved", "nvs", "acpi", "runtime", "loader", "boot-code", "0x80000005", "0x70000001")
    lines = ["1M-2G free", "4G-5G free"]
    for n in range(2500):
        at = 5 * GIB + n * MIB
        lines += [f"{at:#x}-{at + MIB // 2:#x} free", f"{at + MIB // 2:#x}-{at + MIB:#x} {kinds[n % 8]}"]
    boot_map(esp, "\n".join(lines[:4094]) + "\n", timeout=300)


@boots
def descriptors_shuffled_and_overlapping(esp):
    """Descriptors out of order, and some memory told twice, free and reserved: every clause is kept"""
    probe = boot_map(esp, "", "descriptors shuffled", "descriptors overlapping")
    starts = [int(at, 16) for at in re.findall(r"^berth: memory (0x[0-9a-f]+)-", probe.text, re.M)]
    expect(len(starts) > len(set(starts)), "no descriptor was told twice")


@boots
def descriptors_of_56_and_64_bytes(esp):
    """Memory descriptors of 56 and of 64 bytes: every clause is kept"""
    for wish in ("descriptors of 56", "descriptors of 64"):
        probe = boot_map(esp, "", wish)
        expect(f" size {wish[-2:]} room " in probe.text, "the loader was told descriptors of another size")


# ---- more of the same, in `scripts/test --all` ----


STATUSES = ("out-of-resources", "not-found", "invalid-parameter", "unsupported", "buffer-too-small", "not-ready",
            "media-changed", "access-denied", "aborted")


@boots(large=True, sampled=True)
def every_status(esp):
    """Each call fails once, and from it on, with every status of a list, with 5 GiB and with 1: the same"""
    for memory in ("5G", "1G"):
        for status in STATUSES:
            sweep(esp, f"once {status} enter", f"once {status} refuse", f"always {status} enter",
                  f"always {status} refuse", memory=memory, timeout=300)


@boots(large=True, sampled=True)
def with_a_screen_and_a_debug_log(esp):
    """With a graphics card, a menu and log debug, each call fails once and for ever: the same"""
    sweep(esp, "once device-error enter", "once device-error refuse", "always device-error enter",
          "always device-error refuse", conf=["timeout 3", "log debug"], keys="d..e", screen="", timeout=600, options=("--vga",))


@boots(large=True, sampled=True)
def every_call_takes_long(esp):
    """Each call takes more than a second: the kernel is entered with every clause kept"""
    sweep(esp, "late enter", timeout=400)
