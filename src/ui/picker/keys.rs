//! What the keyboard does in the picker.

use egui::{Context, Key, Modifiers};

use super::{MentionEnd, Open, PickerView, search_id};
use crate::state::{AppState, DraftCommand, PickerPurpose, UiCommand};

const PAGE: isize = 8;

impl PickerView {
    /// Takes the keys that steer a picker opened by `@`, before the composer has them. Call it
    /// before the composer is drawn.
    pub fn mention_keys(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        let Some(mut open) = self.open.take() else { return };
        if open.by_mention && !self.list.is_empty() {
            if consume(ctx, Modifiers::NONE, Key::Escape) {
                self.mention_end = Some(MentionEnd::Dismissed);
            } else {
                self.steer(ctx, state, &mut open, out);
            }
        }
        self.open = Some(open);
    }

    /// Takes the keys while the search field has the keyboard.
    pub(super) fn keys(
        &mut self,
        ctx: &Context,
        state: &AppState,
        open: &mut Open,
        out: &mut Vec<UiCommand>,
    ) {
        if consume(ctx, Modifiers::NONE, Key::Escape) {
            out.push(UiCommand::CloseOverlay);
        }
        if ctx.memory(|memory| memory.focused() == Some(search_id())) {
            self.steer(ctx, state, open, out);
        }
    }

    fn steer(
        &mut self,
        ctx: &Context,
        state: &AppState,
        open: &mut Open,
        out: &mut Vec<UiCommand>,
    ) {
        if open.asks_for_scope() {
            scope_keys(ctx, open, !self.list.is_empty());
        }
        self.move_keys(ctx, state, open);
        let Some(pick) = open.selected.clone() else { return };
        if consume(ctx, Modifiers::COMMAND, Key::D) && pick.server.is_none() {
            out.push(UiCommand::ToggleFavourite(pick.model.clone()));
        }
        let is_message = matches!(open.purpose, PickerPurpose::Message | PickerPurpose::Compare);
        if is_message && consume(ctx, Modifiers::COMMAND, Key::Enter) && pick.server.is_none() {
            out.push(UiCommand::Draft(DraftCommand::ToggleCompared(pick.model.clone())));
        }
        if consume(ctx, Modifiers::NONE, Key::Enter)
            && let Some(end) = open.choose(&pick, out)
        {
            self.mention_end = Some(end);
        }
    }

    fn move_keys(&self, ctx: &Context, state: &AppState, open: &mut Open) {
        let steps = [
            (Key::ArrowDown, 1),
            (Key::ArrowUp, -1),
            (Key::PageDown, PAGE),
            (Key::PageUp, -PAGE),
            (Key::Home, isize::MIN),
            (Key::End, isize::MAX),
        ];
        for (name, step) in steps {
            // In the composer Home and End belong to the text.
            let is_of_text = open.by_mention && matches!(name, Key::Home | Key::End);
            if !is_of_text && consume(ctx, Modifiers::NONE, name) {
                let here = open.selected.as_ref().and_then(|pick| self.list.place(state, pick));
                let next = self.list.step(here, step);
                open.selected = next.and_then(|next| self.model_at(state, next));
                open.reveal = true;
            }
        }
    }
}

/// Tab, and Alt with the arrows, go from scope to scope. Without models Tab goes to the buttons.
fn scope_keys(ctx: &Context, open: &mut Open, tab: bool) {
    let last = open.scopes().len() - 1;
    for (modifiers, key, step) in [
        (Modifiers::ALT, Key::ArrowRight, 1),
        (Modifiers::ALT, Key::ArrowLeft, last),
        (Modifiers::SHIFT, Key::Tab, last),
        (Modifiers::NONE, Key::Tab, 1),
    ] {
        if (tab || key != Key::Tab) && consume(ctx, modifiers, key) {
            open.step_scope(step);
        }
    }
}

fn consume(ctx: &Context, modifiers: Modifiers, key: Key) -> bool {
    ctx.input_mut(|input| input.consume_key(modifiers, key))
}
