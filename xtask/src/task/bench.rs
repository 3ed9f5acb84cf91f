//! `cargo xtask bench`

use std::{path::Path, process::Command};

use crate::{error::XtaskError, house::House, program, setup};

/// Builds release and measures, after saying on what: numbers without their machine and filesystem mean nothing.
pub(crate) fn bench(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    let tools = setup::run(house, setup::Extent::Demo)?;
    for (name, value) in machine(&house.target()) {
        println!("{name:<12} {value}");
    }
    let mut cargo = house.cargo();
    tools.lend(&mut cargo);
    cargo.args(["run", "--release", "--package", "interlock-tests", "--bin", "bench", "--"]).args(arguments);
    program::run(&mut cargo)
}

fn machine(target: &Path) -> Vec<(&'static str, String)> {
    let said = |command: &mut Command| {
        program::output(command).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut df = Command::new("df");
    df.args(["--output=source,fstype"]).arg(target);
    let filesystem = said(&mut df).lines().last().unwrap_or_default().to_owned();
    vec![
        ("processor", format!("{} × {cores}", model.trim_start_matches([' ', '\t', ':']))),
        ("memory", total.trim().to_owned()),
        ("kernel", said(Command::new("uname").arg("-sr"))),
        ("filesystem", filesystem),
        ("compiler", said(Command::new("rustc").arg("--version"))),
    ]
}
