//! A Terraform command as it comes in at the agents' door: its work directory in the body, what is said as it is said in the
//! answer, a line of JSON each.

use std::{convert::Infallible, path::PathBuf, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use interlock_action::SessionId;
use interlock_gateway_terraform::{News, Order, Tree};
use tokio::sync::mpsc;

use super::NAMES;
use interlock_api::{TerraformCommand, TerraformNews};

use crate::state::Daemon;

/// What agents' commands are caught by.
pub(crate) fn shims(daemon: &Daemon) -> Vec<String> {
    daemon.gate.iter().flat_map(|_| NAMES).map(str::to_owned).collect()
}

fn words(status: StatusCode, words: impl Into<String>) -> Response {
    (status, words.into()).into_response()
}

/// Carries one out. It goes on when nobody listens any more.
pub(crate) fn terraform(
    daemon: &Arc<Daemon>,
    session: SessionId,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let Some(gate) = daemon.gate.clone() else {
        return words(StatusCode::NOT_FOUND, "there is no Terraform where Interlock's daemon runs");
    };
    if daemon.memory().planning.contains(&session) {
        let why = "while a plan is made nothing is applied, and Terraform makes plans of its own: run it by itself; a plan that nobody \
             ends any more is ended with `interlock plan --give-up`";
        return words(StatusCode::CONFLICT, why);
    }
    let header =
        headers.get(TerraformCommand::HEADER).and_then(|value| STANDARD.decode(value.as_bytes()).ok());
    let command = header.and_then(|bytes| serde_json::from_slice::<TerraformCommand>(&bytes).ok());
    let Some(command) = command else {
        return words(StatusCode::BAD_REQUEST, "this is no Terraform command");
    };
    let (root, folder) = (PathBuf::from(&command.root), PathBuf::from(&command.folder));
    let plain = |path: &PathBuf| {
        let stays = path.components().all(|part| !matches!(part, std::path::Component::ParentDir));
        stays && !path.to_string_lossy().contains(char::is_control)
    };
    if !(root.is_absolute() && folder.is_relative() && plain(&root) && plain(&folder)) {
        return words(StatusCode::BAD_REQUEST, "a work directory is named by its whole path");
    }
    let tree = match Tree::unpack(&**body) {
        Ok(tree) => tree,
        Err(error) => return words(StatusCode::BAD_REQUEST, error.to_string()),
    };
    let order = Order { session, arguments: command.arguments, root, folder, tree };
    let (say, said) = mpsc::unbounded_channel::<News>();
    let (send, lines) = mpsc::unbounded_channel::<TerraformNews>();
    tokio::spawn(async move {
        let told = tokio::spawn(hand_on(said, send.clone()));
        let code = gate.run(order, &say).await;
        drop(say);
        let _ = told.await;
        let _ = send.send(TerraformNews::Ended { code });
    });
    let stream = futures_util::stream::unfold(lines, |mut lines| async move {
        let mut line = serde_json::to_vec(&lines.recv().await?).unwrap_or_default();
        line.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(line)), lines))
    });
    Response::new(Body::from_stream(stream))
}

async fn hand_on(mut said: mpsc::UnboundedReceiver<News>, send: mpsc::UnboundedSender<TerraformNews>) {
    while let Some(news) = said.recv().await {
        let _ = send.send(match news {
            News::Line(words, record) => TerraformNews::Line { words, record },
            News::Fault(words) => TerraformNews::Fault { words },
            News::PlanFile(name, content) => TerraformNews::PlanFile { name, content },
        });
    }
}
