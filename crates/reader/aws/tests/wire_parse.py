"""Reads answers with botocore's own parsers: one JSON object a line in, one out, in order.

In: service, operation, protocol, status, headers, body (base64). Out: what botocore makes of it, in Interlock's form
(blobs as base64, points in time as RFC 3339 text), without ResponseMetadata; errors as {"Error": {"Code", "Message"}}.
"""

import base64
import datetime
import json
import sys

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser


def normal(value):
    if isinstance(value, dict):
        return {k: normal(v) for k, v in value.items()}
    if isinstance(value, list):
        return [normal(v) for v in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
        text = value.strftime("%Y-%m-%dT%H:%M:%S")
        if value.microsecond:
            text += ("." + f"{value.microsecond:06d}").rstrip("0")
        return text + "Z"
    return value


def main():
    session = botocore.session.Session()
    models = {}
    for line in sys.stdin:
        ask = json.loads(line)
        name = ask["service"]
        model = models.get(name) or models.setdefault(name, session.get_service_model(name))
        operation = model.operation_model(ask["operation"])
        response = {
            "status_code": ask["status"],
            "headers": HeadersDict({k.lower(): v for k, v in ask["headers"]}),
            "body": base64.b64decode(ask["body"]),
            "context": {"operation_name": operation.name},
        }
        try:
            parsed = create_parser(ask["protocol"]).parse(response, operation.output_shape)
            parsed.pop("ResponseMetadata", None)
            out = {k: normal(v) for k, v in parsed.items()}
        except Exception as fault:
            out = {"unparsed": repr(fault)[:200]}
        print(json.dumps(out, default=str), flush=True)


if __name__ == "__main__":
    main()
