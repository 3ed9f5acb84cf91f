use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;

use super::*;
use crate::place::Place;

fn words(text: &[&str]) -> Vec<OsString> {
    text.iter().map(OsString::from).collect()
}

#[test]
fn orders_are_parsed() {
    let order = parse(words(&["--door", "17100=/run/a=b", "--", "sh", "-c", "--door"])).unwrap();
    assert_eq!(order.doors, [(17_100, PathBuf::from("/run/a=b"))]);
    assert_eq!(order.rest, words(&["sh", "-c", "--door"]));
    assert!(!order.survey);
}

#[test]
fn bad_orders_are_refused() {
    for bad in [
        &["--door"][..],
        &["--door", "x=/a", "--", "sh"],
        &["--door", "99999=/a", "--", "sh"],
        &["sh"],
        &["--"],
        &[],
    ] {
        assert!(parse(words(bad)).is_err(), "{bad:?}");
    }
}

/// A socket at which `answer` serves one connection.
fn server(place: &Place, answer: fn(UnixStream)) -> PathBuf {
    let path = place.at("door.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || answer(listener.accept().unwrap().0));
    path
}

fn through(socket: PathBuf) -> TcpStream {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, Arc::new(socket)).unwrap();
    TcpStream::connect(address).unwrap()
}

#[test]
fn bytes_pass_both_ways_and_half_closes_pass_too() {
    let place = Place::new();
    let socket = server(&place, |mut peer| {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        peer.write_all(b"got ").unwrap();
        peer.write_all(&all).unwrap();
    });
    let mut client = through(socket);
    client.write_all(b"hello").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "got hello");
}

#[test]
fn a_door_without_a_daemon_closes_the_connection() {
    let mut client = through(PathBuf::from("/nowhere/door.sock"));
    let mut answer = Vec::new();
    assert!(!matches!(client.read_to_end(&mut answer), Ok(length) if length > 0));
}
