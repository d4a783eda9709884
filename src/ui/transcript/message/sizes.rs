//! The items of a message in their order, and how high each is.

use egui::Ui;

use super::{Heights, Key, MessageView, SPACE, THINKING_INDENT, UNSETTLED};

impl MessageView {
    pub(in crate::ui::transcript) fn position(&self, key: Key) -> Option<usize> {
        self.sections.iter().position(|(known, heights)| *known == key && heights.len() > 0)
    }

    pub(in crate::ui::transcript) fn first(&self) -> Option<Key> {
        self.sections.iter().find(|(_, heights)| heights.len() > 0).map(|(key, _)| *key)
    }

    pub(in crate::ui::transcript) fn last(&self) -> Option<(Key, usize)> {
        let last = self.sections.iter().rfind(|(_, heights)| heights.len() > 0)?;
        Some((last.0, last.1.len() - 1))
    }

    pub(in crate::ui::transcript) fn after(&self, key: Key, item: usize) -> Option<(Key, usize)> {
        let at = self.sections.iter().position(|(known, _)| *known == key)?;
        if self.sections.get(at).is_some_and(|(_, heights)| item + 1 < heights.len()) {
            return Some((key, item + 1));
        }
        let rest = self.sections.iter().skip(at + 1);
        rest.into_iter().find(|(_, heights)| heights.len() > 0).map(|(key, _)| (*key, 0))
    }

    pub(in crate::ui::transcript) fn before(&self, key: Key, item: usize) -> Option<(Key, usize)> {
        let at = self.sections.iter().position(|(known, _)| *known == key)?;
        if item > 0 {
            return Some((key, item - 1));
        }
        let mut rest = self.sections.iter().take(at);
        rest.rfind(|(_, heights)| heights.len() > 0).map(|(key, heights)| (*key, heights.len() - 1))
    }

    /// The height of an item as last drawn, else a guess.
    pub(in crate::ui::transcript) fn height(&self, key: Key, item: usize) -> f32 {
        let known = self.sections.iter().find(|(known, _)| *known == key);
        known.map_or(0.0, |(_, heights)| heights.get(item))
    }

    pub(in crate::ui::transcript) fn set_height(&mut self, key: Key, item: usize, height: f32) {
        if let Some((_, heights)) = self.sections.iter_mut().find(|(known, _)| *known == key) {
            heights.set(item, height);
        }
    }

    /// Takes over the height of an item that was drawn.
    pub(in crate::ui::transcript) fn set_drawn(&mut self, key: Key, item: usize, height: f32) {
        if let Key::Text(part) | Key::ThinkingText(part) = key
            && let Some(doc) = self.docs.get(&part)
        {
            self.drawn.insert((key, item), doc.bytes(item));
        }
        self.set_height(key, item, height);
    }

    /// Finds out the height of a text that was not drawn yet, or may have grown since.
    pub(in crate::ui::transcript) fn measure(
        &mut self,
        ui: &Ui,
        (key, item): (Key, usize),
        width: f32,
    ) {
        let (Key::Text(part) | Key::ThinkingText(part)) = key else { return };
        let indent = if key == Key::Text(part) { 0.0 } else { THINKING_INDENT };
        let Some(doc) = self.docs.get_mut(&part) else { return };
        if self.drawn.get(&(key, item)) == Some(&doc.bytes(item)) {
            return;
        }
        if let Some(height) = doc.measure(ui, item, width - indent) {
            let gap = if item == 0 { self.gap_above(key) } else { 0.0 };
            self.set_height(key, item, gap + height);
        }
    }

    /// Finds out the heights of all texts, where they are not known.
    pub(in crate::ui::transcript) fn measure_all(&mut self, ui: &Ui, width: f32) {
        let items = |(key, heights): &(Key, Heights)| {
            let (Key::Text(part) | Key::ThinkingText(part)) = *key else { return None };
            Some((*key, part, heights.len()))
        };
        let texts: Vec<_> = self.sections.iter().filter_map(items).collect();
        for (key, part, count) in texts {
            let known = self.looked_at.insert(key, count).unwrap_or(0).min(count);
            for item in known.saturating_sub(UNSETTLED)..count {
                let bytes = self.docs.get(&part).map_or(0, |doc| doc.bytes(item));
                let known = self.drawn.get(&(key, item)).or(self.measured.get(&(key, item)));
                if known != Some(&bytes) {
                    self.measure(ui, (key, item), width);
                    self.measured.insert((key, item), bytes);
                }
            }
        }
    }

    /// The width changed: nothing is known of heights.
    pub(in crate::ui::transcript) fn forget_heights(&mut self) {
        self.drawn.clear();
        self.measured.clear();
        self.looked_at.clear();
    }

    /// The item that lies at this height, and how far down it begins.
    pub(in crate::ui::transcript) fn find(&self, y: f32) -> Option<(Key, usize, f32)> {
        let mut top = 0.0;
        for (key, heights) in &self.sections {
            let height = heights.total() as f32;
            if heights.len() > 0 && y < top + height {
                let (item, below) = heights.find(f64::from((y - top).max(0.0)));
                return Some((*key, item, y.max(top) - below));
            }
            top += height;
        }
        None
    }

    /// The height of all items above one.
    pub(in crate::ui::transcript) fn height_above(&self, key: Key, item: usize) -> f32 {
        let at = self.sections.iter().position(|(known, _)| *known == key).unwrap_or(0);
        let sections = self.sections.iter().take(at);
        let above: f64 = sections.map(|(_, heights)| heights.total()).sum();
        let inside = self.sections.get(at).map_or(0.0, |(_, heights)| heights.before(item));
        (above + inside) as f32
    }

    /// The height of the message.
    pub(in crate::ui::transcript) fn total(&self) -> f32 {
        self.sections.iter().map(|(_, heights)| heights.total()).sum::<f64>() as f32
    }

    pub(in crate::ui::transcript) fn estimate(&self, key: Key, item: usize, width: f32) -> f32 {
        match key {
            Key::Text(part) | Key::ThinkingText(part) => {
                self.docs.get(&part).map_or(22.0, |doc| doc.estimate(item, width))
            }
            Key::User => self.user.estimate(item),
            Key::ToolText(_) | Key::FileText(_) => 400.0,
            Key::Editor => 140.0,
            Key::Who | Key::Versions => 26.0,
            Key::Compare => 0.0,
            Key::CompareHint => 36.0,
            Key::Thinking(_) | Key::Notice(_) | Key::Live => 28.0,
            Key::Tool(_) | Key::File(_) | Key::Attachment(_) | Key::Cast => 50.0,
            Key::Image(_) | Key::End | Key::Covers(_) => 60.0,
            Key::Approval(_) => 136.0,
            Key::Footer => 34.0,
            Key::Space => SPACE,
        }
    }
}
