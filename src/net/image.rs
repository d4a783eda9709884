//! Pictures that messages name: fetched only when the user asked to see one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Url;
use reqwest::header::LOCATION;

use super::http::content_type;
use super::{HttpClient, failure};
use crate::protocol::{ErrorKind, ProviderError};

/// Largest picture, in bytes.
const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Redirects that are followed: content networks use one or two.
const MAX_REDIRECTS: usize = 4;
/// How long it may take in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Loads a picture. No key is sent, whatever the address.
///
/// # Errors
///
/// When the address is not one of the web, does not answer, is no picture, or is too large.
pub async fn fetch_image(http: &HttpClient, url: &str) -> Result<Arc<[u8]>, ProviderError> {
    match tokio::time::timeout(PATIENCE, follow(http, url)).await {
        Ok(result) => result,
        Err(_) => {
            let message = format!("The picture did not come within {} s", PATIENCE.as_secs());
            Err(ProviderError::new(ErrorKind::Timeout, message))
        }
    }
}

async fn follow(http: &HttpClient, url: &str) -> Result<Arc<[u8]>, ProviderError> {
    let mut url = parse(url)?;
    for _ in 0..=MAX_REDIRECTS {
        let host = url.host_str().unwrap_or_default().to_owned();
        let sent = http.for_url(&url)?.get(url.clone()).send().await;
        let response = sent.map_err(|error| failure::transport(&error, &host))?;
        if response.status().is_redirection() {
            let next = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = next.and_then(|next| url.join(next).ok());
            url = parse(next.as_ref().map_or("", Url::as_str))?;
            continue;
        }
        return read(response, &host).await;
    }
    Err(ProviderError::new(ErrorKind::Protocol, "The picture's address leads on and on"))
}

fn parse(text: &str) -> Result<Url, ProviderError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) | Err(_) => {
            Err(ProviderError::new(ErrorKind::BadRequest, "The picture has no address of the web"))
        }
    }
}

async fn read(response: reqwest::Response, host: &str) -> Result<Arc<[u8]>, ProviderError> {
    let status = response.status();
    if !status.is_success() {
        let mut error = ProviderError::new(
            ErrorKind::NotFound,
            format!("{host} answered {} instead of a picture", status.as_u16()),
        );
        error.status = Some(status.as_u16());
        return Err(error);
    }
    if !content_type(&response).trim().starts_with("image/") {
        let message = format!("{host} sent something that is not a picture");
        return Err(ProviderError::new(ErrorKind::Protocol, message));
    }
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| failure::transport(&error, host))?;
        if bytes.len() + piece.len() > MAX_BYTES {
            let message = format!("The picture is larger than {} MB", MAX_BYTES / 1024 / 1024);
            return Err(ProviderError::new(ErrorKind::Protocol, message));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}
