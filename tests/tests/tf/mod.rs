//! Terraform on this machine, and a configuration in a folder of its own.

use std::path::PathBuf;

use interlock_tests::{Home, Output, skip, tool};

/// Where Terraform and its AWS provider are.
pub(crate) struct Terraform {
    pub(crate) program: String,
    pub(crate) plugins: String,
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

/// The thirty kinds, under one name, in a folder.
pub(crate) struct Configuration {
    program: String,
    name: String,
}

impl Configuration {
    /// In the agent's work folder, initialised by the agent.
    pub(crate) fn of_agent(home: &Home, terraform: &Terraform, name: &str) -> Self {
        home.file("main.tf", include_str!("../../fixtures/terraform/main.tf"));
        let configuration = Self { program: terraform.program.clone(), name: format!("-var=name={name}") };
        let plugins = format!("-plugin-dir={}", terraform.plugins);
        home.run(&[&configuration.program, "init", "-input=false", "-no-color", &plugins]).ok();
        configuration
    }

    /// A Terraform command as the agent, in a session of its own.
    pub(crate) fn run(&self, home: &Home, arguments: &[&str]) -> Output {
        let mut all = vec![self.program.as_str()];
        all.extend(arguments);
        all.extend(["-input=false", "-no-color", "-parallelism=20", &self.name]);
        home.run(&all)
    }
}
