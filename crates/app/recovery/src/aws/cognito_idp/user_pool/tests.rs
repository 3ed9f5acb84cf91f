use std::cell::RefCell;

use interlock_action::compared;

use super::*;
use crate::aws::testing::{called, deed, state, words};

const OLD: &str = "us-east-1_old";
const NEW: &str = "us-east-1_new";
const MARK: &str = "us-east-1_old/undo-1";

fn deletes() -> Deed {
    Deed { undo: Some("undo-1".into()), ..deed("cognito-idp", "DeleteUserPool", json!({"UserPoolId": OLD})) }
}

/// What one pool answers, by operation.
fn answers() -> Value {
    json!({
        "DescribeUserPool": {"UserPool": {
            "Id": OLD,
            "Name": "people",
            "MfaConfiguration": "OPTIONAL",
            "LambdaConfig": {"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"},
            "AdminCreateUserConfig": {"UnusedAccountValidityDays": 7},
            "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}},
            "EmailVerificationMessage": "{####}",
            "VerificationMessageTemplate": {"EmailMessage": "{####}"},
            "UserPoolTags": {"env": "dev"},
            "SchemaAttributes": [
                {"Name": "sub", "AttributeDataType": "String", "Mutable": false, "Required": true},
                {"Name": "name", "AttributeDataType": "String", "Mutable": true, "Required": false,
                    "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}},
                {"Name": "email", "AttributeDataType": "String", "Mutable": true, "Required": true},
                {"Name": "dev:custom:plan", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true},
            ],
        }},
        "ListUserPools": {"UserPools": [{"Id": OLD}]},
        "ListUserPoolClients": {"UserPoolClients": [{"ClientId": "c1", "ClientName": "web"}]},
        "ListIdentityProviders": {"Providers": [{"ProviderName": "corp"}]},
        "DescribeIdentityProvider": {"IdentityProvider": {
            "ProviderName": "corp",
            "ProviderType": "OIDC",
            "ProviderDetails": {"client_id": "i", "client_secret": "s", "oidc_issuer": "https://corp",
                "attributes_url_add_attributes": "false"},
        }},
        "ListGroups": {"Groups": [{"GroupName": "staff", "Precedence": 1}]},
        "ListUsersInGroup": {"Users": [{"Username": "u1"}, {"Username": "corp_1"}]},
        "ListResourceServers": {"ResourceServers": []},
        "GetUserPoolMfaConfig": {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": true}},
        "ListUsers": {"Users": [
            {"Username": "u2", "Enabled": false, "Attributes": [{"Name": "sub", "Value": "2"}]},
            {"Username": "u1", "Enabled": true, "Attributes": [{"Name": "email", "Value": "a@b"}]},
            {"Username": "corp_1", "Enabled": true, "UserStatus": "EXTERNAL_PROVIDER", "Attributes": []},
        ]},
    })
}

fn with_at(pointer: &str, value: Value) -> Value {
    let mut answers = answers();
    let (record, name) = pointer.rsplit_once('/').unwrap();
    match answers.pointer_mut(record).unwrap() {
        Value::Array(all) => all.push(value),
        record => record[name] = value,
    }
    answers
}

fn told(answers: &Value) -> Result<Value, String> {
    state(&UserPool, &deletes(), |verb, asked| {
        let id = word(answers, "/DescribeUserPool/UserPool/Id");
        let other = id.is_some() && word(asked, "/UserPoolId").is_some_and(|asked| Some(asked) != id);
        answers.get(verb).filter(|_| !other).cloned()
    })
}

fn gone() -> Value {
    told(&json!({"ListUserPools": {"UserPools": []}})).unwrap()
}

fn terms(answers: &Value) -> Option<Terms> {
    UserPool.terms(&deletes(), &told(answers).ok()?)
}

/// The same pool, made again: as far as these members.
fn again(change: impl Fn(&mut Value)) -> Value {
    let mut answers = answers();
    answers["DescribeUserPool"]["UserPool"]["Id"] = NEW.into();
    answers["DescribeUserPool"]["UserPool"]["UserPoolTags"][RESTORES] = MARK.into();
    answers["ListUserPools"] = json!({"UserPools": [{"Id": NEW}]});
    change(&mut answers);
    answers
}

#[test]
fn it_is_made_again_from_what_was_told_and_its_functions_come_last() {
    let before = told(&answers()).unwrap();
    let planned = UserPool.back(&deletes(), &before, &gone()).unwrap();
    let create = &called(&planned[0]).arguments;
    assert_eq!(create["PoolName"], "people");
    assert_eq!(create["UserPoolTags"], json!({"env": "dev", RESTORES: MARK}));
    let schema = json!([
        {"AttributeDataType": "Number", "Name": "plan", "DeveloperOnlyAttribute": true},
        {"AttributeDataType": "String", "Mutable": true, "Required": true, "Name": "email"},
    ]);
    assert_eq!(create["Schema"], schema);
    for left in
        ["LambdaConfig", "EmailVerificationMessage", "SchemaAttributes", "Name", "AdminCreateUserConfig"]
    {
        assert_eq!(create.get(left), None, "{left}");
    }
    let steps = [
        "make the user pool people again",
        "set the second factors of people again",
        "make the identity provider corp again",
        "make the group staff again",
        "make user 1 of 2 again",
        "make user 2 of 2 again",
        "put user 1 of 2 into staff again",
        "shut user 2 of 2 out again",
        "let people call its functions again",
    ];
    assert_eq!(words(&planned), steps);
    let done = told(&again(|_| {})).unwrap();
    assert_eq!(compared(&done), compared(&before));
    let nearly = again(|now| now["DescribeUserPool"]["UserPool"]["LambdaConfig"] = json!({}));
    let rest = UserPool.back(&deletes(), &before, &told(&nearly).unwrap()).unwrap();
    assert_eq!(words(&rest), steps[8..]);
    let update = &called(&rest[0]).arguments;
    assert_eq!((&update["UserPoolId"], &update["MfaConfiguration"]), (&json!(NEW), &json!("OPTIONAL")));
    assert_eq!(update.get("Schema"), None);
}

#[test]
fn users_are_made_without_a_message() {
    let before = told(&answers()).unwrap();
    let empty = again(|now| {
        now["ListUsers"] = json!({"Users": []});
        now["ListIdentityProviders"] = json!({"Providers": []});
    });
    let steps = UserPool.back(&deletes(), &before, &told(&empty).unwrap()).unwrap();
    let provider = &called(&steps[0]).arguments["ProviderDetails"];
    assert_eq!(provider, &json!({"client_id": "i", "client_secret": "s", "oidc_issuer": "https://corp"}));
    let user = &called(&steps[1]).arguments;
    assert_eq!((&user["Username"], &user["MessageAction"]), (&json!("u1"), &json!("SUPPRESS")));
    assert_eq!(user["UserAttributes"], json!([{"Name": "email", "Value": "a@b"}]));
}

#[test]
fn what_is_lost_is_said_the_passwords_first() {
    let all = terms(&answers()).unwrap();
    assert!(all.loses[0].contains("passwords"), "{all:?}");
    assert_eq!(all.loses[4..], [CLIENTS, FUNCTIONS, OUTSIDE]);
    let mut plain = with_at("/DescribeUserPool/UserPool/LambdaConfig", json!({}));
    plain["ListUsers"]["Users"].as_array_mut().unwrap().pop();
    plain["ListUserPoolClients"]["UserPoolClients"] = json!([]);
    assert_eq!(terms(&plain).unwrap().loses, LOST);
}

#[test]
fn what_is_not_told_or_not_known_has_no_way() {
    let many: Vec<Value> =
        (0..=users::MOST).map(|n| json!({"Username": format!("u{n}"), "Enabled": true})).collect();
    let secret = "/DescribeIdentityProvider/IdentityProvider/ProviderDetails/client_secret";
    for (pointer, value) in [
        ("/DescribeUserPool/UserPool/SomethingNew", json!(1)),
        ("/DescribeUserPool/UserPool/Domain", json!("login")),
        (secret, json!("****")),
        (secret, json!("")),
        (secret, Value::Null),
        ("/DescribeIdentityProvider/IdentityProvider/ProviderDetails/new_thing", json!("x")),
        ("/DescribeIdentityProvider/IdentityProvider/ProviderType", json!("SignInWithApple")),
        ("/ListGroups/Groups/-", json!({"GroupName": "staff"})),
        ("/ListUsers/Users", json!(many)),
        ("/ListUsers/PaginationToken", json!("more")),
        ("/ListGroups/NextToken", json!("more")),
        ("/ListUsersInGroup/NextToken", json!("more")),
        ("/ListUserPools/NextToken", json!("more")),
        ("/ListUserPools/UserPools", json!(vec![json!({"Id": "x"}); MOST + 1])),
        // Users sign in with an attribute that one has not.
        ("/DescribeUserPool/UserPool/UsernameAttributes", json!(["email"])),
    ] {
        assert_eq!(terms(&with_at(pointer, value)), None, "{pointer}");
    }
    assert!(!UserPool.undoes(&deed(
        "cognito-idp",
        "DeleteUserPool",
        json!({"UserPoolId": OLD, "Force": true})
    )));
}

#[test]
fn what_stands_in_the_place_is_never_written_over() {
    let before = told(&answers()).unwrap();
    let stops = |change: &dyn Fn(&mut Value)| {
        let now = told(&again(change)).unwrap();
        UserPool.back(&deletes(), &before, &now).unwrap_err()
    };
    stops(&|now| now["DescribeUserPool"]["UserPool"]["UserPoolTier"] = "PLUS".into());
    stops(&|now| now["ListGroups"]["Groups"][0]["Precedence"] = json!(2));
    let why = stops(&|now| now["ListUsers"]["Users"][1]["Attributes"][0]["Value"] = "x@y".into());
    assert!(!why.contains("x@y") && !why.contains("u1"), "{why}");
    let two = RefCell::new(0);
    let both = state(&UserPool, &deletes(), |verb, asked| match verb {
        "ListUserPools" => Some(json!({"UserPools": [{"Id": "a"}, {"Id": "b"}]})),
        "DescribeUserPool" if word(asked, "/UserPoolId") != Some(OLD) => {
            *two.borrow_mut() += 1;
            Some(json!({"UserPool": {"Id": asked["UserPoolId"], "UserPoolTags": {RESTORES: MARK}}}))
        }
        _ => None,
    });
    assert!(both.unwrap_err().contains("more than one"));
    assert!(*two.borrow() >= 2);
}
