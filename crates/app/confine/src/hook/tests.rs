use super::*;

const COMMON: &str = r#""session_id":"8d0e2a6b-5f0e-4a54-9a1e-1d2c3b4a5f60",
  "transcript_path":"/home/ana/.claude/projects/-home-ana-school/8d0e2a6b.jsonl",
  "cwd":"/home/ana/school","permission_mode":"default""#;

fn event(rest: &str) -> HookEvent {
    parse(format!("{{{COMMON},{rest}}}").as_bytes()).unwrap()
}

#[test]
fn a_shell_command_before_it_runs() {
    let event = event(
        r#""hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"toolu_01ABC",
           "tool_input":{"command":"aws rds delete-db-instance --db-instance-identifier school-prod",
             "description":"Remove the old database","timeout":120000,"run_in_background":false}"#,
    );
    assert_eq!(event.kind, HookKind::PreToolUse);
    assert_eq!(event.host_session, "8d0e2a6b-5f0e-4a54-9a1e-1d2c3b4a5f60");
    assert_eq!(event.cwd.as_deref(), Some("/home/ana/school"));
    assert_eq!(event.permission_mode.as_deref(), Some("default"));
    assert_eq!(event.tool_name.as_deref(), Some("Bash"));
    assert_eq!(event.tool_use_id.as_deref(), Some("toolu_01ABC"));
    assert_eq!(
        event.command.as_deref(),
        Some("aws rds delete-db-instance --db-instance-identifier school-prod")
    );
    assert_eq!(event.description.as_deref(), Some("Remove the old database"));
    assert_eq!(event.tool_input.unwrap()["timeout"], 120_000);
}

#[test]
fn a_shell_command_after_it_ran_joins_the_one_before() {
    let event = event(
        r#""hook_event_name":"PostToolUse","tool_name":"Bash","tool_use_id":"toolu_01ABC",
           "tool_input":{"command":"ls"},"tool_response":{"stdout":"a\nb","stderr":"","interrupted":false}"#,
    );
    assert_eq!(event.kind, HookKind::PostToolUse);
    assert_eq!(event.tool_use_id.as_deref(), Some("toolu_01ABC"));
    assert_eq!(event.command.as_deref(), Some("ls"));
}

#[test]
fn a_prompt_in_the_persons_own_words() {
    let event =
        event(r#""hook_event_name":"UserPromptSubmit","prompt":"Räum die alte Datenbank auf, bitte""#);
    assert_eq!(event.kind, HookKind::UserPromptSubmit);
    assert_eq!(event.prompt.as_deref(), Some("Räum die alte Datenbank auf, bitte"));
    assert_eq!(event.command, None);
}

#[test]
fn a_session_that_starts() {
    let event = event(r#""hook_event_name":"SessionStart","source":"resume""#);
    assert_eq!(event.kind, HookKind::SessionStart);
    assert_eq!(event.source.as_deref(), Some("resume"));
}

#[test]
fn a_tool_of_a_server_has_no_command() {
    let event = event(
        r#""hook_event_name":"PreToolUse","tool_name":"mcp__aws__call_aws","tool_input":{"cli":"aws s3 ls"},"agent_type":"Explore""#,
    );
    assert_eq!(event.command, None);
    assert_eq!(event.tool_input.unwrap()["cli"], "aws s3 ls");
    assert_eq!(event.sub_agent.as_deref(), Some("Explore"));
}

#[test]
fn unknown_fields_and_odd_types_are_passed_over() {
    let event = event(
        r#""hook_event_name":"PreToolUse","tool_name":7,"tool_input":["x"],"future":{"deep":[1,2]},"tool_use_id":null"#,
    );
    assert_eq!((event.tool_name, event.tool_use_id, event.command), (None, None, None));
}

#[test]
fn what_is_no_event_is_an_error_that_quotes_nothing() {
    let secret = br#"{"prompt": "hunter2" "#;
    let error = parse(secret).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    for bad in ["", "null", "[]", "\"x\"", "{}", r#"{"hook_event_name":"PreToolUse"}"#] {
        assert!(parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(matches!(
        parse(br#"{"hook_event_name":"Notification","session_id":"x"}"#),
        Err(HookError::Event(name)) if name == "Notification"
    ));
    assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    assert!(matches!(parse(&vec![b' '; MAX_INPUT + 1]), Err(HookError::TooLong)));
}

#[test]
fn no_reply_is_a_decision_and_every_one_ends_well() {
    let replies = HookKind::ALL
        .into_iter()
        .map(|kind| Reply::context(kind, "a ticket waits"))
        .chain([Reply::quiet(), Reply::fault(&HookError::TooLong)]);
    for reply in replies {
        assert_eq!(reply.status, 0);
        for word in ["permissionDecision", "decision", "continue", "block", "deny"] {
            assert!(!reply.stdout.contains(word), "{reply:?}");
        }
    }
    assert!(Reply::context(HookKind::PreToolUse, "x").stdout.is_empty());
    let context: Value = serde_json::from_str(&Reply::context(HookKind::SessionStart, "hi").stdout).unwrap();
    assert_eq!(context["hookSpecificOutput"]["additionalContext"], "hi");
    assert!(!Reply::fault(&HookError::TooLong).stderr.is_empty());
}

#[test]
fn words_of_people_and_agents_are_not_in_debug_output() {
    let event = event(r#""hook_event_name":"UserPromptSubmit","prompt":"the password is hunter2""#);
    assert!(!format!("{event:?}").contains("hunter2"));
}

#[test]
fn settings_register_the_four_events() {
    let settings = settings("interlock");
    let hooks = settings["hooks"].as_object().unwrap();
    assert_eq!(
        hooks.keys().collect::<Vec<_>>(),
        ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse"]
    );
    for (name, entries) in hooks {
        let call = &entries[0]["hooks"][0];
        assert_eq!(call["command"], COMMAND);
        assert_eq!(call["type"], "command");
        assert_eq!(call["timeout"], TIMEOUT_SECONDS);
        assert_eq!(entries[0].get("matcher").is_some(), name.contains("Tool"), "{name}");
    }
    let odd = super::settings("/opt/my tools/inter'lock");
    assert_eq!(
        odd["hooks"]["PreToolUse"][0]["hooks"][0]["command"],
        r"'/opt/my tools/inter'\''lock' hook claude-code"
    );
}
