//! A progress line on the terminal with the current steps and the time left; nothing
//! in a pipe.

use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Progress of a run.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// What each service of each lesson is at.
    at: Mutex<BTreeMap<&'static str, BTreeMap<&'static str, String>>>,
}

impl Progress {
    /// Progress towards this many steps, on stderr if that is a terminal.
    pub fn new(steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        let template = "{percent:>3} % {eta:>3} left  {wide_msg}";
        let style =
            ProgressStyle::with_template(template).expect("the template is valid");
        bar.set_style(style);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self { bar, at: Mutex::default() }
    }

    /// A service's next step begins, so its step before is done.
    pub fn step(&self, lesson: &'static str, service: &'static str, what: &str) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let services = at.entry(lesson).or_default();
        let done = u64::from(services.insert(service, what.to_owned()).is_some());
        let lessons = at.iter().map(|(lesson, services)| {
            let services: Vec<_> = services
                .iter()
                .rev()
                .map(|(name, what)| format!("{name} {what}"))
                .collect();
            format!("{lesson}: {}", services.join(", "))
        });
        self.bar.set_message(lessons.collect::<Vec<_>>().join("; "));
        self.bar.inc(done);
    }

    /// A lesson is done, and with it the last step of each of its services.
    pub fn done(&self, lesson: &'static str) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let services = at.remove(lesson).unwrap_or_default();
        self.bar.inc(services.len() as u64);
    }

    /// Removes the line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // Also when a run fails: the error message needs the line.
        self.finish();
    }
}
