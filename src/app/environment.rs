//! The environment, with what `.env` files add. Variables that are set win over files.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::agent::Environment;

/// Reads the environment once. A file that is not there is no error; a line that cannot be read
/// is reported and the lines before it count.
pub(super) fn read(files: &[PathBuf]) -> Environment {
    let mut variables: HashMap<String, String> = HashMap::new();
    for file in files {
        let Ok(lines) = dotenvy::from_path_iter(file) else { continue };
        for line in lines {
            match line {
                Ok((name, value)) => {
                    variables.entry(name).or_insert(value);
                }
                Err(_) => {
                    tracing::warn!(file = %file.display(), "a line of this file cannot be read");
                    break;
                }
            }
        }
    }
    variables.extend(std::env::vars());
    Environment::new(variables)
}
