"""The cloud of `interlock demo`: moto's server, and its operator's own hands on it.

One JSON object a line in, one a line out; it ends when its input does. `{"do": "seed", "state": FILE}` makes the school
anew and writes the Terraform state that was recorded of it; `{"do": "look"}` tells what is left of it.
"""

import json
import sys
import urllib.request

REGION = "us-east-1"
DATABASE = "course-management-prod"
CLUSTER = "course-management"
SITE = "course-management-site"
PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


def answer(**fields):
    print(json.dumps(fields, default=str), flush=True)


try:
    import boto3
    import moto
    from botocore.config import Config
    from moto.server import ThreadedMotoServer
except ImportError as error:
    answer(missing=error.name or str(error))
    sys.exit(3)


class Cloud:
    def __init__(self):
        self.server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self.server.start()
        self.url = "http://127.0.0.1:%d" % self.server.get_host_and_port()[1]
        self.clients = {}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="operator",
                aws_secret_access_key="operator",
                config=Config(retries={"max_attempts": 1}, read_timeout=20, s3={"addressing_style": "path"}),
            )
        return self.clients[service]

    def post(self, path):
        urllib.request.urlopen(urllib.request.Request(self.url + path, method="POST"), timeout=20).read()

    def seed(self, state):
        """The same school every time: the seed and the order of the calls decide every id."""
        self.post("/moto-api/reset")
        self.post("/moto-api/seed?a=42")
        ec2, rds, ecs, iam = (self.client(name) for name in ("ec2", "rds", "ecs", "iam"))
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for cidr, zone in (("10.20.0.0/24", REGION + "a"), ("10.20.1.0/24", REGION + "b"))
        ]
        group = ec2.create_security_group(GroupName="course-management-db", Description="database", VpcId=vpc)["GroupId"]
        rds.create_db_subnet_group(
            DBSubnetGroupName="course-management", DBSubnetGroupDescription="database", SubnetIds=subnets
        )
        # moto takes an automated snapshot of an instance when it is made.
        database = rds.create_db_instance(
            DBInstanceIdentifier=DATABASE,
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            EngineVersion="16.4",
            AllocatedStorage=100,
            DBName="courses",
            MasterUsername="school",
            MasterUserPassword="only-in-the-emulator",
            DBSubnetGroupName="course-management",
            VpcSecurityGroupIds=[group],
            BackupRetentionPeriod=7,
        )["DBInstance"]
        cluster = ecs.create_cluster(clusterName=CLUSTER)["cluster"]["clusterArn"]
        iam.create_user(UserName="ana")
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="ana", PolicyName="administrator", PolicyDocument=json.dumps(everything))
        key = iam.create_access_key(UserName="ana")["AccessKey"]
        record(state, vpc, subnets, group, database["DbiResourceId"], cluster)
        return {"vpc": vpc, "key_id": key["AccessKeyId"], "key_secret": key["SecretAccessKey"]}

    def look(self):
        rds, ecs, s3 = (self.client(name) for name in ("rds", "ecs", "s3"))
        databases = [one for one in rds.describe_db_instances()["DBInstances"] if one["DBInstanceIdentifier"] == DATABASE]
        snapshots = rds.describe_db_snapshots()["DBSnapshots"]
        ours = [one["SnapshotType"] for one in snapshots if one["DBInstanceIdentifier"] == DATABASE]
        clusters = ecs.describe_clusters(clusters=[CLUSTER])["clusters"]
        buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        pages = s3.list_objects_v2(Bucket=SITE).get("Contents", []) if SITE in buckets else []
        return {
            "database": databases[0]["DBInstanceStatus"] if databases else None,
            "automated_snapshots": ours.count("automated"),
            "manual_snapshots": len(ours) - ours.count("automated"),
            "cluster": any(cluster["status"] == "ACTIVE" for cluster in clusters),
            "site_objects": len(pages),
        }


def record(path, vpc, subnets, group, database, cluster):
    """The state that Terraform had of the school. What it leaves out, the provider takes as not set."""

    def resource(kind, name, version, instances, after=()):
        several = len(instances) > 1
        return {
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider": PROVIDER,
            "instances": [
                {"schema_version": version, "attributes": attributes, "dependencies": list(after)}
                | ({"index_key": index} if several else {})
                for index, attributes in enumerate(instances)
            ],
        }

    below = ["aws_subnet.school", "aws_vpc.school"]
    instance = {
        "id": database,
        "identifier": DATABASE,
        "engine": "postgres",
        "instance_class": "db.t3.medium",
        "allocated_storage": 100,
        "backup_retention_period": 7,
        "delete_automated_backups": True,
        "skip_final_snapshot": True,
    }
    named = {"id": "course-management", "name": "course-management", "subnet_ids": subnets}
    around = ["aws_db_subnet_group.school", "aws_security_group.database"] + below
    resources = [
        resource("aws_vpc", "school", 1, [{"id": vpc, "cidr_block": "10.20.0.0/16"}]),
        resource("aws_subnet", "school", 1, [{"id": subnet, "vpc_id": vpc} for subnet in subnets], ["aws_vpc.school"]),
        resource("aws_security_group", "database", 1, [{"id": group, "vpc_id": vpc}], ["aws_vpc.school"]),
        resource("aws_db_subnet_group", "school", 0, [named], below),
        resource("aws_db_instance", "course_management_prod", 2, [instance], around),
        resource("aws_ecs_cluster", "school", 0, [{"id": cluster, "arn": cluster, "name": CLUSTER}]),
    ]
    state = {
        "version": 4,
        "terraform_version": "1.0.0",
        "serial": 12,
        "lineage": "fbb4d0a6-5c1e-4b2f-9d53-0c7e5d2f4a42",
        "outputs": {},
        "resources": resources,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)


def main():
    cloud = Cloud()
    answer(url=cloud.url, moto=moto.__version__)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(**(cloud.seed(request["state"]) if request["do"] == "seed" else cloud.look()))
        except Exception as error:  # the caller shows it
            answer(failed=f"{type(error).__name__}: {error}")


main()
