//! The program: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    hopthu::cli::run(&std::env::args_os().collect::<Vec<_>>())
}
