#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plans on every map of tests/maps, for kernels of several demands, are what tests/maps/plans.txt says.

A person has read that file. tests/tools/test_corpus.py --update writes it anew; then read what changed. Also, every
plan is checked against the rules as this file knows them, written without a look at the planner.
"""
import concurrent.futures
import json
import os
import re
import struct
import sys
import tempfile

from tap import ROOT, Ran, expect, run_tests

MAPS = os.path.join(ROOT, "tests", "maps")
GOLDEN = os.path.join(MAPS, "plans.txt")
KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": TIB}


class Kernel:
    """A bzImage with only its header written; what is not named is as in Debian 12's cloud kernel."""

    def __init__(self, name, init_size=0x3378000, align=2 * MIB, least=21, pref=16 * MIB, relocatable=1, xload=0x7f,
                 initrd_max=0x7fffffff):
        self.name, self.init_size, self.align, self.least = name, init_size, align, 1 << least
        self.pref, self.relocatable, self.xload, self.initrd_max = pref, relocatable, xload, initrd_max
        self.above_4g = xload & 3 == 3

    def write(self, folder):
        head = bytearray(1024)
        size = 8 * MIB if self.init_size >= 16 * MIB else MIB
        struct.pack_into("<B", head, 0x1f1, 3)
        struct.pack_into("<I", head, 0x1f4, size // 16)
        struct.pack_into("<HBB4sH", head, 0x1fe, 0xaa55, 0xeb, 0x6a, b"HdrS", 0x20f)
        head[0x211] = 1  # LOADED_HIGH
        struct.pack_into("<IIBBHI", head, 0x22c, self.initrd_max, self.align, self.relocatable,
                         self.least.bit_length() - 1, self.xload, 2047)
        struct.pack_into("<QI", head, 0x258, self.pref, self.init_size)
        with open(os.path.join(folder, self.name), "wb") as file:
            file.write(head)
            file.truncate(2048 + size)


DEBIAN = Kernel("debian")
CASES = (
    (DEBIAN, "high", 32 * MIB),
    (DEBIAN, "low", 32 * MIB),
    (DEBIAN, "high", GIB),
    (DEBIAN, "0x40000000", 32 * MIB),
    (DEBIAN, "1G-1280M", 32 * MIB),
    (Kernel("no-4g-flag", xload=1, initrd_max=0x37ffffff), "high", 200 * MIB),
    (Kernel("align-16m", init_size=24 * MIB, align=16 * MIB), "preferred", 8 * MIB),
    (Kernel("not-relocatable", init_size=20 * MIB, relocatable=0), "high", 8 * MIB),
    (Kernel("small-at-1m", init_size=6 * MIB, pref=MIB), "high", MIB),
    (Kernel("i386", init_size=17 * MIB, align=16 * MIB, least=13, xload=0), "high", 64 * MIB),
    (Kernel("of-2g", init_size=2 * GIB - 4 * KIB), "high", 8 * MIB),
)
# Where the kernel gives way, so that the initrd has a place at all (C8).
GIVES_WAY = {("one-order-fits.map", "debian", GIB)}


# ---- maps as this test reads them ----


def number(text):
    digits = re.fullmatch(r"(0x[0-9a-f]+|\d+)([KMGT]?)", text)
    return int(digits[1], 0) * UNITS[digits[2]]


def descriptors(path):
    """[(start, end, is free, is reliable, is boot services')]"""
    out = []
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split("#")[0].split()
            if len(words) >= 2 and words[0] == "berth:":
                if words[1] == "memory":
                    start, end = (int(n, 16) for n in words[2].split("-"))
                    attribute = int(words[6], 16)
                    special = attribute & 0x140000
                    out.append((start, end, words[4] == "7" and not special, bool(attribute & 0x10000),
                                words[4] in ("3", "4") and not special))
            elif words:
                start, end = (number(n) for n in words[0].split("-"))
                special = {"sp", "hotplug"} & set(words[2:])
                out.append((start, end, words[1] == "free" and not special, "reliable" in words[2:],
                            words[1].startswith("boot") and not special))
    return out


def free_runs(memory, reliable=False, after_exit=False):
    """Free memory that no other descriptor claims, joined; with what becomes free when boot services end."""
    changes = []
    for start, end, free, is_reliable, is_boots in memory:
        free = free or (after_exit and is_boots)
        what = (0, 1, 0) if not free else (1, 0, 1 if is_reliable else 0)
        changes += [(start, 1, what), (end, -1, what)]
    changes.sort(key=lambda change: change[0])
    runs, over, last = [], [0, 0, 0], 0
    for at, sign, what in changes:
        if at > last and over[0] > 0 and over[1] == 0 and (not reliable or over[2] > 0):
            if runs and runs[-1][1] == last:
                runs[-1] = (runs[-1][0], at)
            else:
                runs.append((last, at))
        last = at
        over = [count + sign * change for count, change in zip(over, what)]
    return runs


def fragments():
    """5,000 runs of 3 MiB with 1 MiB between them: made here, because the file would be long."""
    lines = ["# 5,000 fragments"]
    for n in range(5000):
        at = 16 * MIB + n * 4 * MIB
        lines.append(f"{at:#x}-{at + 3 * MIB:#x} free")
        lines.append(f"{at + 3 * MIB:#x}-{at + 4 * MIB:#x} {'boot' if n % 2 else 'runtime'}")
    lines.append("30G-30784M free")
    return "\n".join(lines) + "\n"


# ---- the rules as this test knows them ----


def highest(runs, low, high, size, align):
    for start, end in reversed(runs):
        start, end = max(start, low), min(end, high)
        at = (end - size) // align * align
        if end >= size and at >= start:
            return at
    return None


def lowest(runs, low, high, size, align):
    for start, end in runs:
        at = -(-max(start, low) // align) * align
        if at + size <= min(end, high):
            return at
    return None


def best_place(kernel, policy, memory):
    """Where the kernel lies when nothing else is in its way; None: nowhere."""
    size, low, high = kernel.init_size, max(kernel.pref, MIB), 64 * TIB if kernel.above_4g else 4 * GIB
    size = -(-size // 4096) * 4096
    runs = free_runs(memory)
    if kernel.relocatable and not kernel.xload & 1:  # X11; and it randomises itself upwards, so it lies low (X9)
        high, policy = min(high, 512 * MIB), "low" if policy == "high" else policy
    if "-" in policy:
        window = [number(edge) for edge in policy.split("-")]
        low, high = max(low, window[0]), min(high, window[1])
    if not kernel.relocatable or policy.startswith("0x"):
        at = int(policy, 16) if policy.startswith("0x") else kernel.pref
        later = free_runs(memory, after_exit=True)
        return at if any(s <= at and at + size <= e for s, e in later) and (not kernel.relocatable or at >= low) else None
    for pool in (free_runs(memory, reliable=True), runs):
        if policy == "preferred" and kernel.pref % kernel.align == 0 and \
                any(s <= kernel.pref and kernel.pref + size <= e for s, e in pool):
            return kernel.pref
        align = kernel.align
        while align >= kernel.least:
            if policy == "low":
                tries = [lowest(pool, max(low, 16 * MIB), high, size, align), lowest(pool, low, high, size, align)]
            else:
                tries = [highest(pool, max(low, 4 * GIB), high, size, align),
                         highest(pool, max(low, 16 * MIB), min(high, 4 * GIB), size, align),
                         lowest(pool, low, high, size, align)]
            for at in tries:
                if at is not None:
                    return at
            align //= 2
    return None


def check_copies(what, told, runs, taken):
    """Where the kernel's bytes wait is free, nobody else's, and all of them wait (C6)."""
    kernel = taken[0]
    for copy in told["copies"]:
        start, end = copy["from"], copy["from"] + copy["size"]
        expect(any(s <= start and end <= e for s, e in runs), f"{what}: bytes wait where nothing is free")
        expect(all(end <= s or e <= start for s, e in taken if (s, e) != kernel), f"{what}: bytes wait in another part")
        expect(kernel[0] <= copy["to"] and copy["to"] + copy["size"] <= kernel[1], f"{what}: bytes go elsewhere")
    expect(bool(told["copies"]) == (told["placements"][0]["rule"] == "C6"), f"{what}: copies without C6")


def check(name, kernel, policy, initrd, memory, told):
    what = f"{name}, {kernel.name} {policy} initrd {initrd:#x}"
    best = best_place(kernel, policy, memory)
    if not told["possible"]:
        expect(best is None or told["rule"] != "C1" or "kernel" not in told["reason"].splitlines()[0],
               f"{what}: refused, but {best} holds the kernel: {told['reason']}")
        return
    runs, taken = free_runs(memory), []
    for p in told["placements"]:
        start, end = p["address"], p["address"] + p["size"]
        where = free_runs(memory, after_exit=True) if p["rule"] == "C6" else runs
        expect(any(s <= start and end <= e for s, e in where), f"{what}: the {p['name']} is not in free memory")
        expect((p["rule"] == "C6") <= (p["name"] == "kernel" and not any(s <= start and end <= e for s, e in runs)),
               f"{what}: the {p['name']} is copied without need")
        expect(start % p["align"] == 0 and start >= MIB, f"{what}: the {p['name']} is misaligned or too low")
        expect(all(end <= s or e <= start for s, e in taken), f"{what}: the {p['name']} overlaps another part")
        taken.append((start, end))
    check_copies(what, told, runs, taken)
    placed = {p["name"]: p for p in told["placements"]}
    expect({"kernel", "initrd", "handoff"} <= set(placed), f"{what}: a part is missing")
    if (name, kernel.name, initrd) in GIVES_WAY:
        expect(placed["kernel"]["address"] != best, f"{what}: the kernel did not give way")
    else:
        expect(placed["kernel"]["address"] == best, f"{what}: the kernel lies at {placed['kernel']['address']:#x}, "
               f"its best place is {best:#x}" if best is not None else f"{what}: the kernel has no place")
    if not kernel.above_4g:
        expect(placed["initrd"]["address"] + placed["initrd"]["size"] <= kernel.initrd_max + 1,
               f"{what}: the initrd ends above initrd_addr_max")
    for p in placed.values():
        if policy == "1G-1280M" and p["name"] != "bounce":
            expect(GIB <= p["address"] and p["address"] + p["size"] <= 1280 * MIB, f"{what}: {p['name']} is outside")
        expect(p["address"] + p["size"] <= 64 * TIB, f"{what}: the {p['name']} ends above 64 TiB")


# ---- plans as text ----


def words(size):
    return f"{size // GIB}G" if size % GIB == 0 else f"{size // MIB}M"


def line_of(kernel, policy, initrd, told):
    what = f"{kernel.name} {policy} initrd={words(initrd)}"
    if not told["possible"]:
        return f"  {what:38}  no: {told['reason'].splitlines()[0]} [{told['rule']}]"
    places = "  ".join(f"{p['name']} {p['address']:#x} {p['rule']}" for p in told["placements"] if p["name"] != "bounce")
    return f"  {what:38}  {places}"


def plans_of(name, path, folder):
    """The section of one map in plans.txt."""
    lines, memory = [name], descriptors(path)
    for kernel, policy, initrd in CASES:
        ran = Ran("plan", os.path.join(folder, kernel.name), "--memmap", path, "--placement", policy, "--initrd",
                  str(initrd), "--json")
        expect(ran.status in (0, 1), f"{name}: status {ran.status}: {ran.err}")
        told = json.loads(ran.out)
        expect(told["possible"] == (ran.status == 0), f"{name}: possible and the status disagree")
        told["reason"] = (told["reason"] or "").replace(folder + "/", "")
        check(name, kernel, policy, initrd, memory, told)
        lines.append(line_of(kernel, policy, initrd, told))
    return "\n".join(lines) + "\n"


def all_plans():
    names = sorted(n for n in os.listdir(MAPS) if n.endswith((".map", ".log")))
    with tempfile.TemporaryDirectory() as folder:
        for kernel in {c[0] for c in CASES}:
            kernel.write(folder)
        paths = {n: os.path.join(MAPS, n) for n in names}
        paths["fragments-5000"] = os.path.join(folder, "fragments-5000.txt")
        with open(paths["fragments-5000"], "w", encoding="ascii") as file:
            file.write(fragments())
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda name: plans_of(name, paths[name], folder), paths))


def every_map_has_the_plans_that_were_read():
    """At least 40 maps, each for 11 kernels and wishes: the plans are those of tests/maps/plans.txt, and keep the rules"""
    made = all_plans()
    expect(len(made) >= 40, f"there are only {len(made)} maps")
    with open(GOLDEN, encoding="ascii") as file:
        golden = re.split(r"\n(?=\S)", file.read().split("\n\n", 1)[1])
    wrong = [m for m, g in zip(made, golden) if m.strip() != g.strip()] if len(made) == len(golden) else ["their number"]
    expect(not wrong, "these plans are not those of tests/maps/plans.txt:\n" + "\n".join(wrong))


def main():
    if sys.argv[1:] == ["--update"]:
        with open(GOLDEN, "w", encoding="ascii") as file:
            file.write("# Made by tests/tools/test_corpus.py --update; then read by a person. One section a map.\n\n")
            file.write("\n".join(section for section in all_plans()))
        return
    run_tests([every_map_has_the_plans_that_were_read])


if __name__ == "__main__":
    main()
