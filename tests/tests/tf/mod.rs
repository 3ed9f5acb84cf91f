//! Terraform on this machine, and a configuration in a folder of its own.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use interlock_tests::{Emulator, Home, Output, Scratch, skip, tool};
use serde_json::Value;

const MAIN: &str = include_str!("../../fixtures/terraform/main.tf");
const DATABASE: &str = include_str!("../../fixtures/terraform/database.tf");
/// What everything is done with.
const COMMON: [&str; 3] = ["-input=false", "-no-color", "-parallelism=20"];

/// Where Terraform and its AWS provider are.
pub(crate) struct Terraform {
    program: String,
    plugins: String,
}

/// Finds them; says so when they are missing.
pub(crate) fn found() -> Option<Terraform> {
    let Some(program) = tool("terraform") else {
        skip("there is no `terraform`");
        return None;
    };
    let named = std::env::var_os("INTERLOCK_TF_PLUGINS").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".terraform.d/plugins"));
    let usual = ["/opt/tf-plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"];
    let folders = named.into_iter().chain(home).chain(usual.map(PathBuf::from));
    let mut with_aws = folders.filter(|folder| folder.join("registry.terraform.io/hashicorp/aws").is_dir());
    let Some(plugins) = with_aws.next() else {
        skip("there is no folder with Terraform's AWS provider: name one in `INTERLOCK_TF_PLUGINS`");
        return None;
    };
    Some(Terraform { program: program.display().to_string(), plugins: plugins.display().to_string() })
}

impl Terraform {
    /// The program, and the folder of its providers.
    pub(crate) fn places(&self) -> (&str, &str) {
        (&self.program, &self.plugins)
    }

    /// Puts the configuration into the agent's work folder; the agent initialises it.
    pub(crate) fn of_agent(&self, home: &Home, name: &str) {
        home.file("main.tf", MAIN);
        home.file("terraform.tfvars", &format!("name = \"{name}\"\n"));
        let plugins = format!("-plugin-dir={}", self.plugins);
        home.run(&[&self.program, "init", "-input=false", "-no-color", &plugins]).ok();
    }

    /// A Terraform command as the agent, in a session of its own.
    pub(crate) fn run(&self, home: &Home, arguments: &[&str]) -> Output {
        let mut all = vec![self.program.as_str()];
        all.extend(arguments);
        all.extend(COMMON);
        home.run(&all)
    }

    /// The operator makes everything with their own hands, straight against the emulator; returns the state, as it
    /// would be had it been AWS.
    pub(crate) fn by_hand(&self, emulator: &Emulator, name: &str) -> String {
        let scratch = Scratch::new("hands");
        scratch.file("main.tf", MAIN);
        scratch.file("database.tf", DATABASE);
        scratch.file("terraform.tfvars", &format!("name = \"{name}\"\n"));
        scratch.file("straight_override.tf", "provider \"aws\" {\n  s3_use_path_style = true\n}\n");
        let run = |arguments: &[&str]| {
            let output = self.straight(emulator, scratch.path(), arguments);
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(&["init", "-input=false", &format!("-plugin-dir={}", self.plugins)]);
        // Terraform would wait a minute for the database.
        let mut first = vec!["apply", "-auto-approve"];
        first.extend(COMMON);
        let but_database = targets();
        first.extend(but_database.iter().map(String::as_str));
        run(&first);
        emulator.hands(&format!(
            "client('rds').create_db_instance(DBInstanceIdentifier='{name}-school', DBInstanceClass='db.t3.micro', \
             Engine='postgres', AllocatedStorage=20, MasterUsername='school', MasterUserPassword='a-password', \
             DBSubnetGroupName='{name}-db')"
        ));
        run(&["import", "-input=false", "aws_db_instance.school", &format!("{name}-school")]);
        let state = std::fs::read_to_string(scratch.path().join("terraform.tfstate")).unwrap();
        as_of_aws(&state, &emulator.url())
    }

    /// The plans, as JSON, of a first deploy of everything, and of destroying what of it takes no time to make.
    pub(crate) fn plans(&self, emulator: &Emulator, name: &str) -> (String, String) {
        let scratch = Scratch::new("plans");
        scratch.file("main.tf", MAIN);
        scratch.file("database.tf", DATABASE);
        scratch.file("terraform.tfvars", &format!("name = \"{name}\"\n"));
        scratch.file("straight_override.tf", "provider \"aws\" {\n  s3_use_path_style = true\n}\n");
        let run = |arguments: &[&str]| {
            let output = self.straight(emulator, scratch.path(), arguments);
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let plan = |more: &[&str]| {
            let mut all = vec!["plan", "-out=plan"];
            all.extend(COMMON.iter().chain(more));
            run(&all);
            run(&["show", "-json", "plan"])
        };
        run(&["init", "-input=false", &format!("-plugin-dir={}", self.plugins)]);
        let first = plan(&[]);
        let but_database = targets();
        let mut apply = vec!["apply", "-auto-approve"];
        apply.extend(COMMON.iter().copied().chain(but_database.iter().map(String::as_str)));
        run(&apply);
        (first, plan(&["-destroy"]))
    }

    fn straight(&self, emulator: &Emulator, folder: &Path, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.env("AWS_ENDPOINT_URL", emulator.url()).env("CHECKPOINT_DISABLE", "1");
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.output().unwrap()
    }

    /// Hands a state to the agent.
    pub(crate) fn hand_over(&self, home: &Home, name: &str, state: &str) {
        self.of_agent(home, name);
        home.file("database.tf", DATABASE);
        home.file("terraform.tfstate", state);
    }
}

/// `-target` for every resource of the main file.
fn targets() -> Vec<String> {
    let resources = MAIN.lines().filter(|line| line.starts_with("resource "));
    let names =
        resources.map(|line| line.split('"').skip(1).step_by(2).take(2).collect::<Vec<_>>().join("."));
    names.map(|name| format!("-target={name}")).collect()
}

/// The emulator's address out of the state, and into it what an import leaves out of the configuration.
fn as_of_aws(state: &str, emulator: &str) -> String {
    let mut state: Value =
        serde_json::from_str(&state.replace(emulator, "https://sqs.us-east-1.amazonaws.com")).unwrap();
    for resource in state["resources"].as_array_mut().unwrap() {
        if resource["type"] == "aws_db_instance" {
            for attribute in ["skip_final_snapshot", "delete_automated_backups"] {
                resource["instances"][0]["attributes"][attribute] = true.into();
            }
        }
    }
    state.to_string()
}
