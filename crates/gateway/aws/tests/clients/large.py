"""A body that is larger than what may be kept is refused without a retry; what fits is judged, again and again."""
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
table = boto3.client("dynamodb", config=Config(retries={"max_attempts": 3, "mode": "standard"}))
def put(size):
    try:
        table.put_item(TableName="t", Item={"id": {"S": "x" * size}})
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error.response
        assert error.response["ResponseMetadata"]["RetryAttempts"] == 0, error.response
        return error.response["Error"]["Message"]
assert "t-42" in put(50_000)
assert "keeps 0 MiB of bodies" in put(70_000)
assert "t-42" in put(50_000) and "t-42" in put(50_000)
print("ok")
