#!/usr/bin/env python3
"""Writes the network traces beside this file. Run it again only to change them: the tests expect these numbers.

A trace is one line per 20 ms packet in sending order: the one-way delay in microseconds above the fastest path, or
"-" for a packet that was lost. Lines that start with "#" say how it was made. 1500 packets are 30 s.
"""
import pathlib
import random

PACKETS = 1500
FOLDER = pathlib.Path(__file__).parent


def write(name, about, delays):
    lines = [f"# {about}"] + ["-" if d is None else str(int(d)) for d in delays]
    (FOLDER / f"{name}.trace").write_text("\n".join(lines) + "\n")


def clean(r):
    return [r.randint(0, 800) for _ in range(PACKETS)]


def random_loss(r):
    return [None if r.random() < 0.05 else r.randint(0, 2000) for _ in range(PACKETS)]


def wifi_burst(r):
    """Contention: every 0.5 to 3 s the air is taken for 20 to 70 ms, then what waited comes at once."""
    delays = [min(abs(r.gauss(0, 2500)), 9000) for _ in range(PACKETS)]
    at = 50
    while at < PACKETS:
        release = at * 20000 + r.randint(20000, 70000)
        i = at
        while i < PACKETS and i * 20000 < release:
            delays[i] = max(delays[i], release - i * 20000 + r.randint(0, 500))
            i += 1
        at = i + r.randint(25, 150)
    return delays


def lte_handover(r):
    """Steady 8 ms scheduling jitter; every 8 s a handover holds packets for 180 ms and loses two."""
    delays = [r.randint(0, 8000) for _ in range(PACKETS)]
    for at in range(300, PACKETS, 400):
        release = at * 20000 + 180000
        for i in range(at, at + 9):
            delays[i] = release - i * 20000 + r.randint(0, 1000)
        delays[at] = delays[at + 1] = None
    return delays


def burst_30ms(r):
    """A sender or gateway that wakes every 30 ms: packets leave late by up to 30 ms, in a fixed beat."""
    return [(30000 - i * 20000 % 30000) % 30000 + r.randint(0, 500) for i in range(PACKETS)]


def reordering(r):
    """Two paths: each packet takes the slower one, 25 ms longer, with a chance of 10 %."""
    return [r.randint(0, 1000) + (25000 if r.random() < 0.10 else 0) for _ in range(PACKETS)]


TRACES = {
    "clean": (clean, "loopback or LAN: 0 to 0.8 ms uniform; seed 1", 1),
    "random_loss": (random_loss, "5 % independent loss, 0 to 2 ms uniform; seed 2", 2),
    "wifi_burst": (wifi_burst, "Wi-Fi: |N(0, 2.5 ms)| up to 9 ms, held 20 to 70 ms every 0.5 to 3 s; seed 3", 3),
    "lte_handover": (lte_handover, "LTE: 0 to 8 ms uniform, 180 ms hold and 2 losses every 8 s; seed 4", 4),
    "burst_30ms": (burst_30ms, "sender on a 30 ms beat, 0 to 0.5 ms uniform on top; seed 5", 5),
    "reordering": (reordering, "10 % of packets 25 ms later, 0 to 1 ms uniform on top; seed 6", 6),
}

for trace, (make, about, seed) in TRACES.items():
    write(trace, f"{trace}: {about}", make(random.Random(seed)))
