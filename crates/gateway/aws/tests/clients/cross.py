"""botocore's own signing, for comparison. Reads cases from standard input, one JSON object a line, and answers each with the headers that botocore would send.

"""
import datetime, json, sys
import botocore.auth
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

def signed(case):
    when = datetime.datetime.fromtimestamp(case["now"], datetime.timezone.utc).replace(tzinfo=None)
    botocore.auth.get_current_datetime = lambda *args, **kwargs: when
    url = f"https://{case['host']}{case['path']}" + (f"?{case['query']}" if case["query"] else "")
    request = AWSRequest(method=case["method"], url=url, headers=dict(case["headers"]), data=case["body"].encode())
    kind = S3SigV4Auth if case["service"] == "s3" else SigV4Auth
    if case["service"] == "s3":
        request.context["payload_signing_enabled"] = True
    kind(Credentials(case["key"], case["secret"], case.get("token")), case["service"], case["region"]).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}

for line in sys.stdin:
    headers = signed(json.loads(line))
    print(json.dumps(headers))
