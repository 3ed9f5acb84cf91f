//! A home with its console, and a browser that opens it.

#![allow(dead_code, reason = "each test uses its own part")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use interlock_tests::{Daemon, Emulator, Home, Output, binary};
use serde_json::{Map, Value, json};

pub(crate) const DEVELOPMENT: &str = r#"
[approval]
cooling_off = "0s"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

pub(crate) struct Browsed {
    pub(crate) emulator: Emulator,
    pub(crate) home: Home,
    pub(crate) daemon: Daemon,
    people: Vec<String>,
}

impl Browsed {
    pub(crate) fn new(people: &[&str], rules: &str) -> Self {
        let emulator = Emulator::start();
        let (home, daemon) = Home::new(&emulator, people, rules);
        let people = people.iter().map(|name| (*name).to_owned()).collect();
        Self { emulator, home, daemon, people }
    }

    /// Where the console is.
    pub(crate) fn console(&self) -> String {
        self.daemon.ready["console"].as_str().unwrap().to_owned()
    }

    /// Makes a database, as somebody with the real credentials.
    pub(crate) fn database(&self, name: &str) {
        self.emulator.hands(&format!(
            "client('rds').create_db_instance(DBInstanceIdentifier='{name}', DBInstanceClass='db.t3.micro', \
             Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')"
        ));
    }

    /// The agent deletes it.
    pub(crate) fn wipe(&self, name: &str) -> Output {
        self.wipe_with(&[], name)
    }

    /// The same with further options of `interlock run`.
    pub(crate) fn wipe_with(&self, options: &[&str], name: &str) -> Output {
        let wipe =
            ["aws", "rds", "delete-db-instance", "--db-instance-identifier", name, "--skip-final-snapshot"];
        self.agent(options, &wipe)
    }

    /// Runs a command of the agent's, with further options of `interlock run`.
    pub(crate) fn agent(&self, options: &[&str], command: &[&str]) -> Output {
        let program = interlock_tests::tool(command[0]).expect("a tool").display().to_string();
        let command: Vec<&str> =
            std::iter::once(program.as_str()).chain(command[1..].iter().copied()).collect();
        self.home.run_with(options, &command)
    }

    /// Does something while no daemon has the home open.
    pub(crate) fn stopped<T>(&mut self, then: impl FnOnce(&Self) -> T) -> T {
        self.daemon.stop();
        let done = then(self);
        self.daemon = self.home.serve(&[]);
        done
    }

    /// Tells a story in the browser: `browser/NAME.cjs`; what it returned.
    pub(crate) fn drive(&self, story: &str, with: &[(&str, &str)]) -> Value {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/browser/{story}.cjs"));
        let keys: Map<String, Value> =
            self.people.iter().map(|name| (name.clone(), self.home.private(name).into())).collect();
        let pictures = pictures();
        let mut given = json!({
            "console": self.console(),
            "interlock": binary(),
            "home": self.home.root(),
            "keys": keys,
            "chromium": "/usr/bin/chromium",
            "pictures": pictures,
        });
        for (name, value) in with {
            given[*name] = (*value).into();
        }
        let output = Command::new("node")
            .arg(file)
            .arg(given.to_string())
            .env("NODE_PATH", modules())
            .output()
            .expect("there is no `node`: run `cargo xtask setup`");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{story}: {out}\n{err}\ndaemon: {}", self.home.log());
        serde_json::from_str(out.lines().last().unwrap_or("{}")).unwrap_or_default()
    }
}

fn target() -> PathBuf {
    binary().parent().and_then(Path::parent).unwrap().to_owned()
}

/// Where pictures of the pages go.
fn pictures() -> PathBuf {
    let folder = target().join("console-pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn modules() -> PathBuf {
    std::env::var_os("INTERLOCK_NODE_MODULES")
        .map_or_else(|| target().join("npm/node_modules"), PathBuf::from)
}
