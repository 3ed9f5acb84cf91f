//! Telling people that something waits for them: a message and a link, never a button.
//!
//! What is to be told is read off the requests that wait, and what was told stands in a file of the home: nothing is lost when the
//! daemon or the other side is down, and nobody is told twice within what was remembered.

mod about;
mod mail;
mod message;
mod outbox;

use std::{path::PathBuf, sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, Uri, header};
use sha2::Sha256;

use self::{
    message::{Glass, Held, Message},
    outbox::Outbox,
};
use crate::{config::NotifyConfig, post, state::Daemon};

/// How often it is looked when nothing moves: time alone makes things due.
const EVERY: Duration = Duration::from_secs(5);
/// Between two looks.
const MOMENT: Duration = Duration::from_secs(1);
/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells by every way, for good.
pub(crate) async fn tell(daemon: &Arc<Daemon>) {
    // Each in a task of its own: people who are slow to answer keep nobody from connecting.
    let mut ways = tokio::task::JoinSet::new();
    for way in daemon.config.notify.clone() {
        let daemon = Arc::clone(daemon);
        ways.spawn(async move { by(&daemon, &way).await });
    }
    while ways.join_next().await.is_some() {}
    std::future::pending().await
}

async fn by(daemon: &Arc<Daemon>, way: &NotifyConfig) {
    let folder = daemon.home.root.join("outbox");
    let file = folder.join(format!("{}.json", way.name));
    if let Err(error) = std::fs::create_dir_all(&folder) {
        tracing::error!(way = way.name, %error, "nobody is told: the outbox cannot be made");
        return;
    }
    let mut outbox = Outbox::load(&file);
    let mut moved = daemon.store.moved();
    loop {
        moved.borrow_and_update();
        let now = daemon.now();
        let due = outbox.due(way, &waiting(daemon, way), &glasses(daemon), now);
        for message in due {
            let sent = tokio::time::timeout(PATIENCE, send(daemon, way, &message)).await;
            match sent.unwrap_or_else(|_| Err("no answer".to_owned())) {
                Ok(()) => outbox.told(&message, daemon.now()),
                Err(why) => {
                    let key = message.key();
                    tracing::warn!(way = way.name, key, why, "people could not be told; it is tried again");
                    // The next one may get through where this one does not.
                    outbox.failed(&message, daemon.now());
                }
            }
        }
        if let Err(error) = outbox.keep(&file) {
            tracing::error!(way = way.name, %error, "what was told cannot be remembered");
        }
        let _ = tokio::time::timeout(EVERY, moved.changed()).await;
        // Whatever comes in this moment is told of together.
        tokio::time::sleep(MOMENT).await;
    }
}

/// What waits for people and what they may still stop, as far as it concerns them: the worst first, then the oldest.
fn waiting(daemon: &Daemon, way: &NotifyConfig) -> Vec<Held> {
    let (memory, now) = (daemon.memory(), daemon.now());
    let mut all: Vec<Held> = memory
        .tickets
        .values()
        .filter(|ticket| ticket.stands(now))
        .filter(|ticket| about::concerns(&daemon.config.notify, way, ticket))
        .filter_map(Held::of)
        .collect();
    all.sort_by(|one, other| other.rank().cmp(&one.rank()).then(one.opened.cmp(&other.opened)));
    all
}

/// Glass that nobody has looked at yet, broken or not.
fn glasses(daemon: &Daemon) -> Vec<Glass> {
    daemon.glasses().iter().filter(|glass| glass.reviewed.is_none()).map(Glass::of).collect()
}

async fn send(daemon: &Daemon, way: &NotifyConfig, message: &Message) -> Result<(), String> {
    let console = daemon.addresses().console;
    if let Some(way) = &way.email {
        return mail::send(way, &daemon.home.root, message, &console).await;
    }
    let address = way.webhook.as_ref().or(way.slack.as_ref()).ok_or("it has no address")?;
    let uri: Uri = address.parse().map_err(|_| "its address cannot be read")?;
    let body = if way.slack.is_some() { message.slack(&console) } else { message.json(&console) }.to_string();
    let mut request = Request::post(uri)
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", message.key());
    if let Some(file) = &way.secret_file {
        let secret = secret(daemon.home.root.join(file))?;
        let at = daemon.now();
        request = request.header("interlock-signature", signature(&secret, at, &body)?);
    }
    let request = request.body(body).map_err(|error| error.to_string())?;
    let (status, _) = post::send(request).await?;
    if status.is_success() { Ok(()) } else { Err(format!("it answered {status}")) }
}

fn secret(path: PathBuf) -> Result<Vec<u8>, String> {
    let text = std::fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let secret = text.trim().as_bytes().to_vec();
    if secret.len() < 16 {
        Err(format!("`{}` is shorter than 16 letters", path.display()))
    } else {
        Ok(secret)
    }
}

/// `t=MILLIS,v1=HEX`: HMAC-SHA-256 over the time, a dot, and the body.
fn signature(secret: &[u8], at: u64, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|error| error.to_string())?;
    mac.update(format!("{at}.{body}").as_bytes());
    Ok(format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes())))
}
