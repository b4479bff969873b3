//! A service in a run: started, read, killed at the limit, started again on request.

use crate::run::Live;
use crate::ticks::{EVERY, Line, State};
use crate::window::Window;
use anyhow::{Result, bail};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, OptionFuture};
use heap::Reading;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use workload::{Origin, Steady};

/// Time between two looks at resident memory, which decide whether it is killed.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Looks between two readings of the heap, and between two full ones.
const HEAP_EVERY: u64 = EVERY.as_millis() as u64 / LOOK_EVERY.as_millis() as u64;
const FULL_EVERY: u64 = 4 * HEAP_EVERY;
/// A service that is too busy to answer keeps its last figures.
const READ_WITHIN: Duration = Duration::from_millis(400);

/// What can be started as often as it is asked for.
pub trait Service {
    /// What runs then.
    type Running: Running;

    /// Starts it afresh.
    fn start(&self) -> impl Future<Output = Result<Self::Running>>;

    /// Makes the database behave as this entry of [`crate::About::databases`] says.
    fn set_database(&self, _index: usize) {}

    /// Prepares what the requests up to this number ask for.
    fn prepare(&self, _number: u64) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }
}

/// A running service.
pub trait Running {
    /// Where it listens.
    fn origin(&self) -> Origin;

    /// Resident bytes now; with a limit of the system, those that count against it.
    fn resident(&self) -> Option<u64>;

    /// What it says of its heap; `full` also reads files and gauges.
    fn read(&self, full: bool) -> impl Future<Output = Result<Reading>>;

    /// Records call stacks for a time, and finds the line that holds most.
    fn line(&self, _open: Duration) -> LocalBoxFuture<'static, Result<Line>> {
        async { bail!("this service records no call stacks") }.boxed_local()
    }

    /// The last lines of its log.
    fn log(&self) -> Vec<String> {
        Vec::new()
    }

    /// Changes the system's limit, or lifts it; whether that worked.
    fn change_limit(&self, _bytes: Option<u64>) -> bool {
        true
    }

    /// If it has ended: whether by its limit, and how.
    fn ended(&mut self) -> Option<(State, String)>;

    /// Whether the system ends it at the limit. Otherwise the run does.
    fn has_limit(&self) -> bool {
        false
    }

    /// Sends SIGKILL and waits for the end.
    fn kill(&mut self) -> impl Future<Output = ()>;

    /// Stops it in order.
    fn stop(self) -> impl Future<Output = ()>;
}

/// How one life of a service ended.
enum End {
    Stopped,
    Restart,
    Dead(State, String),
}

/// Runs a service under a load until `stop`.
///
/// # Errors
/// It cannot be started.
pub async fn run(
    live: &Live,
    number: usize,
    service: &impl Service,
    load: &Arc<Steady>,
    stop: &CancellationToken,
) -> Result<()> {
    let mut controls = live.controls();
    for restarts in 0.. {
        live.starting(number, restarts);
        let Some(running) = stop.run_until_cancelled(service.start()).await else {
            return Ok(());
        };
        let mut running = running?;
        load.set_origin(Some(running.origin()));
        live.running(number);
        let asked = controls.borrow_and_update().restarts;
        let end = life(live, number, service, &mut running, load, stop);
        let end = end.await;
        load.set_origin(None);
        match end? {
            End::Stopped => {
                running.stop().await;
                return Ok(());
            }
            End::Restart => running.kill().await,
            End::Dead(state, why) => {
                running.kill().await;
                live.died(number, state, why);
                let again = controls.wait_for(|controls| controls.restarts > asked);
                // Orders end with the run.
                if !matches!(stop.run_until_cancelled(again).await, Some(Ok(_))) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

async fn life(
    live: &Live,
    number: usize,
    service: &impl Service,
    running: &mut impl Running,
    load: &Steady,
    stop: &CancellationToken,
) -> Result<End> {
    let mut controls = live.controls();
    let asked = *controls.borrow_and_update();
    let mut database = None;
    let mut window = Window::new(live, number, asked.windows);
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for look in 0_u64.. {
        tokio::select! {
            () = stop.cancelled() => return Ok(End::Stopped),
            Some(line) = OptionFuture::from(window.open.as_mut()) => {
                if let Some(why) = window.close(running, line).await {
                    return Ok(End::Dead(State::Killed, why));
                }
            }
            _ = looks.tick() => {}
        }
        if let Some((state, how)) = running.ended() {
            return Ok(End::Dead(state, how));
        }
        let wanted = *controls.borrow_and_update();
        if wanted.restarts > asked.restarts && wanted.whole {
            return Ok(End::Restart);
        }
        if database != Some(wanted.database) {
            service.set_database(wanted.database);
            database = Some(wanted.database);
        }
        window.look(running, &wanted);
        if let Some(why) = window.resident(running) {
            return Ok(End::Dead(State::Killed, why));
        }
        if look.is_multiple_of(HEAP_EVERY) {
            live.log(number, || running.log());
            service.prepare(load.next()).await?;
            let reading = running.read(look.is_multiple_of(FULL_EVERY));
            if let Ok(Ok(heap)) = timeout(READ_WITHIN, reading).await {
                live.read(number, None, Some(&heap));
            }
        }
    }
    Ok(End::Stopped)
}
