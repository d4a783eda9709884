//! Colours of code, found on a thread of its own. Until they are known, code is drawn plain.

use std::collections::HashMap;

use egui::Context;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// What a stretch of code is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// Nothing special.
    #[default]
    Plain,
    /// A keyword.
    Keyword,
    /// A function.
    Function,
    /// A string or the like.
    String,
    /// A comment.
    Comment,
}

/// The colours of a line: where each stretch ends, in bytes.
pub type LineColors = Vec<(usize, Token)>;

/// The next lines of a block with their colours.
type Colored = (u64, Vec<LineColors>);

/// Lines of code to be coloured, following on those sent before under the same id.
#[derive(Debug)]
struct Request {
    block: u64,
    language: String,
    lines: Vec<String>,
}

/// The near end of the colouring thread. The thread begins with the first request and ends when
/// this is dropped.
#[derive(Debug, Default)]
pub struct Highlighter {
    thread: Option<(flume::Sender<Request>, flume::Receiver<Colored>)>,
    ready: HashMap<u64, Vec<LineColors>>,
    last_block: u64,
}

impl Highlighter {
    /// Requests that may wait.
    const QUEUE: usize = 64;
    /// Lines of one request.
    const BATCH: usize = 200;

    /// A name for a block of code.
    pub fn new_block(&mut self) -> u64 {
        self.last_block += 1;
        self.last_block
    }

    /// Asks for the next lines of a block. Gives the number of lines taken: none when the thread
    /// has enough to do.
    pub fn ask<'a>(
        &mut self,
        ctx: &Context,
        block: u64,
        language: &str,
        lines: impl Iterator<Item = &'a str>,
    ) -> usize {
        let (requests, _) = self.thread.get_or_insert_with(|| start(ctx.clone()));
        if requests.is_full() {
            return 0;
        }
        let lines: Vec<String> = lines.take(Self::BATCH).map(|line| format!("{line}\n")).collect();
        let taken = lines.len();
        match requests.try_send(Request { block, language: language.to_owned(), lines }) {
            Ok(()) => taken,
            Err(_) => 0,
        }
    }

    /// The colours of a block that have come since the last call.
    pub fn take(&mut self, block: u64) -> Vec<LineColors> {
        if let Some((_, results)) = &self.thread {
            for (block, lines) in results.try_iter() {
                self.ready.entry(block).or_default().extend(lines);
            }
        }
        self.ready.remove(&block).unwrap_or_default()
    }
}

fn start(ctx: Context) -> (flume::Sender<Request>, flume::Receiver<Colored>) {
    let (requests, inbox) = flume::bounded(Highlighter::QUEUE);
    let (outbox, results) = flume::bounded(Highlighter::QUEUE);
    let worker = std::thread::Builder::new().name("highlight".to_owned());
    let started = worker.spawn(move || run(&ctx, &inbox, &outbox));
    if let Err(error) = started {
        tracing::warn!(%error, "code stays plain");
    }
    (requests, results)
}

fn run(ctx: &Context, inbox: &flume::Receiver<Request>, outbox: &flume::Sender<Colored>) {
    let mut painter: Option<Painter> = None;
    for request in inbox {
        let lines = painter.get_or_insert_with(Painter::new).paint(&request);
        if outbox.send((request.block, lines)).is_err() {
            return;
        }
        ctx.request_repaint();
    }
}

struct Painter {
    syntaxes: SyntaxSet,
    rules: Vec<(Scope, Token)>,
    states: HashMap<u64, (ParseState, ScopeStack)>,
}

impl Painter {
    /// States that are kept. Beyond that all are forgotten, and blocks go on plain.
    const STATES: usize = 2_000;

    fn new() -> Self {
        let rules = [
            ("comment", Token::Comment),
            ("string", Token::String),
            ("constant.character", Token::String),
            ("keyword.operator", Token::Plain),
            ("keyword", Token::Keyword),
            ("storage", Token::Keyword),
            ("constant.language", Token::Keyword),
            ("variable.language", Token::Keyword),
            ("entity.name.tag", Token::Keyword),
            ("entity.name", Token::Function),
            ("support.function", Token::Function),
            ("variable.function", Token::Function),
        ];
        let rules = rules
            .into_iter()
            .filter_map(|(scope, token)| Scope::new(scope).ok().map(|scope| (scope, token)))
            .collect();
        Self { syntaxes: two_face::syntax::extra_newlines(), rules, states: HashMap::new() }
    }

    fn paint(&mut self, request: &Request) -> Vec<LineColors> {
        if self.states.len() > Self::STATES {
            self.states.clear();
        }
        let Some(syntax) = self.syntaxes.find_syntax_by_token(&request.language) else {
            return request.lines.iter().map(|_| Vec::new()).collect();
        };
        let (state, stack) = self
            .states
            .entry(request.block)
            .or_insert_with(|| (ParseState::new(syntax), ScopeStack::new()));
        let mut lines = Vec::with_capacity(request.lines.len());
        for line in &request.lines {
            let Ok(output) = state.parse_line(line, &self.syntaxes) else {
                lines.push(Vec::new());
                continue;
            };
            let mut colors = LineColors::new();
            let end = line.len().saturating_sub(1);
            let missed: &[&str] = if syntax.name == "Rust" { &["impl", "dyn"] } else { &[] };
            for (at, change) in output {
                push(&mut colors, line, at.min(end), (token(&self.rules, stack), missed));
                if stack.apply(&change).is_err() {
                    break;
                }
            }
            push(&mut colors, line, end, (token(&self.rules, stack), missed));
            lines.push(colors);
        }
        lines
    }
}

/// Ends the stretch that began where the last one ended. `missed` are keywords that the grammar
/// has no name for in some places.
fn push(colors: &mut LineColors, line: &str, end: usize, (token, missed): (Token, &[&str])) {
    let start = colors.last().map_or(0, |(last, _)| *last);
    if start >= end {
        return;
    }
    let text = line.get(start..end).unwrap_or_default();
    // The grammars call names of types what they call `let` and `fn`.
    let primitive = token == Token::Keyword && PRIMITIVES.contains(&text);
    let token = if primitive { Token::Plain } else { token };
    if token == Token::Plain && !missed.is_empty() {
        let mut at = start;
        for word in text.split_inclusive(|sign: char| !sign.is_alphanumeric() && sign != '_') {
            let bare = word.trim_end_matches(|sign: char| !sign.is_alphanumeric() && sign != '_');
            if missed.contains(&bare) {
                extend(colors, at, Token::Plain);
                extend(colors, at + bare.len(), Token::Keyword);
            }
            at += word.len();
        }
    }
    extend(colors, end, token);
}

fn extend(colors: &mut LineColors, end: usize, token: Token) {
    if colors.last().map_or(0, |(last, _)| *last) >= end {
        return;
    }
    match colors.last_mut() {
        Some((last, same)) if *same == token => *last = end,
        Some(_) | None => colors.push((end, token)),
    }
}

const PRIMITIVES: [&str; 17] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "bool", "char", "str",
];

fn token(rules: &[(Scope, Token)], stack: &ScopeStack) -> Token {
    let of = |scope: &Scope| rules.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope));
    stack.as_slice().iter().rev().find_map(of).map_or(Token::Plain, |(_, token)| *token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_gets_its_colours_line_by_line() {
        let mut painter = Painter::new();
        let request = |lines: &[&str]| Request {
            block: 1,
            language: "rust".to_owned(),
            lines: lines.iter().map(|line| format!("{line}\n")).collect(),
        };
        let first = painter.paint(&request(&["pub fn a() {", "/* open"]));
        let second = painter.paint(&request(&["still */ let x = \"s\";"]));
        assert_eq!(first[0].first(), Some(&(3, Token::Keyword)));
        assert!(first[0].contains(&(8, Token::Function)), "{first:?}");
        assert_eq!(first[1], [(7, Token::Comment)]);
        assert_eq!(second[0].first(), Some(&(8, Token::Comment)), "the state is kept");
        assert!(second[0].contains(&(20, Token::String)), "{second:?}");
    }

    #[test]
    fn impl_is_a_keyword_in_types_too() {
        let line = "fn a(r: &mut impl Rng, implied: u8) -> Box<dyn X> { \" impl \" }\n";
        let lines = vec![line.to_owned()];
        let request = Request { block: 1, language: "rust".to_owned(), lines };
        let mut start = 0;
        let mut keywords = Vec::new();
        for (end, token) in &Painter::new().paint(&request)[0] {
            if *token == Token::Keyword {
                keywords.push(line.get(start..*end).unwrap());
            }
            start = *end;
        }
        assert_eq!(keywords, ["fn", "mut", "impl", "dyn"]);
    }

    #[test]
    fn an_unknown_language_stays_plain() {
        let lines = vec!["x\n".to_owned()];
        let request = Request { block: 1, language: "no such language".to_owned(), lines };
        assert_eq!(Painter::new().paint(&request), [Vec::new()]);
    }
}
