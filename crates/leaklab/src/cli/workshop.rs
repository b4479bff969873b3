//! Arguments of the commands for a workshop: `mystery` and `class`.

use crate::cli::Format;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use workshop::Level;

/// Arguments of `mystery`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/mystery.txt").trim_ascii_end())]
pub struct Mystery {
    /// Grade answers instead.
    #[command(subcommand)]
    pub step: Option<MysteryStep>,
    /// What the service is drawn from
    #[arg(long, global = true, default_value_t = 42)]
    pub seed: u64,
    /// How hard it is
    #[arg(long, global = true, value_enum, default_value_t)]
    pub level: Level,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder for the service's sources, requests, OpenAPI document and form; by default
    /// below target/leaklab/mystery in the repository
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What can be done with a mystery beside starting it.
#[derive(Debug, Subcommand)]
pub enum MysteryStep {
    /// Give points and reasons for each answer
    Grade {
        /// The form, filled in; or JSON of the same shape; or measure.json
        answers: PathBuf,
        /// What to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

/// Arguments of `class`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/class.txt").trim_ascii_end())]
pub struct Class {
    /// What to do.
    #[command(subcommand)]
    pub step: ClassStep,
}

/// What a trainer does with a class.
#[derive(Debug, Subcommand)]
pub enum ClassStep {
    /// Make a sheet for each team, with a mystery of its own, and the trainer's key
    New {
        /// Teams
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=200))]
        teams: u32,
        /// What the mysteries are drawn from
        #[arg(long, default_value_t = 42)]
        seed: u64,
        /// How hard the mysteries are
        #[arg(long, value_enum, default_value_t)]
        level: Level,
        /// Folder to make
        dir: PathBuf,
    },
    /// Write a page with everybody's results, again and again until Ctrl-C
    Board {
        /// Folder of the class
        dir: PathBuf,
        /// Folder with the results; by default results in the folder of the class
        #[arg(long, value_name = "DIR")]
        results: Option<PathBuf>,
        /// Write it once, and print it as JSON; exit code 1 if a result doesn't count
        #[arg(long)]
        once: bool,
    },
}
