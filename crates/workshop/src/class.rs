//! A class: its teams, each with a mystery and a code, and the files of the trainer.

use crate::mystery::{Level, Mystery};
use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use report::whole_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The trainer's file, with which results are checked.
const KEY: &str = "key.json";

/// A class of teams.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// How hard the mysteries are.
    pub level: Level,
    /// The teams.
    pub teams: Vec<Team>,
}

/// A team.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its number, from 1.
    pub team: u32,
    /// The seed of its mystery.
    pub seed: u64,
    /// What it signs its results with. On its sheet, and nowhere else.
    pub code: String,
}

impl Class {
    /// A class whose mysteries are drawn from a seed. The codes are not, because a team that
    /// knows the seed could sign for another team.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(teams: u32, seed: u64, level: Level) -> Result<Self> {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut seeds = BTreeSet::new();
        while seeds.len() < teams as usize {
            seeds.insert(rng.random_range(100_000..1_000_000));
        }
        let teams = seeds.into_iter().zip(1..);
        let teams = teams.map(|(seed, team)| Ok(Team { team, seed, code: code()? }));
        Ok(Self { level, teams: teams.collect::<Result<_>>()? })
    }

    /// Writes the sheets, the keys for the trainer, and a folder for results.
    ///
    /// # Errors
    /// There is a class already, or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let key = folder.join(KEY);
        ensure!(
            !key.exists(),
            "{} is there: its sheets would no longer fit; name another folder",
            key.display()
        );
        let mut solutions = "# Key, for the trainer only\n".to_owned();
        for team in &self.teams {
            let file = folder.join(format!("sheets/team-{:02}.html", team.team));
            whole_file::write(&file, team.sheet(self.level).as_bytes())?;
            solutions += &team.solution(self.level);
        }
        whole_file::write(&folder.join("key.md"), solutions.as_bytes())?;
        let results = folder.join("results");
        fs::create_dir_all(&results)
            .with_context(|| format!("cannot make {}", results.display()))?;
        let json = serde_json::to_string_pretty(self).context("a class is JSON")?;
        // The last one: with it, the class is there.
        whole_file::write(&key, (json + "\n").as_bytes())
    }

    /// The class in a folder.
    ///
    /// # Errors
    /// There is none.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(KEY);
        let text = fs::read_to_string(&path).with_context(|| {
            let folder = folder.display();
            format!("no class in {folder}; make one with `leaklab class new`")
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is no class's key", path.display()))
    }
}

impl Team {
    /// What it is to print: commands with its numbers, and room for notes.
    fn sheet(&self, level: Level) -> String {
        let Self { team, seed, code } = self;
        let (seed, level_name) = (seed.to_string(), level.as_str());
        let folder = format!("target/leaklab/mystery/{seed}-{level_name}");
        let mystery = Mystery::new(self.seed, level);
        let row = |name| format!("<tr><td>{name}<td><td><td></tr>\n");
        let routes: String = mystery.names().map(row).collect();
        let mut sheet = include_str!("sheet.html").to_owned();
        for (name, value) in [
            ("team", &*team.to_string()),
            ("code", code),
            ("seed", &seed),
            ("level", level_name),
            ("folder", &folder),
            ("routes", &routes),
        ] {
            sheet = sheet.replace(&format!("{{{{{name}}}}}"), value);
        }
        sheet
    }

    /// What is right about its mystery, as Markdown.
    fn solution(&self, level: Level) -> String {
        let Self { team, seed, code } = self;
        let mut text = format!("\n## Team {team}: seed {seed}, code {code}\n\n");
        for route in Mystery::new(*seed, level).routes {
            let place =
                if route.leaks { route.place() + "." } else { String::new() };
            let (name, id) = (route.job.name(), route.job.lesson.id);
            text += format!("- {name} ({id}): {} {place}", route.truth()).trim_end();
            text += "\n";
        }
        text
    }
}

/// Eight characters that are hard to confuse when they are typed from paper: 40 bits.
fn code() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("the system has no random numbers")?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let text: String = bytes.iter().map(letter).collect();
    Ok(format!("{}-{}", &text[..4], &text[4..]))
}
