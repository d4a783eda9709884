//! `switchboard doctor`: what is configured, where the files are, what works and what does not.

use serde_json::{Value, json};

use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, say};
use super::providers::{Desk, describe};
use super::{backend, config};
use crate::protocol::{KeptIn, KeySource};
use crate::state::words;
use crate::store::secrets::Secrets;
use crate::store::{Paths, StoreStats};

/// One finding.
struct Finding {
    area: &'static str,
    good: bool,
    text: String,
}

pub(super) async fn run(paths: &Paths, flag: JsonFlag) -> Outcome {
    let mut findings = vec![good("version", env!("CARGO_PKG_VERSION").to_owned())];
    folders(paths, &mut findings);
    settings(paths, &mut findings);
    database(paths, &mut findings).await;
    keys(paths, &mut findings);
    providers(paths, &mut findings).await;
    print(&findings, flag)?;
    if findings.iter().all(|finding| finding.good) {
        return Ok(());
    }
    Err(Failure::work("something needs attention", "The lines marked with ! say what"))
}

fn good(area: &'static str, text: String) -> Finding {
    Finding { area, good: true, text }
}

fn bad(area: &'static str, text: String) -> Finding {
    Finding { area, good: false, text }
}

fn folders(paths: &Paths, findings: &mut Vec<Finding>) {
    match paths.create() {
        Ok(()) => {
            findings.push(good("config", paths.config_file().display().to_string()));
            findings.push(good("data", paths.data_dir.display().to_string()));
            findings.push(good("logs", paths.log_dir.display().to_string()));
        }
        Err(error) => findings.push(bad("data", error.to_string())),
    }
}

fn settings(paths: &Paths, findings: &mut Vec<Finding>) {
    let loaded = config::load(&paths.config_file());
    for notice in loaded.notices {
        let (title, _) = words::notice(&notice.code);
        findings.push(bad("config.toml", format!("{title}: {}", notice.detail)));
    }
}

async fn database(paths: &Paths, findings: &mut Vec<Finding>) {
    let opened = backend::open_store(&paths.database());
    for notice in &opened.notices {
        let (title, body) = words::notice(&notice.code);
        findings.push(bad("database", format!("{title}. {body} {}", notice.detail)));
    }
    let usable = opened.notices.is_empty();
    match opened.handle.stats().await {
        Ok(stats) if usable => findings.push(good("database", describe_stats(&stats))),
        Ok(_) => {}
        Err(error) => findings.push(bad("database", error.to_string())),
    }
    match opened.handle.check().await {
        Ok(problems) => findings.extend(problems.into_iter().map(|text| bad("database", text))),
        Err(error) => findings.push(bad("database", error.to_string())),
    }
    if let Err(error) = opened.handle.close().await {
        findings.push(bad("database", error.to_string()));
    }
}

fn describe_stats(stats: &StoreStats) -> String {
    let mb = stats.file_bytes.saturating_add(stats.wal_bytes).div_ceil(1024 * 1024);
    let file = stats
        .file
        .as_ref()
        .map_or_else(|| "in memory".to_owned(), |file| file.display().to_string());
    format!(
        "{file}: {}, {}, {mb} MB, schema {}, SQLite {}",
        counted(usize::try_from(stats.chats).unwrap_or(usize::MAX), "chat"),
        counted(usize::try_from(stats.messages).unwrap_or(usize::MAX), "message"),
        stats.schema_version,
        stats.sqlite_version
    )
}

fn keys(paths: &Paths, findings: &mut Vec<Finding>) {
    let text = match Secrets::from_environment(&paths.keys_file()).where_kept() {
        KeptIn::Keychain => "in the system keychain".to_owned(),
        KeptIn::File(file) => {
            format!("in {}, which only you can read", file.display())
        }
    };
    findings.push(good("keys", text));
}

async fn providers(paths: &Paths, findings: &mut Vec<Finding>) {
    // What is wrong with config.toml is said already.
    let Ok(desk) = Desk::open(paths) else { return };
    for config in desk.all() {
        let source = desk.key(&config).1;
        if source == KeySource::Missing {
            findings.push(bad("provider", format!("{}: no key", config.id)));
            continue;
        }
        let key = describe(&source);
        let asked = match desk.build(&config) {
            Ok(provider) => provider.models().await,
            Err(error) => Err(error),
        };
        findings.push(match asked {
            Ok(models) => good(
                "provider",
                format!("{}: ready, {}, {key}", config.id, counted(models.len(), "model")),
            ),
            Err(error) => {
                let title = words::for_error(&error).title;
                bad("provider", format!("{}: {title}: {}", config.id, error.message))
            }
        });
    }
}

/// `1 model`, `2 models`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn print(findings: &[Finding], flag: JsonFlag) -> Outcome {
    if flag.json {
        let rows: Vec<Value> = findings
            .iter()
            .map(|finding| json!({"area": finding.area, "ok": finding.good, "text": finding.text}))
            .collect();
        return say(&Value::from(rows).to_string());
    }
    for finding in findings {
        let mark = if finding.good { " " } else { "!" };
        say(&format!("{mark} {:<12} {}", finding.area, finding.text))?;
    }
    Ok(())
}
