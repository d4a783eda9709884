//! What a document consists of: leaves, each with the containers it stands in.

use super::Inline;

/// A piece of a document that is drawn by itself: a paragraph, a code block, a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What it stands in, outermost first.
    pub containers: Vec<Container>,
    /// What it is.
    pub kind: LeafKind,
    /// Goes on from the leaf before: a long paragraph that was split.
    pub continues: bool,
}

/// What a leaf stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Container {
    /// A block quote.
    Quote,
    /// An item of a list.
    Item {
        /// Its marker.
        marker: Marker,
        /// Whether this leaf is the first of the item, beside its marker.
        first: bool,
    },
    /// The definition of a footnote.
    Footnote {
        /// Its label.
        label: String,
        /// Whether this leaf is the first of the definition.
        first: bool,
    },
}

/// What stands in front of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A bullet.
    Bullet,
    /// A number.
    Number(u64),
    /// A task, done or not.
    Task(bool),
}

/// What a leaf is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeafKind {
    /// A paragraph.
    Text(Inline),
    /// A heading of level 1 to 6.
    Heading(u8, Inline),
    /// Code.
    Code(CodeBlock),
    /// A table.
    Table(Table),
    /// A rule.
    Rule,
    /// HTML, shown as it is written.
    Html(String),
    /// A picture.
    Image {
        /// Where it is.
        url: String,
        /// What it shows.
        alt: String,
    },
}

impl Leaf {
    /// Bytes of text in it.
    pub fn len(&self) -> usize {
        match &self.kind {
            LeafKind::Text(inline) | LeafKind::Heading(_, inline) => inline.text.len(),
            LeafKind::Code(code) => code.text.len(),
            LeafKind::Table(table) => table.rows.len() * 32,
            LeafKind::Rule => 0,
            LeafKind::Html(html) => html.len(),
            LeafKind::Image { alt, .. } => alt.len(),
        }
    }

    /// Whether it holds no text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In how many parts it is drawn, so that only those on screen cost anything.
    pub fn parts(&self) -> usize {
        match &self.kind {
            LeafKind::Code(code) => code.chunks(),
            LeafKind::Table(table) => table.rows.len().div_ceil(Table::CHUNK).max(1),
            LeafKind::Text(_)
            | LeafKind::Heading(..)
            | LeafKind::Rule
            | LeafKind::Html(_)
            | LeafKind::Image { .. } => 1,
        }
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// How each column is aligned.
    pub alignments: Vec<Alignment>,
    /// The head.
    pub head: Vec<Cell>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Characters of the widest cell of each column.
    pub widths: Vec<usize>,
}

/// A cell of a table.
pub type Cell = Inline;

/// Alignment of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alignment {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

impl Table {
    /// Rows that are drawn together.
    pub const CHUNK: usize = 30;

    pub(super) fn set_head(&mut self, cells: Vec<Cell>) {
        self.measure(&cells);
        self.head = cells;
    }

    pub(super) fn push_row(&mut self, cells: Vec<Cell>) {
        self.measure(&cells);
        self.rows.push(cells);
    }

    fn measure(&mut self, cells: &[Cell]) {
        self.widths.resize(self.widths.len().max(cells.len()), 0);
        for (width, cell) in self.widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.text.chars().take(400).count());
        }
    }
}

/// A code block. Lines longer than [`CodeBlock::MAX_LINE`] are drawn as several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeBlock {
    /// What stands behind the fence.
    pub language: String,
    /// The code, without the last line break.
    pub text: String,
    /// Where each drawn line begins.
    starts: Vec<usize>,
    /// Bytes of the widest line.
    pub columns: usize,
}

impl CodeBlock {
    /// Lines that are drawn together.
    pub const CHUNK: usize = 40;
    /// Bytes of a drawn line.
    pub const MAX_LINE: usize = 1_000;

    /// An empty block.
    pub fn new(language: &str) -> Self {
        let language = language.split([' ', ',', '{']).next().unwrap_or_default();
        Self { language: language.to_owned(), ..Self::default() }
    }

    /// A block with all its text.
    pub fn of(language: &str, text: &str) -> Self {
        let mut block = Self::new(language);
        if text.is_empty() {
            return block;
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        for line in text.split('\n') {
            block.push_line(line.strip_suffix('\r').unwrap_or(line));
        }
        block
    }

    /// Appends a line, given without its line break.
    pub fn push_line(&mut self, line: &str) {
        if !self.starts.is_empty() {
            self.text.push('\n');
        }
        self.columns = self.columns.max(line.len().min(Self::MAX_LINE));
        let start = self.text.len();
        self.starts.push(start);
        let mut cut = 0;
        while line.len() - cut > Self::MAX_LINE {
            cut = line.floor_char_boundary(cut + Self::MAX_LINE);
            self.starts.push(start + cut);
        }
        self.text.push_str(line);
    }

    /// Number of drawn lines.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Number of parts it is drawn in.
    pub fn chunks(&self) -> usize {
        self.lines().div_ceil(Self::CHUNK).max(1)
    }

    /// A drawn line.
    pub fn line(&self, index: usize) -> &str {
        let Some(start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(*start..end).unwrap_or_default();
        line.strip_suffix('\n').unwrap_or(line)
    }

    pub(super) fn truncate(&mut self, lines: usize, bytes: usize) {
        self.starts.truncate(lines);
        self.text.truncate(bytes);
    }
}
