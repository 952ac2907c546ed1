# SPDX-License-Identifier: BSD-2-Clause
"""What systemd's tools make of the loader: a Debian with systemd, started by firmware and Berth, uses them unchanged.

The commands stand in STEPS, one list a boot; each list ends in the way in which the machine is started again. What they
said is read from the console.
"""
import hashlib
import os
import re
import subprocess
import time

import boots
import lab
import signed
import tpm
import volumes
from chain import whole
from lab import Machine, expect

PARTITION, ROOT = "0a1b2c3d-4e5f-4678-9abc-def012345678", "11111111-2222-4333-8444-555555555555"
BOOT = "22222222-3333-4444-8555-666666666666"
BLESS = "/lib/systemd/systemd-bless-boot status"
# Runs one list a boot: each command with its words, what it says, and its status.
RUNNER = """
step=$(cat /var/step 2>/dev/null || echo 0)
echo $((step + 1)) >/var/step
sync
do_it() {
	echo "guest: run $*"
	"$@" 2>&1 | sed 's/^/guest: | /'
	echo "guest: status ${PIPESTATUS[0]}"
}
variable() { # one string, or several, with a blank between them
	echo "guest: variable $1 $(cat "/sys/firmware/efi/efivars/$1-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" |
		tail -c +5 | sed 's/\\x00\\x00\\x00/\\x00 /g' | tr -d "\\000" | sed 's/ $//')"
}
echo "guest: boot $step"
variable LoaderEntrySelected
case "$step" in
"""


def steps(lists):
    body = "".join(f"{i})\n" + "\n".join(("do_it " if not words.startswith("variable ") else "") + words for words in words_of) +
                   "\n;;\n" for i, words_of in enumerate(lists))
    return RUNNER + body + "*) poweroff -ff ;;\nesac\n"


class Run:
    """The boots of one guest, each with what its commands said."""

    def __init__(self, text):
        self.text = text
        self.boots = [part.split("guest: done")[0] for part in text.split("guest: boot ")[1:]]

    def variable(self, boot, name):
        found = re.findall(rf"^guest: variable {name} ?(.*)$", self.boots[boot], re.M)
        expect(found, f"boot {boot} does not tell {name}")
        return found[0]

    def selected(self, boot):
        return self.variable(boot, "LoaderEntrySelected")

    def said(self, boot, command):
        """What the command printed; it must have succeeded."""
        found = re.search(rf"^guest: run {re.escape(command)}$\n(.*?)^guest: status (\d+)$", self.boots[boot], re.M | re.S)
        expect(found, f"boot {boot} never ran {command}; the console ended with:\n" + self.text[-1500:])
        said = "\n".join(line[9:] for line in found[1].splitlines() if line.startswith("guest: | "))
        expect(found[2] == "0", f"{command} ended with status {found[2]}: {said}")
        return said


def guest_disk(esp, suite, lists, more, boot=None, masked=()):
    """
    A disk with the ESP and the guest's root, which has @more, (file here, path there), and runs these lists.
    @boot: a tree for an XBOOTLDR partition with ext4; it has the kernel then, and the root an empty /boot.
    @masked: units that do not run until somebody unmasks them.
    """
    guest = lab.script("guest", suite)
    root = os.path.join(esp.path, "root.ext4")
    subprocess.run(["cp", "--sparse=always", os.path.join(guest, "root.ext4"), root], check=True)
    if more:
        room = sum(os.path.getsize(file) for file, _ in more) + 512 * lab.MIB
        os.truncate(root, os.path.getsize(root) + room)
        subprocess.run(["/sbin/resize2fs", "-f", root], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    files = [(write(esp, steps(lists)), "steps"), *more]
    # systemd-gpt-auto-generator mounts where nothing is.
    gone = [f"rm /boot/{name}\n" for name in files_of_boot(root)] if boot else []
    gone += [f"symlink /etc/systemd/system/{unit} /dev/null\n" for unit in masked]
    subprocess.run(["/sbin/debugfs", "-w", "-f", "-", root], check=True, text=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, input="".join([*(f"write {file} {path}\n" for file, path in files), *gone]))
    for name in ("vmlinuz", "initrd.img"):
        (boot or esp).put(name, link=os.path.join(guest, name))
    partitions = [(lab.TYPE_ESP, PARTITION, volumes.image_of(esp)), (lab.TYPE_ROOT, ROOT, root)]
    if boot:
        partitions.insert(1, (lab.TYPE_XBOOTLDR, BOOT, volumes.ext4_of(esp, boot)))
    return volumes.disk_of(esp, *partitions)


def files_of_boot(root):
    """The names of the files in /boot of an ext4 image."""
    listed = subprocess.run(["/sbin/debugfs", "-R", "ls -p /boot", root], check=True, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    return re.findall(r"^/\d+/100\d+/\d+/\d+/([^/]+)/", listed, re.M)


def file_of(root, path):
    """A file of a guest's root; empty where there is none."""
    return subprocess.run(["/sbin/debugfs", "-R", f"cat {path}", root], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def write(esp, text):
    path = os.path.join(esp.path, "steps")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def entries(esp, *names, counters=""):
    """@counters: of the first."""
    for name in names:
        esp.entry(name + (counters if name == names[0] else ""), f"title The {name}", f"sort-key {name}", "linux /vmlinuz",
                  "initrd /initrd.img", f"options {options(name)}")


def run(esp, suite, lists, timeout, more=(), start=(), machine=(), keys=None, **disk_has):
    """
    @more, @disk_has: see guest_disk(). @start: options of scripts/qemu. @machine: of QEMU itself. @keys: presses them, on
    the machine that it gets, before its end is waited for.
    """
    disk = guest_disk(esp, suite, lists, more, **disk_has)
    with Machine(esp, "--resets", *start, memory="3G", timeout=timeout, image=disk, more=machine) as machine:
        if keys is not None:
            keys(machine)
        found = Run(machine.finish())
    os.unlink(disk)
    return found


FIRMWARE = "Firmware: UEFI 2.70 (Debian distribution of EDK II 1.00)\n"


def check_252(found):
    status = found.said(0, "bootctl status")
    for words in (FIRMWARE, "Product: Berth 0.1", "✓ One-shot entry control", "✓ Boot counting", "✓ Menu timeout control",
                  "✓ Support @saved pseudo-entry", f"ESP: /dev/disk/by-partuuid/{PARTITION}", "File: └─/EFI/BOOT/BOOTX64.EFI\n",
                  "File: └─/EFI/BOOT/BOOTX64.EFI (Berth 0.1)"):
        expect(words in status, f"bootctl status does not say {words!r}:\n{status}")
    listed = found.said(0, "bootctl list")
    expect("title: The first (default) (selected)\n" in listed, f"bootctl list says:\n{listed}")
    expect("not reported" not in listed, f"bootctl list has entries that the loader has not told:\n{listed}")
    # The loader counts the try before it starts the kernel; systemd-bless-boot.service takes the counters away.
    expect(r"berth: counted as \loader\entries\first+2-1.conf" in found.text, "the loader has not counted its try")
    expect(found.said(0, BLESS) == "good", "the boot is not blessed")
    expect(found.said(0, "ls /efi/loader/entries").split() == ["first.conf", "second.conf", "third.conf"],
           "the entries are " + found.said(0, "ls /efi/loader/entries"))
    wanted = ["first", "second", "third", "first", "third", "first"]
    selected = [found.selected(boot) for boot in range(len(found.boots))]
    expect(selected == [name + ".conf" for name in wanted], f"booted were {selected}")
    expect("Boots in 3 s" in found.text, "the menu did not show for the three seconds that were asked for once")
    expect("Boots in 5 s" in found.text, "the menu did not show for the five seconds that logind asked for")


@boots.boots(sampled=True, large=True)
def systemd_252(esp):
    """Debian 12's bootctl and logind: status, list, default, one-shot, timeouts and reboots to an entry work unchanged"""
    entries(esp, "first", "second", "third", counters="+3")
    found = run(esp, "bookworm", [
        ["bootctl status", "bootctl list", BLESS, "ls /efi/loader/entries", "bootctl set-oneshot second.conf", "systemctl reboot"],
        ["bootctl set-default third.conf", "systemctl reboot"],
        ["systemctl reboot --boot-loader-entry=first.conf"],
        ["bootctl set-timeout-oneshot 3", "systemctl reboot"],
        ["bootctl set-default @saved", "bootctl set-oneshot first.conf", "systemctl reboot --boot-loader-menu=5"],
        ["poweroff -ff"],
    ], 1200)
    check_252(found)


SEED, NAMES = "md5sum /efi/loader/random-seed", "ls /efi/loader/entries"


SPAN = r"(?:[0-9]+min )?[0-9.]+m?s"
RENEWS, BLESSES = "systemd-boot-random-seed.service", "systemd-bless-boot.service"


def check_times_seed_and_tries(found):
    times = re.search(rf"^Startup finished in {SPAN} \(firmware\) \+ {SPAN} \(loader\) \+ ", found.said(0, "systemd-analyze time"), re.M)
    expect(times, found.said(0, "systemd-analyze time"))
    expect(found.said(0, SEED) != found.said(1, SEED), "the loader has left the seed as it was")
    # Nobody blesses the first try, which stays as the loader left it; the next has come up, too, and is blessed.
    for boot, state, name in ((0, "indeterminate", "first+2-1.conf"), (1, "good", "first.conf")):
        expect(found.said(boot, BLESS) == state and found.said(boot, NAMES).split() == [name], f"{name} is {found.said(boot, BLESS)}")
    expect(r"berth: counted as \loader\entries\first+1-2.conf" in found.text, "the second try is not counted")
    expect("Boots in 4 s" in found.text, "the menu did not show for the four seconds that are set")
    expect(re.search(r"efi: .*\bRNG=0x", found.said(1, "dmesg --level info")), "Linux has found no table with a seed")


def times_seed_and_tries(esp, suite):
    """@suite: of the guest. Its own service that renews the seed at each boot, since systemd 253, does not run at the second."""
    entries(esp, "first", counters="+3")
    found = run(esp, suite, [
        ["systemctl is-system-running --wait", "systemd-analyze time", f"systemctl mask {RENEWS}", "bootctl random-seed", SEED,
         "bootctl set-timeout 4", BLESS, NAMES, f"systemctl unmask {BLESSES}", "systemctl reboot"],
        [SEED, NAMES, BLESS, "dmesg --level info", "poweroff -ff"],
        # In a virtual machine the CPU's counter tells nothing, and no time is told.
    ], 900, masked=(BLESSES,), start=("--cpu", "max,-hypervisor"))
    check_times_seed_and_tries(found)


@boots.boots(sampled=True, large=True)
def systemd_times_seed_and_tries(esp):
    """systemd-analyze has the loader's time, bootctl's seed is renewed and used, a try is known as one until it is blessed, and set-timeout shows the menu"""
    times_seed_and_tries(esp, "bookworm")


@boots.boots(sampled=True, large=True)
def newest_times_seed_and_tries(esp):
    """The same of Debian's newest systemd: the loader's time, the seed, a try before and after it is blessed, set-timeout"""
    times_seed_and_tries(esp, "sid")


EVENT_LOG = "tpm2_eventlog /sys/kernel/security/tpm0/binary_bios_measurements"


def check_event_log(esp, found):
    """What tpm2_eventlog(1) makes of the log: the TPM's own registers, and each of the loader's events with its sum."""
    told, registers = found.said(0, EVENT_LOG), found.said(0, "tpm2_pcrread sha256")
    said, has = (dict(re.findall(r"^ +(\d+) *: 0x([0-9A-Fa-f]{64})$", text, re.M)) for text in (told.split("\npcrs:")[-1], registers))
    for number in ("1", "4", "5", "7", "9", "12"):
        expect(said.get(number, "").lower() == has[number].lower() != 64 * "0",
               f"PCR {number}: the log gives {said.get(number)}, the TPM has {has[number]}")
    events = [(int(number), kind, digest) for number, kind, digest in re.findall(
        r"^- EventNum: \d+$\n^ +PCRIndex: (\d+)$\n^ +EventType: (\w+)$.*?AlgorithmId: sha256$\n^ +Digest: \"([0-9a-f]{64})\"$", told, re.M | re.S)]
    command = tpm.wide(options("first"))
    wanted = [(5, "EV_EVENT_TAG", whole(os.path.join(esp.tree, "loader/loader.conf"))), (12, "EV_IPL", command),
              (9, "EV_EVENT_TAG", command), (9, "EV_EVENT_TAG", whole(os.path.join(esp.tree, "initrd.img")))]
    for number, kind, measured in wanted:
        expect(events.count((number, kind, hashlib.sha256(measured).hexdigest())) == 1, f"PCR {number} has no such event:\n{told}")
    kernel = signed.authenticode(whole(os.path.join(esp.tree, "vmlinuz"))).hex()
    expect((4, "EV_EFI_BOOT_SERVICES_APPLICATION", kernel) in events, f"PCR 4 has no event of the kernel:\n{told}")


def event_log_of(esp, suite):
    entries(esp, "first")
    with tpm.Tpm(esp.path) as chip:
        found = run(esp, suite, [[EVENT_LOG, "tpm2_pcrread sha256", "poweroff -ff"]], 600, machine=chip.options)
    check_event_log(esp, found)


@boots.boots(sampled=True, large=True)
def tpm2_eventlog_of_a_guest(esp):
    """tpm2_eventlog of Debian 12's tpm2-tools reads the log that Linux was handed: its registers are the TPM's, and all of the loader's events are in it"""
    event_log_of(esp, "bookworm")


@boots.boots(sampled=True, large=True)
def tpm2_eventlog_of_the_newest_guest(esp):
    """The same of Debian's newest tpm2-tools, beside its newest systemd: the log's registers are the TPM's, and the events are there"""
    event_log_of(esp, "sid")


def check_newest(found):
    status = found.said(0, "bootctl status")
    for words in (FIRMWARE, "Product: Berth 0.1", "Current Entry: first.conf", "✓ One-shot entry control", "✓ Boot counting",
                  f"Partition: /dev/disk/by-partuuid/{PARTITION}\n", "/EFI/BOOT/BOOTX64.EFI (Berth 0.1)"):
        expect(words in status, f"bootctl status does not say {words!r}:\n{status}")
    expect("not reported" not in found.said(0, "bootctl list"), "bootctl list has entries that the loader has not told")
    selected = [found.selected(boot) for boot in range(len(found.boots))]
    expect(selected == [f"{name}.conf" for name in ("first", "second", "third", "first", "second")], f"booted were {selected}")
    expect("Boots in 5 s" in found.text, "the menu did not show for the five seconds that logind asked for")
    expect("Boots in 2 s" in found.text, "the menu did not show for the two seconds that were asked for once")


FORCE = "bootctl set-timeout menu-force"


def at_a_forced_menu(machine):
    """Boots the row above the default when a menu has shown, and counted no seconds, for some time."""
    machine.wait_for(f"guest: run {FORCE}")
    start = machine.seen
    machine.wait_for("> * The third")
    machine.wait_for("Enter boot")
    time.sleep(10)
    text = machine.text()[start:]
    expect("Boots in" not in text and "guest: boot" not in text, f"the menu has not waited: {text}")
    machine.press("k")
    machine.wait_for(">   The second")
    machine.press("enter")


@boots.boots(sampled=True, large=True)
def systemd_newest(esp):
    """Debian's newest systemd: bootctl knows the loader by its file and its variables, and is obeyed; logind as well"""
    entries(esp, "first", "second", "third")
    found = run(esp, "sid", [
        ["bootctl status", "bootctl list", "bootctl set-preferred second.conf", "systemctl reboot"],
        ["bootctl set-oneshot third.conf", "systemctl reboot --boot-loader-menu=5"],
        ["bootctl set-timeout-oneshot 2", "systemctl reboot --boot-loader-entry=first.conf"],
        ["bootctl set-preferred ''", "bootctl set-default third.conf", FORCE, "systemctl reboot"],
        ["poweroff -ff"],
    ], 1800, keys=at_a_forced_menu)
    check_newest(found)


# A machine with much to do gives QEMU's timer too few turns for what Linux tries of it.
ON_A_BUSY_HOST = "no_timer_check"


def options(name):
    return f"console=ttyS0 quiet root=PARTUUID={ROOT} nokaslr {ON_A_BUSY_HOST} entry={name}"


ESP = '"$(bootctl --print-esp-path)"'  # where the guest has mounted it


def install(layout, version, name):
    """Has kernel-install(8) add the ESP's kernel and initrd under this version, with options that have this name, and boots it once."""
    suffix, generator = {"bls": ("conf", ""), "uki": ("efi", "\\nuki_generator=ukify")}[layout]
    return [f"sh -c 'printf \"layout={layout}{generator}\\n\" >/etc/kernel/install.conf'",
            f"sh -c 'echo {options(name)} >/etc/kernel/cmdline'",
            f"kernel-install --verbose add {version} {ESP}/vmlinuz {ESP}/initrd.img",
            f"find {ESP}/loader/entries {ESP}/EFI/Linux",
            f'bootctl set-oneshot "$(cat /etc/machine-id)-{version}.{suffix}"', "systemctl reboot"]


@boots.boots(sampled=True, large=True)
def kernel_install_of_both_layouts(esp):
    """Debian's newest kernel-install: what it adds in the layouts bls and uki, the latter made by ukify, with tries, is listed, counted, and boots"""
    entries(esp, "first")
    esp.put("room", bytes(96 * lab.MIB))  # the disk gets it, and the guest uses it
    found = run(esp, "sid", [
        [f"rm {ESP}/room", f"mkdir -p /etc/kernel {ESP}/EFI/Linux", "sh -c 'echo 3 >/etc/kernel/tries'", *install("bls", "9.9.9", "bls")],
        ["cat /proc/cmdline", "variable LoaderBootCountPath", "cat /etc/machine-id", *install("uki", "9.9.10", "uki")],
        ["cat /proc/cmdline", "variable LoaderBootCountPath", "bootctl list", "poweroff -ff"],
    ], 1200)
    machine = found.said(1, "cat /etc/machine-id").strip()
    expect([found.selected(boot) for boot in range(3)] == ["first.conf", f"{machine}-9.9.9.conf", f"{machine}-9.9.10.efi"],
           f"booted were {[found.selected(boot) for boot in range(3)]}")
    for boot, name, path in ((1, "bls", rf"\loader\entries\{machine}-9.9.9+2-1.conf"), (2, "uki", rf"\EFI\Linux\{machine}-9.9.10+2-1.efi")):
        expect(options(name) in found.said(boot, "cat /proc/cmdline"), found.said(boot, "cat /proc/cmdline"))
        expect(found.variable(boot, "LoaderBootCountPath") == path, found.variable(boot, "LoaderBootCountPath"))
    expect("not reported" not in found.said(2, "bootctl list"), "bootctl list has entries that the loader has not told")
    expect("60-ukify.install' succeeded" in found.said(1, "kernel-install --verbose add 9.9.10 /efi/vmlinuz /efi/initrd.img"),
           "another program has made the image: " + found.boots[1])
