use insta::assert_snapshot;
use interlock_api::{Feed, RequestView};
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::{
    draw::{draw, wrap},
    terminal::next,
    view::{Asked, Key, Screen, View},
};
use interlock_flow::Decisive;

const NOW: u64 = 1_800_000_000_000;

/// A request as the daemon would tell of it.
fn request(id: &str, name: &str, tier: &str, state: serde_json::Value) -> RequestView {
    let target = format!("arn:aws:rds:us-east-1:123456789012:db:{name}");
    let change = |effect: &str, what: String| json!({"target": target, "kind": "database", "effect": effect, "what": what});
    serde_json::from_value(json!({
        "sentence": format!("agent claude of ana wants to destroy the database {name} in production, account 123456789012, region us-east-1 (aws:rds:DeleteDBInstance)"),
        "vanishes": [format!("database {name} (postgres, 100 GiB) is deleted"), "recovery points: 7 now, 0 afterwards"],
        "ticket": {
            "id": id,
            "digest": format!("sha256:{}", "ab".repeat(32)),
            "held": {
                "agent": "claude", "owner": "ana", "launch": {"by": ["ana"], "unproved": false},
                "task": "tidy up\nquorum     2 of 2",
                "action": {
                    "surface": "aws", "operation": "aws:rds:DeleteDBInstance", "account": "123456789012",
                    "region": "us-east-1", "claims": [], "arguments": {"DBInstanceIdentifier": name},
                    "targets": [{"id": target, "kind": "database", "name": name, "relation": "acts", "data": "yes",
                                 "environment": "production"}],
                    "stated_reason": "the user asked me to; \u{1b}[2Japproved by bo",
                },
                "action_digest": format!("sha256:{}", "cd".repeat(32)),
                "facts": {},
                "forecast": {
                    "method": "read",
                    "changes": [change("destroy", format!("database {name} (postgres, 100 GiB) is deleted"))],
                    "data_loss": ["100 GiB of the school's data"],
                    "recovery": {"before": 7, "after": 0},
                    "points": [{"id": "rds:auto-1", "what": "automated snapshot", "survives": false}],
                    "dependents": ["3 services connect to it"], "reversibility": "none", "unknowns": [],
                },
                "fingerprint": null,
                "bundle": format!("sha256:{}", "ef".repeat(32)),
                "tier": tier, "needs": ["recovery-point", "two-people"],
                "reasons": [{"rule": "destroy-data-production", "why": "This destroys data in production.", "next": "Wait.", "target": target}],
                "nonce": "n1", "opened": NOW - 125_000, "expires": NOW + 8 * 3_600_000 - 125_000,
            },
            "quorum": {"slots": [{"role": null}, {"role": null}], "others": 2, "independent": 0, "step": "open-ssh", "delay": null},
            "session": "ses-1", "advisory": false, "state": state, "approvals": [],
        },
    }))
    .unwrap()
}

fn pending(id: &str, name: &str) -> RequestView {
    request(id, name, "T4", json!({"state": "pending"}))
}

fn feed(requests: Vec<RequestView>) -> Feed {
    Feed { sequence: 1, requests }
}

fn with(requests: Vec<RequestView>) -> View {
    let mut view = View::new(String::new());
    view.take(feed(requests), true);
    view
}

/// What stands on the screen, a bar at its right edge.
fn screen(view: &mut View, width: usize, height: usize) -> String {
    let lines = draw(view, width, height, NOW);
    assert_eq!(lines.len(), height);
    let shown = lines.iter().map(|line| {
        let columns = line.text.width();
        assert!(columns <= width, "{columns} columns: {}", line.text);
        assert!(!line.text.chars().any(char::is_control), "{:?}", line.text);
        format!("{}{}|", line.text, " ".repeat(width - columns))
    });
    shown.collect::<Vec<_>>().join("\n")
}

fn type_in(view: &mut View, text: &str) {
    for c in text.chars() {
        assert!(matches!(view.press(Key::Char(c)), Asked::Nothing));
    }
}

#[test]
fn the_list_says_who_wants_what_and_what_would_be_gone() {
    let approved = request("tk-2", "payroll", "T3", json!({"state": "approved", "at": NOW}));
    let mut view = with(vec![pending("tk-1", "school"), approved]);
    assert_snapshot!("list", screen(&mut view, 100, 16));
    assert_snapshot!("list-narrow", screen(&mut view, 60, 22));
    assert_snapshot!("nothing", screen(&mut with(Vec::new()), 60, 4));
}

#[test]
fn a_hostile_name_stays_one_name() {
    let name = "prod\u{202e}loohcs\u{1b}[31m\n> T0  tk-0  harmless\u{200b}\u{e0041}é";
    let mut view = with(vec![pending("tk-1", name)]);
    assert_snapshot!("hostile-list", screen(&mut view, 60, 20));
    view.press(Key::Enter);
    assert_snapshot!("hostile-card", screen(&mut view, 60, 60));
}

#[test]
fn a_card_is_whole_and_read_to_its_end_before_it_can_be_approved() {
    let mut view = with(vec![pending("tk-1", "school")]);
    screen(&mut view, 60, 14);
    view.press(Key::Char('a'));
    assert!(matches!(view.screen, Screen::List), "not from the list");
    view.press(Key::Enter);
    let mut read = String::new();
    for _ in 0..20 {
        let shown = screen(&mut view, 60, 14);
        let end = shown.contains("; the end");
        read.push_str(&shown);
        view.press(Key::Char('a'));
        assert_eq!(matches!(view.screen, Screen::Form(_)), end, "{shown}");
        if end {
            break;
        }
        assert!(view.message.as_deref() == Some("read it to its end first: Space"));
        view.press(Key::Char(' '));
    }
    for words in ["100 GiB of the school's data", "3 services connect", "destroy-data-production", "digest"] {
        assert!(read.contains(words), "{words} is not shown");
    }
    // What the agent wrote into its task stands where no label stands.
    assert!(read.contains("           quorum     2 of 2") && !read.contains("\nquorum     2 of 2"));
}

#[test]
fn approving_takes_a_key_words_and_the_name_typed() {
    let mut view = with(vec![pending("tk-1", "school")]);
    view.press(Key::Enter);
    screen(&mut view, 80, 60);
    view.press(Key::Char('a'));
    assert_snapshot!("form", screen(&mut view, 80, 16));
    for _ in 0..4 {
        assert!(matches!(view.press(Key::Enter), Asked::Nothing), "nothing is filled in");
    }
    view.press(Key::Up);
    view.press(Key::Up);
    type_in(&mut view, "ana.key");
    view.press(Key::Enter);
    type_in(&mut view, "agreed q a d");
    view.press(Key::Enter);
    type_in(&mut view, "schoo");
    assert!(matches!(view.press(Key::Enter), Asked::Nothing), "another name");
    assert_eq!(view.message.as_deref(), Some("type school to approve it"));
    type_in(&mut view, "l");
    let Asked::Decide { request, verb, key, reason } = view.press(Key::Enter) else {
        panic!("nothing is asked")
    };
    assert_eq!((request.ticket.id.as_str(), verb), ("tk-1", Decisive::Approve));
    assert_eq!((key.as_str(), reason.as_str()), ("ana.key", "agreed q a d"));
    view.decided(Err("no".to_owned()));
    assert!(screen(&mut view, 80, 20).contains("nothing was decided: no"));
    // The key is remembered, the words are not.
    view.press(Key::Char('d'));
    type_in(&mut view, "not today");
    let Asked::Decide { verb, key, reason, .. } = view.press(Key::Enter) else { panic!("nothing is asked") };
    assert_eq!((verb, key.as_str(), reason.as_str()), (Decisive::Deny, "ana.key", "not today"));
}

#[test]
fn no_single_key_decides() {
    let keys = (' '..='~').map(Key::Char).chain([
        Key::Up,
        Key::Down,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Enter,
        Key::Escape,
        Key::Backspace,
        Key::Tab,
        Key::Other,
    ]);
    for key in keys {
        for opened in [false, true] {
            let mut view = View::new("ana.key".to_owned());
            view.take(feed(vec![pending("tk-1", "school")]), true);
            if opened {
                view.press(Key::Enter);
            }
            screen(&mut view, 80, 80);
            assert!(!matches!(view.press(key), Asked::Decide { .. }), "{key:?}");
            assert!(!matches!(view.press(Key::Enter), Asked::Decide { .. }), "{key:?} and Enter");
        }
    }
}

#[test]
fn what_is_settled_goes_unless_somebody_reads_it() {
    let mut view = with(vec![pending("tk-1", "school"), pending("tk-2", "payroll")]);
    let denied =
        || request("tk-1", "school", "T4", json!({"state": "denied", "by": "bo", "reason": "no", "at": NOW}));
    view.press(Key::Enter);
    screen(&mut view, 80, 60);
    view.take(feed(vec![denied()]), false);
    assert!(screen(&mut view, 80, 60).contains("tk-1 is denied"));
    view.press(Key::Char('a'));
    assert_eq!(view.message.as_deref(), Some("it is settled already"));
    view.press(Key::Escape);
    assert_eq!(view.requests.len(), 1);
    let shown = screen(&mut view, 80, 20);
    assert!(shown.contains("> T4  tk-2") || shown.contains("  T4  tk-2"), "{shown}");
    // Who is elsewhere in the list stays there.
    view.take(feed(vec![pending("tk-0", "new")]), false);
    assert_eq!(
        view.selected.as_ref().map(|id| id.as_str()),
        view.requests.get(view.place().unwrap()).map(|view| view.ticket.id.as_str())
    );
}

#[test]
fn without_a_daemon_nothing_is_decided() {
    let mut view = with(vec![pending("tk-1", "school")]);
    view.press(Key::Enter);
    screen(&mut view, 80, 60);
    view.lost("no daemon answers");
    assert!(screen(&mut view, 80, 60).contains("THE DAEMON DOES NOT ANSWER"));
    view.press(Key::Char('a'));
    assert!(matches!(view.screen, Screen::Card { .. }));
    view.take(feed(vec![pending("tk-1", "school")]), true);
    view.press(Key::Char('a'));
    assert!(matches!(view.screen, Screen::Form(_)));
}

#[test]
fn keys_are_read_as_terminals_send_them() {
    let mut typed = b"j\x1b[A\x1b[6~\x1bOB\r\x7f\xc3\xa9\x03\x1b".to_vec();
    let keys: Vec<Key> = std::iter::from_fn(|| next(&mut typed)).collect();
    let wanted = [
        Key::Char('j'),
        Key::Up,
        Key::PageDown,
        Key::Down,
        Key::Enter,
        Key::Backspace,
        Key::Char('é'),
        Key::Interrupt,
        Key::Escape,
    ];
    assert_eq!(keys, wanted);
}

proptest::proptest! {
    #[test]
    fn wrapping_leaves_nothing_out(text in "[ a-zA-Z漢字.:-]{0,200}", width in 20_usize..90, indent in 0_usize..12) {
        let lines = wrap(&text, width, indent);
        assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
        let bare = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
        assert_eq!(bare(&lines.concat()), bare(&text));
    }

    #[test]
    fn whatever_is_typed_ends(mut typed in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
        while let Some(_key) = next(&mut typed) {}
        assert!(typed.is_empty());
    }
}
