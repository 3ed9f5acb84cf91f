//! Operations whose name says that they make something, and that were looked at one by one: nothing that was there before
//! is changed, reached or run by them.
//!
//! A name alone proves nothing of the kind: a new deployment changes what a stage serves, a new replica of a secret may
//! write over another one, a key that is imported lets somebody log in. Whatever is not in this list is judged as a change too.

use std::{collections::HashSet, sync::LazyLock};

use super::Subject;

/// A service, and its operations by name.
const FRESH: &[(&str, &str)] = &[
    ("acm", "RequestCertificate"),
    ("acm-pca", "CreateCertificateAuthority"),
    ("amplify", "CreateApp"),
    (
        "apigateway",
        "CreateDocumentationPart CreateDocumentationVersion CreateModel CreateRequestValidator \
         CreateResource CreateRestApi CreateUsagePlan ImportRestApi",
    ),
    ("apigatewayv2", "CreateModel"),
    (
        "appconfig",
        "CreateApplication CreateConfigurationProfile CreateDeploymentStrategy CreateEnvironment \
         CreateHostedConfigurationVersion",
    ),
    ("appsync", "CreateApi CreateGraphqlApi"),
    ("athena", "CreateNamedQuery CreateNotebook CreatePreparedStatement CreateWorkGroup ImportNotebook"),
    ("autoscaling", "CreateAutoScalingGroup CreateLaunchConfiguration"),
    (
        "backup",
        "CreateBackupPlan CreateBackupSelection CreateBackupVault CreateFramework CreateReportPlan CreateRestoreTestingPlan CreateRestoreTestingSelection",
    ),
    ("batch", "CreateComputeEnvironment CreateConsumableResource CreateJobQueue CreateSchedulingPolicy"),
    ("cloudformation", "CreateGeneratedTemplate"),
    (
        "cloudfront",
        "CreateCachePolicy CreateCloudFrontOriginAccessIdentity CreateContinuousDeploymentPolicy CreateDistribution CreateDistributionWithTags CreateFieldLevelEncryptionConfig CreateFieldLevelEncryptionProfile CreateFunction CreateKeyGroup CreateKeyValueStore CreateMonitoringSubscription CreateOriginAccessControl CreateOriginRequestPolicy CreatePublicKey CreateRealtimeLogConfig CreateResponseHeadersPolicy CreateTrustStore",
    ),
    ("cloudtrail", "CreateDashboard CreateEventDataStore CreateTrail"),
    ("codeartifact", "CreateDomain CreateRepository"),
    ("codebuild", "CreateReportGroup"),
    (
        "codecommit",
        "CreateApprovalRuleTemplate CreateBranch CreatePullRequest CreatePullRequestApprovalRule \
         CreateRepository CreateUnreferencedMergeCommit",
    ),
    ("codedeploy", "CreateApplication CreateDeploymentConfig RegisterApplicationRevision"),
    ("cognito-idp", "CreateUserPool"),
    ("dax", "CreateCluster CreateParameterGroup CreateSubnetGroup"),
    (
        "dms",
        "CreateDataProvider CreateEndpoint CreateEventSubscription CreateInstanceProfile \
         CreateReplicationInstance CreateReplicationSubnetGroup CreateReplicationTask ImportCertificate",
    ),
    ("docdb-elastic", "CopyClusterSnapshot CreateCluster CreateClusterSnapshot RestoreClusterFromSnapshot"),
    ("ds", "CreateSnapshot"),
    (
        "dynamodb",
        "CreateBackup CreateTable ExportTableToPointInTime ImportTable RestoreTableFromBackup \
         RestoreTableToPointInTime",
    ),
    (
        "ec2",
        "CopyFpgaImage CopyImage CopySnapshot CopyVolumes CreateFleet CreateImage CreateImageUsageReport CreateInstanceEventWindow CreateIpam CreateIpamPool CreateIpamScope CreateLaunchTemplate CreateNetworkInsightsAccessScope CreateNetworkInsightsPath CreatePlacementGroup CreateRestoreImageTask CreateSnapshot CreateSnapshots CreateStoreImageTask CreateTrafficMirrorFilter CreateVolume ImportImage ImportInstance ImportKeyPair ImportSnapshot ImportVolume RegisterImage RequestSpotFleet RequestSpotInstances RestoreImageFromRecycleBin RestoreSnapshotFromRecycleBin RestoreVolumeFromRecycleBin RunInstances",
    ),
    ("ecr", "CreateRepository"),
    ("ecr-public", "CreateRepository InitiateLayerUpload UploadLayerPart"),
    ("ecs", "CreateCluster RegisterDaemonTaskDefinition"),
    ("efs", "CreateFileSystem"),
    ("eks", "CreateCluster CreateFargateProfile CreateNodegroup"),
    (
        "elasticache",
        "CopyServerlessCacheSnapshot CopySnapshot CreateCacheCluster CreateCacheParameterGroup \
         CreateCacheSecurityGroup CreateCacheSubnetGroup CreateReplicationGroup CreateServerlessCache \
         CreateServerlessCacheSnapshot CreateSnapshot",
    ),
    ("elasticbeanstalk", "CreateApplication CreateApplicationVersion CreateStorageLocation"),
    (
        "elb",
        "CreateAppCookieStickinessPolicy CreateLBCookieStickinessPolicy CreateLoadBalancer \
         CreateLoadBalancerPolicy",
    ),
    ("elbv2", "CreateLoadBalancer CreateTargetGroup CreateTrustStore"),
    ("emr", "CreateSecurityConfiguration CreateStudio"),
    ("emr-serverless", "CreateApplication"),
    ("events", "CreateApiDestination CreateArchive CreateConnection CreateEventBus"),
    (
        "fsx",
        "CopyBackup CreateBackup CreateFileCache CreateFileSystem CreateFileSystemFromBackup \
         CreateSnapshot CreateStorageVirtualMachine CreateVolume CreateVolumeFromBackup",
    ),
    ("glacier", "CreateVault InitiateJob InitiateMultipartUpload UploadArchive UploadMultipartPart"),
    (
        "glue",
        "CreateBlueprint CreateClassifier CreateConnection CreateDataQualityRuleset CreateDatabase CreatePartitionIndex CreateRegistry CreateSchema CreateScript CreateSecurityConfiguration CreateTable CreateUserDefinedFunction CreateWorkflow",
    ),
    ("guardduty", "CreateDetector CreateSampleFindings CreateThreatIntelSet"),
    (
        "imagebuilder",
        "CreateComponent CreateContainerRecipe CreateDistributionConfiguration CreateImageRecipe \
         CreateInfrastructureConfiguration ImportComponent",
    ),
    ("inspector2", "CreateFilter"),
    ("macie2", "CreateFindingsFilter"),
    ("kafka", "CreateCluster CreateClusterV2 CreateConfiguration CreateTopic"),
    ("keyspaces", "CreateKeyspace CreateTable CreateType RestoreTable"),
    ("kinesis", "CreateStream RegisterStreamConsumer"),
    ("kinesisanalyticsv2", "CreateApplication CreateApplicationSnapshot"),
    ("kms", "CreateAlias"),
    ("lambda", "CreateAlias CreateCodeSigningConfig"),
    (
        "lightsail",
        "AllocateStaticIp CopySnapshot CreateBucket CreateCertificate CreateContactMethod \
         CreateContainerService CreateDisk CreateDiskFromSnapshot CreateDiskSnapshot CreateDistribution \
         CreateDomain CreateInstanceSnapshot CreateInstances CreateInstancesFromSnapshot \
         CreateLoadBalancer CreateRelationalDatabase CreateRelationalDatabaseFromSnapshot \
         CreateRelationalDatabaseSnapshot",
    ),
    ("logs", "CreateLogAnomalyDetector CreateLogGroup CreateLogStream"),
    (
        "memorydb",
        "CopySnapshot CreateCluster CreateMultiRegionCluster CreateParameterGroup CreateSnapshot \
         CreateSubnetGroup",
    ),
    ("mq", "CreateBroker CreateConfiguration"),
    ("neptune-graph", "CreateGraph CreateGraphSnapshot RestoreGraphFromSnapshot"),
    (
        "network-firewall",
        "CreateFirewall CreateFirewallPolicy CreateRuleGroup CreateTLSInspectionConfiguration",
    ),
    ("networkmanager", "CreateDevice CreateGlobalNetwork CreateLink CreateSite"),
    ("opensearch", "CreateApplication CreatePackage"),
    ("opensearchserverless", "CreateCollection"),
    ("organizations", "CreateOrganizationalUnit CreatePolicy"),
    (
        "rds",
        "CopyDBClusterParameterGroup CopyDBClusterSnapshot CopyDBParameterGroup CopyDBSnapshot \
         CopyOptionGroup CreateDBCluster CreateDBClusterEndpoint CreateDBClusterParameterGroup \
         CreateDBClusterSnapshot CreateDBInstance CreateDBInstanceReadReplica CreateDBParameterGroup \
         CreateDBProxy CreateDBSecurityGroup CreateDBSnapshot CreateDBSubnetGroup CreateEventSubscription \
         CreateOptionGroup RestoreDBClusterFromS3 RestoreDBClusterFromSnapshot \
         RestoreDBClusterToPointInTime RestoreDBInstanceFromDBSnapshot RestoreDBInstanceFromS3 \
         RestoreDBInstanceToPointInTime",
    ),
    (
        "redshift",
        "CopyClusterSnapshot CreateCluster CreateClusterParameterGroup CreateClusterSecurityGroup \
         CreateClusterSnapshot CreateClusterSubnetGroup CreateEventSubscription \
         CreateHsmClientCertificate CreateHsmConfiguration CreateSnapshotSchedule \
         RestoreFromClusterSnapshot",
    ),
    ("redshift-serverless", "CreateNamespace CreateSnapshot CreateWorkgroup"),
    ("resource-groups", "CreateGroup"),
    (
        "route53",
        "CreateCidrCollection CreateHealthCheck CreateHostedZone CreateReusableDelegationSet \
         CreateTrafficPolicy CreateTrafficPolicyVersion",
    ),
    (
        "route53resolver",
        "CreateFirewallDomainList CreateFirewallRuleGroup CreateResolverEndpoint \
         CreateResolverQueryLogConfig CreateResolverRule",
    ),
    ("s3", "CreateBucket"),
    (
        "sagemaker",
        "CreateAction CreateAppImageConfig CreateArtifact CreateCodeRepository CreateContext \
         CreateEndpointConfig CreateExperiment CreateFeatureGroup CreateImage CreateModelCard \
         CreateModelPackageGroup CreateTrial CreateTrialComponent",
    ),
    ("scheduler", "CreateScheduleGroup"),
    ("schemas", "CreateDiscoverer CreateRegistry CreateSchema"),
    ("secretsmanager", "CreateSecret"),
    ("securityhub", "CreateActionTarget CreateInsight"),
    ("servicecatalog", "CreatePortfolio CreateProduct CreateTagOption"),
    ("servicediscovery", "CreateHttpNamespace CreateService"),
    (
        "ses",
        "CloneReceiptRuleSet CreateConfigurationSet CreateCustomVerificationEmailTemplate \
         CreateReceiptRuleSet CreateTemplate",
    ),
    (
        "sesv2",
        "CreateConfigurationSet CreateContact CreateContactList CreateCustomVerificationEmailTemplate \
         CreateDedicatedIpPool CreateEmailIdentity CreateEmailTemplate",
    ),
    ("sns", "CreatePlatformApplication CreatePlatformEndpoint Subscribe"),
    ("ssm", "CreateDocument CreateMaintenanceWindow CreateOpsItem CreateOpsMetadata CreatePatchBaseline"),
    ("stepfunctions", "CreateActivity CreateStateMachineAlias PublishStateMachineVersion"),
    (
        "storagegateway",
        "CreateCachediSCSIVolume CreateSnapshot CreateSnapshotFromVolumeRecoveryPoint \
         CreateStorediSCSIVolume CreateTapePool CreateTapeWithBarcode CreateTapes",
    ),
    ("synthetics", "CreateGroup"),
    ("timestream-influxdb", "CreateDbInstance"),
    ("timestream-write", "CreateDatabase CreateTable"),
    ("transfer", "CreateProfile CreateServer CreateWorkflow"),
    ("vpc-lattice", "CreateService CreateServiceNetwork CreateTargetGroup"),
    (
        "waf",
        "CreateByteMatchSet CreateGeoMatchSet CreateIPSet CreateRateBasedRule CreateRegexMatchSet \
         CreateRegexPatternSet CreateRule CreateRuleGroup CreateSizeConstraintSet \
         CreateSqlInjectionMatchSet CreateXssMatchSet",
    ),
    (
        "waf-regional",
        "CreateByteMatchSet CreateGeoMatchSet CreateIPSet CreateRateBasedRule CreateRegexMatchSet \
         CreateRegexPatternSet CreateRule CreateRuleGroup CreateSizeConstraintSet \
         CreateSqlInjectionMatchSet CreateXssMatchSet",
    ),
    ("wafv2", "CreateIPSet CreateRegexPatternSet CreateRuleGroup CreateWebACL"),
    ("workspaces", "CopyWorkspaceImage CreateIpGroup CreateWorkspaceBundle CreateWorkspaces"),
    ("xray", "CreateGroup"),
];

/// Operations that do so where they name nothing that is there; the member that would name it.
const NAMELESS: &[(&str, &str, &str)] = &[("acm", "ImportCertificate", "CertificateArn")];

/// Whether the operation only adds something beside what is there.
pub(super) fn only_adds(subject: &Subject<'_>) -> bool {
    let names_nothing = |(service, operation, member): &(&str, &str, &str)| {
        subject.is(service, operation) && !subject.has(member)
    };
    static ROWS: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| rows().collect());
    ROWS.contains(&(subject.family(), subject.operation)) || NAMELESS.iter().any(names_nothing)
}

/// Every service and operation of the list.
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    FRESH.iter().flat_map(|(service, operations)| {
        operations.split_whitespace().map(|operation| (*service, operation))
    })
}
