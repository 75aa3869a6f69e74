#!/usr/bin/env python3
"""Writes docs/errors.md from the catalogue in src/bridge/call_failure.cpp; with --check only compares the two."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/bridge/call_failure.cpp"
DOCUMENT = ROOT / "docs/errors.md"

ROW = re.compile(r'\{k\w+,\s*"(\w+)",\s*k(\w+),\s*(\d+),((?:\s*"(?:[^"\\]|\\.)*")+),((?:\s*"(?:[^"\\]|\\.)*")+)\}')

HEAD = """# Error codes

What a call can end with. The `code` stands in the `error` object of the API, in the call's row (`reason`), on the page and
in the log; codes never change their meaning. `HTTP` is the status of `POST /api/livekit/call` when the call fails before
its INVITE has left; afterwards the row tells. A row of status `failed` has an `error` object; a call that ended as calls
do has only a `reason`.

This file is written by `cmake/error_catalogue.py` from `src/bridge/call_failure.cpp`.

| code | stage | HTTP | what it means | what to do |
|---|---|---|---|---|
"""


def text_of(literals: str) -> str:
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"').replace("|", "\\|")


def code_spans(text: str) -> str:
    """Settings and placeholders as code, so that Markdown shows them as they are."""
    return re.sub(r"([A-Z]+_[A-Z_]+(?:=(?:[\w:]*<[^>]*>|\S*[^\s,.;)]))?|;transport=\w+)", r"`\1`", text)


def document() -> str:
    rows = ROW.findall(SOURCE.read_text())
    lines = [
        f"| `{code}` | {stage.lower()} | {status} | {text_of(message)} | {code_spans(text_of(action))} |"
        for code, stage, status, message, action in rows
    ]
    causes = SOURCE.read_text().split("kCauses[] = {", 1)[1].split("\n};", 1)[0]
    if len(rows) != len(re.findall(r"^    \{k", causes, re.MULTILINE)):
        sys.exit(f"{SOURCE}: some rows of the catalogue could not be read")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    text = document()
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(text)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text() == text:
        return 0
    print("docs/errors.md is out of date: run cmake/error_catalogue.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
