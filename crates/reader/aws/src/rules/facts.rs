//! The names of the facts that conditional claims wait for. Rules name them; forecasters answer them.
//!
//! Every fact is a boolean over *all* targets of the action together (true as soon as it is true of one), so that no
//! rule needs a target's id in a fact's name. A fact that nobody answers makes every claim that waits for it hold: the
//! worst value is therefore always the one that makes the claim hold, and is given in brackets.

/// Something stands at the key already: `PutObject`, `CopyObject`, `CompleteMultipartUpload`, `DeleteObject(s)`,
/// `RenameObject`'s destination. \[true]
pub const S3_OBJECT_EXISTS: &str = "s3:object-exists";
/// The bucket's versioning is `Enabled`, so that an overwrite or a delete without `VersionId` keeps the old version.
/// \[false]
pub const S3_BUCKET_VERSIONED: &str = "s3:bucket-versioned";
/// The new lifecycle configuration has an enabled expiration (current, noncurrent, or wider filter) that the present
/// one does not have. \[true]
pub const S3_LIFECYCLE_EXPIRES_MORE: &str = "s3:lifecycle-expires-more";
/// The new notification configuration lacks an entry that the present one has, or tells its target of less. \[true]
pub const S3_NOTIFICATION_DROPPED: &str = "s3:notification-dropped";
/// A flag of the public access block goes from true to false. \[true]
pub const S3_ACCESS_BLOCK_LOOSENED: &str = "s3:access-block-loosened";
/// The object lock configuration becomes weaker: a default retention is removed, shortened, or goes from COMPLIANCE to
/// GOVERNANCE. \[true]
pub const S3_OBJECT_LOCK_WEAKENED: &str = "s3:object-lock-weakened";
/// The bucket has a policy, which the new one would replace. For people to see; no rule waits for it. \[true]
pub const S3_BUCKET_POLICY_EXISTS: &str = "s3:bucket-policy-exists";

/// A bucket that the request sends data to (replication, exports) is not the account's own. \[true]
pub const S3_DESTINATION_FOREIGN: &str = "s3:destination-foreign";

/// There are automated backups, and neither the request nor a rewrite of Interlock's keeps them. \[true]
pub const RDS_AUTOMATED_BACKUPS_LOST: &str = "rds:automated-backups-lost";
/// The instance or cluster is protected from deletion now. \[true]
pub const RDS_DELETION_PROTECTED: &str = "rds:deletion-protected";
/// The new `BackupRetentionPeriod` is lower than the present one. \[true]
pub const RDS_RETENTION_LOWERED: &str = "rds:retention-lowered";
/// The present `PubliclyAccessible` is true already. \[false]
pub const RDS_PUBLICLY_ACCESSIBLE: &str = "rds:publicly-accessible";
/// The new list of security groups differs from the present one. \[true]
pub const RDS_GROUPS_CHANGED: &str = "rds:groups-changed";
/// A parameter that the request sets has another value now. \[true]
pub const RDS_PARAMETERS_CHANGED: &str = "rds:parameters-changed";
/// The class, engine version, storage type, port, subnet group or option group of the request differs from the present
/// one, so that applying it interrupts. \[true]
pub const RDS_CHANGE_INTERRUPTS: &str = "rds:change-interrupts";

/// The table has an item with the written or deleted key (for several items: any). \[true]
pub const DYNAMODB_ITEM_EXISTS: &str = "dynamodb:item-exists";
/// The table is protected from deletion now. \[true]
pub const DYNAMODB_DELETION_PROTECTED: &str = "dynamodb:deletion-protected";
/// Point-in-time recovery is on now. \[true]
pub const DYNAMODB_PITR_ENABLED: &str = "dynamodb:pitr-enabled";
/// Time to live is enabled now on the same attribute. \[false]
pub const DYNAMODB_TTL_ENABLED: &str = "dynamodb:ttl-enabled";
/// A provisioned capacity of the request is lower than the present one. \[true]
pub const DYNAMODB_CAPACITY_LOWERED: &str = "dynamodb:capacity-lowered";

/// An instance has a volume that goes with it at termination. \[true]
pub const EC2_VOLUME_DELETED_ON_TERMINATION: &str = "ec2:volume-deleted-on-termination";
/// An instance has instance-store volumes, whose data a stop loses. \[true]
pub const EC2_HAS_INSTANCE_STORE: &str = "ec2:has-instance-store";
/// An instance belongs to an Auto Scaling group, which replaces it when it stops. \[true]
pub const EC2_IN_AUTO_SCALING_GROUP: &str = "ec2:in-auto-scaling-group";
/// An instance is protected from termination or from stopping now. \[true]
pub const EC2_INSTANCE_PROTECTED: &str = "ec2:instance-protected";
/// A security group is attached to a network interface, or another group's rule refers to it. \[true]
pub const EC2_GROUP_IN_USE: &str = "ec2:group-in-use";
/// A volume is attached to an instance that runs. \[true]
pub const EC2_VOLUME_ATTACHED: &str = "ec2:volume-attached";
/// A resource has a tag with a written key already, with another value (for a removal: has the tag). \[true]
pub const EC2_TAGS_CHANGED: &str = "ec2:tags-changed";
/// The launch template of the request passes an instance profile. \[true]
pub const EC2_TEMPLATE_HAS_PROFILE: &str = "ec2:template-has-profile";

/// An `UPSERT` of the batch meets a record with the same name, type and set identifier, and changes it. \[true]
pub const ROUTE53_RECORD_CHANGES: &str = "route53:record-changes";

/// The alias points to another key now. \[true]
pub const KMS_ALIAS_REPOINTED: &str = "kms:alias-repointed";
/// The key policy of the request differs from the present one. For people to see; no rule waits for it. \[true]
pub const KMS_POLICY_CHANGED: &str = "kms:policy-changed";

/// `AWSCURRENT` stands on another version now. \[true]
pub const SECRETSMANAGER_CURRENT_MOVES: &str = "secretsmanager:current-moves";

/// The secret goes at once: the request forces it and no rewrite of Interlock's gives a recovery window. \[true]
pub const SECRETSMANAGER_RECOVERY_SKIPPED: &str = "secretsmanager:recovery-skipped";

/// The new event selectors record less than the present ones. \[true]
pub const CLOUDTRAIL_SELECTORS_NARROWED: &str = "cloudtrail:selectors-narrowed";
/// The trail as updated records less, or elsewhere: another bucket or prefix, no longer multi-region, no log file
/// validation, no global service events. For people to see; no rule waits for it. \[true]
pub const CLOUDTRAIL_TRAIL_NARROWED: &str = "cloudtrail:trail-narrowed";

/// The change set or update removes or replaces a resource. \[true]
pub const CLOUDFORMATION_REMOVES: &str = "cloudformation:removes-or-replaces";
/// The change set or update takes a protection from something that stays, or removes what guards something. \[true]
pub const CLOUDFORMATION_UNGUARDS: &str = "cloudformation:takes-guards";
/// The same for something that data could be restored from. \[true]
pub const CLOUDFORMATION_LOSES_RECOVERY: &str = "cloudformation:loses-recovery";
/// The change set or update changes who can reach what. \[true]
pub const CLOUDFORMATION_REROUTES: &str = "cloudformation:changes-network";
/// The change set or update may open something to the public or to another account. \[true]
pub const CLOUDFORMATION_EXPOSES: &str = "cloudformation:exposes";
/// The change set or update changes who may do what. \[true]
pub const CLOUDFORMATION_GRANTS: &str = "cloudformation:changes-rights";
/// It gives administrator rights, or nobody could read what rights it gives. \[true]
pub const CLOUDFORMATION_GRANTS_ADMINISTRATOR: &str = "cloudformation:grants-administrator";
/// The stack's present template, which a change set takes again, names macros or transforms. \[true]
pub const CLOUDFORMATION_PREVIOUS_EXPANDS: &str = "cloudformation:previous-template-expands";
/// The stack has a role of its own, which CloudFormation takes where a request names none. \[true]
pub const CLOUDFORMATION_ROLE_STORED: &str = "cloudformation:role-stored";
/// The new desired, minimum or maximum size is lower than the present one: of a group, a service, a fleet, a node group,
/// a domain, a stream. \[true]
pub const AUTOSCALING_SIZE_LOWERED: &str = "autoscaling:size-lowered";
/// The group protects the instances that it starts from being ended when it shrinks. \[true]
pub const AUTOSCALING_PROTECTS: &str = "autoscaling:protects-new-instances";
/// The queue puts failures aside in another queue now, and no longer would, or in another one. \[true]
pub const SQS_REDRIVE_DROPPED: &str = "sqs:redrive-dropped";
/// The new retention is shorter than the present one. \[true]
pub const LOGS_RETENTION_LOWERED: &str = "logs:retention-lowered";

/// A parameter that the request asks for is a secret one (`SecureString`). \[true]
pub const SSM_PARAMETER_SECRET: &str = "ssm:parameter-secret";

/// A parameter of the name is there already. \[true]
pub const SSM_PARAMETER_EXISTS: &str = "ssm:parameter-exists";
/// The new timeout or memory of a function is less than the present one. \[true]
pub const LAMBDA_LIMITS_LOWERED: &str = "lambda:limits-lowered";
/// The table as written stands for data in another place than now. \[true]
pub const GLUE_LOCATION_CHANGED: &str = "glue:location-changed";
/// A setting of the user pool or client is left out or weaker than it is now. \[true]
pub const COGNITO_SETTINGS_RESET: &str = "cognito-idp:settings-reset";
/// The new list of subnets lacks one that the load balancer has now. \[true]
pub const ELBV2_ZONE_DROPPED: &str = "elbv2:zone-dropped";
/// The distribution as written has other origins, behaviours or another firewall than now. \[true]
pub const CLOUDFRONT_DISTRIBUTION_CHANGED: &str = "cloudfront:distribution-changed";
/// The firewall or set as written lacks a rule, an address or the default that it has now. \[true]
pub const WAFV2_PROTECTION_DROPPED: &str = "wafv2:protection-dropped";
/// The new retention of messages is shorter than the present one. \[true]
pub const SQS_RETENTION_LOWERED: &str = "sqs:retention-lowered";
/// The tag stands on another image now. \[true]
pub const ECR_TAG_MOVES: &str = "ecr:tag-moves";
/// An alarm of the name is there, and the one written watches something else, rings later or tells fewer. \[true]
pub const CLOUDWATCH_ALARM_LOOSENED: &str = "cloudwatch:alarm-loosened";
/// A rule of the name is there on the bus, and the one written waits for other events or another time. \[true]
pub const EVENTS_RULE_CHANGED: &str = "events:rule-changed";
/// The recovery point expires earlier than now. \[true]
pub const BACKUP_RETENTION_LOWERED: &str = "backup:retention-lowered";
/// The plan as written lacks a rule that it has now, or has a weaker one. \[true]
pub const BACKUP_PLAN_WEAKENED: &str = "backup:plan-weakened";

/// No final snapshot is made: the request skips it and no rewrite of Interlock's asks for one. \[true]
pub const FINAL_SNAPSHOT_SKIPPED: &str = "recovery:final-snapshot-skipped";
/// A time for which backups, snapshots or records are kept is shorter than the present one. \[true]
pub const RECOVERY_RETENTION_LOWERED: &str = "recovery:retention-lowered";

/// Every name above, for the agreement between rules and forecasters.
pub const ALL: [&str; 64] = [
    S3_OBJECT_EXISTS,
    S3_BUCKET_VERSIONED,
    S3_LIFECYCLE_EXPIRES_MORE,
    S3_NOTIFICATION_DROPPED,
    S3_ACCESS_BLOCK_LOOSENED,
    S3_OBJECT_LOCK_WEAKENED,
    S3_BUCKET_POLICY_EXISTS,
    S3_DESTINATION_FOREIGN,
    RDS_AUTOMATED_BACKUPS_LOST,
    RDS_DELETION_PROTECTED,
    RDS_RETENTION_LOWERED,
    RDS_PUBLICLY_ACCESSIBLE,
    RDS_GROUPS_CHANGED,
    RDS_PARAMETERS_CHANGED,
    RDS_CHANGE_INTERRUPTS,
    DYNAMODB_ITEM_EXISTS,
    DYNAMODB_DELETION_PROTECTED,
    DYNAMODB_PITR_ENABLED,
    DYNAMODB_TTL_ENABLED,
    DYNAMODB_CAPACITY_LOWERED,
    EC2_VOLUME_DELETED_ON_TERMINATION,
    EC2_HAS_INSTANCE_STORE,
    EC2_IN_AUTO_SCALING_GROUP,
    EC2_INSTANCE_PROTECTED,
    EC2_GROUP_IN_USE,
    EC2_VOLUME_ATTACHED,
    EC2_TAGS_CHANGED,
    EC2_TEMPLATE_HAS_PROFILE,
    ROUTE53_RECORD_CHANGES,
    KMS_ALIAS_REPOINTED,
    KMS_POLICY_CHANGED,
    SECRETSMANAGER_CURRENT_MOVES,
    SECRETSMANAGER_RECOVERY_SKIPPED,
    CLOUDTRAIL_SELECTORS_NARROWED,
    CLOUDTRAIL_TRAIL_NARROWED,
    CLOUDFORMATION_REMOVES,
    CLOUDFORMATION_UNGUARDS,
    CLOUDFORMATION_LOSES_RECOVERY,
    CLOUDFORMATION_REROUTES,
    CLOUDFORMATION_EXPOSES,
    CLOUDFORMATION_GRANTS,
    CLOUDFORMATION_GRANTS_ADMINISTRATOR,
    CLOUDFORMATION_PREVIOUS_EXPANDS,
    CLOUDFORMATION_ROLE_STORED,
    AUTOSCALING_SIZE_LOWERED,
    AUTOSCALING_PROTECTS,
    SQS_REDRIVE_DROPPED,
    LOGS_RETENTION_LOWERED,
    SSM_PARAMETER_SECRET,
    SSM_PARAMETER_EXISTS,
    LAMBDA_LIMITS_LOWERED,
    GLUE_LOCATION_CHANGED,
    COGNITO_SETTINGS_RESET,
    ELBV2_ZONE_DROPPED,
    CLOUDFRONT_DISTRIBUTION_CHANGED,
    WAFV2_PROTECTION_DROPPED,
    SQS_RETENTION_LOWERED,
    ECR_TAG_MOVES,
    CLOUDWATCH_ALARM_LOOSENED,
    EVENTS_RULE_CHANGED,
    BACKUP_RETENTION_LOWERED,
    BACKUP_PLAN_WEAKENED,
    FINAL_SNAPSHOT_SKIPPED,
    RECOVERY_RETENTION_LOWERED,
];
