"""Credentials that STS gives are virtual, work through the gateway, and nowhere shows a real one."""
import os, sys, boto3
from botocore.config import Config
from botocore.exceptions import ClientError
config = Config(retries={"max_attempts": 1})
def client(name, **kw): return boto3.client(name, config=config, **kw)
sts = client("sts")
given = sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/dev-role", RoleSessionName="xyz")["Credentials"]
assert given["AccessKeyId"].startswith("ILSA"), given["AccessKeyId"]
assert len(given["SecretAccessKey"]) == 40 and given["SessionToken"].startswith("interlock-")
as_role = dict(aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"])
me = client("sts", **as_role).get_caller_identity()
assert me["Account"] == "210987654321", me
try:
    client("sts", **{**as_role, "aws_session_token": "interlock-other"}).get_caller_identity()
    raise AssertionError
except ClientError as error:
    assert error.response["Error"]["Code"] == "InvalidClientTokenId", error.response
try:
    client("sts", aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"]).get_caller_identity()
    raise AssertionError
except ClientError as error:
    assert "session token" in error.response["Error"]["Message"], error.response
given = sts.get_session_token()["Credentials"]
assert given["AccessKeyId"].startswith("ILSA")
iam = client("iam")
iam.create_user(UserName="dev-user")
made = iam.create_access_key(UserName="dev-user")["AccessKey"]
print("key", made["AccessKeyId"], made["SecretAccessKey"])
real = dict(aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"])
assert client("sts", **real).get_caller_identity()["Account"] == "123456789012"
print("ok")
