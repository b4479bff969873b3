//! Whether a machine can build the services and measure them, and what to do if not.
//!
//! [`examine`] looks, [`Finding::of`] judges, and [`text`] prints.

mod look;

pub use look::{Machine, examine};

use serde::Serialize;
use std::fmt::Write;

/// The first Rust that the AWS SDK takes.
const RUST_MIN: (u32, u32) = (1, 95);

/// A built target folder, and what a comparison writes.
const DISK_MIN_GB: f64 = 6.0;

/// The same if everything is built.
const DISK_BUILT_MIN_GB: f64 = 1.0;

/// The linker needs one gigabyte, a measurement of three lessons less than another.
const MEMORY_MIN_GB: f64 = 2.0;

/// A lesson of many clients opens several hundred connections.
const FILES_MIN: u64 = 1_024;

/// Programs that want the processor, per core, above which rounds are sent again.
const LOAD_MAX: f64 = 0.7;

/// Where `leaklab serve` and the chapters' `curl` commands expect a service.
const PORT: u16 = 8_080;

/// How a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// As it should be.
    Ok,
    /// It works, slower or not everywhere.
    Warning,
    /// It does not work.
    Unfit,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it counts.
    pub fit: Fit,
    /// What was found.
    pub found: String,
    /// What to do.
    pub cure: Option<String>,
}

impl Finding {
    /// Judges a machine.
    pub fn of(machine: &Machine) -> Vec<Self> {
        let Machine { disk_gb, memory_gb, cores, files, load, .. } = *machine;
        let disk_min = if machine.built { DISK_BUILT_MIN_GB } else { DISK_MIN_GB };
        let rust = machine.rust.as_deref();
        let gb = |gb: f64| format!("{gb:.1} GB free");
        let mut all = vec![
            found("compiler", rust.is_some_and(is_recent), Fit::Unfit, rust)
                .cure("install Rust 1.95 or later with rustup (https://rustup.rs), and open a new terminal"),
            found("linker", machine.cc, Fit::Unfit, Some(if machine.cc { "cc" } else { "no cc" }))
                .cure("install a C compiler: 'apt-get install build-essential' (Debian, Ubuntu), 'dnf install gcc' (Fedora), 'xcode-select --install' (macOS)"),
            found("programs", machine.built, Fit::Warning, Some(if machine.built { "built" } else { "not built" }))
                .cure("build them before a class: './scripts/compare.sh l09' takes several minutes the first time"),
            measured("disk", disk_gb, |free| free >= disk_min, gb)
                .cure(&format!("free {disk_min} GB in this folder")),
            measured("memory", memory_gb, |free| free >= MEMORY_MIN_GB, gb)
                .cure("close other programs: the linker needs a gigabyte"),
            measured("cores", Some(cores as f64), |cores| cores >= 2.0, |n| format!("{n}"))
                .cure("measure with `--quick`, and build with time to spare"),
            measured("open files", files.map(|n| n as f64), |n| n >= FILES_MIN as f64, |n| format!("up to {n}"))
                .cure(&format!("run 'ulimit -n {FILES_MIN}' in this terminal")),
            measured("other load", load, |load| load <= LOAD_MAX, |load| format!("{load:.1} programs per core"))
                .cure("wait, or end what is busy: under load, rounds are sent again and verdicts take longer"),
            found("network", machine.loopback, Fit::Unfit, Some(if machine.loopback { "127.0.0.1 works" } else { "no 127.0.0.1" }))
                .cure("bring the loopback interface up: 'ip link set lo up'"),
            found("port", machine.port_free, Fit::Warning, Some(if machine.port_free { "8080 is free" } else { "8080 is in use" }))
                .cure("pass another port to `leaklab serve`; comparisons take free ones by themselves"),
        ];
        all.extend(machine.missing.iter().map(|(program, purpose)| Self {
            what: "program",
            fit: Fit::Warning,
            found: format!("no {program}"),
            cure: Some(format!("install it for {purpose}; nothing else needs it")),
        }));
        all
    }

    /// What to do, unless it is as it should be.
    fn cure(self, cure: &str) -> Self {
        let cure = (self.fit != Fit::Ok).then(|| cure.to_owned());
        Self { cure, ..self }
    }
}

/// A finding that is as it should be, or else counts like this.
fn found(
    what: &'static str,
    ok: bool,
    otherwise: Fit,
    found: Option<&str>,
) -> Finding {
    let fit = if ok { Fit::Ok } else { otherwise };
    let found = found.unwrap_or("none found").to_owned();
    Finding { what, fit, found, cure: None }
}

/// A figure that should be large or small enough. Systems that do not say are not judged.
fn measured(
    what: &'static str,
    figure: Option<f64>,
    ok: impl Fn(f64) -> bool,
    text: impl Fn(f64) -> String,
) -> Finding {
    let unfit = if what == "disk" { Fit::Unfit } else { Fit::Warning };
    match figure {
        Some(figure) => found(what, ok(figure), unfit, Some(&text(figure))),
        None => found(what, true, unfit, Some("not known on this system")),
    }
}

/// Whether `rustc --version` names a version that will do: `rustc 1.96.0 (…)`.
fn is_recent(version: &str) -> bool {
    let number = version.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= RUST_MIN
}

/// Whether the machine will do.
pub fn is_fit(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.fit != Fit::Unfit)
}

/// The findings as text, in lines of this width.
pub fn text(findings: &[Finding], width: usize) -> String {
    let mut text = String::new();
    for Finding { what, fit, found, cure } in findings {
        let mark = match fit {
            Fit::Ok => "ok",
            Fit::Warning => "warning",
            Fit::Unfit => "UNFIT",
        };
        let _ = writeln!(text, "{mark:<8} {what:<11} {found}");
        let options = textwrap::Options::new(width)
            .initial_indent("                     ")
            .subsequent_indent("                     ");
        if let Some(cure) = cure {
            let _ = writeln!(text, "{}", textwrap::fill(cure, options.clone()));
        }
    }
    let warnings = findings.iter().filter(|f| f.fit == Fit::Warning).count();
    text += match (is_fit(findings), warnings) {
        (true, 0) => "\nThis machine is fit.\n",
        (true, _) => {
            "\nThis machine is fit; the warnings say what is slower or missing.\n"
        }
        (false, _) => {
            "\nThis machine is not fit: do what the lines with UNFIT say.\n"
        }
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            rust: Some("rustc 1.95.0 (abc 2026-01-01)".to_owned()),
            cc: true,
            built: true,
            disk_gb: Some(20.0),
            memory_gb: Some(8.0),
            cores: 4,
            files: Some(1_048_576),
            load: Some(0.1),
            loopback: true,
            port_free: true,
            missing: Vec::new(),
        }
    }

    #[test]
    fn each_fault_is_named_with_its_cure() {
        let findings = Finding::of(&machine());
        assert!(findings.iter().all(|f| f.fit == Fit::Ok && f.cure.is_none()));
        assert!(text(&findings, 80).ends_with("This machine is fit.\n"));
        let old = Some("rustc 1.80.1 (abc)".to_owned());
        let cases = [
            (Machine { rust: old, ..machine() }, Fit::Unfit, "rustup"),
            (Machine { rust: None, ..machine() }, Fit::Unfit, "rustup"),
            (Machine { cc: false, ..machine() }, Fit::Unfit, "build-essential"),
            (Machine { built: false, ..machine() }, Fit::Warning, "compare.sh"),
            (Machine { disk_gb: Some(0.2), ..machine() }, Fit::Unfit, "free 1 GB"),
            (Machine { memory_gb: Some(1.0), ..machine() }, Fit::Warning, "linker"),
            (Machine { cores: 1, ..machine() }, Fit::Warning, "--quick"),
            (Machine { files: Some(256), ..machine() }, Fit::Warning, "ulimit"),
            (Machine { load: Some(3.0), ..machine() }, Fit::Warning, "wait"),
            (Machine { loopback: false, ..machine() }, Fit::Unfit, "ip link"),
            (
                Machine { port_free: false, ..machine() },
                Fit::Warning,
                "another port",
            ),
            (
                Machine {
                    missing: vec![("jq", "`scripts/repeat.sh`")],
                    ..machine()
                },
                Fit::Warning,
                "no jq",
            ),
        ];
        for (machine, fit, word) in cases {
            let findings = Finding::of(&machine);
            let shown = text(&findings, 80);
            let faults: Vec<_> =
                findings.iter().filter(|f| f.fit != Fit::Ok).collect();
            assert!(faults.len() == 1 && faults[0].fit == fit, "{shown}");
            assert!(shown.contains(word), "{shown}");
            assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        }
    }

    #[test]
    fn this_machine_built_this_test_so_it_has_a_compiler() {
        let machine = examine(std::path::Path::new("."), false);
        assert!(machine.rust.as_deref().is_some_and(is_recent), "{machine:?}");
        assert!(machine.cc && machine.loopback && machine.cores > 0, "{machine:?}");
        assert!(machine.disk_gb.is_some_and(|free| free > 0.0), "{machine:?}");
    }
}
