//! Round trips: before, the deed, every step back, after. Run against a real server, one a family; the scenes are data, in
//! `scenes/`, and `rows.json` is the table that they are held against.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod bed;
mod rows;
mod run;
mod scene;

/// One test a file of scenes.
macro_rules! families {
    ($($name:ident => $file:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                run::family($file);
            }
        )+

        /// Every file of scenes is run.
        #[test]
        fn no_scene_is_left_out() {
            let mut run = vec![$($file),+];
            run.sort_unstable();
            assert_eq!(scene::files(), run);
        }
    };
}

families! {
    acm => "acm",
    autoscaling => "autoscaling",
    cloudformation => "cloudformation",
    cloudfront => "cloudfront",
    cloudtrail => "cloudtrail",
    cloudwatch => "cloudwatch",
    cognito_idp => "cognito_idp",
    dynamodb => "dynamodb",
    ec2 => "ec2",
    ecr => "ecr",
    ecs => "ecs",
    efs => "efs",
    eks => "eks",
    elbv2 => "elbv2",
    events => "events",
    iam => "iam",
    kinesis => "kinesis",
    kms => "kms",
    lambda => "lambda",
    logs => "logs",
    opensearch => "opensearch",
    rds => "rds",
    redshift => "redshift",
    route53 => "route53",
    s3_objects => "s3_objects",
    s3_settings => "s3_settings",
    secretsmanager => "secretsmanager",
    settings => "settings",
    sqs => "sqs",
    ssm => "ssm",
    wafv2 => "wafv2",
}
