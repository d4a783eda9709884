//! Pages, paths and branches.

use super::*;

/// A chat of one path, `count` messages long, with times that grow.
fn long_chat(chat: ChatId, count: u64) -> Vec<Message> {
    let mut parent = None;
    (0..count)
        .map(|number| {
            let mut message = question(chat, parent, &format!("message {number}"));
            message.created = START.plus_ms(number);
            parent = Some(message.id);
            message
        })
        .collect()
}

#[tokio::test]
async fn a_long_path_comes_in_pages() {
    let fixture = Fixture::new();
    let chat = new_chat();
    let all = long_chat(chat, 5_000);
    fixture.store.insert_messages(all.clone()).await.unwrap();
    let mut seen: Vec<Message> = Vec::new();
    loop {
        let before = seen.first().map(|message| message.id);
        let page = fixture.store.page(chat, before, 300).await.unwrap();
        assert!(page.messages.len() == 300 || !page.has_older);
        seen.splice(0..0, page.messages);
        if !page.has_older {
            break;
        }
    }
    assert_eq!(seen, all);
    let page = fixture.store.page(chat, Some(all[0].id), 300).await.unwrap();
    assert_eq!(page, MessagePage::default());
    let path = fixture.store.path(all[4_999].id).await.unwrap();
    assert_eq!(path, all);
}

#[tokio::test]
async fn a_page_of_a_chat_that_is_not_there_is_not_found() {
    let fixture = Fixture::new();
    let page = fixture.store.page(new_chat(), None, 10).await;
    assert_eq!(page, Err(StoreError::NotFound));
}

/// Reads rows by keys only: no scan, and nothing sorted but the page itself.
#[test]
fn a_page_is_found_by_keys() {
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    schema::migrate(&mut db, None, &schema::MIGRATIONS, schema::LATEST).unwrap();
    let plan: Vec<String> = db
        .prepare(&format!("EXPLAIN QUERY PLAN {}", message_rows::PATH))
        .unwrap()
        .query_map([1_i64, 10], |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for line in &plan {
        let is_scan = line.starts_with("SCAN") && !line.contains("path");
        assert!(!is_scan, "{plan:#?}");
    }
    let trees =
        plan.iter().filter(|line| line.contains("message_tree (chat=? AND parent=?")).count();
    assert_eq!(trees, 2, "{plan:#?}");
}

#[tokio::test]
async fn branches_are_siblings_and_can_be_switched() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let chat = new_chat();
    let (first, reply) = converse(store, chat, None, "Hello", "Hi").await;
    let (_, old_leaf) = converse(store, chat, Some(reply.id), "old way", "old end").await;
    let mut edited = question(chat, Some(reply.id), "new way");
    edited.created = START.plus_ms(5);
    let answer = answer_to(&edited, "two");
    store.begin_run(begin(&edited, &answer)).await.unwrap();
    store.finish_run(events(&answer, &["new end"]).remove(1), ReadState::Seen).await.unwrap();

    let texts =
        |page: MessagePage| -> Vec<String> { page.messages.iter().map(Message::text).collect() };
    let page = store.page(chat, None, 10).await.unwrap();
    assert_eq!(page.messages[2].siblings, Siblings { index: 1, count: 2 });
    assert_eq!(texts(page), ["Hello", "Hi", "new way", ""]);

    let leaf = store.select_branch(chat, edited.id, -1).await.unwrap();
    assert_eq!(leaf, old_leaf.id);
    let page = store.page(chat, None, 10).await.unwrap();
    assert_eq!(page.messages[2].siblings, Siblings { index: 0, count: 2 });
    assert_eq!(texts(page), ["Hello", "Hi", "old way", "old end"]);

    for (step, expected) in
        [(-1, old_leaf.id), (i32::MIN, old_leaf.id), (0, answer.id), (9, answer.id)]
    {
        let leaf = store
            .select_branch(chat, if step == 0 { edited.id } else { old_leaf.parent.unwrap() }, step)
            .await;
        assert_eq!(leaf, Ok(expected), "{step}");
    }
    // From the top, the newest branch is followed.
    assert_eq!(store.select_branch(chat, first.id, 0).await, Ok(answer.id));
    let elsewhere = store.select_branch(new_chat(), first.id, 1).await;
    assert_eq!(elsewhere, Err(StoreError::NotFound));
}

#[tokio::test]
async fn two_first_messages_are_siblings_in_their_chat_only() {
    let fixture = Fixture::new();
    let (one, two) = (new_chat(), new_chat());
    let messages =
        vec![question(one, None, "a"), question(two, None, "b"), question(one, None, "c")];
    fixture.store.insert_messages(messages.clone()).await.unwrap();
    let mut siblings = Vec::new();
    for message in &messages {
        siblings.push(fixture.store.message(message.id).await.unwrap().unwrap().siblings);
    }
    let at = |index, count| Siblings { index, count };
    assert_eq!(siblings, [at(0, 2), at(0, 1), at(1, 2)]);
}

#[tokio::test]
async fn every_part_comes_back_as_it_was() {
    let fixture = Fixture::new();
    let mut message = question(new_chat(), None, "");
    message.parts = vec![
        text(""),
        text("a\0b \u{feff} \"quoted\" 🦀"),
        Part::Thinking {
            text: "hm".to_owned(),
            started: START,
            ended: None,
            opaque: Some(serde_json::json!({ "text": 1 })),
        },
        Part::ToolCall {
            id: ToolCallId::from("1"),
            tool: "t".to_owned(),
            args: serde_json::json!({ "kind": "x", "text": "y" }),
        },
        Part::ToolResult {
            id: ToolCallId::from("1"),
            result: "r".to_owned(),
            success: false,
            elapsed_ms: 3,
        },
        Part::Image { url: "https://e.org".to_owned(), alt: String::new() },
        Part::File { name: "n".to_owned(), text: "t".to_owned() },
        Part::Notice {
            covers: None,
            level: NotificationLevel::Error,
            code: "c".to_owned(),
            message: "m".to_owned(),
        },
    ];
    fixture.store.insert_messages(vec![message.clone()]).await.unwrap();
    assert_eq!(fixture.store.message(message.id).await.unwrap(), Some(message));
}
