//! A service that is neither of the twins. Tests measure its routes:
//!
//! | leaks or grows | and doesn't |
//! |---|---|
//! | `/keep`, `/late` with a deadline of its own, `/table` a number, `/open` a file | `/forget`, `/fill` the newest 4,000, `/expire` after a second |
//! | `/feed` while its client does not read | `/feed?bounded` |
//! | `/visit` with each connection | `/visit` with each request |
//! | `/work` while more comes than it can do | `/work?bounded` |
//! | `/export/N` with the items | `/stream/N` |
//! | `/c` memory of C | `/pool` whose buffers depend on how requests meet |
//!
//! `/never` always misses its deadline, and `/odd/N` fails for odd numbers; with POST it
//! keeps something when it fails.
//!
//!     cargo run -p measure --example shelf [ADDRESS]

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use heap::Gauges;
use std::collections::{LinkedList, VecDeque};
use std::convert::Infallible;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::IntoRawFd;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, UNIX_EPOCH};
use tokio::sync::{Semaphore, mpsc, oneshot};

#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

/// Room in a channel for whatever comes: a service runs out of memory before.
const UNBOUNDED: usize = Semaphore::MAX_PERMITS;

/// A list, because a vector doubles at times: a step in the memory that is no leak.
type Shelf = Mutex<LinkedList<Vec<u8>>>;
type Filled = Mutex<VecDeque<String>>;
type Expiring = Mutex<VecDeque<(Instant, String)>>;
type Table = Mutex<Vec<[u64; 3]>>;

async fn keep(body: Bytes, shelf: Data<Shelf>) -> HttpResponse {
    shelf.lock().expect("no handler panics").push_back(body.to_vec());
    HttpResponse::NoContent().finish()
}

async fn forget(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().body(body.len().to_string())
}

/// Answers 504 when its work took longer than the deadline, as when the process stood
/// still. Work that the client marks takes a while.
async fn late(
    request: HttpRequest,
    body: Bytes,
    shelf: Data<Shelf>,
) -> HttpResponse {
    let began = Instant::now();
    if request.headers().contains_key("x-slow") {
        actix_web::rt::time::sleep(Duration::from_millis(400)).await;
    }
    if began.elapsed() > Duration::from_secs(2) {
        return HttpResponse::GatewayTimeout().finish();
    }
    keep(body, shelf).await
}

async fn fill(path: web::Path<String>, shelf: Data<Filled>) -> HttpResponse {
    let mut shelf = shelf.lock().expect("no handler panics");
    shelf.push_back(path.into_inner() + &"x".repeat(500));
    if shelf.len() > 4_000 {
        shelf.pop_front();
    }
    HttpResponse::NoContent().finish()
}

async fn expire(path: web::Path<String>, shelf: Data<Expiring>) -> HttpResponse {
    let mut shelf = shelf.lock().expect("no handler panics");
    shelf.push_back((Instant::now(), path.into_inner() + &"x".repeat(500)));
    while shelf.front().is_some_and(|(put, _)| put.elapsed().as_secs() >= 1) {
        shelf.pop_front();
    }
    HttpResponse::NoContent().finish()
}

/// Buffers that wait for the next requests, and the requests that use one now.
#[derive(Default)]
struct Pool {
    free: Mutex<Vec<Vec<u8>>>,
    in_use: AtomicU64,
}

/// Leaves a small buffer, or one of any size if it has met other requests.
async fn pool(pool: Data<Pool>) -> HttpResponse {
    let free = || pool.free.lock().expect("no handler panics");
    let buffer = free().pop();
    let others = pool.in_use.fetch_add(1, Relaxed);
    actix_web::rt::time::sleep(Duration::from_millis(1)).await;
    pool.in_use.fetch_sub(1, Relaxed);
    drop(buffer);
    let chance = UNIX_EPOCH.elapsed().unwrap_or_default().subsec_micros() as usize;
    let size = if others == 0 { 1 } else { 1 + chance % 8 };
    free().push(vec![0; 200_000 * size]);
    HttpResponse::NoContent().finish()
}

async fn table(path: web::Path<u64>, table: Data<Table>) -> HttpResponse {
    table.lock().expect("no handler panics").push([*path; 3]);
    HttpResponse::NoContent().finish()
}

/// Nothing closes the file, and nothing on the heap knows it.
async fn open() -> HttpResponse {
    match File::open("/dev/null").map(IntoRawFd::into_raw_fd) {
        Ok(_) => HttpResponse::NoContent().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// As C code that a service calls, and that forgets what it allocated.
async fn c() -> HttpResponse {
    // SAFETY: malloc has no preconditions.
    #[expect(unsafe_code, reason = "a leak that is not Rust's")]
    let block = unsafe { libc::malloc(1_000) };
    // The compiler removes a block that nobody uses.
    std::hint::black_box(block);
    HttpResponse::NoContent().finish()
}

enum Feed {
    /// Yields what a task sends.
    News(mpsc::Receiver<Bytes>),
    /// Yields the same bytes a number of times.
    Items(u64),
}

impl MessageBody for Feed {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let next = match &mut *self {
            Self::News(news) => news.poll_recv(context),
            Self::Items(left) => {
                let more = left.checked_sub(1);
                *left = more.unwrap_or(0);
                Poll::Ready(more.map(|_| Bytes::from_static(&[b'x'; 1_000])))
            }
        };
        next.map(|chunk| chunk.map(Ok))
    }
}

/// Sends news until its client is gone: 4 MB in a second.
async fn feed(request: HttpRequest) -> HttpResponse {
    let bounded = request.query_string() == "bounded";
    let (send, receive) = mpsc::channel(if bounded { 2 } else { UNBOUNDED });
    actix_web::rt::spawn(async move {
        while send.send(Bytes::from(vec![b'x'; 20_000])).await.is_ok() {
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
    });
    HttpResponse::Ok().body(Feed::News(receive))
}

async fn export(items: web::Path<usize>) -> HttpResponse {
    HttpResponse::Ok().body("x".repeat(1_000 * *items))
}

async fn stream(items: web::Path<u64>) -> HttpResponse {
    HttpResponse::Ok().body(Feed::Items(*items))
}

/// Whether a connection has made a visit.
#[derive(Default)]
struct Visited(AtomicBool);

async fn visit(request: HttpRequest, shelf: Data<Shelf>) -> HttpResponse {
    let visited = request.conn_data::<Visited>().expect("each connection has it");
    if !visited.0.swap(true, Relaxed) {
        shelf.lock().expect("no handler panics").push_back(vec![0; 200]);
    }
    HttpResponse::NoContent().finish()
}

/// A job's data, and who waits for it.
type Job = (Vec<u8>, oneshot::Sender<usize>);

/// Takes jobs, one in 2 ms, and has room for as many as come or for 16.
#[derive(Clone)]
struct Work {
    any: mpsc::Sender<Job>,
    few: mpsc::Sender<Job>,
}

impl Work {
    fn start() -> Self {
        let ((any, mut from_any), (few, mut from_few)) =
            (mpsc::channel::<Job>(UNBOUNDED), mpsc::channel::<Job>(16));
        actix_web::rt::spawn(async move {
            loop {
                let (data, done) = tokio::select! {
                    Some(job) = from_any.recv() => job,
                    Some(job) = from_few.recv() => job,
                    else => return,
                };
                actix_web::rt::time::sleep(Duration::from_millis(2)).await;
                // The client may be gone.
                let _ = done.send(data.len());
            }
        });
        Self { any, few }
    }
}

async fn work(request: HttpRequest, work: Data<Work>) -> HttpResponse {
    let (done, is_done) = oneshot::channel();
    let job = (vec![0; 20_000], done);
    let queue = match request.query_string() {
        "bounded" => &work.few,
        _ => &work.any,
    };
    match queue.try_send(job).is_ok() && is_done.await.is_ok() {
        true => HttpResponse::NoContent().finish(),
        false => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn odd(number: web::Path<u64>) -> HttpResponse {
    match number.is_multiple_of(2) {
        true => HttpResponse::NoContent().finish(),
        false => HttpResponse::InternalServerError().finish(),
    }
}

async fn keep_odd(number: web::Path<u64>, shelf: Data<Shelf>) -> HttpResponse {
    if !number.is_multiple_of(2) {
        shelf.lock().expect("no handler panics").push_back(vec![0; 500]);
    }
    odd(number).await
}

async fn never() -> HttpResponse {
    HttpResponse::GatewayTimeout().finish()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (shelf, filled) =
        (Data::new(Shelf::default()), Data::new(Filled::default()));
    let (expiring, table_of_numbers) =
        (Data::new(Expiring::default()), Data::new(Table::default()));
    let pooled = Data::new(Pool::default());
    let work = Data::new(Work::start());
    let given = std::env::args().nth(1);
    let gauges = Gauges::default();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shelf.clone())
            .app_data(filled.clone())
            .app_data(expiring.clone())
            .app_data(table_of_numbers.clone())
            .route("/keep", web::post().to(keep))
            .app_data(PayloadConfig::new(16 << 20))
            .route("/forget", web::post().to(forget))
            .route("/late", web::post().to(late))
            .route("/c", web::post().to(c))
            .route("/never", web::post().to(never))
            .route("/fill/{text}", web::post().to(fill))
            .route("/expire/{text}", web::post().to(expire))
            .route("/table/{number}", web::post().to(table))
            .app_data(pooled.clone())
            .route("/pool", web::post().to(pool))
            .route("/open", web::post().to(open))
            .app_data(work.clone())
            .route("/feed", web::get().to(feed))
            .route("/visit", web::get().to(visit))
            .route("/work", web::post().to(crate::work))
            .route("/export/{items}", web::get().to(export))
            .route("/stream/{items}", web::get().to(stream))
            .route("/odd/{number}", web::get().to(odd))
            .route("/odd/{number}", web::post().to(keep_odd))
            .wrap(heap::actix::instrument(gauges.clone()))
    })
    .on_connect(|_, data| {
        data.insert(Visited::default());
    })
    .workers(1)
    .bind(given.as_deref().unwrap_or("127.0.0.1:0"))?;
    let address = server.addrs()[0];
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    let server = server.run();
    let handle = server.handle();
    // A test that takes any port is the parent, and stops it.
    if given.is_some() {
        return server.await;
    }
    std::thread::spawn(move || {
        // The parent closes standard input, also when it is killed.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(handle.stop(true));
        std::process::exit(0);
    });
    server.await
}
