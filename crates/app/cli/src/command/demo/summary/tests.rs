use super::*;

fn sight(database: bool, snapshots: u32, cluster: bool, site: u32) -> Sight {
    Sight {
        database: database.then(|| "available".to_owned()),
        automated_snapshots: snapshots,
        manual_snapshots: 0,
        cluster,
        site_objects: site,
    }
}

fn site() -> Option<Site> {
    Some(Site { bucket: "b".to_owned(), objects: vec!["index.html".to_owned()] })
}

fn arms() -> (Bare, Guarded) {
    let bare = Bare {
        seconds: 1.0,
        vpc: "vpc-1".to_owned(),
        agent_key: "AKIA1".to_owned(),
        site: site(),
        before: sight(true, 1, true, 0),
        after: sight(false, 0, false, 2),
        recovery_points: 0,
        stopped_waiting: true,
    };
    let attempt = |approver: &str, owner| Attempt {
        approver: approver.to_owned(),
        owner,
        held: true,
        ticket: Some("tk-1".to_owned()),
        approvals: "1 of 2".to_owned(),
    };
    let guarded = Guarded {
        seconds: 1.0,
        vpc: "vpc-1".to_owned(),
        agent_key: "ILK1".to_owned(),
        site: site(),
        before: sight(true, 1, true, 0),
        after: sight(true, 1, true, 2),
        recovery_points: 1,
        ticket: "tk-1".to_owned(),
        tier: "T4".to_owned(),
        state: "pending".to_owned(),
        approvals: "1 of 2".to_owned(),
        message: "as asked, 0 recovery points would remain of 1".to_owned(),
        would: Vec::new(),
        because: String::new(),
        also_held: vec!["aws:ecs:DeleteCluster".to_owned()],
        attempts: vec![attempt("ana", true), attempt("bo", false)],
        ledger: Ledger { verifies: true, entries: 1, checkpoints: 1 },
    };
    (bare, guarded)
}

#[test]
fn the_story_as_told_differs_in_nothing() {
    let (bare, guarded) = arms();
    assert_eq!(differences(&bare, &guarded), Vec::<String>::new());
}

#[test]
fn everything_that_came_out_otherwise_is_said() {
    type Spoil = fn(&mut Bare, &mut Guarded);
    let spoils: [(Spoil, &str); 13] = [
        (|bare, _| bare.vpc = "vpc-2".to_owned(), "not the same"),
        (|bare, _| bare.site = None, "bare: the static site"),
        (|bare, _| bare.after.database = Some("available".to_owned()), "bare: the database is still there"),
        (|bare, _| bare.recovery_points = 1, "bare: 1 recovery points"),
        (|_, guarded| guarded.agent_key = "AKIA1".to_owned(), "own key"),
        (|_, guarded| guarded.after.site_objects = 0, "interlock: the static site"),
        (|_, guarded| guarded.after.database = None, "the school is not whole"),
        (|_, guarded| guarded.recovery_points = 0, "0 recovery points are left"),
        (|_, guarded| guarded.message = "2 recovery points would remain of 1".to_owned(), "was not told"),
        (|_, guarded| guarded.also_held.push("aws:s3:PutObject".to_owned()), "safe work was held"),
        (|_, guarded| guarded.attempts[1].held = false, "after bo had approved"),
        (|_, guarded| guarded.state = "approved".to_owned(), "approved at the end"),
        (|_, guarded| guarded.ledger.verifies = false, "does not verify"),
    ];
    for (spoil, word) in spoils {
        let (mut bare, mut guarded) = arms();
        spoil(&mut bare, &mut guarded);
        let found = differences(&bare, &guarded);
        assert!(found.iter().any(|line| line.contains(word)), "{word}: {found:?}");
    }
    let (bare, mut guarded) = arms();
    guarded.attempts.clear();
    assert_eq!(differences(&bare, &guarded).len(), 1, "nobody tried");
}
