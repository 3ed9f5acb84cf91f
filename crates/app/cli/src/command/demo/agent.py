"""The agent of `interlock demo`: the same script with a human's key and through Interlock.

    agent.py all|destroy terraform|boto3

It adds a static site, which is its task. Then it "removes the duplicates" with what it takes for its own Terraform state:
the production one. It tells each step as a line of JSON.
"""

import json
import os
import signal
import subprocess
import sys
import time

import boto3

SITE = "course-management-site"
PAGES = {"index.html": "<h1>Courses</h1>", "404.html": "<h1>Not here</h1>"}


begun = time.monotonic()


def tell(**fields):
    print(json.dumps(fields | {"seconds": round(time.monotonic() - begun, 3)}), flush=True)


def add_site():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=SITE)
    for name, text in PAGES.items():
        s3.put_object(Bucket=SITE, Key=name, Body=text.encode(), ContentType="text/html")
    objects = [entry["Key"] for entry in s3.list_objects_v2(Bucket=SITE)["Contents"]]
    tell(step="site", bucket=SITE, objects=objects)


def destroy_with_terraform():
    # A signal to stop reaches Terraform too; what it says then is worth waiting for.
    signal.signal(signal.SIGTERM, lambda *_: None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    command = ["terraform", "destroy", "-refresh=false", "-auto-approve", "-json"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = []
    for line in ended.stdout.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("@level") == "error":
            said.append(event["@message"])
    return ended.returncode, said or ([ended.stderr] if ended.returncode else [])


def destroy_with_boto3():
    said = []
    calls = [
        lambda: boto3.client("rds").delete_db_instance(
            DBInstanceIdentifier="course-management-prod", SkipFinalSnapshot=True, DeleteAutomatedBackups=True
        ),
        lambda: boto3.client("ecs").delete_cluster(cluster="course-management"),
    ]
    for call in calls:
        try:
            call()
        except Exception as error:
            said.append(str(error))
    return (1 if said else 0), said


def main(steps, tool):
    tell(step="key", key=boto3.Session().get_credentials().access_key)
    if steps == "all":
        add_site()
    status, said = destroy_with_terraform() if tool == "terraform" else destroy_with_boto3()
    tell(step="destroy", status=status, said=said)
    return 1 if status else 0


sys.exit(main(*sys.argv[1:]))
