//! Which program a lesson is measured on, and its settings: a twin, or a variant.

use model::{Lesson, Variant};

/// A service to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// `leaky`, `fixed` or the name of a variant.
    pub name: &'static str,
    /// The program, beside this one.
    pub program: &'static str,
    /// Settings that win over those of the lesson.
    own_settings: &'static [&'static str],
    /// Bytes that each request is told to leave behind.
    pub planted_bytes: Option<u64>,
    /// Whether it is expected to rest as `fixed` does.
    pub is_to_rest: bool,
}

impl Subject {
    /// The twin of this name.
    pub fn twin(name: &'static str) -> Self {
        Self {
            name,
            program: name,
            own_settings: &[],
            planted_bytes: None,
            is_to_rest: name == "fixed",
        }
    }

    /// A variant of a lesson.
    pub fn variant(variant: &'static Variant) -> Self {
        let Variant { name, program, settings, holds_here, .. } = *variant;
        Self {
            name,
            program,
            own_settings: settings,
            planted_bytes: None,
            is_to_rest: holds_here,
        }
    }

    /// A leak of a known size.
    pub fn planted(bytes: u64) -> Self {
        Self {
            name: "planted-leak",
            program: "decoys",
            own_settings: &[],
            planted_bytes: Some(bytes),
            is_to_rest: false,
        }
    }

    /// What its process finds in its environment, beside what this one has.
    pub fn environment(&self) -> Vec<(String, String)> {
        let planted = |bytes: u64| ("LEAK_BYTES".to_owned(), bytes.to_string());
        self.planted_bytes.map(planted).into_iter().collect()
    }

    /// All settings: a program takes each of them once.
    pub fn settings(&self, lesson: &Lesson) -> Vec<&'static str> {
        let name = |setting: &'static str| setting.split('=').next();
        let overruled = |setting: &&'static str| {
            self.own_settings.iter().any(|own| name(own) == name(setting))
        };
        let common = lesson.settings.iter().copied().filter(|s| !overruled(s));
        common.chain(self.own_settings.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variants_setting_replaces_the_lessons() {
        let lesson = Lesson { settings: &["--a=1", "--b=2"], ..model::LESSONS[0] };
        let subject = Subject { own_settings: &["--b=3"], ..Subject::twin("fixed") };
        assert_eq!(subject.settings(&lesson), ["--a=1", "--b=3"]);
    }
}
