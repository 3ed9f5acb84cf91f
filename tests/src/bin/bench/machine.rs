//! What the figures were measured on.

use std::{path::Path, process::Command};

/// Prints it.
pub(crate) fn print(scratch: &Path) {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let filesystem = Command::new("stat").args(["-f", "-c", "%T"]).arg(scratch).output().unwrap();
    println!("| machine | {}, {cores} cores |", model.trim_start_matches(['\t', ':', ' ']));
    println!("| store's filesystem | {} |", String::from_utf8_lossy(&filesystem.stdout).trim());
}
