//! Requests with a body.

use super::{ORDERS, Plan, Request, SHOP, numbered_tenant, sized_tenant};
use model::{OrderId, seed};
use serde_json::{Value, json};

/// Text that comes along with some orders: within DynamoDB's 400 KB, and far above what
/// a service keeps for a connection.
const ARTWORK_BYTES: usize = 360_000;

/// The same for those that go through throttling: within the largest body that the
/// service takes unless told otherwise, 64 KiB.
const ATTACHMENT_BYTES: usize = 56_000;

/// Wishes of imported orders: enough for a file of megabytes with few orders in it.
const NOTES_BYTES: usize = 4_000;

/// One payment in so many is sent again.
const REPEATED: u64 = 8;

/// Bytes of an uploaded file: far more than what a service reads ahead.
const UPLOAD_BYTES: usize = 160 << 10;

impl Plan {
    /// The request of this number, where the lesson writes.
    pub(super) fn write(&self, serial: u64) -> Option<Request> {
        let order = seed::order_id(serial % ORDERS);
        Some(match self.lesson {
            "l03_write_behind" => {
                let event = json!({
                    "sequence": serial,
                    "station": format!("dock-{}", serial % 9),
                    "note": "left of the gate, two parcels, one of them dented",
                });
                send("POST", format!("/orders/{order}/events"), &event)
            }
            "l04_background_jobs" => {
                let note =
                    json!({ "note": format!("checked by clerk {}", serial % 7) });
                send("POST", format!("/orders/{order}/confirm"), &note)
            }
            "l05_bulk_import" => self.import(),
            "l06_admission" => {
                send("POST", "/orders".to_owned(), &self.draft(serial))
            }
            "l10_retry_partition" => {
                let tenant = numbered_tenant(serial);
                let note = json!({ "note": format!("{} pieces", serial % 90) });
                let path = format!("/tenants/{tenant}/orders/{order}");
                let mut request = send("PUT", path, &note);
                // The path says which tenant.
                request.headers.retain(|(name, _)| *name != "x-tenant");
                request
            }
            "l12_idempotency_keys" => self.payment(serial),
            "c03_dropped_upload" => upload(&order),
            "c04_retries" => {
                let attachment = seed::artwork(self.seed, serial, ATTACHMENT_BYTES);
                let seen = json!({ "desk": "d-7", "attachment": attachment });
                send("PUT", format!("/orders/{order}/seen"), &seen)
            }
            _ => return None,
        })
    }

    /// A payment under a key of its own, but every eighth repeats the one before: its
    /// client has not seen the answer. The head is about as large as a browser's.
    fn payment(&self, serial: u64) -> Request {
        let repeats = serial % REPEATED == REPEATED - 1;
        let number = if repeats { serial - 1 } else { serial };
        let key = seed::idempotency_key(self.seed, number);
        let trace = key.as_str().replace('-', "");
        let session = seed::session_token(self.seed, number % 50);
        Request {
            method: "POST",
            path: "/payments".to_owned(),
            headers: vec![
                ("x-tenant", SHOP.to_owned()),
                ("idempotency-key", key.to_string()),
                ("content-type", "application/json".to_owned()),
                ("accept", "application/json, text/plain, */*".to_owned()),
                ("accept-language", "de-DE,de;q=0.9,en;q=0.7".to_owned()),
                (
                    "user-agent",
                    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 \
                     Firefox/140.0"
                        .to_owned(),
                ),
                ("cookie", format!("session={session}; currency=EUR; theme=dark")),
                ("traceparent", format!("00-{trace}-{}-01", &trace[..16])),
            ],
            body: json!({
                "order": seed::order_id(number % ORDERS),
                "amount_cents": 1_000 + number % 9_000,
            })
            .to_string(),
        }
    }

    /// So many orders of a tenant, a line each.
    fn import(&self) -> Request {
        let name = sized_tenant(self.size);
        let tenant = seed::tenant(&name);
        let line = |n| {
            let mut order = seed::order(self.seed, &tenant, n);
            order.notes = seed::artwork(self.seed, n, NOTES_BYTES);
            json!(order).to_string() + "\n"
        };
        Request {
            method: "POST",
            path: "/orders/import".to_owned(),
            headers: vec![
                ("x-tenant", name.clone()),
                ("content-type", "application/x-ndjson".to_owned()),
            ],
            body: (0..self.size).map(line).collect(),
        }
    }

    /// An order as a checkout sends it.
    fn draft(&self, serial: u64) -> Value {
        let order = seed::order(self.seed, &seed::tenant(SHOP), serial);
        json!({
            "id": order.id,
            "placed_at": order.placed_at,
            "customer": order.customer,
            "currency": order.currency,
            "lines": order.lines,
            "notes": seed::artwork(self.seed, serial, ARTWORK_BYTES),
        })
    }
}

fn send(method: &'static str, path: String, body: &Value) -> Request {
    let headers = vec![
        ("x-tenant", SHOP.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    Request { method, path, headers, body: body.to_string() }
}

/// A form with one file in it.
fn upload(order: &OrderId) -> Request {
    const BOUNDARY: &str = "----leaklab-3f1c9a7e";
    let file =
        "%PDF-1.7\n".to_owned() + &"0123456789abcde\n".repeat(UPLOAD_BYTES / 16);
    let body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; \
         filename=\"invoice-{order}.pdf\"\r\ncontent-type: application/pdf\r\n\r\n\
         {file}\r\n--{BOUNDARY}--\r\n"
    );
    Request {
        method: "POST",
        path: format!("/orders/{order}/attachments"),
        headers: vec![
            ("x-tenant", SHOP.to_owned()),
            ("content-type", format!("multipart/form-data; boundary={BOUNDARY}")),
        ],
        body,
    }
}
