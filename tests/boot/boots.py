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


def boots(function=None, large=False, sampled=False):
    """@large: no other runs beside it. @sampled: only in `scripts/test --all`: another boot shows the feature too."""
    def mark(f):
        f.is_boot, f.is_large, f.is_sampled = True, large, sampled
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


@boots(sampled=True)
def quiet_log(esp):
    """log quiet: one line, the counters"""
    plain(esp)
    esp.conf("log quiet")
    guest = boot(esp)
    lines = [line for line in guest.text.splitlines() if line.startswith("berth: ")]
    expect(len(lines) == 1 and "read " in lines[0], f"the loader said {lines}")


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


@boots
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


# ---- choosing ----


@boots(sampled=True)
def default_by_glob(esp):
    """loader.conf's default is a glob; without a timeout it boots at once"""
    plain(esp, name="aaa", options=REPORT + " entry=aaa")
    plain(esp, name="debian-6.1", options=REPORT + " entry=default")
    esp.conf("default debian-*")
    guest = boot(esp)
    expect(guest.one("cmdline").endswith("entry=default"), guest.one("cmdline"))
    expect("Enter" not in guest.text, "a menu was shown")


@boots
def entries_as_others_write_them(esp):
    """300 entries with CRLF, quotes and Fedora's words: the last is the default; memmap= on its line holds no part"""
    options = REPORT + " nokaslr memmap=256M$0x1f0000000 entry=299"
    esp.put("boot/Debian (old)/vmlinuz", link=KERNEL["file"])
    esp.put("boot/Debian (old)/initrd.cpio", link=KERNEL["initrd"])
    for i in range(300):
        lines = (f'title "Generation {i}"', "version 'v" + str(i) + "'", "sort-key gen", 'linux "/boot/Debian (old)/vmlinuz"',
                 "initrd /boot/Debian (old)/initrd.cpio $tuned_initrd", f"options {options if i == 299 else 'entry=' + str(i)}",
                 "options $tuned_params", "grub_users $grub_users")
        esp.put(f"loader/entries/gen-{i}.conf", b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n")
    esp.put("loader/loader.conf", b"\xef\xbb\xbftimeout \"0\"\r\ndefault 'gen-299'\r\n")
    guest = boot(esp)
    check_healthy(guest, options)
    check_kernel_at(guest, 4 * GIB, 0x1f0000000)
    for part in ("kernel", "initrd", "handoff"):
        start, size = guest.placed(part)[:2]
        expect(start + size <= 0x1f0000000, f"{part} lies at {start:#x} in what memmap= takes")
    expect("$tuned_initrd" in guest.text, "the dropped word is not told")


@boots
def menu_and_keys(esp):
    """With a timeout a menu shows; arrows and Enter choose another entry"""
    plain(esp, "sort-key a", name="first", options=REPORT + " entry=first")
    plain(esp, "sort-key b", name="second", options=REPORT + " entry=second")
    esp.conf("timeout 60")
    with Machine(esp, *OLDER_OVMF) as machine:
        machine.wait_for("Enter")
        machine.press("down")
        machine.press("enter")
        guest = Guest(machine.finish())
    expect(guest.one("cmdline").endswith("entry=second"), guest.one("cmdline"))


@boots
def menu_counts_down(esp):
    """The menu boots the default when its time is over"""
    plain(esp, "sort-key a", name="first", options=REPORT + " entry=first")
    plain(esp, "sort-key b", name="second", options=REPORT + " entry=second")
    esp.conf("timeout 2", "default second")
    guest = boot(esp)
    expect(guest.one("cmdline").endswith("entry=second"), guest.one("cmdline"))


@boots
def load_option_wins(esp):
    """A load option string that names an entry wins over the default"""
    plain(esp, name="aaa", options=REPORT + " entry=aaa")
    plain(esp, name="named", options=REPORT + " entry=named")
    esp.conf("timeout 60", "default aaa")
    esp.shape("option berth.efi named")
    guest = boot(esp)
    expect(guest.one("cmdline").endswith("entry=named"), guest.one("cmdline"))


@boots(sampled=True)
def load_option_names_nothing(esp):
    """A load option string that names no entry is told, and the default boots: nobody may be there to press a key"""
    plain(esp, name="aaa", options=REPORT + " entry=aaa")
    esp.shape("option nothing-like-it")
    guest = boot(esp)
    expect('names the entry "nothing-like-it", which does not exist' in guest.text, "it is not told")
    expect(guest.one("cmdline").endswith("entry=aaa"), guest.one("cmdline"))


@boots
def menu_is_left_to_firmware(esp):
    """Q in the menu returns to firmware, and no page of the loader's is left"""
    plain(esp)
    esp.conf("timeout 60")
    esp.shape("leaks")
    with Machine(esp) as machine:
        machine.wait_for("Enter")
        machine.press("Q")
        machine.wait_for("shape: the loader returned 0")
        expect_nothing_left(machine)


# ---- the Boot Loader Interface ----

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


@boots
def loader_interface(esp):
    """The system finds the interface's variables; what was asked for once has booted, and is gone"""
    plain(esp, "sort-key a", name="First+3", options=REPORT + " nokaslr entry=first")
    plain(esp, "sort-key b", name="second+10-09", options=REPORT + " nokaslr entry=second")
    esp.conf("timeout 60", "default @saved")
    partition, disk = "0a1b2c3d-4e5f-4678-9abc-def012345678", os.path.join(esp.path, "gpt.img")
    lab.partitioned(disk, (lab.TYPE_ESP, partition, esp.image()))
    guest = boot(esp, *with_variables(esp, {
        "LoaderEntryOneShot": str16("SECOND.conf"), "LoaderConfigTimeoutOneShot": str16("1"),
        "LoaderEntryLastBooted": str16("first.conf")}), "--write", image=disk)
    names = lab.names_in_image(disk, "/loader/entries", at=MIB)
    os.unlink(disk)
    expect(names == ["First+3.conf", "second+09-10.conf"], f"the entries' files are {names}")
    check_healthy(guest, REPORT + " nokaslr entry=second")
    expect("Boots in 1 s" in guest.text and "Boots in 2 s" not in guest.text, "the menu did not stand for one second")
    found = told(guest)
    with open(os.path.join(lab.ROOT, "base", "version.h")) as file:
        version = re.search(r'^#define BERTH_VERSION "(.*)"$', file.read(), re.M)[1]
    wanted = {
        "LoaderInfo": (6, str16("Berth " + version)),
        "LoaderFeatures": (6, (0x1de3ff).to_bytes(8, "little")),
        "LoaderFirmwareInfo": (6, str16("Debian distribution of EDK II 1.00")),
        "LoaderFirmwareType": (6, str16("UEFI 2.70")),
        "LoaderTpm2ActivePcrBanks": (6, str16("0x00000000")),
        "LoaderDevicePartUUID": (6, str16(partition.upper())),
        "LoaderImageIdentifier": (6, str16(r"\EFI\BOOT\BOOTX64.EFI")),
        "LoaderEntries": (6, str16("first.conf") + str16("second.conf") + str16("auto-reboot-to-firmware-setup")),
        "LoaderEntrySelected": (6, str16("second.conf")),
        "LoaderBootCountPath": (6, str16(r"\loader\entries\second+09-10.conf")),
        "LoaderEntryLastBooted": (7, str16("first.conf")),
    }
    # No times: in a virtual machine the CPU's counter tells nothing of the machine.
    expect(found == wanted, "\n".join(f"{name}: {found.get(name)}, not {wanted.get(name)}"
                                      for name in {**found, **wanted} if found.get(name) != wanted.get(name)))


@boots
def drop_ins_for_the_command_line(esp):
    """\\loader\\cmdline.d: the kernel's command line ends in what the files say, in the order of their names"""
    plain(esp)
    esp.put("loader/cmdline.d/20-second.conf", "# a comment\r\nb=\"two words\"\r\n\r\nlast\r\n")
    esp.put("loader/cmdline.d/10-first.conf", "a=1  # no comment\n")
    esp.put("loader/cmdline.d/README", "nothing\n")
    check_healthy(boot(esp), REPORT + " nokaslr a=1  # no comment b=\"two words\" last")


# ---- machines that nobody watches, and boot counting ----


@boots
def the_boot_after_the_last_try_takes_another(esp):
    """A kernel with one try boots, and its file's name says so; the next boot takes the other [UAPI.1, Boot counting]"""
    for name, case in (("arch-v1", "v1"), ("arch-v2+1", "v2")):
        plain(esp, name=name, options=REPORT + " nokaslr case=" + case)
    image = esp.image()
    for case in ("v2", "v1"):
        guest = boot(esp, "--write", image=image)
        check_healthy(guest, REPORT + " nokaslr case=" + case)
        names = lab.names_in_image(image, "/loader/entries")
        expect(names == ["arch-v1.conf", "arch-v2+0-1.conf"], f"the entries' files are {names}")
        path = told(guest).get("LoaderBootCountPath")
        wanted = (6, str16(r"\loader\entries\arch-v2+0-1.conf")) if case == "v2" else None
        expect(path == wanted, f"LoaderBootCountPath is {path}, not {wanted}")
    os.unlink(image)


def damaged(esp, name):
    """The newest entry, whose kernel is cut off."""
    esp.put("cut", lab.patched(KERNEL["file"], [])[:-5000000])
    esp.entry(name, "title Damaged", "sort-key a", "linux /cut")


@boots
def nobody_presses_a_key(esp):
    """The default's kernel is cut off: without a key the next entry boots, and the system is told of that one alone"""
    plain(esp, "sort-key b")
    damaged(esp, "newest+2")
    image = esp.image()
    guest = boot(esp, "--write", image=image)
    check_healthy(guest, REPORT + " nokaslr")
    expect(r"\cut: truncated" in guest.text, "the reason is not there")
    expect("press any key for the menu, or debian.conf boots in 10 s" in guest.text, "what follows is not there")
    names = lab.names_in_image(image, "/loader/entries")
    expect(names == ["debian.conf", "newest+1-1.conf"], f"the entries' files are {names}")
    os.unlink(image)
    expect("LoaderBootCountPath" not in told(guest), "the system is told of the entry that failed")
    expect(told(guest)["LoaderEntrySelected"] == (6, str16("debian.conf")), "another entry is told as booted")


@boots
def nothing_boots_and_nobody_is_there(esp):
    """Where nothing boots the machine starts anew while there are tries, and then goes back to firmware"""
    damaged(esp, "newest+1")
    esp.conf("timeout 1")
    image = esp.image()
    with Machine(esp, "--write", image=image) as machine:
        machine.wait_for("press any key for the menu, or the machine reboots in 1 s")
        machine.finish()
    names = lab.names_in_image(image, "/loader/entries")
    expect(names == ["newest+0-1.conf"], f"the entries' files are {names}")
    with Machine(esp, "--write", image=image) as machine:
        machine.wait_for("press any key for the menu, or firmware goes on in 1 s")
        machine.wait_for("BdsDxe: ")
    names = lab.names_in_image(image, "/loader/entries")
    expect(names == ["newest+0-2.conf"], f"the entries' files are {names}")
    os.unlink(image)


@boots
def a_kernel_that_panics_gives_way(esp):
    """A new kernel that panics before userspace is tried as often as its counter says; then the older one boots"""
    plain(esp, "sort-key a", "version 2", name="new+2", options="console=ttyS0 quiet nokaslr panic=-1 rdinit=/nowhere")
    plain(esp, "sort-key a", "version 1", name="old")
    guest = boot(esp, "--resets")
    check_healthy(guest, REPORT + " nokaslr")
    counted = re.findall(r"^berth: counted as (.*)$", guest.text, re.M)
    expect(counted == [r"\loader\entries\new+1-1.conf", r"\loader\entries\new+0-2.conf"], f"the tries were {counted}")
    expect(guest.text.count("Kernel panic") == 2, f"the kernel panicked {guest.text.count('Kernel panic')} times")
    expect(told(guest)["LoaderEntrySelected"][1] == str16("old.conf"), f"{told(guest)['LoaderEntrySelected']} was booted")


# ---- bad input: the reason, a key, the menu; then another entry boots ----


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


@boots
def bad_entries_then_a_good_one(esp):
    """Each bad entry tells its reason and leads back to the menu; after all of them another entry boots"""
    try_bad_entries(esp, BAD, "6G")


@boots
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


@boots
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


@boots
def strict_nx_firmware(esp):
    """Debian 13's OVMF that faults on writable code: the loader keeps to read-only code"""
    plain(esp)
    guest = boot(esp, "--ovmf", lab.script("fetch", "ovmf", "trixie"), "--strictnx")
    check_healthy(guest, REPORT + " nokaslr")
    check_kernel_at(guest, 4 * GIB)


@boots
def secure_boot_refuses(esp):
    """With Secure Boot on the handoff is refused with the reason, never made in silence"""
    plain(esp)
    keys = "/usr/share/ovmf/PkKek-1-snakeoil"
    key = os.path.join(esp.path, "key.pem")
    signed = os.path.join(esp.path, "signed.efi")
    subprocess.run(["openssl", "rsa", "-in", keys + ".key", "-passin", "pass:snakeoil", "-out", key], check=True,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["sbsign", "--key", key, "--cert", keys + ".pem", "--output", signed,
                    os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI")], check=True, stderr=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    esp.put("EFI/BOOT/BOOTX64.EFI", link=signed)
    with Machine(esp, "--secboot", "--vars", "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd") as machine:
        machine.wait_for("Secure Boot is on")
        machine.wait_for("press any key")
