//! What changed between two settings, written into a document.

use serde::Serialize;
use toml_edit::{ArrayOfTables, Item, Table, TableLike, Value};

use crate::protocol::{ModelId, ProviderConfig, ProviderId};
use crate::state::Settings;

/// Writes each setting that differs. What is the same in both is not looked at.
pub(super) fn apply(root: &mut Table, before: &Settings, after: &Settings) {
    if before.default_model != after.default_model {
        set(root, "default_model", after.default_model.as_ref().map(ModelId::to_string));
    }
    if before.favourites != after.favourites {
        let favourites = after.favourites.iter().map(ModelId::to_string);
        set(root, "favourites", Some(favourites.collect::<Value>()));
    }
    let (old, new) = (&before.appearance, &after.appearance);
    if old != new {
        in_section(root, "appearance", |table| {
            change(table, "theme", &old.theme, &new.theme);
            change(table, "text_size", &old.text_size, &new.text_size);
            change(table, "sidebar", &old.sidebar, &new.sidebar);
        });
    }
    let (old, new) = (&before.chat, &after.chat);
    if old != new {
        in_section(root, "chat", |table| {
            change(table, "max_turns", &old.max_turns, &new.max_turns);
            change(table, "idle_timeout_s", &old.idle_timeout_s, &new.idle_timeout_s);
            if old.title_model != new.title_model {
                set(table, "title_model", new.title_model.as_ref().map(ModelId::to_string));
            }
        });
    }
    let (old, new) = (&before.budget, &after.budget);
    if old != new {
        in_section(root, "budget", |table| {
            set(table, "day_usd", new.day_usd);
            set(table, "month_usd", new.month_usd);
        });
    }
    if before.providers != after.providers {
        providers(root, &before.providers, &after.providers);
    }
}

fn providers(root: &mut Table, before: &[ProviderConfig], after: &[ProviderConfig]) {
    let find = |list: &[ProviderConfig], id: &ProviderId| {
        list.iter().find(|provider| provider.id == *id).cloned()
    };
    let item = root.entry("providers").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if item.as_array_of_tables().is_none() {
        // `providers = [{…}]` by hand: the same, written as tables.
        let taken = std::mem::take(item);
        *item = Item::ArrayOfTables(taken.into_array_of_tables().unwrap_or_default());
    }
    let Some(tables) = item.as_array_of_tables_mut() else { return };
    let id_of = |table: &Table| table.get("id").and_then(Item::as_str).map(ProviderId::from);
    for removed in before.iter().filter(|known| find(after, &known.id).is_none()) {
        tables.retain(|table| id_of(table).as_ref() != Some(&removed.id));
    }
    for provider in after.iter().filter(|new| find(before, &new.id).as_ref() != Some(*new)) {
        let place = tables.iter().position(|table| id_of(table).as_ref() == Some(&provider.id));
        match place.and_then(|place| tables.get_mut(place)) {
            Some(table) => write_provider(table, provider),
            None => {
                let mut table = Table::new();
                write_provider(&mut table, provider);
                tables.push(table);
            }
        }
    }
    if tables.is_empty() {
        root.remove("providers");
    }
}

fn write_provider(table: &mut Table, provider: &ProviderConfig) {
    set(table, "id", Some(provider.id.as_str()));
    set(table, "name", Some(provider.name.as_str()));
    set_serialized(table, "kind", &provider.kind);
    set(table, "url", Some(provider.url.as_str()));
    set(table, "key_env", provider.key_env.as_deref());
}

/// Changes the table of a section; made where there is none.
fn in_section(root: &mut Table, name: &str, change: impl FnOnce(&mut dyn TableLike)) {
    let item = root.entry(name).or_insert_with(|| Item::Table(Table::new()));
    if !item.is_table_like() {
        *item = Item::Table(Table::new());
    }
    if let Some(table) = item.as_table_like_mut() {
        change(table);
    }
}

fn change<T: PartialEq + Serialize>(table: &mut dyn TableLike, key: &str, old: &T, new: &T) {
    if old != new {
        set_serialized(table, key, new);
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
