"""A stack is made, updated without its table, and updated by a template that nobody can plan."""
import json
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

def client(name): return boto3.client(name, config=Config(retries={"max_attempts": 1}))

table = {"Type": "AWS::DynamoDB::Table", "Properties": {
    "TableName": "dev-courses", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}
topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "dev-news"}}
parameters = {"Password": {"Type": "String", "NoEcho": True}}
def body(**resources): return json.dumps({"Parameters": parameters, "Resources": resources})
given = [{"ParameterKey": "Password", "ParameterValue": "hunter2"}]

cloudformation, dynamodb = client("cloudformation"), client("dynamodb")
cloudformation.create_stack(StackName="dev-school", TemplateBody=body(Courses=table, News=topic), Parameters=given)
dynamodb.put_item(TableName="dev-courses", Item={"id": {"S": "1"}})
cloudformation.update_stack(StackName="dev-school", TemplateBody=body(News=topic), Parameters=given)
assert dynamodb.list_tables()["TableNames"] == [], "the update did what it said"
backups = dynamodb.list_backups()["BackupSummaries"]
assert [one["TableName"] for one in backups] == ["dev-courses"], backups
sets = cloudformation.list_change_sets(StackName="dev-school")["Summaries"]
assert sets == [], sets
try:
    cloudformation.update_stack(StackName="dev-school", TemplateBody="{}", Parameters=given)
    raise AssertionError("let through")
except ClientError as error:
    message = error.response["Error"]["Message"]
    assert "Interlock holds" in message and "is not known" in message, message
print("ok")
