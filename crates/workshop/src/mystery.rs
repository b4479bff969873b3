//! A service that a seed draws: which jobs it has, which of them leak, and its files.

use crate::jobs::{Job, SESSIONS, SIZES};
use clap::ValueEnum;
use lessons::{Plan, sources};
use model::table::{Item, to_item};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Seed of the data of every mystery.
pub const DATA_SEED: u64 = 7;

/// What a hard mystery's requests may ask for: nothing else tells which ids exist.
const DATA: &str = "\
# The shop has the orders ord-00000000 to ord-00000199. Where there are sessions, they
# are tok-1 to tok-30000. Of tenants with more orders there are size-100, size-300 and
# size-900, named for the number of their orders.
";

/// How hard it is to find the leaks.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Six routes, large leaks
    Easy,
    /// Twelve routes, leaks of all kinds
    #[default]
    Medium,
    /// As medium, but the requests repeat their values: you find out what must differ
    Hard,
}

impl Level {
    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        }
    }

    /// How many routes there are, how many leak, and how many are controls.
    fn numbers(self) -> (usize, RangeInclusive<usize>, RangeInclusive<usize>) {
        match self {
            Self::Easy => (6, 2..=3, 1..=2),
            Self::Medium | Self::Hard => (12, 4..=7, 1..=3),
        }
    }
}

/// A service to be investigated.
#[derive(Debug)]
pub struct Mystery {
    /// What it is drawn from.
    pub seed: u64,
    /// How hard it is.
    pub level: Level,
    pub(crate) routes: Vec<Route>,
}

/// A route of the service.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) job: Job,
    pub(crate) leaks: bool,
    /// Its source file.
    pub(crate) file: String,
}

impl Mystery {
    /// The service of a seed: always the same one.
    pub fn new(seed: u64, level: Level) -> Self {
        let mut rng = Pcg64Mcg::seed_from_u64(seed ^ (level as u64) << 56);
        let (all, leaks, controls) = level.numbers();
        let (leaks, controls) =
            (rng.random_range(leaks), rng.random_range(controls));
        let jobs = Job::all();
        let jobs = jobs.filter(|job| level != Level::Easy || job.blind.easy);
        let (mut believed, mut jobs): (Vec<_>, Vec<_>) =
            jobs.partition(|job: &Job| job.is_control());
        believed.shuffle(&mut rng);
        jobs.shuffle(&mut rng);
        jobs.truncate(all - controls);
        jobs.extend(believed.into_iter().take(controls));
        // The first ones leak.
        let mut jobs: Vec<_> = jobs.into_iter().enumerate().collect();
        jobs.shuffle(&mut rng);
        jobs.sort_by_key(|(_, job)| job.blind.rank);
        let routes = jobs.into_iter().zip(1..).map(|((drawn, job), n)| Route {
            job,
            leaks: drawn < leaks,
            file: format!("job_{n:02}.rs"),
        });
        Self { seed, level, routes: routes.collect() }
    }

    /// Names of the routes, in the order of the requests.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.routes.iter().map(|route| route.job.name())
    }

    /// The source files of its jobs, by name. They have numbers in place of names, and no
    /// comment that only one of the twins has.
    pub fn files(&self) -> impl Iterator<Item = (&str, String)> {
        self.routes.iter().map(|route| (&*route.file, route.source()))
    }

    /// The requests as a `.http` file.
    pub fn requests(&self, host: &str) -> String {
        let requests = self.routes.iter().map(|route| match self.level {
            Level::Hard => polite(&route.job.blind.request),
            _ => route.job.blind.request.clone(),
        });
        let requests = requests.collect::<Vec<_>>().join("\n");
        let data = if self.level == Level::Hard { DATA } else { "" };
        format!("{data}@host = {host}\n\n{requests}")
    }

    /// A file for the answers, to be filled in.
    pub fn form(&self) -> String {
        let (seed, level) = (self.seed, self.level.as_str());
        let routes = self.names().map(|name| {
            format!(
                "[{name}]\n# leaks = true\n# grows_with = \"\"\n# line = \"\"\n\n"
            )
        });
        format!(
            "# What leaks in this service? Grade your answers with\n\
             #   leaklab mystery grade --seed {seed} --level {level} answers.toml\n\
             # Say leaks = true or leaks = false of each route. If it leaks, say what it\n\
             # grows with, such as \"requests\" or \"size\", and the line: \"job_01.rs:17\".\n\
             \n{}",
            routes.collect::<String>()
        )
    }

    /// What is in the table before the first request, beside the shop's orders.
    pub fn data(&self) -> impl Iterator<Item = Item> + Send + use<> {
        let of = |name| self.routes.iter().find(|route| route.job.name() == name);
        let export = of("export").map(|route| route.job.lesson);
        let sized = export.into_iter().flat_map(|export| {
            let plan = Plan::new(export, DATA_SEED, 1);
            SIZES.into_iter().flat_map(move |size| plan.sized(size).data())
        });
        let number = if of("session").is_some() { SESSIONS } else { 0 };
        let sessions = (1..=number).filter_map(|n| {
            let token = format!("tok-{n}").parse().ok()?;
            to_item(&model::seed::session(DATA_SEED, &token)).ok()
        });
        sized.chain(sessions)
    }
}

impl Route {
    fn source(&self) -> String {
        let of_twin =
            sources::of(self.job.lesson.id).map(|twins| twins.blind(self.leaks));
        let control = || sources::control(self.job.lesson.id).map(str::to_owned);
        of_twin.or_else(control).unwrap_or_default()
    }

    /// The lines of its file that are right answers, from 1.
    pub(crate) fn lines(&self) -> Vec<usize> {
        let source = self.source();
        let parts = &self.job.blind.lines;
        let has = |line: &str| parts.iter().any(|part| line.contains(part));
        let numbered = source.lines().zip(1..);
        numbered.filter(|(line, _)| has(line)).map(|(_, number)| number).collect()
    }
}

/// A request that sends the same values each time, from a client that waits.
fn polite(request: &str) -> String {
    let special =
        |line: &&str| ["# @client", "# @sizes"].iter().any(|s| line.starts_with(s));
    let lines = request.lines().filter(|line| !special(line));
    let mut text = lines.map(|line| line.to_owned() + "\n").collect::<String>();
    for (placeholder, value) in [
        ("{{$random.integer(10,99)}}", "17"),
        ("{{$random.integer(10000,60000)}}", "30000"),
        ("{{$uuid}}", "6f1c9a52-0d4e-4f0b-a6b1-2f1d3c5e7a90"),
        ("{{n}}", "17"),
        ("{{size}}", "100"),
    ] {
        text = text.replace(placeholder, value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use lessons::LESSONS;
    use std::path::Path;
    use workload::HttpFile;

    #[test]
    fn a_seed_draws_one_service_whose_files_name_no_lesson_and_no_twin() {
        for (level, seed) in Level::value_variants().iter().zip([0, 100, 200]) {
            for seed in seed..seed + 40 {
                let mystery = Mystery::new(seed, *level);
                let again = Mystery::new(seed, *level);
                assert_eq!(format!("{mystery:?}"), format!("{again:?}"));
                let leaks =
                    mystery.routes.iter().filter(|route| route.leaks).count();
                let controls = mystery.routes.iter().filter(|r| r.job.is_control());
                let all = level.numbers().0;
                assert!(leaks >= 2 && leaks + controls.count() < all, "{seed}");

                let requests = mystery.requests("http://127.0.0.1:80");
                let file = HttpFile::parse(&requests, Path::new("")).unwrap();
                let names: Vec<_> = file.requests.iter().map(|r| &*r.name).collect();
                assert_eq!(names, mystery.names().collect::<Vec<_>>());
                assert_eq!(names.len(), all);
                let varies = requests.contains("{{n}}") || requests.contains("{{$");
                assert_eq!(varies, *level != Level::Hard);

                let files =
                    mystery.files().map(|(name, text)| name.to_owned() + &text);
                let files: String =
                    files.chain([requests, mystery.form()]).collect();
                let ids = LESSONS.iter().map(|lesson| lesson.id);
                for word in ids.chain(["LEAK", "FIX", "leaky", "fixed", "dead_code"])
                {
                    assert!(!files.contains(word), "seed {seed}: {word}");
                }
            }
        }
    }

    #[test]
    fn every_job_has_the_method_of_its_lesson_and_every_leak_its_lines() {
        for job in Job::all() {
            let (route, id) =
                (Route { job, leaks: true, file: String::new() }, job.lesson.id);
            for part in &job.blind.lines {
                assert!(route.source().contains(part), "{id}: {part}");
            }
            assert_eq!(route.lines().is_empty(), job.is_control(), "{id}");
            assert_eq!(job.blind.grows_with.is_empty(), job.is_control(), "{id}");
            let method = job.lesson.route.split(' ').next().unwrap();
            assert!(job.blind.request.contains(&format!("{method} {{{{host}}}}")));
        }
    }
}
