//! What is said of a value in `config.toml` that cannot be read. Never the value: it may be a
//! secret in the wrong place.

use super::read::Step;
use crate::protocol::Effort;

/// `chat.params.effort must be …`; of a provider without the part that names it by number.
pub(super) fn must(path: &[Step]) -> String {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    let within = match keys.split_first() {
        Some((&("providers" | "servers"), rest)) if !rest.is_empty() => rest.join("."),
        Some(_) | None => keys.join("."),
    };
    let is_element = matches!(path.last(), Some(Step::Index(_)));
    let name = keys.last().copied().unwrap_or_default();
    if keys.first() == Some(&"models") && keys.len() == 2 {
        return format!("[{within}] must be named by a model, as [models.\"provider/model\"]");
    }
    let what = expected(name, is_element);
    if is_element && name != "providers" && name != "servers" {
        return format!("an entry of {within} must be {what}; it is left out");
    }
    format!("{within} must be {what}")
}

fn expected(name: &str, is_element: bool) -> String {
    let text = match name {
        "default_model" | "title_model" => "a model, as \"provider/model\"",
        "favourites" | "models" if is_element => "a model, as \"provider/model\"",
        "favourites" | "models" => "a list of models, as [\"provider/model\"]",
        "theme" => "system, dark or light",
        "text_size" => "a percentage from 80 to 200",
        "sidebar" | "allow_dearer" | "hidden" | "background" | "token_query" | "dual" => {
            "true or false"
        }
        "max_turns" | "idle_timeout_s" | "connect_timeout_s" | "max_tokens" | "context" => {
            "a whole number, 0 or more"
        }
        "temperature" => "a number from 0 to 2",
        "top_p" => "a number from 0 to 1",
        "stop" if is_element => "a text",
        "stop" => "a list of texts",
        "effort" => return format!("one of {}", efforts()),
        "day_usd" | "month_usd" | "price_in" | "price_out" => "an amount in US dollars, 0 or more",
        "kind" => "openai, responses or anthropic",
        "providers" => "written as [[providers]], one table for each",
        "servers" => "written as [[servers]], one table for each",
        "appearance" | "chat" | "params" | "fallback" | "budget" | "options" | "headers" => {
            "a table of settings"
        }
        _ => "a text",
    };
    text.to_owned()
}

/// `none, minimal and max`.
fn efforts() -> String {
    let names: Vec<String> = Effort::ALL.iter().map(|effort| effort.as_str().to_owned()).collect();
    match names.split_last() {
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
