//! `leaklab seed`: a table with data, for twins that this program does not start.

use crate::cli::Seed;
use crate::failure::Failure;
use crate::output::print;
use anyhow::{Context, Result};
use dynamo::{Connection, Table, Target};
use lessons::{Kind, LESSONS, Plan};
use std::process::ExitCode;

/// Tenants, sessions and parcels of each lesson that are put into the table.
const COUNT: usize = 100;

/// Makes the table where it is missing and writes the data.
pub async fn run(arguments: &Seed) -> Result<ExitCode, Failure> {
    let target = Target::External { url: arguments.endpoint_url.clone() };
    let connection = Connection::open(&target).await;
    let table = Table::open_named(&connection, &arguments.table)
        .await
        .map_err(anyhow::Error::from)?;
    fill(&table, arguments.seed).await?;
    print(&format!("table {} at {} has its data\n", table.name(), target.url()))?;
    Ok(ExitCode::SUCCESS)
}

/// Puts orders of one tenant into a table, and what lessons on many tenants, sessions
/// and parcels read.
///
/// # Errors
/// The table does not take them.
pub async fn fill(table: &Table, seed: u64) -> Result<()> {
    let plans =
        || LESSONS.iter().map(|lesson| Plan::new(lesson, seed, COUNT as u64));
    let orders = plans().find(|plan| plan.lesson.kind == Kind::Control);
    let orders = orders.into_iter().flat_map(|plan| plan.data());
    table.put(orders).await.context("cannot fill the table")?;
    for plan in plans().filter(|plan| plan.lesson.distinct.is_some()) {
        // A round of a lesson can have more requests, and so more items.
        let items = plan.round_data(0..1).take(COUNT);
        table.put(items).await.context("cannot fill the table")?;
    }
    Ok(())
}
