//! What the guard costs, by CPU time and side by side in one run, against the bare calls and other crates.
//!
//! `cargo bench -p session-lock --bench guard`, with `-- contended` for that part only; `docs/BENCHMARKS.md` has a run.
#[cfg(target_os = "linux")]
#[path = "guard/contended.rs"]
mod contended;
#[cfg(target_os = "linux")]
#[path = "guard/peers.rs"]
mod peers;
#[cfg(target_os = "linux")]
#[path = "guard/uncontended.rs"]
mod uncontended;

#[cfg(target_os = "linux")]
fn main() {
    let words: Vec<String> = std::env::args().collect();
    match words.iter().position(|word| word == "--worker") {
        Some(at) => contended::work(&words[at + 1..]),
        None => {
            if !words.iter().any(|word| word == "contended") {
                for place in ["/dev/shm", env!("CARGO_TARGET_TMPDIR")].into_iter().filter(|place| std::path::Path::new(place).is_dir()) {
                    uncontended::compare(place);
                }
            }
            contended::compare();
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("the benchmarks compare Linux calls");
}
