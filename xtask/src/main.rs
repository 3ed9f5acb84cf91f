//! `cargo xtask`: the only entry point for people and CI.
//!
//! Every command sets up what it needs and says so; a second run finds it there. One file a command under `task/`.

mod catalogue;
mod dist;
mod error;
mod generate;
mod house;
mod program;
mod setup;
mod task;
mod tidy;

use std::process::ExitCode;

use error::XtaskError;
use house::House;

const HELP: &str = "\
cargo xtask COMMAND

  setup               install what is missing: Debian packages, Python clients and emulator, tools, the JavaScript SDK
  demo [ARGS]         set up, build, and show the school's loss with and without Interlock
  test [ARGS]         set up, build, and run all tests; ARGS go to `cargo nextest run`
  ci                  everything CI asks for: tidy, format, lints, licences, all tests; a skipped test fails
  tidy [--fix]        check the rules of the house; --fix writes what is generated
  fuzz [ARGS]         every parser against hostile bytes: --seconds N each (60), --target NAME for some only
  incidents           losses that happened, played to their end and back on an emulator
  bench [ARGS]        build release and measure; says on what
  dist [ARGS]         build release: a binary, its manual, an archive, a Debian package; --check tries the package as root
  catalogue [ARGS]    make the table of every AWS service and operation
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit()
        }
    }
}

fn run(arguments: &[String]) -> Result<(), XtaskError> {
    let house = House::here();
    let Some((command, rest)) = arguments.split_first() else {
        return Err(XtaskError::Usage("no command".to_owned()));
    };
    match command.as_str() {
        "setup" => task::setup(&house, rest),
        "demo" => task::demo(&house, rest),
        "test" => task::test(&house, rest),
        "ci" => task::ci(&house, rest),
        "tidy" => task::tidy(&house, rest),
        "fuzz" => task::fuzz(&house, rest),
        "incidents" => task::incidents(&house),
        "bench" => task::bench(&house, rest),
        "dist" => task::dist(&house, rest),
        "catalogue" => Ok(catalogue::run(rest)?),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(XtaskError::Usage(format!("`{other}` is no command"))),
    }
}
