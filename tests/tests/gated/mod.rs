//! A home whose daemon has a Terraform gate, and an agent that calls `terraform` as it always did.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::PathBuf;

use interlock_tests::{Daemon, Emulator, Home, Output};
use serde_json::Value;

use crate::tf::{self, Terraform};

pub(crate) const DEVELOPMENT: &str = "
[[environment]]
name = \"development\"
match = { account = \"123456789012\" }
";

/// The gate, and whoever works before it.
pub(crate) struct Gated {
    pub(crate) emulator: Emulator,
    pub(crate) home: Home,
    daemon: Option<Daemon>,
}

impl Gated {
    /// With these rules; nothing where there is no Terraform.
    pub(crate) fn new(rules: &str) -> Option<Self> {
        Self::after(rules, "")
    }

    /// With these rules, and a stage on this emulator.
    pub(crate) fn on_stage(rules: &str, stage: &Emulator) -> Option<Self> {
        let upstream = stage.url();
        let stage = format!(
            "[terraform.rehearsal]\nname = \"staging\"\ncredentials = \"environment\"\nupstream = \"{upstream}\"\n"
        );
        Self::after(rules, &stage)
    }

    fn after(rules: &str, more: &str) -> Option<Self> {
        let terraform = tf::found()?;
        let emulator = Emulator::start();
        let rules = format!("{rules}{}{more}", Self::program(&terraform));
        let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy", "di"], &rules);
        Some(Self { emulator, home, daemon: Some(daemon) })
    }

    fn program(terraform: &Terraform) -> String {
        let (program, plugins) = terraform.places();
        format!("\n[terraform]\nprogram = {program:?}\nplugins = {plugins:?}\n")
    }

    /// Ends the daemon at once and starts another.
    pub(crate) fn restart(&mut self) {
        drop(self.daemon.take());
        self.daemon = Some(self.home.serve(&[]));
    }

    /// A file of the configuration.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        self.home.file(name, text)
    }

    /// `terraform …` as the agent.
    pub(crate) fn terraform(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["terraform"];
        all.extend(arguments);
        self.home.run(&all)
    }

    /// The same with variables that the agent sets.
    pub(crate) fn terraform_with(&self, variables: &[&str], arguments: &[&str]) -> Output {
        let mut all = vec!["env"];
        all.extend(variables);
        all.push("terraform");
        all.extend(arguments);
        self.home.run(&all)
    }

    /// How many entries of this kind there are of an operation.
    pub(crate) fn rows(&self, kind: &str, operation: &str) -> usize {
        let rows = self.home.cli(&["--json", "ledger", "ls", "--limit", "10000"]).ok().json();
        let is = |row: &&Value| row["kind"] == kind && row["public"]["operation"] == operation;
        rows.as_array().unwrap().iter().filter(is).count()
    }

    /// Calls that were held or refused, at the gate or at the wire.
    pub(crate) fn stopped(&self) -> Vec<Value> {
        let rows = self.home.cli(&["--json", "ledger", "ls", "--limit", "10000"]).ok().json();
        let stopped = |row: &&Value| ["held", "refused"].contains(&row["kind"].as_str().unwrap_or_default());
        rows.as_array().unwrap().iter().filter(stopped).cloned().collect()
    }

    /// Two people who do not own the agent approve.
    pub(crate) fn approve(&self, ticket: &str) {
        self.home.approve("bo", ticket).ok();
        self.home.approve("cy", ticket);
    }

    /// The workspaces' states.
    pub(crate) fn workspaces(&self) -> Vec<Value> {
        let rows = self.home.cli(&["--json", "terraform", "workspaces"]).ok().json();
        rows.as_array().unwrap().clone()
    }

    /// Waits until the last state was verified.
    pub(crate) fn verified(&self) -> bool {
        for _ in 0..120 {
            let verified = self.workspaces().iter().any(|row| {
                let latest =
                    row["versions"].as_array().and_then(|all| all.last()).map(|state| &state["version"]);
                latest.is_some() && row.pointer("/good/version") == latest
            });
            if verified {
                return true;
            }
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
        false
    }
}

pub(crate) const PROVIDER: &str = r#"
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}
"#;
