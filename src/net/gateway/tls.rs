//! The gateway's own TLS.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{ListenError, TlsFiles};

/// Reads a certificate and its key.
pub(super) async fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ListenError> {
    let pem = read(&files.cert).await?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| refused(&files.cert, &error))?;
    if chain.is_empty() {
        return Err(refused(&files.cert, &"there is no certificate in it"));
    }
    let pem = read(&files.key).await?;
    // What is wrong with a key is not repeated: it could be part of it.
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_error| refused(&files.key, &"there is no private key in it"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| refused(&files.cert, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn read(path: &Path) -> Result<Vec<u8>, ListenError> {
    tokio::fs::read(path).await.map_err(|error| refused(path, &error))
}

fn refused(path: &Path, said: &dyn std::fmt::Display) -> ListenError {
    ListenError::Certificate { path: path.to_owned(), said: said.to_string() }
}
