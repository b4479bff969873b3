//! When a service is at rest: nothing that it holds changes any more.

use anyhow::Result;
use heap::Reading;
use std::time::{Duration, Instant};

/// Time between two readings while a service comes to rest. What a service does after a
/// response (a background write, closing a connection) takes a few milliseconds.
const READ_EVERY: Duration = Duration::from_millis(8);
/// A service is at rest when this many consecutive readings are the same: 32 ms, several
/// times what it does after a response.
const SAME_READINGS: u32 = 4;
/// The same while requests are in flight. They may be held forever, which is a finding,
/// or wait for a database, which takes several times as long.
const SAME_READINGS_IN_FLIGHT: u32 = 13;
/// A reading that takes longer says nothing about the time before it.
const STOOD_STILL: Duration = Duration::from_millis(500);
/// A service that is not at rest after as many readings, three seconds on an idle
/// machine, is read as it is; the difference shows as noise. Readings are counted instead
/// of time, which also passes while a process stands still.
const READINGS_MAX: u32 = 375;

/// Waits until the counters do not change any more; the last of them.
pub async fn reached(
    mut read: impl AsyncFnMut() -> Result<Reading>,
) -> Result<Reading> {
    let (mut last, mut same) = (None, 0);
    for readings in 1.. {
        let asked = Instant::now();
        let reading = read().await?;
        let now = Some((reading.live_bytes, reading.in_flight));
        // While one of the processes stood still, nothing could change.
        let stood_still = asked.elapsed() >= STOOD_STILL;
        same = if last == now && !stood_still { same + 1 } else { 0 };
        last = now;
        let held = reading.in_flight > 0;
        let enough = if held { SAME_READINGS_IN_FLIGHT } else { SAME_READINGS };
        if same >= enough || readings >= READINGS_MAX {
            return Ok(reading);
        }
        tokio::time::sleep(READ_EVERY).await;
    }
    unreachable!("the last reading ends the loop")
}
