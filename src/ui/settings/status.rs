//! How a provider stands, in words. Welcome screen, picker and settings say the same.

use egui::{Color32, CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::protocol::{
    ErrorKind, KeySource, ProviderError, ProviderKind, ProviderState, ProviderStatus, Timestamp,
};
use crate::state::words;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// How good a status is: its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Tone {
    Good,
    Neutral,
    Attention,
    Bad,
}

impl Tone {
    pub(in crate::ui) fn color(self, palette: &Palette) -> Color32 {
        match self {
            Self::Good => palette.ok,
            Self::Neutral => palette.dim,
            Self::Attention => palette.warn,
            Self::Bad => palette.err,
        }
    }
}

/// One or two words for a status.
pub(in crate::ui) fn short(status: &ProviderStatus) -> (&'static str, Tone) {
    match status {
        ProviderStatus::Unknown => ("not asked yet", Tone::Neutral),
        ProviderStatus::Checking => ("checking…", Tone::Neutral),
        ProviderStatus::Ready => ("ready", Tone::Good),
        ProviderStatus::NeedsKey => ("needs a key", Tone::Attention),
        ProviderStatus::Failed(error) => match error.kind {
            ErrorKind::Auth => ("key rejected", Tone::Bad),
            ErrorKind::Network | ErrorKind::Timeout => ("not reachable", Tone::Bad),
            ErrorKind::RateLimited => ("rate-limited", Tone::Attention),
            ErrorKind::Overloaded => ("overloaded", Tone::Attention),
            ErrorKind::NotFound => ("address not found", Tone::Bad),
            ErrorKind::ContextTooLong
            | ErrorKind::BadRequest
            | ErrorKind::Protocol
            | ErrorKind::Refused
            | ErrorKind::Cancelled
            | ErrorKind::OverBudget => ("failed", Tone::Bad),
        },
    }
}

/// Where the models that are shown come from, when they are not what the provider says now.
pub(in crate::ui) fn stale(provider: &ProviderState, now: Timestamp) -> Option<String> {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    if provider.config.kind == ProviderKind::Guide || provider.models.is_empty() {
        return None;
    }
    let Some(listed) = provider.listed else {
        return (provider.status != ProviderStatus::Ready).then(|| "bundled list".to_owned());
    };
    let failed = matches!(provider.status, ProviderStatus::Failed(_) | ProviderStatus::NeedsKey);
    let is_old = listed > now || now.ms_since(listed) >= DAY_MS;
    (failed || is_old).then(|| words::list_age(Some(listed), now))
}

/// A sentence for a status: what is the case and what to do.
pub(in crate::ui) fn sentence(provider: &ProviderState) -> String {
    match &provider.status {
        ProviderStatus::Unknown => "Not asked yet".to_owned(),
        ProviderStatus::Checking => "Asking for its models…".to_owned(),
        ProviderStatus::Ready => format!("Ready, {}", models(provider.models.len())),
        ProviderStatus::NeedsKey => "It needs a key. Paste one and save.".to_owned(),
        ProviderStatus::Failed(error) => failure(error),
    }
}

fn failure(error: &ProviderError) -> String {
    let advice = match error.kind {
        ErrorKind::Auth => "the key was rejected. Paste a new one.",
        ErrorKind::RateLimited => "it asks to wait. Test again in a moment.",
        ErrorKind::Overloaded => "it is too busy or has failed. Test again in a moment.",
        ErrorKind::NotFound => {
            "the address has no list of models. It usually ends with /v1 and nothing after it."
        }
        ErrorKind::Network => "the server could not be reached. Check the address and the network.",
        ErrorKind::Timeout => "the server did not answer in time. Check the address.",
        ErrorKind::Protocol => {
            "the answer is not that of the chosen API. Check the address and the API."
        }
        ErrorKind::ContextTooLong
        | ErrorKind::BadRequest
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => "the request was not accepted.",
    };
    let mut text = match error.status {
        // Nothing was sent: what is wrong with the settings says all.
        None if error.kind == ErrorKind::BadRequest && !error.message.is_empty() => String::new(),
        Some(status) => format!("{status}: {advice}"),
        None => capitalised(advice),
    };
    if !error.message.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&error.message);
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// `1 model`, `312 models`.
pub(in crate::ui) fn models(count: usize) -> String {
    match count {
        1 => "1 model".to_owned(),
        count => format!("{count} models"),
    }
}

/// Where a key is kept, where there is one. Its last characters are the only ones ever shown.
pub(in crate::ui) fn key_place(key: &KeySource) -> Option<(&str, String)> {
    match key {
        KeySource::Missing | KeySource::NotNeeded => None,
        KeySource::Environment { variable, tail } => Some((tail, format!("from {variable}"))),
        KeySource::Keychain { tail } => Some((tail, "in the system keychain".to_owned())),
        KeySource::File { tail } => Some((tail, "in a file only you can read".to_owned())),
    }
}

/// Whether an address leads to this computer.
pub(in crate::ui) fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["localhost", "127.", "[::1]"].iter().any(|start| host.starts_with(start))
}

/// A chip that tells a status and is no button.
pub(in crate::ui) fn chip_ui(ui: &mut Ui, status: &ProviderStatus, check: Check) -> Response {
    let (text, tone) = short(status);
    tone_chip_ui(ui, text, tone, check)
}

/// The same for what is told of something else.
pub(in crate::ui) fn tone_chip_ui(ui: &mut Ui, text: &str, tone: Tone, check: Check) -> Response {
    let palette = Palette::of(ui);
    let color = tone.color(palette);
    let icon = match check {
        Check::Shown if tone == Tone::Good => Some(Icon::Check),
        Check::Shown | Check::Hidden => None,
    };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), color);
    let lead = icon.map_or(0.0, |_| 22.0);
    let size = vec2((22.0 + lead + galley.size().x).ceil(), 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    let line = Stroke::new(1.0, palette.line);
    ui.painter().rect(rect, CornerRadius::same(12), palette.raised, line, StrokeKind::Inside);
    let left = rect.left() + 11.0;
    if let Some(icon) = icon {
        let min = pos2(left, rect.top() + 4.0);
        widgets::paint_icon(ui, icon, Rect::from_min_size(min, vec2(16.0, 16.0)), color);
    }
    let pos = pos2(left + lead, (rect.center().y - galley.size().y / 2.0).round());
    ui.painter().galley(pos, galley, color);
    response
}

/// Whether a good status has a check mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Check {
    Shown,
    Hidden,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_what_happened_and_what_to_do() {
        let mut error = ProviderError::new(ErrorKind::Auth, "");
        error.status = Some(401);
        assert_eq!(failure(&error), "401: the key was rejected. Paste a new one.");
        let error = ProviderError::new(ErrorKind::BadRequest, "The certificate file is gone");
        assert_eq!(failure(&error), "The certificate file is gone");
        let error = ProviderError::new(ErrorKind::Network, "connection refused");
        assert_eq!(
            failure(&error),
            "The server could not be reached. Check the address and the network. connection refused"
        );
    }

    #[test]
    fn local_addresses_are_known() {
        for url in ["http://localhost:11434/v1", "http://127.0.0.1:8080/v1", "http://[::1]/v1"] {
            assert!(is_local(url), "{url}");
        }
        assert!(!is_local("https://openrouter.ai/api/v1"));
    }
}
