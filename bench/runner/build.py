"""Where the peers' programs are, and how they come there."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUST = ROOT / "bench/peers"


class Programs:
    def __init__(self, folders, profile):
        self.profile = profile
        target = Path(os.environ.get("CARGO_TARGET_DIR", RUST / "target")).resolve()
        self.target = target
        self.folders = [Path(f).resolve() for f in folders] + [target / ("release" if profile == "release" else "debug")]

    def path(self, name):
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        raise SystemExit(f"{name} is not built: not in {', '.join(map(str, self.folders))}")

    def of(self, peer):
        return self.path("franz" if peer == "franz" else f"p-{peer}")

    def build(self, peers, with_broker):
        """Only these peers: each has crates of its own, some of which take minutes."""
        rust = sorted(p for p in peers if p != "franz")
        if "rdkafka" in rust:
            need = 'source scripts/common.sh; need cmake cmake; need c++ g++; [[ -e /usr/include/curl/curl.h ]] || compgen -G "/usr/include/*/curl/curl.h" >/dev/null || install libcurl4-openssl-dev'
            subprocess.run(["bash", "-ceu", need], cwd=ROOT, check=True)
        profile = ["--release"] if self.profile == "release" else []
        # One after the other: together, each would have the features that another asks of a crate that both use.
        for peer in rust:
            self.cargo(["build", "--locked", *profile, "-p", f"p-{peer}"], RUST)
        if "franz" in peers:
            out = self.folders[-1] / "franz"
            subprocess.run([ROOT / "scripts/others.sh", "go", "-C", RUST.parent / "franz", "build", "-trimpath", "-o", out, "."], check=True)
        if with_broker:
            self.cargo(["build", "--locked", *profile, "-p", "milena-broker"], ROOT)

    def cargo(self, arguments, folder):
        subprocess.run(["cargo", *arguments], cwd=folder, check=True, env={**os.environ, "CARGO_TARGET_DIR": str(self.target)})
