"""Runs every peer of every case in turn, and keeps what they say."""

import itertools
import json
import os
import subprocess
import sys
import time

from .build import ROOT


class Run:
    def __init__(self, programs, brokers, out, limit):
        self.programs = programs
        self.brokers = brokers
        self.out = out
        self.limit = limit
        self.stamp = f"{int(time.time()):x}-{os.getpid()}"
        self.count = itertools.count()
        self.inputs = {}
        self.failures = 0

    def everything(self, cases, rounds):
        for number in range(rounds):
            started = time.monotonic()
            for case in cases:
                # Another one begins in each round, so that none is always after the same other.
                turn = number % len(case.peers)
                for peer in case.peers[turn:] + case.peers[:turn]:
                    self.one(case, peer, number)
            print(f"round {number + 1} of {rounds}: {time.monotonic() - started:.0f} s", file=sys.stderr)
        for broker, topic in self.inputs.values():
            self.delete(broker, topic)

    def one(self, case, peer, number):
        topic = None
        try:
            if case.op == "codec":
                lines = self.peer(case, peer, case.op, None, None)
            else:
                address = self.brokers.address(case.broker)
                topic = self.input(case, address) if case.op == "consume" else self.new_topic()
                lines = self.peer(case, peer, case.op, address, topic)
            if not lines:
                raise RuntimeError("it said nothing")
        except RuntimeError as problem:
            self.failures += 1
            lines = [{"failed": str(problem)}]
            print(f"FAILED: {case.name} {peer}: {problem}", file=sys.stderr)
        finally:
            if topic and case.op != "consume":
                self.delete(address, topic)
        for line in lines:
            self.keep({"case": case.name, "title": case.title, "asked": peer, "round": number, "broker": case.broker, **line})

    def keep(self, line):
        with open(self.out, "a") as file:
            file.write(json.dumps(line) + "\n")

    def new_topic(self):
        return f"bench-{self.stamp}-{next(self.count)}"

    def input(self, case, address):
        """The topic that is read: written once, so that every consumer finds the same batches."""
        key = case.input()
        # An embedded broker that was started anew has nothing.
        if key not in self.inputs or self.inputs[key][0] != address:
            topic = self.new_topic()
            self.peer(case, "milena", "produce", address, topic, {"linger-ms": 50})
            self.inputs[key] = (address, topic)
        return self.inputs[key][1]

    def peer(self, case, peer, op, address, topic, options=None):
        """Runs one, and gives the lines that it printed."""
        name, _, api = peer.partition(":")
        arguments = {
            "partitions": case.partitions,
            "records": case.records,
            "size": case.size,
            "compression": case.compression,
            "batch-bytes": 1_000_000,
            "buffer-bytes": 32 << 20,
        }
        if address:
            arguments.update({"bootstrap": address, "topic": topic})
        if api:
            arguments["api"] = api
        arguments.update(case.options if op == case.op else {})
        arguments.update(options or {})
        command = [str(self.programs.of(name)), op]
        for option, value in arguments.items():
            command += [f"--{option}", str(value)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.limit, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"not done after {self.limit} s") from None
        if done.returncode != 0:
            raise RuntimeError(f"exit {done.returncode}: {done.stderr.strip()[-300:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def delete(self, address, topic):
        """What was written would fill the disk; a topic that is not there any more is no failure."""
        command = [self.programs.of("milena"), "delete", "--bootstrap", address, "--topic", topic]
        subprocess.run(command, capture_output=True, timeout=self.limit, check=False)


def revision():
    """Which milena this is."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
