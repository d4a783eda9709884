//! The real window on a display that nobody sees. Left out, with a word, where there is no Xvfb.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A display of its own; it ends with this.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Option<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut number).ok()?;
        Some(Self { server, name: format!(":{}", number.trim()) })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// Lines of the frame log that are frames.
fn frames(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().filter(|line| line.contains("\"kind\":\"frame\"")).count()
}

#[test]
fn the_window_opens_and_paints_with_software_gl() {
    let Some(display) = Display::start() else {
        println!("left out: no Xvfb, so the real window was not opened");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("frames.jsonl");
    let mut window = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .env_clear()
        .env("HOME", folder.path())
        .env("DISPLAY", &display.name)
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("SWITCHBOARD_DATA_DIR", folder.path())
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .env("SWITCHBOARD_FRAME_LOG", &log)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while frames(&log) < 3 && Instant::now() < deadline {
        if let Some(status) = window.try_wait().unwrap() {
            let output = window.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if status.code() == Some(2) {
                println!("left out: no OpenGL here, so the real window was not opened: {said}");
                return;
            }
            panic!("the window closed by itself, {status}: {said}");
        }
        std::thread::yield_now();
    }
    let painted = frames(&log);
    window.kill().unwrap();
    window.wait().unwrap();
    assert!(painted >= 3, "{painted} frames were painted");
}
