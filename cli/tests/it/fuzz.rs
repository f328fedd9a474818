//! Mutated uploads and requests, the same in every run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::serve::{Server, upload};

/// A generator of numbers that look random: xorshift, Marsaglia 2003, doi:10.18637/jss.v008.i14.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// An upload with some bytes changed, cut, doubled or moved; changes are most often in the header.
fn mutated(upload: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = upload.to_vec();
    for _ in 0..=random.below(6) {
        let reach = if random.below(4) > 0 { bytes.len().min(200) } else { bytes.len() };
        let at = random.below(reach);
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] = random.below(256) as u8,
            1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + 1 + random.below(64)).min(bytes.len());
                let piece = bytes[at.min(end)..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            4 => bytes[at..].iter_mut().take(4).for_each(|byte| *byte = 0xff),
            _ => bytes[at..].iter_mut().take(1 + random.below(16)).for_each(|byte| *byte = 0),
        }
    }
    bytes
}

#[test]
fn no_mutation_of_an_upload_does_harm() {
    let server = Server::start(&["--max-upload", "1", "--timeout", "30"]);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dataset/tests/golden");
    let mut uploads = vec![("wav", upload())];
    for name in ["tone.flac", "tone.mp3", "tone.ogg", "tone_aac.m4a", "tone_vorbis.webm", "tone.aiff"] {
        // The repository has them, a package has not.
        if let Ok(bytes) = fs::read(golden.join(name)) {
            uploads.push((name.rsplit_once('.').unwrap().1, bytes));
        }
    }
    let rounds = std::env::var("CEPSTRUM_MUTATIONS").map_or(300, |n| n.parse().unwrap());
    let (mut random, mut statuses) = (Random(0x9e37_79b9_7f4a_7c15), BTreeMap::new());
    for round in 0..rounds {
        let (extension, upload) = &uploads[round % uploads.len()];
        let upload = mutated(upload, &mut random);
        let route = ["classify", "explain"][usize::from(round % 10 == 9)];
        let (status, answer) = server.ask(&format!("POST /{route}?name=x.{extension}"), &upload);
        assert!([200, 400, 413, 422].contains(&status), "round {round}: {status} {answer}");
        let is_told = serde_json::from_str::<Value>(&answer).unwrap()["error"].is_string();
        assert!(is_told != (status == 200), "round {round}: {answer}");
        *statuses.entry(status).or_insert(0) += 1;
    }
    println!("{statuses:?}");
    assert_eq!(server.classify("dub.wav", &upload()).0, 200);
}

#[test]
fn no_mutation_of_a_request_does_harm() {
    let server = Server::start(&["--timeout", "2"]);
    let request = "POST /classify?name=dub.wav HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8\r\n\r\nRIFFxxxx";
    let mut random = Random(88_172_645_463_325_252);
    let mut odd: Vec<Vec<u8>> = (0..300).map(|_| mutated(request.as_bytes(), &mut random)).collect();
    let chunked = "POST /classify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in ["zz\r\n", "ffffffffffffffff\r\nx", "5\r\nabc", "0\r\n\r\n"] {
        odd.push(format!("{chunked}{body}").into_bytes());
    }
    for query in
        ["name=%ff%fe", "name=..%2f..%2fetc%2fpasswd", "segment=-1", "name=x&name=y", &"n".repeat(90_000)]
    {
        odd.push(format!("POST /classify?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nRIFF").into_bytes());
    }
    thread::scope(|scope| {
        for part in odd.chunks(odd.len().div_ceil(16)) {
            let server = &server;
            scope.spawn(move || {
                for request in part {
                    let mut stream = TcpStream::connect(&server.address).unwrap();
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    // The server may close in the middle.
                    let _ = stream.write_all(request);
                    let _ = stream.shutdown(Shutdown::Write);
                    let mut answer = Vec::new();
                    let _ = stream.read_to_end(&mut answer);
                    let answer = String::from_utf8_lossy(&answer);
                    assert!(answer.is_empty() || answer.starts_with("HTTP/1."), "{answer}");
                    assert!(
                        !answer.starts_with("HTTP/1.1 5"),
                        "{}: {answer}",
                        String::from_utf8_lossy(request)
                    );
                }
            });
        }
    });
    assert_eq!(server.classify("dub.wav", &upload()).0, 200);
}
