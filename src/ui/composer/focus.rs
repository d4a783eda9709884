//! When the composer takes the keyboard by itself.

use egui::{Context, Event, Id, InputState, Key, Popup, Rect, Ui};

use crate::state::UiCommand;

/// The text field.
pub(super) fn text_id() -> Id {
    Id::unique("composer_text")
}

/// Gives it the keyboard.
pub(in crate::ui) fn request(ctx: &Context) {
    ctx.memory_mut(|memory| memory.request_focus(text_id()));
}

/// Whether it has the keyboard.
pub(in crate::ui) fn is_here(ctx: &Context) -> bool {
    ctx.memory(|memory| memory.has_focus(text_id()))
}

/// A click on a button of the composer, or beside them, leaves the cursor in the text.
pub(super) fn keep(ui: &Ui, rect: Rect) {
    let clicked = ui.input(|input| {
        let inside = input.pointer.interact_pos().is_some_and(|pos| rect.contains(pos));
        inside && input.pointer.primary_clicked()
    });
    if clicked && ui.memory(|memory| memory.focused().is_none()) {
        request(ui.ctx());
    }
}

/// Whether text was typed that no text field gets. A space may press the button that has the
/// keyboard, so it does not count.
pub(super) fn typed_nowhere(ui: &Ui) -> bool {
    let typed = ui.input(|input| {
        input.events.iter().any(|event| {
            let (Event::Text(text) | Event::Paste(text)) = event else { return false };
            !text.trim().is_empty()
        })
    });
    let edits = ui.memory(|memory| memory.focused().is_none()) && ui.input(edits_text);
    (typed || edits) && !ui.ctx().text_edit_focused() && !Popup::is_any_open(ui.ctx())
}

/// Keys that only make sense in a text, where nothing has the keyboard.
fn edits_text(input: &InputState) -> bool {
    input.events.iter().any(|event| {
        let Event::Key { key, pressed: true, modifiers, .. } = event else { return false };
        let plain = [Key::Backspace, Key::Delete, Key::ArrowLeft, Key::ArrowRight];
        plain.contains(key) || modifiers.command && [Key::A, Key::Z].contains(key)
    })
}

/// Back to the text after a click on a button elsewhere that left the keyboard nowhere. Who uses
/// buttons by keyboard stays on them. `commands` are those of this frame.
pub(in crate::ui) fn return_after_click<'a>(
    ctx: &Context,
    mut commands: impl Iterator<Item = &'a UiCommand>,
) {
    let clicked = ctx.input(|input| input.pointer.primary_clicked());
    let nowhere = ctx.memory(|memory| memory.focused().is_none());
    if clicked && nowhere && commands.any(goes_on_writing) {
        request(ctx);
        ctx.request_repaint();
    }
}

fn goes_on_writing(command: &UiCommand) -> bool {
    matches!(
        command,
        UiCommand::CopyText(_)
            | UiCommand::CopyLastAnswer
            | UiCommand::Send { .. }
            | UiCommand::Stop(_)
            | UiCommand::RetryNow
            | UiCommand::Regenerate { .. }
            | UiCommand::Continue { .. }
            | UiCommand::SelectBranch { .. }
            | UiCommand::KeepAnswer(_)
            | UiCommand::SetCovered { .. }
            | UiCommand::MakeRoom { .. }
            | UiCommand::AnswerAnyway { .. }
            | UiCommand::EditMessage { .. }
            | UiCommand::LoadImage(_)
            | UiCommand::PinChat { .. }
            | UiCommand::DismissToast(_)
            | UiCommand::ToggleSidebar
    )
}
