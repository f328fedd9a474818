//! The server, asked by a client that writes HTTP by hand.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::{fails, objects, program, succeeds, trained};

/// An upload that is a song.
pub(crate) fn upload() -> Vec<u8> {
    fs::read(trained().join("music/dub/dub.00000.wav")).unwrap()
}

/// A running server, which ends with the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        let arguments = [&["serve", "genre.safetensors", "--port", "0"], options].concat();
        let mut process = program(trained(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { process, address }
    }

    /// Sends a request; returns the status and the body.
    pub(crate) fn ask(&self, head: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        // A server that refuses early may close before it has read everything.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
    }

    pub(crate) fn classify(&self, name: &str, body: &[u8]) -> (u16, Value) {
        let (status, body) = self.ask(&format!("POST /classify?name={name}"), body);
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Resident memory of the server in kilobytes.
    #[cfg(target_os = "linux")]
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_song_has_the_verdict_of_the_command_line() {
    let server = Server::start(&[]);
    let (status, verdict) = server.classify("dub.wav", &upload());
    assert_eq!(status, 200, "{verdict}");
    let told = succeeds(trained(), &["classify", "genre.safetensors", "music/dub/dub.00000.wav", "--json"]);
    let mut told = objects(&told).remove(0);
    told["file"] = "dub.wav".into();
    assert_eq!(verdict, told);
    let (status, page) = server.ask("GET /", b"");
    assert!(status == 200 && page.contains("What genre is it?"));
    let (status, interface) = server.ask("GET /openapi.json", b"");
    assert!(
        status == 200 && serde_json::from_str::<Value>(&interface).unwrap()["paths"]["/classify"].is_object()
    );
    let (status, model) = server.ask("GET /model", b"");
    assert!(status == 200 && model.contains("\"techno\""), "{model}");
}

#[test]
fn bad_uploads_are_refused_with_their_cause() {
    let server = Server::start(&["--max-upload", "1", "--timeout", "2"]);
    let refused = |body: &[u8], expected: u16, cause: &str| {
        let (status, answer) = server.classify("x.wav", body);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(status == expected && error.contains(cause), "{status} {answer}");
        assert!(!error.contains(trained().to_str().unwrap()), "{error}");
    };
    refused(b"", 400, "empty");
    refused(b"not a song at all, just words", 422, "not audio");
    refused(&upload()[..2_000], 422, "");
    refused(&vec![0; 1_500_000], 413, "1 MB");
    assert_eq!(server.ask("GET /nowhere", b"").0, 404);
    assert_eq!(server.ask("GET /classify", b"").0, 405);

    // A client that announces a song and does not send it.
    let mut slow = TcpStream::connect(&server.address).unwrap();
    slow.write_all(b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nRIFF").unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert_eq!(server.classify("dub.wav", &upload()).0, 200, "the others are still served");
}

#[test]
fn fifty_at_once_and_hundreds_in_a_row_are_all_answered() {
    let server = Server::start(&[]);
    let song = upload();
    let first = server.classify("dub.wav", &song).1;
    thread::scope(|scope| {
        let asked: Vec<_> = (0..50).map(|_| scope.spawn(|| server.classify("dub.wav", &song))).collect();
        for one in asked {
            assert_eq!(one.join().unwrap(), (200, first.clone()));
        }
    });
    #[cfg(target_os = "linux")]
    let before = server.memory();
    let uploads = std::env::var("CEPSTRUM_UPLOADS").map_or(200, |n| n.parse().unwrap());
    for round in 0..uploads {
        let upload = if round % 10 == 0 { &song[..song.len() / 2] } else { song.as_slice() };
        assert_eq!(server.classify("dub.wav", upload).0, 200);
    }
    #[cfg(target_os = "linux")]
    assert!(server.memory() < before + 50_000, "{before} kB, then {} kB", server.memory());
    assert_eq!(server.ask("GET /", b"").0, 200);
}

#[test]
fn a_port_in_use_is_told() {
    let server = Server::start(&[]);
    let port = server.address.rsplit_once(':').unwrap().1;
    let error = fails(trained(), &["serve", "genre.safetensors", "--port", port], 1);
    assert!(error.contains(port) && error.contains("--port"), "{error}");
}

#[test]
fn what_spoke_for_a_song_is_a_picture_and_five_sounds() {
    let server = Server::start(&[]);
    let (song, asked) = (upload(), |head: &str, body: &[u8]| {
        let (status, body) = server.ask(head, body);
        (status, serde_json::from_str::<Value>(&body).unwrap())
    });
    let verdict = server.classify("dub.wav", &song).1;
    let (status, strongest) = asked("POST /explain?name=dub.wav", &song);
    assert_eq!(status, 200, "{strongest}");
    assert_eq!(strongest["class"], verdict["verdict"]);
    let of_class = verdict["classes"].as_array().unwrap().iter().position(|it| *it == verdict["verdict"]);
    let share = |segment: usize| verdict["segments"][segment][of_class.unwrap()].as_f64().unwrap();
    let expected = if share(1) > share(0) { 3.0 } else { 0.0 };
    assert_eq!(strongest["start"], expected);
    let (_, second) = asked("POST /explain?name=dub.wav&segment=1", &song);
    assert_eq!(second["start"], 3.0);
    assert!(second["figure"]["light"].as_str().unwrap().starts_with("<svg"));
    let sounds = second["sounds"].as_array().unwrap();
    assert_eq!(sounds.len(), 5);
    for sound in sounds {
        assert!(
            sound["audio"].as_str().unwrap().starts_with("data:audio/wav;base64,UklGR"),
            "{}",
            sound["name"]
        );
    }
    let (status, refused) = asked("POST /explain?name=dub.wav&segment=2", &song);
    assert!(status == 422 && refused["error"].as_str().unwrap().contains("2 segments"), "{refused}");
}

#[test]
fn a_client_sees_how_far_the_decoding_is() {
    let server = Server::start(&[]);
    let decoded = || {
        let (status, answer) = server.ask("GET /progress?id=7", b"");
        assert_eq!(status, 200);
        serde_json::from_str::<Value>(&answer).unwrap()["decoded"].as_f64()
    };
    assert_eq!(decoded(), None);
    // Four minutes: a song of 6 s, again and again.
    let mut long = upload();
    let samples = long[44..].to_vec();
    (0..39).for_each(|_| long.extend(&samples));
    for (at, length) in [(4, long.len() - 8), (40, long.len() - 44)] {
        long[at..at + 4].copy_from_slice(&(length as u32).to_le_bytes());
    }
    let seen = thread::scope(|scope| {
        let asked = scope.spawn(|| server.ask("POST /classify?name=long.wav&id=7", &long));
        let mut seen = Vec::new();
        while !asked.is_finished() {
            seen.extend(decoded());
        }
        let (status, verdict) = asked.join().unwrap();
        let verdict: Value = serde_json::from_str(&verdict).unwrap();
        assert!(status == 200 && verdict["seconds"] == 240.0, "{status} {}", verdict["seconds"]);
        seen
    });
    assert!(
        !seen.is_empty() && seen.is_sorted() && seen.iter().all(|share| (0.0..=1.0).contains(share)),
        "{seen:?}"
    );
    assert_eq!(decoded(), None);
}

#[test]
fn the_nearest_tracks_of_a_store_are_told() {
    let server = Server::start(&["--tracks", "set.safetensors"]);
    let verdict = server.classify("x.wav", &upload()).1;
    assert_eq!(verdict["nearest"][0]["track"], "dub/dub.00000.wav");
    assert!(server.ask("GET /model", b"").1.contains("\"tells_nearest\":true"));
}
