//! The command `toctou`.

fn main() -> std::process::ExitCode {
    toctou::cli::main()
}
