//! Error boundaries: a panic in one part of the window is shown in its place, the rest lives on.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use egui::{
    Align2, Area, Context, CornerRadius, Id, Layout, Order, Rect, RichText, Ui, UiBuilder, vec2,
};

use super::theme::{self, Palette};
use super::widgets;
use crate::state::UiCommand;

/// A part of the window that panicked and is not drawn until the user retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelFailure {
    /// The part.
    pub panel: &'static str,
    /// What the panic said.
    pub message: String,
    /// File, line and column, where the hook could tell.
    pub location: Option<String>,
}

impl PanelFailure {
    /// What *Copy details* copies: enough for a bug report, nothing of the user's.
    pub fn details(&self) -> String {
        let location = self.location.as_deref().unwrap_or("unknown");
        format!(
            "Switchboard {} on {}\nPart: {}\nPanic: {}\nAt: {location}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            self.panel,
            self.message,
        )
    }
}

/// Draws a panel into the rest of `ui`. Where that panics, now or before, a card stands in its
/// place until the user retries.
///
/// The contents are drawn in a `Ui` of their own, which is thrown away half-way by a panic; egui's
/// own locks are released by unwinding. Commands pushed before the panic are kept.
pub fn panel_ui(
    ui: &mut Ui,
    name: &'static str,
    failure: &mut Option<PanelFailure>,
    out: &mut Vec<UiCommand>,
    contents: impl FnOnce(&mut Ui, &mut Vec<UiCommand>),
) {
    let rect = ui.available_rect_before_wrap();
    if failure.is_none() {
        let builder = UiBuilder::new().id_salt(("panel", name)).max_rect(rect);
        let mut child = ui.new_child(builder);
        *failure = catch(name, || contents(&mut child, out));
        if failure.is_none() {
            ui.advance_cursor_after_rect(child.min_rect());
            return;
        }
        drop(child);
        ui.ctx().request_repaint();
    }
    // What was drawn before the panic is covered for this one frame.
    let ground = ui.stack().bg_color();
    ui.painter().rect_filled(rect, CornerRadius::ZERO, ground);
    place_card_ui(ui, rect, failure, out);
    ui.advance_cursor_after_rect(rect);
}

/// Draws what lies on top of the window, in areas of its own. Where that panics, now or before, a
/// card at the lower right stands in its place until the user retries. True when it panicked now.
pub fn overlay_ui(
    ctx: &Context,
    name: &'static str,
    failure: &mut Option<PanelFailure>,
    out: &mut Vec<UiCommand>,
    contents: impl FnOnce(&mut Vec<UiCommand>),
) -> bool {
    let is_new = failure.is_none();
    if is_new {
        *failure = catch(name, || contents(out));
        if failure.is_none() {
            return false;
        }
        ctx.request_repaint();
    }
    Area::new(Id::unique(("failed", name)))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-20.0, -20.0))
        .show(ctx, |ui| card_ui(ui, failure, out));
    is_new
}

fn place_card_ui(
    ui: &mut Ui,
    rect: Rect,
    failure: &mut Option<PanelFailure>,
    out: &mut Vec<UiCommand>,
) {
    let size = vec2((rect.width() - 16.0).clamp(0.0, 360.0), rect.height().min(112.0));
    let place = Align2::CENTER_CENTER.align_size_within_rect(size, rect);
    let builder = UiBuilder::new()
        .id_salt("failed panel")
        .max_rect(place)
        .layout(Layout::top_down(egui::Align::Min));
    let mut child = ui.new_child(builder);
    child.shrink_clip_rect(rect);
    card_ui(&mut child, failure, out);
}

fn card_ui(ui: &mut Ui, failure: &mut Option<PanelFailure>, out: &mut Vec<UiCommand>) {
    let Some(what) = failure.as_ref() else { return };
    let details = what.details();
    let palette = Palette::of(ui);
    let mut retry = false;
    widgets::card_frame(ui).show(ui, |ui| {
        ui.set_width(ui.available_width().min(336.0));
        let title = RichText::new("This part of the window failed").font(theme::semibold(14.0));
        ui.label(title.color(palette.text));
        ui.label(RichText::new("The rest of the window goes on").color(palette.dim));
        ui.horizontal_wrapped(|ui| {
            retry = widgets::small_button(ui, "Retry").clicked();
            if widgets::small_button(ui, "Copy details").clicked() {
                out.push(UiCommand::CopyText(details));
            }
        });
    });
    if retry {
        *failure = None;
        ui.ctx().request_repaint();
    }
}

thread_local! {
    /// How many boundaries this thread is inside of.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// What the hook saw of the last panic inside a boundary: message and place.
    static SEEN: RefCell<Option<(String, Option<String>)>> = const { RefCell::new(None) };
}

fn catch(panel: &'static str, contents: impl FnOnce()) -> Option<PanelFailure> {
    install_hook();
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(contents));
    DEPTH.set(DEPTH.get() - 1);
    let payload = result.err()?;
    let (message, location) = SEEN.take().unwrap_or_else(|| (text_of(payload.as_ref()), None));
    tracing::error!(panel, message, location, "a part of the window failed");
    Some(PanelFailure { panel, message, location })
}

/// Panics inside a boundary are reported by the boundary, once; all others go to whoever cared
/// for panics before.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                previous(info);
            } else {
                SEEN.set(Some(seen(info)));
            }
        }));
    });
}

fn seen(info: &PanicHookInfo<'_>) -> (String, Option<String>) {
    (text_of(info.payload()), info.location().map(ToString::to_string))
}

fn text_of(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return (*text).to_owned();
    }
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests;
