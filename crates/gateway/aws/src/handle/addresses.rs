//! Addresses of queues: SQS gives them in answers, and clients go where they point.
//!
//! Who comes by the proxy gets AWS's own addresses and comes through the proxy again. Who comes by the endpoint door has
//! no way to those, so gets the door's; on the way in they become AWS's again, before anything is judged.

use bytes::Bytes;
use interlock_reader_aws::wire::Request;
use serde_json::Value;

use super::Arrival;

/// The member that names a queue, in every operation.
const MEMBER: &str = "QueueUrl";

/// The address that the client came to, if it is the endpoint door's.
pub(super) fn door(arrival: &Arrival, request: &Request) -> Option<String> {
    let host = request.header("host").filter(|_| *arrival == Arrival::Endpoint)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
    host.chars().all(plain).then(|| format!("http://{host}/"))
}

/// A queue's address at the door becomes the one that AWS knows.
pub(super) fn inward(arguments: &mut Value, door: &str, host: &str) {
    let Some(Value::String(address)) = arguments.get_mut(MEMBER) else { return };
    if let Some(path) = address.strip_prefix(door) {
        *address = format!("https://{host}/{path}");
    }
}

/// Queue addresses in an answer, as the client can reach them.
pub(super) fn outward(body: Bytes, door: Option<&str>, host: &str, emulator: Option<&str>) -> Bytes {
    let Ok(text) = std::str::from_utf8(&body) else { return body };
    let aws = format!("https://{host}/");
    let mut replaced = text.replace(&format!("http://{host}/"), &aws);
    if let Some(emulator) = emulator {
        replaced = replaced.replace(&format!("http://{emulator}/"), &aws);
    }
    if let Some(door) = door {
        replaced = replaced.replace(&aws, door);
    }
    if replaced == text { body } else { Bytes::from(replaced) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOST: &str = "sqs.us-east-1.amazonaws.com";

    #[test]
    fn an_address_at_the_door_goes_out_and_comes_in_again() {
        let answer = Bytes::from_static(br#"{"QueueUrl":"http://127.0.0.1:5000/123456789012/jobs"}"#);
        let proxied = outward(answer.clone(), None, HOST, Some("127.0.0.1:5000"));
        assert_eq!(proxied, r#"{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/jobs"}"#);
        let door = "http://127.0.0.1:17101/";
        let given = outward(answer, Some(door), HOST, Some("127.0.0.1:5000"));
        let mut arguments: Value = serde_json::from_slice(&given).unwrap();
        assert_eq!(arguments[MEMBER], "http://127.0.0.1:17101/123456789012/jobs");
        inward(&mut arguments, door, HOST);
        assert_eq!(arguments[MEMBER], "https://sqs.us-east-1.amazonaws.com/123456789012/jobs");
        let mut other = json!({"QueueUrl": "http://127.0.0.1:9/1/jobs"});
        inward(&mut other, door, HOST);
        assert_eq!(other[MEMBER], "http://127.0.0.1:9/1/jobs");
    }
}
