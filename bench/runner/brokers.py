"""The brokers that peers work on. Each is started when a case first needs it, and ended by its id."""

import socket
import subprocess

from .build import ROOT

KAFKA = ROOT / "scripts/kafka.sh"
ADDRESS = "localhost:19092"


class Brokers:
    def __init__(self, programs, bootstrap):
        self.programs = programs
        self.given = bootstrap
        self.kafka_is_ours = False
        self.kafka_address = None
        self.embedded = {}

    def address(self, kind):
        return self.kafka() if kind == "kafka" else self.start(kind)

    def kafka(self):
        if self.given:
            return self.given
        if self.kafka_address is None:
            status = subprocess.run([KAFKA, "status"], check=True, capture_output=True, text=True).stdout
            if f"node 0: {ADDRESS}, up, " not in status:
                self.kafka_is_ours = True
                subprocess.run([KAFKA, "up"], check=True, stdout=subprocess.DEVNULL)
                # What was deleted should be gone before it reaches the disk, to write which takes time from who is measured next.
                tidy = [self.programs.of("milena"), "tidy", "--bootstrap", ADDRESS]
                subprocess.run(tidy, check=True, timeout=30)
            self.kafka_address = ADDRESS
        return self.kafka_address

    def start(self, kind):
        """kind: embedded, or discard and delay=MS, with a comma between them"""
        if kind in self.embedded:
            return self.embedded[kind][1]
        self.stop_embedded()  # one at a time, so that none takes time from another
        # Checking each record would cost more than a real broker does.
        command = [self.programs.path("milena-broker"), "--port", "0", "--headers-only"]
        for part in kind.split(","):
            if part == "discard":
                command += ["--discard", "--no-checksums"]
            elif part.startswith("delay="):
                command += ["--latency", part.partition("=")[2]]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline().strip()
        if not line.startswith("bootstrap.servers="):
            process.kill()
            process.wait()
            raise SystemExit(f"the embedded broker did not start: {' '.join(map(str, command))}: {line!r}")
        self.embedded[kind] = (process, line.partition("=")[2])
        host, _, port = self.embedded[kind][1].partition(",")[0].rpartition(":")
        socket.create_connection((host, int(port)), 5).close()
        return self.embedded[kind][1]

    def stop_embedded(self):
        for process, _ in self.embedded.values():
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.embedded.clear()

    def stop(self):
        self.stop_embedded()
        if self.kafka_is_ours:
            subprocess.run([KAFKA, "down", "0"], check=False, stdout=subprocess.DEVNULL)
