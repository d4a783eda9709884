//! The whole window, readable in one place.

use egui::Ui;

use super::shell::Shell;
use super::transcript::TranscriptView;
use crate::protocol::Timestamp;
use crate::state::{AppState, Page, UiCommand};

/// All views, with what each keeps for itself.
#[derive(Debug, Default)]
pub struct Root {
    shell: Shell,
    page: PageViews,
}

/// What fills the space beside the sidebar.
#[derive(Debug, Default)]
struct PageViews {
    transcript: TranscriptView,
}

impl Root {
    /// Draws the window and collects what the user asks for.
    pub fn root_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let page = &mut self.page;
        self.shell.shell_ui(ui, state, now, |ui, out| page.page_ui(ui, state, out), out);
    }
}

impl PageViews {
    fn page_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        match &state.page {
            Page::Chat(_) => {
                if let Some(conversation) = state.conversation() {
                    self.transcript.transcript_ui(ui, state, conversation, out);
                }
            }
            Page::Welcome | Page::Settings(_) | Page::Help(_) => {}
        }
    }
}
