//! Finding servers on this machine by asking their usual ports.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::http::parse_base;
use super::{HttpClient, body, http, known};
use crate::protocol::{ProviderConfig, ProviderKind};

const DEADLINE: Duration = Duration::from_millis(400);
const LIST_BYTES: usize = 8 << 20;

/// A server that usually runs on a port of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalServer {
    /// First part of its models' ids.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// On 127.0.0.1.
    pub port: u16,
}

/// The servers that are looked for.
pub static SERVERS: [LocalServer; known::SERVERS.len()] = servers();

const fn servers() -> [LocalServer; known::SERVERS.len()] {
    let mut all = [LocalServer { id: "", name: "", port: 0 }; known::SERVERS.len()];
    let mut n = 0;
    while n < all.len() {
        let (id, name, port) = known::SERVERS[n];
        all[n] = LocalServer { id, name, port };
        n += 1;
    }
    all
}

/// The server that is known by this id.
pub fn find(id: &str) -> Option<&'static LocalServer> {
    SERVERS.iter().find(|server| server.id == id)
}

impl LocalServer {
    /// Its configuration at its usual port.
    pub fn config(&self) -> ProviderConfig {
        let url = format!("http://127.0.0.1:{}/v1", self.port);
        ProviderConfig::new(self.id, self.name, ProviderKind::Openai, url)
    }
}

/// The servers that answer on this machine now. Takes at most 400 ms.
pub async fn discover(http: &HttpClient) -> Vec<ProviderConfig> {
    discover_among(http, &SERVERS).await
}

/// As [`discover`], for other servers and ports.
pub async fn discover_among(http: &HttpClient, servers: &[LocalServer]) -> Vec<ProviderConfig> {
    let asked = servers.iter().map(|server| async {
        let config = server.config();
        let answer = tokio::time::timeout(DEADLINE, lists_models(http, &config.url)).await;
        Some(config).filter(|_| matches!(answer, Ok(Some(true))))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Other programs use these ports too: only a list in OpenAI's shape counts.
async fn lists_models(http: &HttpClient, base: &str) -> Option<bool> {
    let url = http::below(&parse_base(base).ok()?, &["models"]);
    let response = http.for_url(&url).ok()?.get(url).send().await.ok()?;
    if !response.status().is_success() {
        return Some(false);
    }
    let body = body::read_all(response, LIST_BYTES, DEADLINE).await.ok()?;
    let list: Value = serde_json::from_slice(&body).ok()?;
    Some(list["object"] == "list" || list["data"].is_array())
}
