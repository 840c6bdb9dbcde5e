"""See ../run.sh."""

import argparse
import shlex
import signal
import sys
import time
from pathlib import Path

from . import cases, charts, goals, report
from .brokers import Brokers
from .build import ROOT, Programs
from .run import Run, revision


def main():
    options = arguments()
    if options.table:
        show(report.Results(options.table), options)
        return 0
    patterns = [p for p in options.cases.split(",") if p]
    peers = [p for p in options.peers.split(",") if p]
    wanted = list(cases.chosen(cases.SMOKE if options.smoke else cases.ALL, patterns, peers))
    if not wanted:
        raise SystemExit("no such case, or none with these peers: see --list")
    rounds = options.rounds or (1 if options.smoke else 5)
    if options.list:
        for case in wanted:
            print(f"{case.name:<22} {len(case.peers) * case.estimate():>4.0f} s a round  {', '.join(case.peers)}")
        print(f"{rounds} rounds take about {minutes(cases.estimate(wanted, rounds))}")
        return 0

    programs = Programs(options.bin, "dev" if options.smoke and not options.release else "release")
    if not options.no_build:
        started = time.monotonic()
        # milena writes what consumers read, and deletes what was written.
        programs.build({p.split(":")[0] for c in wanted for p in c.peers} | {"milena"}, any(c.broker != "kafka" for c in wanted))
        print(f"built in {time.monotonic() - started:.0f} s", file=sys.stderr)
    print(f"{len(wanted)} cases, {rounds} rounds: about {minutes(cases.estimate(wanted, rounds))}", file=sys.stderr)

    out = Path(options.out or programs.target / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("")
    # Brokers are ended whichever way this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    brokers = Brokers(programs, options.bootstrap)
    run = Run(programs, brokers, out, options.limit)
    try:
        run.everything(wanted, rounds)
    finally:
        brokers.stop()
    show(report.Results([out]), options)
    print(f"raw: {out}", file=sys.stderr)
    return 1 if run.failures else 0


def minutes(seconds):
    return f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.0f} seconds"


def show(results, options):
    # A few records on a busy machine reach nothing.
    text = "\n".join([*report.tables(results), *([] if options.smoke else goals.text(results))])
    print(text)
    command = f"bench/run.sh {shlex.join(a for a in sys.argv[1:] if a.startswith('--smoke'))}".strip()
    if options.charts:
        charts.draw(results, options.charts, command)
    if options.docs:
        folder = ROOT / "docs/bench"
        charts.draw(results, folder, command)
        head = ["# milena and other clients", "", f"{charts.circumstances(command)}, at {revision()}. What each figure means: [bench/README.md](../../bench/README.md).", ""]
        pictures = [f"![{file}]({file}.svg)\n" for file, *_ in charts.CHARTS if (folder / f"{file}.svg").exists()]
        (folder / "clients.md").write_text("\n".join([*head, *pictures, text]))


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="The same work through milena, other clients and bare sockets, in turn.")
    parser.add_argument("--list", action="store_true", help="say what would be run, and how long it takes")
    parser.add_argument("--smoke", action="store_true", help="few records on the embedded broker, built without optimisation: that everything works")
    parser.add_argument("--release", action="store_true", help="with --smoke: optimised all the same")
    parser.add_argument("--cases", default="", metavar="NAME,...", help="only these; * stands for anything")
    parser.add_argument("--peers", default="", metavar="PEER,...", help="only these: a program, or one of its APIs (rdkafka:base)")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often everything is run (5)")
    parser.add_argument("--bootstrap", metavar="HOST:PORT", help="a Kafka that is up; default: scripts/kafka.sh, and down again if it was not up")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="a run that takes longer has failed (120)")
    parser.add_argument("--no-build", action="store_true", help="the programs are there")
    parser.add_argument("--bin", action="append", default=[], metavar="FOLDER", help="where else programs are, looked at first; can be given more than once")
    parser.add_argument("--out", metavar="FILE", help="the raw lines; default: a new file in the build folder")
    parser.add_argument("--charts", metavar="FOLDER", help="draw charts there")
    parser.add_argument("--docs", action="store_true", help="write tables and charts into docs/bench")
    parser.add_argument("--table", nargs="+", metavar="FILE", help="run nothing: the tables of these raw lines")
    return parser.parse_args()


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
