"""Uploads whose bytes are not what was signed or announced: refused, and nothing arrives."""
import base64, hashlib, hmac, os, urllib.error, urllib.request, zlib
import boto3
import botocore.auth
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

base, region = os.environ["INTERLOCK_ENDPOINT"], os.environ["AWS_DEFAULT_REGION"]
key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
s3 = boto3.client("s3", config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))
s3.create_bucket(Bucket="dev-spoilt", CreateBucketConfiguration={"LocationConstraint": region})

def put(name, payload, headers, make):
    class Auth(S3SigV4Auth):
        def payload(self, request): return payload
        def _modify_request_before_signing(self, request):
            super()._modify_request_before_signing(request)
            del request.headers["X-Amz-Content-SHA256"]; request.headers["X-Amz-Content-SHA256"] = payload
    request = AWSRequest(method="PUT", url=f"{base}/dev-spoilt/{name}", headers=headers)
    auth = Auth(Credentials(key, secret), "s3", region)
    auth.add_auth(request)
    sent = dict(request.prepare().headers.items())
    seed = sent["Authorization"].rsplit("Signature=", 1)[1]
    body = make(sent["X-Amz-Date"], seed)
    sent["Content-Length"] = str(len(body))
    sent["Content-Type"] = "application/octet-stream"   # urllib's default is that of a form
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(f"{base}/dev-spoilt/{name}", data=body, headers=sent, method="PUT")) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

data = os.urandom(200_000)
crc = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
trailer = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(data)), "X-Amz-Trailer": "x-amz-checksum-crc32"}
def framed(value):
    half = len(data) // 2
    parts = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (data[:half], data[half:]))
    return lambda *_: parts + b"0\r\nx-amz-checksum-crc32:" + value.encode() + b"\r\n\r\n"

def chain(spoil):
    """Signed chunks, as the S3 reference describes them."""
    def make(date, seed):
        scope = f"{date[:8]}/{region}/s3/aws4_request"
        k = ("AWS4" + secret).encode()
        for part in (date[:8], region, "s3", "aws4_request"):
            k = hmac.new(k, part.encode(), hashlib.sha256).digest()
        out, previous = b"", seed
        for chunk in (data[:65536], data[65536:131072], data[131072:], b""):
            text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", date, scope, previous, hashlib.sha256(b"").hexdigest(), hashlib.sha256(chunk).hexdigest()])
            previous = hmac.new(k, text.encode(), hashlib.sha256).hexdigest()
            out += b"%x;chunk-signature=%s\r\n%s\r\n" % (len(chunk), previous.encode(), chunk)
        return spoil(out)
    return make

signed = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(data))}
digest = hashlib.sha256(data).hexdigest()
good = [
    ("good-trailer", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", trailer, framed(crc)),
    ("good-chain", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", signed, chain(lambda b: b)),
    ("good-digest", digest, {}, lambda *_: data),
]
for name, payload, headers, make in good:
    status, text = put(name, payload, headers, make)
    assert status == 200, (name, status, text)
    got = s3.get_object(Bucket="dev-spoilt", Key=name)["Body"].read()
    assert got == data, (name, len(got))
bad = [
    ("bad-trailer", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", trailer, framed("AAAAAA=="), "BadDigest"),
    ("bad-chain", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", signed, chain(lambda b: b[:150_000] + b"x" + b[150_001:]), "BadDigest"),
    ("cut-chain", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", signed, chain(lambda b: b[:-95]), "BadDigest"),
    ("bad-digest", digest, {}, lambda *_: data[:-1] + bytes([data[-1] ^ 1]), "XAmzContentSHA256Mismatch"),
]
for name, payload, headers, make, code in bad:
    status, text = put(name, payload, headers, make)
    assert status == 400 and code in text, (name, status, text)
assert sorted(o["Key"] for o in s3.list_objects_v2(Bucket="dev-spoilt")["Contents"]) == ["good-chain", "good-digest", "good-trailer"]
print("ok")
