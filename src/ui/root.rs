//! The whole window, readable in one place.

use egui::{CentralPanel, Frame, Panel, Ui};
use jiff::tz::TimeZone;

use super::composer::{ComposerView, focus};
use super::editor::{self, EditorView};
use super::gallery::GalleryView;
use super::help_view::HelpView;
use super::import_dialog;
use super::markdown::{DocView, Shared};
use super::picker::{PickerPlace, PickerView};
use super::settings::SettingsView;
use super::shell::Shell;
use super::theme::Warming;
use super::toasts;
use super::transcript::TranscriptView;
use super::welcome;
use crate::protocol::Timestamp;
use crate::state::{AppState, Overlay, Page, UiCommand};

/// All views, with what each keeps for itself.
#[derive(Debug, Default)]
pub struct Root {
    shell: Shell,
    pages: PageViews,
    warming: Warming,
}

/// What fills the space beside the sidebar.
#[derive(Debug, Default)]
struct PageViews {
    transcript: TranscriptView,
    composer: ComposerView,
    picker: PickerView,
    settings: SettingsView,
    gallery: GalleryView,
    editor: EditorView,
    help: HelpView,
    help_text: HelpText,
}

impl Root {
    /// Views with a clock and a time zone of the caller's choice.
    pub fn new(clock: fn() -> Timestamp, zone: &TimeZone) -> Self {
        let transcript = TranscriptView::new(clock, zone.clone());
        Self {
            shell: Shell::new(zone.clone()),
            pages: PageViews { transcript, ..PageViews::default() },
            warming: Warming::default(),
        }
    }

    /// Draws the window and collects what the user asks for.
    pub fn root_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let Self { shell, pages, warming } = self;
        let before = out.len();
        shell.shell_ui(ui, state, now, |ui, out| pages.page_ui(ui, state, now, out), out);
        if matches!(state.page, Page::Welcome | Page::Chat(_)) && state.overlay == Overlay::Nothing
        {
            focus::return_after_click(ui.ctx(), out.iter().skip(before));
        }
        warming.step(ui.ctx());
    }
}

impl PageViews {
    fn page_ui(&mut self, ui: &mut Ui, state: &AppState, now: Timestamp, out: &mut Vec<UiCommand>) {
        match &state.page {
            Page::Welcome => {
                self.composer_ui(ui, state, now, out);
                CentralPanel::no_frame().show(ui, |ui| {
                    toasts::stand_in(ui.ctx(), ui.max_rect());
                    welcome::welcome_ui(ui, state, out);
                });
            }
            Page::Chat(_) => {
                self.composer_ui(ui, state, now, out);
                CentralPanel::no_frame().show(ui, |ui| {
                    toasts::stand_in(ui.ctx(), ui.max_rect());
                    self.transcript_ui(ui, state, out);
                });
            }
            Page::Settings(_) => self.settings.settings_ui(ui, state, now, out),
            Page::Gallery => {
                import_dialog::take(ui, state, out);
                editor::unsaved_ui(ui, state, out);
                self.gallery.gallery_ui(ui, state, out);
            }
            Page::Editor => self.editor_ui(ui, state, now, out),
            Page::Help(page) => {
                let text = &mut self.help_text;
                let mut draw = |ui: &mut Ui, markdown: &str, out: &mut Vec<UiCommand>| {
                    text.text_ui(ui, markdown, out);
                };
                self.help.help_ui(ui, state, page, &mut draw, out);
            }
        }
    }

    fn composer_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        self.picker.mention_keys(ui.ctx(), state, out);
        self.end_mention(ui, out);
        Panel::bottom("composer")
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::new())
            .show(ui, |ui| self.composer.composer_ui(ui, state, now, out));
        let anchor = self.composer.model_chip_rect();
        let place = PickerPlace { anchor, now, mention: self.composer.mention(state) };
        self.picker.picker_ui(ui.ctx(), state, place, out);
        self.end_mention(ui, out);
    }

    /// The form, with composer and transcript of its test beside it.
    fn editor_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(editor) = &state.editor else { return };
        let mut view = std::mem::take(&mut self.editor);
        let mut chat = |ui: &mut Ui, out: &mut Vec<UiCommand>| {
            self.composer_ui(ui, state, now, out);
            CentralPanel::no_frame().show(ui, |ui| {
                toasts::stand_in(ui.ctx(), ui.max_rect());
                self.transcript_ui(ui, state, out);
            });
        };
        view.editor_ui(ui, state, editor, &mut chat, out);
        self.editor = view;
    }

    fn end_mention(&mut self, ui: &Ui, out: &mut Vec<UiCommand>) {
        if let Some(end) = self.picker.take_mention_end() {
            self.composer.end_mention(ui.ctx(), end, out);
        }
    }

    fn transcript_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        if let Some(conversation) = state.conversation() {
            self.transcript.transcript_ui(ui, state, conversation, out);
        }
    }
}

/// The page of the help that is shown, parsed once.
#[derive(Debug, Default)]
struct HelpText {
    text: String,
    document: DocView,
    shared: Shared,
}

impl HelpText {
    fn text_ui(&mut self, ui: &mut Ui, markdown: &str, out: &mut Vec<UiCommand>) {
        if self.text != markdown {
            markdown.clone_into(&mut self.text);
            self.document = DocView::default();
            self.document.update(markdown, true);
        }
        for item in 0..self.document.len() {
            self.document.item_ui(ui, item, &mut self.shared, out);
        }
    }
}

#[cfg(test)]
mod tests;
