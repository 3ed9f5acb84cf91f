"""A day's honest work, through the gateway, against moto."""
import base64, hashlib, io, json, os, sys, urllib.request
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = os.environ.get("AWS_ENDPOINT_URL")
style = {"addressing_style": "path"} if endpoint else {}
config = Config(s3=style, retries={"max_attempts": 1})
region = os.environ["AWS_DEFAULT_REGION"]
def client(name, **kw): return boto3.client(name, config=config, **kw)

# S3: buckets, objects of every framing, odd keys, multipart, listing, HEAD, delete.
s3 = client("s3")
bucket = "dev-bucket"
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
big = os.urandom(3_000_000)
for key, body in [("a", b""), ("b/ü +%25?&=c//d", b"hello"), ("big", big)]:
    s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"who": "ada"})
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == body, key
    assert got["Metadata"] == {"who": "ada"}, got["Metadata"]
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)
s3.put_object(Bucket=bucket, Key="crc", Body=b"123456789", ChecksumAlgorithm="SHA256")
assert s3.get_object(Bucket=bucket, Key="crc", ChecksumMode="ENABLED")["Body"].read() == b"123456789"
head = s3.head_object(Bucket=bucket, Key="crc", ChecksumMode="ENABLED")
assert head.get("ChecksumSHA256") == base64.b64encode(hashlib.sha256(b"123456789").digest()).decode(), head
class Pipe(io.RawIOBase):                       # of unknown length to the client
    def __init__(self, data): self.inner = io.BytesIO(data)
    def readable(self): return True
    def read(self, n=-1): return self.inner.read(n)
s3.upload_fileobj(Pipe(big * 4), bucket, "multi")
assert s3.head_object(Bucket=bucket, Key="multi")["ContentLength"] == 12_000_000
keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
assert keys == sorted(["a", "b/ü +%25?&=c//d", "big", "crc", "multi"]), keys
s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "a&b"}]})
assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "a&b"}]
try:
    s3.get_object(Bucket=bucket, Key="none")
    raise AssertionError
except ClientError as error:
    assert error.response["Error"]["Code"] == "NoSuchKey", error.response
url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "crc"}, ExpiresIn=60)
if "X-Amz-Algorithm" in url and endpoint:
    assert urllib.request.urlopen(url).read() == b"123456789"

# DynamoDB (json), SQS (its addresses), SNS (query), EC2, IAM, STS, Lambda (rest-json), Route 53 (rest-xml), KMS, Logs.
ddb = client("dynamodb")
ddb.create_table(TableName="dev-t", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
ddb.put_item(TableName="dev-t", Item={"k": {"S": "ü"}, "n": {"N": "1.50"}, "b": {"B": b"\0\1"}})
assert ddb.get_item(TableName="dev-t", Key={"k": {"S": "ü"}})["Item"]["b"]["B"] == b"\0\1"
sqs = client("sqs")
queue = sqs.create_queue(QueueName="dev-q")["QueueUrl"]
assert queue.startswith((endpoint or f"https://sqs.{region}.amazonaws.com") + "/"), queue
sqs.send_message(QueueUrl=queue, MessageBody="héllo <&>")
message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
assert message["Body"] == "héllo <&>"
topic = client("sns").create_topic(Name="dev-topic")["TopicArn"]
ec2 = client("ec2")
vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "dev"}]}])["Vpc"]["VpcId"]
assert [v["VpcId"] for v in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]] == [vpc]
print("vpc", vpc)
logs = client("logs")
logs.create_log_group(logGroupName="/dev/g")
assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix="/dev")["logGroups"]] == ["/dev/g"]
assert client("lambda").list_functions()["Functions"] == []
assert client("route53").list_hosted_zones()["HostedZones"] == []
assert "Metrics" in client("cloudwatch").list_metrics()
kms = client("kms")
key = kms.create_key(Description="dev")["KeyMetadata"]["KeyId"]
assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "dev"
assert client("sts").get_caller_identity()["Account"] == "123456789012"
rds = client("rds")
rds.create_db_instance(DBInstanceIdentifier="dev-db", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password1!")
assert len(rds.describe_db_instances()["DBInstances"]) == 1
try:
    rds.describe_db_instances(DBInstanceIdentifier="none")
    raise AssertionError
except ClientError as error:
    assert error.response["Error"]["Code"] in ("DBInstanceNotFound", "DBInstanceNotFoundFault"), error.response
print("ok")
