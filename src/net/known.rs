//! Well-known providers and local servers: what the user needs not type, and how their wires
//! differ. All of it is data; adding a provider is a row in `known/table.rs`.

mod table;
mod wire;

use reqwest::Url;

use super::http::is_loopback;
use crate::protocol::ProviderConfig;

pub use crate::protocol::KnownProvider;
use table::{HOSTED, LOCAL, TABLE};
pub(crate) use wire::{Cap, CostOption, EffortOption, UsageOption, Wire};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// What is offered to the user. Local servers have no key and no key page.
    offer: KnownProvider,
    /// Where it is reached: this domain and all below it. Empty for local servers.
    domains: &'static [&'static str],
    /// The usual port of a local server.
    port: Option<u16>,
    /// How its chat completions differ from those of others.
    wire: Wire,
}

/// All that are reached over the internet, in the order in which they are offered.
pub const PROVIDERS: [KnownProvider; HOSTED] = table::hosted();

/// The servers that usually run on this machine: id, name and port.
pub(crate) const SERVERS: [(&str, &str, u16); LOCAL] = table::local();

/// The known provider with this id.
pub fn find(id: &str) -> Option<&'static KnownProvider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

/// How chat completions are written for a provider: by its host, and for servers on this machine
/// or next to it by their well-known id or port; else, as behind a gateway, by the id alone.
pub(crate) fn wire_of(config: &ProviderConfig, base: &Url) -> Wire {
    let by_id = || TABLE.iter().find(|known| known.offer.id == config.id.as_str());
    row(config, base).or_else(by_id).map_or(Wire::COMMON, |known| known.wire)
}

/// Under which name the bundled table lists the models of a provider: that of the known provider
/// at this address, else the provider's own id: so the user calls a gateway. Local servers have
/// no entries.
pub(crate) fn bundled_name(config: &ProviderConfig) -> Option<&str> {
    let base = Url::parse(&config.url).ok()?;
    match row(config, &base) {
        Some(known) if known.port.is_none() => Some(known.offer.id),
        Some(_) | None if is_loopback(&base) => None,
        // A gateway may use a local server's usual port.
        Some(_) => find(config.id.as_str()).map(|provider| provider.id),
        None => Some(config.id.as_str()),
    }
}

/// Whether a provider passes on the models of others, under names such as `maker/model`.
pub(crate) fn passes_on(config: &ProviderConfig) -> bool {
    let wire = Url::parse(&config.url).ok().map(|base| wire_of(config, &base));
    wire.is_some_and(|wire| wire.passes_on)
}

/// Whether a model of this name answers in text. Lists name others too.
pub(crate) fn can_chat(config: &ProviderConfig, model: &str) -> bool {
    let wire = Url::parse(&config.url).map_or(Wire::COMMON, |base| wire_of(config, &base));
    wire.can_chat(model)
}

fn row(config: &ProviderConfig, base: &Url) -> Option<&'static Known> {
    let host = base.host_str()?;
    let within = |domain: &&str| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let hosted = TABLE.iter().find(|known| known.domains.iter().any(within));
    let local = || {
        let mut servers = TABLE.iter().filter(|known| known.port.is_some());
        let by_id = servers.clone().find(|known| known.offer.id == config.id.as_str());
        by_id.or_else(|| servers.find(|known| is_near(base) && known.port == base.port()))
    };
    hosted.or_else(local)
}

/// Whether an address is that of a machine nearby: plain HTTP, or this machine.
fn is_near(base: &Url) -> bool {
    base.scheme() == "http" || is_loopback(base)
}

#[cfg(test)]
mod tests;
