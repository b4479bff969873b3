//! A service that is neither of the twins: it keeps what is sent to `/keep` and forgets
//! what is sent to `/forget`; `/fill` keeps the newest 4,000, `/expire` those of the last
//! second, `/table` keeps a number in a vector, `/open` opens a file each time, and `/c`
//! leaks memory of C. `/late` keeps it, too, and has a deadline of its own; `/never` always
//! misses it. The tests of this crate measure it.
//!
//!     cargo run -p measure --example shelf [ADDRESS]

use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use heap::Gauges;
use std::collections::{LinkedList, VecDeque};
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

/// A list, because a vector doubles at times: a step in the memory that is no leak.
type Shelf = Mutex<LinkedList<Vec<u8>>>;
type Filled = Mutex<VecDeque<String>>;
type Expiring = Mutex<VecDeque<(Instant, String)>>;
type Table = Mutex<Vec<[u64; 3]>>;
type Files = Mutex<LinkedList<File>>;

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

async fn table(path: web::Path<u64>, table: Data<Table>) -> HttpResponse {
    table.lock().expect("no handler panics").push([*path; 3]);
    HttpResponse::NoContent().finish()
}

async fn open(files: Data<Files>) -> HttpResponse {
    match File::open("/dev/null") {
        Ok(file) => files.lock().expect("no handler panics").push_back(file),
        Err(_) => return HttpResponse::InternalServerError().finish(),
    }
    HttpResponse::NoContent().finish()
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

async fn never() -> HttpResponse {
    HttpResponse::GatewayTimeout().finish()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (shelf, filled) =
        (Data::new(Shelf::default()), Data::new(Filled::default()));
    let (expiring, table_of_numbers) =
        (Data::new(Expiring::default()), Data::new(Table::default()));
    let files = Data::new(Files::default());
    let given = std::env::args().nth(1);
    let gauges = Gauges::default();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shelf.clone())
            .app_data(filled.clone())
            .app_data(files.clone())
            .app_data(expiring.clone())
            .app_data(table_of_numbers.clone())
            .configure(|config| heap::actix::configure(config, gauges.clone()))
            .route("/keep", web::post().to(keep))
            .app_data(PayloadConfig::new(16 << 20))
            .route("/forget", web::post().to(forget))
            .route("/late", web::post().to(late))
            .route("/c", web::post().to(c))
            .route("/never", web::post().to(never))
            .route("/fill/{text}", web::post().to(fill))
            .route("/expire/{text}", web::post().to(expire))
            .route("/table/{number}", web::post().to(table))
            .route("/open", web::post().to(open))
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
