"""Serialises every operation that botocore knows, as JSON lines: what real clients put on the wire.

    python serialise.py VERSION FILE

Each operation is written with its required members only, and with all members to a depth of two, in every protocol that
its service speaks. A line is `[service, operation, protocol, variant, signing name, method, path, query, headers, body]`,
the body as base64. The file is written beside and renamed, so that a cut-off run leaves nothing behind.
"""

import base64
import datetime
import json
import multiprocessing
import os
import sys

import botocore
import botocore.session
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence

DEPTH = 2
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)


def value(shape, full, depth):
    """A value of the shape; with `full`, with all members down to the depth."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {"key": "value"}
        return members(shape, full, depth)
    if kind == "list":
        return [value(shape.member, full, depth + 1)] if depth < DEPTH else []
    if kind == "map":
        return {value(shape.key, full, depth + 1): value(shape.value, full, depth + 1)} if depth < DEPTH else {}
    if kind == "timestamp":
        return MOMENT
    if kind == "blob":
        return b"bytes"
    if kind == "boolean":
        return True
    if kind in ("integer", "long"):
        return max(int(shape.metadata.get("min", 1)), 1)
    if kind in ("float", "double"):
        return 1.5
    if getattr(shape, "enum", None):
        return shape.enum[0]
    return "x" * min(max(int(shape.metadata.get("min", 8)), 1), 64)


def members(shape, full, depth):
    """The members of a structure: all of them, or the required ones."""
    chosen = {}
    streams = shape.serialization.get("eventstream")
    for name, member in shape.members.items():
        if streams or getattr(member, "is_eventstream", False) or member.serialization.get("eventstream"):
            continue
        if name in shape.required_members or (full and depth < DEPTH):
            if depth > 6:
                continue
            if member.serialization.get("jsonvalue"):
                chosen[name] = {"key": "value"}
            else:
                chosen[name] = value(member, full, depth + 1)
            if getattr(shape, "is_tagged_union", False):
                break
    return chosen


def body_bytes(body):
    """The body as it is sent: a dictionary is a form."""
    if isinstance(body, dict):
        return percent_encode_sequence(body).encode()
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return body.read()
    return body or b""


def query_text(query):
    """The query as it is sent."""
    if isinstance(query, str):
        return query
    return percent_encode_sequence(query or {})


def lines(name):
    """The lines of one service."""
    loader = botocore.session.get_session().get_component("data_loader")
    raw = loader.load_service_model(name, "service-2")
    model = ServiceModel(raw, name)
    protocols = list(dict.fromkeys([model.metadata["protocol"], *model.metadata.get("protocols", [])]))
    out = []
    for protocol in protocols:
        serializer = create_serializer(protocol, include_validation=False)
        for operation in sorted(model.operation_names):
            shape = model.operation_model(operation)
            for variant in ("required", "all"):
                parameters = members(shape.input_shape, variant == "all", 0) if shape.input_shape else {}
                request = serializer.serialize_to_request(parameters, shape)
                path, _, literals = request["url_path"].partition("?")
                query = "&".join(part for part in (literals, query_text(request["query_string"])) if part)
                headers = {key: str(text) for key, text in request["headers"].items()}
                body = base64.b64encode(body_bytes(request["body"])).decode()
                out.append(json.dumps(
                    [name, operation, protocol, variant, model.signing_name, request["method"], path, query, headers, body],
                    separators=(",", ":"),
                ))
    return out


def main():
    """Writes the file."""
    wanted, path = sys.argv[1:]
    if botocore.__version__ != wanted:
        sys.exit(f"botocore {wanted} is wanted, {botocore.__version__} is installed")
    loader = botocore.session.get_session().get_component("data_loader")
    names = sorted(loader.list_available_services("service-2"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = f"{path}.{os.getpid()}"
    with multiprocessing.Pool() as pool, open(beside, "w", encoding="utf-8") as file:
        for found in pool.imap(lines, names, chunksize=4):
            for line in found:
                file.write(line + "\n")
    os.replace(beside, path)


if __name__ == "__main__":
    main()
