//! Events as fast as the socket gives them, until the last word is painted.

use std::time::{Duration, Instant};

use switchboard::protocol::*;
use switchboard::state::UiCommand;

use crate::desk::Desk;
use crate::server::Server;
use crate::{ms, ratio, report};

pub(crate) fn run() {
    let server = Server::start();
    painted(&server, 1_000);
    let best = |events| (0..5).map(|_| painted(&server, events)).min().unwrap();
    let half = best(10_000);
    let whole = best(20_000);
    report(
        "20,000 events as fast as they come, first byte to last word painted",
        &ms(whole),
        "≤ 500 ms",
    );
    report(
        &format!("   against twice 10,000 ({})", ms(half)),
        &format!("{:.2} ×", ratio(whole, half * 2)),
        "linear: 1 ×",
    );
}

/// Time from the first event of an answer to the frame that shows its last.
fn painted(server: &Server, events: usize) -> Duration {
    let mut desk = Desk::start(server.url(), &format!("events-{events}"));
    desk.window.frame(&desk.state, Vec::new());
    desk.handle(UiCommand::Send { text: "go".to_owned() });
    let (mut first, mut done) = (None, false);
    while !done {
        desk.receive(|event| {
            if let BackendEvent::Run(event) = event {
                match event.event {
                    StreamEvent::Message { .. } => {
                        first.get_or_insert_with(Instant::now);
                    }
                    StreamEvent::Done { .. } => done = true,
                    _ => {}
                }
            }
        });
        desk.window.frame(&desk.state, Vec::new());
    }
    let elapsed = first.expect("text came").elapsed();
    desk.end();
    elapsed
}
