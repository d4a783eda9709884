//! A title that is being changed in place.

use egui::{
    EventFilter, Id, Key, Modifiers, Rect, TextEdit, Ui, UiBuilder, pos2, text::CCursorRange, vec2,
};

use crate::protocol::{ChatId, ChatSummary};
use crate::state::UiCommand;
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
    /// Enter.
    Keep(String),
    /// The keyboard went elsewhere: what was typed is kept.
    Left(String),
    /// Escape.
    Cancel,
}

impl Renamed {
    /// The new title, where there is one.
    pub(crate) fn title(&self) -> Option<&str> {
        match self {
            Self::Keep(title) | Self::Left(title) => Some(title),
            Self::Editing | Self::Cancel => None,
        }
    }

    /// What the user asked for by it.
    pub(crate) fn command(&self, chat: &ChatSummary) -> Option<UiCommand> {
        let title = self.title().filter(|title| title.trim() != chat.title)?;
        Some(UiCommand::RenameChat { chat: chat.id, title: title.to_owned() })
    }
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
        let height = ui.text_style_height(&egui::TextStyle::Body);
        let top = (rect.center().y - height / 2.0).floor();
        let left = pos2(rect.left() + 8.0, top);
        let place = Rect::from_min_size(left, vec2(rect.width() - 16.0, height));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place));
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
            return Renamed::Left(self.title.clone());
        }
        Renamed::Editing
    }
}
