//! Headers that a user may set for a provider.

/// Headers that the app writes itself: the key has its own place, and the rest belongs to the
/// connection.
const RESERVED: [&str; 9] = [
    "authorization",
    "x-api-key",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "accept",
    "accept-encoding",
];

/// Why a header cannot be set (RFC 9110, 5.1 and 5.5); none where it can. The value is never
/// repeated: it may be a secret.
pub fn header_problem(name: &str, value: &str) -> Option<String> {
    let (name, value) = (name.trim(), value.trim());
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "authorization" | "x-api-key") {
        return Some(format!(
            "The header {name} is the key's own. Enter the key as the provider's key"
        ));
    }
    if RESERVED.contains(&lower.as_str()) {
        return Some(format!("The header {name} is set by the app and cannot be changed"));
    }
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() {
        return Some("A header needs a name".to_owned());
    }
    if !name.bytes().all(is_token) {
        return Some(format!(
            "{name:?} cannot be the name of a header: letters, digits and dashes can"
        ));
    }
    if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Some(format!(
            "The value of the header {name} has a line break or a character that cannot be sent"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_cannot_be_set_are_refused_by_name_and_without_their_value() {
        let table = [
            ("Authorization", "Bearer hunter2hunter2", "the key's own"),
            ("X-API-Key", "hunter2", "the key's own"),
            (" Host ", "hunter2", "set by the app"),
            ("content-length", "hunter2", "set by the app"),
            ("Two words", "hunter2", "name of a header"),
            ("X-Ü", "hunter2", "name of a header"),
            ("", "hunter2", "needs a name"),
            ("X-Line", "hunter2\r\nX-Other: 1", "line break"),
            ("X-Word", "hünter2", "cannot be sent"),
        ];
        for (name, value, expected) in table {
            let problem = header_problem(name, value).unwrap();
            assert!(problem.contains(expected), "{name}: {problem}");
            assert!(!problem.contains("nter2"), "{problem}");
        }
        assert_eq!(header_problem("X-Team", "blue, or (red)"), None);
    }
}
