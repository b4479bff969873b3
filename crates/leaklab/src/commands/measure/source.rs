//! Reads the requests that are measured: from a file, or from the service itself.

use super::target::Target;
use crate::cli::Measure;
use crate::failure::Failure;
use crate::output::{Keep, print, say};
use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Limited};
use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use workload::{Connection, HttpFile, Origin, Request, Source};

/// A service that makes its document at the first request takes a while.
const DOCUMENT_WITHIN: Duration = Duration::from_secs(60);
/// Larger documents are something else.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// The requests, and where the service listens. `None` if they were only to be printed.
pub(super) async fn read(
    arguments: &Measure,
) -> Result<Option<(HttpFile, SocketAddr)>, Failure> {
    // clap asks for it.
    let requests = arguments.requests.clone().unwrap_or_default();
    let wrong =
        |why: String| Failure::Usage(format!("{}: {why}", requests.display()));
    let url = requests.to_str().unwrap_or_default();
    if url.starts_with("https://") {
        let why = "https is not supported; save the document as a file";
        return Err(wrong(why.to_owned()));
    }
    let url = url.strip_prefix("http://");
    let (text, address) = match url {
        None => (fs::read_to_string(&requests), arguments.url),
        Some(url) => {
            let (authority, path) = url.split_at(url.find('/').unwrap_or(url.len()));
            let address = arguments.url.map_or_else(|| resolved(authority), Ok)?;
            let fetched = fetched(arguments, address, path).await?;
            (Ok(fetched), Some(address))
        }
    };
    let text = text.map_err(|error| {
        let path = requests.display();
        Failure::Usage(format!("cannot read {path} ({error})"))
    })?;
    let origin = address.map(|address| format!("http://{address}"));
    let path = url.is_none().then_some(&*requests);
    let source = Source::read(&text, origin.as_deref(), path);
    let source = source.map_err(|error| wrong(error.to_string()))?;
    if arguments.print_requests {
        print(&source.text)?;
        return Ok(None);
    }
    let folder = requests.parent().filter(|_| url.is_none());
    let file = HttpFile::parse(&source.text, folder.unwrap_or(Path::new("")));
    let mut file = file.map_err(|error| wrong(error.to_string()))?;
    for (name, value) in &arguments.header {
        let set = file.set_header(name, value);
        set.map_err(|error| Failure::Usage(format!("--header: {error}")))?;
    }
    for wanted in &source.headers {
        let is_given =
            |(name, _): &(String, String)| wanted.eq_ignore_ascii_case(name);
        if !arguments.header.iter().any(is_given) {
            let note = format!(
                "note: the document asks for credentials; give them as \
                 --header '{wanted}: VALUE'"
            );
            say(&note, Keep::Nothing);
        }
    }
    select(arguments, &mut file)?;
    let address = address.map_or_else(|| one_address(&file), Ok)?;
    Ok(Some((file, address)))
}

/// What the service answers. A service that is started for it is stopped again, so that
/// it is measured from its start.
async fn fetched(
    arguments: &Measure,
    address: SocketAddr,
    path: &str,
) -> Result<String, Failure> {
    let folder = &arguments.out;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let target = Target::start(arguments, None, address).await?;
    let path = if path.is_empty() { "/" } else { path };
    let text = timeout(DOCUMENT_WITHIN, get(address, path)).await;
    if let Some(target) = target {
        target.stop().await;
    }
    let text = text.with_context(|| {
        format!("no answer within {} s", DOCUMENT_WITHIN.as_secs())
    });
    Ok(text
        .flatten()
        .with_context(|| format!("cannot read http://{address}{path}"))?)
}

/// The body of a successful answer.
pub(in crate::commands) async fn get(
    address: SocketAddr,
    path: &str,
) -> Result<String> {
    let mut connection = Connection::open(Origin(address)).await?;
    let response = connection.send(Request::new("GET", path)).await?;
    let status = response.status();
    ensure!(status.is_success(), "the answer has status {status}");
    let body = Limited::new(response.into_body(), DOCUMENT_BYTES_MAX);
    let body = body.collect().await.map_err(anyhow::Error::from_boxed)?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}

/// Puts the requests of `--only` first. Those that they are sent with stay in the file.
fn select(arguments: &Measure, file: &mut HttpFile) -> Result<(), Failure> {
    for name in &arguments.only {
        if !file.requests.iter().any(|request| request.name == *name) {
            let names: Vec<_> =
                file.requests.iter().map(|request| request.name.as_str()).collect();
            let path = arguments.requests.as_deref().unwrap_or(Path::new(""));
            return Err(Failure::Usage(format!(
                "{} has no request {name}; it has {}",
                path.display(),
                names.join(", ")
            )));
        }
    }
    if !arguments.only.is_empty() {
        let wanted = |name: &String| arguments.only.contains(name);
        file.requests.sort_by_key(|request| !wanted(&request.name));
    }
    Ok(())
}

/// Where the service listens: one address for all requests.
fn one_address(file: &HttpFile) -> Result<SocketAddr, Failure> {
    let mut found = None;
    for request in &file.requests {
        let Some(authority) = file.authority(request) else { continue };
        if found.as_ref().is_some_and(|found| *found != authority) {
            return Err(Failure::Usage(format!(
                "the requests go to {} and to {authority}; give one --url",
                found.unwrap_or_default()
            )));
        }
        found = Some(authority);
    }
    let authority = found.ok_or_else(|| {
        let why = "the requests have paths only; give the service's address as \
                   --url 127.0.0.1:8080";
        Failure::Usage(why.to_owned())
    })?;
    resolved(&authority)
}

fn resolved(authority: &str) -> Result<SocketAddr, Failure> {
    let with_port = match authority.contains(':') {
        true => authority.to_owned(),
        false => format!("{authority}:80"),
    };
    let addresses = with_port.to_socket_addrs().map_err(|error| {
        Failure::Usage(format!("no address for {authority} ({error})"))
    })?;
    // A service on 127.0.0.1 is what most people mean by localhost.
    let first = addresses.min_by_key(SocketAddr::is_ipv6);
    first.ok_or_else(|| Failure::Usage(format!("no address for {authority}")))
}
