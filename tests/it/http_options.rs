//! Headers, certificates, patience and proxies: what is set for one provider.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use switchboard::net::{HttpClient, Provider, build};
use switchboard::protocol::{
    ErrorKind, HelpHit, HelpSearch, ProviderConfig, ProviderError, ProviderKind, ProviderOptions,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::Server;

#[derive(Debug)]
struct NoHelp;

impl HelpSearch for NoHelp {
    fn search(&self, _question: &str, _limit: usize) -> Vec<HelpHit> {
        Vec::new()
    }
}

fn provider(url: &str, options: ProviderOptions) -> Result<Arc<dyn Provider>, ProviderError> {
    let config = ProviderConfig {
        options,
        ..ProviderConfig::new("test", "Test", ProviderKind::Openai, url)
    };
    build(config, Some("sk-secret".into()), &HttpClient::new(), Arc::new(NoHelp))
}

fn headers(pairs: &[(&str, &str)]) -> ProviderOptions {
    let headers = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ProviderOptions { headers: headers.collect(), ..ProviderOptions::default() }
}

#[tokio::test]
async fn custom_headers_go_with_every_request_and_never_take_the_keys_place() {
    let server = Server::start();
    let options = headers(&[("X-Team", "blue"), ("user-agent", "mine")]);
    provider(&server.url(), options).unwrap().models().await.unwrap();
    let request = server.requests().remove(0);
    assert_eq!(request.header("x-team"), Some("blue"));
    assert_eq!(request.header("user-agent"), Some("mine"));
    assert_eq!(request.header("authorization"), Some("Bearer sk-secret"));
    for name in ["Authorization", "x-api-key", "Host", "Content-Length", "two words"] {
        let error = provider(&server.url(), headers(&[(name, "hidden")])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadRequest, "{name}");
        assert!(error.message.contains(name) && !error.message.contains("hidden"), "{error:?}");
    }
}

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/certificates").join(name)
}

/// Answers a list of one model over TLS, as often as it is asked.
async fn tls_server() -> (u16, tokio::task::JoinHandle<()>) {
    let chain = CertificateDer::pem_file_iter(certificate("server.pem")).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(certificate("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust it goes away here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let body = r#"{"object":"list","data":[{"id":"alpha"}]}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.ok();
        }
    });
    (port, serving)
}

#[tokio::test]
async fn a_server_with_its_own_authority_is_trusted_with_its_file_alone() {
    let (port, serving) = tls_server().await;
    let url = format!("https://127.0.0.1:{port}/v1");
    let distrusted = provider(&url, ProviderOptions::default()).unwrap().models().await;
    let error = distrusted.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("certificate"), "{}", error.message);

    let with = |file: PathBuf| ProviderOptions { ca_file: Some(file), ..headers(&[]) };
    let trusted = provider(&url, with(certificate("ca.pem"))).unwrap();
    let models = trusted.models().await.unwrap();
    assert_eq!(models[0].id.model, "alpha");

    for (name, words) in [("missing.pem", "cannot be read"), ("README.md", "no certificate")] {
        let error = provider(&url, with(certificate(name))).unwrap().models().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadRequest, "{name}");
        assert!(error.message.contains(name) && error.message.contains(words), "{error:?}");
    }
    serving.abort();
}

/// The program asking one provider, with a proxy in its environment.
fn test_with_proxy(folder: &Path, url: &str, proxy: &str) -> std::process::Output {
    let authority = certificate("ca.pem");
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_switchboard"))
            .args(args)
            .env_clear()
            .env("SWITCHBOARD_DATA_DIR", folder)
            .env("SWITCHBOARD_NO_KEYCHAIN", "1")
            .env("HTTP_PROXY", proxy)
            .env("http_proxy", proxy)
            .env("HTTPS_PROXY", proxy)
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let mut add = vec!["providers", "add", "far", "--url", url];
    if url.starts_with("https://127.0.0.1") {
        add.extend(["--ca-file", authority.to_str().unwrap()]);
    }
    assert!(run(&add).status.success());
    run(&["providers", "test", "far"])
}

#[test]
fn a_proxy_of_the_environment_is_used_but_not_for_this_machine() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let proxy = format!("http://127.0.0.1:{}", server.port());
    let far = test_with_proxy(folder.path(), "http://models.invalid/v1", &proxy);
    assert!(far.status.success(), "{}", String::from_utf8_lossy(&far.stderr));
    assert_eq!(server.requests()[0].path, "http://models.invalid/v1/models");

    let dead = "http://127.0.0.1:1";
    let near = test_with_proxy(folder.path(), &server.url(), dead);
    assert!(near.status.success(), "{}", String::from_utf8_lossy(&near.stderr));
    assert_eq!(server.requests()[1].path, "/v1/models");
}

#[tokio::test]
async fn https_to_this_machine_goes_past_the_proxy() {
    let (port, serving) = tls_server().await;
    let folder = tempfile::tempdir().unwrap();
    let near = tokio::task::spawn_blocking(move || {
        let url = format!("https://127.0.0.1:{port}/v1");
        test_with_proxy(folder.path(), &url, "http://127.0.0.1:1")
    });
    let near = near.await.unwrap();
    assert!(near.status.success(), "{}", String::from_utf8_lossy(&near.stderr));
    serving.abort();
}

#[test]
fn a_proxy_that_fails_is_named_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        (
            "https://models.invalid/v1",
            "http://me:hidden@127.0.0.1:1",
            "the proxy 127.0.0.1:1 (from HTTPS_PROXY) cannot be reached",
        ),
        (
            "http://models.invalid/v1",
            "http://me:hidden@127.0.0.1:1",
            "the proxy 127.0.0.1:1 (from HTTP_PROXY) cannot be reached",
        ),
        (
            "https://models.invalid/v1",
            "me:hidden@not a proxy",
            "HTTPS_PROXY is set to \"not a proxy\"",
        ),
    ];
    for (url, proxy, words) in table {
        let far = test_with_proxy(folder.path(), url, proxy);
        let said = String::from_utf8_lossy(&far.stderr);
        assert_eq!(far.status.code(), Some(1), "{said}");
        assert!(said.contains(words) && !said.contains("hidden"), "{said}");
    }
}

#[tokio::test]
async fn the_wrong_scheme_and_an_unknown_authority_are_told_in_words() {
    let (port, serving) = tls_server().await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    let refusing = tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let table = [
        (format!("https://127.0.0.1:{port}/v1"), "certificate file (ca_file)"),
        (format!("http://127.0.0.1:{port}/v1"), "Begin the address with https://"),
        (format!("https://127.0.0.1:{plain_port}/v1"), "Begin the address with http://"),
    ];
    for (url, words) in table {
        let error = provider(&url, headers(&[])).unwrap().models().await.unwrap_err();
        assert!(error.message.contains(words), "{url}: {}", error.message);
    }
    refusing.abort();
    serving.abort();
}
