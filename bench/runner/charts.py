"""Bars as SVG, like those of `benches/support/chart.rs`: milena blue, the others grey."""

import datetime
import os
from pathlib import Path

LEFT, WIDTH = 210, 420
MINE = ("#3b6ea8", "#86a9d0")
OTHERS = ("#9a9a9a", "#cccccc")

# File, title, unit, field, and cases with what their bars are called.
CHARTS = [
    ("clients-produce-records", "Producing: records a second", "millions", "rec_per_s", 1e-6, (("produce-1", "1 partition"), ("produce-12", "12 partitions"))),
    ("clients-produce-cpu", "Producing: CPU of the client", "ns a record", "cpu_ns_per_rec", 1, (("produce-1", "1 partition"), ("produce-12", "12 partitions"))),
    ("clients-produce-memory", "Producing: peak memory", "MiB", "rss_mb", 1, (("produce-1", "1 partition"), ("produce-12", "12 partitions"))),
    ("clients-consume-records", "Consuming: records a second", "millions", "rec_per_s", 1e-6, (("consume-1", "1 partition"), ("consume-12", "12 partitions"))),
    ("clients-consume-cpu", "Consuming: CPU of the client", "ns a record", "cpu_ns_per_rec", 1, (("consume-1", "1 partition"), ("consume-12", "12 partitions"))),
    ("clients-consume-memory", "Consuming: peak memory", "MiB", "rss_mb", 1, (("consume-1", "1 partition"), ("consume-12", "12 partitions"))),
    ("clients-latency", "One awaited send at a time", "us", None, 1, (("latency", "p50_us"), ("latency", "p99_us"))),
    ("clients-end-to-end", "Age of records on arrival, 10,000 a second", "us", None, 1, (("end-to-end", "p50_us"), ("end-to-end", "p99_us"))),
]


def draw(results, folder, command):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for file, title, unit, field, scale, bars in CHARTS:
        pairs = {}
        for place, (case, what) in enumerate(bars):
            for peer in results.peers(case):
                value = results.median(case, peer, field or what)
                pairs.setdefault(peer, [None] * len(bars))[place] = None if value is None else value * scale
        if not pairs:
            continue
        legend = ", ".join(what.removesuffix("_us") for _, what in bars)
        rows = sorted(pairs.items(), key=lambda row: max(v or 0 for v in row[1]), reverse=field == "rec_per_s")
        (folder / f"{file}.svg").write_text(svg(f"{title} ({unit})", f"upper and lower bar: {legend}; blue: milena", rows, circumstances(command)))


def svg(title, legend, rows, below):
    row_height = 46
    most = max(v or 0 for _, values in rows for v in values) or 1
    height = 60 + row_height * len(rows) + 40
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="16" y="24" font-size="15">{title}</text>',
        f'<text x="16" y="42" fill="#777">{legend}</text>',
    ]
    for row, (name, values) in enumerate(rows):
        top = 56 + row_height * row
        out.append(f'<text x="{LEFT - 8}" y="{top + 24}" text-anchor="end">{name}</text>')
        for value, offset, colour in zip(values, (4, 21), MINE if name.startswith("milena") else OTHERS):
            if value is None:
                continue
            width = WIDTH * value / most
            out.append(
                f'<rect x="{LEFT}" y="{top + offset}" width="{width:.1f}" height="15" fill="{colour}"/>'
                f'<text x="{LEFT + width + 6:.1f}" y="{top + offset + 12}">{readable(value)}</text>'
            )
    out.append(f'<text x="16" y="{height - 14}" fill="#777">{below}</text>')
    return "\n".join(out) + "\n</svg>\n"


def readable(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def circumstances(command):
    """Machine, date and command."""
    model = "unknown"
    try:
        with open("/proc/cpuinfo") as lines:
            model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {datetime.date.today()}: {command}"
