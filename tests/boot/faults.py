# SPDX-License-Identifier: BSD-2-Clause
"""Bad input, and firmware that misbehaves or is another."""
import os
import re
import subprocess

import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, check_kernel_at, plain
from lab import GIB, MIB, OLDER_OVMF, Guest, Machine, expect


BAD = {
    # name: (lines of the entry, files, what the console must say)
    "missing": (["linux /nowhere"], {}, [r"\nowhere: no such file"]),
    "empty-kernel": (["linux /empty"], {"empty": b""}, [r"\empty: the file is empty"]),
    "no-kernel": (["linux /text"], {"text": b"hello\n" * 1000}, [r"\text: not a kernel that Berth knows"]),
    "truncated": (["linux /cut"], {"cut": lambda: lab.patched(KERNEL["file"], [])[:-5000000]},
                  [r"\cut: truncated", "syssize"]),
    "align-zero": (["linux /align0"], {"align0": lambda: lab.patched(KERNEL["file"], [(0x230, 4, 0)])},
                   ["kernel_alignment 0x0 is not a power of two", "rule X1"]),
    "align-odd": (["linux /align3"], {"align3": lambda: lab.patched(KERNEL["file"], [(0x230, 4, 0x300000)])},
                  ["kernel_alignment 0x300000 is not a power of two", "rule X1"]),
    "no-init-size": (["linux /init0"], {"init0": lambda: lab.patched(KERNEL["file"], [(0x260, 4, 0)])},
                     ["init_size is 0", "rule X2"]),
    "past-the-end": (["linux /past"], {"past": lambda: lab.patched(KERNEL["file"], [(0x258, 8, (1 << 64) - 0x200000)])},
                     ["runs past", "rule X2"]),
    "long-cmdline": (["linux /vmlinuz", "options " + "x" * 2048], {},
                     ["the command line has 2048 bytes; this kernel takes at most 2047", "rule X7"]),
    "initrd-missing": (["linux /vmlinuz", "initrd /nowhere.img"], {}, [r"\nowhere.img: no such file"]),
    "exact-taken": (["linux /vmlinuz", "placement 0x7c000000"], {},
                    ["the kernel cannot lie at 0x7c000000", "held by", "loader ", "rule C5"]),
}
# 40 MiB more than the largest free run of a machine with 512 MiB: asked for by a sparse file.
BAD_SMALL_MACHINE = {
    "initrd-too-large": (["linux /vmlinuz", "initrd /large"], {"large": 600 * MIB},
                         ["no free memory holds the initrd", "needs     0x25800000 bytes", "largest   free run within the limits has"]),
}


def expect_nothing_left(machine):
    for what in ("files left open", "pages left"):
        machine.wait_for(f"shape: {what} ")
        left = machine.rest_of_line()
        expect(left == "0", f"{what}: {left}")


def try_bad_entries(esp, bad, memory):
    plain(esp, "sort-key zz", name="good")
    for name, (lines, files, _) in bad.items():
        esp.entry(name, f"title {name}", "sort-key " + name, *lines)
        for file, data in files.items():
            if isinstance(data, int):
                esp.put(file)
                os.truncate(os.path.join(esp.tree, file), data)
            else:
                esp.put(file, data() if callable(data) else data)
    esp.conf("timeout 60", "default " + sorted(bad)[0])
    esp.shape("leaks")
    with Machine(esp, *OLDER_OVMF, memory=memory, timeout=300) as machine:
        machine.wait_for("Enter")
        for name in sorted(bad):
            machine.press("enter")
            for words in bad[name][2]:
                machine.wait_for(words)
            machine.wait_for("press any key")
            machine.press(" ")
            machine.wait_for("Enter")
            machine.press("down")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " nokaslr")


@boots(waits=True)
def bad_entries_then_a_good_one(esp):
    """Each bad entry tells its reason and leads back to the menu; after all of them another entry boots"""
    try_bad_entries(esp, BAD, "6G")


@boots(waits=True)
def initrd_larger_than_memory(esp):
    """An initrd larger than any free run is refused with the run and the need; another entry boots"""
    try_bad_entries(esp, BAD_SMALL_MACHINE, "512M")


def leave_nothing(esp, bad, broken=0):
    """
    Tries each bad entry in turn, and the test's @broken ones, which the menu shows last; goes back to firmware, and
    demands that nothing is left. Returns the console's text.
    """
    for name, (lines, files, _) in bad.items():
        esp.entry(name, f"title {name}", "sort-key " + name, *lines)
        for file, data in files.items():
            esp.put(file, data() if callable(data) else data)
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("initrd.cpio", link=KERNEL["initrd"])
    # Read errors of every kind: the claims are made, and given back.
    esp.entry("read-error", "sort-key zz", "linux /vmlinuz", "initrd /initrd.cpio")
    esp.conf("timeout 60", "default " + sorted(bad)[0], "auto-firmware no")
    esp.shape("leaks", "high-reads fail", "large-reads fail", "small-reads fail")
    with Machine(esp, timeout=300) as machine:
        machine.wait_for("Enter")
        for _ in range(len(bad) + 1 + broken):
            machine.press("enter")
            machine.wait_for("press any key")
            machine.press(" ")
            machine.wait_for("Enter")
            machine.press("down")
        machine.press("Q")
        machine.wait_for("shape: the loader returned 0")
        expect_nothing_left(machine)
        return machine.text()


@boots(sampled=True)
def bad_entries_leave_nothing(esp):
    """After each bad entry in turn the loader returns to firmware with no page and no open file of its own left"""
    text = leave_nothing(esp, BAD)
    expect("reading" in text and "failed: device error" in text, "no read failed")


@boots(waits=True)
def no_entries(esp):
    """Without any entry the loader says what it looked for, and returns to firmware"""
    esp.conf("auto-entries no")
    esp.shape("leaks")
    with Machine(esp) as machine:
        machine.wait_for("no boot entries")
        machine.wait_for("press any key")
        machine.press(" ")
        machine.wait_for("shape: the loader returned 14")
        expect_nothing_left(machine)




# ---- firmware that misbehaves ----


@boots
def exit_fails_five_times(esp):
    """ExitBootServices that fails five times is tried again, and nothing else is called in between"""
    plain(esp)
    esp.shape("exit-fails 5")
    calls = os.path.join(esp.path, "calls")
    guest = boot(esp, more=("-debugcon", "file:" + calls, "-global", "isa-debugcon.iobase=0xe9"))
    check_healthy(guest, REPORT + " nokaslr")
    with open(calls, "rb") as file:
        marks = file.read()[::9]
    expect(marks.count(b"E") == 6, f"ExitBootServices was called {marks.count(b'E')} times")
    # Firmware's own handlers call services in the last one, which succeeds; between the first and it none may be
    # called.
    expect(b"F" not in marks[:marks.rindex(b"E")], "another service was called between two calls of it")


@boots
def claim_refused(esp):
    """Firmware refuses memory that its map calls free: planned again, next to it"""
    plain(esp)
    esp.shape("claims-fail 2")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)


@boots(sampled=True)
def memory_in_a_thousand_pieces(esp):
    """A map of 1,000 more descriptors: e820 goes on in SETUP_E820_EXT, and the kernel sees every piece"""
    plain(esp)
    esp.shape("fragments 500")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)
    expect(guest.param(0x1e8, 1) == 128, "the zero page is not full")
    expect(any(" type 1 " in f" {line} " for line in guest.all("setup_data")), "there is no SETUP_E820_EXT")
    seen = {tuple(line.split(" ", 2)) for line in guest.all("e820")}
    for at in range(0x20000000, 0x20000000 + 500 * 8192, 8192):
        expect((f"{at:#x}", f"{at + 4095:#x}", "Reserved") in seen, f"the kernel does not know of {at:#x}")


@boots(sampled=True)
def memory_in_300_pieces(esp):
    """A map of a little more than the usual number of descriptors is read as well"""
    plain(esp)
    esp.shape("fragments 100")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)


@boots
def reads_above_4g_are_wrong(esp):
    """Reads to above 4 GiB deliver other bytes: noticed, and all is read through a buffer below"""
    data = os.urandom(3 * MIB)
    plain(esp, "initrd /extra.cpio")
    esp.put("extra.cpio", lab.data_archive("extra", data))
    esp.shape("high-reads wrong")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)
    read, copied = guest.counters()
    expect(copied == read - 1024, f"read {read} copied {copied}")
    expect("[C7]" in guest.text, "the log does not tell")
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")


@boots(sampled=True)
def reads_above_4g_fail(esp):
    """Reads to above 4 GiB fail and break the file handle: opened anew, and read through a buffer below"""
    plain(esp)
    esp.shape("high-reads fail")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)
    expect(guest.counters()[1] > 0, "nothing was copied")


@boots(sampled=True)
def large_reads_fail(esp):
    """Reads of more than 1 MiB fail: smaller pieces serve, and nothing is copied"""
    plain(esp)
    esp.shape("large-reads fail")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)
    expect(guest.counters()[1] == 0, "bytes were copied")


@boots(sampled=True)
def five_level_firmware(esp):
    """Firmware in 5-level paging: the kernel, which takes it, is entered so"""
    plain(esp)
    esp.shape("la57")
    guest = boot(esp, "--cpu", "max,la57=on")
    expect("shape: five-level paging is on" in guest.text, "the test could not turn it on")
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)


@boots(sampled=True)
def five_level_firmware_four_level_kernel(esp):
    """Firmware in 5-level paging, a kernel that does not take it: left through code below 4 GiB [X8]"""
    plain(esp)
    esp.put("vmlinuz", lab.patched(KERNEL["file"], [(0x236, 2, 0x1f)]))
    esp.shape("la57")
    guest = boot(esp, "--cpu", "max,la57=on")
    expect("shape: five-level paging is on" in guest.text, "the test could not turn it on")
    check_healthy(guest, REPORT + " nokaslr")
    expect(guest.placed("handoff")[0] < 4 * GIB, "the handoff block lies above 4 GiB")
    check_kernel_at(guest, 4 * GIB)


@boots
def loader_above_4g(esp):
    """The loader itself runs above 4 GiB when firmware puts it there"""
    plain(esp)
    esp.conf("log debug")
    high = os.path.join(esp.path, "high.efi")
    subprocess.run([os.path.join(lab.ROOT, "build/host/elf2efi"), os.path.join(lab.ROOT, "build/x86_64/berth.elf"), high,
                    "0x180000000"], check=True, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    esp.put("EFI/BOOT/BOOTX64.EFI", link=high)
    guest = boot(esp)
    expect("runs at 0x180000000" in guest.text, "firmware did not put the loader there")
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)




# ---- other firmware ----


STRICT = "--strictnx"
RUNS = "shape: pages that can be written to and run when it "


@boots
def strict_nx_firmware(esp):
    """Debian 13's OVMF that faults on writable code leaves the loader's own so, and has a protocol: no page of it stays so"""
    plain(esp)
    esp.shape("code")
    guest = boot(esp, STRICT)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)
    found = dict(re.findall(rf"^{RUNS}(.*) (\d+)$", guest.text, re.M))
    expect(int(found["is loaded"]) > 50 and found["leaves"] == "0", f"pages that can be written to and run: {found}")


@boots(sampled=True)
def strict_nx_firmware_gets_its_pages_back(esp):
    """The same firmware, and a loader that comes back: its pages are as they were when it was loaded"""
    esp.conf("auto-entries no")
    esp.shape("leaks", "code")
    with Machine(esp, STRICT) as machine:
        machine.wait_for(RUNS + "is loaded ")
        before = machine.rest_of_line()
        machine.wait_for("press any key")
        machine.press(" ")
        machine.wait_for(RUNS + "is back ")
        after = machine.rest_of_line()
        expect_nothing_left(machine)
    expect(before == after, f"{after} pages can be written to and run, {before} could before")
