"""librdkafka's mock cluster: three brokers in this process.

    rdmock.py FOLDER

Writes the brokers' addresses to FOLDER/PLAINTEXT when they answer, and runs until it is told to end.
"""

import signal
import sys
from pathlib import Path

from confluent_kafka import Producer


def main(folder: Path) -> None:
    # Blocked first, so that a signal that comes early waits for sigwait; librdkafka's threads inherit it.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    # The mock cluster lives in the client that asks for it; the client goes to it whatever its bootstrap servers are.
    client = Producer({"bootstrap.servers": "in.valid", "test.mock.num.brokers": 3})
    brokers = client.list_topics(timeout=30).brokers.values()
    addresses = ",".join(f"{broker.host}:{broker.port}" for broker in sorted(brokers, key=lambda broker: broker.id))
    part = folder / "PLAINTEXT.part"
    part.write_text(addresses + "\n")
    part.rename(folder / "PLAINTEXT")
    signal.sigwait(signals)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(Path(sys.argv[1]))
