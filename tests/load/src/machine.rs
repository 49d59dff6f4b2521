//! On what it was measured.

use std::fs;
use std::process::Command;

/// A sentence for each fact that the numbers depend on.
pub fn facts() -> String {
    let cpu = field("/proc/cpuinfo", "model name");
    let memory = field("/proc/meminfo", "MemTotal");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    [
        format!("- measured on {}", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        format!("- {cpu}, {cores} cores, {memory}, Linux {}", said("uname", &["-r"])),
        format!("- {}", said("rustc", &["--version"])),
        format!("- {}", said_on_error("nginx", &["-v"])),
        format!("- {}", said("psql", &["--version"])),
        "- one core for the server, the other for the load; what is compared takes turns, medians of 5 (mail: 3)"
            .into(),
    ]
    .join("\n")
}

fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_once(':').map_or("?", |(_, value)| value.trim()).to_owned()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn said_on_error(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".into(),
        |output| String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    )
}
