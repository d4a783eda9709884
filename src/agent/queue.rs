//! A bounded priority queue between threads: most urgent first, then first come first served.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::protocol::Priority;

/// The queue. Shared by reference; pushing never waits.
#[derive(Debug)]
pub struct PriorityQueue<T> {
    heap: Mutex<Heap<T>>,
    filled: Notify,
    capacity: usize,
}

#[derive(Debug)]
struct Heap<T> {
    entries: BinaryHeap<Entry<T>>,
    next: u64,
}

#[derive(Debug)]
struct Entry<T> {
    priority: Priority,
    order: Reverse<u64>,
    item: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.priority, self.order).cmp(&(other.priority, other.order))
    }
}

impl<T> PriorityQueue<T> {
    /// An empty queue that holds at most `capacity` items; `Critical` ones are always taken.
    pub fn new(capacity: usize) -> Self {
        let heap = Heap { entries: BinaryHeap::new(), next: 0 };
        Self { heap: Mutex::new(heap), filled: Notify::new(), capacity }
    }

    /// Adds an item; gives it back when the queue is full.
    ///
    /// # Errors
    ///
    /// The item itself, when the queue is full and the item is not `Critical`.
    pub fn push(&self, priority: Priority, item: T) -> Result<(), T> {
        let mut heap = self.heap.lock();
        if heap.entries.len() >= self.capacity && priority != Priority::Critical {
            return Err(item);
        }
        let order = Reverse(heap.next);
        heap.next += 1;
        heap.entries.push(Entry { priority, order, item });
        drop(heap);
        self.filled.notify_one();
        Ok(())
    }

    /// The most urgent item, as soon as there is one. Cancelling the wait loses nothing.
    pub async fn pop(&self) -> T {
        loop {
            if let Some(item) = self.try_pop() {
                return item;
            }
            self.filled.notified().await;
        }
    }

    /// The most urgent item, if there is one.
    pub fn try_pop(&self) -> Option<T> {
        self.heap.lock().entries.pop().map(|entry| entry.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_goes_first_and_equals_keep_their_order() {
        let queue = PriorityQueue::new(16);
        for (priority, name) in [
            (Priority::Low, "l1"),
            (Priority::Normal, "n1"),
            (Priority::High, "h1"),
            (Priority::Normal, "n2"),
            (Priority::Critical, "c1"),
            (Priority::High, "h2"),
            (Priority::Low, "l2"),
        ] {
            queue.push(priority, name).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
        assert_eq!(order, ["c1", "h1", "h2", "n1", "n2", "l1", "l2"]);
    }

    #[test]
    fn a_full_queue_gives_the_item_back_but_takes_a_stop() {
        let queue = PriorityQueue::new(1);
        queue.push(Priority::Low, 1).unwrap();
        assert_eq!(queue.push(Priority::High, 2), Err(2));
        assert_eq!(queue.push(Priority::Critical, 3), Ok(()));
        assert_eq!(queue.try_pop(), Some(3));
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let queue = std::sync::Arc::new(PriorityQueue::new(4));
        let reader = tokio::spawn({
            let queue = queue.clone();
            async move { queue.pop().await }
        });
        queue.push(Priority::Normal, 7).unwrap();
        assert_eq!(reader.await.unwrap(), 7);
    }
}
