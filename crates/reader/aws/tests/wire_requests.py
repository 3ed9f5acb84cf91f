"""Writes, one JSON object a line, the request that botocore sends for every operation of every service.

Each line: service, operation, mode, method, url, headers, body (base64), params. `params` is what botocore was given,
in Interlock's form: blobs as base64, points in time as RFC 3339 text, what the wire cannot say left out.

Modes: `minimal` sets what is required; `full` sets every member, two levels deep, with awkward text.
Requests are caught before they are sent; nothing is opened to the network.

    wire_requests.py [SERVICE…]
"""

import base64
import copy
import datetime
import json
import sys
import urllib.parse

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import prepare_request_dict, create_request_object
from botocore.config import Config
from botocore.serialize import create_serializer

WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
ODD = 'Zoë "q" & <t> +%/;=\'\\'
KNOWN = {
    "Bucket": "example-bucket",
    "AccountId": "111122223333",
    "accountId": "111122223333",
    "CopySource": "/bucket/key?versionId=1",
    "HostedZoneId": "Z0123456789",
    "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
}


class Caught(Exception):
    pass


class Maker:
    """Makes parameters for a shape."""

    def __init__(self, mode, host_names):
        self.full = mode == "full"
        self.host_names = host_names
        self.plain = False

    def structure(self, shape, depth, root=False):
        required = set(shape.required_members)
        names = list(shape.members)
        if shape.is_tagged_union:
            names = [n for n in names if not self.streams(shape.members[n])][:1]
            required = set(names)
        made = {}
        for name in names:
            member = shape.members[name]
            if self.streams(member) or (depth <= 0 and name not in required):
                continue
            if not self.full and name not in required:
                continue
            # What goes into a header must be plain: botocore itself cannot write anything else there unharmed.
            self.plain = root and member.serialization.get("location") in ("header", "headers")
            made[name] = self.value(member, depth - 1, name)
            self.plain = self.plain and not root
        return made

    @staticmethod
    def streams(member):
        return bool(member.serialization.get("eventstream"))

    def value(self, shape, depth, name):
        kind = shape.type_name
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return {"a": [1, "x", None, {"b": True}], "c": 1.5}
            if depth < -8:
                return {}
            return self.structure(shape, depth)
        if kind == "list":
            count = max(1, min(int(shape.metadata.get("min", 1) or 1), 64))
            return [self.value(shape.member, depth - 1, name) for _ in range(count)]
        if kind == "map":
            key = self.text(shape.key, "key")
            return {key: self.value(shape.value, depth - 1, name)}
        if kind == "string":
            if shape.serialization.get("jsonvalue") and shape.serialization.get("location") == "header":
                return {"a": [1, {"b": "c"}]}
            return self.text(shape, name)
        if kind == "blob":
            return b"\x00\xffblob" if self.full else b"b"
        if kind in ("integer", "long"):
            low, high = shape.metadata.get("min", 1), shape.metadata.get("max", 7)
            return int(max(low or 0, min(high, 7)))
        if kind in ("float", "double"):
            low, high = shape.metadata.get("min", 0.5), shape.metadata.get("max", 0.5)
            return float(max(low or 0, min(high, 0.5)))
        if kind == "boolean":
            return True
        if kind == "timestamp":
            return WHEN
        raise ValueError(kind)

    def text(self, shape, name):
        if name in KNOWN:
            return KNOWN[name]
        enum = getattr(shape, "enum", None) or shape.metadata.get("enum")
        if enum:
            return enum[0]
        plain = self.plain or not self.full or name in self.host_names
        text = "value" if plain else ODD
        if shape.serialization.get("location") == "uri" and self.full:
            text = "va lue/+é:x"
        low = int(shape.metadata.get("min", 0) or 0)
        return text + "x" * max(0, min(low, 4096) - len(text))


def normal(shape, value, protocol):
    """A parameter in Interlock's form; None for what the wire cannot say."""
    if value is None:
        return None
    kind = shape.type_name
    forms = protocol in ("query", "ec2")
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return value
        made = {n: normal(shape.members[n], v, protocol) for n, v in value.items()}
        made = {n: v for n, v in made.items() if v is not None}
        return None if forms and not made else made
    if kind == "list":
        made = [normal(shape.member, v, protocol) for v in value]
        return None if forms and not any(m is not None for m in made) else made
    if kind == "map":
        made = {k: normal(shape.value, v, protocol) for k, v in value.items()}
        return made
    if kind == "blob":
        if hasattr(value, "read"):
            value = value.read()
        if isinstance(value, str):
            value = value.encode()
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind in ("float", "double"):
        return float(value)
    return value


def presigned(shape, made, body):
    """The client replaces SourceRegion with a presigned URL; both follow the body."""
    sent = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    for name in ("PreSignedUrl", "PresignedUrl", "DestinationRegion"):
        if name in shape.members and name in sent:
            made[name] = sent[name]
    if "PreSignedUrl" in shape.members and "SourceRegion" not in sent:
        made.pop("SourceRegion", None)


def expected(operation, params, protocol, headers, body):
    shape = operation.input_shape
    if shape is None:
        return {}
    made = normal(shape, params, protocol) or {}
    headers = {k.lower(): v for k, v in headers.items()}
    checked = operation.http_checksum_required or (operation.http_checksum or {}).get("requestChecksumRequired")
    for name, member in shape.members.items():
        if not protocol.startswith("rest"):
            break
        place, wire = member.serialization.get("location"), member.serialization.get("name", name).lower()
        if place == "header":
            if wire == "content-length" or (checked and (wire == "content-md5" or wire.startswith("x-amz-checksum-") and wire != "x-amz-checksum-type")):
                made.pop(name, None)
            elif wire in headers and name not in made and member.type_name == "string":
                # Checksums, content types and the like that the client adds.
                made[name] = headers[wire]
        elif place == "headers" and name in made:
            made[name] = {k.lower(): v for k, v in made[name].items()}
            if not made[name]:
                made.pop(name)
        if place in ("header", "querystring") and made.get(name) == []:
            made.pop(name)
    if protocol in ("query", "ec2"):
        presigned(shape, made, body)
    payload = shape.serialization.get("payload")
    if payload and made.get(payload) in ({}, "") and (
        payload not in shape.required_members or made.get(payload) == ""
    ) and not (protocol == "rest-xml" and made.get(payload) == {}):
        made.pop(payload)
    return made


def catch(session, service, region="eu-west-1", unsigned=False):
    config = Config(
        signature_version=UNSIGNED if unsigned else None,
        retries={"max_attempts": 0},
        request_checksum_calculation="when_required",
    )
    client = session.create_client(
        service, region_name=region, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", config=config
    )
    seen = {}

    def before_build(params, **kwargs):
        seen["params"] = copy.deepcopy(params)

    def before_send(request, **kwargs):
        seen["request"] = request
        raise Caught()

    client.meta.events.register_last("before-parameter-build", before_build)
    client.meta.events.register_first("before-send", before_send)
    return client, seen


def through_client(client, seen, operation, params):
    from botocore import xform_name

    seen.clear()
    try:
        client._make_api_call(operation.name, copy.deepcopy(params))
    except Caught:
        pass
    request = seen["request"]
    headers = {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()}
    body = request.body
    if hasattr(body, "read"):
        raw = getattr(body, "_raw", body)
        raw.seek(0)
        body = raw.read()
        headers = {
            k: v
            for k, v in headers.items()
            if k.lower() not in ("x-amz-trailer", "x-amz-decoded-content-length", "transfer-encoding", "content-length")
        }
    return request.method, request.url, headers, body or b"", seen["params"]


def through_serializer(model, operation, params):
    protocol = model.resolved_protocol
    serializer = create_serializer(protocol, include_validation=False)
    request = serializer.serialize_to_request(copy.deepcopy(params), operation)
    prepare_request_dict(request, endpoint_url=f"https://{model.endpoint_prefix}.eu-west-1.amazonaws.com", context={})
    prepared = create_request_object(request).prepare()
    headers = {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in prepared.headers.items()}
    return prepared.method, prepared.url, headers, prepared.body or b"", params


def main():
    session = botocore.session.Session()
    services = sys.argv[1:] or session.get_available_services()
    for service in services:
        client, seen = catch(session, service)
        model = client.meta.service_model
        for name in model.operation_names:
            operation = model.operation_model(name)
            shape = operation.input_shape
            host_names = {
                n
                for n, m in (shape.members if shape else {}).items()
                if m.serialization.get("hostLabel") or m.metadata.get("contextParam") or m.serialization.get("contextParam")
            }
            host_names |= {p.member_name for p in getattr(operation, "context_parameters", [])}
            for mode in ("minimal", "full"):
                maker = Maker(mode, host_names)
                params = maker.structure(shape, 2, root=True) if shape else {}
                how = "client"
                try:
                    sent = through_client(client, seen, operation, params)
                except Exception as why:
                    try:
                        sent = through_serializer(model, operation, params)
                        how = "serializer: " + type(why).__name__
                    except Exception as fault:
                        print(json.dumps({"service": service, "operation": name, "mode": mode, "skipped": repr(fault)[:300]}))
                        continue
                method, url, headers, body, params = sent
                if isinstance(body, str):
                    body = body.encode()
                print(
                    json.dumps(
                        {
                            "service": service,
                            "operation": name,
                            "protocol": model.resolved_protocol,
                            "mode": mode,
                            "how": how,
                            "method": method,
                            "url": url,
                            "headers": headers,
                            "body": base64.b64encode(body).decode(),
                            "params": expected(operation, params, model.resolved_protocol, headers, body),
                        }
                    )
                )


if __name__ == "__main__":
    main()
