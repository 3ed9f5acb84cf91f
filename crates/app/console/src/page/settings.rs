//! People and their keys, agents' environments, and what is set. Nothing is changed here: what changes who may approve is asked for
//! with a signature, and held.

use askama::Template;
use axum::{extract::State, response::Response};
use interlock_api::{exact, time, visible};
use interlock_approval::EnrolledKey;

use super::{Frame, page};
use crate::{Settings, Shared, show::card::step, visitor::Visitor};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    people: Vec<PersonRow>,
    settings: Settings,
    version: String,
    home: String,
}

struct PersonRow {
    name: String,
    roles: String,
    keys: Vec<KeyRow>,
}

struct KeyRow {
    fingerprint: String,
    step: &'static str,
    state: String,
}

pub(crate) async fn show(State(console): Shared, _visitor: Visitor, frame: Frame) -> Response {
    let now = console.desk.now();
    let people = console.desk.people();
    let people = people.iter().map(|person| PersonRow {
        name: exact(person.name.as_str()),
        roles: person.roles.iter().map(|role| exact(role)).collect::<Vec<_>>().join(", "),
        keys: person.keys.iter().map(|key| key_row(key, now)).collect(),
    });
    let mut settings = console.desk.settings();
    settings.configuration = visible(&settings.configuration);
    settings.stamp = visible(&settings.stamp);
    let status = console.desk.status();
    page(&SettingsPage {
        frame: frame.at("/settings"),
        people: people.collect(),
        settings,
        version: status.version,
        home: visible(&status.home),
    })
}

fn key_row(key: &EnrolledKey, now: u64) -> KeyRow {
    let state = match key.counts(now) {
        Ok(()) => format!("since {}", time(key.enrolled)),
        Err(why) if now < key.counts_from => format!("{why}; counts from {}", time(key.counts_from)),
        Err(why) => why.to_string(),
    };
    KeyRow { fingerprint: key.fingerprint.clone(), step: step(key.step), state }
}
