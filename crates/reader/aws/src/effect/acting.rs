//! Members that the models call sensitive but that act: commands, policies, definitions, destinations, settings. Whoever
//! approves a call reads them; what is secret in them is sealed by its name, as in any text.
//!
//! What stands neither here nor in the list of values beside the test is sealed whole: the test names it.

use super::secrets::is_secret_word;

/// Everything of a service but what its name says is a secret.
const ALL: &str = "*";

/// Services and their members.
#[rustfmt::skip]
const ACTING: &[(&str, &[&str])] = &[
    ("account", &["EmailAddress", "PrimaryEmail"]),
    ("amplify", &["buildSpec"]),
    ("appconfig", &["DynamicExtensionParameters"]),
    ("apprunner", &["BuildCommand", "RuntimeEnvironmentSecrets", "StartCommand"]),
    ("appstream", &["AbsoluteAppPath", "AbsoluteIconPath", "AbsoluteManifestPath", "AppCatalogConfig", "LaunchParameters", "WorkingDirectory"]),
    ("auditmanager", &["assessmentReportsDestination", "awsAccounts", "createDelegationRequests", "defaultAssessmentReportsDestination", "defaultProcessOwners", "roles", "scope"]),
    ("backup", &["Metadata", "RestoreMetadataOverrides"]),
    ("bedrock", &["*"]),
    ("bedrock-agent", &["*"]),
    ("bedrock-agent-runtime", &["*"]),
    ("bedrock-agentcore", &["*"]),
    ("bedrock-agentcore-control", &["*"]),
    ("bedrock-data-automation", &["schema"]),
    ("budgets", &["Address"]),
    ("chime", &["LambdaFunctionArn", "OutboundEventsHTTPSEndpoint"]),
    ("chime-sdk-identity", &["Key", "Value"]),
    ("chime-sdk-media-pipelines", &["Arn", "Destination", "InsightsTarget", "MediaInsightsPipelineConfigurationArn", "MediaPipelineArn", "ResourceAccessRoleArn", "SinkArn", "SinkIamRoleArn", "SourceArn", "Url"]),
    ("chime-sdk-meetings", &["LambdaFunctionArn", "SnsTopicArn", "SqsQueueArn"]),
    ("chime-sdk-messaging", &["FilterRule", "Key", "Value"]),
    ("chime-sdk-voice", &["Arguments", "ArgumentsMap", "ConfigurationArn", "Key", "KmsKeyArn", "LambdaArn", "SipHeaders"]),
    ("cleanrooms", &["analysisParameters", "parameters", "sqlParameters", "text"]),
    ("cleanroomsml", &["sqlParameters"]),
    ("cloud9", &["Key", "Value"]),
    ("cloudcontrol", &["DesiredState", "PatchDocument"]),
    ("cloudfront", &["ConnectionFunctionCode", "ConnectionObject", "EventObject", "FunctionCode"]),
    ("codebuild", &["command"]),
    ("codestar-notifications", &["TargetAddress"]),
    ("connect", &["Actions"]),
    ("customer-profiles", &["AttributeDetails", "ConditionOverrides", "Conditions", "EventTriggerConditions", "Fields", "FlowDefinition", "Keys", "RecommenderFilterExpression", "SegmentGroups", "SegmentSqlQuery"]),
    ("datazone", &["parameters", "s3", "schedule"]),
    ("deadline", &["fileSystemLocations", "fileSystemLocationsToAdd", "fileSystemLocationsToRemove", "manifests", "parameters", "scriptBody", "template"]),
    ("dms", &["SelectionRules"]),
    ("drs", &["cfnStackName"]),
    ("ebs", &["KmsKeyArn"]),
    ("ec2", &["ImportManifestUrl", "LaunchSpecification", "TunnelOptions", "Url", "Value"]),
    ("ecs", &["repositoryCredentials"]),
    ("emr-containers", &["entryPoint", "entryPointArguments", "properties", "sparkSqlParameters", "sparkSubmitParameters"]),
    ("emr-serverless", &["entryPoint", "entryPointArguments", "initQueryFile", "parameters", "properties", "query", "sparkSubmitParameters"]),
    ("events", &["GraphQLOperation", "Sql", "Sqls"]),
    ("firehose", &["AccountUrl", "AttributeName", "ContentColumnName", "Database", "MetaDataColumnName", "PrivateLinkVpceId", "Schema", "SnowflakeRole", "Table", "Url", "User", "Username"]),
    ("forecast", &["Key", "Value"]),
    ("frauddetector", &["expression"]),
    ("gamelift", &["IpRange"]),
    ("glue", &["CodeGenConfigurationNodes"]),
    ("grafana", &["admin", "editor", "organizationRoleName", "workspaceOrganizationalUnits", "workspaceRoleArn"]),
    ("iot", &["recipe"]),
    ("iot-managed-integrations", &["commands", "events", "parameters"]),
    ("iotfleetwise", &["actions", "conditionExpression", "dataExtraDimensions", "expression", "signalsToCollect", "signalsToFetch", "storageLocation"]),
    ("kafkaconnect", &["connectorConfiguration", "propertiesFileContent"]),
    ("kendra", &["KmsKeyId"]),
    ("lakeformation", &["QueryString"]),
    ("lambda", &["Payload"]),
    ("launch-wizard", &["specifications"]),
    ("mailmanager", &["ReplaceWith", "Values"]),
    ("migrationhuborchestrator", &["inputParameters"]),
    ("mwaa", &["AirflowConfigurationOptions", "Body"]),
    ("mwaa-serverless", &["OverrideParameters"]),
    ("nova-act", &["inputSchema", "task"]),
    ("organizations", &["Email", "Id"]),
    ("panorama", &["TemplateParameters"]),
    ("personalize", &["filterExpression"]),
    ("pipes", &["*"]),
    ("proton", &["manifest", "serviceSpec", "spec", "templateFile"]),
    ("qbusiness", &["kmsKeyId"]),
    ("qconnect", &["action", "blockedInputMessaging", "blockedOutputsMessaging", "definition", "examples", "inputSchema", "inputStrength", "instruction", "outputSchema", "outputStrength", "overrideInputValues", "pattern", "text", "type", "url"]),
    ("quicksight", &["ConditionExpression", "CustomInstructionsString", "Expression", "InstructionText", "MatchAllValue", "OnClause", "SqlQuery"]),
    ("rds", &["InitQuery", "Value"]),
    ("repostspace", &["allowedDomains"]),
    ("resource-explorer-2", &["Filters"]),
    ("rolesanywhere", &["key", "value"]),
    ("s3", &["KMSKeyArn", "KMSKeyId", "KMSMasterKeyID", "KeyId", "SSEKMSEncryptionContext", "SSEKMSKeyId"]),
    ("socialmessaging", &["destinationS3File", "sourceS3File"]),
    ("ssm", &["Configuration", "Input", "Parameters", "Payload", "TaskParameters", "Values"]),
    ("ssm-sap", &["SecretId"]),
    ("stepfunctions", &["*"]),
    ("supplychain", &["query"]),
    ("timestream-query", &["QueryString"]),
    ("verifiedpermissions", &["*"]),
    ("voice-id", &["Key", "Value"]),
    ("workspaces-instances", &["KmsKeyId", "PrivateIpAddress"]),
    ("workspaces-thin-client", &["desktopEndpoint"]),
    ("workspaces-web", &["Key", "Value", "allowedUrls", "blockedUrls", "browserPolicy", "bucket", "builtInPatternId", "cookieSynchronizationConfiguration", "domain", "enforcedUrls", "exemptUrls", "globalEnforcedUrls", "globalExemptUrls", "identityProviderDetails", "ipRange", "ipRules", "keyPrefix", "keywordRegex", "path", "patternRegex"]),
];

/// Tags say of what environment a thing is, wherever they stand.
const TAGS: &[&str] = &[
    "BackupPlanTags",
    "BackupVaultTags",
    "RecoveryPointTags",
    "TagKeyList",
    "TagKeys",
    "Tags",
    "TieringConfigurationTags",
    "deviceCreationTags",
    "scopeTags",
    "stagingAreaTags",
    "tagKey",
    "tagKeys",
    "tagValue",
    "tags",
];

/// Whether a sensitive member acts.
pub(super) fn acts(service: &str, member: &str) -> bool {
    let named = |members: &[&str]| members.contains(&member) || members == [ALL];
    !is_secret_word(member)
        && (TAGS.contains(&member) || ACTING.iter().any(|(of, members)| *of == service && named(members)))
}

/// Members that no model calls sensitive, whose values by names of somebody's own are put into commands.
const RUN: [(&str, &str); 11] = [
    ("batch", "parameters"),
    ("cloudformation", "Parameters"),
    ("config", "Parameters"),
    ("glue", "Arguments"),
    ("glue", "DefaultArguments"),
    ("glue", "NonOverridableArguments"),
    ("imagebuilder", "parameters"),
    ("iot", "documentParameters"),
    ("servicecatalog", "ProvisioningParameters"),
    ("ssm", "Parameters"),
    ("ssm-incidents", "parameters"),
];

/// Whether what is in a member may be run, under whatever names.
pub(super) fn is_run(service: &str, member: &str) -> bool {
    RUN.contains(&(service, member))
}

#[cfg(test)]
mod tests;
