#!/usr/bin/env python3
"""Writes wire/src/messages/*.rs and wire/src/api_key.rs from Kafka's own schemas and our words for them.

    scripts/messages.py            fetches the schemas by Maven and writes the files
    scripts/messages.py --check    exits 1 if the files in the repo are not what it would write

The schemas are resources of the kafka-clients jar. Two releases are merged: the newest, and 3.9.2 for the versions that 4.0
dropped. Needs Python 3.11, Maven and rustfmt. The words come from wire/message-docs.toml; none are taken from the schemas.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

NEWEST, OLDER = "4.3.1", "3.9.2"
ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".kafka" / "schemas"
OUT = ROOT / "wire" / "src"

# Messages that are no API, and the file each lies in.
DATA_FILES = {
    "RequestHeader": "headers",
    "ResponseHeader": "headers",
    "ConsumerProtocolSubscription": "consumer_protocol",
    "ConsumerProtocolAssignment": "consumer_protocol",
    "DefaultPrincipalData": "principal",
    "EndTxnMarker": "control_records",
    "ControlRecordTypeSchema": "control_records",
    "LeaderChangeMessage": "control_records",
    "SnapshotHeaderRecord": "control_records",
    "SnapshotFooterRecord": "control_records",
    "KRaftVersionRecord": "control_records",
    "VotersRecord": "control_records",
}
DATA_TITLES = {
    "headers": "What goes before every request and every response.",
    "consumer_protocol": "What the members of a classic consumer group tell each other through the coordinator.",
    "principal": "Who a forwarded request is from.",
    "control_records": "What lies in the records of control batches.",
}
# APIs of the ZooKeeper era that 4.0 dropped whole.
DROPPED = {"LeaderAndIsr", "StopReplica", "UpdateMetadata", "ControlledShutdown"}
# APIs that brokers and controllers speak among themselves, and clients never: behind feature `internal`.
INTERNAL = {
    "Vote", "BeginQuorumEpoch", "EndQuorumEpoch", "AlterPartition", "Envelope",
    "FetchSnapshot", "BrokerRegistration", "BrokerHeartbeat", "AllocateProducerIds", "ControllerRegistration",
    "AssignReplicasToDirs", "UpdateRaftVoter", "InitializeShareGroupState", "ReadShareGroupState",
    "WriteShareGroupState", "DeleteShareGroupState", "ReadShareGroupStateSummary", *DROPPED,
}
TYPES = {
    "bool": "bool", "int8": "i8", "int16": "i16", "uint16": "u16", "int32": "i32", "int64": "i64",
    "float64": "f64", "string": "ByteString", "bytes": "Bytes", "records": "Bytes", "uuid": "Uuid",
}


def snake(name):
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def camel(snake_name):
    first, *rest = snake_name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class Versions:
    """A range of versions; `high` is None for one that is open."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    @classmethod
    def parse(cls, text):
        if text is None or text == "none":
            return None
        if text.endswith("+"):
            return cls(int(text[:-1]), None)
        low, _, high = text.partition("-")
        return cls(int(low), int(high or low))

    def __str__(self):
        if self.high is None:
            return f"{self.low}+"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def within(self, outer):
        """The part inside `outer`, written open where it reaches outer's end."""
        low = max(self.low, outer.low)
        ends = [v.high for v in (self, outer) if v.high is not None]
        high = min(ends) if ends else None
        if high is not None and low > high:
            return None
        return Versions(low, None if high == outer.high else high)

    def union(self, other):
        if other is None:
            return self
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        return Versions(min(self.low, other.low), high)


def schemas(version):
    """Every message schema of a release, by name."""
    jar = CACHE / f"kafka-clients-{version}.jar"
    if not jar.exists():
        subprocess.run(
            ["mvn", "-q", "-B", "-ntp", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
             f"-Dartifact=org.apache.kafka:kafka-clients:{version}", f"-DoutputDirectory={CACHE}"],
            check=True)
    found = {}
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"common/message/\w+\.json", name):
                text = archive.read(name).decode()
                schema = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
                if "fields" in schema and schema["validVersions"] != "none":
                    found[schema["name"]] = schema
    return found


def merge_fields(new, old, first_new):
    """The fields of both releases in the order of the wire; `first_new` is the first version that the newer one still has."""
    merged, by_name = [], {field["name"]: field for field in new}
    old_names = {field["name"] for field in old}
    only_new = [field for field in new]
    for field in old:
        name = field["name"]
        if name in by_name:
            # Fields that the newer release put before this one come first.
            while only_new:
                head = only_new.pop(0)
                if head["name"] == name:
                    merged.append(merge_field(head, field, first_new))
                    break
                if head["name"] in old_names:
                    raise SystemExit(f"the order of {name} and {head['name']} differs between releases")
                merged.append(head)
        else:
            versions = Versions.parse(field["versions"])
            high = first_new - 1 if versions.high is None else min(versions.high, first_new - 1)
            if versions.low <= high:
                merged.append(field | {"versions": str(Versions(versions.low, high))})
    return merged + only_new


def merge_field(new, old, first_new):
    field = dict(new)
    for key in ("versions", "nullableVersions"):
        ours, theirs = Versions.parse(new.get(key)), Versions.parse(old.get(key))
        if ours and theirs:
            # The older release knows since when; only the newer one knows until when.
            field[key] = str(Versions(min(ours.low, theirs.low), ours.high))
    if "fields" in new or "fields" in old:
        field["fields"] = merge_fields(new.get("fields", []), old.get("fields", []), first_new)
    return field


def merge(new, old):
    first_new = Versions.parse(new["validVersions"]).low
    if old is None or Versions.parse(old["validVersions"]).low >= first_new:
        return new
    schema = dict(new)
    schema["validVersions"] = str(Versions.parse(new["validVersions"]).union(Versions.parse(old["validVersions"])))
    schema["fields"] = merge_fields(new["fields"], old["fields"], first_new)
    commons = {common["name"]: common for common in old.get("commonStructs", [])}
    schema["commonStructs"] = [
        common | {"fields": merge_fields(common["fields"], commons[common["name"]]["fields"], first_new)}
        if common["name"] in commons else common
        for common in new.get("commonStructs", [])
    ]
    return schema


def structs_of(schema):
    """(struct name, how it comes to be, its fields, its versions) for each struct inside a message, outermost first."""
    valid = Versions.parse(schema["validVersions"])
    common = {c["name"]: c["fields"] for c in schema.get("commonStructs", [])}
    found = {}

    def visit(fields, versions, path):
        for field in fields:
            base = field["type"].removeprefix("[]")
            if not base[0].isupper():
                continue
            inner = Versions.parse(field["versions"]).within(versions)
            if inner is None:
                continue
            place = f"{path}.{snake(field['name'])}"
            inner_fields = field.get("fields") or common[base]
            if base in found:
                found[base]["versions"] = found[base]["versions"].union(inner)
            else:
                found[base] = {"fields": inner_fields, "versions": inner, "place": place, "list": field["type"].startswith("[]")}
            visit(inner_fields, inner, place)

    visit(schema["fields"], valid, schema["name"])
    return found


def literal(field, rust):
    """The Rust form of a default that is not zero, false or empty."""
    value = field.get("default")
    if value is None or value == "":
        return None
    if value == "null":
        return "null"
    if rust == "bool":
        return "true" if str(value).lower() == "true" else None
    number = int(str(value), 0)
    if number == 0:
        return None
    bits = {"i8": 8, "i16": 16, "i32": 32, "i64": 64}[rust]
    if number == 2 ** (bits - 1) - 1:
        return f"{rust}::MAX"
    if number == -(2 ** (bits - 1)):
        return f"{rust}::MIN"
    return str(number)


class Writer:
    """The structs of one file."""

    def __init__(self):
        self.lines, self.names, self.uses = [], set(), set()

    def rust_type(self, field, renames):
        kind = field["type"]
        base = kind.removeprefix("[]")
        if base[0].isupper():
            rust = renames.get(base, base)
        elif kind == "int16" and field["name"] == "ErrorCode":
            rust = "ErrorCode"
        elif kind == "[]int32":
            rust = "Int32Array"
        else:
            rust = TYPES[base]
        if rust in ("ByteString", "Bytes", "Uuid", "ErrorCode", "Int32Array"):
            self.uses.add(rust)
        if kind.startswith("[]") and rust != "Int32Array":
            rust = f"Vec<{rust}>"
        return rust

    def struct(self, name, doc, attribute, fields, versions, flexible, renames):
        self.names.add(name)
        self.lines += [f"/// {line}" if line else "///" for line in doc]
        self.lines += ["#[derive(Clone, Debug, PartialEq, Wire)]", f"#[wire({attribute})]", "#[non_exhaustive]"]
        self.lines.append(f"pub struct {name} {{")
        for field in fields:
            present = Versions.parse(field["versions"]).within(versions)
            if present is None:
                continue
            rust = self.rust_type(field, renames)
            parts = [f'"{present}"']
            nullable = Versions.parse(field.get("nullableVersions"))
            nullable = nullable and nullable.within(present)
            if nullable:
                parts.append(f'nullable = "{nullable}"')
            default = literal(field, rust)
            if default:
                parts.append(f"default = {default}")
            covers = present.low == versions.low and present.high is None
            if str(field.get("ignorable", "")).lower() == "true" and not covers:
                parts.append("ignorable")
            if "tag" in field:
                parts.append(f"tag = {field['tag']}")
            if field["type"] == "records":
                parts.append("records")
            if field.get("flexibleVersions") == "none":
                parts.append("classic")
            rust_name = snake(field["name"])
            kafka_name = field["name"][0].lower() + field["name"][1:]
            if camel(rust_name) != kafka_name:
                parts.append(f'name = "{kafka_name}"')
            if rust_name in ("type", "match"):
                rust_name = f"r#{rust_name}"
            self.lines.append(f"    #[wire({', '.join(parts)})]")
            self.lines.append(f"    pub {rust_name}: {f'Option<{rust}>' if nullable else rust},")
        if flexible:
            self.uses.add("TaggedFields")
            self.lines.append("    pub unknown_tagged_fields: TaggedFields,")
        self.lines += ["}", ""]

    def message(self, schema, doc, role):
        """A message and the structs inside it."""
        name, valid = schema["name"], Versions.parse(schema["validVersions"])
        flexible = Versions.parse(schema.get("flexibleVersions"))
        flexible = flexible and flexible.within(Versions(valid.low, None))
        parts = structs_of(schema)
        # One file holds a request and its response, so a name that both use gets the message's before it.
        renames = {part: f"{name}{part}" for part in parts if part in self.names}
        numbers = str(Versions(valid.low, valid.high))
        attribute = f'{role[0]}, versions = "{numbers}"'
        if flexible:
            attribute += f', flexible = "{flexible}"'
        attribute += "".join(f", {more}" for more in role[1:])
        when = "no version is flexible" if not flexible else (
            "all flexible" if flexible.low <= valid.low else f"flexible from {flexible.low}")
        plural = "Version" if valid.low == valid.high else "Versions"
        doc = [*doc, "", f"{plural} {numbers}, {when}."]
        self.struct(name, doc, attribute, schema["fields"], Versions(valid.low, None), flexible, {**renames})
        for part, info in parts.items():
            versions = info["versions"]
            shown = Versions(versions.low, versions.high if versions.high is not None else valid.high)
            what = "An element of" if info["list"] else "The struct in"
            self.struct(renames.get(part, part), [f"{what} `{info['place']}`."],
                        f'versions = "{shown}"', info["fields"], versions, flexible, renames)

    def text(self, title):
        uses = []
        if "Bytes" in self.uses:
            uses.append("use bytes::Bytes;")
        if "ByteString" in self.uses:
            uses.append("use bytestring::ByteString;")
        uses.append("use milena_wire_derive::Wire;")
        if "Uuid" in self.uses:
            uses.append("use uuid::Uuid;")
        uses.append("")
        codec = sorted(self.uses & {"TaggedFields", "Int32Array"})
        if codec:
            uses.append(f"use crate::codec::{{{', '.join(codec)}}};")
        if "ErrorCode" in self.uses:
            uses.append("use crate::error_code::ErrorCode;")
        return "\n".join([*(f"//! {line}" if line else "//!" for line in title), "", *uses, "", *self.lines])


def generate(out):
    """Writes every file below `out`."""
    newest, older = schemas(NEWEST), schemas(OLDER)
    newest |= {name: older[name] for api in DROPPED for name in (f"{api}Request", f"{api}Response")}
    words = tomllib.loads((ROOT / "wire" / "message-docs.toml").read_text())
    apis, files = [], {}
    for name, schema in newest.items():
        if schema["type"] != "request":
            continue
        api = name.removesuffix("Request")
        if older.get(name, {}).get("latestVersionUnstable"):
            # Early access (share groups): never stable, and taken back since.
            del older[name], older[f"{api}Response"]
        request = merge(schema, older.get(name))
        response = merge(newest[f"{api}Response"], older.get(f"{api}Response"))
        apis.append((request["apiKey"], api, request, response))
    apis.sort(key=lambda api: api[0])
    for key, api, request, response in apis:
        writer, constant = Writer(), snake(api).upper()
        text = words[api]
        since = [f"Since {text['since']}."] if "since" in text else []
        writer.message(request, [text["request"], "", " ".join([*since, f"Answered by [`{api}Response`]."])],
                       [f"request = {constant}", f"response = {api}Response"])
        writer.message(response, [text["response"], "", f"Answers [`{api}Request`]."], [f"response = {constant}"])
        files[snake(api)] = writer.text([f"{api}: API key {key}."])
    data = {}
    for name, schema in newest.items():
        if schema["type"] in ("data", "header"):
            data.setdefault(DATA_FILES[name], []).append(schema)
    for file, found in data.items():
        writer = Writer()
        for schema in sorted(found, key=lambda schema: list(DATA_FILES).index(schema["name"])):
            schema = merge(schema, older.get(schema["name"]))
            writer.message(schema, [words[schema["name"]]["doc"]], ["data"])
        files[file] = writer.text([DATA_TITLES[file]])
    folder = out / "messages"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.rs"):
        stale.unlink()
    for file, text in files.items():
        (folder / f"{file}.rs").write_text(text)
    (folder / "mod.rs").write_text(modules(apis, sorted(data)))
    (out / "api_key.rs").write_text(api_keys(apis, words))
    written = sorted([*folder.glob("*.rs"), out / "api_key.rs"])
    subprocess.run(["rustfmt", "--edition", "2024", *map(str, written)], check=True)
    return written


def gate(api):
    return ['#[cfg(feature = "internal")]'] if api in INTERNAL else []


def modules(apis, data):
    lines = [
        "//! Every message of the protocol: a file for each API, with its request and its response.",
        "//!",
        "//! Beside each field stand the versions that have it, those in which it may be null, its default, and its tag. The names",
        "//! are Kafka's; what a field means is told by [Kafka's protocol guide](https://kafka.apache.org/protocol).",
        "//!",
        "//! The files are written by `scripts/messages.py` from Kafka's schemas and `message-docs.toml`; change those.",
        "",
        "#![allow(missing_docs, reason = \"fields carry their versions, and Kafka's own names\")]",
        "#![allow(clippy::struct_excessive_bools, reason = \"the protocol's own shape\")]",
        "",
    ]
    uses = []
    for file in data:
        lines.append(f"pub mod {file};")
    for _, api, _, _ in apis:
        lines += [*gate(api), f"pub mod {snake(api)};"]
        uses += [*gate(api), f"pub use {snake(api)}::{{{api}Request, {api}Response}};"]
    lines += ["", "pub use headers::{RequestHeader, ResponseHeader};", *uses, ""]
    def entries(internal):
        return [f"            ({snake(api).upper()}, {api}Request, {api}Response)"
                for _, api, _, _ in apis if (api in INTERNAL) == internal]

    lines += [
        "/// Calls a macro with a list of `(API_KEY, Request, Response)` for every API that the crate was built with.",
        "#[macro_export]",
        "macro_rules! for_each_api {",
        "    ($callback:ident) => {",
        "        $crate::with_internal_apis! {",
        "            $callback",
        *entries(False),
        "        }",
        "    };",
        "}",
        "",
    ]
    # A macro cannot drop entries by feature from within its list, so there is one of each.
    for cfg, more in (("not(feature = \"internal\")", []), ("feature = \"internal\"", entries(True))):
        lines += ["#[doc(hidden)]", f"#[cfg({cfg})]", "#[macro_export]", "macro_rules! with_internal_apis {",
                  "    ($callback:ident $($apis:tt)*) => {", "        $callback! {", "            $($apis)*", *more,
                  "        }", "    };", "}", ""]
    return "\n".join(lines)


def api_keys(apis, words):
    lines = [
        "//! The number of each API.",
        "//!",
        "//! Written by `scripts/messages.py` from Kafka's schemas.",
        "",
        "use std::fmt;",
        "",
        "/// What tells one API of the protocol from another; an unknown one is kept as it is.",
        "#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]",
        "pub struct ApiKey(pub i16);",
        "",
        "impl ApiKey {",
    ]
    for key, api, _, _ in apis:
        lines += [f"    /// {words[api]['request']}", f"    pub const {snake(api).upper()}: Self = Self({key});"]
    lines += [
        "",
        "    /// Every API that this crate knows, in ascending order.",
        "    pub const ALL: &'static [Self] = &[",
        *(f"        Self::{snake(api).upper()}," for _, api, _, _ in apis),
        "    ];",
        "",
        "    /// The name in Kafka's protocol guide, such as `Metadata`; `None` if this crate does not know the API.",
        "    #[must_use]",
        "    pub const fn name(self) -> Option<&'static str> {",
        "        Some(match self {",
        *(f'            Self::{snake(api).upper()} => "{api}",' for _, api, _, _ in apis),
        "            _ => return None,",
        "        })",
        "    }",
        "}",
        "",
        "impl fmt::Display for ApiKey {",
        "    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {",
        "        match self.name() {",
        "            Some(name) => f.write_str(name),",
        '            None => write!(f, "unknown API {}", self.0),',
        "        }",
        "    }",
        "}",
        "",
        "impl fmt::Debug for ApiKey {",
        "    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {",
        '        write!(f, "{self} ({})", self.0)',
        "    }",
        "}",
        "",
    ]
    return "\n".join(lines)


def main():
    if sys.argv[1:] == ["--check"]:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = Path(scratch)
            written = {path.relative_to(scratch): path.read_text() for path in generate(scratch)}
        present = {path.relative_to(OUT) for path in (OUT / "messages").glob("*.rs")}
        stale = [str(path) for path, text in written.items()
                 if not (OUT / path).exists() or (OUT / path).read_text() != text]
        stale += [str(path) for path in present - written.keys()]
        if stale:
            sys.exit("not what scripts/messages.py writes: " + ", ".join(sorted(stale)))
        print(f"ok - {len(written)} files are what the schemas of {NEWEST} and {OLDER} say")
    else:
        print(f"{len(generate(OUT))} files written")


if __name__ == "__main__":
    main()
