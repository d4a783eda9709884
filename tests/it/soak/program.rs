//! `switchboard serve` as a process that can be killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(super) const TOKEN: &str = "a-token-of-the-soak-0123456789";

pub(super) struct Program {
    child: Child,
    address: SocketAddr,
}

fn switchboard(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .current_dir(folder);
    command
}

impl Program {
    /// Over an empty folder, with the provider `mock` there.
    pub(super) fn first(folder: &Path, provider: &str) -> Self {
        let added = ["providers", "add", "mock", "--url", provider];
        assert!(switchboard(folder).args(added).output().unwrap().status.success());
        std::fs::write(folder.join("token"), TOKEN).unwrap();
        Self::start(folder)
    }

    fn start(folder: &Path) -> Self {
        let mut child = switchboard(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--token-file", "token"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("ws://").next().unwrap().parse();
        Self { child, address: address.unwrap_or_else(|_| panic!("it said {line:?}")) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As by `kill -9`; then again over the same folder, elsewhere.
    pub(super) async fn kill_and_start_again(mut self, folder: &Path) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let folder = folder.to_owned();
        tokio::task::spawn_blocking(move || Self::start(&folder)).await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
