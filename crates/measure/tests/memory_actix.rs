//! A test as users write it for a service on Actix Web: its leak is found, and gone once
//! it is repaired.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use actix_web::web::{self, Data, Path};
use actix_web::{App, HttpServer, rt};
use measure::{Check, CheckError, Trend};
use std::collections::LinkedList;
use std::net::SocketAddr;
use std::sync::Mutex;

#[global_allocator]
static ALLOC: measure::CountingAlloc = measure::CountingAlloc;

type Orders = Data<Mutex<LinkedList<String>>>;

async fn leaky(order: Path<String>, orders: Orders) -> String {
    orders.lock().unwrap().push_back(order.repeat(20));
    order.into_inner()
}

async fn repaired(order: Path<String>, orders: Orders) -> String {
    let mut orders = orders.lock().unwrap();
    orders.push_back(order.repeat(20));
    if orders.len() > 100 {
        orders.pop_front();
    }
    order.into_inner()
}

fn start() -> SocketAddr {
    let orders = Orders::default();
    let app = move || {
        App::new()
            .app_data(orders.clone())
            .route("/leaky/{order}", web::get().to(leaky))
            .route("/repaired/{order}", web::get().to(repaired))
    };
    let server = HttpServer::new(app).bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    rt::spawn(server.run());
    address
}

#[actix_web::test]
async fn orders_do_not_leak() {
    Check::get(start(), "/repaired/{{n}}").flat_within(16.0).await.unwrap();
}

#[actix_web::test]
async fn a_leak_is_found_with_its_line() {
    let found = Check::get(start(), "/leaky/{{n}}").flat_within(16.0).await;
    let text = format!("{found:?}");
    let Err(CheckError::NotFlat(report)) = found else { panic!("{text}") };
    assert_eq!(report.trend, Trend::Leaks);
    assert!(report.bytes_per_request > 50.0, "{text}");
    assert!(text.contains("tests/memory_actix.rs:"), "{text}");
}
