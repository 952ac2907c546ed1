# SPDX-License-Identifier: BSD-2-Clause
"""Which entry boots: by configuration, by a person, by variables, and where nobody is there."""
import os
import re

import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, check_kernel_at, plain, str16, told, with_variables
from faults import expect_nothing_left
from lab import GIB, MIB, OLDER_OVMF, Guest, Machine, expect


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
    esp.put("loader/loader.conf", b"\xef\xbb\xbftimeout \"0\"\r\ndefault 'gen-299'\r\nlog \"normal\"\r\n")
    guest = boot(esp)
    check_healthy(guest, options)
    check_kernel_at(guest, 4 * GIB, 0x1f0000000)
    for part in ("kernel", "initrd", "handoff"):
        start, size = guest.placed(part)[:2]
        expect(start + size <= 0x1f0000000, f"{part} lies at {start:#x} in what memmap= takes")
    expect("$tuned_initrd" in guest.text, "the dropped word is not told")


@boots(waits=True)
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


@boots(waits=True)
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


@boots(waits=True)
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
    wanted = {
        "LoaderInfo": (6, str16("Berth " + lab.version())),
        "LoaderFeatures": (6, (0x3ffbff).to_bytes(8, "little")),
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


@boots(sampled=True)
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


@boots(waits=True)
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


@boots(sampled=True, waits=True)
def nobody_could_see_it(esp):
    """Neither a screen nor a serial line nor a keyboard: after the default's failure the next entry boots, as the files' names tell"""
    plain(esp, "sort-key b", name="debian+2", options=REPORT + " panic=-1")  # the guest has nowhere to say anything, and ends
    damaged(esp, "newest+2")
    image = esp.image()
    with Machine(esp, "--no-serial", "--write", image=image, more=("-machine", "i8042=off")) as machine:
        machine.finish()
    names = lab.names_in_image(image, "/loader/entries")
    expect(names == ["debian+1-1.conf", "newest+1-1.conf"], f"the entries' files are {names}")
    os.unlink(image)


@boots(sampled=True)
def a_failure_restarts_the_machine_at_once(esp):
    """`reboot-on-error yes`: each failure is a restart, without a key and without a wait, until its tries are used up; then another boots"""
    plain(esp, "sort-key b")
    damaged(esp, "newest+2")
    esp.conf("reboot-on-error yes")
    image = esp.image()
    guest = boot(esp, "--write", "--resets", image=image)
    check_healthy(guest, REPORT + " nokaslr")
    names = lab.names_in_image(image, "/loader/entries")
    expect(names == ["debian.conf", "newest+0-2.conf"], f"the entries' files are {names}")
    os.unlink(image)
    counted = re.findall(r"^berth: counted as (.*)$", guest.text, re.M)
    expect(counted == [r"\loader\entries\newest+1-1.conf", r"\loader\entries\newest+0-2.conf"], f"the tries were {counted}")
    expect(guest.text.count(r"\cut: truncated") == 2, "not each failure is told")
    expect("press any key" not in guest.text and "debian.conf boots" not in guest.text, "the machine has waited")


@boots(waits=True)
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
