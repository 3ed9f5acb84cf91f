use interlock_policy::Candidate;
use interlock_prover::*;
fn main() {
    let t = std::time::Instant::now();
    let c = Candidate::over_shipped(&[]).unwrap();
    let inv = read_invariants(c.schema(), &[]).unwrap();
    println!("load {:?}", t.elapsed());
    let mut s = Solver::start().unwrap();
    for _ in 0..2 {
    let t = std::time::Instant::now();
    let p = prove(&c, &inv, &mut s).unwrap();
    println!("{p}\n{:?}", t.elapsed());
    }
}
