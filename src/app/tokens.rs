//! `switchboard tokens`: who may come in through the gateway.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::backend;
use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, note, say, say_exactly};
use crate::agent::Clock;
use crate::protocol::{Access, Timestamp};
use crate::store::{Paths, StoreError, StoreHandle, Token, is_unseen};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum TokensCommand {
    /// Make one, and show it once
    Add(AddArgs),
    /// List them, without what is secret
    List(JsonFlag),
    /// Take one back: it lets nobody in any more
    Revoke {
        /// Its name or id, as `list` shows it
        name: String,
        #[command(flatten)]
        flag: JsonFlag,
    },
}

/// What `tokens add` takes.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Who or what it is for
    name: String,
    /// It sees only chats of its own, and uses only models that `serve --guest-model` lists
    #[arg(long)]
    guest: bool,
    /// It counts for this many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    expires: Option<u64>,
    #[command(flatten)]
    flag: JsonFlag,
}

pub(super) async fn run(paths: &Paths, command: TokensCommand) -> Outcome {
    let store = backend::store_for_command(paths)?;
    let done = match command {
        TokensCommand::Add(args) => add(&store, &args).await,
        TokensCommand::List(flag) => list(&store, flag).await,
        TokensCommand::Revoke { name, flag } => revoke(&store, &name, flag).await,
    };
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the store did not close well");
    }
    done
}

fn failed(error: StoreError) -> Failure {
    Failure::work(error, "See `switchboard doctor`")
}

async fn add(store: &StoreHandle, args: &AddArgs) -> Outcome {
    let name = args.name.trim();
    if name.is_empty() {
        return Err(Failure::usage("the token has no name", "Say who it is for"));
    }
    if name.chars().any(is_unseen) {
        let hint = "Leave out line breaks and characters that cannot be seen";
        return Err(Failure::usage(format!("{name:?} is no name for a token"), hint));
    }
    let now = (Clock::system().now)();
    let taken = store.tokens().await.map_err(failed)?;
    if taken.iter().any(|token| token.name == name && token.is_valid(now)) {
        let hint = format!("Take it back first: switchboard tokens revoke {name}");
        return Err(Failure::usage(format!("there is a token {name:?}"), &hint));
    }
    let access = if args.guest { Access::Guest } else { Access::Owner };
    let expires = args.expires.map(|days| now.plus_ms(days.saturating_mul(DAY_MS)));
    let (token, secret) = store.add_token(name, access, expires).await.map_err(failed)?;
    if args.flag.json {
        let mut row = row(&token, now);
        row["token"] = Value::from(secret.expose_secret());
        return say_exactly(&row.to_string());
    }
    note("this is the token; it is shown now and never again");
    say_exactly(secret.expose_secret())
}

async fn list(store: &StoreHandle, flag: JsonFlag) -> Outcome {
    let tokens = store.tokens().await.map_err(failed)?;
    let now = (Clock::system().now)();
    if flag.json {
        let rows: Vec<Value> = tokens.iter().map(|token| row(token, now)).collect();
        return say_exactly(&Value::from(rows).to_string());
    }
    if tokens.is_empty() {
        note("there are no tokens yet: make one with `switchboard tokens add NAME`");
    }
    for token in &tokens {
        let used = token.last_used.map_or_else(|| "never used".to_owned(), day);
        let state = state(token, now);
        say(&format!("{}  {:<20} {:<6} {state:<8} {used}", token.id, token.name, access(token)))?;
    }
    Ok(())
}

async fn revoke(store: &StoreHandle, name: &str, flag: JsonFlag) -> Outcome {
    let count = store.revoke_token(name).await.map_err(failed)?;
    if count == 0 {
        let known = store.tokens().await.map_err(failed)?;
        if known.iter().any(|token| token.id == name || token.name == name) {
            let hint = "It lets nobody in. Make another with `switchboard tokens add NAME`";
            return Err(Failure::usage(format!("the token {name:?} was taken back already"), hint));
        }
        let hint = "List them with `switchboard tokens list`";
        return Err(Failure::usage(format!("there is no token {name:?} to take back"), hint));
    }
    if flag.json {
        return say_exactly(&json!({ "revoked": count }).to_string());
    }
    say(&format!("{name} lets nobody in any more"))
}

fn row(token: &Token, now: Timestamp) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "access": access(token),
        "state": state(token, now),
        "created": token.created,
        "expires": token.expires,
        "lastUsed": token.last_used,
        "revoked": token.revoked,
    })
}

fn access(token: &Token) -> &'static str {
    match token.access {
        Access::Owner => "owner",
        Access::Guest => "guest",
    }
}

fn state(token: &Token, now: Timestamp) -> &'static str {
    match (token.revoked, token.is_valid(now)) {
        (Some(_), _) => "revoked",
        (None, true) => "valid",
        (None, false) => "expired",
    }
}

fn day(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    format!("used {}", at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M"))
}
