//! A line on the terminal that says what is under way and how long it will take; in a
//! pipe, nothing.

use indicatif::{ProgressBar, ProgressStyle};

/// Progress of a run.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Progress towards this many steps, on stderr if that is a terminal.
    pub fn new(steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        let template = "{bar:20} {percent:>3} %  {eta:>4} left  {wide_msg}";
        let style =
            ProgressStyle::with_template(template).expect("the template is valid");
        bar.set_style(style);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self { bar }
    }

    /// One step begins, so the one before it is done.
    pub fn step(&self, lesson: &str, twin: &str, what: &str) {
        self.bar.set_message(format!("{lesson}, {twin}: {what}"));
        self.bar.inc(1);
    }

    /// Takes the line away.
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
