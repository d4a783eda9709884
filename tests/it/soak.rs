//! Links and a gateway with a network between them that fails a thousand times, and with a
//! gateway that is killed in the middle: nothing is lost, nothing comes twice.

mod desk;
mod program;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use switchboard::protocol::{AnswerStatus, RunStatus};
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::desk::{Desk, Report};
use self::program::Program;
use crate::support::proxy::{Counts, Proxy};
use crate::support::{Script, Server, delta, finish, sse, sse_without_done};

/// Links at once.
const DESKS: usize = 4;

/// Connections that the network cuts, in all.
const CUTS: usize = 1_000;

/// Times that the gateway is killed.
const KILLS: usize = 5;

/// The longest life of a connection while nothing is calm.
const LONGEST: Duration = Duration::from_millis(250);

/// Pieces of an answer, and the time between two.
const PIECES: usize = 60;
const PERIOD: Duration = Duration::from_millis(5);

/// An answer of pieces that differ, with characters of several bytes.
fn answer(question: &str) -> Script {
    let pieces = (0..PIECES).map(|number| delta(&format!("{number} wörd 👋 of {question}. ")));
    let mut pieces: Vec<Vec<u8>> = pieces.map(|piece| sse_without_done(&[piece])).collect();
    pieces.push(sse(&[finish("stop")]));
    Script::stream().every(PERIOD, pieces)
}

fn whole(question: &str) -> String {
    (0..PIECES).map(|number| format!("{number} wörd 👋 of {question}. ")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_cuts_and_five_kills_lose_nothing_and_tell_nothing_twice() {
    let began = Instant::now();
    let server = Server::start();
    server.set_default(|request| answer(&request.last_text()));
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Program::first(folder.path(), &server.url());
    let mut proxies = Vec::new();
    let (stop, stopped) = watch::channel(false);
    let mut desks = JoinSet::new();
    for number in 0..DESKS {
        let proxy = Proxy::start(gateway.address(), number as u64 + 1, LONGEST).await;
        let desk = Desk::new(number, proxy.address());
        desks.spawn(desk.live(stopped.clone()));
        proxies.push(proxy);
    }
    for kill in 1..=KILLS {
        for proxy in &proxies {
            proxy.cuts(CUTS / DESKS * kill / (KILLS + 1)).await;
        }
        gateway = gateway.kill_and_start_again(folder.path()).await;
        point(&proxies, gateway.address());
    }
    for proxy in &proxies {
        proxy.cuts(CUTS / DESKS).await;
    }
    for proxy in &proxies {
        proxy.calm();
    }
    stop.send(true).unwrap();
    let mut reports = Vec::new();
    while let Some(report) = desks.join_next().await {
        reports.push(report.unwrap());
    }
    let mut counts = Counts::new();
    for proxy in &proxies {
        for (fault, count) in proxy.counts() {
            *counts.entry(fault).or_default() += count;
        }
    }
    let cuts: usize = proxies.iter().map(Proxy::cut).sum();
    println!("{cuts} cuts in {:?}: {counts:?}", began.elapsed());
    assert!(cuts >= CUTS);
    assert!(counts.len() == 8 && counts.values().all(|count| *count > CUTS / 40), "{counts:?}");
    for report in &reports {
        println!("{}", report.summary());
        check(report);
    }
    let complete = |report: &Report| report.count(RunStatus::Complete);
    assert!(reports.iter().map(complete).sum::<usize>() > 2 * DESKS, "hardly anything was said");
    let repeats: usize = reports.iter().map(|report| report.repeats).sum();
    println!("{repeats} events came again and were left out");
    let passed = began.elapsed();
    assert!(passed < Duration::from_secs(180), "{passed:?}");
}

fn point(proxies: &[Proxy], address: SocketAddr) {
    for proxy in proxies {
        proxy.set_target(address);
    }
}

/// What a desk has against what the gateway has.
fn check(report: &Report) {
    assert_eq!(report.stored.len(), report.said.len() * 2, "each question once, with its answer");
    for (said, stored) in report.said.iter().zip(report.stored.chunks(2)) {
        let [question, answer] = stored else { panic!("a question without an answer") };
        assert_eq!((question.id, question.text()), (said.message, said.question.clone()));
        let text = answer.text();
        assert_eq!(said.text, text, "{}", said.question);
        let status = answer.answer.as_ref().unwrap().status;
        let whole = whole(&said.question);
        match said.status {
            RunStatus::Complete => {
                assert_eq!((status, text), (AnswerStatus::Complete, whole));
            }
            RunStatus::Interrupted => {
                assert_eq!(status, AnswerStatus::Interrupted);
                assert!(whole.starts_with(&text), "{text:?}");
            }
            // Killed before anything had come.
            RunStatus::Failed | RunStatus::Stopped => assert_eq!(text, ""),
        }
    }
    // Only a gateway that was killed breaks anything off, or lost what it had told.
    assert!(report.said.len() - report.count(RunStatus::Complete) <= KILLS, "{report:?}");
    assert!(report.gone <= KILLS);
}
