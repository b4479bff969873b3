//! Arguments of `learn` and `doctor`.

use crate::cli::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Arguments of `learn`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/learn.txt").trim_ascii_end())]
pub struct Learn {
    /// What to do; by default the exercises are listed.
    #[command(subcommand)]
    pub step: Option<LearnStep>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub format: Format,
}

/// A step of an exercise.
#[derive(Debug, Subcommand)]
pub enum LearnStep {
    /// Put an exercise into crates/leaky; tell the symptom, ask a question
    Start {
        /// Lesson or control, by id or prefix
        lesson: String,
        /// Your prediction, by the number of the choice
        #[arg(long, value_name = "N")]
        predict: Option<usize>,
    },
    /// Build leaky, measure the lesson, and judge the repair
    Check {
        /// Lesson, by id or prefix
        lesson: String,
        /// Rounds ten times as long, up to two minutes, for what leaks slowly
        #[arg(long)]
        long: bool,
    },
    /// The same after each save, until the lesson is repaired
    Watch {
        /// Lesson, by id or prefix
        lesson: String,
    },
    /// Show the next of three hints
    Hint {
        /// Lesson, by id or prefix
        lesson: String,
    },
    /// Show the repair in `fixed`, and why it works
    Solution {
        /// Lesson, by id or prefix
        lesson: String,
        /// Show it without an attempt
        #[arg(long)]
        give_up: bool,
    },
    /// Write your team's result into the folder of a class
    Export {
        /// Your team's number, from its sheet
        #[arg(long)]
        team: u32,
        /// Your team's code, from its sheet; it signs the result
        #[arg(long)]
        code: String,
        /// Your answers to the team's mystery, as `mystery grade` takes them
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
        /// The folder that your trainer names
        folder: PathBuf,
    },
    /// Restore the original file, even if it was deleted or renamed
    Reset {
        /// Lesson, by id or prefix
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        lesson: Option<String>,
        /// Every lesson
        #[arg(long)]
        all: bool,
    },
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/doctor.txt").trim_ascii_end())]
pub struct Doctor {
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
