//! An S3 server on loopback as source and sink, with its failures.
//!
//! Needs moto's server (`pip install 'moto[server,s3]'`) where `CEPSTRUM_MOTO` points; without it these tests are skipped, or
//! fail with `CEPSTRUM_REQUIRE_MOTO=1`.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use object_store::ObjectStoreExt;
use object_store::aws::AmazonS3Builder;

use crate::cluster::{Process, error, extract, program, start};
use crate::common::Bench;

/// Starts moto with an empty bucket `music`; `None` where there is no moto.
fn moto() -> Option<(Process, u16)> {
    let Some(moto) = std::env::var_os("CEPSTRUM_MOTO") else {
        assert!(std::env::var_os("CEPSTRUM_REQUIRE_MOTO").is_none(), "CEPSTRUM_MOTO names no server");
        eprintln!("skipped: CEPSTRUM_MOTO names no server");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = start(Command::new(moto).args(["-H", "127.0.0.1", "-p", &port.to_string()]));
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(50));
    }
    request(port, "PUT", "/music", &[]);
    Some((server, port))
}

/// Reads an object of the bucket.
fn stored(port: u16, key: &str) -> Vec<u8> {
    let store = AmazonS3Builder::new()
        .with_endpoint(format!("http://127.0.0.1:{port}"))
        .with_allow_http(true)
        .with_bucket_name("music")
        .with_region("us-east-1")
        .with_access_key_id("id-of-a-test")
        .with_secret_access_key("secret-of-a-test")
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let read = async { store.get(&key.into()).await?.bytes().await };
    runtime.block_on(read).unwrap().into()
}

/// Sends a request, which must succeed.
fn request(port: u16, method: &str, path: &str, body: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

/// Counts of the failures that a [`Proxy`] has made.
#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    refused: AtomicUsize,
    cut: AtomicUsize,
}

/// A proxy that answers every fifth request with 503, and cuts the body of every seventh answer in the middle.
fn proxy(server: u16) -> (u16, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let counts = Arc::new(Counts::default());
    let shared = Arc::clone(&counts);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let counts = Arc::clone(&shared);
            thread::spawn(move || drop(pass(stream.unwrap(), server, &counts)));
        }
    });
    (port, counts)
}

fn pass(mut client: TcpStream, server: u16, counts: &Counts) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1 << 13];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while bytes.len() < head + length {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    }
    let number = counts.requests.fetch_add(1, Ordering::Relaxed) + 1;
    if number.is_multiple_of(5) {
        counts.refused.fetch_add(1, Ordering::Relaxed);
        client.write_all(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return client.shutdown(Shutdown::Both);
    }
    let mut upstream = TcpStream::connect(("127.0.0.1", server))?;
    upstream.write_all(&bytes[..head - 2])?;
    upstream.write_all(b"Connection: close\r\n\r\n")?;
    upstream.write_all(&bytes[head..])?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    if number.is_multiple_of(7) && text.starts_with("get") && answer.len() > 4096 {
        counts.cut.fetch_add(1, Ordering::Relaxed);
        answer.truncate(answer.len() / 2);
    }
    client.write_all(&answer)?;
    client.shutdown(Shutdown::Both)
}

fn with_store(mut command: Command, port: u16) -> Command {
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"));
    command.env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "id-of-a-test").env("AWS_SECRET_ACCESS_KEY", "secret-of-a-test");
    command
}

/// The command that extracts the tracks of the bucket.
fn in_bucket(bench: &Bench, port: u16, out: &str) -> Command {
    let mut command = with_store(program(), port);
    command.args(["extract", "--local", "2", "--shard-mb", "1", "--manifest", &bench.text("tracks.csv")]);
    command.args(["--config", &bench.text("extract.json"), "--root", "s3://music/"]);
    command.args(["--out", &format!("s3://music/{out}")]);
    command
}

#[test]
fn a_store_that_fails_gives_the_bytes_of_a_disk() {
    let Some((_server, server)) = moto() else { return };
    let bench = Bench::new(30);
    bench.add_row("music/missing.wav,odd,,");
    assert!(extract(&bench, "whole").args(["--local", "2"]).status().unwrap().success());
    let (port, counts) = proxy(server);
    for (name, bytes) in bench.files("music") {
        request(server, "PUT", &format!("/music/music/{}", name.display()), &bytes);
    }
    let output = in_bucket(&bench, port, "out").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(counts.refused.load(Ordering::Relaxed) > 5 && counts.cut.load(Ordering::Relaxed) > 2);
    for (name, bytes) in bench.files("whole") {
        assert!(stored(server, &format!("out/{}", name.display())) == bytes, "{}", name.display());
    }
    let told = told + &String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("no such file") && !told.contains("secret-of-a-test"), "{told}");
    // A second run finds everything done.
    let again = in_bucket(&bench, server, "out").output().unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("finished"));
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let Some((_server, server)) = moto() else { return };
    let bench = Bench::new(1);
    fs::write(bench.path("extract.json"), "{}").unwrap();
    let mut command = with_store(program(), server);
    command.args([
        "extract",
        "--local",
        "1",
        "--manifest",
        &bench.text("tracks.csv"),
        "--root",
        "s3://other/",
    ]);
    let message = error(&command.args(["--out", "s3://other/out"]).output().unwrap());
    assert!(message.contains("s3://other/out") && !message.contains("secret-of-a-test"), "{message}");
}
