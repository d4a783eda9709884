//! What a gateway keeps: journals of ended runs, its tokens, whose chats are, which journal it has.

use secrecy::ExposeSecret;

use super::answers::copy_store;
use super::*;

fn open_kept(path: &Path) -> StoreHandle {
    let opened = open_with(path, clock(), Journals::Kept);
    assert!(!opened.notices.iter().any(|notice| notice.code.means_unsaved()));
    opened.handle
}

/// A run whose words came so quickly that they lie in one row.
async fn told(store: &StoreHandle, words: &[&str]) -> (Message, Vec<RunEvent>) {
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    store.begin_run(begin(&question, &answer)).await.unwrap();
    let events = events(&answer, words);
    for event in &events[..words.len()] {
        store.append(event.clone()).unwrap();
    }
    (answer, events)
}

fn applied(answer: &Message, events: &[RunEvent]) -> Message {
    let mut message = Message { parts: Vec::new(), ..answer.clone() };
    for event in events {
        message.apply(&event.event, event.at);
    }
    message
}

fn seqs(events: &[RunEvent]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}

#[tokio::test]
async fn what_was_told_is_told_again_without_gaps_from_any_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_kept(&folder.path().join("switchboard.db"));
    let words = ["one ", "zwei ", "drei€ ", "four ", "five"];
    let (answer, all) = told(&store, &words).await;
    for committed in [false, true, true] {
        for after in 0..5 {
            let again = store.events_after(run_of(&answer), Seq(after), 100).await.unwrap();
            let (have, missing) = all.split_at(usize::try_from(after).unwrap());
            assert_eq!(seqs(&again), (after + 1..=5).collect::<Vec<_>>(), "{committed} {after}");
            let mut both = have.to_vec();
            both.extend(again);
            assert_eq!(applied(&answer, &both).text(), words.concat());
            // All but the end, which is still to come.
            assert_eq!(missing.len(), both.len() - have.len() + 1);
        }
        store.flush().await.unwrap();
    }
    store.finish_run(all[5].clone(), ReadState::Seen).await.unwrap();
    let again = store.events_after(run_of(&answer), Seq(3), 1).await.unwrap();
    assert_eq!(seqs(&again), [4, 5], "a row comes as a whole");
    let again = store.events_after(run_of(&answer), Seq(5), 10).await.unwrap();
    assert_eq!(again, all[5..], "an ended run is told to its end");
    let place = store.run_place(run_of(&answer)).await.unwrap().unwrap();
    assert_eq!((place.ended, place.told, place.last), (true, true, Seq(6)));

    store.purge_journals(START).await.unwrap();
    assert!(store.run_place(run_of(&answer)).await.unwrap().unwrap().told);
    store.purge_journals(START.plus_ms(1_000)).await.unwrap();
    assert!(!store.run_place(run_of(&answer)).await.unwrap().unwrap().told);
    assert_eq!(store.events_after(run_of(&answer), Seq(0), 10).await.unwrap(), []);
    let kept = store.page(answer.chat, None, 10).await.unwrap().messages;
    assert_eq!(kept[1].text(), words.concat(), "the answer stays");
}

#[tokio::test]
async fn a_desktop_keeps_no_journal_of_an_ended_run() {
    let fixture = Fixture::new();
    let (answer, events) = told(&fixture.store, &["a"]).await;
    fixture.store.finish_run(events[1].clone(), ReadState::Seen).await.unwrap();
    assert!(!fixture.store.run_place(run_of(&answer)).await.unwrap().unwrap().told);
}

#[tokio::test]
async fn a_run_that_a_killed_gateway_left_is_told_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_kept(&folder.path().join("switchboard.db"));
    let (answer, _) = told(&store, &["half ", "an answer"]).await;
    store.flush().await.unwrap();
    let copy = folder.path().join("copy.db");
    copy_store(&folder.path().join("switchboard.db"), &copy);

    let store = open_kept(&copy);
    let again = store.events_after(run_of(&answer), Seq(0), 10).await.unwrap();
    assert_eq!(seqs(&again), [1, 2, 3]);
    assert_eq!(applied(&answer, &again).text(), "half an answer");
    let StreamEvent::Done { status, message_id, .. } = again[2].event else { panic!() };
    assert_eq!((status, message_id), (RunStatus::Interrupted, answer.id));
}

#[tokio::test]
async fn tokens_are_found_by_their_secret_until_they_are_taken_back() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (token, secret) = store.add_token("laptop", Access::Guest, None).await.unwrap();
    let (other, _) =
        store.add_token("phone", Access::Owner, Some(Timestamp(2_000_000))).await.unwrap();
    assert!(secret.expose_secret().starts_with("sb_") && secret.expose_secret().len() == 46);
    let found = store.token_by_hash(token_hash(secret.expose_secret())).await.unwrap().unwrap();
    assert_eq!(found, token);
    assert_eq!(store.token_by_hash(token_hash("sb_no")).await.unwrap(), None);
    assert!(other.is_valid(Timestamp(1_999_999)) && !other.is_valid(Timestamp(2_000_000)));
    assert_eq!(store.revoke_token("laptop").await.unwrap(), 1);
    assert_eq!(store.revoke_token("laptop").await.unwrap(), 0);
    let names: Vec<_> = store.tokens().await.unwrap();
    assert!(!names[0].is_valid(START) && names[1].is_valid(Timestamp(0)));
    let bytes = std::fs::read(fixture.path()).unwrap();
    let secret = secret.expose_secret().as_bytes();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
}

#[tokio::test]
async fn chats_know_whose_they_are_and_questions_whether_they_came_before() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let new = NewChat {
        chat: new_chat(),
        model: None,
        options: ChatOptions::default(),
        seeds: Vec::new(),
        test: false,
        created: START,
    };
    store.new_chat(new.clone(), Some("guest".to_owned())).await.unwrap();
    // Who comes later does not get it.
    store.new_chat(new.clone(), Some("other".to_owned())).await.unwrap();
    let (asked, answered) = converse(store, new.chat, None, "What is this", "It").await;
    let held = store.held_chat(new.chat).await.unwrap().unwrap();
    assert_eq!(held.owner.as_deref(), Some("guest"));
    assert_eq!(held.chat.title, "What is this");
    let found = store.asked(asked.id).await.unwrap().unwrap();
    assert_eq!(found.answer, Some((run_of(&answered), answered.id)));
    assert_eq!(store.asked(IdSource.message(START)).await.unwrap(), None);
    converse(store, new_chat(), None, "mine", "yes").await;
    assert_eq!(store.held_chats(None, None, 10).await.unwrap().len(), 2);
    assert_eq!(store.held_chats(None, None, 1).await.unwrap().len(), 1);
    let guests = store.held_chats(Some("guest".to_owned()), None, 10).await.unwrap();
    assert_eq!(guests.iter().map(|chat| chat.id).collect::<Vec<_>>(), [new.chat]);
    assert!(store.held_chats(None, Some(START), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_epoch_changes_when_the_journal_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switchboard.db");
    let witness = folder.path().join("switchboard.db-epoch");
    let backup = folder.path().join("backup.db");
    let store = open_kept(&path);
    let first = store.identity(&path).await.unwrap();
    store.close().await.unwrap();
    let restart = async |database: &Path| {
        let store = open_kept(database);
        let identity = store.identity(database).await.unwrap();
        store.close().await.unwrap();
        identity
    };
    assert_eq!(restart(&path).await, first, "a restart changes nothing");
    // A crash between database and witness leaves the witness one behind.
    let old_witness = std::fs::read(&witness).unwrap();
    assert_eq!(restart(&path).await, first);
    std::fs::write(&witness, &old_witness).unwrap();
    assert_eq!(restart(&path).await, first);

    std::fs::copy(&path, &backup).unwrap();
    let store = open_kept(&path);
    store.identity(&path).await.unwrap();
    assert_eq!(store.mark_journal(&path).await.unwrap(), first);
    store.close().await.unwrap();
    std::fs::copy(&backup, &path).unwrap();
    let restored = restart(&path).await;
    assert_eq!(restored.server_id, first.server_id);
    assert_ne!(restored.epoch, first.epoch, "yesterday's copy");

    std::fs::remove_file(&witness).unwrap();
    let lost = restart(&path).await;
    assert_ne!(lost.epoch, restored.epoch, "a lost witness");
    assert_eq!(restart(&path).await, lost);
    let moved = folder.path().join("elsewhere.db");
    std::fs::copy(&path, &moved).unwrap();
    std::fs::copy(&witness, folder.path().join("elsewhere.db-epoch")).unwrap();
    if cfg!(unix) {
        assert_ne!(restart(&moved).await.epoch, lost.epoch, "a copied folder");
    }
}
