//! Secrets in places where none belong: addresses and names of variables. None is repeated.

/// Why an address cannot be a provider's: it holds a user name or a password, which would be
/// written into `config.toml` and shown.
pub fn address_problem(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.contains('@').then(|| {
        "The address holds a user name or a password. Leave them out, and enter the key as the provider's key"
            .to_owned()
    })
}

/// Why a text cannot name an environment variable; none where it can.
pub fn variable_problem(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (!begins || !name.chars().all(fits)).then(|| {
        "This cannot be the name of an environment variable: letters, digits and _ can. Name the variable that holds the key, not the key"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_addresses_and_names_are_refused_and_not_repeated() {
        for url in ["https://u:hunter2@h/v1", "https://hunter2@h", "http://u:hunter2@h?x=/"] {
            let problem = address_problem(url).unwrap();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        for url in ["https://h/v1/@x", "https://h/v1?user=a@b", "h@x", "http://[::1]:1/v1#@"] {
            assert_eq!(address_problem(url), None, "{url}");
        }
        for name in ["sk-hunter2", "2A", "", "A B", "A=B", "$A"] {
            let problem = variable_problem(name).unwrap();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        for name in ["OPENAI_API_KEY", "_a1"] {
            assert_eq!(variable_problem(name), None, "{name}");
        }
    }
}
