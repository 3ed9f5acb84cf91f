"""Requests that are not to be believed, each with its own words."""
import datetime, os, sys, boto3, botocore.session, urllib.request, urllib.error
from botocore.auth import SigV4Auth, SigV4QueryAuth, S3SigV4QueryAuth, HmacV1Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

base = os.environ["INTERLOCK_ENDPOINT"]
key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]

def client(service, **kw):
    return boto3.client(service, endpoint_url=base, region_name="eu-central-1", **kw)

def code(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("let through")

# Foreign keys, in the codes of each protocol.
real = dict(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x")
for service, call, expected in [
    ("iam", lambda c: c.list_users(), "InvalidClientTokenId"),
    ("ec2", lambda c: c.describe_vpcs(), "AuthFailure"),
    ("dynamodb", lambda c: c.list_tables(), "UnrecognizedClientException"),
    ("s3", lambda c: c.list_buckets(), "InvalidAccessKeyId"),
    ("lambda", lambda c: c.list_functions(), "UnrecognizedClientException"),
]:
    got, words = code(lambda: call(client(service, **real)))
    assert got == expected and "AKIAIOSF" in words and "EXAMPLE" not in words, (service, got, words)

# The right key with the wrong secret.
wrong = dict(aws_access_key_id=key, aws_secret_access_key="x" * 40)
for service, call, expected in [
    ("iam", lambda c: c.list_users(), "SignatureDoesNotMatch"),
    ("dynamodb", lambda c: c.list_tables(), "InvalidSignatureException"),
    ("s3", lambda c: c.list_buckets(), "SignatureDoesNotMatch"),
]:
    got, words = code(lambda: call(client(service, **wrong)))
    assert got == expected, (service, got, words)

# A session token that nobody gave.
got, _ = code(lambda: client("iam", aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token="t").list_users())
assert got == "InvalidClientTokenId", got
got, _ = code(lambda: client("iam", aws_access_key_id="ILSAAAAAAAAAAAAAAAAA", aws_secret_access_key=secret, aws_session_token="t").list_users())
assert got == "ExpiredToken", got

def send(method, url, headers=None, body=None):
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)

# Other schemes.
for headers, words in [
    ({}, "not signed"),
    ({"Authorization": "AWS AKID:abc="}, "Signature Version 2"),
    ({"Authorization": "Bearer x"}, "bearer tokens"),
    ({"Authorization": "AWS4-ECDSA-P256-SHA256 Credential=x"}, "4A"),
    ({"Authorization": "Basic eDp5"}, "`Basic`"),
]:
    status, text, _ = send("GET", base + "/?Action=ListUsers&Version=2010-05-08", headers)
    assert status in (400, 403) and words in text, (headers, status, text)
status, text, _ = send("GET", base + "/b/k?AWSAccessKeyId=AKIAX&Signature=abc&Expires=1")
assert status == 400 and "Signature Version 2" in text, text

def signed(headers=None, body=b"Action=ListUsers&Version=2010-05-08", when=None, service="iam", tamper=None):
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **(headers or {})}
    request = AWSRequest(method="POST", url=base + "/", headers=headers, data=body)
    auth = SigV4Auth(Credentials(key, secret), service, "eu-central-1")
    if when:
        import botocore.auth as a
        original = a.get_current_datetime
        a.get_current_datetime = lambda *args, **kw: when
        try: auth.add_auth(request)
        finally: a.get_current_datetime = original
    else:
        auth.add_auth(request)
    prepared = request.prepare()
    out = dict(prepared.headers.items())
    sent = prepared.body
    if tamper: out, sent = tamper(out, sent)
    return send("POST", base + "/", out, sent)

status, text, headers = signed()
assert status == 403 and "t-42" in text, (status, text)       # judged: the signature is good
status, text, _ = signed(tamper=lambda h, b: (h, b.replace(b"ListUsers", b"ListRoles")))
assert status == 403 and "SignatureDoesNotMatch" in text, text
status, text, _ = signed(tamper=lambda h, b: ({**h, "X-Amz-Foo": "1"}, b))
assert "x-amz-foo" in text and "SignatureDoesNotMatch" in text, text
now = datetime.datetime.utcnow()
for minutes, good in [(14, True), (-14, True), (16, False), (-16, False)]:
    status, text, _ = signed(when=now + datetime.timedelta(minutes=minutes))
    assert ("t-42" in text) == good and (good or "15 minutes" in text), (minutes, text)

# The declared digest is checked against the body.
request = AWSRequest(method="PUT", url=base + "/bucket?versioning", headers={"X-Amz-Content-SHA256": "0" * 64}, data=b"<VersioningConfiguration/>")
from botocore.auth import S3SigV4Auth
class Declared(S3SigV4Auth):
    def payload(self, request): return "0" * 64
    def _modify_request_before_signing(self, request):
        super()._modify_request_before_signing(request)
        del request.headers["X-Amz-Content-SHA256"]; request.headers["X-Amz-Content-SHA256"] = "0" * 64
Declared(Credentials(key, secret), "s3", "eu-central-1").add_auth(request)
prepared = request.prepare()
status, text, _ = send("PUT", base + "/bucket?versioning", dict(prepared.headers.items()), b"<VersioningConfiguration/>")
assert status == 400 and "XAmzContentSHA256Mismatch" in text, (status, text)

# Presigned: the S3 and the ordinary form.
s3 = client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a b+ü"}, ExpiresIn=60)
status, text, _ = send("GET", url)
assert status == 403 and "t-42" in text and "GetObject" in text, text
status, text, _ = send("GET", url.replace("bucket", "bucket2"))
assert "SignatureDoesNotMatch" in text, text
url = s3.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "k"}, ExpiresIn=60)
status, text, _ = send("PUT", url, {"Content-Type": "application/octet-stream"}, b"hello")
assert status == 403 and "t-42" in text and "PutObject" in text, text
url = client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
status, text, _ = send("GET", url)
assert status == 403 and "t-42" in text, text
old = client("s3", config=Config(signature_version="s3", s3={"addressing_style": "path"})).generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
status, text, _ = send("GET", old)
assert status == 400 and "Signature Version 2" in text, text
print("ok")
