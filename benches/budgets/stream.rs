//! What an event costs on its way from the socket into the store.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::StreamExt;

use crate::report;
use crate::server::Server;

const EVENTS: usize = 200_000;
const FEW: usize = 10_000;

/// What the fastest other client took for 10,000 events on such a machine.
const AICHAT: Duration = Duration::from_millis(450);

pub(crate) fn run() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_switchboard");
    let add = ["providers", "add", "mock", "--url", &server.url()];
    assert!(command(program, &folder).args(add).stdout(Stdio::null()).status().unwrap().success());
    let ask = |events: usize| {
        let model = format!("mock/events-{events}");
        cost(command(program, &folder).args(["ask", "--model", &model, "go"]))
    };
    let alone = |events: usize| {
        let url = format!("{}/chat/completions?events-{events}", server.url());
        cost(Command::new(std::env::current_exe().unwrap()).args(["--baseline", &url]))
    };
    // What starting costs is no part of an event.
    let (start, start_alone) = (ask(1).0, alone(1).0);
    let ours = ask(EVENTS).0.saturating_sub(start);
    let theirs = alone(EVENTS).0.saturating_sub(start_alone);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / EVENTS as f64;
    report(
        &format!(
            "CPU per event by ask into the store ({:.2} µs) against reqwest + sse-stream ({:.2} µs)",
            each(ours),
            each(theirs)
        ),
        &format!("{:.2} ×", crate::ratio(ours, theirs)),
        "≤ 3 ×",
    );
    let (cpu, wall) = ask(FEW);
    report(
        &format!(
            "ask, 10,000 events, whole program ({} CPU) against aichat's 0.45 s",
            crate::ms(cpu)
        ),
        &format!("{:.2} ×", crate::ratio(wall, AICHAT)),
        "≤ 0.1 ×",
    );
}

fn command(program: &str, folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder.path())
        .env("SWITCHBOARD_NO_KEYCHAIN", "1");
    command
}

/// CPU and wall time of a process, from its start to its end.
fn cost(command: &mut Command) -> (Duration, Duration) {
    let (cpu, wall) = (children_cpu(), Instant::now());
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    (children_cpu().saturating_sub(cpu), wall.elapsed())
}

/// CPU time of all ended children. Linux only; elsewhere 0.
fn children_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse().ok()).unwrap_or(0);
    // Fields 16 and 17 of proc(5), in hundredths of a second.
    Duration::from_millis((ticks(13) + ticks(14)) * 10)
}

/// The same stream with nothing but the two libraries.
pub(crate) fn baseline(url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = format!("{{\"model\":\"{}\"}}", url.split('?').nth(1).unwrap());
        let answer = client.post(url).body(body).send().await.unwrap();
        let mut events = sse_stream::SseStream::from_bytes_stream(answer.bytes_stream());
        let wanted: usize = url.rsplit('-').next().unwrap().parse().unwrap();
        let (mut count, mut bytes) = (0, 0);
        while let Some(event) = events.next().await {
            bytes += event.unwrap().data.map_or(0, |data| data.len());
            count += 1;
        }
        // The last two are the finish and the end.
        assert_eq!(count, wanted + 2);
        std::hint::black_box(bytes);
    });
}
