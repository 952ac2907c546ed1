# SPDX-License-Identifier: BSD-2-Clause
"""Who sits at the machine, at firmware's setup and in UEFI's shell, both typed on the serial console: what is demanded of
berth.sums is set, raised and cleared there, as docs/security.md says, and a running system can do none of that; and a
generation of SBAT that shim is told to revoke is refused.
"""
import os
import re
import time

import keys
import lab
import sums
from boots import boot, boots, check_healthy
from lab import Guest, Machine, expect
from signed import by_shim, check_secured, secured

BERTH, SHIM = "d7e85280-5e34-48c9-b575-1fb6e8ff7d03", "605dab50-e046-4300-abb6-3dd810dd8b23"
SBAT_LEVEL = "sbat,1,2099010100\nshim,4\ngrub,5\n{}\n"  # later than shim's own list, which it would put in its place
RUNNING = sums.LINE + " berth.demand"


def shell():
    return os.path.join(lab.script("fetch", "shell"), "shellx64.efi")


def types(machine, command):
    """A command of the shell, and what it says."""
    before = len(machine.text())
    machine.press(command + "\r")
    machine.wait_for("Shell> ")
    return re.sub(r"\s+", " ", machine.text()[before:])


def enter_shell(machine):
    machine.wait_for("to skip startup.nsh")
    machine.press("escape")
    machine.wait_for("Shell> ")


def by_shell(esp, options, *commands):
    """One start of the shell, which a key in db has signed, in the loader's place; what it says to the commands."""
    place = os.path.join(esp.tree, "EFI/BOOT/BOOTX64.EFI")
    loader = os.readlink(place)
    esp.put("EFI/BOOT/BOOTX64.EFI", link=keys.sign(shell(), os.path.join(esp.path, "shell.efi")))
    with Machine(esp, *options, memory="1G") as machine:
        enter_shell(machine)
        said = [types(machine, command) for command in commands]
        machine.press("reset -s\r")
        machine.finish()
    esp.put("EFI/BOOT/BOOTX64.EFI", link=loader)
    return said


def value(least):
    """As docs/security.md has it for setvar."""
    return "=H" + least.to_bytes(8, "little").hex()


def leads(machine, key, *words):
    """Firmware's pages lose a key that comes while they are drawn: it is pressed again until all words are there."""
    for _ in range(6):
        machine.press(key)
        end = time.monotonic() + 6
        while time.monotonic() < end:
            if all(each in machine.text()[machine.seen:] for each in words):
                machine.wait_for(words[-1])
                return
            time.sleep(0.2)
    raise lab.Failure(f"{key} does not lead to {words}; the console ended with:\n" + machine.tail())


def switch_secure_boot(machine, to):
    """From Berth's menu to firmware's setup, and in OVMF's pages to the box; ends with a reset."""
    while True:
        machine.press("down")
        if machine.wait_for(">   EFI Shell", ">   Reboot Into Firmware Interface") != ">   EFI Shell":
            break
    machine.press("enter")
    machine.wait_for("<Standard English>")
    leads(machine, "down", "This selection will")
    leads(machine, "enter", "Devices List", "Press ESC to exit.")
    pages = machine.text().rsplit("Devices List", 1)[1].split("Secure Boot Configuration")[0].count("►") - 1
    for _ in range(pages):
        leads(machine, "down", "<Enter>=Select Entry")
    leads(machine, "enter", "Secure Boot Mode", "F10=Save")
    leads(machine, "down", "<Spacebar>Toggle Checkbox")
    leads(machine, " ", "please reset the platform to take effect!")
    leads(machine, "enter", f"[{to}]", "Enable/Disable the")
    leads(machine, "escape", "Devices List", "Press ESC to exit.")
    leads(machine, "escape", "This selection will")
    for words in ("Boot Manager", "Boot Maintenance Manager", "Continue"):
        leads(machine, "down", words)
    leads(machine, "enter", "Press ENTER to reset")
    machine.press("enter")
    machine.wait_for("Enter boot")


def check_out_of_reach(guest):
    """The booted system, which is root, has tried: scripts/guest-init, demand()."""
    tried = guest.all("demand")
    expect([words.split()[0] for words in tried] == ["seen", "write-7", "write-3", "remove"], f"the system tried {tried}")
    expect(all(words.split()[1] == "no" for words in tried), f"the system reaches what is kept: {tried}")


@boots(sampled=True, waits=True)
def shell_clears_what_is_demanded(esp):
    """Secure Boot, berth.sums demanded: the running system neither sees, writes nor removes the demand; it is cleared by the shell when firmware's setup has Secure Boot off, and with Secure Boot on again the signed kernel boots that was refused"""
    options = (*secured(esp, options=RUNNING), "--keep-vars")
    esp.put("shellx64.efi", link=shell())
    keys.sums(esp, "--least", "4", version=5)
    guest = boot(esp, *options)
    sums.check_bound(guest, RUNNING)
    check_out_of_reach(guest)
    os.unlink(os.path.join(esp.tree, "loader/berth.sums"))
    sums.refused(esp, options, "berth: " + sums.REFUSED["deleted"].said, sums.NOTHING)
    esp.conf("timeout menu-force")
    with Machine(esp, *options, "--resets", memory="2G", timeout=240) as machine:
        machine.wait_for("Enter boot")
        switch_secure_boot(machine, to=" ")
        machine.press("down")
        machine.press("enter")
        enter_shell(machine)
        name = f"BerthSums -guid {BERTH}"
        kept = types(machine, "dmpstore " + name)
        expect("NV+BS" in kept and "04 00 00 00 00 00 00 00" in kept, f"the shell shows {kept!r}")
        types(machine, f"setvar {name} =")
        gone = types(machine, "dmpstore " + name)
        expect("04 00 00 00" not in gone, f"the shell still shows {gone!r}")
        machine.press("exit\r")
        machine.wait_for("Enter boot")
        switch_secure_boot(machine, to="X")
        machine.press("enter")
        machine.wait_for("guest: done")
        guest = Guest(machine.text())
    esp.conf()
    check_healthy(guest, RUNNING)
    check_secured(guest)
    # What the system could not do before it can do now that there is none: Berth does not take that for its own.
    expect("write-7 yes" in guest.all("demand"), f"the system tried {guest.all('demand')}")
    guest = boot(esp, *options)
    expect("berth: a running system has written BerthSums: it is removed, and says nothing" in guest.text, "the log does not tell")
    check_secured(guest)


@boots(sampled=True)
def shell_sets_and_raises_what_is_demanded(esp):
    """Secure Boot, the shell signed by a key in db: it sets and raises the version of berth.sums that is demanded, older ones are refused, and that version boots; it clears it, and a signed kernel boots without one"""
    options = (*secured(esp, options=sums.LINE), "--keep-vars")
    for least in (4, 300):
        by_shell(esp, options, f"setvar BerthSums -guid {BERTH} -bs -nv {value(least)}")
        keys.sums(esp, version=least - 1)
        sums.refused(esp, options, f"berth: {sums.SUMS}: has version {least - 1}, and at least {least} is demanded", sums.NOTHING)
    keys.sums(esp, version=300)
    sums.check_bound(boot(esp, *options))
    by_shell(esp, options, f"setvar BerthSums -guid {BERTH} =")
    os.unlink(os.path.join(esp.tree, "loader/berth.sums"))
    check_secured(boot(esp, *options))


# The lines of SBAT that are put at the end of shim's list, and what is said then: by shim, or by Berth.
REVOKED = {
    "berth": ("berth,2\nberth.sums,1", "Verification failed: (0x1A) Security Violation"),
    "sums": ("berth,1\nberth.sums,2", f"{sums.SUMS}: firmware does not trust it: security violation"),
}


def told_to_revoke(esp, options, lines):
    """The shell writes what shim keeps between two starts. As shim's own, it is out of reach for a running system."""
    level = SBAT_LEVEL.format(lines).encode()
    said = by_shell(esp, options, f"setvar SbatLevel -guid {SHIM} -bs -nv =H{level.hex()}", f"dmpstore SbatLevel -guid {SHIM}")
    expect("NV+BS" in said[-1] and f"DataSize = 0x{len(level):02X}" in said[-1], f"the shell shows {said[-1]!r}")


@boots(sampled=True)
def shell_has_shim_revoke_a_generation(esp):
    """Debian's shims, told by SbatLevel of Berth's next generation: they do not start Berth; of that of berth.sums: Berth refuses it; of the present ones: all boots"""
    for suite in ("trixie", "bullseye"):
        options = (*by_shim(esp, suite), "--keep-vars")
        esp.put("vmlinuz", link=keys.sign(sums.KERNEL["file"], os.path.join(esp.path, "vmlinuz")))
        keys.sums(esp)
        lines, words = REVOKED["berth"]
        told_to_revoke(esp, options, lines)
        with Machine(esp, *options, memory="2G") as machine:
            machine.wait_for(words)
            expect("Berth" not in machine.text() and "berth:" not in machine.text(), "Berth was started")
        lines, words = REVOKED["sums"]
        told_to_revoke(esp, options, lines)
        guest = boot(esp, *options, memory="2G")
        expect("berth: " + words in guest.text, f"the console does not say {words!r}")
        check_secured(guest)
        told_to_revoke(esp, options, "berth,1\nberth.sums,1")
        sums.check_bound(boot(esp, *options, memory="2G"))
