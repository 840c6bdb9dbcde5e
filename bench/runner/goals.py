"""What milena is to reach, beside what it did."""

from .report import number


def goals(results):
    """Text, figure, bound, and whether it was reached; only what was measured."""
    yield from produce(results)
    yield from consume(results)
    yield from codecs(results)
    yield from latencies(results)
    yield from distances(results)
    yield from small_requests(results)
    yield from memory(results)


def below(text, value, bound, digits=0):
    if value is not None and bound is not None:
        yield text, number(value, digits), f"<= {number(bound, digits)}", value <= bound


def above(text, value, bound, digits=0):
    if value is not None and bound is not None:
        yield text, number(value, digits), f">= {number(bound, digits)}", value >= bound


def ratio(one, other):
    return one / other if one is not None and other else None


def cpu(results, case, peer="milena"):
    return results.median(case, peer, "cpu_ns_per_rec")


def speed(results, case, peer="milena"):
    return results.median(case, peer, "rec_per_s")


def best(values, choose):
    values = [value for value in values if value is not None]
    return choose(values) if values else None


def franz(results, case):
    return best([cpu(results, case, p) for p in results.others(case) if p.startswith("franz")], min)


def rust(results, case):
    return best([cpu(results, case, p) for p in results.others(case) if not p.startswith("franz")], min)


def produce(results):
    for case, most in (("produce-1", 120), ("produce-12", 120), ("produce-100", 160), ("produce-keyed", 160)):
        mine = cpu(results, case)
        yield from below(f"{case}: CPU ns a record", mine, most)
        if case in ("produce-1", "produce-12"):
            yield from above(f"{case}: franz-go's CPU by milena's", ratio(franz(results, case), mine), 3.5, 1)
            yield from above(f"{case}: CPU of the best Rust client by milena's", ratio(rust(results, case), mine), 4, 1)
            yield from below(f"{case}: CPU by that of bare sockets", ratio(mine, cpu(results, case, "base")), 2.5, 2)
            yield from above(f"{case}: records/s, and the best client's", speed(results, case), best([speed(results, case, p) for p in results.others(case)], max))
    yield from above("produce-discard: records/s of one task", speed(results, "produce-discard"), 8_000_000)
    yield from above("produce-1k: bytes/s by those of bare sockets", ratio(speed(results, "produce-1k"), speed(results, "produce-1k", "base")), 0.9, 2)


def consume(results):
    for case in ("consume-1", "consume-12"):
        mine = cpu(results, case)
        yield from below(f"{case}: CPU ns a record", mine, 50)
        yield from below(f"{case}: CPU by that of a bare loop", ratio(mine, cpu(results, case, "base")), 1.5, 2)
        yield from above(f"{case}: CPU of the best client by milena's", ratio(best([cpu(results, case, p) for p in results.others(case)], min), mine), 2.5, 1)
        yield from above(f"{case}: franz-go's CPU by milena's", ratio(franz(results, case), mine), 5, 1)
        yield from above(f"{case}: records/s, and the best client's", speed(results, case), best([speed(results, case, p) for p in results.others(case)], max))
    yield from below("consume: CPU of 12 partitions by that of 1", ratio(cpu(results, "consume-12"), cpu(results, "consume-1")), 1.2, 2)
    yield from above("consume-1k: bytes/s by those of a bare loop", ratio(speed(results, "consume-1k"), speed(results, "consume-1k", "base")), 0.9, 2)
    for case in results.cases:
        if case.startswith("consume-"):
            fetched = results.median(case, "milena", "fetched_by_batches")
            yield from below(f"{case}: bytes fetched by those of the batches", fetched, 1.01, 3)


def codecs(results):
    """All that the client does beside compressing is to be a tenth of that."""
    for codec in ("lz4", "zstd"):
        for op, part in (("produce", "compress"), ("consume", "decompress")):
            alone = cpu(results, f"codec-{codec}", f"base-{part}")
            yield from below(f"{op}-{codec}: CPU by that of the codec alone", ratio(cpu(results, f"{op}-{codec}"), alone), 1.1, 2)


def latencies(results):
    case = "latency"
    for field in ("p50_us", "p99_us"):
        mine = results.median(case, "milena", field)
        if field == "p50_us":
            yield from below("latency: p50 by rskafka's", ratio(mine, results.median(case, "rskafka", field)), 0.93, 2)
        yield from below(f"latency: {field[:3]} by that of a raw Produce", ratio(mine, results.median(case, "milena-raw", field)), 1.1, 2)
    case = "end-to-end"
    others = best([results.median(case, p, "p99_us") for p in results.others(case)], min)
    yield from below("end-to-end: p99 us, and the best client's", results.median(case, "milena", "p99_us"), others)


def distances(results):
    for op in ("produce", "consume"):
        for delay in (10, 50):
            near, far = speed(results, f"{op}-12-far-0"), speed(results, f"{op}-12-far-{delay}")
            yield from above(f"{op}-12-far-{delay}: throughput by that without latency", ratio(far, near), 0.8, 2)
    for delay in (10, 50):
        case = f"produce-1-far-{delay}"
        # Five batches of a million bytes a round trip; 107 bytes of a record of 100 are in the batch.
        most = 5 * 1_000_000 / 107 / (delay / 1000)
        near = speed(results, "produce-1-far-0")
        if near is not None:
            yield from above(f"{case}: records/s; nine tenths of five batches a round trip, or of what there is without latency", speed(results, case), 0.9 * min(most, near))


def small_requests(results):
    for delay in (10, 50):
        case = f"beside-far-{delay}"
        mine = results.median(case, "milena", "p99_us")
        yield from below(f"{case}: p99 us of a small request", mine, 1_500 * delay)
        bare = results.median(case, "base", "p99_us")
        yield from below(f"{case}: p99 by that of a bare socket beside the same load", ratio(mine, bare), 1.1, 2)


def memory(results):
    for case, peers in results.cases.items():
        if case.startswith("produce-") and "milena" in peers:
            bound = 64 if "-far-" in case or "-steady" in case else 32
            yield from below(f"{case}: peak MiB", results.median(case, "milena", "rss_mb"), bound + 32)
    few, many = cpu(results, "produce-10-steady"), cpu(results, "produce-10000-steady")
    yield from below("10,000 partitions: CPU by that of 10", ratio(many, few), 2, 2)


def text(results):
    rows = list(goals(results))
    if not rows:
        return
    yield "### Goals"
    yield ""
    yield "| | milena | goal | |"
    yield "|---|---:|---:|---|"
    for words, value, bound, reached in rows:
        yield f"| {words} | {value} | {bound} | {'' if reached else 'missed'} |"
    yield ""
