//! Addresses of queues. SQS takes the queue from a URL among the parameters, and how it takes that URL apart is its own
//! matter: only one that every parser reads alike is let through, and it is sent as it was judged.

use serde_json::Value;

use crate::ReadError;
use crate::catalogue::Service;
use crate::effect::is_account;
use crate::wire::{endpoint, walk::clip};

/// The member that names a queue, in every operation.
const MEMBER: &str = "QueueUrl";

/// Brings the queue's URL into the one form `https://HOST/ACCOUNT/NAME`, of the region that the request is signed for.
///
/// # Errors
/// Anything beside host, account and name, or written so that it could be taken for another.
pub(crate) fn settle(
    service: &Service,
    region: Option<&str>,
    parameters: &mut Value,
) -> Result<(), ReadError> {
    if service.name != "sqs" {
        return Ok(());
    }
    let Some(value) = parameters.get_mut(MEMBER) else { return Ok(()) };
    let Value::String(url) = value else {
        return Err(ReadError::Malformed(format!("`{MEMBER}` is no text")));
    };
    let Some((account, name)) = parts(url) else {
        return Err(ReadError::Ambiguous(format!(
            "`{MEMBER}` must be `https://HOST/ACCOUNT/NAME` and nothing else, not `{}`",
            clip(url)
        )));
    };
    if let Some(region) = region {
        *url = format!("https://{}/{account}/{name}", endpoint(service, region)?.host);
    }
    Ok(())
}

/// Account and name.
fn parts(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let mut parts = rest.split('/');
    let (host, account, name) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |text: &str, also: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || also.contains(letter))
    };
    let fits = plain(host, ".-:[]") && is_account(account) && plain(name, "-_.");
    (fits && parts.next().is_none()).then(|| (account.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::Catalogue;

    fn settled(url: Value) -> Result<Value, ReadError> {
        let sqs = Catalogue::get().service("sqs").unwrap();
        let mut parameters = json!({ "QueueUrl": url });
        settle(&sqs, Some("eu-west-1"), &mut parameters)?;
        Ok(parameters["QueueUrl"].clone())
    }

    #[test]
    fn one_form_is_sent() {
        let sent = json!("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs.fifo");
        for url in [
            "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs.fifo",
            "https://eu-west-1.queue.amazonaws.com/111122223333/jobs.fifo",
            "http://127.0.0.1:5000/111122223333/jobs.fifo",
            "http://[::1]:5000/111122223333/jobs.fifo",
        ] {
            assert_eq!(settled(json!(url)).as_ref(), Ok(&sent), "{url}");
        }
    }

    #[test]
    fn what_could_be_read_as_another_queue_is_refused() {
        for url in [
            "https://sqs.eu-west-1.amazonaws.com/111122223333/prod-q?x=/111122223333/dev-q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/prod-q#/111122223333/dev-q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/prod-q/111122223333/dev-q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/prod-q/../dev-q",
            "https://x@sqs.eu-west-1.amazonaws.com/111122223333/dev-q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/prod%2Dq",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/dev-q/",
            "https://sqs.eu-west-1.amazonaws.com//111122223333/dev-q",
            "https://sqs.eu-west-1.amazonaws.com/111122223333\\dev-q",
            "https://sqs.eu-west-1.amazonaws.com/queue/dev-q",
            "https://sqs.eu-west-1.amazonaws.com/dev-q",
            "HTTPS://sqs.eu-west-1.amazonaws.com/111122223333/dev-q",
            "arn:aws:sqs:eu-west-1:111122223333:dev-q",
            "dev-q",
            "",
        ] {
            assert!(matches!(settled(json!(url)), Err(ReadError::Ambiguous(_))), "{url}");
        }
        assert!(settled(json!(["https://sqs.eu-west-1.amazonaws.com/111122223333/dev-q"])).is_err());
    }

    #[test]
    fn a_request_is_judged_and_sent_by_the_same_address() {
        use crate::wire::{Body, Request, Scope};
        let request = |url: &str| Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![
                ("host".to_owned(), "sqs.us-east-1.amazonaws.com".to_owned()),
                ("x-amz-target".to_owned(), "AmazonSQS.PurgeQueue".to_owned()),
                ("content-type".to_owned(), "application/x-amz-json-1.0".to_owned()),
            ],
            body: Body::Bytes(json!({ "QueueUrl": url }).to_string().into_bytes()),
        };
        let scope = Scope { region: "us-east-1".to_owned(), service: "sqs".to_owned() };
        let read = |url: &str| crate::read(&request(url), Some(&scope), Some("111122223333"));
        let action = read("http://localhost:4566/111122223333/dev-q").unwrap().candidates.remove(0).action;
        assert_eq!(action.arguments["QueueUrl"], "https://sqs.us-east-1.amazonaws.com/111122223333/dev-q");
        assert_eq!(action.targets[0].id.as_str(), "arn:aws:sqs:us-east-1:111122223333:dev-q");
        let differential = "https://sqs.us-east-1.amazonaws.com/111122223333/prod-q?x=/111122223333/dev-q";
        assert!(matches!(read(differential), Err(ReadError::Ambiguous(_))));
    }
}
