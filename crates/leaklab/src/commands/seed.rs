//! `leaklab seed`: a table with data, for twins that somebody else runs.

use crate::cli::Seed;
use crate::failure::Failure;
use anstream::println;
use anyhow::{Context, Result};
use dynamo::{Connection, Table, Target};
use std::process::ExitCode;
use workload::Plan;

/// Sessions that are put in, for trying by hand.
const SESSIONS: u64 = 100;

/// Makes the table where it is missing and writes the data.
///
/// # Errors
/// No DynamoDB, or not with these credentials, or another table of this name.
pub async fn run(arguments: &Seed) -> Result<ExitCode, Failure> {
    let target = Target::External { url: arguments.endpoint_url.clone() };
    let connection = Connection::open(&target).await;
    let table = Table::open(&connection, &arguments.table)
        .await
        .map_err(anyhow::Error::from)?;
    fill(&table, arguments.seed).await?;
    println!("table {} at {} has its data", table.name(), target.url());
    Ok(ExitCode::SUCCESS)
}

/// Orders of one tenant, one order of many tenants, and sessions.
pub(super) async fn fill(table: &Table, seed: u64) -> Result<()> {
    for lesson in ["l02_tenant_clients", "l04_background_jobs", "l11_session_cache"]
    {
        let plan =
            Plan { lesson, seed, requests: SESSIONS, warm_up: SESSIONS, size: 0 };
        let items = plan.base_data().chain(plan.round_data(0..1));
        table.put(items).await.context("cannot fill the table")?;
    }
    Ok(())
}
