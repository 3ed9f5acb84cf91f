//! The engine: one target, named by `INTERLOCK_FUZZ_TARGET`, under libFuzzer.
//!
//! Besides a panic, an input is a finding when it takes too much processor time or memory. With `INTERLOCK_FUZZ_SEEDS`
//! the target's seeds are written into that folder first.
#![no_main]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this program is only for tests: a fault here is a finding"
)]

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use interlock_fuzz::Target;
use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most memory that one input may ask for.
const MOST_MEMORY: usize = 100 * 1024 * 1024;

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("INTERLOCK_FUZZ_TARGET").unwrap_or_default();
        let known = || interlock_fuzz::targets().iter().map(|target| target.name).collect::<Vec<_>>();
        interlock_fuzz::target(&name).unwrap_or_else(|| panic!("`{name}` is none of {:?}", known()))
    })
}

/// Processor time of this thread.
fn spent() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

fn prepare() {
    let target = chosen();
    let seeds = (target.seeds)();
    // Whatever is made once is made now, so that it is no input's.
    for seed in seeds.iter().take(8) {
        (target.run)(seed);
    }
    if let Some(folder) = std::env::var_os("INTERLOCK_FUZZ_SEEDS").map(PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        for (nth, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{nth:04}")), seed).unwrap();
        }
    }
}

libfuzzer_sys::fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let target = chosen();
    MEMORY.reset_peak_usage();
    let (memory, begun) = (MEMORY.current_usage(), spent());
    (target.run)(bytes);
    let (took, held) = (spent() - begun, MEMORY.peak_usage().saturating_sub(memory));
    assert!(
        took <= Duration::from_millis(target.millis),
        "{} bytes took {} ms of processor time",
        bytes.len(),
        took.as_millis()
    );
    assert!(held <= MOST_MEMORY, "{} bytes held {} MiB", bytes.len(), held / (1024 * 1024));
});
