//! A run as a file: a page that opens alone, with the figures inside, from which the run
//! can be replayed.

use crate::page;
use crate::run::{About, Live};
use crate::ticks::{EVERY, Ring};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// Version of the figures in the page.
const SCHEMA: u64 = 1;
/// What is before and after the figures in the page.
const BEGIN: &str = "<script type=\"application/json\" id=\"run\">";
const END: &str = "</script>";

/// The figures of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recording {
    schema: u64,
    /// What it was about.
    pub about: About,
    /// What was read.
    pub ring: Ring,
}

impl Recording {
    /// Of a run, up to now.
    pub fn of(live: &Live) -> Self {
        Self { schema: SCHEMA, about: live.about.clone(), ring: live.ring() }
    }

    /// The page.
    ///
    /// # Errors
    /// The figures have no JSON form.
    pub fn page(&self) -> Result<String> {
        let json =
            serde_json::to_string(self).context("the run has no JSON form")?;
        // A name could end the script.
        let json = json.replace('<', "\\u003c");
        let page = page::saved(&self.about, &self.ring);
        Ok(format!("{page}\n{BEGIN}{json}{END}\n"))
    }

    /// From the text of a page.
    ///
    /// # Errors
    /// It is not such a page.
    pub fn read(text: &str) -> Result<Self> {
        let json = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        let (json, _) = json.context("not a page that `leaklab live` has saved")?;
        let run: Self =
            serde_json::from_str(json).context("its figures are damaged")?;
        ensure!(run.schema == SCHEMA, "it is of another version of Leaklab");
        let services = run.about.names.len();
        let whole =
            run.ring.ticks.iter().all(|tick| tick.services.len() == services)
                && run.ring.deaths.iter().all(|death| death.service < services)
                && run.ring.line.iter().all(|line| line.service < services)
                && (1..=2).contains(&services)
                && run.about.limit > 0;
        ensure!(whole, "its figures are damaged");
        Ok(run)
    }
}

/// Shows a run again, in its own time. Ends never: the page stays.
pub async fn replay(live: &Live, ring: Ring) {
    let mut deaths = ring.deaths.into_iter().peekable();
    let mut line = ring.line;
    let mut before = 0.0;
    for tick in ring.ticks {
        let pause = (tick.at - before).clamp(0.0, 4.0 * EVERY.as_secs_f64());
        tokio::time::sleep(std::time::Duration::from_secs_f64(pause)).await;
        before = tick.at;
        while let Some(death) = deaths.next_if(|death| death.at <= tick.at) {
            live.record(death);
        }
        if let Some(line) = line.take_if(|line| line.at <= tick.at) {
            live.found(Ok(line));
        }
        live.push(tick);
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticks::{Sample, Tick};

    #[test]
    fn a_saved_page_is_read_again_and_other_files_are_refused() {
        let title = "a </script>";
        let about = About {
            title: title.to_owned(),
            names: vec!["<i>".to_owned()],
            limit: 64 << 20,
            ..About::default()
        };
        let live = Live::new(about);
        live.push(Tick { services: vec![Sample::default()], ..Tick::default() });
        let page = Recording::of(&live).page().unwrap();
        assert!(!page.contains(title) && !page.contains("<i>"));
        let read = Recording::read(&page).unwrap();
        assert_eq!((&*read.about.title, read.ring.ticks.len()), (title, 1));
        let refused = |text: &str| Recording::read(text).unwrap_err().to_string();
        assert!(refused("<html>").contains("not a page"));
        assert!(refused(&format!("{BEGIN}{{}}{END}")).contains("damaged"));
        assert!(refused(&page.replace("67108864", "0")).contains("damaged"));
    }
}
