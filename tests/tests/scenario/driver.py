"""Plays calls that come in as lines of JSON, with the real boto3 and the real AWS CLI, and answers a line for each."""

import base64
import json
import os
import subprocess
import sys

import boto3
import jmespath
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else None
CLIENTS = {}


def client(service):
    if service not in CLIENTS:
        more = {}
        if ENDPOINT:
            more = {"endpoint_url": ENDPOINT, "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        config = Config(s3={"addressing_style": "path"}, parameter_validation=False) if service == "s3" else Config()
        CLIENTS[service] = boto3.client(service, region_name="us-east-1", config=config, **more)
    return CLIENTS[service]


def bytes_in(value):
    if isinstance(value, dict):
        return {name: bytes_in(one) for name, one in value.items()}
    if isinstance(value, list):
        return [bytes_in(one) for one in value]
    if isinstance(value, str) and value.startswith("base64:"):
        return base64.b64decode(value[7:])
    return value


def called(step):
    one = client(step["service"])
    names = {api: method for method, api in one.meta.method_to_api_mapping.items()}
    if step["operation"] not in names:
        return {"ok": False, "code": "NoSuchOperation", "message": step["operation"]}
    try:
        answer = getattr(one, names[step["operation"]])(**bytes_in(step["parameters"]))
    except ClientError as error:
        return {"ok": False, "code": error.response["Error"].get("Code"), "message": str(error)}
    except BotoCoreError as error:
        return {"ok": False, "code": type(error).__name__, "message": str(error)}
    if hasattr(answer.get("Body"), "read"):
        answer["Body"] = answer["Body"].read().decode("utf-8", "replace")
    answer.pop("ResponseMetadata", None)
    values = [jmespath.search(path, answer) for path in step["queries"]]
    return {"ok": True, "values": values}


def typed(step):
    arguments = step["line"]
    if ENDPOINT:
        arguments = arguments + ["--endpoint-url", ENDPOINT]
    done = subprocess.run([os.environ["AWS_CLI"]] + arguments, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        answer = json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout
        return {"ok": True, "values": [jmespath.search(path, answer) for path in step["queries"]]}
    code = done.stderr.split("(", 1)[1].split(")", 1)[0] if "(" in done.stderr else "?"
    return {"ok": False, "code": code, "message": done.stderr.strip()}


for line in sys.stdin:
    step = json.loads(line)
    reply = typed(step) if "line" in step else called(step)
    print(json.dumps(reply, default=str), flush=True)
