#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the packages say of themselves, without building them: one version everywhere, a package for every loader, and no
file of `make install` that is in none. scripts/packages builds and installs them.
"""
import datetime
import json
import os
import re
import subprocess
import tempfile

from tap import ROOT, Ran, expect, run_tests


def text_of(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


def defined(name):
    return re.search(rf'^#define {name} +"(.*)"$', text_of("base/version.h"), re.M)[1]


def made(*words):
    done = subprocess.run(["make", "-s", "--no-print-directory", *words], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    expect(done.returncode == 0, done.stdout)
    return done.stdout.strip()


def paragraphs(path):
    """Of a file in Debian's form, each paragraph's fields."""
    return [dict(re.findall(r"^(\S+): *(.*)$", part, re.M)) for part in text_of(path).split("\n\n")]


def machines():
    return [line.split()[:2] for line in subprocess.run(
        [os.path.join(ROOT, "scripts/machines")], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()]


def loaders():
    """{CPU: Debian's name of it} as debian/rules has them."""
    words = re.search(r"^LOADERS := (.*)$", text_of("debian/rules"), re.M)[1].split()
    return {cpu: debian for debian, cpu in (word.split("/") for word in words)}


def the_version_is_said_the_same_everywhere():
    """base/version.h, berth --version, both changelogs and the README name one version, and the changelogs its day"""
    version, day = defined("BERTH_VERSION"), defined("BERTH_RELEASED")
    Ran("--version").expect(0, f"berth {version}\n")
    first = re.search(r"^## (\S+) \((\S+)\)$", text_of("CHANGELOG.md"), re.M)
    expect(first and first.groups() == (version, day), f"CHANGELOG.md begins with {first and first[0]}, not {version} ({day})")
    head = re.match(r"(\S+) \((\S+)-([^-)]+)\) ", text_of("debian/changelog"))
    expect(head and head.groups()[:2] == ("berth", version), f"debian/changelog begins with {head and head[0]}, not {version}")
    stamp = re.search(r"^ -- .*  (.*)$", text_of("debian/changelog"), re.M)[1]
    told = datetime.datetime.strptime(stamp, "%a, %d %b %Y %H:%M:%S %z").strftime("%Y-%m-%d")
    expect(head[3] != "0berth1" or told == day, f"debian/changelog is of {told}, not {day}")
    said = set(re.findall(r"Berth (\d[\d.]*\d)\b", text_of("README.md")))
    expect(said == {version}, f"README.md has {said}")


def every_loader_is_in_a_package_of_its_own():
    """Each CPU of base/machines.def has a package, which debian/rules fills"""
    ours = loaders()
    expect(sorted(ours) == sorted(cpu for cpu, _ in machines()), f"debian/rules has {sorted(ours)}")
    named = {fields["Package"] for fields in paragraphs("debian/control") if "Package" in fields}
    expect({f"berth-efi-{debian}" for debian in ours.values()} | {"berth"} <= named, named)
    templates = {name for name in named if name.endswith("-signed-template")}
    expect(templates and templates == {f"{name}-signed-template" for name in named} & named, templates)


def packages_together_have_what_make_install_has():
    """The parts that debian/rules calls install what make install does, file for file, and no part the file of another"""
    with tempfile.TemporaryDirectory() as work:
        def tree(name):
            at = os.path.join(work, name)
            return {os.path.relpath(os.path.join(folder, file), at) for folder, _, files in os.walk(at) for file in files}

        calls = re.findall(r"call into,.*?(?:ARCH=\$\(call cpu,\$\(l\)\) )?(install-\w+)((?: \w+=\S+)*)\)", text_of("debian/rules"))
        expect(sorted(name for name, _ in calls) == ["install-command", "install-loader"], calls)
        folders = [word for _, words in calls for word in words.split()]  # those that Debian has for others
        made("install", f"DESTDIR={work}/whole", "PREFIX=/usr", *folders)
        made("install-command", f"DESTDIR={work}/command", "PREFIX=/usr", *folders)
        parts = [tree("command")]
        for cpu, file in machines():
            made(f"ARCH={cpu}", "install-loader", f"DESTDIR={work}/{cpu}", "PREFIX=/usr")
            parts.append(tree(cpu))
            where = made(f"ARCH={cpu}", "where-loader", "PREFIX=/usr")
            expect(parts[-1] == {where.lstrip("/")} and where.endswith("/" + file), f"{parts[-1]}, {where}")
        expect(sum(map(len, parts)) == len(set().union(*parts)) and set().union(*parts) == tree("whole"), parts)


def nothing_runs_when_a_package_is_installed():
    """debian/ has no script of a maintainer's, no trigger and no file that debhelper makes one of"""
    found = sorted(name for name in os.listdir(os.path.join(ROOT, "debian"))
                   if re.search(r"(?:^|\.)(?:preinst|postinst|prerm|postrm|config|templates|triggers|service|timer|tmpfiles|"
                                r"sysusers|maintscript|udev|init|default|cron\.\w+)$", name))
    expect(not found, found)


def the_template_names_the_loader_and_its_version():
    """files.json and the source package in it name the loader as it is installed, and no word is left to fill in"""
    with tempfile.TemporaryDirectory() as work:
        where = made("ARCH=x86_64", "where-loader", "PREFIX=/usr")
        done = subprocess.run([os.path.join(ROOT, "debian/signing-template/make"), work, "amd64", where], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        expect(done.returncode == 0, done.stdout)
        at = os.path.join(work, "usr/share/code-signing/berth-efi-amd64-signed-template")
        listed = json.loads(text_of(at, "files.json"))
        expect(listed == {"packages": {"berth-efi-amd64": {"trusted_certs": [], "files": [
            {"sig_type": "efi", "file": where.lstrip("/")}]}}}, listed)
        version = re.match(r"\S+ \((\S+)\)", text_of("debian/changelog"))[1]
        files = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(at, "source-template")) for name in names]
        expect(len(files) >= 6 and not [path for path in files if re.search(r"@[A-Z]+@", text_of(path))], files)
        control = text_of(at, "source-template/debian/control")
        expect(f"berth-efi-amd64 (= {version})" in control and f"Built-Using: berth (= {version})" in control, control)
        changelog = text_of(at, "source-template/debian/changelog")
        expect(changelog.startswith(f"berth-efi-amd64-signed ({version.replace('-', '+')}) "), changelog)


run_tests([the_version_is_said_the_same_everywhere, every_loader_is_in_a_package_of_its_own,
           packages_together_have_what_make_install_has, nothing_runs_when_a_package_is_installed,
           the_template_names_the_loader_and_its_version])
