//! A title that is being changed in place.

use egui::{EventFilter, Id, Key, Modifiers, Rect, TextEdit, Ui, UiBuilder, text::CCursorRange};

use crate::protocol::ChatId;
use crate::ui::theme::{self, Palette};

/// A title that is being changed.
#[derive(Clone, Debug)]
pub(crate) struct Rename {
    pub(crate) chat: ChatId,
    title: String,
    /// The field has had the keyboard.
    begun: bool,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Renamed {
    /// Still typing.
    Editing,
    /// Enter, or the keyboard went elsewhere.
    Keep(String),
    /// Escape.
    Cancel,
}

impl Rename {
    pub(crate) fn new(chat: ChatId, title: &str) -> Self {
        Self { chat, title: title.to_owned(), begun: false }
    }

    /// The field. Takes Enter and Escape for itself.
    pub(crate) fn rename_ui(&mut self, ui: &mut Ui, rect: Rect, place: &'static str) -> Renamed {
        let id = Id::unique(("rename", place));
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        if has_focus {
            let take = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if take(Key::Escape) {
                return Renamed::Cancel;
            }
            if take(Key::Enter) {
                return Renamed::Keep(self.title.clone());
            }
        }
        let palette = Palette::of(ui);
        ui.painter().rect(
            rect,
            theme::ROUNDING,
            palette.raised,
            theme::focus_stroke(palette),
            egui::StrokeKind::Inside,
        );
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(egui::vec2(8.0, 5.0))));
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
            tab: false,
        };
        let mut output = TextEdit::singleline(&mut self.title)
            .id(id)
            .frame(egui::Frame::NONE)
            .font(theme::body())
            .desired_width(f32::INFINITY)
            .event_filter(filter)
            .char_limit(200)
            .show(&mut child);
        let response = output.response.response.clone().accessible_name("Title");
        if !self.begun {
            response.request_focus();
            if has_focus {
                self.begun = true;
                output.state.cursor.set_char_range(Some(CCursorRange::select_all(&output.galley)));
                output.state.store(ui.ctx(), id);
            }
        } else if !response.has_focus() {
            return Renamed::Keep(self.title.clone());
        }
        Renamed::Editing
    }
}
