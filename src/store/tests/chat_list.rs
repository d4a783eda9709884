//! Chats, queues, drafts and other small things.

use super::*;

#[tokio::test]
async fn a_chat_goes_through_its_life() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let chat = new_chat();
    converse(store, chat, None, "  First line \nsecond", "Hi").await;
    let summary = store.chat(chat).await.unwrap().unwrap();
    assert_eq!(summary.title, "First line");
    assert_eq!((summary.created, summary.messages), (START, 2));

    let renamed = store.rename_chat(chat, "My\nown title ").await.unwrap();
    assert_eq!(renamed.title, "My own title");
    assert!(store.pin_chat(chat, true).await.unwrap().pinned);
    let model = ModelId::new("test", "a/b");
    let summary = store.set_chat_model(chat, Some(model.clone())).await.unwrap();
    assert_eq!(summary.model, Some(model));
    assert!(!store.mark_read(chat).await.unwrap().unread);

    store.delete_chat(chat).await.unwrap();
    assert_eq!(store.list_chats().await.unwrap(), vec![]);
    assert_eq!(store.chat(chat).await.unwrap(), None);
    assert_eq!(store.search("first", 5).await.unwrap(), vec![]);
    store.purge_deleted(Timestamp(1_000_000)).await.unwrap();
    let restored = store.restore_chat(chat).await.unwrap();
    assert_eq!(store.list_chats().await.unwrap(), vec![restored]);

    store.delete_chat(chat).await.unwrap();
    store.purge_deleted(Timestamp(1_000_001)).await.unwrap();
    assert_eq!(store.restore_chat(chat).await, Err(StoreError::NotFound));
    assert_eq!(store.search("first", 5).await.unwrap(), vec![]);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.chats, stats.deleted_chats, stats.messages), (0, 0, 0));
}

#[tokio::test]
async fn a_deleted_chat_of_a_server_is_not_listed_anew_when_it_is_purged() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (chat, model) = (new_chat(), ModelId::new("far", "model"));
    converse(store, chat, None, "Hello", "Hi").await;
    let known = store.chat(chat).await.unwrap().unwrap();
    let told = ChatSummary { id: new_chat(), last_model: Some(model), ..known };
    let server = crate::protocol::ServerId::from("home");
    let listed = store.merge_chats(&server, vec![told.clone()]).await.unwrap();
    assert_eq!(listed.len(), 1);
    store.delete_chat(told.id).await.unwrap();
    store.purge_deleted(Timestamp(i64::MAX)).await.unwrap();
    assert_eq!(store.merge_chats(&server, vec![told.clone()]).await.unwrap(), vec![]);
    let later = ChatSummary { updated: Timestamp(told.updated.0 + 1), ..told };
    assert_eq!(store.merge_chats(&server, vec![later]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_in_a_deleted_chat() {
    let fixture = Fixture::new();
    let chat = new_chat();
    let (_, answer) = converse(&fixture.store, chat, None, "Hello", "Hi").await;
    fixture.store.delete_chat(chat).await.unwrap();
    let question = question(chat, Some(answer.id), "More");
    let answer = answer_to(&question, "one");
    let result = fixture.store.begin_run(begin(&question, &answer)).await;
    assert_eq!(result, Err(StoreError::NotFound));
}

#[tokio::test]
async fn chats_are_listed_newest_first() {
    let fixture = Fixture::new();
    let mut ids = Vec::new();
    for (age, title) in [(3, "c"), (1, "a"), (2, "b")] {
        let chat = new_chat();
        let mut message = question(chat, None, title);
        message.created = Timestamp(START.0 - age);
        fixture.store.insert_messages(vec![message]).await.unwrap();
        ids.push(chat);
    }
    let titles: Vec<_> =
        fixture.store.list_chats().await.unwrap().into_iter().map(|chat| chat.title).collect();
    assert_eq!(titles, ["a", "b", "c"]);
}

fn queued(chat: ChatId, said: &str) -> QueuedMessage {
    QueuedMessage {
        also: Vec::new(),
        attachments: Vec::new(),
        options: ChatOptions::default(),
        id: IdSource.message(START),
        chat,
        text: said.to_owned(),
        model: ModelId::new("test", "one"),
        one_off: true,
        created: START,
    }
}

#[tokio::test]
async fn a_queue_keeps_order_and_gives_each_message_once() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let chat = new_chat();
    converse(store, chat, None, "Hello", "Hi").await;
    let items: Vec<_> = (0..20).map(|number| queued(chat, &format!("item {number}"))).collect();
    for item in &items {
        store.queue_add(item.clone()).await.unwrap();
        store.queue_add(item.clone()).await.unwrap();
    }
    assert_eq!(store.queue_list(chat).await.unwrap(), items);
    store.queue_edit(items[1].id, "changed").await.unwrap();
    assert!(store.queue_remove(chat, items[0].id).await.unwrap());
    assert!(!store.queue_remove(chat, items[0].id).await.unwrap());
    let gone = store.queue_edit(items[0].id, "too late").await;
    assert_eq!(gone, Err(StoreError::NotFound));

    let other = open_at(&fixture.path()).handle;
    let taken = |store: StoreHandle| async move {
        let mut taken = Vec::new();
        while let Some(item) = store.queue_take(chat, None).await.unwrap() {
            taken.push(item.text);
        }
        taken
    };
    let (mine, theirs) = tokio::join!(taken(store.clone()), taken(other));
    assert!(mine.is_sorted_by_key(|text| text != "changed") && mine.len() + theirs.len() == 19);
    let mut all: Vec<_> = mine.into_iter().chain(theirs).collect();
    all.sort();
    let mut expected: Vec<_> = items[2..].iter().map(|item| item.text.clone()).collect();
    expected.push("changed".to_owned());
    expected.sort();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn a_queued_message_leaves_the_queue_as_it_is_sent() {
    let fixture = Fixture::new();
    let chat = new_chat();
    let (_, answer) = converse(&fixture.store, chat, None, "Hello", "Hi").await;
    let next = question(chat, Some(answer.id), "Next");
    let waiting = QueuedMessage { id: next.id, ..queued(chat, "Next") };
    fixture.store.queue_add(waiting).await.unwrap();
    fixture.store.begin_run(begin(&next, &answer_to(&next, "one"))).await.unwrap();
    assert_eq!(fixture.store.queue_list(chat).await.unwrap(), vec![]);
}

#[tokio::test]
async fn small_things_are_kept_and_forgotten() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let chat = new_chat();
    let draft = Draft {
        text: "half a".to_owned(),
        model: Some(ModelId::new("p", "m")),
        ..Draft::default()
    };
    for place in [None, Some(chat)] {
        assert_eq!(store.draft(place).await.unwrap(), Draft::default());
        store.save_draft(place, draft.clone()).await.unwrap();
        assert_eq!(store.draft(place).await.unwrap(), draft);
    }
    store.save_draft(None, Draft::default()).await.unwrap();
    assert_eq!(store.draft(None).await.unwrap(), Draft::default());
    assert_eq!(store.draft(Some(chat)).await.unwrap(), draft);

    store.set_value("last_chat", Some("x".to_owned())).await.unwrap();
    assert_eq!(store.value("last_chat").await.unwrap(), Some("x".to_owned()));
    store.set_value("last_chat", None).await.unwrap();
    assert_eq!(store.value("last_chat").await.unwrap(), None);

    let model = ModelInfo {
        name: "M".to_owned(),
        context: Some(8_192),
        price_in: Some(0.1),
        price_out: None,
        ..ModelInfo::unknown(ModelId::new("p", "m"))
    };
    let provider = ProviderId::from("p");
    let kept = KeptModels {
        provider: provider.clone(),
        models: vec![model],
        listed: Some(Timestamp(1_790_000_000_000)),
    };
    store.save_models(kept.clone()).await.unwrap();
    assert_eq!(store.load_models().await.unwrap(), vec![kept.clone()]);
    let none = KeptModels { models: Vec::new(), ..kept };
    store.save_models(none.clone()).await.unwrap();
    assert_eq!(store.load_models().await.unwrap(), vec![none], "a list may be empty");
    store.forget_models(provider).await.unwrap();
    assert_eq!(store.load_models().await.unwrap(), vec![]);
}
