//! A server in a process of its own that streams as fast as the socket takes it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// The near end; the process ends with it.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its input closes, and it ends.
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// Events in a second of a paced answer.
pub(crate) const PACE: u64 = 100;

/// The far end. A model named `events-N` answers with N events, one named `paced-N` with 100 of
/// them a second, each of which says when it was written.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || answer(stream));
        }
    });
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).unwrap();
}

fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let text = String::from_utf8(body).unwrap();
    if let Some(count) = number_after(&text, "paced-") {
        return paced(&mut stream, count);
    }
    let count = number_after(&text, "events-").unwrap_or(10);
    let mut out = String::from(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    // Each event is a chunk of its own, as servers send them.
    let mut event = |data: &str| {
        let length = data.len() + 8;
        out.push_str(&format!("{length:x}\r\ndata: {data}\n\n\r\n"));
    };
    for number in 0..count {
        let end = if number % 12 == 11 { "\\n\\n" } else { " " };
        event(&format!(
            "{{\"id\":\"gen-1\",\"provider\":\"x\",\"model\":\"m\",\"object\":\"chat.completion.chunk\",\"created\":1795220000,\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\"content\":\"word{number}{end}\"}},\"finish_reason\":null}}]}}"
        ));
    }
    event("{\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    event("[DONE]");
    out.push_str("0\r\n\r\n");
    // The reader may go away in the middle.
    drop(stream.write_all(out.as_bytes()));
}

fn number_after(text: &str, name: &str) -> Option<usize> {
    let rest = text.split(name).nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Microseconds since 1970, for two processes of one machine.
pub(crate) fn wall_us() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

fn paced(stream: &mut TcpStream, count: usize) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let (start, mut ended) =
        (std::time::Instant::now(), stream.write_all(head.as_bytes()).is_err());
    stream.set_nodelay(true).unwrap();
    for number in 0..count {
        let due = std::time::Duration::from_millis(1_000 / PACE) * u32::try_from(number).unwrap();
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        let content = format!("@{} ", wall_us());
        let event = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n"
        );
        ended |= stream.write_all(event.as_bytes()).is_err();
        if ended {
            return;
        }
    }
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    // The reader may go away in the middle.
    drop(stream.write_all(end.as_bytes()));
}
