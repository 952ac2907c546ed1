#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts instructions of whole boots by Berth, by the kernel's own EFI stub and by other loaders as Debian packages them, in
one run, from LoadImage of what firmware starts to the first instruction of init.

All of them the same way: to_init.py's init, and QEMU's count; the disk lies in guest memory, and firmware loads the file that
it starts from there, by its path, as it would for a boot option. Each loader has the configuration of tests/bench/peers/. The
result is a part of docs/figures.md, and docs/peers.svg; with a word it is only printed, for the rows that have that word.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import textwrap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import lab  # noqa: E402
import to_init  # noqa: E402

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
FIGURES, PICTURE = (os.path.join(lab.ROOT, "docs", name) for name in ("figures.md", "peers.svg"))
BEGIN, END = "<!-- scripts/bench --peers writes from here -->\n", "<!-- to here -->\n"
LOADER = "EFI/BOOT/BOOTX64.EFI"  # UEFI 2.10, 3.5.1.1
RUNS = 2
LARGE = 128 * lab.MIB
STUB, BERTH, PREPARED = "EFI stub", "Berth", "Berth, prepared"
PEERS = (BERTH, PREPARED, STUB, "systemd-boot", "GRUB", "syslinux")
# A suite's kernel is started by the loaders of that suite: (what to_init.py calls it, its name for scripts/fetch, for readers).
SUITES = (("12", "bookworm", "Debian 12"), ("sid", "sid", "Debian sid"))
SITUATIONS = (("no KASLR", to_init.PLAIN, to_init.INITRD), ("KASLR", to_init.KASLR, to_init.INITRD))
# With one kernel: it is the loaders that read it.
PANELS = (*((suite, situation) for suite in SUITES for situation in SITUATIONS),
          (SUITES[0], ("no KASLR, initrd of 128 MiB", to_init.PLAIN, LARGE)))
ROWS = tuple((peer, suite, situation) for suite, situation in PANELS for peer in PEERS)


def configuration(name, options):
    """The text of that file, without its comments."""
    with open(os.path.join(HERE, name), encoding="ascii") as file:
        return "".join(line for line in file if not line.startswith("#")).replace("@OPTIONS@", options)


def fetched(peer, suite):
    """The folder of its package's files, and its version."""
    if peer == "systemd-boot":
        folder = lab.script("fetch", "systemd-boot", suite[1])
    else:
        folder = lab.script("fetch", "loader", peer.lower(), *(() if suite[0] == "12" else (suite[1],)))
    with open(os.path.join(folder, "version"), encoding="ascii") as file:
        return folder, re.sub(r"^\d+:", "", file.read().strip())  # without Debian's epoch


def give(esp, peer, suite, options):
    """What lies on the disk beside kernel and initrd; returns what firmware starts, and the wishes for it."""
    wishes = ["file \\" + LOADER.replace("/", "\\")]
    if peer == STUB:
        return ["file \\kernel", f"option {options} initrd=\\initrd.cpio"]
    if peer not in (BERTH, PREPARED):
        esp.put(LOADER, link=os.path.join(fetched(peer, suite)[0], "loader.efi"))
    if peer == "GRUB":
        esp.put("EFI/debian/grub.cfg", configuration("grub.cfg", options))
    elif peer == "syslinux":
        esp.put("EFI/BOOT/ldlinux.e64", link=os.path.join(fetched(peer, suite)[0], "ldlinux.e64"))
        esp.put("EFI/BOOT/syslinux.cfg", configuration("syslinux.cfg", options))
    else:
        esp.put("loader/loader.conf", configuration("loader.conf", options))
        esp.put("loader/entries/debian.conf", configuration("debian.conf", options))
    return wishes


def boot(peer, suite, situation, number, **how):
    """What was marked. @number: of this boot, by which its files are known; @how: of to_init.marks_of."""
    _, options, size = situation
    esp = lab.Esp(f"bench-peers-{number}-disk")
    wishes = give(esp, peer, suite, options)
    esp.put("kernel", link=to_init.kernel_file(esp, suite[0], "vmlinux" if peer == PREPARED else None))
    esp.put("initrd.cpio", to_init.initrd(size))
    image = os.path.join(esp.path, "disk.img")
    lab.script("disk", image, esp.tree, "--size", str(to_init.DISK))
    try:
        return to_init.marks_of(image, f"bench-peers-{number}", wishes, timeout=300, **how)
    finally:
        os.unlink(image)
        os.unlink(os.path.join(esp.tree, "initrd.cpio"))


class Result:
    """Of one row: instructions to init of each run, those before boot services end, and those of them that were waiting."""

    def __init__(self, marks):
        self.whole = [m["K"] - m["L"] for m in marks]
        self.before = [m["X"] - m["L"] for m in marks]
        self.waiting = [m["W"] for m in marks]
        self.why = None

    def apart(self):
        return (max(self.whole) - min(self.whole)) / min(self.whole)


class Failed:
    """A row that did not get to init: the reason, in the last words of its console."""

    def __init__(self, why):
        self.why = [line.strip() for line in str(why).splitlines() if line.strip()][-1][:60]


def measured(peer, suite, situation, number):
    try:
        marks = [boot(peer, suite, situation, number) for _ in range(RUNS)]
    except lab.Failure as failure:
        return Failed(failure)
    return Result(marks)


def measure(only=""):
    """{(peer, suite, situation): Result or Failed} of the rows that have the word; each is printed when it is there."""
    rows = [row for row in ROWS if only in f"{row[1][2]}, {row[2][0]}, {row[0]}"]
    for peer, suite, _ in rows:  # one at a time, and before anything is counted
        if peer not in (BERTH, PREPARED, STUB):
            fetched(peer, suite)
    results = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = {pool.submit(measured, *row, number): row for number, row in enumerate(rows)}
        for done in concurrent.futures.as_completed(work):
            peer, suite, situation = row = work[done]
            results[row] = result = done.result()
            print(f"{suite[2]}, {situation[0]}, {peer}: " + (
                f"not booted: {result.why}" if result.why else
                f"{', '.join(f'{n:,}' for n in result.whole)} to init, of these {result.before[0]:,} before boot services end, "
                f"{result.waiting[0]:,} waiting"), flush=True)
    return {row: results[row] for row in rows}


# ---- what is written of it ----

def release(suite):
    with open(os.path.join(lab.script("fetch", "kernel", *(() if suite[0] == "12" else (suite[1],))), "release"),
              encoding="ascii") as file:
        return ".".join(file.read().split(".")[:2])


def line_of(results, row):
    peer, suite, situation = row
    result, stub = results[row], results.get((STUB, suite, situation))
    if result.why:
        return f"| {situation[0]} | {peer} | did not boot: {result.why} | | | | |\n"
    ratio = "" if stub is None or stub.why else f"{result.whole[0] / stub.whole[0]:.3f}"
    return (f"| {situation[0]} | {peer} | {' | '.join(f'{n:,}' for n in result.whole)} | {result.before[0]:,} | "
            f"{result.waiting[0]:,} | {ratio} |\n")


def configurations():
    """As they stand in tests/bench/peers/, with the options of the first rows."""
    for who, name, where in ((f"{BERTH} and systemd-boot", "loader.conf", "loader/loader.conf"),
                             (f"{BERTH} and systemd-boot", "debian.conf", "loader/entries/debian.conf"),
                             ("GRUB", "grub.cfg", "EFI/debian/grub.cfg"), ("syslinux", "syslinux.cfg", "EFI/BOOT/syslinux.cfg")):
        lines = configuration(name, to_init.PLAIN).splitlines()
        yield f"| {who} | `{where}` | {'; '.join(f'`{line.strip()}`' for line in lines)} |\n"
    yield f"| {STUB} | the load option | `{to_init.PLAIN} initrd=\\initrd.cpio` |\n"


def section(results):
    """The part of docs/figures.md."""
    versions = "; ".join(f"{suite[2]}: Linux {release(suite)}, " + ", ".join(
        f"{peer} {fetched(peer, suite)[1]}" for peer in PEERS if peer not in (BERTH, PREPARED, STUB)) for suite in SUITES)
    apart = {kaslr: max((r.apart() for (_, _, s), r in results.items() if not r.why and (s[0] == "KASLR") == kaslr), default=0)
             for kaslr in (False, True)}
    text = textwrap.fill(f"Loaders unmodified, as Debian packages them: {versions}. The two boots of a row are apart by at most "
                         f"{apart[False]:.2%} without KASLR, and by {apart[True]:.2%} with it, as places are drawn at random.",
                         120, break_on_hyphens=False, break_long_words=False) + "\n"
    for suite in SUITES:
        text += f"\n{suite[2]}'s kernel, Linux {release(suite)}:\n\n"
        text += "| | loader | instructions to init | once more | before boot services end | of these waiting | of the stub's |\n"
        text += "|---|---|---|---|---|---|---|\n"
        text += "".join(line_of(results, row) for row in results if row[1] == suite)
    text += "\nWhat each was told; with KASLR the same without `nokaslr`:\n\n| loader | where | what |\n|---|---|---|\n"
    return text + "".join(configurations())


def picture(results):
    """What tests/bench/bars.c takes."""
    lines = ["title\tFrom LoadImage of the loader to init's first instruction: millions of instructions"]
    for suite, situation in PANELS:
        lines.append(f"panel\t{suite[2]}, Linux {release(suite)}: {situation[0]}")
        for peer in PEERS:
            result = results[peer, suite, situation]
            lines.append(f"none\t{peer}\tdid not boot" if result.why else
                         f"bar\t{peer}\t{result.whole[0] / 1e6:.3f}\t{result.before[0] / 1e6:.3f}")
    lines.append("note\tThe first part of a bar: until boot services end, by loader, firmware and the kernel's EFI stub. "
                 "The rest: by the kernel.")
    return "\n".join(lines) + "\n"


def write(results):
    with open(FIGURES, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    lab.expect(END in rest, f"{FIGURES} has no line {BEGIN.strip()!r}, or behind it none {END.strip()!r}")
    drawn = subprocess.run([os.path.join(lab.ROOT, "build/host/bars")], input=picture(results).encode(), check=True,
                           stdout=subprocess.PIPE).stdout
    with open(PICTURE, "wb") as file:
        file.write(drawn)
    with open(FIGURES, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + section(results) + END + rest.partition(END)[2])


def main():
    os.makedirs(lab.WORK, exist_ok=True)
    results = measure(*sys.argv[1:2])
    if len(sys.argv) == 1:
        write(results)
    return 1 if any(r.why and row[0] in (BERTH, PREPARED, STUB) for row, r in results.items()) else 0


if __name__ == "__main__":
    subprocess.run(["make", "-s", "all", "test-efi", "build/host/bars"], cwd=lab.ROOT, check=True)
    sys.exit(main())
