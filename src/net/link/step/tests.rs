//! The supervisor against a world that is made up from a seed.

mod model;

use super::*;
use crate::protocol::{Access, SessionId};

pub(super) fn welcome() -> Welcome {
    Welcome {
        protocol: 1,
        server_id: "home".to_owned(),
        epoch: "one".to_owned(),
        session_id: SessionId("aria_1".to_owned()),
        heartbeat_ms: 30_000,
        resumed: Vec::new(),
        gone: Vec::new(),
        access: Access::Owner,
    }
}

/// A supervisor and its clock, driven by hand.
struct Desk {
    state: Supervisor,
    now_ms: u64,
    wall_ms: i64,
}

impl Desk {
    fn new(dual: bool, seed: u64) -> Self {
        let state = Supervisor::new(Pace::default(), dual, seed);
        Self { state, now_ms: 1_000, wall_ms: 1_000_000 }
    }

    fn take(&mut self, input: Input) -> Vec<Action> {
        let now = Moment { steady_ms: self.now_ms, wall: Timestamp(self.wall_ms) };
        let (state, actions) = step(self.state.clone(), input, now);
        self.state = state;
        actions
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.wall_ms += i64::try_from(ms).unwrap();
    }

    /// Waits for the next timer, and takes it.
    fn wait(&mut self) -> (u64, Vec<Action>) {
        let waited = self.state.timer().expect("nothing is waited for") - self.now_ms;
        self.pass(waited);
        (waited, self.take(Input::Timer))
    }

    fn open(&mut self, actions: &[Action]) -> Vec<Action> {
        let lane = opened(actions)[0].0;
        self.take(Input::Opened { lane, gateway: true })
    }

    fn welcomed(&mut self, lane: LaneId) -> Vec<Action> {
        self.take(Input::Came { lane, word: Word::Welcome(Box::new(welcome())) })
    }

    fn fail(&mut self, actions: &[Action], kind: FailureKind) -> Vec<Action> {
        let failure = Failure { kind, message: "no".to_owned() };
        self.take(Input::Failed { lane: opened(actions)[0].0, failure })
    }

    /// A link that is up over one socket.
    fn ready(seed: u64) -> (Self, LaneId) {
        let mut desk = Self::new(false, seed);
        let actions = desk.take(Input::Start);
        desk.open(&actions);
        let lane = opened(&actions)[0].0;
        desk.welcomed(lane);
        assert!(desk.state.is_ready());
        (desk, lane)
    }
}

fn opened(actions: &[Action]) -> Vec<(LaneId, LaneKind)> {
    actions
        .iter()
        .filter_map(|action| {
            let Action::Open { lane, kind } = action else { return None };
            Some((*lane, *kind))
        })
        .collect()
}

fn waits(state: &Supervisor, now_ms: u64) -> Option<u64> {
    let Phase::Waiting { until_ms, .. } = state.phase else { return None };
    Some(until_ms - now_ms)
}

#[test]
fn a_link_comes_up_and_says_so_in_order() {
    let mut desk = Desk::new(false, 1);
    let actions = desk.take(Input::Start);
    let lane = LaneId(1);
    assert_eq!(
        actions,
        [
            Action::Open { lane, kind: LaneKind::Both },
            Action::Tell(LinkState::Connecting { attempt: 1 }),
        ]
    );
    let actions = desk.take(Input::Opened { lane, gateway: true });
    let authenticating = Action::Tell(LinkState::Authenticating);
    assert_eq!(actions, [Action::Hello(lane), Action::Ping(lane), authenticating]);
    let ready =
        LinkState::Ready { since: Timestamp(1_000_000), plain: false, carrier: Carrier::Socket };
    let up = Action::Up(Some(Box::new(welcome())));
    assert_eq!(desk.welcomed(lane), [Action::Tell(ready), up]);
    assert_eq!(desk.take(Input::Came { lane, word: Word::Other }), [Action::Deliver]);
    assert_eq!(desk.take(Input::Came { lane: LaneId(9), word: Word::Other }), []);
}

#[test]
fn a_half_open_socket_is_noticed_within_two_heartbeats() {
    let (mut desk, lane) = Desk::ready(3);
    for _ in 0..5 {
        let (_, actions) = desk.wait();
        assert_eq!(actions, [Action::Ping(lane)]);
        desk.take(Input::Alive(lane));
    }
    let since = desk.now_ms;
    let (mut pings, mut dead) = (0, false);
    while !dead {
        let (_, actions) = desk.wait();
        pings += usize::from(actions.contains(&Action::Ping(lane)));
        dead = actions.contains(&Action::Down);
    }
    assert_eq!((pings, desk.now_ms - since), (1, 60_000));
    assert!(waits(&desk.state, desk.now_ms).unwrap() <= 500);
}

#[test]
fn what_stands_is_asked_after_sleep_and_on_another_network_and_what_waits_tries_at_once() {
    for input in [Input::Woke, Input::NetworkChanged] {
        let (mut desk, lane) = Desk::ready(4);
        desk.pass(40_000);
        desk.take(Input::Alive(lane));
        assert_eq!(desk.take(input.clone()), [Action::Ping(lane)]);
        let (waited, actions) = desk.wait();
        assert_eq!(waited, 5_000);
        assert!(actions.contains(&Action::Down), "{actions:?}");
        assert_eq!(opened(&desk.take(input.clone())).len(), 1, "it waits no longer");

        let (mut desk, lane) = Desk::ready(5);
        desk.take(input);
        desk.pass(100);
        desk.take(Input::Alive(lane));
        desk.pass(29_000);
        desk.take(Input::Timer);
        assert!(desk.state.is_ready(), "it has answered");
    }
}

#[test]
fn a_wrong_token_waits_for_the_user_alone() {
    for close in [true, false] {
        let mut desk = Desk::new(false, 5);
        let actions = desk.take(Input::Start);
        if close {
            desk.open(&actions);
            let lane = opened(&actions)[0].0;
            desk.take(Input::Closed { lane, code: Some(4001), cause: "no".to_owned() });
        } else {
            desk.fail(&actions, FailureKind::Denied);
        }
        assert_eq!(desk.state.shown(), LinkState::Denied { message: "no".to_owned() });
        assert_eq!(desk.state.timer(), None);
        for input in [Input::NetworkChanged, Input::Woke, Input::Timer] {
            desk.pass(100_000);
            assert_eq!(desk.take(input), []);
        }
        let mut again = Desk { state: desk.state.clone(), ..desk };
        assert_eq!(opened(&again.take(Input::TokenChanged)).len(), 1);
        assert_eq!(opened(&desk.take(Input::Now)).len(), 1);
    }
}

#[test]
fn only_a_good_link_makes_the_next_failure_a_first_one() {
    let mut desk = Desk::new(false, 6);
    let mut actions = desk.take(Input::Start);
    for _ in 0..7 {
        desk.fail(&actions, FailureKind::Down);
        actions = desk.wait().1;
    }
    desk.open(&actions);
    let lane = opened(&actions)[0].0;
    desk.welcomed(lane);
    let lost = |lane| Input::Closed { lane, code: Some(1006), cause: "cut".to_owned() };
    let mut short = Desk { state: desk.state.clone(), ..desk };
    short.pass(29_999);
    short.take(lost(lane));
    assert!(matches!(short.state.shown(), LinkState::Waiting { attempt: 9, .. }));
    desk.pass(30_000);
    desk.take(lost(lane));
    assert!(matches!(desk.state.shown(), LinkState::Waiting { attempt: 1, .. }));
    assert!(waits(&desk.state, desk.now_ms).unwrap() <= 500);
}

#[test]
fn waits_double_up_to_the_cap_with_full_jitter_and_tries_never_end() {
    let mut by_try: Vec<Vec<u64>> = vec![Vec::new(); 12];
    for seed in 0..400 {
        let mut desk = Desk::new(false, seed);
        let mut actions = desk.take(Input::Start);
        for waited in &mut by_try {
            desk.fail(&actions, FailureKind::Down);
            waited.push(waits(&desk.state, desk.now_ms).unwrap());
            actions = desk.wait().1;
            assert_eq!(opened(&actions).len(), 1);
        }
    }
    for (number, waited) in by_try.iter().enumerate() {
        let limit = (500_u64 << number).min(30_000);
        assert!(waited.iter().all(|ms| *ms <= limit), "{number}");
        let mean = waited.iter().sum::<u64>() / 400;
        assert!((limit * 2 / 5..=limit * 3 / 5).contains(&mean), "{number}: {mean} of {limit}");
        let low = waited.iter().filter(|ms| **ms < limit / 10).count();
        let high = waited.iter().filter(|ms| **ms > limit * 9 / 10).count();
        assert!(low > 10 && high > 10, "{number}: {low} low and {high} high");
    }
    let mut desk = Desk::new(false, 1);
    let mut actions = desk.take(Input::Start);
    for number in 2..3_000 {
        desk.fail(&actions, FailureKind::Down);
        let shown = desk.state.shown();
        assert!(matches!(shown, LinkState::Waiting { attempt, .. } if attempt == number));
        actions = desk.wait().1;
    }
}

#[test]
fn a_server_that_never_says_welcome_is_plain() {
    let lane = LaneId(1);
    let came = |word| Input::Came { lane, word };
    let plain = |actions: &[Action]| actions.contains(&Action::Up(None));
    let open = |gateway| {
        let mut desk = Desk::new(false, 7);
        desk.take(Input::Start);
        desk.take(Input::Opened { lane, gateway });
        desk
    };
    let actions = open(false).take(came(Word::Classic));
    assert!(plain(&actions) && actions.ends_with(&[Action::Deliver]), "{actions:?}");
    let actions = open(false).take(came(Word::ClassicError));
    assert!(plain(&actions) && !actions.contains(&Action::Deliver), "it is about hello");

    // Silence, but for a pong.
    let mut desk = open(false);
    desk.take(Input::Alive(lane));
    let (waited, actions) = desk.wait();
    assert!(waited == 5_000 && plain(&actions), "{actions:?}");
    let shown = desk.state.shown();
    assert!(matches!(shown, LinkState::Ready { plain: true, carrier: Carrier::Socket, .. }));
    // It becomes a gateway when it says so, and stays one.
    assert!(desk.welcomed(lane).iter().any(|action| matches!(action, Action::Up(Some(_)))));

    // Silence without a pong is no server, and one that named our subprotocol is no plain one.
    let mut silent = open(false);
    assert!(!plain(&silent.wait().1) && waits(&silent.state, silent.now_ms).is_some());
    let mut late = open(true);
    late.take(Input::Alive(lane));
    assert!(!plain(&late.wait().1) && waits(&late.state, late.now_ms).is_some());
}

#[test]
fn three_handshakes_that_a_proxy_spoils_lead_to_http_and_sockets_are_tried_again() {
    let mut desk = Desk::new(false, 8);
    let mut actions = desk.take(Input::Start);
    for _ in 0..3 {
        assert_eq!(opened(&actions)[0].1, LaneKind::Both);
        desk.fail(&actions, FailureKind::Blocked);
        actions = desk.wait().1;
    }
    let (stream, kind) = opened(&actions)[0];
    assert_eq!(kind, LaneKind::Stream);
    let actions = desk.open(&actions);
    assert!(actions.contains(&Action::Hello(stream)) && !actions.contains(&Action::Ping(stream)));
    desk.welcomed(stream);
    assert!(matches!(desk.state.shown(), LinkState::Ready { carrier: Carrier::Http, .. }));

    let (waited, probe) = desk.wait();
    assert!(waited > 590_000, "{waited}");
    assert_eq!(opened(&probe)[0].1, LaneKind::Both);
    assert_eq!(desk.fail(&probe, FailureKind::Blocked), [], "the stream goes on");
    assert!(desk.state.is_ready());

    let (_, probe) = desk.wait();
    let actions = desk.open(&probe);
    assert!(actions.contains(&Action::Close(stream)) && actions.contains(&Action::Down));
    desk.welcomed(opened(&probe)[0].0);
    assert!(matches!(desk.state.shown(), LinkState::Ready { carrier: Carrier::Socket, .. }));
}

#[test]
fn where_http_is_shut_as_well_both_ways_are_tried_in_turn() {
    let mut desk = Desk::new(false, 9);
    let mut actions = desk.take(Input::Start);
    let mut kinds = Vec::new();
    for _ in 0..8 {
        kinds.push(opened(&actions)[0].1);
        desk.fail(&actions, FailureKind::Blocked);
        actions = desk.wait().1;
    }
    use LaneKind::{Both, Stream};
    assert_eq!(kinds, [Both, Both, Both, Stream, Both, Stream, Both, Stream]);
}

#[test]
fn either_socket_of_a_pair_is_lost_alone() {
    for lost in 0..2 {
        let mut desk = Desk::new(true, 10);
        let lanes = opened(&desk.take(Input::Start));
        assert_eq!(
            lanes.iter().map(|lane| lane.1).collect::<Vec<_>>(),
            [LaneKind::Commands, LaneKind::Events]
        );
        for (lane, _) in &lanes {
            let actions = desk.take(Input::Opened { lane: *lane, gateway: true });
            assert!(actions.contains(&Action::Hello(*lane)));
        }
        desk.welcomed(lanes[1].0);
        assert!(matches!(desk.state.shown(), LinkState::Ready { carrier: Carrier::Pair, .. }));
        let cut = Input::Closed { lane: lanes[lost].0, code: None, cause: "cut".to_owned() };
        let actions = desk.take(cut);
        assert!(actions.contains(&Action::Down));
        assert!(!actions.contains(&Action::Close(lanes[1 - lost].0)), "the other one stays");
        if lost == 0 {
            let event = Input::Came { lane: lanes[1].0, word: Word::Other };
            assert_eq!(desk.take(event), [Action::Deliver], "events go on");
        }
        let again = loop {
            let again = opened(&desk.wait().1);
            if !again.is_empty() {
                break again;
            }
        };
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].1, lanes[lost].1);
        desk.take(Input::Opened { lane: again[0].0, gateway: true });
        if lost == 1 {
            desk.welcomed(again[0].0);
        }
        assert!(desk.state.is_ready());
    }
}

#[test]
fn a_wall_clock_that_is_set_moves_what_is_shown_and_nothing_else() {
    for jump in [-5_000_000, 5_000_000, i64::MAX - 10_000_000] {
        let mut desk = Desk::new(false, 11);
        let mut actions = desk.take(Input::Start);
        for _ in 0..9 {
            desk.fail(&actions, FailureKind::Down);
            actions = desk.wait().1;
        }
        desk.fail(&actions, FailureKind::Down);
        let planned = desk.state.timer().unwrap();
        desk.wall_ms = desk.wall_ms.saturating_add(jump);
        let told = desk.take(Input::Timer);
        assert_eq!(desk.state.timer(), Some(planned));
        let until = Timestamp(desk.wall_ms).plus_ms(planned - desk.now_ms);
        let [Action::Tell(LinkState::Waiting { until: shown, .. })] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(*shown, until);
    }
    // The steady clock going back is no reason to wait longer.
    let (mut desk, _) = Desk::ready(12);
    desk.pass(20_000);
    desk.take(Input::Timer);
    let planned = desk.state.timer();
    desk.now_ms = 0;
    desk.take(Input::Timer);
    assert_eq!(desk.state.timer(), planned);
}
