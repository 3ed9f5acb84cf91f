//! `cargo xtask fuzz`
//!
//! Builds the targets of `tests/fuzz` with coverage instrumentation and runs each under libFuzzer. The engine needs no other
//! toolchain than the build's own: the instrumentation is a pass of LLVM, and there is no unsafe code of ours for a
//! sanitizer to watch. What a run learns stays under the target folder, so that the next one goes on from there; what it
//! finds goes to `tests/fuzz/found/`, where the ordinary tests run it from then on.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{error::XtaskError, house::House, program};

/// Edges, counted in place, and the operands of comparisons.
const INSTRUMENTED: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// The largest input.
const LONGEST: usize = 64 * 1024;
/// KiB of stack, as the daemon's threads have.
const STACK: usize = 2 * 1024;

struct Asked {
    seconds: u32,
    targets: Vec<String>,
}

impl Asked {
    fn read(arguments: &[String]) -> Result<Self, XtaskError> {
        let mut asked = Self { seconds: 60, targets: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let missing = || XtaskError::Usage(format!("`{argument}` takes a value"));
            match argument.as_str() {
                "--seconds" => {
                    let text = arguments.next().ok_or_else(missing)?;
                    let no_number = |_| XtaskError::Usage(format!("`{text}` is no number of seconds"));
                    asked.seconds = text.parse().map_err(no_number)?;
                }
                "--target" => asked.targets.push(arguments.next().ok_or_else(missing)?.clone()),
                other => return Err(XtaskError::Usage(format!("`{other}` is no argument of `fuzz`"))),
            }
        }
        Ok(asked)
    }
}

/// Runs every target, or those that were named, so many seconds each.
pub(crate) fn fuzz(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    let asked = Asked::read(arguments)?;
    let known = targets(house)?;
    if let Some(name) = asked.targets.iter().find(|name| !known.contains(*name)) {
        return Err(XtaskError::Usage(format!("`{name}` is no target; there are {}", known.join(", "))));
    }
    let engine = build(house)?;
    let mut findings = Vec::new();
    println!("target        executions a second coverage  peak MiB  findings");
    for name in if asked.targets.is_empty() { &known } else { &asked.targets } {
        findings.extend(run(house, &engine, name, asked.seconds)?);
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(XtaskError::Findings(count)),
    }
}

/// One file a target.
fn targets(house: &House) -> Result<Vec<String>, XtaskError> {
    let folder = house.path("tests/fuzz/src/target");
    let entries = std::fs::read_dir(&folder).map_err(|error| XtaskError::file(&folder, error))?;
    let name =
        |entry: std::fs::DirEntry| entry.path().file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(name).filter(|name| name != "mod").collect();
    names.sort();
    Ok(names)
}

fn build(house: &House) -> Result<PathBuf, XtaskError> {
    let said = program::output(Command::new("rustc").arg("-vV").current_dir(house.root()))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    // A folder of its own: the flags would have everything else built anew. Named with `--target`, so that they do not
    // reach build scripts.
    let folder = house.target().join("fuzzing");
    let mut cargo = house.cargo();
    cargo.args(["build", "--package", "interlock-fuzz", "--features", "engine", "--bin", "fuzz"]);
    cargo.args(["--profile", "fuzz", "--target", host]).arg("--target-dir").arg(&folder);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTED.join("\u{1f}"));
    program::run(&mut cargo)?;
    Ok(folder.join(host).join("fuzz").join("fuzz"))
}

fn made(folder: PathBuf) -> Result<PathBuf, XtaskError> {
    std::fs::create_dir_all(&folder).map_err(|error| XtaskError::file(&folder, error))?;
    Ok(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Runs one; what it found.
fn run(house: &House, engine: &Path, name: &str, seconds: u32) -> Result<Vec<PathBuf>, XtaskError> {
    let kept = house.target().join("fuzzing");
    let corpus = made(kept.join("corpus").join(name))?;
    let seeds = made(kept.join("seeds").join(name))?;
    let log = made(kept.join("log"))?.join(name);
    let found = house.path("tests/fuzz/found").join(name);
    made(found.clone())?;
    let before = files(&found);
    let words = std::fs::File::create(&log).map_err(|error| XtaskError::file(&log, error))?;
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -s {STACK}; exec \"$0\" \"$@\"")])
        .arg(engine)
        .arg(&corpus)
        .arg(&seeds);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST}"));
    command.arg(format!("-artifact_prefix={}/", found.display()));
    command.args(["-rss_limit_mb=2048", "-timeout=120", "-report_slow_units=100000", "-print_final_stats=1"]);
    command.env("INTERLOCK_FUZZ_TARGET", name).env("INTERLOCK_FUZZ_SEEDS", &seeds);
    command.stdout(std::process::Stdio::null()).stderr(words);
    let ended = program::run(&mut command);
    let new: Vec<PathBuf> = files(&found).into_iter().filter(|path| !before.contains(path)).collect();
    let _ = std::fs::remove_dir(&found);
    let words = std::fs::read_to_string(&log).map_err(|error| XtaskError::file(&log, error))?;
    let stat = |name: &str| {
        let line = words.lines().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
        line.map_or("?", str::trim).to_owned()
    };
    let coverage = words.rsplit("cov: ").next().and_then(|rest| rest.split(' ').next()).unwrap_or("?");
    println!(
        "{name:<11} {:>12} {:>8} {coverage:>8} {:>9}  {}",
        stat("number_of_executed_units"),
        stat("average_exec_per_sec"),
        stat("peak_rss_mb"),
        new.len()
    );
    for path in &new {
        let why = words.lines().skip_while(|line| !line.contains("panicked at"));
        println!("  {}\n  {}", path.display(), why.take(3).collect::<Vec<_>>().join("\n  "));
    }
    // It ended badly and left nothing behind: the engine itself did not run.
    if new.is_empty() {
        ended?;
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let read =
            |words: &[&str]| Asked::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let asked = read(&["--seconds", "5", "--target", "body"]).unwrap();
        assert_eq!((asked.seconds, asked.targets), (5, vec!["body".to_owned()]));
        assert_eq!(read(&[]).unwrap().seconds, 60);
        assert!(
            read(&["--seconds", "soon"]).is_err() && read(&["--target"]).is_err() && read(&["body"]).is_err()
        );
    }

    #[test]
    fn every_target_has_a_file() {
        let names = targets(&House::here()).unwrap();
        assert!(names.contains(&"request".to_owned()) && !names.contains(&"mod".to_owned()), "{names:?}");
    }
}
