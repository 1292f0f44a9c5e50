//! The command `toctou`.

/// Trees and summaries are many small pieces, made on one thread and often freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    toctou::cli::main()
}
