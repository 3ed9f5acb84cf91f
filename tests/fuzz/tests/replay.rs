//! Every target over its seeds, and over what fuzzing has found.
#![expect(clippy::unwrap_used, reason = "a test: a fault here is a failed test")]

use std::path::Path;

use interlock_fuzz::{Target, targets};

/// On a stack like that of the daemon's threads.
fn run(target: &'static Target, inputs: Vec<Vec<u8>>) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(move || inputs.iter().for_each(|input| (target.run)(input))).unwrap().join().unwrap();
}

#[test]
fn nothing_that_was_found_is_found_again() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
    for target in targets() {
        let Ok(folder) = std::fs::read_dir(found.join(target.name)) else { continue };
        let inputs = folder.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
        run(target, inputs);
    }
    for folder in std::fs::read_dir(found).into_iter().flatten() {
        let name = folder.unwrap().file_name();
        assert!(interlock_fuzz::target(&name.to_string_lossy()).is_some(), "no target is called {name:?}");
    }
}

#[test]
fn no_seed_is_a_finding() {
    for target in targets() {
        let seeds = (target.seeds)();
        assert!(seeds.len() > 3, "{} starts from nothing", target.name);
        run(target, seeds);
    }
}
