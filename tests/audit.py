"""`make audit`: the licences of all that the lock installs, a bill of materials of it, and advisories about it.

Licences and bill need no network. For advisories `uv audit` asks OSV; where that cannot be reached, it is said, and the
exit code is 2: nothing is known then. It is 1 where a licence is unknown or an advisory is open, else 0.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
LOCK, PROJECT, LICENCES = HOME / "requirements.lock", HOME / "pyproject.toml", HOME / "tests/licences.csv"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VIA = re.compile(r"^    # (?:  |via )(\S+)(?: \(pyproject\.toml(:dev)?\))?$", re.MULTILINE)
OF_THE_PROJECT = "xianbao"
GOOD, FAULTS, NOT_ASKED = 0, 1, 2
SAID = {GOOD: "no advisory", FAULTS: "advisories are open", NOT_ASKED: "no source of advisories was reached"}


@dataclass(frozen=True)
class Package:
    """A line of the lock: its files' SHA-256, and which packages ask for it (`via`)."""

    name: str
    version: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its address in a bill of materials."""
        return f"pkg:pypi/{self.name}@{self.version}"


def packages(lock: str) -> list[Package]:
    """The packages of a lock as `make lock` writes it, by name."""
    starts = [*PINNED.finditer(lock)]
    ends = [*(one.start() for one in starts[1:]), len(lock)]
    found = []
    for one, end in zip(starts, ends, strict=True):
        part = lock[one.start() : end]
        via = tuple(f"{by}{group}" for by, group in VIA.findall(part))
        found.append(Package(one[1].lower().replace("_", "-"), one[2], tuple(HASH.findall(part)), via))
    return found


def known_licences() -> dict[str, str]:
    """What packages say of their licence, and what that is in SPDX: the list of those that are allowed."""
    with LICENCES.open(encoding="utf-8", newline="") as file:
        return {line["said"]: line["spdx"] for line in csv.DictReader(file)}


def said_licence(about: Any) -> str:
    """What a package says: an expression, or the classifiers, or a line; blank where it says none of these."""
    kinds = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License :: ")]
    line = str(about.get("License") or "")
    return str(about.get("License-Expression") or "; ".join(kinds) or ("" if "\n" in line else line))


def licences(of: Iterable[Package]) -> tuple[dict[str, str], list[str]]:
    """The licence of each package in SPDX, and what is wrong: not installed as locked, or said otherwise than known."""
    known, found, wrong = known_licences(), {}, []
    for one in of:
        try:
            there = metadata.distribution(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} {one.version} is not installed")
            continue
        said = said_licence(there.metadata)
        if there.version != one.version:
            wrong.append(f"{one.name} is installed as {there.version}, and locked as {one.version}")
        elif said in known:
            found[one.name] = known[said]
        else:
            wrong.append(f"{one.name} {one.version}: its licence is not in tests/licences.csv: {said!r}")
    return found, wrong


def needed(of: Iterable[Package]) -> set[str]:
    """The names of those that run, not only test or build."""
    asked: dict[str, list[str]] = {}
    for one in of:
        for by in one.via:
            asked.setdefault(by, []).append(one.name)
    found: set[str] = set()
    left = [OF_THE_PROJECT]
    while left:
        new = set(asked.get(left.pop(), ())) - found
        found |= new
        left += new
    return found


def bill(of: list[Package], licence: Mapping[str, str], project: Mapping[str, Any]) -> dict[str, Any]:
    """The bill of materials in CycloneDX 1.6; the same lock gives the same bill."""
    runs = needed(of)
    root = f"pkg:pypi/{project['name']}@{project['version']}"
    asks: dict[str, list[str]] = {root: [one.purl for one in of if OF_THE_PROJECT in one.via]}
    for one in of:
        asks[one.purl] = [other.purl for other in of if one.name in other.via]
    digest = hashlib.sha256(json.dumps([vars(one) for one in of]).encode()).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{root}#{digest}')}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": root, "name": project["name"], "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}], "purl": root,
            }
        },
        "components": [
            {
                "type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version,
                "scope": "required" if one.name in runs else "excluded",
                "hashes": [{"alg": "SHA-256", "content": content} for content in one.hashes],
                **({"licenses": [{"expression": licence[one.name]}]} if one.name in licence else {}),
                "purl": one.purl,
            }
            for one in of
        ],
        "dependencies": [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(asks.items())],
    }  # fmt: skip


def advisories(of: Iterable[Package]) -> int:
    """Asks OSV by way of uv, which says what it finds: 0 nothing, 1 open advisories, 2 where it had no answer."""
    uv = str(Path(sys.executable).with_name("uv"))
    pins = json.dumps([f"{one.name}=={one.version}" for one in of])
    with tempfile.TemporaryDirectory() as folder:
        told = f'[project]\nname = "audited"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {pins}\n'
        (Path(folder) / "pyproject.toml").write_text(told, encoding="utf-8")
        for words in (["lock", "--quiet"], ["audit", "--frozen", "--preview-features", "audit-command"]):
            done = subprocess.run([uv, *words], cwd=folder, check=False)
            if done.returncode not in {GOOD, FAULTS} or (words[0] == "lock" and done.returncode):
                return NOT_ASKED
    return done.returncode


def main() -> int:
    """Writes the bill; says what is wrong, and what is not known."""
    options = argparse.ArgumentParser(prog="make audit", description=__doc__)
    options.add_argument("--bill", type=Path, default=HOME / "var/sbom.json")
    options.add_argument("--offline", action="store_true", help="no advisories")
    told = options.parse_args()
    of = packages(LOCK.read_text(encoding="utf-8"))
    licence, wrong = licences(of)
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    told.bill.parent.mkdir(parents=True, exist_ok=True)
    told.bill.write_text(json.dumps(bill(of, licence, project), indent=1) + "\n", encoding="utf-8")
    say = sys.stdout.write
    say(f"{len(of)} packages, {len(set(licence.values()))} licences; bill of materials in {told.bill}\n")
    for one in wrong:
        say(f"{one}\n")
    if told.offline:
        return FAULTS if wrong else GOOD
    found = advisories(of)
    say(f"{SAID[found]}\n")
    return FAULTS if wrong else found


if __name__ == "__main__":
    sys.exit(main())
