//! The command `toctou`.

/// Trees and summaries are many small pieces that come and go on several threads; this allocator keeps the pages for the next ones.
#[cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    toctou::cli::main()
}
