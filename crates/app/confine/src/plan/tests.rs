use super::*;
use crate::place::Place;

fn words(plan: &Plan) -> Vec<String> {
    plan.options.iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Where an option stands with these words after it.
fn position(words: &[String], wanted: &[&str]) -> Option<usize> {
    words.windows(wanted.len()).position(|window| window.iter().zip(wanted).all(|(word, want)| word == want))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn every_namespace_is_new_and_no_power_is_kept() {
    let place = Place::new();
    let confinement = place.confinement();
    let words = words(&Plan::on(&confinement, &Host::default()).unwrap());
    for wanted in ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"] {
        assert!(words.iter().any(|word| word == wanted), "{wanted}");
    }
    assert!(position(&words, &["--cap-drop", "ALL"]).is_some());
    assert!(
        !words.iter().any(|word| word == "--share-net" || word == "--new-session" || word == "--dev-bind")
    );
}

#[test]
fn a_directory_above_a_mask_is_shown_entry_by_entry() {
    let place = Place::new();
    place.dir("home/.config/nvim");
    place.dir("home/.config/gh");
    let confinement = place.confinement();
    let words = words(&Plan::on(&confinement, &Host::default()).unwrap());
    let home = place.at("home");
    let (config, nvim, gh) =
        (text(&home.join(".config")), text(&home.join(".config/nvim")), text(&home.join(".config/gh")));
    assert!(position(&words, &["--dir", &config]).is_some());
    assert!(position(&words, &["--ro-bind-try", &nvim, &nvim]).is_some());
    assert!(position(&words, &["--tmpfs", &gh]).is_some());
    for source in [
        &gh,
        &config,
        &text(&home),
        &text(&home.join(".aws")),
        &text(&place.at("home/.local/state/interlock")),
        "/",
    ] {
        let shown = words.windows(2).any(|pair| pair[0].contains("bind") && pair[1] == *source);
        assert!(!shown, "{source}");
    }
}

#[test]
fn the_root_becomes_read_only_last() {
    let place = Place::new();
    let confinement = place.confinement();
    let words = words(&Plan::on(&confinement, &Host::default()).unwrap());
    let sealed = position(&words, &["--remount-ro", "/"]).unwrap();
    assert_eq!(words.len(), sealed + 4, "only --chdir DIR comes after");
    assert!(position(&words, &["--remount-ro", "/proc"]).is_some());
}

#[test]
fn masks_in_writable_places_come_after_them() {
    let place = Place::new();
    let mut confinement = place.confinement();
    let key = place.write("home/src/project/key.json");
    let vault = place.dir("home/src/project/vault");
    confinement.masked = vec!["key.json".into(), vault.clone()];
    let words = words(&Plan::on(&confinement, &Host::default()).unwrap());
    let (project, key, vault) = (text(&place.at("home/src/project")), text(&key), text(&vault));
    let bound = position(&words, &["--bind", &project, &project]).unwrap();
    assert!(position(&words, &["--ro-bind", "/dev/null", &key]).unwrap() > bound);
    assert!(position(&words, &["--tmpfs", &vault]).unwrap() > bound);
}

#[test]
fn what_is_readable_in_a_private_place_is_bound_and_its_masks_mounted_over() {
    let place = Place::new();
    let mut confinement = place.confinement();
    let (tools, key) = (place.dir("tools"), place.write("tools/key.json"));
    confinement.readable = vec![tools.clone()];
    confinement.masked = vec![key.clone()];
    let words = words(&Plan::on(&confinement, &Host::default()).unwrap());
    let (tools, key) = (text(&tools), text(&key));
    let bound = position(&words, &["--ro-bind", &tools, &tools]).unwrap();
    assert!(position(&words, &["--ro-bind", "/dev/null", &key]).unwrap() > bound);
    assert!(position(&words, &["--bind", &tools, &tools]).is_none());

    confinement.readable = vec!["/tmp".into()];
    assert!(Plan::on(&confinement, &Host::default()).is_err(), "not the private place itself");
    confinement.readable = vec![place.at("home/.aws")];
    assert!(Plan::on(&confinement, &Host::default()).is_err(), "nothing that is masked");
}

#[test]
fn a_crowded_directory_is_bound_whole_and_its_masks_mounted_over() {
    let place = Place::new();
    let confinement = place.confinement();
    let config = place.at("home/.config");
    place.dir("home/.config/gh");
    for index in 0..=CROWDED {
        std::fs::write(config.join(format!("file-{index}")), "").unwrap();
    }
    let words = words(&Plan::on(&confinement, &Host::default()).unwrap());
    let (config, gh) = (text(&config), text(&config.join("gh")));
    let bound = position(&words, &["--ro-bind-try", &config, &config]).unwrap();
    assert!(position(&words, &["--tmpfs", &gh]).unwrap() > bound);
}

#[test]
fn doors_are_bound_by_socket_or_by_directory() {
    let place = Place::new();
    let mut confinement = place.confinement();
    let socket = place.at("home/.local/state/interlock/aws.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let doors = place.dir("home/.local/state/interlock/doors");
    confinement.doors = vec![
        crate::Door::new(17_100, &socket),
        crate::Door::in_directory(17_101, doors.join("not-yet.sock")),
    ];
    let plan = Plan::on(&confinement, &Host::default()).unwrap();
    assert_eq!(
        plan.doors,
        ["17100=/run/interlock/door-17100", "17101=/run/interlock/door-17101/not-yet.sock"]
    );
    let words = words(&plan);
    assert!(position(&words, &["--ro-bind", &text(&socket), "/run/interlock/door-17100"]).is_some());
    assert!(position(&words, &["--ro-bind", &text(&doors), "/run/interlock/door-17101"]).is_some());
    confinement.doors = vec![crate::Door::new(17_100, place.at("nowhere.sock"))];
    assert!(matches!(Plan::on(&confinement, &Host::default()), Err(ConfineError::Unresolved { .. })));
}

#[test]
fn a_key_that_a_person_signs_with_is_never_seen() {
    let place = Place::new();
    let mut confinement = place.confinement();
    let (keys, key, other) =
        (place.dir("home/keys"), place.write("home/keys/ana"), place.write("home/keys/notes"));
    std::os::unix::fs::symlink(&key, place.at("home/link")).unwrap();
    confinement.keys = vec![place.at("home/link")];
    let plan = |confinement: &Confinement| Plan::on(confinement, &Host::default());
    let found = plan(&confinement).unwrap();
    assert!(found.masks.hides(&key) && found.masks.hides(&place.at("home/link")));
    let found = words(&found);
    let shown = |found: &[String], path: &Path| found.iter().any(|word| *word == text(path));
    assert!(!shown(&found, &key) && shown(&found, &other));
    assert!(position(&found, &["--ro-bind-try", &text(&keys), &text(&keys)]).is_none());

    std::fs::hard_link(&key, place.at("home/second")).unwrap();
    assert!(matches!(plan(&confinement), Err(ConfineError::HardLinked(_))), "its second name would show it");
    std::fs::remove_file(place.at("home/second")).unwrap();

    // What is only read hides it; what is written to could replace it.
    confinement.readable = vec![keys.clone()];
    plan(&confinement).unwrap();
    confinement.writable = vec![keys];
    let refused = plan(&confinement).unwrap_err();
    assert!(matches!(refused, ConfineError::KeyWithin { what: "the writable path", .. }), "{refused}");
    assert!(refused.hint().unwrap().contains("--key"));
    confinement.writable.clear();
    confinement.keys = vec![place.write("home/src/project/key")];
    let refused = plan(&confinement).unwrap_err();
    assert!(matches!(refused, ConfineError::KeyWithin { what: "the work directory", .. }), "{refused}");
}

#[test]
fn a_key_that_a_variable_of_ours_names_is_masked() {
    let place = Place::new();
    let mut confinement = place.confinement();
    let key = place.write("home/keys/ana");
    confinement.inherited.push(("INTERLOCK_KEY".into(), key.clone().into()));
    assert!(Plan::on(&confinement, &Host::default()).unwrap().masks.hides(&key));
}
