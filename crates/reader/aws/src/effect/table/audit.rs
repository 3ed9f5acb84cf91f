//! Operations that turn off, delete or narrow the record of what happened.
//!
//! Only true removal stands here. Making a trail is a create; what depends on parameters (event selectors, a trail's
//! bucket) is a rule.

use interlock_action::Effect::{AuditTrail, Destroy};

use super::Row;

pub(super) const ROWS: &[Row] = &[
    ("cloudtrail", &["StopLogging"], &[AuditTrail], "turns off the recording of API calls"),
    ("cloudtrail", &["DeleteTrail"], &[AuditTrail, Destroy], "deletes the trail that records API calls"),
    ("cloudtrail", &["DeleteEventDataStore"], &[AuditTrail, Destroy], "deletes recorded API calls"),
    ("cloudtrail", &["StopEventDataStoreIngestion"], &[AuditTrail], "turns off the recording of API calls"),
    ("cloudtrail", &["DeleteChannel"], &[AuditTrail, Destroy], "cuts off a source of recorded events"),
    (
        "cloudtrail",
        &["DeregisterOrganizationDelegatedAdmin"],
        &[AuditTrail],
        "takes the organisation's trails from their administrator",
    ),
    (
        "config",
        &["StopConfigurationRecorder"],
        &[AuditTrail],
        "turns off the recording of configuration changes",
    ),
    (
        "config",
        &["DeleteConfigurationRecorder", "DeleteServiceLinkedConfigurationRecorder", "DeleteDeliveryChannel"],
        &[AuditTrail, Destroy],
        "deletes the recorder of configuration changes, or where it delivers",
    ),
    ("guardduty", &["DeleteDetector"], &[AuditTrail, Destroy], "turns off threat detection"),
    (
        "guardduty",
        &[
            "StopMonitoringMembers",
            "DisassociateMembers",
            "DeleteMembers",
            "DisableOrganizationAdminAccount",
            "DisassociateFromAdministratorAccount",
            "DisassociateFromMasterAccount",
            "DeletePublishingDestination",
        ],
        &[AuditTrail],
        "takes accounts or findings out of threat detection",
    ),
    (
        "securitylake",
        &[
            "DeleteDataLake",
            "DeleteAwsLogSource",
            "DeleteCustomLogSource",
            "DeleteDataLakeOrganizationConfiguration",
        ],
        &[AuditTrail, Destroy],
        "deletes the security log lake or a source of it",
    ),
];
