//! The gate's own door and room: what an agent sends by itself leads nowhere, and what a real folder has in it works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod gated;
mod tf;

use gated::{DEVELOPMENT, Gated, PROVIDER};
use interlock_tests::python;

const DOOR: &str = include_str!("../fixtures/gate/door.py");

fn said(output: &interlock_tests::Output) -> String {
    format!("{}{}", output.out, output.err)
}

/// What the gate says to an archive and a header of the agent's own making.
fn door(gated: &Gated, root: &str, folder: &str, entries: &[&str], arguments: &[&str]) -> String {
    let program = gated.file("door.py", DOOR).display().to_string();
    let python = python().display().to_string();
    let mut all = vec![python.as_str(), program.as_str(), root, folder];
    all.extend(entries);
    all.push("--");
    all.extend(arguments);
    let output = gated.home.run(&all);
    assert!(output.out.starts_with("HTTP/1."), "{}", said(&output));
    output.out
}

#[test]
fn what_an_agent_sends_by_itself_leads_nowhere() {
    let Some(gated) = Gated::new(DEVELOPMENT) else { return };
    let root = gated.home.work().display().to_string();
    let main = format!("main.tf={PROVIDER}resource \"terraform_data\" \"x\" {{}}\n");
    // It is heard, and what it sends is planned.
    let plain = door(&gated, &root, "", &[&main], &["plan"]);
    assert!(plain.contains("terraform_data.x") && plain.contains("\"code\":0"), "{plain}");
    // Links that lead where the gate keeps its keys.
    let home = gated.home.root();
    for (entries, words) in [
        (vec![main.as_str(), "x->.", "y->x/x/x/../../../keys", "y/planted=1"], "stands below a link"),
        (vec![main.as_str(), "y->../../../keys", "y/planted=1"], "stands below a link"),
        (vec![main.as_str(), "../planted=1"], "leads out of the work directory"),
    ] {
        let answer = door(&gated, &root, "", &entries, &["plan"]);
        assert!(answer.contains(words), "{words}: {answer}");
    }
    let answer = door(&gated, &root, "", &[&main, "y->x/x/../../keys", "x->."], &["plan"]);
    assert!(answer.contains("`y` leads out of the work directory, and is left out"), "{answer}");
    // A lock file that is a link to somebody's secret is no lock file.
    let answer =
        door(&gated, &root, "", &[&main, ".terraform.lock.hcl->../../../keys/wrapping.key"], &["plan"]);
    assert!(answer.contains("is left out") && answer.contains("\"code\":0"), "{answer}");
    // A folder that is a link, and folders that would be options of the sandbox, or hide the system's programs.
    let answer = door(&gated, &root, "b", &["a/main.tf=", "b->a"], &["plan"]);
    assert!(answer.contains("is no folder of the work directory"), "{answer}");
    for root in
        ["/w\\x00--bind\\x00/\\x00/h", "/usr/local/bin", "/run/interlock-terraform", "relative", "/a/../b"]
    {
        let answer = door(&gated, root, "", &[&main], &["plan"]);
        let refused = answer.contains("is not where this session works") || answer.contains("HTTP/1.0 400");
        assert!(refused, "{root}: {answer}");
    }
    // Another folder's state is another session's.
    let answer = door(&gated, "/srv/school", "", &[&main], &["state", "list"]);
    assert!(answer.contains("is not where this session works"), "{answer}");
    let planted = std::process::Command::new("find").arg(&home).args(["-name", "planted"]).output().unwrap();
    assert!(planted.stdout.is_empty(), "{}", String::from_utf8_lossy(&planted.stdout));
    gated.home.verify();
}

/// Two regions: one by a variable, one by an alias; and a module that was fetched.
const REGIONS: &str = r#"
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "place" {
  default = "eu-west-1"
}

provider "aws" {
  region = var.place
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

resource "aws_sqs_queue" "here" {
  name = "dev-here"
}

resource "aws_sqs_queue" "there" {
  provider = aws.west
  name     = "dev-there"
}

module "news" {
  source  = "registry.terraform.io/example/news/aws"
  version = "1.2.3"
}
"#;

const FETCHED: &str = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"news",
"Source":"registry.terraform.io/example/news/aws","Version":"1.2.3","Dir":".terraform/modules/news"}]}"#;

#[test]
fn regions_and_fetched_modules_are_what_the_configuration_says() {
    let Some(gated) = Gated::new(DEVELOPMENT) else { return };
    gated.file("main.tf", REGIONS);
    std::fs::create_dir_all(gated.home.work().join(".terraform/modules/news")).unwrap();
    gated.file(".terraform/modules/modules.json", FETCHED);
    gated.file(
        ".terraform/modules/news/main.tf",
        "resource \"aws_sns_topic\" \"news\" {\n  name = \"dev-news\"\n}\noutput \"arn\" {\n  value = aws_sns_topic.news.arn\n}\n",
    );
    let applied = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(applied.code, 0, "{}\n{:#?}", said(&applied), gated.stopped());
    let queues = "
for place in ['eu-west-1', 'us-west-2']:
    there = boto3.client('sqs', endpoint_url=client('sqs').meta.endpoint_url, region_name=place,
                         aws_access_key_id='testing', aws_secret_access_key='testing')
    print(place, [url.rsplit('/', 1)[1] for url in there.list_queues().get('QueueUrls', [])])
";
    assert_eq!(gated.emulator.hands(queues), "eu-west-1 ['dev-here']\nus-west-2 ['dev-there']");
    assert!(gated.verified(), "{}", gated.home.log());
    let again = gated.terraform(&["plan", "-detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}", said(&again));
    let destroyed = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(destroyed.code, 0, "{}\n{:#?}", said(&destroyed), gated.stopped());
    assert!(gated.stopped().is_empty(), "{:#?}", gated.stopped());
    gated.home.verify();
}

/// A table that must stay, and one beside it.
fn guarded(guard: &str, more: &str) -> String {
    format!(
        "{PROVIDER}resource \"aws_vpc\" \"main\" {{\n  cidr_block = \"10.9.0.0/16\"\n  lifecycle {{\n    {guard}\n  }}\n}}\n\
         resource \"terraform_data\" \"beside\" {{\n  input = \"{more}\"\n}}\n"
    )
}

#[test]
fn guards_and_parts_of_plans_are_said() {
    let Some(gated) = Gated::new("") else { return };
    gated.file("main.tf", &guarded("prevent_destroy = true", "1"));
    let made = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(made.code, 0, "{}", said(&made));
    assert!(gated.verified(), "{}", gated.home.log());
    // The guard goes first, in a plan that touches something else; what it guarded would be next.
    gated.file("main.tf", &guarded("", "2"));
    let unguarded = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(unguarded.code, 11, "{}", said(&unguarded));
    assert!(said(&unguarded).contains("`prevent_destroy` guarded it"), "{}", said(&unguarded));
    // A part of a plan is said to be one.
    gated.file("main.tf", &guarded("prevent_destroy = true", "3"));
    let part = gated.terraform(&["apply", "-auto-approve", "-target=terraform_data.beside"]);
    assert_eq!(part.code, 11, "{}", said(&part));
    assert!(said(&part).contains("a part of what the configuration asks for"), "{}", said(&part));
    // What no reader knows is not begun.
    gated.file("odd.tf", "resource \"aws_chime_voice_connector\" \"odd\" {\n  name = \"odd\"\n  require_encryption = true\n}\n");
    let odd = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(odd.code, 10, "{}", said(&odd));
    assert!(said(&odd).contains("stopped halfway: aws_chime_voice_connector.odd"), "{}", said(&odd));
    gated.home.verify();
}
