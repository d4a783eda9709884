//! A code that is shown once, for a person with a desktop beside the gateway.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use secrecy::{ExposeSecret, SecretString};

use super::super::failure::{Failure, Outcome, say};

/// Without letters and digits that look alike.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code of 40 bits of the system's chance.
pub(super) fn code() -> Result<SecretString, Failure> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::work(format!("the system gives no chance: {error}"), ""))?;
    let mut code = String::with_capacity(9);
    for (place, byte) in bytes.into_iter().enumerate() {
        if place == 4 {
            code.push('-');
        }
        let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'A');
        code.push(char::from(letter));
    }
    Ok(SecretString::from(code))
}

/// Where others reach a gateway that listens at all addresses of its machine: at the one by which
/// the machine itself would go out. Nothing is sent to find that out.
pub(super) fn reachable(listens: SocketAddr) -> SocketAddr {
    if !listens.ip().is_unspecified() {
        return listens;
    }
    let here = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        // An address for documentation (RFC 5737): any beyond the local network will do.
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    match here() {
        Ok(here) => SocketAddr::new(here.ip(), listens.port()),
        Err(error) => {
            tracing::debug!(%error, "this machine has no way out");
            listens
        }
    }
}

/// Shows code and address, as text and as a picture for a camera.
pub(super) fn show(code: &SecretString, address: &str) -> Outcome {
    let code = code.expose_secret();
    say(&format!("pairing code {code} for {address}, for 10 minutes, once"))?;
    let text = format!("switchboard://pair?server={address}&code={code}");
    match QrCode::new(text.as_bytes()) {
        Ok(picture) => {
            // Most terminals are dark: what is dark in the picture is left as the terminal is.
            let mut drawn = picture.render::<Dense1x2>();
            drawn.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true);
            say(&drawn.build())
        }
        // The code can be typed.
        Err(error) => {
            tracing::debug!(%error, "no picture of the code");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_can_be_reached_is_shown_as_it_is() {
        for address in ["127.0.0.1:8899", "192.168.1.20:1", "[::1]:7"] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(reachable(address), address);
        }
        let all: SocketAddr = "0.0.0.0:8899".parse().unwrap();
        assert_eq!(reachable(all).port(), 8899);
    }

    #[test]
    fn codes_are_easy_to_read_and_differ() {
        let codes: std::collections::HashSet<String> =
            (0..100).map(|_| code().unwrap().expose_secret().to_owned()).collect();
        assert_eq!(codes.len(), 100);
        for code in codes {
            assert_eq!((code.len(), code.find('-')), (9, Some(4)), "{code}");
            assert!(!code.contains(['I', 'O', '0', '1']), "{code}");
        }
    }
}
