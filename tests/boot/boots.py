# SPDX-License-Identifier: BSD-2-Clause
"""Boots of a real Debian kernel in real firmware. Each function is a test; its first line is what it claims."""
import hashlib
import os
import pty
import re
import select
import signal
import subprocess
import time

import lab
from lab import GIB, MIB, OLDER_OVMF, Guest, Machine, expect

REPORT = "console=ttyS0 quiet berth.guest=report"
KERNEL = {}


def setup():
    """Fetches the kernel and makes the initramfs that all boots share."""
    os.makedirs(lab.WORK, exist_ok=True)
    KERNEL["dir"] = lab.script("fetch", "kernel")
    KERNEL["file"] = os.path.join(KERNEL["dir"], "vmlinuz")
    KERNEL["initrd"] = os.path.join(lab.WORK, "initramfs.cpio")
    lab.script("initramfs", KERNEL["initrd"], KERNEL["dir"])


def boots(function=None, large=False, sampled=False, waits=False):
    """
    @large: no other runs beside it. @sampled: only in `scripts/test --all`: another boot shows the feature too.
    @waits: for keys or for time to pass, and needs half a processor at most.
    """
    def mark(f):
        f.is_boot, f.is_large, f.is_sampled, f.waits = True, large, sampled, waits
        return f
    return mark(function) if function else mark


def plain(esp, *lines, options=REPORT + " nokaslr", name="debian"):
    """The kernel, the initramfs and one entry that names them; @lines are added to the entry."""
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("initrd.cpio", link=KERNEL["initrd"])
    esp.entry(name, "title Debian", "linux /vmlinuz", "initrd /initrd.cpio", f"options {options}", *lines)


def boot(esp, *options, **more):
    with Machine(esp, *options, **more) as machine:
        return Guest(machine.finish())


def check_healthy(guest, cmdline):
    """What must hold in every booted system, whatever the entry asks for."""
    expect(guest.one("cmdline") == cmdline, f"/proc/cmdline is {guest.one('cmdline')!r}, not {cmdline!r}")
    expect(not guest.all("complaint"), "the kernel complained: " + "; ".join(guest.all("complaint")))
    expect(int(guest.one("efivars")) > 0, "no EFI variable is visible")
    expect(guest.one("efivar-read") == "ok", "an EFI variable could not be read")
    expect(guest.one("runtime") == "ok", "runtime services do not work")
    expect(guest.param(0x1ef, 1) == 0, "the sentinel is set: boot_params was not clean")
    expect(guest.param(0x210, 1) == 0xff, "type_of_loader is not 0xff")
    expect(guest.param(0x1c0, 4) == 0x34364c45, "efi_info has no EL64")
    expect(guest.param(0x070, 8) != 0, "acpi_rsdp_addr is 0")


def check_kernel_at(guest, low, high=1 << 64):
    """With nokaslr the kernel runs where the loader put it, and /proc/iomem tells where that is."""
    placed = guest.placed("kernel")
    expect(placed is not None, "the log has no place of the kernel")
    expect(guest.kernel_at() == placed[0], f"the kernel runs at {guest.kernel_at():#x}, the log said {placed[0]:#x}")
    expect(low <= placed[0] < high, f"the kernel lies at {placed[0]:#x}, not in [{low:#x}, {high:#x})")


@boots
def kernel_above_4g_with_6g(esp):
    """6 GiB: kernel and initrd lie above 4 GiB, every byte is read once, and the command line arrives to the letter"""
    options = REPORT + " nokaslr grüße=“ja” x=a,b=c  y=\"two words\""
    data = os.urandom(12345)
    plain(esp, "initrd \\extra.cpio", options=options)
    esp.put("extra.cpio", lab.data_archive("extra", data))
    guest = boot(esp, *OLDER_OVMF)
    check_healthy(guest, options)
    check_kernel_at(guest, 4 * GIB)
    expect(guest.placed("kernel")[3] == "C3", "the kernel's place is not signed C3")
    expect(guest.placed("initrd")[0] >= 4 * GIB, "the initrd lies below 4 GiB")
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")
    sizes = [os.path.getsize(os.path.join(esp.tree, n)) for n in ("initrd.cpio", "extra.cpio")]
    expect(guest.counters() == (lab.kernel_reads(KERNEL["file"]) + sum(sizes), 0),
           f"read and copied are {guest.counters()}")
    expect(guest.param(0x1ec, 1) == 2, "secure_boot does not say that it is off")
    expect(guest.boot_params()[0:0x40] == bytes(0x40), "screen_info is not empty although there is no screen")
    expect(any(line.startswith("0 type 9 ") for line in guest.all("setup_data")), "there is no SETUP_RNG_SEED")


@boots
def kernel_below_4g_with_1g(esp):
    """1 GiB, two CPUs: the kernel lies as high as it can, below 4 GiB and above 16 MiB, and starts the other CPU"""
    plain(esp)
    guest = boot(esp, memory="1G", more=("-smp", "2"))
    check_healthy(guest, REPORT + " nokaslr")
    expect(guest.one("cpus") == "2", f"{guest.one('cpus')} CPUs came up")
    check_kernel_at(guest, 512 * MIB, GIB)


@boots
def kernel_that_is_not_relocatable(esp):
    """Debian's kernel without relocatable_kernel: at its pref_address, 16 MiB, which boot services hold until exit"""
    plain(esp)
    esp.put("vmlinuz", lab.patched(KERNEL["file"], [(0x234, 1, 0)]))
    guest = boot(esp, *OLDER_OVMF)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 16 * MIB, 16 * MIB + 1)
    expect(guest.placed("kernel")[3] == "C6", "the place is not signed C6")


@boots
def kernel_at_an_exact_address(esp):
    """placement 0x140000000: exactly there, and nokaslr is added, or the kernel would move again"""
    plain(esp, "placement 0x140000000", options=REPORT)
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 0x140000000, 0x140000001)
    expect(guest.placed("kernel")[3] == "C5", "the place is not signed C5")


@boots(sampled=True)
def placement_low(esp):
    """placement low: kernel, initrd and handoff lie in the lowest free memory from 16 MiB on"""
    plain(esp, "placement low")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 16 * MIB, 64 * MIB)
    expect(guest.placed("initrd")[0] < 128 * MIB, "the initrd does not lie low")


@boots
def placement_preferred_is_taken(esp):
    """placement preferred: OVMF holds 16 MiB itself, so the kernel goes where `high` puts it"""
    plain(esp, "placement preferred")
    guest = boot(esp, *OLDER_OVMF)
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)


@boots
def memory_kept_free(esp):
    """keep-free-below-4g: one run of that size stays free below 4 GiB, and the log says which; too much is refused"""
    plain(esp)
    esp.conf("keep-free-below-4g 800M")
    guest = boot(esp, memory="1G")
    check_healthy(guest, REPORT + " nokaslr")
    kept = guest.placed("kept-free memory")
    expect(kept is not None and kept[1] == 800 * MIB, f"kept free: {kept}")
    expect(not kept[0] - 0x3378000 < guest.kernel_at() < kept[0] + kept[1], "the kernel lies in it")
    esp.conf("keep-free-below-4g 3G")
    with Machine(esp, memory="1G") as machine:
        machine.wait_for("no free memory holds the kept-free memory")
        machine.wait_for("press any key")


@boots
def with_a_screen(esp):
    """-vga std: screen_info describes the framebuffer that firmware left"""
    plain(esp)
    guest = boot(esp, *OLDER_OVMF, "--vga")
    check_healthy(guest, REPORT + " nokaslr")
    width, height, depth = (guest.param(o, 2) for o in (0x12, 0x14, 0x16))
    expect(guest.param(0x0f, 1) == 0x70, "orig_video_isVGA is not VIDEO_TYPE_EFI")
    expect(width >= 640 and height >= 400 and depth == 32, f"the screen is {width}x{height}, {depth} bits")
    expect(guest.param(0x24, 2) >= width * 4, "lfb_linelength is less than a line")
    expect(guest.param(0x18, 4) != 0, "lfb_base is 0")


@boots(sampled=True)
def with_two_screens(esp):
    """Two graphics cards: the console's own protocol has no framebuffer, the first card's is passed"""
    plain(esp)
    guest = boot(esp, "--vga", more=("-device", "bochs-display"))
    check_healthy(guest, REPORT + " nokaslr")
    expect(guest.param(0x0f, 1) == 0x70 and guest.param(0x18, 4) != 0, "screen_info is empty")


@boots(sampled=True)
def kaslr_is_told(esp):
    """Without nokaslr the log says that the kernel will move itself again, and it boots"""
    plain(esp, options=REPORT)
    guest = boot(esp)
    check_healthy(guest, REPORT)
    expect("no nokaslr on the command line" in guest.text and "[X9]" in guest.text, "the log does not tell of KASLR")


@boots
def initrds_of_0_and_1_byte(esp):
    """Initrds of 0 bytes and of 1 byte are joined: each on a 4-byte boundary, nothing after the last"""
    plain(esp, "initrd /empty", "initrd /one", "initrd /empty")
    esp.put("empty")
    esp.put("one", b"\0")
    guest = boot(esp)
    check_healthy(guest, REPORT + " nokaslr")
    base = os.path.getsize(KERNEL["initrd"])
    size = guest.param(0x21c, 4) | guest.param(0xc4, 4) << 32
    expect(size in ((base + 3) // 4 * 4 + 1, (base + 3) // 4 * 4 + 4), f"ramdisk_size is {size}, the first has {base}")


@boots(sampled=True)
def initrd_of_0_bytes_alone(esp):
    """An initrd of 0 bytes alone is no initrd: nothing is placed, and the kernel starts"""
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("empty")
    esp.entry("debian", "linux /vmlinuz", "initrd /empty", "options console=ttyS0 nokaslr panic=-1")
    with Machine(esp) as machine:
        text = machine.finish()
    expect("Linux version 6" in text, "the kernel did not start")
    expect("place initrd" not in text, "an initrd was placed")
    expect("Unable to mount root fs" in text, "the kernel did not get to its root file system")


@boots
def initrd_of_128_mib(esp):
    """An initrd of 128 MiB arrives whole: the checksum of a file in it is right"""
    block = os.urandom(MIB)
    data = b"".join(hashlib.sha256(n.to_bytes(4, "little")).digest() + block[32:] for n in range(127))
    plain(esp, "initrd /large.cpio")
    esp.put("large.cpio", lab.data_archive("large", data))
    guest = boot(esp, timeout=300)
    check_healthy(guest, REPORT + " nokaslr")
    expect(guest.all("file") == [lab.described("large", data)], f"/data is {guest.all('file')}")
    expect(re.search(r"read \\large.cpio, \d+ bytes in [0-9.]+ s, [0-9.]+ MB/s", guest.text), "the log has no MB/s")


@boots(large=True, sampled=True)
def initrd_of_2_5_gib(esp):
    """An initrd of 2.5 GiB with 6 GiB of RAM arrives whole, with progress on the console"""
    # Two files, as the kernel's initramfs takes none over 2 GiB. ramfs: its default, tmpfs, holds at most half of the
    # RAM that the initrd leaves.
    options = REPORT + " nokaslr rootfstype=ramfs"
    plain(esp, "initrd /huge.cpio", options=options)
    block = bytes(range(256)) * 4096
    half = 1250
    with open(os.path.join(esp.tree, "huge.cpio"), "wb") as file:
        for number in (1, 2):
            file.write(lab.head("data", 0o40755, 0, 7, 2) + lab.head(f"data/half-{number}", 0o100644, half * MIB, number, 1))
            for _ in range(half):
                file.write(block)
        file.write(lab.data_archive("after-it", b"the end of 2.5 GiB\n"))
    md5 = hashlib.md5()
    for _ in range(half):
        md5.update(block)
    guest = boot(esp, timeout=900)
    check_healthy(guest, options)
    expect(guest.param(0x21c, 4) | guest.param(0xc4, 4) << 32 > 2 * half * MIB, "ramdisk_size is too small")
    expect(guest.placed("initrd")[0] >= 4 * GIB, "the initrd lies below 4 GiB")
    expect(guest.all("file") == [lab.described("after-it", b"the end of 2.5 GiB\n")] +
           [f"half-{n} {half * MIB} {md5.hexdigest()}" for n in (1, 2)], f"/data is {guest.all('file')}")
    expect(re.search(r"reading \\huge.cpio +\d+ %", guest.text), "no progress was shown")


@boots
def debug_log(esp):
    """log debug: the memory map and every refused candidate with its rule are on the console"""
    plain(esp)
    esp.conf("log debug")
    guest = boot(esp)
    expect(len(re.findall(r"^berth: memory 0x", guest.text, re.M)) > 30, "the memory map is not there")
    expect(re.search(r"^berth: refuse \w+ in 0x.*: rule [CX]\d", guest.text, re.M), "no refused candidate is there")


# ---- scripts/run ----


def run_command(*words, timeout=120):
    return subprocess.run([os.path.join(lab.ROOT, "scripts", "run"), *words], cwd=lab.ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)


@boots(large=True, sampled=True)
def run_without_a_terminal(esp):
    """scripts/run without a terminal: the guest says where it was placed; the status says whether it worked"""
    good = run_command("--memory", "3G", "--placement", "0x60000000")
    expect(good.returncode == 0, f"status {good.returncode}:\n{good.stdout}")
    expect("guest: kernel 0x60000000-" in good.stdout, good.stdout)
    bad = run_command("--placement", "0x7c000000")
    expect(bad.returncode == 1, f"a boot that cannot be had has status {bad.returncode}")
    expect("held by" in bad.stdout and "did not come up" in bad.stdout, bad.stdout)
    wrong = run_command("--colour")
    expect(wrong.returncode == 2 and "unknown option --colour" in wrong.stdout, wrong.stdout)


@boots(waits=True)
def run_on_a_terminal(esp):
    """scripts/run on a terminal: a shell of the booted system, and the way out is shown and works"""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(os.path.join(lab.ROOT, "scripts", "run"), ["run", "--memory", "1G"])
    seen = b""
    deadline = time.monotonic() + 90
    steps = [("to leave it: poweroff", ""), ("Boots in", ""), ("To leave: poweroff", ""), ("/ # ", "uname -m\n"),
             ("x86_64", "poweroff\n"), ("Power down", "")]
    try:
        for words, answer in steps:
            while words.encode() not in seen:
                expect(time.monotonic() < deadline, f"the terminal never showed {words!r}:\n{seen.decode(errors='replace')}")
                if select.select([terminal], [], [], 0.2)[0]:
                    seen += os.read(terminal, 4096)
            seen = seen[seen.index(words.encode()) + len(words):]
            os.write(terminal, answer.encode())
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        os.close(terminal)


# ---- the Boot Loader Interface, as the booted system sees it ----


LOADER = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"  # systemd, docs/BOOT_LOADER_INTERFACE.md


def str16(text):
    return text.encode("utf-16-le") + b"\0\0"


def told(guest):
    """The interface's variables as the booted system finds them: {name: (attributes, bytes)}."""
    rows = (line.split() for line in guest.all("variable"))
    return {name: (int.from_bytes(data[:4], "little"), data[4:])
            for name, data in ((row[0], bytes.fromhex(row[1])) for row in rows)}


def with_variables(esp, variables):
    """Options of a machine whose firmware has kept these strings over a reset."""
    vars = os.path.join(esp.path, "vars.fd")
    lab.variable_store(os.path.join(lab.newer_ovmf()[1], "OVMF_VARS_4M.fd"), vars,
                       {(name, LOADER): value for name, value in variables.items()})
    return ("--vars", vars)
