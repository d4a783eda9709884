//! The built program as a gateway, and clients over real sockets.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use switchboard::protocol::{
    ClientCommand, CommandFrame, FromServer, Hello, ResumeFrom, RunId, Seq, ServerMessage, Welcome,
    read_from_server,
};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as WsMessage};

const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway in a process of its own. It is killed when it is dropped.
pub(crate) struct Serve {
    child: Child,
    pub(crate) address: String,
    out: BufReader<ChildStdout>,
    _err: ChildStderr,
}

impl Serve {
    /// Starts it over a folder, and waits until it listens.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        Self::at(folder, "127.0.0.1:0", args)
    }

    /// The same at an address, as after a restart.
    pub(crate) fn at(folder: &Path, address: &str, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchboard"))
            .env_clear()
            .env("SWITCHBOARD_DATA_DIR", folder)
            .env("SWITCHBOARD_NO_KEYCHAIN", "1")
            .current_dir(folder)
            .args(["serve", "--listen", address])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let err = child.stderr.take().unwrap();
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().rsplit("://").next().unwrap().to_owned();
        assert!(line.starts_with("listening at ws"), "{line}");
        Self { child, address, out, _err: err }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Its exit code.
    pub(crate) fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// A client over `/ws`.
    pub(crate) async fn client(&self, token: &str, id: &str, resume: &[(RunId, u64)]) -> Socket {
        let mut socket = self.connect(token).await;
        let resume =
            resume.iter().map(|(run, after)| ResumeFrom { run_id: *run, after_seq: Seq(*after) });
        let hello = ClientCommand::Hello(Hello {
            protocol: 1,
            client: "test".to_owned(),
            client_id: id.to_owned(),
            resume: resume.collect(),
        });
        socket.send("hello", hello).await;
        let welcome = socket.until(|said| match said {
            FromServer::Said(said) => match *said {
                ServerMessage::Welcome(welcome) => Some(welcome),
                _ => None,
            },
            _ => None,
        });
        socket.welcome = Some(welcome.await);
        socket
    }

    pub(crate) async fn connect(&self, token: &str) -> Socket {
        let mut request = format!("ws://{}/ws", self.address).into_client_request().unwrap();
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let (stream, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        Socket { stream, welcome: None }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// A socket of a client.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    welcome: Option<Welcome>,
}

impl Socket {
    pub(crate) fn welcome(&self) -> &Welcome {
        self.welcome.as_ref().unwrap()
    }

    pub(crate) async fn send(&mut self, id: &str, command: ClientCommand) {
        let frame = CommandFrame { id: Some(id.to_owned()), command };
        let text = serde_json::to_string(&frame).unwrap();
        self.stream.send(WsMessage::text(text)).await.unwrap();
    }

    /// What comes next; none at the end of the connection, however it ended.
    pub(crate) async fn next(&mut self) -> Option<FromServer> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("a frame");
            match next? {
                Ok(WsMessage::Text(text)) => return Some(read_from_server(&text).unwrap()),
                Ok(WsMessage::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                    return None;
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// How the gateway closed it.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("an end");
            match next? {
                Ok(WsMessage::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    pub(crate) async fn until<T>(&mut self, mut fits: impl FnMut(FromServer) -> Option<T>) -> T {
        loop {
            let next = self.next().await.expect("the gateway holds the socket");
            if let Some(found) = fits(next) {
                return found;
            }
        }
    }
}
