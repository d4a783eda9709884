//! What asks on top of the editor: whether to discard, and which version to restore.

use egui::{Context, Id, Modal, RichText, ScrollArea, Ui};
use jiff::{Timestamp as Moment, tz::TimeZone};

use crate::protocol::{Bot, BotId, BotVersion, BotVersionInfo, Timestamp};
use crate::state::{AppState, BotCommand, Editor, EditorCommand, Overlay, UiCommand};
use crate::ui::bot_diff::DiffView;
use crate::ui::settings::parts;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};
use crate::ui::{dialog, shell};

const WIDTH: f32 = 640.0;

/// What the dialogs remember.
#[derive(Debug, Default)]
pub(in crate::ui) struct EditorDialogs {
    zone: Option<TimeZone>,
    /// The version that is looked at; the newest without.
    version: Option<BotVersion>,
    diff: DiffView,
}

impl EditorDialogs {
    /// With the zone that dates are told in.
    pub(in crate::ui) fn new(zone: TimeZone) -> Self {
        Self { zone: Some(zone), ..Self::default() }
    }

    /// Draws the one that is asked for.
    pub(in crate::ui) fn dialogs_ui(
        &mut self,
        ctx: &Context,
        state: &AppState,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(editor) = &state.editor else { return };
        let (name, width) = match state.overlay {
            Overlay::DiscardBot => ("Discard the changes?", 420.0),
            Overlay::DeleteEdited(_) => ("Delete the bot with its changes?", 420.0),
            Overlay::BotVersions => ("Versions", WIDTH),
            Overlay::Nothing
            | Overlay::Palette
            | Overlay::Picker(_)
            | Overlay::Params
            | Overlay::Link(_)
            | Overlay::StartBot(_)
            | Overlay::Import
            | Overlay::CompareBots(_) => {
                self.version = None;
                return;
            }
        };
        let area = Modal::default_area(Id::unique("editor dialog"))
            .accessible_name(name)
            .default_width(width)
            .fade_in(false);
        let room = width.min(ctx.content_rect().width() - 80.0);
        let response = shell::modal(ctx, area, 20).show(ctx, |ui| {
            ui.set_width(room);
            let title = RichText::new(name).font(theme::semibold(16.0));
            ui.label(title.color(Palette::of(ui).text));
            if state.overlay == Overlay::DiscardBot {
                discard_ui(ui, editor, out);
            } else if let Overlay::DeleteEdited(bot) = &state.overlay {
                delete_ui(ui, editor, bot, out);
            } else {
                self.versions_ui(ui, editor, out);
            }
        });
        if response.should_close() {
            out.push(UiCommand::CloseOverlay);
        }
    }

    fn versions_ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<UiCommand>) {
        let Some(versions) = &editor.versions else {
            parts::note_ui(ui, "Loading…");
            close_ui(ui, out);
            return;
        };
        let looked_at = |info: &&BotVersionInfo| Some(info.bot.version) == self.version;
        // What is there already needs no restoring: the newest that differs is looked at first.
        let differs = |info: &&BotVersionInfo| differ(&info.bot, &editor.bot);
        let first = versions.iter().find(differs).or(versions.first());
        let Some(shown) = versions.iter().find(looked_at).or(first) else {
            parts::note_ui(ui, "No version is saved yet");
            close_ui(ui, out);
            return;
        };
        let mut chosen = shown.bot.version;
        let most = (ui.ctx().content_rect().height() - 220.0).max(120.0);
        ScrollArea::vertical()
            .id_salt("versions")
            .max_height(most * 0.35)
            .min_scrolled_height(most * 0.35)
            .show(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    for info in versions {
                        let when = self.date(info.saved);
                        let words = format!("{} · {when}", info.bot.version);
                        let is_it = Chosen::from(info.bot.version == chosen);
                        if widgets::chip(ui, &words, is_it).clicked() {
                            chosen = info.bot.version;
                        }
                    }
                });
            });
        self.version = Some(chosen);
        let words = "− stands only in that version, + only in the form now";
        let palette = Palette::of(ui);
        ui.label(RichText::new(words).font(theme::small()).color(palette.faint));
        ScrollArea::vertical()
            .id_salt("version diff")
            .max_height(most * 0.65)
            .min_scrolled_height(most * 0.65)
            .show(ui, |ui| {
                self.diff.diff_ui(ui, &shown.bot, &editor.bot);
            });
        ui.horizontal_wrapped(|ui| {
            let label = format!("Restore version {}", shown.bot.version);
            let differs = differ(&shown.bot, &editor.bot);
            let restore = ui.add_enabled_ui(differs, |ui| widgets::primary_button(ui, &label));
            if differs {
                dialog::first_focus(ui, &restore.inner);
            }
            if restore.inner.clicked() {
                let version = Box::new(shown.clone());
                out.push(UiCommand::Editor(EditorCommand::Restore(version)));
            }
            let close = widgets::ghost_button(ui, "Close");
            dialog::first_focus(ui, &close);
            if close.clicked() {
                out.push(UiCommand::CloseOverlay);
            }
        });
    }

    fn date(&self, at: Timestamp) -> String {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        let moment = Moment::from_millisecond(at.0).unwrap_or_default();
        moment.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// Whether two bots differ in more than their version.
fn differ(one: &Bot, other: &Bot) -> bool {
    Bot { version: other.version, ..one.clone() } != *other
}

fn close_ui(ui: &mut Ui, out: &mut Vec<UiCommand>) {
    let close = widgets::ghost_button(ui, "Close");
    dialog::first_focus(ui, &close);
    if close.clicked() {
        out.push(UiCommand::CloseOverlay);
    }
}

fn discard_ui(ui: &mut Ui, editor: &Editor, out: &mut Vec<UiCommand>) {
    let words = match editor.saved {
        Some(_) => format!("What was changed in {} is not saved.", editor.bot.name),
        None => format!("{} is not saved. Discarded, it is gone.", editor.bot.name),
    };
    parts::note_ui(ui, &words);
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let keep = widgets::primary_button(ui, "Keep editing");
        dialog::first_focus(ui, &keep);
        if keep.clicked() {
            out.push(UiCommand::Editor(EditorCommand::Show));
        }
        if widgets::danger_button(ui, "Discard").clicked() {
            out.push(UiCommand::Editor(EditorCommand::DiscardNow));
        }
    });
}

fn delete_ui(ui: &mut Ui, editor: &Editor, bot: &BotId, out: &mut Vec<UiCommand>) {
    let words = format!(
        "What was changed in {} is not saved and would go with it. Undo, right after, brings back \
         the bot, its versions and these changes.",
        editor.bot.name
    );
    parts::note_ui(ui, &words);
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let keep = widgets::primary_button(ui, "Keep the bot");
        dialog::first_focus(ui, &keep);
        if keep.clicked() {
            out.push(UiCommand::CloseOverlay);
        }
        if widgets::danger_button(ui, "Delete").clicked() {
            out.push(UiCommand::Bots(BotCommand::Delete(bot.clone())));
        }
    });
}
