//! A fenced code block that is still open: its lines are appended, never parsed again.

use super::CodeBlock;

/// Where an open fence stands.
#[derive(Debug)]
pub(super) struct OpenFence {
    /// `` ` `` or `~`.
    mark: u8,
    /// How many of them.
    count: usize,
    /// Spaces in front of the fence; as many are taken from each line.
    indent: usize,
    /// Where the first line that was not appended for good begins.
    next: usize,
    /// Where the search for the next line break goes on.
    searched: usize,
    /// Lines and bytes of the block without the unfinished line.
    done: (usize, usize),
}

/// What feeding more text led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// The fence is still open.
    Open,
    /// It was closed; text goes on at this byte.
    Closed(usize),
}

impl OpenFence {
    /// Reads the opening line at `at`, which must be complete. Also gives the empty block.
    pub(super) fn open(text: &str, at: usize) -> Option<(Self, CodeBlock)> {
        let rest = text.get(at..)?;
        let (line, _) = rest.split_once('\n')?;
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        let fence = line.get(indent..)?;
        let mark = *fence.as_bytes().first()?;
        if indent > 3 || !matches!(mark, b'`' | b'~') {
            return None;
        }
        let count = fence.bytes().take_while(|byte| *byte == mark).count();
        let info = fence.get(count..)?.trim();
        let next = at + line.len() + 1;
        let fence = Self { mark, count, indent, next, searched: next, done: (0, 0) };
        Some((fence, CodeBlock::new(info)))
    }

    /// Appends what has arrived. Gives the bytes looked at, too.
    pub(super) fn feed(&mut self, text: &str, code: &mut CodeBlock) -> (Fed, usize) {
        code.truncate(self.done.0, self.done.1);
        let mut looked_at = 0;
        loop {
            let fresh = text.get(self.searched..).unwrap_or_default();
            let found = fresh.find('\n');
            looked_at += found.unwrap_or(fresh.len());
            let Some(found) = found else {
                self.searched = text.len();
                let line = text.get(self.next..).unwrap_or_default();
                if !self.may_close(line) && !line.is_empty() {
                    code.push_line(self.content(line));
                }
                return (Fed::Open, looked_at);
            };
            let end = self.searched + found;
            let line = text.get(self.next..end).unwrap_or_default();
            self.next = end + 1;
            self.searched = end + 1;
            if self.closes(line) {
                return (Fed::Closed(end + 1), looked_at);
            }
            code.push_line(self.content(line));
            self.done = (code.lines(), code.text.len());
        }
    }

    fn content<'a>(&self, line: &'a str) -> &'a str {
        let spaces = line.bytes().take(self.indent).take_while(|byte| *byte == b' ').count();
        let line = line.get(spaces..).unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn closes(&self, line: &str) -> bool {
        self.may_close(line) && self.marks(line) >= self.count
    }

    /// Whether an unfinished line may become the closing fence.
    fn may_close(&self, line: &str) -> bool {
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        let rest = line.trim_start_matches(' ').trim_end();
        indent < 4 && !rest.is_empty() && rest.bytes().all(|byte| byte == self.mark)
    }

    fn marks(&self, line: &str) -> usize {
        line.bytes().filter(|byte| *byte == self.mark).count()
    }
}
