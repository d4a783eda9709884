//! Tokens, and the code that gives one.

use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use switchboard::agent::Clock;
use switchboard::agent::host::{Door, DoorRules};
use switchboard::net::gateway::host::Doorkeeper;
use switchboard::protocol::{Access, Timestamp};
use switchboard::store::{self, StoreHandle};

use super::folder;

static NOW: Mutex<Timestamp> = Mutex::new(Timestamp(1_000_000));

fn now() -> Timestamp {
    *NOW.lock()
}

fn pass_ms(ms: u64) {
    let mut now = NOW.lock();
    *now = now.plus_ms(ms);
}

fn door(store: &StoreHandle, rules: &DoorRules) -> Door {
    Door::new(store.clone(), Clock { now, random: || 0.0 }, rules)
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

/// One test: they share a clock.
#[tokio::test]
async fn the_door_opens_for_those_who_may_come_in() {
    let folder = folder();
    let store = store::open(&folder.path().join("switchboard.db"), Arc::new(now)).handle;
    let (owner, mine) = store.add_token("mine", Access::Owner, None).await.unwrap();
    let until = now().plus_ms(1_000);
    let (_, short) = store.add_token("short", Access::Guest, Some(until)).await.unwrap();
    let rules = DoorRules {
        tokens: vec![secret("from-a-file")],
        anonymous: false,
        code: Some(secret("ABCD-2345")),
    };
    let closed = door(&store, &rules);
    let visitor = closed.admit(Some(mine.clone())).await.unwrap();
    assert_eq!((visitor.token, visitor.access), (owner.id.clone(), Access::Owner));
    assert!(store.tokens().await.unwrap()[0].last_used.is_some());
    assert_eq!(closed.admit(Some(short.clone())).await.unwrap().access, Access::Guest);
    assert_eq!(closed.admit(Some(secret("from-a-file"))).await.unwrap().access, Access::Owner);
    for wrong in [Some(secret("")), Some(secret("sb_wrong")), None] {
        assert_eq!(closed.admit(wrong).await, None);
    }
    pass_ms(1_000);
    assert_eq!(closed.admit(Some(short)).await, None, "expired");
    store.revoke_token("mine").await.unwrap();
    assert_eq!(closed.admit(Some(mine)).await, None, "revoked");

    let open = door(&store, &DoorRules { anonymous: true, ..DoorRules::default() });
    assert_eq!(open.admit(None).await.unwrap().access, Access::Guest);
    assert_eq!(open.admit(Some(secret("wrong"))).await, None, "wrong is wrong");
    assert!(open.pair(secret("ABCD-2345"), "x".to_owned()).await.is_none(), "no code was shown");

    assert!(closed.pair(secret("ABCD-2346"), "x".to_owned()).await.is_none());
    let token = closed.pair(secret("abcd 2345"), "laptop".to_owned()).await.unwrap();
    assert!(closed.admit(Some(token.clone())).await.is_some());
    assert!(token.expose_secret().starts_with("sb_"));
    assert!(closed.pair(secret("ABCD-2345"), "y".to_owned()).await.is_none(), "once");
    let again = door(&store, &rules);
    let hidden = "lap\u{202e}top\n\u{200b}".to_owned();
    assert!(again.pair(secret("ABCD-2345"), hidden).await.is_some());
    let tokens = store.tokens().await.unwrap();
    let names: Vec<&str> = tokens.iter().rev().take(2).map(|token| token.name.as_str()).collect();
    assert_eq!(names, ["laptop-2", "laptop"], "each can be taken back by itself");
    let late = door(&store, &rules);
    pass_ms(switchboard::agent::host::PAIRING_MS);
    assert!(late.pair(secret("ABCD-2345"), "z".to_owned()).await.is_none(), "too late");
    let guessed = door(&store, &rules);
    for _ in 0..10 {
        assert!(guessed.pair(secret("AAAA-AAAA"), "z".to_owned()).await.is_none());
    }
    assert!(guessed.pair(secret("ABCD-2345"), "z".to_owned()).await.is_none(), "guessed too often");
}
