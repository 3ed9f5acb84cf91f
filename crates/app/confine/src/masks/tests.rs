use std::os::unix::fs::symlink;

use super::*;
use crate::place::Place;

fn masks(confinement: &Confinement) -> Result<Masks, ConfineError> {
    masks_on(confinement, &Host::default())
}

fn masks_on(confinement: &Confinement, host: &Host) -> Result<Masks, ConfineError> {
    Masks::of(confinement, &Resolved::of(confinement)?, host)
}

#[test]
fn stores_are_masked_whether_or_not_they_exist() {
    let place = Place::new();
    let masks = masks(&place.confinement()).unwrap();
    for path in [
        ".aws",
        ".ssh",
        ".config/gh",
        ".local/share/keyrings",
        ".local/state/interlock",
        ".docker/config.json",
    ] {
        assert!(masks.hides(&place.at("home").join(path)), "{path}");
    }
    assert!(!masks.hides(&place.at("home/.config")));
    assert!(masks.covering(&place.at("home/.aws/sso/cache")).is_some());
    assert!(masks.covering(&place.at("home/src/project")).is_none());
    assert!(masks.below(&place.at("home/.config")).any(|path| path.ends_with("gcloud")));
    assert!(masks.below(&place.at("home/src")).next().is_none());
}

#[test]
fn a_store_that_is_a_link_is_masked_at_both_ends() {
    let place = Place::new();
    std::fs::create_dir_all(place.at("vault/keys")).unwrap();
    symlink(place.at("vault/keys"), place.at("home/.ssh")).unwrap();
    let masks = masks(&place.confinement()).unwrap();
    assert!(masks.hides(&place.at("home/.ssh")) && masks.hides(&place.at("vault/keys")));
}

#[test]
fn what_links_in_a_store_lead_to_is_masked() {
    let place = Place::new();
    let dotfile = place.write("home/dotfiles/aws-credentials");
    symlink(&dotfile, place.at("home/.aws/credentials")).unwrap();
    symlink("/usr/bin", place.at("home/.aws/programs")).unwrap();
    symlink(place.at("home"), place.at("home/.aws/home")).unwrap();
    let masks = masks(&place.confinement()).unwrap();
    assert!(masks.hides(&dotfile));
    assert!(masks.covering(Path::new("/usr/bin")).is_none(), "programs are no credentials");
    assert!(!masks.hides(&place.at("home")));
}

#[test]
fn a_work_directory_reached_through_links_is_judged_by_where_it_is() {
    let place = Place::new();
    symlink(place.at("home/.aws"), place.at("home/src/innocent")).unwrap();
    let mut confinement = place.confinement();
    confinement.workdir = place.at("home/src/innocent");
    let error = masks(&confinement).unwrap_err();
    assert!(matches!(&error, ConfineError::Masked { mask, .. } if mask.ends_with(".aws")), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn a_work_directory_that_would_defeat_the_masks_is_refused() {
    let place = Place::new();
    for (workdir, words) in [
        ("home", "your home directory"),
        ("home/..", "your home directory"),
        ("home/.local", "Interlock's own home"),
        ("home/.local/state/interlock", "Interlock's own home"),
        ("home/.aws", "credentials are kept there"),
    ] {
        let mut confinement = place.confinement();
        confinement.workdir = place.at(workdir);
        let error = masks(&confinement).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("the work directory"), "{workdir}: {error}");
        let mut confinement = place.confinement();
        confinement.writable = vec![place.at(workdir)];
        let error = masks(&confinement).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("the writable path"), "{workdir}: {error}");
    }
}

#[test]
fn system_directories_are_not_made_writable() {
    let place = Place::new();
    for path in ["/", "/etc", "/usr/bin", "/usr", "/proc/self"] {
        let mut confinement = place.confinement();
        confinement.writable = vec![path.into()];
        assert!(masks(&confinement).is_err(), "{path}");
    }
}

#[test]
fn what_variables_point_at_is_masked() {
    let place = Place::new();
    let (one, two) = (place.write("elsewhere/one"), place.write("home/src/project/kubeconfig"));
    let mut confinement = place.confinement();
    let both = format!("{}:kubeconfig:/dev/null", one.display());
    confinement.inherited = vec![("KUBECONFIG".into(), both.into())];
    let masks = masks(&confinement).unwrap();
    assert!(masks.hides(&one) && masks.hides(&two));
    assert!(masks.covering(Path::new("/dev/null")).is_none());
}

#[test]
fn moved_settings_are_masked_where_they_are() {
    let place = Place::new();
    let mut confinement = place.confinement();
    confinement.inherited = vec![("XDG_CONFIG_HOME".into(), place.at("home/settings").into())];
    let masks = masks(&confinement).unwrap();
    assert!(masks.hides(&place.at("home/settings/gh")) && masks.hides(&place.at("home/.config/gh")));
}

#[test]
fn a_hard_link_out_of_a_store_is_refused_and_one_within_is_not() {
    let place = Place::new();
    let secret = place.write("home/.aws/credentials");
    std::fs::hard_link(&secret, place.at("home/.aws/backup")).unwrap();
    assert!(masks(&place.confinement()).is_ok());
    std::fs::hard_link(&secret, place.at("home/src/project/innocent")).unwrap();
    assert!(matches!(masks(&place.confinement()), Err(ConfineError::HardLinked(_))));
}

#[test]
fn bind_mounts_of_a_store_are_masked_too() {
    let place = Place::new();
    let line = format!(
        "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:1 {} /mnt/copy rw - ext4 /dev/a rw\n",
        place.at("home").display()
    );
    let host = Host { mounts: crate::mounts::parse_mounts(&line), ..Host::default() };
    let masks = masks_on(&place.confinement(), &host).unwrap();
    assert!(masks.hides(Path::new("/mnt/copy/.aws")));
}

#[test]
fn other_peoples_homes_and_listening_sockets_are_masked() {
    let place = Place::new();
    std::fs::create_dir_all(place.at("bo")).unwrap();
    let socket = place.at("home/src/server.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let host = Host {
        homes: vec![place.at("bo"), place.at("home"), place.at("home/src")],
        sockets: vec![socket.clone(), place.at("home/src/gone.sock")],
        ..Host::default()
    };
    let masks = masks_on(&place.confinement(), &host).unwrap();
    assert!(masks.hides(&place.at("bo")) && masks.hides(&socket));
    assert!(
        !masks.hides(&place.at("home")) && !masks.hides(&place.at("home/src")),
        "our own work is not somebody else's"
    );
    assert!(!masks.hides(&place.at("home/src/gone.sock")));
}

#[test]
fn the_root_directory_is_no_home() {
    let place = Place::new();
    let mut confinement = place.confinement();
    confinement.home = "/".into();
    assert!(matches!(masks(&confinement), Err(ConfineError::Homeless)));
    confinement.home = place.at("nowhere");
    assert!(matches!(masks(&confinement), Err(ConfineError::Unresolved { .. })));
}

#[test]
fn paths_are_resolved_as_far_as_they_exist() {
    let place = Place::new();
    symlink(place.at("home"), place.at("link")).unwrap();
    assert_eq!(resolve(&place.at("link/.aws/x/y")), place.at("home/.aws/x/y"));
    assert_eq!(resolve(&place.at("missing/../home/new")), place.at("home/new"));
    assert_eq!(resolve_parent(&place.at("link")), place.at("link"));
}

#[test]
fn a_place_can_be_shown_but_never_the_real_credentials() {
    let place = Place::new();
    let mut confinement = place.confinement();
    confinement.shown = vec![place.at("home/.npmrc")];
    let masks_shown = masks(&confinement).unwrap();
    assert!(!masks_shown.hides(&place.at("home/.npmrc")) && masks_shown.hides(&place.at("home/.pypirc")));
    for never in ["home/.aws", "home/.aws/credentials", "home/.local/state/interlock/store.sqlite"] {
        confinement.shown = vec![place.at(never)];
        assert!(matches!(masks(&confinement), Err(ConfineError::NeverShown(_))), "{never}");
    }
}

#[test]
fn what_a_kept_variable_points_at_is_not_masked_for_that() {
    let place = Place::new();
    let file = place.write("home/src/project/terraformrc");
    let mut confinement = place.confinement();
    confinement.inherited = vec![("TF_CLI_CONFIG_FILE".into(), file.clone().into())];
    assert!(masks(&confinement).unwrap().hides(&file));
    confinement.keep.insert("TF_CLI_CONFIG_FILE".to_owned());
    assert!(!masks(&confinement).unwrap().hides(&file));
}
