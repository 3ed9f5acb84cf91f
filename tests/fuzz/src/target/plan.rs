//! Bytes as a Terraform plan: read or refused, and what goes is always told.

use interlock_action::Effect;
use interlock_reader_terraform::{Place, Plan, expected, read};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "plan",
    about: "bytes as a plan's JSON: read or refused, no deletion overlooked, nothing admitted of what is not told",
    millis: 1_000,
    run,
    seeds: || SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect(),
};

const SEEDS: [&str; 4] = [
    r#"{"format_version":"1.2","resource_changes":[]}"#,
    r#"{"format_version":"1.2","complete":true,"errored":false,"configuration":{"provider_config":{"aws":{"full_name":"registry.terraform.io/hashicorp/aws","expressions":{"region":{"references":["var.r"]}}}},"root_module":{"resources":[{"address":"aws_db_instance.a","mode":"managed","type":"aws_db_instance","provider_config_key":"aws","provisioners":[{"type":"local-exec"}]}]}},"variables":{"r":{"value":"eu-west-1"}},"resource_changes":[{"address":"aws_db_instance.a","mode":"managed","type":"aws_db_instance","name":"a","provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["delete"],"before":{"identifier":"a","skip_final_snapshot":true},"after":null,"after_unknown":{}}}]}"#,
    r#"{"format_version":"1.0","resource_changes":[{"address":"module.m.aws_security_group_rule.a[\"x\"]","mode":"managed","type":"aws_security_group_rule","name":"a","provider_name":"registry.terraform.io/hashicorp/aws","action_reason":"replace_because_cannot_update","change":{"actions":["create","delete"],"before":{"type":"ingress","security_group_id":"sg-1"},"after":{"type":"egress","security_group_id":"sg-1","cidr_blocks":["0.0.0.0/0"]},"after_unknown":{"id":true},"replace_paths":[["type"]],"after_sensitive":{"cidr_blocks":[true]}}}]}"#,
    r#"{"format_version":"0.2","resource_changes":[{"address":"aws_route53_record.a","mode":"managed","type":"aws_route53_record","name":"a","provider_name":"registry.terraform.io/hashicorp/aws","deposed":"1","change":{"actions":["update"],"before":{"zone_id":"Z","name":"a"},"after":{"zone_id":"Z","name":"a","records":["1"]},"after_unknown":{},"importing":{"id":"i"}}}],"deferred_changes":[{}],"action_invocations":[{"address":"action.x.y"}]}"#,
];

fn run(bytes: &[u8]) {
    let Ok(plan) = Plan::parse(bytes) else { return };
    let reading = read(&plan, None, Place { region: Some("us-east-1"), account: Some("123456789012") });
    for planned in &reading.changes {
        let goes = planned.change.managed && planned.change.act.takes();
        let told = planned.action.claims.iter().any(|claim| claim.effect != Effect::Read);
        assert!(!goes || told, "{} goes, and nobody is told", planned.change.address);
        let expected = expected(planned);
        let admits = !expected.counted.is_empty() || !expected.around.is_empty();
        assert!(
            !planned.untold || !admits,
            "{} is not known, and its calls are admitted",
            planned.change.address
        );
    }
}
