//! `switchboard models`: the catalogue.

use clap::Args;

use super::backend;
use super::failure::{Failure, Outcome, say};
use super::providers::Desk;
use crate::protocol::{ModelInfo, ProviderConfig, ProviderKind};
use crate::store::{Paths, StoreHandle};

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

pub(super) async fn run(paths: &Paths, args: ModelsArgs) -> Outcome {
    let desk = Desk::open(paths)?;
    let wanted = match &args.provider {
        Some(name) => vec![desk.find(name)?],
        None => desk.all(),
    };
    let store = backend::store_for_command(paths)?;
    let mut models = Vec::new();
    let mut failed = None;
    for config in wanted {
        match list(&desk, &store, &config, args.refresh).await {
            Ok(listed) => models.extend(listed),
            // One provider that cannot be reached does not hide the others.
            Err(failure) if args.provider.is_none() => failed = Some(failure),
            Err(failure) => return Err(failure),
        }
    }
    print(&models, args.json)?;
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the lists may not be cached");
    }
    failed.map_or(Ok(()), Err)
}

async fn list(
    desk: &Desk,
    store: &StoreHandle,
    config: &ProviderConfig,
    refresh: bool,
) -> Result<Vec<ModelInfo>, Failure> {
    if !refresh && config.kind != ProviderKind::Guide {
        let cached = store.load_models().await.unwrap_or_default();
        let cached = cached.into_iter().find(|(id, _)| *id == config.id);
        if let Some((_, models)) = cached
            && !models.is_empty()
        {
            return Ok(models);
        }
    }
    let models = desk.models(config).await?;
    if let Err(error) = store.save_models(config.id.clone(), models.clone()).await {
        tracing::warn!(%error, "the list is not cached");
    }
    Ok(models)
}

fn print(models: &[ModelInfo], json: bool) -> Outcome {
    if json {
        let text = serde_json::to_string(models).map_err(|error| Failure::work(error, ""))?;
        return say(&text);
    }
    for model in models {
        let context = model.context.map_or_else(String::new, |tokens| format!("{tokens} tokens"));
        let price = match (model.price_in, model.price_out) {
            (Some(input), Some(output)) => format!("${input} / ${output}"),
            (_, _) => String::new(),
        };
        say(format!("{:<56} {context:<16} {price}", model.id.to_string()).trim_end())?;
    }
    Ok(())
}
