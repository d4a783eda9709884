//! The icons of the bundled icon font.

use std::fmt;

macro_rules! icons {
    ($($variant:ident $name:literal $glyph:literal)*) => {
        /// An icon. Names are those of `assets/fonts/icons.tsv`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is named after what it shows")]
        pub enum Icon {
            $($variant,)*
        }

        impl Icon {
            /// All icons.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its character in the icon font.
            pub const fn glyph(self) -> char {
                match self {
                    $(Self::$variant => $glyph,)*
                }
            }

            /// Its name in the table of the icon font.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

icons! {
    Plus "plus" '\u{e13d}'
    Search "search" '\u{e151}'
    LayoutGrid "layout-grid" '\u{e0ff}'
    Activity "activity" '\u{e038}'
    Settings "settings" '\u{e154}'
    ChevronDown "chevron-down" '\u{e06d}'
    ChevronRight "chevron-right" '\u{e06f}'
    ChevronLeft "chevron-left" '\u{e06e}'
    ChevronUp "chevron-up" '\u{e070}'
    ArrowUp "arrow-up" '\u{e04a}'
    ArrowDown "arrow-down" '\u{e042}'
    Square "square" '\u{e167}'
    Copy "copy" '\u{e09e}'
    RotateCw "rotate-cw" '\u{e149}'
    RefreshCw "refresh-cw" '\u{e145}'
    Pencil "pencil" '\u{e1f9}'
    GitBranch "git-branch" '\u{e0e2}'
    Paperclip "paperclip" '\u{e12d}'
    Brain "brain" '\u{e3c6}'
    Wrench "wrench" '\u{e1b1}'
    Shield "shield" '\u{e158}'
    Star "star" '\u{e176}'
    Ellipsis "ellipsis" '\u{e0b6}'
    Columns2 "columns-2" '\u{e098}'
    Eye "eye" '\u{e0ba}'
    EyeOff "eye-off" '\u{e0bb}'
    Wifi "wifi" '\u{e1ae}'
    WifiOff "wifi-off" '\u{e1af}'
    Check "check" '\u{e06c}'
    X "x" '\u{e1b2}'
    Trash2 "trash-2" '\u{e18e}'
    Pin "pin" '\u{e259}'
    PinOff "pin-off" '\u{e2b6}'
    CircleAlert "circle-alert" '\u{e077}'
    TriangleAlert "triangle-alert" '\u{e193}'
    Info "info" '\u{e0f9}'
    CircleHelp "circle-help" '\u{e082}'
    ExternalLink "external-link" '\u{e0b9}'
    Link "link" '\u{e102}'
    Image "image" '\u{e0f6}'
    File "file" '\u{e0c0}'
    FileText "file-text" '\u{e0cc}'
    Clock "clock" '\u{e087}'
    KeyRound "key-round" '\u{e4a3}'
    Server "server" '\u{e153}'
    Globe "globe" '\u{e0e8}'
    Moon "moon" '\u{e11e}'
    Sun "sun" '\u{e178}'
    Monitor "monitor" '\u{e11d}'
    History "history" '\u{e1f5}'
    Undo2 "undo-2" '\u{e2a1}'
    Send "send" '\u{e152}'
    List "list" '\u{e106}'
    MessageSquare "message-square" '\u{e117}'
    CornerDownLeft "corner-down-left" '\u{e0a1}'
    Download "download" '\u{e0b2}'
    Upload "upload" '\u{e19e}'
    Cpu "cpu" '\u{e0a9}'
    HardDrive "hard-drive" '\u{e0ed}'
    BookOpen "book-open" '\u{e05f}'
    CircleStop "circle-stop" '\u{e083}'
    Play "play" '\u{e13c}'
    Loader "loader" '\u{e109}'
    CircleCheck "circle-check" '\u{e226}'
    CircleX "circle-x" '\u{e084}'
    Type "type" '\u{e198}'
    SlidersHorizontal "sliders-horizontal" '\u{e29a}'
    Lock "lock" '\u{e10b}'
    User "user" '\u{e19f}'
    Bot "bot" '\u{e1bb}'
    Folder "folder" '\u{e0d7}'
    Code "code" '\u{e093}'
    Quote "quote" '\u{e239}'
    Hash "hash" '\u{e0ef}'
    Zap "zap" '\u{e1b4}'
    Ban "ban" '\u{e051}'
    PanelLeft "panel-left" '\u{e12a}'
    ArrowLeft "arrow-left" '\u{e048}'
    ArrowRight "arrow-right" '\u{e049}'
    Minus "minus" '\u{e11c}'
    Circle "circle" '\u{e076}'
    Archive "archive" '\u{e041}'
    Terminal "terminal" '\u{e181}'
    Plug "plug" '\u{e37f}'
    Command "command" '\u{e09a}'
    FolderOpen "folder-open" '\u{e247}'
    Redo2 "redo-2" '\u{e2a0}'
    Palette "palette" '\u{e1dd}'
    Keyboard "keyboard" '\u{e284}'
    Database "database" '\u{e0ad}'
    Pause "pause" '\u{e12e}'
    StarFilled "star-filled" '\u{f001}'
    SquareFilled "square-filled" '\u{f002}'
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, self.glyph())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_those_of_the_font() {
        let table = include_str!("../../assets/fonts/icons.tsv");
        let font: Vec<(String, char)> = table
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, code)| {
                let code = u32::from_str_radix(code, 16).unwrap();
                (name.to_owned(), char::from_u32(code).unwrap())
            })
            .collect();
        let ours: Vec<(String, char)> =
            Icon::ALL.iter().map(|icon| (icon.name().to_owned(), icon.glyph())).collect();
        assert_eq!(ours, font);
    }
}
