"""A PUT that waits for `100 Continue` gets the refusal, and sends nothing."""
import os, socket
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

host, port = os.environ["INTERLOCK_ENDPOINT"].removeprefix("http://").split(":")
request = AWSRequest(method="PUT", url=f"http://{host}:{port}/bucket/key", headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
class Unsigned(S3SigV4Auth):
    def payload(self, request): return "UNSIGNED-PAYLOAD"
Unsigned(Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]), "s3", "eu-central-1").add_auth(request)
headers = dict(request.prepare().headers.items())
headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
lines = ["PUT /bucket/key HTTP/1.1", f"Host: {host}:{port}", "Expect: 100-continue", "Content-Length: 1000000"]
lines += [f"{k}: {v}" for k, v in headers.items() if k.lower() not in ("content-length", "host")]
with socket.create_connection((host, int(port))) as s:
    s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    s.settimeout(10)
    answer = s.recv(65536).decode()
assert answer.startswith("HTTP/1.1 403"), answer
assert "t-42" in answer and "100 Continue" not in answer, answer
print("ok")
