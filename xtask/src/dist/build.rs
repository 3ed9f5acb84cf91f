//! The binary: static against musl where the toolchain can, else linked to the C library's family and nothing else.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::Plan;
use crate::{error::XtaskError, house::House, program};

/// What the dynamic linker may be asked for.
const FAMILY: &[&str] =
    &["libc.so.", "libm.so.", "libgcc_s.so.", "libpthread.so.", "libdl.so.", "librt.so.", "ld-linux"];

/// A built program.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) program: PathBuf,
    pub(super) target: String,
}

/// Builds it.
pub(super) fn binary(house: &House, plan: &Plan) -> Result<Built, XtaskError> {
    let host = host()?;
    let target = match &plan.target {
        Some(target) => target.clone(),
        None => best(&host)?,
    };
    println!("building for {target}");
    let mut cargo = house.cargo();
    cargo.args(["build", "--locked", "--package", "interlock", "--bin", "interlock"]);
    let mut folder = house.target();
    // For this machine's own target what is built already is built.
    if target != host {
        cargo.args(["--target", &target]);
        folder.push(&target);
    }
    if plan.release {
        cargo.arg("--release");
    }
    if target.ends_with("musl") {
        // The few parts in C (SQLite, ring, the allocator) need musl's headers.
        cargo.env(format!("CC_{}", target.replace('-', "_")), "musl-gcc");
    }
    program::run(&mut cargo)?;
    folder.push(if plan.release { "release" } else { "debug" });
    Ok(Built { program: folder.join("interlock"), target })
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// This machine's target.
fn host() -> Result<String, XtaskError> {
    let said = program::output(rustc().arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.ok_or(XtaskError::Form { what: said, why: "it names no host".to_owned() })
}

/// This machine's target with musl, where its standard library and a C compiler for it are there; else this machine's.
fn best(host: &str) -> Result<String, XtaskError> {
    let musl = host.replace("-gnu", "-musl");
    let library = program::output(rustc().args(["--print", "target-libdir", "--target", &musl]));
    let installed = library.is_ok_and(|folder| Path::new(folder.trim()).is_dir());
    if installed && program::find("musl-gcc").is_some() {
        return Ok(musl);
    }
    println!("no static build here: that takes `rustup target add {musl}` and musl-gcc (Debian: musl-tools)");
    Ok(host.to_owned())
}

/// The shared libraries that a program asks for; any but the C library's is refused.
pub(super) fn linked(program: &Path) -> Result<Vec<String>, XtaskError> {
    let said = program::output(Command::new("objdump").arg("-p").arg(program))?;
    let needed: Vec<String> = needed(&said).map(str::to_owned).collect();
    match needed.iter().find(|name| !FAMILY.iter().any(|known| name.starts_with(known))) {
        Some(other) => Err(XtaskError::Form {
            what: program.display().to_string(),
            why: format!("it is linked to `{other}`, which is no part of the C library"),
        }),
        None => Ok(needed),
    }
}

fn needed(dump: &str) -> impl Iterator<Item = &str> {
    dump.lines().filter_map(|line| line.trim().strip_prefix("NEEDED")).map(str::trim)
}

/// The newest version of the C library that a program's symbols ask for.
pub(super) fn libc_version(program: &Path) -> Result<Option<String>, XtaskError> {
    let said = program::output(Command::new("objdump").arg("-p").arg(program))?;
    let numbers =
        |version: &str| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let versions = said.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    Ok(versions.max_by_key(|version| numbers(version)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_read_off_the_dump() {
        let dump = "Dynamic Section:\n  NEEDED               libgcc_s.so.1\n  NEEDED               libc.so.6\n  INIT 0x1\n";
        assert_eq!(needed(dump).collect::<Vec<_>>(), ["libgcc_s.so.1", "libc.so.6"]);
    }

    #[test]
    fn this_very_program_is_linked_to_the_c_library_alone() {
        linked(&std::env::current_exe().unwrap()).unwrap();
        assert!(linked(Path::new("/nowhere")).is_err());
    }
}
