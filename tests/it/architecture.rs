//! The house, as `ARCHITECTURE.md` draws it: who may import whom, and how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// A module, the modules of ours it may import, and the crates of which it is the only home.
struct Room {
    module: &'static str,
    may_import: &'static [&'static str],
    only_home_of: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { module: "protocol", may_import: &[], only_home_of: &[] },
    Room { module: "state", may_import: &["protocol"], only_home_of: &[] },
    Room {
        module: "store",
        may_import: &["protocol"],
        only_home_of: &["rusqlite", "rusqlite_migration", "directories", "keyring", "keyring_core"],
    },
    Room { module: "net", may_import: &["protocol"], only_home_of: &["reqwest", "sse_stream"] },
    Room { module: "agent", may_import: &["protocol", "net", "store"], only_home_of: &["notify"] },
    Room { module: "ui", may_import: &["protocol", "state"], only_home_of: &[] },
    Room {
        module: "app",
        may_import: &["protocol", "state", "store", "net", "agent", "ui"],
        only_home_of: &["eframe", "clap", "rfd"],
    },
];

/// Crates with more than one home.
const SHARED_HOMES: &[(&str, &[&str])] = &[("egui", &["ui", "app"])];

/// Lines of a file that are neither blank nor comment, tests not counted.
const LONGEST_FILE: usize = 500;

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_of(module: &str) -> Vec<PathBuf> {
    let mut files = vec![source().join(format!("{module}.rs"))];
    let folder = source().join(module);
    if folder.is_dir() {
        files.extend(rust_files(&folder));
    }
    files
}

/// The lines that compile into the program: no comments, no tests.
fn code_lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(str::to_owned)
        .collect()
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| stem == "tests")
}

/// Whether a line names a crate's or module's path.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let inside_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        // `super::egui::` and `crate::net::` name other things than the crates of that name.
        !inside_word && (path.starts_with("crate::") || before != Some(':'))
    })
}

#[test]
fn modules_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for room in ROOMS {
        for file in files_of(room.module).iter().filter(|file| !is_test_file(file)) {
            for line in code_lines(file) {
                for other in ROOMS.iter().filter(|other| other.module != room.module) {
                    let path = format!("crate::{}", other.module);
                    if names(&line, &path) && !room.may_import.contains(&other.module) {
                        wrong.push(format!("{}: {line}", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the map:\n{}", wrong.join("\n"));
}

#[test]
fn crates_are_used_only_in_their_homes() {
    let mut homes: Vec<(&str, Vec<&str>)> =
        SHARED_HOMES.iter().map(|(name, homes)| (*name, homes.to_vec())).collect();
    for room in ROOMS {
        homes.extend(room.only_home_of.iter().map(|name| (*name, vec![room.module])));
    }
    let mut wrong = Vec::new();
    for room in ROOMS {
        for file in files_of(room.module).iter().filter(|file| !is_test_file(file)) {
            for line in code_lines(file) {
                for (name, allowed) in &homes {
                    let used =
                        names(&line, &format!("{name}::")) || names(&line, &format!("use {name};"));
                    if used && !allowed.contains(&room.module) {
                        wrong.push(format!("{}: {line}", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "crates away from home:\n{}", wrong.join("\n"));
}

#[test]
fn state_knows_no_toolkit_and_no_runtime() {
    for file in files_of("state") {
        for line in code_lines(&file) {
            for name in ["egui::", "eframe::", "tokio::"] {
                assert!(!names(&line, name), "{}: {line}", file.display());
            }
        }
    }
}

/// The UI thread never waits: blocking on a future is for commands and for the end of the app.
#[test]
fn nothing_blocks_but_commands_and_the_end() {
    let allowed = ["src/app/cli.rs", "src/app/window.rs"];
    for file in rust_files(&source()).iter().filter(|file| !is_test_file(file)) {
        let blocks = code_lines(file).iter().any(|line| line.contains(".block_on("));
        let here = allowed.iter().any(|allowed| file.ends_with(allowed));
        assert!(!blocks || here, "{}", file.display());
    }
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for file in rust_files(&source()) {
        let lines = code_lines(&file).len();
        if lines > LONGEST_FILE {
            long.push(format!("{} ({lines})", file.display()));
        }
    }
    assert!(long.is_empty(), "over {LONGEST_FILE} lines:\n{}", long.join("\n"));
}

#[test]
fn no_module_is_a_mod_rs_or_a_heap_of_utilities() {
    for file in rust_files(&source()) {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["mod", "util", "utils", "helpers", "misc", "common"].contains(&stem.as_str()),
            "{}",
            file.display()
        );
    }
}
