//! The requests of `scenarios/twins`, as written.

use std::path::PathBuf;

use interlock_action::Facts;
use serde_json::Value;

/// One operation whose danger depends, with the requests that somebody wrote for it.
pub(crate) struct Record {
    /// `rds:ModifyDBInstance`.
    pub(crate) name: String,
    /// Its requests, as written.
    pub(crate) requests: Vec<Request>,
}

impl Record {
    /// The service's name in clients.
    pub(crate) fn service(&self) -> &str {
        self.name.split_once(':').unwrap().0
    }

    /// The operation.
    pub(crate) fn operation(&self) -> &str {
        self.name.split_once(':').unwrap().1
    }

    /// The first request of the kind: the one that the table counts.
    pub(crate) fn first(&self, dangerous: bool) -> &Request {
        self.requests.iter().find(|request| request.dangerous == dangerous).unwrap_or_else(|| {
            panic!("{} has no {} request", self.name, if dangerous { "dangerous" } else { "benign" })
        })
    }
}

/// One request, and the world in which it is sent.
#[derive(Clone)]
pub(crate) struct Request {
    /// Whether a person should be asked.
    pub(crate) dangerous: bool,
    /// The parameters by member names.
    pub(crate) parameters: Value,
    /// What the live state answers.
    pub(crate) given: Facts,
    /// The environment of the whole account, where it is not production.
    pub(crate) environment: Option<String>,
    /// Whether the session made what is touched.
    pub(crate) made: bool,
    /// Whether there is no way back.
    pub(crate) one_way: bool,
}

/// A folder or file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Every record of every page.
pub(crate) fn all() -> Vec<Record> {
    let mut pages: Vec<_> =
        std::fs::read_dir(project("scenarios/twins")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut records = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for part in text.split("```twins\n").skip(1) {
            read(part.split("```").next().unwrap(), &mut records);
        }
    }
    records
}

fn read(block: &str, records: &mut Vec<Record>) {
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start().len();
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        if depth == 0 {
            assert!(rest.is_empty() && word.contains(':'), "`{line}` is no record");
            records.push(Record { name: word.to_owned(), requests: Vec::new() });
            continue;
        }
        let record = records.last_mut().expect("a request before any record");
        let json = || serde_json::from_str(rest).unwrap_or_else(|error| panic!("{error}: {line}"));
        if depth == 4 {
            let dangerous = match word {
                "dangerous" => true,
                "benign" => false,
                _ => panic!("`{word}` is neither dangerous nor benign"),
            };
            record.requests.push(Request {
                dangerous,
                parameters: json(),
                given: Facts::default(),
                environment: None,
                made: false,
                one_way: false,
            });
            continue;
        }
        let request = record.requests.last_mut().expect("a world before any request");
        match word {
            "given" => request.given = serde_json::from_str(rest).unwrap(),
            "in" => request.environment = Some(rest.to_owned()),
            "made" => request.made = true,
            "one-way" => request.one_way = true,
            _ => panic!("`{line}` says nothing of the world"),
        }
    }
}
