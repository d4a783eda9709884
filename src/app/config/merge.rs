//! What changed between two settings, written into a document.

use std::collections::BTreeMap;

use serde::Serialize;
use toml_edit::{Array, ArrayOfTables, Item, Table, TableLike, Value};

use crate::protocol::{
    Budget, Fallback, ModelEdit, ModelId, Params, ProviderConfig, ProviderId, ProviderOptions,
    ServerConfig, ServerId,
};
use crate::state::{ChatSettings, Settings};

/// Writes each setting that differs. What is the same in both is not looked at.
pub(super) fn apply(root: &mut Table, before: &Settings, after: &Settings) {
    if before.default_model != after.default_model {
        set(root, "default_model", after.default_model.as_ref().map(ModelId::to_string));
    }
    if before.favourites != after.favourites {
        set_ids(root, "favourites", &after.favourites);
    }
    let (old, new) = (&before.appearance, &after.appearance);
    if old != new {
        in_section(root, "appearance", |table| {
            change(table, "theme", &old.theme, &new.theme);
            change(table, "text_size", &old.text_size, &new.text_size);
            change(table, "sidebar", &old.sidebar, &new.sidebar);
        });
    }
    if before.chat != after.chat {
        in_section(root, "chat", |table| chat(table, &before.chat, &after.chat));
    }
    if before.fallback != after.fallback {
        in_section(root, "fallback", |table| fallback(table, &before.fallback, &after.fallback));
    }
    if before.budget != after.budget {
        in_section(root, "budget", |table| budget(table, before.budget, after.budget));
    }
    if before.models != after.models {
        models(root, &before.models, &after.models);
    }
    if before.providers != after.providers {
        providers(root, &before.providers, &after.providers);
    }
    if before.servers != after.servers {
        servers(root, &before.servers, &after.servers);
    }
}

/// The name of what must be written into and holds something else.
pub(super) fn in_the_way(
    root: &Table,
    before: &Settings,
    after: &Settings,
) -> Option<&'static str> {
    let sections = [
        ("appearance", before.appearance != after.appearance),
        ("chat", before.chat != after.chat),
        ("fallback", before.fallback != after.fallback),
        ("budget", before.budget != after.budget),
        ("models", before.models != after.models),
    ];
    let is_section = |name: &str| root.get(name).is_none_or(Item::is_table_like);
    let are_tables =
        |name: &str| root.get(name).is_none_or(|item| item.clone().into_array_of_tables().is_ok());
    let lists = [
        ("providers", before.providers != after.providers),
        ("servers", before.servers != after.servers),
    ];
    let list = lists.into_iter().find(|(name, changes)| *changes && !are_tables(name));
    let section = sections.into_iter().find(|(name, changes)| *changes && !is_section(name));
    section.or(list).map(|(name, _)| name)
}

fn chat(table: &mut dyn TableLike, old: &ChatSettings, new: &ChatSettings) {
    change(table, "max_turns", &old.max_turns, &new.max_turns);
    change(table, "idle_timeout_s", &old.idle_timeout_s, &new.idle_timeout_s);
    if old.title_model != new.title_model {
        set(table, "title_model", new.title_model.as_ref().map(ModelId::to_string));
    }
    if old.params != new.params {
        in_section(table, "params", |table| params(table, &old.params, &new.params));
        remove_if_empty(table, "params");
    }
}

fn params(table: &mut dyn TableLike, old: &Params, new: &Params) {
    change_number(table, "temperature", old.temperature, new.temperature);
    change_number(table, "top_p", old.top_p, new.top_p);
    change_option(table, "max_tokens", &old.max_tokens, &new.max_tokens);
    change_option(table, "effort", &old.effort, &new.effort);
    if old.stop != new.stop {
        let words = new.stop.iter().map(String::as_str).collect::<Value>();
        set(table, "stop", Some(words).filter(|_| !new.stop.is_empty()));
    }
    change_option(table, "system", &old.system, &new.system);
}

fn fallback(table: &mut dyn TableLike, old: &Fallback, new: &Fallback) {
    if old.models != new.models {
        set_ids(table, "models", &new.models);
    }
    change(table, "allow_dearer", &old.allow_dearer, &new.allow_dearer);
}

fn budget(table: &mut dyn TableLike, old: Budget, new: Budget) {
    change_option(table, "day_usd", &old.day_usd, &new.day_usd);
    change_option(table, "month_usd", &old.month_usd, &new.month_usd);
}

/// The tables `[models."provider/model"]`.
fn models(
    root: &mut Table,
    before: &BTreeMap<ModelId, ModelEdit>,
    after: &BTreeMap<ModelId, ModelEdit>,
) {
    in_section(root, "models", |table| {
        for id in before.keys().filter(|id| !after.contains_key(*id)) {
            table.remove(&id.to_string());
        }
        let unedited = ModelEdit::default();
        for (id, new) in after {
            let old = before.get(id);
            if old == Some(new) {
                continue;
            }
            let old = old.unwrap_or(&unedited);
            in_section(table, &id.to_string(), |table| edit(table, old, new));
        }
    });
    remove_if_empty(root, "models");
    // `[models]` alone would say nothing.
    if let Some(table) = root.get_mut("models").and_then(Item::as_table_mut) {
        table.set_implicit(true);
    }
}

fn edit(table: &mut dyn TableLike, old: &ModelEdit, new: &ModelEdit) {
    change_option(table, "alias", &old.alias, &new.alias);
    if old.hidden != new.hidden {
        set(table, "hidden", Some(true).filter(|_| new.hidden));
    }
    change_option(table, "context", &old.context, &new.context);
    change_option(table, "price_in", &old.price_in, &new.price_in);
    change_option(table, "price_out", &old.price_out, &new.price_out);
}

fn providers(root: &mut Table, before: &[ProviderConfig], after: &[ProviderConfig]) {
    let find = |list: &[ProviderConfig], id: &ProviderId| {
        list.iter().find(|provider| provider.id == *id).cloned()
    };
    let Some(tables) = tables_of(root, "providers") else { return };
    let id_of = |table: &Table| table.get("id").and_then(Item::as_str).map(ProviderId::from);
    for removed in before.iter().filter(|known| find(after, &known.id).is_none()) {
        tables.retain(|table| id_of(table).as_ref() != Some(&removed.id));
    }
    for provider in after {
        let old = find(before, &provider.id);
        if old.as_ref() == Some(provider) {
            continue;
        }
        let old = old.map(|old| old.options).unwrap_or_default();
        let place = tables.iter().position(|table| id_of(table).as_ref() == Some(&provider.id));
        match place.and_then(|place| tables.get_mut(place)) {
            Some(table) => write_provider(table, &old, provider),
            None => {
                let mut table = Table::new();
                write_provider(&mut table, &old, provider);
                tables.push(table);
            }
        }
    }
    if tables.is_empty() {
        root.remove("providers");
    }
}

/// The tables of a list; made where there is none.
fn tables_of<'a>(root: &'a mut Table, name: &str) -> Option<&'a mut ArrayOfTables> {
    let item = root.entry(name).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if item.as_array_of_tables().is_none() {
        // `providers = [{…}]` by hand: the same, written as tables.
        let taken = std::mem::take(item);
        *item = Item::ArrayOfTables(taken.into_array_of_tables().unwrap_or_default());
    }
    item.as_array_of_tables_mut()
}

fn servers(root: &mut Table, before: &[ServerConfig], after: &[ServerConfig]) {
    let Some(tables) = tables_of(root, "servers") else { return };
    let id_of = |table: &Table| table.get("id").and_then(Item::as_str).map(ServerId::from);
    let is_there = |id: &ServerId| after.iter().any(|server| server.id == *id);
    for removed in before.iter().filter(|known| !is_there(&known.id)) {
        tables.retain(|table| id_of(table).as_ref() != Some(&removed.id));
    }
    for server in after.iter().filter(|server| !before.contains(server)) {
        let place = tables.iter().position(|table| id_of(table).as_ref() == Some(&server.id));
        match place.and_then(|place| tables.get_mut(place)) {
            Some(table) => write_server(table, server),
            None => {
                let mut table = Table::new();
                write_server(&mut table, server);
                tables.push(table);
            }
        }
    }
    if tables.is_empty() {
        root.remove("servers");
    }
}

fn write_server(table: &mut Table, server: &ServerConfig) {
    let ServerConfig { id, name, url, token_query, dual, ca_file } = server;
    set(table, "id", Some(id.as_str()));
    set(table, "name", Some(name.as_str()));
    set(table, "url", Some(url.as_str()));
    set(table, "token_query", Some(true).filter(|_| *token_query));
    set(table, "dual", Some(true).filter(|_| *dual));
    set(table, "ca_file", ca_file.as_ref().map(|file| file.display().to_string()));
}

fn write_provider(table: &mut Table, old: &ProviderOptions, provider: &ProviderConfig) {
    set(table, "id", Some(provider.id.as_str()));
    set(table, "name", Some(provider.name.as_str()));
    set_serialized(table, "kind", &provider.kind);
    set(table, "url", Some(provider.url.as_str()));
    set(table, "key_env", provider.key_env.as_deref());
    if *old != provider.options {
        in_section(table, "options", |table| options(table, old, &provider.options));
        remove_if_empty(table, "options");
    }
}

fn options(table: &mut dyn TableLike, old: &ProviderOptions, new: &ProviderOptions) {
    if old.headers != new.headers {
        in_section(table, "headers", |table| {
            for name in old.headers.keys().filter(|name| !new.headers.contains_key(*name)) {
                table.remove(name);
            }
            for (name, value) in &new.headers {
                if old.headers.get(name) != Some(value) {
                    set(table, name, Some(value.as_str()));
                }
            }
        });
        remove_if_empty(table, "headers");
    }
    change_option(table, "ca_file", &old.ca_file, &new.ca_file);
    change_option(table, "connect_timeout_s", &old.connect_timeout_s, &new.connect_timeout_s);
    change_option(table, "idle_timeout_s", &old.idle_timeout_s, &new.idle_timeout_s);
    change_option(table, "api_version", &old.api_version, &new.api_version);
    if old.background != new.background {
        set(table, "background", Some(true).filter(|_| new.background));
    }
}

/// Entries that are no ids stay: whoever wrote them can still mend them.
fn set_ids(table: &mut dyn TableLike, key: &str, models: &[ModelId]) {
    let is_id = |value: &&Value| value.as_str().is_some_and(|text| text.parse::<ModelId>().is_ok());
    let mut list: Array = models.iter().map(ModelId::to_string).collect();
    if let Some(old) = table.get(key).and_then(Item::as_array) {
        old.iter().filter(|value| !is_id(value)).for_each(|value| list.push(value.clone()));
    }
    set(table, key, Some(list));
}

/// Changes the table of a section; made where there is none.
fn in_section(root: &mut dyn TableLike, name: &str, change: impl FnOnce(&mut dyn TableLike)) {
    let item = root.entry(name).or_insert_with(|| Item::Table(Table::new()));
    if !item.is_table_like() {
        *item = Item::Table(Table::new());
    }
    if let Some(table) = item.as_table_like_mut() {
        change(table);
    }
}

fn remove_if_empty(root: &mut dyn TableLike, name: &str) {
    if root.get(name).and_then(Item::as_table_like).is_some_and(TableLike::is_empty) {
        root.remove(name);
    }
}

fn change<T: PartialEq + Serialize>(table: &mut dyn TableLike, key: &str, old: &T, new: &T) {
    if old != new {
        set_serialized(table, key, new);
    }
}

fn change_option<T: PartialEq + Serialize>(
    table: &mut dyn TableLike,
    key: &str,
    old: &Option<T>,
    new: &Option<T>,
) {
    match new {
        _ if old == new => {}
        Some(new) => set_serialized(table, key, new),
        None => set(table, key, None::<Value>),
    }
}

/// As it is read back: 0.7, and not the 0.699999988 that a small float is.
fn change_number(table: &mut dyn TableLike, key: &str, old: Option<f32>, new: Option<f32>) {
    if old != new {
        set(table, key, new.and_then(|new| new.to_string().parse::<f64>().ok()));
    }
}

fn set_serialized<T: Serialize>(table: &mut dyn TableLike, key: &str, value: &T) {
    match value.serialize(toml_edit::ser::ValueSerializer::new()) {
        Ok(value) => set(table, key, Some(value)),
        Err(error) => tracing::error!(%key, %error, "a setting cannot be written"),
    }
}

/// Sets a value in place, so that the comment behind it stays.
fn set(table: &mut dyn TableLike, key: &str, value: Option<impl Into<Value>>) {
    let Some(value) = value else {
        table.remove(key);
        return;
    };
    let mut value = value.into();
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}
