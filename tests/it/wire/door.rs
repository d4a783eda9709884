//! Who may come in.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::net::gateway::{GatewayConfig, ListenError, TlsFiles};
use switchboard::protocol::Access;

use super::gate::{Client, GUEST, Gate, OWNER, config, handshake, soon, status};

#[tokio::test]
async fn without_a_token_that_counts_a_socket_is_closed_and_a_path_refused() {
    let mut gate = Gate::open().await;
    for headers in [vec![], vec![("authorization", "Bearer wrong")], vec![("authorization", "?")]] {
        for path in ["/ws", "/ws/backend-api", "/ws/frontend-api", "/ws?token=sb_owner"] {
            let (socket, _) = handshake(gate.address, path, &headers).await.unwrap();
            assert_eq!(Client(socket).close_code().await, 4001, "{path}");
        }
    }
    let http = reqwest::Client::new();
    for path in ["/events?clientId=a", "/v1/models", "/events?clientId=a&token=sb_owner"] {
        assert_eq!(http.get(gate.http(path)).send().await.unwrap().status(), 401, "{path}");
    }
    for path in ["/commands", "/v1/chat/completions"] {
        let answer = http.post(gate.http(path)).json(&json!({})).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
    assert!(gate.inputs.try_recv().is_err(), "the host hears nothing of it");
}

#[tokio::test]
async fn a_token_in_the_address_counts_only_where_that_is_allowed() {
    let mut gate = Gate::with(GatewayConfig { query_token: true, ..config() }).await;
    let path = format!("/ws?token={GUEST}");
    let (socket, _) = handshake(gate.address, &path, &[]).await.unwrap();
    Client(socket).hello("old").await;
    assert_eq!(gate.opened().await.visitor.access, Access::Guest);
}

#[tokio::test]
async fn pages_of_foreign_origins_are_refused_and_listed_ones_come_in() {
    let origins = vec!["https://mine.example".to_owned()];
    let gate = Gate::with(GatewayConfig { origins, ..config() }).await;
    let bearer = format!("switchboard.v1, bearer.{OWNER}");
    let from = |origin| [("origin", origin), ("sec-websocket-protocol", bearer.as_str())];
    for foreign in ["https://evil.example", "null", "https://mine.example.evil.example", ""] {
        assert_eq!(status(handshake(gate.address, "/ws", &from(foreign)).await), 403, "{foreign}");
    }
    assert!(handshake(gate.address, "/ws", &from("https://mine.example")).await.is_ok());
    let http = reqwest::Client::new();
    let get = |origin: &str| http.get(gate.http("/healthz")).header("origin", origin).send();
    assert_eq!(get("https://evil.example").await.unwrap().status(), 403);
    let mine = get("https://mine.example").await.unwrap();
    assert_eq!(mine.headers()["access-control-allow-origin"], "https://mine.example");
}

#[tokio::test]
async fn what_a_token_opened_ends_when_it_is_revoked_and_others_stay() {
    let mut config = config();
    config.timing.heartbeat = Duration::from_millis(50);
    let mut gate = Gate::with(config).await;
    let mut guest = Client::join(gate.address, "/ws", GUEST).await;
    guest.hello("guest").await;
    let theirs = gate.opened().await;
    let (mut owner, mine) = gate.join("owner").await;
    let http = reqwest::Client::new();
    let stream = http.get(gate.http("/events?clientId=s")).bearer_auth(GUEST).send().await.unwrap();
    let streamed = gate.opened().await;
    gate.keys.revoke(GUEST);
    assert_eq!(guest.close_code().await, 4001);
    soon(stream.text()).await.unwrap();
    let mut closed = [gate.closed().await, gate.closed().await];
    closed.sort();
    assert_eq!(closed, [theirs.session, streamed.session]);
    owner.is_served(&mut gate, mine.session).await;
}

#[tokio::test]
async fn anybody_may_ask_whether_it_lives() {
    let gate = Gate::open().await;
    let answer = reqwest::get(gate.http("/healthz")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let said: Value = answer.json().await.unwrap();
    assert_eq!(said["version"], env!("CARGO_PKG_VERSION"));
    assert!(said["uptimeMs"].is_u64());
    assert_eq!(reqwest::get(gate.http("/ws")).await.unwrap().status(), 426);
    assert_eq!(reqwest::get(gate.http("/nowhere")).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_code_is_good_for_one_token_and_few_may_be_tried() {
    let gate = Gate::open().await;
    gate.keys.show_code("1234-5678");
    let http = reqwest::Client::new();
    let pair = async |code: &str| {
        let body = json!({ "code": code, "client": "laptop" });
        let answer = http.post(gate.http("/pair")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    assert_eq!(pair("1234-0000").await.0, 403);
    assert_eq!(pair("1234-5678").await, (200, json!({ "token": OWNER })));
    let (status, said) = pair("1234-5678").await;
    assert_eq!((status, &said["error"]["code"]), (403, &json!("wrong_code")));
    let mut last = 0;
    for _ in 0..3 {
        last = pair("0000-0000").await.0;
    }
    assert_eq!(last, 429);
    let answer = http.post(gate.http("/pair")).body("code=1").send().await.unwrap();
    assert_eq!(answer.status(), 415);
}

fn certificates() -> TlsFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/certificates");
    TlsFiles { cert: folder.join("server.pem"), key: folder.join("server.key") }
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls_and_nothing_else() {
    let gate = Gate::with(GatewayConfig { tls: Some(certificates()), ..config() }).await;
    let ca = include_bytes!("../../support/certificates/ca.pem");
    let ca = reqwest::Certificate::from_pem(ca).unwrap();
    let http = reqwest::Client::builder().add_root_certificate(ca).build().unwrap();
    let answer = http.get(format!("https://{}/healthz", gate.address)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(http.get(gate.http("/healthz")).send().await.is_err());
    let answer = http.get(format!("https://{}/healthz", gate.address)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "and goes on after a client that spoke none");
}

async fn refusal(config: GatewayConfig) -> ListenError {
    let (host, _inputs) = tokio::sync::mpsc::channel(1);
    let stop = tokio_util::sync::CancellationToken::new();
    let door = Arc::new(super::gate::Nobody);
    switchboard::net::gateway::listen(config, door, host, &stop).await.unwrap_err()
}

#[tokio::test]
async fn it_does_not_listen_where_others_read_along_nor_with_half_a_certificate() {
    let anywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let open = refusal(GatewayConfig::at(anywhere)).await;
    assert!(open.to_string().contains("--behind-proxy"), "{open}");
    let TlsFiles { cert, key } = certificates();
    for files in [
        TlsFiles { cert: "/nowhere.pem".into(), key: key.clone() },
        TlsFiles { cert: key.clone(), key: key.clone() },
        TlsFiles { cert: cert.clone(), key: cert },
    ] {
        let refused = refusal(GatewayConfig { tls: Some(files), ..config() }).await;
        assert!(matches!(refused, ListenError::Certificate { .. }), "{refused}");
        assert!(!refused.to_string().contains("BEGIN"), "{refused}");
    }
    let gate = Gate::open().await;
    let taken = refusal(GatewayConfig { listen: gate.address, ..config() }).await;
    assert!(matches!(taken, ListenError::Bind { .. }), "{taken}");
}
