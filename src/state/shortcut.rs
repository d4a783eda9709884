//! Keyboard shortcuts as data, so that state knows no toolkit.

use std::fmt;

/// Keys that commands are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A letter or a sign, upper case.
    Char(char),
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// The arrow that points up.
    ArrowUp,
    /// The arrow that points down.
    ArrowDown,
    /// F1.
    F1,
}

/// A key with its modifiers. `command` is Ctrl, on macOS ⌘.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shortcut {
    /// Ctrl, on macOS ⌘.
    pub command: bool,
    /// Shift.
    pub shift: bool,
    /// The key.
    pub key: Key,
}

impl Shortcut {
    /// A key by itself.
    pub const fn plain(key: Key) -> Self {
        Self { command: false, shift: false, key }
    }

    /// A key with Ctrl (⌘).
    pub const fn command(key: Key) -> Self {
        Self { command: true, shift: false, key }
    }

    /// A key with Ctrl (⌘) and Shift.
    pub const fn command_shift(key: Key) -> Self {
        Self { command: true, shift: true, key }
    }
}

impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.command {
            // On macOS ⌘ Tab belongs to the system.
            let is_mac = cfg!(target_os = "macos") && self.key != Key::Tab;
            f.write_str(if is_mac { "⌘ " } else { "Ctrl " })?;
        }
        if self.shift {
            f.write_str("Shift ")?;
        }
        match self.key {
            Key::Char(key) => write!(f, "{key}"),
            Key::Tab => f.write_str("Tab"),
            Key::Escape => f.write_str("Esc"),
            Key::ArrowUp => f.write_str("↑"),
            Key::ArrowDown => f.write_str("↓"),
            Key::F1 => f.write_str("F1"),
        }
    }
}
