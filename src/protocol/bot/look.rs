//! Where a bot stands in the gallery, and what it looks like there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$mark:meta])* $variant:ident => $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum $name {
            $($(#[$mark])* $variant,)*
        }

        impl $name {
            /// All, in the order shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// For people.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                }
            }
        }
    };
}

names!(
    /// A shelf of the gallery.
    Category {
        Productivity => "Productivity",
        Coding => "Coding",
        Writing => "Writing",
        Creative => "Creative",
        Data => "Data",
        Learning => "Learning",
        Support => "Support",
        Research => "Research",
        Marketing => "Marketing",
        Health => "Health",
        Finance => "Finance",
        Fun => "Fun",
        Rooms => "Rooms",
    }
);

names!(
    /// What stands in a bot's tile: the first letter of its name, or a sign.
    #[derive(Default)]
    BotIcon {
        #[default]
        Letter => "First letter",
        Bot => "Robot",
        Book => "Book",
        Brain => "Brain",
        Chat => "Speech bubble",
        Check => "Check mark",
        Clock => "Clock",
        Code => "Code",
        Database => "Database",
        File => "File",
        Folder => "Folder",
        Globe => "Globe",
        Hash => "Hash",
        Image => "Picture",
        Key => "Key",
        List => "List",
        Palette => "Palette",
        Pencil => "Pencil",
        Play => "Play",
        Quote => "Quotation mark",
        Search => "Magnifier",
        Shield => "Shield",
        Star => "Star",
        Terminal => "Terminal",
        Type => "Letters",
        User => "Person",
        Wrench => "Wrench",
        Zap => "Lightning",
    }
);

names!(
    /// The colour of a bot's tile.
    #[derive(Default)]
    BotColor {
        #[default]
        Indigo => "Indigo",
        Blue => "Blue",
        Teal => "Teal",
        Green => "Green",
        Amber => "Amber",
        Orange => "Orange",
        Red => "Red",
        Pink => "Pink",
        Purple => "Purple",
        Gray => "Grey",
    }
);

impl Category {
    /// Its name in files: that of its folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Productivity => "productivity",
            Self::Coding => "coding",
            Self::Writing => "writing",
            Self::Creative => "creative",
            Self::Data => "data",
            Self::Learning => "learning",
            Self::Support => "support",
            Self::Research => "research",
            Self::Marketing => "marketing",
            Self::Health => "health",
            Self::Finance => "finance",
            Self::Fun => "fun",
            Self::Rooms => "rooms",
        }
    }
}
