//! Fewer, better questions: grants, plans, and several requests with one signature; with the real AWS CLI, and in a real browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod browsed;

use browsed::{Browsed, DEVELOPMENT};
use interlock_tests::{Output, binary, tool};
use serde_json::{Value, json};

/// The session of the agent's last run.
fn session(browsed: &Browsed) -> String {
    let sessions = browsed.home.cli(&["--json", "session", "ls"]).ok().json();
    sessions[0]["id"].as_str().unwrap().to_owned()
}

fn call(browsed: &Browsed, session: Option<&str>, verb: &str, name: &str) -> Output {
    let options: Vec<&str> = session.map(|session| vec!["--resume", session]).unwrap_or_default();
    browsed.agent(&options, &["aws", "rds", verb, "--db-instance-identifier", name])
}

fn status(browsed: &Browsed, name: &str) -> String {
    let code = format!(
        "print(client('rds').describe_db_instances(DBInstanceIdentifier='{name}')['DBInstances'][0]['DBInstanceStatus'])"
    );
    browsed.emulator.hands(&code)
}

#[test]
fn a_grant_lets_the_like_pass_and_is_over_at_once() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    for name in ["prod-a", "prod-b", "prod-c", "prod-d"] {
        browsed.database(name);
    }
    let held = call(&browsed, None, "stop-db-instance", "prod-a");
    let (ticket, session) = (held.ticket(), session(&browsed));
    let session = Some(session.as_str());

    let preview = ["--json", "grant", "preview", &ticket, "--any-target", "--count", "2"];
    let offer = browsed.home.cli(&preview).ok().json();
    assert_eq!(offer["would"].as_array().unwrap().len(), 1, "{offer}");
    let policy = offer["terms"]["policy"].as_str().unwrap();
    assert!(policy.contains("aws:rds:StopDBInstance") && policy.contains("production"), "{policy}");

    let (ana, bo) = (browsed.home.private("ana"), browsed.home.private("bo"));
    let add = [
        "--json",
        "grant",
        "add",
        &ticket,
        "--any-target",
        "--count",
        "2",
        "--reason",
        "nightly stop",
        "--key",
    ];
    let alone = browsed.home.cli(&[&add[..], &[&ana]].concat()).ok().json();
    assert!(alone["idle"].as_str().unwrap().contains("another has to sign"), "the owner alone: {alone}");
    assert_ne!(call(&browsed, session, "stop-db-instance", "prod-b").code, 0);
    let grant = browsed.home.cli(&[&add[..], &[&bo]].concat()).ok().json();
    assert!(grant["idle"].as_str().unwrap().contains("its session rests"), "its run is over: {grant}");
    let id = grant["grant"]["id"].as_str().unwrap();
    let twice = browsed.home.cli(&[&add[..], &[&bo]].concat());
    assert!(
        twice.code != 0 && twice.err.contains(&format!("grant {id} of the same terms stands")),
        "{twice:?}"
    );

    call(&browsed, session, "stop-db-instance", "prod-a").ok();
    call(&browsed, session, "stop-db-instance", "prod-b").ok();
    assert_ne!(call(&browsed, session, "reboot-db-instance", "prod-c").code, 0, "another operation");
    assert_ne!(call(&browsed, None, "stop-db-instance", "prod-c").code, 0, "another session");
    let end = ["grant", "end", id, "--key", &browsed.home.private("cy"), "--reason", "that is enough"];
    browsed.home.cli(&end).ok();
    let after = call(&browsed, session, "stop-db-instance", "prod-c");
    assert!(after.code != 0 && status(&browsed, "prod-c") == "available", "{after:?}");

    let allowed = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "allowed"]).ok().json();
    let by: Vec<_> =
        allowed.as_array().unwrap().iter().filter(|entry| entry["public"]["grant"] == id).collect();
    assert_eq!(by.len(), 1, "{allowed}");
    let listed = browsed.home.cli(&["grant", "ls"]).ok();
    assert!(listed.out.contains("1 of 2") && listed.out.contains("cy ended it"), "{}", listed.out);
    browsed.home.verify();
}

#[test]
fn there_is_no_grant_for_what_is_grave() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    browsed.database("prod-school");
    let wipe = browsed.wipe("prod-school").ticket();
    let refused = browsed.home.cli(&["grant", "preview", &wipe]);
    assert!(
        refused.code != 0 && refused.err.contains("what takes two is looked at each time"),
        "{refused:?}"
    );
    browsed.emulator.hands(
        "client('iam').create_role(RoleName='prod-ops', AssumeRolePolicyDocument='{\"Statement\":[]}')",
    );
    let attach = [
        "aws",
        "iam",
        "put-role-policy",
        "--role-name",
        "prod-ops",
        "--policy-name",
        "p",
        "--policy-document",
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::x/*"}]}"#,
    ];
    let ticket = browsed.agent(&[], &attach).ticket();
    let refused = browsed.home.cli(&["grant", "preview", &ticket]);
    assert!(refused.code != 0 && refused.err.contains("looked at each time"), "{refused:?}");
}

#[test]
fn a_plan_is_judged_whole_approved_once_and_each_step_passes_once() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    for name in ["prod-a", "prod-b"] {
        browsed.database(name);
    }
    let aws = tool("aws").unwrap().display().to_string();
    let script = browsed.home.file(
        "migrate.sh",
        &format!(
            "{aws} rds describe-db-instances >/dev/null || echo UNREAD\n\
             {aws} rds stop-db-instance --db-instance-identifier prod-a\n\
             {aws} rds stop-db-instance --db-instance-identifier prod-b\n\
             {aws} sns create-topic --name dev-news\n\
             {aws} cloudtrail stop-logging --name main\n"
        ),
    );
    let script = script.display().to_string();
    let planned = browsed.home.run(&[
        "interlock",
        "--json",
        "plan",
        "--words",
        "before the migration",
        "--",
        "sh",
        &script,
    ]);
    assert_eq!(planned.code, 10, "one step would be refused: {planned:?}");
    assert!(!planned.out.contains("UNREAD"), "what only reads goes through: {planned:?}");
    let plan: Value =
        serde_json::from_str(planned.out.get(planned.out.find('{').unwrap()..).unwrap()).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    let fates: Vec<_> = steps.iter().map(|step| step["fate"].as_str().unwrap()).collect();
    assert_eq!(fates, ["asks", "asks", "flows", "refused"], "{plan}");
    assert_eq!(
        (status(&browsed, "prod-a"), status(&browsed, "prod-b")),
        ("available".into(), "available".into())
    );
    assert_eq!(
        browsed.emulator.hands("print(client('sns').list_topics()['Topics'])"),
        "[]",
        "nothing was sent"
    );

    let id = plan["id"].as_str().unwrap();
    let approve = [
        "request",
        "approve",
        "--plan",
        id,
        "--key",
        &browsed.home.private("bo"),
        "--reason",
        "read all of it",
    ];
    let approved = browsed.home.cli(&approve).ok();
    assert!(approved.err.contains("prod-a") && approved.err.contains("prod-b"), "{}", approved.err);
    let ran = browsed.home.run(&["sh", &script]);
    assert_eq!(status(&browsed, "prod-a"), "stopped", "{ran:?}");
    assert_eq!(status(&browsed, "prod-b"), "stopped");
    assert!(browsed.emulator.hands("print(client('sns').list_topics()['Topics'])").contains("dev-news"));
    let entries = browsed.home.cli(&["--json", "ledger", "ls", "--kind", "approved"]).ok().json();
    let batch: Vec<_> = entries.as_array().unwrap().iter().map(|entry| &entry["public"]["batch"]).collect();
    assert!(batch.len() == 2 && batch[0] == batch[1] && !batch[0].is_null(), "{entries}");
    // Whatever was approved is used up.
    assert_ne!(call(&browsed, None, "stop-db-instance", "prod-a").code, 0);
    browsed.home.verify();
}

#[test]
fn a_plan_that_nobody_ends_lets_nothing_out() {
    let mut browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    let aws = tool("aws").unwrap().display().to_string();
    let interlock = binary().display().to_string();
    let make = |name: &str| format!("{aws} sns create-topic --name {name}");
    // One inside another ends neither; after the inner one everything is still only meant.
    let script =
        format!("{interlock} plan -- {} || true\n{} || true\n", make("dev-inner"), make("dev-outer"));
    let script = browsed.home.file("nested.sh", &script).display().to_string();
    let nested = browsed.home.run(&[&interlock, "plan", "--", "sh", &script]);
    assert!(nested.err.contains("plans already") && nested.out.contains("1 steps"), "{nested:?}");
    let topics = "print(client('sns').list_topics()['Topics'])";
    assert_eq!(browsed.emulator.hands(topics), "[]");

    // Its command is killed, and the daemon begins anew: the session still sends nothing, until somebody says that it may.
    let script = format!("{} || true\nkill -9 $PPID\n", make("dev-killed"));
    let script = browsed.home.file("killed.sh", &script).display().to_string();
    let killed = browsed.home.run(&["sh", "-c", &format!("{interlock} plan -- sh {script}; true")]);
    let of = session(&browsed);
    browsed.stopped(|_| ());
    let after = format!("{} ; {interlock} plan --give-up && {}", make("dev-late"), make("dev-earnest"));
    let went_on = browsed.home.run_with(&["--resume", &of], &["sh", "-c", &after]);
    assert!(went_on.err.contains("plan --give-up"), "{killed:?} {went_on:?}");
    let made = browsed.emulator.hands(topics);
    assert!(
        made.contains("dev-earnest") && !made.contains("dev-late") && !made.contains("dev-killed"),
        "{made}"
    );
}

#[test]
fn several_are_decided_on_together_only_where_each_takes_one_person_of_one_session() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    for name in ["prod-a", "prod-b", "prod-c"] {
        browsed.database(name);
    }
    let first = call(&browsed, None, "stop-db-instance", "prod-a").ticket();
    let of = session(&browsed);
    let second = call(&browsed, Some(&of), "stop-db-instance", "prod-b").ticket();
    let strange = call(&browsed, None, "stop-db-instance", "prod-c").ticket();
    let wipe = browsed.wipe_with(&["--resume", &of], "prod-a").ticket();
    let bo = browsed.home.private("bo");
    let decide = |verb: &str, ids: &[&str], key: &str| {
        browsed.home.cli(&[&["request", verb], ids, &["--key", key, "--reason", "as one"]].concat())
    };
    let refused = decide("approve", &[&first, &strange], &bo);
    assert!(refused.code != 0 && refused.err.contains("another session"), "{refused:?}");
    let refused = decide("approve", &[&first, &wipe], &bo);
    assert!(refused.code != 0 && refused.err.contains("looked at by itself"), "{refused:?}");
    let refused = decide("approve", &[&first, &first], &bo);
    assert!(refused.code != 0 && refused.err.contains("twice"), "{refused:?}");
    let pending = browsed.home.requests().iter().filter(|row| row["state"] == "pending").count();
    assert_eq!(pending, 4, "none was decided on by halves");
    decide("approve", &[&first, &second], &browsed.home.private("ana")).ok();
    assert_ne!(call(&browsed, Some(&of), "stop-db-instance", "prod-a").code, 0, "the owner alone");
    decide("approve", &[&first, &second], &bo).ok();
    call(&browsed, Some(&of), "stop-db-instance", "prod-a").ok();
    decide("deny", &[&second], &browsed.home.private("cy")).ok();
    let denied = call(&browsed, Some(&of), "stop-db-instance", "prod-b");
    assert!(denied.err.contains("denied"), "{denied:?}");
}

#[test]
fn others_ask_the_policy_by_authzen() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    let ask = |name: &str, kind: &str, environment: &str| {
        json!({
            "subject": {"type": "agent", "id": "claude"},
            "action": {"name": name, "properties": {"known": true, "in_scope": true, "over_budget": false}},
            "resource": {"type": kind, "id": "arn:aws:rds:x:1:db:a", "properties": {"environment": environment}},
        })
    };
    let post = |path: &str, body: &Value| browsed.home.post(path, body);
    let (status, read) = post("/access/v1/evaluation", &ask("read", "database", "production"));
    assert!(status == 200 && read["decision"] == true, "{read}");
    let (_, stop) = post("/access/v1/evaluation", &ask("interrupt", "database", "production"));
    assert!(stop["decision"] == false && stop["context"]["outcome"] == "hold", "{stop}");
    assert_eq!(stop["context"]["needs"], json!(["one-person"]), "{stop}");
    let (_, wipe) = post("/access/v1/evaluation", &ask("destroy", "database", "production"));
    assert_eq!((&wipe["decision"], &wipe["context"]["tier"]), (&json!(false), &json!("T4")));
    let mut stranger = ask("read", "database", "production");
    stranger["subject"]["id"] = json!("nobody");
    assert_eq!(post("/access/v1/evaluation", &stranger).1["decision"], false);
    let mut nonsense = ask("read", "database", "production");
    nonsense["action"]["properties"]["nothing"] = json!(1);
    let (status, fault) = post("/access/v1/evaluation", &nonsense);
    assert!(status == 400 && fault["message"].as_str().unwrap().contains("nothing"), "{fault}");
    let mut several = ask("interrupt", "database", "production");
    several["options"] = json!({"evaluations_semantic": "deny_on_first_deny"});
    several["evaluations"] = json!([{"action": {"name": "read", "properties": {"known": true}}}, {}, {}]);
    let (_, answers) = post("/access/v1/evaluations", &several);
    let decisions: Vec<_> =
        answers["evaluations"].as_array().unwrap().iter().map(|one| &one["decision"]).collect();
    assert_eq!(decisions, [&json!(true), &json!(false)], "{answers}");
}

#[test]
fn others_follow_a_request_by_its_access_request_profile() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    browsed.database("prod-a");
    let post = |path: &str, body: &Value| browsed.home.post(path, body);
    let mut ask = json!({
        "subject": {"type": "agent", "id": "claude"},
        "action": {"name": "interrupt", "properties": {"known": true, "in_scope": true}},
        "resource": {"type": "database", "id": "arn:aws:rds:us-east-1:123456789012:db:prod-a"},
    });
    let (_, before) = post("/access/v1/evaluation", &ask);
    assert!(before["decision"] == false && before["context"]["access_request"].is_null(), "{before}");
    let ticket = call(&browsed, None, "stop-db-instance", "prod-a").ticket();
    let (_, denied) = post("/access/v1/evaluation", &ask);
    assert_eq!(denied["context"]["access_request"]["requestable"], true, "{denied}");
    assert_eq!(denied["context"]["evaluation_id"], json!(ticket), "{denied}");

    let mut wish = ask.clone();
    wish["denial"] =
        json!({"evaluation_id": ticket, "decision": denied, "access_request": {"requestable": true}});
    let (_, task) = post("/access/v1/requests", &wish);
    assert_eq!((&task["task"]["status"], &task["result"]), (&json!("pending"), &Value::Null), "{task}");
    let mut other = wish.clone();
    other["resource"]["id"] = json!("arn:aws:rds:us-east-1:123456789012:db:prod-b");
    assert_eq!(post("/access/v1/requests", &other).0, 403, "another resource's denial");

    browsed.home.approve("bo", &ticket).ok();
    let (_, task) = post("/access/v1/requests", &wish);
    assert_eq!(
        (&task["task"]["status"], &task["result"]["mode"]),
        (&json!("approved"), &json!("reevaluate"))
    );
    assert_eq!(post("/access/v1/evaluation", &ask).1["decision"], false, "an approval is named, or is none");
    ask["context"] = json!({"authzen_access_request_approval": task["result"]["approval_context"]});
    let (_, again) = post("/access/v1/evaluation", &ask);
    assert_eq!(again["decision"], false, "an approval is of one call, which only the gateway sees: {again}");
    assert!(!again["context"]["approval"]["approved_until"].is_null(), "{again}");
    call(&browsed, None, "stop-db-instance", "prod-a").ok();
    assert!(post("/access/v1/evaluation", &ask).1["context"]["approval"].is_null(), "it is spent");
    assert_eq!(post("/access/v1/requests", &wish).1["task"]["status"], "expired");
}

#[test]
fn in_the_console_people_are_asked_once() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    for name in ["prod-a", "prod-b", "prod-c", "prod-d", "prod-e"] {
        browsed.database(name);
    }
    let first = call(&browsed, None, "stop-db-instance", "prod-a").ticket();
    let of = session(&browsed);
    let second = call(&browsed, Some(&of), "stop-db-instance", "prod-b").ticket();
    let like = call(&browsed, Some(&of), "reboot-db-instance", "prod-c").ticket();
    let (interlock, aws) = (binary().display().to_string(), tool("aws").unwrap().display().to_string());
    let planned = browsed.home.run(&[
        &interlock,
        "--json",
        "plan",
        "--words",
        "<b>safe</b>",
        "--",
        &aws,
        "rds",
        "stop-db-instance",
        "--db-instance-identifier",
        "prod-e",
    ]);
    assert_eq!(planned.code, 11, "{planned:?}");
    let plan: Value =
        serde_json::from_str(planned.out.get(planned.out.find('{').unwrap()..).unwrap()).unwrap();
    let plan = plan["id"].as_str().unwrap().to_owned();
    browsed.drive("fewer", &[("first", &first), ("second", &second), ("like", &like), ("plan", &plan)]);
    call(&browsed, Some(&of), "stop-db-instance", "prod-a").ok();
    call(&browsed, Some(&of), "stop-db-instance", "prod-b").ok();
    call(&browsed, Some(&of), "reboot-db-instance", "prod-c").ok();
    assert_ne!(
        call(&browsed, Some(&of), "reboot-db-instance", "prod-d").code,
        0,
        "the grant was ended in the console"
    );
    call(&browsed, None, "stop-db-instance", "prod-e").ok();
    browsed.home.verify();
}
