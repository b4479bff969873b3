//! Which program serves a lesson, with which settings, and what is expected of it.

use lessons::{FailedFix, Lesson};
use measure::{Scenario, Verdict};

/// A service to be measured: a twin or a failed fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// `leaky`, `fixed` or the name of a failed fix.
    pub name: &'static str,
    /// The program, beside this one.
    pub program: &'static str,
    /// Settings that replace those of the lesson.
    settings: &'static [&'static str],
    /// Bytes that each request leaves behind, for a leak of a known size.
    planted_bytes: Option<u64>,
    /// Whether it is expected to grow as `leaky` does.
    grows: bool,
}

impl Service {
    /// The twin with this name.
    pub fn twin(name: &'static str) -> Self {
        let grows = name != "fixed";
        Self { name, program: name, settings: &[], planted_bytes: None, grows }
    }

    /// The twin that leaks, when it is expected not to any more.
    pub fn repaired() -> Self {
        Self { grows: false, ..Self::twin("leaky") }
    }

    /// A failed fix of a lesson.
    pub fn failed_fix(fix: &'static FailedFix) -> Self {
        let FailedFix { name, program, settings, bounded_here, .. } = *fix;
        Self { name, program, settings, planted_bytes: None, grows: !bounded_here }
    }

    /// A leak of a known size.
    pub fn planted(bytes: u64) -> Self {
        Self {
            name: "planted-leak",
            program: "decoys",
            settings: &[],
            planted_bytes: Some(bytes),
            grows: true,
        }
    }

    /// Whether it is one of the twins.
    pub fn is_twin(&self) -> bool {
        self.name == self.program
    }

    /// Environment variables beside those of this process.
    pub fn environment(&self) -> Vec<(String, String)> {
        let planted = |bytes: u64| ("LEAK_BYTES".to_owned(), bytes.to_string());
        self.planted_bytes.map(planted).into_iter().collect()
    }

    /// Command-line settings. A program takes each setting once.
    pub fn settings(&self, lesson: &Lesson) -> Vec<&'static str> {
        let name = |setting: &'static str| setting.split('=').next();
        let replaced = |setting: &&'static str| {
            self.settings.iter().any(|own| name(own) == name(setting))
        };
        let common = lesson.settings.iter().copied().filter(|s| !replaced(s));
        common.chain(self.settings.iter().copied()).collect()
    }

    /// The scenario of a lesson, with what is expected of this service.
    pub fn scenario(&self, lesson: &Lesson, scenario: &Scenario) -> Scenario {
        let expected = match self.planted_bytes {
            Some(_) => Verdict::Leaks,
            None if self.grows => lesson.expected_leak(),
            None => lesson.expected_fixed(),
        };
        Scenario { expected, ..scenario.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_a_failed_fix_replaces_that_of_the_lesson() {
        let lesson = Lesson { settings: &["--a=1", "--b=2"], ..lessons::LESSONS[0] };
        let service = Service { settings: &["--b=3"], ..Service::twin("fixed") };
        assert_eq!(service.settings(&lesson), ["--a=1", "--b=3"]);
    }
}
