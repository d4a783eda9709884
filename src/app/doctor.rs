//! `switchboard doctor`: what is configured, where the files are, what works and what does not.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, say, say_exactly};
use super::providers::{Desk, describe};
use super::servers::{self, ServerDesk};
use super::{backend, config};
use crate::agent::{self, Clock};
use crate::protocol::{BotEntry, BotOrigin, KeySource, ProviderConfig, ProviderKind};
use crate::state::words;
use crate::store::secrets::Secrets;
use crate::store::{KeptModels, Paths, StoreHandle, StoreStats};

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
    let kept = database(paths, &mut findings).await;
    keys(paths, &mut findings);
    providers(paths, &kept, &mut findings).await;
    all_servers(paths, &mut findings).await;
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

/// Gives the lists of models that are kept in it.
async fn database(paths: &Paths, findings: &mut Vec<Finding>) -> Vec<KeptModels> {
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
    bots(paths, &opened.handle, findings).await;
    let kept = opened.handle.load_models().await.unwrap_or_default();
    if let Err(error) = opened.handle.close().await {
        findings.push(bad("database", error.to_string()));
    }
    kept
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

/// How many bots there are, and what is wrong with some.
async fn bots(paths: &Paths, store: &StoreHandle, findings: &mut Vec<Finding>) {
    let file = paths.personas_file();
    let library = agent::read_library(store, &file).await;
    let count =
        |fits: &dyn Fn(&BotEntry) -> bool| library.bots.iter().filter(|entry| fits(entry)).count();
    let of = |origin: BotOrigin| count(&|entry: &BotEntry| entry.origin == origin);
    let archived = match count(&|entry: &BotEntry| entry.archived) {
        0 => String::new(),
        count => format!(" ({count} archived)"),
    };
    let text = format!(
        "{} with Switchboard, {} of your own{archived}, {} in {}",
        counted(of(BotOrigin::BuiltIn), "bot"),
        of(BotOrigin::Own),
        of(BotOrigin::Personas),
        file.display()
    );
    findings.push(good("bots", text));
    findings.extend(library.problems.iter().map(|problem| bad("bots", problem.to_string())));
}

fn keys(paths: &Paths, findings: &mut Vec<Finding>) {
    let place = Secrets::from_environment(&paths.keys_file()).describe_place();
    findings.push(good("keys", format!("new keys go {place}")));
}

async fn providers(paths: &Paths, kept: &[KeptModels], findings: &mut Vec<Finding>) {
    // What is wrong with config.toml is said already.
    let Ok(desk) = Desk::open(paths) else { return };
    let all = desk.all();
    let examined = all.iter().map(|config| provider(&desk, kept, config));
    findings.extend(join_all(examined).await);
}

/// How a provider stands, asked for its models now.
async fn provider(desk: &Desk, kept: &[KeptModels], config: &ProviderConfig) -> Finding {
    let (id, kind) = (&config.id, config.kind.as_str());
    let listed = match kept.iter().find(|kept| kept.provider == *id) {
        Some(kept) => words::list_age(kept.listed, (Clock::system().now)()),
        None if config.kind == ProviderKind::Guide => "built in".to_owned(),
        None => "never listed".to_owned(),
    };
    let source = match desk.key(config) {
        Ok((_, KeySource::Missing)) => {
            return bad("provider", format!("{id} ({kind}): no key, {listed}"));
        }
        Ok((_, source)) => source,
        Err(error) => return bad("provider", format!("{id} ({kind}): {error}")),
    };
    let key = describe(&source);
    let asked = match desk.build(config) {
        Ok(provider) => provider.models().await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(models) => {
            let models = counted(models.len(), "model");
            good("provider", format!("{id} ({kind}): ready, {models}, {key}, {listed}"))
        }
        Err(error) => {
            let sentence = words::list_sentence(&error);
            bad("provider", format!("{id} ({kind}): {sentence}, {key}, {listed}"))
        }
    }
}

/// How the servers stand, each tried now.
async fn all_servers(paths: &Paths, findings: &mut Vec<Finding>) {
    // What is wrong with config.toml is said already.
    let Ok(desk) = ServerDesk::open(paths) else { return };
    let examined = desk.settings.servers.iter().map(async |server| {
        let (id, url, token) = (&server.id, &server.url, desk.token_words(server));
        match desk.try_one(server).await {
            Ok(found) => {
                let what = servers::describe(&found);
                good("server", format!("{id} ({url}): ready, {what}, {token}"))
            }
            Err(error) => bad("server", format!("{id} ({url}): {}, {token}", error.message)),
        }
    });
    findings.extend(join_all(examined).await);
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
        return say_exactly(&Value::from(rows).to_string());
    }
    for finding in findings {
        let mark = if finding.good { " " } else { "!" };
        say(&format!("{mark} {:<12} {}", finding.area, finding.text))?;
    }
    Ok(())
}
