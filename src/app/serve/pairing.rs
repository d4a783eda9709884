//! A code that is shown once, for a person with a desktop beside the gateway.

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
