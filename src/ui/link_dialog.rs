//! Shows the whole address of a link before it is opened.

use std::ops::Range;

use egui::{
    Context, Id, Key, Label, Modal, Modifiers, RichText, TextFormat, Ui,
    text::{LayoutJob, TextWrapping},
};

use super::shell;
use super::theme::{self, Palette};
use super::widgets;
use crate::state::{AppState, Overlay, UiCommand};

const WIDTH: f32 = 456.0;

/// Draws the dialog where a link waits to be opened.
pub fn link_ui(ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
    let Overlay::Link(url) = &state.overlay else { return };
    let dialog = Modal::default_area(Id::unique("link dialog"))
        .accessible_name("Open this link?")
        .default_width(WIDTH)
        .fade_in(false);
    let width = WIDTH.min(ctx.content_rect().width() - 80.0);
    let response = shell::modal(ctx, dialog, 20).show(ctx, |ui| {
        ui.set_width(width);
        dialog_ui(ui, url, out);
    });
    if response.should_close() {
        out.push(UiCommand::CloseOverlay);
    }
}

fn dialog_ui(ui: &mut Ui, url: &str, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let title = RichText::new("Open this link?").font(theme::semibold(16.0)).color(palette.text);
    ui.label(title);
    let shown = visible(url);
    let host = host(&shown);
    let (job, hint) = (address_job(&shown, host.clone(), palette), hint(url, &shown, host));
    egui::ScrollArea::vertical().max_height(200.0).show(ui, |ui| {
        ui.add(Label::new(job).wrap().selectable(true));
    });
    if let Some(hint) = hint {
        ui.label(RichText::new(hint).color(palette.warn));
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let open = widgets::primary_button(ui, "Open in browser");
        let nothing_focused = ui.memory(|memory| memory.focused().is_none());
        if nothing_focused && !ui.is_sizing_pass() {
            open.request_focus();
        }
        let enter =
            nothing_focused && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        if open.clicked() || enter {
            out.push(UiCommand::OpenLink(url.to_owned()));
        }
        if widgets::button(ui, "Copy address").clicked() {
            out.push(UiCommand::CopyText(url.to_owned()));
            out.push(UiCommand::CloseOverlay);
        }
        if widgets::ghost_button(ui, "Cancel").clicked() {
            out.push(UiCommand::CloseOverlay);
        }
    });
}

/// The address with every character that could hide or turn the others written out.
fn visible(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    for char in url.chars() {
        if char.is_control() || is_invisible(char) {
            text.extend(char.escape_unicode());
        } else {
            text.push(char);
        }
    }
    text
}

/// Spaces of no width, and marks that turn the direction of writing.
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Where the host stands in an address (RFC 3986, section 3.2): after the last `@` of what lies
/// between `//` and the next `/`, `?`, `#`. Browsers take `\` for `/`.
fn host(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    let rest = url.get(start..)?;
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let from = authority.rfind('@').map_or(0, |at| at + 1);
    let host = authority.get(from..)?;
    let length = if host.starts_with('[') {
        host.find(']').map_or(host.len(), |at| at + 1)
    } else {
        host.rfind(':').unwrap_or(host.len())
    };
    (length > 0).then(|| start + from..start + from + length)
}

/// What a reader could overlook.
fn hint(url: &str, shown: &str, host: Option<Range<usize>>) -> Option<&'static str> {
    let host_text = host.clone().and_then(|host| shown.get(host)).unwrap_or_default();
    let before_host = host.and_then(|host| shown.get(..host.start)).unwrap_or_default();
    let is_web = ["http://", "https://", "mailto:"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_web {
        Some("It is not the address of a website: it may open a file or another program")
    } else if shown != url {
        Some("It contains invisible characters, written out above")
    } else if before_host.ends_with('@') {
        Some("What stands before the @ is a name to sign in with, not the site")
    } else if !host_text.is_ascii() || host_text.split('.').any(|part| part.starts_with("xn--")) {
        Some(
            "The site's name has letters that can look like others; check that it is the right one",
        )
    } else {
        None
    }
}

fn address_job(url: &str, host: Option<Range<usize>>, palette: &Palette) -> LayoutJob {
    let plain = TextFormat::simple(theme::mono(), palette.dim);
    let bold = TextFormat::simple(theme::mono_bold(12.5), palette.text);
    let host = host.unwrap_or(url.len()..url.len());
    let mut job = LayoutJob {
        wrap: TextWrapping { break_anywhere: true, ..TextWrapping::default() },
        ..LayoutJob::default()
    };
    let parts = [(0..host.start, &plain), (host.clone(), &bold), (host.end..url.len(), &plain)];
    for (range, format) in parts {
        job.append(url.get(range).unwrap_or_default(), 0.0, format.clone());
    }
    job
}

#[cfg(test)]
mod tests;
