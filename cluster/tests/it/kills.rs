//! Processes killed at random. The long form: `CEPSTRUM_KILLS=20 cargo test --test it -- kills:: --ignored --nocapture`.

use std::time::Duration;

use cepstrum_cluster::cepstrum_dataset::rng::stream;

use crate::cluster::{Cluster, extract, start_executor, start_scheduler};
use crate::common::Bench;

/// A number below a bound, from a seed.
fn draw(random: &mut impl FnMut() -> u32, below: u32) -> u32 {
    random() % below
}

#[test]
#[ignore = "takes minutes"]
fn whoever_is_killed_the_bytes_are_the_same() {
    let kills: usize = std::env::var("CEPSTRUM_KILLS").map_or(5, |count| count.parse().unwrap());
    let tracks: usize = std::env::var("CEPSTRUM_TRACKS").map_or(400, |count| count.parse().unwrap());
    let bench = Bench::new(tracks);
    (0..tracks / 100).for_each(|number| bench.add_row(&format!("music/missing{number}.wav,odd,,")));
    assert!(extract(&bench, "whole").args(["--local", "2"]).status().unwrap().success());

    let mut rng = stream(1, "kills");
    let mut random = move || rand::RngCore::next_u32(&mut rng);
    let mut cluster = Cluster::new(&bench, 2);
    let (mut done, mut runs) = (0, 0);
    while done < kills {
        let _ = std::fs::remove_dir_all(bench.path("out"));
        let mut client = cluster.start_extraction(&bench, "out");
        loop {
            let pause = Duration::from_millis(u64::from(draw(&mut random, 4000)));
            std::thread::sleep(pause);
            if let Some(status) = client.0.try_wait().unwrap() {
                runs += 1;
                if status.success() {
                    break;
                }
                client = cluster.start_extraction(&bench, "out");
                continue;
            }
            if done == kills {
                assert!(
                    client.0.wait().unwrap().success() || cluster.extract(&bench, "out").status.success()
                );
                break;
            }
            done += 1;
            match draw(&mut random, 4) {
                victim @ 0..2 => {
                    cluster.executors[victim as usize].kill();
                    cluster.executors[victim as usize] = start_executor(&bench, &cluster.address);
                }
                2 => {
                    cluster.scheduler.kill();
                    cluster.scheduler = start_scheduler(&cluster.address);
                }
                _ => client.kill(),
            }
        }
        assert!(bench.files("whole") == bench.files("out"), "after {done} kills");
        println!("{done} kills, {runs} runs of the client: the bytes are the same");
    }
}
