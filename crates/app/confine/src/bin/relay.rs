//! The sandbox's inside end as a program of its own; `interlock __relay` is the same code.

use std::process::ExitCode;

fn main() -> ExitCode {
    interlock_confine::relay::main(std::env::args_os().skip(2))
}
