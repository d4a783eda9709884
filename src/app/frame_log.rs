//! `SWITCHBOARD_FRAME_LOG=FILE`: what each frame cost and when each event was painted, as JSON
//! lines, for measuring from outside.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use serde::Serialize;

use crate::protocol::{RunId, Seq};

/// The log. Times are microseconds since it was opened, on a monotonic clock.
#[derive(Debug)]
pub(super) struct FrameLog {
    out: BufWriter<File>,
    epoch: Instant,
    frame: Option<Frame>,
    applied: Vec<Applied>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Frame {
    start_us: u64,
    logic_cpu_us: u64,
    ui_cpu_us: u64,
}

#[derive(Clone, Copy, Debug)]
struct Applied {
    run: RunId,
    seq: Seq,
    received_us: u64,
}

/// CPU time of this thread since a moment, where the system tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuClock(Option<ThreadTime>);

impl CpuClock {
    pub(super) fn start() -> Self {
        Self(ThreadTime::try_now().ok())
    }

    fn elapsed_us(self) -> u64 {
        let spent = self.0.and_then(|since| since.try_elapsed().ok()).unwrap_or_default();
        micros(spent)
    }
}

impl FrameLog {
    /// Opens the file; says why not on the log where it cannot be.
    pub(super) fn open(path: &Path) -> Option<Self> {
        match File::create(path) {
            Ok(file) => Some(Self {
                out: BufWriter::new(file),
                epoch: Instant::now(),
                frame: None,
                applied: Vec::new(),
            }),
            Err(error) => {
                tracing::warn!(%error, "the frame log cannot be written");
                None
            }
        }
    }

    /// An event was taken from the channel and applied.
    pub(super) fn applied(&mut self, run: RunId, seq: Seq) {
        let received_us = self.now_us();
        self.applied.push(Applied { run, seq, received_us });
    }

    /// `App::logic` ended.
    pub(super) fn logic_done(&mut self, clock: CpuClock) {
        let cpu = clock.elapsed_us();
        let start_us = self.now_us();
        let frame = self.frame.get_or_insert(Frame { start_us, ..Frame::default() });
        frame.logic_cpu_us += cpu;
    }

    /// `App::ui` ended: the frame is complete.
    pub(super) fn ui_done(&mut self, clock: CpuClock, causes: &[String]) {
        let painted_us = self.now_us();
        let mut frame = self.frame.take().unwrap_or_default();
        frame.ui_cpu_us = clock.elapsed_us();
        self.write(&serde_json::json!({
            "kind": "frame",
            "start_us": frame.start_us,
            "logic_cpu_us": frame.logic_cpu_us,
            "ui_cpu_us": frame.ui_cpu_us,
            "end_us": painted_us,
            "causes": causes,
        }));
        for event in std::mem::take(&mut self.applied) {
            self.write(&serde_json::json!({
                "kind": "event",
                "run": event.run,
                "seq": event.seq,
                "received_us": event.received_us,
                "painted_us": painted_us,
            }));
        }
        if let Err(error) = self.out.flush() {
            tracing::warn!(%error, "the frame log cannot be written");
        }
    }

    fn write(&mut self, line: &serde_json::Value) {
        if let Err(error) = writeln!(self.out, "{line}") {
            tracing::warn!(%error, "the frame log cannot be written");
        }
    }

    fn now_us(&self) -> u64 {
        micros(self.epoch.elapsed())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
