"""Nobody answers upstream: a clear 503, which clients may retry."""
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
try:
    boto3.client("ec2", config=Config(retries={"max_attempts": 1})).describe_vpcs()
    raise AssertionError
except ClientError as error:
    assert error.response["Error"]["Code"] == "ServiceUnavailable", error.response
    assert "could not reach AWS" in error.response["Error"]["Message"], error.response
print("ok")
