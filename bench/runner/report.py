"""Tables of medians, as Markdown."""

import json
import statistics

COLUMNS = [
    # title, field, digits, ops in which it says something
    ("records/s", "rec_per_s", 0, None),
    ("CPU ns/record", "cpu_ns_per_rec", 0, None),
    ("user", "user_ns_per_rec", 0, None),
    ("system", "sys_ns_per_rec", 0, None),
    ("peak MiB", "rss_mb", 0, None),
    ("fetched/batches", "fetched_by_batches", 3, ("consume",)),
    ("p50 us", "p50_us", 0, ("latency", "e2e", "beside")),
    ("p99 us", "p99_us", 0, ("latency", "e2e", "beside")),
]


class Results:
    """Lines of one or more runs, by case and peer."""

    def __init__(self, files):
        self.cases = {}
        self.titles = {}
        self.failed = {}
        for file in files:
            with open(file) as lines:
                for line in map(json.loads, lines):
                    self.add(line)

    def add(self, line):
        case = line["case"]
        self.titles.setdefault(case, line["title"])
        peers = self.cases.setdefault(case, {})
        if "failed" in line:
            key = (case, line["asked"])
            self.failed[key] = self.failed.get(key, 0) + 1
        else:
            peers.setdefault(line["peer"], []).append(line)

    def median(self, case, peer, field):
        values = [line.get(field) for line in self.cases.get(case, {}).get(peer, [])]
        values = [value for value in values if value is not None]
        return statistics.median(values) if values else None

    def peers(self, case):
        """The cheapest first."""
        return sorted(self.cases.get(case, {}), key=lambda peer: self.median(case, peer, "cpu_ns_per_rec"))

    def others(self, case, without_base=True):
        """All but milena and, as they are no clients, bare sockets and ready-made batches."""
        return [p for p in self.peers(case) if not p.startswith("milena") and not p.endswith("-raw") and not (without_base and p.startswith("base"))]


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(results, case):
    first = next(iter(results.cases[case].values()), [{}])[0]
    columns = [c for c in COLUMNS if c[3] is None or first.get("op") in c[3]]
    rows = [["", *(c[0] for c in columns), "least..most records/s", "runs"]]
    for peer in results.peers(case):
        lines = results.cases[case][peer]
        name = peer if lines[0].get("idempotent", True) or lines[0]["op"] not in ("produce", "latency", "e2e") else f"{peer} (not idempotent)"
        rates = sorted(line["rec_per_s"] for line in lines)
        cells = [number(results.median(case, peer, c[1]), c[2]) for c in columns]
        rows.append([name, *cells, f"{number(rates[0])}..{number(rates[-1])}", str(len(lines))])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    yield f"### {results.titles[case]}"
    yield ""
    if first:
        yield f"`{case}`: {first['records']:,} records of {first['size']:,} bytes"
        yield ""
    for n, row in enumerate(rows):
        yield "| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) + " |"
        if n == 0:
            yield "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    for (failed, peer), count in results.failed.items():
        if failed == case:
            yield ""
            yield f"{peer} failed {count} times."
    yield ""


def tables(results):
    for case in results.cases:
        yield from table(results, case)
