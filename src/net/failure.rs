//! From what a server or a connection says when it fails to a [`ProviderError`].

use std::error::Error;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::trust;
use crate::protocol::{ErrorKind, ProviderError};

/// Messages of providers are cut at this many characters.
const MESSAGE_CHARS: usize = 500;

/// What a provider said about a failure.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) message: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) class: Option<String>,
    /// A code in the range of HTTP's errors.
    pub(crate) status: Option<u16>,
    /// The provider's moderation refused the request.
    pub(crate) moderated: bool,
}

impl Said {
    /// Reads an error object in any of the shapes in use: `{"error": {…}}`, `{"error": "…"}`,
    /// `{"message": …}`, `{"detail": …}`, or a list of one of these.
    pub(crate) fn read(value: &Value) -> Self {
        match value {
            Value::String(text) => Self { message: Some(text.clone()), ..Self::default() },
            Value::Array(list) => list.first().map(Self::read).unwrap_or_default(),
            Value::Object(object) => match object.get("error") {
                Some(inner @ (Value::Object(_) | Value::String(_))) => Self::read(inner),
                Some(_) | None => Self::read_object(value),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::default(),
        }
    }

    fn read_object(value: &Value) -> Self {
        let message =
            ["message", "detail", "msg"].into_iter().find_map(|name| readable(value.get(name)?));
        let metadata = &value["metadata"];
        let upstream = metadata["raw"].as_str().map(|raw| {
            let inner = serde_json::from_str(raw).ok().and_then(|raw| Self::read(&raw).message);
            inner.unwrap_or_else(|| raw.to_owned())
        });
        let message = match (message, upstream) {
            (Some(message), Some(upstream)) => Some(format!("{message}: {upstream}")),
            (message, upstream) => message.or(upstream),
        };
        let code = match &value["code"] {
            Value::String(code) if !code.is_empty() => Some(code.clone()),
            Value::Number(code) => Some(code.to_string()),
            // Anthropic.
            Value::Null => value["details"]["error_code"].as_str().map(str::to_owned),
            Value::String(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let status = code.as_deref().and_then(|code| code.parse().ok());
        Self {
            message,
            class: value["type"].as_str().map(str::to_owned),
            status: status.filter(|status| (400..600).contains(status)),
            moderated: metadata["reasons"].is_array(),
            code,
        }
    }

    /// The error this is, under the HTTP status it came with, if that was not 200.
    pub(crate) fn into_error(self, http_status: Option<u16>) -> ProviderError {
        let status = http_status.or(self.status);
        let kind = if self.moderated { ErrorKind::Refused } else { self.kind(status) };
        let message = self.message.filter(|text| !text.trim().is_empty());
        let message = message.unwrap_or_else(|| match status {
            Some(status) => format!("The provider answered with status {status} and no reason"),
            None => "The provider reported an error and gave no reason".to_owned(),
        });
        ProviderError {
            kind,
            status,
            code: self.code.or(self.class),
            message: cut(&message),
            retry_after_ms: None,
        }
    }

    fn kind(&self, status: Option<u16>) -> ErrorKind {
        if status == Some(413) {
            return ErrorKind::ContextTooLong;
        }
        let named = [&self.code, &self.class].into_iter().flatten().find_map(|name| by_name(name));
        named.or_else(|| status.map(by_status)).unwrap_or_else(|| {
            // Anthropic's word for a fault of its own. Ollama says it of all that has no word, but
            // with a status.
            let own_fault = self.class.as_deref() == Some("api_error");
            if own_fault { ErrorKind::Overloaded } else { ErrorKind::BadRequest }
        })
    }
}

fn readable(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().filter_map(readable).collect();
            Some(texts.join("; ")).filter(|text| !text.is_empty())
        }
        Value::Object(object) => ["message", "msg", "detail"]
            .into_iter()
            .find_map(|name| readable(object.get(name)?))
            .or_else(|| Some(value.to_string())),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

/// Codes and types that say more than the status: of OpenAI, Groq, llama.cpp, Anthropic, DeepSeek
/// and Mistral.
fn by_name(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "context_length_exceeded"
        | "context_window_exceeded"
        | "model_context_window_exceeded"
        | "exceed_context_size_error"
        | "string_above_max_length"
        | "request_too_large"
        | "request_body_too_large_after_decoding" => ErrorKind::ContextTooLong,
        "invalid_api_key"
        | "authentication_error"
        | "permission_error"
        | "insufficient_quota"
        | "insufficient_balance"
        | "billing_error"
        | "billing_not_active"
        | "contract_spend_limit_reached"
        | "enforced_spend_limit_reached"
        | "organization_on_hold"
        | "billing_hard_limit_reached"
        | "account_deactivated" => ErrorKind::Auth,
        "rate_limit_exceeded" | "rate_limit_error" | "rate_limited" => ErrorKind::RateLimited,
        "model_not_found" | "not_found_error" => ErrorKind::NotFound,
        "overloaded_error"
        | "server_is_overloaded"
        | "slow_down"
        | "server_error"
        | "internal_server_error"
        | "service_unavailable"
        | "timeout_error" => ErrorKind::Overloaded,
        "content_filter"
        | "content_policy_violation"
        | "image_content_policy_violation"
        | "misalignment_policy_violation"
        | "bio_policy"
        | "moderation_blocked" => ErrorKind::Refused,
        _ => return None,
    })
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        401..=403 => ErrorKind::Auth,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Network,
        413 => ErrorKind::ContextTooLong,
        429 => ErrorKind::RateLimited,
        // 498 is Groq's word for no capacity.
        498 => ErrorKind::Overloaded,
        500 | 502..=504 | 506..=599 => ErrorKind::Overloaded,
        _ => ErrorKind::BadRequest,
    }
}

/// How long the provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a
/// date (RFC 9110, 10.2.3). A date is measured against the server's own clock where it tells it.
pub(crate) fn retry_after_ms(headers: &HeaderMap, now: jiff::Timestamp) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let positive = |ms: f64| if ms.is_finite() && ms >= 0.0 { Some(ms) } else { None };
    let whole = |ms: f64| std::time::Duration::try_from_secs_f64(ms / 1e3).ok();
    let milliseconds = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok());
    let seconds = text(RETRY_AFTER.as_str()).and_then(|text| text.parse::<f64>().ok());
    if let Some(ms) = milliseconds.or(seconds.map(|seconds| seconds * 1e3)).and_then(positive) {
        return whole(ms).and_then(|wait| u64::try_from(wait.as_millis()).ok());
    }
    let date =
        |name: &str| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text(name)?).ok();
    let until = date(RETRY_AFTER.as_str())?;
    let now = date(DATE.as_str()).unwrap_or(now);
    let ms = until.as_millisecond().saturating_sub(now.as_millisecond());
    Some(u64::try_from(ms).unwrap_or(0))
}

/// A failure to send a request, or to read its answer.
pub(crate) fn transport(error: &reqwest::Error, host: &str) -> ProviderError {
    let cause = root_cause(error);
    let (kind, message) = if error.is_builder() {
        (ErrorKind::BadRequest, format!("The request could not be made: {cause}"))
    } else if let Some(words) = wrong_scheme_or_certificate(error, &cause, host) {
        (ErrorKind::Network, words)
    } else if let Some(proxy) = failed_proxy(error, &cause) {
        (ErrorKind::Network, format!("{proxy} cannot be reached: {cause}"))
    } else if error.is_timeout() {
        (ErrorKind::Network, format!("{host} did not take the connection in time"))
    } else if error.is_connect() {
        (ErrorKind::Network, format!("{host} cannot be reached: {cause}"))
    } else if error.is_body() || error.is_decode() {
        (ErrorKind::Network, format!("The connection to {host} broke: {cause}"))
    } else {
        (ErrorKind::Network, format!("The request to {host} failed: {cause}"))
    };
    ProviderError::new(kind, cut(&message))
}

/// What is wrong where the two ends do not understand each other from the first byte: by the
/// error of rustls where there is one, else by the words of hyper, which has no types for it.
fn wrong_scheme_or_certificate(error: &reqwest::Error, cause: &str, host: &str) -> Option<String> {
    let scheme = error.url().map_or("", |url| url.scheme());
    let certificate =
        trust::tls_error(error).and_then(|error| trust::words(error, host, trust::ADVICE_PROVIDER));
    if certificate.is_some() {
        certificate
    } else if scheme == "https" && cause.contains("InvalidContentType") {
        Some(format!("{host} does not speak HTTPS here. Begin the address with http://"))
    } else if scheme == "http" && cause.contains("invalid HTTP version") {
        Some(format!("{host} does not speak plain HTTP here. Begin the address with https://"))
    } else {
        None
    }
}

/// The proxy that a request failed at. Behind one, only TLS fails at the server itself.
fn failed_proxy(error: &reqwest::Error, cause: &str) -> Option<String> {
    let is_tls = cause.contains("certificate") || cause.contains("peer");
    if !error.is_connect() || is_tls {
        return None;
    }
    let proxy = super::http::proxy_for(error.url()?).ok()??;
    Some(proxy.to_string())
}

/// The last cause of an error: the part that says what happened.
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The title of a web page, or nothing.
pub(crate) fn page_title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = cut(html.get(start..end)?);
    Some(title).filter(|title| !title.is_empty())
}

/// One line of at most [`MESSAGE_CHARS`] characters.
pub(crate) fn cut(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(4 * MESSAGE_CHARS));
    for (count, character) in
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().enumerate()
    {
        if count == MESSAGE_CHARS {
            line.push('…');
            break;
        }
        line.push(if character.is_control() { ' ' } else { character });
    }
    line
}

/// The text with everything replaced that looks like a key: `sk-…`, `gsk_…`, what follows
/// `Bearer`.
pub(crate) fn without_tokens(text: &str) -> String {
    const PREFIXES: [&str; 6] = ["sk-", "sk_", "gsk_", "pk-", "xai-", "key-"];
    let mut clean = String::with_capacity(text.len());
    let mut after_bearer = false;
    for piece in text.split_inclusive([' ', '"', '\'', ',', '`', '\n', '(', ')', '<', '>', '=']) {
        let word =
            piece.trim_end_matches([' ', '"', '\'', ',', '`', '\n', '(', ')', '<', '>', '=']);
        let is_token = word.len() >= 8
            && (after_bearer || PREFIXES.iter().any(|prefix| word.starts_with(prefix)));
        after_bearer = word.eq_ignore_ascii_case("bearer");
        if is_token {
            clean.push_str("[key]");
            clean.push_str(piece.get(word.len()..).unwrap_or_default());
        } else {
            clean.push_str(piece);
        }
    }
    clean
}

#[cfg(test)]
mod tests;
