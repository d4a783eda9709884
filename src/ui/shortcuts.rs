//! Keyboard shortcuts: the keys of `UiCommand::shortcut`, taken before any view sees them.

use egui::{Context, Event, Key as EguiKey, Modifiers, Popup};

use crate::state::{DraftCommand, Key, Shortcut, UiCommand};

/// Takes every shortcut except Escape out of the input and pushes its command. Call before the
/// panels are drawn, so that text fields do not eat them.
pub fn dispatch(ctx: &Context, out: &mut Vec<UiCommand>) {
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, pressed: true, repeat, modifiers, .. } = event else {
                return true;
            };
            let Some(command) = command_for(*key, *modifiers) else { return true };
            if !*repeat || may_repeat(&command) {
                out.push(command);
            }
            false
        });
    });
}

/// Whether a popup is open, to be asked before the panels are drawn: Escape closes it and nothing
/// else.
pub fn popup_is_open(ctx: &Context) -> bool {
    Popup::is_any_open(ctx)
}

/// Escape, where nothing on screen wanted it for itself. Call after everything is drawn.
pub fn dispatch_escape(ctx: &Context, out: &mut Vec<UiCommand>) {
    if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, EguiKey::Escape)) {
        out.push(UiCommand::Escape);
    }
}

fn command_for(key: EguiKey, modifiers: Modifiers) -> Option<UiCommand> {
    // Most key presses are typing: they must not cost a list of commands.
    let is_function = matches!(key, EguiKey::F1);
    if !modifiers.any() && !is_function {
        return None;
    }
    UiCommand::palette()
        .into_iter()
        .filter(|command| !matches!(command, UiCommand::Escape))
        .find(|command| command.shortcut().is_some_and(|shortcut| fits(shortcut, key, modifiers)))
}

fn fits(shortcut: Shortcut, key: EguiKey, pressed: Modifiers) -> bool {
    // AltGr is Ctrl and Alt on some systems: what it types is not a command.
    if pressed.alt || !is_key(shortcut.key, key) {
        return false;
    }
    let command = match shortcut.key {
        // ⌘ Tab belongs to macOS.
        Key::Tab => pressed.ctrl,
        Key::Char(_) | Key::Escape | Key::F1 | Key::ArrowUp | Key::ArrowDown => pressed.command,
    };
    // Some layouts need Shift for a sign, so it says nothing there.
    let shift_counts = match shortcut.key {
        Key::Char(char) => char.is_alphabetic(),
        Key::Tab | Key::Escape | Key::F1 | Key::ArrowUp | Key::ArrowDown => true,
    };
    shortcut.command == command && (!shift_counts || shortcut.shift == pressed.shift)
}

fn is_key(wanted: Key, key: EguiKey) -> bool {
    match wanted {
        Key::Char('+') => matches!(key, EguiKey::Plus | EguiKey::Equals),
        Key::Char(char) => EguiKey::from_name(char.encode_utf8(&mut [0; 4])) == Some(key),
        Key::Tab => key == EguiKey::Tab,
        Key::Escape => key == EguiKey::Escape,
        Key::ArrowUp => key == EguiKey::ArrowUp,
        Key::ArrowDown => key == EguiKey::ArrowDown,
        Key::F1 => key == EguiKey::F1,
    }
}

fn may_repeat(command: &UiCommand) -> bool {
    matches!(
        command,
        UiCommand::NextChat
            | UiCommand::PreviousChat
            | UiCommand::TextLarger
            | UiCommand::TextSmaller
            | UiCommand::Draft(DraftCommand::NextFavourite | DraftCommand::PreviousFavourite)
    )
}

#[cfg(test)]
mod tests;
