//! Gateways with certificates of their own, as home users make them: who names the file is let
//! through, by each of the ways, and nobody else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use switchboard::protocol::{Carrier, LinkState, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig as TlsConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::real::{err, out, run, run_with_input};
use super::{keep_token, until_link};
use crate::support::Desk;
use crate::support::serve::Serve;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/certificates").join(name)
}

fn shown(name: &str) -> String {
    file(name).display().to_string()
}

fn serve(folder: &Path, (cert, key): (&str, &str), more: &[&str]) -> Serve {
    let (cert, key) = (shown(cert), shown(key));
    Serve::start(folder, &[&["--tls-cert", &cert, "--tls-key", &key], more].concat())
}

/// Whether the gateway is let in with a token, under each certificate file.
fn tried(near: &Path, gateway: &Serve, token: &str, ca_file: &str) -> Result<String, String> {
    let url = format!("wss://{}", gateway.address);
    let ca_file = if ca_file.is_empty() { String::new() } else { shown(ca_file) };
    let add = ["servers", "add", "home", "--url", &url, "--token-stdin", "--ca-file", &ca_file];
    out(&run_with_input(near, &add, token));
    let tried = run(near, &["servers", "test", "home"]);
    match tried.status.success() {
        true => Ok(out(&tried)),
        false => Err(err(&tried)),
    }
}

fn is_in_words(said: &str) {
    for raw in ["Other", "CaUsed", "Unsupported", "UnknownIssuer", "{", "invalid peer"] {
        assert!(!said.contains(raw), "{said}");
    }
}

#[test]
fn a_self_made_certificate_is_trusted_by_its_file_and_no_other_is() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let token = out(&run(far.path(), &["tokens", "add", "laptop"]));
    let gateway = serve(far.path(), ("self-made.pem", "self-made.key"), &[]);
    let tried = |ca_file: &str| tried(near.path(), &gateway, &token, ca_file);
    let said = tried("").unwrap_err();
    is_in_words(&said);
    assert!(said.contains(&format!("The certificate of {} is not trusted", gateway.address)));
    assert!(said.contains("--ca-file") && said.contains("Certificate file"), "{said}");
    for other in ["other.pem", "ca.pem"] {
        let said = tried(other).unwrap_err();
        is_in_words(&said);
        assert!(said.contains("none of those in the certificate file"), "{other}: {said}");
    }
    let ready = tried("self-made.pem").unwrap();
    assert!(ready.starts_with("home is ready"), "{ready}");
    let written = std::fs::read_to_string(near.path().join("config.toml")).unwrap();
    assert!(written.contains("self-made.pem"), "{written}");
    let asked = run(near.path(), &["servers", "add", "home", "--dual"]);
    assert!(asked.status.success(), "{}", err(&asked));
    let ready = run(near.path(), &["servers", "test", "home"]);
    assert!(ready.status.success(), "the file is kept: {}", err(&ready));
}

#[test]
fn a_certificate_with_an_authority_is_checked_as_usual_and_an_expired_one_is_refused() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let token = out(&run(far.path(), &["tokens", "add", "laptop"]));
    let gateway = serve(far.path(), ("server.pem", "server.key"), &[]);
    tried(near.path(), &gateway, &token, "ca.pem").unwrap();
    let elsewhere = gateway.address.replace("127.0.0.1", "localhost");
    let add = ["servers", "add", "home", "--url", &format!("wss://{elsewhere}")];
    out(&run(near.path(), &add));
    let said = err(&run(near.path(), &["servers", "test", "home"]));
    assert!(said.contains("is for another name"), "{said}");
    out(&run(near.path(), &["servers", "add", "home", "--ca-file", &shown("server.pem")]));
    let ready = run(near.path(), &["servers", "test", "home"]);
    assert!(ready.status.success(), "by itself, whatever its name: {}", err(&ready));
    gateway.terminate();
    assert_eq!(gateway.code(), Some(0));

    let gateway = serve(far.path(), ("expired.pem", "self-made.key"), &[]);
    let said = tried(near.path(), &gateway, &token, "expired.pem").unwrap_err();
    is_in_words(&said);
    assert!(said.contains("has expired"), "{said}");
}

#[test]
fn pairing_needs_the_certificate_and_does_not_blame_the_code() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut gateway = serve(far.path(), ("self-made.pem", "self-made.key"), &["--pair"]);
    let line = gateway.line();
    let code = line.strip_prefix("pairing code ").unwrap().split(' ').next().unwrap().to_owned();
    let url = format!("wss://{}", gateway.address);
    let add = ["servers", "add", "home", "--url", &url, "--pair", &code];
    let other = shown("other.pem");
    for more in [&[][..], &["--ca-file", &other]] {
        let refused = run(near.path(), &[&add[..], more].concat());
        assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
        let said = err(&refused);
        is_in_words(&said);
        assert!(said.contains("is not trusted here"), "{said}");
        assert!(!said.contains("new code") && !said.contains("provider"), "{said}");
    }
    let mine = shown("self-made.pem");
    out(&run(near.path(), &[&add[..], &["--ca-file", &mine]].concat()));
    out(&run(near.path(), &["servers", "test", "home"]));
}

/// A proxy with the certificate in front of a gateway. It lets no WebSocket through.
async fn only_http(gateway: String) -> (u16, tokio::task::JoinHandle<()>) {
    let chain = CertificateDer::pem_file_iter(file("self-made.pem")).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(file("self-made.key")).unwrap();
    let config = TlsConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, gateway) = (acceptor.clone(), gateway.clone());
            tokio::spawn(async move {
                // A client that does not trust it goes away here.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                if head.starts_with(b"GET /ws") {
                    let refusal = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
                    stream.write_all(refusal).await.ok();
                    stream.shutdown().await.ok();
                    return;
                }
                let mut behind = TcpStream::connect(gateway).await.unwrap();
                behind.write_all(&head).await.unwrap();
                copy_bidirectional(&mut stream, &mut behind).await.ok();
            });
        }
    });
    (port, serving)
}

#[tokio::test]
async fn plain_http_goes_by_the_same_certificate() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let token = out(&run(far.path(), &["tokens", "add", "laptop"]));
    keep_token(near.path(), &token);
    let gateway = Serve::start(far.path(), &[]);
    let (port, serving) = only_http(gateway.address.clone()).await;
    let mut config = ServerConfig {
        url: format!("wss://127.0.0.1:{port}"),
        ca_file: Some(file("self-made.pem")),
        ..super::wire::config(gateway.address.parse().unwrap())
    };
    let mut desk = Desk::linked(near.path(), vec![config.clone()]);
    let ready = until_link(&mut desk, |link| matches!(link, LinkState::Ready { .. })).await;
    assert!(matches!(ready, LinkState::Ready { carrier: Carrier::Http, .. }), "{ready:?}");
    desk.close().await;

    config.ca_file = Some(file("other.pem"));
    let mut desk = Desk::linked(near.path(), vec![config]);
    let waiting = until_link(&mut desk, |link| matches!(link, LinkState::Waiting { .. })).await;
    let LinkState::Waiting { cause, .. } = waiting else { panic!("{waiting:?}") };
    assert!(cause.contains("none of those in the certificate file"), "{cause}");
    desk.close().await;
    serving.abort();
}
