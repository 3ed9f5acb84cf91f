//! Reads that hand out secret values, keys, credentials or addresses that work without a signature.
//!
//! Published levels call most of these plain reads. The catalogue's own flags add the ones that the models mark.

use interlock_action::Effect::{Privilege, Read, SensitiveRead, Update};

use super::Row;

const SECRET: &str = "hands out secret values";
const CREDENTIALS: &str = "hands out credentials";
const URL: &str = "hands out an address that works without a signature";

pub(super) const ROWS: &[Row] = &[
    ("secretsmanager", &["GetSecretValue", "BatchGetSecretValue"], &[SensitiveRead], SECRET),
    ("secretsmanager", &["GetRandomPassword"], &[Read], "draws a random password that nothing uses yet"),
    ("secretsmanager", &["ValidateResourcePolicy"], &[Read], "checks a policy, changes nothing"),
    ("acm", &["ExportCertificate"], &[SensitiveRead], "hands out a private key"),
    ("ecr", &["GetAuthorizationToken"], &[SensitiveRead], CREDENTIALS),
    ("ecr-public", &["GetAuthorizationToken"], &[SensitiveRead], CREDENTIALS),
    ("ecr", &["GetDownloadUrlForLayer"], &[SensitiveRead], URL),
    ("codeartifact", &["GetAuthorizationToken"], &[SensitiveRead], CREDENTIALS),
    ("lambda", &["GetFunction", "GetLayerVersion", "GetLayerVersionByArn"], &[SensitiveRead], "hands out the address of the code, and the environment variables"),
    ("sqs", &["ReceiveMessage"], &[SensitiveRead], "hands out messages and hides them from their consumers for a while"),
    ("ec2", &["GetPasswordData"], &[SensitiveRead], "hands out an administrator's password"),
    ("ec2", &["GetConsoleOutput", "GetConsoleScreenshot", "GetLaunchTemplateData"], &[Read], "reads what an instance printed or is launched with"),
    ("ec2", &["ExportClientVpnClientConfiguration"], &[SensitiveRead], CREDENTIALS),
    ("kms", &["Decrypt", "GenerateDataKey*", "ReEncrypt", "DeriveSharedSecret", "Sign", "GenerateMac"], &[SensitiveRead], "uses the key: hands out plain text, key material or signatures"),
    ("kms", &["Encrypt", "Verify", "VerifyMac", "GenerateRandom", "GetPublicKey"], &[Read], "uses the key without handing out a secret"),
    ("rds", &["DownloadDBLogFilePortion", "DownloadCompleteDBLogFile"], &[SensitiveRead], "hands out database logs, which may hold statements with data"),
    ("redshift", &["GetClusterCredentials", "GetClusterCredentialsWithIAM", "GetIdentityCenterAuthToken"], &[SensitiveRead], CREDENTIALS),
    ("redshift-serverless", &["GetCredentials", "GetIdentityCenterAuthToken"], &[SensitiveRead], CREDENTIALS),
    ("emr", &["GetClusterSessionCredentials"], &[SensitiveRead], CREDENTIALS),
    ("emr-containers", &["GetManagedEndpointSessionCredentials"], &[SensitiveRead], CREDENTIALS),
    ("lightsail", &["GetRelationalDatabaseMasterUserPassword", "GetInstanceAccessDetails", "DownloadDefaultKeyPair", "GetBucketAccessKeys", "GetContainerServiceDeployments"], &[SensitiveRead], CREDENTIALS),
    ("sts", &["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken", "GetWebIdentityToken"], &[SensitiveRead], CREDENTIALS),
    ("sts", &["AssumeRoot"], &[SensitiveRead, Privilege], "hands out the root user's credentials of a member account"),
    ("sts", &["DecodeAuthorizationMessage", "GetCallerIdentity", "GetAccessKeyInfo"], &[Read], "says who asks and why it was denied"),
    ("sso", &["GetRoleCredentials"], &[SensitiveRead], CREDENTIALS),
    ("sso-oidc", &["CreateToken", "CreateTokenWithIAM"], &[SensitiveRead], CREDENTIALS),
    ("s3", &["CreateSession"], &[SensitiveRead], CREDENTIALS),
    ("s3control", &["GetDataAccess"], &[SensitiveRead], CREDENTIALS),
    ("cognito-identity", &["GetCredentialsForIdentity", "GetOpenIdToken", "GetOpenIdTokenForDeveloperIdentity"], &[SensitiveRead], CREDENTIALS),
    ("cognito-idp", &["DescribeUserPoolClient", "ListUserPoolClientSecrets"], &[SensitiveRead], SECRET),
    ("cognito-idp", &["AdminInitiateAuth", "InitiateAuth", "AdminRespondToAuthChallenge", "RespondToAuthChallenge", "GetTokensFromRefreshToken"], &[SensitiveRead], CREDENTIALS),
    ("eks-auth", &["AssumeRoleForPodIdentity"], &[SensitiveRead], CREDENTIALS),
    ("gamelift", &["RequestUploadCredentials", "GetComputeAuthToken", "GetComputeAccess", "GetInstanceAccess"], &[SensitiveRead], CREDENTIALS),
    ("deadline", &["AssumeFleetRoleForRead", "AssumeFleetRoleForWorker", "AssumeQueueRoleForRead", "AssumeQueueRoleForUser", "AssumeQueueRoleForWorker"], &[SensitiveRead], CREDENTIALS),
    ("datazone", &["GetEnvironmentCredentials", "GetIamPortalLoginUrl", "GetConnection"], &[SensitiveRead], CREDENTIALS),
    ("connect", &["GetFederationToken"], &[SensitiveRead], CREDENTIALS),
    ("iot", &["CreateKeysAndCertificate", "CreateProvisioningClaim"], &[SensitiveRead, Privilege], "makes a device's key and hands it out"),
    ("mwaa", &["CreateCliToken", "CreateWebLoginToken"], &[SensitiveRead], CREDENTIALS),
    ("quicksight", &["GenerateEmbedUrl*", "GetDashboardEmbedUrl", "GetSessionEmbedUrl"], &[SensitiveRead], URL),
    ("sagemaker", &["CreatePresigned*", "CreatePartnerAppPresignedUrl", "CreateHubContentPresignedUrls"], &[SensitiveRead], URL),
    ("kafka", &["GetBootstrapBrokers"], &[Read], "names the brokers"),
    ("kinesisanalyticsv2", &["CreateApplicationPresignedUrl"], &[SensitiveRead], URL),
    ("athena", &["CreatePresignedNotebookUrl", "GetSessionEndpoint"], &[SensitiveRead], URL),
    ("emr-serverless", &["GetDashboardForJobRun"], &[SensitiveRead], URL),
    ("dsql", &["GenerateDbConnect*"], &[SensitiveRead], CREDENTIALS),
    ("storagegateway", &["DescribeChapCredentials"], &[SensitiveRead], CREDENTIALS),
    ("signin", &["CreateOAuth2Token"], &[SensitiveRead], CREDENTIALS),
    ("workmail", &["AssumeImpersonationRole"], &[SensitiveRead], CREDENTIALS),
    ("codepipeline", &["GetJobDetails", "GetThirdPartyJobDetails"], &[SensitiveRead], CREDENTIALS),
    ("codepipeline", &["PollForJobs", "PollForThirdPartyJobs"], &[SensitiveRead, Update], "takes a job and hands out its credentials"),
    ("ssm", &["GetAccessToken"], &[SensitiveRead], CREDENTIALS),
    ("payment-cryptography", &["ExportKey"], &[SensitiveRead], "hands out key material"),
    ("payment-cryptography-data", &["DecryptData", "TranslateKeyMaterial"], &[SensitiveRead], SECRET),
    ("apigateway", &["GetApiKey", "GetApiKeys"], &[SensitiveRead], "hands out API keys"),
    ("appsync", &["ListApiKeys"], &[SensitiveRead], "hands out API keys"),
    ("quicksight", &["DescribeDataSetPermissions", "DescribeDataSourcePermissions", "DescribeTopicPermissions"], &[Read], "looks at who may do what"),
    ("glue", &["DescribeConnectionType", "DescribeEntity", "ListConnectionTypes", "ListEntities", "TestConnection"], &[Read], "looks, changes nothing"),
    ("ssm-sap", &["GetResourcePermission"], &[Read], "looks at who may do what"),
    ("billing", &["GetResourcePolicy"], &[Read], "looks at who may do what"),
];
