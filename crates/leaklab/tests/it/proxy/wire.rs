//! Bytes on a connection: requests as they are written, answers as they come.

use dynamo::Proxy;
use leaklab::run::{Database, EngineChoice};
use model::Fault;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An engine with its table `orders`, and a proxy in front of it.
pub(super) struct Stage {
    pub(super) database: Database,
    pub(super) proxy: Proxy,
}

impl Stage {
    pub(super) async fn open(faults: &[&str]) -> Self {
        crate::fixture::build_programs();
        let database =
            Database::open(&EngineChoice::Embedded, "proxy").await.unwrap();
        let url = database.target.url();
        let proxy = Proxy::start(url, parsed(faults)).await.unwrap();
        Self { database, proxy }
    }

    pub(super) async fn direct(&self) -> Wire {
        Wire::open(self.database.target.url()).await
    }

    pub(super) async fn proxied(&self) -> Wire {
        Wire::open(&self.proxy.url()).await
    }

    /// How many items the engine has.
    pub(super) async fn items(&self) -> usize {
        let scan =
            json!({ "TableName": "orders", "Select": "COUNT", "Limit": 1000 });
        let mut direct = self.direct().await;
        let count = direct.call("Scan", &scan).await.json()["Count"].as_u64();
        usize::try_from(count.unwrap()).unwrap()
    }

    pub(super) async fn close(self) {
        self.proxy.close().await;
        self.database.close().await.unwrap();
    }
}

pub(super) fn parsed(faults: &[&str]) -> Vec<Fault> {
    faults.iter().map(|text| text.parse().unwrap()).collect()
}

/// A batch of this many puts, each with a text of so many bytes.
pub(super) fn puts(first: usize, count: usize, bytes: usize) -> Value {
    let text = "x".repeat(bytes);
    let put = |n: usize| {
        let (pk, sk) = (format!("p{n}"), format!("s{n}"));
        let item =
            json!({ "pk": { "S": pk }, "sk": { "S": sk }, "t": { "S": text } });
        json!({ "PutRequest": { "Item": item } })
    };
    let puts: Vec<_> = (first..first + count).map(put).collect();
    json!({ "RequestItems": { "orders": puts } })
}

/// A request as an SDK would write it.
pub(super) fn message(operation: &str, body: &str) -> Vec<u8> {
    let length = format!("content-length: {}\r\n", body.len());
    [head(operation, &length).as_bytes(), body.as_bytes()].concat()
}

/// The head alone, with further fields.
pub(super) fn head(operation: &str, fields: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: dynamodb.example\r\n\
         Content-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: DynamoDB_20120810.{operation}\r\n\
         X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=a/20260101/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host, Signature=0\r\n{fields}\r\n"
    )
}

/// An answer with a length.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// Without what differs between any two answers. An engine may write the same
    /// object in another order, so its checksum is checked instead of compared.
    #[track_caller]
    pub(super) fn lasting(&self) -> (String, Value) {
        let sum = self.head.split("x-amz-crc32: ").nth(1).unwrap();
        let sum: u32 = sum.lines().next().unwrap().parse().unwrap();
        assert_eq!(crc32(&self.body), sum, "not as the engine sent it");
        let lasts = |line: &&str| {
            let name = line.split(':').next().unwrap_or(line);
            !["x-amzn-requestid", "date", "x-amz-crc32"].contains(&name)
        };
        let head: Vec<_> = self.head.lines().filter(lasts).collect();
        (head.join("\n"), self.json())
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let bit = |sum: u32, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), bit);
    !bytes.iter().fold(!0, byte)
}

/// A connection.
pub(super) struct Wire(TcpStream);

impl Wire {
    pub(super) async fn open(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Finishes sending.
    pub(super) async fn finish(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    pub(super) async fn call(&mut self, operation: &str, body: &Value) -> Answer {
        self.send(&message(operation, &body.to_string())).await;
        self.answer().await
    }

    /// The next answer, which must have a length.
    pub(super) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        Answer { head, body: self.exactly(length).await }
    }

    /// The head of the next answer.
    pub(super) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    pub(super) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    /// Everything up to the end, and how it ended.
    pub(super) async fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut bytes = Vec::new();
        let end = self.0.read_to_end(&mut bytes).await;
        (bytes, end.map(drop))
    }
}

/// A server that sends the same bytes in odd pieces for every request.
pub(super) struct Odd {
    pub(super) url: String,
    /// Connections so far.
    pub(super) connections: Arc<AtomicUsize>,
}

impl Odd {
    /// After an answer it closes the connection, or waits for another request.
    pub(super) async fn serve(
        answer: &'static [u8],
        piece: usize,
        closes: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer_oddly(stream, answer, piece, closes));
            }
        });
        Self { url, connections }
    }
}

async fn answer_oddly(
    mut stream: TcpStream,
    answer: &'static [u8],
    piece: usize,
    closes: bool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await?);
        }
        for piece in answer.chunks(piece) {
            stream.write_all(piece).await?;
            // Lets the other side read it before the next piece.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }
        if closes {
            return Ok(());
        }
    }
}
