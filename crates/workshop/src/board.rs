//! The page that shows a class: who is where, who is stuck, points.

use crate::answers::Answers;
use crate::class::{Class, Team};
use crate::mystery::Mystery;
use crate::result::{Exercise, TeamResult};
use anyhow::{Context, Result, ensure};
use lessons::{Kind, LESSONS, Lesson, chapters};
use maud::{DOCTYPE, PreEscaped, html};
use report::Refusal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Seconds after which the page loads itself again.
const REFRESH_S: u64 = 10;
/// Checks without success, or hints, after which a team is stuck.
const TRIES: usize = 3;
/// Minutes without a new result after which a team may be stuck.
const QUIET_MINUTES: u64 = 20;
/// A file that is larger is no result.
const BYTES_MAX: u64 = 1 << 20;

const STYLE: &str = ":root{color-scheme:light dark}\
    body{font:1.2em/1.5 system-ui,sans-serif;margin:1em}main{overflow-x:auto}\
    table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em;\
    text-align:left}.stuck{background:light-dark(#ffe2c6,#5a3413)}";

/// A class at a moment.
#[derive(Debug, Serialize)]
pub struct Board {
    /// Every team, in the order of its number.
    pub teams: Vec<Row>,
    /// Files that don't count, and why.
    pub refused: Vec<String>,
}

/// A team on the board.
#[derive(Debug, Serialize)]
pub struct Row {
    team: u32,
    points: u32,
    /// Points of the mystery, and how many there are.
    mystery: (u32, u32),
    /// Exercises that are done.
    done: usize,
    /// The exercises that were begun and are not done, with the last verdict.
    at: Vec<String>,
    /// Why it may need help.
    stuck: Option<String>,
    minutes_ago: Option<u64>,
}

impl Board {
    /// The class by the results in a folder. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn new(class: &Class, results: &Path, now: u64) -> Result<Self> {
        let (mut latest, mut refused) =
            (BTreeMap::<u32, TeamResult>::new(), Vec::new());
        let mut not_counted = BTreeSet::new();
        let context = || format!("cannot read the results in {}", results.display());
        let entries = fs::read_dir(results).with_context(context)?;
        let mut paths: Vec<_> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let result = match read(&path) {
                Err(why) => {
                    refused.push(format!("{name}: {why:#}"));
                    continue;
                }
                Ok(result) => result,
            };
            match checked(class, &result) {
                Err(why) => {
                    refused.push(format!("{name}: {why:#}"));
                    not_counted.insert(result.team);
                }
                Ok(wrong) => {
                    refused.extend(wrong.map(|why| format!("{name}: {why}")));
                    let kept = latest.get(&result.team).map_or(0, |r| r.written_at);
                    if result.written_at >= kept {
                        latest.insert(result.team, result);
                    }
                }
            }
        }
        let row = |team: &Team| {
            let mystery = Mystery::new(team.seed, class.level);
            let result = latest.get(&team.team);
            let mut row = Row::new(&mystery, team, result, now);
            if result.is_none() && not_counted.contains(&team.team) {
                row.stuck = Some("its file doesn't count, see below".to_owned());
            }
            row
        };
        Ok(Self { teams: class.teams.iter().map(row).collect(), refused })
    }

    /// The page.
    pub fn page(&self) -> String {
        let heads =
            ["team", "points", "mystery", "done", "works on", "help?", "handed in"];
        html! {
            (DOCTYPE)
            html lang="en" {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "The class" }
                style { (STYLE) }
                // Unlike a page that refreshes itself, it stays where it was scrolled to.
                script { (PreEscaped("setTimeout(()=>location.reload(),")) (REFRESH_S) "e3)" }
                main tabindex="0" {
                    h1 { "The class" }
                    table {
                        tr { @for head in heads { th scope="col" { (head) } } }
                        @for row in &self.teams {
                            tr.stuck[row.stuck.is_some()] {
                                th scope="row" { (row.team) }
                                td { b { (row.points) } }
                                td { (row.mystery.0) " of " (row.mystery.1) }
                                td { (row.done) }
                                td { (row.at.join(", ")) }
                                td { (row.stuck.as_deref().unwrap_or_default()) }
                                td { @if let Some(m) = row.minutes_ago { (m) " min ago" } }
                            }
                        }
                    }
                    @if !self.refused.is_empty() {
                        h2 { "Files that don't count" }
                        ul { @for why in &self.refused { li { (why) } } }
                    }
                }
            }
        }
        .into_string()
    }
}

/// A result in a file.
fn read(path: &Path) -> Result<TeamResult> {
    let bytes = fs::metadata(path).context("cannot be read")?.len();
    ensure!(bytes <= BYTES_MAX, "it is too large for a result");
    let text = fs::read_to_string(path).context("cannot be read")?;
    serde_json::from_str(&text).context("it is no team's result")
}

/// Why the answers of a result cannot be graded, if a team of the class handed it in.
fn checked(class: &Class, result: &TeamResult) -> Result<Option<Refusal>> {
    let team = class.teams.iter().find(|team| team.team == result.team);
    let team = team.with_context(|| format!("there is no team {}", result.team))?;
    ensure!(
        result.is_whole(&team.code)?,
        "changed after team {} wrote it, or signed with another code",
        team.team
    );
    Ok(Mystery::new(team.seed, class.level).grade(&result.mystery).err())
}

impl Row {
    fn new(
        mystery: &Mystery,
        team: &Team,
        result: Option<&TeamResult>,
        now: u64,
    ) -> Self {
        let answers =
            result.map(|result| result.mystery.clone()).unwrap_or_default();
        // Answers to another mystery count as none.
        let grade =
            mystery.grade(&answers).or_else(|_| mystery.grade(&Answers::new()));
        let mystery = grade.map_or((0, 0), |grade| (grade.points, grade.of));
        let exercises = || {
            let done = result.into_iter().flat_map(|result| &result.lessons);
            done.filter_map(|(id, done)| {
                Some((LESSONS.iter().find(|lesson| lesson.id == id)?, done))
            })
        };
        let begun = |done: &Exercise| done.predicted.is_some() || done.tries() > 0;
        let open = || exercises().filter(|(_, done)| !done.done && begun(done));
        let at = open().map(|(lesson, done)| {
            let verdict = done.last.map(|last| format!(" ({})", last.as_str()));
            let short = lesson.number();
            short.to_owned() + &verdict.unwrap_or_default()
        });
        let minutes_ago = result.map(|r| now.saturating_sub(r.written_at) / 60);
        let hard = open().find(|(_, done)| done.tries() >= TRIES);
        let hard = hard.map(|(lesson, done)| {
            format!("{}: {} checks, {} hints", lesson.id, done.attempts, done.hints)
        });
        let quiet = minutes_ago.filter(|minutes| *minutes >= QUIET_MINUTES);
        let points: u32 =
            exercises().map(|(lesson, done)| done.points(lesson)).sum();
        Self {
            team: team.team,
            points: points + mystery.0,
            mystery,
            done: exercises().filter(|(_, done)| done.done).count(),
            at: at.collect(),
            stuck: hard.or(quiet.map(|_| "nothing new for a while".to_owned())),
            minutes_ago,
        }
    }
}

impl Exercise {
    fn tries(&self) -> usize {
        self.attempts.max(self.hints)
    }

    /// Three for a repair, one less if the solution was shown; one for a right prediction.
    fn points(&self, lesson: &Lesson) -> u32 {
        let chapter = chapters::chapter(lesson.id);
        let asked = chapter.and_then(|chapter| chapter.front.prediction.as_ref());
        let right = asked.is_some_and(|asked| self.predicted == Some(asked.right));
        let repaired = self.done && lesson.kind == Kind::Lesson;
        let repair = if self.solution { 2 } else { 3 };
        u32::from(right) + if repaired { repair } else { 0 }
    }
}
