#!/usr/bin/env python3
"""Writes the golden frames and batches as a corpus: seeds.py GOLDEN_DIR CORPUS_DIR."""

import json
import pathlib
import sys

# Where a batch of magic 2 has its attributes and its records.
MAGIC, ATTRIBUTES, RECORDS = 16, 22, 61
# Checksums off, off and mended, on and mended.
FLAGS = (0, 2, 3)

golden, corpus = map(pathlib.Path, sys.argv[1:])


def write(target, name, content):
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"golden-{name}").write_bytes(content)


def lines(file):
    for path in sorted(golden.glob(f"*/{file}")):
        for number, line in enumerate(path.read_text().splitlines()):
            yield f"{path.parent.name}-{number}", json.loads(line)


for name, line in lines("messages.jsonl"):
    kind = line["version"] | (0x80 if line["message"].endswith("Response") else 0)
    write("messages", name, bytes([line["api_key"], kind]) + bytes.fromhex(line["hex"]))

batches = []
for name, line in lines("batches.jsonl"):
    batch = bytes.fromhex(line["hex"])
    batches.append(batch)
    for flags in FLAGS:
        write("records", f"{name}-{flags}", bytes([flags]) + batch)
    codec = batch[ATTRIBUTES] & 7 if batch[MAGIC] == 2 else 0
    if codec:
        write("compression", name, bytes([codec]) + batch[RECORDS:])
# Answers with several batches, the last one cut short.
for number, pair in enumerate(zip(batches, batches[1:])):
    write("records", f"pair-{number}", b"\0" + pair[0] + pair[1] + pair[0][:40])
