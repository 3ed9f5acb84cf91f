"""Every protocol's client reads the gateway's answer as AccessDenied with the words, and does not retry."""
import sys, boto3
from botocore.config import Config
from botocore.exceptions import ClientError

word, ticket = sys.argv[1], sys.argv[2]
config = Config(retries={"max_attempts": 3, "mode": "standard"}, s3={"addressing_style": "path"} if "AWS_ENDPOINT_URL" in __import__("os").environ else {})

calls = [
    ("ec2", lambda c: c.terminate_instances(InstanceIds=["i-0123456789abcdef0"])),
    ("rds", lambda c: c.delete_db_instance(DBInstanceIdentifier="prod", SkipFinalSnapshot=True)),
    ("iam", lambda c: c.delete_role(RoleName="r")),
    ("sts", lambda c: c.get_caller_identity()),
    ("dynamodb", lambda c: c.delete_table(TableName="t")),
    ("sqs", lambda c: c.purge_queue(QueueUrl="https://sqs.eu-central-1.amazonaws.com/123456789012/q")),
    ("kms", lambda c: c.schedule_key_deletion(KeyId="k")),
    ("lambda", lambda c: c.delete_function(FunctionName="f")),
    ("route53", lambda c: c.delete_hosted_zone(Id="Z1")),
    ("cloudwatch", lambda c: c.delete_alarms(AlarmNames=["a"])),
    ("cloudformation", lambda c: c.delete_stack(StackName="s")),
    ("s3", lambda c: c.delete_bucket(Bucket="bucket")),
    ("s3", lambda c: c.put_object(Bucket="bucket", Key="a b/ü+c", Body=b"x" * 300000)),
    ("s3", lambda c: c.list_objects_v2(Bucket="bucket", Prefix="a b/+")),
    ("s3", lambda c: c.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "k"}]})),
    ("logs", lambda c: c.delete_log_group(logGroupName="g")),
    ("eks", lambda c: c.delete_cluster(name="c")),
    ("apigateway", lambda c: c.delete_rest_api(restApiId="r")),
    ("ssm", lambda c: c.delete_parameter(Name="/a/b")),
    ("secretsmanager", lambda c: c.delete_secret(SecretId="s")),
]
for service, call in calls:
    client = boto3.client(service, config=config)
    try:
        call(client)
    except ClientError as error:
        response = error.response
        assert response["Error"]["Code"] == "AccessDenied", (service, response)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 403, (service, response)
        assert response["ResponseMetadata"]["RetryAttempts"] == 0, (service, response)
        assert word in response["Error"]["Message"] and ticket in response["Error"]["Message"], (service, response)
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        assert ticket in (headers.get("x-interlock-ticket"), headers.get("x-interlock-action")), headers
    else:
        raise AssertionError(f"{service} was let through")

# A HEAD has no body; the words stand in a header.
try:
    boto3.client("s3", config=config).head_object(Bucket="bucket", Key="k")
except ClientError as error:
    assert error.response["Error"]["Code"] == "403", error.response
    assert ticket in error.response["ResponseMetadata"]["HTTPHeaders"]["x-interlock-message"]
else:
    raise AssertionError("HEAD was let through")
print("ok", len(calls))
