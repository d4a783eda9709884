//! Heights of many things, with their sum: chunked, so that no frame looks at all of them.

use std::collections::VecDeque;

/// Heights in chunks. Setting one and finding a place cost a few hundred additions at 100,000.
#[derive(Clone, Debug, Default)]
pub(super) struct Heights {
    chunks: VecDeque<Chunk>,
    len: usize,
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    values: VecDeque<f32>,
    sum: f64,
}

const CHUNK: usize = 512;

impl Heights {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn total(&self) -> f64 {
        self.chunks.iter().map(|chunk| chunk.sum).sum()
    }

    pub(super) fn push_back(&mut self, height: f32) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.values.len() < CHUNK => {
                chunk.values.push_back(height);
                chunk.sum += f64::from(height);
            }
            Some(_) | None => self.chunks.push_back(Chunk::of(height)),
        }
        self.len += 1;
    }

    pub(super) fn push_front(&mut self, height: f32) {
        match self.chunks.front_mut() {
            Some(chunk) if chunk.values.len() < CHUNK => {
                chunk.values.push_front(height);
                chunk.sum += f64::from(height);
            }
            Some(_) | None => self.chunks.push_front(Chunk::of(height)),
        }
        self.len += 1;
    }

    pub(super) fn truncate(&mut self, len: usize) {
        while self.len > len {
            let Some(chunk) = self.chunks.back_mut() else { return };
            if let Some(height) = chunk.values.pop_back() {
                chunk.sum -= f64::from(height);
                self.len -= 1;
            }
            if chunk.values.is_empty() {
                self.chunks.pop_back();
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> f32 {
        let mut index = index;
        for chunk in &self.chunks {
            if let Some(height) = chunk.values.get(index) {
                return *height;
            }
            index -= chunk.values.len();
        }
        0.0
    }

    pub(super) fn set(&mut self, index: usize, height: f32) {
        let mut index = index;
        for chunk in &mut self.chunks {
            let len = chunk.values.len();
            if let Some(value) = chunk.values.get_mut(index) {
                chunk.sum += f64::from(height) - f64::from(*value);
                *value = height;
                return;
            }
            index -= len;
        }
    }

    /// The sum of all before `index`.
    pub(super) fn before(&self, index: usize) -> f64 {
        let mut index = index;
        let mut sum = 0.0;
        for chunk in &self.chunks {
            if index < chunk.values.len() {
                return sum
                    + chunk
                        .values
                        .iter()
                        .take(index)
                        .map(|height| f64::from(*height))
                        .sum::<f64>();
            }
            index -= chunk.values.len();
            sum += chunk.sum;
        }
        sum
    }

    /// What lies at `y`, and how far below its top.
    pub(super) fn find(&self, y: f64) -> (usize, f32) {
        let mut y = y.max(0.0);
        let mut index = 0;
        for chunk in &self.chunks {
            if y >= chunk.sum && index + chunk.values.len() < self.len {
                y -= chunk.sum;
                index += chunk.values.len();
                continue;
            }
            for height in &chunk.values {
                if y < f64::from(*height) {
                    return (index, y as f32);
                }
                y -= f64::from(*height);
                index += 1;
            }
        }
        (self.len.saturating_sub(1), self.get(self.len.saturating_sub(1)))
    }
}

impl Chunk {
    fn of(height: f32) -> Self {
        Self { values: [height].into(), sum: f64::from(height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_places_follow_every_change() {
        let mut heights = Heights::default();
        for _ in 0..2_000 {
            heights.push_back(10.0);
        }
        for _ in 0..700 {
            heights.push_front(20.0);
        }
        assert_eq!((heights.len(), heights.total()), (2_700, 34_000.0));
        assert_eq!((heights.get(0), heights.get(699), heights.get(700)), (20.0, 20.0, 10.0));
        assert_eq!(heights.before(701), 14_010.0);
        assert_eq!(heights.find(14_015.0), (701, 5.0));
        heights.set(701, 30.0);
        assert_eq!((heights.total(), heights.find(14_045.0)), (34_020.0, (702, 5.0)));
        heights.truncate(702);
        assert_eq!((heights.len(), heights.total()), (702, 14_040.0));
        assert_eq!(heights.find(1.0e9), (701, 30.0));
        assert_eq!(Heights::default().find(5.0), (0, 0.0));
    }
}
