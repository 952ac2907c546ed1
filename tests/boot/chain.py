# SPDX-License-Identifier: BSD-2-Clause
"""What Berth lets firmware start: programs, unified kernel images made of Debian's kernel and systemd's stub, and a kernel
by its own EFI stub. The booted system tells with what command line and initrds it came up.
"""
import os
import struct
import time

import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, plain, str16, told
from lab import Guest, Machine, expect

PROGRAM = os.path.join(lab.ROOT, "build/x86_64/tests/chain.efi")


def unified_image(sections, suite="trixie"):
    """systemd's stub with these (name, bytes) behind its own sections. Source: Microsoft PE Format, "Section Table"."""
    names = ("stub",) if suite == "trixie" else ("stub", suite)
    with open(os.path.join(lab.script("fetch", *names), "linuxx64.efi.stub"), "rb") as file:
        image = bytearray(file.read())
    pe = struct.unpack_from("<I", image, 0x3c)[0]
    count, optional = struct.unpack_from("<H", image, pe + 6)[0], struct.unpack_from("<H", image, pe + 20)[0]
    page, unit = struct.unpack_from("<II", image, pe + 24 + 32)
    address, head = struct.unpack_from("<II", image, pe + 24 + 56)
    table = pe + 24 + optional
    for name, data in sections:
        row = table + 40 * count
        expect(row + 40 <= head, "the stub's headers have no room for one more section")
        image += b"\0" * (-len(image) % unit)
        struct.pack_into("<8sIIIIIIHHI", image, row, name.encode(), len(data), address, len(data) + -len(data) % unit,
                         len(image), 0, 0, 0, 0, 0x40000040)
        image += data + b"\0" * (-len(data) % unit)
        address += len(data) + -len(data) % page
        count += 1
    struct.pack_into("<H", image, pe + 6, count)
    struct.pack_into("<I", image, pe + 24 + 56, address)
    return bytes(image)


def whole(path):
    with open(path, "rb") as file:
        return file.read()


def two_profiles(esp):
    """An image of Debian's kernel whose second profile has another command line; nothing else is on the volume."""
    esp.put("EFI/Linux/System-7+3.efi", unified_image([
        (".osrel", b'PRETTY_NAME="System 7"\nID=system\nVERSION_ID=7\n'),
        (".cmdline", (REPORT + " profile=main").encode()),
        (".uname", b"6.1"),
        (".initrd", whole(KERNEL["initrd"])),
        (".linux", whole(KERNEL["file"])),
        (".profile", b"ID=main\nTITLE=Main\n"),
        (".profile", b"ID=rescue\nTITLE=Rescue\n"),
        (".cmdline", (REPORT + " profile=rescue").encode()),
    ]))


@boots
def unified_image_by_its_second_profile(esp):
    """An image in \\EFI\\Linux with two profiles, alone on the volume: the second boots from the menu, with its command line"""
    two_profiles(esp)
    esp.conf("timeout menu-force", "auto-firmware no")
    with Machine(esp) as machine:
        machine.wait_for("> * System 7 (Main)")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   System 7 (Rescue)")
        machine.press("enter")
        guest = Guest(machine.finish())
    expect(guest.one("cmdline") == REPORT + " profile=rescue", f"/proc/cmdline is {guest.one('cmdline')!r}")
    variables = told(guest)
    expect(variables["LoaderEntries"][1] == str16("system-7.efi") + str16("system-7.efi@rescue"), variables["LoaderEntries"])
    expect(variables["LoaderEntrySelected"][1] == str16("system-7.efi@rescue"), variables["LoaderEntrySelected"])


@boots(sampled=True)
def unified_image_edited(esp):
    """The second profile again: e shows its command line, and what is typed behind it boots"""
    two_profiles(esp)
    esp.conf("timeout menu-force", "auto-firmware no")
    with Machine(esp) as machine:
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   System 7 (Rescue)")
        machine.press("e")
        machine.wait_for("profile=rescue")
        machine.press(" edited=yes")
        machine.press("enter")
        guest = Guest(machine.finish())
    expect(guest.one("cmdline") == REPORT + " profile=rescue edited=yes", f"/proc/cmdline is {guest.one('cmdline')!r}")


@boots(sampled=True)
def unified_image_by_default(esp):
    """The same without a word: the first profile boots at once, with the command line that is in the image"""
    two_profiles(esp)
    guest = boot(esp)
    expect(guest.one("cmdline") == REPORT + " profile=main", f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect("Enter" not in guest.text, "a menu was shown")
    expect(told(guest)["LoaderEntrySelected"][1] == str16("system-7.efi"), "another entry was told")


@boots(waits=True)
def program_that_comes_back(esp):
    """A program of `efi` is passed its options and comes back to the menu, with the reason if it failed; then Linux boots"""
    plain(esp, "sort-key z")
    esp.put("tools/chain.efi", link=PROGRAM)
    esp.entry("a", "title A", "sort-key a", "efi /tools/chain.efi", "options -x grüße  \"two words\"")
    esp.entry("b", "title B", "sort-key b", "efi \\tools\\chain.efi", "options !")
    esp.entry("c", "title C", "sort-key c", "efi /EFI/BOOT/BOOTX64.EFI")
    esp.entry("d", "title D", "sort-key d", "efi /nowhere.efi")
    esp.conf("timeout 60")
    with Machine(esp) as machine:
        machine.wait_for("> * A")
        machine.press("enter")
        machine.wait_for('chain: passed "-x gr')
        machine.wait_for('  "two words""')
        machine.wait_for("> * A")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   B")
        machine.press("enter")
        machine.wait_for('chain: passed "!"')
        machine.wait_for("\\tools\\chain.efi came back with an error: aborted")
        machine.wait_for("press any key")
        machine.press("k")
        machine.wait_for(">   B")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   Debian")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " nokaslr")
    expect("Boots in" not in guest.text[guest.text.index("chain: passed"):], "there was a countdown after a program")
    entries = b"".join(str16(name) for name in ("a.conf", "b.conf", "debian.conf", "auto-reboot-to-firmware-setup"))
    expect(told(guest)["LoaderEntries"][1] == entries, f"the entries are {told(guest)['LoaderEntries'][1]}")


@boots(sampled=True, waits=True)
def a_key_without_a_menu_boots_its_entry(esp):
    """No timeout, and the key 2 is held down while firmware starts: the second entry starts, and no menu shows before it does"""
    plain(esp, "sort-key a")
    esp.put("tools/chain.efi", link=PROGRAM)
    esp.entry("b", "title B", "sort-key b", "efi /tools/chain.efi", "options second")
    with Machine(esp) as machine:
        while not any(words in machine.text() for words in ("chain: passed", "berth: ")) and machine.process.poll() is None:
            machine.process.stdin.write(b"2")  # as often as a keyboard repeats a key
            machine.process.stdin.flush()
            time.sleep(0.03)
        machine.wait_for('chain: passed "second"')
        before = machine.text()[:machine.text().index("chain: passed")]
        expect("Enter boot" not in before, "a menu showed first")
        machine.wait_for("Enter boot")
        machine.press("Q")


@boots
def kernel_by_its_stub(esp):
    """`handoff stub`: Debian's kernel, started by its EFI stub, has both initrds, and nothing of them on its command line"""
    data = os.urandom(54321)
    plain(esp, "initrd \\extra.cpio", "handoff stub")
    esp.put("extra.cpio", lab.data_archive("extra", data))
    guest = boot(esp)
    expect(guest.one("cmdline") == REPORT + " nokaslr", f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")
    size = guest.param(0x21c, 4) | guest.param(0xc4, 4) << 32
    first, second = (os.path.getsize(os.path.join(esp.tree, name)) for name in ("initrd.cpio", "extra.cpio"))
    expect(size == (first + 3) // 4 * 4 + second, f"the initrd has {size} bytes, of {first} and {second}")
    expect(told(guest)["LoaderEntrySelected"][1] == str16("debian.conf"), "another entry was told")


@boots
def program_that_firmware_does_not_find(esp):
    """LoadImage finds no file by its path, as with AMI's CD-ROMs: Debian's kernel is loaded from memory, and its stub runs"""
    plain(esp, "handoff stub")
    esp.shape("paths fail")
    guest = boot(esp)
    expect(guest.one("cmdline") == REPORT + " nokaslr", f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect("does not load it by its path (not found): loaded from memory" in guest.text, "the log does not tell")


@boots(sampled=True)
def reboot_and_power_off_from_the_menu(esp):
    """auto-reboot starts the machine anew, with Berth again; auto-poweroff switches it off"""
    plain(esp)
    esp.conf("timeout menu-force", "auto-firmware no", "auto-reboot yes", "auto-poweroff yes")
    with Machine(esp, more=("-action", "reboot=reset")) as machine:  # scripts/qemu has it end there
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   Power Off The System")
        machine.press("down")
        machine.wait_for(">   Reboot The System")
        machine.press("enter")
        machine.wait_for("> * Debian")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   Power Off The System")
        machine.press("enter")
        machine.finish()


@boots(sampled=True)
def unified_image_with_files_beside_it(esp):
    """`extra` of an image with systemd 262's stub: the system finds a credential, a sysext and a confext in /.extra, with their modes"""
    osrel = b'PRETTY_NAME="System 7"\nID=system\n'
    esp.put("images/system.efi", unified_image([
        (".osrel", osrel), (".cmdline", REPORT.encode()), (".uname", b"6.1"), (".initrd", whole(KERNEL["initrd"])),
        (".linux", whole(KERNEL["file"]))], suite="sid"))
    secret, system, configuration = b"a secret", os.urandom(123457), os.urandom(4096)
    esp.put("extra/own.cred", secret)
    esp.put("extra/tools.sysext.raw", system)
    esp.put("extra/etc.Confext.RAW", configuration)
    esp.entry("system", "uki /images/system.efi", "extra /extra/tools.sysext.raw", "extra /extra/own.cred", "extra /extra/odd.txt",
              "extra /extra/etc.Confext.RAW")
    guest = boot(esp)
    found = {line.split()[0]: line.split()[1:] for line in guest.all("extra")}
    for path, mode, data in (("credentials/own.cred", "400", secret), ("sysext/tools.sysext.raw", "444", system),
                             ("confext/etc.Confext.RAW", "444", configuration)):
        expect(found.get(path) == [mode, *lab.described(path, data).split()[1:]], f"{path}: {found}")
    expect(found.get("credentials") == ["500"] and found.get("sysext") == ["555"] and found.get("confext") == ["555"], f"{found}")
    expect('extra "/extra/odd.txt" is not a *.cred' in guest.text, "the log does not tell of what it left out")
