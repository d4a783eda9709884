//! Whom TLS trusts: the authorities of this computer, and where a file is named, the certificates
//! in it.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, InvalidMessage,
    RootCertStore, SignatureScheme,
};

use crate::protocol::{ErrorKind, ProviderError};

/// What to do about a certificate that is not trusted, of a provider.
pub(crate) const ADVICE_PROVIDER: &str =
    "Set the provider's certificate file (ca_file) if you trust it";
/// The same of a server that has no certificate file.
pub(crate) const ADVICE_SERVER: &str = "If it is your own, give its certificate with --ca-file, \
                                        or as Certificate file in the server's settings";
/// The same of a server that has one.
pub(crate) const ADVICE_SERVER_WITH_FILE: &str = "It is none of those in the certificate file, nor signed by one. If the server has a new one, \
     give that";

/// How TLS is spoken, with the certificates in a file trusted as well. A server that presents
/// exactly one of them is known by it: it may be an authority's, as `openssl req -x509` makes
/// them, and need not name the host. That it holds the key is checked all the same.
///
/// # Errors
///
/// `BadRequest` where the file cannot be used, `Network` where the system's certificates cannot
/// and no file is there.
pub(crate) fn client_config(file: Option<&Path>) -> Result<ClientConfig, ProviderError> {
    let unusable = |reason: &dyn std::fmt::Display| {
        ProviderError::new(
            ErrorKind::Network,
            format!("The system's certificates could not be read: {reason}"),
        )
    };
    let known = file.map(certificates).transpose()?.unwrap_or_default();
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots.add_parsable_certificates(known.iter().cloned());
    if roots.is_empty() {
        let error = found.errors.first().map(ToString::to_string);
        return Err(unusable(&error.unwrap_or_else(|| "there are none".to_owned())));
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    if known.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| unusable(&error))?;
    let verifier = Arc::new(Pinned { known, usual });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// The same for HTTP, which may be spoken as HTTP/2.
pub(crate) fn over_http(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// Whether a file with certificates can be used.
///
/// # Errors
///
/// `BadRequest` with a sentence that names the file.
pub fn check_certificates(file: &Path) -> Result<(), ProviderError> {
    certificates(file).map(drop)
}

/// The certificates in a file.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ProviderError> {
    let shown = file.display();
    let refuse = |message: String| Err(ProviderError::certificate_file(message));
    let pem = match std::fs::read(file) {
        Ok(pem) => pem,
        Err(error) => {
            return refuse(format!("The certificate file {shown} cannot be read: {error}"));
        }
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if found.is_empty() => {
            refuse(format!("The certificate file {shown} holds no certificate in PEM form"))
        }
        Ok(found) => {
            let mut roots = RootCertStore::empty();
            for certificate in &found {
                roots.add(certificate.clone()).map_err(|error| not_valid(file, &error))?;
            }
            Ok(found)
        }
        Err(error) => Err(not_valid(file, &error)),
    }
}

fn not_valid(file: &Path, reason: &dyn std::fmt::Display) -> ProviderError {
    let shown = file.display();
    ProviderError::certificate_file(format!("The certificate file {shown} is not valid: {reason}"))
}

/// Accepts the certificates of a file by themselves, and all others as usual.
#[derive(Debug)]
struct Pinned {
    known: Vec<CertificateDer<'static>>,
    usual: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let usual = self.usual.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let is_known = || self.known.iter().any(|known| known == end_entity);
        match usual {
            // The usual check looks at the dates first, so what it says of others is no matter.
            Err(error) if !is_out_of_date(&error) && is_known() => {
                Ok(ServerCertVerified::assertion())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

fn is_out_of_date(error: &TlsError) -> bool {
    let TlsError::InvalidCertificate(reason) = error else { return false };
    has_expired(reason) || is_to_come(reason)
}

fn has_expired(reason: &CertificateError) -> bool {
    matches!(reason, CertificateError::Expired | CertificateError::ExpiredContext { .. })
}

fn is_to_come(reason: &CertificateError) -> bool {
    matches!(reason, CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })
}

/// The failure of TLS behind an error, wherever it is packed.
pub(crate) fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<TlsError>() {
            return Some(found);
        }
        // The source of such an error is that of what it holds, which is passed over so.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = match held {
            Some(held) => Some(held as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

/// Whether the other end does not speak TLS at all.
pub(crate) fn is_plain(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidMessage(InvalidMessage::InvalidContentType))
}

/// What is wrong with a certificate, for people; nothing where it is something else.
pub(crate) fn words(error: &TlsError, host: &str, advice: &str) -> Option<String> {
    let TlsError::InvalidCertificate(reason) = error else { return None };
    let is_for_another = matches!(
        reason,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    );
    let what = if has_expired(reason) {
        "has expired. Renew it on the server".to_owned()
    } else if is_to_come(reason) {
        "is not valid yet. Check the clocks of both computers".to_owned()
    } else if is_for_another {
        format!("is for another name. Use the name that it was made for. {advice}")
    } else {
        format!("is not trusted here. {advice}")
    };
    Some(format!("The certificate of {host} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_in_words() {
        let table = [
            (CertificateError::UnknownIssuer, "is not trusted here. Do this"),
            (CertificateError::BadEncoding, "is not trusted here. Do this"),
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::NotValidForName, "for another name"),
        ];
        for (reason, expected) in table {
            let packed = io::Error::other(io::Error::other(TlsError::InvalidCertificate(reason)));
            let said = words(tls_error(&packed).unwrap(), "home:1", "Do this").unwrap();
            assert!(said.starts_with("The certificate of home:1 "), "{said}");
            assert!(ProviderError::new(ErrorKind::Network, &said).is_about_certificates());
            assert!(said.contains(expected), "{said}");
        }
        let other = TlsError::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(words(&other, "home", ""), None);
        assert!(is_plain(&other) && tls_error(&io::Error::other("else")).is_none());
    }
}
