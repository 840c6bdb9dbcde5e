"""What is measured: a case is one piece of work on one kind of broker, done by several peers in turn."""

from dataclasses import dataclass, field
from fnmatch import fnmatch

# Peer, and after a colon which of its APIs.
PRODUCERS = ["milena", "milena:keep", "base", "franz", "rdkafka:base", "rdkafka", "rdkafka:future", "kacrab", "confluent", "krafka", "rskafka", "rskafka:raw"]
# The fastest API of each.
FAST_PRODUCERS = ["milena", "base", "franz", "rdkafka:base", "kacrab", "confluent", "krafka", "rskafka"]
CONSUMERS = ["milena", "milena:records", "base", "franz", "rdkafka:tuned", "kacrab", "confluent", "krafka", "rskafka"]
LATENCIES = ["milena", "milena:raw", "rskafka", "krafka", "kacrab", "confluent", "rdkafka", "franz"]
END_TO_END = ["milena", "rskafka", "krafka", "kacrab", "confluent", "rdkafka", "franz"]

# Records a second, about, for the estimate of how long it takes.
SPEED = {"produce": 1_300_000, "consume": 2_000_000, "latency": 5_000, "codec": 1_000_000, "e2e": 10_000}
# What a run takes besides: connecting, creating the topic, deleting it.
OVERHEAD = 0.9


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    op: str
    peers: tuple
    records: int
    partitions: int = 1
    size: int = 100
    compression: str = "none"
    # kafka: the real one; discard: the embedded one that keeps nothing; delay=MS: the embedded one, so far away, or both; embedded: as it is.
    broker: str = "kafka"
    options: dict = field(default_factory=dict)
    # Seconds of a run, if not as SPEED has it.
    seconds: float = 0

    def estimate(self):
        return OVERHEAD + (self.seconds or self.records / SPEED[self.op] * max(1, self.size / 400))

    def input(self):
        """What consumers read: cases with the same read the same topic."""
        return (self.broker, self.partitions, self.size, self.compression, self.records)


def case(name, title, op, peers, records, **more):
    return Case(name, title, op, tuple(peers), records, **more)


def produce(name, title, peers, records, **more):
    return case(f"produce-{name}", f"produce: {title}", "produce", peers, records, **more)


def consume(name, title, records, peers=CONSUMERS, **more):
    return case(f"consume-{name}", f"consume: {title}", "consume", peers, records, **more)


def delays():
    """Far brokers: the buffer must not be what limits."""
    options = {"buffer-bytes": 64 << 20, "window": 2_000_000}
    for partitions in (1, 12):
        for delay in (0, 10, 50):
            where = f"{partitions} partition{'s'[: partitions > 1]}, {delay} ms away"
            more = {"partitions": partitions, "broker": f"delay={delay}", "options": options, "seconds": 2.0}
            yield produce(f"{partitions}-far-{delay}", where, ["milena"], 3_000_000, **more)
            yield consume(f"{partitions}-far-{delay}", where, 9_000_000, ["milena"], **more)


def beside():
    """A small request beside a full producer and a Fetch that waits."""
    for delay in (10, 50):
        title = f"small requests beside a full producer and a waiting Fetch, {delay} ms away"
        options = {"linger-ms": 5}
        yield case(f"beside-far-{delay}", title, "beside", ["milena", "milena:bare"], 200, partitions=12, broker=f"discard,delay={delay}", options=options, seconds=1 + delay / 4)


def many_partitions():
    """As many batches, as many records a second, over few partitions and many."""
    for partitions in (10, 10_000):
        # Batches of 100 records that are full before they are old.
        options = {"run": 100, "batch-bytes": 11_000, "rate": 400_000, "linger-ms": 1_000, "buffer-bytes": 64 << 20}
        title = f"100 records to a partition, then to the next of {partitions:,}; 400,000 a second"
        yield produce(f"{partitions}-steady", title, ["milena"], 1_000_000, partitions=partitions, broker="discard", options=options, seconds=4)


ALL = [
    produce("1", "1 partition", PRODUCERS, 2_000_000),
    produce("12", "12 partitions", PRODUCERS, 2_000_000, partitions=12),
    consume("1", "1 partition", 4_000_000),
    consume("12", "12 partitions", 4_000_000, partitions=12),
    case("latency", "latency: one awaited send at a time, linger 0", "latency", LATENCIES, 10_000),
    case("end-to-end", "end to end: age of records under 10,000 a second, linger 0", "e2e", END_TO_END, 20_000, options={"rate": 10_000}, seconds=3.0),
    produce("100", "100 partitions", FAST_PRODUCERS, 1_000_000, partitions=100),
    produce("keyed", "12 partitions, random keys of 16 bytes", [p for p in FAST_PRODUCERS if p != "rskafka"], 1_000_000, partitions=12, options={"keyed": "true"}),
    produce("1k", "12 partitions, records of 1 KiB", FAST_PRODUCERS, 300_000, partitions=12, size=1024),
    consume("1k", "12 partitions, records of 1 KiB", 300_000, partitions=12, size=1024),
    case("codec-lz4", "lz4 by itself", "codec", ["base"], 1_000_000, compression="lz4"),
    produce("lz4", "12 partitions, lz4", FAST_PRODUCERS, 1_000_000, partitions=12, compression="lz4"),
    consume("lz4", "12 partitions, lz4", 1_000_000, partitions=12, compression="lz4"),
    case("codec-zstd", "zstd by itself", "codec", ["base"], 1_000_000, compression="zstd"),
    produce("zstd", "12 partitions, zstd", FAST_PRODUCERS, 1_000_000, partitions=12, compression="zstd"),
    consume("zstd", "12 partitions, zstd", 1_000_000, partitions=12, compression="zstd"),
    produce("discard", "1 partition, on a broker that keeps nothing", ["milena", "milena:keep", "base"], 8_000_000, broker="discard", seconds=1.5),
    *many_partitions(),
    *delays(),
    *beside(),
]

# On the embedded broker, a few records: that everything works.
SMOKE = [
    produce("1", "1 partition", ["milena", "milena:keep", "base", "rskafka"], 20_000, broker="embedded"),
    produce("12", "12 partitions, random keys", ["milena", "base"], 20_000, partitions=12, broker="embedded", options={"keyed": "true"}),
    consume("1", "1 partition", 20_000, ["milena", "milena:records", "base", "rskafka"], broker="embedded"),
    case("latency", "latency: one awaited send at a time, linger 0", "latency", ["milena", "milena:raw", "rskafka"], 200, broker="embedded"),
    case("end-to-end", "end to end: age of records under 1,000 a second", "e2e", ["milena", "rskafka"], 500, broker="embedded", options={"rate": 1_000}, seconds=1.0),
    case("codec-zstd", "zstd by itself", "codec", ["base"], 20_000, compression="zstd", broker="embedded"),
    produce("1-far-10", "1 partition, 10 ms away", ["milena"], 20_000, broker="delay=10"),
]


def chosen(cases, patterns, peers):
    """Those whose name matches, with those of their peers that are asked for."""
    for c in cases:
        if patterns and not any(fnmatch(c.name, p) for p in patterns):
            continue
        wanted = tuple(p for p in c.peers if not peers or p in peers or p.split(":")[0] in peers)
        if wanted:
            yield Case(**{**c.__dict__, "peers": wanted})


def estimate(cases, rounds):
    """Seconds."""
    written = {c.input(): c.estimate() for c in cases if c.op == "consume"}
    return sum(written.values()) + rounds * sum(len(c.peers) * c.estimate() for c in cases) + 10
