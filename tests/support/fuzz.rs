//! Functions over any bytes: they must not panic, and what they promise must hold. The fuzz
//! targets call them, and so do the ordinary tests.

use switchboard::net::link::Pace;
use switchboard::net::link::step::{
    Action, Failure, FailureKind, Input, LaneId, Moment, Supervisor, Word, step,
};
use switchboard::protocol::{
    FromClient, FromServer, LinkState, Timestamp, read_from_client, read_from_server,
};

/// Frames of both directions. What was read is written so that it is read as the same.
pub(crate) fn frames(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(FromClient::Command(frame)) = read_from_client(text)
        && let Ok(again) = serde_json::to_string(&frame)
        && let Ok(FromClient::Command(back)) = read_from_client(&again)
    {
        assert_eq!(frame, back, "a command is another one when it is written");
    }
    match read_from_server(text) {
        Ok(FromServer::Event(frame)) => {
            if let Ok(again) = serde_json::to_string(&frame)
                && let Ok(FromServer::Event(back)) = read_from_server(&again)
            {
                assert_eq!(frame.seq, back.seq);
            }
        }
        Ok(read @ (FromServer::Said(_) | FromServer::Plain(_) | FromServer::Unknown(_))) => {
            drop(Word::of(&read));
        }
        Err(refused) => assert!(!refused.0.is_empty()),
    }
}

/// A supervisor under any inputs at any times, clocks that jump included.
pub(crate) fn supervisor(bytes: &[u8]) {
    let mut bytes = bytes.iter().copied();
    let mut next = || bytes.next();
    let seed = next().unwrap_or_default();
    let mut state = Supervisor::new(Pace::default(), seed % 2 == 1, seed.into());
    let (mut steady_ms, mut wall) = (0_u64, 0_i64);
    let (mut is_up, mut lanes, mut last_told) = (false, Vec::new(), LinkState::Offline);
    while let (Some(kind), Some(about), Some(time)) = (next(), next(), next()) {
        let lane = LaneId(u32::from(about));
        (steady_ms, wall) = pass(steady_ms, wall, time);
        let input = input(kind, lane);
        if let Input::Failed { lane, .. } | Input::Closed { lane, .. } = &input {
            lanes.retain(|open| open != lane);
        }
        let now = Moment { steady_ms, wall: Timestamp(wall) };
        let (after, actions) = step(state, input, now);
        state = after;
        for action in actions {
            match action {
                Action::Open { lane, .. } => lanes.push(lane),
                Action::Close(lane) => {
                    assert!(lanes.contains(&lane), "what is not open was closed");
                    lanes.retain(|open| *open != lane);
                }
                Action::Hello(lane) | Action::Ping(lane) => assert!(lanes.contains(&lane)),
                Action::Up(_) => is_up = true,
                Action::Down => assert!(std::mem::take(&mut is_up), "down without up"),
                Action::Tell(told) => last_told = told,
                Action::Deliver => {}
            }
        }
        assert_eq!(last_told, state.shown());
        assert_eq!(is_up, state.is_ready());
        assert!(lanes.len() <= 3);
        let waits_for_people = matches!(last_told, LinkState::Offline | LinkState::Denied { .. });
        assert_eq!(state.timer().is_none(), waits_for_people, "{last_told:?}");
    }
}

fn pass(steady_ms: u64, wall: i64, by: u8) -> (u64, i64) {
    match by {
        // A jump of the wall clock, either way.
        0..=15 => (steady_ms, wall.saturating_sub(1 << (by * 4).min(62))),
        16..=31 => (steady_ms, wall.saturating_add(1 << ((by - 16) * 4).min(62))),
        // The steady clock going back, or to its end.
        32 => (steady_ms / 2, wall),
        33 => (u64::MAX - 10, wall),
        by => {
            let ms = 1_u64 << (by % 18);
            (steady_ms.saturating_add(ms), wall.saturating_add(1 << (by % 18)))
        }
    }
}

fn input(kind: u8, lane: LaneId) -> Input {
    let failed = |kind| Input::Failed { lane, failure: Failure { kind, message: String::new() } };
    let came = |word| Input::Came { lane, word };
    let welcome = |heartbeat_ms| {
        let text = format!(
            r#"{{"type":"welcome","payload":{{"protocol":1,"serverId":"s","epoch":"e","sessionId":"a_1","heartbeatMs":{heartbeat_ms}}}}}"#
        );
        match read_from_server(&text).map(|frame| Word::of(&frame)) {
            Ok(Word::Welcome(welcome)) => came(Word::Welcome(welcome)),
            other => panic!("{other:?}"),
        }
    };
    match kind % 20 {
        0 => Input::Start,
        1 => Input::Stop,
        2 | 3 => Input::Opened { lane, gateway: true },
        4 => Input::Opened { lane, gateway: false },
        5 => failed(FailureKind::Down),
        6 => failed(FailureKind::Blocked),
        7 => failed(FailureKind::Denied),
        8 => Input::Closed { lane, code: Some(4001), cause: String::new() },
        9 => Input::Closed { lane, code: None, cause: String::new() },
        10 => welcome(30_000),
        11 => welcome(0),
        12 => welcome(u64::MAX),
        13 => came(Word::Classic),
        14 => came(Word::ClassicError),
        15 => came(Word::Other),
        16 => Input::Alive(lane),
        17 => Input::Now,
        18 => {
            if lane.0.is_multiple_of(2) {
                Input::Woke
            } else {
                Input::NetworkChanged
            }
        }
        _ => {
            if lane.0.is_multiple_of(8) {
                Input::TokenChanged
            } else {
                Input::Timer
            }
        }
    }
}
