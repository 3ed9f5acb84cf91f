//! `cargo xtask ci`: what a change must pass.

use std::time::{Duration, Instant};

use super::{deny::deny, test, tidy::tidy};
use crate::{
    error::XtaskError,
    house::House,
    program,
    setup::{Extent, run},
};

/// Runs every step, the cheap ones first, and says how long each took.
pub(crate) fn ci(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    super::none("ci", arguments)?;
    let begun = Instant::now();
    let mut took = Vec::new();
    let tools = step(&mut took, "setup", || run(house, Extent::All))?;
    step(&mut took, "tidy", || tidy(house, &[]))?;
    step(&mut took, "format", || program::run(house.cargo().args(["fmt", "--all", "--check"])))?;
    step(&mut took, "licences", || deny(house, &tools))?;
    step(&mut took, "lints", || {
        let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        program::run(house.cargo().args(lint))
    })?;
    // Each promise of the shipped policy with the time that its proof took. No solver, no proof: that fails.
    step(&mut took, "prove", || {
        let prove =
            ["run", "--quiet", "--locked", "--package", "interlock", "--", "policy", "prove", "shipped"];
        let mut cargo = house.cargo();
        tools.lend(&mut cargo);
        program::run(cargo.args(prove))
    })?;
    step(&mut took, "test", || test::all(house, &tools, &[], true))?;
    // On standard error as the test runner's summary is, so that the two keep their order.
    let list: Vec<String> =
        took.iter().map(|(name, time)| format!("{name} {:.0} s", time.as_secs_f64())).collect();
    eprintln!("ci: {:.0} s in all ({})", begun.elapsed().as_secs_f64(), list.join(", "));
    Ok(())
}

fn step<T>(
    took: &mut Vec<(&'static str, Duration)>,
    name: &'static str,
    run: impl FnOnce() -> Result<T, XtaskError>,
) -> Result<T, XtaskError> {
    println!("== {name}");
    let begun = Instant::now();
    let done = run();
    let time = begun.elapsed();
    took.push((name, time));
    if done.is_err() {
        println!("== {name} FAILED after {:.1} s", time.as_secs_f64());
    }
    done
}
