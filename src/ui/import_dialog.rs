//! Bots that were read, before they are kept: what they are, what they are told, what they ask for.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use egui::{Context, Event, Id, Key, Label, Modal, Modifiers, RichText, ScrollArea, Ui};

use super::bot_tile::{BotTile, TileSize};
use super::dialog;
use super::editor::parts::{Area, area_ui, sentence};
use super::editor::tools;
use super::shell;
use super::theme::{self, Palette};
use super::widgets::{self, Chosen};
use crate::protocol::{Bot, BotProblem, BotRead};
use crate::state::{
    AppState, BotCommand, Conflict, FileDialog, Import, KeepAs, KeepBot, Overlay, Read, UiCommand,
};
use crate::ui::settings::parts;

const WIDTH: f32 = 600.0;
/// What begins the text of a bot.
const BLOCK: &str = "switchboard:bot:";

/// What the dialog remembers as long as it shows the same bots.
#[derive(Debug, Default)]
pub(super) struct ImportView {
    of: Import,
    /// What is pasted.
    text: String,
    /// Whether it was told that leaving loses the text.
    asked: bool,
    /// Bots that are not to be kept.
    left_out: HashSet<usize>,
    /// Tools that the user lets them use.
    granted: HashSet<(usize, String)>,
    keep_as: HashMap<usize, KeepAs>,
    /// Those whose instructions are shown.
    unfolded: HashSet<usize>,
}

/// Takes bots that are dropped or pasted while the gallery is shown.
pub(super) fn take(ui: &Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    if state.overlay != Overlay::Nothing {
        return;
    }
    let dropped = ui.input_mut(|input| std::mem::take(&mut input.raw.dropped_files));
    if !dropped.is_empty() {
        let files = dropped.iter().map(|file| file.path().to_owned()).collect();
        out.push(UiCommand::Bots(BotCommand::ImportFiles(files)));
    }
    let pasted = ui.input_mut(|input| {
        let is_block = |event: &Event| matches!(event, Event::Paste(text) if text.contains(BLOCK));
        let at = input.events.iter().position(is_block)?;
        let Event::Paste(text) = input.events.remove(at) else { return None };
        Some(text)
    });
    if let Some(text) = pasted {
        out.push(UiCommand::Bots(BotCommand::ImportText(text)));
    }
}

impl ImportView {
    /// Draws the dialog where there is something to import.
    pub(super) fn import_ui(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        let (Overlay::Import, Some(import)) = (&state.overlay, &state.import) else {
            *self = Self::default();
            return;
        };
        if self.of != *import {
            *self = Self { of: import.clone(), ..Self::default() };
        }
        let area = Modal::default_area(Id::unique("import bots"))
            .accessible_name("Import bots")
            .default_width(WIDTH)
            .fade_in(false);
        let width = WIDTH.min(ctx.content_rect().width() - 80.0);
        let response = shell::modal(ctx, area, 20).show(ctx, |ui| {
            ui.set_width(width);
            let title = RichText::new("Import bots").font(theme::semibold(16.0));
            ui.label(title.color(Palette::of(ui).text));
            match &import.read {
                Read::Nothing => self.paste_ui(ui, import.dialog, out),
                Read::Reading => reading_ui(ui, out),
                Read::Done(read) => self.read_ui(ui, state, read, out),
            }
        });
        if response.should_close() {
            self.leave(import, out);
        }
    }

    /// Closes the dialog. What was pasted is not lost by a slip: it takes a second time.
    fn leave(&mut self, import: &Import, out: &mut Vec<UiCommand>) {
        let is_lost = import.read == Read::Nothing && !self.text.trim().is_empty();
        if is_lost && !self.asked {
            self.asked = true;
        } else {
            out.push(UiCommand::CloseOverlay);
        }
    }

    /// A place to paste a text into.
    fn paste_ui(&mut self, ui: &mut Ui, files: FileDialog, out: &mut Vec<UiCommand>) {
        if files == FileDialog::Missing {
            let words = "No file dialog could be opened here. Drop files on the gallery, or paste \
                         the text of a bot.";
            parts::note_ui(ui, words);
        } else {
            parts::note_ui(ui, "Paste the text of a bot, or of a character card or an assistant");
        }
        let area = Area { field: "", name: "Text of a bot", hint: "switchboard:bot:…", rows: 6 };
        // Title, note, buttons and margins have their room below and above, also in two rows.
        let most = (ui.ctx().content_rect().height() - 300.0).max(80.0);
        let by_key = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
        let response = ScrollArea::vertical()
            .id_salt("pasted bot")
            .max_height(most)
            .min_scrolled_height(80.0)
            .show(ui, |ui| area_ui(ui, Id::unique("pasted bot"), &area, &mut self.text))
            .inner;
        dialog::first_focus(ui, &response);
        self.asked &= !response.changed();
        if self.asked {
            let words = "The text is not read yet. Esc once more lets it go.";
            parts::note_ui(ui, words);
            response.request_focus();
        }
        ui.horizontal_wrapped(|ui| {
            let filled = !self.text.trim().is_empty();
            let read = ui.add_enabled_ui(filled, |ui| widgets::primary_button(ui, "Read it"));
            if read.inner.clicked() || by_key && filled {
                out.push(UiCommand::Bots(BotCommand::ImportText(self.text.clone())));
            }
            if files == FileDialog::Offered && widgets::button(ui, "Choose files…").clicked() {
                out.push(UiCommand::CloseOverlay);
                out.push(UiCommand::Bots(BotCommand::PickImport));
            }
            if widgets::ghost_button(ui, "Cancel").clicked() {
                out.push(UiCommand::CloseOverlay);
            }
        });
    }

    fn read_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        read: &[Result<BotRead, BotProblem>],
        out: &mut Vec<UiCommand>,
    ) {
        if read.is_empty() {
            parts::note_ui(ui, "There is no bot in it");
        }
        let most = (ui.ctx().content_rect().height() - 200.0).max(120.0);
        ScrollArea::vertical()
            .id_salt("read bots")
            .max_height(most)
            .min_scrolled_height(most)
            .show(ui, |ui| {
                for (place, one) in read.iter().enumerate() {
                    ui.push_id(place, |ui| {
                        parts::card_ui(ui, |ui| match one {
                            Ok(one) => {
                                let twin = twin(read, (place, &one.bot));
                                self.bot_ui(ui, state, (place, one), twin);
                            }
                            Err(problem) => problem_ui(ui, problem),
                        });
                    });
                }
            });
        let chosen = self.chosen(state, read);
        let words = match chosen.len() {
            1 => "Import 1 bot".to_owned(),
            count => format!("Import {count} bots"),
        };
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            if !chosen.is_empty() {
                let import = widgets::primary_button(ui, &words);
                dialog::first_focus(ui, &import);
                if import.clicked() {
                    out.push(UiCommand::Bots(BotCommand::KeepImported(chosen.clone())));
                }
            }
            let words = if chosen.is_empty() { "Close" } else { "Cancel" };
            let close = widgets::ghost_button(ui, words);
            if chosen.is_empty() {
                dialog::first_focus(ui, &close);
            }
            if close.clicked() {
                out.push(UiCommand::CloseOverlay);
            }
        });
    }

    /// What would be kept.
    fn chosen(&self, state: &AppState, all: &[Result<BotRead, BotProblem>]) -> Vec<KeepBot> {
        let is_kept = |(place, read): (usize, &Result<BotRead, BotProblem>)| {
            let read = read.as_ref().ok()?;
            let is_there = matches!(state.import_conflict(&read.bot), Conflict::Identical(_));
            let is_above = matches!(twin(all, (place, &read.bot)), Some(Twin::Same));
            if is_there || is_above || self.left_out.contains(&place) {
                return None;
            }
            let may = |name: &String| self.granted.contains(&(place, name.clone()));
            let tools = read.bot.tools.iter().map(|need| need.name.clone());
            let keep = self.keep_as.get(&place).copied().unwrap_or(KeepAs::Another);
            Some(KeepBot { bot: read.bot.clone(), granted: tools.filter(may).collect(), keep })
        };
        all.iter().enumerate().filter_map(is_kept).collect()
    }

    fn bot_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        (place, read): (usize, &BotRead),
        twin: Option<Twin>,
    ) {
        let palette = Palette::of(ui);
        let bot = &read.bot;
        ui.horizontal(|ui| {
            BotTile::from(bot).tile_ui(ui, TileSize::Normal);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                widgets::truncated_label(ui, &bot.name, theme::semibold(14.0), palette.text);
                let from = format!("Version {} from {}", bot.version, read.source);
                widgets::truncated_label(ui, &from, theme::small(), palette.faint);
            });
        });
        if !bot.description.is_empty() {
            ui.add(Label::new(RichText::new(&bot.description).color(palette.dim)).wrap());
        }
        for remark in &read.remarks {
            let text = RichText::new(remark).font(theme::small()).color(palette.warn);
            ui.add(Label::new(text).wrap());
        }
        let conflict = state.import_conflict(bot);
        if let Conflict::Identical(id) = &conflict {
            let words = if *id == bot.id {
                "This very bot is there already".to_owned()
            } else {
                format!("This very bot is there already as {id}")
            };
            parts::note_ui(ui, &words);
            return;
        }
        match twin {
            Some(Twin::Same) => {
                parts::note_ui(ui, "This very bot stands above");
                return;
            }
            Some(Twin::Other) => {
                let words =
                    format!("A bot above has the same id, {}: they are kept as two", bot.id);
                parts::note_ui(ui, &words);
            }
            None => {}
        }
        self.told_ui(ui, (place, read));
        self.tools_ui(ui, (place, read));
        self.conflict_ui(ui, (place, read), &conflict);
        let is_kept = !self.left_out.contains(&place);
        let words = format!("Import {}", bot.name);
        if parts::check_ui(ui, &words, Chosen::from(is_kept)) {
            if is_kept {
                self.left_out.insert(place);
            } else {
                self.left_out.remove(&place);
            }
        }
    }

    /// What the bot, and each member of a room, is told; folded.
    fn told_ui(&mut self, ui: &mut Ui, (place, read): (usize, &BotRead)) {
        let palette = Palette::of(ui);
        let is_open = self.unfolded.contains(&place);
        let what = if is_open { "Hide" } else { "Show" };
        let words = format!("{what} what {} is told", read.bot.name);
        if widgets::link_button(ui, &words).clicked() {
            if is_open {
                self.unfolded.remove(&place);
            } else {
                self.unfolded.insert(place);
            }
        }
        if !is_open {
            return;
        }
        told_text_ui(ui, &read.bot.instructions);
        for member in read.bot.room.iter().flat_map(|room| &room.members) {
            widgets::small_label(ui, &member.name, palette.dim);
            told_text_ui(ui, &member.instructions);
        }
        for seed in &read.bot.seeds {
            widgets::small_label(ui, "Opens with", palette.dim);
            told_text_ui(ui, &seed.content);
        }
    }

    /// The tools it asks for. None is granted before the user says so.
    fn tools_ui(&mut self, ui: &mut Ui, (place, read): (usize, &BotRead)) {
        if read.bot.tools.is_empty() {
            return;
        }
        widgets::group_label(ui, "Tools that it asks for");
        for need in &read.bot.tools {
            tools::asked_ui(ui, need);
            let key = (place, need.name.clone());
            let may = self.granted.contains(&key);
            let words = format!("Let it use {}", need.name);
            if parts::check_ui(ui, &words, Chosen::from(may)) {
                if may {
                    self.granted.remove(&key);
                } else {
                    self.granted.insert(key);
                }
            }
        }
        parts::note_ui(ui, tools::NONE_RUN_YET);
    }

    fn conflict_ui(&mut self, ui: &mut Ui, (place, read): (usize, &BotRead), conflict: &Conflict) {
        let id = &read.bot.id;
        let (now, next) = match conflict {
            Conflict::Nothing | Conflict::Identical(_) => return,
            Conflict::Foreign => {
                let words = format!("Another bot has the id {id}: it is kept under another one");
                parts::note_ui(ui, &words);
                return;
            }
            Conflict::Own { now, next } => (now, next),
        };
        let words = format!("You have another bot {id}, in version {now}: keep both or update it?");
        parts::note_ui(ui, &words);
        let keep = self.keep_as.entry(place).or_insert(KeepAs::Another);
        ui.horizontal_wrapped(|ui| {
            for (other, label) in
                [(KeepAs::Another, "Keep both"), (KeepAs::NextVersion, "Update my bot")]
            {
                if widgets::chip(ui, label, Chosen::from(*keep == other)).clicked() {
                    *keep = other;
                }
            }
        });
        let follows = match keep {
            KeepAs::Another => {
                "Yours stays as it is, and this one gets an id of its own".to_owned()
            }
            KeepAs::NextVersion => {
                format!("Updates your bot {id}: version {now} → {next}. Version {now} is kept")
            }
        };
        parts::note_ui(ui, &follows);
    }
}

/// A bot that stands further up among those that were read, under the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Twin {
    /// The very same.
    Same,
    /// With other content.
    Other,
}

fn twin(all: &[Result<BotRead, BotProblem>], (place, bot): (usize, &Bot)) -> Option<Twin> {
    let above = all.iter().take(place).filter_map(|read| read.as_ref().ok());
    let mut twins = above.filter(|read| read.bot.id == bot.id).peekable();
    twins.peek()?;
    let is_same = twins.any(|read| read.bot.says_the_same_as(bot));
    Some(if is_same { Twin::Same } else { Twin::Other })
}

fn reading_ui(ui: &mut Ui, out: &mut Vec<UiCommand>) {
    parts::note_ui(ui, "Reading…");
    let cancel = widgets::ghost_button(ui, "Cancel");
    dialog::first_focus(ui, &cancel);
    if cancel.clicked() {
        out.push(UiCommand::CloseOverlay);
    }
}

fn told_text_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let frame = egui::Frame::new().fill(palette.code).corner_radius(theme::ROUNDING);
    frame.inner_margin(8).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(text).color(palette.text)).wrap().selectable(true));
    });
}

/// What could not be read, with its place.
fn problem_ui(ui: &mut Ui, problem: &BotProblem) {
    let palette = Palette::of(ui);
    let text = RichText::new(problem.source.as_str()).font(theme::semibold(14.0));
    ui.add(Label::new(text.color(palette.text)).wrap());
    let mut place = Vec::new();
    place.extend(problem.line.map(|line| format!("Line {line}")));
    place.extend(problem.column.map(|column| format!("column {column}")));
    place.extend(problem.field.clone());
    if !place.is_empty() {
        ui.add(Label::new(RichText::new(place.join(", ")).color(palette.dim)).wrap());
    }
    ui.add(Label::new(RichText::new(sentence(&problem.message)).color(palette.err)).wrap());
}
