//! Agents, and what they are at.

use askama::Template;
use axum::{extract::State, response::Response};
use interlock_action::name_of;
use interlock_api::{exact, visible};

use super::{Frame, page};
use crate::{Shared, visitor::Visitor};

/// Sessions on the page: the newest.
const MANY: usize = 200;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    agents: Vec<[String; 3]>,
    sessions: Vec<Row>,
    of: usize,
}

struct Row {
    id: String,
    agent: String,
    task: String,
    state: &'static str,
    marks: Vec<&'static str>,
    launch: String,
}

pub(crate) async fn show(State(console): Shared, _visitor: Visitor, frame: Frame) -> Response {
    let all = console.desk.sessions();
    let sessions = all.iter().take(MANY).map(|session| Row {
        id: exact(session.id.as_str()),
        agent: exact(session.agent.as_str()),
        task: visible(&session.task),
        state: session.state(),
        marks: [
            (session.advisory, "ADVISORY: outside the sandbox"),
            (session.observed, "OBSERVED: nobody is asked"),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, words)| words)
        .collect(),
        launch: visible(&session.launch.to_string()),
    });
    let agents = console.desk.agents();
    let agents = agents
        .iter()
        .map(|agent| [exact(agent.name.as_str()), exact(agent.owner.as_str()), name_of(&agent.class)]);
    page(&SessionsPage {
        frame: frame.at("/sessions"),
        agents: agents.collect(),
        sessions: sessions.collect(),
        of: all.len(),
    })
}
