#!/usr/bin/env python3
"""Compares every #include under src/ with what the build files declare.

A module may include its own headers, those of the modules in its DEPENDS, and base. Cores (level 1) own no socket,
thread, clock or file, so they may not include the headers or call the functions that would give them one. OpenSSL
belongs to `crypto` alone; generated protobuf code to the .cpp files of `livekit`.
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
DECLARATION = re.compile(r"ringback_module\(\s*(\w+)(.*?)\)", re.DOTALL)

# Headers that give a core what only a shell may own.
SHELL_HEADERS = re.compile(
    r"^(sys/(socket|epoll|eventfd|timerfd|select|poll|uio|stat|mman)\.h|netinet/|netdb\.h|unistd\.h|fcntl\.h|poll\.h"
    r"|pthread\.h|thread|mutex|shared_mutex|condition_variable|future|semaphore|fstream|filesystem|iostream"
    r"|boost/asio|boost/beast|ares\.h|sqlite3\.h|soci/|spdlog/)"
)
CLOCK_CALL = re.compile(r"\b(steady_clock|system_clock|high_resolution_clock)::now\b|\b(gettimeofday|clock_gettime|getenv)\s*\(")
OPENSSL = re.compile(r"^openssl/")
# Asio includes OpenSSL; one header each gives its TLS stream to the rest of net and of http.
ASIO_TLS = re.compile(r"^boost/(asio|beast)/.*ssl")
TLS_USERS = {"net/stream_impl.h", "net/stream.cpp", "http/transport_stream.h", "http/connector.h", "http/connector.cpp",
             "http/client.cpp"}
PROTOBUF = re.compile(r"^google/protobuf/|\.pb\.h$")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


class Module:
    def __init__(self, name: str, body: str):
        self.name = name
        words = body.split()
        self.level = int(words[words.index("LEVEL") + 1])
        self.depends = set()
        if "DEPENDS" in words:
            for word in words[words.index("DEPENDS") + 1 :]:
                if word.isupper():
                    break
                self.depends.add(word)


def read_modules() -> dict[str, Module]:
    modules = {}
    for build_file in sorted(SOURCE.glob("*/CMakeLists.txt")):
        for name, body in DECLARATION.findall(build_file.read_text()):
            modules[name] = Module(name, body)
    return modules


def test_only_files(paths: list[pathlib.Path]) -> set[pathlib.Path]:
    """Tests, and headers that nothing but tests includes."""
    users: dict[str, set[pathlib.Path]] = {}
    for path in paths:
        for header in INCLUDE.findall(path.read_text()):
            users.setdefault(header, set()).add(path)
    tests = {path for path in paths if path.name.endswith("_test.cpp")}
    while True:
        more = {
            path
            for path in paths
            if path.suffix == ".h" and path not in tests
            if users.get(str(path.relative_to(SOURCE))) and users[str(path.relative_to(SOURCE))] <= tests
        }
        if not more:
            return tests
        tests |= more


def check_file(path: pathlib.Path, module: Module, modules: dict[str, Module], is_test: bool) -> list[str]:
    text = path.read_text()
    where = path.relative_to(SOURCE.parent)
    problems = []

    def complain(offset: int, what: str) -> None:
        line = text.count("\n", 0, offset) + 1
        problems.append(f"{where}:{line}: {what}")

    for match in INCLUDE.finditer(text):
        header = match.group(1)
        folder = header.split("/")[0] if "/" in header else None
        if folder in modules and folder not in {module.name, "base"} | module.depends:
            complain(match.start(1), f'includes "{header}", but {module.name} does not declare that it depends on {folder}')
        if module.level == 1 and SHELL_HEADERS.match(header) and not is_test:
            complain(match.start(1), f"includes <{header}>: a core owns no socket, thread, clock or file")
        if OPENSSL.match(header) and module.name != "crypto" and not is_test:
            complain(match.start(1), f"includes <{header}>: only crypto uses OpenSSL")
        if ASIO_TLS.match(header) and str(path.relative_to(SOURCE)) not in TLS_USERS and not is_test:
            complain(match.start(1), f"includes <{header}>: TLS streams are the matter of net/stream.h and http/transport_stream.h")
        if PROTOBUF.search(header) and (module.name != "livekit" or path.suffix == ".h"):
            complain(match.start(1), f"includes <{header}>: only livekit's .cpp files use protobuf")
    if module.level == 1 and not is_test:
        blanked = COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment.group()), text)
        for match in CLOCK_CALL.finditer(blanked):
            complain(match.start(), f"calls {match.group().strip('( ')}: the time and the settings are handed to a core")
    return problems


def main() -> int:
    modules = read_modules()
    problems = []
    paths = sorted(path for path in SOURCE.rglob("*") if path.suffix in {".h", ".cpp"})
    tests = test_only_files(paths)
    for path in paths:
        module = modules.get(path.relative_to(SOURCE).parts[0])
        if module:
            problems += check_file(path, module, modules, path in tests)
    for problem in problems:
        print(problem)
    print(f"{len(paths)} files in {len(modules)} modules, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
