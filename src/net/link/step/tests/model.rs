//! Thousands of schedules: a network, a server and a user who do what a seed says.

use std::collections::BTreeMap;

use super::*;

/// What the network and the server do with one link.
struct World {
    desk: Desk,
    random: fastrand::Rng,
    /// Inputs to come, by time.
    coming: BTreeMap<(u64, u32), Input>,
    number: u32,
    lanes: BTreeMap<LaneId, LaneKind>,
    up: bool,
    told: LinkState,
    /// A proxy lets no WebSocket through, ever.
    proxied: bool,
    /// Nothing fails any more.
    healthy: bool,
    last_attempt: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        Self {
            desk: Desk::new(random.bool(), seed),
            random,
            coming: BTreeMap::new(),
            number: 0,
            lanes: BTreeMap::new(),
            up: false,
            told: LinkState::Offline,
            proxied: seed.is_multiple_of(4),
            healthy: false,
            last_attempt: 0,
        }
    }

    fn plan(&mut self, in_ms: u64, input: Input) {
        self.number += 1;
        self.coming.insert((self.desk.now_ms + in_ms, self.number), input);
    }

    fn take(&mut self, input: Input) {
        if let Input::Failed { lane, .. } | Input::Closed { lane, .. } = &input {
            self.lanes.remove(lane);
        }
        if input == Input::TokenChanged {
            self.last_attempt = 0;
        }
        let actions = self.desk.take(input);
        for action in actions {
            self.act(action);
        }
        self.check();
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Open { lane, kind } => {
                assert!(!self.lanes.values().any(|open| *open == kind), "two of {kind:?}");
                self.lanes.insert(lane, kind);
                let in_ms = self.random.u64(0..12_000);
                let message = "no".to_owned();
                let is_stopped = self.proxied && kind != LaneKind::Stream;
                let kind = match self.random.u8(0..if self.healthy { 1 } else { 8 }) {
                    _ if is_stopped => Some(FailureKind::Blocked),
                    0..=3 => None,
                    4 => Some(FailureKind::Down),
                    5 | 6 => Some(FailureKind::Blocked),
                    _ => return,
                };
                let input = match kind {
                    None => Input::Opened { lane, gateway: self.random.bool() },
                    Some(kind) => Input::Failed { lane, failure: Failure { kind, message } },
                };
                self.plan(if self.healthy { in_ms / 100 } else { in_ms }, input);
            }
            Action::Hello(lane) => {
                let in_ms = self.random.u64(0..100);
                let word = match self.random.u8(0..if self.healthy { 1 } else { 10 }) {
                    0..=5 => Word::Welcome(Box::new(Welcome {
                        heartbeat_ms: self.random.u64(0..200_000),
                        ..super::welcome()
                    })),
                    6 => Word::Classic,
                    7 => Word::ClassicError,
                    _ => return,
                };
                self.plan(in_ms, Input::Came { lane, word });
                if !self.healthy && self.random.u8(0..3) > 0 {
                    let cause = "cut".to_owned();
                    let in_ms = self.random.u64(0..90_000);
                    self.plan(in_ms, Input::Closed { lane, code: None, cause });
                }
            }
            Action::Ping(lane) => {
                assert!(self.lanes.contains_key(&lane), "a ping by a lane that is gone");
                if self.healthy || self.random.u8(0..5) > 0 {
                    self.plan(10, Input::Alive(lane));
                }
            }
            Action::Close(lane) => {
                assert!(self.lanes.remove(&lane).is_some(), "closed twice");
            }
            Action::Deliver => {}
            Action::Tell(state) => {
                assert_ne!(state, self.told, "told twice");
                match state {
                    LinkState::Waiting { attempt, .. } => {
                        // The same one is told again when the wall clock was set.
                        assert!(attempt >= self.last_attempt, "{attempt}");
                        self.last_attempt = attempt;
                    }
                    LinkState::Ready { .. } | LinkState::Denied { .. } => self.last_attempt = 0,
                    LinkState::Offline
                    | LinkState::Connecting { .. }
                    | LinkState::Authenticating => {}
                }
                self.told = state;
            }
            Action::Up(_) => self.up = true,
            Action::Down => assert!(std::mem::take(&mut self.up), "down without up"),
        }
    }

    fn check(&self) {
        let state = &self.desk.state;
        assert_eq!(self.told, state.shown());
        assert_eq!(self.up, state.is_ready());
        assert!(self.lanes.len() <= 3, "{:?}", self.lanes);
        let timer = state.timer();
        match self.told {
            LinkState::Offline | LinkState::Denied { .. } => {
                assert!(timer.is_none() && self.lanes.is_empty());
            }
            LinkState::Connecting { .. } | LinkState::Authenticating => {
                let until = timer.expect("a state without an exit");
                assert!(until > self.desk.now_ms && until <= self.desk.now_ms + 10_000);
            }
            LinkState::Waiting { attempt, .. } => {
                let wait = waits(state, self.desk.now_ms).expect("a wait");
                let limit = (500_u64 << attempt.saturating_sub(2).min(16)).min(30_000);
                assert!(wait <= limit, "{wait} ms before try {attempt}");
                assert!(timer.is_some());
            }
            LinkState::Ready { carrier, .. } => {
                // A stream ends by itself; all else is looked after.
                let until = timer.expect("a state without an exit");
                let most = if carrier == Carrier::Http { 600_000 } else { 120_000 };
                assert!(until <= self.desk.now_ms + most);
            }
        }
    }

    /// One event of the world, or one of people.
    fn next(&mut self) {
        if !self.healthy && self.random.u8(0..20) == 0 {
            let ms = self.random.u64(0..3_000);
            self.desk.pass(ms);
            self.desk.wall_ms += self.random.i64(-1_000_000..1_000_000);
            let input = match self.random.u8(0..7) {
                0 => Input::Now,
                1 | 2 => Input::NetworkChanged,
                3 | 4 => Input::Woke,
                5 => Input::TokenChanged,
                _ => Input::Timer,
            };
            return self.take(input);
        }
        let timer = self.desk.state.timer().map(|timer| timer.max(self.desk.now_ms));
        let planned = self.coming.first_key_value().map(|(key, _)| *key);
        match (timer, planned) {
            (timer, Some(key)) if timer.is_none_or(|timer| key.0 <= timer) => {
                let input = self.coming.remove(&key).expect("it is there");
                self.desk.pass(key.0.saturating_sub(self.desk.now_ms));
                self.take(input);
            }
            (Some(timer), _) => {
                self.desk.pass(timer - self.desk.now_ms);
                self.take(Input::Timer);
            }
            (None, _) => self.take(Input::Now),
        }
    }
}

#[test]
fn every_schedule_keeps_the_rules_and_a_healthy_world_ends_ready() {
    let mut carriers = [0; 3];
    for seed in 0..3_000 {
        let mut world = World::new(seed);
        world.take(Input::Start);
        for _ in 0..150 {
            world.next();
            if let LinkState::Ready { carrier, .. } = world.told {
                carriers[carrier as usize] += 1;
            }
        }
        // From here on nothing fails: without anybody's help it becomes ready and stays so.
        world.healthy = true;
        world.coming.retain(|_, input| !matches!(input, Input::Closed { .. }));
        let (mut good, mut down_since) = (0, world.desk.now_ms);
        while good < 50 {
            world.next();
            if world.up {
                (good, down_since) = (good + 1, world.desk.now_ms);
            }
            let down_ms = world.desk.now_ms - down_since;
            assert!(down_ms < 200_000, "seed {seed}: {:#?} for long", world.desk.state);
        }
        world.take(Input::Stop);
        assert_eq!(world.told, LinkState::Offline);
        assert_eq!(opened(&world.desk.take(Input::Start)).len(), world.desk.state.lanes.len());
    }
    assert!(carriers.iter().all(|steps| *steps > 5_000), "hardly seen: {carriers:?}");
}
