//! The same message by e-mail.

use std::path::Path;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};

use super::message::Message;
use crate::config::MailConfig;

/// Hands it to the server that takes mail.
pub(super) async fn send(
    way: &MailConfig,
    home: &Path,
    message: &Message,
    console: &str,
) -> Result<(), String> {
    let address = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("`{text}`: {error}"));
    let host = console.split_once("://").map_or("localhost", |(_, host)| host);
    let mut mail = Mail::builder()
        .from(address(&way.from)?)
        .subject(message.subject())
        // The same in every repetition: readers show it once.
        .message_id(Some(format!("<{}@{host}>", message.key())))
        .header(ContentType::TEXT_PLAIN);
    for to in &way.to {
        mail = mail.to(address(to)?);
    }
    let mail = mail.body(message.plain(console)).map_err(|error| error.to_string())?;
    let mut server =
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&way.server).map_err(|error| error.to_string())?;
    if let Some(file) = &way.password_file {
        let path = home.join(file);
        let password =
            std::fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        let user = way.user.clone().unwrap_or_else(|| way.from.clone());
        server = server.credentials(Credentials::new(user, password.trim().to_owned()));
    }
    server.build().send(mail).await.map(|_| ()).map_err(|error| error.to_string())
}
