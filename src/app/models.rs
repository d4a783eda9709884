//! `switchboard models`: the catalogue.

use clap::Args;
use futures_util::future::join_all;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::backend;
use super::failure::{Failure, Outcome, note, say, say_exactly};
use super::providers::Desk;
use crate::agent::{Clock, catalogue};
use crate::protocol::{Abilities, ModelInfo, ProviderConfig, ProviderKind, Timestamp};
use crate::state::{Settings, words};
use crate::store::{KeptModels, Paths, StoreHandle};

/// What `models` takes.
#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    /// Only of this provider
    #[arg(long, value_name = "P")]
    provider: Option<String>,
    /// Ask the providers now instead of using what they said last
    #[arg(long)]
    refresh: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The models of one provider.
struct Listing {
    models: Vec<ModelInfo>,
    listed: Option<Timestamp>,
    /// Why they are not what the provider would say now.
    stale: Option<String>,
    failure: Option<Failure>,
}

pub(super) async fn run(paths: &Paths, args: ModelsArgs) -> Outcome {
    let desk = Desk::open(paths)?;
    let wanted = match &args.provider {
        Some(name) => vec![desk.find(name)?],
        None => desk.all(),
    };
    let store = backend::store_for_command(paths)?;
    let kept = store.load_models().await.unwrap_or_default();
    let mut failed = None;
    let mut rows = Vec::new();
    let asked = wanted.iter().map(|config| {
        let kept = kept.iter().find(|kept| kept.provider == config.id);
        list(&desk, &store, config, kept, args.refresh)
    });
    for mut listing in join_all(asked).await {
        if let Some(stale) = &listing.stale {
            note(stale);
        }
        // Whoever asked for no provider and for nothing new has what is known.
        if args.provider.is_none() && !args.refresh {
            listing.failure.take().inspect(|failure| note(failure.message()));
        }
        if args.json {
            rows.extend(listing.models.iter().map(|model| row(model, &listing)));
        } else {
            listing.models.iter().try_for_each(|model| print(model, &desk.settings))?;
        }
        // One provider that cannot be reached does not hide the others.
        failed = failed.or(listing.failure);
    }
    if args.json {
        say_exactly(&Value::from(rows).to_string())?;
    }
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the lists may not be cached");
    }
    failed.map_or(Ok(()), Err)
}

/// What the provider said last, or says now; what is bundled where it never did.
async fn list(
    desk: &Desk,
    store: &StoreHandle,
    config: &ProviderConfig,
    kept: Option<&KeptModels>,
    refresh: bool,
) -> Listing {
    let now = (Clock::system().now)();
    let told = |kept: &KeptModels, stale, failure| Listing {
        models: desk.shown(config, Some(&kept.models)),
        listed: kept.listed,
        stale,
        failure,
    };
    if let Some(kept) = kept.filter(|_| !refresh && config.kind != ProviderKind::Guide) {
        let stale = catalogue::is_due(kept.listed, now).then(|| words::list_age(kept.listed, now));
        let id = &config.id;
        return told(kept, stale.map(|age| format!("{id}: {age}; --refresh asks again")), None);
    }
    let failure = match desk.models(config).await {
        Ok(models) => {
            let listed = Some(now).filter(|_| config.kind != ProviderKind::Guide);
            let kept = KeptModels { provider: config.id.clone(), models, listed };
            let listing = told(&kept, None, None);
            if listed.is_some()
                && let Err(error) = store.save_models(kept).await
            {
                tracing::warn!(%error, "the list is not cached");
            }
            return listing;
        }
        Err(failure) => failure,
    };
    if let Some(kept) = kept {
        let when = when(kept.listed, now);
        let stale = format!("{} could not be asked; this list is from {when}", config.id);
        return told(kept, Some(stale), Some(failure));
    }
    let models = desk.shown(config, None);
    if models.is_empty() {
        return Listing { models, listed: None, stale: None, failure: Some(failure) };
    }
    let (id, reason) = (&config.id, failure.message());
    let stale = format!("{id} could not be asked ({reason}); this is the bundled list");
    // Without --refresh, what is bundled is an answer.
    let failure = Some(failure).filter(|_| refresh);
    Listing { models, listed: None, stale: Some(stale), failure }
}

fn row(model: &ModelInfo, listing: &Listing) -> Value {
    let mut row = serde_json::to_value(model).unwrap_or_default();
    row["listed"] = json!(listing.listed.map(|listed| listed.0));
    row["stale"] = json!(listing.stale.is_some());
    row
}

/// `09:23` of today, else with the day.
fn when(listed: Option<Timestamp>, now: Timestamp) -> String {
    let zoned = |at: Timestamp| {
        jiff::Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned(TimeZone::system()))
    };
    let (Some(listed), Some(now)) = (listed.and_then(zoned), zoned(now)) else {
        return "an unknown day".to_owned();
    };
    let form = if listed.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    listed.strftime(form).to_string()
}

fn print(model: &ModelInfo, settings: &Settings) -> Outcome {
    let tokens = |count: Option<u64>, what: &str| {
        count.map_or_else(String::new, |count| format!("{count} {what}"))
    };
    let price = match (model.price_in, model.price_out) {
        (Some(input), Some(output)) => format!("${input} / ${output}"),
        (_, _) => String::new(),
    };
    let mut abilities = can(model.abilities);
    if model.hidden {
        abilities.push_str(" (hidden)");
    }
    if let Some(day) = &model.retires {
        abilities.push_str(&format!(" (retires {day})"));
    }
    if let Some(alias) = settings.models.get(&model.id).and_then(|edit| edit.alias.as_ref()) {
        abilities.push_str(&format!(" (alias {alias})"));
    }
    let line = format!(
        "{:<56} {:<16} {:<14} {price:<18} {}",
        model.id.to_string(),
        tokens(model.context, "tokens"),
        tokens(model.output, "out"),
        abilities.trim_start()
    );
    say(line.trim_end())
}

fn can(abilities: Abilities) -> String {
    let all = [
        (abilities.vision, "vision"),
        (abilities.tools, "tools"),
        (abilities.thinking, "thinking"),
        (abilities.json, "json"),
    ];
    let has = all.into_iter().filter(|(has, _)| *has == Some(true));
    has.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}
