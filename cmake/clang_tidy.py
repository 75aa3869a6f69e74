#!/usr/bin/env python3
"""Runs clang-tidy over the sources of a build tree; only over those that changed since they were last found clean.

    clang_tidy.py BUILD-TREE STAMP-FOLDER

The tree must have been built with Ninja: what a source includes is taken from Ninja's record. A stamp holds a hash of
all that the verdict depends on: clang-tidy and its settings, the compile command, every included file (our own by their
content, the system's by size and time). Tests are left out: they are two fifths of the time, and do not ship.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-16"
DIAGNOSTIC = re.compile(r"^\S+:\d+:\d+: (?:warning|error): ")


def recorded_includes(tree: pathlib.Path) -> dict[str, list[str]]:
    """Object file to everything it was made from."""
    includes: dict[str, list[str]] = {}
    lines = subprocess.run(["ninja", "-C", tree, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        if line.startswith("    "):
            includes[target].append(line.strip())
        elif ": #deps" in line:
            target = line.split(": #deps")[0]
            includes[target] = []
    return includes


class Fingerprint:
    def __init__(self, tree: pathlib.Path):
        self.tree = tree
        self.known: dict[str, bytes] = {}
        version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
        self.settings = version + (ROOT / ".clang-tidy").read_bytes()

    def of_file(self, name: str) -> bytes:
        if name not in self.known:
            path = (self.tree / name).resolve()
            if path.is_relative_to(ROOT):
                self.known[name] = hashlib.sha256(path.read_bytes()).digest()
            else:
                status = path.stat()
                self.known[name] = f"{path} {status.st_size} {status.st_mtime_ns}".encode()
        return self.known[name]

    def of_source(self, command: str, includes: list[str]) -> str:
        everything = hashlib.sha256(self.settings + command.encode())
        for name in includes:
            everything.update(self.of_file(name))
        return everything.hexdigest()


def diagnostics(output: str) -> list[str]:
    """The output cut into one text for each diagnostic."""
    blocks: list[str] = []
    for line in output.splitlines():
        if DIAGNOSTIC.match(line):
            blocks.append(line)
        elif blocks:
            blocks[-1] += "\n" + line
    return blocks


def main() -> int:
    tree = pathlib.Path(sys.argv[1]).resolve()
    stamps = pathlib.Path(sys.argv[2]).resolve()
    includes = recorded_includes(tree)
    fingerprint = Fingerprint(tree)

    stale = []  # size of what is compiled, source, stamp, fingerprint
    sources = 0
    for entry in json.loads((tree / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if not source.is_relative_to(ROOT / "src") or source.name.endswith("_test.cpp"):
            continue
        target = re.search(r" -o (\S+)", entry["command"]).group(1)
        if target not in includes:
            continue  # belongs to no program that ships
        sources += 1
        stamp = stamps / source.relative_to(ROOT).with_suffix(".clean")
        current = fingerprint.of_source(entry["command"], includes[target])
        if not stamp.exists() or stamp.read_text() != current:
            stale.append((len(includes[target]), source, stamp, current))
    stale.sort(key=lambda row: row[0], reverse=True)  # the longest first, so that no core waits at the end

    def check(row) -> list[str]:
        _, source, stamp, current = row
        run = subprocess.run([CLANG_TIDY, "--quiet", "-p", tree, source], capture_output=True, text=True)
        if run.returncode == 0:
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(current)
            return []
        return diagnostics(run.stdout) or [f"{source}: {run.stdout}{run.stderr}"]

    told = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for texts in pool.map(check, stale):
            for text in texts:
                if text not in told:
                    told.add(text)
                    print(text, flush=True)
    print(f"{sources} sources, {len(stale)} changed, {len(told)} problems")
    return 1 if told or sources == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
